//! Keys that belong to another release or file.

use std::collections::BTreeMap;

use nickel_lang_core::ast::Node;

use super::scope::{Imports, Named, Names, literal, reduce};

/// What to say about keys that belong to another release or file: why they are none here, and
/// what to do, by their dotted path.
pub(crate) type Elsewhere = BTreeMap<String, [String; 2]>;

/// What a package says about keys that are none of its own: nested records, each leaf a list of
/// two texts.
pub(crate) fn elsewhere<'a>(from: &Named<'a>, imports: Imports<'_, 'a>) -> Elsewhere {
    let mut found = Elsewhere::new();
    elsewhere_into(&mut found, "", from, imports);
    found
}

fn elsewhere_into<'a>(
    found: &mut Elsewhere,
    path: &str,
    from: &Named<'a>,
    imports: Imports<'_, 'a>,
) {
    let Some(Named { ast, scope }) = reduce(from, imports) else {
        return;
    };
    match &ast.node {
        Node::Record(record) => {
            let scope = scope.with(Names::Record(record));
            for definition in record.field_defs {
                let (Some(name), Some(ast)) = (definition.path_as_ident(), &definition.value)
                else {
                    continue;
                };
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{}", name.label());
                elsewhere_into(found, &path, &Named { ast, scope: scope.clone() }, imports);
            }
        }
        Node::Array([why, what]) => {
            if let (Some(why), Some(what)) = (literal(why), literal(what)) {
                found.insert(path.to_owned(), [why, what]);
            }
        }
        _ => {}
    }
}
