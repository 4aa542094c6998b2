//! What is wrong with a deployment that was started: everything that the engine and the stand-ins
//! recorded, held against the topology.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::COMPOSE;
use super::deployment::Deployment;
use crate::{run, stderr, stdout};

/// How long workers may need that nobody waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a stand-in recorded: time in milliseconds, event, detail.
type Events = Vec<(u64, String, String)>;

/// Starts a deployment with the printed command. What is wrong then, one line each.
pub(crate) fn faults_of_start(deployment: &Deployment, seconds: u32) -> Vec<String> {
    let output = deployment.run("start", seconds);
    let mut faults = faults_of_command(&output);
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = Seen::now(deployment);
        if Instant::now() > end || seen.is_settled() {
            faults.extend(seen.faults());
            faults.extend(closed_ports(deployment));
            return faults;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn faults_of_command(output: &Output) -> Vec<String> {
    let said = stderr(output);
    let warned = said.lines().filter(|it| it.to_lowercase().contains("warn"));
    let mut faults: Vec<_> = warned.map(|it| format!("start: {it}")).collect();
    if !output.status.success() {
        let last = said.lines().last().unwrap_or_default();
        faults.push(format!("start: exit code {:?}: {last}", output.status.code()));
    }
    faults
}

/// What is seen of a deployment at one time.
struct Seen<'a> {
    topology: &'a Json,
    containers: serde_json::Map<String, Json>,
    events: BTreeMap<String, Events>,
}

impl<'a> Seen<'a> {
    fn now(deployment: &'a Deployment) -> Self {
        let containers = deployment.containers();
        let events = containers.iter().map(|(name, it)| {
            let logs = deployment.engine.ask(&["logs", it["Id"].as_str().unwrap()]);
            (name.clone(), logs.lines().filter_map(event).collect())
        });
        Self { topology: &deployment.topology, events: events.collect(), containers }
    }

    fn workloads(&self) -> impl Iterator<Item = (&'a String, &'a Json, bool)> {
        let of = |kind: &str| self.topology[kind].as_object().unwrap().iter();
        let services = of("services").map(|(name, it)| (name, it, false));
        services.chain(of("jobs").map(|(name, it)| (name, it, true)))
    }

    /// Whether nothing more is to be expected of what runs.
    fn is_settled(&self) -> bool {
        self.containers.iter().all(|(name, it)| {
            let rests = ["created", "exited"].contains(&it["State"]["Status"].as_str().unwrap());
            rests || self.at(name, "ready").is_some()
        })
    }

    /// When something happened first.
    fn at(&self, name: &str, event: &str) -> Option<u64> {
        let found = self.events.get(name)?.iter().find(|(_, it, _)| it == event);
        found.map(|(time, _, _)| *time)
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = vec![];
        for (name, workload, is_job) in self.workloads() {
            let Some(container) = self.containers.get(name) else {
                faults.push(format!("{name}: there is no container"));
                continue;
            };
            faults.extend(state(name, workload, container, is_job));
            faults.extend(self.records(name, workload, is_job));
            faults.extend(self.order(name, workload));
        }
        faults
    }

    /// What the stand-in says of itself.
    fn records(&self, name: &str, workload: &Json, is_job: bool) -> Vec<String> {
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
        faults
    }

    /// What began before what it waits for.
    fn order(&self, name: &str, workload: &Json) -> Vec<String> {
        let Some(begun) = self.at(name, "start") else { return vec![] };
        let mut faults = vec![];
        for (other, condition) in workload["depends_on"].as_object().unwrap() {
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

/// What the engine says of a container.
fn state(name: &str, workload: &Json, container: &Json, is_job: bool) -> Vec<String> {
    let mut faults = vec![];
    let state = &container["State"];
    let wanted = if is_job { ("exited", 0) } else { ("running", 0) };
    let found = (state["Status"].as_str().unwrap(), state["ExitCode"].as_i64().unwrap());
    if found != wanted {
        faults.push(format!("{name}: is {} ({})", found.0, found.1));
    }
    if container["RestartCount"] != 0 {
        faults.push(format!("{name}: restarted {} times", container["RestartCount"]));
    }
    let health = state["Health"]["Status"].as_str();
    if workload.get("health").is_some() && health != Some("healthy") {
        let said = state["Health"]["Log"].as_array().and_then(|it| it.last());
        let said = said.and_then(|it| it["Output"].as_str()).unwrap_or_default().trim();
        faults.push(format!("{name}: health is {}: {said}", health.unwrap_or("unknown")));
    }
    faults
}

/// The published ports that nobody answers on.
fn closed_ports(deployment: &Deployment) -> Vec<String> {
    let mut faults = vec![];
    for (name, service) in deployment.topology["services"].as_object().unwrap() {
        for (_, port) in service["ports"].as_object().unwrap() {
            let publish = &port["publish"];
            let (Some(address), Some(port)) =
                (publish["address"].as_str(), publish["port"].as_u64())
            else {
                continue;
            };
            let mut connect = deployment.engine.command(Path::new("bash"), COMPOSE);
            // The engine's proxy accepts by itself; an answer comes from inside.
            let script = format!(
                "exec 3<>/dev/tcp/{address}/{port} && echo HELLO >&3 && read -t 2 -r answer <&3 && echo \"$answer\""
            );
            connect.args(["-c", &script]);
            let answer = stdout(&run(connect));
            if !answer.starts_with("OK ") {
                faults.push(format!("{name}: {address}:{port} does not answer"));
            }
        }
    }
    faults
}

fn event(line: &str) -> Option<(u64, String, String)> {
    let mut words = line.splitn(3, ' ');
    let time = words.next()?.parse().ok()?;
    Some((time, words.next()?.to_owned(), words.next().unwrap_or_default().to_owned()))
}
