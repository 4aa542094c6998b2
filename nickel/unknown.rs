//! Keys that no contract knows.

use crate::node::{Entry, Node, Value};
use crate::schema::Elsewhere;
use crate::{Field, File, Location, Report, Schema};

/// `root` without the keys that `schema` does not know, and a report for each of them.
pub(crate) fn take(
    root: &Node,
    schema: &Schema,
    elsewhere: &Elsewhere,
    file: &File,
) -> (Node, Vec<Report>) {
    let mut root = root.clone();
    let mut search = Search { elsewhere, file, reports: vec![] };
    search.visit(&mut root, schema, "");
    (root, search.reports)
}

/// What a key is called that may be a secret, and so is not shown.
pub const STRAY: &str = "***";

struct Search<'a> {
    elsewhere: &'a Elsewhere,
    file: &'a File,
    reports: Vec<Report>,
}

impl Search<'_> {
    fn visit(&mut self, node: &mut Node, schema: &Schema, path: &str) {
        let (Value::Map(entries), Some(fields)) = (&mut node.value, &schema.fields) else {
            return;
        };
        entries.retain_mut(|entry| {
            let dot = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{dot}{}", entry.key);
            let Some(Field { schema, .. }) = fields.get(&entry.key) else {
                let known: Vec<&str> = fields.keys().map(String::as_str).collect();
                self.reports.push(self.unknown(entry, path, &known));
                return false;
            };
            self.visit(&mut entry.value, schema, &path);
            true
        });
    }

    fn unknown(&self, entry: &Entry, path: String, known: &[&str]) -> Report {
        let Entry { key, key_span, value: _ } = entry;
        let location = Location { file: self.file.clone(), span: *key_span };
        if key.starts_with(STRAY) {
            let message = format!("there is a key{} that does not belong there", below(&path));
            let known = known.join(", ");
            let help = format!(
                "It is not shown, since it may be a secret. Write `key: value`, with a space after \
                 the colon; the keys here are: {known}"
            );
            return Report::new(message).key(path).at(location, "here").help(help);
        }
        let message = format!("there is no key `{key}`{}", below(&path));
        let (message, help) = match (self.elsewhere.get(&path), similar(key, known)) {
            (Some([why, what]), _) => (format!("{message}: {why}"), what.clone()),
            (None, Some(meant)) => (message, format!("Did you mean `{meant}`?")),
            (None, None) => (message, format!("The keys here are: {}", known.join(", "))),
        };
        Report::new(message).key(path).at(location, "this key is unknown").help(help)
    }
}

fn below(path: &str) -> String {
    path.rsplit_once('.').map_or_else(String::new, |(section, _)| format!(" in `{section}`"))
}

/// The word that was probably meant, if one is close enough.
#[must_use]
pub fn similar<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|it| (strsim::jaro_winkler(word, it), *it));
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= 0.8).then_some(best.1)
}
