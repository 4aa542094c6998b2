//! Template text inside printed documents.
//!
//! **Invariant.** What is printed is escaped against Go templates as a whole, afterwards; only
//! what went through [`expression`] or [`bare`] comes out as template text, so no literal can.
//!
//! Until then an expression is spelt in private-use characters, one for each of its own, which no
//! printer quotes, escapes or breaks. A topology that holds such characters is refused.

use model::{Diagnostic, Topology};

/// The private-use character of NUL; those of the other ASCII characters follow it.
const SHIFT: u32 = 0xe100;

/// Around a whole scalar whose quotes are taken away.
const BARE: char = '\u{e080}';

/// A `{` that starts no template.
const BRACE: &str = "{{ \"{\" }}";

/// `template` as part of a string: `expression("{{ .Release.Name }}") + "-web"`.
pub(super) fn expression(template: &str) -> String {
    let shifted = |byte: u8| char::from_u32(SHIFT + u32::from(byte));
    template.bytes().map(|byte| shifted(byte).expect("private use has room for ASCII")).collect()
}

/// `template` as a whole value: what it renders to is YAML, not the inside of a string.
pub(super) fn bare(template: &str) -> String {
    format!("{BARE}{}{BARE}", expression(template))
}

/// A printed text as a Go template that renders to it.
pub(super) fn into_template(printed: &str) -> String {
    let printed = printed.replace(&format!("\"{BARE}"), "").replace(&format!("{BARE}\""), "");
    let mut result = String::new();
    let mut characters = printed.chars().peekable();
    while let Some(character) = characters.next() {
        let before_expression = characters.peek().is_none_or(|next| ascii(*next).is_some());
        match (character, ascii(character)) {
            (_, Some(own)) => result.push(own),
            ('{', None) if before_expression || characters.peek() == Some(&'{') => {
                result.push_str(BRACE);
            }
            (_, None) => result.push(character),
        }
    }
    result
}

/// Refuses a topology with the characters that expressions are spelt in.
pub(super) fn check(topology: &Topology) -> Option<Diagnostic> {
    let text = serde_json::to_string(topology).expect("a topology is plain data");
    let taken = text.chars().find(|c| *c == BARE || ascii(*c).is_some())?;
    let code = u32::from(taken);
    let message = format!("a chart cannot carry the private-use character U+{code:04X}");
    Some(Diagnostic::value("", message).hint("Write the text without it"))
}

/// The ASCII character that `shifted` stands for.
fn ascii(shifted: char) -> Option<char> {
    let code = u32::from(shifted).checked_sub(SHIFT)?;
    let byte = u8::try_from(code).ok().filter(u8::is_ascii)?;
    Some(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::{bare, expression, into_template};
    use crate::yaml;

    #[test]
    fn a_literal_never_starts_a_template() {
        for (literal, template) in [
            ("a{b", "a{b"),
            ("{{ x }}", "{{ \"{\" }}{ x }}"),
            ("{{{", "{{ \"{\" }}{{ \"{\" }}{{ \"{\" }}"),
            ("}}", "}}"),
        ] {
            assert_eq!(into_template(literal), template);
        }
    }

    #[test]
    fn a_brace_before_an_expression_is_no_part_of_it() {
        let text = format!("{{{}}}", expression("{{ x }}"));
        assert_eq!(into_template(&text), "{{ \"{\" }}{{ x }}}");
    }

    #[test]
    fn expressions_pass_the_printer_untouched() {
        let document = [bare("{{ \"a\\n\" | toJson }}"), expression("{{ \"b\" }}") + "\"{{"];
        let printed = into_template(&yaml::print(&document).text);
        let expected = "- {{ \"a\\n\" | toJson }}\n- \"{{ \"b\" }}\\\"{{ \"{\" }}{\"\n";
        assert_eq!(printed, expected);
    }
}
