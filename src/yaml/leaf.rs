//! Keys, scalars and aliases: the nodes of a tree that have no nodes in them.

use nickel::{Node, Span, Value};
use saphyr_parser::{Span as Marks, Tag};

use super::anchor::Refused;
use super::compose::{Composer, path};
use super::frame::{Content, Frame, Key, KeyKind};
use super::problem::{self, Problem};
use super::{core, place, scalar, tag};

/// A scalar as the parser gives it, and its place.
#[derive(Clone, Copy)]
pub(super) struct Scalar<'a> {
    /// Its text, without quotes and escapes.
    pub(super) text: &'a str,
    /// Whether it is more than plain text.
    pub(super) quoted: bool,
    /// Its tag.
    pub(super) tag: Option<&'a Tag>,
    /// The number of its anchor; 0 for none.
    pub(super) anchor: usize,
    /// Its place.
    pub(super) span: Span,
}

impl Composer<'_> {
    /// Takes an alias: a copy of what it stands for.
    pub(super) fn alias(&mut self, number: usize, marks: &Marks) -> Result<(), Problem> {
        let span =
            Span { start: self.source.offset(&marks.start), end: self.source.offset(&marks.end) };
        self.reach(span);
        if self.wants_key() {
            self.refuse(span, ("an alias cannot be a key", "Write the key out"));
            self.refused_key(span);
            return Ok(());
        }
        let node = match self.anchors.expand(number, span, self.stack.len()) {
            Ok(node) => node,
            Err(Refused::File(problem)) => return Err(problem),
            Err(Refused::Alias(problem)) => {
                let Self { stack, problems, .. } = self;
                problems.add(|| problem.at(path(stack)));
                Node { value: Value::Null, span }
            }
        };
        self.put(node);
        Ok(())
    }

    /// Takes a scalar: a key or a value.
    pub(super) fn scalar(&mut self, scalar: Scalar<'_>) -> Result<(), Problem> {
        let Scalar { text, quoted, tag, anchor, span } = scalar;
        self.reach(span);
        if self.wants_key() {
            let node = Node { value: Value::String(text.to_owned()), span };
            self.anchors.keep(anchor, &node).map_err(|problem| problem.at(self.path()))?;
            self.key(&scalar);
            return Ok(());
        }
        self.check_plain(&scalar);
        let value = tag::scalar(tag, text, quoted).unwrap_or_else(|refusal| {
            self.refuse(span, refusal);
            Value::Null
        });
        let node = Node { value, span };
        self.anchors.keep(anchor, &node).map_err(|problem| problem.at(self.path()))?;
        self.put(node);
        Ok(())
    }

    fn key(&mut self, scalar: &Scalar<'_>) {
        let Scalar { text, quoted, tag, anchor: _, span } = *scalar;
        let (text, kind) = match tag::key(tag, text, quoted) {
            Ok(Some(text)) => (text, KeyKind::Entry),
            Ok(None) => (text.to_owned(), KeyKind::Merge),
            Err(refusal) => {
                self.refuse(span, refusal);
                self.refused_key(span);
                return;
            }
        };
        let Some(Frame { content: Content::Map(map), .. }) = self.stack.last_mut() else {
            return;
        };
        let first = map.first(&text, span);
        let kind = if first.is_some() { KeyKind::Refused } else { kind };
        if let Some(first) = first {
            self.duplicate(&text, first, span);
        }
        self.set_key(Key { text, span, kind });
        self.check_plain(scalar);
    }

    fn duplicate(&mut self, text: &str, first: Span, second: Span) {
        let Self { source, stack, problems, .. } = self;
        problems.add(|| {
            let path = problem::join(&path(stack), text);
            let line = source.line(first.start);
            let message =
                format!("`{path}` stands here a second time; the first is in line {line}");
            Problem::new(second, message).at(path).help("Keep one of the two")
        });
    }

    /// What is special about scalars without quotes.
    fn check_plain(&mut self, scalar: &Scalar<'_>) {
        let Scalar { text, quoted, tag, anchor: _, span } = *scalar;
        if quoted {
            return;
        }
        let in_brackets =
            || self.stack.iter().any(|frame| place::is_bracket(self.source, frame.start));
        if text.starts_with(['|', '>', '?', ':']) && in_brackets() {
            let message = "in brackets, text without quotes cannot start with `|`, `>`, `?` or `:`";
            self.refuse(span, (message, "Write it in quotes"));
        }
        if self.source.text[span.start..span.end].contains('\t') {
            let help = "Write a space instead, or all of it in quotes";
            self.refuse(span, ("a tab cannot stand in text without quotes", help));
        }
        if tag.is_none()
            && let Some(core::Difference { message, help }) =
                core::difference(text, &scalar::read(text))
        {
            let Self { stack, warnings, .. } = self;
            warnings.add(|| Problem::new(span, message).at(path(stack)).help(help));
        }
    }
}
