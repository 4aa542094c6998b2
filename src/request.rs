//! What a command is asked to work on: the inputs that all commands share.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use crate::files::Files;

/// The inputs of a deployment.
#[derive(Args, Clone, Debug, Default)]
pub struct Request {
    /// The package: `clp`, or a folder with `main.ncl` and `inputs.ncl`.
    #[arg(long, value_name = "NAME|DIR", help_heading = "Inputs")]
    pub package: Option<String>,

    /// The package's own configuration [default for clp: etc/clp-config.yaml, where there is one].
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub config: Option<PathBuf>,

    /// Facts of the machine [default for clp: etc/host.yaml, where there is one].
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub host: Option<PathBuf>,

    /// Check this credentials file too. No value of it is kept or written.
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub credentials: Option<PathBuf>,

    /// The project file [default: deployment.ncl, where there is one].
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub deployment: Option<PathBuf>,

    /// Set one value, in Nickel: `config.webui.port=4001`, `restart_policy="always"`.
    #[arg(long = "set", value_name = "PATH=EXPRESSION", value_parser = assignment, help_heading = "Inputs")]
    pub sets: Vec<String>,

    /// The lock, which pins images [default: clp-gen.lock, where there is one].
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub lock: Option<PathBuf>,

    /// Fail if the lock is not exactly what `clp-gen lock` would write.
    #[arg(long, help_heading = "Inputs")]
    pub locked: bool,

    /// Use no network.
    #[arg(long, help_heading = "Inputs")]
    pub offline: bool,

    /// Both: the lock as it is, and no network.
    #[arg(long, help_heading = "Inputs")]
    pub frozen: bool,

    /// Whether the lock is made: it need not be there.
    #[arg(skip)]
    pub makes_lock: bool,

    /// Whether every image has to be pinned.
    #[arg(skip)]
    pub release: bool,

    /// Whether a file with the value of a secret is refused.
    #[arg(skip)]
    pub no_secrets: bool,

    /// Whether this is for an activation, which needs the facts of the machine and credentials.
    #[arg(skip)]
    pub activation: bool,

    /// Whether it runs on other machines, so that facts of this one say nothing.
    #[arg(skip)]
    pub elsewhere: bool,

    /// A second folder in which default paths are looked up: the package directory.
    #[arg(skip)]
    pub root: Option<PathBuf>,

    /// Whether default paths are looked up only there.
    #[arg(skip)]
    pub root_only: bool,

    /// Whether the package is all that is asked about: none of its inputs is read.
    #[arg(skip)]
    pub package_only: bool,

    /// Where the files are read from.
    #[arg(skip)]
    pub files: Files,

    /// Texts of library files, by path, that stand in for the program's own. Not on the command
    /// line: it is for tests, which edit what an origin names.
    #[arg(skip)]
    pub library: BTreeMap<String, String>,
}

/// How much a lock has to hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Strict {
    /// Any difference from what is asked for is an error.
    pub locked: bool,
    /// Every image has to be pinned.
    pub release: bool,
}

impl Request {
    /// How much the lock has to hold.
    #[must_use]
    pub fn strict(&self) -> Strict {
        Strict { locked: self.locked || self.frozen, release: self.release }
    }

    /// Whether no network may be used.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.offline || self.frozen
    }
}

fn assignment(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((path, expression)) if !path.trim().is_empty() && !expression.trim().is_empty() => {
            Ok(text.to_owned())
        }
        _ => Err("write a path, `=` and a Nickel expression".to_owned()),
    }
}

/// The name of the project file that is used where there is one.
pub const PROJECT_FILE: &str = "deployment.ncl";

/// The package that is used unless another is asked for.
pub const PACKAGE: &str = "clp";
