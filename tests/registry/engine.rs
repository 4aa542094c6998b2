//! The lock and a real engine: what Compose finds, and what only the engine has.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value as Json, json};

use super::images::{DOCKER_LIST, INDEX, Repository};
use super::server::Shelf;
use super::{Project, ends, write};
use crate::engine::{COMPOSE, Engine};
use crate::{stderr, stdout};

const MADE: &str = "2024-05-06T07:08:09Z";

/// Runs clp-gen as a user of the engine's machine does.
fn clp_gen(project: &Project, command: &[&str], further: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_clp-gen"));
    let mut program = Engine::shared().command(program, COMPOSE);
    program.args(project.arguments(command, further)).current_dir(project.folder.path());
    run(program.env("NO_COLOR", "1"))
}

fn run(command: &mut std::process::Command) -> Output {
    command.output().unwrap()
}

/// What Compose makes of what was built, on the engine's machine.
fn compose(project: &Project, further: &[&str]) -> Output {
    let installation = fs::read(project.path("result-compose/installation.json")).unwrap();
    let installation: Json = serde_json::from_slice(&installation).unwrap();
    let secrets = installation["secrets"].as_object().unwrap().keys();
    write(&project.path(".env"), &secrets.map(|it| format!("{it}=x\n")).collect::<String>());
    let mut docker = Engine::shared().command(Path::new("docker"), COMPOSE);
    docker.args(["compose", "--project-directory", "/srv/deployment", "--env-file"]);
    docker.arg(project.path(".env")).arg("-f").arg(project.path("result-compose/compose.yaml"));
    let output = run(docker.args(["config"]).args(further));
    assert!(output.status.success(), "{}", stderr(&output));
    output
}

#[test]
fn it_finds_what_compose_finds() {
    let shelf = Shelf::new();
    let registry = shelf.inside(Engine::shared());
    let many = ["linux/amd64", "linux/arm64/v8"];
    let push = |path: &str| Repository::new(shelf.plain(), path);
    push("one").push("1", many[0], MADE);
    push("docker-one").push_docker("1", many[0]);
    push("many").push_index("1", &many, INDEX);
    push("docker-many").push_index("1", &many, DOCKER_LIST);
    for path in ["one", "docker-one", "many", "docker-many"] {
        let project = Project::new(&format!("{}/{path}", registry.address));
        ends(&clp_gen(&project, &["build", "--target", "compose"], &[]), 0, &["are not pinned"]);
        let resolved = compose(&project, &["--resolve-image-digests", "--format", "json"]);
        let resolved: Json = serde_json::from_str(&stdout(&resolved)).unwrap();
        let theirs = resolved["services"]["web"]["image"].as_str().unwrap().to_owned();
        let over = stdout(&compose(&project, &["--lock-image-digests"]));
        ends(&clp_gen(&project, &["lock"], &["--plain-http", &registry.address]), 0, &[]);
        assert_eq!(theirs, format!("{}/{path}:1@{}", registry.address, project.digest()));
        // The file that Compose itself makes to override images says the same.
        let ours = project.lock_text();
        write(&project.path("over.yaml"), &over);
        fs::remove_file(project.path("clp-gen.lock")).unwrap();
        let import = ["--plain-http", &registry.address];
        ends(&clp_gen(&project, &["lock", "import", "over.yaml"], &import), 0, &[]);
        assert_eq!(project.lock_text(), ours, "{over}");
        // And ours is one that Compose takes.
        let exported = clp_gen(&project, &["lock", "export", "--as", "compose"], &[]);
        write(&project.path("ours.yaml"), &stdout(&exported));
        let ours = project.path("ours.yaml");
        let mut docker = Engine::shared().command(Path::new("docker"), COMPOSE);
        docker.arg("compose").arg("--env-file").arg(project.path(".env")).arg("-f");
        docker.arg(project.path("result-compose/compose.yaml")).arg("-f").arg(ours);
        let merged = run(docker.args(["config", "--images"]));
        assert!(stdout(&merged).contains(&theirs), "{}{}", stdout(&merged), stderr(&merged));
    }
}

/// Gives the engine an image that no registry has.
fn import(name: &str, content: &str) {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("content"), content);
    let mut tar = std::process::Command::new("tar");
    let archive = run(tar.args(["-c", "-C"]).arg(folder.path()).arg("content"));
    let mut docker = Engine::shared().docker(&["import", "-", name]);
    let mut docker = docker.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    docker.stdin.take().unwrap().write_all(&archive.stdout).unwrap();
    assert!(docker.wait().unwrap().success());
}

#[test]
fn an_image_of_the_engine_is_compared_when_it_is_installed() {
    let project = Project::new("clp-gen.test/only-here");
    fs::set_permissions(project.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let name = "clp-gen.test/only-here:1";
    let lock = ["lock", "--offline", "--from-engine"];
    ends(
        &clp_gen(&project, &lock, &["notes"]),
        1,
        &["the engine has no image clp-gen.test/only-here:1"],
    );
    // Of all that the engine has, where it has none: a registry would have to be asked.
    ends(&clp_gen(&project, &lock, &[]), 1, &["would have to be looked up"]);
    import(name, "first");
    ends(&clp_gen(&project, &lock, &["notes"]), 0, &[]);
    let id = Engine::shared().ask(&["image", "inspect", "--format", "{{.Id}}", name]);
    let locked = format!("local = \"{}\"", id.trim());
    assert!(project.lock_text().contains(&locked), "{}", project.lock_text());
    ends(
        &clp_gen(&project, &["build", "--target", "compose", "--release"], &[]),
        1,
        &["is in no registry"],
    );
    ends(
        &clp_gen(&project, &["lock", "export", "--as", "images-lock"], &[]),
        1,
        &["is in no registry"],
    );
    ends(&clp_gen(&project, &["build", "--target", "compose", "--locked"], &[]), 0, &[]);
    let text = fs::read_to_string(project.path("result-compose/compose.yaml")).unwrap();
    assert!(text.contains(&format!("image: {name}\n    pull_policy: never")), "{text}");
    write(
        &project.path("credentials.yaml"),
        &json!({ "database": { "password": "x" } }).to_string(),
    );
    write(&project.path("host.yaml"), "instance_id: lock\nuid: 1000\ngid: 1000\n");
    let root = project.path("root").display().to_string();
    let install = ["install", "--target", "compose", "--root", &root];
    let check = ["lock", "check"];
    ends(&clp_gen(&project, &check, &[]), 0, &[]);
    ends(&clp_gen(&project, &[&install[..], &["--check"]].concat(), &[]), 0, &["nothing is wrong"]);
    import(name, "second");
    let done = clp_gen(&project, &install, &[]);
    ends(
        &done,
        1,
        &["the engine has another image clp-gen.test/only-here:1", "--from-engine notes"],
    );
    assert!(!project.path("root").exists(), "nothing is written");
    ends(&clp_gen(&project, &check, &[]), 3, &[]);
    Engine::shared().ask(&["image", "rm", name]);
    let done = clp_gen(&project, &install, &[]);
    ends(&done, 1, &["the engine has no image clp-gen.test/only-here:1, and no registry does"]);
    let done = clp_gen(&project, &check, &[]);
    assert!(stdout(&done).contains("vanished"), "{}", stdout(&done));
    import(name, "first");
    // Docker notes when an image was imported, so the same files are another image.
    ends(&clp_gen(&project, &lock, &["notes"]), 0, &["is written"]);
    ends(&clp_gen(&project, &install, &[]), 0, &["installed"]);
    // The lock may lie in the package directory, as the other inputs may.
    fs::rename(project.path("clp-gen.lock"), project.path("root/clp-gen.lock")).unwrap();
    ends(&clp_gen(&project, &install, &[]), 0, &["installed"]);
    let text = fs::read_to_string(project.path("root/compose.yaml")).unwrap();
    assert!(text.contains("pull_policy: never"), "{text}");
}
