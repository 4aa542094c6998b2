//! What there is already: an installation by other tools, and the user's own paths.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use model::{Segment, Topology};
use nickel::Layer;
use serde_json::Value as Json;

use super::machine::Machine;
use crate::failure::Failure;
use crate::install::host_path;
use crate::install::preflight::INSTANCE_ID;
use crate::install::tree::Tree;
use crate::read::Loaded;
use crate::request::Request;

/// Reads the installation in `from`: its id, and whose it is.
pub(super) fn read(
    loaded: &mut Loaded<'_>,
    from: &Path,
    machine: &mut Machine,
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    if !from.is_dir() {
        let message = format!("{} is no directory", from.display());
        return Err(Failure::input(message, "Name the directory of the installation"));
    }
    let topology = loaded.evaluate(Layer::Set)?.topology;
    notes.extend(other_version(loaded, from, &topology));
    let Some(file) = topology.files.get(INSTANCE_ID) else {
        let message = format!("the package {} keeps no instance id", topology.package.name);
        return Err(Failure::input(message, "Leave `--from` out"));
    };
    let path = from.join(&file.path);
    let shown = path.display();
    let Ok(id) = fs::read_to_string(&path) else {
        let message = format!("there is no installation in {}: no {shown}", from.display());
        return Err(Failure::input(message, "Check the path, and the configuration in it"));
    };
    let metadata = fs::metadata(&path);
    let metadata =
        metadata.map_err(|it| Failure::Environment(format!("cannot read {shown}: {it}")))?;
    id.trim().clone_into(&mut machine.instance_id);
    (machine.uid, machine.gid) = (metadata.uid(), metadata.gid());
    notes.push(format!(
        "{shown}: instance id {}, installed by {}:{}",
        machine.instance_id, machine.uid, machine.gid
    ));
    Ok(())
}

/// A word about an installation of another version.
fn other_version(loaded: &Loaded<'_>, from: &Path, topology: &Topology) -> Option<String> {
    let file = loaded.defaults.get("version").and_then(Json::as_str)?;
    let found = fs::read_to_string(from.join(file)).ok()?;
    let (found, package) = (found.trim(), &topology.package);
    (found != package.version).then(|| {
        format!(
            "{} is version {found}, and this deploys {} {}: read its release notes first",
            from.display(),
            package.name,
            package.version
        )
    })
}

/// What the user's paths of the machine's really are, where these are symbolic links.
pub(super) fn real_paths(loaded: &mut Loaded<'_>, request: &Request) -> BTreeMap<String, String> {
    // A configuration with mistakes is reported by whatever is done with it.
    let Ok(evaluated) = loaded.evaluate(Layer::Set) else {
        return BTreeMap::new();
    };
    let root = request.root.clone().unwrap_or_else(|| ".".into());
    let Ok(tree) = Tree::new(&root, None) else {
        return BTreeMap::new();
    };
    let paths = host_path::all(&evaluated.topology, &tree).into_iter();
    let real = paths.filter_map(|it| {
        let written = it.place.to_str()?.to_owned();
        let real = it.place.canonicalize().ok()?.to_str()?.to_owned();
        // A path below the package directory has no name of its own here.
        let own = it.text.segments().iter().all(|it| matches!(it, Segment::Literal(_)));
        (own && written != real).then_some((written, real))
    });
    real.collect()
}
