//! Completions in the shells that they are for, manual pages in `man`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{clp_gen, run, stderr, stdout};

/// Writes the completions for a shell into a folder, and has the shell run `script` there.
fn shell(name: &str, arguments: &[&str], script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let made = run(clp_gen(folder.path(), &["completions", name]));
    assert!(made.status.success(), "{}", stderr(&made));
    fs::write(folder.path().join("completions"), made.stdout).unwrap();
    let mut command = Command::new(name);
    command.args(arguments).arg(script).current_dir(folder.path()).env("HOME", folder.path());
    let output = run(command);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn bash_completes() {
    let script = "source ./completions; COMP_WORDS=(clp-gen build --ta); COMP_CWORD=2; \
                  handler=$(complete -p clp-gen | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
                  $handler clp-gen --ta build; echo \"${COMPREPLY[@]}\"";
    assert_eq!(shell("bash", &["--norc", "-c"], script), "--target\n");
}

#[test]
fn fish_completes() {
    let script = "source ./completions; complete -C 'clp-gen build --target '";
    let found = shell("fish", &["--no-config", "-c"], script);
    for target in crate::TARGETS {
        assert!(found.lines().any(|it| it.split('\t').next() == Some(target)), "{found}");
    }
}

#[test]
fn zsh_reads_the_completions() {
    let script = "autoload -Uz compinit; compinit -D; source ./completions; \
                  print -r -- $_comps[clp-gen] ${+functions[_clp-gen__build_commands]}";
    assert_eq!(shell("zsh", &["-f", "-c"], script), "_clp-gen 1\n");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(clp_gen(folder.path(), &["man", "man"]));
    assert!(made.status.success(), "{}", stderr(&made));
    let help = stdout(&run(clp_gen(Path::new("/"), &["--help"])));
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands = commands.lines().filter_map(|it| it.split_whitespace().next());
    let mut count = 0;
    for name in commands.filter(|it| *it != "help") {
        let mut command = Command::new("man");
        let page = folder.path().join(format!("man/clp-gen-{name}.1"));
        command.args(["--warnings", "-E", "UTF-8", "-l"]).arg(page).env("MANWIDTH", "80");
        let output = run(command);
        assert!(output.status.success() && output.stderr.is_empty(), "{name}: {}", stderr(&output));
        assert!(stdout(&output).contains(&format!("clp-gen-{name}")), "{name}");
        count += 1;
    }
    assert!(count > 5, "there are commands");
}
