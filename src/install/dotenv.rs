//! The `.env` file of Docker Compose: quoting what is written, reading what was.
//!
//! **Invariant.** Compose gives back every byte of a value that was written. Its reader ends a
//! double-quoted value at a `"` that no backslash stands before, replaces the escapes below first
//! and variables then (`\$` being no variable), and takes everything else as it is. Single quotes
//! could not carry a backslash before a quote or at the end.

use std::collections::BTreeMap;

/// One line: `NAME="value"`.
#[must_use]
pub fn line(name: &str, value: &str) -> String {
    let mut line = format!("{name}=\"");
    for character in value.chars() {
        match character {
            '\\' | '"' | '$' => line.extend(['\\', character]),
            '\r' => line.push_str("\\r"),
            _ => line.push(character),
        }
    }
    line.push_str("\"\n");
    line
}

/// The variables of a file, as Compose would read them. What another tool wrote in a way that
/// depends on more than the line (a variable in it, an unusual escape) is left out.
#[must_use]
pub fn read(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let variables = lines.filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        Some((name.trim().to_owned(), value_of(value)?))
    });
    variables.collect()
}

fn value_of(written: &str) -> Option<String> {
    if let Some(inner) = written.strip_prefix('"') {
        return unquoted(inner);
    }
    let value = written.split(" #").next().unwrap_or_default().trim();
    let plain = !value.starts_with('\'') && !value.contains('$');
    plain.then(|| value.to_owned())
}

fn unquoted(inner: &str) -> Option<String> {
    let mut value = String::new();
    let mut characters = inner.chars();
    loop {
        match characters.next()? {
            '"' => return Some(value),
            '\\' => match characters.next()? {
                escaped @ ('\\' | '"' | '$') => value.push(escaped),
                'r' => value.push('\r'),
                _ => return None,
            },
            '$' => return None,
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{line, read};

    #[test]
    fn what_is_written_is_read() {
        for value in ["", "plain", "a b", " # $ \" \\ ' `", "\\", "\\\"", "$${A}", "\ttab\r", "ü=ß"]
        {
            let read = read(&line("NAME", value));
            assert_eq!(read.get("NAME").map(String::as_str), Some(value), "{value:?}");
        }
    }

    #[test]
    fn what_other_tools_write_is_read_where_it_is_plain() {
        let read = read("# comment\nPLAIN=a=b # more\nVARIABLE=a$b\nQUOTED='x'\n");
        assert_eq!(read.into_iter().collect::<Vec<_>>(), [("PLAIN".to_owned(), "a=b".to_owned())]);
    }
}
