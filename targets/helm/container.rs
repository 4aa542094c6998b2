//! The container of a workload: what it runs, with which variables.
//!
//! **Invariant.** The kubelet expands nothing that the topology wrote: `$(…)` stands only where a
//! secret is taken from a variable.

use std::collections::BTreeMap;

use model::{Name, Port, Service, Text};

use super::chart::Chart;
use super::expression::bare;
use super::health::Probes;
use super::service::{numbers, protocol};
use super::spec::{Container, ContainerPort, Variable};
use super::text::unexpanded;
use super::workload::Place;
use crate::at::At;

/// What a container runs.
pub(super) struct Program<'a> {
    pub(super) image: &'a Name,
    pub(super) entrypoint: &'a Option<Vec<Text>>,
    pub(super) command: &'a Option<Vec<Text>>,
    pub(super) environment: &'a BTreeMap<String, Text>,
    /// None for a job.
    pub(super) service: Option<&'a Service>,
}

/// What only services have.
#[derive(Default)]
struct Serving {
    ports: Vec<At<ContainerPort>>,
    probes: Option<Probes>,
    variables: Vec<Variable>,
}

impl Chart<'_> {
    /// The container that runs `program`, without its mounts.
    pub(super) fn container(&mut self, place: &Place<'_>, program: &Program<'_>) -> Container {
        let Program { image, entrypoint, command, environment, service } = program;
        let path = &place.path;
        let serving = service.map(|it| self.serving(place, it)).unwrap_or_default();
        let Serving { ports, probes, variables } = serving;
        let health = |it| At::new(format!("{path}.health"), it);
        let mut env = self.environment(place, environment);
        env.extend(variables.into_iter().map(|it| At::new(format!("{path}.health"), it)));
        self.check_command(place, entrypoint.as_deref(), command.as_deref());
        let entrypoint = entrypoint.as_deref();
        let entrypoint = entrypoint.map(|it| self.arguments(place, "entrypoint", it, &mut env));
        let command = command.as_deref().filter(|it| !it.is_empty());
        let command = command.map(|it| self.arguments(place, "command", it, &mut env));
        let (startup, running) = match probes {
            Some(Probes { startup, running }) => (Some(startup), Some(running)),
            None => (None, None),
        };
        Container {
            name: place.name.to_string(),
            image: At::new(format!("{path}.image"), self.image(image)),
            image_pull_policy: self.pull_policy(image),
            command: entrypoint,
            args: command,
            env,
            ports,
            startup_probe: startup.map(health),
            readiness_probe: running.clone().map(health),
            liveness_probe: running.map(health),
            resources: Some(At::new(format!("{path}.resources"), resources(place.name))),
            volume_mounts: vec![],
        }
    }

    /// Whether the image is pulled when the node has it already.
    pub(super) fn pull_policy(&self, image: &Name) -> String {
        bare(&format!("{{{{ (index .Values.images \"{image}\").pullPolicy | toJson }}}}"))
    }

    fn serving(&mut self, place: &Place<'_>, service: &Service) -> Serving {
        let Service { workload: _, ports, health, restart: _, replicas: _, scalable: _ } = service;
        let ports = ports.iter().flat_map(|(name, port)| container_ports(place, name, port));
        let ports = ports.collect();
        let Some(health) = health else {
            return Serving { ports, ..Serving::default() };
        };
        let (probes, variables) = self.probes(place, service, health);
        Serving { ports, probes: Some(probes), variables }
    }

    fn environment(
        &mut self,
        place: &Place<'_>,
        environment: &BTreeMap<String, Text>,
    ) -> Vec<At<Variable>> {
        let mut variables = vec![];
        for (name, text) in environment {
            let path = format!("{}.environment.{name}", place.path);
            if !is_variable(name) {
                self.refuse(
                    path.clone(),
                    "Kubernetes takes no such name for a variable",
                    "Write letters, digits and `_`, no digit first, and no `CLP_GEN_` in front",
                );
            }
            let text = self.spell(Some(place.name), &path, text);
            let key = format!("{}.environment.{name}", place.name);
            let variable = self.variable(name, key, &text);
            variables.push(At::new(path, variable));
        }
        variables
    }

    /// Refuses what Kubernetes cannot say: nothing at all in place of the image's own.
    fn check_command(
        &mut self,
        place: &Place<'_>,
        entrypoint: Option<&[Text]>,
        command: Option<&[Text]>,
    ) {
        let field = match (entrypoint, command) {
            (Some([]), _) => "entrypoint",
            (None, Some([])) => "command",
            (_, _) => return,
        };
        self.refuse(
            format!("{}.{field}", place.path),
            "Kubernetes takes the image's own where this is empty",
            "Write the whole entrypoint",
        );
    }

    /// Arguments. Those with a secret are taken from a variable, which the kubelet expands.
    fn arguments(
        &mut self,
        place: &Place<'_>,
        field: &str,
        texts: &[Text],
        env: &mut Vec<At<Variable>>,
    ) -> At<Vec<String>> {
        let path = format!("{}.{field}", place.path);
        let mut arguments = vec![];
        for (index, text) in texts.iter().enumerate() {
            let text = self.spell(Some(place.name), &path, text);
            if let Some(plain) = self.plain(&text) {
                arguments.push(unexpanded(&plain));
                continue;
            }
            self.require(&path, &text);
            let name = format!("CLP_GEN_{}_{index}", field.to_ascii_uppercase());
            let key = format!("{}.{field}.{index}", place.name);
            env.push(At::new(path.clone(), self.variable(&name, key, &text)));
            arguments.push(format!("$({name})"));
        }
        At::new(path, arguments)
    }
}

/// What the values say that it may use.
pub(super) fn resources(name: &Name) -> String {
    bare(&format!("{{{{ (index .Values.workloads \"{name}\").resources | toJson }}}}"))
}

fn container_ports(place: &Place<'_>, name: &Name, port: &Port) -> Vec<At<ContainerPort>> {
    let path = format!("{}.ports.{name}", place.path);
    let one = |(_, container_port)| ContainerPort { container_port, protocol: protocol(port) };
    numbers(port).map(one).map(|it| At::new(path.clone(), it)).collect()
}

fn is_variable(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    name.starts_with(|c: char| inner(c) && !c.is_ascii_digit())
        && name.chars().all(inner)
        && !name.starts_with("CLP_GEN_")
}
