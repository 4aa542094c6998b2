use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::Text;

/// Structured content of a generated file; its leaves may be late-bound text.
///
/// A text that is nothing but a [`Connect::Port`](crate::Connect::Port) is a number where the
/// file's format has numbers.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Data {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A number, exact.
    Number(Number),
    /// A string, maybe with late-bound parts.
    Text(Text),
    /// Values in order.
    List(Vec<Data>),
    /// Values by key; written in the order of the keys.
    Map(BTreeMap<String, Data>),
}

impl Data {
    /// Every text in it, depth first, in the order in which it is written.
    #[must_use]
    pub fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => vec![],
            Self::Text(text) => vec![text],
            Self::List(items) => items.iter().flat_map(Self::texts).collect(),
            Self::Map(items) => items.values().flat_map(Self::texts).collect(),
        }
    }
}
