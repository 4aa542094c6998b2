//! What to do with a deployment that is installed, and where it is found.

use std::net::Ipv4Addr;

use model::{Name, Topology};

use super::render::VARIABLES;
use super::tree::Tree;

/// Commands, by what they are for.
#[must_use]
pub fn commands(topology: &Topology, tree: &Tree) -> Vec<(&'static str, String)> {
    let place = |path: &str| quoted(&tree.final_place(path).display().to_string());
    let compose = format!(
        "docker compose --project-directory {} --env-file {} -f {}",
        quoted(tree.root_text()),
        place(VARIABLES),
        place("compose.yaml"),
    );
    // A job that nobody waits for is a failure to `up --wait` as soon as it ends.
    let services = topology.services.keys().map(ToString::to_string);
    let services = services.collect::<Vec<_>>().join(" ");
    let waits = |job: &Name| {
        let services = topology.services.values().map(|it| &it.workload);
        let workloads = services.chain(topology.jobs.values().map(|it| &it.workload));
        workloads.map(|it| &it.depends_on).any(|edges| edges.contains_key::<model::Name>(job))
    };
    let alone: Vec<String> =
        topology.jobs.keys().filter(|it| !waits(it)).map(ToString::to_string).collect();
    let mut start = format!("{compose} up --detach --wait --remove-orphans {services}");
    if !alone.is_empty() {
        start += &format!(" && {compose} up --detach {}", alone.join(" "));
    }
    vec![
        ("start", start),
        ("stop", format!("{compose} down")),
        ("logs", format!("{compose} logs --follow")),
        ("status", format!("{compose} ps --all")),
    ]
}

/// Where services are found, by service and port.
#[must_use]
pub fn addresses(topology: &Topology) -> Vec<(String, String)> {
    let mut found = vec![];
    for (service, it) in &topology.services {
        for (name, port) in &it.ports {
            let Some(publish) = &port.publish else { continue };
            let address = match publish.address {
                Ipv4Addr::UNSPECIFIED => Ipv4Addr::LOCALHOST,
                address => address,
            };
            let scheme = if name.as_str() == "http" { "http://" } else { "" };
            found
                .push((format!("{service} {name}"), format!("{scheme}{address}:{}", publish.port)));
        }
    }
    found
}

/// A word of the shell's.
#[must_use]
pub fn quoted(text: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "/._+-".contains(it);
    if text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
