use std::fmt;

/// A problem that the user can fix: what is wrong, where, and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// Where in the topology: `services.webui.ports.http.publish.address`. Empty for the whole.
    pub path: String,
    /// Whether the key at `path` is meant, or its value.
    pub place: Place,
    /// What the user can do about it, imperative.
    pub hint: Option<String>,
    /// A second place that belongs to the problem: its path, and what it has to do with it.
    pub related: Option<(String, String)>,
}

/// Which half of `key = value` a diagnostic is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// The name of the field.
    Key,
    /// What the field holds.
    Value,
}

impl Diagnostic {
    /// A problem with the value at `path`.
    #[must_use]
    pub fn value(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            path: path.into(),
            place: Place::Value,
            hint: None,
            related: None,
        }
    }

    /// A problem with the key at `path`.
    #[must_use]
    pub fn key(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: Place::Key, ..Self::value(path, message) }
    }

    /// The same problem, with what to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same problem, with a second place that belongs to it.
    #[must_use]
    pub fn related(self, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { related: Some((path.into(), message.into())), ..self }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
