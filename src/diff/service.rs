//! What becomes of each service and job: one line, with what that does to what runs.

use std::collections::{BTreeMap, BTreeSet};

use model::impact::{self, Pair, Touch};
use model::{Name, Workload};
use serde::Serialize;
use targets::{Impact, Target};

use super::fields::{Change, Renames};

/// A service or job that changes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Line {
    /// `service` or `job`.
    pub kind: &'static str,
    /// Its name, in the later topology unless it is gone.
    pub name: Name,
    /// Its name before, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<Name>,
    /// What becomes of it.
    pub change: Change,
    /// What that does to what runs.
    pub impacts: BTreeSet<Impact>,
    /// The aspects of it that are others than before.
    pub touched: Vec<&'static str>,
    /// Where it runs from now on, if it does and no longer here; or volumes that nothing uses now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A line for each workload that changes, services first.
#[must_use]
pub fn lines(pair: Pair<'_>, renames: &Renames, target: Target) -> Vec<Line> {
    let (before, after) = (pair.before, pair.after);
    let services = Kind {
        pair,
        target,
        kind: "service",
        touched: impact::services,
        renamed: renames.get("services"),
        before: before.services.iter().map(|(name, it)| (name, &it.workload)).collect(),
        after: after.services.iter().map(|(name, it)| (name, &it.workload)).collect(),
    };
    let jobs = Kind {
        pair,
        target,
        kind: "job",
        touched: impact::jobs,
        renamed: renames.get("jobs"),
        before: before.jobs.iter().map(|(name, it)| (name, &it.workload)).collect(),
        after: after.jobs.iter().map(|(name, it)| (name, &it.workload)).collect(),
    };
    let mut lines = services.lines();
    lines.extend(jobs.lines());
    lines
}

/// All services, or all jobs.
struct Kind<'a> {
    pair: Pair<'a>,
    target: Target,
    kind: &'static str,
    touched: fn(Pair<'_>, &Name, &Name) -> BTreeSet<Touch>,
    renamed: Option<&'a BTreeMap<Name, Name>>,
    before: BTreeMap<&'a Name, &'a Workload>,
    after: BTreeMap<&'a Name, &'a Workload>,
}

impl Kind<'_> {
    fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = vec![];
        for name in self.after.keys() {
            let old = match self.renamed.and_then(|it| it.get(*name)) {
                Some(old) => Some(old),
                None => self.before.contains_key(name).then_some(*name),
            };
            match old {
                Some(old) => lines.extend(self.changed(old, name)),
                None => lines.push(self.added(name)),
            }
        }
        let renamed: BTreeSet<&Name> =
            self.renamed.into_iter().flat_map(BTreeMap::values).collect();
        let gone = self.before.iter().filter(|(name, _)| !self.after.contains_key(*name));
        let gone = gone.filter(|(name, _)| !renamed.contains(*name));
        lines.extend(gone.map(|(name, it)| self.removed(name, it)));
        lines.sort_by(|one, other| one.name.cmp(&other.name));
        lines
    }

    fn changed(&self, before: &Name, after: &Name) -> Option<Line> {
        let touched = (self.touched)(self.pair, before, after);
        if touched.is_empty() {
            return None;
        }
        let renamed = before != after;
        Some(Line {
            kind: self.kind,
            name: after.clone(),
            was: renamed.then(|| before.clone()),
            change: if renamed { Change::Renamed } else { Change::Changed },
            impacts: targets::impact(self.target, self.kind == "job", &touched),
            touched: touched.into_iter().map(words).collect(),
            note: None,
        })
    }

    fn added(&self, name: &Name) -> Line {
        let service = self.pair.after.services.get(name).filter(|_| self.kind == "service");
        let widened = service.is_some_and(impact::new_service_is_reached);
        let touched = widened.then_some(Touch::Widened).into_iter().collect();
        let impacts = targets::impact(self.target, false, &touched);
        let was_elsewhere = self.pair.before.externals.get(name);
        Line {
            kind: self.kind,
            name: name.clone(),
            was: None,
            change: Change::Added,
            impacts: impacts.into_iter().filter(|it| *it != Impact::None).collect(),
            touched: vec![],
            note: was_elsewhere.map(|it| format!("ran elsewhere before, at {}", it.address)),
        }
    }

    fn removed(&self, name: &Name, workload: &Workload) -> Line {
        let volumes = impact::abandoned(self.pair, workload);
        let elsewhere = self.pair.after.externals.get(name);
        let mut notes = vec![];
        notes.extend(elsewhere.map(|it| format!("runs elsewhere now, at {}", it.address)));
        if !volumes.is_empty() {
            let names: Vec<String> = volumes.iter().map(|it| format!("`{it}`")).collect();
            let what = if names.len() == 1 { "the volume" } else { "the volumes" };
            notes.push(format!("nothing uses {what} {} any more", names.join(", ")));
        }
        let detached = (!volumes.is_empty()).then_some(Impact::DataDetached);
        Line {
            kind: self.kind,
            name: name.clone(),
            was: None,
            change: Change::Removed,
            impacts: detached.into_iter().collect(),
            touched: vec![],
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }
}

fn words(touch: Touch) -> &'static str {
    match touch {
        Touch::Name => "name",
        Touch::Container => "container",
        Touch::File => "file that it reads",
        Touch::Order => "what it waits for",
        Touch::Awaited => "whether it is waited for",
        Touch::Restart => "restarts",
        Touch::Replicas => "replicas",
        Touch::Published => "published ports",
        Touch::Listening => "ports inside",
        Touch::Logging => "logging",
        Touch::Directory => "directory of a volume",
        Touch::Claim => "claim of a volume",
        Touch::Size => "size of a volume",
        Touch::Detached => "data that it sees",
        Touch::Widened => "who can reach it",
    }
}
