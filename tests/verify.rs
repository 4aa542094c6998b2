//! An artifact can be trusted: it is whole, it can be made again, and what changed is known.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use serde_json::Value as Json;

use crate::store::Project;
use crate::{stderr, stdout};

fn verify(project: &Project, path: &str, further: &[&str]) -> Output {
    project.run(&[&["verify", path], further].concat())
}

fn data(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

#[test]
fn what_is_whole_is_verified() {
    let project = Project::new();
    assert!(project.evaluates(&[]));
    assert!(project.builds(&["--out", "copy"]).status.success());
    let object = project.result();
    for path in ["copy", "result-compose", object.to_str().unwrap()] {
        let done = verify(&project, path, &[]);
        assert_eq!(done.status.code(), Some(0), "{path}: {}{}", stdout(&done), stderr(&done));
        assert_eq!(stdout(&done), "");
        assert!(stderr(&done).contains("is whole"), "{}", stderr(&done));
        let done = verify(&project, path, &["--format", "json"]);
        assert_eq!(data(&done)["whole"], true);
    }
    assert!(stderr(&verify(&project, "result-compose", &[])).contains("what would be built now"));
}

#[test]
fn every_edit_is_named() {
    let project = Project::new();
    type Edit<'a> = (&'a str, &'a str, &'a dyn Fn(&Path));
    let edits: [Edit<'_>; 8] = [
        ("edited", "compose.yaml", &|it| fs::write(it, "services: {}\n").unwrap()),
        ("edited", "files/settings.yaml", &|it| {
            // The same length.
            let text = fs::read_to_string(it).unwrap();
            fs::write(it, text.replacen('a', "b", 1)).unwrap();
        }),
        ("edited", "compose.yaml", &|it| {
            fs::set_permissions(it, fs::Permissions::from_mode(0o755)).unwrap();
        }),
        ("edited", "topology.json", &|it| fs::write(it, "{}").unwrap()),
        ("missing", "installation.json", &|it| fs::remove_file(it).unwrap()),
        ("missing", "trace.json", &|it| fs::remove_file(it).unwrap()),
        ("extra", "files/letter.txt", &|it| fs::write(it, "mine").unwrap()),
        ("edited", "manifest.json", &|it| {
            let text = fs::read_to_string(it).unwrap();
            fs::write(it, text.replacen("\"digest\": \"sha256:", "\"digest\": \"sha256:0", 1))
                .unwrap();
        }),
    ];
    for (what, file, edit) in edits {
        assert!(project.builds(&["--out", "copy", "--force"]).status.success());
        edit(&project.path("copy").join(file));
        let done = verify(&project, "copy", &[]);
        assert_eq!(done.status.code(), Some(3), "{what} {file}: {}", stderr(&done));
        assert!(stdout(&done).contains(&format!("{what}  {file}\n")), "{file}: {}", stdout(&done));
        let found = data(&verify(&project, "copy", &["--format", "json"]));
        assert_eq!(found["whole"], false);
        assert!(found[what].as_array().unwrap().contains(&file.into()), "{found}");
        fs::remove_dir_all(project.path("copy")).unwrap();
    }
}

/// In the store, the name of an object covers the manifest too.
#[test]
fn an_edited_manifest_in_the_store_is_found() {
    let project = Project::new();
    assert!(project.evaluates(&[]));
    let manifest = project.result().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::set_permissions(&manifest, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&manifest, text.replace("clp-gen 0", "clp-gen 9")).unwrap();
    let done = verify(&project, "result-compose", &[]);
    assert_eq!(done.status.code(), Some(3));
    assert!(stdout(&done).contains("edited  manifest.json"), "{}", stdout(&done));
}

#[test]
fn what_is_no_artifact_is_told() {
    let project = Project::new();
    for (path, says) in [("nowhere", "there is no nowhere"), ("package", "is no artifact")] {
        let done = verify(&project, path, &[]);
        assert_eq!(done.status.code(), Some(1));
        assert!(stderr(&done).contains(says), "{}", stderr(&done));
    }
    fs::create_dir(project.path("newer")).unwrap();
    fs::write(project.path("newer/manifest.json"), "{\"format\": 2, \"files\": 7}").unwrap();
    let done = verify(&project, "newer", &[]);
    assert_eq!(done.status.code(), Some(1));
    assert!(stderr(&done).contains("has format 2, and this version reads 1"), "{}", stderr(&done));
}

#[test]
fn what_is_stale_says_why() {
    let project = Project::new();
    assert!(stderr(&project.builds(&[])).contains("built for the first time here"));
    let changes: [(&dyn Fn(), &str); 4] = [
        (&|| project.config("web: { port: 9001 }\n"), "the input `config` changed"),
        (
            &|| fs::write(project.path("deployment.ncl"), "{ config.title = \"T\" }").unwrap(),
            "the input `deployment.ncl` was not there before",
        ),
        (
            &|| fs::remove_file(project.path("notes.yaml")).unwrap(),
            "the input `config` is not there any more",
        ),
        (
            &|| {
                let main = project.path("package/main.ncl");
                let text = fs::read_to_string(&main).unwrap();
                fs::write(&main, text.replace("1.2.0", "1.2.1")).unwrap();
            },
            "the package changed",
        ),
    ];
    for (change, says) in changes {
        let fresh = verify(&project, "result-compose", &[]);
        assert_eq!(fresh.status.code(), Some(0), "{}", stderr(&fresh));
        change();
        let stale = verify(&project, "result-compose", &[]);
        assert_eq!(stale.status.code(), Some(3), "{}", stderr(&stale));
        assert_eq!(stdout(&stale), format!("stale  {says}\n"));
        assert!(stderr(&stale).contains(&format!("it is stale: {says}")), "{}", stderr(&stale));
        let found = data(&verify(&project, "result-compose", &["--format", "json"]));
        assert_eq!((&found["whole"], &found["stale"][0]), (&true.into(), &says.into()));
        let built = project.builds(&[]);
        assert!(stderr(&built).contains(&format!("built again: {says}")), "{}", stderr(&built));
    }
    let set = project.builds(&["--set", "config.title=\"Set\""]);
    assert!(
        stderr(&set).contains("built again: the values of `--set` changed"),
        "{}",
        stderr(&set)
    );
    // A directory is compared to the inputs that are named.
    assert!(project.builds(&["--out", "copy"]).status.success());
    let named = verify(&project, "copy", &["--package", "package", "--set", "config.title=\"X\""]);
    assert_eq!(named.status.code(), Some(3));
    assert_eq!(stdout(&named), "stale  the values of `--set` changed\n");
}

/// The entry of the lock that is another one now, or the lock itself.
#[test]
fn a_changed_lock_says_so() {
    let project = Project::new();
    let pinned = |digit: &str| {
        let image = format!("registry.example.org/notes:1.2.0@sha256:{}", digit.repeat(64));
        let file = format!("services: {{ web: {{ image: \"{image}\" }} }}\n");
        fs::write(project.path("pins.yaml"), file).unwrap();
        let done =
            project.run(&["lock", "import", "pins.yaml", "--package", "package", "--offline"]);
        assert!(done.status.success(), "{}", stderr(&done));
        let built = project.builds(&[]);
        assert!(built.status.success(), "{}", stderr(&built));
        stderr(&built)
    };
    pinned("a");
    let said = pinned("b");
    assert!(said.contains("the lock entry `notes` changed"), "{said}");
    fs::remove_file(project.path("clp-gen.lock")).unwrap();
    let said = stderr(&project.builds(&[]));
    assert!(said.contains("the lock entry `notes` changed"), "{said}");
}

#[test]
fn a_link_is_verified_from_anywhere() {
    let project = Project::new();
    assert!(project.evaluates(&[]));
    let link = project.path("result-compose");
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = project.command(&["verify", link.to_str().unwrap()]);
    let done = command.current_dir(elsewhere.path()).output().unwrap();
    assert!(stderr(&done).contains("what would be built now"), "{}", stderr(&done));
}

#[test]
fn a_build_can_be_made_again() {
    let project = Project::new();
    fs::write(project.path("deployment.ncl"), "{ deployment.package = \"package\" }").unwrap();
    for further in [&["--set", "config.title=\"Set\""][..], &["--out", "copy"]] {
        let mut command = project.command(&["build", "--target", "compose", "--check"]);
        let done = command.args(further).output().unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
        assert!(stderr(&done).contains("the same bytes again"), "{}", stderr(&done));
    }
    assert!(project.path("copy/compose.yaml").exists());
}
