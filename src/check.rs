//! Checking without building: what a deployment would be, and which targets can say it.

use model::Topology;
use targets::{Lowered, Target};

use crate::build::{explained, topology};
use crate::failure::Failure;
use crate::read::with_loaded;
use crate::report::Shown;
use crate::request::Request;

/// What a check finds where nothing is wrong.
pub struct Checked {
    /// What would be deployed.
    pub topology: Topology,
    /// Whether each target can say it.
    pub targets: Vec<(Target, Verdict)>,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Shown>,
    /// Words for the user: which defaults were taken.
    pub notes: Vec<String>,
}

/// Whether a target can say what would be deployed.
pub enum Verdict {
    /// It can, in this many files.
    Lowers(usize),
    /// It cannot, and why.
    Refuses(Vec<Shown>),
}

/// Checks what `request` names; writes nothing. Without a `target`, every one is tried, and what
/// one refuses is no mistake of the user's.
///
/// # Errors
///
/// Every mistake of the user's that can be found, each once; with a `target`, what that refuses.
pub fn check(request: &Request, target: Option<Target>, json: bool) -> Result<Checked, Failure> {
    with_loaded(request, json, |loaded| {
        let evaluated = topology(loaded)?;
        let mut targets = vec![];
        for tried in Target::ALL.into_iter().filter(|it| target.is_none_or(|only| only == *it)) {
            let verdict = match targets::lower(tried, &evaluated.topology) {
                Ok(Lowered { files, trace: _ }) => Verdict::Lowers(files.len()),
                Err(problems) => Verdict::Refuses(explained(loaded, problems, &evaluated.origins)),
            };
            match verdict {
                Verdict::Refuses(reports) if target.is_some() => {
                    return Err(Failure::Input(reports));
                }
                verdict => targets.push((tried, verdict)),
            }
        }
        let mut warnings = std::mem::take(&mut loaded.warnings);
        warnings.extend(loaded.shown(evaluated.warnings));
        let notes = std::mem::take(&mut loaded.notes);
        Ok(Checked { topology: evaluated.topology, targets, warnings, notes })
    })
}
