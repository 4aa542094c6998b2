//! What differs between two deployments, and what that does to what runs.
//!
//! # Steps
//!
//! 1. [`side`]: each side as files and, where that is known, a topology with origins.
//! 2. [`fields`]: where the topologies differ ([`rename`] finds what only has another name).
//! 3. [`service`]: what becomes of each workload.
//! 4. [`cause`] says why.
//! 5. [`files`]: which files differ.
//!
//! **Invariant.** Nothing secret is in a topology, nor shown of a file that may hold secrets.

pub mod cause;
pub mod fields;
pub mod files;
pub mod markdown;
mod rename;
pub mod service;
pub mod side;
pub mod text;

use model::impact::Pair;
use serde::Serialize;
use targets::Target;

use crate::failure::Failure;
use cause::Cause;
use fields::Field;
use files::FileChange;
use service::Line;
use side::Side;

/// The version of the format in which differences are written as JSON.
pub const FORMAT: u32 = 1;

/// Everything in which two sides differ.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// The version of the format.
    pub format: u32,
    /// The earlier side.
    pub before: Named,
    /// The later side.
    pub after: Named,
    /// Whether nothing that is deployed differs.
    pub same: bool,
    /// What a reader has to know of this comparison.
    pub notes: Vec<String>,
    /// Why; `None` where a topology is not known.
    pub causes: Option<Vec<Cause>>,
    /// What becomes of services and jobs; `None` where a topology is not known.
    pub services: Option<Vec<Line>>,
    /// How many services and jobs stay as they are.
    pub unchanged: Option<usize>,
    /// What differs in the topologies; `None` where one is not known.
    pub fields: Option<Vec<Field>>,
    /// The files that differ.
    pub files: Vec<FileChange>,
}

/// A side by name.
#[derive(Debug, Serialize)]
pub struct Named {
    /// What the user calls it.
    pub name: String,
    /// What it was made for.
    pub target: Option<&'static str>,
    /// The digest of its files.
    pub artifact: Option<String>,
    /// Whether its topology is known.
    pub topology: bool,
}

/// Compares two sides. `unified` asks for the lines of files too.
///
/// # Errors
///
/// What the disk refuses.
pub fn diff(before: &Side, after: &Side, unified: bool) -> Result<Difference, Failure> {
    let mut difference = Difference {
        format: FORMAT,
        before: named(before),
        after: named(after),
        same: false,
        notes: notes(before, after),
        causes: None,
        services: None,
        unchanged: None,
        fields: None,
        files: files::files(before, after, unified)?,
    };
    topologies(&mut difference, before, after);
    let same_fields = difference.fields.as_ref().is_none_or(Vec::is_empty);
    difference.same = difference.files.is_empty() && same_fields;
    Ok(difference)
}

/// The layers that need a topology on both sides.
fn topologies(difference: &mut Difference, before: &Side, after: &Side) {
    let (Ok(one), Ok(other)) = (&before.known, &after.known) else {
        return;
    };
    let (fields, renames) = fields::topologies(&one.topology, &other.topology);
    let target = after.target.or(before.target).unwrap_or(Target::Compose);
    let forms = [one, other].map(|it| targets::form(target, &it.topology));
    let pair = Pair { before: &forms[0], after: &forms[1] };
    let lines = service::lines(pair, &renames, target);
    let packages_differ = before.package != after.package;
    let causes = cause::causes(one, other, &fields, packages_differ);
    let changed = cause::changed_inputs(one, other);
    if fields.is_empty() && difference.files.is_empty() && !changed.is_empty() {
        let names: Vec<&str> = changed.iter().map(|it| it.path.as_str()).collect();
        difference.notes.push(format!("changed, without any effect: {}", names.join(", ")));
    }
    if fields.is_empty() && !difference.files.is_empty() {
        difference.notes.push(same_topology(difference, before, after));
    }
    let all = other.topology.services.len() + other.topology.jobs.len();
    let removed = lines.iter().filter(|it| it.change == fields::Change::Removed).count();
    difference.unchanged = Some(all + removed - lines.len());
    difference.causes = Some(causes);
    difference.services = Some(lines);
    difference.fields = Some(fields);
}

/// Why files differ although the topology is the same.
fn same_topology(difference: &Difference, before: &Side, after: &Side) -> String {
    let why = if before.target != after.target {
        "it is spelt for two targets".to_owned()
    } else if difference.files.iter().any(|it| !it.edited.is_empty()) {
        "somebody edited them".to_owned()
    } else if let (Some(one), Some(other)) = (&before.generator, &after.generator)
        && one != other
    {
        format!("{one} wrote one side, {other} the other")
    } else {
        "another build of clp-gen wrote them".to_owned()
    };
    format!("the topology is the same, and files differ: {why}")
}

fn notes(before: &Side, after: &Side) -> Vec<String> {
    let unknown = |side: &Side| {
        let why = side.known.as_ref().err()?;
        Some(format!("causes and services are not known: of {}, {why}", side.shown))
    };
    let mut notes: Vec<String> = [before, after].into_iter().filter_map(unknown).collect();
    if let (Some(one), Some(other)) = (before.target, after.target)
        && one != other
    {
        notes.push(format!("the targets differ: {one} before, {other} now"));
    }
    if let (Ok(one), Ok(other)) = (&before.known, &after.known) {
        if one.values.is_null() || other.values.is_null() {
            notes.push("an older clp-gen did not keep the inputs, so causes are coarse".to_owned());
        }
        let (one, other) = (&one.topology.project, &other.topology.project);
        if one != other {
            notes.push(format!(
                "`{one}` becomes `{other}`: what runs under the old name goes on until it is stopped"
            ));
        }
    }
    notes
}

fn named(side: &Side) -> Named {
    Named {
        name: side.shown.clone(),
        target: side.target.map(Target::name),
        artifact: side.artifact.clone(),
        topology: side.known.is_ok(),
    }
}
