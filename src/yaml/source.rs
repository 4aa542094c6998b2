//! From bytes to text, and from characters, which the parser counts, to bytes.
//!
//! **Invariant.** Whatever the parser gets to see is at most [`LIMIT_BYTES`] of printable UTF-8
//! without directives that it would misread.

use nickel::Span;
use saphyr_parser::Marker;

use super::problem::Problem;

/// The largest file that is read.
pub const LIMIT_BYTES: usize = 4 << 20;

/// The mark that some editors put first into a UTF-8 file.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The text of a file.
pub(super) struct Source<'a> {
    /// All of it.
    pub(super) text: &'a str,
    /// Where YAML starts: after a byte order mark.
    start: usize,
    /// The byte of each character from `start`, unless all characters are single bytes.
    bytes: Option<Vec<usize>>,
    /// Where each line starts, in bytes of the text.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    /// Checks that bytes can be read as YAML at all.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Problem> {
        let text = decode(bytes)?;
        printable(text)?;
        let start = mark_length(text);
        let yaml = &text[start..];
        directives(yaml, start)?;
        let bytes = (!yaml.is_ascii()).then(|| yaml.char_indices().map(|(at, _)| at).collect());
        Ok(Self { text, start, bytes, lines: line_starts(text, start) })
    }

    /// What the parser sees.
    pub(super) fn yaml(&self) -> &'a str {
        &self.text[self.start..]
    }

    /// The byte that the parser's marker stands for.
    pub(super) fn offset(&self, marker: &Marker) -> usize {
        let length = self.text.len() - self.start;
        let at = match &self.bytes {
            None => marker.index().min(length),
            Some(bytes) => bytes.get(marker.index()).copied().unwrap_or(length),
        };
        self.start + at
    }

    /// Where the line of a byte starts.
    pub(super) fn line_start(&self, offset: usize) -> usize {
        self.lines[self.line(offset) - 1]
    }

    /// The number of the line of a byte, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset).max(1)
    }

    /// The character at a byte, as a span; empty at the end of the file.
    pub(super) fn character(&self, offset: usize) -> Span {
        let length = self.text[offset..].chars().next().map_or(0, char::len_utf8);
        Span { start: offset, end: offset + length }
    }
}

/// Line and column of a byte of a text, both from 1; columns are counted in characters.
#[must_use]
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let lines = line_starts(text, mark_length(text));
    let line = lines.partition_point(|start| *start <= end).max(1);
    let column = text.get(lines[line - 1]..end).map_or(0, |before| before.chars().count());
    (line, column + 1)
}

fn mark_length(text: &str) -> usize {
    if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

/// The first bytes of lines. A carriage return ends a line unless a line feed follows, which
/// then does.
fn line_starts(text: &str, first: usize) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = |at: &usize| match bytes[*at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    std::iter::once(first).chain((first..bytes.len()).filter(ends).map(|at| at + 1)).collect()
}

fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.len() > LIMIT_BYTES {
        let message = format!("the file is larger than {} MiB", LIMIT_BYTES >> 20);
        let problem = Problem::new(Span::default(), message);
        return Err(problem.help("Check that it is the right file"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let problem = Problem::new(Span::default(), "the file is UTF-16 text, not UTF-8");
        return Err(problem.help("Save it as UTF-8"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let end = error.error_len().map_or(bytes.len(), |length| start + length);
        let message = format!("the file is not UTF-8 text: byte {start} belongs to no character");
        Problem::new(Span { start, end }, message).help("Save it as UTF-8")
    })
}

/// Refuses characters that YAML has no room for, and line breaks of YAML 1.1 that no editor shows.
fn printable(text: &str) -> Result<(), Problem> {
    let allowed = |it: char| match it {
        '\t' | '\n' | '\r' | ' '..='~' => true,
        '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => it >= '\u{a0}',
    };
    let Some((start, found)) = text.char_indices().find(|(_, it)| !allowed(*it)) else {
        return Ok(());
    };
    let message = format!("the character U+{:04X} cannot stand in a YAML file", u32::from(found));
    let span = Span { start, end: start + found.len_utf8() };
    let help = "Remove it, or write it as an escape in double quotes";
    Err(Problem::new(span, message).help(help))
}

/// Refuses lines like `%TAG …` before the document; `%YAML 1.1` and `%YAML 1.2` change nothing.
fn directives(yaml: &str, start: usize) -> Result<(), Problem> {
    let mut at = 0;
    for line in yaml.split_inclusive(['\n', '\r']) {
        let content = line.trim_end();
        if let Some(directive) = content.strip_prefix('%') {
            let words: Vec<_> =
                directive.split_whitespace().take_while(|it| !it.starts_with('#')).collect();
            if !matches!(words[..], ["YAML", "1.1" | "1.2"]) {
                let span = Span { start: start + at, end: start + at + content.len() };
                let problem =
                    Problem::new(span, "this file starts with a directive that is not supported");
                return Err(problem.help("Remove the line"));
            }
        } else if !content.is_empty() && !content.trim_start().starts_with('#') {
            break;
        }
        at += line.len();
    }
    Ok(())
}
