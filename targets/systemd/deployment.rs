//! What belongs to the deployment as a whole: its network, its target, its directories.

use model::{MountSource, Scope, Topology, Volume};

use super::mount;
use super::names;
use super::unit::{Line, Section, Unit, Value};
use crate::Directory;
use crate::places::{Places, below, owner, trimmed};

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
    let sections = vec![Section { name: "Unit", lines: vec![description] }];
    (names::target(topology), Unit { from: String::new(), sections })
}

/// What starts the target with the machine, and its file's name: an addition to the target that
/// the machine starts. Like units of Quadlet's, it needs no `systemctl enable`.
pub(super) fn at_start(topology: &Topology) -> (String, Unit) {
    let all = match topology.systemd.scope {
        Scope::System => "multi-user.target",
        Scope::User => "default.target",
    };
    let wants = Line::plain("Wants", names::target(topology), "project");
    let sections = vec![Section { name: "Unit", lines: vec![wants] }];
    (format!("{all}.d/{}.conf", topology.project), Unit { from: String::new(), sections })
}

/// Notes every directory that has to be there: volumes, and the parts of them that are mounted or
/// written to.
pub(super) fn directories(topology: &Topology, places: &mut Places) {
    for volume in topology.volumes.values() {
        // Podman keeps no sizes, and one machine knows no access modes; nothing here removes
        // what is kept.
        let Volume {
            directory,
            size_gibibytes: _,
            access: _,
            retained: _,
            owner: user,
            remembers: _,
        } = volume;
        places.volume(trimmed(directory), owner(&topology.users[user]));
    }
    let services = topology.services.values().map(|it| &it.workload);
    for workload in services.chain(topology.jobs.values().map(|it| &it.workload)) {
        for it in workload.mounts.values() {
            if let MountSource::Volume { name, subpath, own } = &it.source {
                let volume = &topology.volumes[name];
                let mut directory = trimmed(&volume.directory).to_owned();
                let user = owner(&topology.users[&workload.user]);
                let mut part = |directory: &str| {
                    places.part(directory, owner(&topology.users[&volume.owner]), user);
                };
                if let Some(subpath) = subpath {
                    directory = below(&directory, subpath);
                    part(&directory);
                }
                // The whole is mounted; what the workload writes has to be its own all the same.
                if let Some(own) = own {
                    part(&below(&directory, own));
                }
            }
        }
    }
}

/// Directories as a file of `tmpfiles.d`, which makes them at every start of the machine, with the
/// package directory left open.
pub(super) fn tmpfiles(scope: Scope, directories: &[Directory]) -> String {
    let line = |directory: &Directory| {
        let Directory { path, uid, gid } = directory;
        let path = quoted(&mount::placed(path));
        match scope {
            Scope::System => format!("d {path} 0755 {uid} {gid} -\n"),
            // All that a user makes is theirs.
            Scope::User => format!("d {path} 0755 - - -\n"),
        }
    };
    directories.iter().map(line).collect()
}

/// A path as `tmpfiles.d` reads it: in quotes, with C's escapes and systemd's specifiers.
fn quoted(path: &str) -> String {
    let path = path.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{path}\"")
}
