//! What an installation does, decided before anything is done.
//!
//! **Invariant.** A plan is a function of what is to be there, what is there and what was
//! installed before; [`execute`](super::execute) has no choices left. Nothing that clp-gen did not
//! write is in a step that replaces or removes, unless the user said so. Every path is written in
//! its one way ([`Tree::plain`]), so that the same path is the same text.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use targets::Directory;

use super::disk::{Caller, Found};
use super::record::{Original, Record, Written};
use super::render::Rendered;
use super::tree::Tree;
use crate::digest::Digest;
use crate::failure::Failure;
use crate::report::Shown;

/// A user and a group, by number.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Owner {
    /// The user id.
    pub uid: u32,
    /// The group id.
    pub gid: u32,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.uid, self.gid)
    }
}

/// One thing that is done. Paths are absolute, or below the package directory (which is `""`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Makes a directory.
    Make(String, Option<Owner>),
    /// Gives an empty directory to another owner.
    Give(String, Owner),
    /// Keeps a copy of a file of somebody else's that is about to be replaced.
    Keep(String, Original),
    /// Writes a file, new or over another.
    Write {
        /// Its path.
        path: String,
        /// Its permission bits.
        mode: u32,
        /// Whose it becomes.
        owner: Option<Owner>,
        /// Whether there is a file already.
        replaces: bool,
    },
    /// Puts back a file of which a copy was kept.
    Restore(String, Original),
    /// Removes a file that clp-gen wrote.
    Remove(String),
    /// Removes a directory that clp-gen made, if nothing is in it.
    RemoveEmpty(String),
}

impl Step {
    /// The step in words.
    #[must_use]
    pub fn shown(&self, tree: &Tree) -> String {
        let place = |path: &str| tree.place(path).display().to_string();
        let to = |owner: &Option<Owner>| owner.map_or(String::new(), |it| format!(" for {it}"));
        match self {
            Self::Make(path, owner) => format!("make {}{}", place(path), to(owner)),
            Self::Give(path, owner) => format!("give {} to {owner}", place(path)),
            Self::Keep(path, _) => {
                format!("keep {} as {}", place(path), place(&Record::copy_of(path)))
            }
            Self::Write { path, mode, owner, replaces } => {
                let verb = if *replaces { "replace" } else { "write" };
                format!("{verb} {} ({mode:04o}){}", place(path), to(owner))
            }
            Self::Restore(path, _) => format!("put back {}", place(path)),
            Self::Remove(path) => format!("remove {}", place(path)),
            Self::RemoveEmpty(path) => format!("remove {} if it is empty", place(path)),
        }
    }
}

/// What the user allowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// To write over edits of files that clp-gen wrote.
    pub force: bool,
    /// To replace files that clp-gen did not write, keeping a copy of each.
    pub adopt: bool,
}

/// Everything that is done, in order, and the record of it.
#[derive(Debug)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// The record, but for the times of files with secrets that are written now.
    pub record: Record,
}

/// What there is to know before planning.
pub struct Situation<'a> {
    /// Where things go.
    pub tree: &'a Tree,
    /// What is at a path.
    pub look: &'a dyn Fn(&str) -> Result<Found, Failure>,
    /// Who asks.
    pub caller: &'a Caller,
    /// What was installed before.
    pub before: Option<&'a Record>,
    /// What the user allowed.
    pub choice: Choice,
}

/// Plans an installation; `record` is that of an installation with nothing in it.
///
/// # Errors
///
/// Everything in the way of it.
pub fn plan(
    situation: &Situation<'_>,
    directories: &[Directory],
    files: &[Rendered],
    record: Record,
) -> Result<Plan, Failure> {
    let mut draft = Draft {
        situation,
        keeps: vec![],
        writes: vec![],
        removes: vec![],
        problems: vec![],
        record,
    };
    if let Some(before) = situation.before {
        draft.record.replaced.clone_from(&before.replaced);
        draft.record.directories.clone_from(&before.directories);
    }
    for file in files {
        draft.file(file)?;
    }
    draft.leftovers(files)?;
    let mut steps = draft.directories(directories, files)?;
    let Draft { situation: _, keeps, writes, removes, problems, record } = draft;
    if !problems.is_empty() {
        return Err(Failure::Input(problems));
    }
    steps.extend(keeps.into_iter().chain(writes).chain(removes));
    Ok(Plan { steps, record })
}

struct Draft<'a> {
    situation: &'a Situation<'a>,
    keeps: Vec<Step>,
    writes: Vec<Step>,
    removes: Vec<Step>,
    problems: Vec<Shown>,
    record: Record,
}

impl Draft<'_> {
    fn shown(&self, path: &str) -> String {
        self.situation.tree.place(path).display().to_string()
    }

    fn problem(&mut self, message: String, help: &str) {
        self.problems.push(Shown::plain(message, Some(help.to_owned())));
    }

    /// Decides about one file that is to be there.
    fn file(&mut self, file: &Rendered) -> Result<(), Failure> {
        let Rendered { path, bytes, mode, owner, secret } = file;
        let shown = self.shown(path);
        let digest = Digest::of(bytes);
        // A file that anybody may read serves as well where it belongs to the caller.
        let owner = owner.filter(|it| *secret || self.situation.caller.may_give_to(*it));
        let mut written = match secret {
            true => Written::Modified(0, 0),
            false => Written::Digest(digest.to_string()),
        };
        let mut replaces = false;
        match (self.situation.look)(path)? {
            Found::Nothing => {}
            Found::Directory { .. } => {
                let message = format!("{shown} is a directory, and a file belongs there");
                self.problem(message, "Move it away");
                return Ok(());
            }
            Found::Other(what) => {
                let message = format!("{shown} is {what}, and a plain file belongs there");
                self.problem(message, "Move it away");
                return Ok(());
            }
            Found::File { digest: found, original, modified } => {
                replaces = true;
                let Original { mode: has, uid, gid } = original.clone();
                let same = found == digest;
                let right = has == *mode && owner.is_none_or(|it| it == Owner { uid, gid });
                if same && self.situation.before.is_none_or(|it| !it.paths().contains(path)) {
                    // Nothing is lost, but to undo this must not remove it.
                    self.keep(path, original.clone());
                }
                if same && right {
                    if *secret {
                        written = Written::Modified(modified.0, modified.1);
                    }
                    self.record.files.insert(path.clone(), written);
                    return Ok(());
                }
                if !same {
                    self.may_replace(path, found, modified, original);
                }
            }
        }
        self.record.files.insert(path.clone(), written);
        self.writes.push(Step::Write { path: path.clone(), mode: *mode, owner, replaces });
        Ok(())
    }

    /// Decides whether a file that is there may be lost.
    fn may_replace(&mut self, path: &str, found: Digest, modified: (i64, i64), original: Original) {
        let shown = self.shown(path);
        let Choice { force, adopt } = self.situation.choice;
        match self.situation.before.and_then(|it| it.is_edited(path, found, modified)) {
            Some(edited) if force || !edited => {}
            Some(_) => {
                let message = format!("{shown} was edited since it was installed");
                self.problem(message, "Keep the edit elsewhere, or write over it with `--force`");
            }
            None if adopt => self.keep(path, original),
            None => {
                let message = format!("{shown} is there already, and clp-gen did not write it");
                self.problem(message, "Move it away, or replace it and keep a copy with `--adopt`");
            }
        }
    }

    /// Keeps a copy of a file of somebody else's. Of one that was replaced before, the first copy
    /// is the original.
    fn keep(&mut self, path: &str, original: Original) {
        if !self.record.replaced.contains_key(path) {
            self.record.replaced.insert(path.to_owned(), original.clone());
            self.keeps.push(Step::Keep(path.to_owned(), original));
        }
    }

    /// Removes what was installed before and has no place any more.
    fn leftovers(&mut self, files: &[Rendered]) -> Result<(), Failure> {
        let Some(before) = self.situation.before else {
            return Ok(());
        };
        for path in before.paths() {
            if files.iter().any(|it| self.situation.tree.is_same(&it.path, path)) {
                continue;
            }
            let Found::File { digest, modified, .. } = (self.situation.look)(path)? else {
                continue;
            };
            if before.is_edited(path, digest, modified) == Some(true)
                && !self.situation.choice.force
            {
                let message =
                    format!("{} is no part of this any more, but was edited", self.shown(path));
                self.problem(message, "Keep the edit elsewhere, or remove the file with `--force`");
                continue;
            }
            self.removes.push(Step::Remove(path.clone()));
        }
        Ok(())
    }

    /// Makes every directory that is missing, parents first.
    fn directories(
        &mut self,
        directories: &[Directory],
        files: &[Rendered],
    ) -> Result<Vec<Step>, Failure> {
        let tree = self.situation.tree;
        let mut wanted: BTreeMap<PathBuf, (String, Option<Owner>)> = BTreeMap::new();
        let copies = self.keeps.iter().filter_map(|step| match step {
            Step::Keep(path, _) => Some(Record::copy_of(path)),
            _ => None,
        });
        let files = files.iter().map(|it| it.path.clone());
        let files: Vec<String> = files.chain(copies).chain([Record::path()]).collect();
        for path in files.iter().chain(directories.iter().map(|it| &it.path)) {
            for parent in parents(tree, path) {
                wanted.entry(tree.final_place(&parent)).or_insert((parent, None));
            }
        }
        for Directory { path, uid, gid } in directories {
            let owner = Some(Owner { uid: *uid, gid: *gid });
            wanted.insert(tree.final_place(path), (path.clone(), owner));
        }
        let mut steps = vec![];
        for (path, owner) in wanted.into_values() {
            match ((self.situation.look)(&path)?, owner) {
                (Found::Nothing, owner) => {
                    self.record.directories.insert(path.clone());
                    steps.push(Step::Make(path, owner));
                }
                (Found::Directory { owner: is, empty: true }, Some(owner)) if is != owner => {
                    steps.push(Step::Give(path, owner));
                }
                (Found::Directory { .. }, _) => {}
                (Found::File { .. } | Found::Other(_), _) => {
                    let message =
                        format!("{} is no directory, and one belongs there", self.shown(&path));
                    self.problem(message, "Move it away, or choose another directory");
                }
            }
        }
        Ok(steps)
    }
}

/// The directories that a path is in, by the paths that steps have.
fn parents(tree: &Tree, path: &str) -> Vec<String> {
    let above = |path: &Path| -> Vec<String> {
        let parents = path.ancestors().skip(1).filter(|it| *it != Path::new("/"));
        parents.map(|it| it.to_string_lossy().into_owned()).collect()
    };
    let mut found = above(Path::new(path));
    if !path.starts_with('/') {
        found.extend(above(tree.root()));
    }
    found
}
