use std::net::Ipv4Addr;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

/// A port on which a service listens, and where clients outside the deployment find it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// The port inside the container.
    pub container: NonZeroU16,
    /// The transport protocol.
    #[serde(default)]
    pub protocol: Protocol,
    /// How many consecutive ports it stands for, from `container` on; 1 unless said otherwise.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: NonZeroU16,
    /// What is spoken on it, where a target can make something of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Application>,
    /// Where clients outside the deployment find it; nowhere when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish: Option<Publish>,
}

/// An address and a port of the host.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The address of the host's on which the port is opened; `0.0.0.0` for all.
    pub address: Ipv4Addr,
    /// The port of the host.
    pub port: NonZeroU16,
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

/// A protocol of applications.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Application {
    /// HTTP, which a proxy can pass on.
    Http,
}

fn one() -> NonZeroU16 {
    NonZeroU16::MIN
}

fn is_one(count: &NonZeroU16) -> bool {
    *count == NonZeroU16::MIN
}
