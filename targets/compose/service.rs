//! Services and jobs: a container, and when it runs.

use std::num::NonZeroU32;

use model::{Diagnostic, Health, Job, Name, Probe, Restart, Service, Text};

use super::Lowering;
use super::container::{Kind, Reader};
use super::spec;
use super::value::Value;
use crate::at::At;

impl<'a> Lowering<'a> {
    /// A workload that runs until it is stopped.
    pub(super) fn service(&mut self, name: &'a Name, service: &'a Service) -> At<spec::Service> {
        let Service { workload, ports, health, restart, replicas, scalable: _ } = service;
        let path = format!("services.{name}");
        let reader = self.reader(path.clone(), name, workload);
        let healthcheck = health
            .as_ref()
            .map(|it| At::new(format!("{path}.health"), self.health(&reader, ports, it)));
        let kind = Kind {
            ports: self.ports(&path, ports),
            healthcheck,
            restart: At::new(format!("{path}.restart"), Value::literal(spelt_restart(*restart))),
            replicas: self.replicas(&reader, service, *replicas),
            texts: health.as_ref().map_or(vec![], probe_texts),
        };
        At::new(path, self.container(&reader, workload, kind))
    }

    /// A workload that runs once: nothing but a failure starts it again.
    pub(super) fn job(&mut self, name: &'a Name, job: &'a Job) -> At<spec::Service> {
        let Job { workload, retries } = job;
        let path = format!("jobs.{name}");
        let reader = self.reader(path.clone(), name, workload);
        // To the engine, 0 times is as often as it takes.
        let restart = match retries {
            0 => "no".to_owned(),
            retries => format!("on-failure:{retries}"),
        };
        let restart = At::new(format!("{path}.retries"), Value::literal(restart));
        let (ports, texts) = (vec![], vec![]);
        let kind = Kind { ports, healthcheck: None, restart, replicas: None, texts };
        At::new(path, self.container(&reader, workload, kind))
    }

    /// How many containers, where it is more than one; one port of the host has one listener.
    fn replicas(
        &mut self,
        reader: &Reader<'_>,
        service: &Service,
        replicas: NonZeroU32,
    ) -> Option<At<u32>> {
        if replicas == NonZeroU32::MIN {
            return None;
        }
        let path = format!("{}.replicas", reader.path);
        let published = service.ports.iter().find(|(_, port)| port.publish.is_some());
        if let Some((port, _)) = published {
            let message = format!("{replicas} containers cannot publish one port of the host");
            let diagnostic = Diagnostic::value(&path, message)
                .hint("Run one replica, or do not publish the port")
                .related(format!("{}.ports.{port}.publish", reader.path), "published here");
            self.problems.push(diagnostic);
        }
        Some(At::new(path, replicas.get()))
    }
}

/// In the words of the engine.
fn spelt_restart(restart: Restart) -> String {
    match restart {
        Restart::No => "no".to_owned(),
        Restart::Always => "always".to_owned(),
        Restart::UnlessStopped => "unless-stopped".to_owned(),
        Restart::OnFailure { max_attempts: None } => "on-failure".to_owned(),
        Restart::OnFailure { max_attempts: Some(attempts) } => format!("on-failure:{attempts}"),
    }
}

fn probe_texts(health: &Health) -> Vec<&Text> {
    match &health.probe {
        Probe::Exec(texts) => texts.iter().collect(),
        Probe::Shell(text) => vec![text],
        Probe::Http { .. } | Probe::Tcp { .. } => vec![],
    }
}
