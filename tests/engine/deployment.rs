//! A deployment of CLP: installed as users do it, started and stopped with the printed commands.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

use super::images;
use super::{COMPOSE, Engine};
use crate::{clp_gen, run, stderr, stdout};

/// Everything special, in each secret.
const SECRET: &str = "p#a$s 'w\"o\\r%d@:/{=&!*?`ü";

/// A package directory, and what runs from it.
pub(crate) struct Deployment<'a> {
    pub(crate) engine: &'a Engine,
    folder: tempfile::TempDir,
    compose: &'static str,
    /// The printed commands, by what they are for.
    commands: Vec<(String, String)>,
    /// What was built, as it stands beside the files.
    pub(crate) topology: Json,
}

impl<'a> Deployment<'a> {
    /// Writes a configuration, with ports of its own, and installs it. `number` tells this
    /// deployment from others that run at the same time.
    pub(crate) fn install(engine: &'a Engine, number: u16, config: &Json) -> Self {
        Self::install_as(engine, number, config, COMPOSE, 1000)
    }

    /// The same, with this release of Compose, and to run as this user.
    pub(crate) fn install_as(
        engine: &'a Engine,
        number: u16,
        config: &Json,
        compose: &'static str,
        user: u32,
    ) -> Self {
        let deployment = Self::without_images(engine, number, config, (compose, user), &[]);
        images::provide(engine, &deployment.topology);
        deployment
    }

    /// The same, with further arguments, for an engine that gets its images elsewhere.
    pub(crate) fn without_images(
        engine: &'a Engine,
        number: u16,
        config: &Json,
        (compose, user): (&'static str, u32),
        further: &[&str],
    ) -> Self {
        let mut deployment = Self::nothing(engine, compose);
        let folder = deployment.folder.path();
        fs::create_dir(folder.join("logs")).unwrap();
        fs::create_dir(folder.join("aws")).unwrap();
        let facts = json!({ "instance_id": format!("t{number}"), "uid": user, "gid": user });
        fs::write(folder.join("host.yaml"), facts.to_string()).unwrap();
        fs::write(folder.join("credentials.yaml"), credentials().to_string()).unwrap();
        let config = deployment.completed(number, config.clone());
        deployment.install_with(&config, further);
        deployment
    }

    /// What the first two commands of the documentation make of an empty folder.
    pub(crate) fn first(engine: &'a Engine) -> Self {
        let mut deployment = Self::nothing(engine, COMPOSE);
        fs::create_dir(deployment.root()).unwrap();
        let output = run(clp_gen(&deployment.root(), &["init"]));
        assert!(output.status.success(), "{}", stderr(&output));
        deployment.put(&[]);
        images::provide(engine, &deployment.topology);
        deployment
    }

    /// A folder that everybody may enter.
    fn nothing(engine: &'a Engine, compose: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("clp-gen-deployment-").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { engine, folder, compose, commands: vec![], topology: Json::Null }
    }

    /// The configuration, with the image of this deployment, and a port for each that is published.
    fn completed(&self, number: u16, mut config: Json) -> Json {
        let published =
            ["database", "queue", "redis", "results_cache", "webui", "api_server", "log_ingestor"];
        for (at, section) in published.into_iter().enumerate() {
            if config.get(section) != Some(&Json::Null) {
                config[section]["port"] = json!(21000 + usize::from(number) * 20 + at);
            }
        }
        for (at, section) in ["mcp_server", "spider_scheduler"].into_iter().enumerate() {
            if config[section].is_object() {
                config[section]["port"] = json!(21010 + usize::from(number) * 20 + at);
            }
        }
        config["container_image_ref"] = json!(format!("clp-gen.test/t{number}:1"));
        let text = config.to_string().replace("@folder@", self.folder.path().to_str().unwrap());
        serde_json::from_str(&text).unwrap()
    }

    /// Installs this configuration.
    pub(crate) fn configure(&mut self, config: &Json) {
        self.install_with(config, &[]);
    }

    /// Installs this configuration, with further arguments.
    pub(crate) fn install_with(&mut self, config: &Json, further: &[&str]) {
        fs::write(self.folder.path().join("clp-config.yaml"), config.to_string()).unwrap();
        let inputs = self.inputs();
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.put(&[&inputs, further].concat());
    }

    /// The arguments that name the files of this deployment.
    fn inputs(&self) -> Vec<String> {
        let files = ["config", "credentials", "host"].map(|input| {
            let name = if input == "config" { "clp-config" } else { input };
            let path = self.folder.path().join(format!("{name}.yaml"));
            [format!("--{input}"), path.display().to_string()]
        });
        files.into_iter().flatten().collect()
    }

    /// The program on the engine's machine, with the files of this deployment.
    pub(crate) fn clp_gen(&self, arguments: &[&str]) -> Command {
        let mut command = self.program();
        command.arg(arguments[0]).args(self.inputs()).args(&arguments[1..]);
        command
    }

    fn program(&self) -> Command {
        self.engine.command(Path::new(env!("CARGO_BIN_EXE_clp-gen")), self.compose)
    }

    fn put(&mut self, options: &[&str]) {
        let mut command = self.program();
        command.args(["install", "--target", "compose", "--root"]).arg(self.root()).args(options);
        let output = run(command);
        assert!(output.status.success(), "{}", stderr(&output));
        self.commands = printed(&stdout(&output));
        let text = fs::read(self.root().join(".clp-gen/topology.json")).unwrap();
        let document: Json = serde_json::from_slice(&text).unwrap();
        self.topology = document["topology"].clone();
    }

    /// The configuration that is installed.
    pub(crate) fn config(&self) -> Json {
        let text = fs::read(self.folder.path().join("clp-config.yaml")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// The package directory.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("clp")
    }

    /// The name of the project.
    pub(crate) fn project(&self) -> &str {
        self.topology["project"].as_str().unwrap()
    }

    /// Changes an installed file behind clp-gen's back.
    pub(crate) fn edit(&self, path: &str, change: impl Fn(&str) -> String) {
        let path = self.root().join(path);
        let before = fs::read_to_string(&path).unwrap();
        let after = change(&before);
        assert_ne!(before, after, "{} changes", path.display());
        fs::write(&path, after).unwrap();
    }

    /// Runs a printed command, for at most this many seconds.
    pub(crate) fn run(&self, what: &str, seconds: u32) -> Output {
        let (_, line) = self.commands.iter().find(|(it, _)| it == what).unwrap();
        self.shell(line, seconds)
    }

    /// Brings everything up as people do by themselves, who name no service.
    pub(crate) fn bring_up(&self) {
        let (_, stop) = self.commands.iter().find(|(it, _)| it == "stop").unwrap();
        let output = self.shell(&stop.replace(" down", " up --wait"), 300);
        assert!(output.status.success(), "{}", stderr(&output));
    }

    fn shell(&self, line: &str, seconds: u32) -> Output {
        let mut command = self.engine.command(Path::new("timeout"), self.compose);
        command.args([&seconds.to_string(), "sh", "-c", line]);
        command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
        run(command)
    }

    /// The containers of the project, by workload, as the engine describes them.
    pub(crate) fn containers(&self) -> serde_json::Map<String, Json> {
        let filter = format!("label=com.docker.compose.project={}", self.project());
        let ids = self.engine.ask(&["ps", "--all", "--quiet", "--filter", &filter]);
        if ids.trim().is_empty() {
            return serde_json::Map::new();
        }
        let arguments: Vec<&str> = ["inspect"].into_iter().chain(ids.lines()).collect();
        let described: Vec<Json> = serde_json::from_str(&self.engine.ask(&arguments)).unwrap();
        let named = described.into_iter().map(|it| {
            let name = it["Config"]["Labels"]["com.docker.compose.service"].as_str().unwrap();
            (name.to_owned(), it)
        });
        named.collect()
    }

    /// Stops with the printed command, and looks for what is left.
    pub(crate) fn stop(&self) {
        let output = self.run("stop", 300);
        assert!(output.status.success(), "{}", stderr(&output));
        let filter = format!("label=com.docker.compose.project={}", self.project());
        for what in ["container", "network", "volume"] {
            let all: &[&str] = if what == "container" { &["--all"] } else { &[] };
            let list = [&[what, "ls", "--quiet", "--filter", &filter], all].concat();
            assert_eq!(self.engine.ask(&list), "", "{}: {what}s are left", self.project());
        }
    }
}

/// A test that fails leaves nothing running for the next one.
impl Drop for Deployment<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.commands.is_empty() {
            drop(self.run("stop", 300));
        }
    }
}

/// The credentials of every deployment.
pub(crate) fn credentials() -> Json {
    let secret = |name: &str| format!("{name}{SECRET}");
    json!({
        "database": {
            "username": secret("user"), "password": secret("password"),
            "root_username": "root", "root_password": secret("root"),
            "spider_username": secret("spider"), "spider_password": secret("spider-password"),
        },
        "queue": { "username": secret("queue"), "password": secret("queue-password") },
        "redis": { "password": secret("redis") },
    })
}

/// What is printed: a line that says what for, then the command, indented.
fn printed(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let pairs = lines.windows(2).filter_map(|it| {
        let command = it[1].strip_prefix("  ")?;
        Some((it[0].strip_suffix(':')?.to_owned(), command.to_owned()))
    });
    pairs.collect()
}
