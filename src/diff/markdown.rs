//! A difference as a comment on a pull request: a table, and what is long folded away.

use super::Difference;
use super::fields::Field;
use super::text::{cause, change, effect, split, stay};

/// The most bytes of a comment: GitHub takes 65,536 characters.
const MOST_BYTES: usize = 60_000;

/// The whole difference, cut where it gets too long for a comment; the cut is said.
#[must_use]
pub fn markdown(difference: &Difference) -> String {
    let Difference {
        format: _,
        before,
        after,
        same,
        notes,
        causes,
        services,
        unchanged,
        fields,
        files,
    } = difference;
    let mut page = Page::default();
    page.line(&format!("### {} → {}", code(&before.name), code(&after.name)));
    page.line("");
    for note in notes {
        page.line(&format!("> {}", escaped(note)));
        page.line("");
    }
    if *same {
        page.line("Nothing that is deployed differs.");
        return page.text;
    }
    if let Some(causes) = causes.as_ref().filter(|it| !it.is_empty()) {
        page.line("**Causes**");
        page.line("");
        causes.iter().for_each(|it| page.row(&format!("- {}", code(&cause(it)))));
        page.line("");
    }
    if let Some(lines) = services.as_ref().filter(|it| !it.is_empty()) {
        page.line("| | service | impact |");
        page.line("|---|---|---|");
        for line in lines {
            let name = match &line.was {
                Some(was) => format!("{} → {}", code(was.as_str()), code(line.name.as_str())),
                None => code(line.name.as_str()),
            };
            let sign = code(&line.change.sign().to_string());
            page.row(&format!("| {sign} | {name} | {} |", escaped(&effect(line))));
        }
        page.line("");
        if let Some(unchanged) = unchanged.filter(|it| *it > 0) {
            page.line(&format!("{}.", stay(unchanged)));
            page.line("");
        }
    }
    if let Some(fields) = fields.as_ref().filter(|it| !it.is_empty()) {
        page.open(&format!("Fields ({})", fields.len()));
        rows(fields).for_each(|row| page.row(&row));
        page.close();
    }
    if !files.is_empty() {
        page.open(&format!("Files ({})", files.len()));
        for file in files {
            page.row(&format!("- {}", code(&super::text::file(file))));
        }
        page.close();
    }
    page.finish()
}

fn rows(fields: &[Field]) -> impl Iterator<Item = String> {
    fields.iter().map(|field| {
        let (part, rest) = split(&field.path);
        let name = if rest.is_empty() { part.to_owned() } else { format!("{part}: {rest}") };
        format!("- {}", code(&format!("{} {name}{}", field.change.sign(), change(field))))
    })
}

/// Text that grows up to a size; what does not fit is counted.
#[derive(Default)]
struct Page {
    text: String,
    left_out: usize,
}

impl Page {
    /// A line that is always there: there are few of them.
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A line of which there may be too many.
    fn row(&mut self, row: &str) {
        // Once one is left out, so are all that follow: nothing is missing between what is shown.
        if self.left_out > 0 || self.text.len() + row.len() > MOST_BYTES {
            self.left_out += 1;
            return;
        }
        self.line(row);
    }

    fn open(&mut self, summary: &str) {
        self.line(&format!("<details><summary>{summary}</summary>"));
        self.line("");
    }

    fn close(&mut self) {
        self.line("");
        self.line("</details>");
        self.line("");
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            let left_out = self.left_out;
            self.line(&format!(
                "{left_out} more lines are left out: a comment ends at {MOST_BYTES} bytes. `clp-gen diff` shows all."
            ));
        }
        self.text
    }
}

/// Text as code, whatever is in it, also in a table.
fn code(text: &str) -> String {
    let longest = text.split(|it| it != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if "\\*_[]<>|#&~".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
