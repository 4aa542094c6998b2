//! What runs in a cluster is what runs under Compose: the same commands, variables and files, but
//! for the differences that docs/parity.md lists.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;
use std::sync::Mutex;

use serde_json::Value as Json;

use super::cases::{Case, ROOT, cases, text};
use super::rendering::{RELEASE, data, documents, objects, pod, workloads};
use crate::programs::tool;
use crate::{root, run, stderr};

/// Differences: where, as Compose has it, as the chart has it.
type Differences = BTreeSet<(String, String, String)>;

/// What one workload runs, in the words of Compose.
#[derive(Debug, Default)]
struct Runs {
    command: Vec<String>,
    environment: BTreeMap<String, String>,
    /// By path in the container.
    files: BTreeMap<String, String>,
    /// By path in the container: whether it may only be read.
    mounts: BTreeMap<String, bool>,
    user: String,
    grace_seconds: u64,
}

/// What Compose makes of what was staged.
fn resolved(case: &Case) -> Json {
    let folder = case.staged(ROOT);
    let mut command = tool("docker-compose-2.40.3");
    command.args(["--project-directory", ROOT, "--env-file"]).arg(folder.join(".env"));
    command.arg("-f").arg(folder.join("compose.yaml")).args(["config", "--format", "json"]);
    let output: Output = run(command);
    assert!(output.status.success(), "{}: {}", case.name, stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A text of the resolved file, in which `$` stands twice.
fn plain(value: &Json) -> String {
    value.as_str().unwrap().replace("$$", "$")
}

fn under_compose(case: &Case, service: &Json) -> Runs {
    let words = |key: &str| service[key].as_array().into_iter().flatten().map(plain);
    let environment = service["environment"].as_object().into_iter().flatten();
    let mut runs = Runs {
        command: words("entrypoint").chain(words("command")).collect(),
        environment: environment.map(|(name, value)| (name.clone(), plain(value))).collect(),
        user: plain(&service["user"]),
        grace_seconds: seconds(service["stop_grace_period"].as_str().unwrap()),
        ..Runs::default()
    };
    for mount in service["volumes"].as_array().into_iter().flatten() {
        let target = plain(&mount["target"]);
        let staged = case.staged(&plain(&mount["source"]));
        runs.mounts.insert(target.clone(), mount["read_only"] == true);
        if staged.is_file() {
            runs.files.insert(target, text(&staged));
        }
    }
    runs
}

/// `5m0s` in seconds.
fn seconds(text: &str) -> u64 {
    let (minutes, rest) = text.split_once('m').unwrap_or(("0", text));
    minutes.parse::<u64>().unwrap() * 60 + rest.trim_end_matches('s').parse::<u64>().unwrap()
}

/// What a release holds.
struct Release {
    configuration: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    /// The names that Compose has for services, by those of the release.
    hosts: Vec<(String, String)>,
}

impl Release {
    /// A text with the names of Compose in it.
    fn named(&self, text: &str) -> String {
        self.hosts.iter().fold(text.to_owned(), |text, (here, there)| text.replace(here, there))
    }

    fn workload(&self, object: &Json) -> Runs {
        let pod = pod(object);
        let container = &pod["containers"][0];
        let variables = container["env"].as_array().into_iter().flatten();
        let variables: BTreeMap<String, String> = variables
            .filter_map(|it| Some((it["name"].as_str()?.to_owned(), self.value(it)?)))
            .collect();
        let words = |key: &str| container[key].as_array().into_iter().flatten();
        let command = words("command").chain(words("args"));
        let command = command.map(|it| expanded(it.as_str().unwrap(), &variables));
        let own = |(name, value): (&String, &String)| {
            (!name.starts_with("CLP_GEN_"))
                .then(|| (name.clone(), self.named(&expanded(value, &variables))))
        };
        let context = &pod["securityContext"];
        let mut runs = Runs {
            command: command.map(|it| self.named(&it)).collect(),
            environment: variables.iter().filter_map(own).collect(),
            user: format!("{}:{}", context["runAsUser"], context["runAsGroup"]),
            grace_seconds: pod["terminationGracePeriodSeconds"].as_u64().unwrap(),
            ..Runs::default()
        };
        for mount in container["volumeMounts"].as_array().into_iter().flatten() {
            self.mount(pod, mount, &mut runs);
        }
        runs
    }

    fn value(&self, variable: &Json) -> Option<String> {
        if let Some(value) = variable["value"].as_str() {
            return Some(value.to_owned());
        }
        let reference = &variable["valueFrom"]["secretKeyRef"];
        let value = self.secrets.get(reference["key"].as_str().unwrap());
        assert!(value.is_some() || reference["optional"] == true, "{variable}");
        // The kubelet expands nothing in what comes out of a Secret.
        value.map(|it| it.replace('$', "$$"))
    }

    fn mount(&self, pod: &Json, mount: &Json, runs: &mut Runs) {
        let target = mount["mountPath"].as_str().unwrap().to_owned();
        let read_only = mount["readOnly"] == true;
        // A directory in what is mounted is made by a mount of its own.
        let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
        let around = |it: &Json| {
            let outer = it["mountPath"].as_str().unwrap();
            it["name"] == mount["name"]
                && target.strip_prefix(outer).is_some_and(|it| it.starts_with('/'))
        };
        if source_is_claim(pod, mount) && mounts.iter().any(around) {
            return;
        }
        let volumes = pod["volumes"].as_array().into_iter().flatten();
        let volume = volumes.into_iter().find(|it| it["name"] == mount["name"]);
        let source = volume.and_then(|it| it.as_object()?.keys().find(|it| *it != "name"));
        let key = mount["subPath"].as_str();
        let file = match (source.map(String::as_str), key) {
            (Some("configMap"), Some(key)) => Some(&self.configuration[key]),
            (Some("secret"), Some(key)) => Some(&self.secrets[key]),
            _ => None,
        };
        if let Some(file) = file {
            runs.files.insert(target.clone(), self.named(file));
        }
        runs.mounts.insert(target, read_only);
    }
}

/// Whether a mount is of a volume that is kept.
fn source_is_claim(pod: &Json, mount: &Json) -> bool {
    let volumes = pod["volumes"].as_array().into_iter().flatten();
    let volume = volumes.into_iter().find(|it| it["name"] == mount["name"]);
    volume.is_none_or(|it| it.get("persistentVolumeClaim").is_some())
}

/// What the kubelet makes of a text: `$(NAME)` is a variable, `$$` is `$`.
fn expanded(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("$$") {
            result.push('$');
            rest = after;
            continue;
        }
        let name = rest.strip_prefix("$(").and_then(|it| it.split_once(')'));
        match name.and_then(|(name, after)| Some((variables.get(name)?, after))) {
            Some((value, after)) => {
                result.push_str(&expanded(value, variables));
                rest = after;
            }
            None => {
                result.push('$');
                rest = &rest[1..];
            }
        }
    }
    result + rest
}

/// How a case differs.
fn differences(case: &Case) -> Differences {
    let compose = resolved(case);
    let objects = objects(case, &[]);
    let services = compose["services"].as_object().unwrap();
    let host = |(name, it): (&String, &Json)| {
        (format!("{RELEASE}-clp-{name}"), it["hostname"].as_str().unwrap().to_owned())
    };
    let mut hosts: Vec<_> = services.iter().map(host).collect();
    // The longest name first: one may start as another does.
    hosts.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let (configuration, secrets) = (data(&objects, "ConfigMap"), data(&objects, "Secret"));
    let release = Release { configuration, secrets, hosts };
    let workloads = workloads(&objects);
    let names: Vec<&String> = workloads.keys().collect();
    assert_eq!(names, services.keys().collect::<Vec<_>>(), "{}: the same workloads", case.name);
    let mut found = Differences::new();
    for (name, object) in workloads {
        compare(
            &name,
            &under_compose(case, &services[&name]),
            &release.workload(object),
            &mut found,
        );
    }
    found
}

fn compare(name: &str, expected: &Runs, actual: &Runs, found: &mut Differences) {
    let mut note = |field: &str, expected: String, actual: String| {
        if expected != actual {
            found.insert((format!("{name}.{field}"), expected, actual));
        }
    };
    for at in 0..expected.command.len().max(actual.command.len()) {
        let word = |runs: &Runs| runs.command.get(at).cloned().unwrap_or_default();
        note("command", word(expected), word(actual));
    }
    let of =
        |map: &BTreeMap<String, String>, key: &String| map.get(key).cloned().unwrap_or_default();
    let keys = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        one.keys().chain(other.keys()).cloned().collect::<BTreeSet<_>>()
    };
    for key in keys(&expected.environment, &actual.environment) {
        let there = |runs: &Runs| match runs.environment.contains_key(&key) {
            true => of(&runs.environment, &key),
            false => "(absent)".to_owned(),
        };
        note(&format!("environment.{key}"), there(expected), there(actual));
    }
    for path in keys(&expected.files, &actual.files) {
        let leaves = |runs: &Runs| leaves(&path, &of(&runs.files, &path));
        let (expected, actual) = (leaves(expected), leaves(actual));
        for key in keys(&expected, &actual) {
            note(&format!("{path}{key}"), of(&expected, &key), of(&actual, &key));
        }
    }
    let targets = expected.mounts.keys().chain(actual.mounts.keys()).collect::<BTreeSet<_>>();
    for target in targets {
        let mode = |runs: &Runs| match runs.mounts.get(target) {
            Some(true) => "read-only",
            Some(false) => "writable",
            None => "(absent)",
        };
        note(&format!("mounts {target}"), mode(expected).to_owned(), mode(actual).to_owned());
    }
    note("user", expected.user.clone(), actual.user.clone());
    note("stop_grace", expected.grace_seconds.to_string(), actual.grace_seconds.to_string());
}

/// What stands in a file, by the path of each value; all of it, where it is no data.
fn leaves(path: &str, text: &str) -> BTreeMap<String, String> {
    static KNOWN: Mutex<BTreeMap<String, Json>> = Mutex::new(BTreeMap::new());
    let mut found = BTreeMap::new();
    if !path.ends_with(".yaml") && !path.ends_with(".json") {
        return BTreeMap::from([(String::new(), text.to_owned())]);
    }
    let mut known = KNOWN.lock().unwrap();
    let data = known.entry(text.to_owned()).or_insert_with(|| Json::Array(documents(text)));
    gather(String::new(), &data[0], &mut found);
    found
}

fn gather(path: String, value: &Json, found: &mut BTreeMap<String, String>) {
    match value {
        Json::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, it)| gather(format!("{path} {key}"), it, found));
        }
        Json::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, it)| gather(format!("{path} {at}"), it, found));
        }
        leaf => drop(found.insert(path, leaf.to_string())),
    }
}

/// The list in the documentation: lines of ``- `where`: `expected`, `actual` ``.
fn documented() -> Differences {
    let text = text(&root().join("docs/parity.md"));
    let line = |line: &str| {
        let rest = line.strip_prefix("- `")?;
        let (place, rest) = rest.split_once("`: `")?;
        let (expected, actual) = rest.strip_suffix('`')?.split_once("`, `")?;
        Some((place.to_owned(), expected.to_owned(), actual.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

#[test]
fn a_cluster_runs_what_compose_runs() {
    let mut found = Differences::new();
    for case in cases() {
        found.extend(differences(case));
    }
    let shown = |all: &Differences| {
        let line = |(place, expected, actual): &(String, String, String)| {
            format!("- `{place}`: `{expected}`, `{actual}`\n")
        };
        all.iter().map(line).collect::<String>()
    };
    similar_asserts::assert_eq!(shown(&documented()), shown(&found), "docs/parity.md lists them");
}

/// A difference that nobody listed is found.
#[test]
fn the_comparison_can_fail() {
    let runs = |level: &str| Runs {
        command: vec!["a".to_owned()],
        environment: BTreeMap::from([("LEVEL".to_owned(), level.to_owned())]),
        ..Runs::default()
    };
    let mut found = Differences::new();
    compare("x", &runs("INFO"), &runs("INFO"), &mut found);
    assert!(found.is_empty());
    compare("x", &runs("INFO"), &runs("DEBUG"), &mut found);
    assert!(found.contains(&(
        "x.environment.LEVEL".to_owned(),
        "INFO".to_owned(),
        "DEBUG".to_owned()
    )));
}
