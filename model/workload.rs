use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::{Discreet, Health, Mount, Name, Port, Text};

/// What services and jobs have in common: a container and what it needs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Workload {
    /// A key of `images`.
    pub image: Name,
    /// The program, where it is not the image's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<Text>>,
    /// The arguments (Docker's `command`), where they are not the image's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<Text>>,
    /// Environment variables by name.
    #[serde(default)]
    pub environment: BTreeMap<String, Text>,
    /// Whom it runs as: a key of `users`.
    pub user: Name,
    /// Groups that its processes have besides, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supplementary_groups: Vec<u32>,
    /// The name that it has for itself and that others find it by; its key when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Names that it finds at fixed IP addresses, as in `/etc/hosts`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub host_aliases: BTreeMap<String, String>,
    /// What it sees of outside, by a name of its own choosing.
    #[serde(default)]
    pub mounts: BTreeMap<Name, Mount>,
    /// What has to be so before it starts: keys of `services` and `jobs`.
    #[serde(default)]
    pub depends_on: BTreeMap<Name, Condition>,
    /// How long it has between the request to stop and being killed.
    pub stop_grace_seconds: u32,
    /// Where its output goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// What it may use at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// Labels for people and tools.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What is other where arguments could be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discreet: Option<Discreet>,
}

/// A workload that runs until it is stopped.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Service {
    /// Its container.
    #[serde(flatten)]
    pub workload: Workload,
    /// Where it listens.
    #[serde(default)]
    pub ports: BTreeMap<Name, Port>,
    /// How to find out whether it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// What happens when it ends by itself.
    pub restart: Restart,
    /// How many of it run; 1 unless said otherwise.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub replicas: NonZeroU32,
    /// Whether any number of it may run side by side, as a cluster decides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scalable: bool,
}

/// A workload that runs once and completes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Job {
    /// Its container.
    #[serde(flatten)]
    pub workload: Workload,
    /// How many times more it is tried when it fails.
    pub retries: u32,
}

/// What has to be so of a dependency before a dependent starts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Condition {
    /// It was started.
    Started,
    /// Its health check succeeds; it has one.
    Healthy,
    /// It ended with success; it is a job.
    Completed,
}

/// What happens when a service ends by itself.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub enum Restart {
    /// It stays down.
    No,
    /// It is started again, also after the machine was.
    Always,
    /// It is started again unless somebody stopped it.
    UnlessStopped,
    /// It is started again when it failed.
    OnFailure {
        /// How many times at most; no limit when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_attempts: Option<NonZeroU32>,
    },
}

/// Where the output of a workload goes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// The engine's name for it: `local`, `json-file`, `journald`.
    pub driver: String,
    /// The driver's own options.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// What a workload may use at most.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// Thousandths of a processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_millis: Option<NonZeroU32>,
    /// Mebibytes of memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mebibytes: Option<NonZeroU32>,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

fn is_one(replicas: &NonZeroU32) -> bool {
    *replicas == NonZeroU32::MIN
}
