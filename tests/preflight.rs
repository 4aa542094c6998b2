//! An installation on this machine: what is in its way, what it replaces, and how it is undone.
//! `docker` is a script here that answers what a test wants, and notes what it was asked.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

use crate::{clp_gen, files, root, run, stderr, stdout};

/// A deployment of the package `notes` or `clp`, in a folder of its own.
pub(crate) struct Machine {
    folder: tempfile::TempDir,
    package: String,
    ports: Vec<u16>,
}

impl Machine {
    /// A machine with an engine that is new enough and runs nothing.
    pub(crate) fn new(package: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Other users have to get in.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let package = match package {
            "notes" => root().join("fixtures/packages/notes").display().to_string(),
            package => package.to_owned(),
        };
        let machine = Self { folder, package, ports: free_ports(6) };
        machine.host("ab12", owner_of(machine.folder.path()));
        machine.password("first");
        machine.config(&json!({}));
        machine.docker("28.2.2", "2.40.3", None);
        machine
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn host(&self, instance_id: &str, (uid, gid): (u32, u32)) {
        self.write(
            "host.yaml",
            &format!("instance_id: \"{instance_id}\"\nuid: {uid}\ngid: {gid}\n"),
        );
    }

    pub(crate) fn password(&self, password: &str) {
        let clp = json!({
            "database": {
                "username": "u", "password": password, "root_username": "r",
                "root_password": "r", "spider_username": "s", "spider_password": "s",
            },
            "queue": { "username": "q", "password": "q" }, "redis": { "password": "r" },
        });
        let notes = json!({ "database": { "password": password } });
        let text = if self.package == "clp" { clp } else { notes };
        // One key a line, so that lines tell keys apart.
        self.write("credentials.yaml", &serde_json::to_string_pretty(&text).unwrap());
    }

    /// The configuration: ports that nobody uses, and `more`.
    pub(crate) fn config(&self, more: &Json) {
        let port = |number: usize| self.ports[number];
        let mut config = match self.package.as_str() {
            "clp" => json!({
                "database": { "port": port(0) }, "queue": { "port": port(1) },
                "redis": { "port": port(2) }, "results_cache": { "port": port(3) },
                "webui": { "port": port(4) }, "api_server": { "port": port(5) },
                "logs_input": { "type": "fs", "directory": self.path("logs") },
            }),
            _ => json!({ "web": { "port": port(0) } }),
        };
        fs::create_dir_all(self.path("logs")).unwrap();
        let more = more.as_object().unwrap().clone();
        config.as_object_mut().unwrap().extend(more);
        self.write("config.yaml", &serde_json::to_string_pretty(&config).unwrap());
    }

    /// An engine of these versions, with a container of the project that was started for `folder`
    /// and holds `port` of this machine's.
    fn docker(&self, engine: &str, compose: &str, container: Option<(&Path, u16)>) {
        let answer = container.map_or(String::new(), |(folder, port)| {
            let bindings = json!([{ "HostIp": "127.0.0.1", "HostPort": port.to_string() }]);
            json!({ "folder": folder, "ports": { "4000/tcp": bindings, "1/tcp": null } })
                .to_string()
        });
        let id = if container.is_some() { "0123abcd" } else { "" };
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$(dirname \"$0\")/asked\"\nenv >>\"$(dirname \"$0\")/environment\"\n\
             case \"$*\" in\n'version '*) echo '{engine}' ;;\n'compose version '*) echo '{compose}' ;;\n\
             'ps --all '*) echo '{id}' ;;\n'inspect '*' 0123abcd') echo '{answer}' ;;\nesac\n"
        );
        self.write("bin/docker", &script);
        let bits = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path("bin/docker"), bits).unwrap();
    }

    pub(crate) fn command(&self, further: &[&str]) -> Command {
        let root = self.path("root").display().to_string();
        let mut arguments = vec!["install", "--target", "compose", "--root", &root];
        arguments.extend(["--package", &self.package, "--host", "host.yaml"]);
        arguments.extend(["--credentials", "credentials.yaml", "--config", "config.yaml"]);
        arguments.extend(further);
        let mut command = clp_gen(self.folder.path(), &arguments);
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", self.path("bin").display()));
        command
    }

    pub(crate) fn install(&self, further: &[&str]) -> Output {
        run(self.command(further))
    }

    pub(crate) fn installed(&self, further: &[&str]) -> String {
        let output = self.install(further);
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    }

    /// Installs, which has to fail with these words and change nothing.
    pub(crate) fn refused(&self, further: &[&str], words: &[&str]) {
        let before = self.everything();
        let output = self.install(further);
        assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
        // Long lines are broken.
        let said = stderr(&output).replace("\n  │ ", " ").replace("\n        ", " ");
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert_eq!(self.everything(), before, "nothing changes");
    }

    /// Every path below the package directory, with what tells it apart.
    pub(crate) fn everything(&self) -> Vec<(PathBuf, u32, u32, i64, Vec<u8>)> {
        let entries = walkdir::WalkDir::new(self.path("root")).sort_by_file_name().into_iter();
        let entries = entries.filter_map(Result::ok).map(|it| {
            let metadata = it.metadata().unwrap();
            let bytes = fs::read(it.path()).unwrap_or_default();
            let time = if metadata.is_dir() { 0 } else { metadata.mtime_nsec() };
            (it.path().to_owned(), metadata.mode(), metadata.uid(), time, bytes)
        });
        entries.collect()
    }
}

/// Ports that nobody listens on. They are held together, so that they differ.
fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|it| it.local_addr().unwrap().port()).collect()
}

fn owner_of(path: &Path) -> (u32, u32) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.uid(), metadata.gid())
}

/// Some tests give files away or mount something, which only root may.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn nothing_to_do_changes_nothing() {
    let machine = Machine::new("clp");
    let said = machine.installed(&[]);
    assert!(said.contains("up --detach --wait") && said.contains("webui http: http://127.0.0.1:"));
    let id = fs::read_to_string(machine.path("root/var/log/instance-id")).unwrap();
    assert_eq!(id, "ab12", "without a line break, as other tools read it");
    let before = machine.everything();
    machine.installed(&[]);
    let own = |it: &(PathBuf, u32, u32, i64, Vec<u8>)| !it.0.ends_with("record.json");
    let after = machine.everything();
    assert!(before.iter().filter(|it| own(it)).eq(after.iter().filter(|it| own(it))));
    assert_eq!(machine.installed(&["--check"]).trim(), "", "no step is left");
}

#[test]
fn owners_are_those_who_read() {
    if !is_root() {
        return;
    }
    let machine = Machine::new("clp");
    machine.host("ab12", (1001, 50));
    let keys = json!({ "access_key_id": "id", "secret_access_key": "key" });
    let storage = json!({ "type": "s3", "s3_config": {
        "region_code": "us-east-1", "bucket": "b", "key_prefix": "p/",
        "aws_authentication": { "type": "credentials", "credentials": keys },
    } });
    machine.config(&json!({ "archive_output": { "storage": storage } }));
    machine.installed(&[]);
    for (path, owner, bits) in [
        (".env", (0, 0), 0o600),
        ("compose.yaml", (0, 0), 0o644),
        (".clp-gen", (0, 0), 0o700),
        ("var/log/.clp-config.yaml", (1001, 50), 0o600),
        ("etc/redis/redis.conf", (1001, 50), 0o644),
        ("var/data/database", (1001, 50), 0o755),
        ("var/log/queue", (1001, 50), 0o755),
    ] {
        let path = machine.path("root").join(path);
        assert_eq!((owner_of(&path), mode(&path)), (owner, bits), "{}", path.display());
    }
    machine.host("ab12", (0, 0));
    let other = Machine { package: "clp".to_owned(), ..Machine::new("clp") };
    other.host("ab12", (0, 0));
    other.installed(&[]);
    assert_eq!(owner_of(&other.path("root/var/data/database")), (999, 999), "not as root");
    assert_eq!(owner_of(&other.path("root/var/log")), (0, 0));
}

#[test]
fn everything_in_the_way_is_told_at_once() {
    let machine = Machine::new("clp");
    machine.config(&json!({ "logs_input": { "type": "fs", "directory": "/not/there" } }));
    machine.docker("24.0.7", "2.27.0", None);
    let held = TcpListener::bind(("127.0.0.1", machine.ports[4])).unwrap();
    let taken = format!("port {} of 127.0.0.1 is in use", machine.ports[4]);
    let words = [
        "/not/there is not there",
        "config.yaml:",
        &taken,
        "Engine is 24.0.7",
        "Compose is 2.27.0",
    ];
    machine.refused(&[], &words);
    machine.refused(&["--check"], &words);
    // The project itself may hold its port.
    machine.config(&json!({}));
    machine.docker("28.2.2", "2.40.3", Some((&machine.path("root"), machine.ports[4])));
    machine.installed(&["--check"]);
    assert!(!machine.path("root").exists(), "a check writes nothing");
    drop(held);
}

#[test]
fn paths_have_to_be_readable_by_who_reads_them() {
    if !is_root() {
        return;
    }
    let machine = Machine::new("clp");
    machine.host("ab12", (1001, 50));
    let bits = |bits| fs::set_permissions(machine.path("logs"), fs::Permissions::from_mode(bits));
    bits(0o700).unwrap();
    machine.refused(&[], &["1001:50, as which containers run, may not read", "/logs"]);
    bits(0o750).unwrap();
    chown(machine.path("logs"), Some(0), Some(50)).unwrap();
    machine.installed(&[]);
}

#[test]
fn a_second_deployment_with_the_same_id_is_refused() {
    let machine = Machine::new("clp");
    machine.docker("28.2.2", "2.40.3", Some((Path::new("/srv/other"), 1)));
    machine.refused(&[], &["clp-package-ab12", "/srv/other", "host.yaml:1"]);
    machine.docker("28.2.2", "2.40.3", Some((&machine.path("root"), 1)));
    machine.installed(&[]);
    machine.host("cd34", owner_of(machine.folder.path()));
    machine.refused(&[], &["has the instance id `ab12`, not `cd34`", "host.yaml:1"]);
}

#[test]
fn data_remember_their_password() {
    let machine = Machine::new("clp");
    machine.installed(&[]);
    machine.password("second");
    machine.installed(&[]);
    fs::write(machine.path("root/var/data/database/ibdata1"), "rows").unwrap();
    machine.password("third");
    machine.refused(
        &[],
        &["credentials.yaml:3", "`database_password` is another", "--secrets-changed"],
    );
    machine.installed(&["--secrets-changed"]);
    machine.installed(&[]);
}

#[test]
fn edits_are_not_lost() {
    let machine = Machine::new("notes");
    machine.installed(&[]);
    for path in ["compose.yaml", ".env", "etc/settings.yaml"] {
        let place = machine.path("root").join(path);
        let original = fs::read(&place).unwrap();
        fs::write(&place, "edited").unwrap();
        machine.refused(&[], &[path, "was edited since it was installed"]);
        machine.installed(&["--force"]);
        // Without the old file, the next generation of rendered files begins.
        let lines = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.lines().filter(|it| !it.contains("_GENERATION=")).map(str::to_owned).collect()
        };
        let [original, now]: [Vec<String>; 2] =
            [&original, &fs::read(&place).unwrap()].map(|it| lines(it));
        assert_eq!(now, original, "{path}");
    }
}

#[test]
fn adopting_keeps_what_it_replaces_and_is_undone() {
    let machine = Machine::new("clp");
    let theirs = [
        (".env", "CLP_DB_PASS=first\nCLP_WEBUI_PORT=4000\n"),
        ("etc/redis/redis.conf", "databases 2\n"),
        ("var/log/.clp-config.yaml", "package: {}\n"),
        ("var/log/instance-id", "ab12"),
        ("var/data/database/row", "a row"),
        ("var/log/database/mysql.log", "a line"),
        ("docker-compose.yaml", "services: {}\n"),
    ];
    for (path, text) in theirs {
        machine.write(&format!("root/{path}"), text);
    }
    fs::set_permissions(machine.path("root/.env"), fs::Permissions::from_mode(0o640)).unwrap();
    if is_root() {
        // As the release's own tools do.
        for path in ["var/data/database", "var/log/database"] {
            chown(machine.path("root").join(path), Some(999), Some(999)).unwrap();
        }
    }
    let before = machine.everything();
    machine.refused(&[], &["/root/.env is there already, and clp-gen did not write it"]);
    machine.password("other");
    machine.refused(&["--adopt"], &["`database_password` is another than before"]);
    machine.password("first");
    let output = machine.install(&["--adopt"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for path in [".env", "etc/redis/redis.conf", "var/log/.clp-config.yaml"] {
        assert!(stderr(&output).contains(&format!("/root/{path} as ")), "{path} is listed");
    }
    let found = files(&machine.path("root"));
    for (path, text) in &theirs[3..] {
        assert_eq!(found[*path], text.as_bytes(), "{path} is not touched");
    }
    let copy = machine.path("root/.clp-gen/replaced/below/.env");
    assert_eq!(fs::read_to_string(&copy).unwrap(), theirs[0].1);
    assert_eq!(mode(&copy), 0o600);
    machine.installed(&[]);
    machine.installed(&["--undo"]);
    let kept = |it: &&(PathBuf, u32, u32, i64, Vec<u8>)| !it.0.is_dir();
    let (before, after) = (before, machine.everything());
    let told = |it: &(PathBuf, u32, u32, i64, Vec<u8>)| (it.0.clone(), it.1, it.2, it.4.clone());
    let [before, after] =
        [&before, &after].map(|it| it.iter().filter(kept).map(told).collect::<Vec<_>>());
    assert_eq!(before, after);
    assert!(!machine.path("root/.clp-gen").exists());
}

#[test]
fn a_rendered_secret_restarts_its_readers_only() {
    let machine = Machine::new("notes");
    machine.installed(&[]);
    let generation = || {
        let variables = fs::read_to_string(machine.path("root/.env")).unwrap();
        variables
            .lines()
            .find(|it| it.starts_with("FILES_SETTINGS_GENERATION="))
            .unwrap()
            .to_owned()
    };
    let first = generation();
    let artifact = fs::read(machine.path("root/compose.yaml")).unwrap();
    machine.installed(&[]);
    assert_eq!(generation(), first, "the same bytes are the same generation");
    machine.password("second");
    machine.installed(&[]);
    assert_ne!(generation(), first);
    assert_eq!(fs::read(machine.path("root/compose.yaml")).unwrap(), artifact);
}

#[test]
fn the_engine_is_given_no_secret() {
    let machine = Machine::new("clp");
    machine.password("canary");
    machine.installed(&[]);
    for what in ["bin/asked", "bin/environment"] {
        assert!(!fs::read_to_string(machine.path(what)).unwrap().contains("canary"), "{what}");
    }
    let record = fs::read_to_string(machine.path("root/.clp-gen/record.json")).unwrap();
    let record: Json = serde_json::from_str(&record).unwrap();
    assert!(record["files"][".env"]["Digest"].is_null(), "not even a digest");
}

#[test]
fn who_may_not_give_files_away_is_told_before_anything_is_written() {
    if !is_root() {
        return;
    }
    let machine = Machine::new("clp");
    machine.host("ab12", (1000, 50));
    let program = machine.path("clp-gen");
    fs::copy(env!("CARGO_BIN_EXE_clp-gen"), &program).unwrap();
    chown(machine.folder.path(), Some(1001), Some(1001)).unwrap();
    let run_as = |further: &[&str]| {
        let command = machine.command(further);
        let mut other = Command::new(&program);
        other.args(command.get_args()).current_dir(machine.folder.path()).uid(1001).gid(1001);
        other.env("NO_COLOR", "1").env("PATH", machine.path("bin"));
        other.env("HOME", machine.path("home"));
        other.output().unwrap()
    };
    let output = run_as(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("1001:1001, who installs"), "{}", stderr(&output));
    assert!(stderr(&output).contains("host.yaml:2"), "{}", stderr(&output));
    assert!(!machine.path("root").exists());
    machine.host("ab12", (1001, 1001));
    let output = run_as(&[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(owner_of(&machine.path("root/.env")), (1001, 1001));
}

/// A small file system at the package directory, until it is dropped.
pub(crate) struct Mounted(PathBuf);

impl Mounted {
    pub(crate) fn new(place: &Path, options: &str) -> Option<Self> {
        fs::create_dir_all(place).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(place);
        mount.status().ok()?.success().then(|| Self(place.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.0).status().unwrap();
    }
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let machine = Machine::new("clp");
    let Some(_mounted) = Mounted::new(&machine.path("root"), "size=32k") else {
        eprintln!("no file systems can be mounted here");
        return;
    };
    let output = machine.install(&[]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("No space left on device"), "{}", stderr(&output));
    assert_eq!(fs::read_dir(machine.path("root")).unwrap().count(), 0, "nothing is left");
}

#[test]
fn a_read_only_directory_is_told() {
    let machine = Machine::new("clp");
    let Some(_mounted) = Mounted::new(&machine.path("root"), "ro") else {
        eprintln!("no file systems can be mounted here");
        return;
    };
    machine.refused(&[], &["cannot write to", "Read-only file system"]);
}

#[test]
fn without_facts_of_the_machine_init_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["install", "--target", "compose", "--root", "here"];
    let output = run(clp_gen(folder.path(), &arguments));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("clp-gen init"), "{}", stderr(&output));
}
