//! Late-bound text in the words of a chart.
//!
//! **Invariant.** A text with a secret in it stands in the `Secret` alone, under a key of its own;
//! containers see it through a variable or a file.

use std::collections::BTreeSet;

use model::{Diagnostic, Encoding, External, Name, SecretSource, Segment, Text};

use super::chart::Chart;
use super::expression::expression;
use super::spec::{SecretKey, ValueFrom, Variable};
use crate::spelling::{self, Spelling};

/// A text as a template composes it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Composed {
    /// The text, with expressions.
    pub(super) text: String,
    /// The secrets in it.
    pub(super) secrets: BTreeSet<Name>,
    /// Whether it is left out when one of its secrets is.
    pub(super) optional: bool,
}

/// The names and addresses of a release.
pub(super) struct Release {
    /// What the names of objects start with, as part of a string.
    prefix: String,
}

impl Spelling for Release {
    fn host(&self, service: &Name) -> String {
        format!("{}-{service}", self.prefix)
    }

    fn external(
        &self,
        name: &Name,
        external: &External,
        _path: &str,
    ) -> Result<String, Diagnostic> {
        if external.is_this_machine() {
            let message =
                format!("`{name}` runs on the machine of the deployment, and a cluster has many");
            // Its one address is wrong, not each place that wants to know it.
            return Err(Diagnostic::value(format!("externals.{name}.address"), message)
                .hint("Write an address that every node of the cluster reaches"));
        }
        Ok(expression(&format!("{{{{ (index .Values.externals \"{name}\").address }}}}")))
    }

    fn bind(&self, _workload: &Name) -> String {
        "0.0.0.0".to_owned()
    }

    fn root(&self, path: &str) -> Result<String, Diagnostic> {
        let message = "a cluster has no package directory";
        Err(Diagnostic::value(path, message).hint("Use a volume, or leave the workload out"))
    }
}

/// How the value of a secret stands in the text around it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Escape {
    /// As it is.
    None,
    /// As in a JSON string.
    Json,
}

impl Chart<'_> {
    /// `text` with literals and secrets only; the empty text where it is refused.
    pub(super) fn spell(&mut self, reader: Option<&Name>, path: &str, text: &Text) -> Text {
        let text = self.text_with_images(text);
        match spelling::spell(self.topology, &self.release(), reader, path, &text) {
            Ok(text) => text,
            Err(problem) => {
                self.problems.push(problem);
                Text::default()
            }
        }
    }

    /// The names of this release.
    pub(super) fn release(&self) -> Release {
        Release { prefix: self.include("fullname", ".") }
    }

    /// `text` with the images that the values say, not those of the topology.
    pub(super) fn text_with_images(&self, text: &Text) -> Text {
        Text::new(text.segments().iter().map(|segment| match segment {
            Segment::Image(name) => Segment::Literal(self.image(name)),
            Segment::Literal(_)
            | Segment::Secret { .. }
            | Segment::Root
            | Segment::Connect { .. }
            | Segment::Bind => segment.clone(),
        }))
    }

    /// A spelt text as a template composes it.
    pub(super) fn compose(&self, text: &Text, escape: Escape) -> Composed {
        let mut composed = Composed::default();
        for segment in text.segments() {
            match segment {
                Segment::Literal(literal) => composed.text.push_str(literal),
                Segment::Secret { name, encoding } => {
                    composed.text.push_str(&self.secret(name, *encoding, escape));
                    composed.secrets.insert(name.clone());
                }
                Segment::Image(_) | Segment::Root | Segment::Connect { .. } | Segment::Bind => {
                    unreachable!("spelling leaves literals and secrets")
                }
            }
        }
        composed.optional = composed.secrets.iter().any(|name| self.is_optional(name));
        composed
    }

    /// Puts a text with secrets into the `Secret`; the key that it has there. A secret that stands
    /// alone is known by its own name.
    pub(super) fn derive(&mut self, key: String, text: &Text) -> String {
        let composed = self.compose(text, Escape::None);
        let key = match text.segments() {
            [Segment::Secret { name, encoding: Encoding::None }] => name.to_string(),
            _ => key,
        };
        self.derived.insert(key.clone(), composed);
        key
    }

    /// A variable of a container: in plain text, or out of the `Secret`.
    pub(super) fn variable(&mut self, name: &str, key: String, text: &Text) -> Variable {
        let Some(plain) = self.plain(text) else {
            let key = self.derive(key, text);
            let optional = self.derived.get(&key).is_some_and(|it| it.optional);
            let secret = self.value("secretName", ".");
            let secret_key_ref = SecretKey { name: secret, key, optional };
            let value_from = Some(ValueFrom { secret_key_ref });
            return Variable { name: name.to_owned(), value: None, value_from };
        };
        Variable { name: name.to_owned(), value: Some(unexpanded(&plain)), value_from: None }
    }

    /// The whole of a spelt text without secrets.
    pub(super) fn plain(&self, text: &Text) -> Option<String> {
        (!text.is_secret()).then(|| self.compose(text, Escape::None).text)
    }

    /// Refuses a text that is lost when the deployment starts without an optional secret.
    pub(super) fn require(&mut self, path: &str, text: &Text) {
        let optional = text.secrets().find(|(name, _)| self.is_optional(name));
        if let Some((name, _)) = optional {
            let message = format!("`{name}` may be missing, and only a variable can be left out");
            self.refuse(path, &message, "Pass it in `environment`, or make it required");
        }
    }

    /// Whether the deployment starts without the secret called `key`.
    pub(super) fn is_optional_secret(&self, key: &str) -> bool {
        Name::try_from(key).is_ok_and(|name| self.is_optional(&name))
    }

    fn is_optional(&self, name: &Name) -> bool {
        let secret = self.topology.secrets.get(name).expect("checked: the secret exists");
        match &secret.source {
            SecretSource::Environment { variable: _, optional } => *optional,
            SecretSource::Credentials(_) | SecretSource::Configuration(_) => false,
        }
    }

    /// The value of a secret in the text around it.
    pub(super) fn secret(&self, name: &Name, encoding: Encoding, escape: Escape) -> String {
        let argument = format!("(list . \"{name}\")");
        let value = match encoding {
            Encoding::None => self.call("secretValue", &argument),
            Encoding::UserInfo | Encoding::Query => self.call("secretEncoded", &argument),
            Encoding::Quoted => {
                let plain = self.call("secretValue", &argument);
                format!(r#"replace "\"" "\\\"" (replace "\\" "\\\\" ({plain}))"#)
            }
        };
        match escape {
            Escape::None => expression(&format!("{{{{ {value} }}}}")),
            Escape::Json => self.include("jsonText", &format!("({value})")),
        }
    }
}

/// `text` where the kubelet expands `$(VARIABLE)` and takes `$$` for `$`.
pub(super) fn unexpanded(text: &str) -> String {
    text.replace('$', "$$")
}

/// A word of a shell line that stands for `text`.
pub(super) fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A condition that every secret of an optional text is given.
pub(super) fn given(secrets: &BTreeSet<Name>) -> String {
    let all = secrets.iter().map(|name| format!("(hasKey .Values.secrets \"{name}\")"));
    expression(&format!("{{{{ if and true {} }}}}", all.collect::<Vec<_>>().join(" ")))
}

#[cfg(test)]
mod tests {
    use super::{shell_word, unexpanded};

    #[test]
    fn the_kubelet_expands_nothing_of_a_literal() {
        assert_eq!(unexpanded("5$ $(A) $$"), "5$$ $$(A) $$$$");
    }

    #[test]
    fn the_shell_expands_nothing_of_a_word() {
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
    }
}
