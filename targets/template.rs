//! Files whose secrets are filled in at activation, and whose package directory at installation.
//!
//! In a template a secret is the token `@@secret NAME ENCODING ESCAPE@@` (encodings and escapes as
//! spelt below), `@@root@@` is the package directory, and the token `@@literal@@` is one `@`,
//! written where a plain one would make `@@` or stand before a token, so that no literal text can
//! be taken for a token or part of one.

use model::{Encoding, Name};

use crate::yaml;

/// One part of a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// Text as it stands.
    Literal(String),
    /// The value of a secret: encoded first, escaped then.
    Secret {
        /// A key of the topology's `secrets`.
        name: Name,
        /// How the value is written into the text around it.
        encoding: Encoding,
        /// Whether the value stands inside a double-quoted string of JSON or YAML and is escaped
        /// for it.
        json: bool,
    },
    /// The package directory, as it is: whoever renders refuses one that does not consist of
    /// letters, digits and `/._+-`, since no other needs no quotes anywhere.
    Root,
}

impl Part {
    /// What it becomes in the file, where `root` is the package directory and `value` gives the
    /// values of secrets.
    #[must_use]
    pub fn render(&self, root: &str, value: impl FnOnce(&Name) -> String) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Root => root.to_owned(),
            Self::Secret { name, encoding, json: false } => encoding.encode(&value(name)),
            Self::Secret { name, encoding, json: true } => {
                yaml::escaped(&encoding.encode(&value(name)))
            }
        }
    }
}

/// The token of a secret.
pub(crate) fn secret(name: &Name, encoding: Encoding, json: bool) -> String {
    let encoding = match encoding {
        Encoding::None => "none",
        Encoding::UserInfo => "user-info",
        Encoding::Query => "query",
    };
    let escape = if json { "json" } else { "none" };
    format!("@@secret {name} {encoding} {escape}@@")
}

/// The token of the package directory.
pub(crate) fn root() -> &'static str {
    "@@root@@"
}

/// `text` so that nothing in it reads as a token, whatever is written after it.
pub(crate) fn literal(text: &str) -> String {
    let escaped = text.replace("@@", "@@literal@@@@literal@@");
    // After the pairs are gone, a literal `@` at the end is what is left of an odd number.
    match text.bytes().rev().take_while(|byte| *byte == b'@').count() % 2 {
        0 => escaped,
        _ => escaped[..escaped.len() - 1].to_owned() + "@@literal@@",
    }
}

/// The parts of a template that this module's functions wrote; `None` if it is none.
#[must_use]
pub fn parse(template: &str) -> Option<Vec<Part>> {
    let mut parts = vec![];
    for (index, piece) in template.split("@@").enumerate() {
        if index % 2 == 0 {
            parts.push(Part::Literal(piece.to_owned()));
            continue;
        }
        parts.push(token(piece)?);
    }
    (parts.len() % 2 == 1).then_some(parts)
}

fn token(text: &str) -> Option<Part> {
    if text == "literal" {
        return Some(Part::Literal("@".to_owned()));
    }
    if text == "root" {
        return Some(Part::Root);
    }
    let mut words = text.strip_prefix("secret ")?.split(' ');
    let name = Name::try_from(words.next()?).ok()?;
    let encoding = match words.next()? {
        "none" => Encoding::None,
        "user-info" => Encoding::UserInfo,
        "query" => Encoding::Query,
        _ => return None,
    };
    let json = words.next()? == "json";
    Some(Part::Secret { name, encoding, json })
}
