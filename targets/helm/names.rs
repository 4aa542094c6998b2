//! The names of Kubernetes objects: `<fullname>-<suffix>`, at most 63 characters.
//!
//! **Invariant.** No two objects of one kind share a name, in one release or in two.

use std::collections::BTreeMap;

use model::{Diagnostic, Name, Topology};

use super::claim::{Claim, is_scalable};

/// The longest name of an object that is also a label.
const LONGEST: usize = 63;

/// The least that has to be left for the name of a release.
const LEAST: usize = 20;

/// The longest suffix of the chart's own: `config`, `secret`, `wait`.
const OWN: usize = 6;

/// How many characters of a digest tell specs apart: `-12345678`.
const DIGEST: usize = 9;

/// A name as an RFC 1123 label, which has no `_`; [`check`] refuses what it would mix up.
pub(super) fn label(name: &str) -> String {
    name.replace('_', "-")
}

/// How many characters Kubernetes adds to the name of a `StatefulSet` in a label: `-1234567890`.
const REVISION: usize = 11;

/// What follows the name of the release in the name of an object.
pub(super) struct Suffix {
    /// What it is made for, in the topology.
    path: String,
    /// How long it is, digests of jobs included.
    length: usize,
}

/// The suffixes of what the chart names after parts of the topology.
pub(super) fn suffixes(topology: &Topology, claims: &BTreeMap<String, Claim>) -> Vec<Suffix> {
    let revision = |it| if is_scalable(it) { REVISION } else { 0 };
    let suffix = |kind, name: &Name, length| Suffix { path: format!("{kind}.{name}"), length };
    let services = topology.services.iter();
    let services =
        services.map(|(name, it)| suffix("services", name, name.as_str().len() + revision(it)));
    let jobs = topology.jobs.keys();
    let jobs = jobs.map(|name| suffix("jobs", name, name.as_str().len() + DIGEST));
    let claims = claims.iter().map(|(name, claim)| suffix("volumes", &claim.volume, name.len()));
    services.chain(jobs).chain(claims).collect()
}

/// How long the name of a release may be, so that everything named after it has room.
pub(super) fn room(suffixes: &[Suffix]) -> usize {
    let longest = suffixes.iter().map(|it| it.length).max().unwrap_or(0);
    LONGEST.saturating_sub(longest.max(OWN) + 1)
}

/// Refuses names that leave no room for that of a release.
pub(super) fn check_length(suffixes: &[Suffix]) -> Vec<Diagnostic> {
    let most = LONGEST - LEAST - 1;
    let long = suffixes.iter().filter(|it| it.length > most);
    let refuse = |Suffix { path, length }: &Suffix| {
        let message = format!(
            "it makes a name in Kubernetes with {length} characters after that of the release, \
             and {most} have room"
        );
        Diagnostic::key(path, message).hint("Give it a shorter name")
    };
    long.map(refuse).collect()
}

/// Refuses two keys of `path` that are one [`label`].
pub(super) fn check<'a>(path: &str, names: impl Iterator<Item = &'a Name>) -> Vec<Diagnostic> {
    let mut owners: BTreeMap<String, &Name> = BTreeMap::new();
    let mut problems = vec![];
    for name in names {
        if let Some(owner) = owners.insert(label(name.as_str()), name) {
            let message = format!("Kubernetes cannot tell `{name}` from `{owner}`");
            problems.push(
                Diagnostic::key(format!("{path}.{name}"), message)
                    .hint("Give one of the two another name")
                    .related(format!("{path}.{owner}"), "the other one"),
            );
        }
    }
    problems
}
