use serde::{Deserialize, Serialize};

use crate::{Data, Name, Text};

/// A file that clp-gen writes and workloads read.
///
/// With a secret in it, it is itself secret: a template in the artifact, rendered at activation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Where targets with a host keep it: absolute, or relative to the package directory.
    pub path: String,
    /// What stands in it.
    pub content: Content,
    /// Who reads it: a key of `users`.
    pub owner: Name,
    /// Whether only workloads in their discreet form read it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub discreet: bool,
}

/// The content of a file, in the words of its format.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Content {
    /// A YAML document, keys in order.
    Yaml(Data),
    /// A JSON document on one line, keys in order.
    Json(Data),
    /// Text as it stands.
    Text(Text),
}

impl Content {
    /// Every text in it, in the order in which it is written.
    #[must_use]
    pub fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Yaml(data) | Self::Json(data) => data.texts(),
            Self::Text(text) => vec![text],
        }
    }

    /// Whether a secret is part of it.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.texts().into_iter().any(Text::is_secret)
    }
}
