//! Health checks, and how long a start may take.

use model::{Condition, Health, Name, Port, Probe, Service, Topology};

use super::command;
use super::draft::Draft;
use super::names;

/// How long Podman may take to pull the image and start the container: both belong to the start
/// of the unit, for which systemd's own limit of 90 seconds is too short.
const PULL_SECONDS: u32 = 300;

/// Writes the health check of `service`.
pub(super) fn write(draft: &mut Draft, service: &Service) {
    let Some(health) = &service.health else {
        return;
    };
    let Health {
        probe,
        interval_seconds,
        timeout_seconds,
        retries,
        start_period_seconds,
        start_interval_seconds,
    } = health;
    let probe = self::probe(draft, service, probe);
    draft.argument("HealthCmd", &probe, "health.probe");
    draft.argument("HealthInterval", format!("{interval_seconds}s"), "health.interval_seconds");
    draft.argument("HealthTimeout", format!("{timeout_seconds}s"), "health.timeout_seconds");
    draft.argument("HealthRetries", retries, "health.retries");
    let start_period = format!("{start_period_seconds}s");
    draft.argument("HealthStartPeriod", start_period, "health.start_period_seconds");
    // Podman's start-up check runs until it succeeds once, whatever the start period; until then
    // the container is neither healthy nor unhealthy, and the limit of the unit's start ends it.
    if *start_period_seconds > 0 && start_interval_seconds != interval_seconds {
        let interval = format!("{start_interval_seconds}s");
        draft.argument("HealthStartupCmd", probe, "health.probe");
        draft.argument("HealthStartupInterval", interval, "health.start_interval_seconds");
        draft.argument(
            "HealthStartupTimeout",
            format!("{timeout_seconds}s"),
            "health.timeout_seconds",
        );
    }
}

/// Whether the unit of `service` counts as started only once it is healthy, so that what comes
/// `After=` it waits for that.
///
/// systemd has one state for both conditions: if any dependent waits for 'Healthy, those that
/// ask for 'Started wait as well. A service for whose health nobody waits reports it all the
/// same, unless something asks for 'Started, which may be what its health depends on.
pub(super) fn is_awaited(topology: &Topology, name: &Name, service: &Service) -> bool {
    let services = topology.services.values().map(|it| &it.workload);
    let workloads = services.chain(topology.jobs.values().map(|it| &it.workload));
    let asked: Vec<Condition> =
        workloads.filter_map(|it| it.depends_on.get(name).copied()).collect();
    service.health.is_some()
        && (asked.contains(&Condition::Healthy) || !asked.contains(&Condition::Started))
}

/// How long the start of `service` may take: the pull, and, where its health is awaited, as long
/// as it takes to be found unhealthy.
pub(super) fn start_seconds(service: &Service, awaited: bool) -> u32 {
    let Some(health) = service.health.as_ref().filter(|_| awaited) else {
        return PULL_SECONDS;
    };
    let once = health.interval_seconds.get().saturating_add(health.timeout_seconds.get());
    health
        .retries
        .get()
        .saturating_mul(once)
        .saturating_add(health.start_period_seconds)
        .saturating_add(PULL_SECONDS)
}

/// The probe as Podman takes it: a JSON array. Two elements or more are a program and its
/// arguments, unless the first is `CMD-SHELL`, which is followed by a line for `/bin/sh`.
fn probe(draft: &mut Draft, service: &Service, probe: &Probe) -> String {
    let shell = |line: String| command::json(&["CMD-SHELL".to_owned(), line]);
    let program = match probe {
        Probe::Exec(texts) => {
            let field = "health.probe.Exec";
            let texts: Vec<_> = texts.iter().map(|it| draft.spell(it, field)).collect();
            if texts.is_empty() {
                draft.refuse(field, "there is no program to run", "Write the program");
            }
            let secret = texts.iter().any(|it| it.is_secret());
            let program: Vec<String> = texts.iter().map(command::literal).collect();
            if secret || is_keyword(&program) {
                return shell(command::script(draft, &service.workload, &texts, "PROBE", field));
            }
            program
        }
        Probe::Shell(line) => {
            let line = draft.spell(line, "health.probe.Shell");
            if line.is_secret() {
                let message = "a secret in a line of shell could be taken for a part of its syntax";
                let hint = "Put the secret into `environment`, and its variable into the line";
                draft.refuse("health.probe.Shell", message, hint);
            }
            return shell(command::literal(&line));
        }
        Probe::Http { port, path } => {
            // By its own name: that is what a service binds that binds one address.
            let url = format!("http://{}{path}", address(draft, service, port));
            ["curl", "-f", &url].map(str::to_owned).to_vec()
        }
        Probe::Tcp { port } => {
            let address = address(draft, service, port).replace(':', "/");
            vec!["bash".to_owned(), "-c".to_owned(), format!("< /dev/tcp/{address}")]
        }
    };
    command::json(&program)
}

fn address(draft: &Draft, service: &Service, port: &Name) -> String {
    let port = service.ports.get(port).expect("checked: the port exists");
    let Port { container, protocol: _, count: _, application: _, publish: _ } = port;
    format!("{}:{container}", names::hostname(draft.topology, draft.name))
}

/// Whether Podman would take `program` for something else than a program and its arguments.
fn is_keyword(program: &[String]) -> bool {
    let keywords = ["CMD", "CMD-SHELL", "NONE"];
    let first = program.first().map(|it| it.to_uppercase());
    program.len() < 2 || first.is_some_and(|it| keywords.contains(&it.as_str()))
}
