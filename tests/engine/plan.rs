//! The plan of a package's stand-ins, from the topology that was built: what each workload waits
//! for, and where the place of that is named. See `standin/plan.rs`, which reads it.

use std::collections::BTreeSet;

use serde_json::Value as Json;

/// The plan of everything that runs from an image.
pub(crate) fn plan(topology: &Json, image: &str) -> String {
    let mut lines = vec![];
    for (kind, group) in [("service", "services"), ("job", "jobs")] {
        for (name, workload) in object(&topology[group]) {
            if workload["image"] == image {
                lines.push(vec!["workload".to_owned(), name.clone(), kind.to_owned()]);
                lines.extend(words(workload));
                lines.extend(mounts(workload));
                lines.extend(reaches(topology, name, workload));
            }
        }
    }
    let lines = lines.into_iter().map(|it| it.join("\t") + "\n");
    lines.collect()
}

/// What somebody else's image has to be, or the package's own: `None`.
pub(crate) fn server(topology: &Json, image: &str) -> Option<&'static str> {
    let repository = topology["images"][image]["repository"].as_str().unwrap();
    match repository.rsplit('/').next().unwrap() {
        "mariadb" | "mysql" => Some("mariadbd"),
        "rabbitmq" => Some("rabbitmq-server"),
        "redis" => Some("redis-server"),
        "mongo" => Some("mongod"),
        _ => None,
    }
}

/// The services that a workload waits for, also through jobs.
pub(crate) fn waits_for(topology: &Json, workload: &Json) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, _) in object(&workload["depends_on"]) {
        match topology["jobs"].get(name) {
            Some(job) => found.extend(waits_for(topology, job)),
            None => drop(found.insert(name.clone())),
        }
    }
    found
}

fn object(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().unwrap().iter()
}

fn words(workload: &Json) -> Vec<Vec<String>> {
    let command = workload["command"].as_array().into_iter().flatten().enumerate();
    let words = command.filter_map(|(at, it)| Some((at, it.as_str()?)));
    words.map(|(at, word)| vec!["word".to_owned(), at.to_string(), word.to_owned()]).collect()
}

fn mounts(workload: &Json) -> Vec<Vec<String>> {
    let mounts = object(&workload["mounts"]).map(|(_, it)| {
        vec![
            "mount".to_owned(),
            it["target"].as_str().unwrap().to_owned(),
            it["read_only"].to_string(),
        ]
    });
    mounts.collect()
}

fn reaches(topology: &Json, name: &str, workload: &Json) -> Vec<Vec<String>> {
    let own = own_places(workload);
    let waited = waits_for(topology, workload);
    let mut wanted = waited.clone();
    wanted.extend(elsewhere(topology, workload, &own));
    if waited.is_empty() {
        wanted.extend(own.iter().map(|(service, _)| service.clone()));
    }
    let files = file_places(topology, workload);
    let named = |service: &String| {
        let place = own.iter().chain(&files).find(|(it, _)| it == service);
        let (_, place) = place.unwrap_or_else(|| panic!("nothing tells {name} where {service} is"));
        let identity = identity(topology, service);
        [vec!["reach".to_owned(), service.clone(), identity], place.clone()].concat()
    };
    let mut lines: Vec<_> = wanted.iter().map(named).collect();
    if waited.is_empty() {
        lines.push(vec!["retry".to_owned()]);
    }
    lines
}

/// The services that run elsewhere and that a workload uses: it names them by itself, or knows
/// their secrets.
fn elsewhere(topology: &Json, workload: &Json, own: &[(String, Vec<String>)]) -> BTreeSet<String> {
    let external = topology.get("externals").and_then(Json::as_object).into_iter().flatten();
    let secrets: Vec<&str> = object(&workload["environment"])
        .flat_map(|(_, text)| text["$text"].as_array().into_iter().flatten())
        .filter_map(|it| it["Secret"]["name"].as_str())
        .collect();
    let uses = |service: &str| {
        own.iter().any(|(it, _)| it == service)
            || secrets.iter().any(|it| it.starts_with(&format!("{service}_")))
    };
    external.map(|(service, _)| service.clone()).filter(|it| uses(it)).collect()
}

/// What a service has to say that it is.
fn identity(topology: &Json, service: &str) -> String {
    if let Some(image) = topology["services"][service]["image"].as_str() {
        return server(topology, image).unwrap_or(service).to_owned();
    }
    let ports = topology["externals"][service]["ports"].as_object().unwrap();
    let identity = match ports.keys().next().unwrap().as_str() {
        "mysql" => "mariadbd",
        "amqp" => "rabbitmq-server",
        "redis" => "redis-server",
        "mongodb" => "mongod",
        port => panic!("nobody knows what answers on {port}"),
    };
    identity.to_owned()
}

/// The services that arguments and variables name.
fn own_places(workload: &Json) -> Vec<(String, Vec<String>)> {
    let mut found = vec![];
    for (at, word) in workload["command"].as_array().into_iter().flatten().enumerate() {
        let place = vec!["argument".to_owned(), at.to_string()];
        found.extend(connections(word, "HostPort").map(|it| (it, place.clone())));
    }
    for (name, value) in object(&workload["environment"]) {
        let place = vec!["variable".to_owned(), name.clone()];
        found.extend(connections(value, "HostPort").map(|it| (it, place.clone())));
    }
    found
}

/// The services that the mounted files name, by a host and a port that stand side by side.
fn file_places(topology: &Json, workload: &Json) -> Vec<(String, Vec<String>)> {
    let mut found = vec![];
    for (_, mount) in object(&workload["mounts"]) {
        let Some(file) = mount["source"]["File"].as_str() else { continue };
        let target = mount["target"].as_str().unwrap();
        for (_, content) in object(&topology["files"][file]["content"]) {
            pairs(content, target, "", &mut found);
        }
    }
    found
}

fn pairs(value: &Json, target: &str, path: &str, found: &mut Vec<(String, Vec<String>)>) {
    let Some(fields) = value.as_object() else { return };
    for (key, value) in fields {
        for service in connections(value, "Host") {
            let same = |it: &&String| connections(&fields[*it], "Port").any(|it| it == service);
            let Some(port) = fields.keys().find(same) else { continue };
            let place = [target, &format!("{path}{key}"), &format!("{path}{port}")];
            let place = ["file"].iter().chain(&place).map(|it| (*it).to_owned());
            found.push((service, place.collect()));
        }
        if value.get("$text").is_none() {
            pairs(value, target, &format!("{path}{key}."), found);
        }
    }
}

/// The services whose host, port or both a text holds.
fn connections<'a>(text: &'a Json, part: &'static str) -> impl Iterator<Item = String> + 'a {
    let segments = text["$text"].as_array().into_iter().flatten();
    let parts = segments.filter_map(|it| it.get("Connect")).filter(move |it| it["part"] == part);
    parts.map(|it| it["service"].as_str().unwrap().to_owned())
}
