//! Docker Compose: `compose.yaml`, the files that it mounts, and `installation.json`.
//!
//! **Invariant.** The project directory is the package directory, so relative paths stay relative.
//! Everything on the host that a container sees is in the installation or is the user's own, and
//! nothing is made by the engine.
//!
//! A job is a service that restarts on failure only. Compose has no other notion of one, so
//! `docker compose up --wait` calls a job that nobody depends on a failure as soon as it ends,
//! even with success. There is no attribute against it, and a dependent made up for it would be
//! one more container that runs for ever. Whoever starts the deployment waits for the services
//! (`up --wait SERVICE…` starts the jobs they need) and starts such jobs without `--wait`.

mod container;
mod files;
mod health;
mod mounts;
mod network;
mod service;
mod spec;
mod spelling;
mod text;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use crate::places::Places;
use model::{Diagnostic, Name, Topology};
use value::{Value, Variables};

use crate::{Entry, INSTALLATION, Installation, Lowered, yaml};

/// The one file that Compose itself reads.
const PROJECT: &str = "compose.yaml";

/// Spells `topology` for Compose.
pub(crate) fn lower(topology: &Topology) -> Result<Lowered, Vec<Diagnostic>> {
    let mut lowering = Lowering::new(topology);
    lowering.volumes();
    lowering.files();
    let project = lowering.project();
    if !lowering.problems.is_empty() {
        return Err(lowering.problems);
    }
    Ok(lowering.finish(&project))
}

/// What is found out on the way: problems, variables, and what has to be on the host.
struct Lowering<'a> {
    topology: &'a Topology,
    problems: Vec<Diagnostic>,
    variables: Variables,
    places: Places,
    /// The digests of generated files, by their names.
    digests: BTreeMap<Name, String>,
    lowered: Lowered,
}

impl<'a> Lowering<'a> {
    fn new(topology: &'a Topology) -> Self {
        Self {
            topology,
            problems: vec![],
            variables: Variables::default(),
            places: Places::default(),
            digests: BTreeMap::new(),
            lowered: Lowered::default(),
        }
    }

    fn project(&mut self) -> spec::Project {
        let Topology {
            package: _,
            project,
            variant: _,
            services,
            jobs,
            externals: _,
            absent: _,
            volumes: _,
            files: _,
            images: _,
            secrets: _,
            users: _,
            groups: _, // They are for drawings.
            systemd: _,
        } = self.topology;
        let services = services.iter().map(|(name, it)| (name, self.service(name, it)));
        let mut services: BTreeMap<String, _> =
            services.map(|(name, it)| (name.to_string(), it)).collect();
        services.extend(jobs.iter().map(|(name, it)| (name.to_string(), self.job(name, it))));
        spec::Project { name: Value::literal(project.as_str()), services }
    }

    /// The value, or a stand-in beside a problem: nothing is written once there is a problem.
    fn or_problem(&mut self, value: Result<Value, Diagnostic>) -> Value {
        value.unwrap_or_else(|problem| {
            self.problems.push(problem);
            Value::literal("")
        })
    }

    fn finish(self, project: &spec::Project) -> Lowered {
        let Self { topology: _, problems: _, variables, places, digests: _, lowered } = self;
        let Lowered { mut files, mut trace } = lowered;
        let printed = yaml::print(project);
        files.insert(PROJECT.to_owned(), Entry::text(printed.text));
        trace.insert(PROJECT.to_owned(), printed.lines);
        let (directories, installed) = places.finish();
        let (secrets, generations) = variables.finish();
        let (optional, readers) = (BTreeSet::new(), BTreeMap::new());
        let installation =
            Installation { directories, files: installed, secrets, generations, optional, readers };
        let json = serde_json::to_string_pretty(&installation).expect("the keys are strings");
        files.insert(INSTALLATION.to_owned(), Entry::text(json + "\n"));
        Lowered { files, trace }
    }
}

#[cfg(test)]
mod tests;
