//! Values that systemd, Quadlet, Podman or a shell could take for something else reach the process
//! byte for byte: as arguments, variables, derived secrets and files.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value as Json, json};

use super::deployment::printed;
use super::images;
use super::machine::Machine;
use crate::{run, stderr, stdout};

/// What values hold. Secrets cannot hold a line break.
const VALUES: [&str; 14] = [
    "",
    ";",
    " a b ",
    "$HOME ${HOME} $$ $1",
    "%n %% %h 100%",
    "'single' \"double\" `back`",
    "\\ \\n \\x41 trailing \\",
    "new\nline\ttab",
    "#comment",
    "ünïcödé 日本 \u{a0}",
    "@@root@@ @@secret s0 none none@@ @@with s0@@ a@",
    "{{ .Values }} ~ * ? [a]",
    "-leading",
    "line \\\ncontinued",
];

/// What secrets hold.
const SECRETS: [&str; 6] = [
    "$HOME ${HOME} $$ #hash",
    "'single' \"double\" `back` \\ \\n \\",
    "%41 %n @ : / {x} = & ! * ? ; | < >",
    "-leading dash, \ttab, trailing space ",
    "gëhëim 日本",
    "@@secret x none none@@ @@with s0@@ {{ .x }} ~",
];

const INPUTS: &str = r#"let is = import "clp-gen/inputs.ncl" in
{
  Config = { values | { _ | String } },
  Credentials = { s0 | is.Secret, s1 | is.Secret, s2 | is.Secret, s3 | is.Secret, s4 | is.Secret, s5 | is.Secret },
}
"#;

const PACKAGE: &str = r#"let { Config, .. } = import "inputs.ncl" in
let { Host, .. } = import "clp-gen/host.ncl" in
let text = import "clp-gen/text.ncl" in
let names = ["s0", "s1", "s2", "s3", "s4", "s5"] in
let named = fun of => std.record.from_array (std.array.map of names) in
{
  package = { name = "hostile", version = "1" },
  inputs = { config = "config.yaml", credentials = "credentials.yaml", host = "host.yaml" },
  config | Config,
  host | Host | default = {},
  project = "hostile-0000",
  services.echo = {
    image = "echo",
    command = ["bash", "-c", "while :; do busybox sleep 1; done", "zero"] @ std.record.values config.values,
    environment =
      config.values
      & named (fun name => { field = "RAW_%{name}", value = text-s%"%{text.secret name}"% })
      & named (fun name => { field = "MORE_%{name}", value = text-s%"a %{text.secret name} 'b"% }),
    mounts = {
      file = { source = 'File "secrets", target = "/etc/secrets.txt", read_only = true },
      mounted = { source = 'Secret "s1", target = "/run/s1", read_only = true },
    },
    user = "app",
    stop_grace_seconds = 1,
    restart = 'No,
  },
  files.secrets = {
    path = "secrets.txt",
    content = 'Text text-s%"%{text.secret "s0"}|%{text.secret "s1"}|%{text.secret "s2"}"%,
    owner = "app",
  },
  images.echo = { repository = "clp-gen.test/echo", tag = "1" },
  secrets = named (fun name => { field = name, value = { source = 'Credentials name } }),
  users.app = { uid = 7, gid = 8 },
}
"#;

fn numbered(prefix: &str, values: &[&str]) -> BTreeMap<String, String> {
    let values = values.iter().enumerate();
    // Two digits, so that the order of names is that of the numbers.
    values.map(|(at, it)| (format!("{prefix}{at:02}"), (*it).to_owned())).collect()
}

fn install(machine: &Machine) -> Vec<(String, String)> {
    let secrets = SECRETS.iter().enumerate().map(|(at, it)| (format!("s{at}"), json!(it)));
    let secrets: serde_json::Map<String, Json> = secrets.collect();
    let values = numbered("VALUE_", &VALUES);
    for (file, text) in [
        ("package/inputs.ncl", INPUTS.to_owned()),
        ("package/main.ncl", PACKAGE.to_owned()),
        ("config.yaml", json!({ "values": values }).to_string()),
        ("credentials.yaml", json!(secrets).to_string()),
        ("host.yaml", "instance_id: '0000'\n".to_owned()),
    ] {
        machine.write(&format!("/srv/hostile/{file}"), text);
    }
    let line = "cd /srv/hostile && clp-gen install --target systemd --root /srv/hostile/root \
                --package package --config config.yaml --credentials credentials.yaml --host host.yaml";
    let output = machine.shell(line);
    assert!(output.status.success(), "{}", stderr(&output));
    printed(&stdout(&output))
}

#[test]
fn values_reach_the_process_byte_for_byte() {
    let _turn = Machine::turn();
    let machine = Machine::shared();
    images::import(machine, "clp-gen.test/echo:1", &[], "", r#"CMD ["none"]"#);
    let commands = install(machine);
    let command = |what: &str| &commands.iter().find(|(it, _)| it == what).unwrap().1;
    for what in ["reload", "start"] {
        let output = machine.shell(command(what));
        assert!(output.status.success(), "{what}: {}", stderr(&output));
    }
    let container = "hostile-0000-echo";
    let process = machine.ask(&["podman", "inspect", "--format", "{{.State.Pid}}", container]);
    let process = format!("/proc/{}", process.trim());
    let words = |file: &str| -> Vec<String> {
        // Read inside of the machine, where this process has that number.
        let bytes = run(machine.command(&["cat", &format!("{process}/{file}")])).stdout;
        let bytes = bytes.strip_suffix(b"\0").unwrap_or(&bytes).split(|it| *it == 0);
        bytes.map(|it| String::from_utf8(it.to_vec()).unwrap()).collect()
    };

    let arguments = words("cmdline");
    assert_eq!(arguments[3], "zero");
    assert_eq!(arguments[4..], VALUES.map(ToOwned::to_owned));

    let environment = words("environ");
    let variables: BTreeMap<&str, &str> =
        environment.iter().filter_map(|it| it.split_once('=')).collect();
    for (name, value) in numbered("VALUE_", &VALUES) {
        assert_eq!(variables.get(name.as_str()), Some(&value.as_str()), "{name}");
    }
    for (at, secret) in SECRETS.iter().enumerate() {
        assert_eq!(variables[format!("RAW_s{at}").as_str()], *secret);
        assert_eq!(variables[format!("MORE_s{at}").as_str()], format!("a {secret} 'b"));
    }

    let file = |path: &str| machine.ask(&["cat", &format!("{process}/root{path}")]);
    assert_eq!(file("/etc/secrets.txt"), SECRETS[..3].join("|"));
    assert_eq!(file("/run/s1"), SECRETS[1]);
    let mode = machine.ask(&["stat", "--format=%a %u:%g", &format!("{process}/root/run/s1")]);
    assert_eq!(mode.trim(), "400 7:8");

    no_secret_is_seen(machine);
    assert!(machine.shell(command("stop")).status.success());
}

/// Neither in units nor in what Podman and systemd say of them, and its file is its owner's alone.
fn no_secret_is_seen(machine: &Machine) {
    let seen = "cat /etc/containers/systemd/* /etc/systemd/system/hostile* /run/systemd/generator/hostile*; \
                systemctl show hostile-0000-echo; podman inspect hostile-0000-echo; podman secret inspect hostile-0000-echo.env.RAW_s0; \
                journalctl --boot --unit 'hostile*'; cat /proc/[0-9]*/cmdline";
    let seen = stdout(&machine.shell(seen));
    for secret in SECRETS {
        assert!(!seen.contains(secret), "{secret} is seen");
    }
    let open = "find /srv/hostile/root -name '*secret*' -type f -perm /077 ! -name '*.json'";
    assert_eq!(stdout(&machine.shell(open)), "", "readable by others");
    let left = fs::read_dir(machine.place("/srv/hostile/root/.clp-gen/secrets")).unwrap().count();
    assert_eq!(left, 2 * SECRETS.len() + 1);
}
