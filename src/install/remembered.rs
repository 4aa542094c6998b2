//! Secrets that data remember: a database keeps the passwords that it was made with.
//!
//! What they were stands in the `.env` of the earlier installation, ours or another tool's. It is
//! compared in memory; nothing about it is written anywhere.

use std::collections::BTreeMap;
use std::fs;

use model::{Encoding, Name, Segment, Text, Topology};
use nickel::Report;
use targets::Installation;

use super::disk::Found;
use super::dotenv;
use super::render::VARIABLES;
use super::secrets::{self, Values};
use super::tree::Tree;
use crate::failure::Failure;
use crate::read::Loaded;

/// What to do about a secret that changed.
const HELP: &str = "Put the old value back; or change it inside the service first, and then \
                    install with `--secrets-changed`";

/// The variables of the installation before.
#[must_use]
pub fn variables(tree: &Tree) -> BTreeMap<String, String> {
    dotenv::read(&fs::read_to_string(tree.place(VARIABLES)).unwrap_or_default())
}

/// What is known of the secrets of the installation before.
pub struct Remembered<'a> {
    /// What is deployed.
    pub topology: &'a Topology,
    /// Which secrets it has, by the names that they are known by.
    pub installation: &'a Installation,
    /// Their values of before, by these names, or by those of other tools.
    pub known: BTreeMap<String, String>,
}

impl Remembered<'_> {
    /// Secrets that changed although there are data that remember the old ones.
    ///
    /// # Errors
    ///
    /// A disk that cannot be read.
    pub fn changed(
        &self,
        loaded: &Loaded<'_>,
        values: &Values,
        tree: &Tree,
        look: &dyn Fn(&str) -> Result<Found, Failure>,
    ) -> Result<Vec<Report>, Failure> {
        let Self { topology, installation, known } = self;
        let mut problems = vec![];
        for it in topology.volumes.values() {
            if !matches!(look(&it.directory)?, Found::Directory { empty: false, .. }) {
                continue;
            }
            for (secret, foreign) in &it.remembers {
                let ours = variable_of(installation, secret).and_then(|name| known.get(name));
                let Some(old) = ours.or_else(|| known.get(foreign)) else {
                    continue;
                };
                if old != values.get(secret) {
                    let message = format!(
                        "the secret `{secret}` is another than before, and the data in {} were \
                         made with the old one",
                        tree.place(&it.directory).display()
                    );
                    let report = secrets::report(loaded, &topology.secrets[secret].source, message);
                    problems.push(report.help(HELP));
                }
            }
        }
        Ok(problems)
    }
}

/// The variable that holds a secret as it is.
fn variable_of<'a>(installation: &'a Installation, secret: &Name) -> Option<&'a String> {
    let text = Text::new([Segment::Secret { name: secret.clone(), encoding: Encoding::None }]);
    installation.secrets.iter().find(|(_, it)| **it == text).map(|(name, _)| name)
}
