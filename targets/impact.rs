//! What a change does to what runs: the aspects that it touches, in the words of each target.

use std::collections::BTreeSet;

use model::impact::Touch;
use serde::Serialize;

use crate::Target;

/// What a change does to a workload that runs, the gravest last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// What runs goes on as it is.
    None,
    /// Its definition is read again; what runs goes on.
    Reload,
    /// It is stopped and started again by its unit.
    Restart,
    /// Its container is replaced by a new one.
    Recreate,
    /// The job runs once more.
    JobReRuns,
    /// It cannot be changed under its name: another one takes its place.
    NewName,
    /// What it keeps is no longer what it sees; nothing of it is removed.
    DataDetached,
    /// More clients than before can reach it.
    ExposureWidened,
}

impl Impact {
    /// The words that people read.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::Recreate => "recreate",
            Self::JobReRuns => "job re-runs",
            Self::NewName => "new name needed",
            Self::DataDetached => "data detached",
            Self::ExposureWidened => "port exposure widened",
        }
    }
}

/// What touching these aspects of a service, or of a job, does on `target`.
#[must_use]
pub fn impact(target: Target, job: bool, touched: &BTreeSet<Touch>) -> BTreeSet<Impact> {
    let mut found = BTreeSet::new();
    for touch in touched {
        let impacts = match target {
            Target::Compose => compose(*touch),
            Target::Helm => helm(*touch, job),
            Target::Systemd => systemd(*touch),
        };
        found.extend(impacts.iter().map(|impact| of_job(*impact, job)));
    }
    if found.len() > 1 {
        found.remove(&Impact::None);
    }
    if found.contains(&Impact::Restart) || found.contains(&Impact::Recreate) {
        found.remove(&Impact::Reload);
    }
    found
}

/// To start a job again is to run it again.
fn of_job(impact: Impact, job: bool) -> Impact {
    match impact {
        Impact::Restart | Impact::Recreate if job => Impact::JobReRuns,
        other => other,
    }
}

/// Compose makes a container anew when anything of its definition differs, but for what it waits
/// for and how many there are. A digest of each file that it reads is part of the definition.
fn compose(touch: Touch) -> &'static [Impact] {
    match touch {
        Touch::Name => &[Impact::Recreate, Impact::NewName],
        Touch::Container | Touch::File | Touch::Restart | Touch::Published | Touch::Logging => {
            &[Impact::Recreate]
        }
        Touch::Directory => &[Impact::Recreate, Impact::DataDetached],
        Touch::Order
        | Touch::Awaited
        | Touch::Replicas
        | Touch::Listening
        | Touch::Claim
        | Touch::Size => &[Impact::None],
        Touch::Detached => &[Impact::DataDetached],
        Touch::Widened => &[Impact::ExposureWidened],
    }
}

/// A changed unit takes effect when it is started again; what stands in `[Unit]`, and when systemd
/// starts it again by itself, as soon as it is read.
fn systemd(touch: Touch) -> &'static [Impact] {
    match touch {
        Touch::Name => &[Impact::Restart, Impact::NewName],
        Touch::Container | Touch::File | Touch::Awaited | Touch::Published | Touch::Logging => {
            &[Impact::Restart]
        }
        Touch::Directory => &[Impact::Restart, Impact::DataDetached],
        Touch::Order | Touch::Restart => &[Impact::Reload],
        Touch::Replicas | Touch::Listening | Touch::Claim | Touch::Size => &[Impact::None],
        Touch::Detached => &[Impact::DataDetached],
        Touch::Widened => &[Impact::ExposureWidened],
    }
}

/// A pod is replaced when its template differs, of which waiting is a part. A Job cannot be
/// changed, so another specification has another name. Who reaches a service is the values' to say.
fn helm(touch: Touch, job: bool) -> &'static [Impact] {
    match touch {
        Touch::Name => &[Impact::Recreate, Impact::NewName],
        Touch::Container | Touch::File | Touch::Order | Touch::Listening if job => {
            &[Impact::Recreate, Impact::NewName]
        }
        Touch::Restart if job => &[Impact::Recreate, Impact::NewName],
        Touch::Container | Touch::File | Touch::Order | Touch::Listening => &[Impact::Recreate],
        Touch::Claim => &[Impact::Recreate, Impact::NewName, Impact::DataDetached],
        Touch::Restart
        | Touch::Awaited
        | Touch::Replicas
        | Touch::Published
        | Touch::Logging
        | Touch::Directory
        | Touch::Size
        | Touch::Widened => &[Impact::None],
        Touch::Detached => &[Impact::DataDetached],
    }
}
