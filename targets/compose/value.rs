//! Strings of `compose.yaml`, in which Compose replaces variables.
//!
//! **Invariant.** A `$` of the topology's is written `$$`; a single one stands only before a
//! variable that [`Variables`] knows. Values of secrets are never here.

use std::collections::BTreeMap;

use model::{Diagnostic, Encoding, Name, Segment, Text};
use serde::Serialize;

/// A string in which everything is escaped that Compose would replace.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Value(String);

impl Value {
    /// `text` as it stands.
    pub(super) fn literal(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().replace('$', "$$"))
    }

    /// A duration.
    pub(super) fn seconds(seconds: u32) -> Self {
        Self(format!("{seconds}s"))
    }

    /// The value of `variable`; Compose stops with `message` where there is none.
    fn variable(variable: &str, message: &str) -> Self {
        Self(format!("${{{variable}?{message}}}"))
    }

    /// These values, one after the other.
    pub(super) fn concat(values: impl IntoIterator<Item = Self>) -> Self {
        Self(values.into_iter().map(|Self(text)| text).collect())
    }
}

/// What a variable holds.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Held {
    /// A secret with its encoding, written to `.env` at activation.
    Secret(Name, Encoding),
    /// What it holds in the environment of whoever starts the deployment.
    Environment,
    /// Another value whenever the rendered file at this path of the artifact has other bytes.
    Generation(String),
}

/// The variables that `compose.yaml` mentions, by name.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, Held>);

impl Variables {
    /// A secret that is written to `.env`, mentioned at `path`.
    pub(super) fn secret(
        &mut self,
        path: &str,
        name: &Name,
        encoding: Encoding,
    ) -> Result<Value, Diagnostic> {
        let variable = variable(name, encoding);
        if is_reserved(&variable) {
            let message = format!(
                "the secret `{name}` would be the variable `{variable}`, which \
                 means something to the shell or to Docker already"
            );
            return Err(Diagnostic::value(path, message).hint("Give the secret a longer name"));
        }
        self.hold(path, &variable, Held::Secret(name.clone(), encoding))?;
        Ok(Value::variable(&variable, "install the deployment to have it in .env"))
    }

    /// A variable of whoever starts the deployment, mentioned at `path`.
    pub(super) fn environment(&mut self, path: &str, variable: &str) -> Result<Value, Diagnostic> {
        self.hold(path, variable, Held::Environment)?;
        Ok(Value::variable(variable, "set it before the deployment is started"))
    }

    /// What changes with the rendered file at `source`, for a label that is found at `path`.
    pub(super) fn generation(&mut self, path: &str, source: &str) -> Result<Value, Diagnostic> {
        let stem = source.split('.').next().unwrap_or(source).to_uppercase();
        let variable = format!("{}_GENERATION", stem.replace(['-', '/'], "_"));
        self.hold(path, &variable, Held::Generation(source.to_owned()))?;
        // A deployment that was not installed has none, and starts all the same.
        Ok(Value(format!("${{{variable}-}}")))
    }

    /// What has to be in `.env`: secrets, and the rendered files that generations belong to.
    pub(super) fn finish(self) -> (BTreeMap<String, Text>, BTreeMap<String, String>) {
        let (mut secrets, mut generations) = (BTreeMap::new(), BTreeMap::new());
        for (variable, held) in self.0 {
            match held {
                Held::Secret(name, encoding) => {
                    secrets.insert(variable, Text::new([Segment::Secret { name, encoding }]));
                }
                Held::Generation(source) => {
                    generations.insert(variable, source);
                }
                Held::Environment => {}
            }
        }
        (secrets, generations)
    }

    fn hold(&mut self, path: &str, variable: &str, held: Held) -> Result<(), Diagnostic> {
        let other = self.0.entry(variable.to_owned()).or_insert_with(|| held.clone());
        if *other == held {
            return Ok(());
        }
        let message = format!("two secrets would be the variable `{variable}`");
        Err(Diagnostic::value(path, message).hint("Give one of the two secrets another name"))
    }
}

/// `QUEUE_PASSWORD_USER_INFO`: the name of the secret, and how it is encoded.
fn variable(name: &Name, encoding: Encoding) -> String {
    let name = name.as_str().to_uppercase().replace('-', "_");
    match encoding {
        Encoding::None => name,
        Encoding::UserInfo => name + "_USER_INFO",
        Encoding::Query => name + "_QUERY",
        Encoding::Quoted => name + "_QUOTED",
    }
}

/// The environment goes before `.env`, so a variable that is set there for another reason would
/// stand in for the secret.
fn is_reserved(variable: &str) -> bool {
    const SET_BY_SHELLS: [&str; 14] = [
        "DISPLAY", "EDITOR", "HOME", "HOSTNAME", "LANG", "LOGNAME", "MAIL", "OLDPWD", "PAGER",
        "PATH", "PWD", "SHELL", "TERM", "USER",
    ];
    variable.starts_with("COMPOSE_")
        || variable.starts_with("DOCKER_")
        || SET_BY_SHELLS.contains(&variable)
}
