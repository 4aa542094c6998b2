//! What is in a store.

use std::fs;

use serde::{Deserialize, Serialize};

use super::{Held, ObjectId, object};
use crate::failure::Failure;
use crate::manifest::MANIFEST;

/// An object, for people.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// Where it is.
    pub path: String,
    /// The digest of the artifact.
    pub artifact: String,
    /// The target.
    pub target: String,
    /// The name of the package.
    pub package: String,
    /// The version of the package.
    pub version: String,
    /// The printed name of the deployment type.
    pub variant: Option<String>,
    /// The bytes of its files.
    pub bytes: u64,
    /// What keeps it.
    pub roots: Vec<ListedRoot>,
}

/// What keeps an object, for people.
#[derive(Debug, Serialize)]
pub struct ListedRoot {
    /// `link` or `installation`.
    pub kind: &'static str,
    /// Where it is.
    pub path: String,
}

/// What a list needs of a manifest.
#[derive(Default, Deserialize)]
struct Head {
    artifact: String,
    target: String,
    package: Package,
    variant: Option<String>,
}

#[derive(Default, Deserialize)]
struct Package {
    name: String,
    version: String,
}

impl Held {
    /// Every object.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, Failure> {
        let roots = self.roots()?;
        let listed = self.objects()?.into_iter().map(|id| {
            let place = self.object(id);
            let head = fs::read(place.join(MANIFEST)).ok();
            let head = head.and_then(|it| serde_json::from_slice(&it).ok());
            // A damaged one is listed too.
            let Head { artifact, target, package, variant } = head.unwrap_or_default();
            let Package { name: package, version } = package;
            let own = roots.iter().filter(|(_, _, kept)| *kept == Some(id));
            let own = own.map(|(_, root, _)| ListedRoot {
                kind: root.kind(),
                path: root.path().display().to_string(),
            });
            let (path, bytes) = (place.display().to_string(), self.size(id)?);
            let roots = own.collect();
            Ok(Listed { path, artifact, target, package, version, variant, bytes, roots })
        });
        listed.collect()
    }

    /// Whether an object is what its name says.
    ///
    /// # Errors
    ///
    /// One that cannot be read.
    pub fn is_whole(&self, id: ObjectId) -> Result<bool, Failure> {
        Ok(object::digest(&self.object(id))? == Some(id))
    }

    /// How many objects there are, and which are not what their names say.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn damaged(&self) -> Result<(usize, Vec<ObjectId>), Failure> {
        let all = self.objects()?;
        let mut damaged = vec![];
        for id in &all {
            if !self.is_whole(*id)? {
                damaged.push(*id);
            }
        }
        Ok((all.len(), damaged))
    }
}
