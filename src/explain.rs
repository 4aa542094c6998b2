//! Where the value at a path comes from, and what it won against.

use std::collections::BTreeMap;

use nickel::{File, Layer, Location, Origin, Origins, Report};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::build::no_secret_overlays;
use crate::failure::Failure;
use crate::names::{line_column, stable};
use crate::read::{Loaded, with_loaded};
use crate::request::Request;

/// What is known of one value.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Its path.
    pub path: String,
    /// The value that won.
    pub won: Candidate,
    /// The values that lost, highest layer first.
    pub lost: Vec<Candidate>,
    /// The input fields that the expression mentions, with where each was written.
    pub inputs: Vec<Mention>,
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

/// Explains the value at `path`.
///
/// # Errors
///
/// A path that leads nowhere, and whatever keeps the inputs from being evaluated.
pub fn explain(request: &Request, path: &str, json: bool) -> Result<Explanation, Failure> {
    with_loaded(request, json, |loaded| {
        let evaluated = loaded.evaluate(Layer::Set)?;
        no_secret_overlays(loaded, &evaluated.origins)?;
        let Some(won) = candidate(loaded, &evaluated.record, &evaluated.origins, path) else {
            return Err(Failure::Input(loaded.shown(vec![nowhere(&evaluated.record, path)])));
        };
        let origin = evaluated.origins.nearest(path).cloned();
        let mentions = origin.map(|Origin { mentions, .. }| mentions).unwrap_or_default();
        let inputs = mentions.into_iter().filter_map(|mention| {
            let Candidate { place, value, .. } =
                candidate(loaded, &evaluated.record, &evaluated.origins, &mention)?;
            Some(Mention { path: mention, place, value })
        });
        let inputs = inputs.collect();
        let lost = lost(loaded, path, &won);
        Ok(Explanation { path: path.to_owned(), won, lost, inputs })
    })
}

/// What the path had without the highest layers, each time that differs.
fn lost(loaded: &mut Loaded<'_>, path: &str, won: &Candidate) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = vec![];
    for layer in [Layer::Deployment, Layer::Configuration, Layer::Package] {
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

/// Every origin as an artifact may hold it: no paths of this machine.
#[must_use]
pub fn origins(loaded: &Loaded<'_>, origins: &Origins) -> Json {
    let mut texts = BTreeMap::new();
    let mut found = Map::new();
    for (path, Origin { key: _, value, layer, mentions }) in &origins.0 {
        // Of what has to hold, an artifact has only that it does.
        if path.starts_with("assertions.") || path.starts_with("warnings.") {
            continue;
        }
        let text = texts.entry(&value.file).or_insert_with(|| Lines::new(loaded.text(&value.file)));
        let at = match value.file {
            // The lines of user files move with comments, which change no artifact.
            File::Config | File::Host | File::Credentials => stable(&value.file),
            _ => format!("{}:{}", stable(&value.file), text.place(value.span.start)),
        };
        let mut origin = json!({ "at": at, "layer": layer.name() });
        match loaded.input_at(value) {
            Some(input) => origin["inputs"] = json!([input]),
            None if !mentions.is_empty() => origin["inputs"] = json!(mentions),
            None => {}
        }
        found.insert(path.clone(), origin);
    }
    Json::Object(found)
}

/// A text that is asked for many places: where its lines start is found once.
struct Lines {
    text: String,
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: String) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(starts).collect();
        Self { text, starts }
    }

    /// `line:column`, from 1.
    fn place(&self, offset: usize) -> String {
        let line = self.starts.partition_point(|start| *start <= offset);
        let before = self.text.get(self.starts[line - 1]..offset);
        format!("{line}:{}", before.map_or(0, |it| it.chars().count()) + 1)
    }
}
