//! Undoing an installation.

use super::disk::Found;
use super::plan::{Situation, Step, is_edited};
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
    for (path, written) in &before.files {
        let Found::File { digest, modified, .. } = (situation.look)(path)? else {
            continue;
        };
        if is_edited(written, digest, modified) && !situation.choice.force {
            let shown = situation.tree.place(path);
            let message = format!("{} was edited since it was installed", shown.display());
            let help = "Keep the edit elsewhere, or let go of it with `--force`".to_owned();
            problems.push(Shown::plain(message, Some(help)));
        }
        steps.push(Step::Remove(path.clone()));
    }
    steps.extend(before.replaced.iter().map(|(path, it)| Step::Restore(path.clone(), it.clone())));
    let copies = before.replaced.keys().map(|path| Record::copy_of(path));
    steps.extend(copies.chain([Record::path()]).map(Step::Remove));
    steps.extend(before.directories.iter().rev().map(|it| Step::RemoveEmpty(it.clone())));
    if problems.is_empty() { Ok(steps) } else { Err(Failure::Input(problems)) }
}
