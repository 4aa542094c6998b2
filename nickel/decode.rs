//! From the record that a package evaluates to, to a topology.

use model::Topology;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::front::Inputs;
use crate::{File, Label, Location, Origins, Report};

/// What an evaluation gives.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// The topology, decoded but not checked.
    pub topology: Topology,
    /// The whole record of the package, inputs included, with placeholders for secrets.
    pub record: Json,
    /// Where each value of the record comes from.
    pub origins: Origins,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Report>,
}

/// The fields of a package's record that are not the topology's.
const NOT_TOPOLOGY: [&str; 7] =
    ["inputs", "config", "host", "restart_policy", "assertions", "warnings", "deployment"];

/// What a package says has to hold.
#[derive(Deserialize)]
struct Assertion {
    holds: bool,
    path: String,
    #[serde(default)]
    because: Vec<String>,
    message: String,
    help: Option<String>,
}

/// The topology of a record, unless an assertion fails.
pub(crate) fn decode(
    record: Json,
    origins: Origins,
    inputs: &Inputs,
) -> Result<Evaluated, Vec<Report>> {
    let failed = failed(&record["assertions"], inputs);
    if !failed.is_empty() {
        return Err(failed);
    }
    let warnings = failed_warnings(&record, inputs);
    let mut topology = record.clone();
    if let Json::Object(fields) = &mut topology {
        fields.retain(|name, _| !NOT_TOPOLOGY.contains(&name.as_str()));
        settle(fields);
    }
    let topology = serde_path_to_error::deserialize(topology)
        .map_err(|error| vec![undecodable(&error, &origins)])?;
    Ok(Evaluated { topology, record, origins, warnings })
}

fn failed_warnings(record: &Json, inputs: &Inputs) -> Vec<Report> {
    failed(&record["warnings"], inputs).into_iter().map(Report::warning).collect()
}

fn failed(assertions: &Json, inputs: &Inputs) -> Vec<Report> {
    let assertions = assertions.as_object().into_iter().flatten();
    assertions.filter_map(|(_, it)| assertion(it.clone(), inputs)).collect()
}

/// The report of an assertion that does not hold.
pub(crate) fn assertion(json: Json, inputs: &Inputs) -> Option<Report> {
    let assertion: Assertion = serde_json::from_value(json).ok()?;
    let Assertion { holds, path, because, message, help } = assertion;
    if holds {
        return None;
    }
    let mut report = Report::new(message).key(path.clone());
    report.help = help;
    if let Some(location) = written(inputs, &path) {
        report = report.at(location, "this");
    }
    for location in because.iter().filter_map(|path| written(inputs, path)) {
        // What is around a place that is shown already says no more.
        let is_around = |it: &Label| {
            let (inner, outer) = (it.location.span, location.span);
            outer.start <= inner.start && inner.end <= outer.end
        };
        if !report.labels.iter().any(is_around) {
            report = report.at(location, "because of this");
        }
    }
    if report.labels.is_empty() && inputs.config.is_some() {
        report = report
            .at(Location { file: File::Config, span: crate::Span::default() }, "in this file");
    }
    Some(report)
}

/// Where the user wrote the value of a key, if they did.
fn written(inputs: &Inputs, path: &str) -> Option<Location> {
    let (_, node) = inputs.config.as_ref()?.root.find(path)?;
    Some(Location { file: File::Config, span: node.span })
}

/// Services and jobs by their state: what is deployed stays, the rest moves out.
fn settle(fields: &mut Map<String, Json>) {
    let mut externals = Map::new();
    let mut absent = vec![];
    for kind in ["services", "jobs"] {
        let Some(Json::Object(workloads)) = fields.get_mut(kind) else {
            continue;
        };
        workloads.retain(|name, workload| {
            let state = workload.as_object_mut().and_then(|it| it.remove("state"));
            match state {
                Some(Json::Object(mut state)) => {
                    externals.extend(state.remove("External").map(|it| (name.clone(), it)));
                    false
                }
                Some(Json::String(state)) if state == "Absent" => {
                    absent.push(name.clone());
                    false
                }
                _ => true,
            }
        });
    }
    forget_edges(fields, &externals);
    fields.insert("externals".to_owned(), Json::Object(externals));
    fields.insert("absent".to_owned(), json!(absent));
}

/// Nothing waits for what runs elsewhere.
fn forget_edges(fields: &mut Map<String, Json>, externals: &Map<String, Json>) {
    for kind in ["services", "jobs"] {
        let workloads = fields.get_mut(kind).and_then(Json::as_object_mut).into_iter().flatten();
        for (_, workload) in workloads {
            if let Some(Json::Object(edges)) = workload.get_mut("depends_on") {
                edges.retain(|name, _| !externals.contains_key(name));
            }
        }
    }
}

fn undecodable(error: &serde_path_to_error::Error<serde_json::Error>, origins: &Origins) -> Report {
    let path = error.path().to_string();
    let report = Report::new(error.inner().to_string()).key(path.clone());
    match origins.nearest(&path) {
        Some(origin) => report.at(origin.value.clone(), "this does not fit the topology"),
        None => report,
    }
}
