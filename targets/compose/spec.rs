//! The part of the Compose specification that clp-gen writes, in its words and in the order in
//! which it is written.

use std::collections::BTreeMap;

use serde::Serialize;

use super::value::Value;
use crate::at::At;

/// `compose.yaml`.
#[derive(Debug, Serialize)]
pub(super) struct Project {
    pub(super) name: Value,
    pub(super) services: BTreeMap<String, At<Service>>,
}

/// A service; a job is one as well.
#[derive(Debug, Serialize)]
pub(super) struct Service {
    pub(super) image: At<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pull_policy: Option<At<Value>>,
    pub(super) hostname: At<Value>,
    pub(super) user: At<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group_add: Option<At<Vec<Value>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entrypoint: Option<At<Vec<At<Value>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command: Option<At<Vec<At<Value>>>>,
    /// Null passes a variable on where it is set, and does not set it where it is not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) environment: BTreeMap<String, At<Option<Value>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ports: Vec<At<Port>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) volumes: Vec<At<Mount>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) depends_on: BTreeMap<String, At<Dependency>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) healthcheck: Option<At<Healthcheck>>,
    pub(super) restart: At<Value>,
    pub(super) stop_grace_period: At<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logging: Option<At<Logging>>,
    /// Not `deploy.replicas`: where that block comes or goes, Compose makes every container anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scale: Option<At<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deploy: Option<Deploy>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) extra_hosts: BTreeMap<String, At<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) networks: Option<Networks>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) labels: BTreeMap<String, At<Value>>,
}

/// A published port.
#[derive(Debug, Serialize)]
pub(super) struct Port {
    pub(super) host_ip: Value,
    /// A string in the specification, since it may be a range.
    pub(super) published: Value,
    pub(super) target: u32,
    pub(super) protocol: &'static str,
}

/// A bind mount or a tmpfs.
#[derive(Debug, Serialize)]
pub(super) struct Mount {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<Value>,
    pub(super) target: Value,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bind: Option<Bind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tmpfs: Option<Tmpfs>,
}

/// Options of a bind mount.
#[derive(Debug, Serialize)]
pub(super) struct Bind {
    /// False always: the engine would make a missing source a directory of root's.
    pub(super) create_host_path: bool,
}

/// Options of a tmpfs.
#[derive(Debug, Serialize)]
pub(super) struct Tmpfs {
    /// In bytes.
    pub(super) size: u64,
}

/// What has to be so of a dependency.
#[derive(Debug, Serialize)]
pub(super) struct Dependency {
    pub(super) condition: &'static str,
}

/// A health check.
#[derive(Debug, Serialize)]
pub(super) struct Healthcheck {
    /// `CMD` or `CMD-SHELL`, and what is run.
    pub(super) test: Vec<Value>,
    pub(super) interval: Value,
    pub(super) timeout: Value,
    pub(super) retries: u32,
    pub(super) start_period: Value,
    pub(super) start_interval: Value,
}

/// Where output goes.
#[derive(Debug, Serialize)]
pub(super) struct Logging {
    pub(super) driver: Value,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) options: BTreeMap<String, Value>,
}

/// What each container may use.
#[derive(Debug, Serialize)]
pub(super) struct Deploy {
    pub(super) resources: At<Resources>,
}

/// What a container may use.
#[derive(Debug, Serialize)]
pub(super) struct Resources {
    pub(super) limits: Limits,
}

/// The most that a container may use.
#[derive(Debug, Serialize)]
pub(super) struct Limits {
    /// Processors, with decimals; a string in the specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cpus: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) memory: Option<Value>,
}

/// The networks of a service: the project's own one.
#[derive(Debug, Serialize)]
pub(super) struct Networks {
    pub(super) default: Network,
}

/// What a service is called in a network beside its key.
#[derive(Debug, Serialize)]
pub(super) struct Network {
    pub(super) aliases: Vec<Value>,
}

fn is_false(value: &bool) -> bool {
    !value
}
