//! What the contracts of an input say about its keys, read from their syntax.
//!
//! Nothing is evaluated, so secrets can be taken out of a user's file before Nickel sees it, and
//! every unknown key of a file is found, not the first.

use std::collections::BTreeMap;
use std::rc::Rc;

use nickel_lang_core::ast::primop::PrimOp;
use nickel_lang_core::ast::record::{FieldDef, Record};
use nickel_lang_core::ast::typ::Type;
use nickel_lang_core::ast::{Ast, Import, LetBinding, Node, StringChunk};
use nickel_lang_core::typ::TypeF;

/// The contract whose values are secret.
const SECRET: &str = "Secret";

/// What is known of a value that a user may write.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Schema {
    /// The keys of a map, where it is one and has a fixed set of them.
    pub fields: Option<BTreeMap<String, Field>>,
}

/// One key that a user may write.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Field {
    /// What it is for.
    pub doc: Option<String>,
    /// Whether its value is secret.
    pub secret: bool,
    /// Whether it is another name of a key beside it.
    pub alias: bool,
    /// The values that it may have, where these are a few strings.
    pub choices: Vec<String>,
    /// What stands in it.
    pub schema: Schema,
}

impl Schema {
    /// The field at a key path, where it is known.
    #[must_use]
    pub fn field(&self, path: &[&str]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        let field = self.fields.as_ref()?.get(*first)?;
        if rest.is_empty() { Some(field) } else { field.schema.field(rest) }
    }

    /// Whether the value at a key path is secret.
    #[must_use]
    pub fn is_secret(&self, path: &[&str]) -> bool {
        self.field(path).is_some_and(|field| field.secret)
    }

    /// Whether a secret can stand somewhere below.
    #[must_use]
    pub fn holds_secrets(&self) -> bool {
        let fields = self.fields.iter().flatten();
        fields.map(|(_, field)| field).any(|field| field.secret || field.schema.holds_secrets())
    }

    /// What both allow, for a value that is one of several maps.
    fn join(self, other: Self) -> Self {
        let Some(mut fields) = self.fields else {
            return other;
        };
        for (key, field) in other.fields.into_iter().flatten() {
            match fields.remove(&key) {
                Some(known) => fields.insert(key, known.join(field)),
                None => fields.insert(key, field),
            };
        }
        Self { fields: Some(fields) }
    }
}

impl Field {
    fn join(self, other: Self) -> Self {
        let mut choices = self.choices;
        choices.extend(
            other.choices.into_iter().filter(|it| !choices.contains(it)).collect::<Vec<_>>(),
        );
        Self {
            doc: self.doc.or(other.doc),
            secret: self.secret || other.secret,
            alias: self.alias || other.alias,
            choices,
            schema: self.schema.join(other.schema),
        }
    }
}

/// What to say about keys that belong to another release or file: why they are none here, and
/// what to do, by their dotted path.
pub(crate) type Elsewhere = BTreeMap<String, [String; 2]>;

/// Gives the syntax of an imported file.
pub(crate) type Imports<'f, 'a> = &'f dyn Fn(&Scope<'a>, &str) -> Option<Named<'a>>;

/// An expression, and what the names in it mean.
#[derive(Clone)]
pub(crate) struct Named<'a> {
    pub(crate) ast: &'a Ast<'a>,
    pub(crate) scope: Scope<'a>,
}

/// What names mean at a place: the innermost frame first.
#[derive(Clone)]
pub(crate) struct Scope<'a> {
    pub(crate) folder: Rc<str>,
    frames: Option<Rc<Frame<'a>>>,
}

struct Frame<'a> {
    names: Names<'a>,
    outer: Option<Rc<Frame<'a>>>,
}

enum Names<'a> {
    Let(&'a [LetBinding<'a>]),
    Record(&'a Record<'a>),
}

impl<'a> Scope<'a> {
    /// The scope of a whole file in `folder`.
    pub(crate) fn file(folder: &str) -> Self {
        Self { folder: folder.into(), frames: None }
    }

    fn with(&self, names: Names<'a>) -> Self {
        let frame = Frame { names, outer: self.frames.clone() };
        Self { folder: self.folder.clone(), frames: Some(Rc::new(frame)) }
    }

    fn lookup(&self, name: &str) -> Option<Named<'a>> {
        let mut frame = self.frames.clone();
        while let Some(it) = frame {
            let here = Self { folder: self.folder.clone(), frames: Some(it.clone()) };
            let outer = Self { folder: self.folder.clone(), frames: it.outer.clone() };
            if let Some(found) = it.names.find(name) {
                // A `let` does not see itself; the fields of a record see each other.
                let scope = if matches!(it.names, Names::Let(_)) { outer } else { here };
                return Some(Named { ast: found, scope });
            }
            frame = it.outer.clone();
        }
        None
    }
}

impl<'a> Names<'a> {
    fn find(&self, name: &str) -> Option<&'a Ast<'a>> {
        match self {
            Self::Let(bindings) => bindings.iter().find_map(|binding| {
                let bound = binding.pattern.try_as_any_name()?;
                (bound == name).then_some(&binding.value)
            }),
            Self::Record(record) => defined(record, name)?.value.as_ref(),
        }
    }
}

/// The name that a pattern binds, when it is just a name.
trait AnyName {
    fn try_as_any_name(&self) -> Option<&str>;
}

impl AnyName for nickel_lang_core::ast::pattern::Pattern<'_> {
    fn try_as_any_name(&self) -> Option<&str> {
        match &self.data {
            nickel_lang_core::ast::pattern::PatternData::Any(name) => Some(name.label()),
            _ => None,
        }
    }
}

fn defined<'a>(record: &'a Record<'a>, name: &str) -> Option<&'a FieldDef<'a>> {
    record.field_defs.iter().find(|it| it.path_as_ident().is_some_and(|it| it.label() == name))
}

/// What a contract says, by the syntax of the expression that gives it.
pub(crate) fn read<'a>(contract: &Named<'a>, imports: Imports<'_, 'a>) -> Schema {
    let mut field = Field::default();
    contract_into(&mut field, contract, imports);
    field.schema
}

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

/// The expression that a path of field names leads to.
pub(crate) fn select<'a>(
    from: &Named<'a>,
    names: &[&str],
    imports: Imports<'_, 'a>,
) -> Option<Named<'a>> {
    let Named { ast, scope } = reduce(from, imports)?;
    let Some((first, rest)) = names.split_first() else {
        return Some(Named { ast, scope });
    };
    let Node::Record(record) = &ast.node else {
        return None;
    };
    let value = defined(record, first)?.value.as_ref()?;
    select(&Named { ast: value, scope: scope.with(Names::Record(record)) }, rest, imports)
}

/// Follows names, accesses, imports and `let` until something else stands there.
fn reduce<'a>(from: &Named<'a>, imports: Imports<'_, 'a>) -> Option<Named<'a>> {
    let Named { ast, scope } = from;
    match &ast.node {
        Node::Let { bindings, body, rec: _ } => {
            reduce(&Named { ast: body, scope: scope.with(Names::Let(bindings)) }, imports)
        }
        Node::Annotated { annot: _, inner } => {
            reduce(&Named { ast: inner, scope: scope.clone() }, imports)
        }
        Node::Var(name) => match scope.lookup(name.label()) {
            Some(found) => reduce(&found, imports),
            None => Some(from.clone()),
        },
        Node::Import(Import::Path { path, format: _ }) => {
            reduce(&imports(scope, &path.to_string_lossy())?, imports)
        }
        Node::PrimOpApp { op: PrimOp::RecordStatAccess(field), args: [inner] } => {
            let inner = Named { ast: inner, scope: scope.clone() };
            select(&inner, &[field.label()], imports).or_else(|| Some(from.clone()))
        }
        _ => Some(from.clone()),
    }
}

fn contract_into<'a>(field: &mut Field, contract: &Named<'a>, imports: Imports<'_, 'a>) {
    field.secret |= name_of(contract.ast) == Some(SECRET);
    let Some(Named { ast, scope }) = reduce(contract, imports) else {
        return;
    };
    match &ast.node {
        Node::Record(record) => {
            let schema = record_schema(record, &scope, imports);
            field.schema = std::mem::take(&mut field.schema).join(schema);
        }
        Node::App { head, args } => application(field, head, args, &scope, imports),
        Node::Type(typ) => type_into(field, typ, &scope, imports),
        _ => {}
    }
}

/// The combinators of `clp-gen/inputs.ncl`; of any other function, the body.
fn application<'a>(
    field: &mut Field,
    head: &'a Ast<'a>,
    args: &'a [Ast<'a>],
    scope: &Scope<'a>,
    imports: Imports<'_, 'a>,
) {
    let named = |ast| Named { ast, scope: scope.clone() };
    match (name_of(head), args) {
        (Some("Nullable"), [contract]) => contract_into(field, &named(contract), imports),
        (Some("Aliased"), [aliases, contract]) => {
            contract_into(field, &named(contract), imports);
            if let Some(Named { ast: Ast { node: Node::Record(record), .. }, .. }) =
                reduce(&named(aliases), imports)
            {
                mark_aliases(field, record);
            }
        }
        (Some("OneOf" | "ListOf"), [choices]) => {
            if let Some(Named { ast: Ast { node: Node::Array(items), .. }, .. }) =
                reduce(&named(choices), imports)
            {
                field.choices.extend(items.iter().filter_map(literal));
            }
        }
        (Some("Variant"), [_, variants]) => {
            let Some(Named { ast: Ast { node: Node::Record(record), .. }, scope }) =
                reduce(&named(variants), imports)
            else {
                return;
            };
            let scope = scope.with(Names::Record(record));
            for variant in record.field_defs.iter().filter_map(|it| it.value.as_ref()) {
                let mut one = Field::default();
                contract_into(&mut one, &Named { ast: variant, scope: scope.clone() }, imports);
                *field = std::mem::take(field).join(one);
            }
        }
        _ => {
            if let Some(Named { ast: Ast { node: Node::Fun { args: _, body }, .. }, scope }) =
                reduce(&named(head), imports)
            {
                contract_into(field, &Named { ast: body, scope }, imports);
            }
        }
    }
}

fn mark_aliases(field: &mut Field, aliases: &Record<'_>) {
    let names = aliases.field_defs.iter().filter_map(|it| it.path_as_ident());
    for name in names {
        let fields = field.schema.fields.as_mut();
        if let Some(field) = fields.and_then(|it| it.get_mut(name.label())) {
            field.alias = true;
        }
    }
}

fn type_into<'a>(
    field: &mut Field,
    typ: &'a Type<'a>,
    scope: &Scope<'a>,
    imports: Imports<'_, 'a>,
) {
    if let TypeF::Contract(ast) = &typ.typ {
        contract_into(field, &Named { ast, scope: scope.clone() }, imports);
    }
}

fn record_schema<'a>(
    record: &'a Record<'a>,
    scope: &Scope<'a>,
    imports: Imports<'_, 'a>,
) -> Schema {
    let scope = scope.with(Names::Record(record));
    let fields = record.field_defs.iter().filter_map(|definition| {
        let name = definition.path_as_ident()?.label().to_owned();
        let mut field =
            Field { doc: definition.metadata.doc.map(ToOwned::to_owned), ..Field::default() };
        for typ in definition.metadata.annotation.contracts {
            type_into(&mut field, typ, &scope, imports);
        }
        Some((name, field))
    });
    Schema { fields: (!record.open).then(|| fields.collect()) }
}

fn name_of<'a>(ast: &'a Ast<'a>) -> Option<&'a str> {
    match &ast.node {
        Node::Var(name) => Some(name.label()),
        Node::PrimOpApp { op: PrimOp::RecordStatAccess(field), args: _ } => Some(field.label()),
        _ => None,
    }
}

fn literal(ast: &Ast<'_>) -> Option<String> {
    match &ast.node {
        Node::String(text) => Some((*text).to_owned()),
        Node::StringChunks([StringChunk::Literal(text)]) => Some(text.clone()),
        _ => None,
    }
}
