//! `clp-gen install`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use targets::Target;

use super::build::Chosen;
use super::store::Place;
use super::{aside, data, words};
use crate::failure::Failure;
use crate::install::plan::Choice;
use crate::install::{self, Installed, Options, commands};
use crate::request::Request;

/// Put a deployment where it runs, with its secrets; start nothing
///
/// Builds, reads the secrets again from the same files, checks the machine, and only then writes:
/// the target's files, files with secrets in them that only their readers may read, and
/// directories with their owners. What was installed before and has no place any more is removed;
/// data, logs and what clp-gen did not write are never touched.
///
/// Inputs that are not named are looked for below the current directory, then below the package
/// directory.
///
/// Prints the commands that start and stop the deployment, and where it is found.
#[derive(Args)]
pub(super) struct Install {
    /// What to install for
    #[arg(long, value_enum)]
    target: Chosen,

    /// The package directory
    #[arg(long, value_name = "DIR")]
    root: PathBuf,

    /// Stage below this directory instead of `/`; what needs the machine is not checked then
    #[arg(long, value_name = "DIR")]
    destdir: Option<PathBuf>,

    /// For systemd: install for the machine's own, as root [default, unless `systemd.scope` says
    /// otherwise]
    #[arg(long, conflicts_with = "user")]
    system: bool,

    /// For systemd: install for the user who installs, without root
    #[arg(long)]
    user: bool,

    /// Check everything, print what would be done, and write nothing
    #[arg(long)]
    check: bool,

    /// Write over edits of files that clp-gen wrote
    #[arg(long)]
    force: bool,

    /// Replace files that clp-gen did not write, and keep a copy of each
    #[arg(long)]
    adopt: bool,

    /// The services know changed secrets already: they were changed inside of them
    #[arg(long)]
    secrets_changed: bool,

    /// Remove what was installed and put back what it replaced; data and logs stay
    #[arg(long, conflicts_with_all = ["adopt", "secrets_changed"])]
    undo: bool,

    /// Fail unless the lock pins every image to one of a registry
    #[arg(long)]
    release: bool,

    #[command(flatten)]
    store: Place,

    #[command(flatten)]
    request: Request,
}

impl Install {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self {
            target: Chosen(target),
            root,
            destdir,
            system,
            user,
            check,
            force,
            adopt,
            secrets_changed,
            undo,
            store,
            release,
            request,
        } = self;
        let mut request = Request { release: *release, ..request.clone() };
        request.sets.extend(scope(*target, *system, *user)?.map(str::to_owned));
        let options = Options {
            target: *target,
            root: root.clone(),
            destdir: destdir.clone(),
            check: *check,
            choice: Choice { force: *force, adopt: *adopt },
            secrets_changed: *secrets_changed,
            store: if *undo { None } else { store.find_for_keeping()? },
        };
        if *undo {
            let (tree, steps) = install::undo(&options)?;
            let steps: Vec<String> = steps.iter().map(|step| step.shown(&tree)).collect();
            if json {
                super::json(&json!({ "steps": steps }));
            } else {
                data(&steps.join("\n"));
            }
            return Ok(());
        }
        print(&install::install(&request, &options, json)?, *check, json);
        Ok(())
    }
}

/// Whose systemd it is for, as the topology has it.
fn scope(target: Target, system: bool, user: bool) -> Result<Option<&'static str>, Failure> {
    if (system || user) && target != Target::Systemd {
        let message = format!("`--system` and `--user` mean nothing to the target {target}");
        return Err(Failure::input(message, "Leave them out"));
    }
    Ok(match (system, user) {
        (true, _) => Some("systemd.scope='System"),
        (_, true) => Some("systemd.scope='User"),
        (false, false) => None,
    })
}

fn print(installed: &Installed, check: bool, json: bool) {
    let Installed { built, tree, steps, commands } = installed;
    let steps: Vec<String> = steps.iter().map(|step| step.shown(tree)).collect();
    let addresses = match built.target {
        Target::Helm => vec![],
        Target::Compose | Target::Systemd => commands::addresses(&built.topology),
    };
    if json {
        super::json(&json!({
            "artifact": built.digest, "project": built.topology.project, "root": tree.root(),
            "check": check, "steps": steps, "commands": commands, "addresses": addresses,
        }));
        return;
    }
    aside(&built.warnings, &built.notes);
    if check {
        words(&format!("nothing is wrong; {} steps would be done", steps.len()));
        data(&steps.join("\n"));
        return;
    }
    let kept = steps.iter().filter(|step| step.starts_with("keep ")).count();
    words(&format!("installed {} in {}: {} steps", built.digest, tree.root_text(), steps.len()));
    if kept > 0 {
        words("copies were kept of the files that were there:");
        steps.iter().filter(|step| step.starts_with("keep ")).for_each(|step| words(step));
    }
    let commands = commands.iter().map(|(what, command)| format!("{what}:\n  {command}"));
    let addresses = addresses.iter().map(|(what, address)| format!("{what}: {address}"));
    data(&commands.chain(addresses).collect::<Vec<_>>().join("\n"));
}
