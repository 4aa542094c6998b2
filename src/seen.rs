//! What a build looked at, and whether it is still the same, without evaluating anything.
//!
//! **Invariant.** Nothing of a secret is in it, not even a digest: a file that may hold some is
//! known by what it says without them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nickel::{Field, Schema};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::document;
use crate::files::Files;
use crate::snapshot::Snapshot;

/// Everything that was looked at. Relative paths are relative to the working directory.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Seen {
    /// Default paths, and whether something was there.
    pub paths: BTreeMap<PathBuf, bool>,
    /// The user's YAML files.
    pub documents: Vec<SeenDocument>,
    /// Files of packages and projects.
    pub folders: Vec<SeenFolder>,
    /// The lock, and the digest of its bytes; `None` where there was none.
    pub lock: Option<(PathBuf, Option<Digest>)>,
}

/// One of the user's YAML files.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SeenDocument {
    /// Which input it is: `config`, `host`.
    pub input: String,
    /// The file.
    pub path: PathBuf,
    /// What is secret in it.
    keys: Keys,
    /// Of what it says.
    digest: Digest,
    /// Of how it is laid out, as reports may show it.
    layout: Digest,
}

/// Files below a folder.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SeenFolder {
    /// The folder.
    pub root: PathBuf,
    /// The digest of each file; `None` for one that is not there.
    pub files: BTreeMap<String, Option<Digest>>,
}

/// The part of a schema that says which values are secret.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Keys(Option<BTreeMap<String, (bool, Keys)>>);

impl Seen {
    /// Whether something is at a path, which is then a thing that was looked at.
    pub fn exists(&mut self, files: &Files, path: &Path) -> bool {
        let exists = files.exists(path);
        self.paths.insert(path.to_owned(), exists);
        exists
    }

    /// Whether everything is as it was: each file is read again.
    #[must_use]
    pub fn still_holds(&self) -> bool {
        let Self { paths, documents, folders, lock } = self;
        let same_lock = |(path, was): &(PathBuf, Option<Digest>)| match was {
            Some(_) => Files::Disk.bytes(path).ok().map(|bytes| Digest::of(&bytes)) == *was,
            None => !path.exists(),
        };
        lock.iter().all(same_lock)
            && paths.iter().all(|(path, was)| path.exists() == *was)
            && documents.iter().all(SeenDocument::still_holds)
            && folders.iter().all(SeenFolder::still_holds)
    }
}

impl SeenDocument {
    /// A file, what it says, and its text as reports may show it.
    #[must_use]
    pub fn new((input, path): (&str, &Path), schema: &Schema, digest: Digest, shown: &str) -> Self {
        let layout = Digest::of(shown.as_bytes());
        let (input, path) = (input.to_owned(), path.to_owned());
        Self { input, path, keys: Keys::of(schema), digest, layout }
    }

    fn still_holds(&self) -> bool {
        let Self { input: _, path, keys, digest, layout } = self;
        let schema = keys.schema();
        let read = Files::Disk
            .bytes(path)
            .ok()
            .and_then(|bytes| document::read(&bytes, &schema, &|path| schema.is_secret(path)).ok());
        read.is_some_and(|it| {
            it.digest == *digest && Digest::of(it.document.text.as_bytes()) == *layout
        })
    }
}

impl SeenFolder {
    fn still_holds(&self) -> bool {
        let Self { root, files } = self;
        let disk = Files::Disk;
        let now = Snapshot::new(Some(root.clone()), &disk);
        files.iter().all(|(path, was)| match now.read(path) {
            Ok(text) => text.map(|text| Digest::of(text.as_bytes())) == *was,
            Err(_) => false,
        })
    }
}

impl Keys {
    fn of(Schema { fields }: &Schema) -> Self {
        let key = |(name, field): (&String, &Field)| {
            (name.clone(), (field.secret, Self::of(&field.schema)))
        };
        Self(fields.as_ref().map(|fields| fields.iter().map(key).collect()))
    }

    fn schema(&self) -> Schema {
        let field = |(name, (secret, keys)): (&String, &(bool, Self))| {
            (name.clone(), Field { secret: *secret, schema: keys.schema(), ..Field::default() })
        };
        Schema { fields: self.0.as_ref().map(|keys| keys.iter().map(field).collect()) }
    }
}
