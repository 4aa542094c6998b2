//! The Service by which workloads find a service.
//!
//! **Invariant.** Inside the cluster a port has the number that the container listens on; where it
//! is published outside is for values to say.

use std::collections::BTreeMap;

use model::{Application, Name, Port, Protocol, Publish, Service};

use super::chart::Chart;
use super::expression::bare;
use super::names::label;
use super::spec::{AnnotatedMetadata, Ingress, ServiceObject, ServicePort, ServiceSpec};
use crate::at::At;

/// The protocol of a port, as Kubernetes writes it.
pub(super) fn protocol(port: &Port) -> &'static str {
    match port.protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
    }
}

/// The numbers that a port stands for, counted from 0.
pub(super) fn numbers(port: &Port) -> impl Iterator<Item = (u16, u16)> {
    let first = port.container.get();
    (0..port.count.get()).filter_map(move |index| Some((index, first.checked_add(index)?)))
}

impl Chart<'_> {
    /// The Service of a service with ports.
    pub(super) fn service(&mut self, name: &Name, service: &Service) -> Option<ServiceObject> {
        if service.ports.is_empty() {
            return None;
        }
        let ports = self.ports(name, &service.ports);
        Some(ServiceObject {
            api_version: "v1",
            kind: "Service",
            metadata: self.annotated(name, "annotations"),
            spec: ServiceSpec {
                r#type: bare(&format!(
                    "{{{{ (index .Values.services \"{name}\").type | toJson }}}}"
                )),
                selector: self.selector(name.as_str()),
                ports,
            },
        })
    }

    /// What an object of a service is called, with annotations of the values.
    fn annotated(&self, name: &Name, key: &str) -> AnnotatedMetadata {
        let annotations = format!("{{{{ (index .Values.services \"{name}\").{key} | toJson }}}}");
        AnnotatedMetadata {
            name: self.object(name.as_str()),
            labels: self.labels(name.as_str()),
            annotations: bare(&annotations),
        }
    }

    /// The Ingress to the first port of a service that speaks HTTP.
    pub(super) fn ingress(&self, name: &Name, service: &Service) -> Option<Ingress> {
        let port = http_port(service)?;
        let spec = format!("(list . \"{name}\" \"{}\")", key(port, 0));
        Some(Ingress {
            api_version: "networking.k8s.io/v1",
            kind: "Ingress",
            metadata: self.annotated(name, "ingress.annotations"),
            spec: self.value("ingress", &spec),
        })
    }

    fn ports(&mut self, service: &Name, ports: &BTreeMap<Name, Port>) -> Vec<At<ServicePort>> {
        let mut owners: BTreeMap<String, &Name> = BTreeMap::new();
        let mut result = vec![];
        for (name, port) in ports {
            let path = format!("services.{service}.ports.{name}");
            let Port { container, protocol: _, count, application, publish } = port;
            if u32::from(container.get()) + u32::from(count.get()) - 1 > u32::from(u16::MAX) {
                self.refuse(path.clone(), "its last port is beyond 65535", "Lower `count`");
            }
            self.publish(&path, publish.as_ref());
            for (index, number) in numbers(port) {
                let key = key(name, index);
                if let Some(owner) = owners.insert(key.clone(), name) {
                    let message =
                        format!("Kubernetes cannot tell `{key}` from a port of `{owner}`");
                    self.refuse(path.clone(), &message, "Give one of the two another name");
                }
                let port = ServicePort {
                    name: key,
                    port: number,
                    target_port: number,
                    protocol: protocol(port),
                    app_protocol: application.map(|Application::Http| "http"),
                };
                result.push(At::new(path.clone(), port));
            }
        }
        result
    }

    fn publish(&mut self, path: &str, publish: Option<&Publish>) {
        let Some(Publish { address, port: _ }) = publish else {
            return;
        };
        let how = if address.is_loopback() {
            "it is reached by `kubectl port-forward`"
        } else {
            "it is reached by `kubectl port-forward`, or as the service's type in the values says"
        };
        self.emulate(format!("{path}.publish"), how);
    }
}

/// The first port that speaks HTTP.
pub(super) fn http_port(service: &Service) -> Option<&Name> {
    let mut ports = service.ports.iter();
    ports.find(|(_, port)| port.application == Some(Application::Http)).map(|(name, _)| name)
}

fn key(name: &Name, index: u16) -> String {
    match index {
        0 => label(name.as_str()),
        index => format!("{}-{index}", label(name.as_str())),
    }
}
