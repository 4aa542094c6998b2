use crate::Topology;

/// Pins what a topology asks for to what was found: the step between checks and back ends.
///
/// Without a lock there is nothing to pin to, so every image stays `repository:tag`.
#[must_use]
pub fn resolve(topology: Topology) -> Topology {
    topology
}
