//! The engine of this test process: private, started by the first test that asks for it, and gone
//! with the process, however that ends.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::images::provide_server;
use crate::programs::{tool, tools};
use crate::{run, stderr, stdout};

/// How long the engine may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The Compose that is used where a test does not ask for another.
pub(crate) const COMPOSE: &str = "2.40.3";

/// A Docker Engine with its own network, processes, mounts and images.
pub(crate) struct Engine {
    folder: PathBuf,
    /// The other side of its standard input is ours: it ends when we do.
    supervisor: Child,
}

impl Engine {
    /// The one of this process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Engine> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Waits until no other test has much running.
    pub(crate) fn turn() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more, with nothing in it, that ends when it is dropped.
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("clp-gen-engine-").tempdir().unwrap().keep();
        let mut command = tool("engine");
        // In a group of its own, Ctrl-C does not reach it, and it cleans up.
        command.arg(&folder).stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        let engine = Self { folder, supervisor: command.spawn().unwrap() };
        let end = Instant::now() + PATIENCE;
        // It wants its folder empty: nothing is put there before it has begun.
        let begun = || engine.folder.join("docker.sock").exists();
        while !begun() || !run(engine.docker(&["version"])).status.success() {
            let said = fs::read_to_string(engine.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "the engine does not start: {said}");
            std::thread::sleep(Duration::from_millis(50));
        }
        engine
    }

    /// The Docker command line, for this engine.
    pub(crate) fn docker(&self, arguments: &[&str]) -> Command {
        let mut command = tool("docker");
        self.surround(&mut command, COMPOSE);
        command.args(arguments);
        command
    }

    /// What the Docker command line prints; it must succeed.
    pub(crate) fn ask(&self, arguments: &[&str]) -> String {
        let output = run(self.docker(arguments));
        assert!(output.status.success(), "docker {arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// A program as a user of this engine's machine runs it: with its network, and with `docker`
    /// and a release of Compose where they are looked for.
    pub(crate) fn command(&self, program: &Path, compose: &str) -> Command {
        let process = fs::read_to_string(self.folder.join("pid")).unwrap();
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", process.trim(), "--"]).arg(program);
        self.surround(&mut command, compose);
        command
    }

    fn surround(&self, command: &mut Command, compose: &str) {
        command.env("CLP_GEN_STORE", self.folder.join("store"));
        let configuration = self.folder.join(format!("client-{compose}"));
        let plugin = configuration.join("cli-plugins/docker-compose");
        if !plugin.exists() {
            fs::create_dir_all(plugin.parent().unwrap()).unwrap();
            let program = tools().join(format!("docker-compose-{compose}"));
            // Another thread may have been quicker.
            let _ = std::os::unix::fs::symlink(program, &plugin);
            assert!(plugin.exists(), "run `scripts/tools install`");
        }
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", tools().display()));
        command.env("DOCKER_CONFIG", configuration);
        command.env("DOCKER_HOST", format!("unix://{}", self.folder.join("docker.sock").display()));
    }
}

#[test]
fn it_answers() {
    let engine = Engine::shared();
    let version = engine.ask(&["version", "--format", "{{.Server.Version}}"]);
    let (major, _) = version.split_once('.').unwrap();
    assert!(major.parse::<u32>().unwrap() >= 28, "{version}");
    for compose in [COMPOSE, "5.5.1"] {
        let mut command = engine.command(Path::new("docker"), compose);
        command.args(["compose", "version", "--short"]);
        assert_eq!(stdout(&run(command)).trim(), compose);
    }
}

/// A test process that is killed closes the other side too: there is nothing more to it.
#[test]
fn it_goes_with_its_standard_input() {
    let mut engine = Engine::start();
    provide_server(&engine, "clp-gen.test/lasting:1", "redis-server");
    // With its input open, the shell waits for ever.
    engine.ask(&["run", "--detach", "--interactive", "clp-gen.test/lasting:1", "bash"]);
    let name = engine.folder.file_name().unwrap().to_str().unwrap();
    assert!(processes(name) > 0 && groups(name) > 0);
    drop(engine.supervisor.stdin.take());
    assert!(engine.supervisor.wait().unwrap().success());
    assert_eq!((processes(name), groups(name)), (0, 0));
    assert!(!engine.folder.exists());
}

/// How many processes have a text in their arguments.
fn processes(name: &str) -> usize {
    let arguments = fs::read_dir("/proc").unwrap().map(|it| it.unwrap().path().join("cmdline"));
    let arguments = arguments.filter_map(|it| fs::read(it).ok());
    arguments.filter(|it| String::from_utf8_lossy(it).contains(name)).count()
}

/// How many control groups have a text in their names.
fn groups(name: &str) -> usize {
    let groups = walkdir::WalkDir::new("/sys/fs/cgroup").into_iter().filter_map(Result::ok);
    groups.filter(|it| it.file_name().to_string_lossy().contains(name)).count()
}
