use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The key of something in the topology: a service, a volume, a port, a secret.
///
/// Lower-case letters, digits, `-` and `_`; a letter first, a letter or digit last; at most 63
/// characters, so that every target can carry it (RFC 1123 labels are the narrowest).
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String")]
pub struct Name(String);

/// Why a text is no [`Name`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidName(String);

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no name: write lower-case letters, digits, `-` and `_`, a letter first and \
             a letter or digit last, at most 63 characters",
            self.0
        )
    }
}

impl std::error::Error for InvalidName {}

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        let valid = text.len() <= 63
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text.chars().all(inner);
        if valid {
            return Ok(Self(text));
        }
        Err(InvalidName(text))
    }
}

impl TryFrom<&str> for Name {
    type Error = InvalidName;

    fn try_from(text: &str) -> Result<Self, InvalidName> {
        Self::try_from(text.to_owned())
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
