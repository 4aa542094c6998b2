//! Where nodes start and end, to the byte.
//!
//! The parser's marks run into what follows a node (spaces, comments, the next line), or miss the
//! character that a node starts with. **Invariant.** Every span is a valid range of the text.

use nickel::Span;
use saphyr_parser::{Event, ScalarStyle, Span as Marks};

use super::block;
use super::source::Source;

/// The span of a scalar; `last_end` is where the node before it ends.
pub(super) fn scalar(
    source: &Source<'_>,
    (text, style): (&str, ScalarStyle),
    marks: &Marks,
    last_end: usize,
) -> Span {
    let start = source.offset(&marks.start);
    let end = source.offset(&marks.end).max(start);
    match style {
        ScalarStyle::Plain if is_absent(source, text, start) => absent(source, marks, last_end),
        ScalarStyle::Plain => Span { start, end },
        ScalarStyle::SingleQuoted => {
            Span { start, end: closing(source.text, start, b'\'').unwrap_or(end) }
        }
        ScalarStyle::DoubleQuoted => {
            Span { start, end: closing(source.text, start, b'"').unwrap_or(end) }
        }
        ScalarStyle::Literal | ScalarStyle::Folded => block::span(source, start, end, last_end),
    }
}

/// Whether a plain scalar is not written at all: the parser gives it the text of a null.
pub(super) fn is_absent(source: &Source<'_>, text: &str, start: usize) -> bool {
    text.is_empty() || text == "~" && !source.text[start..].starts_with('~')
}

/// The place where a value could be written.
fn absent(source: &Source<'_>, marks: &Marks, last_end: usize) -> Span {
    let start = source.offset(&marks.start);
    let after = if source.text[start..].starts_with(':') {
        start + 1
    } else if marks.is_empty() && source.line_start(start) <= last_end {
        start
    } else {
        last_end
    };
    Span { start: after, end: after }
}

/// The byte after the quote that closes the one at `start`.
fn closing(text: &str, start: usize, quote: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if quote == b'"' => at += 2,
            found if found == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => {
                at += 2
            }
            found if found == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Where a list starts. For a list that is not indented below its key, the parser tells the first
/// item instead.
pub(super) fn list_start(source: &Source<'_>, start: usize) -> usize {
    let line = source.line_start(start);
    let before = &source.text[line..start];
    let indent = blanks(before);
    let gap = before[indent..].strip_prefix('-').map(|it| &it[blanks(it)..]);
    match gap {
        Some(gap) if gap.is_empty() || gap.starts_with('#') => line + indent,
        _ => start,
    }
}

/// Where a list or map ends: at its bracket, or with the last node in it.
pub(super) fn collection_end(
    source: &Source<'_>,
    event: &Event<'_>,
    marks: &Marks,
    last_child: usize,
) -> usize {
    let bracket = if matches!(event, Event::SequenceEnd) { ']' } else { '}' };
    let end = source.offset(&marks.start);
    if source.text[end..].starts_with(bracket) { end + 1 } else { last_child }
}

/// Whether a list or map is written in brackets.
pub(super) fn is_bracket(source: &Source<'_>, start: usize) -> bool {
    source.text[start..].starts_with(['[', '{'])
}

/// The tab that a node is indented with, if it is and nothing stands before it in its line.
pub(super) fn tab_indent(source: &Source<'_>, offset: usize) -> Option<usize> {
    let start = source.line_start(offset);
    let before = &source.text[start..offset];
    let indent = &before[..blanks(before)];
    let found = indent.find('\t').map(|at| start + at);
    found.filter(|_| indent.len() == before.len())
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}
