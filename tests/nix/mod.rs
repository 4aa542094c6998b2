//! The flake, with the real `nix`: nixpkgs is a stub (`stub.nix`), since nothing is downloaded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::programs::tool;
use crate::{clp_gen, files, root, run, stderr, stdout};

/// A copy of the project, a stub of nixpkgs with the program, and a Nix store.
struct Nix {
    folder: tempfile::TempDir,
}

impl Nix {
    fn new() -> Self {
        let nix = Self { folder: tempfile::tempdir().unwrap() };
        copy_project(&nix.path("project"));
        fs::create_dir(nix.path("project/target")).unwrap();
        fs::write(nix.path("project/target/left"), "by a build").unwrap();
        fs::create_dir(nix.path("nixpkgs")).unwrap();
        fs::copy(root().join("tests/nix/stub.nix"), nix.path("nixpkgs/flake.nix")).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_clp-gen"), nix.path("nixpkgs/clp-gen")).unwrap();
        nix
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// A command of Nix's on the project.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tool("nix");
        let settings = "experimental-features = nix-command flakes\nsandbox = false\n\
                        substituters =\nbuild-users-group =\nflake-registry =\n";
        command.env("NIX_CONFIG", settings).env("HOME", self.path("home"));
        for (variable, folder) in [
            ("NIX_STORE_DIR", "store"),
            ("NIX_STATE_DIR", "state"),
            ("NIX_LOG_DIR", "log"),
            ("NIX_CONF_DIR", "conf"),
        ] {
            command.env(variable, self.path("nix").join(folder));
        }
        command.args(arguments);
        command
    }

    /// Runs it on the project's flake, with the stub.
    fn flake(&self, arguments: &[&str]) -> Output {
        let stub = format!("path:{}", self.path("nixpkgs").display());
        let with = ["--override-input", "nixpkgs", &stub, "--no-write-lock-file"];
        // What comes after `--` is the program's own.
        let end = arguments.iter().position(|it| *it == "--").unwrap_or(arguments.len());
        let (own, rest) = arguments.split_at(end);
        self.command(&[own, &with, rest].concat()).output().unwrap()
    }

    fn reference(&self) -> String {
        format!("path:{}", self.path("project").display())
    }

    /// What `lib.buildDeployment` gives for these arguments.
    fn deployment(&self, arguments: &str) -> Output {
        let apply = format!("build: (build {{ {arguments} }}).drvPath");
        let attribute = format!("{}#lib.buildDeployment", self.reference());
        let derivation = self.flake(&["eval", "--impure", "--raw", &attribute, "--apply", &apply]);
        if !derivation.status.success() {
            return derivation;
        }
        let mut build = self.command(&["build", "--no-link", "--json", "-L"]);
        build.arg(stdout(&derivation)).output().unwrap()
    }
}

/// Everything but what is built and git's own.
fn copy_project(to: &Path) {
    let all = walkdir::WalkDir::new(root()).into_iter();
    let all = all.filter_entry(|it| !["target", ".git"].iter().any(|name| it.file_name() == *name));
    for entry in all.map(Result::unwrap).filter(|it| it.file_type().is_file()) {
        let place = to.join(entry.path().strip_prefix(root()).unwrap());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(entry.path(), place).unwrap();
    }
}

fn succeeds(output: Output) -> String {
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn the_flake_gives_what_build_gives() {
    let nix = Nix::new();
    let reference = nix.reference();
    succeeds(nix.flake(&["flake", "check", &reference]));
    let shown = succeeds(nix.flake(&["flake", "show", "--json", &reference]));
    for output in ["packages", "apps", "devShells", "checks", "overlays", "lib"] {
        assert!(shown.contains(&format!("\"{output}\"")), "{output}: {shown}");
    }
    let version = succeeds(nix.flake(&["run", &reference, "--", "--version"]));
    assert!(version.starts_with("clp-gen "), "{version}");
    let inputs = root().join("fixtures/accepted/clp-customised/in/etc");
    let (config, host) = (inputs.join("clp-config.yaml"), inputs.join("host.yaml"));
    for target in ["compose", "systemd"] {
        let arguments = format!(
            "target = \"{target}\"; config = {}; host = {};",
            config.display(),
            host.display()
        );
        let built = succeeds(nix.deployment(&arguments));
        let path = out_path(&built);
        let options = ["--config", config.to_str().unwrap(), "--host", host.to_str().unwrap()];
        let all = [&["build", "--target", target, "--out", target][..], &options].concat();
        succeeds(run(clp_gen(nix.folder.path(), &all)));
        assert!(files(&path) == files(&nix.path(target)), "{target}: other bytes");
    }
    secrets_are_refused(&nix);
}

/// The path of what `nix build --json` built.
fn out_path(json: &str) -> PathBuf {
    let built: serde_json::Value = serde_json::from_str(json).unwrap();
    built[0]["outputs"]["out"].as_str().unwrap().into()
}

fn secrets_are_refused(nix: &Nix) {
    let config = root().join("fixtures/accepted/clp-s3/in/etc/clp-config.yaml");
    let refused = nix.deployment(&format!("target = \"compose\"; config = {};", config.display()));
    assert!(!refused.status.success(), "{}", stdout(&refused));
    let words = stderr(&refused);
    assert!(words.contains("clp-gen inputs --redacted"), "{words}");
    assert!(!words.contains("never-written"), "{words}");
    let config = config.to_str().unwrap();
    let redacted = run(clp_gen(nix.folder.path(), &["inputs", "--redacted", "--config", config]));
    let place = nix.path("redacted.yaml");
    fs::write(&place, succeeds(redacted)).unwrap();
    let built = nix.deployment(&format!("target = \"compose\"; config = {};", place.display()));
    let path = out_path(&succeeds(built));
    let build = ["build", "--target", "compose", "--config", config, "--out", "plain"];
    succeeds(run(clp_gen(nix.folder.path(), &build)));
    assert!(files(&path) == files(&nix.path("plain")), "the same artifact without the secrets");
}
