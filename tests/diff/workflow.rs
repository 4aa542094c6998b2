//! The workflow of the guide: every command of it runs, in a repository with a pull request.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{root, run, stderr, stdout};

/// The commands of the workflow, in order.
fn commands() -> Vec<String> {
    let guide = fs::read_to_string(root().join("docs/review.md")).unwrap();
    let (_, workflow) = guide.split_once("```yaml\n").unwrap();
    let (workflow, _) = workflow.split_once("```").unwrap();
    let lines = workflow.lines().filter_map(|line| line.trim().strip_prefix("- run: "));
    lines.map(ToOwned::to_owned).collect()
}

/// Runs a line in a shell; it must succeed.
fn shell(folder: &Path, path: &str, line: &str) {
    let mut command = Command::new("/bin/sh");
    command.args(["-ec", line]).current_dir(folder).env("PATH", path);
    command.env("GITHUB_BASE_REF", "main").env("NUMBER", "7");
    let output = run(command);
    assert!(output.status.success(), "{line}: {}{}", stdout(&output), stderr(&output));
}

#[test]
fn each_command_of_the_workflow_runs() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("repository");
    let bin = folder.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    // Stands in for GitHub's own program, which would post the comment.
    fs::write(bin.join("gh"), "#!/bin/sh\n[ \"$*\" = 'pr comment 7 --body-file comment.md' ] && cp comment.md ../posted\n").unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_clp-gen")).parent().unwrap();
    let path =
        format!("{}:{}:{}", bin.display(), program.display(), std::env::var("PATH").unwrap());
    shell(folder.path(), &path, "chmod +x bin/gh; mkdir repository");
    let fixtures = root().join("fixtures");
    let fixtures = fixtures.display();
    for line in [
        &format!("cp -r {fixtures}/packages/notes package"),
        &format!("cp {fixtures}/accepted/notes-locked/in/clp-gen.lock ."),
        "echo '{ deployment = { package = \"package\" } }' > deployment.ncl",
        "git init -q; git config user.name x; git config user.email x@example.org",
        "git add .; git commit -qm one; git update-ref refs/remotes/origin/main HEAD",
        "echo 'web: {port: 9090}' > notes.yaml; git add .; git commit -qm two",
    ] {
        shell(&place, &path, line);
    }
    let commands = commands();
    assert_eq!(commands.len(), 4);
    commands.iter().for_each(|line| shell(&place, &path, line));
    let posted = fs::read_to_string(folder.path().join("posted")).unwrap();
    assert!(posted.contains("`config.web.port  8080 -> 9090: web`"), "{posted}");
}
