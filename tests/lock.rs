//! What commands make of `clp-gen.lock`, without a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::{clp_gen, files, root, run, stderr};

/// The toy package, with the lock of a fixture.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new(fixture: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lock = root().join("fixtures/accepted").join(fixture).join("in/clp-gen.lock");
        fs::copy(lock, folder.path().join("clp-gen.lock")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let mut command = clp_gen(self.folder.path(), arguments);
        command.arg("--package").arg(root().join("fixtures/packages/notes"));
        run(command)
    }

    fn build(&self, further: &[&str]) -> Output {
        self.command(
            &[&["build", "--target", "compose", "--out", "out", "--force"], further].concat(),
        )
    }

    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("clp-gen.lock")).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(self.path("clp-gen.lock"), text.replace(from, to)).unwrap();
    }
}

fn ends(output: &Output, code: i32, words: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    // Words may be broken over lines.
    let text =
        stderr(output).split_whitespace().filter(|it| *it != "│").collect::<Vec<_>>().join(" ");
    for wanted in words {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

fn compose(folder: &Path) -> String {
    fs::read_to_string(folder.join("compose.yaml")).unwrap()
}

#[test]
fn a_build_pins_and_never_writes_the_lock() {
    let project = Project::new("notes-locked");
    let before = fs::read(project.path("clp-gen.lock")).unwrap();
    let done = project.build(&["--locked", "--release", "--offline"]);
    ends(&done, 0, &[]);
    assert!(!stderr(&done).contains("not pinned"), "{}", stderr(&done));
    assert!(compose(&project.path("out")).contains("/notes:1.2.0@sha256:"));
    assert_eq!(fs::read(project.path("clp-gen.lock")).unwrap(), before);
    assert!(
        files(project.folder.path())
            .keys()
            .all(|it| it == "clp-gen.lock" || it.starts_with("out/"))
    );
}

#[test]
fn without_a_lock_a_build_warns_and_a_release_refuses() {
    let project = Project::new("notes-locked");
    fs::remove_file(project.path("clp-gen.lock")).unwrap();
    for further in [&[][..], &["--offline"]] {
        ends(&project.build(further), 0, &["warning: no clp-gen.lock: images are not pinned"]);
    }
    for further in [&["--locked"], &["--frozen"]] {
        ends(&project.build(further), 3, &["there is no clp-gen.lock"]);
    }
    ends(&project.build(&["--release"]), 1, &["a release needs every image pinned"]);
    ends(&project.build(&["--lock", "other.lock"]), 1, &["other.lock: there is no such file"]);
}

#[test]
fn an_image_that_is_not_in_the_lock_differs() {
    let project = Project::new("notes-locked");
    let moved = ["--set", "images.notes.tag=\"2\""];
    for command in [&["build", "--target", "helm", "--out", "out"][..], &["check"]] {
        let done = project.command(&[command, &moved].concat());
        ends(&done, 3, &["registry.example.org/notes:2 is asked for", "clp-gen lock", "--set:1:"]);
    }
    project.edit("name = \"notes\"\nreference", "name = \"other\"\nreference");
    ends(&project.build(&[]), 3, &["the lock has no image `notes`"]);
    assert!(!project.path("out").exists(), "nothing is written");
}

#[test]
fn locked_means_any_difference() {
    for (from, to, words) in [
        ("version = \"1.2.0\"", "version = \"1.1.0\"", "the package was 1.1.0 when it was locked"),
        (
            "\ndigest = \"sha256:9",
            "\ndigest = \"sha256:0",
            "the files of the package are not those",
        ),
        (
            "# end",
            "[[image]]\nname = \"old\"\nreference = \"old:1\"\nlocal = \"sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"\n\n# end",
            "has no image `old` any more",
        ),
    ] {
        let project = Project::new("notes-locked");
        project.edit(from, to);
        ends(&project.build(&["--locked"]), 3, &[words]);
        ends(&project.build(&[]), 0, &[]);
    }
}

#[test]
fn a_release_names_local_images() {
    let project = Project::new("notes-local");
    ends(&project.build(&["--locked"]), 0, &[]);
    assert!(compose(&project.path("out")).contains("pull_policy: never"));
    let done = project.build(&["--release"]);
    ends(&done, 1, &["the image `notes` (registry.example.org/notes:1.2.0) is in no registry"]);
}

/// One lock serves every variant of the package, and an overlay that has no effect is told.
#[test]
fn an_image_that_nothing_uses_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let build = |set: &str| {
        let arguments = ["build", "--target", "helm", "--out", "out", "--set", set];
        run(clp_gen(folder.path(), &arguments))
    };
    ends(
        &build("images.database_mysql.tag=\"9\""),
        0,
        &["nothing of this deployment uses the image `database_mysql`"],
    );
    let values = fs::read_to_string(folder.path().join("out/values.yaml")).unwrap();
    assert!(!values.contains("database_mysql") && values.contains("  database:"), "{values}");
    let done = build("config.database.type=\"mysql\"");
    ends(&done, 0, &[]);
    let values = fs::read_to_string(folder.path().join("out/values.yaml")).unwrap();
    assert!(values.contains("database_mysql") && values.contains("repository: mysql"), "{values}");
}

/// The images of every configuration of CLP, as another tool's lock.
fn images_of_clp() -> String {
    let digest = |name: &str| crate::registry::images::sha256(name.as_bytes());
    let names = [
        "ghcr.io/y-scope/clp/clp-package:0.9.0",
        "mariadb:10-jammy",
        "mysql:8.0.23",
        "rabbitmq:3.9.8",
        "redis:7.2.4",
        "mongo:7.0.1",
    ];
    let images = names.map(|name| {
        let digest = digest(name);
        format!("- {{image: 'x@{digest}', annotations: {{kbld.carvel.dev/id: '{name}'}}}}\n")
    });
    format!("kind: ImagesLock\nimages:\n{}", images.concat())
}

/// One lock holds what every type and option of a package can use.
#[test]
fn one_lock_serves_every_variant() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("images.yaml"), images_of_clp()).unwrap();
    ends(&run(clp_gen(folder.path(), &["lock", "import", "images.yaml", "--offline"])), 0, &[]);
    let lock = folder.path().join("clp-gen.lock");
    let mut variants = std::collections::BTreeSet::new();
    for fixture in crate::fixtures("accepted") {
        let name = fixture.file_name().unwrap().to_str().unwrap().to_owned();
        // That one names an image of its own.
        if !name.starts_with("clp-") || name == "clp-customised" {
            continue;
        }
        let out = folder.path().join(&name);
        let mut command =
            clp_gen(&fixture.join("in"), &["build", "--target", "compose", "--frozen"]);
        command.arg("--release").arg("--out").arg(&out).arg("--lock").arg(&lock);
        ends(&run(command), 0, &[]);
        let manifest = fs::read_to_string(out.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        variants.insert(manifest["variant"].to_string());
        for image in manifest["images"].as_object().unwrap().values() {
            assert!(image.as_str().unwrap().contains("@sha256:"), "{name}: {image}");
        }
    }
    assert_eq!(variants.len(), 4, "{variants:?}");
    let fixture = crate::root().join("fixtures/accepted/clp-customised/in");
    let mut command = clp_gen(&fixture, &["check", "--host", "etc/host.yaml", "--lock"]);
    command.arg(&lock);
    ends(&run(command), 3, &["for `clp`, and registry.example.org"]);
}

/// A project says where its lock is.
#[test]
fn a_project_names_its_lock() {
    let project = Project::new("notes-locked");
    fs::create_dir(project.path("locks")).unwrap();
    fs::rename(project.path("clp-gen.lock"), project.path("locks/mine")).unwrap();
    fs::write(project.path("deployment.ncl"), "{ deployment.lock = \"locks/mine\" }").unwrap();
    ends(&project.build(&["--locked"]), 0, &[]);
    assert!(compose(&project.path("out")).contains("@sha256:"));
    fs::remove_file(project.path("locks/mine")).unwrap();
    ends(&project.build(&[]), 1, &["locks/mine: there is no such file"]);
}

/// What needs no image does not mind a lock that cannot be read.
#[test]
fn a_broken_lock_is_in_nobody_elses_way() {
    let project = Project::new("notes-locked");
    fs::write(project.path("clp-gen.lock"), "<<<<<<< ours\n").unwrap();
    for command in [&["explain", "services.web.image"][..], &["schema", "config"]] {
        ends(&project.command(command), 0, &[]);
    }
    for command in [&["build", "--target", "compose"][..], &["check"], &["lock", "--offline"]] {
        ends(&project.command(command), 1, &["the marks of a merge"]);
    }
}
