//! How containers find each other, and how others find them.

use std::collections::BTreeMap;

use model::{Diagnostic, MountSource, Name, Port, Protocol, Publish, Segment, Text, Workload};

use super::Lowering;
use super::container::Reader;
use super::spec;
use super::spelling::THIS_MACHINE;
use super::value::Value;
use crate::at::At;

impl<'a> Lowering<'a> {
    /// The network of the project, where a workload is known by its key; by its host name as well.
    pub(super) fn networks(&mut self, reader: &Reader<'_>) -> Option<spec::Networks> {
        let Reader { path, name, hostname, owner: _ } = reader;
        if hostname == name.as_str() {
            return None;
        }
        let topology = self.topology;
        let other = topology.services.contains_key(hostname.as_str())
            || topology.jobs.contains_key(hostname.as_str());
        if other {
            let message = format!("Compose knows another workload by the name `{hostname}`");
            let hint = "Take another host name, or the key of the workload itself";
            self.problems.push(Diagnostic::value(format!("{path}.hostname"), message).hint(hint));
        }
        let aliases = vec![Value::literal(hostname)];
        Some(spec::Networks { default: spec::Network { aliases } })
    }

    /// What stands in `/etc/hosts` beside the engine's own: `aliases`, and this machine where one
    /// of `texts` is about an external service that runs on it.
    pub(super) fn extra_hosts(
        &mut self,
        reader: &Reader<'_>,
        aliases: &BTreeMap<String, String>,
        texts: &[&Text],
    ) -> BTreeMap<String, At<Value>> {
        let path = format!("{}.host_aliases", reader.path);
        let hosts = aliases.iter().map(|(name, address)| {
            (name.clone(), At::new(format!("{path}.{name}"), Value::literal(address)))
        });
        let mut hosts: BTreeMap<String, At<Value>> = hosts.collect();
        let Some(external) = texts.iter().find_map(|text| self.on_this_machine(text)) else {
            return hosts;
        };
        let gateway = Value::literal("host-gateway");
        let gateway = At::new(format!("externals.{external}.address"), gateway);
        if hosts.insert(THIS_MACHINE.to_owned(), gateway).is_some() {
            let message = format!("`{THIS_MACHINE}` is how this workload finds `{external}`");
            let hint = "Take the alias away, or give the external service another address";
            let path = format!("{path}.{THIS_MACHINE}");
            self.problems.push(Diagnostic::key(path, message).hint(hint));
        }
        hosts
    }

    /// Every late-bound text that `workload` reads, in itself and in the files that it mounts.
    pub(super) fn read_by(&self, workload: &'a Workload) -> Vec<&'a Text> {
        let files = workload.mounts.values().filter_map(|mount| match &mount.source {
            MountSource::File(name) => self.topology.files.get(name),
            MountSource::Volume { .. }
            | MountSource::HostPath { .. }
            | MountSource::Secret(_)
            | MountSource::Tmpfs { .. } => None,
        });
        let own = workload.environment.values();
        own.chain(workload.entrypoint.iter().flatten())
            .chain(workload.command.iter().flatten())
            .chain(files.flat_map(|file| file.content.texts()))
            .collect()
    }

    /// An external service of this machine that `text` connects to.
    fn on_this_machine(&self, text: &Text) -> Option<&'a Name> {
        text.segments().iter().find_map(|segment| match segment {
            Segment::Connect { service, port: _, part: _ } => {
                let (name, external) = self.topology.externals.get_key_value(service)?;
                external.is_this_machine().then_some(name)
            }
            Segment::Literal(_)
            | Segment::Secret { .. }
            | Segment::Image(_)
            | Segment::Root
            | Segment::Bind => None,
        })
    }

    /// The published ports of a service. A port that is not published needs no mention: whatever
    /// is on the network of the project reaches it.
    pub(super) fn ports(
        &mut self,
        path: &str,
        ports: &BTreeMap<Name, Port>,
    ) -> Vec<At<spec::Port>> {
        let mut spelt = vec![];
        for (name, port) in ports {
            let path = format!("{path}.ports.{name}");
            match published(&path, port) {
                Ok(ports) => {
                    spelt.extend(ports.into_iter().map(|port| At::new(path.clone(), port)));
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        spelt
    }
}

/// One entry for each number that `port` stands for.
fn published(path: &str, port: &Port) -> Result<Vec<spec::Port>, Diagnostic> {
    let Port { container, protocol, count, application: _, publish } = port;
    let Some(Publish { address, port: published }) = publish else {
        return Ok(vec![]);
    };
    let last = u32::from(count.get()) - 1;
    if u32::from(container.get().max(published.get())) + last > u32::from(u16::MAX) {
        let message = format!("{count} ports from here on end beyond port {}", u16::MAX);
        return Err(Diagnostic::value(path, message).hint("Start lower, or take fewer"));
    }
    let protocol = match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    let numbers = (0..=last).map(|offset| spec::Port {
        host_ip: Value::literal(address.to_string()),
        published: Value::literal((u32::from(published.get()) + offset).to_string()),
        target: u32::from(container.get()) + offset,
        protocol,
    });
    Ok(numbers.collect())
}
