//! What becomes of a lock: updates, checks, and other tools' forms of it.

use super::images::{INDEX, Repository};
use super::server::Shelf;
use super::{Project, ends, write};
use crate::{stderr, stdout};

const MADE: &str = "2024-05-06T07:08:09Z";

#[test]
fn a_lock_moves_only_when_it_is_told_to() {
    let shelf = Shelf::new();
    let repository = Repository::new(shelf.plain(), "notes");
    let old = repository.push("1", "linux/amd64", MADE);
    let project = Project::new(&repository.name());
    ends(&project.lock(&[]), 0, &[]);
    let (new, _) = repository.push_index("1", &["linux/amd64", "linux/arm64"], INDEX);
    let plain = ["--plain-http", shelf.plain()];
    let run = |command: &[&str]| project.run(command, &plain);
    ends(&run(&["lock"]), 0, &["is up to date"]);
    assert_eq!(project.digest(), old, "`lock` keeps what is there");
    let done = run(&["lock", "check"]);
    ends(&done, 3, &["1 of 1 images are not as they should be"]);
    assert!(stdout(&done).contains(&format!("moved: it is {new} now")), "{}", stdout(&done));
    ends(&run(&["lock", "update", "--locked"]), 3, &["this lock is not up to date"]);
    let done = run(&["lock", "update", "notes", "--dry-run"]);
    ends(&done, 0, &["is not written: --dry-run"]);
    assert!(stdout(&done).starts_with("moved    notes"), "{}", stdout(&done));
    assert_eq!(project.digest(), old);
    ends(&run(&["lock", "update", "other"]), 1, &["no image `other`", "There are: notes"]);
    ends(&run(&["lock", "update", "--offline"]), 1, &["would have to be looked up"]);
    ends(&run(&["lock", "check", "--frozen"]), 1, &["would have to be looked up"]);
    ends(&run(&["lock", "update", "notes"]), 0, &["is written"]);
    assert_eq!(project.digest(), new);
    ends(&run(&["lock", "check"]), 0, &[]);
}

#[test]
fn a_check_finds_what_is_gone_and_what_is_old() {
    let shelf = Shelf::new();
    let repository = Repository::new(shelf.plain(), "notes");
    let digest = repository.push("1", "linux/amd64", "2020-01-02T03:04:05.678+02:00");
    let project = Project::new(&repository.name());
    let run = |command: &[&str]| project.run(command, &["--plain-http", shelf.plain()]);
    ends(&run(&["lock", "check"]), 1, &["there is no clp-gen.lock"]);
    ends(&project.lock(&[]), 0, &[]);
    let old = run(&["lock", "check", "--older-than", "365"]);
    ends(&old, 3, &[]);
    assert!(stdout(&old).contains("old: made "), "{}", stdout(&old));
    ends(&run(&["lock", "check", "--older-than", "100000"]), 0, &[]);
    assert!(!project.lock_text().contains("2020"), "no time is in a lock");
    repository.delete(&digest);
    let done = run(&["lock", "check", "--format", "json"]);
    ends(&done, 3, &[]);
    let found: serde_json::Value = serde_json::from_str(&stdout(&done)).unwrap();
    assert_eq!(
        found["images"][0]["problems"],
        serde_json::json!(["tag-vanished", "digest-vanished"])
    );
}

#[test]
fn other_tools_locks_say_the_same() {
    let shelf = Shelf::new();
    let repository = Repository::new(shelf.plain(), "notes");
    repository.push_index("1", &["linux/amd64", "linux/arm64/v8"], INDEX);
    let project = Project::new(&repository.name());
    ends(&project.lock(&[]), 0, &[]);
    let lock = project.lock_text();
    for form in ["images-lock", "compose"] {
        let exported = project.run(&["lock", "export", "--as", form], &[]);
        ends(&exported, 0, &[]);
        write(&project.path("other.yaml"), &stdout(&exported));
        std::fs::remove_file(project.path("clp-gen.lock")).unwrap();
        let import = |further: &[&str]| project.run(&["lock", "import", "other.yaml"], further);
        ends(&import(&["--offline"]), 0, &["is written"]);
        assert!(!project.lock_text().contains("media_type"), "nobody was asked");
        ends(&project.run(&["build", "--target", "compose", "--locked"], &[]), 0, &[]);
        // With the network, the rest is looked up.
        ends(&import(&["--plain-http", shelf.plain()]), 0, &["is written"]);
        assert_eq!(project.lock_text(), lock, "{form}");
    }
}

#[test]
fn what_other_tools_say_is_checked() {
    let project = Project::new("registry.example.org/notes");
    let digest = "0".repeat(64);
    let import = |text: &str| {
        write(&project.path("other.yaml"), text);
        project.run(&["lock", "import", "other.yaml"], &["--offline"])
    };
    let images = |rest: &str| format!("kind: ImagesLock\nimages:\n{rest}");
    for (text, words) in [
        ("kind: Deployment\n".to_owned(), "in neither form"),
        ("[1, 2\n".to_owned(), "other.yaml"),
        ("# nothing\n".to_owned(), "in neither form"),
        ("kind: ImagesLock\n".to_owned(), "has a list `images`"),
        (images("- {}\n"), "has a key `image`"),
        (images("- image: registry.example.org/notes:1\n"), "this image has no digest"),
        (images("- image: registry.example.org/notes@sha256:12\n"), "this image has no digest"),
        ("services: [web]\n".to_owned(), "`services` is a map"),
        ("services: {web: {image: 'x:1'}}\n".to_owned(), "this image has no digest"),
        (
            format!(
                "services: {{web: {{image: 'x@sha256:{digest}'}}, migrate: {{image: 'x@sha256:{}'}}}}\n",
                "1".repeat(64)
            ),
            "another digest for the image `notes`",
        ),
    ] {
        ends(&import(&text), 1, &[words]);
        assert!(!project.has_lock(), "{text}");
    }
    // By the repository, where nobody says what was asked for; strangers are told.
    let text = images(&format!(
        "- image: registry.example.org/notes@sha256:{digest}\n- image: a.example/b@sha256:{digest}\n"
    ));
    let done = import(&text);
    ends(&done, 0, &["a.example/b@sha256:", "no image of this package"]);
    assert_eq!(project.digest(), format!("sha256:{digest}"), "{}", stderr(&done));
}
