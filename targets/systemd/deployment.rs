//! What belongs to the deployment as a whole: its network, its target, its directories.

use std::collections::BTreeMap;

use model::{MountSource, Name, Topology, Volume};

use super::mount;
use super::names;
use super::unit::{Line, Section, Unit, Value};
use crate::Directory;

/// A network in which containers find each other by name, and its file's name.
pub(super) fn network(topology: &Topology) -> (String, Unit) {
    let line = Line::new("DisableDNS", Value::Argument("no".to_owned()), "project");
    let sections = vec![Section { name: "Network", lines: vec![line] }];
    (names::network(topology), Unit { from: String::new(), sections })
}

/// The target that stands for the deployment, and its file's name.
///
/// It only wants its members. If it required them, `systemctl start` would say when one failed,
/// but to stop or restart one would stop or restart all; so whoever starts the target asks
/// afterwards which of its members failed.
pub(super) fn target(topology: &Topology) -> (String, Unit) {
    let description = Line::plain("Description", &topology.project, "project");
    let install = Line::plain("WantedBy", "multi-user.target", "project");
    let sections = vec![
        Section { name: "Unit", lines: vec![description] },
        Section { name: "Install", lines: vec![install] },
    ];
    (names::target(topology), Unit { from: String::new(), sections })
}

/// Every directory that has to be there: volumes, and the parts of them that are mounted.
/// Parents first.
pub(super) fn directories(topology: &Topology, volumes: &BTreeMap<Name, Volume>) -> Vec<Directory> {
    let mut directories = BTreeMap::new();
    let mut put = |volume: &Volume, subpath: Option<&str>| {
        // Podman keeps no sizes, and one machine knows no access modes; nothing here removes
        // what is kept.
        let Volume { directory, size_gibibytes: _, access: _, retained: _, owner, remembers: _ } =
            volume;
        let user = &topology.users[owner];
        let path = match subpath {
            Some(subpath) => format!("{}/{subpath}", directory.trim_end_matches('/')),
            None => directory.clone(),
        };
        directories.entry(path).or_insert((user.uid, user.gid));
    };
    for volume in volumes.values() {
        put(volume, None);
    }
    let services = topology.services.values().map(|it| &it.workload);
    for workload in services.chain(topology.jobs.values().map(|it| &it.workload)) {
        for it in workload.mounts.values() {
            if let MountSource::Volume { name, subpath: Some(subpath), own: _ } = &it.source {
                put(&volumes[name], Some(subpath));
            }
        }
    }
    let directory = |(path, (uid, gid))| Directory { path, uid, gid };
    directories.into_iter().map(directory).collect()
}

/// The same as a file of `tmpfiles.d`, which makes them at every start of the machine, with the
/// package directory left open.
pub(super) fn tmpfiles(directories: &[Directory]) -> String {
    let line = |directory: &Directory| {
        let Directory { path, uid, gid } = directory;
        format!("d {} 0755 {uid} {gid} -\n", quoted(&mount::placed(path)))
    };
    directories.iter().map(line).collect()
}

/// A path as `tmpfiles.d` reads it: in quotes, with C's escapes and systemd's specifiers.
fn quoted(path: &str) -> String {
    let path = path.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{path}\"")
}
