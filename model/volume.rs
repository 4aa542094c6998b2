use std::collections::BTreeMap;
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
    /// Secrets that were taken over when the data were made, so that new values have no effect on
    /// them: keys of `secrets`, with the variable that holds the value in the `.env` of an
    /// installation by other tools.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub remembers: BTreeMap<Name, String>,
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
