//! What the container engine of this machine says of itself. Nothing is started.
//!
//! **Invariant.** Only this file starts processes, and none of them is given a secret.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use model::Protocol;
use serde::Deserialize;

use crate::lock::ImageDigest;

/// How long the engine may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The oldest Engine that knows `start_interval`.
pub const ENGINE: [u32; 2] = [25, 0];

/// The oldest Compose that the release names.
pub const COMPOSE: [u32; 2] = [2, 28];

/// What a container of a project is asked: no more, since its environment holds secrets.
const QUESTION: &str = "{\"folder\":{{json (index .Config.Labels \"com.docker.compose.project.working_dir\")}},\
                        \"ports\":{{json .NetworkSettings.Ports}}}";

/// The oldest systemd that units are written for.
pub const SYSTEMD: u32 = 250;

/// What is known of the engine; what it does not answer is absent.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    /// Its version.
    pub engine: Option<String>,
    /// The version of Compose.
    pub compose: Option<String>,
    /// The containers of the project, whether they run or not.
    pub containers: Vec<Container>,
}

/// A container that Compose made.
#[derive(Clone, Debug, Deserialize)]
pub struct Container {
    /// The folder that its project was started for.
    pub folder: PathBuf,
    /// What it publishes now, by `port/protocol` in the container.
    ports: BTreeMap<String, Option<Vec<Binding>>>,
}

/// A port of the host's.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    host_ip: String,
    host_port: String,
}

impl Engine {
    /// Asks the engine about itself and about a project.
    #[must_use]
    pub fn ask(project: &str) -> Self {
        let engine = docker(&["version", "--format", "{{.Server.Version}}"]);
        // An engine that does not answer knows no containers either.
        let containers = engine.as_ref().map(|_| containers(project)).unwrap_or_default();
        Self { engine, compose: docker(&["compose", "version", "--short"]), containers }
    }
}

impl Container {
    /// Whether it holds a port of the host's at an address.
    #[must_use]
    pub fn holds(&self, address: Ipv4Addr, port: u16, protocol: Protocol) -> bool {
        let protocol = match protocol {
            Protocol::Tcp => "/tcp",
            Protocol::Udp => "/udp",
        };
        let here = self.ports.iter().filter(|(inside, _)| inside.ends_with(protocol));
        here.flat_map(|(_, it)| it.iter().flatten()).any(|Binding { host_ip, host_port }| {
            let wide = |it: &str| it == "0.0.0.0" || it == "::";
            let address = address.to_string();
            (*host_ip == address || wide(host_ip) || wide(&address))
                && *host_port == port.to_string()
        })
    }
}

fn containers(project: &str) -> Vec<Container> {
    let filter = format!("label=com.docker.compose.project={project}");
    let list = docker(&["ps", "--all", "--quiet", "--filter", &filter]).unwrap_or_default();
    let inspect = ["inspect", "--type", "container", "--format", QUESTION].into_iter();
    let answer = match list.is_empty() {
        true => None,
        false => docker(&inspect.chain(list.lines()).collect::<Vec<_>>()),
    };
    let answer = answer.unwrap_or_default();
    answer.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The id under which the engine has an image; `None` if it has none of this name.
///
/// # Errors
///
/// An engine that does not answer.
pub fn image_id(reference: &str) -> Result<Option<ImageDigest>, String> {
    let format = ["--format", "{{.Id}}"];
    if let Some(id) = docker(&[&["image", "inspect"], &format[..], &["--", reference]].concat()) {
        return Ok(ImageDigest::parse(&id));
    }
    match docker(&["version", "--format", "{{.Server.Version}}"]) {
        Some(_) => Ok(None),
        None => {
            Err("the container engine does not answer: is it running, and may you use it?"
                .to_owned())
        }
    }
}

/// The published ports of the containers that Podman runs of a project:
/// `127.0.0.1:4000->4000/tcp`, and so on.
#[must_use]
pub fn podman_ports(project: &str) -> Vec<String> {
    let filter = format!("name=^{project}-");
    let text = ask("podman", &["ps", "--filter", &filter, "--format", "{{.Ports}}"]);
    let text = text.unwrap_or_default();
    text.split([',', '\n']).map(|it| it.trim().to_owned()).collect()
}

/// Whether a version (`v2.40.3-desktop.1`) is at least `least`; `None` if it is none.
#[must_use]
pub fn is_at_least(version: &str, least: [u32; 2]) -> Option<bool> {
    let mut numbers = version.trim_start_matches('v').split(['.', '-', '+']).map(str::parse::<u32>);
    let found = [numbers.next()?.ok()?, numbers.next()?.ok()?];
    Some(found >= least)
}

/// The version of Podman, if it is there.
#[must_use]
pub fn podman() -> Option<String> {
    ask("podman", &["--version"])?.split_whitespace().last().map(str::to_owned)
}

/// The version of systemd, if it is there: `systemd 257 (257.13-1)`.
#[must_use]
pub fn systemd() -> Option<u32> {
    ask("systemctl", &["--version"])?.split_whitespace().nth(1)?.parse().ok()
}

fn docker(arguments: &[&str]) -> Option<String> {
    ask("docker", arguments)
}

/// What `program` prints, if it is there, answers in time and succeeds.
fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdout = child.stdout.take()?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).ok().map(|_| text)
    });
    let end = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait().ok()? {
            Some(status) => break status,
            None if Instant::now() > end => {
                // It may have ended meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let text = reader.join().ok()??;
    let text = text.trim();
    (status.success() && !text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{COMPOSE, is_at_least};

    #[test]
    fn versions_are_compared_by_number() {
        for (version, expected) in [
            ("2.28.1", Some(true)),
            ("v2.9.0", Some(false)),
            ("5.5.1", Some(true)),
            ("2.40.3-desktop.1", Some(true)),
            ("dev", None),
        ] {
            assert_eq!(is_at_least(version, COMPOSE), expected, "{version}");
        }
    }
}
