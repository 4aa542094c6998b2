//! The lock against real registries, on loopback.

mod engine;
mod failures;
mod fake;
mod found;
pub(crate) mod images;
pub(crate) mod server;
mod token;
mod upkeep;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value as Json;

use crate::{clp_gen, root, run, stderr, stdout};

/// The name and the password that registries of these tests know.
const USER: &str = "tester";
const PASSWORD: &str = "a-secret-word";

/// A project with the toy package, whose image a registry has.
struct Project {
    folder: tempfile::TempDir,
    /// The image's repository.
    repository: String,
}

impl Project {
    /// A project whose image is `repository:1`.
    fn new(repository: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Nobody is logged in anywhere.
        fs::create_dir(folder.path().join("docker")).unwrap();
        Self { folder, repository: repository.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Credentials as `docker login` leaves them.
    fn configure(&self, configuration: &Json) {
        fs::write(self.path("docker/config.json"), configuration.to_string()).unwrap();
    }

    fn arguments(&self, command: &[&str], further: &[&str]) -> Vec<String> {
        let mut arguments: Vec<String> =
            command.iter().chain(further).map(|it| (*it).to_owned()).collect();
        let package = root().join("fixtures/packages/notes");
        arguments.extend(["--package".to_owned(), package.display().to_string()]);
        let repository = format!("images.notes.repository=\"{}\"", self.repository);
        for set in [repository, "images.notes.tag=\"1\"".to_owned()] {
            arguments.extend(["--set".to_owned(), set]);
        }
        arguments
    }

    fn run(&self, command: &[&str], further: &[&str]) -> Output {
        let arguments = self.arguments(command, further);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = clp_gen(self.folder.path(), &arguments);
        command.env("DOCKER_CONFIG", self.path("docker"));
        let output = run(command);
        for text in [stdout(&output), stderr(&output)] {
            assert!(!text.contains(PASSWORD) && !text.contains("eyJ"), "a secret is shown: {text}");
        }
        output
    }

    /// Locks, speaking to the registry without TLS.
    fn lock(&self, further: &[&str]) -> Output {
        let registry = self.registry();
        self.run(&["lock"], &[&["--plain-http", registry.as_str()], further].concat())
    }

    fn registry(&self) -> String {
        self.repository.split('/').next().unwrap().to_owned()
    }

    fn lock_text(&self) -> String {
        fs::read_to_string(self.path("clp-gen.lock")).unwrap()
    }

    /// The digest that the lock has.
    fn digest(&self) -> String {
        let text = self.lock_text();
        let (_, rest) = text.split_once("\n[[image]]").unwrap();
        let line = rest.lines().find_map(|it| it.strip_prefix("digest = \"")).unwrap();
        line.trim_end_matches('"').to_owned()
    }

    fn has_lock(&self) -> bool {
        self.path("clp-gen.lock").exists()
    }
}

/// What a command said, without spaces: lines may be broken anywhere.
fn said(output: &Output) -> String {
    unspaced(&stderr(output))
}

fn unspaced(text: &str) -> String {
    text.chars().filter(|it| !it.is_whitespace() && *it != '│').collect()
}

fn ends(output: &Output, code: i32, words: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    let text = said(output);
    for wanted in words {
        assert!(text.contains(&unspaced(wanted)), "{wanted}: {}", stderr(output));
    }
}

/// The Basic credentials of a configuration of Docker's.
fn login(registry: &str, user: &str, password: &str) -> Json {
    let auth = base64(&format!("{user}:{password}"));
    serde_json::json!({ "auths": { registry: { "auth": auth } } })
}

fn base64(text: &str) -> String {
    use base64::Engine;

    base64::prelude::BASE64_STANDARD.encode(text)
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}
