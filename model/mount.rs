use serde::{Deserialize, Serialize};

use crate::{Name, Text};

/// Something of outside that a container sees at a path.
///
/// A mount that should not be there is an absent field: there are no empty or dummy mounts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// What is mounted.
    pub source: MountSource,
    /// The absolute path in the container.
    pub target: String,
    /// Whether the container may only read it.
    #[serde(default)]
    pub read_only: bool,
}

/// What can be mounted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub enum MountSource {
    /// A volume of the deployment's.
    Volume {
        /// A key of `volumes`.
        name: Name,
        /// The part of the volume that is mounted, relative; the whole when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subpath: Option<String>,
        /// The directory that this workload alone writes of what is mounted, relative; `.` where it
        /// writes beside others. A target that can gives such a workload a volume of its own at
        /// `target`, with this directory in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        own: Option<String>,
    },
    /// A path of the host that is not the deployment's: it is never created nor removed.
    HostPath {
        /// An absolute path, or one below the package directory (which `Root` stands for).
        path: Text,
    },
    /// A generated file: a key of `files`. Always read-only.
    File(Name),
    /// The text of a secret, as a file. Always read-only.
    Secret(Name),
    /// Memory that is gone when the container stops.
    Tmpfs {
        /// The most that it may hold, in mebibytes; the target's own limit when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size_mebibytes: Option<u32>,
    },
}
