//! A schema as JSON Schema.
//!
//! **Invariant.** What a package accepts is valid: where a contract's syntax does not tell what is
//! allowed, everything is.

use std::collections::BTreeMap;

use nickel::{Field, Form, Kind};
use serde_json::{Map, Value as Json, json};

use super::Described;

type Object = Map<String, Json>;

/// The schema of one file.
pub(super) fn schema(described: &Described) -> Json {
    let Described { path: _, schema, defaults } = described;
    let mut whole = Object::new();
    whole.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    whole.insert("title".to_owned(), json!(described.name()));
    let fields = schema.fields.iter().flatten();
    // A file that says nothing leaves everything to the defaults.
    let all_optional = fields.clone().all(|(_, field)| !field.required);
    whole.insert(
        "type".to_owned(),
        if all_optional { json!(["object", "null"]) } else { json!("object") },
    );
    if let Some(fields) = &schema.fields {
        map(&mut whole, fields, defaults);
    }
    whole.into()
}

fn map(object: &mut Object, fields: &BTreeMap<String, Field>, defaults: &Json) {
    let shown = |(key, it): (&String, &Field)| (key.clone(), field(it, defaults.get(key)));
    object.insert("properties".to_owned(), fields.iter().map(shown).collect::<Object>().into());
    object.insert("additionalProperties".to_owned(), json!(false));
    let required: Vec<&String> =
        fields.iter().filter(|(_, field)| field.required).map(|(key, _)| key).collect();
    if !required.is_empty() {
        object.insert("required".to_owned(), json!(required));
    }
}

fn field(field: &Field, default: Option<&Json>) -> Json {
    let Field { doc, secret, alias: _, choices, required: _, form, schema } = field;
    let mut object = Object::new();
    if let Some(doc) = doc {
        object.insert("description".to_owned(), json!(doc));
    }
    if *secret {
        object.insert("writeOnly".to_owned(), json!(true));
    } else if let Some(default) = default {
        object.insert("default".to_owned(), default.clone());
    }
    if form.never {
        object.insert("not".to_owned(), json!({}));
        return object.into();
    }
    value(&mut object, form, choices);
    if let Some(fields) = &schema.fields {
        map(&mut object, fields, default.unwrap_or(&Json::Null));
    }
    object.into()
}

/// What the value itself may be.
fn value(object: &mut Object, form: &Form, choices: &[String]) {
    let Form { kinds, nullable, coerced, never: _, minimum, above_minimum, maximum, .. } = form;
    let Form { pattern, wanted: _, items, .. } = form;
    let numeric = |kind: &Kind| matches!(kind, Kind::Integer | Kind::Number);
    let quoted = *coerced && !kinds.is_empty() && kinds.iter().all(numeric);
    let mut types: Vec<&str> = kinds.iter().map(|kind| type_of(*kind)).collect();
    if quoted {
        types.push("string");
        object.insert("pattern".to_owned(), json!(r"^\s*-?[0-9]+(\.[0-9]+)?\s*$"));
    }
    if *nullable && !types.is_empty() {
        types.push("null");
    }
    match types.as_slice() {
        [] => {}
        [one] => drop(object.insert("type".to_owned(), json!(one))),
        several => drop(object.insert("type".to_owned(), json!(several))),
    }
    let least = if *above_minimum { "exclusiveMinimum" } else { "minimum" };
    let bounds = [(least, minimum), ("maximum", maximum)];
    for (name, bound) in bounds.into_iter().filter_map(|(name, it)| Some((name, (*it)?))) {
        object.insert(name.to_owned(), json!(bound));
    }
    if let Some(pattern) = pattern {
        object.insert("pattern".to_owned(), json!(pattern));
    }
    choose(object, kinds.contains(&Kind::List), *nullable, choices);
    if let Some(items) = items {
        let name = if kinds.contains(&Kind::List) { "items" } else { "additionalProperties" };
        object.insert(name.to_owned(), field(items, None));
    }
}

/// The strings that a value, or each item of a list, is one of.
fn choose(object: &mut Object, list: bool, nullable: bool, choices: &[String]) {
    if choices.is_empty() {
        return;
    }
    if list {
        object.insert("items".to_owned(), json!({ "enum": choices }));
        return;
    }
    let mut values: Vec<Json> = choices.iter().map(|choice| json!(choice)).collect();
    if nullable {
        values.push(Json::Null);
    }
    object.insert("enum".to_owned(), values.into());
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Integer => "integer",
        Kind::Number => "number",
        Kind::String => "string",
        Kind::List => "array",
        Kind::Map => "object",
    }
}
