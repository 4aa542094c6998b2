//! What is wrong with a deployment that was started: everything that systemd, Podman and the
//! stand-ins recorded, held against the topology.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::deployment::Deployment;
use crate::stdout;

/// How long workloads may need that nobody waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a stand-in recorded: time in milliseconds, event, detail.
type Events = Vec<(u64, String, String)>;

/// What is wrong with `workloads`, one line each; what was recorded before `since`, in
/// milliseconds, does not count.
pub(crate) fn faults(deployment: &Deployment<'_>, workloads: &[String], since: u64) -> Vec<String> {
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = Seen::now(deployment, since);
        let faults = seen.all_faults(workloads);
        if faults.is_empty() || Instant::now() > end || seen.is_hopeless(workloads) {
            return faults;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// The machine's time, in milliseconds.
pub(crate) fn now(deployment: &Deployment<'_>) -> u64 {
    deployment.machine.ask(&["date", "+%s%3N"]).trim().parse().unwrap()
}

/// What is seen of a deployment at one time.
pub(crate) struct Seen<'a> {
    topology: &'a Json,
    /// By workload, the properties of its unit.
    units: BTreeMap<String, BTreeMap<String, String>>,
    events: BTreeMap<String, Events>,
}

impl<'a> Seen<'a> {
    pub(crate) fn now(deployment: &'a Deployment<'_>, since: u64) -> Self {
        let names = deployment.workloads();
        let events = names.iter().map(|name| (name.clone(), events(deployment, name, since)));
        let events = events.collect();
        let units = names.iter().map(|name| (name.clone(), properties(deployment, name)));
        Self { topology: &deployment.topology, units: units.collect(), events }
    }

    fn workload(&self, name: &str) -> (&'a Json, bool) {
        match self.topology["services"].get(name) {
            Some(service) => (service, false),
            None => (&self.topology["jobs"][name], true),
        }
    }

    /// Whether waiting longer changes nothing: something failed for good.
    fn is_hopeless(&self, workloads: &[String]) -> bool {
        workloads.iter().any(|it| self.units[it]["ActiveState"] == "failed")
    }

    /// When something happened first.
    pub(crate) fn at(&self, name: &str, event: &str) -> Option<u64> {
        let found = self.events.get(name)?.iter().find(|(_, it, _)| it == event);
        found.map(|(time, _, _)| *time)
    }

    /// How often something happened.
    pub(crate) fn count(&self, name: &str, event: &str) -> usize {
        self.events[name].iter().filter(|(_, it, _)| it == event).count()
    }

    /// What is wrong with `workloads`, one line each.
    pub(crate) fn all_faults(&self, workloads: &[String]) -> Vec<String> {
        workloads.iter().flat_map(|it| self.faults(it)).collect()
    }

    fn faults(&self, name: &str) -> Vec<String> {
        let unit = &self.units[name];
        let mut faults = vec![];
        if unit["ActiveState"] != "active" {
            faults.push(format!("{name}: is {} ({})", unit["ActiveState"], unit["Result"]));
        }
        if unit["NRestarts"] != "0" {
            faults.push(format!("{name}: restarted {} times", unit["NRestarts"]));
        }
        faults.extend(self.records(name));
        faults.extend(self.order(name));
        faults
    }

    /// What the stand-in says of itself.
    fn records(&self, name: &str) -> Vec<String> {
        let (workload, is_job) = self.workload(name);
        let events = &self.events[name];
        let failed = events.iter().filter(|(_, it, _)| it == "failed");
        let mut faults: Vec<_> =
            failed.map(|(_, _, why)| format!("{name}: failed: {why}")).collect();
        let last = if is_job { "end" } else { "ready" };
        if self.at(name, last).is_none() {
            faults.push(format!("{name}: never came to its {last}"));
            return faults;
        }
        for (_, port) in workload["ports"].as_object().into_iter().flatten() {
            let number = port["container"].to_string();
            if !events.iter().any(|(_, it, detail)| it == "listening" && *detail == number) {
                faults.push(format!("{name}: does not listen on {number}"));
            }
        }
        // A unit whose health is waited for is active only then.
        let is_active = self.units[name]["ActiveState"] == "active";
        if is_active && workload.get("health").is_some() && self.at(name, "probed").is_none() {
            faults.push(format!("{name}: was never probed"));
        }
        faults
    }

    /// What began before what it waits for.
    fn order(&self, name: &str) -> Vec<String> {
        let Some(begun) = self.at(name, "start") else { return vec![] };
        let mut faults = vec![];
        for (other, condition) in self.workload(name).0["depends_on"].as_object().unwrap() {
            let condition = condition.as_str().unwrap();
            let event = match condition {
                "Healthy" => "probed",
                "Completed" => "end",
                "Started" => "start",
                other => panic!("a condition is {other}"),
            };
            if self.at(other, event).is_none_or(|it| it > begun) {
                faults.push(format!("{name}: began before {other} was {condition}"));
            }
        }
        faults
    }
}

fn events(deployment: &Deployment<'_>, name: &str, since: u64) -> Events {
    let container = format!("CONTAINER_NAME={}-{name}", deployment.project());
    let log = deployment.machine.ask(&["journalctl", "--boot", "--output=cat", &container]);
    log.lines().filter_map(event).filter(|(time, _, _)| *time >= since).collect()
}

fn properties(deployment: &Deployment<'_>, name: &str) -> BTreeMap<String, String> {
    let names = "ActiveState,Result,NRestarts";
    let shown =
        deployment.machine.shell(&format!("systemctl show -p {names} {}", deployment.unit(name)));
    let pairs = stdout(&shown);
    let pairs = pairs.lines().filter_map(|it| it.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn event(line: &str) -> Option<(u64, String, String)> {
    let mut words = line.splitn(3, ' ');
    let time = words.next()?.parse().ok()?;
    Some((time, words.next()?.to_owned(), words.next().unwrap_or_default().to_owned()))
}
