//! What the contract of a value says: what may stand there, and what it is for.

use nickel::{Field, Input, Schema};
use serde::Serialize;

use crate::read::Loaded;
use crate::schema::in_words;

/// The contract of a value.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Contract {
    /// The path that it is about: that of the value, or of the nearest one around it that has one.
    pub path: String,
    /// What may stand there, in words; empty where nothing is known.
    pub wanted: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

/// The contract of the value at `path`.
#[must_use]
pub(super) fn contract(loaded: &Loaded<'_>, path: &str) -> Option<Contract> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let (schema, start, below) = match first {
        "config" => (loaded.front.schema(Input::Config), "config", rest),
        "host" => (loaded.front.schema(Input::Host), "host", rest),
        _ => (loaded.front.topology_schema(), "", path),
    };
    let (depth, field) = deepest(&schema, below)?;
    let known: Vec<&str> = keys(below).take(depth).collect();
    let path = [start].into_iter().filter(|it| !it.is_empty()).chain(known);
    let path = path.collect::<Vec<_>>().join(".");
    Some(Contract { path, wanted: in_words(&field), doc: field.doc })
}

/// The keys of a path, without the numbers of items.
fn keys(path: &str) -> impl Iterator<Item = &str> {
    let key = |part: &'_ str| part.find('[').unwrap_or(part.len());
    path.split('.').map(move |part| &part[..key(part)]).filter(|it| !it.is_empty())
}

/// The field that most keys of a path lead to, and how many they are. A map without fixed keys
/// has the same contract for each.
fn deepest(schema: &Schema, path: &str) -> Option<(usize, Field)> {
    let mut found = None;
    let mut here = Field { schema: schema.clone(), ..Field::default() };
    for (depth, key) in keys(path).enumerate() {
        let fixed = here.schema.fields.as_ref().and_then(|fields| fields.get(key));
        let next = fixed.cloned().or_else(|| here.form.items.as_deref().cloned());
        let Some(next) = next else { break };
        // Of an entry without a word about itself, the map says what it is.
        let doc = next.doc.clone().or_else(|| here.doc.clone());
        here = Field { doc, ..next };
        found = Some((depth + 1, here.clone()));
    }
    found
}
