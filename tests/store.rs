//! The store: what is built once is served again, kept while it is needed, and never half there.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

use crate::{clp_gen, files, root, run, stderr, stdout};

/// A project of the package `notes` with a store of its own.
pub(crate) struct Project {
    pub(crate) folder: tempfile::TempDir,
}

impl Project {
    pub(crate) fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        for (name, bytes) in files(&root().join("fixtures/packages/notes")) {
            let place = project.path("package").join(name);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        project.config("web: { port: 9000 }\n");
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self, text: &str) {
        fs::write(self.path("notes.yaml"), text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = clp_gen(self.folder.path(), arguments);
        command.env("CLP_GEN_STORE", self.path("store"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        run(self.command(arguments))
    }

    pub(crate) fn builds(&self, further: &[&str]) -> Output {
        let mut command = self.command(&["build", "--target", "compose", "--package", "package"]);
        command.arg("-v").args(further);
        run(command)
    }

    /// Builds, and says whether anything was evaluated.
    pub(crate) fn evaluates(&self, further: &[&str]) -> bool {
        let done = self.builds(further);
        assert!(done.status.success(), "{}", stderr(&done));
        !stderr(&done).contains("unchanged: nothing was evaluated")
    }

    /// The names of the objects in the store.
    pub(crate) fn objects(&self) -> Vec<String> {
        let objects = fs::read_dir(self.path("store/objects")).unwrap();
        let mut names: Vec<_> =
            objects.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The object that a result link leads to.
    pub(crate) fn result(&self) -> PathBuf {
        fs::read_link(self.path("result-compose")).unwrap()
    }

    pub(crate) fn is_whole(&self) {
        let verified = self.run(&["store", "verify"]);
        assert!(verified.status.success(), "{}{}", stdout(&verified), stderr(&verified));
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_build_is_in_the_store() {
    let project = Project::new();
    let done = project.builds(&[]);
    assert!(done.status.success(), "{}", stderr(&done));
    let object = project.result();
    assert_eq!(object.parent().unwrap(), project.path("store/objects").canonicalize().unwrap());
    assert!(object.join("compose.yaml").is_file());
    for path in files(&object).keys() {
        assert_eq!(mode(&object.join(path)) & 0o222, 0, "{path} is read-only");
    }
    let out = project.builds(&["--out", "copy"]);
    assert!(out.status.success(), "{}", stderr(&out));
    assert_eq!(files(&object), files(&project.path("copy")), "a copy is the same");
    assert_eq!(mode(&project.path("copy/compose.yaml")), 0o644);
    project.is_whole();
    let listed = project.run(&["store", "ls", "--format", "json"]);
    let listed: Json = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["objects"][0]["path"], object.to_str().unwrap());
    assert_eq!(listed["objects"][0]["roots"][0]["kind"], "link");
    let link = listed["objects"][0]["roots"][0]["path"].as_str().unwrap();
    assert!(link.ends_with("/result-compose"), "{link}");
}

#[test]
fn what_is_unchanged_is_not_evaluated() {
    let project = Project::new();
    assert!(project.evaluates(&[]), "the first time");
    assert!(!project.evaluates(&[]), "nothing changed");
    let first = project.result();
    // Another time of change, the same content.
    project.config("web: { port: 9000 }\n");
    assert!(!project.evaluates(&[]));
    project.config("web: { port: 9001 }\n");
    assert!(project.evaluates(&[]), "the configuration");
    assert_ne!(project.result(), first);
    project.config("web: { port: 9000 }\n");
    assert!(project.evaluates(&[]), "what was before");
    assert_eq!(project.result(), first);
    // The same length and the same time of change.
    let modified = fs::metadata(project.path("notes.yaml")).unwrap().modified().unwrap();
    project.config("web: { port: 9002 }\n");
    let file = fs::File::options().write(true).open(project.path("notes.yaml")).unwrap();
    file.set_modified(modified).unwrap();
    assert!(project.evaluates(&[]), "only the content tells");
    fs::write(project.path("host.yaml"), "cpus: 3\n").unwrap();
    assert!(project.evaluates(&["--host", "host.yaml"]));
    assert!(!project.evaluates(&["--host", "host.yaml"]));
    fs::write(project.path("host.yaml"), "cpus: 4\n").unwrap();
    assert!(project.evaluates(&["--host", "host.yaml"]), "facts of the machine");
    assert!(project.evaluates(&["--set", "config.web.port=9100"]), "an option");
    assert!(!project.evaluates(&["--set", "config.web.port=9100"]));
    let text = fs::read_to_string(project.path("package/inputs.ncl")).unwrap();
    fs::write(project.path("package/inputs.ncl"), text.replace("\"Notes\"", "\"Others\"")).unwrap();
    assert!(project.evaluates(&[]), "a file of the package that is imported");
    assert!(!project.evaluates(&[]));
    fs::write(project.path("package/unread.ncl"), "{}").unwrap();
    assert!(!project.evaluates(&[]), "a file that nothing imports");
    project.is_whole();
}

#[test]
fn a_file_that_appears_is_a_change() {
    let project = Project::new();
    fs::remove_file(project.path("notes.yaml")).unwrap();
    assert!(project.evaluates(&[]));
    assert!(!project.evaluates(&[]));
    fs::write(project.path("deployment.ncl"), "{ config.web.port = 9009 }").unwrap();
    assert!(project.evaluates(&[]), "a project file");
    assert!(!project.evaluates(&[]));
    project.config("title: Other\n");
    assert!(project.evaluates(&[]), "a configuration");
    fs::remove_file(project.path("deployment.ncl")).unwrap();
    assert!(project.evaluates(&[]), "no project file any more");
}

#[test]
fn a_served_build_says_the_same() {
    let project = Project::new();
    project.config("uploads: yes\n");
    let mut said = vec![];
    for _ in 0..2 {
        let mut command = project.command(&["build", "--target", "compose"]);
        let done = run({
            command.args(["--package", "package"]);
            command
        });
        assert!(done.status.success(), "{}", stderr(&done));
        assert!(stderr(&done).contains("notes.yaml:1:10"), "it warns: {}", stderr(&done));
        said.push((stdout(&done), stderr(&done)));
    }
    assert_eq!(said[0], said[1]);
}

/// The program with another build id serves nothing that this one has built.
#[test]
fn another_compiler_builds_again() {
    let project = Project::new();
    assert!(project.evaluates(&[]));
    let mut program = fs::read(env!("CARGO_BIN_EXE_clp-gen")).unwrap();
    let note = b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0";
    let at = program.windows(note.len()).position(|it| it == note).expect("it has a build id");
    program[at + note.len()] ^= 1;
    let other = project.path("other");
    fs::write(&other, program).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let build = |program: &Path| {
        let mut command = Command::new(program);
        command.args(["build", "--target", "compose", "--package", "package", "-v"]);
        command.env("CLP_GEN_STORE", project.path("store")).current_dir(project.folder.path());
        stderr(&run(command))
    };
    assert!(build(&other).contains("the compiler changed"));
    assert!(build(&other).contains("unchanged"));
}

#[test]
fn secrets_leave_no_trace_in_the_store() {
    let project = Project::new();
    let build = |key: &str| {
        let config = root().join("fixtures/accepted/clp-s3/in/etc/clp-config.yaml");
        let config = fs::read_to_string(config).unwrap();
        let config = config.replace("never-written", &format!("{key}-secret"));
        fs::write(project.path("config.yaml"), config).unwrap();
        project.run(&["build", "--target", "compose", "--config", "config.yaml", "-v"])
    };
    let first = build("TOPSECRETA");
    assert!(first.status.success(), "{}", stderr(&first));
    let rotated = build("TOPSECRETB");
    assert!(stderr(&rotated).contains("nothing was evaluated"), "{}", stderr(&rotated));
    for (path, bytes) in files(&project.path("store")) {
        let digests = ["A", "B"].map(|it| format!("TOPSECRET{it}-secret"));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for secret in digests {
            assert!(!text.contains(&secret), "{path}");
            let digest = clp_gen::digest::Digest::of(secret.as_bytes()).digits();
            assert!(!text.contains(&digest), "{path}");
        }
        let whole = fs::read(project.path("config.yaml")).unwrap();
        let digest = clp_gen::digest::Digest::of(&whole).digits();
        assert!(!text.contains(&digest), "{path}");
    }
}

#[test]
fn a_link_replaces_only_what_is_ours() {
    let project = Project::new();
    let link = project.path("result-compose");
    let refused = |says: &str| {
        let done = project.builds(&[]);
        assert_eq!(done.status.code(), Some(1), "{}", stderr(&done));
        assert!(stderr(&done).contains(says), "{}", stderr(&done));
    };
    fs::write(&link, "mine").unwrap();
    refused("is a file");
    fs::remove_file(&link).unwrap();
    symlink("/etc", &link).unwrap();
    refused("is a link to /etc");
    fs::remove_file(&link).unwrap();
    fs::create_dir(&link).unwrap();
    fs::write(link.join("letter.txt"), "mine").unwrap();
    refused("holds something else: letter.txt");
    fs::remove_dir_all(&link).unwrap();
    assert!(!project.path("store").exists(), "nothing was written");
    // What `--out` wrote there is ours, unless it was edited.
    assert!(project.builds(&["--out", "result-compose"]).status.success());
    fs::write(link.join("compose.yaml"), "edited").unwrap();
    refused("was edited");
    assert!(project.evaluates(&["--force"]));
    assert!(link.is_symlink());
    assert!(project.evaluates(&["--store", "other"]), "a link into another store is ours too");
    assert_eq!(
        project.result().parent().unwrap(),
        project.path("other/objects").canonicalize().unwrap()
    );
    assert!(project.builds(&["--out", "result-compose"]).status.success(), "a copy replaces it");
    assert!(!link.is_symlink() && project.evaluates(&["--store", "third"]));
    let names: Vec<_> = fs::read_dir(project.folder.path()).unwrap().collect();
    assert_eq!(names.len(), 6, "nothing else is left: {names:?}");
}

#[test]
fn what_nothing_needs_is_collected() {
    let project = Project::new();
    for port in 9000..9005 {
        project.config(&format!("web: {{ port: {port} }}\n"));
        assert!(project.evaluates(&[]));
    }
    assert_eq!(project.objects().len(), 5);
    let collect = |further: &[&str]| {
        let done = project.run(&[&["gc", "--format", "json"], further].concat());
        assert!(done.status.success(), "{}", stderr(&done));
        let data: Json = serde_json::from_slice(&done.stdout).unwrap();
        data["removed"].as_array().unwrap().len()
    };
    assert_eq!(collect(&["--dry-run"]), 4);
    assert_eq!(project.objects().len(), 5);
    assert_eq!(collect(&["--keep", "2"]), 2);
    assert_eq!(project.objects().len(), 3);
    assert_eq!(collect(&[]), 2);
    assert!(project.path("result-compose/compose.yaml").exists(), "what is needed stays");
    assert!(!project.evaluates(&[]), "and is still known");
    fs::remove_file(project.path("result-compose")).unwrap();
    assert_eq!(collect(&[]), 1);
    assert_eq!(files(&project.path("store")).len(), 1, "nothing but the lock is left");
    assert!(project.evaluates(&[]));
    project.is_whole();
}

#[test]
fn what_was_changed_in_the_store_is_found_and_built_again() {
    let project = Project::new();
    assert!(project.evaluates(&[]));
    let object = project.result();
    fs::set_permissions(object.join("compose.yaml"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(object.join("compose.yaml"), "services: {}\n").unwrap();
    let verified = project.run(&["store", "verify"]);
    assert_eq!(verified.status.code(), Some(3));
    assert!(stdout(&verified).contains(object.file_name().unwrap().to_str().unwrap()));
    assert!(project.evaluates(&[]), "a damaged object is not served");
    project.is_whole();
}

#[test]
fn many_at_once_do_no_harm() {
    let project = Project::new();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let project = &project;
            scope.spawn(move || {
                for round in 0..6 {
                    if worker == 3 {
                        assert!(project.run(&["gc"]).status.success());
                        continue;
                    }
                    let port = format!("config.web.port={}", 9100 + (worker + round) % 3);
                    let done = project.builds(&["--set", &port]);
                    assert!(done.status.success(), "{}", stderr(&done));
                    assert!(project.path("result-compose/compose.yaml").exists());
                }
            });
        }
    });
    project.is_whole();
    assert!(project.run(&["gc"]).status.success());
    assert_eq!(project.objects().len(), 1);
    assert!(fs::read_dir(project.path("store/tmp")).unwrap().next().is_none());
}

#[test]
fn a_store_that_cannot_be_is_told() {
    let project = Project::new();
    let done = project.builds(&["--store", "/proc/clp-gen"]);
    assert_eq!(done.status.code(), Some(4), "{}", stderr(&done));
    assert!(stderr(&done).contains("cannot make /proc/clp-gen"), "{}", stderr(&done));
    let mut command = project.command(&["build", "--target", "compose", "--package", "package"]);
    command.env_remove("CLP_GEN_STORE").env_remove("HOME").env_remove("XDG_DATA_HOME");
    let done = run(command);
    assert_eq!(done.status.code(), Some(1), "{}", stderr(&done));
    assert!(stderr(&done).contains("--store DIR"), "{}", stderr(&done));
    let mut command = project.command(&["build", "--target", "compose", "--package", "package"]);
    command.env_remove("CLP_GEN_STORE").env("XDG_DATA_HOME", project.path("data"));
    assert!(run(command).status.success());
    assert!(project.result().starts_with(project.path("data").canonicalize().unwrap()));
}

#[test]
fn an_installation_keeps_its_object() {
    let project = Project::new();
    fs::write(project.path("credentials.yaml"), "database: { password: hunter-two }\n").unwrap();
    let owner = fs::metadata(project.folder.path()).unwrap();
    let host = format!("uid: {}\ngid: {}\n", owner.uid(), owner.gid());
    fs::write(project.path("host.yaml"), host).unwrap();
    let install = |further: &[&str]| {
        let inputs = ["--package", "package", "--host", "host.yaml"];
        let all = ["install", "--target", "compose", "--root", "root"];
        let mut command = project.command(&[&all[..], &inputs, further].concat());
        // No engine is asked.
        command.args(["--credentials", "credentials.yaml"]).env("PATH", "/nowhere");
        let done = run(command);
        assert!(done.status.success(), "{}", stderr(&done));
        done
    };
    install(&["--destdir", "stage"]);
    assert!(!project.path("store").exists(), "what is staged is kept elsewhere");
    install(&[]);
    let listed = project.run(&["store", "ls", "--format", "json"]);
    let listed: Json = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["objects"][0]["roots"][0]["kind"], "installation");
    assert!(project.run(&["gc"]).status.success());
    assert_eq!(project.objects().len(), 1, "it is needed");
    for (path, bytes) in files(&project.path("store")) {
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter-two"), "{path}");
    }
    install(&["--undo"]);
    assert!(project.run(&["gc"]).status.success());
    assert_eq!(project.objects().len(), 0, "it is gone");
    let mut command = project.command(&["install", "--target", "compose", "--root", "root"]);
    command.args(["--package", "package", "--host", "host.yaml"]).env("PATH", "/nowhere");
    command.args(["--credentials", "credentials.yaml"]);
    command.env_remove("CLP_GEN_STORE").env("XDG_DATA_HOME", "/proc/nowhere");
    let done = run(command);
    assert!(done.status.success(), "{}", stderr(&done));
    assert!(stderr(&done).contains("not kept in a store: cannot make"), "{}", stderr(&done));
}
