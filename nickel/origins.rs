//! Where the values of a topology come from.

use std::collections::BTreeMap;

use crate::Layer;
use crate::node::Span;

/// Which of the files that took part a place is in.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum File {
    /// Of the package, by its path below the package's folder.
    Package(String),
    /// Of the library inside the program, by its path below it.
    Library(String),
    /// The user's configuration.
    Config,
    /// The user's credentials: never shown.
    Credentials,
    /// The facts of the machine.
    Host,
    /// Of the project, by its path below the folder of `deployment.ncl`.
    Project(String),
    /// The value of the nth `--set`, from 0.
    Set(usize),
    /// Inside Nickel itself.
    Nickel,
}

impl File {
    /// The layer of what is written in it.
    #[must_use]
    pub fn layer(&self) -> Layer {
        match self {
            Self::Library(_) | Self::Nickel | Self::Package(_) => Layer::Package,
            Self::Config | Self::Credentials | Self::Host => Layer::Configuration,
            Self::Project(_) => Layer::Deployment,
            Self::Set(_) => Layer::Set,
        }
    }
}

/// A range of a file that took part.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Location {
    /// The file.
    pub file: File,
    /// The range in its text.
    pub span: Span,
}

/// Where one value of a topology comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// The name of the field that holds it, where it is the value of a field.
    pub key: Option<Location>,
    /// The expression that gave the value: to change it is to change the value.
    pub value: Location,
    /// The layer that the expression belongs to.
    pub layer: Layer,
    /// The input fields that the expression mentions: `config.webui.port`.
    pub mentions: Vec<String>,
}

/// The origins of a topology by path: `services.webui.command[2]`. Leaves and records have one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Origins(pub BTreeMap<String, Origin>);

impl Origins {
    /// The origin of the value at `path`, or of the nearest record around it.
    #[must_use]
    pub fn nearest(&self, path: &str) -> Option<&Origin> {
        let declared = declared(path);
        let mut path = declared.as_deref().unwrap_or(path);
        loop {
            if let Some(origin) = self.0.get(path) {
                return Some(origin);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// Where a package declares what stands at `path`, where that is elsewhere: an external is the state
/// of a service.
fn declared(path: &str) -> Option<String> {
    let external = path.strip_prefix("externals.")?;
    let (name, below) = external.split_once('.').unwrap_or((external, ""));
    Some(format!("services.{name}.state.External.{below}"))
}
