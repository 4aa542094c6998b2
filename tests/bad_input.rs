//! Input that no sane user writes ends in a report all the same: the right exit code, within
//! bounds of time and memory, with nothing written, by no signal and no panic.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::{root, stderr, stdout};

/// The longest that a report may take. The watchdog is at 4.5 seconds.
const LONGEST: Duration = Duration::from_secs(10);

/// A folder with the toy package, and a command that builds it there.
struct Case {
    folder: tempfile::TempDir,
    arguments: Vec<String>,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        symlink(root().join("fixtures/packages/notes"), folder.path().join("package")).unwrap();
        let arguments = ["build", "--target", "compose", "--package", "package", "--out", "out"];
        Self { folder, arguments: arguments.map(ToOwned::to_owned).into() }
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path().join(name), content).unwrap();
        self
    }

    fn option(mut self, name: &str, value: &str) -> Self {
        self.arguments.extend([name.to_owned(), value.to_owned()]);
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self) -> Output {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        // 2 GB for everything but the stack's address space, which is 1 GiB and mostly untouched.
        let mut command = Command::new("/bin/sh");
        command.args([
            "-c",
            "ulimit -v 3400000; exec \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_clp-gen"),
        ]);
        command.args(arguments).current_dir(self.path()).env("NO_COLOR", "1");
        let start = Instant::now();
        let output = command.output().unwrap();
        assert!(start.elapsed() < LONGEST, "{:?}: {:?}", self.arguments, start.elapsed());
        output
    }

    /// One report that holds `words`, this exit code, and nothing written; as data too.
    fn refused(self, code: i32, words: &str) {
        let before = listing(self.path());
        let output = self.run();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{words}: {said}");
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(stdout(&output), "", "{words}: no data");
        let reports = said.lines().filter(|it| it.starts_with("  × ") || it.starts_with("error: "));
        assert_eq!(reports.count(), 1, "{words}: one report: {said}");
        assert_eq!(before, listing(self.path()), "{words}: nothing is written");
        if code == 1 {
            let json = self.option("--format", "json").run();
            let reports: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
            assert_eq!(reports.as_array().unwrap().len(), 1, "{words}: {reports}");
            assert_eq!(json.status.code(), Some(1), "{words}");
        }
    }
}

fn listing(folder: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    entries.map(|it| it.unwrap().path().display().to_string()).collect()
}

fn config(content: impl AsRef<[u8]>) -> Case {
    Case::new().file("notes.yaml", content)
}

fn overlay(content: &str) -> Case {
    Case::new().file("deployment.ncl", content)
}

#[test]
fn files_that_are_none() {
    Case::new().option("--config", "nope.yaml").refused(1, "there is no such file");
    Case::new().option("--config", ".").refused(1, "this is a directory");
    Case::new()
        .option("--host", "notes.yaml/host.yaml")
        .file("notes.yaml", "")
        .refused(1, "no directory");
    Case::new()
        .file("c.yaml", "")
        .option("--credentials", "c.yaml")
        .refused(1, "`database` is missing");
    Case::new().option("--deployment", "nope.ncl").refused(1, "there is no file");
}

#[test]
fn empty_means_defaults() {
    for content in ["", "# Nothing.\n", "---\n", "\u{feff}# Nothing.\n"] {
        let output = config(content).run();
        assert!(output.status.success(), "{content:?}: {}", stderr(&output));
    }
}

#[test]
fn text_that_is_no_yaml() {
    config(b"title: \"\xff\xfe\"\n").refused(1, "UTF-8");
    config("a".repeat(100 << 20)).refused(1, "larger than 4 MiB");
    config(format!("title: {}{}\n", "[".repeat(10_000), "]".repeat(10_000))).refused(1, "nested");
    config("web:\n\tport: 1\n").refused(1, "tab");
    config("title: [1, 2\n").refused(1, "notes.yaml");
    config("- a\n- b\n").refused(1, "wanted a map of keys, found a list");
    config("title: One\ntitle: Two\n").refused(1, "title");
    config("--- {}\n--- {}\n").refused(1, "document");
    let bomb = (1..12).map(|it| {
        let before = vec![format!("*a{}", it - 1); 10].join(", ");
        format!("a{it}: &a{it} [{before}]\n")
    });
    config(format!("a0: &a0 [x]\n{}", bomb.collect::<String>())).refused(1, "aliases");
}

#[test]
fn overlays_that_are_wrong() {
    overlay("{ services.web = ").refused(1, "deployment.ncl");
    overlay("{ services.web.stop_grace_seconds = let rec a = a + 1 in a }")
        .refused(1, "infinite recursion");
    overlay("{ services.web.labels.a = import \"/etc/passwd\" as 'Text }")
        .refused(1, "cannot import");
    overlay("{ services.web.labels.a = import \"../../../etc/passwd\" as 'Text }")
        .refused(1, "cannot import");
    let leads_out = overlay("{ services.web.labels.a = import \"link.txt\" }");
    symlink("/etc/passwd", leads_out.path().join("link.txt")).unwrap();
    leads_out.refused(1, "symbolic link that leads out");
    overlay(&format!("{{ a = {}{} }}", "[".repeat(100_000), "]".repeat(100_000)))
        .refused(1, "nests");
    overlay("1").refused(1, "");
}

/// The budget of the front end, the allocator or the watchdog ends these: whichever is first.
#[test]
fn overlays_without_end() {
    let endless = [
        "let rec f = fun n => [n] @ f (n + 1) in { services.web.command = f 1 }",
        "let rec f = fun n => 1 + f (n + 1) in { services.web.stop_grace_seconds = f 1 }",
        "let rec f = fun n => f n in { services.web.labels.a = f 1 }",
        "let rec f = fun n => { a = f (n + 1) } in { files.settings.content = 'Yaml (f 1) }",
        "let rec C = fun label value => C label value in { services.web.labels | C = {} }",
        "{ services.web.command = std.array.generate (fun n => \"x\") 300000000 }",
        "{ services.web.stop_grace_seconds = std.number.pow 10 2000000000 }",
        "let rec f = fun n s => if n == 0 then s else f (n - 1) (s ++ s) in { services.web.labels.a = f 40 \"xxxxxxxx\" }",
    ];
    for text in endless {
        overlay(text).refused(1, "the evaluation was ended");
    }
    let long = format!("{{ services.web.stop_grace_seconds = {}1 }}", "1+".repeat(100_000));
    let output = overlay(&long).run();
    assert!(output.status.success(), "long, but it ends: {}", stderr(&output));
}

#[test]
fn options_that_are_wrong() {
    Case::new().option("--set", "web.port").refused(2, "write a path, `=` and a Nickel expression");
    Case::new().option("--set", "web.port=1").refused(1, "there is no field `web` here");
    Case::new().option("--set", "config.web.port=@env:PORT").refused(1, "reads only its inputs");
    Case::new().option("--set", "config.web.port=}{").refused(1, "unexpected token");
}

#[test]
fn places_that_cannot_be_written() {
    let mut case = Case::new().file("file", "");
    *case.arguments.last_mut().unwrap() = "file/out".to_owned();
    case.refused(4, "cannot make");
    let mut case = Case::new();
    *case.arguments.last_mut().unwrap() = "/proc/clp-gen-out".to_owned();
    case.refused(4, "cannot write");
    let occupied = Case::new();
    fs::create_dir(occupied.path().join("out")).unwrap();
    occupied.file("out/precious", "mine").refused(1, "precious");
}

#[test]
fn only_what_was_written_is_written_over() {
    let case = Case::new();
    assert!(case.run().status.success());
    assert!(case.run().status.success(), "its own output is replaced");
    fs::write(case.path().join("out/compose.yaml"), "edited").unwrap();
    let output = case.run();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("compose.yaml was edited"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(case.path().join("out/compose.yaml")).unwrap(), "edited");
    let mut case = case;
    case.arguments.push("--force".to_owned());
    assert!(case.run().status.success(), "`--force` lets go of an edit");
    fs::write(case.path().join("out/precious"), "mine").unwrap();
    let output = case.run();
    assert_eq!(output.status.code(), Some(1), "`--force` lets go of nothing else");
    assert_eq!(fs::read_to_string(case.path().join("out/precious")).unwrap(), "mine");
}
