//! `clp-gen build`.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde_json::json;
use targets::Target;

use super::{aside, data, words};
use crate::failure::Failure;
use crate::request::Request;
use crate::{build, output};

/// Build the files that one target needs
///
/// Writes the files of the target, a manifest with their digests, the topology and the trace, into
/// one directory: whole, or not at all. Reads no secret and starts nothing.
///
/// Prints the digest of the artifact and the directory.
#[derive(Args)]
pub(super) struct Build {
    /// What to build for
    #[arg(long, value_enum)]
    target: Chosen,

    /// Where to write [default: result-TARGET]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Write over files that clp-gen wrote and somebody edited
    #[arg(long)]
    force: bool,

    /// Fail unless the lock pins every image to one of a registry
    #[arg(long)]
    release: bool,

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
        let Self { target: Chosen(target), out, force, release, request } = self;
        let request = &Request { release: *release, ..request.clone() };
        let out = out.clone().unwrap_or_else(|| format!("result-{target}").into());
        let built = build::build(request, *target, json)?;
        output::write(&built, &out, *force)?;
        aside(&built.warnings, &built.notes);
        let topology = &built.topology;
        let what = match &topology.variant {
            Some(variant) => format!("{} {variant}", topology.package.name),
            None => topology.package.name.to_string(),
        };
        words(&format!(
            "{what} {}: services {}, jobs {}, files {}",
            topology.package.version,
            topology.services.len(),
            topology.jobs.len(),
            built.lowered.files.len(),
        ));
        if json {
            super::json(&json!({
                "artifact": built.digest, "target": target.name(), "out": out,
                "package": topology.package, "variant": topology.variant,
            }));
        } else {
            data(&format!("{}  {}", built.digest, out.display()));
        }
        Ok(())
    }
}
