//! What the documentation shows works: each ```console block is run, and what it prints compared.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{root, stderr, stdout};

/// One command of a document, and the lines that it is said to print.
struct Shown {
    command: String,
    printed: Vec<String>,
}

/// Every document for users.
fn documents() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|it| it.unwrap().path());
    let mut found: Vec<_> = docs.filter(|it| it.extension().is_some_and(|it| it == "md")).collect();
    found.push(root().join("README.md"));
    found.sort();
    found
}

fn commands(document: &Path) -> Vec<Shown> {
    let text = fs::read_to_string(document).unwrap();
    let mut found: Vec<Shown> = vec![];
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            line => match line.strip_prefix("$ ") {
                Some(command) => found.push(Shown { command: command.to_owned(), printed: vec![] }),
                None => found.last_mut().expect("a command first").printed.push(line.to_owned()),
            },
        }
    }
    found
}

/// Writes what a command prints below it, in place of what stands there.
fn rewrite(document: &Path, command: &str, old: &[String], new: &str) {
    let text = fs::read_to_string(document).unwrap();
    let (old, new) = (old.join("\n"), new.trim_end());
    let text = text.replacen(&format!("$ {command}\n{old}\n"), &format!("$ {command}\n{new}\n"), 1);
    fs::write(document, text).unwrap();
}

/// A folder as a user of the documents has it: their configuration, and the examples.
fn surroundings() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/clp-config.yaml"), "webui:\n  port: 4001\n").unwrap();
    fs::write(folder.path().join("etc/host.yaml"), "instance_id: ab12\ncpus: 8\n").unwrap();
    symlink(root().join("fixtures"), folder.path().join("fixtures")).unwrap();
    folder
}

#[test]
fn what_documents_show_works() {
    let program = Path::new(env!("CARGO_BIN_EXE_clp-gen")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut count = 0;
    for document in documents() {
        let folder = surroundings();
        for Shown { command, printed } in commands(&document) {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", &command]).current_dir(folder.path()).env("PATH", &path);
            shell.env("CLP_GEN_STORE", folder.path().join("store"));
            let output = shell.env("NO_COLOR", "1").output().unwrap();
            let shown = format!("{}: {command}", document.display());
            // That something differs is what `diff` is asked about.
            let differs = command.starts_with("clp-gen diff ") && output.status.code() == Some(3);
            assert!(output.status.success() || differs, "{shown}: {}", stderr(&output));
            if crate::blessing() && !printed.is_empty() {
                rewrite(&document, &command, &printed, &stdout(&output));
            } else if !printed.is_empty() {
                assert_eq!(stdout(&output).trim_end(), printed.join("\n"), "{shown}");
            }
            count += 1;
        }
    }
    assert!(count > 5, "documents show commands");
}

/// The README's first command is what it says, whatever the working directory holds.
#[test]
fn the_first_command_needs_nothing() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("cargo run -- ").unwrap();
    let arguments: Vec<_> = rest.lines().next().unwrap().split(' ').collect();
    let folder = tempfile::tempdir().unwrap();
    let output = crate::run(crate::clp_gen(folder.path(), &arguments));
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("using the defaults of the package"), "{}", stderr(&output));
    assert!(folder.path().join("clp-compose/compose.yaml").exists());
}
