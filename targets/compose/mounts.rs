//! Mounts: every one is a bind mount of something that is on the host already, or a tmpfs.

use std::collections::BTreeMap;

use model::{Diagnostic, Encoding, Mount, MountSource, Name, Segment, Text};

use super::Lowering;
use super::container::Reader;
use super::spec;
use super::value::Value;
use crate::at::At;
use crate::places::{below, owner, trimmed};
use crate::{Entry, InstalledFile, template};

const BYTES_OF_A_MEBIBYTE: u64 = 1 << 20;

impl Lowering<'_> {
    /// The mounts of `reader`, in the order of their names.
    pub(super) fn mounts(
        &mut self,
        reader: &Reader<'_>,
        mounts: &BTreeMap<Name, Mount>,
    ) -> Vec<At<spec::Mount>> {
        let mut mount = |(name, mount)| {
            let path = format!("{}.mounts.{name}", reader.path);
            let spelt = self.mount(reader, &path, mount);
            At::new(path, spelt)
        };
        mounts.iter().map(&mut mount).collect()
    }

    fn mount(&mut self, reader: &Reader<'_>, path: &str, mount: &Mount) -> spec::Mount {
        let Mount { source, target, read_only } = mount;
        let target = Value::literal(target);
        match source {
            MountSource::Volume { name, subpath, own } => {
                let parts = (subpath.as_deref(), own.as_deref());
                bind(Value::literal(self.volume(reader, name, parts)), target, *read_only)
            }
            MountSource::HostPath { path: text } => {
                bind(self.host_path(reader, path, text), target, *read_only)
            }
            MountSource::File(name) => bind(self.file(reader, path, name), target, true),
            MountSource::Secret(name) => bind(self.secret_file(reader, path, name), target, true),
            MountSource::Tmpfs { size_mebibytes } => tmpfs(*size_mebibytes, target, *read_only),
        }
    }

    /// The directory that is mounted; notes what has to be there.
    fn volume(
        &mut self,
        reader: &Reader<'_>,
        name: &Name,
        (subpath, own): (Option<&str>, Option<&str>),
    ) -> String {
        let volume = self.topology.volumes.get(name).expect("checked: the volume exists");
        let volume_owner = owner(self.user(&volume.owner));
        let mut directory = trimmed(&volume.directory).to_owned();
        if let Some(subpath) = subpath {
            directory = below(&directory, subpath);
            self.places.part(&directory, volume_owner, reader.owner);
        }
        // The whole is mounted; what the workload writes has to be its own all the same.
        if let Some(own) = own {
            self.places.part(&below(&directory, own), volume_owner, reader.owner);
        }
        on_host(&directory)
    }

    /// A path of the user's; `Root` is where Compose takes relative paths from.
    fn host_path(&mut self, reader: &Reader<'_>, path: &str, text: &Text) -> Value {
        let source = format!("{path}.source.HostPath.path");
        let segments = text.segments();
        let text = match segments {
            [Segment::Root, rest @ ..] => {
                let below = [Segment::Literal(".".to_owned())];
                Text::new(below.into_iter().chain(rest.iter().cloned()))
            }
            [Segment::Literal(start), ..] if !start.starts_with('/') => {
                let below = [Segment::Literal("./".to_owned())];
                Text::new(below.into_iter().chain(segments.iter().cloned()))
            }
            _ => text.clone(),
        };
        self.text(reader.name, &source, &text)
    }

    /// Where a generated file is installed.
    fn file(&mut self, reader: &Reader<'_>, path: &str, name: &Name) -> Value {
        let file = self.topology.files.get(name).expect("checked: the file exists");
        let (uid, _) = owner(self.user(&file.owner));
        let (reader_uid, _) = reader.owner;
        if file.content.is_secret() && reader_uid != uid && reader_uid != 0 {
            let message = format!(
                "the file `{name}` has secrets in it and belongs to the user \
                 {uid}, so the user {reader_uid} cannot read it"
            );
            self.problems.push(
                Diagnostic::value(format!("{path}.source"), message)
                    .hint("Give each user a file of its own")
                    .related(format!("files.{name}.owner"), "whom the file belongs to"),
            );
        }
        Value::literal(on_host(&file.path))
    }

    /// Where the value of a secret is installed for `reader`, who alone may read it.
    fn secret_file(&mut self, reader: &Reader<'_>, path: &str, name: &Name) -> Value {
        let text = Text::new([Segment::Secret { name: name.clone(), encoding: Encoding::None }]);
        self.refuse_optional(path, &text);
        let source = format!("secrets/{name}");
        let token = template::secret(name, Encoding::None, false);
        self.lowered.files.insert(source.clone(), Entry::text(token));
        let (uid, gid) = reader.owner;
        let place = format!(".secrets/{}/{name}", reader.name);
        let installed =
            InstalledFile { source, path: place.clone(), template: true, uid, gid, mode: 0o600 };
        let fits = self.places.file(path, installed);
        self.problems.extend(fits.err());
        Value::literal(on_host(&place))
    }
}

/// A path as the source of a mount: what is relative to the package directory starts with `.`.
fn on_host(path: &str) -> String {
    match path {
        "" | "." => ".".to_owned(),
        path if path.starts_with('/') || path.starts_with("./") => path.to_owned(),
        path => format!("./{path}"),
    }
}

fn bind(source: Value, target: Value, read_only: bool) -> spec::Mount {
    let bind = Some(spec::Bind { create_host_path: false });
    spec::Mount { kind: "bind", source: Some(source), target, read_only, bind, tmpfs: None }
}

fn tmpfs(size_mebibytes: Option<u32>, target: Value, read_only: bool) -> spec::Mount {
    let size = |mebibytes| u64::from(mebibytes) * BYTES_OF_A_MEBIBYTE;
    let tmpfs = size_mebibytes.map(|it| spec::Tmpfs { size: size(it) });
    spec::Mount { kind: "tmpfs", source: None, target, read_only, bind: None, tmpfs }
}
