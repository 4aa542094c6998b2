//! Files whose secrets are filled in at activation, and whose package directory at installation.
//!
//! In a template a secret is the token `@@secret NAME ENCODING ESCAPE@@` (encodings and escapes as
//! spelt below), `@@root@@` is the package directory, and the token `@@literal@@` is one `@`,
//! written where a plain one would make `@@` or stand before a token, so that no literal text can
//! be taken for a token or part of one. A line that starts with `@@with NAME@@` is there only if
//! the secret has a value.

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
    /// What follows, up to the end of the line, is left out unless the secret has a value.
    With(
        /// A key of the topology's `secrets`.
        Name,
    ),
}

impl Part {
    /// What it becomes in the file, where `root` is the package directory and `value` gives the
    /// values of secrets.
    #[must_use]
    pub fn render(&self, root: &str, value: impl FnOnce(&Name) -> String) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Root => root.to_owned(),
            Self::With(_) => String::new(),
            Self::Secret { name, encoding, json: false } => encoding.encode(&value(name)),
            Self::Secret { name, encoding, json: true } => {
                yaml::escaped(&encoding.encode(&value(name)))
            }
        }
    }
}

/// `parts` without the lines of secrets for which `has` says that they have no value.
#[must_use]
pub fn without_absent(parts: Vec<Part>, has: impl Fn(&Name) -> bool) -> Vec<Part> {
    let mut kept = vec![];
    let mut skipping = false;
    for part in parts {
        let part = match part {
            Part::Literal(text) if skipping => match text.split_once('\n') {
                Some((_, rest)) => Part::Literal(rest.to_owned()),
                None => continue,
            },
            part => part,
        };
        skipping &= !matches!(part, Part::Literal(_));
        match part {
            Part::With(name) => skipping |= !has(&name),
            _ if skipping => {}
            part => kept.push(part),
        }
    }
    kept
}

/// The token of a line that is there only if `name` has a value.
pub(crate) fn with(name: &Name) -> String {
    format!("@@with {name}@@")
}

/// The token of a secret.
pub(crate) fn secret(name: &Name, encoding: Encoding, json: bool) -> String {
    let encoding = match encoding {
        Encoding::None => "none",
        Encoding::UserInfo => "user-info",
        Encoding::Query => "query",
        Encoding::Quoted => "quoted",
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
    if let Some(name) = text.strip_prefix("with ") {
        return Name::try_from(name).ok().map(Part::With);
    }
    let mut words = text.strip_prefix("secret ")?.split(' ');
    let name = Name::try_from(words.next()?).ok()?;
    let encoding = match words.next()? {
        "none" => Encoding::None,
        "user-info" => Encoding::UserInfo,
        "query" => Encoding::Query,
        "quoted" => Encoding::Quoted,
        _ => return None,
    };
    let json = words.next()? == "json";
    Some(Part::Secret { name, encoding, json })
}
