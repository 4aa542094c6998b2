//! What a contract says of the values that it allows, by its syntax.

use nickel_lang_core::ast::primop::PrimOp;
use nickel_lang_core::ast::record::Record;
use nickel_lang_core::ast::typ::Type;
use nickel_lang_core::ast::{Ast, Node};
use nickel_lang_core::typ::TypeF;

use super::scope::{Imports, Named, Names, Scope, literal, name_of, reduce};
use super::{Field, Form, Kind, Schema};

/// The contract whose values are secret.
const SECRET: &str = "Secret";

/// Where the contracts stand whose names say what they allow.
const LIBRARY: &str = "library:clp-gen";

/// What a contract says, by the syntax of the expression that gives it.
pub(crate) fn read<'a>(contract: &Named<'a>, imports: Imports<'_, 'a>) -> Schema {
    let mut field = Field::default();
    contract_into(&mut field, contract, imports);
    field.schema
}

fn contract_into<'a>(field: &mut Field, contract: &Named<'a>, imports: Imports<'_, 'a>) {
    field.secret |= name_of(contract.ast) == Some(SECRET);
    if let Some(form) = library_form(contract, imports) {
        field.form = form;
        return;
    }
    let Some(Named { ast, scope }) = reduce(contract, imports) else {
        return;
    };
    match &ast.node {
        Node::Record(record) => {
            let schema = record_schema(record, &scope, imports);
            field.form.kinds = [Kind::Map].into();
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
        (Some("Nullable"), [contract]) => {
            contract_into(field, &named(contract), imports);
            field.form.nullable = true;
        }
        (Some("Coerced"), [_, contract]) => {
            contract_into(field, &named(contract), imports);
            field.form.coerced = true;
        }
        (Some("wanted" | "wanted_secret"), [what, _]) => field.form.wanted = literal(what),
        (Some("Never"), [_]) => field.form.never = true,
        (Some("Range"), [low, high]) => field.form = Form::between(number(low), number(high)),
        (Some("Aliased"), [aliases, contract]) => {
            contract_into(field, &named(contract), imports);
            if let Some(Named { ast: Ast { node: Node::Record(record), .. }, .. }) =
                reduce(&named(aliases), imports)
            {
                mark_aliases(field, record);
            }
        }
        (Some(name @ ("OneOf" | "ListOf")), [choices]) => {
            let kind = if name == "OneOf" { Kind::String } else { Kind::List };
            field.form = Form::of(kind);
            if let Some(Named { ast: Ast { node: Node::Array(items), .. }, .. }) =
                reduce(&named(choices), imports)
            {
                field.choices.extend(items.iter().filter_map(literal));
            }
        }
        (Some("Variant"), [_, variants]) => variant(field, &named(variants), imports),
        _ => {
            if let Some(Named { ast: Ast { node: Node::Fun { args: _, body }, .. }, scope }) =
                reduce(&named(head), imports)
            {
                contract_into(field, &Named { ast: body, scope }, imports);
            }
        }
    }
}

fn variant<'a>(field: &mut Field, variants: &Named<'a>, imports: Imports<'_, 'a>) {
    let Some(Named { ast: Ast { node: Node::Record(record), .. }, scope }) =
        reduce(variants, imports)
    else {
        return;
    };
    let scope = scope.with(Names::Record(record));
    for variant in record.field_defs.iter().filter_map(|it| it.value.as_ref()) {
        let mut one = Field { required: field.required, ..Field::default() };
        contract_into(&mut one, &Named { ast: variant, scope: scope.clone() }, imports);
        *field = std::mem::take(field).join(one);
    }
}

/// What a contract of the library allows, where that is what is named.
fn library_form<'a>(contract: &Named<'a>, imports: Imports<'_, 'a>) -> Option<Form> {
    let Node::PrimOpApp { op: PrimOp::RecordStatAccess(name), args: [inner] } = &contract.ast.node
    else {
        return None;
    };
    let inner = reduce(&Named { ast: inner, scope: contract.scope.clone() }, imports)?;
    if &*inner.scope.folder == LIBRARY { Form::named(name.label()) } else { None }
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
    let items = |typ| {
        let mut items = Field::default();
        type_into(&mut items, typ, scope, imports);
        Some(Box::new(items))
    };
    match &typ.typ {
        TypeF::Contract(ast) => {
            contract_into(field, &Named { ast, scope: scope.clone() }, imports);
        }
        TypeF::Bool => field.form = Form::of(Kind::Boolean),
        TypeF::Number => field.form = Form::of(Kind::Number),
        TypeF::String => field.form = Form::of(Kind::String),
        TypeF::Array(inner) => {
            field.form = Form { items: items(inner), ..Form::of(Kind::List) };
        }
        TypeF::Dict { type_fields, flavour: _ } => {
            field.form = Form { items: items(type_fields), ..Form::of(Kind::Map) };
        }
        _ => {}
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
        let mut field = Field {
            doc: definition.metadata.doc.map(ToOwned::to_owned),
            required: !definition.metadata.opt && definition.value.is_none(),
            ..Field::default()
        };
        for typ in definition.metadata.annotation.contracts {
            type_into(&mut field, typ, &scope, imports);
        }
        Some((name, field))
    });
    Schema { fields: (!record.open).then(|| fields.collect()) }
}

/// A whole number that is written out.
fn number(ast: &Ast<'_>) -> Option<i64> {
    let Node::Number(number) = &ast.node else {
        return None;
    };
    number.to_string().parse().ok()
}
