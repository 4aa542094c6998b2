//! Places that cannot be written, or must not be.

use std::fs;

use super::{Case, arguments, as_data, in_words};
use crate::clp_gen;

#[test]
fn places_that_cannot_be_written() {
    let with_file = |out| Case {
        files: vec![("taken", b"mine".to_vec())],
        ..arguments("an occupied place", &["--out", out], "")
    };
    // Nobody can make a folder there, root included.
    for case in [
        arguments("no disk", &["--out", "/proc/clp-gen/out"], "cannot make"),
        arguments("no disk here", &["--out", "/proc/clp-gen-out"], "cannot write"),
        with_file("taken/out"),
    ] {
        in_words(&case, 4);
        as_data(&case, 4);
    }
    let other = |arguments_: &[&str]| Case {
        files: vec![("out/letter.txt", b"mine".to_vec())],
        ..arguments("another's folder", arguments_, "holds something else: letter.txt")
    };
    for case in [
        Case { says: "taken is a file", ..with_file("taken") },
        other(&["--out", "out"]),
        other(&["--out", "out", "--force"]),
    ] {
        in_words(&case, 1);
        as_data(&case, 1);
    }
}

/// `--force` lets go of edits to what clp-gen wrote, of nothing else.
#[test]
fn force_is_for_what_clp_gen_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let build = |further: &[&str]| {
        let mut command = clp_gen(folder.path(), &["build", "--target", "compose", "--out", "out"]);
        crate::run({
            command.args(further);
            command
        })
    };
    assert!(build(&[]).status.success());
    assert!(build(&[]).status.success(), "unchanged files are written over");
    fs::write(out.join("compose.yaml"), "edited").unwrap();
    let refused = build(&[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(crate::stderr(&refused).contains("out/compose.yaml was edited"));
    assert_eq!(fs::read(out.join("compose.yaml")).unwrap(), b"edited");
    assert!(build(&["--force"]).status.success());
    fs::write(out.join("letter.txt"), "mine").unwrap();
    let refused = build(&["--force"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(crate::stderr(&refused).contains("letter.txt"));
    assert_eq!(fs::read(out.join("letter.txt")).unwrap(), b"mine");
}
