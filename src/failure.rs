//! Why a command fails. The kind is the exit code.

use crate::report::Shown;

/// What stops a command.
#[derive(Debug)]
pub enum Failure {
    /// The user's input is wrong: one report for each mistake. Exit code 1.
    Input(Vec<Shown>),
    /// Something is not as it is said to be, or not up to date: one report each. Exit code 3.
    Differs(Vec<Shown>),
    /// Something outside of this machine failed: one report each. Exit code 4.
    Network(Vec<Shown>),
    /// The machine failed: disk, network, engine. To try again may help. Exit code 4.
    Environment(String),
}

impl Failure {
    /// One mistake without a place in a file.
    #[must_use]
    pub fn input(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Input(vec![Shown::plain(message, Some(help.into()))])
    }

    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Input(_) => 1,
            Self::Differs(_) => 3,
            Self::Network(_) | Self::Environment(_) => 4,
        }
    }
}
