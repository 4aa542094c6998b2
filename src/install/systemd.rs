//! Installing for systemd: where its files go, secrets, and what to do with units afterwards.
//!
//! Nothing is asked of Podman to install. A secret is a file that only its owner may read, and the
//! unit that needs it makes a Podman secret of it whenever it starts; so an installation that was
//! staged elsewhere and copied is complete, and a secret that changed needs a restart only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::{Scope, Topology};
use targets::{Installation, SECRETS};

use super::plan::Step;
use super::render::{Rendered, composed};
use super::secrets::Values;
use super::tree::Tree;
use crate::failure::Failure;

/// `installation` with the paths of the user who installs in place of those that start with `~/`.
///
/// # Errors
///
/// A user without a home.
pub fn at_home(installation: Installation) -> Result<Installation, Failure> {
    if installation.files.iter().all(|it| !it.path.starts_with("~/")) {
        return Ok(installation);
    }
    let (home, configuration) = home()?;
    let placed = |path: &str| match (path.strip_prefix("~/.config/"), path.strip_prefix("~/")) {
        (Some(rest), _) => format!("{configuration}/{rest}"),
        (None, Some(rest)) => format!("{home}/{rest}"),
        (None, None) => path.to_owned(),
    };
    let mut installation = installation;
    for file in &mut installation.files {
        file.path = placed(&file.path);
    }
    for files in installation.readers.values_mut() {
        *files = files.iter().map(|it| placed(it)).collect();
    }
    Ok(installation)
}

/// The home of whoever runs this, and where their programs are configured.
fn home() -> Result<(String, String), Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|it| it.starts_with('/'));
    let home = variable("HOME").ok_or_else(|| {
        Failure::Environment("HOME holds no absolute path: there is no place for units".to_owned())
    })?;
    let configuration = variable("XDG_CONFIG_HOME").unwrap_or_else(|| format!("{home}/.config"));
    Ok((home, configuration))
}

/// The files that Podman's secrets are made from. One that may be absent, and is, has none.
///
/// # Errors
///
/// Secrets that Podman cannot hold.
pub fn secrets(installation: &Installation, values: &Values) -> Result<Vec<Rendered>, Failure> {
    let mut files = vec![];
    for (name, text) in &installation.secrets {
        if text.secrets().any(|(secret, _)| !values.has(secret)) {
            continue;
        }
        let bytes = composed(text, values).into_bytes();
        if bytes.is_empty() {
            let message = format!("`{name}` would be an empty secret, and Podman keeps none");
            return Err(Failure::input(message, "Give the secret a value"));
        }
        let path = format!("{SECRETS}/{name}");
        files.push(Rendered { path, bytes, mode: 0o600, owner: None, secret: true });
    }
    Ok(files)
}

/// What is done with the units of a deployment.
pub struct Units<'a> {
    /// What was installed.
    pub topology: &'a Topology,
    /// Where it says what reads what.
    pub installation: &'a Installation,
    /// What was done.
    pub steps: &'a [Step],
    /// Whether something was installed before.
    pub again: bool,
}

impl Units<'_> {
    /// Commands, by what they are for, in the order in which they are to be run.
    #[must_use]
    pub fn commands(&self) -> Vec<(&'static str, String)> {
        let project = &self.topology.project;
        let (systemctl, journalctl) = match self.topology.systemd.scope {
            Scope::System => ("systemctl", "journalctl"),
            Scope::User => ("systemctl --user", "journalctl --user"),
        };
        let mut commands = vec![];
        let gone = self.gone();
        if !gone.is_empty() {
            commands.push(("stop what is gone", format!("{systemctl} stop {}", gone.join(" "))));
        }
        commands.push(("reload", format!("{systemctl} daemon-reload")));
        let changed = self.changed();
        if !changed.is_empty() {
            commands.push(("restart", format!("{systemctl} restart {}", changed.join(" "))));
        }
        let failed = format!("{systemctl} --quiet is-failed '{project}-*'");
        commands.extend([
            // To start the target goes well whatever becomes of its members.
            ("start", format!("{systemctl} start {project}.target && ! {failed}")),
            ("stop", format!("{systemctl} stop {project}.target")),
            ("logs", format!("{journalctl} --follow --unit '{project}-*'")),
            ("status", format!("{systemctl} list-units --all '{project}*'")),
        ]);
        commands
    }

    /// The units that have to be restarted: those that were there, and read something that is
    /// another than before.
    fn changed(&self) -> Vec<&str> {
        if !self.again {
            return vec![];
        }
        let written = self.steps.iter().filter_map(|step| match step {
            Step::Write { path, replaces, .. } => Some((path.as_str(), *replaces)),
            Step::Make(..)
            | Step::Give(..)
            | Step::Keep(..)
            | Step::Restore(..)
            | Step::Remove(_)
            | Step::RemoveEmpty(_) => None,
        });
        let written: BTreeMap<&str, bool> = written.collect();
        let is_new = |files: &BTreeSet<String>| {
            files
                .iter()
                .any(|it| it.ends_with(".container") && written.get(it.as_str()) == Some(&false))
        };
        let readers = self.installation.readers.iter().filter(|(_, files)| {
            !is_new(files) && files.iter().any(|it| written.contains_key(it.as_str()))
        });
        readers.map(|(unit, _)| unit.as_str()).collect()
    }

    /// The units of workloads that are no part of the deployment any more.
    fn gone(&self) -> Vec<String> {
        let removed = self.steps.iter().filter_map(|step| match step {
            Step::Remove(path) => unit_of(path),
            Step::Make(..)
            | Step::Give(..)
            | Step::Keep(..)
            | Step::Write { .. }
            | Step::Restore(..)
            | Step::RemoveEmpty(_) => None,
        });
        removed.collect()
    }
}

/// The service that a file in one of systemd's folders stands for.
fn unit_of(path: &str) -> Option<String> {
    let file = Path::new(path).file_name()?.to_str()?;
    match file.strip_suffix(".container") {
        Some(name) => Some(format!("{name}.service")),
        None => file.ends_with(".service").then(|| file.to_owned()),
    }
}

/// The secrets that are installed, by their names.
#[must_use]
pub fn installed(installation: &Installation, tree: &Tree) -> BTreeMap<String, String> {
    let read = |name: &String| {
        let text = std::fs::read_to_string(tree.place(&format!("{SECRETS}/{name}"))).ok()?;
        Some((name.clone(), text))
    };
    installation.secrets.keys().filter_map(read).collect()
}
