//! What the container engine of this machine says of itself. Nothing is started.
//!
//! **Invariant.** Only this file starts processes, and none of them is given a secret.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::lock::ImageDigest;

/// How long the engine may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The oldest Engine that knows `start_interval`.
pub const ENGINE: [u32; 2] = [25, 0];

/// The oldest Compose that the release names.
pub const COMPOSE: [u32; 2] = [2, 28];

/// What is known of the engine; what it does not answer is absent.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    /// Its version.
    pub engine: Option<String>,
    /// The version of Compose.
    pub compose: Option<String>,
    /// The files of the projects that exist, by name.
    pub projects: Vec<Project>,
}

/// A project of Compose's.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Project {
    /// Its name.
    pub name: String,
    /// Its files, with commas between them.
    #[serde(default)]
    pub config_files: String,
}

impl Engine {
    /// Asks the engine.
    #[must_use]
    pub fn ask() -> Self {
        let engine = docker(&["version", "--format", "{{.Server.Version}}"]);
        // An engine that does not answer knows no projects either.
        let projects =
            engine.as_ref().and_then(|_| docker(&["compose", "ls", "--all", "--format", "json"]));
        let projects = projects.and_then(|it| serde_json::from_str(&it).ok()).unwrap_or_default();
        Self { engine, compose: docker(&["compose", "version", "--short"]), projects }
    }

    /// The folders that a project was started from, if it is there.
    #[must_use]
    pub fn folders_of(&self, project: &str) -> BTreeSet<PathBuf> {
        let here = self.projects.iter().filter(|it| it.name == project);
        let files = here.flat_map(|it| it.config_files.split(',')).map(PathBuf::from);
        files.filter_map(|it| it.parent().map(ToOwned::to_owned)).collect()
    }
}

/// The published ports of the containers of a project: `127.0.0.1:4000->4000/tcp`, and so on.
#[must_use]
pub fn ports_of(project: &str) -> Vec<String> {
    let filter = format!("label=com.docker.compose.project={project}");
    let text = docker(&["ps", "--filter", &filter, "--format", "{{.Ports}}"]).unwrap_or_default();
    text.split([',', '\n']).map(|it| it.trim().to_owned()).collect()
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

/// Whether a version (`v2.40.3-desktop.1`) is at least `least`; `None` if it is none.
#[must_use]
pub fn is_at_least(version: &str, least: [u32; 2]) -> Option<bool> {
    let mut numbers = version.trim_start_matches('v').split(['.', '-', '+']).map(str::parse::<u32>);
    let found = [numbers.next()?.ok()?, numbers.next()?.ok()?];
    Some(found >= least)
}

/// What `docker` prints, if it is there, answers in time and succeeds.
fn docker(arguments: &[&str]) -> Option<String> {
    let mut child = Command::new("docker")
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
