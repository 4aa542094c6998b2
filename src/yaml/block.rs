//! Block scalars (`|` and `>`): where they stand, and how they end with the file.

use std::borrow::Cow;

use nickel::Span;

use super::source::Source;

/// What separates nodes.
const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];

/// The text of a block scalar at `span`. At the end of a file the parser invents a line break
/// that PyYAML does not: a last line without one has none.
pub(super) fn text<'a>(source: &Source<'_>, span: Span, text: &'a str) -> Cow<'a, str> {
    let rest = &source.text[span.end..];
    let content = text.trim_end_matches('\n');
    if !rest.trim_matches(BLANK).is_empty() {
        return Cow::Borrowed(text);
    }
    let after = source.text.as_bytes().get(span.start + 1..).unwrap_or_default();
    let mut header = after.iter().take_while(|it| b"+-0123456789".contains(it));
    let keeps = header.any(|it| *it == b'+');
    let breaks = rest.replace("\r\n", "\n").matches(['\r', '\n']).count();
    // Without content, the first line break is the one after the `|`.
    let breaks = if content.is_empty() { breaks.saturating_sub(1) } else { breaks };
    let most = if keeps { breaks } else { breaks.min(usize::from(!content.is_empty())) };
    Cow::Owned(content.to_owned() + &"\n".repeat(most.min(text.len() - content.len())))
}

/// A block scalar: from its `|` or `>`, which the parser does not tell, to its last character.
pub(super) fn span(source: &Source<'_>, start: usize, end: usize, last_end: usize) -> Span {
    let text = source.text;
    let end = text[..end].trim_end_matches(BLANK).len();
    if text[start..].starts_with(['|', '>']) && is_header(source, start) {
        return Span { start, end: end.max(start + 1) };
    }
    let content = source.line_start(start);
    let header_end = text[..content].trim_end_matches(BLANK).len();
    let header = last_end.max(source.line_start(header_end));
    let mut candidates = text[header..header_end.max(header)].match_indices(['|', '>']);
    let found = candidates.find(|(at, _)| {
        let before = text[..header + at].chars().next_back();
        header + at == source.line_start(header) || before.is_none_or(char::is_whitespace)
    });
    let start = found.map_or(start.min(end), |(at, _)| header + at);
    Span { start, end: end.max(start) }
}

/// Whether a `|` or `>` is the parser's mark for a block scalar without content, not content.
fn is_header(source: &Source<'_>, start: usize) -> bool {
    !source.text[source.line_start(start)..start].trim().is_empty() || source.line_start(0) == start
}
