//! A mistake of the user's, with the places that it is about.

use crate::{File, Location, Span};

/// What a person reads: what is wrong, where they wrote it, and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// The dotted path of the key in the user's file, or of the value in the topology. Empty for
    /// a whole file.
    pub key: String,
    /// The places, the one to mend first; with what each has to do with it.
    pub labels: Vec<Label>,
    /// What to do, imperative.
    pub help: Option<String>,
    /// Whether the deployment can be built all the same.
    pub warning: bool,
}

/// A place that a report points at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Label {
    /// Where.
    pub location: Location,
    /// What this place has to do with it.
    pub message: String,
}

impl Report {
    /// An error with no place yet.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            key: String::new(),
            labels: vec![],
            help: None,
            warning: false,
        }
    }

    /// A report about a file of credentials with nothing in it: one, whatever it should hold.
    #[must_use]
    pub fn no_credentials() -> Self {
        let location = Location { file: File::Credentials, span: Span::default() };
        let help = "Write them into it, or remove it and let `clp-gen init` make another";
        Self::new("the file is empty, and the deployment needs its credentials")
            .at(location, "here")
            .help(help)
    }

    /// The same report, about this key.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self { key: key.into(), ..self }
    }

    /// The same report, with one more place.
    #[must_use]
    pub fn at(mut self, location: Location, message: impl Into<String>) -> Self {
        self.labels.push(Label { location, message: message.into() });
        self
    }

    /// The same report, with what to do.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same report, as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Self { warning: true, ..self }
    }
}
