//! An installation for systemd, staged: what is left to do is printed exactly, secrets are files
//! of their owner's, and what cannot be is refused at its line.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use crate::boot::printed;
use crate::{clp_gen, fixtures, root, run, stderr, stdout};

/// A folder with the inputs of the toy package, to stage installations in.
struct Staged(tempfile::TempDir);

impl Staged {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let credentials = "database:\n  password: canary-one\n";
        fs::write(folder.path().join("credentials.yaml"), credentials).unwrap();
        fs::write(folder.path().join("host.yaml"), "instance_id: ab12\n").unwrap();
        Self(folder)
    }

    fn install(&self, further: &[&str]) -> Output {
        let package = root().join("fixtures/packages/notes");
        let mut arguments = vec!["install", "--target", "systemd", "--root", "/srv/notes"];
        arguments.extend(["--package", package.to_str().unwrap(), "--host", "host.yaml"]);
        arguments.extend(["--credentials", "credentials.yaml", "--destdir", "stage"]);
        arguments.extend(further);
        let mut command = clp_gen(self.0.path(), &arguments);
        command.env("HOME", "/home/somebody").env_remove("XDG_CONFIG_HOME");
        run(command)
    }

    fn commands(&self, further: &[&str]) -> Vec<(String, String)> {
        let output = self.install(further);
        assert!(output.status.success(), "{}", stderr(&output));
        printed(&stdout(&output))
    }

    fn place(&self, path: &str) -> PathBuf {
        self.0.path().join("stage").join(path.strip_prefix('/').unwrap())
    }
}

fn command<'a>(commands: &'a [(String, String)], what: &str) -> Option<&'a str> {
    commands.iter().find(|(it, _)| it == what).map(|(_, line)| line.as_str())
}

#[test]
fn what_is_left_to_do_is_printed() {
    let staged = Staged::new();
    let first = staged.commands(&[]);
    assert_eq!(command(&first, "restart"), None, "nothing runs yet");
    assert_eq!(command(&first, "reload"), Some("systemctl daemon-reload"));
    let same = staged.commands(&[]);
    assert_eq!(command(&same, "restart"), None, "nothing has changed");
    let titled = staged.commands(&["--set", "config.title=\"Other\""]);
    let restart = "systemctl restart notes-ab12-web.service";
    assert_eq!(command(&titled, "restart"), Some(restart), "who reads the settings");

    let rotated = "database:\n  password: canary-two\n";
    fs::write(staged.0.path().join("credentials.yaml"), rotated).unwrap();
    let rotated = staged.commands(&["--set", "config.title=\"Other\""]);
    let restart = "systemctl restart notes-ab12-migrate.service notes-ab12-web.service";
    assert_eq!(command(&rotated, "restart"), Some(restart), "who is given the password");
}

#[test]
fn what_is_gone_is_stopped_and_removed() {
    let staged = Staged::new();
    staged.commands(&["--set", "jobs.migrate.retries=0"]);
    let unit = "/etc/containers/systemd/notes-ab12-migrate.container";
    let gate = "/etc/systemd/system/notes-ab12-migrate.completed.service";
    assert!(staged.place(unit).exists() && !staged.place(gate).exists());
    staged.commands(&[]);
    assert!(staged.place(gate).exists());
    let commands = staged.commands(&["--set", "jobs.migrate.retries=0"]);
    let gone = "systemctl stop notes-ab12-migrate.completed.service";
    assert_eq!(command(&commands, "stop what is gone"), Some(gone));
    assert!(!staged.place(gate).exists());
}

#[test]
fn secrets_are_files_of_their_owners() {
    let staged = Staged::new();
    let output = staged.install(&[]);
    assert!(output.status.success(), "{}", stderr(&output));
    for said in [stdout(&output), stderr(&output)] {
        assert!(!said.contains("canary"), "{said}");
    }
    let mut holders = vec![];
    for (path, bytes) in crate::files(&staged.0.path().join("stage")) {
        if String::from_utf8_lossy(&bytes).contains("canary") {
            let place = staged.0.path().join("stage").join(&path);
            assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
            holders.push(path);
        }
    }
    let of = |it: &str| format!("srv/notes/.clp-gen/secrets/notes-ab12-{it}.env.DATABASE_URL");
    assert_eq!(holders, [of("migrate"), of("web"), "srv/notes/etc/settings.yaml".to_owned()]);
    let folder = staged.place("/srv/notes/.clp-gen");
    assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_user_has_places_of_their_own() {
    let staged = Staged::new();
    let commands = staged.commands(&["--user"]);
    assert_eq!(command(&commands, "reload"), Some("systemctl --user daemon-reload"));
    for path in [
        "containers/systemd/notes-ab12-web.container",
        "systemd/user/notes-ab12.target",
        "systemd/user/default.target.d/notes-ab12.conf",
        "user-tmpfiles.d/notes-ab12.conf",
    ] {
        assert!(staged.place(&format!("/home/somebody/.config/{path}")).exists(), "{path}");
    }
    assert!(!staged.place("/etc").exists(), "nothing is the system's");
}

#[test]
fn what_cannot_be_is_refused() {
    for (further, said) in [
        (
            &["--user", "--set", "config.web.port=80"][..],
            "without root, Podman cannot publish port 80",
        ),
        (
            &["--set", "systemd.podman=\"4.6\""],
            "Podman 4.6 cannot wait for health: 4.7 is the first to",
        ),
        (&["--set", "systemd.podman=\"3.4\""], "wanted a release of Podman from 4.6 to 6.x"),
        (&["--set", "systemd.scope='Somebody"], "systemd.scope"),
    ] {
        let staged = Staged::new();
        let output = staged.install(further);
        assert_eq!(output.status.code(), Some(1), "{further:?}");
        assert!(stderr(&output).contains(said), "{said} is not said: {}", stderr(&output));
        assert!(!staged.0.path().join("stage").exists(), "nothing is written");
    }
}

#[test]
fn an_optional_secret_is_passed_where_it_is_set() {
    let fixture = fixtures("accepted").into_iter().find(|it| it.ends_with("clp-s3")).unwrap();
    for (token, expected) in [(None, false), (Some("canary"), true)] {
        let installed = crate::units::Installed::with_token(&fixture, token);
        assert!(installed.output.status.success(), "{}", stderr(&installed.output));
        let name = "clp-package-0000-compression-worker";
        let unit = installed.place(&format!("/etc/containers/systemd/{name}.container"));
        let unit = fs::read_to_string(unit).unwrap();
        assert_eq!(unit.matches("AWS_SESSION_TOKEN").count() > 0, expected);
        assert!(!unit.contains("@@") && !unit.contains("canary"), "{unit}");
        let file = format!("/srv/deployment/.clp-gen/secrets/{name}.env.AWS_SESSION_TOKEN");
        assert_eq!(installed.place(&file).exists(), expected);
    }
}
