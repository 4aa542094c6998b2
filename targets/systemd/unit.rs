//! The one printer of unit files: it knows how systemd and Quadlet quote.
//!
//! **Invariant.** A value arrives byte for byte where it is meant; one that no quoting can carry
//! is refused. Nothing else in this folder knows of quotes, `%%`, `$$` or templates.
//!
//! Two programs read a line of `[Container]`. Quadlet reads it first: it takes the values of some
//! keys as they stand, splits those of others into words, and writes one `ExecStart=` from all.
//! systemd then replaces `%` and `$` in that. So what passes through both has both doubled, and
//! what Quadlet or systemd would misread whatever the quotes is refused.

use std::collections::BTreeSet;

use model::{Diagnostic, Name};

use crate::{Entry, TracedLines, template};

/// What stands for the package directory in a value that is to be printed.
///
/// A private-use character, which no topology holds ([`lower`](super::lower) refuses it): quoting
/// and JSON leave it alone, and the printer makes it a token of the template.
pub(super) const ROOT: char = '\u{F0000}';

/// What stands around the name of a secret without which a line is not there, likewise.
const WITH: char = '\u{F0001}';

/// Whether `text` holds a character that means something until a unit is printed.
pub(super) fn has_reserved(text: &str) -> bool {
    text.contains([ROOT, WITH])
}

/// A unit file.
pub(super) struct Unit {
    /// The path of the topology that all of it comes from; empty for the whole topology.
    pub(super) from: String,
    /// Its sections, in order; empty ones are left out.
    pub(super) sections: Vec<Section>,
}

/// A section of a unit file.
pub(super) struct Section {
    /// `Container`.
    pub(super) name: &'static str,
    /// Its lines, in order.
    pub(super) lines: Vec<Line>,
}

/// One setting.
pub(super) struct Line {
    /// `Image`.
    pub(super) key: String,
    /// What it is set to.
    pub(super) value: Value,
    /// The path of the topology that it comes from.
    pub(super) from: String,
    /// Secrets that may be absent, without which the line is not there.
    pub(super) only_with: BTreeSet<Name>,
}

/// A value, and who reads it how.
pub(super) enum Value {
    /// Read by systemd alone: a number, a word, the name of a unit. A `%` is only ever a percent
    /// sign after a number, where systemd knows no specifiers.
    Plain(String),
    /// Made one argument of `podman` by Quadlet, quotes and all.
    Argument(String),
    /// Split by Quadlet into words, each an argument of `podman`.
    Words(Vec<String>),
}

/// A unit file as it stands in an artifact.
pub(super) struct Printed {
    /// Its bytes.
    pub(super) entry: Entry,
    /// Whether the package directory has to be filled in.
    pub(super) template: bool,
    /// Where its lines come from.
    pub(super) lines: Vec<TracedLines>,
}

impl Line {
    /// `key=value`, which comes from the path `from`.
    pub(super) fn new(key: impl Into<String>, value: Value, from: impl Into<String>) -> Self {
        Self { key: key.into(), value, from: from.into(), only_with: BTreeSet::new() }
    }

    /// A line for systemd alone.
    pub(super) fn plain(
        key: impl Into<String>,
        value: impl ToString,
        from: impl Into<String>,
    ) -> Self {
        Self::new(key, Value::Plain(value.to_string()), from)
    }
}

/// Prints `unit`, or says of every line that cannot be written why.
pub(super) fn print(unit: &Unit) -> Result<Printed, Vec<Diagnostic>> {
    let Unit { from, sections } = unit;
    let mut printer = Printer::default();
    for section in sections.iter().filter(|section| !section.lines.is_empty()) {
        printer.section(section);
    }
    let Printer { text, line, lines, problems } = printer;
    if !problems.is_empty() {
        return Err(problems);
    }
    let all = TracedLines { first: 1, last: line, path: from.clone() };
    let (text, template) = templated(&text);
    let lines = [all].into_iter().chain(lines).filter(|it| !it.path.is_empty()).collect();
    Ok(Printed { entry: Entry::text(text), template, lines })
}

#[derive(Default)]
struct Printer {
    text: String,
    line: usize,
    lines: Vec<TracedLines>,
    problems: Vec<Diagnostic>,
}

impl Printer {
    fn section(&mut self, section: &Section) {
        let Section { name, lines } = section;
        if !self.text.is_empty() {
            self.write("");
        }
        self.write(&format!("[{name}]"));
        for line in lines {
            self.setting(line);
        }
    }

    fn setting(&mut self, line: &Line) {
        let Line { key, value, from, only_with } = line;
        match spelt(value) {
            Ok(value) => {
                let with: String = only_with.iter().map(|it| format!("{WITH}{it}{WITH}")).collect();
                self.write(&format!("{with}{key}={value}"));
                let (first, last) = (self.line, self.line);
                self.lines.push(TracedLines { first, last, path: from.clone() });
            }
            Err(why) => {
                let message = format!("systemd cannot carry this as `{key}=`: {why}");
                self.problems.push(Diagnostic::value(from, message).hint("Write it otherwise"));
            }
        }
    }

    fn write(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.line += 1;
    }
}

/// `text` with the package directory as a token, and whether it is a template then.
pub(super) fn templated(text: &str) -> (String, bool) {
    if !has_reserved(text) {
        return (text.to_owned(), false);
    }
    let pieces = text.split(WITH).enumerate().map(|(at, piece)| match Name::try_from(piece) {
        Ok(name) if at % 2 == 1 => template::with(&name),
        _ => piece.split(ROOT).map(template::literal).collect::<Vec<_>>().join(template::root()),
    });
    (pieces.collect(), true)
}

fn spelt(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::Plain(text) => {
            whole(text)?;
            Ok(text.clone())
        }
        Value::Argument(text) => {
            whole(text)?;
            if text.starts_with('"') || text.ends_with('"') {
                return Err("Quadlet takes quotes off its ends");
            }
            Ok(text.replace('%', "%%").replace('$', "$$"))
        }
        Value::Words(words) => {
            let words: Result<Vec<_>, _> = words.iter().map(|it| word(it)).collect();
            Ok(words?.join(" "))
        }
    }
}

/// Refuses what does not survive on a line without quotes.
fn whole(text: &str) -> Result<(), &'static str> {
    if text.trim() != text {
        return Err("white space at its ends is taken off");
    }
    if text.chars().any(char::is_control) {
        return Err("a control character, such as the end of a line, ends it");
    }
    if text.ends_with('\\') {
        return Err("a `\\` at its end joins it with the next line");
    }
    Ok(())
}

/// Whether a word is misread by Quadlet or systemd whatever the quotes.
pub(super) fn is_misread(word: &str) -> bool {
    // Quadlet's splitter takes an empty word for the end of the line, and systemd a word `;`,
    // which Quadlet passes on without quotes, for the end of a command.
    word.is_empty() || word == ";"
}

fn word(text: &str) -> Result<String, &'static str> {
    if is_misread(text) {
        return Err("Quadlet loses empty words and words `;`");
    }
    // Quadlet writes U+0080 as one byte, which is no UTF-8 any more.
    if text.contains(['\0', '\u{80}']) {
        return Err("it contains U+0000 or U+0080");
    }
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@".contains(c);
    if text.chars().all(bare) {
        return Ok(text.to_owned());
    }
    let inner: String = text.chars().map(escaped).collect();
    Ok(format!("\"{inner}\""))
}

fn escaped(character: char) -> String {
    match character {
        '"' | '\\' => format!("\\{character}"),
        '$' => "$$".to_owned(),
        '%' => "%%".to_owned(),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        control if control.is_ascii_control() => format!("\\x{:02x}", u32::from(control)),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
