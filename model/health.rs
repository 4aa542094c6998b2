use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::{Name, Text};

/// How to find out whether a service is ready.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// What is tried.
    pub probe: Probe,
    /// Time between two tries, once the service was healthy.
    pub interval_seconds: NonZeroU32,
    /// How long one try may take.
    pub timeout_seconds: NonZeroU32,
    /// After how many failures in a row the service is unhealthy.
    pub retries: NonZeroU32,
    /// How long after its start failures do not count.
    pub start_period_seconds: u32,
    /// Time between two tries in the start period.
    pub start_interval_seconds: NonZeroU32,
}

/// What a health check tries; it succeeds or fails.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub enum Probe {
    /// Runs a program in the container: healthy when it exits with 0.
    Exec(Vec<Text>),
    /// Runs a line in the container's shell: healthy when it exits with 0.
    Shell(Text),
    /// Asks for a path over HTTP: healthy on a status below 400.
    Http {
        /// A key of the service's `ports`.
        port: Name,
        /// An absolute path: `/health`.
        path: String,
    },
    /// Opens a connection.
    Tcp {
        /// A key of the service's `ports`.
        port: Name,
    },
}
