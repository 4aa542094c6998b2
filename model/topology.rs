use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{External, File, Image, Job, Name, Secret, Service, Systemd, User, Volume};

/// Everything that a deployment is, before any target says how.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// Which package it was made from.
    pub package: Package,
    /// The name of this deployment among others on one machine: `clp-package-0000`.
    pub project: Name,
    /// The printed name of the deployment type, where the package has types: `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What runs until it is stopped.
    #[serde(default)]
    pub services: BTreeMap<Name, Service>,
    /// What runs once.
    #[serde(default)]
    pub jobs: BTreeMap<Name, Job>,
    /// What is used but runs elsewhere.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub externals: BTreeMap<Name, External>,
    /// Services and jobs that the package has but that this deployment leaves out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub absent: BTreeSet<Name>,
    /// What people see services and jobs under in a drawing: the printed name of a group each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<Name, String>,
    /// What is kept.
    #[serde(default)]
    pub volumes: BTreeMap<Name, Volume>,
    /// Generated files.
    #[serde(default)]
    pub files: BTreeMap<Name, File>,
    /// Container images.
    #[serde(default)]
    pub images: BTreeMap<Name, Image>,
    /// Where secrets come from.
    #[serde(default)]
    pub secrets: BTreeMap<Name, Secret>,
    /// Whom workloads run as and files belong to.
    #[serde(default)]
    pub users: BTreeMap<Name, User>,
    /// What only systemd and Podman ask.
    #[serde(default, skip_serializing_if = "Systemd::is_unsaid")]
    pub systemd: Systemd,
}

/// The package that a topology was made from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name: `clp`.
    pub name: Name,
    /// The version of the software that it deploys: `0.9.0`.
    pub version: String,
}
