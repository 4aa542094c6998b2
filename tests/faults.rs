//! A machine that fails in the middle: nothing is half-written, and what was installed is whole.
//! The kernel's answers are strace's, or those of a disk that really is full or read-only.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;

use crate::preflight::{Machine, Mounted};
use crate::programs::tool;
use crate::{run, stderr, stdout};

/// A path, its mode, owner, time and text.
type State = (PathBuf, u32, u32, i64, Vec<u8>);

/// What an installation asks of a disk, and whether it can do without.
const CALLS: [&str; 6] = [
    "mkdir",
    "fchmod,fchmodat,chmod",
    "fsync",
    "linkat",
    "renameat2,renameat,rename",
    "unlink,unlinkat",
];

/// Installs while the `number`-th call of a kind fails.
fn failing(machine: &Machine, calls: &str, fault: &str, number: usize, further: &[&str]) -> Output {
    let plain = machine.command(further);
    let mut command = tool("strace");
    command.args(["-f", "-qq", "-o", "/dev/null"]);
    command.args(["-e", &format!("trace={calls}")]);
    // After a signal there is no next call; strace 6.1 sends one only with the plus,
    // and counts wrongly with a filter.
    let plus = if fault.starts_with("signal") { "+" } else { "" };
    command.args(["-e", &format!("inject={calls}:{fault}:when={number}{plus}")]);
    command.arg(plain.get_program()).args(plain.get_args());
    command.current_dir(plain.get_current_dir().unwrap());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    run(command)
}

/// What a command said, without the breaks of long lines.
fn said(output: &Output) -> String {
    stderr(output).replace("\n  │ ", " ").replace("\n        ", " ")
}

/// The paths at which something is another than before.
fn changed(machine: &Machine, before: &[State]) -> Vec<PathBuf> {
    let now = machine.everything();
    let gone = before.iter().filter(|it| !now.contains(it));
    let new = now.iter().filter(|it| !before.contains(it));
    gone.chain(new).map(|it| it.0.clone()).collect()
}

/// Lets every call of each kind fail, one after the other, and sees that nothing happens; at last
/// none does, and all is done.
fn whole_or_not_at_all(prepare: impl Fn() -> Machine, further: &[&str], kinds: &[&str]) {
    for calls in kinds {
        let machine = prepare();
        let before = machine.everything();
        let mut failed = 0;
        loop {
            let output = failing(&machine, calls, "error=ENOSPC", failed + 1, further);
            let said = said(&output);
            if output.status.success() {
                break;
            }
            assert_eq!(output.status.code(), Some(4), "{calls} {failed}: {said}");
            assert!(said.contains("No space left on device"), "{said}");
            assert_eq!(said.matches('×').count(), 1, "one report: {said}");
            let changed = changed(&machine, &before);
            assert!(changed.is_empty(), "{calls}, the {failed}th: {changed:?}: {said}");
            failed += 1;
            assert!(failed < 100, "{calls} ends");
        }
        assert!(failed > 0, "{calls}: it asks for it");
        assert!(!changed(&machine, &before).is_empty(), "{calls}: it is done");
    }
}

/// A deployment that is installed, and whose next installation writes, moves and removes.
fn installed() -> Machine {
    let machine = Machine::new("notes");
    machine.installed(&[]);
    machine.password("second");
    machine
}

/// Moves a file that holds a secret into a new folder, so that the old one is removed.
const MOVED: [&str; 2] = ["--set", "files.settings.path=\"etc/new/moved.yaml\""];

#[test]
fn an_installation_over_another_is_whole() {
    whole_or_not_at_all(installed, &MOVED, &CALLS[..5]);
}

#[test]
fn a_first_installation_is_whole() {
    whole_or_not_at_all(|| Machine::new("notes"), &[], &["mkdir", "fsync", CALLS[4]]);
}

#[test]
fn undoing_is_whole() {
    let adopted = || {
        let machine = Machine::new("notes");
        machine.write("root/compose.yaml", "services: {}\n");
        machine.write("root/etc/settings.yaml", "mine\n");
        machine.installed(&["--adopt"]);
        machine
    };
    whole_or_not_at_all(adopted, &["--undo"], &["fsync", CALLS[4], CALLS[5]]);
}

/// A process that is killed in between leaves something, which the next installation mends, be it
/// the same one or another; and it can be undone.
#[test]
fn an_installation_that_is_killed_is_mended() {
    let renames = CALLS[4];
    let mut killed = 0;
    loop {
        let machine = installed();
        machine.write("root/etc/new/moved.yaml", "mine\n");
        let adopt = [&MOVED[..], &["--adopt"]].concat();
        let output = failing(&machine, renames, "signal=KILL", killed + 1, &adopt);
        if output.status.success() {
            break;
        }
        match killed % 3 {
            0 => drop(machine.installed(&adopt)),
            1 => {
                machine.password("third");
                machine.installed(&adopt);
            }
            _ => {
                machine.installed(&[]);
                machine.installed(&adopt);
            }
        }
        assert_eq!(machine.installed(&[&MOVED[..], &["--check"]].concat()).trim(), "", "{killed}");
        assert!(!machine.path("root/etc/settings.yaml").exists());
        machine.installed(&["--undo"]);
        let left = machine.everything().into_iter().filter(|it| !it.0.is_dir());
        let left: Vec<_> = left.map(|it| (it.0, it.4)).collect();
        assert_eq!(
            left,
            [(machine.path("root/etc/new/moved.yaml"), b"mine\n".to_vec())],
            "{killed}"
        );
        killed += 1;
    }
    assert!(killed > 3, "{killed}");
}

/// The same on a disk that is really full.
#[test]
fn a_full_disk_keeps_the_installation_that_is_there() {
    let machine = Machine::new("notes");
    let mounted = Mounted::new(&machine.path("root"), "size=512k");
    let _mounted = mounted.expect("root may mount");
    machine.installed(&[]);
    // Until nothing fits.
    for size in [65536, 4096, 512] {
        let mut filling = vec![];
        while fs::write(machine.path("root/filling"), &filling).is_ok() && filling.len() < 1 << 20 {
            filling.resize(filling.len() + size, 0);
        }
    }
    machine.password("second");
    let before = machine.everything();
    let output = machine.install(&MOVED);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(said(&output).contains("No space left on device"), "{}", stderr(&output));
    assert_eq!(changed(&machine, &before), [""; 0].map(PathBuf::from));
    fs::remove_file(machine.path("root/filling")).unwrap();
    machine.installed(&MOVED);
    assert!(!machine.path("root/etc/settings.yaml").exists());
}

/// A mount over something, until it is dropped.
struct Bound(PathBuf);

impl Bound {
    fn new(place: &Path, options: &str) -> Self {
        let mount = |arguments: &[&str]| {
            let status = Command::new("mount").args(arguments).arg(place).status().unwrap();
            assert!(status.success(), "root may mount");
        };
        mount(&["--bind", place.to_str().unwrap()]);
        mount(&["-o", &format!("remount,bind,{options}")]);
        Self(place.to_owned())
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.0).status().unwrap();
    }
}

#[test]
fn read_only_parts_are_told_and_leave_the_rest() {
    let machine = installed();
    // A folder that has to be written to: told before anything is.
    let bound = Bound::new(&machine.path("root/etc"), "ro");
    machine.refused(&[], &["cannot write to", "/root/etc: Read-only file system"]);
    drop(bound);
    // A file that cannot be replaced: found out in the middle, and taken back.
    let bound = Bound::new(&machine.path("root/etc/settings.yaml"), "rw");
    let before = machine.everything();
    let output = machine.install(&[]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(said(&output).contains("busy"), "{}", stderr(&output));
    assert_eq!(changed(&machine, &before), [""; 0].map(PathBuf::from));
    drop(bound);
    machine.installed(&[]);
    // A first installation below a folder that is read-only.
    let machine = Machine::new("notes");
    fs::create_dir(machine.path("locked")).unwrap();
    let _bound = Bound::new(&machine.path("locked"), "ro");
    let link = machine.path("root");
    std::os::unix::fs::symlink(machine.path("locked"), link).unwrap();
    machine.refused(&[], &["cannot write to", "Read-only file system"]);
}

/// Root without the right to give files away, as in some containers and on some network disks.
#[test]
fn root_that_may_not_give_files_away_is_told_so() {
    let machine = Machine::new("clp");
    machine.host("ab12", (1001, 50));
    let plain = machine.command(&[]);
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-chown", "--inh-caps=-chown", "--"]);
    command.arg(plain.get_program()).args(plain.get_args());
    command.current_dir(plain.get_current_dir().unwrap());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let output = run(command);
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(stderr(&output).matches('×').count(), 1, "{}", stderr(&output));
    let words =
        ["have to belong to 1001:50, and 0:0, who", "may not give them away", "host.yaml:2"];
    for word in words {
        assert!(said(&output).contains(word), "{}", stderr(&output));
    }
    assert!(!machine.path("root").exists(), "nothing is written");
}

/// User 1001 of group 50 installs what runs as that user and group.
#[test]
fn another_user_installs_what_runs_as_themselves() {
    let machine = Machine::new("clp");
    machine.host("ab12", (1001, 50));
    machine.write("config.yaml", &json!({
        "logs_input": { "type": "fs", "directory": machine.path("logs") },
        "webui": { "port": 24000 }, "database": { "port": 24001 }, "queue": { "port": 24002 },
        "redis": { "port": 24003 }, "results_cache": { "port": 24004 }, "api_server": { "port": 24005 },
    }).to_string());
    let program = machine.path("clp-gen");
    fs::copy(env!("CARGO_BIN_EXE_clp-gen"), &program).unwrap();
    for entry in walkdir::WalkDir::new(machine.path("")) {
        std::os::unix::fs::chown(entry.unwrap().path(), Some(1001), Some(50)).unwrap();
    }
    let install = |further: &[&str]| {
        let plain = machine.command(further);
        let mut command = Command::new("setpriv");
        command.args(["--reuid=1001", "--regid=50", "--clear-groups", "--"]).arg(&program);
        command.args(plain.get_args()).current_dir(machine.path(""));
        command
            .env("NO_COLOR", "1")
            .env("PATH", format!("{}:/usr/bin:/bin", machine.path("bin").display()));
        run(command)
    };
    for further in [&[][..], &[], &["--undo"]] {
        let output = install(further);
        assert!(output.status.success(), "{}", stderr(&output));
        for (path, mode, ..) in machine.everything().into_iter().filter(|it| it.0.is_file()) {
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!(
                (metadata.uid(), metadata.gid()),
                (1001, 50),
                "{}: {mode:o}",
                path.display()
            );
        }
    }
    // What somebody else owns, they cannot give to themselves.
    fs::create_dir_all(machine.path("root/var/data/database")).unwrap();
    let output = install(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(said(&output).contains("may not give them away"), "{}", stderr(&output));
}
