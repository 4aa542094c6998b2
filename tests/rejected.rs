//! Every rejected fixture: the user's mistake, and the exact words that they read.

use std::fs;

use crate::{build, check, fixtures, stderr, stdout};

#[test]
fn rejected() {
    for fixture in fixtures("rejected") {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let done = build(&fixture.join("in"), "compose", &out);
        let shown = fixture.display();
        assert_eq!(done.status.code(), Some(1), "{shown}: {}", stderr(&done));
        assert_eq!(stdout(&done), "", "{shown}: mistakes are words, not data");
        assert!(
            fs::read_dir(folder.path()).unwrap().next().is_none(),
            "{shown}: nothing is written"
        );
        check(&fixture.join("error.txt"), stderr(&done).as_bytes());
    }
}
