//! `clp-gen diff`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use targets::Target;

use super::build::Chosen;
use super::{Format, aside, data, raw};
use crate::build::build;
use crate::diff::side::Side;
use crate::diff::{diff, markdown, text};
use crate::failure::Failure;
use crate::files::Files;
use crate::request::Request;
use crate::revision::Revision;

/// Say what differs between two deployments, why, and what that does to what runs
///
/// A and B are each a directory (that `build` wrote, or any other) or a git revision of the inputs
/// (`HEAD~1`, a branch, a tag), which is built in memory: nothing is checked out. Without B, A is
/// compared to what the inputs give now; without A, the last build (`result-TARGET`) is.
///
/// Prints causes (which input, default, package or lock entry changed), services (one line for
/// each, with its impact: none, reload, restart, recreate, job re-runs, new name needed, data
/// detached, port exposure widened), fields and files. `--format markdown` is for a pull request,
/// `--format unified` shows the lines of the files.
///
/// Exit code 0: nothing that is deployed differs; 3: something does.
#[derive(Args)]
pub(super) struct Diff {
    /// The earlier side [default: result-TARGET, the last build]
    #[arg(value_name = "A")]
    before: Option<PathBuf>,

    /// The later side [default: what the inputs give now]
    #[arg(value_name = "B")]
    after: Option<PathBuf>,

    /// What to build for, where something is built [default: what the other side was built for]
    #[arg(long, value_enum)]
    target: Option<Chosen>,

    #[command(flatten)]
    request: Request,
}

/// What a side is, before it is built.
enum Named {
    Read(Box<Side>),
    Revision(Revision),
    Inputs,
}

impl Diff {
    pub(super) fn run(&self, format: Format) -> Result<(), Failure> {
        let asked = self.target.map(|Chosen(target)| target);
        let before = match &self.before {
            Some(before) => named(before)?,
            None => named(&last_build(asked)?)?,
        };
        let after = self.after.as_ref().map_or(Ok(Named::Inputs), |it| named(it))?;
        let known = [&before, &after].into_iter().find_map(|it| match it {
            Named::Read(side) => side.target,
            Named::Revision(_) | Named::Inputs => None,
        });
        let target = asked.or(known).unwrap_or(Target::Compose);
        let before = self.side(before, target, format)?;
        let after = self.side(after, target, format)?;
        let difference = diff(&before, &after, format == Format::Unified)?;
        match format {
            Format::Json => super::json(&difference),
            Format::Markdown => data(&markdown::markdown(&difference)),
            Format::Unified => raw(&text::unified(&difference)),
            Format::Text => data(&text::text(&difference)),
        }
        if difference.same { Ok(()) } else { Err(Failure::Differs(vec![])) }
    }

    /// A side, built in memory where it is not there.
    fn side(&self, named: Named, target: Target, format: Format) -> Result<Side, Failure> {
        let mut request = self.request.clone();
        let shown = match named {
            Named::Read(side) => return Ok(*side),
            Named::Inputs => "the inputs".to_owned(),
            Named::Revision(revision) => {
                let shown = revision.name().to_owned();
                request.files = Files::Revision(Arc::new(revision));
                shown
            }
        };
        let built = build(&request, target, format == Format::Json)?;
        let notes: Vec<_> = built.notes.iter().map(|it| format!("{shown}: {it}")).collect();
        aside(&built.warnings, &notes);
        Ok(Side::built(shown, built))
    }
}

/// The directory of the last build.
fn last_build(target: Option<Target>) -> Result<PathBuf, Failure> {
    let tried = Target::ALL.into_iter().filter(|it| target.is_none_or(|only| only == *it));
    let tried = tried.map(|it| PathBuf::from(format!("result-{it}")));
    let found: Vec<PathBuf> = tried.filter(|it| it.is_dir()).collect();
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::input(
            "there is no earlier build to compare to",
            "Name a directory that `clp-gen build` wrote, or build first",
        )),
        several => {
            let names: Vec<_> = several.iter().map(|it| it.display().to_string()).collect();
            let message = format!("there are several earlier builds: {}", names.join(", "));
            Err(Failure::input(message, "Name one of them, or choose with `--target`"))
        }
    }
}

fn named(name: &Path) -> Result<Named, Failure> {
    if name.is_dir() {
        return Ok(Named::Read(Box::new(Side::directory(name)?)));
    }
    if let Some(revision) = name.to_str().map_or(Ok(None), Revision::find)? {
        return Ok(Named::Revision(revision));
    }
    Err(Failure::input(
        format!("there is no directory {}, nor a revision of that name in git", name.display()),
        "Name a directory that `clp-gen build` wrote, or a revision such as HEAD~1",
    ))
}
