//! Collecting what nothing needs any more.

use std::collections::BTreeSet;
use std::fs;
use std::time::SystemTime;

use super::{Held, ObjectId, cannot};
use crate::failure::Failure;
use crate::step::step;

/// What a collection removed, or would.
#[derive(Debug, Default)]
pub struct Collected {
    /// The objects, with their sizes in bytes.
    pub objects: Vec<(ObjectId, u64)>,
    /// How many objects stay.
    pub kept: usize,
    /// How many links and installations are gone.
    pub roots: usize,
}

impl Held {
    /// Removes every object that no root needs, but the `keep` youngest of them. The store must be
    /// held alone.
    ///
    /// # Errors
    ///
    /// Whatever the disk refuses; what was not removed stays whole.
    pub fn collect(&self, keep: usize, dry_run: bool) -> Result<Collected, Failure> {
        let roots = self.roots()?;
        let needed: BTreeSet<ObjectId> = roots.iter().filter_map(|(_, _, kept)| *kept).collect();
        let gone: Vec<_> = roots.iter().filter(|(_, _, kept)| kept.is_none()).collect();
        let all = self.objects()?;
        let mut rest: Vec<_> = all.iter().copied().filter(|it| !needed.contains(it)).collect();
        rest.sort_by_key(|id| (std::cmp::Reverse(self.made(*id)), *id));
        let rest = rest.split_off(keep.min(rest.len()));
        let mut collected =
            Collected { objects: vec![], kept: all.len() - rest.len(), roots: gone.len() };
        for id in rest {
            collected.objects.push((id, self.size(id)?));
        }
        if dry_run {
            return Ok(collected);
        }
        for (name, _, _) in gone {
            let file = self.folder("roots").join(name);
            fs::remove_file(&file).map_err(|error| cannot("remove", &file, &error))?;
            step("root removed");
        }
        for (id, _) in &collected.objects {
            self.remove(*id)?;
        }
        self.sweep()?;
        Ok(collected)
    }

    /// Removes an object: it loses its name at once, then its files.
    fn remove(&self, id: ObjectId) -> Result<(), Failure> {
        let place = self.object(id);
        let temporary = self.temporary()?;
        let remove = || {
            fs::rename(&place, temporary.path().join("old"))?;
            step("object unnamed");
            temporary.close()
        };
        remove().map_err(|error| cannot("remove", &place, &error))
    }

    /// Removes entries of the index whose object is gone, and what killed processes left.
    fn sweep(&self) -> Result<(), Failure> {
        let objects: BTreeSet<ObjectId> = self.objects()?.into_iter().collect();
        for name in self.entries("index")? {
            let file = self.folder("index").join(&name);
            if !self.entry_of(&name).is_some_and(|it| objects.contains(&it.object)) {
                fs::remove_file(&file).map_err(|error| cannot("remove", &file, &error))?;
            }
        }
        for name in self.entries("tmp")? {
            let left = self.folder("tmp").join(name);
            fs::remove_dir_all(&left).map_err(|error| cannot("remove", &left, &error))?;
        }
        Ok(())
    }

    /// When an object was made.
    fn made(&self, id: ObjectId) -> Option<SystemTime> {
        fs::metadata(self.object(id)).and_then(|it| it.modified()).ok()
    }

    /// The bytes of its files.
    ///
    /// # Errors
    ///
    /// An object that cannot be read.
    pub fn size(&self, id: ObjectId) -> Result<u64, Failure> {
        let mut size = 0;
        for entry in walkdir::WalkDir::new(self.object(id)) {
            let metadata = entry.and_then(|it| it.metadata());
            let metadata = metadata.map_err(|error| {
                Failure::Environment(format!("cannot read {}: {error}", self.object(id).display()))
            })?;
            size += if metadata.is_file() { metadata.len() } else { 0 };
        }
        Ok(size)
    }
}
