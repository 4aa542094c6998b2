//! Building through the store: what is unchanged is served from it, and nothing is evaluated.

use std::fs;
use std::path::{Path, PathBuf};

use targets::Target;

use super::index::{Asked, IndexEntry};
use super::link::absolute;
use super::{Held, ObjectId, Summary, object};
use crate::build::build;
use crate::build_id::build_id;
use crate::failure::Failure;
use crate::output;
use crate::request::Request;

/// Something built, in the store.
#[derive(Debug)]
pub struct Served {
    /// The object.
    pub id: ObjectId,
    /// What people are told of it.
    pub summary: Summary,
    /// Whether it was built now.
    pub origin: Origin,
    /// The name of its request in the index.
    pub(super) request: Option<String>,
}

/// Why something is in the store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// It was there, and nothing that it was made from has changed.
    Unchanged,
    /// It was built now, by another program than last time.
    OtherCompiler,
    /// It was built now.
    Built,
}

/// What `request` comes to, from the store where nothing has changed.
///
/// # Errors
///
/// Every mistake of the user's that can be found, each once, and whatever the disk refuses.
pub fn serve(
    store: &Held,
    request: &Request,
    target: Target,
    json: bool,
) -> Result<Served, Failure> {
    let asked = Asked::of(request, target);
    let this = build_id();
    let known = asked.as_ref().and_then(|asked| store.entry(asked));
    let origin = match (known, &this) {
        (Some(known), Some(this)) if known.build_id == *this => {
            if let Some(served) = unchanged(store, known)? {
                return Ok(served);
            }
            Origin::Built
        }
        (Some(_), Some(_)) => Origin::OtherCompiler,
        (Some(_) | None, _) => Origin::Built,
    };
    let name = asked.as_ref().and_then(Asked::name);
    let built = build(request, target, json)?;
    let id = store.put(&output::contents(&built))?;
    let summary = Summary::of(&built);
    if let (Some(asked), Some(this)) = (asked, this) {
        store.remember(asked, this, built.seen, (id, summary.clone()))?;
    }
    Ok(Served { id, summary, origin, request: name })
}

/// What is known, if all that it was made from is the same, and it is whole.
fn unchanged(store: &Held, known: IndexEntry) -> Result<Option<Served>, Failure> {
    let IndexEntry { asked, seen, object: id, summary, .. } = known;
    let place = store.object(id);
    if !seen.still_holds() || !place.is_dir() || object::digest(&place)? != Some(id) {
        return Ok(None);
    }
    Ok(Some(Served { id, summary, origin: Origin::Unchanged, request: asked.name() }))
}

/// How something in the store was asked for.
#[derive(Debug)]
pub struct Remembered {
    /// The request.
    pub request: Request,
    /// The directory that it was made in.
    pub directory: PathBuf,
    /// Whether this very program built it.
    pub same_compiler: bool,
}

impl Held {
    /// How what a result link leads to was asked for.
    #[must_use]
    pub fn remembered(&self, link: &Path) -> Option<Remembered> {
        let id = self.id_at(&fs::read_link(link).ok()?)?;
        let entry = self.entry_of(&self.request_of(&absolute(link).ok()?)?)?;
        let IndexEntry { build_id: by, asked, object, .. } = entry;
        if object != id {
            return None;
        }
        let (request, directory) = asked.request();
        Some(Remembered { request, directory, same_compiler: build_id() == Some(by) })
    }
}
