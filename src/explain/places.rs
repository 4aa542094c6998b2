//! Where a value goes in each target, and which value a line of an output file comes from.

use std::collections::BTreeSet;

use model::Topology;
use serde::Serialize;
use targets::{Lowered, Target, TracedLines};

/// Where a value goes in one target.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Destination {
    /// The name of the target.
    pub target: &'static str,
    /// The lines that come from it; none where the target has no use for it.
    pub places: Vec<Lines>,
    /// Why the target cannot be built at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

/// Some lines of an output file.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Lines {
    /// The file.
    pub file: String,
    /// The first line, from 1.
    pub first: usize,
    /// The last line, inclusive.
    pub last: usize,
}

/// Where the values at `paths` go.
#[must_use]
pub(super) fn destinations(topology: &Topology, paths: &[String]) -> Vec<Destination> {
    let destination = |target: Target| match targets::lower(target, topology) {
        Ok(lowered) => {
            let places = places(&lowered, paths);
            Destination { target: target.name(), places, refused: vec![] }
        }
        Err(problems) => {
            let refused: BTreeSet<String> = problems.iter().map(ToString::to_string).collect();
            let refused = refused.into_iter().collect();
            Destination { target: target.name(), places: vec![], refused }
        }
    };
    Target::ALL.into_iter().map(destination).collect()
}

/// The lines that come from a value itself and from what is in it; of one that is spelt only as a
/// part of something else, the lines of that.
fn places(lowered: &Lowered, paths: &[String]) -> Vec<Lines> {
    let mut found = BTreeSet::new();
    for path in paths {
        let own = lines(lowered, &|traced| within(traced, path));
        let around = || std::iter::successors(Some(path.as_str()), |path| outer(path)).skip(1);
        let around = || around().filter(|it| it.matches('.').count() > 1);
        let own = match own.is_empty() {
            false => own,
            true => around()
                .map(|it| lines(lowered, &|traced| traced == it))
                .find(|it| !it.is_empty())
                .unwrap_or_default(),
        };
        found.extend(own);
    }
    joined(found)
}

fn lines(lowered: &Lowered, wanted: &dyn Fn(&str) -> bool) -> Vec<Lines> {
    let files = lowered.trace.iter();
    let lines = files.flat_map(|(file, traced)| {
        traced.iter().filter(|it| wanted(&it.path)).map(|TracedLines { first, last, path: _ }| {
            Lines { file: file.clone(), first: *first, last: *last }
        })
    });
    lines.collect()
}

/// Lines that touch or overlap, as one.
fn joined(lines: BTreeSet<Lines>) -> Vec<Lines> {
    let mut found: Vec<Lines> = vec![];
    for line in lines {
        match found.last_mut() {
            Some(last) if last.file == line.file && line.first <= last.last + 1 => {
                last.last = last.last.max(line.last);
            }
            _ => found.push(line),
        }
    }
    found
}

/// What a path is in.
fn outer(path: &str) -> Option<&str> {
    path.rfind(['.', '[']).map(|at| &path[..at])
}

/// Whether `inner` is `outer`, or in it.
pub(super) fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|it| it.is_empty() || it.starts_with(['.', '[']))
}

/// A line of an output file: `compose.yaml:120`, with or without the directory that it is in.
#[must_use]
pub(super) fn line_of(text: &str) -> Option<(&str, usize)> {
    let (file, line) = text.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

/// What is known of a line.
pub(super) enum Origin {
    /// The path of the topology that it comes from.
    Path(String),
    /// It is there, in this file, and comes from no single value.
    Fixed(String),
    /// The file has only so many lines.
    Beyond(String, usize),
    /// No target has such a file.
    NoFile,
}

/// Where a line comes from. The first target that has such a file says.
#[must_use]
pub(super) fn origin(
    topology: &Topology,
    target: Option<Target>,
    file: &str,
    line: usize,
) -> Origin {
    let mut found = Origin::NoFile;
    let tried = Target::ALL.into_iter().filter(|it| target.is_none_or(|only| only == *it));
    for lowered in tried.filter_map(|it| targets::lower(it, topology).ok()) {
        let names = std::iter::successors(Some(file), |it| it.split_once('/').map(|(_, it)| it));
        let Some((name, entry)) = names.filter_map(|it| lowered.files.get_key_value(it)).next()
        else {
            continue;
        };
        let count = String::from_utf8_lossy(&entry.bytes).lines().count();
        let traced = lowered.trace.get(name).into_iter().flatten();
        let around = traced.filter(|it| it.first <= line && line <= it.last);
        match around.min_by_key(|it| it.last - it.first) {
            Some(innermost) => return Origin::Path(innermost.path.clone()),
            None if (1..=count).contains(&line) => found = Origin::Fixed(name.clone()),
            None if matches!(found, Origin::NoFile) => found = Origin::Beyond(name.clone(), count),
            None => {}
        }
    }
    found
}
