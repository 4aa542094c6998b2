//! Impact is known from the model, and agrees with the files: over every pair of accepted fixtures,
//! what is said to go on as it is has the same definition, and what is said to be replaced has
//! another one.

use std::collections::BTreeSet;
use std::fs;

use model::impact::Pair;
use model::{Name, Topology};
use targets::{Impact, Lowered, Target};

use crate::fixtures;

/// A fixture's topology, and its files for one target.
struct Case {
    name: String,
    topology: Topology,
    lowered: Lowered,
}

fn cases(target: Target) -> Vec<Case> {
    let mut cases = vec![];
    for fixture in fixtures("accepted") {
        let Ok(text) = fs::read(fixture.join("topology.json")) else { continue };
        let topology: Topology = serde_json::from_slice(&text).unwrap();
        let Ok(lowered) = targets::lower(target, &topology) else { continue };
        let name = fixture.file_name().unwrap().to_string_lossy().into_owned();
        cases.push(Case { name, topology, lowered });
    }
    cases
}

/// The text that defines a workload, without what takes effect while it runs.
fn definition(target: Target, case: &Case, kind: &str, name: &Name) -> String {
    match target {
        Target::Compose => compose(case, &format!("{kind}.{name}")),
        Target::Systemd => unit(case, name),
        Target::Helm => template(case, name),
    }
}

fn text(case: &Case, path: &str) -> String {
    String::from_utf8(case.lowered.files[path].bytes.clone()).unwrap()
}

/// Its part of the Compose file; that of the project's name too, of which containers have theirs.
fn compose(case: &Case, path: &str) -> String {
    let text = text(case, "compose.yaml");
    let lines: Vec<&str> = text.lines().collect();
    let trace = &case.lowered.trace["compose.yaml"];
    let of = |path: &str| trace.iter().find(|it| it.path == path).unwrap();
    let own = of(path);
    let without = |it: &&targets::TracedLines| {
        let rest = it.path.strip_prefix(path).unwrap_or_default();
        rest.starts_with(".depends_on.") || rest == ".replicas"
    };
    let left_out: BTreeSet<usize> =
        trace.iter().filter(without).flat_map(|it| it.first..=it.last).collect();
    let kept = (own.first..=own.last).filter(|number| !left_out.contains(number));
    let kept = kept.map(|number| lines[number - 1]);
    let kept = kept.filter(|line| *line != "    depends_on:");
    format!("{}\n{}", lines[0], kept.collect::<Vec<_>>().join("\n"))
}

/// Its unit, without `[Unit]` (but for digests of files) and the rules for starting it again.
fn unit(case: &Case, name: &Name) -> String {
    let path = format!("units/{}-{name}.container", case.topology.project);
    let text = text(case, &path);
    let kept = text.lines().scan("", |section, line| {
        if line.starts_with('[') {
            *section = line;
        }
        let own = *section != "[Unit]" && !line.starts_with("Restart");
        Some((own || line.starts_with("X-File=")).then_some(line))
    });
    format!("{path}\n{}", kept.flatten().collect::<Vec<_>>().join("\n"))
}

/// Its pod's template; what the values say of its image, its limits and the files that it reads.
fn template(case: &Case, name: &Name) -> String {
    let text = text(case, &format!("templates/{name}.yaml"));
    let job = case.topology.jobs.contains_key(name);
    let kept = text.lines().take_while(|line| *line != "---");
    let kept: Vec<&str> = kept.filter(|line| job || !line.starts_with("  replicas:")).collect();
    let mut definition = kept.join("\n");
    let files = case.lowered.files.contains_key("templates/_files.tpl");
    let files = if files { self::text(case, "templates/_files.tpl") } else { String::new() };
    for file in files.split("{{- define ") {
        let (name, _) = file.split_once(" }}").unwrap_or_default();
        if !name.is_empty() && definition.contains(&format!("include {name}")) {
            definition.push_str(file);
        }
    }
    for image in case.topology.images.keys() {
        if definition.contains(&format!(".Values.images \"{image}\"")) {
            definition.push_str(&image_values(case, image));
        }
    }
    definition
}

/// What the values say of an image.
fn image_values(case: &Case, name: &Name) -> String {
    let text = text(case, "values.yaml");
    let (_, images) = text.split_once("\nimages:\n").unwrap();
    let own = images.lines().skip_while(|line| *line != format!("  {name}:")).skip(1);
    own.take_while(|line| line.starts_with("    ")).collect::<Vec<_>>().join("\n")
}

fn pairs(target: Target) -> usize {
    let cases = cases(target);
    let mut compared = 0;
    let mut wrong = vec![];
    for before in &cases {
        for after in &cases {
            if before.topology.package.name != after.topology.package.name {
                continue;
            }
            let pair = Pair { before: &before.topology, after: &after.topology };
            let services = before.topology.services.keys().map(|it| ("services", it));
            let jobs = before.topology.jobs.keys().map(|it| ("jobs", it));
            for (kind, name) in services.chain(jobs) {
                let here = match kind {
                    "services" => after.topology.services.contains_key(name),
                    _ => after.topology.jobs.contains_key(name),
                };
                if !here {
                    continue;
                }
                let touched = match kind {
                    "services" => model::impact::services(pair, name, name),
                    _ => model::impact::jobs(pair, name, name),
                };
                let impacts = targets::impact(target, kind == "jobs", &touched);
                let replaced = [Impact::Restart, Impact::Recreate, Impact::JobReRuns];
                let said = impacts.iter().any(|it| replaced.contains(it));
                let [old, new] = [before, after].map(|it| definition(target, it, kind, name));
                compared += 1;
                if said != (old != new) {
                    let (one, other) = (&before.name, &after.name);
                    wrong.push(format!(
                        "{one} -> {other}: {kind}.{name}: said {said} for {touched:?}, but\n{}",
                        similar_asserts::SimpleDiff::from_str(&old, &new, "before", "after")
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{target}: {} wrong\n{}",
        wrong.len(),
        wrong[..wrong.len().min(4)].join("\n")
    );
    compared
}

#[test]
fn what_compose_recreates_is_what_is_said() {
    assert!(pairs(Target::Compose) > 200);
}

#[test]
fn what_systemd_restarts_is_what_is_said() {
    assert!(pairs(Target::Systemd) > 100);
}

#[test]
fn what_helm_rolls_is_what_is_said() {
    assert!(pairs(Target::Helm) > 50);
}
