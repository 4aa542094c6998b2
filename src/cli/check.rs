//! `clp-gen check`.

use std::collections::BTreeSet;

use clap::Args;
use model::{External, Name, Topology};
use serde_json::{Map, Value as Json, json};
use targets::Target;

use super::build::Chosen;
use super::{aside, data};
use crate::check::{self, Checked, Verdict};
use crate::failure::Failure;
use crate::report::{self, Shown};
use crate::request::Request;

/// How long a line of names may get.
const WIDTH: usize = 100;

/// Check the inputs, and say what they would deploy
///
/// Validates every input against its contract, and what has to hold between the parts. Writes
/// nothing. With `--credentials`, these are checked too.
///
/// Prints the deployment type, what runs, what runs elsewhere, what is absent, and which targets
/// can say all of it. A target that cannot is no mistake, unless it is asked for.
#[derive(Args)]
pub(super) struct Check {
    /// Check for this target only, and fail if it refuses something
    #[arg(long, value_enum)]
    target: Option<Chosen>,

    /// Fail unless the lock pins every image to one of a registry
    #[arg(long)]
    release: bool,

    #[command(flatten)]
    request: Request,
}

impl Check {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { target, release, request } = self;
        let request = Request { release: *release, ..request.clone() };
        let checked = check::check(&request, target.map(|Chosen(target)| target), json)?;
        let Checked { topology, targets, warnings, notes } = &checked;
        if json {
            let mut found = what_runs(topology);
            found["targets"] = targets.iter().map(verdict).collect::<Map<_, _>>().into();
            found["warnings"] = report::data(warnings);
            super::json(&found);
        } else {
            aside(warnings, notes);
            data(&text(topology, targets));
        }
        Ok(())
    }
}

fn what_runs(topology: &Topology) -> Json {
    json!({
        "package": topology.package, "variant": topology.variant, "project": topology.project,
        "services": topology.services.keys().collect::<Vec<_>>(),
        "jobs": topology.jobs.keys().collect::<Vec<_>>(),
        "externals": topology.externals, "absent": topology.absent,
    })
}

fn verdict((target, verdict): &(Target, Verdict)) -> (String, Json) {
    let data = match verdict {
        Verdict::Lowers(files) => json!({ "lowers": true, "files": files, "refusals": [] }),
        Verdict::Refuses(reports) => {
            json!({ "lowers": false, "files": 0, "refusals": report::data(reports) })
        }
    };
    (target.name().to_owned(), data)
}

fn text(topology: &Topology, targets: &[(Target, Verdict)]) -> String {
    let package = &topology.package;
    let variant = topology.variant.as_ref().map(|it| format!(", type {it}")).unwrap_or_default();
    let mut lines = vec![format!("{} {}{variant}", package.name, package.version), String::new()];
    let names = |names: Vec<&Name>| names.into_iter().map(ToString::to_string).collect::<Vec<_>>();
    let rows = [
        ("services", names(topology.services.keys().collect())),
        ("jobs", names(topology.jobs.keys().collect())),
        ("elsewhere", topology.externals.iter().map(elsewhere).collect()),
        ("absent", names(topology.absent.iter().collect())),
    ];
    lines.extend(rows.iter().filter(|(_, items)| !items.is_empty()).flat_map(row));
    lines.push(String::new());
    for (target, verdict) in targets {
        match verdict {
            Verdict::Lowers(files) => {
                lines.push(format!("{:<11}ok, files {files}", target.name()));
            }
            Verdict::Refuses(reports) => {
                lines.push(format!("{:<11}refuses", target.name()));
                lines.extend(reasons(reports));
            }
        }
    }
    lines.join("\n")
}

/// Why a target refuses, each reason once: one may hold for many places.
fn reasons(reports: &[Shown]) -> BTreeSet<String> {
    reports.iter().map(|it| format!("  {}", it.line())).collect()
}

fn elsewhere((name, external): (&Name, &External)) -> String {
    let External { address, ports } = external;
    let ports: Vec<_> = ports.values().map(|port| format!("{address}:{port}")).collect();
    format!("{name} ({})", ports.join(", "))
}

/// A heading and names, in as many lines as they need.
fn row((heading, items): &(&str, Vec<String>)) -> Vec<String> {
    let mut lines = vec![format!("{heading:<11}")];
    for (number, item) in items.iter().enumerate() {
        let comma = if number + 1 < items.len() { ", " } else { "" };
        let full = lines.last().is_some_and(|it| it.len() + item.len() >= WIDTH);
        if full && number > 0 {
            lines.push(" ".repeat(11));
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(item);
            line.push_str(comma);
        }
    }
    lines.iter().map(|it| it.trim_end().to_owned()).collect()
}
