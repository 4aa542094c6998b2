//! `[Container]`: what Podman runs.
//!
//! Only keys that the oldest Podman knows that has to run it (`version`): its generator refuses a
//! unit with any other. What has no key there is an option of `podman run` in `PodmanArgs=`.

use model::{Image, Logging, Port, Protocol, Publish, Scope, Service, Text, User, Workload};

use super::draft::Draft;
use super::{command, mount, names, version};

/// The first port that a user may listen on.
const FIRST_UNPRIVILEGED_PORT: u16 = 1024;

/// Writes what services and jobs have in common.
pub(super) fn write(draft: &mut Draft, workload: &Workload) {
    let Workload {
        image,
        entrypoint: _, // `command` writes both.
        command: _,
        environment,
        user,
        supplementary_groups,
        hostname: _, // `names` knows it.
        host_aliases,
        mounts,
        depends_on: _, // In `[Unit]`.
        stop_grace_seconds,
        logging,
        resources: _, // In `[Service]`.
        labels,
        discreet: _, // The form was chosen before.
    } = workload;
    let topology = draft.topology;
    let image = &topology.images[image];
    draft.argument("Image", qualified(image), "image");
    if image.local.is_some() {
        draft.option("--pull=never", "image");
    }
    draft.argument("ContainerName", names::unit(topology, draft.name), "");
    network(draft);
    let user = &topology.users[user];
    draft.argument("User", user.uid, "user");
    draft.argument("Group", user.gid, "user");
    user_names(draft, user);
    for group in supplementary_groups {
        group_of_host(draft);
        let field = "supplementary_groups";
        draft.key_since(version::GROUP_ADD, ("GroupAdd", "group-add"), group, field);
    }
    for (alias, address) in host_aliases {
        let field = format!("host_aliases.{alias}");
        let value = format!("{alias}:{address}");
        draft.key_since(version::ADD_HOST, ("AddHost", "add-host"), value, &field);
    }
    for (variable, value) in environment {
        self::variable(draft, variable, value);
    }
    for (name, it) in mounts {
        mount::write(draft, name, it);
    }
    command::write(draft, workload);
    let keys = ("StopTimeout", "stop-timeout");
    draft.key_since(version::STOP_TIMEOUT, keys, stop_grace_seconds, "stop_grace_seconds");
    if let Some(logging) = logging {
        self::logging(draft, logging);
    }
    for (label, value) in labels {
        draft.words("Label", vec![format!("{label}={value}")], &format!("labels.{label}"));
    }
}

/// Publishes the ports of `service` that clients outside reach.
pub(super) fn ports(draft: &mut Draft, service: &Service) {
    for (name, port) in &service.ports {
        let Port { container, protocol, count, application: _, publish } = port;
        let Some(Publish { address, port }) = publish else {
            continue;
        };
        let field = format!("ports.{name}.publish");
        let more = count.get() - 1;
        let last = |first: u16| first.checked_add(more);
        let (Some(last_port), Some(last_container)) = (last(port.get()), last(container.get()))
        else {
            let message = format!("{count} ports from {port} on end beyond 65535");
            draft.refuse(&field, message, "Start lower, or ask for fewer");
            continue;
        };
        if draft.topology.systemd.scope == Scope::User && port.get() < FIRST_UNPRIVILEGED_PORT {
            let message = format!("without root, Podman cannot publish port {port}");
            let hint = "Publish 1024 or above, or install for the system (`systemd.scope`)";
            draft.refuse(&field, message, hint);
        }
        let protocol = match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        };
        let value = match more {
            0 => format!("{address}:{port}:{container}/{protocol}"),
            _ => format!("{address}:{port}-{last_port}:{container}-{last_container}/{protocol}"),
        };
        draft.argument("PublishPort", value, &field);
    }
}

/// Without root, all that a container sees of the machine belongs to the user who runs it: in the
/// container that is the workload's own user.
fn user_names(draft: &mut Draft, user: &User) {
    let User { uid, gid } = user;
    match (draft.topology.systemd.scope, *uid, *gid) {
        // Root in a container is that user already.
        (Scope::System, ..) | (Scope::User, 0, 0) => {}
        (Scope::User, ..) => {
            draft.argument("UserNS", format!("keep-id:uid={uid},gid={gid}"), "user");
        }
    }
}

/// Without root, groups of the machine mean nothing in a container.
fn group_of_host(draft: &mut Draft) {
    if draft.topology.systemd.scope == Scope::User {
        let message = "without root, containers do not have groups of the machine";
        let hint = "Leave the groups out, or install for the system (`systemd.scope`)";
        draft.refuse("supplementary_groups", message, hint);
    }
}

/// The image as Docker understands it: Podman would ask each registry of the machine's list for
/// a name without one.
fn qualified(image: &Image) -> String {
    let reference = model::ImageReference(image).to_string();
    match image.repository.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => reference,
        Some(_) => format!("docker.io/{reference}"),
        None => format!("docker.io/library/{reference}"),
    }
}

/// Podman's names find a container by its name and aliases, not by its host name.
fn network(draft: &mut Draft) {
    let hostname = names::hostname(draft.topology, draft.name).to_owned();
    let known = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if hostname.is_empty() || !hostname.chars().all(known) {
        let message = format!("`{hostname}` is no host name");
        draft.refuse("hostname", message, "Write letters, digits and `-`");
    }
    draft.argument("HostName", &hostname, "hostname");
    let network = names::network(draft.topology);
    draft.argument("Network", format!("{network}:alias={hostname}"), "hostname");
}

fn variable(draft: &mut Draft, variable: &str, value: &Text) {
    let field = format!("environment.{variable}");
    if variable.is_empty() || variable.contains('=') {
        let message = format!("`{variable}` is no name of a variable");
        return draft.refuse(&field, message, "Write letters, digits and `_`");
    }
    let value = draft.spell(value, &field);
    match value.as_literal() {
        Some(text) => draft.words("Environment", vec![format!("{variable}={text}")], &field),
        None => draft.secret_variable(variable, value, &field),
    }
}

/// Docker's own drivers become the nearest of Podman's: `local` is the journal, which keeps
/// within limits by itself, and `json-file` is `k8s-file`.
fn logging(draft: &mut Draft, logging: &Logging) {
    let Logging { driver, options } = logging;
    let (name, known): (&str, &[&str]) = match driver.as_str() {
        "local" => ("journald", &[]),
        "journald" => ("journald", &["tag"]),
        "json-file" | "k8s-file" => ("k8s-file", &["max-size"]),
        "none" => ("none", &[]),
        _ => {
            let message = format!("Podman has no log driver `{driver}`");
            let hint = "Write `journald`, `k8s-file` or `none`";
            return draft.refuse("logging.driver", message, hint);
        }
    };
    draft.argument("LogDriver", name, "logging.driver");
    for (option, value) in options {
        let field = format!("logging.options.{option}");
        if !known.contains(&option.as_str()) {
            let message = format!("Podman's log driver `{name}` has no option `{option}`");
            draft.refuse(&field, message, "Leave it out");
        }
        let value = format!("{option}={value}");
        draft.key_since(version::LOG_OPTION, ("LogOpt", "log-opt"), value, &field);
    }
}
