//! The values of secrets, read again for an activation from the files that name them.
//!
//! **Invariant.** Nothing here can be printed or serialised; a problem names a line, no value.

use std::collections::BTreeMap;

use model::{Name, SecretSource, Topology};
use nickel::{File, Input, Location, Report, Span};

use crate::document;
use crate::failure::Failure;
use crate::read::{self, InputDigests, Loaded};
use crate::yaml::SecretText;

/// The values of the secrets of a topology.
pub struct Values(BTreeMap<Name, SecretText>);

impl Values {
    /// The value of a secret.
    ///
    /// # Panics
    ///
    /// If it is no secret of the topology that the values were read for.
    #[must_use]
    pub fn get(&self, name: &Name) -> &str {
        self.0.get(name).expect("every secret of the topology was read").expose()
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
        let (input, path, value) = match &secret.source {
            SecretSource::Credentials(path) => (Input::Credentials, path, credentials.get(path)),
            SecretSource::Configuration(path) => (Input::Config, path, configuration.get(path)),
            SecretSource::Environment { variable, optional: _ } => {
                values.extend(from_environment(variable).map(|it| (name.clone(), it)));
                continue;
            }
        };
        match value {
            Some(value) => {
                problems.extend(unfit(loaded, input, path, value.expose()));
                values.insert(name.clone(), SecretText::new(value.expose().to_owned()));
            }
            None => problems.push(missing(loaded, input, path)),
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
    let again = document::read(&read::bytes(path)?, &schema, &secret).map_err(|_| changed())?;
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
fn unfit(loaded: &Loaded<'_>, input: Input, path: &str, value: &str) -> Option<Report> {
    let what = match value.find(['\n', '\0']).map(|at| value.as_bytes()[at]) {
        Some(b'\n') => "a line break",
        Some(_) => "the character NUL",
        None => return None,
    };
    let message = format!("there is {what} in the secret `{path}`");
    let help = "No variable can hold it: choose another value";
    Some(report(loaded, input, path, message).help(help))
}

fn missing(loaded: &Loaded<'_>, input: Input, path: &str) -> Report {
    let message = format!("the secret `{path}` has no value, and this deployment needs it");
    report(loaded, input, path, message).help("Write it there")
}

fn report(loaded: &Loaded<'_>, input: Input, path: &str, message: String) -> Report {
    let (file, document) = match input {
        Input::Config => (File::Config, &loaded.inputs.config),
        Input::Credentials => (File::Credentials, &loaded.inputs.credentials),
        Input::Host => (File::Host, &loaded.inputs.host),
    };
    let Some(document) = document else {
        return Report::new(message).key(path);
    };
    let found = document.root.find(path).map(|(_, node)| node.span);
    let location = Location { file, span: found.unwrap_or(Span::default()) };
    Report::new(message).key(path).at(location, "here")
}
