//! Units as `install` writes them, of every accepted fixture: Podman's generators and systemd read
//! them without a complaint.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::json;

use crate::programs::tool;
use crate::{clp_gen, fixtures, options, run, stderr, stdout};

/// The oldest and the newest generator that there is.
const QUADLETS: [&str; 2] = ["quadlet-5.4.2", "quadlet-5.8.6"];

/// Some credentials.
pub(crate) const DATABASE_USER: &str = "its user";
pub(crate) const DATABASE_PASSWORD: &str = "its $ecret";
pub(crate) const REDIS_PASSWORD: &str = "another $ecret";

/// A fixture, installed below a folder that stands in for `/`.
pub(crate) struct Installed {
    folder: tempfile::TempDir,
    pub(crate) output: Output,
}

impl Installed {
    pub(crate) fn new(fixture: &Path, target: &str, further: &[&str]) -> Self {
        Self::with(fixture, target, further, None)
    }

    /// For systemd, with this token in the environment.
    pub(crate) fn with_token(fixture: &Path, token: Option<&str>) -> Self {
        Self::with(fixture, "systemd", &["--system"], token)
    }

    fn with(fixture: &Path, target: &str, further: &[&str], token: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let credentials = folder.path().join("credentials.yaml");
        let all = json!({
            "database": {
                "username": DATABASE_USER, "password": DATABASE_PASSWORD, "root_username": "root",
                "root_password": "r", "spider_username": "spider", "spider_password": "s",
            },
            "queue": { "username": "user", "password": "q" },
            "redis": { "password": REDIS_PASSWORD },
        });
        let of_the_toy = json!({ "database": { "password": DATABASE_PASSWORD } });
        let options = options(&fixture.join("in"));
        let all = if is_toy(fixture) { of_the_toy } else { all };
        fs::write(&credentials, all.to_string()).unwrap();
        fs::write(folder.path().join("host.yaml"), "{}\n").unwrap();
        let stage = folder.path().join("stage");
        let mut command = clp_gen(
            &fixture.join("in"),
            &["install", "--target", target, "--root", "/srv/deployment", "--destdir"],
        );
        command.arg(stage).arg("--credentials").arg(credentials).args(options).args(further);
        command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
        command.env_remove("AWS_SESSION_TOKEN").envs(token.map(|it| ("AWS_SESSION_TOKEN", it)));
        if !fixture.join("in/etc/host.yaml").exists() {
            command.arg("--host").arg(folder.path().join("host.yaml"));
        }
        let output = run(command);
        Self { folder, output }
    }

    /// Where a path is staged.
    pub(crate) fn place(&self, path: &str) -> PathBuf {
        self.folder.path().join("stage").join(path.strip_prefix('/').unwrap())
    }

    /// All units in one folder.
    fn units(&self, scope: &str) -> PathBuf {
        let units = self.folder.path().join("units");
        fs::create_dir_all(&units).unwrap();
        let home = std::env::var("HOME").unwrap();
        let folders = match scope {
            "--user" => [
                format!("{home}/.config/containers/systemd"),
                format!("{home}/.config/systemd/user"),
            ],
            _ => ["/etc/containers/systemd", "/etc/systemd/system"].map(str::to_owned),
        };
        for folder in folders {
            for entry in fs::read_dir(self.place(&folder)).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_file() {
                    fs::copy(entry.path(), units.join(entry.file_name())).unwrap();
                }
            }
        }
        units
    }
}

/// Whether a fixture is of the toy package, which has other inputs.
fn is_toy(fixture: &Path) -> bool {
    fixture.file_name().unwrap().to_str().unwrap().starts_with("notes")
}

/// Whether a fixture is refused for systemd.
pub(crate) fn is_refused(fixture: &Path) -> bool {
    fixture.join("out/systemd/error.txt").exists()
}

#[test]
fn generators_and_systemd_read_them() {
    for fixture in fixtures("accepted") {
        if is_refused(&fixture) {
            continue;
        }
        // A port that a user may publish.
        let service = if is_toy(&fixture) { "web" } else { "webui" };
        let port = format!("services.{service}.ports.http.publish.port=8080");
        for (further, quadlets) in [
            (vec!["--system"], &QUADLETS[..]),
            (vec!["--system", "--set", "systemd.podman=\"5.4\""], &QUADLETS[..1]),
            (vec!["--user", "--set", &port], &QUADLETS[1..]),
        ] {
            let installed = Installed::new(&fixture, "systemd", &further);
            let words = format!("{} {further:?}: {}", fixture.display(), stderr(&installed.output));
            assert!(installed.output.status.success(), "{words}");
            let units = installed.units(further[0]);
            for quadlet in quadlets {
                let mut verify = tool("systemd-verify");
                let output = run({
                    verify.arg(&units).arg(tool(quadlet).get_program());
                    verify
                });
                assert!(output.status.success(), "{quadlet}: {words}{}", stderr(&output));
                assert_eq!(stderr(&output), "", "{quadlet}: {words}");
                assert_eq!(stdout(&output), "", "{quadlet}: {words}");
            }
        }
    }
}
