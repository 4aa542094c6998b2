use std::collections::BTreeMap;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::Name;

/// A service that the deployment uses but does not run.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// Its host name or IP address. `localhost` and `127.*` mean the machine that the deployment
    /// runs on, which containers reach by a name of the target's (or not at all).
    pub address: String,
    /// Its ports, by the names that the deployed service gives them.
    pub ports: BTreeMap<Name, NonZeroU16>,
}

impl External {
    /// Whether its address is the machine's own, which inside a container means the container.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        self.address == "localhost" || self.address.starts_with("127.")
    }
}
