//! Installing: an artifact, with its secrets, to where it runs. Nothing is started.
//!
//! # Steps
//!
//! 1. [`crate::build::built`]: the same artifact as a build makes.
//! 2. [`secrets`]: the values of secrets, read again from the user's files.
//! 3. [`render`]: every file, complete, in memory ([`dotenv`] quotes); for Kubernetes [`helm`].
//! 4. [`plan`]: what is done, from what is there ([`disk`]) and what was installed ([`record`]).
//! 5. [`preflight`]: what has to hold of the machine ([`host_path`], [`engine`], [`remembered`]).
//! 6. [`execute`]: does it, whole or not at all. [`undo`] has other steps.
//!
//! **Invariant.** Every check comes before the first write.

pub mod commands;
mod commit;
pub mod disk;
pub mod dotenv;
pub mod engine;
pub mod execute;
pub mod helm;
pub mod host_path;
pub mod plan;
pub mod preflight;
pub mod record;
pub mod remembered;
pub mod render;
pub mod secrets;
pub mod systemd;
pub mod tree;
pub mod undo;

use std::path::PathBuf;

use targets::{Installation, Target};

use crate::build::{Built, built, explained};
use crate::failure::Failure;
use crate::output;
use crate::read::with_loaded;
use crate::report::Shown;
use crate::request::Request;
use crate::store::{self, Store};
use disk::{Caller, alone, look};
use engine::Engine;
use plan::{Choice, Plan, Situation, Step};
use preflight::Preflight;
use record::Record;
use remembered::Remembered;
use render::Rendered;
use systemd::Units;
use tree::Tree;

/// What is said where no engine answers.
const UNKNOWN_ENGINE: &str = "no Docker Engine answers: neither its version nor other deployments \
                              of the same name were checked";

/// What an installation is asked to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is installed.
    pub target: Target,
    /// The package directory.
    pub root: PathBuf,
    /// The folder that stands in for `/`.
    pub destdir: Option<PathBuf>,
    /// Whether nothing is written.
    pub check: bool,
    /// What may be replaced.
    pub choice: Choice,
    /// Whether the services know the new secrets already.
    pub secrets_changed: bool,
    /// The store that keeps what is installed.
    pub store: Option<Store>,
}

/// What was done, or would be.
pub struct Installed {
    /// What was installed.
    pub built: Built,
    /// Where.
    pub tree: Tree,
    /// The steps.
    pub steps: Vec<Step>,
    /// What to do with it now: commands, by what they are for.
    pub commands: Vec<(&'static str, String)>,
}

/// Installs what `request` names.
///
/// # Errors
///
/// Every mistake of the user's, everything on the machine that is in the way, and whatever the
/// disk refuses. Nothing is changed then.
pub fn install(request: &Request, options: &Options, json: bool) -> Result<Installed, Failure> {
    let tree = Tree::new(&options.root, options.destdir.as_deref())?;
    let root = Some(tree.root().to_owned());
    let elsewhere = options.target == Target::Helm;
    let request = Request { activation: true, root, elsewhere, ..request.clone() };
    with_loaded(&request, json, |loaded| {
        let digests = loaded.digests.clone();
        let (mut built, origins) = built(loaded, options.target)?;
        loaded.unbound();
        let values = secrets::read(loaded, &built.topology, &digests)?;
        let installation = systemd::at_home(render::installation(&built, &tree))?;
        let files = match options.target {
            Target::Helm => helm::render(&built, &installation, &values)?,
            Target::Compose | Target::Systemd => {
                render::render(&built, &installation, &values, &tree)?
            }
        };
        let caller = Caller::of_this_process()?;
        let look = |path: &str| look(&tree.place(path));
        let _alone = if options.check { None } else { alone(&tree.place("")) };
        let before = Record::read(&tree)?;
        let (before, choice) = (before.as_ref(), options.choice);
        let situation = Situation { tree: &tree, look: &look, caller: &caller, before, choice };
        let plan = planned(&situation, &built, &installation, &files);
        let mut reports = vec![];
        // What runs a chart is no matter of this machine.
        if tree.destdir().is_none() && options.target != Target::Helm {
            let (topology, needed) = (&built.topology, &installation.directories);
            let (tree, caller, look) = (&tree, &caller, &look);
            let steps = plan.as_ref().map_or(&[][..], |it| &it.steps);
            let target = options.target;
            let engine = match target {
                Target::Systemd => Engine::default(),
                Target::Compose | Target::Helm => Engine::ask(topology.project.as_str()),
            };
            let engine = &engine;
            let preflight = Preflight { target, topology, tree, caller, look, needed, engine };
            reports = explained(loaded, preflight.problems(steps)?, &origins);
            if !options.secrets_changed {
                let known = match options.target {
                    Target::Systemd => systemd::installed(&installation, tree),
                    Target::Compose | Target::Helm => remembered::variables(tree),
                };
                let remembered = Remembered { topology, installation: &installation, known };
                let changed = remembered.changed(loaded, &values, tree, look)?;
                reports.extend(loaded.shown(changed));
            }
            if target == Target::Compose && engine.engine.is_none() {
                built.notes.push(UNKNOWN_ENGINE.to_owned());
            }
        }
        let plan = all(plan, reports)?;
        let steps = plan.steps.clone();
        if !options.check {
            let give = caller.is_root() || tree.destdir().is_none();
            let kept = keep(options, &tree, &mut built)?;
            execute::execute(&tree, plan, &files, give)?;
            // It is installed by now: that the store does not know of it is no failure of that.
            let registered = kept.map_or(Ok(()), |(held, root)| held.register(&root));
            if let Err(failure) = registered {
                built.notes.push(not_kept(&failure));
            }
        }
        let (topology, again) = (&built.topology, before.is_some());
        let commands = match options.target {
            Target::Systemd => {
                let (installation, steps) = (&installation, &steps[..]);
                Units { topology, installation, steps, again }.commands()
            }
            Target::Compose => commands::commands(topology, &tree),
            Target::Helm => helm::commands(&built, &tree),
        };
        Ok(Installed { built, tree, steps, commands })
    })
}

/// Keeps what is installed in the store, unless it is only staged: on another machine, perhaps.
/// Where nobody named a store, an installation does without, and says so.
fn keep(options: &Options, tree: &Tree, built: &mut Built) -> Result<Option<Kept>, Failure> {
    let Some(store) = options.store.as_ref().filter(|_| tree.destdir().is_none()) else {
        return Ok(None);
    };
    let keep = || {
        let held = store.share()?;
        let id = held.put(&output::contents(built))?;
        Ok((held, store::Root::Installation(tree.place(&Record::path()), id)))
    };
    match keep() {
        Err(failure @ Failure::Environment(_)) if !store.is_named() => {
            built.notes.push(not_kept(&failure));
            Ok(None)
        }
        kept => kept.map(Some),
    }
}

fn not_kept(failure: &Failure) -> String {
    match failure {
        Failure::Environment(message) => format!("not kept in a store: {message}"),
        _ => "not kept in a store".to_owned(),
    }
}

/// A store, and what keeps the installation in it.
type Kept = (store::Held, store::Root);

fn planned(
    situation: &Situation<'_>,
    built: &Built,
    installation: &Installation,
    files: &[Rendered],
) -> Result<Plan, Failure> {
    let project = built.topology.project.as_str();
    let record = Record::new(built.digest.to_string(), built.target.name(), project);
    plan::plan(situation, &installation.directories, files, record)
}

/// The plan, unless there is anything wrong with it or with the machine: then all of that.
fn all(plan: Result<Plan, Failure>, mut reports: Vec<Shown>) -> Result<Plan, Failure> {
    match plan {
        Ok(plan) if reports.is_empty() => Ok(plan),
        Ok(_) => Err(Failure::Input(reports)),
        Err(Failure::Input(others)) => {
            reports.extend(others);
            Err(Failure::Input(reports))
        }
        Err(failure) => Err(failure),
    }
}

/// Undoes what was installed at `root`.
///
/// # Errors
///
/// A directory in which nothing was installed, and files that were edited since.
pub fn undo(options: &Options) -> Result<(Tree, Vec<Step>), Failure> {
    let tree = Tree::new(&options.root, options.destdir.as_deref())?;
    let caller = Caller::of_this_process()?;
    let look = |path: &str| look(&tree.place(path));
    let Some(before) = Record::read(&tree)? else {
        let message = format!("nothing was installed in {}", tree.root().display());
        return Err(Failure::input(message, "Check `--root`"));
    };
    let choice = options.choice;
    let situation =
        Situation { tree: &tree, look: &look, caller: &caller, before: Some(&before), choice };
    let steps = undo::steps(&situation, &before)?;
    if !options.check {
        execute::remove(&tree, &before, &steps)?;
    }
    Ok((tree, steps))
}
