//! `[Unit]` and `[Service]`: when a container starts, stops and starts again.

use model::{Condition, Job, Resources, Restart, Service, Workload};

use super::draft::Draft;
use super::{health, names, version};

/// Time between the end of a container and its next start, so that one that always fails does
/// not keep the machine busy.
const RESTART_SECONDS: u32 = 5;

/// How much longer systemd waits than Podman before it kills what does not stop: Podman has to
/// kill and remove the container itself, or its name and addresses stay taken.
const STOP_MARGIN_SECONDS: u32 = 30;

/// Writes how a service starts, stops and starts again.
pub(super) fn service(draft: &mut Draft, service: &Service) {
    let awaited = health::is_awaited(draft.topology, draft.name, service);
    if awaited {
        notify_healthy(draft);
    }
    let start = health::start_seconds(service, awaited);
    draft.service("TimeoutStartSec", format!("{start}s"), "health");
    stop(draft, &service.workload);
    let restart = match service.restart {
        Restart::No => "no",
        // What somebody stopped is started with the machine in both cases: its target wants it.
        Restart::Always | Restart::UnlessStopped => "always",
        Restart::OnFailure { .. } => "on-failure",
    };
    draft.service("Restart", restart, "restart");
    draft.service("RestartSec", format!("{RESTART_SECONDS}s"), "restart");
    match service.restart {
        Restart::OnFailure { max_attempts: Some(attempts) } => {
            // The attempts have to fit in the interval even if each takes the longest start.
            let starts = attempts.get().saturating_add(1);
            let once = start.saturating_add(RESTART_SECONDS);
            let interval = starts.saturating_mul(once);
            draft.unit("StartLimitIntervalSec", format!("{interval}s"), "restart");
            draft.unit("StartLimitBurst", starts, "restart");
        }
        Restart::No
        | Restart::Always
        | Restart::UnlessStopped
        | Restart::OnFailure { max_attempts: None } => {
            draft.unit("StartLimitIntervalSec", "0", "restart");
        }
    }
    resources(draft, &service.workload);
}

/// Has the unit count as started only once its container is healthy.
fn notify_healthy(draft: &mut Draft) {
    let asked = draft.topology.systemd.podman;
    if version::has(draft.topology, version::NOTIFY_HEALTHY) {
        return draft.argument("Notify", "healthy", "health");
    }
    if !version::has(draft.topology, version::HEALTHY) {
        let least = version::HEALTHY;
        let message = format!("Podman {asked} cannot wait for health: {least} is the first to");
        let hint = format!("Write `systemd.podman = \"{least}\"` or later, and run that");
        return draft.refuse("health", message, &hint);
    }
    // The last `--sdnotify` counts.
    draft.option("--sdnotify=healthy", "health");
}

/// Writes how a job runs until it completes.
pub(super) fn job(draft: &mut Draft, job: &Job) {
    let Job { workload, retries } = job;
    // A unit of this type counts as started once its program ended with success, so `After=` it
    // means 'Completed; and it stays that way until somebody stops the target.
    draft.service("Type", "oneshot", "");
    draft.service("RemainAfterExit", "yes", "");
    draft.service("TimeoutStartSec", "infinity", "");
    stop(draft, workload);
    if *retries > 0 {
        draft.service("Restart", "on-failure", "retries");
        draft.service("RestartSec", format!("{RESTART_SECONDS}s"), "retries");
        // However long a run takes. Starting it again by hand needs `systemctl reset-failed`.
        draft.unit("StartLimitIntervalSec", "infinity", "retries");
        draft.unit("StartLimitBurst", retries.saturating_add(1), "retries");
    }
    resources(draft, workload);
}

/// Writes what a workload waits for, and that it stops with the deployment.
pub(super) fn dependencies(draft: &mut Draft, workload: &Workload) {
    let topology = draft.topology;
    let description = format!("{} of {}", draft.name, topology.project);
    draft.unit("Description", description, "");
    // Else what the target wants goes on running when the target stops.
    draft.unit("PartOf", names::target(topology), "");
    for (dependency, condition) in &workload.depends_on {
        let field = format!("depends_on.{dependency}");
        let unit = match topology.jobs.get(dependency) {
            Some(job) if job.retries > 0 => names::completion(topology, dependency),
            _ => names::service(topology, dependency),
        };
        match condition {
            // `After=` waits until the other unit counts as started, which is what these mean of
            // a service (`health::is_awaited`) and of a job (`job`). For 'Started it may wait
            // longer than asked. `Requires=` also passes on restarts: one that starts again
            // takes with it those that need it.
            Condition::Started | Condition::Healthy | Condition::Completed => {
                draft.unit("Requires", &unit, &field);
                draft.unit("After", &unit, &field);
                let service = names::service(topology, dependency);
                if service != unit {
                    // When both are restarted, it is the job that has to run first.
                    draft.unit("After", service, &field);
                }
            }
        }
    }
}

fn stop(draft: &mut Draft, workload: &Workload) {
    let seconds = workload.stop_grace_seconds.saturating_add(STOP_MARGIN_SECONDS);
    draft.service("TimeoutStopSec", format!("{seconds}s"), "stop_grace_seconds");
}

/// Limits of the unit, which hold its containers: systemd enforces them whatever Podman can.
fn resources(draft: &mut Draft, workload: &Workload) {
    let Some(Resources { cpu_millis, memory_mebibytes }) = &workload.resources else {
        return;
    };
    if let Some(millis) = cpu_millis {
        let percent = format!("{}.{}%", millis.get() / 10, millis.get() % 10);
        draft.service("CPUQuota", percent, "resources.cpu_millis");
    }
    if let Some(mebibytes) = memory_mebibytes {
        draft.service("MemoryMax", format!("{mebibytes}M"), "resources.memory_mebibytes");
    }
}
