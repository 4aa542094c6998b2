//! The servers that deployments bring along, as far as Debian has them, as what they are: MariaDB,
//! RabbitMQ and Redis run from what we install, and real clients log in.

mod adoption;
mod hostile;
mod neighbours;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::{Value as Json, json};

use crate::engine::{COMPOSE, Engine};
use crate::programs::tools;
use crate::{root, run, stderr, stdout};

/// The image that is all servers, and every client.
const IMAGE: (&str, &str) = ("clp-gen.test/servers", "1");

/// Where its programs are, and where the queue keeps its cookie.
const ENVIRONMENT: [&str; 2] = [
    "ENV PATH=/usr/lib/rabbitmq/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "ENV HOME=/var/lib/rabbitmq",
];

/// Where users keep their files.
const CONFIG: &str = "clp/etc/clp-config.yaml";
const CREDENTIALS: &str = "clp/etc/credentials.yaml";
const HOST: &str = "clp/etc/host.yaml";

/// A package directory and its inputs, on the machine of the engine.
struct Package {
    engine: &'static Engine,
    folder: tempfile::TempDir,
    id: &'static str,
}

impl Package {
    /// One with this instance id, and ports from `port` on.
    fn new(id: &'static str, port: u16, credentials: &Json) -> Self {
        let engine = Engine::shared();
        image(engine);
        let folder = tempfile::Builder::new().prefix("clp-gen-servers-").tempdir().unwrap();
        // Containers' users have to get in.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let package = Self { engine, folder, id };
        fs::create_dir(package.path("logs")).unwrap();
        fs::create_dir_all(package.path("clp/etc")).unwrap();
        package.write(HOST, &json!({ "instance_id": id, "uid": 1000, "gid": 1000 }));
        package.write(CREDENTIALS, credentials);
        package.write(CONFIG, &package.config(port, &json!({})));
        package
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn root(&self) -> PathBuf {
        self.path("clp")
    }

    fn write(&self, path: &str, value: &Json) {
        fs::write(self.path(path), value.to_string()).unwrap();
    }

    /// A configuration with ports of its own, and `more`.
    fn config(&self, port: u16, more: &Json) -> Json {
        let mut config = json!({
            "logs_input": { "type": "fs", "directory": self.path("logs") },
        });
        let published = ["database", "queue", "redis", "results_cache", "webui", "api_server"];
        for (number, section) in (port..).zip(published) {
            config[section]["port"] = json!(number);
        }
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    }

    /// `clp-gen` here, in this folder.
    fn clp_gen(&self, arguments: &[&str]) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_clp-gen"));
        let mut command = self.engine.command(program, COMPOSE);
        command.current_dir(self.folder.path()).env("NO_COLOR", "1").args(arguments);
        run(command)
    }

    /// `clp-gen install` of the package directory, with our images.
    fn install(&self, further: &[&str]) -> Output {
        let (repository, tag) = IMAGE;
        let images = ["clp", "database", "queue", "redis", "results_cache"].iter().flat_map(|it| {
            [format!("images.{it}.repository={repository:?}"), format!("images.{it}.tag={tag:?}")]
        });
        // Its probe takes about as long as it may, on a machine that does other things too.
        let slow = "services.queue.health.timeout_seconds=30".to_owned();
        let sets: Vec<String> = images.chain([slow]).map(|it| format!("--set={it}")).collect();
        let mut arguments = vec!["install", "--target", "compose", "--root", "clp"];
        arguments.extend(sets.iter().map(String::as_str));
        self.clp_gen(&[&arguments, further].concat())
    }

    fn installed(&self, further: &[&str]) -> Output {
        let output = self.install(further);
        assert!(output.status.success(), "{}", stderr(&output));
        output
    }

    /// Installs, which has to fail with one report that holds these words; the place is one.
    fn refused(&self, further: &[&str], words: &[&str]) {
        let output = self.install(&[further, &["--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
        let reports: Json = serde_json::from_slice(&output.stdout).unwrap();
        let said = reports.as_array().unwrap().iter().map(|it| {
            let text = |key: &str| it[key].as_str().unwrap_or_default();
            format!("{}:{}: {}. {}", text("file"), it["line"], text("message"), text("help"))
        });
        let said: Vec<_> = said.collect();
        let fits = |it: &&String| words.iter().all(|word| it.contains(word));
        assert!(said.iter().any(|it| fits(&it)), "{words:?}: {said:#?}");
    }

    /// `docker compose` for what was installed.
    fn compose(&self, arguments: &[&str]) -> String {
        let root = self.root();
        let mut command = self.engine.command(Path::new("docker"), COMPOSE);
        command.arg("compose").arg("--project-directory").arg(&root).arg("--env-file");
        command.arg(root.join(".env")).arg("-f").arg(root.join("compose.yaml")).args(arguments);
        success(command)
    }

    fn up(&self, services: &[&str]) {
        self.compose(&[&["up", "--detach", "--wait", "--wait-timeout", "120"], services].concat());
    }

    /// The container of a service, as the engine describes it.
    fn container(&self, service: &str) -> Json {
        let name = format!("{}-{service}-1", self.project());
        let described: Json = serde_json::from_str(&self.engine.ask(&["inspect", &name])).unwrap();
        described[0].clone()
    }

    fn project(&self) -> String {
        format!("clp-package-{}", self.id)
    }

    /// A client in the place of a workload: it logs in wherever its environment lets it, and gives
    /// these variables as they arrived.
    fn client(&self, workload: &str, variables: &[&str]) -> Json {
        let client = root().join("tests/servers/client.py");
        let mount = format!("{}:/client.py:ro", client.display());
        let arguments = ["run", "--rm", "-T", "--no-deps", "--entrypoint", "python3", "-v", &mount];
        let printed =
            self.compose(&[&arguments[..], &[workload, "/client.py"], variables].concat());
        serde_json::from_str(&printed).unwrap()
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        // What a test leaves must not meet the next one.
        let project = self.project();
        run(self.engine.docker(&["compose", "--project-name", &project, "down", "--volumes"]));
    }
}

fn success(command: Command) -> String {
    let shown = format!("{command:?}");
    let output = run(command);
    assert!(output.status.success(), "{shown}: {}", stderr(&output));
    stdout(&output)
}

/// The image, made once in each engine: what Debian has, and what starts it.
fn image(engine: &Engine) {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        let archive = tools().join("../servers-bookworm/root.tar");
        assert!(archive.exists(), "run `scripts/tools install`");
        let imported = engine.ask(&["import", archive.to_str().unwrap()]);
        let container = engine.ask(&["create", imported.trim(), "none"]);
        let start = root().join("tests/servers/start.sh");
        let place = format!("{}:/usr/local/bin/start", container.trim());
        engine.ask(&["cp", start.to_str().unwrap(), &place]);
        let (repository, tag) = IMAGE;
        let [path, home] = ENVIRONMENT;
        let entry = "ENTRYPOINT [\"/usr/local/bin/start\"]";
        let name = format!("{repository}:{tag}");
        engine.ask(&["commit", "-c", path, "-c", home, "-c", entry, container.trim(), &name]);
        engine.ask(&["rm", container.trim()]);
    });
}
