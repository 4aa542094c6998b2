//! Every accepted fixture: the user's files, the topology, every target's bytes.

use std::fs;

use crate::{TARGETS, build, check, check_folder, files, fixtures, stderr};

/// What stands beside the files and is compared elsewhere, or too long to be read.
const BESIDE: [&str; 2] = ["topology.json", "trace.json"];

#[test]
fn accepted() {
    for fixture in fixtures("accepted") {
        for target in TARGETS {
            let out = tempfile::tempdir().unwrap();
            let done = build(&fixture.join("in"), target, &out.path().join("out"));
            let expected = fixture.join("out").join(target);
            if done.status.code() == Some(1) {
                // A target may refuse what it cannot say; the words are part of the fixture.
                let refusal = [("error.txt".to_owned(), stderr(&done).into_bytes())];
                check_folder(&expected, &refusal.into());
                assert!(!out.path().join("out").exists(), "nothing is written");
                continue;
            }
            assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
            let mut written = files(&out.path().join("out"));
            let topology = written.get("topology.json").unwrap();
            let topology: serde_json::Value = serde_json::from_slice(topology).unwrap();
            let topology = serde_json::to_string_pretty(&topology["topology"]).unwrap();
            check(&fixture.join("topology.json"), format!("{topology}\n").as_bytes());
            written.retain(|path, _| !BESIDE.contains(&path.as_str()));
            check_folder(&expected, &written);
        }
    }
}

/// A fixture that is named here but gone would silently test nothing.
#[test]
fn every_fixture_has_inputs() {
    for fixture in fixtures("accepted").into_iter().chain(fixtures("rejected")) {
        assert!(
            fs::read_dir(fixture.join("in")).unwrap().next().is_some(),
            "{}",
            fixture.display()
        );
    }
}
