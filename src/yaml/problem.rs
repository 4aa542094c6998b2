//! What is wrong with a file, or only suspicious: a message, a place and what to do.

use nickel::Span;

/// How many problems of a kind are kept: nobody reads more.
const MOST: usize = 100;

/// Something that the user should change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// What is wrong, without a full stop.
    pub message: String,
    /// Where, in bytes of the file.
    pub span: Span,
    /// The key path, with dots (`webui.hosts[0].port`); empty for the file.
    pub path: String,
    /// What to do, imperative.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with the file as a whole, or with a place outside of every key.
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, path: String::new(), help: None }
    }

    /// The same, with advice.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, at a key path.
    pub(super) fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }
}

/// Problems as they are found; past [`MOST`] they are only counted.
#[derive(Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// Adds one. It is made only if there is room for it.
    pub(super) fn add(&mut self, problem: impl FnOnce() -> Problem) {
        if self.kept.len() < MOST {
            self.kept.push(problem());
        } else {
            self.more += 1;
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// All that were kept, in the order of the file.
    pub(super) fn finish(self) -> Vec<Problem> {
        let Self { mut kept, more } = self;
        kept.sort_by_key(|problem| problem.span);
        if let Some(last) = kept.last().filter(|_| more > 0) {
            let message = format!("{more} more problems of this file are not shown");
            let span = Span { start: last.span.end, end: last.span.end };
            kept.push(Problem::new(span, message));
        }
        kept
    }
}

/// A key path with one more key.
pub(super) fn join(path: &str, key: &str) -> String {
    // A key that is no plain word keeps its dots apart from those between keys.
    let plain =
        !key.is_empty() && !key.contains(|it: char| it == '.' || it == '[' || it.is_control());
    let key = if plain { key.to_owned() } else { format!("{key:?}") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// A key path with an index of a list.
pub(super) fn item(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}
