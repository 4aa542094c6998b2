//! A health check as Kubernetes' three probes.
//!
//! **Invariant.** The startup probe spans the start period, so that no failure counts in it; the
//! others try exactly what it tries.

use model::{Health, Name, Probe, Service};

use super::chart::Chart;
use super::spec::{Action, Variable};
use super::text::shell_word;
use super::{spec, workload::Place};

/// The three probes of one health check.
pub(super) struct Probes {
    pub(super) startup: spec::Probe,
    pub(super) running: spec::Probe,
}

impl Chart<'_> {
    /// The probes of a service, and the variables that they read secrets from.
    pub(super) fn probes(
        &mut self,
        place: &Place<'_>,
        service: &Service,
        health: &Health,
    ) -> (Probes, Vec<Variable>) {
        let Health {
            probe,
            interval_seconds,
            timeout_seconds,
            retries,
            start_period_seconds,
            start_interval_seconds,
        } = health;
        let mut variables = vec![];
        let action = self.action(place, service, probe, &mut variables);
        let tries = start_period_seconds.div_ceil(start_interval_seconds.get());
        let probe = |period_seconds, failure_threshold| spec::Probe {
            action: action.clone(),
            period_seconds,
            timeout_seconds: timeout_seconds.get(),
            failure_threshold,
        };
        self.emulate(
            format!("{}.health", place.path),
            "an unhealthy container is restarted, not only marked",
        );
        let startup = probe(start_interval_seconds.get(), tries.saturating_add(retries.get()));
        (Probes { startup, running: probe(interval_seconds.get(), retries.get()) }, variables)
    }

    fn action(
        &mut self,
        place: &Place<'_>,
        service: &Service,
        probe: &Probe,
        variables: &mut Vec<Variable>,
    ) -> Action {
        match probe {
            Probe::Exec(arguments) => self.exec(place, arguments, variables),
            Probe::Shell(line) => self.shell(place, line, variables),
            Probe::Http { port, path } => {
                Action::HttpGet { path: path.clone(), port: self.probed(place, service, port) }
            }
            Probe::Tcp { port } => Action::TcpSocket { port: self.probed(place, service, port) },
        }
    }

    fn probed(&mut self, place: &Place<'_>, service: &Service, port: &Name) -> u16 {
        let found = service.ports.get(port).expect("checked: the port exists");
        if found.protocol == model::Protocol::Udp {
            let path = format!("{}.health.probe", place.path);
            self.refuse(path, "UDP has no connections to try", "Run a program in the container");
        }
        found.container.get()
    }

    /// Runs a program. The kubelet expands no variables here, so with a secret among its arguments
    /// it is started by a shell.
    fn exec(
        &mut self,
        place: &Place<'_>,
        arguments: &[model::Text],
        variables: &mut Vec<Variable>,
    ) -> Action {
        let path = format!("{}.health.probe", place.path);
        let mut plain = vec![];
        let mut words = vec!["exec".to_owned()];
        for (index, argument) in arguments.iter().enumerate() {
            let text = self.spell(Some(place.name), &path, argument);
            if let Some(argument) = self.plain(&text) {
                words.push(shell_word(&argument));
                plain.push(argument);
                continue;
            }
            self.require(&path, &text);
            let name = format!("CLP_GEN_HEALTH_{index}");
            let key = format!("{}.health.{index}", place.name);
            variables.push(self.variable(&name, key, &text));
            words.push(format!("\"${name}\""));
        }
        if variables.is_empty() {
            return Action::Exec { command: plain };
        }
        self.emulate(
            path,
            "the program is started by `sh`, which takes its secrets from variables",
        );
        Action::Exec { command: vec!["sh".to_owned(), "-c".to_owned(), words.join(" ")] }
    }

    fn shell(
        &mut self,
        place: &Place<'_>,
        line: &model::Text,
        variables: &mut Vec<Variable>,
    ) -> Action {
        let path = format!("{}.health.probe", place.path);
        let text = self.spell(Some(place.name), &path, line);
        let line = self.plain(&text).unwrap_or_else(|| {
            self.require(&path, &text);
            let key = format!("{}.health", place.name);
            variables.push(self.variable("CLP_GEN_HEALTH", key, &text));
            "eval \"$CLP_GEN_HEALTH\"".to_owned()
        });
        Action::Exec { command: vec!["sh".to_owned(), "-c".to_owned(), line] }
    }
}
