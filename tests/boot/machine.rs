//! The machine of this test process: private, booted by the first test that asks for it, and gone
//! with the process, however that ends.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::programs::tool;
use crate::{run, stderr, stdout};

/// How long the machine may take to boot, when others are busy too.
const PATIENCE: Duration = Duration::from_secs(120);

/// A machine with its own systemd, network and Podman.
pub(crate) struct Machine {
    folder: PathBuf,
    /// The other side of its standard input is ours: it ends when we do.
    _supervisor: Child,
}

impl Machine {
    /// The one of this process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Machine> = OnceLock::new();
        SHARED.get_or_init(Self::boot)
    }

    /// One test has the machine at a time.
    pub(crate) fn turn() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn boot() -> Self {
        let folder = tempfile::Builder::new().prefix("clp-gen-machine-").tempdir().unwrap().keep();
        let mut command = tool("machine");
        let program = env!("CARGO_BIN_EXE_clp-gen");
        command.arg(&folder).arg(format!("--bind-ro={program}:/usr/bin/clp-gen"));
        // In a group of its own, Ctrl-C does not reach it, and it cleans up.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        let machine = Self { folder, _supervisor: command.spawn().unwrap() };
        machine.wait_until_up("");
        machine
    }

    /// Waits for a systemd that is not the one of the boot `before`.
    fn wait_until_up(&self, before: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            if self.leader().is_some() && self.boot_id() != before {
                let state = run(self.command(&["systemctl", "is-system-running", "--wait"]));
                if ["running", "degraded"].contains(&stdout(&state).trim()) {
                    return;
                }
            }
            let said = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "the machine does not boot: {said}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn leader(&self) -> Option<String> {
        let text = fs::read_to_string(self.folder.join("pid")).ok()?;
        let leader = text.trim().to_owned();
        Path::new("/proc").join(&leader).exists().then_some(leader)
    }

    /// What tells one boot from another: the start of its systemd.
    fn boot_id(&self) -> String {
        stdout(&run(self.command(&["stat", "--format=%Y %Z", "/proc/1"]))).trim().to_owned()
    }

    /// Restarts the machine, as its user would.
    pub(crate) fn reboot(&self) {
        let before = self.leader();
        self.command(&["systemctl", "reboot"]).output().unwrap();
        let end = Instant::now() + PATIENCE;
        while self.leader() == before || self.leader().is_none() {
            assert!(Instant::now() < end, "the machine does not go down");
            std::thread::sleep(Duration::from_millis(100));
        }
        self.wait_until_up("");
    }

    /// A command, run as root in the machine.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--all", "--target", &self.leader().unwrap_or_default(), "--", "env", "-i"]);
        command.args(["PATH=/usr/sbin:/usr/bin", "HOME=/root", "NO_COLOR=1"]).args(words);
        command
    }

    /// How a command line ends.
    pub(crate) fn shell(&self, line: &str) -> Output {
        run(self.command(&["sh", "-c", line]))
    }

    /// What a command prints; it must succeed.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        let output = run(self.command(words));
        assert!(output.status.success(), "{words:?}: {}{}", stdout(&output), stderr(&output));
        stdout(&output)
    }

    /// Where a file of the machine's is found from outside.
    pub(crate) fn place(&self, path: &str) -> PathBuf {
        let root = Path::new("/proc").join(self.leader().expect("it runs")).join("root");
        root.join(path.strip_prefix('/').unwrap())
    }

    /// Writes a file, and the folders that it is in.
    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let place = self.place(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
}
