//! `clp-gen verify`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use targets::Target;

use super::store::Place;
use super::{data, words};
use crate::build::build;
use crate::failure::Failure;
use crate::manifest::Written;
use crate::output;
use crate::request::Request;
use crate::stale::{self, Stale};
use crate::store::{Held, Remembered};
use crate::verify::{Found, verify};

/// Verify that an artifact is whole, and say why it is stale
///
/// Compares every file to the manifest: exit code 3 if one was edited, is missing, or does not
/// belong there.
///
/// Then builds again, in memory, and says what changed since. What a result link was built from
/// is known; for a directory name the inputs, else this is left out. Exit code 3 if it is stale.
#[derive(Args)]
pub(super) struct Verify {
    /// A directory, a result link, or an object of a store
    #[arg(value_name = "PATH")]
    path: PathBuf,

    #[command(flatten)]
    store: Place,

    #[command(flatten)]
    request: Request,
}

impl Verify {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { path, store, request } = self;
        let (written, mut found) = verify(path)?;
        let store = store.find()?;
        let held = if store.exists() { Some(store.share()?) } else { None };
        if found.is_whole() && held.as_ref().is_some_and(|it| !is_named_right(it, path)) {
            // Its name covers the manifest too.
            found.edited.push(crate::manifest::MANIFEST.to_owned());
        }
        let freshness = held.as_ref().and_then(|it| it.remembered(path));
        let stale = self.stale(&written, request, freshness, json);
        let whole = found.is_whole();
        // What is wrong with the inputs now is told after what was found.
        let reasons = stale.as_ref().ok().and_then(Option::as_ref);
        if json && stale.is_ok() {
            print_json(path, &written, &found, reasons);
        } else if !json {
            print(path, &written, &found, reasons);
        }
        let fresh = stale?.is_none_or(|reasons| reasons.is_empty());
        if whole && fresh { Ok(()) } else { Err(Failure::Differs(vec![])) }
    }

    /// Why it is stale; `None` where nobody knows what it was made from.
    fn stale(
        &self,
        written: &Written,
        named: &Request,
        remembered: Option<Remembered>,
        json: bool,
    ) -> Result<Option<Vec<Stale>>, Failure> {
        let (request, other_compiler) = match remembered {
            _ if names_something(named) => (named.clone(), false),
            Some(Remembered { request, directory, same_compiler }) => {
                std::env::set_current_dir(&directory).map_err(|error| {
                    Failure::Environment(format!("cannot enter {}: {error}", directory.display()))
                })?;
                (request, !same_compiler)
            }
            None => return Ok(None),
        };
        let target = Target::ALL.into_iter().find(|it| it.name() == written.target);
        let Some(target) = target else {
            return Ok(None);
        };
        let now = output::manifest_of(&build(&request, target, json)?);
        let mut reasons = stale::between(written, &now);
        if written.artifact != now.artifact && (other_compiler || reasons.is_empty()) {
            reasons.push(Stale::OtherCompiler);
        }
        Ok(Some(reasons))
    }
}

/// Whether inputs were named on the command line.
fn names_something(request: &Request) -> bool {
    let Request { package, config, host, deployment, sets, lock, .. } = request;
    let files = [config, host, deployment, lock];
    package.is_some() || files.iter().any(|it| it.is_some()) || !sets.is_empty()
}

/// Whether what is at a path has the name that its content gives, if it is an object.
fn is_named_right(held: &Held, path: &Path) -> bool {
    let real = path.canonicalize().ok();
    let id = real.and_then(|it| held.id_at(&it));
    id.is_none_or(|id| held.is_whole(id).unwrap_or(false))
}

fn print_json(path: &Path, written: &Written, found: &Found, stale: Option<&Vec<Stale>>) {
    let reasons = stale.map(|it| it.iter().map(ToString::to_string).collect::<Vec<_>>());
    super::json(&json!({
        "path": path, "artifact": written.artifact, "target": written.target,
        "whole": found.is_whole(), "edited": found.edited, "missing": found.missing,
        "extra": found.extra, "stale": reasons,
    }));
}

fn print(path: &Path, written: &Written, found: &Found, stale: Option<&Vec<Stale>>) {
    let Found { edited, missing, extra } = found;
    for (what, paths) in [("edited", edited), ("missing", missing), ("extra", extra)] {
        paths.iter().for_each(|it| data(&format!("{what}  {it}")));
    }
    let shown = path.display();
    if found.is_whole() {
        words(&format!("{shown} is whole: {}, files {}", written.artifact, written.files.len()));
    } else {
        words(&format!("{shown} is not what was built: {}", written.artifact));
    }
    match stale {
        None => {}
        Some(reasons) if reasons.is_empty() => words("it is what would be built now"),
        Some(reasons) => {
            reasons.iter().for_each(|it| data(&format!("stale  {it}")));
            words(&format!("it is stale: {}", stale::sentence(reasons)));
        }
    }
}
