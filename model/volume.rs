use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::Name;

/// Data that the deployment keeps.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Where targets with a host keep it: absolute, or relative to the package directory.
    pub directory: String,
    /// How much a cluster should reserve for it, in gibibytes.
    pub size_gibibytes: NonZeroU32,
    /// Whether workloads on several nodes use it at once.
    #[serde(default)]
    pub access: Access,
    /// Whether it stays when the deployment is removed.
    #[serde(default = "yes")]
    pub retained: bool,
    /// Whose it is: a key of `users`.
    pub owner: Name,
}

/// How many nodes use a volume at once.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Access {
    /// One node.
    #[default]
    Single,
    /// Any number of nodes.
    Shared,
}

fn yes() -> bool {
    true
}
