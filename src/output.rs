//! Writing an artifact into a directory: whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;
use targets::Entry;

use crate::build::Built;
use crate::digest::Digest;
use crate::failure::Failure;
use crate::manifest::{MANIFEST, Written, manifest};
use crate::step::step;
use crate::store;

/// The secret-free topology, beside the files.
pub const TOPOLOGY: &str = "topology.json";

/// Where lines of the files come from, beside the files.
pub const TRACE: &str = "trace.json";

/// Everything that is written: the files, and what stands beside them.
#[must_use]
pub fn contents(built: &Built) -> BTreeMap<String, Entry> {
    let topology = json!({
        "format": 1, "topology": built.topology, "values": built.values, "origins": built.origins,
    });
    let beside = BTreeMap::from([
        (TOPOLOGY.to_owned(), Entry::text(pretty(&topology))),
        (TRACE.to_owned(), Entry::text(pretty(&built.lowered.trace))),
    ]);
    let manifest = Entry::text(pretty(&manifest(built, &beside)));
    let mut contents = built.lowered.files.clone();
    contents.extend(beside);
    contents.insert(MANIFEST.to_owned(), manifest);
    contents
}

/// The manifest of what was built, as one reads it.
///
/// # Panics
///
/// Never: what is written can be read.
#[must_use]
pub fn manifest_of(built: &Built) -> Written {
    let contents = contents(built);
    serde_json::from_slice(&contents[MANIFEST].bytes).expect("what is written can be read")
}

/// Writes what was built to `directory`, which holds nothing else afterwards.
///
/// # Errors
///
/// A directory that holds something that clp-gen did not write there (`force` lets go of edits to
/// what it did write, of nothing else), and whatever the disk refuses.
pub fn write(built: &Built, directory: &Path, force: bool) -> Result<(), Failure> {
    may_replace(directory, force)?;
    let parent = match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&parent).map_err(|error| cannot("make", &parent, &error))?;
    let staged = tempfile::Builder::new()
        .prefix(".clp-gen-")
        .tempdir_in(&parent)
        .map_err(|error| cannot("write to", &parent, &error))?;
    let new = staged.path().join("new");
    stage(&new, &contents(built), Kind::Copy)?;
    step("directory staged");
    if directory.symlink_metadata().is_ok() {
        let old = staged.path().join("old");
        fs::rename(directory, old).map_err(|error| cannot("replace", directory, &error))?;
        step("old directory moved");
    }
    fs::rename(&new, directory).map_err(|error| cannot("write", directory, &error))?;
    step("directory named");
    Ok(())
}

/// What files are written as.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// For people, who may edit them.
    Copy,
    /// For the store: nobody changes them.
    Object,
}

impl Kind {
    /// The permission bits of a file that has these in the artifact.
    #[must_use]
    pub fn mode(self, mode: u32) -> u32 {
        match self {
            Self::Copy => mode,
            Self::Object => mode & !0o222,
        }
    }
}

/// Writes everything into a directory that is not there yet, and makes it last.
///
/// # Errors
///
/// Whatever the disk refuses.
pub fn stage(
    directory: &Path,
    contents: &BTreeMap<String, Entry>,
    kind: Kind,
) -> Result<(), Failure> {
    let made = directories(directory, contents)?;
    for (path, Entry { bytes, mode }) in contents {
        let path = directory.join(path);
        let write = || {
            let mut file = fs::File::create_new(&path)?;
            step("file made");
            file.write_all(bytes)?;
            step("file written");
            file.set_permissions(fs::Permissions::from_mode(kind.mode(*mode)))?;
            file.sync_all()
        };
        write().map_err(|error| cannot("write", &path, &error))?;
        step("file synced");
    }
    // Files last when the names of them do.
    for folder in &made {
        let sync = || fs::File::open(folder)?.sync_all();
        sync().map_err(|error| cannot("write", folder, &error))?;
    }
    Ok(())
}

/// Directories with the same mode whatever the umask.
fn directories(root: &Path, contents: &BTreeMap<String, Entry>) -> Result<Vec<PathBuf>, Failure> {
    let mut made: Vec<PathBuf> = contents
        .keys()
        .flat_map(|path| {
            Path::new(path).ancestors().skip(1).map(Path::to_owned).collect::<Vec<_>>()
        })
        .map(|path| root.join(path))
        .collect();
    made.sort();
    made.dedup();
    for path in &made {
        let make = || {
            fs::create_dir(path)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        };
        make().map_err(|error| cannot("make", path, &error))?;
        step("directory made");
    }
    Ok(made)
}

/// Whether `directory` holds nothing but what clp-gen wrote, unchanged, or is a link to an object.
///
/// # Errors
///
/// What else it holds.
pub(crate) fn may_replace(directory: &Path, force: bool) -> Result<(), Failure> {
    let shown = directory.display();
    match fs::read_link(directory) {
        Ok(target) if store::leads_to_object(&target) => return Ok(()),
        Ok(target) => {
            let message = format!("{shown} is a link to {}", target.display());
            return Err(Failure::input(message, "Remove the link, or choose another place"));
        }
        Err(_) => {}
    }
    if !directory.exists() {
        return Ok(());
    }
    if !directory.is_dir() {
        let message = format!("{shown} is a file: a deployment is a directory");
        return Err(Failure::input(message, "Choose another `--out`"));
    }
    let found = files(directory)?;
    if found.is_empty() {
        return Ok(());
    }
    let written = Written::read(directory).ok().flatten();
    let Some(Written { files: known, .. }) = written else {
        let message = format!("{shown} holds something else: {}", found[0]);
        return Err(Failure::input(
            message,
            "Choose another `--out`, or empty the directory yourself",
        ));
    };
    let beside = [MANIFEST, TOPOLOGY, TRACE];
    if let Some(stranger) =
        found.iter().find(|it| !known.contains_key(*it) && !beside.contains(&it.as_str()))
    {
        let message = format!("{shown} holds a file that clp-gen did not write: {stranger}");
        return Err(Failure::input(message, "Move the file away, or choose another `--out`"));
    }
    let edited = known.iter().find(|(path, record)| {
        fs::read(directory.join(path)).is_ok_and(|it| Digest::of(&it).to_string() != record.digest)
    });
    match edited {
        Some((path, _)) if !force => {
            let message = format!("{shown}/{path} was edited since clp-gen wrote it");
            Err(Failure::input(message, "Keep the edit elsewhere, or write over it with `--force`"))
        }
        _ => Ok(()),
    }
}

/// The files below a directory, relative, sorted by the bytes of their paths.
///
/// # Errors
///
/// A directory that cannot be read.
pub(crate) fn files(directory: &Path) -> Result<Vec<String>, Failure> {
    let mut found = vec![];
    for entry in walkdir::WalkDir::new(directory) {
        let entry = entry.map_err(|error| Failure::Environment(format!("cannot read: {error}")))?;
        if !entry.file_type().is_dir() {
            let path = entry.path().strip_prefix(directory).unwrap_or(entry.path());
            found.push(path.to_string_lossy().into_owned());
        }
    }
    found.sort();
    Ok(found)
}

fn pretty(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("it is plain data");
    text.push('\n');
    text
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::Environment(format!("cannot {what} {}: {error}", path.display()))
}
