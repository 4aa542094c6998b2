//! The back ends: a [`Topology`] in, the files of one target out.
//!
//! **Invariant.** A back end is a pure function of the topology: it knows nothing of Nickel, of
//! the file system, of the environment or of time. `clippy.toml` here bans the rest.

mod artifact;
mod at;
mod compose;
mod generated;
mod helm;
mod impact;
mod installation;
mod places;
mod spelling;
mod systemd;
mod template;
mod yaml;

use std::fmt;

pub use artifact::{Artifact, Entry, Lowered, Trace, TracedLines};
pub use impact::{Impact, impact};
pub use installation::{Directory, INSTALLATION, Installation, InstalledFile, SECRETS};
use model::{Diagnostic, Topology};
pub use template::{Part, parse as parse_template, without_absent};

/// A platform that clp-gen compiles to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Target {
    /// Docker Compose: one `compose.yaml` and the files that it mounts.
    Compose,
    /// Kubernetes: a Helm chart.
    Helm,
    /// systemd: Podman Quadlet units.
    Systemd,
}

impl Target {
    /// Every target, in the order in which they are listed.
    pub const ALL: [Self; 3] = [Self::Compose, Self::Helm, Self::Systemd];

    /// The name used on the command line, in manifests and in `fixtures/`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Helm => "helm",
            Self::Systemd => "systemd",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `document` as YAML that reads back as it was, in version 1.1 and 1.2.
#[must_use]
pub fn yaml_text<T: serde::Serialize>(document: &T) -> String {
    yaml::print(document).text
}

/// The form of a topology that `target` writes: the discreet one, where arguments can be seen.
#[must_use]
pub fn form(target: Target, topology: &Topology) -> Topology {
    match target {
        Target::Compose | Target::Helm => topology.outspoken(),
        Target::Systemd => topology.discreet(),
    }
}

/// Spells a checked topology in the words of `target`.
///
/// # Errors
///
/// Refuses, with every place, what the target cannot express: nothing is dropped.
pub fn lower(target: Target, topology: &Topology) -> Result<Lowered, Vec<Diagnostic>> {
    let topology = form(target, topology);
    match target {
        Target::Compose => compose::lower(&topology),
        Target::Helm => helm::lower(&topology),
        Target::Systemd => systemd::lower(&topology),
    }
}
