//! What the names in an expression mean, by its syntax.

use std::rc::Rc;

use nickel_lang_core::ast::pattern::{Pattern, PatternData};
use nickel_lang_core::ast::primop::PrimOp;
use nickel_lang_core::ast::record::{FieldDef, Record};
use nickel_lang_core::ast::{Ast, Import, LetBinding, Node, StringChunk};

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

pub(super) enum Names<'a> {
    Let(&'a [LetBinding<'a>]),
    Record(&'a Record<'a>),
}

impl<'a> Scope<'a> {
    /// The scope of a whole file in `folder`.
    pub(crate) fn file(folder: &str) -> Self {
        Self { folder: folder.into(), frames: None }
    }

    pub(super) fn with(&self, names: Names<'a>) -> Self {
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

impl AnyName for Pattern<'_> {
    fn try_as_any_name(&self) -> Option<&str> {
        match &self.data {
            PatternData::Any(name) => Some(name.label()),
            _ => None,
        }
    }
}

fn defined<'a>(record: &'a Record<'a>, name: &str) -> Option<&'a FieldDef<'a>> {
    record.field_defs.iter().find(|it| it.path_as_ident().is_some_and(|it| it.label() == name))
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
pub(super) fn reduce<'a>(from: &Named<'a>, imports: Imports<'_, 'a>) -> Option<Named<'a>> {
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

pub(super) fn name_of<'a>(ast: &'a Ast<'a>) -> Option<&'a str> {
    match &ast.node {
        Node::Var(name) => Some(name.label()),
        Node::PrimOpApp { op: PrimOp::RecordStatAccess(field), args: _ } => Some(field.label()),
        _ => None,
    }
}

pub(super) fn literal(ast: &Ast<'_>) -> Option<String> {
    match &ast.node {
        Node::String(text) => Some((*text).to_owned()),
        Node::StringChunks([StringChunk::Literal(text)]) => Some(text.clone()),
        _ => None,
    }
}
