//! How scalars are written so that YAML 1.1 and YAML 1.2 read the same.

use std::fmt::Write;

/// Words that some reader takes for a boolean or for null, in any case.
const RESERVED: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// What may stand in a plain scalar beside ASCII letters and digits.
const PLAIN: &str = "_-./:@+=,$%()*&;<>?!~ ";

/// A string in literal block style.
pub(super) struct Block<'a> {
    /// `|`, or `|-` for a string without a line feed at the end.
    pub(super) header: &'static str,
    /// Its lines, without indentation.
    pub(super) lines: Vec<&'a str>,
}

/// `text` in literal block style; `None` where it is one line, or would not read back exactly.
pub(super) fn block(text: &str) -> Option<Block<'_>> {
    let (header, body) = match text.strip_suffix('\n') {
        Some(body) => ("|", body),
        None => ("|-", text),
    };
    // Lines of white space alone, and white space or nothing at either end, are where
    // indentation and chomping would have to be spelt out.
    let plain_ends = !body.starts_with([' ', '\n']) && !body.ends_with('\n');
    let lines: Vec<&str> = body.split('\n').collect();
    let exact = |line: &&str| line.is_empty() || !line.trim().is_empty();
    let printable = body.chars().all(|c| c == '\n' || is_printable(c));
    let suits = text.contains('\n')
        && !body.is_empty()
        && plain_ends
        && lines.iter().all(exact)
        && printable;
    suits.then_some(Block { header, lines })
}

/// `text` on one line: plain when every reader takes it for the same string, else quoted.
pub(super) fn inline(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    quoted(text)
}

/// `text` in double quotes, escaped as in JSON.
pub(super) fn quoted(text: &str) -> String {
    let mut result = String::from('"');
    for c in text.chars() {
        match c {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            c if is_printable(c) => result.push(c),
            c => escape(&mut result, c),
        }
    }
    result.push('"');
    result
}

/// A number written as JSON writes it, so that YAML 1.1 reads a float as well: it wants a point
/// in the mantissa and a sign in the exponent.
pub(super) fn number(json: &str) -> String {
    let Some((mantissa, exponent)) = json.split_once(['e', 'E']) else {
        return json.to_owned();
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

fn is_plain(text: &str) -> bool {
    let starts_as_text = text.starts_with(|c: char| c.is_ascii_alphabetic() || "/._".contains(c));
    starts_as_text
        && !may_be_number(text)
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || PLAIN.contains(c))
        && !text.contains(": ")
        && !text.ends_with([' ', ':'])
}

/// Whether a text that starts with `.` or `_` is, to some reader, a number: `.5`, `._1`, `.inf`.
fn may_be_number(text: &str) -> bool {
    let rest = text.trim_start_matches(['.', '_']);
    let word = rest.to_ascii_lowercase();
    let special = rest.len() < text.len() && ["", "inf", "nan"].contains(&word.as_str());
    special || rest.starts_with(|c: char| c.is_ascii_digit())
}

/// What YAML calls printable, without the line breaks that only YAML 1.1 knows.
fn is_printable(c: char) -> bool {
    matches!(c,
        ' '..='~'
        | '\u{a0}'..='\u{2027}'
        | '\u{202a}'..='\u{fefe}'
        | '\u{ff00}'..='\u{fffd}'
        | '\u{10000}'..)
}

/// `\uXXXX`; what lies beyond is printable.
fn escape(result: &mut String, c: char) {
    write!(result, "\\u{:04x}", u32::from(c)).expect("a string takes everything");
}
