//! Files of users that are none, or not what they should be.

use std::collections::BTreeSet;
use std::fs;

use super::{arguments, as_data, file, in_words};
use crate::clp_gen;

#[test]
fn files_that_are_none() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (this, last) in "bcdefghij".chars().zip("abcdefghi".chars()) {
        let nine = vec![format!("*{last}"); 9].join(", ");
        bomb += &format!("{this}: &{this} [{nine}]\n");
    }
    let many = |text: &str, times| text.repeat(times);
    let deep = format!("a: {}{}\n", many("[", 10_000), many("]", 10_000));
    let staircase: String = (0..2_500).map(|it| format!("{}a:\n", many(" ", it))).collect();
    let long = format!("webui: {{host: {}}}\n", many("x", 1 << 20));
    let mut directory = file("a directory", "--config", "", "this is a directory, not a file");
    directory.files = vec![("input.yaml/inside", vec![])];
    let cases = [
        arguments("no such file", &["--config", "gone.yaml"], "there is no such file"),
        arguments("no project", &["--deployment", "gone.ncl"], "there is no file gone.ncl"),
        arguments("a device", &["--config", "/dev/zero"], "larger than 4 MiB"),
        directory,
        file("empty credentials", "--credentials", "", "the file is empty"),
        file("no credentials but comments", "--credentials", "# None.\n", "the file is empty"),
        file("null", "--config", "~\n", "wanted a map of keys, found null"),
        file("not UTF-8", "--config", b"webui:\n  host: \xff\n", "is not UTF-8"),
        file("UTF-16", "--config", b"\xff\xfew\0", "is UTF-16 text"),
        file("100 MB", "--config", many("a: b\n", 20_000_000), "larger than 4 MiB"),
        file("a long line", "--config", long, "webui.host is xxx"),
        file("10,000 brackets", "--config", deep, "nested deeper than"),
        file("10,000 dashes", "--config", many("- ", 10_000) + "x\n", "nested deeper than"),
        file("2,500 steps", "--config", staircase, "nested deeper than"),
        file("a tab", "--config", "webui:\n\tport: 4001\n", "a tab is used for indentation"),
        file("an alias bomb", "--config", bomb, "aliases make this file larger than"),
        file("an include", "--config", "webui: !include /etc/hostname\n", "tag"),
        file("an open bracket", "--config", "bundled: [queue\n", "this bracket is never closed"),
        file("a second document", "--config", "webui: {}\n---\n", "a second document"),
        file("facts of no machine", "--host", "[1]\n", "wanted a map of keys, found a list"),
    ];
    for case in &cases {
        in_words(case, 1);
        as_data(case, 1);
    }
    let mut below = file("below a file", "--config", "", "a part of this path is no directory");
    below.arguments = vec!["--host".to_owned(), "input.yaml/host.yaml".to_owned()];
    in_words(&below, 1);
    as_data(&below, 1);
}

/// An empty configuration means the defaults.
#[test]
fn an_empty_configuration_is_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let mut digests = BTreeSet::new();
    let texts = [
        ("empty", ""),
        ("comments", "# Nothing.\n"),
        ("map", "{}\n"),
        ("mark", "---\n"),
        ("byte order mark", "\u{feff}# Nothing.\n"),
    ];
    for (name, text) in texts {
        let config = folder.path().join(name);
        fs::write(&config, text).unwrap();
        let arguments = ["build", "--target", "compose", "--config", name, "--out", "out"];
        let done = crate::run(clp_gen(folder.path(), &arguments));
        assert!(done.status.success(), "{name}: {}", crate::stderr(&done));
        digests.insert(crate::stdout(&done));
    }
    assert_eq!(digests.len(), 1);
}
