//! Where the value at a path comes from, what it won against, and where it goes.

mod artifact;
mod contract;
mod places;
mod users;

use model::Topology;
use nickel::{Evaluated, Layer, Location, Origin, Origins, Report};
use serde::Serialize;
use serde_json::Value as Json;
use targets::Target;

use self::places::within;
use crate::build::no_secret_overlays;
use crate::failure::Failure;
use crate::names::line_column;
use crate::read::{Loaded, with_loaded};
use crate::request::Request;

pub use artifact::origins;
pub use contract::Contract;
pub use places::{Destination, Lines};

/// The names under which packages see what users write.
const INPUTS: [&str; 2] = ["config", "host"];

/// What is no part of the topology.
const NO_OUTPUT: [&str; 7] =
    ["config", "host", "inputs", "assertions", "warnings", "deployment", "restart_policy"];

/// What is known of one value.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Its path.
    pub path: String,
    /// The line of an output file that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The value that won.
    pub won: Candidate,
    /// The values that lost, highest layer first.
    pub lost: Vec<Candidate>,
    /// The input fields that the expression mentions, with where each was written.
    pub inputs: Vec<Mention>,
    /// What its contract says.
    pub contract: Option<Contract>,
    /// Of an input, the values of the topology that come from it.
    pub feeds: Vec<String>,
    /// Where it goes in each target; empty where the deployment has mistakes.
    pub targets: Vec<Destination>,
}

/// A value that one layer gives.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Candidate {
    /// The layer.
    pub layer: &'static str,
    /// `file:line:column` of the expression.
    pub place: String,
    /// The file, as the user calls it.
    pub file: String,
    /// The range of the expression in its file, in bytes.
    pub range: [usize; 2],
    /// The value itself.
    pub value: Json,
}

/// An input field, and where its value was written.
#[derive(Clone, Debug, Serialize)]
pub struct Mention {
    /// Its path: `config.webui.port`.
    pub path: String,
    /// `file:line:column`.
    pub place: String,
    /// Its value.
    pub value: Json,
}

/// Explains the value at a path, or that of a line of an output file (of `target`, where several
/// have such a file): `compose.yaml:120`.
///
/// # Errors
///
/// A path or line that leads nowhere, and whatever keeps the inputs from being evaluated.
pub fn explain(
    request: &Request,
    asked: &str,
    target: Option<Target>,
    json: bool,
) -> Result<Explanation, Failure> {
    with_loaded(request, json, |loaded| {
        let evaluated = loaded.evaluate(Layer::Set)?;
        no_secret_overlays(loaded, &evaluated.origins)?;
        let valid = model::check(&evaluated.topology).is_empty();
        let topology = resolved(loaded, &evaluated.topology);
        let (path, line) = match places::line_of(asked) {
            Some((file, line)) => (path_of(&topology, valid, target, (file, line))?, true),
            None => (asked.to_owned(), false),
        };
        let Some(won) = candidate(loaded, &evaluated.record, &evaluated.origins, &path) else {
            return Err(Failure::Input(loaded.shown(vec![nowhere(&evaluated.record, &path)])));
        };
        let feeds = feeds(&evaluated, &path);
        let mut topology_paths = match is_input(&path) {
            true => feeds.clone(),
            false => vec![path.clone()],
        };
        topology_paths.extend(users::users(&evaluated.topology, &path));
        let lost = lost(loaded, &path, &won, json);
        loaded.unbound();
        Ok(Explanation {
            line: line.then(|| asked.to_owned()),
            inputs: inputs(loaded, &evaluated, &path),
            contract: contract::contract(loaded, &path),
            targets: match valid {
                true => places::destinations(&topology, &topology_paths),
                false => vec![],
            },
            lost,
            path,
            won,
            feeds,
        })
    })
}

/// The topology as files are written from it: pinned where the lock fits it.
fn resolved(loaded: &Loaded<'_>, topology: &Topology) -> Topology {
    let pins = loaded.lock.as_ref().map(|it| it.lock.pins());
    let pinned = model::resolve(topology.clone(), pins.as_ref()).ok();
    pinned.unwrap_or_else(|| topology.clone())
}

/// The path of the topology that a line of an output file comes from.
fn path_of(
    topology: &Topology,
    valid: bool,
    target: Option<Target>,
    (file, line): (&str, usize),
) -> Result<String, Failure> {
    if !valid {
        let message = "this deployment has mistakes, so it has no files";
        return Err(Failure::input(message, "`clp-gen check` says which"));
    }
    let (message, help) = match places::origin(topology, target, file, line) {
        places::Origin::Path(path) => return Ok(path),
        places::Origin::Fixed(name) => (
            format!("line {line} of {name} comes from no single value"),
            "It is a part of how this target is written; ask for a line around it".to_owned(),
        ),
        places::Origin::Beyond(name, count) => {
            (format!("{name} has only {count} lines"), "Check the number".to_owned())
        }
        places::Origin::NoFile => (
            format!("no target writes a file {file} for these inputs"),
            "Name a file as it is in the artifact: `compose.yaml:3`".to_owned(),
        ),
    };
    Err(Failure::input(message, help))
}

/// Whether a path is one of an input.
#[must_use]
pub fn is_input(path: &str) -> bool {
    INPUTS.contains(&path.split('.').next().unwrap_or_default())
}

/// The input fields that the expression of a value mentions, with their values.
fn inputs(loaded: &Loaded<'_>, evaluated: &Evaluated, path: &str) -> Vec<Mention> {
    let Evaluated { topology: _, record, origins, warnings: _ } = evaluated;
    let mentions = origins.nearest(path).map(|it| it.mentions.clone()).unwrap_or_default();
    let mention = |path: String| {
        let Candidate { place, value, .. } = candidate(loaded, record, origins, &path)?;
        Some(Mention { path, place, value })
    };
    mentions.into_iter().filter_map(mention).collect()
}

/// The values of the topology that come from an input: copied, or computed by an expression that
/// mentions it. The outermost of each.
fn feeds(evaluated: &Evaluated, input: &str) -> Vec<String> {
    if !is_input(input) {
        return vec![];
    }
    let origins = &evaluated.origins.0;
    let place = origins.get(input).map(|it| &it.value);
    let fed = |(path, origin): &(&String, &Origin)| {
        let elsewhere = NO_OUTPUT.iter().any(|it| within(path, it)) || path.is_empty();
        let mentioned = |it: &String| it == input || (within(it, input) && input.contains('.'));
        !elsewhere && (Some(&origin.value) == place || origin.mentions.iter().any(mentioned))
    };
    let paths: Vec<&String> = origins.iter().filter(fed).map(|(path, _)| path).collect();
    // An expression is the origin of what is around it too: the innermost say most.
    let innermost =
        paths.iter().filter(|it| !paths.iter().any(|inner| inner != *it && within(inner, it)));
    innermost.map(|it| (*it).clone()).collect()
}

/// What the path had without the highest layers, each time that differs.
fn lost(loaded: &mut Loaded<'_>, path: &str, won: &Candidate, json: bool) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = vec![];
    for layer in [Layer::Deployment, Layer::Configuration, Layer::Package] {
        loaded.bound_anew(json);
        // Lower layers alone may be no valid deployment; then they have no value to show.
        let Ok(evaluated) = loaded.evaluate(layer) else { continue };
        let below = candidate(loaded, &evaluated.record, &evaluated.origins, path);
        let last = found.last().unwrap_or(won);
        if let Some(below) = below.filter(|it| it.place != last.place) {
            found.push(below);
        }
    }
    found
}

fn candidate(
    loaded: &Loaded<'_>,
    record: &Json,
    origins: &Origins,
    path: &str,
) -> Option<Candidate> {
    let value = lookup(record, path)?.clone();
    let Origin { value: location, layer, .. } = origins.nearest(path)?;
    Some(Candidate {
        layer: layer.name(),
        place: place(loaded, location),
        file: loaded.names.shown(&location.file),
        range: [location.span.start, location.span.end],
        value,
    })
}

fn place(loaded: &Loaded<'_>, location: &Location) -> String {
    let (line, column) = line_column(&loaded.text(&location.file), location.span.start);
    format!("{}:{line}:{column}", loaded.names.shown(&location.file))
}

/// The value at a path such as `services.webui.command[2]`.
#[must_use]
pub fn lookup<'a>(record: &'a Json, path: &str) -> Option<&'a Json> {
    let mut value = record;
    for part in path.split('.') {
        let (key, indices) = part.split_once('[').map_or((part, ""), |(key, rest)| (key, rest));
        if !key.is_empty() {
            value = step(value, key)?;
        }
        for index in indices.split('[').filter(|it| !it.is_empty()) {
            value = value.get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    Some(value)
}

/// A key of a map; or the name of a variant without an argument, which is a string in JSON.
fn step<'a>(value: &'a Json, key: &str) -> Option<&'a Json> {
    match value {
        Json::Object(fields) => fields.get(key),
        Json::String(tag) if tag == key => Some(value),
        _ => None,
    }
}

fn nowhere(record: &Json, path: &str) -> Report {
    let parent = path.rfind('.').map_or("", |at| &path[..at]);
    let around = if parent.is_empty() { Some(record) } else { lookup(record, parent) };
    let report = Report::new(format!("there is nothing at `{path}`")).key(path);
    match around.and_then(Json::as_object) {
        Some(fields) => {
            let names: Vec<&str> = fields.keys().map(String::as_str).collect();
            report.help(format!("Below `{parent}` there are: {}", names.join(", ")))
        }
        None => report.help("Start at the package record: `services`, `jobs`, `volumes`, `config`"),
    }
}
