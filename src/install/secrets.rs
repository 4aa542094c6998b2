//! The values of secrets, read again for an activation from the files that name them.
//!
//! **Invariant.** Nothing here can be printed or serialised; a problem names a line, no value.

use std::collections::BTreeMap;

use model::{Name, SecretSource, Topology};
use nickel::{File, Input, Location, Report};

use crate::document;
use crate::failure::Failure;
use crate::files::Files;
use crate::read::{InputDigests, Loaded};
use crate::redact::REDACTED;
use crate::yaml::SecretText;

/// The values of the secrets of a topology.
pub struct Values(BTreeMap<Name, SecretText>);

impl Values {
    /// Whether a secret has a value. One of the environment may have none.
    #[must_use]
    pub fn has(&self, name: &Name) -> bool {
        self.0.contains_key(name)
    }

    /// The value of a secret.
    ///
    /// # Panics
    ///
    /// If it is no secret of the topology that the values were read for, or has no value.
    #[must_use]
    pub fn get(&self, name: &Name) -> &str {
        self.0.get(name).expect("it was read, or it is known to have no value").expose()
    }
}

/// Reads the values of the secrets of `topology`. `digests` are those of the files as they were
/// when it was evaluated.
///
/// # Errors
///
/// Secrets that are missing, or that cannot stand in a variable, at their lines.
pub fn read(
    loaded: &Loaded<'_>,
    topology: &Topology,
    digests: &InputDigests,
) -> Result<Values, Failure> {
    let credentials = file(loaded, Input::Credentials, "credentials", digests)?;
    let configuration = file(loaded, Input::Config, "config", digests)?;
    let mut values = BTreeMap::new();
    let mut problems = vec![];
    for (name, secret) in &topology.secrets {
        let value = match &secret.source {
            SecretSource::Credentials(path) => credentials.get(path),
            SecretSource::Configuration(path) => configuration.get(path),
            SecretSource::Environment { variable, optional: _ } => {
                values.extend(from_environment(variable).map(|it| (name.clone(), it)));
                continue;
            }
        };
        match value {
            Some(value) => {
                problems.extend(unfit(loaded, &secret.source, value.expose()));
                values.insert(name.clone(), SecretText::new(value.expose().to_owned()));
            }
            None => problems.push(missing(loaded, &secret.source)),
        }
    }
    if problems.is_empty() {
        Ok(Values(values))
    } else {
        Err(Failure::Input(loaded.shown(problems)))
    }
}

/// The secrets in one of the user's files, by key path.
fn file(
    loaded: &Loaded<'_>,
    input: Input,
    name: &str,
    digests: &InputDigests,
) -> Result<BTreeMap<String, SecretText>, Failure> {
    let Some(path) = loaded.paths.get(name) else {
        return Ok(BTreeMap::new());
    };
    let schema = loaded.front.schema(input);
    let secret = |path: &[&str]| input == Input::Credentials || schema.is_secret(path);
    let changed =
        || Failure::Environment(format!("{} was changed meanwhile: try again", path.display()));
    let again =
        document::read(&Files::Disk.bytes(path)?, &schema, &secret).map_err(|_| changed())?;
    let known = digests.get(name).copied().flatten();
    if known.is_some_and(|digest| digest != again.digest) {
        return Err(changed());
    }
    Ok(again.secrets)
}

/// What whoever installs has in the environment, for a file with such a secret in it.
fn from_environment(variable: &str) -> Option<SecretText> {
    std::env::var(variable).ok().map(SecretText::new)
}

/// Why a value can stand in no variable of the environment.
fn unfit(loaded: &Loaded<'_>, source: &SecretSource, value: &str) -> Option<Report> {
    if value == REDACTED {
        let message = "this stands for a secret, and is none".to_owned();
        let help = "Install with the file that the redacted one was made from";
        return Some(report(loaded, source, message).help(help));
    }
    let what = match value.find(['\n', '\0']).map(|at| value.as_bytes()[at]) {
        Some(b'\n') => "a line break",
        Some(_) => "the character NUL",
        None => return None,
    };
    let message = format!("there is {what} in this secret, and no variable can hold one");
    Some(report(loaded, source, message).help("Choose another value"))
}

fn missing(loaded: &Loaded<'_>, source: &SecretSource) -> Report {
    let message = "this secret has no value, and the deployment needs it".to_owned();
    report(loaded, source, message).help("Write it there")
}

/// A report about a secret, at the line that it comes from.
#[must_use]
pub fn report(loaded: &Loaded<'_>, source: &SecretSource, message: String) -> Report {
    let (file, document, path) = match source {
        SecretSource::Configuration(path) => (File::Config, &loaded.inputs.config, path),
        SecretSource::Credentials(path) => (File::Credentials, &loaded.inputs.credentials, path),
        SecretSource::Environment { variable, optional: _ } => {
            return Report::new(message).key(variable.clone());
        }
    };
    let report = Report::new(message).key(path.clone());
    let Some(document) = document else {
        return report;
    };
    let span = document.root.find(path).map(|(_, node)| node.span).unwrap_or_default();
    report.at(Location { file, span }, "here")
}
