//! A revision of the user's files, read from git's objects: nothing is checked out.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// How many links are followed one after the other.
const MOST_LINKS: usize = 16;

/// The mode of a symbolic link in git.
const LINK: &str = "120000";

/// The files of one commit.
#[derive(Debug)]
pub struct Revision {
    name: String,
    top: PathBuf,
    /// Mode and object by path, from the top of the repository.
    files: BTreeMap<String, (String, String)>,
}

impl Revision {
    /// The revision that git knows by this name; `None` where it knows none, or where this is no
    /// repository.
    ///
    /// # Errors
    ///
    /// Git that is not there or fails.
    pub fn find(name: &str) -> Result<Option<Self>, Failure> {
        let commit = format!("{name}^{{commit}}");
        let found = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        let (Some(commit), Some(top)) = (found, git(&["rev-parse", "--show-toplevel"])?) else {
            return Ok(None);
        };
        let (commit, top) = (line(&commit), PathBuf::from(line(&top)));
        let listed = git(&["ls-tree", "-r", "-z", "--full-tree", &commit])?.unwrap_or_default();
        let entries = listed.split(|byte| *byte == 0).filter_map(entry);
        Ok(Some(Self { name: name.to_owned(), top, files: entries.collect() }))
    }

    /// What the user calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder of the repository.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// A path as seen from the top of the repository; `None` for one outside of it.
    #[must_use]
    pub fn below(&self, path: &Path) -> Option<String> {
        // Git resolved the links to the repository itself; those in it are of the revision.
        let here = std::env::current_dir().and_then(|it| it.canonicalize()).ok()?;
        let plain = plain(&here.join(path));
        plain.strip_prefix(&self.top).ok()?.to_str().map(ToOwned::to_owned)
    }

    /// Whether there is a file at a path.
    #[must_use]
    pub fn is_file(&self, path: &str) -> bool {
        self.followed(path).is_some()
    }

    /// Whether there is a directory at a path.
    #[must_use]
    pub fn is_directory(&self, path: &str) -> bool {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        self.files.range(prefix.clone()..).next().is_some_and(|(it, _)| it.starts_with(&prefix))
    }

    /// The path of a file, links followed.
    #[must_use]
    pub fn followed(&self, path: &str) -> Option<String> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            match self.files.get(&path) {
                Some((mode, object)) if mode == LINK => {
                    let to = git(&["cat-file", "blob", object]).ok()??;
                    let folder = self.top.join(&path);
                    let to = folder.parent()?.join(line(&to));
                    path = plain(&to).strip_prefix(&self.top).ok()?.to_str()?.to_owned();
                }
                Some(_) => return Some(path),
                None => return None,
            }
        }
        None
    }

    /// The bytes of a file; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Git that fails.
    pub fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        let object = self.followed(path).and_then(|path| self.files.get(&path));
        match object {
            Some((_, object)) => git(&["cat-file", "blob", object]),
            None => Ok(None),
        }
    }
}

/// One line of `git ls-tree -z`: mode, kind, object, tab, path. Other repositories inside are none
/// of its files.
fn entry(line: &[u8]) -> Option<(String, (String, String))> {
    let text = std::str::from_utf8(line).ok()?;
    let (about, path) = text.split_once('\t')?;
    let mut about = about.split(' ');
    let (mode, kind, object) = (about.next()?, about.next()?, about.next()?);
    (kind == "blob").then(|| (path.to_owned(), (mode.to_owned(), object.to_owned())))
}

/// What git prints; `None` where it says no.
fn git(arguments: &[&str]) -> Result<Option<Vec<u8>>, Failure> {
    let mut command = Command::new("git");
    command.args(arguments).stdin(Stdio::null());
    let output = command
        .output()
        .map_err(|error| Failure::Environment(format!("cannot run git: {error}")))?;
    Ok(output.status.success().then_some(output.stdout))
}

fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned()
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                plain.push(component);
            }
        }
    }
    plain
}
