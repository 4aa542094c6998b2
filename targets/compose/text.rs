//! Late-bound text in `compose.yaml`: a secret is a variable, in place.

use model::{Diagnostic, Encoding, Name, SecretSource, Segment, Text};

use super::Lowering;
use super::spelling::Compose;
use super::value::Value;
use crate::at::At;
use crate::spelling::spell;

impl<'a> Lowering<'a> {
    /// `text` as `reader` has it, found at `path`.
    pub(super) fn text(&mut self, reader: &Name, path: &str, text: &Text) -> Value {
        let spelt = spell(self.topology, &Compose(self.topology), Some(reader), path, text);
        match spelt {
            Ok(spelt) => self.spelt(path, &spelt),
            Err(problem) => self.or_problem(Err(problem)),
        }
    }

    /// Every one of `texts`, where there are any.
    pub(super) fn texts(
        &mut self,
        reader: &Name,
        path: &str,
        texts: Option<&Vec<Text>>,
    ) -> Option<At<Vec<At<Value>>>> {
        let mut text = |(index, text)| {
            let path = format!("{path}[{index}]");
            let value = self.text(reader, &path, text);
            At::new(path, value)
        };
        let values = texts?.iter().enumerate().map(&mut text).collect();
        Some(At::new(path, values))
    }

    /// The value of the environment variable `name`; `None` passes on what is set, if anything.
    pub(super) fn variable(
        &mut self,
        reader: &Name,
        path: &str,
        (name, text): (&str, &Text),
    ) -> Option<Value> {
        let Some(variable) = self.optional(text) else {
            return Some(self.text(reader, path, text));
        };
        if variable != name {
            let message = format!(
                "`{variable}` may be unset, and Compose passes a variable that \
                 may be unset on under its own name only"
            );
            let hint = format!("Call this variable `{variable}`, or make the secret not optional");
            self.problems.push(Diagnostic::value(path, message).hint(hint));
            return None;
        }
        let known = self.variables.environment(path, variable);
        self.or_problem(known);
        None
    }

    /// Refuses what is in a file and may be unset: files are written once, at activation.
    pub(super) fn refuse_optional(&mut self, path: &str, text: &Text) {
        for (name, _) in text.secrets() {
            let SecretSource::Environment { variable: _, optional: true } = self.source(name)
            else {
                continue;
            };
            self.problems.push(misplaced(path, name));
        }
    }

    /// Where the value of a secret comes from.
    pub(super) fn source(&self, secret: &Name) -> &'a SecretSource {
        &self.topology.secrets.get(secret).expect("checked: the secret exists").source
    }

    /// `text` of literals and secrets only.
    fn spelt(&mut self, path: &str, text: &Text) -> Value {
        let segments = text.segments().iter();
        let values: Vec<Value> = segments.map(|segment| self.segment(path, segment)).collect();
        Value::concat(values)
    }

    fn segment(&mut self, path: &str, segment: &Segment) -> Value {
        match segment {
            Segment::Literal(text) => Value::literal(text),
            Segment::Secret { name, encoding } => {
                let value = self.secret(path, name, *encoding);
                self.or_problem(value)
            }
            Segment::Image(_) | Segment::Root | Segment::Connect { .. } | Segment::Bind => {
                unreachable!("spelling leaves literals and secrets only")
            }
        }
    }

    fn secret(&mut self, path: &str, name: &Name, encoding: Encoding) -> Result<Value, Diagnostic> {
        match (self.source(name), encoding) {
            (SecretSource::Credentials(_) | SecretSource::Configuration(_), _) => {
                self.variables.secret(path, name, encoding)
            }
            (SecretSource::Environment { variable: _, optional: true }, _) => {
                Err(misplaced(path, name))
            }
            (SecretSource::Environment { variable, optional: false }, Encoding::None) => {
                self.variables.environment(path, variable)
            }
            (SecretSource::Environment { variable, optional: false }, _) => {
                let message = format!(
                    "Compose cannot encode `{variable}`, which it passes on as it \
                     is in the environment"
                );
                Err(Diagnostic::value(path, message).hint("Take the secret from the credentials"))
            }
        }
    }

    /// The variable that `text` consists of, where it may be unset.
    fn optional(&self, text: &Text) -> Option<&'a str> {
        let [Segment::Secret { name, encoding: Encoding::None }] = text.segments() else {
            return None;
        };
        match self.source(name) {
            SecretSource::Environment { variable, optional: true } => Some(variable),
            SecretSource::Environment { variable: _, optional: false }
            | SecretSource::Credentials(_)
            | SecretSource::Configuration(_) => None,
        }
    }
}

fn misplaced(path: &str, secret: &Name) -> Diagnostic {
    let message = format!(
        "the secret `{secret}` may be unset, and only a variable of the \
         environment that holds nothing else can be left out with it"
    );
    Diagnostic::value(path, message)
        .hint("Pass it as a variable of its own, or make it not optional")
}
