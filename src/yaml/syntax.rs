//! What the parser refuses, in words for people who do not know how parsers work.
//!
//! The parser's marks point at the token where it gave up, which is often a line below the
//! mistake. **Invariant.** No message quotes the text: it may hold a secret.

use nickel::Span;
use saphyr_parser::ScanError;

use super::anchor;
use super::problem::Problem;
use super::source::Source;

/// What errors that say it all mean: a part of the parser's words, then message and help.
const PLAIN: &[(&str, &str, &str)] = &[
    (
        "trailing content after double-quoted scalar",
        "text goes on after the closing quote",
        "Inside '…' write '' for a quote, inside \"…\" write \\\"",
    ),
    (
        "invalid indentation in quoted scalar",
        "this quote is not closed before a line that is not indented",
        "Close it, or indent the lines that belong to it",
    ),
    ("quoted scalar, found unexpected", "this quote is never closed", "Close it"),
    (
        "unknown anchor",
        "there is no anchor of this name above",
        "Write text that starts with `*` in quotes",
    ),
    (
        "anchor",
        "`&` and `*` must be followed by the name of an anchor",
        "Write text that starts with them in quotes",
    ),
    (
        "unexpected character",
        "text without quotes cannot start with `@`, `%` or a backtick",
        "Write it in quotes",
    ),
    ("directive", "this directive cannot be read", "Remove the line"),
    (
        "comments must be separated",
        "there is no space before this comment",
        "Write a space before `#`",
    ),
    (
        "scanning a block scalar,",
        "nothing but a comment may follow `|` or `>` in its line",
        "Write the text below it, indented, or all of it in quotes",
    ),
    ("document end", "nothing may follow `...` in its line", "Remove it"),
    (
        "while parsing a block mapping, did not find expected key",
        "here should be a key that is indented as the ones before",
        "Indent the line as the keys that it belongs to; a map and a list cannot mix",
    ),
    (
        "did not find expected '-' indicator",
        "here should be an item (`- `) that is indented as the ones before",
        "Indent the line as the items that it belongs to; a list and a map cannot mix",
    ),
    (
        "block sequence entries are not allowed in this context",
        "a list cannot start in the line of its key",
        "Write the items into lines of their own, or text that starts with `- ` in quotes",
    ),
    ("handle", "this tag cannot be read", "Write text that starts with `!` in quotes"),
    ("a tag", "this tag cannot be read", "Write text that starts with `!` in quotes"),
];

/// The problem behind an error of the parser's. `last` is the last node before it, `open` where
/// the lists and maps start that are open.
pub(super) fn explain(
    source: &Source<'_>,
    error: &ScanError,
    last: Span,
    open: &[usize],
) -> Problem {
    let place = Place { source, at: source.offset(error.marker()), last };
    let info = error.info();
    if let Some(tab) = place.tab(info) {
        return tab;
    }
    if info == "recursion limit exceeded" {
        return anchor::too_deep(source.character(place.at));
    }
    if let Some((_, message, help)) = PLAIN.iter().find(|(part, ..)| info.contains(part)) {
        return place.problem(message, help);
    }
    match info {
        "mapping values are not allowed in this context" => place.second_colon(),
        "simple key expected" | "simple key expect ':'" => place.no_colon(),
        _ if info.contains("quoted scalar") => place.escape(),
        _ => place.bracket(open),
    }
}

/// The problem of a tab before a node.
pub(super) fn tab(span: Span) -> Problem {
    Problem::new(span, "a tab is used for indentation").help("Indent with spaces")
}

/// Where the parser gave up.
struct Place<'a> {
    source: &'a Source<'a>,
    at: usize,
    last: Span,
}

impl Place<'_> {
    fn problem(&self, message: &str, help: &str) -> Problem {
        Problem::new(self.source.character(self.at), message).help(help)
    }

    /// The same problem at another place.
    fn moved(&self, at: usize) -> Self {
        Self { source: self.source, at, last: self.last }
    }

    /// A tab before what was read, which is invisible and so more likely than anything else.
    fn tab(&self, info: &str) -> Option<Problem> {
        let start = match info.contains("found a tab") {
            true => self.first_tab(),
            false => self.source.line_start(self.at),
        };
        let line = &self.source.text[start..];
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        let offset = match indent.find('\t') {
            Some(at) => start + at,
            None if info.contains("tab")
                || info.contains("whitespace") && !info.contains("TAG") =>
            {
                let before = &self.source.text[start..self.at];
                return before.rfind('\t').map(|at| {
                    let place = self.moved(start + at);
                    place.problem("here stands a tab instead of spaces", "Write a space")
                });
            }
            None => return None,
        };
        Some(tab(self.source.character(offset)))
    }

    /// The first line after this one that a tab indents.
    fn first_tab(&self) -> usize {
        let after = &self.source.text[self.at..];
        let indented = |line: &&str| line.trim_start_matches(' ').starts_with('\t');
        let before = after.split_inclusive(['\n', '\r']).skip(1).take_while(|it| !indented(it));
        let first = after.split_inclusive(['\n', '\r']).next().map_or(0, str::len);
        self.at + first + before.map(str::len).sum::<usize>()
    }

    /// A `: ` that belongs to no key: in the line of a value, or below it.
    fn second_colon(&self) -> Problem {
        let gap = &self.source.text[self.last.end.min(self.at)..self.at];
        let value = if gap.trim().is_empty() { self.last.start } else { self.first() };
        if self.source.line(value) == self.source.line(self.at) {
            let help = "Write the whole value in quotes, or what it holds in lines of their own";
            return self.problem("a value without quotes cannot hold a colon and a space", help);
        }
        let text = &self.source.text[self.source.line_start(self.at)..];
        let indent = text.len() - text.trim_start_matches(' ').len();
        let place = self.moved(self.source.line_start(self.at) + indent);
        place.problem(
            "here cannot be a key: the lines above are a value that goes on here",
            "Indent the line as the keys that it belongs to, or write the line above as `key: value`",
        )
    }

    /// A line without a colon where keys stand.
    fn no_colon(&self) -> Problem {
        let first = self.first();
        let rest = &self.source.text[first..];
        let line = rest.lines().next().unwrap_or_default();
        let span = Span { start: first, end: first + line.trim_end().len() };
        let problem = Problem::new(span, "here should be a key and a colon");
        problem.help(if line.contains(':') {
            "Write a space after the colon"
        } else {
            "Write `key: value`; text of several lines is indented, or in quotes"
        })
    }

    /// Something in brackets, or brackets that are never closed.
    fn bracket(&self, open: &[usize]) -> Problem {
        let is_bracket = |at: usize| self.source.text[at..].starts_with(['[', '{']);
        let innermost = open.iter().rev().copied().find(|at| is_bracket(*at));
        let at_end = self.source.text[self.at..].trim().is_empty();
        let unseen = || Some(self.first()).filter(|at| at_end && is_bracket(*at));
        let Some(bracket) = innermost.or_else(unseen) else {
            return self.problem(
                "this is not valid YAML",
                "Check the indentation, and write text that holds special characters in quotes",
            );
        };
        if at_end {
            return self.moved(bracket).problem("this bracket is never closed", "Close it");
        }
        let line = self.source.line(bracket);
        let message = format!("here should be a comma, or the end of the bracket of line {line}");
        self.problem(&message, "Write text that holds one of `[ ] { } , :` in quotes")
    }

    /// A backslash in double quotes that starts no escape.
    fn escape(&self) -> Problem {
        let text = &self.source.text[self.at..];
        let mut characters = text.char_indices();
        let mut bad = 0;
        while let Some((at, character)) = characters.next() {
            let next = text[at + character.len_utf8()..].chars().next().unwrap_or(' ');
            if character == '\\' {
                bad = at;
                if !next.is_whitespace() && !"0abtnvfre\"/\\N_LPxuU".contains(next) {
                    break;
                }
                characters.next();
            } else if character == '"' && at > 0 {
                break;
            }
        }
        self.moved(self.at + bad).problem(
            "this backslash starts an escape that does not exist",
            "Write \\\\ for a backslash, or the text in '…', where it is a character like any other",
        )
    }

    /// Where the first thing starts that the parser read and did not tell.
    fn first(&self) -> usize {
        let mut at = self.last.end.min(self.at);
        loop {
            let rest = &self.source.text[at..self.at];
            let blank = rest.len() - rest.trim_start().len();
            let rest = &rest[blank..];
            at += blank;
            at += match rest.chars().next() {
                Some('#') => rest.find(['\n', '\r']).unwrap_or(rest.len()),
                Some(':' | '-' | '?' | ',') if rest[1..].starts_with(char::is_whitespace) => 1,
                _ => return at,
            };
        }
    }
}
