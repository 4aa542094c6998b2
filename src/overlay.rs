//! Overlays as reports may show them.
//!
//! A secret has no place in `deployment.ncl` or `--set`, and is refused there. Until it is, or where
//! the text is no Nickel at all, somebody may have written one: then no value of that text is shown.

use nickel::File;

/// What a text speaks of that may hold a secret.
const WORDS: [&str; 6] = ["access_key", "credential", "passphrase", "password", "secret", "token"];

/// The text of a file, with the same bytes' places: of an overlay that speaks of secrets without
/// what stands in quotes, and without numbers.
#[must_use]
pub(crate) fn shown(file: &File, text: String) -> String {
    let overlay = matches!(file, File::Project(_) | File::Set(_));
    let lower = text.to_ascii_lowercase();
    if !overlay || !WORDS.iter().any(|word| lower.contains(word)) {
        return text;
    }
    // Quotes mean other things inside `m%"…"%`, so that nothing is told apart there.
    let all = text.contains("%\"");
    let mut inside = false;
    let mut escaped = false;
    let mut masked = String::with_capacity(text.len());
    for character in text.chars() {
        let quote = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        let hide = all || (inside && !quote) || character.is_ascii_digit();
        if hide && !character.is_whitespace() {
            masked.extend(std::iter::repeat_n('*', character.len_utf8()));
        } else {
            masked.push(character);
        }
        inside ^= quote;
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::{File, shown};

    fn project(text: &str) -> String {
        shown(&File::Project("deployment.ncl".to_owned()), text.to_owned())
    }

    #[test]
    fn values_beside_secrets_are_hidden() {
        let text = "{ queue.password = \"hunter2 \\\" ü\", port = 12 }";
        assert_eq!(project(text), "{ queue.password = \"******* ** **\", port = ** }");
        assert_eq!(project(text).len(), text.len());
        assert_eq!(project("{ token = m%\"a\"b\"% }"), "* ***** * ******** *");
        assert_eq!(project("{ password = \"open"), "{ password = \"****");
    }

    #[test]
    fn other_texts_stay() {
        let text = "{ webui.port = 4000, title = \"T\" }";
        assert_eq!(project(text), text);
        let secret = "password = \"p\"".to_owned();
        assert_eq!(shown(&File::Package("main.ncl".to_owned()), secret.clone()), secret);
    }
}
