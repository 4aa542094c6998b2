//! What stands between a job that is tried again and what waits for it.
//!
//! systemd gives up what waits for a unit at that unit's first failure (before
//! `RestartMode=direct` of systemd 254, which is too new). So dependents wait for a unit of ours
//! instead, which becomes active when the job has completed, and fails when systemd has given the
//! job up.

use model::{Name, Scope, Topology};

use super::names;
use super::unit::{Line, Section, Unit};

/// The gate of the job `name`, and its file's name.
pub(super) fn of(topology: &Topology, name: &Name) -> (String, Unit) {
    let path = format!("jobs.{name}");
    let job = names::service(topology, name);
    let line = |key: &str, value: String| Line::plain(key, value, path.clone());
    let description = format!("completion of {name} of {}", topology.project);
    let unit = vec![
        line("Description", description),
        line("PartOf", names::target(topology)),
        // Not `Requires=`, which would fail with the job's first failure.
        line("Wants", job.clone()),
        line("After", job.clone()),
    ];
    let service = vec![
        line("Type", "oneshot".to_owned()),
        line("RemainAfterExit", "yes".to_owned()),
        line("TimeoutStartSec", "infinity".to_owned()),
        line("ExecStart", wait(topology.systemd.scope, &job)),
    ];
    let sections =
        vec![Section { name: "Unit", lines: unit }, Section { name: "Service", lines: service }];
    (names::completion(topology, name), Unit { from: path, sections })
}

/// A command that ends well when `job` is active, and badly when it is neither that nor on its way
/// to it. A job that waits for its next try is `activating`.
fn wait(scope: Scope, job: &str) -> String {
    let systemctl = match scope {
        Scope::System => "systemctl",
        Scope::User => "systemctl --user",
    };
    format!(
        "/bin/sh -c \"until {systemctl} --quiet is-active {job}; do \
         {systemctl} show --property=ActiveState {job} | grep -q activating || exit 1; \
         sleep 1; done\""
    )
}
