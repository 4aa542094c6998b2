use std::collections::BTreeSet;

use crate::{Content, Diagnostic, Image, Lock, Name, Pin, Segment, Text, Topology};

/// Keeps the images that this deployment uses, and pins each to what the lock found: the step
/// between checks and back ends. Without a lock, every image stays `repository:tag`.
///
/// # Errors
///
/// Images that the lock does not have, or has under another `repository:tag`.
pub fn resolve(mut topology: Topology, lock: Option<&Lock>) -> Result<Topology, Vec<Diagnostic>> {
    let used = used_images(&topology);
    topology.images.retain(|name, _| used.contains(name));
    let Some(lock) = lock else {
        return Ok(topology);
    };
    let problems: Vec<_> =
        topology.images.iter_mut().filter_map(|(name, image)| pin(name, image, lock)).collect();
    if problems.is_empty() { Ok(topology) } else { Err(problems) }
}

/// The names of the images that something of `topology` refers to.
#[must_use]
pub fn used_images(topology: &Topology) -> BTreeSet<Name> {
    let services = topology.services.values().map(|it| &it.workload);
    let workloads = services.chain(topology.jobs.values().map(|it| &it.workload));
    let mut used = BTreeSet::new();
    for workload in workloads {
        used.insert(workload.image.clone());
        let words = workload.entrypoint.iter().chain(&workload.command).flatten();
        used.extend(words.chain(workload.environment.values()).flat_map(mentioned));
    }
    let texts = topology.files.values().flat_map(|file| match &file.content {
        Content::Yaml(data) | Content::Json(data) => data.texts(),
        Content::Text(text) => vec![text],
    });
    used.extend(texts.flat_map(mentioned));
    used
}

/// The images that a text mentions.
fn mentioned(text: &Text) -> Vec<Name> {
    let names = text.segments().iter().filter_map(|segment| match segment {
        Segment::Image(name) => Some(name.clone()),
        Segment::Literal(_)
        | Segment::Secret { .. }
        | Segment::Root
        | Segment::Connect { .. }
        | Segment::Bind => None,
    });
    names.collect()
}

/// Pins one image; gives what keeps it from being pinned.
fn pin(name: &Name, image: &mut Image, lock: &Lock) -> Option<Diagnostic> {
    let asked = image.asked();
    let path = format!("images.{name}");
    let Some(pinned) = lock.0.get(name) else {
        let message = format!("the lock has no image `{name}` ({asked})");
        return Some(Diagnostic::value(path, message).hint("Add it with `clp-gen lock`"));
    };
    if pinned.reference != asked {
        let message =
            format!("the lock has {} for `{name}`, and {asked} is asked for", pinned.reference);
        let moved = pinned.reference.starts_with(&format!("{}:", image.repository));
        let path = format!("{path}.{}", if moved { "tag" } else { "repository" });
        return Some(Diagnostic::value(path, message).hint("Look it up with `clp-gen lock`"));
    }
    match &pinned.pin {
        Pin::Registry(digest) => image.digest = Some(digest.clone()),
        Pin::Local(id) => image.local = Some(id.clone()),
    }
    None
}
