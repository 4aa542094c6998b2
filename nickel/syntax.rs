//! What the syntax of the files that took part says about places in them.

use std::collections::BTreeMap;

use nickel_lang_core::ast::primop::PrimOp;
use nickel_lang_core::ast::record::FieldDef;
use nickel_lang_core::ast::{Ast, MergePriority, Node};
use nickel_lang_core::cache::CacheHub;
use nickel_lang_core::files::FileId;
use nickel_lang_core::position::{RawSpan, TermPos};
use nickel_lang_core::traverse::{TraverseAlloc, TraverseControl};

/// The names under which packages see what users write.
const INPUTS: [&str; 2] = ["config", "host"];

/// What is known of the places of one file, by where they start.
#[derive(Default)]
struct FileSyntax {
    /// The definition of a field, by where its name starts.
    definitions: BTreeMap<u32, RawSpan>,
    /// Ranges of defaults.
    defaults: Vec<(u32, u32)>,
    /// The expressions of a record's fields by name, by where it starts and ends.
    records: BTreeMap<(u32, u32), BTreeMap<String, RawSpan>>,
    /// The items of an array, by where it starts and ends.
    arrays: BTreeMap<(u32, u32), Vec<Option<RawSpan>>>,
    /// Input fields by where their mention starts: `config.webui.port`.
    mentions: BTreeMap<u32, String>,
}

/// What is known of the places of all files.
pub(crate) struct Syntax(BTreeMap<FileId, FileSyntax>);

impl Syntax {
    /// Reads the syntax trees of `files`, each once.
    pub(crate) fn new(hub: &CacheHub, files: impl Iterator<Item = FileId>) -> Self {
        let parsed = files.filter_map(|id| Some((id, read(hub.asts.get(id)?))));
        Self(parsed.collect())
    }

    /// The expression that defines the field whose name stands at `name`.
    pub(crate) fn definition(&self, name: RawSpan) -> Option<RawSpan> {
        self.0.get(&name.src_id)?.definitions.get(&name.start.0).copied()
    }

    /// The expression of a field, where the record that stands at `record` is written out.
    pub(crate) fn field(&self, record: RawSpan, name: &str) -> Option<RawSpan> {
        let file = self.0.get(&record.src_id)?;
        file.records.get(&(record.start.0, record.end.0))?.get(name).copied()
    }

    /// The expression of an item, where the array that stands at `array` is written out.
    pub(crate) fn item(&self, array: RawSpan, at: usize) -> Option<RawSpan> {
        let file = self.0.get(&array.src_id)?;
        *file.arrays.get(&(array.start.0, array.end.0))?.get(at)?
    }

    /// Whether a place is part of a default.
    pub(crate) fn is_default(&self, span: RawSpan) -> bool {
        let inside = |(start, end): &(u32, u32)| *start <= span.start.0 && span.end.0 <= *end;
        self.0.get(&span.src_id).is_some_and(|file| file.defaults.iter().any(inside))
    }

    /// The input fields that are mentioned in a place, sorted.
    pub(crate) fn mentions(&self, span: RawSpan) -> Vec<String> {
        let Some(file) = self.0.get(&span.src_id) else {
            return vec![];
        };
        let range = span.start.0..span.end.0.max(span.start.0 + 1);
        let mut found: Vec<String> = file.mentions.range(range).map(|(_, it)| it.clone()).collect();
        found.sort();
        found.dedup();
        found
    }
}

fn read(ast: &Ast<'_>) -> FileSyntax {
    let mut syntax = FileSyntax::default();
    ast.traverse_ref(
        &mut |ast: &Ast<'_>, _: &()| {
            if let Node::Record(record) = &ast.node {
                record.field_defs.iter().for_each(|it| definition(&mut syntax, it));
            }
            if let (Node::Record(record), Some(span)) = (&ast.node, ast.pos.into_opt()) {
                let fields = record.field_defs.iter().filter_map(|it| {
                    let value = it.value.as_ref()?.pos.into_opt()?;
                    Some((it.path_as_ident()?.label().to_owned(), value))
                });
                syntax.records.insert((span.start.0, span.end.0), fields.collect());
            }
            if let (Node::Array(items), Some(span)) = (&ast.node, ast.pos.into_opt()) {
                let items = items.iter().map(|item| item.pos.into_opt()).collect();
                syntax.arrays.insert((span.start.0, span.end.0), items);
            }
            if let (Some(span), Some(path)) = (ast.pos.into_opt(), input(ast)) {
                mention(&mut syntax, span.start.0, path);
            }
            TraverseControl::<(), ()>::Continue
        },
        &(),
    );
    syntax
}

fn definition(syntax: &mut FileSyntax, definition: &FieldDef<'_>) {
    let Some(value) = definition.value.as_ref().and_then(|it| it.pos.into_opt()) else {
        return;
    };
    if let Some(name) = definition.path.last().and_then(|it| it.pos().into_opt()) {
        syntax.definitions.insert(name.start.0, value);
    }
    if matches!(definition.metadata.priority, MergePriority::Bottom) {
        syntax.defaults.push((value.start.0, value.end.0));
    }
}

/// The longest path that starts at one place is the one that is meant.
fn mention(syntax: &mut FileSyntax, start: u32, path: String) {
    let known = syntax.mentions.entry(start).or_default();
    if known.len() < path.len() {
        *known = path;
    }
}

/// The dotted path of an access that starts at an input; `None` for anything else.
fn input(ast: &Ast<'_>) -> Option<String> {
    match &ast.node {
        Node::Var(name) if INPUTS.contains(&name.label()) => Some(name.label().to_owned()),
        Node::PrimOpApp { op: PrimOp::RecordStatAccess(field), args: [inner] } => {
            Some(format!("{}.{}", input(inner)?, field.label()))
        }
        _ => None,
    }
}

/// The span of a position that has one.
pub(crate) fn span(position: TermPos) -> Option<RawSpan> {
    position.into_opt()
}
