//! What a value is: by its tag (`!!str`) where it has one, else by its quotes and its text.
//!
//! **Invariant.** A value that is refused is not quoted: it may be a secret.

use nickel::Value;
use saphyr_parser::Tag;

use super::scalar::{self, Reading};

/// What all tags of YAML itself start with.
const YAML: &str = "tag:yaml.org,2002:";

/// Why there is no value, and what to do.
pub(super) type Refusal = (&'static str, &'static str);

const UNKNOWN: Refusal = (
    "this tag is not supported",
    "Use `!!str`, `!!int`, `!!float`, `!!bool` or no tag; write text that starts with `!` in quotes",
);

const MISMATCH: Refusal = ("the value is none of the kind that its tag names", "Remove the tag");

/// The value of a scalar.
pub(super) fn scalar(tag: Option<&Tag>, text: &str, quoted: bool) -> Result<Value, Refusal> {
    let Some(name) = tag.map(name) else {
        return if quoted { Ok(Value::String(text.to_owned())) } else { plain(text) };
    };
    let integer = || scalar::integer(text).map(value).transpose();
    match name.strip_prefix(YAML) {
        Some("str") => Ok(Value::String(text.to_owned())),
        Some("int") => integer()?.ok_or(MISMATCH),
        Some("float") => match (scalar::float(text), integer()?) {
            (Some(number), _) => Ok(Value::Float(number)),
            // The nearest number there is, as in Python.
            #[allow(clippy::cast_precision_loss)]
            (None, Some(Value::Integer(number))) => Ok(Value::Float(number as f64)),
            _ => Err(MISMATCH),
        },
        Some("bool") => scalar::bool(text).map(Value::Bool).ok_or(MISMATCH),
        Some("null") if scalar::read(text) == Reading::Null => Ok(Value::Null),
        Some("null" | "seq" | "map") => Err(MISMATCH),
        _ => Err(UNKNOWN),
    }
}

/// Checks the tag of a list (`kind` is `seq`) or map (`map`).
pub(super) fn collection(tag: Option<&Tag>, kind: &str) -> Result<(), Refusal> {
    match tag.map(name).as_deref().map(|name| name.strip_prefix(YAML)) {
        None => Ok(()),
        Some(Some(name)) if name == kind => Ok(()),
        Some(Some("str" | "int" | "float" | "bool" | "null" | "seq" | "map")) => Err(MISMATCH),
        Some(_) => Err(UNKNOWN),
    }
}

/// The text of a key. `None` for a merge key.
pub(super) fn key(tag: Option<&Tag>, text: &str, quoted: bool) -> Result<Option<String>, Refusal> {
    let reading = match tag {
        Some(tag) if name(tag).strip_prefix(YAML) == Some("str") => Reading::Text,
        Some(_) => return Err(UNKNOWN),
        None if quoted => Reading::Text,
        None => scalar::read(text),
    };
    let message = match reading {
        Reading::Text | Reading::Default => return Ok(Some(text.to_owned())),
        Reading::Merge => return Ok(None),
        Reading::Null if text.is_empty() || text == "~" => {
            "here is no key, or one that is no value"
        }
        Reading::Null => "a key must be text, and this one is read as no value",
        Reading::Bool(_) => "a key must be text, and this one is read as true or false",
        Reading::Date => "a key must be text, and this one is read as a date",
        Reading::Integer(_) | Reading::Float(_) | Reading::TooLarge | Reading::NoDigits => {
            "a key must be text, and this one is read as a number"
        }
    };
    Err((message, "Write the key in quotes"))
}

fn name(tag: &Tag) -> String {
    format!("{}{}", tag.handle, tag.suffix)
}

fn plain(text: &str) -> Result<Value, Refusal> {
    match scalar::read(text) {
        Reading::Text | Reading::Date => Ok(Value::String(text.to_owned())),
        reading => value(reading),
    }
}

fn value(reading: Reading) -> Result<Value, Refusal> {
    match reading {
        Reading::Null => Ok(Value::Null),
        Reading::Bool(value) => Ok(Value::Bool(value)),
        Reading::Integer(value) => Ok(Value::Integer(value)),
        Reading::Float(value) => Ok(Value::Float(value)),
        Reading::TooLarge => Err(("this number is too large", "Write it in quotes if it is text")),
        Reading::NoDigits => Err(("this number has no digits", "Write it in quotes if it is text")),
        Reading::Merge => Err(("`<<` has a meaning only as a key", "Write it in quotes")),
        Reading::Default => Err(("`=` has no meaning as a value", "Write it in quotes")),
        Reading::Date | Reading::Text => Err(MISMATCH),
    }
}
