//! Which of two values wins: priorities for what users write.
//!
//! A package's values are plain, so a user's have to be stronger. Nickel cannot push a priority
//! down a record (a record with a priority replaces instead of merging), so it is pushed here, to
//! every field that is no record: over data for the configuration, over syntax for overlays.

use nickel_lang_core::ast::primop::PrimOp;
use nickel_lang_core::ast::record::{FieldDef, FieldMetadata as AstMetadata, Record};
use nickel_lang_core::ast::{Ast, AstAlloc, Import, MergePriority, Node as AstNode};
use nickel_lang_core::cache::InputFormat;
use nickel_lang_core::eval::value::{Array, NickelValue};
use nickel_lang_core::files::FileId;
use nickel_lang_core::identifier::LocIdent;
use nickel_lang_core::position::{PosTable, RawSpan, TermPos};
use nickel_lang_core::term::Number;
use nickel_lang_core::term::record::{Field, FieldMetadata, RecordData};

use crate::node::{Entry, Node, Span, Value};

/// Where a value of the topology was written; later ones win.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Layer {
    /// The default of a contract.
    ContractDefault,
    /// The package itself.
    Package,
    /// The user's configuration, and the facts of the machine.
    Configuration,
    /// The project's `deployment.ncl`.
    Deployment,
    /// `--set`.
    Set,
}

impl Layer {
    /// Every layer, lowest first.
    pub const ALL: [Self; 5] =
        [Self::ContractDefault, Self::Package, Self::Configuration, Self::Deployment, Self::Set];

    /// The name that people read.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ContractDefault => "contract default",
            Self::Package => "package",
            Self::Configuration => "configuration",
            Self::Deployment => "deployment.ncl",
            Self::Set => "--set",
        }
    }
}

/// The priority of a field of the user's configuration.
const CONFIGURATION: i32 = 5;

/// The priority of a field of `deployment.ncl` that names none itself.
const DEPLOYMENT: i32 = 10;

/// A user's YAML as Nickel sees it: every field that is no map has the configuration's priority.
pub(crate) fn configuration(positions: &mut PosTable, file: FileId, node: &Node) -> NickelValue {
    let position = positions.push(position(file, node.span));
    match &node.value {
        Value::Null => NickelValue::null().with_pos_idx(position),
        Value::Bool(value) => NickelValue::bool_value(*value, position),
        Value::Integer(value) => NickelValue::number(Number::from(*value), position),
        Value::Float(value) => {
            let number = Number::try_from(*value).unwrap_or_else(|_| Number::from(0));
            NickelValue::number(number, position)
        }
        Value::String(value) => NickelValue::string(value.as_str(), position),
        Value::List(items) => {
            let items: Vec<_> =
                items.iter().map(|item| configuration(positions, file, item)).collect();
            NickelValue::array(Array::from_iter(items), vec![], position)
        }
        Value::Map(entries) => {
            let fields = entries.iter().map(|entry| field(positions, file, entry)).collect();
            let record = RecordData { fields, ..RecordData::default() };
            NickelValue::record(record, position)
        }
    }
}

fn field(positions: &mut PosTable, file: FileId, entry: &Entry) -> (LocIdent, Field) {
    let key = LocIdent::from(entry.key.as_str()).with_pos(position(file, entry.key_span));
    let mut field = Field::from(configuration(positions, file, &entry.value));
    if !matches!(entry.value.value, Value::Map(_)) {
        let metadata = FieldMetadata {
            priority: MergePriority::Numeral(CONFIGURATION.into()),
            ..FieldMetadata::default()
        };
        field.metadata = metadata.into();
    }
    (key, field)
}

fn position(file: FileId, span: Span) -> TermPos {
    let [start, end] = [span.start, span.end].map(|it| u32::try_from(it).unwrap_or(u32::MAX));
    TermPos::Original(RawSpan { src_id: file, start: start.into(), end: end.into() })
}

/// An overlay's syntax, with the deployment's priority on every field that is certainly no record
/// and names no priority itself. What may be a record merges; where it then turns out to be
/// none, Nickel reports the conflict, and the user says `| priority 10` or `| force`.
pub(crate) fn overlay<'a>(alloc: &'a AstAlloc, ast: &Ast<'a>) -> Ast<'a> {
    let node = match &ast.node {
        AstNode::Record(record) => alloc.record(Record {
            includes: record.includes,
            open: record.open,
            field_defs: alloc.alloc_many(record.field_defs.iter().map(|it| definition(alloc, it))),
        }),
        AstNode::Let { bindings, body, rec } => {
            alloc.let_block(bindings.iter().cloned(), overlay(alloc, body), *rec)
        }
        AstNode::IfThenElse { cond, then_branch, else_branch } => alloc.if_then_else(
            (*cond).clone(),
            overlay(alloc, then_branch),
            overlay(alloc, else_branch),
        ),
        AstNode::PrimOpApp { op: op @ PrimOp::Merge(_), args } => {
            alloc.prim_op(**op, args.iter().map(|it| overlay(alloc, it)))
        }
        AstNode::Annotated { annot, inner } => {
            alloc.annotated((*annot).clone(), overlay(alloc, inner))
        }
        other => other.clone(),
    };
    Ast { node, pos: ast.pos }
}

fn definition<'a>(alloc: &'a AstAlloc, definition: &FieldDef<'a>) -> FieldDef<'a> {
    let FieldDef { path, metadata, value, pos } = definition;
    let mut metadata: AstMetadata<'a> = metadata.clone();
    let value = value.as_ref().map(|value| {
        if is_no_record(value) && matches!(metadata.priority, MergePriority::Neutral) {
            metadata.priority = MergePriority::Numeral(DEPLOYMENT.into());
            return value.clone();
        }
        overlay(alloc, value)
    });
    FieldDef { path, metadata, value, pos: *pos }
}

fn is_no_record(ast: &Ast<'_>) -> bool {
    match &ast.node {
        AstNode::Null
        | AstNode::Bool(_)
        | AstNode::Number(_)
        | AstNode::String(_)
        | AstNode::StringChunks(_)
        | AstNode::Fun { .. }
        | AstNode::EnumVariant { .. }
        | AstNode::Array(_)
        | AstNode::Match(_)
        | AstNode::Type(_) => true,
        AstNode::Import(Import::Path { path: _, format }) => *format == InputFormat::Text,
        AstNode::Let { bindings: _, body, rec: _ } => is_no_record(body),
        AstNode::IfThenElse { cond: _, then_branch, else_branch } => {
            is_no_record(then_branch) && is_no_record(else_branch)
        }
        AstNode::Annotated { annot: _, inner } => is_no_record(inner),
        AstNode::PrimOpApp { op, args: _ } => !may_give_record(op),
        AstNode::Record(_)
        | AstNode::App { .. }
        | AstNode::Var(_)
        | AstNode::Import(Import::Package { .. })
        | AstNode::ParseError(_) => false,
    }
}

/// Arithmetic, comparison and concatenation give no records; merging and access may.
fn may_give_record(op: &PrimOp) -> bool {
    !matches!(
        op,
        PrimOp::Plus
            | PrimOp::Sub
            | PrimOp::Mult
            | PrimOp::Div
            | PrimOp::Modulo
            | PrimOp::StringConcat
            | PrimOp::ArrayConcat
            | PrimOp::Eq
            | PrimOp::BoolNot
            | PrimOp::BoolAnd
            | PrimOp::BoolOr
    )
}
