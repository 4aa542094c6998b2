//! Every accepted fixture: the user's files, the topology, every target's bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{TARGETS, build, check, check_folder, files, fixtures, stderr};

/// What stands beside the files and is compared elsewhere, or too long to be read.
const BESIDE: [&str; 2] = ["topology.json", "trace.json"];

/// The lines of a file of a fixture, where there is one.
fn lines(fixture: &Path, name: &str) -> Option<Vec<String>> {
    let text = fs::read_to_string(fixture.join(name)).ok()?;
    Some(text.lines().map(ToOwned::to_owned).collect())
}

/// The targets whose files a fixture shows: those in its file `targets`, or all. What it shows of
/// the others is seen elsewhere.
fn shown_targets(fixture: &Path) -> Vec<String> {
    lines(fixture, "targets").unwrap_or_else(|| TARGETS.map(ToOwned::to_owned).into())
}

/// Where the expected files of a fixture are: with another one, where `same-as` names that. Only
/// what is hashed of the inputs differs then.
fn expectations(fixture: &Path) -> PathBuf {
    let other = lines(fixture, "same-as").map(|it| fixture.with_file_name(&it[0]));
    other.unwrap_or_else(|| fixture.to_owned())
}

#[test]
fn accepted() {
    for fixture in fixtures("accepted") {
        let home = expectations(&fixture);
        for target in shown_targets(&fixture) {
            let out = tempfile::tempdir().unwrap();
            let done = build(&fixture.join("in"), &target, &out.path().join("out"));
            let expected = home.join("out").join(&target);
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
            check(&home.join("topology.json"), format!("{topology}\n").as_bytes());
            written.retain(|path, _| !BESIDE.contains(&path.as_str()));
            if home != fixture {
                same_artifact(&expected, &mut written);
            }
            check_folder(&expected, &written);
        }
    }
}

/// Another configuration, the same artifact: the digest is the same, the inputs' digests are not.
fn same_artifact(expected: &Path, written: &mut BTreeMap<String, Vec<u8>>) {
    let manifest = fs::read(expected.join("manifest.json")).unwrap();
    let digest = |manifest: &[u8]| {
        let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap();
        manifest["artifact"].clone()
    };
    let own = written.insert("manifest.json".to_owned(), manifest.clone()).unwrap();
    assert_eq!(digest(&own), digest(&manifest), "{}", expected.display());
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
