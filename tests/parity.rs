//! What runs under systemd is what runs under Compose: for each workload of each accepted fixture
//! its image, program, arguments, environment, user, mounts and files are the same, secrets
//! resolved, but for the differences that `docs/parity.md` lists.
//!
//! What runs under Compose is what `docker compose config` makes of an installation; what runs
//! under systemd is the command of `podman run` that Quadlet makes of one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::programs::tool;
use crate::units::{DATABASE_PASSWORD, DATABASE_USER, Installed, REDIS_PASSWORD, is_refused};
use crate::{fixtures, root, run, stderr};

/// What is compared of a workload: `field` to value.
type Fields = BTreeMap<String, String>;

/// By workload.
type Workloads = BTreeMap<String, Fields>;

fn compose(fixture: &Path) -> Workloads {
    let installed = Installed::new(fixture, "compose", &[]);
    assert!(installed.output.status.success(), "{}", stderr(&installed.output));
    let place = |path: &str| installed.place(&format!("/srv/deployment/{path}"));
    let mut command = tool("docker-compose-2.40.3");
    command.args(["--project-directory", "/srv/deployment", "--env-file"]).arg(place(".env"));
    command.arg("-f").arg(place("compose.yaml")).args(["config", "--format", "json"]);
    command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
    let output = run(command);
    assert!(output.status.success(), "{}", stderr(&output));
    let resolved: Json = serde_json::from_slice(&output.stdout).unwrap();
    let services = resolved["services"].as_object().unwrap().iter();
    services.map(|(name, it)| (name.clone(), of_compose(it, &installed))).collect()
}

fn of_compose(service: &Json, installed: &Installed) -> Fields {
    let mut fields = Fields::new();
    let text = |value: &Json| value.as_str().unwrap_or_default().replace("$$", "$");
    let words = |value: &Json| {
        let words: Vec<String> = value.as_array().into_iter().flatten().map(text).collect();
        serde_json::to_string(&words).unwrap()
    };
    fields.insert("image".to_owned(), qualified(&text(&service["image"])));
    if !service["pull_policy"].is_null() {
        fields.insert("pull_policy".to_owned(), text(&service["pull_policy"]));
    }
    for key in ["entrypoint", "command"] {
        if !service[key].is_null() {
            fields.insert(key.to_owned(), words(&service[key]));
        }
    }
    for (name, value) in service["environment"].as_object().into_iter().flatten() {
        if !value.is_null() {
            fields.insert(format!("environment.{name}"), text(value));
        }
    }
    fields.insert("user".to_owned(), text(&service["user"]));
    fields.insert("hostname".to_owned(), text(&service["hostname"]));
    let grace = text(&service["stop_grace_period"]);
    fields.insert("stop_grace_period".to_owned(), seconds(&grace).to_string());
    for mount in service["volumes"].as_array().into_iter().flatten() {
        let field = format!("mounts.{}", text(&mount["target"]));
        let access = if mount["read_only"] == true { "ro" } else { "rw" };
        fields.insert(field, mounted(installed, &text(&mount["source"]), access));
    }
    for port in service["ports"].as_array().into_iter().flatten() {
        let published = format!("{}:{}", text(&port["host_ip"]), text(&port["published"]));
        fields.insert(format!("ports.{}", port["target"]), published);
    }
    for group in service["group_add"].as_array().into_iter().flatten() {
        fields.insert(format!("group_add.{}", text(group)), String::new());
    }
    for host in service["extra_hosts"].as_array().into_iter().flatten() {
        let (name, address) =
            text(host).split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        // How Docker names the machine, for which Podman has a name of its own in every container.
        if address != "host-gateway" {
            fields.insert(format!("extra_hosts.{name}"), address);
        }
    }
    if let Some(test) = service["healthcheck"]["test"].as_array() {
        let test: Vec<String> = test.iter().map(text).collect();
        let (kind, rest) = test.split_first().unwrap();
        let rest = serde_json::to_string(rest).unwrap();
        fields.insert("healthcheck.test".to_owned(), format!("{kind} {rest}"));
        for key in ["interval", "timeout", "start_period", "start_interval"] {
            let value = seconds(&text(&service["healthcheck"][key]));
            fields.insert(format!("healthcheck.{key}"), value.to_string());
        }
        let retries = service["healthcheck"]["retries"].to_string();
        fields.insert("healthcheck.retries".to_owned(), retries);
    }
    fields
}

/// What is seen at a mount: a file's content, or which folder it is.
fn mounted(installed: &Installed, source: &str, access: &str) -> String {
    match fs::read_to_string(installed.place(source)) {
        Ok(content) => format!("{access} file: {content}"),
        Err(_) => format!("{access} {source}"),
    }
}

fn systemd(fixture: &Path) -> Workloads {
    let installed = Installed::new(fixture, "systemd", &["--system"]);
    assert!(installed.output.status.success(), "{}", stderr(&installed.output));
    let generated = tempfile::tempdir().unwrap();
    let mut quadlet = tool("quadlet-5.4.2");
    quadlet.env("QUADLET_UNIT_DIRS", installed.place("/etc/containers/systemd"));
    let output = run({
        quadlet.arg("--no-kmsg-log").arg(generated.path());
        quadlet
    });
    assert!(output.status.success(), "{}", stderr(&output));
    let mut workloads = Workloads::new();
    for entry in fs::read_dir(generated.path()).unwrap().map(Result::unwrap) {
        let unit = fs::read_to_string(entry.path()).unwrap_or_default();
        let Some(line) = unit.lines().find_map(|it| it.strip_prefix("ExecStart=")) else {
            continue;
        };
        if line.contains("podman run") {
            let (name, fields) = of_podman(&words(line), &installed);
            workloads.insert(name, fields);
        }
    }
    workloads
}

/// The options of `podman run` that take no value in a word of their own.
const FLAGS: [&str; 3] = ["--replace", "--rm", "-d"];

fn of_podman(words: &[String], installed: &Installed) -> (String, Fields) {
    let (mut name, mut fields, mut at) = (String::new(), Fields::new(), 2);
    let mut entrypoint = None;
    let mut variables = BTreeMap::new();
    while words[at].starts_with('-') {
        let (option, value) = match words[at].split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, value.to_owned()),
            _ if FLAGS.contains(&words[at].as_str()) => (words[at].as_str(), String::new()),
            _ => {
                at += 1;
                (words[at - 1].as_str(), words[at].clone())
            }
        };
        at += 1;
        match option {
            "--name" => name = value,
            "--hostname" => drop(fields.insert("hostname".to_owned(), value)),
            "--user" => drop(fields.insert("user".to_owned(), value)),
            "--env" => {
                let (variable, value) = value.split_once('=').unwrap();
                variables.insert(variable.to_owned(), value.to_owned());
            }
            "--secret" => {
                let (secret, rest) = value.split_once(',').unwrap();
                let variable = rest.strip_prefix("type=env,target=").unwrap();
                let path = format!("/srv/deployment/.clp-gen/secrets/{secret}");
                let value = fs::read_to_string(installed.place(&path)).unwrap();
                variables.insert(variable.to_owned(), value);
            }
            "-v" => {
                let parts: Vec<&str> = value.split(':').collect();
                let access = if parts[2].split(',').any(|it| it == "ro") { "ro" } else { "rw" };
                fields.insert(format!("mounts.{}", parts[1]), mounted(installed, parts[0], access));
            }
            "--publish" => {
                let value = value.trim_end_matches("/tcp");
                let (host, container) = value.rsplit_once(':').unwrap();
                fields.insert(format!("ports.{container}"), host.to_owned());
            }
            "--stop-timeout" => drop(fields.insert("stop_grace_period".to_owned(), value)),
            "--entrypoint" => {
                entrypoint = Some(serde_json::from_str::<Vec<String>>(&value).unwrap())
            }
            "--group-add" => drop(fields.insert(format!("group_add.{value}"), String::new())),
            "--add-host" => {
                let (host, address) = value.split_once(':').unwrap();
                fields.insert(format!("extra_hosts.{host}"), address.to_owned());
            }
            "--health-cmd" => {
                let test = healthcheck(&value, &mut variables);
                fields.insert("healthcheck.test".to_owned(), test);
            }
            "--health-interval" | "--health-timeout" | "--health-start-period" => {
                let key = option.trim_start_matches("--health-").replace('-', "_");
                fields.insert(format!("healthcheck.{key}"), seconds(&value).to_string());
            }
            "--health-startup-interval" => {
                fields.insert("healthcheck.start_interval".to_owned(), seconds(&value).to_string());
            }
            "--pull" => drop(fields.insert("pull_policy".to_owned(), value)),
            "--health-retries" => drop(fields.insert("healthcheck.retries".to_owned(), value)),
            // How the unit and its container belong together, and how its log is kept.
            "--cidfile"
            | "--replace"
            | "--rm"
            | "-d"
            | "--cgroups"
            | "--network"
            | "--sdnotify"
            | "--log-driver"
            | "--health-startup-cmd"
            | "--health-startup-timeout" => {}
            other => panic!("{other} is not compared"),
        }
    }
    fields.insert("image".to_owned(), words[at].clone());
    let mut command = words[at + 1..].to_vec();
    if command.len() == 3 && command[..2] == ["sh", "-c"] && command[2].starts_with("exec ") {
        command = shell(&command[2], &mut variables);
    }
    if !command.is_empty() {
        fields.insert("command".to_owned(), serde_json::to_string(&command).unwrap());
    }
    if let Some(entrypoint) = entrypoint {
        fields.insert("entrypoint".to_owned(), serde_json::to_string(&entrypoint).unwrap());
    }
    let variables = variables
        .into_iter()
        .filter(|(name, _)| !name.starts_with("PROBE_") && !name.starts_with("ARGUMENT_"));
    fields.extend(variables.map(|(name, value)| (format!("environment.{name}"), value)));
    let workload = name.split_once("0000-").or_else(|| name.split_once("a1b2-")).unwrap().1;
    (workload.to_owned(), fields)
}

/// A health check in Compose's words.
fn healthcheck(json: &str, variables: &mut BTreeMap<String, String>) -> String {
    let words: Vec<String> = serde_json::from_str(json).unwrap();
    let (kind, rest) = match words[0].as_str() {
        "CMD-SHELL" if words[1].starts_with("exec ") => ("CMD", shell(&words[1], variables)),
        "CMD-SHELL" => ("CMD-SHELL", words[1..].to_vec()),
        _ => ("CMD", words),
    };
    format!("{kind} {}", serde_json::to_string(&rest).unwrap())
}

/// What a shell runs for a line `exec …`, as a real shell reads it.
fn shell(line: &str, variables: &mut BTreeMap<String, String>) -> Vec<String> {
    let line = line.strip_prefix("exec ").unwrap();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("printf '%s\\0' {line}")]).env_clear().envs(variables.iter());
    let bytes = run(shell).stdout;
    let words = bytes.strip_suffix(b"\0").unwrap().split(|it| *it == 0);
    words.map(|it| String::from_utf8(it.to_vec()).unwrap()).collect()
}

/// The words of `ExecStart=`, as systemd reads them.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut open, mut quote) = (vec![], String::new(), false, false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => (quote, open) = (!quote, true),
            ' ' if !quote => {
                if std::mem::take(&mut open) {
                    words.push(std::mem::take(&mut word));
                }
            }
            '\\' => {
                open = true;
                word.push(match characters.next().unwrap() {
                    'n' => '\n',
                    't' => '\t',
                    'x' => {
                        let digits: String = characters.by_ref().take(2).collect();
                        char::from(u8::from_str_radix(&digits, 16).unwrap())
                    }
                    other => other,
                });
            }
            '%' | '$' => {
                open = true;
                // Doubled, or a specifier, which only Quadlet writes.
                characters.next_if_eq(&character);
                word.push(character);
            }
            other => {
                open = true;
                word.push(other);
            }
        }
    }
    if open {
        words.push(word);
    }
    words
}

/// A duration as Go prints it: `1m30s`.
fn seconds(text: &str) -> u64 {
    let (mut total, mut number) = (0, 0);
    for character in text.chars() {
        match character {
            'h' => (total, number) = (total + number * 3600, 0),
            'm' => (total, number) = (total + number * 60, 0),
            's' => (total, number) = (total + number, 0),
            digit => number = number * 10 + u64::from(digit.to_digit(10).unwrap()),
        }
    }
    total
}

/// The image as Docker understands it.
fn qualified(image: &str) -> String {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) => image.to_owned(),
        Some(_) => format!("docker.io/{image}"),
        None => format!("docker.io/library/{image}"),
    }
}

/// The differences that the documentation lists: lines `workload.field: under Compose, under
/// systemd`. The field `*` is a name that is another everywhere.
fn documented() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("docs/parity.md")).unwrap();
    let (_, rest) = text.split_once("<!-- systemd differences -->").unwrap();
    let (list, _) = rest.split_once("<!-- end -->").unwrap();
    let lines = list.lines().filter_map(|it| it.strip_prefix("- `")?.split_once(": "));
    lines.map(|(field, rest)| (field.to_owned(), rest.trim_end_matches('`').to_owned())).collect()
}

/// Lines as the documentation has them.
fn differences(one: &Workloads, other: &Workloads) -> Vec<(String, String)> {
    let nothing = Fields::new();
    let mut found = vec![];
    let names: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    for name in names {
        let (one, other) = (one.get(name).unwrap_or(&nothing), other.get(name).unwrap_or(&nothing));
        let fields: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        for field in fields {
            let [one, other] =
                [one, other].map(|it| it.get(field).map_or("absent", String::as_str));
            if one != other {
                found.push((format!("{name}.{field}"), shown(one, other)));
            }
        }
    }
    found
}

/// Two values as the documentation has them: of files only the lines that differ, and names for
/// secrets.
fn shown(one: &str, other: &str) -> String {
    let only = |one: &str, other: &str| {
        let lines: Vec<&str> =
            one.lines().filter(|it| !other.lines().any(|line| line == *it)).collect();
        if lines.is_empty() { "absent".to_owned() } else { lines.join("; ") }
    };
    let text = match one.contains(" file: ") && other.contains(" file: ") {
        true => format!("{}, {}", only(one, other), only(other, one)),
        false => format!("{one}, {other}"),
    };
    let text = text.replace(DATABASE_PASSWORD, "<database.password>");
    text.replace(DATABASE_USER, "<database.username>").replace(REDIS_PASSWORD, "<redis.password>")
}

#[test]
fn systemd_runs_what_compose_runs() {
    let documented = documented();
    let mut used = std::collections::BTreeSet::new();
    let mut undocumented = vec![];
    for fixture in fixtures("accepted").iter().filter(|it| !is_refused(it)) {
        let [mut one, other] = [compose(fixture), systemd(fixture)];
        assert!(!one.is_empty());
        for (at, (_, names)) in documented.iter().enumerate().filter(|(_, (it, _))| it == "*") {
            let (name, renamed) = names.split_once(", ").unwrap();
            for value in one.values_mut().flat_map(BTreeMap::values_mut) {
                if value.contains(name) {
                    *value = value.replace(name, renamed);
                    used.insert(at);
                }
            }
        }
        for (field, values) in differences(&one, &other) {
            let known = documented.iter().position(|(it, known)| (it, known) == (&field, &values));
            match known {
                Some(at) => drop(used.insert(at)),
                None => undocumented
                    .push(format!("{}: {field}: {values}", fixture.file_name().unwrap().display())),
            }
        }
    }
    assert_eq!(undocumented, [""; 0], "{}", undocumented.join("\n"));
    let unused: Vec<_> =
        documented.iter().enumerate().filter(|(at, _)| !used.contains(at)).collect();
    assert!(unused.is_empty(), "these differ no more: {unused:?}");
}
