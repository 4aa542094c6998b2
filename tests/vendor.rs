//! The library on disk.

use std::fs;

use crate::{clp_gen, files, fixtures, root, run, stderr};

/// The files are those that are inside the program, and imports among them hold.
#[test]
fn vendor_writes_what_is_embedded() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(clp_gen(folder.path(), &["vendor"]));
    assert!(output.status.success(), "{}", stderr(&output));
    let mut written = files(&folder.path().join("vendor"));
    for source in ["nickel/library", "nickel/packages"] {
        for (path, bytes) in files(&root().join(source)) {
            assert_eq!(written.remove(&path), Some(bytes), "{path}");
        }
    }
    assert!(written.is_empty(), "nothing else: {:?}", written.keys());
    let again = run(clp_gen(folder.path(), &["vendor"]));
    assert!(again.status.success(), "{}", stderr(&again));
}

/// A copy of a package is a package: it gives what the embedded one gives.
#[test]
fn a_vendored_package_builds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    run(clp_gen(folder.path(), &["vendor"]));
    let input = fixtures("accepted").into_iter().find(|it| it.ends_with("clp-s3")).unwrap();
    let deployed = |package: &str, out: &str| {
        let mut build = clp_gen(folder.path(), &["build", "--target", "compose"]);
        build.args(["--package", package, "--out", out]);
        build.arg("--config").arg(input.join("in/etc/clp-config.yaml"));
        let output = run(build);
        assert!(output.status.success(), "{}", stderr(&output));
        fs::read_to_string(folder.path().join(out).join("compose.yaml")).unwrap()
    };
    assert_eq!(deployed("vendor/clp", "one"), deployed("clp", "other"));
}

/// What somebody changed is not lost unasked.
#[test]
fn changed_files_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    run(clp_gen(folder.path(), &["vendor"]));
    let changed = folder.path().join("vendor/clp/main.ncl");
    fs::write(&changed, "{}").unwrap();
    fs::remove_file(folder.path().join("vendor/clp/inputs.ncl")).unwrap();
    let output = run(clp_gen(folder.path(), &["vendor"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("vendor/clp/main.ncl"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&changed).unwrap(), "{}");
    assert!(!folder.path().join("vendor/clp/inputs.ncl").exists(), "nothing is written");
    let forced = run(clp_gen(folder.path(), &["vendor", "--force"]));
    assert!(forced.status.success(), "{}", stderr(&forced));
    assert_ne!(fs::read_to_string(&changed).unwrap(), "{}");
}
