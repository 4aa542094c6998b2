//! `clp-gen build`.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde_json::json;
use targets::Target;

use super::{data, warned, words};
use crate::failure::Failure;
use crate::manifest::Written;
use crate::recheck::{self, Rechecked};
use crate::request::Request;
use crate::stale::Stale;
use crate::store::{Origin, Served, Summary, serve};
use crate::{build, output, stale};

/// Build the files that one target needs
///
/// Writes the files of the target, a manifest with their digests, the topology and the trace, into
/// the store, and links `result-TARGET` to them: whole, or not at all. What is unchanged is not
/// evaluated again. Reads no secret and starts nothing.
///
/// Prints the digest of the artifact and the link or directory.
#[derive(Args)]
pub(super) struct Build {
    /// What to build for
    #[arg(long, value_enum)]
    target: Chosen,

    /// Write a copy into this directory instead, past the store
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Write over files that clp-gen wrote and somebody edited
    #[arg(long)]
    force: bool,

    /// Fail unless the lock pins every image to one of a registry
    #[arg(long)]
    release: bool,

    /// Refuse a configuration that holds the value of a secret: anybody may read it where it lies
    #[arg(long)]
    no_secrets: bool,

    /// Build twice more, in other surroundings, and compare: exit code 3 if anything differs
    #[arg(long)]
    check: bool,

    /// Say whether something was built, and why
    #[arg(long, short)]
    verbose: bool,

    #[command(flatten)]
    store: super::store::Place,

    #[command(flatten)]
    request: Request,
}

/// A target on the command line.
#[derive(Clone, Copy)]
pub(super) struct Chosen(pub(super) Target);

impl ValueEnum for Chosen {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Chosen; Target::ALL.len()] =
            [Chosen(Target::Compose), Chosen(Target::Helm), Chosen(Target::Systemd)];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.0 {
            Target::Compose => "Docker Compose: compose.yaml and what it mounts",
            Target::Helm => "Kubernetes: a Helm chart",
            Target::Systemd => "systemd: Podman Quadlet units",
        };
        Some(PossibleValue::new(self.0.name()).help(help))
    }
}

impl Build {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { target: Chosen(target), out, force, check, verbose, store, .. } = self;
        let Self { release, no_secrets, request, .. } = self;
        let (release, no_secrets) = (*release, *no_secrets);
        let request = &Request { release, no_secrets, ..request.clone() };
        if *check {
            self.recheck(request, json)?;
        }
        if let Some(out) = out {
            let built = build::build(request, *target, json)?;
            output::write(&built, out, *force)?;
            self.print(&Summary::of(&built), out, json);
            return Ok(());
        }
        let link = PathBuf::from(format!("result-{target}"));
        output::may_replace(&link, *force)?;
        let held = store.find()?.share()?;
        // One that is of no use says nothing of what changed.
        let was = Written::read(&link).ok().flatten();
        let served = serve(&held, request, *target, json)?;
        held.link(&link, &served, *force)?;
        let Served { id, summary, origin, .. } = served;
        if *verbose {
            let is = Written::read(&held.object(id))?;
            words(&what_happened(origin, was.as_ref(), is.as_ref()));
        }
        self.print(&summary, &link, json);
        Ok(())
    }

    /// Whether it can be made again.
    fn recheck(&self, request: &Request, json: bool) -> Result<(), Failure> {
        let built = build::build(request, self.target.0, json)?;
        let Rechecked { different, other_user } = recheck::recheck(request, &built)?;
        if different.is_empty() {
            let user = if other_user { "two users" } else { "one user" };
            words(&format!("the same bytes again, in other surroundings, by {user}"));
            return Ok(());
        }
        different.iter().for_each(|path| words(&format!("differs  {path}")));
        words("the same inputs gave other bytes: this is a bug of clp-gen's");
        Err(Failure::Differs(vec![]))
    }

    fn print(&self, summary: &Summary, out: &Path, json: bool) {
        let Chosen(target) = self.target;
        let Summary { artifact, package, variant, services, jobs, files, warnings, notes } =
            summary;
        warned(warnings, notes);
        let what = match variant {
            Some(variant) => format!("{} {variant}", package.name),
            None => package.name.to_string(),
        };
        words(&format!(
            "{what} {}: services {services}, jobs {jobs}, files {files}",
            package.version
        ));
        if json {
            super::json(&json!({
                "artifact": artifact, "target": target.name(), "out": out,
                "package": package, "variant": variant,
            }));
        } else {
            data(&format!("{artifact}  {}", out.display()));
        }
    }
}

/// Why something was built, or not.
fn what_happened(origin: Origin, was: Option<&Written>, is: Option<&Written>) -> String {
    if origin == Origin::Unchanged {
        return "unchanged: nothing was evaluated".to_owned();
    }
    let (Some(was), Some(is)) = (was, is) else {
        return "built for the first time here".to_owned();
    };
    let mut reasons = stale::between(was, is);
    let known = reasons.iter().any(|it| matches!(it, Stale::Compiler(..)));
    if origin == Origin::OtherCompiler && !known {
        reasons.push(Stale::OtherCompiler);
    }
    let same = if was.artifact == is.artifact { "; the files are the same" } else { "" };
    format!("built again: {}{same}", stale::sentence(&reasons))
}
