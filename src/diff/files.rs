//! The files in which two sides differ.

use serde::Serialize;
use similar::{ChangeTag, TextDiff};
use std::time::{Duration, Instant};

use super::fields::Change;
use super::side::{Side, Stored};
use crate::digest::Digest;
use crate::failure::Failure;

/// The largest file of which lines are compared.
const MOST_BYTES: u64 = 4 << 20;

/// How many bytes of lines are shown of all files together.
const MOST_SHOWN: usize = 64 << 20;

/// A file in which two sides differ.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// What became of it.
    pub change: Change,
    /// How many lines are new; not known of what has no lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<usize>,
    /// How many lines are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<usize>,
    /// Why its lines are not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<&'static str>,
    /// The permission bits, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modes: Option<[String; 2]>,
    /// On which sides it was edited since clp-gen wrote it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edited: Vec<&'static str>,
    /// The lines that differ, with three around them, as `diff -u` writes them.
    #[serde(skip)]
    pub unified: String,
}

/// Every file that differs. `unified` asks for its lines too.
///
/// # Errors
///
/// What the disk refuses.
pub fn files(before: &Side, after: &Side, unified: bool) -> Result<Vec<FileChange>, Failure> {
    let mut paths: Vec<&String> = before.files.keys().chain(after.files.keys()).collect();
    paths.sort();
    paths.dedup();
    let mut found = vec![];
    let mut shown = 0;
    for path in paths {
        let (one, other) = (before.files.get(path), after.files.get(path));
        if let (Some(one), Some(other)) = (one, other)
            && one.mode == other.mode
            && one.same_bytes(other)?
        {
            continue;
        }
        let change = compare(path, (one, other), unified && shown < MOST_SHOWN)?;
        shown += change.unified.len();
        found.push(change);
    }
    Ok(found)
}

fn compare(
    path: &str,
    (one, other): (Option<&Stored>, Option<&Stored>),
    unified: bool,
) -> Result<FileChange, Failure> {
    let change = match (one, other) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        _ => Change::Changed,
    };
    let modes = one.zip(other).filter(|(one, other)| one.mode != other.mode);
    let modes = modes.map(|(one, other)| [one, other].map(|it| format!("{:o}", it.mode)));
    let mut found = FileChange {
        path: path.to_owned(),
        change,
        added: None,
        removed: None,
        hidden: hidden(path, one, other),
        modes,
        edited: vec![],
        unified: String::new(),
    };
    if found.hidden.is_some() {
        return Ok(found);
    }
    let bytes = |side: Option<&Stored>| side.map_or(Ok(vec![]), Stored::bytes);
    let (before, after) = (bytes(one)?, bytes(other)?);
    for (side, stored, bytes) in [("before", one, &before), ("after", other, &after)] {
        let recorded = stored.and_then(|it| it.recorded.as_ref());
        if recorded.is_some_and(|it| *it != Digest::of(bytes).to_string()) {
            found.edited.push(side);
        }
    }
    let (Ok(before), Ok(after)) = (std::str::from_utf8(&before), std::str::from_utf8(&after))
    else {
        found.hidden = Some("it is no text");
        return Ok(found);
    };
    lines(&mut found, before, after, unified);
    Ok(found)
}

fn lines(found: &mut FileChange, before: &str, after: &str, unified: bool) {
    // Past the deadline a difference is still right, only longer than it might be.
    let deadline = Instant::now() + Duration::from_secs(2);
    let diff = TextDiff::configure().deadline(deadline).diff_lines(before, after);
    let count = |tag| diff.iter_all_changes().filter(|it| it.tag() == tag).count();
    found.added = Some(count(ChangeTag::Insert));
    found.removed = Some(count(ChangeTag::Delete));
    if !unified {
        return;
    }
    let name = |side: &str, there: bool| match there {
        true => format!("{side}/{}", found.path),
        false => "/dev/null".to_owned(),
    };
    let old = name("a", found.change != Change::Added);
    let new = name("b", found.change != Change::Removed);
    found.unified = diff.unified_diff().context_radius(3).header(&old, &new).to_string();
}

/// Why the lines of a file are not compared.
fn hidden(path: &str, one: Option<&Stored>, other: Option<&Stored>) -> Option<&'static str> {
    let sides = || one.into_iter().chain(other);
    let name = path.rsplit('/').next().unwrap_or(path);
    let holds_secrets = name == ".env" || name.starts_with("credentials.");
    if holds_secrets || sides().any(Stored::is_private) {
        return Some("it may hold secrets");
    }
    sides().any(|it| it.size > MOST_BYTES).then_some("it is larger than 4 MiB")
}
