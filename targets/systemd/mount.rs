//! What a container sees of outside.

use model::{Mount, MountSource, Name, Text};

use super::draft::Draft;
use super::names;
use super::unit::ROOT;
use crate::places::trimmed;

/// Writes the mount called `name`.
pub(super) fn write(draft: &mut Draft, name: &Name, mount: &Mount) {
    let Mount { source, target, read_only } = mount;
    let field = format!("mounts.{name}");
    if target.contains([':', ',']) {
        let message = format!("Podman cannot mount at `{target}`, which holds a `:` or `,`");
        draft.refuse(&format!("{field}.target"), message, "Mount it at another path");
    }
    match source {
        MountSource::Volume { name, subpath, own: _ } => {
            // `own` is for targets with a volume for each workload: here one sees the whole.
            let volume = &draft.topology.volumes[name];
            let path = below(&volume.directory, subpath.as_deref());
            // The directory is the deployment's, so SELinux may label it for containers.
            bind(draft, &field, &path, target, if *read_only { "ro,z" } else { "z" });
        }
        MountSource::HostPath { path } => {
            let path = host_path(draft, &field, path);
            bind(draft, &field, &path, target, if *read_only { "ro" } else { "rw" });
        }
        MountSource::File(name) => {
            let path = placed(trimmed(&draft.topology.files[name].path));
            bind(draft, &field, &path, target, "ro,z");
        }
        MountSource::Secret(name) => secret(draft, &field, name, target),
        MountSource::Tmpfs { size_mebibytes } => {
            let access = if *read_only { "ro" } else { "rw" };
            let value = match size_mebibytes {
                Some(size) => format!("{target}:{access},size={size}m"),
                None => format!("{target}:{access}"),
            };
            draft.argument("Tmpfs", value, &field);
        }
    }
}

/// A path of the host: itself if it is absolute, else one below the package directory.
pub(super) fn placed(path: &str) -> String {
    match path.starts_with('/') {
        true => path.to_owned(),
        false if ["", "."].contains(&path) => ROOT.to_string(),
        false => format!("{ROOT}/{path}"),
    }
}

/// The place of a volume, or of a part of it.
pub(super) fn below(directory: &str, subpath: Option<&str>) -> String {
    match subpath {
        Some(subpath) => placed(&crate::places::below(trimmed(directory), subpath)),
        None => placed(trimmed(directory)),
    }
}

fn bind(draft: &mut Draft, field: &str, source: &str, target: &str, options: &str) {
    // Podman splits at `:`, and systemd, which waits for the file system of the path, at spaces.
    if source.contains([':', ' ', '\t', '"', '\'', '\\']) {
        let message = format!("systemd cannot mount `{}`", source.replace(ROOT, "."));
        let hint = "Name the path without spaces, quotes, `:` and `\\`";
        draft.refuse(&format!("{field}.source"), message, hint);
    }
    draft.argument("Volume", format!("{source}:{target}:{options}"), field);
}

fn host_path(draft: &mut Draft, field: &str, path: &Text) -> String {
    let field = format!("{field}.source");
    let path = draft.spell(path, &field);
    let Some(path) = path.as_literal() else {
        draft.refuse(
            &field,
            "a path with a secret in it would stand in the unit",
            "Write the path",
        );
        return String::new();
    };
    if !path.starts_with(['/', ROOT]) {
        let message = format!("`{path}` is no absolute path");
        draft.refuse(&field, message, "Write it from `/` or from the package directory on");
    }
    path.to_owned()
}

/// A secret that the container's user alone may read.
fn secret(draft: &mut Draft, field: &str, secret: &Name, target: &str) {
    let topology = draft.topology;
    let services = topology.services.get(draft.name).map(|it| &it.workload);
    let workload = services.or_else(|| topology.jobs.get(draft.name).map(|it| &it.workload));
    let user = &topology.users[&workload.expect("a draft is of a workload").user];
    let name = names::mounted_secret(topology, draft.name, secret);
    let (uid, gid) = (user.uid, user.gid);
    let option = format!("{name},type=mount,target={target},uid={uid},gid={gid},mode=0400");
    let encoding = model::Encoding::None;
    let text = Text::new([model::Segment::Secret { name: secret.clone(), encoding }]);
    draft.secret(name, text, option, field);
}
