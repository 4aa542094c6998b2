//! Volumes and generated files: what has to be on the host, and who has to know of a change.

use std::collections::BTreeMap;

use model::{Diagnostic, File, Mount, MountSource, Name, Volume};
use sha2::{Digest, Sha256};

use super::Lowering;
use super::container::Reader;
use super::spelling::Compose;
use super::value::Value;
use crate::InstalledFile;
use crate::at::At;
use crate::generated::{Generated, extension, generate};
use crate::places::{owner, trimmed};

impl Lowering<'_> {
    /// Notes the directory of every volume.
    pub(super) fn volumes(&mut self) {
        for volume in self.topology.volumes.values() {
            // A directory has no size of its own, any number of containers can use it, and
            // whoever takes the deployment down decides whether it stays.
            let Volume {
                directory,
                size_gibibytes: _,
                access: _,
                retained: _,
                owner: user,
                remembers: _,
            } = volume;
            let owner = owner(self.user(user));
            self.places.volume(trimmed(directory), owner);
        }
    }

    /// Writes every generated file and notes where it goes.
    pub(super) fn files(&mut self) {
        for (name, file) in &self.topology.files {
            for text in file.content.texts() {
                self.refuse_optional(&format!("files.{name}.content"), text);
            }
            match generate(self.topology, &Compose(self.topology), name, file) {
                Ok(generated) => self.generated(name, file, generated),
                Err(problems) => self.problems.extend(problems),
            }
        }
    }

    fn generated(&mut self, name: &Name, file: &File, generated: Generated) {
        let Generated { source, entry, template, lines } = generated;
        let digest = format!("sha256:{:x}", Sha256::digest(&entry.bytes));
        self.digests.insert(name.clone(), digest);
        self.lowered.files.insert(source.clone(), entry);
        self.lowered.trace.insert(source.clone(), lines);
        let (uid, gid) = owner(self.user(&file.owner));
        let mode = if template { 0o600 } else { 0o644 };
        let path = trimmed(&file.path).to_owned();
        let installed = InstalledFile { source, path, template, uid, gid, mode };
        let fits = self.places.file(&format!("files.{name}.path"), installed);
        self.problems.extend(fits.err());
    }

    /// The labels of a workload. Compose does not look into mounted files: the digest of each is a
    /// label, so that a changed file makes another container of its readers.
    pub(super) fn labels(
        &mut self,
        reader: &Reader<'_>,
        labels: &BTreeMap<String, String>,
        mounts: &BTreeMap<Name, Mount>,
    ) -> BTreeMap<String, At<Value>> {
        let own = labels.iter().map(|(label, value)| {
            let path = format!("{}.labels.{label}", reader.path);
            (label.clone(), At::new(path, Value::literal(value)))
        });
        let mut spelt: BTreeMap<String, At<Value>> = own.collect();
        for (mount, source) in mounts.iter().map(|(mount, it)| (mount, &it.source)) {
            let path = format!("{}.mounts.{mount}", reader.path);
            let Some((key, value)) = self.noticed(&path, source) else {
                continue;
            };
            if labels.contains_key(&key) {
                let message = format!("the label `{key}` is how a change of the file is noticed");
                let problem = Diagnostic::key(format!("{}.labels.{key}", reader.path), message);
                self.problems.push(problem.hint("Give the label another name"));
            }
            spelt.insert(key, At::new(path, value));
        }
        spelt
    }

    /// The label by which a change of what is mounted from `source` is noticed.
    fn noticed(&mut self, path: &str, source: &MountSource) -> Option<(String, Value)> {
        match source {
            MountSource::File(name) => {
                // Without a digest the file has a problem of its own.
                let digest = self.digests.get(name).map_or("", String::as_str);
                let mut value = Value::literal(digest);
                let rendered = self.topology.files.get(name).filter(|it| it.content.is_secret());
                if let Some(file) = rendered {
                    let source = format!("files/{name}.{}", extension(&file.content));
                    let generation = self.variables.generation(path, &source);
                    let generation = self.or_problem(generation);
                    value = Value::concat([value, Value::literal(" "), generation]);
                }
                Some((format!("clp-gen.file.{name}"), value))
            }
            MountSource::Secret(name) => {
                let generation = self.variables.generation(path, &format!("secrets/{name}"));
                Some((format!("clp-gen.secret.{name}"), self.or_problem(generation)))
            }
            MountSource::Volume { .. }
            | MountSource::HostPath { .. }
            | MountSource::Tmpfs { .. } => None,
        }
    }
}
