//! A deployment of CLP in the machine: installed as users do it, started and stopped with the
//! printed commands.

use std::fs;
use std::process::Output;

use serde_json::{Value as Json, json};

use super::images;
use super::machine::Machine;
use crate::{run, stderr, stdout};

/// Everything special, in each secret.
const SECRET: &str = "p#a$s 'w\"o\\r%d@:/{=&!*?`ü";

/// Where the user's files are.
const INPUTS: &str = "/srv/inputs";

/// The package directory.
pub(crate) const ROOT: &str = "/srv/clp";

/// What was installed.
pub(crate) struct Deployment<'a> {
    pub(crate) machine: &'a Machine,
    /// The printed commands, by what they are for.
    commands: Vec<(String, String)>,
    /// What was built, as it stands beside the files.
    pub(crate) topology: Json,
}

impl<'a> Deployment<'a> {
    /// Writes a configuration, and installs it.
    pub(crate) fn install(machine: &'a Machine, config: &Json) -> Self {
        let facts = json!({ "instance_id": "t1", "uid": 1000, "gid": 1000 });
        machine.write(&format!("{INPUTS}/host.yaml"), facts.to_string());
        machine.write(&format!("{INPUTS}/credentials.yaml"), credentials().to_string());
        machine.write(&format!("{INPUTS}/logs/some.log"), "a line\n");
        let mut deployment = Self { machine, commands: vec![], topology: Json::Null };
        // What a test before has left, if it failed.
        machine.shell("systemctl stop 'clp-package-*'; systemctl reset-failed");
        deployment.install_with(config, &["--force"]);
        images::provide(machine, &deployment.topology);
        deployment
    }

    /// Installs this configuration.
    pub(crate) fn configure(&mut self, config: &Json) {
        self.install_with(config, &[]);
    }

    fn install_with(&mut self, config: &Json, further: &[&str]) {
        let mut config = config.clone();
        config["container_image_ref"] = json!("clp-gen.test/clp:1");
        config["logs_input"] = json!({ "type": "fs", "directory": format!("{INPUTS}/logs") });
        self.machine.write(&format!("{INPUTS}/clp-config.yaml"), config.to_string());
        let inputs = [
            ("--config", "clp-config.yaml"),
            ("--credentials", "credentials.yaml"),
            ("--host", "host.yaml"),
        ];
        let inputs = inputs.map(|(option, file)| [option.to_owned(), format!("{INPUTS}/{file}")]);
        let mut words =
            vec!["clp-gen", "install", "--target", "systemd", "--system", "--root", ROOT];
        words.extend(inputs.iter().flatten().map(String::as_str));
        words.extend(further);
        let output = run(self.machine.command(&words));
        assert!(output.status.success(), "{}", stderr(&output));
        self.commands = printed(&stdout(&output));
        let text = fs::read(self.machine.place(&format!("{ROOT}/.clp-gen/topology.json"))).unwrap();
        let document: Json = serde_json::from_slice(&text).unwrap();
        self.topology = document["topology"].clone();
    }

    /// The name of the project.
    pub(crate) fn project(&self) -> &str {
        self.topology["project"].as_str().unwrap()
    }

    /// The unit of a workload.
    pub(crate) fn unit(&self, workload: &str) -> String {
        format!("{}-{workload}.service", self.project())
    }

    /// The names of everything that runs.
    pub(crate) fn workloads(&self) -> Vec<String> {
        let of = |kind: &str| self.topology[kind].as_object().unwrap().keys().cloned();
        of("services").chain(of("jobs")).collect()
    }

    /// A printed command, if there is one for this.
    pub(crate) fn printed(&self, what: &str) -> Option<&str> {
        self.commands.iter().find(|(it, _)| it == what).map(|(_, line)| line.as_str())
    }

    /// Runs a printed command.
    pub(crate) fn run(&self, what: &str) -> Output {
        self.machine.shell(self.printed(what).unwrap())
    }

    /// Runs a printed command, which must succeed.
    pub(crate) fn do_it(&self, what: &str) {
        let output = self.run(what);
        assert!(output.status.success(), "{what}: {}{}", stdout(&output), stderr(&output));
    }

    /// Changes a file of the machine's behind clp-gen's back.
    pub(crate) fn edit(&self, path: &str, change: impl Fn(&str) -> String) {
        let place = self.machine.place(path);
        let before = fs::read_to_string(&place).unwrap();
        let after = change(&before);
        assert_ne!(before, after, "{path} changes");
        fs::write(place, after).unwrap();
    }

    /// A property of a workload's unit.
    pub(crate) fn property(&self, workload: &str, name: &str) -> String {
        let unit = self.unit(workload);
        let asked = ["systemctl", "show", "--value", "--property", name, &unit];
        self.machine.ask(&asked).trim().to_owned()
    }

    /// Stops with the printed command, and waits until nothing runs any more.
    pub(crate) fn stop(&self) {
        self.do_it("stop");
        // A target stops before what is part of it.
        let rest = format!(
            "for t in $(seq 600); do systemctl list-jobs --no-legend | grep -q {0} || break; sleep 0.2; done; \
             systemctl reset-failed '{0}*'; podman ps --all --quiet --filter name=^{0}-; systemctl list-units --plain --no-legend --state=active '{0}-*.service'",
            self.project()
        );
        let rest = stdout(&self.machine.shell(&rest));
        let left: Vec<&str> = rest.lines().filter(|it| !it.contains("-network.service")).collect();
        assert_eq!(left, [""; 0], "nothing is left");
    }
}

fn credentials() -> Json {
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
pub(crate) fn printed(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let pairs = lines.windows(2).filter_map(|it| {
        let command = it[1].strip_prefix("  ")?;
        Some((it[0].strip_suffix(':')?.to_owned(), command.to_owned()))
    });
    pairs.collect()
}
