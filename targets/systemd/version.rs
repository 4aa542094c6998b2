//! Which release of Podman knows what.
//!
//! **Invariant.** No other file here compares versions. The generator of a release refuses a unit
//! with a key that it does not know, so a key stands only where the oldest Podman that has to run
//! the deployment knows it; before that, an option of `podman run` says the same.

use model::{PodmanVersion, Topology};

/// The first release that waits for health (`--sdnotify=healthy`) and replaces secrets.
pub(super) const HEALTHY: PodmanVersion = PodmanVersion::new(4, 7);

/// The first release with `Notify=healthy`. A release before takes that for `no`, and would not
/// wait.
pub(super) const NOTIFY_HEALTHY: PodmanVersion = PodmanVersion::new(5, 0);

/// The first release with `StopTimeout=`.
pub(super) const STOP_TIMEOUT: PodmanVersion = PodmanVersion::new(5, 0);

/// The first release with `GroupAdd=`.
pub(super) const GROUP_ADD: PodmanVersion = PodmanVersion::new(5, 1);

/// The first release with `LogOpt=`.
pub(super) const LOG_OPTION: PodmanVersion = PodmanVersion::new(5, 2);

/// The first release with `AddHost=`.
pub(super) const ADD_HOST: PodmanVersion = PodmanVersion::new(5, 3);

/// Whether every Podman that has to run the deployment is `least` or later.
pub(super) fn has(topology: &Topology, least: PodmanVersion) -> bool {
    topology.systemd.podman >= least
}
