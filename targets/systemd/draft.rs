//! The unit of one workload while it is written, and what else comes of it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Diagnostic, Name, PodmanVersion, SecretSource, Segment, Text, Topology, Workload};

use super::names::{self, Spelt};
use super::unit::{Line, ROOT, Section, Unit, Value};
use super::version;
use crate::SECRETS;
use crate::spelling::spell;

/// Where the units that Quadlet makes expect Podman, too.
const PODMAN: &str = "/usr/bin/podman";

/// The unit of one workload while it is written: lines are added in any order of the sections,
/// and every problem is kept.
pub(super) struct Draft<'a> {
    pub(super) topology: &'a Topology,
    /// The workload's key.
    pub(super) name: &'a Name,
    /// `services.web`.
    pub(super) path: String,
    pub(super) unit: Vec<Line>,
    pub(super) container: Vec<Line>,
    pub(super) service: Vec<Line>,
    /// Podman secrets, as [`Installation`](crate::Installation) has them.
    pub(super) secrets: BTreeMap<String, Text>,
    /// Generated files that the container sees, by where they go.
    pub(super) reads: BTreeSet<String>,
    pub(super) problems: Vec<Diagnostic>,
}

impl<'a> Draft<'a> {
    /// A draft without lines for the workload `name`, found in `kind` (`services`, `jobs`).
    pub(super) fn new(topology: &'a Topology, kind: &str, name: &'a Name) -> Self {
        Self {
            topology,
            name,
            path: format!("{kind}.{name}"),
            unit: vec![],
            container: vec![],
            service: vec![],
            secrets: BTreeMap::new(),
            reads: BTreeSet::new(),
            problems: vec![],
        }
    }

    /// The path of one of the workload's fields; of itself where `field` is empty.
    pub(super) fn at(&self, field: &str) -> String {
        match field {
            "" => self.path.clone(),
            _ => format!("{}.{field}", self.path),
        }
    }

    /// A line of `[Unit]`, read by systemd.
    pub(super) fn unit(&mut self, key: &str, value: impl ToString, field: &str) {
        self.unit.push(Line::plain(key, value, self.at(field)));
    }

    /// A line of `[Service]`, read by systemd.
    pub(super) fn service(&mut self, key: &str, value: impl ToString, field: &str) {
        self.service.push(Line::plain(key, value, self.at(field)));
    }

    /// A line of `[Container]` whose value is one argument of Podman's.
    pub(super) fn argument(&mut self, key: &str, value: impl ToString, field: &str) {
        let value = Value::Argument(value.to_string());
        self.container.push(Line::new(key, value, self.at(field)));
    }

    /// A line of `[Container]` whose value is words.
    pub(super) fn words(&mut self, key: &str, words: Vec<String>, field: &str) {
        self.container.push(Line::new(key, Value::Words(words), self.at(field)));
    }

    /// A value for which Podman has a key since `least`, and an option before.
    pub(super) fn key_since(
        &mut self,
        least: PodmanVersion,
        (key, option): (&str, &str),
        value: impl ToString,
        field: &str,
    ) {
        match version::has(self.topology, least) {
            true => self.argument(key, value, field),
            false => self.option(&format!("--{option}={}", value.to_string()), field),
        }
    }

    /// An option of `podman run` for which there is no key.
    pub(super) fn option(&mut self, option: &str, field: &str) {
        self.words("PodmanArgs", vec![option.to_owned()], field);
    }

    /// Keeps the problem that `field` cannot be said.
    pub(super) fn refuse(&mut self, field: &str, message: impl Into<String>, hint: &str) {
        self.problems.push(Diagnostic::value(self.at(field), message).hint(hint));
    }

    /// `text` in the words of this target: literals and secrets only.
    pub(super) fn spell(&mut self, text: &Text, field: &str) -> Text {
        let spelling = Spelt { topology: self.topology, root: true };
        let spelt = spell(self.topology, &spelling, Some(self.name), &self.at(field), text);
        spelt.unwrap_or_else(|problem| {
            self.problems.push(problem);
            Text::default()
        })
    }

    /// Gives the container `variable`, whose value has secrets in it: a Podman secret, so that
    /// neither the unit nor `podman inspect` shows it.
    pub(super) fn secret_variable(&mut self, variable: &str, text: Text, field: &str) {
        let known = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if !variable.chars().all(known) || variable.ends_with(['-', '.']) {
            let message = format!("no Podman secret can be called `{variable}`");
            self.refuse(field, message, "Call the variable by letters, digits and `_`");
        }
        let name = names::variable_secret(self.topology, self.name, variable);
        let option = format!("{name},type=env,target={variable}");
        self.secret(name, text, option, field);
    }

    /// Gives the container the Podman secret `name`, with `option`, which holds `text`. The unit
    /// makes it from a file, written at installation, whenever it starts, and removes it
    /// afterwards. A secret that may be absent is asked for only where it is there.
    pub(super) fn secret(&mut self, name: String, text: Text, option: String, field: &str) {
        let optional = |secret: &Name| {
            let it = self.topology.secrets.get(secret).expect("checked: the secret exists");
            matches!(it.source, SecretSource::Environment { optional: true, .. })
        };
        let secrets = text.secrets().map(|(secret, _)| secret.clone());
        let only_with: BTreeSet<Name> = secrets.filter(optional).collect();
        let from = self.at(field);
        let mut lines = self.making(&name);
        lines.push(Line::plain("ExecStopPost", format!("-{PODMAN} secret rm {name}"), &from));
        let asked = Line::new("Secret", Value::Words(vec![option]), &from);
        self.container.push(Line { only_with: only_with.clone(), ..asked });
        let lines = lines.into_iter().map(|line| Line {
            only_with: only_with.clone(),
            from: from.clone(),
            ..line
        });
        self.service.extend(lines);
        self.keep_secret(name, text, field);
    }

    /// What makes the Podman secret `name`.
    fn making(&self, name: &str) -> Vec<Line> {
        let file = format!("{ROOT}/{SECRETS}/{name}");
        let line = |command: String| Line::plain("ExecStartPre", command, "");
        if version::has(self.topology, version::HEALTHY) {
            return vec![line(format!("{PODMAN} secret create --replace {name} {file}"))];
        }
        // Podman 4.6 cannot replace one.
        let remove = format!("-{PODMAN} secret rm {name}");
        vec![line(remove), line(format!("{PODMAN} secret create {name} {file}"))]
    }

    /// Has a file with the secret `text` made at installation, for the Podman secret `name`.
    fn keep_secret(&mut self, name: String, text: Text, field: &str) {
        let rooted = |segment: &Segment| match segment {
            Segment::Literal(text) => text.contains(super::unit::ROOT),
            _ => false,
        };
        if text.segments().iter().any(rooted) {
            let message = "a secret text is composed before the package directory is known";
            self.refuse(field, message, "Write the path without the package directory");
        }
        self.secrets.insert(name, text);
    }

    /// The unit file that was drafted.
    pub(super) fn finish(self) -> Finished {
        let target = names::target(self.topology);
        let install = vec![Line::plain("WantedBy", target, self.path.clone())];
        let sections = vec![
            Section { name: "Unit", lines: self.unit },
            Section { name: "Container", lines: self.container },
            Section { name: "Service", lines: self.service },
            Section { name: "Install", lines: install },
        ];
        Finished {
            name: names::unit(self.topology, self.name),
            unit: Unit { from: self.path, sections },
            secrets: self.secrets,
            reads: self.reads,
            problems: self.problems,
        }
    }
}

/// What comes of a draft.
pub(super) struct Finished {
    /// The name of the unit, without an extension.
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) secrets: BTreeMap<String, Text>,
    pub(super) reads: BTreeSet<String>,
    pub(super) problems: Vec<Diagnostic>,
}

/// A name for a variable beside those of `workload`'s own environment: `wanted`, if it is free.
pub(super) fn free_variable(workload: &Workload, wanted: String) -> String {
    let mut variable = wanted;
    while workload.environment.contains_key(&variable) {
        variable.push('_');
    }
    variable
}
