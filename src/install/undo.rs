//! Undoing an installation.

use super::disk::Found;
use super::plan::{Situation, Step};
use super::record::Record;
use crate::failure::Failure;
use crate::report::Shown;

/// What undoes an installation: what it wrote goes, what it replaced comes back. Directories with
/// something in them stay.
///
/// # Errors
///
/// Files that were edited since, unless `force` lets go of the edits.
pub fn steps(situation: &Situation<'_>, before: &Record) -> Result<Vec<Step>, Failure> {
    let mut steps = vec![];
    let mut problems = vec![];
    let copy = |path: &str| match (situation.look)(&Record::copy_of(path))? {
        Found::File { digest, .. } => Ok::<_, Failure>(Some(digest)),
        _ => Ok(None),
    };
    for path in before.paths() {
        let Found::File { digest, modified, .. } = (situation.look)(path)? else {
            continue;
        };
        if before.replaced.contains_key(path) && copy(path)?.is_none_or(|it| it == digest) {
            // It was put back already, by an undoing that was cut off.
            continue;
        }
        let Some(edited) = before.is_edited(path, digest, modified) else { continue };
        if edited && !situation.choice.force {
            let shown = situation.tree.place(path);
            let message = format!("{} was edited since it was installed", shown.display());
            let help = "Keep the edit elsewhere, or let go of it with `--force`".to_owned();
            problems.push(Shown::plain(message, Some(help)));
        }
        steps.push(Step::Remove(path.clone()));
    }
    for (path, original) in &before.replaced {
        if copy(path)?.is_some() {
            steps.push(Step::Restore(path.clone(), original.clone()));
        }
    }
    let copies = before.replaced.keys().map(|path| Record::copy_of(path));
    let own = [Record::pending_path(), Record::path()];
    steps.extend(copies.chain(own).map(Step::Remove));
    steps.extend(before.directories.iter().rev().map(|it| Step::RemoveEmpty(it.clone())));
    if problems.is_empty() { Ok(steps) } else { Err(Failure::Input(problems)) }
}
