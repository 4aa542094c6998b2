//! One side of a comparison: files, and what is known of where they come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::{BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use model::Topology;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value as Json;
use targets::{Entry, Target};

use crate::build::Built;
use crate::failure::Failure;
use crate::manifest::{FORMAT, MANIFEST};
use crate::output::{TOPOLOGY, TRACE};

/// What is compared to another side.
pub struct Side {
    /// What the user calls it.
    pub shown: String,
    /// What it was made for, where a manifest says so.
    pub target: Option<Target>,
    /// The digest of the artifact, where a manifest says so.
    pub artifact: Option<String>,
    /// The program that made it, with its version.
    pub generator: Option<String>,
    /// The digest of the package, where a manifest says so.
    pub package: Option<String>,
    /// What is deployed, by path.
    pub files: BTreeMap<String, Stored>,
    /// The topology; or why it is not known.
    pub known: Result<Known, String>,
}

/// A topology, and where it comes from.
pub struct Known {
    /// The topology.
    pub topology: Topology,
    /// What the configuration and the machine's facts say; null where that was not kept.
    pub values: Json,
    origins: Origins,
}

enum Origins {
    Built(Json),
    /// The text of a topology file.
    Text(Vec<u8>),
}

/// Where one value comes from, as an artifact says it.
#[derive(Clone, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
pub struct OriginRecord {
    /// The file, with line and column where these hang on nothing else: `package/main.ncl:8:1`.
    pub at: String,
    /// The name of the layer.
    pub layer: String,
    /// The input fields that the expression mentions.
    #[serde(default)]
    pub inputs: Vec<String>,
}

/// The origins of a path and of what is around it, each with its path.
pub type Around = Vec<(String, OriginRecord)>;

/// One file of a side.
pub struct Stored {
    /// Its permission bits.
    pub mode: u32,
    /// Its size in bytes.
    pub size: u64,
    /// The digest that the manifest has of it.
    pub recorded: Option<String>,
    content: Content,
}

enum Content {
    Memory(Vec<u8>),
    Disk(PathBuf),
    /// A link, and where it leads; it is not followed.
    Link(String),
}

/// The part of a manifest that a comparison reads.
#[derive(Deserialize)]
struct Manifest {
    format: u32,
    generator: Option<String>,
    target: Option<String>,
    artifact: Option<String>,
    #[serde(default)]
    inputs: BTreeMap<String, Option<String>>,
    files: BTreeMap<String, ManifestFile>,
}

#[derive(Deserialize)]
struct ManifestFile {
    #[serde(default)]
    mode: String,
    digest: String,
}

impl Side {
    /// What was built, before it is written.
    #[must_use]
    pub fn built(shown: String, built: Built) -> Self {
        let Built { target, lowered, topology, values, origins, inputs, digest, .. } = built;
        let files = lowered.files.into_iter().map(|(path, Entry { bytes, mode })| {
            let size = bytes.len() as u64;
            (path, Stored { mode, size, recorded: None, content: Content::Memory(bytes) })
        });
        Self {
            shown,
            target: Some(target),
            artifact: Some(digest.to_string()),
            generator: Some(concat!("clp-gen ", env!("CARGO_PKG_VERSION")).to_owned()),
            package: inputs.get("package").cloned().flatten().map(|it| it.to_string()),
            files: files.collect(),
            known: Ok(Known { topology, values, origins: Origins::Built(origins) }),
        }
    }

    /// An artifact on the disk, or any other directory.
    ///
    /// # Errors
    ///
    /// A manifest of a later version, and whatever the disk refuses.
    pub fn directory(directory: &Path) -> Result<Self, Failure> {
        let shown = directory.display().to_string();
        let manifest = manifest(directory)?;
        let mut files = files(directory)?;
        for beside in [MANIFEST, TOPOLOGY, TRACE] {
            if manifest.is_some() {
                files.remove(beside);
            }
        }
        let known = known(directory, manifest.is_some())?;
        let Some(Manifest { format: _, generator, target, artifact, mut inputs, files: recorded }) =
            manifest
        else {
            return Ok(Self {
                shown,
                target: None,
                artifact: None,
                generator: None,
                package: None,
                files,
                known,
            });
        };
        for (path, ManifestFile { mode, digest }) in recorded {
            if let Some(file) = files.get_mut(&path) {
                file.recorded = Some(digest);
                file.mode = written_mode(&mode, file.mode);
            }
        }
        let target = target.and_then(|name| Target::ALL.into_iter().find(|it| it.name() == name));
        let package = inputs.remove("package").flatten();
        Ok(Self { shown, target, artifact, generator, package, files, known })
    }
}

/// The mode that a file was written with: a store makes its files read-only, and a copy by hand may
/// have lost more. Whether it runs is a matter of the file itself.
fn written_mode(recorded: &str, is: u32) -> u32 {
    match u32::from_str_radix(recorded, 8) {
        Ok(recorded) if recorded & 0o100 == is & 0o100 => recorded,
        _ => is,
    }
}

impl Known {
    /// The origins of these paths, of each its own and those around it with their paths, from the
    /// innermost to the outermost, as far as they are known.
    #[must_use]
    pub fn origins(&self, paths: &BTreeSet<String>) -> BTreeMap<String, Around> {
        let mut wanted = BTreeMap::new();
        for path in paths.iter().flat_map(|path| around(path)) {
            wanted.entry(path.to_owned()).or_insert(None);
        }
        match &self.origins {
            Origins::Built(all) => {
                for (path, found) in &mut wanted {
                    *found = all.get(path).and_then(|it| OriginRecord::deserialize(it).ok());
                }
            }
            Origins::Text(text) => {
                // The text was read before, so it can be read again.
                let mut deserializer = serde_json::Deserializer::from_slice(text);
                let _ = deserializer.deserialize_map(OriginsOf(&mut wanted));
            }
        }
        let chain = |path: &String| {
            let known =
                around(path).filter_map(|it| Some((it.to_owned(), wanted.get(it)?.clone()?)));
            known.collect::<Around>()
        };
        paths.iter().map(|path| (path.clone(), chain(path))).collect()
    }
}

/// A path and the paths of what is around it, the innermost first.
fn around(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| {
        if path.is_empty() { None } else { Some(&path[..path.rfind(['.', '[']).unwrap_or(0)]) }
    })
}

type Wanted = BTreeMap<String, Option<OriginRecord>>;

/// Reads the origins of some paths out of a topology file, and nothing else of it.
struct OriginsOf<'a>(&'a mut Wanted);

impl<'de> Visitor<'de> for OriginsOf<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a topology file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            if key == "origins" {
                map.next_value_seed(Origin(&mut *self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Origin<'a>(&'a mut Wanted);

impl<'de> serde::de::DeserializeSeed<'de> for Origin<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Origin<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("origins by path")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(path) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            match self.0.get_mut(path.as_ref()) {
                Some(found) => *found = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

fn manifest(directory: &Path) -> Result<Option<Manifest>, Failure> {
    let path = directory.join(MANIFEST);
    let Ok(bytes) = fs::read(&path) else {
        return Ok(None);
    };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes) else {
        // Many programs have a file of this name.
        return Ok(None);
    };
    if manifest.format > FORMAT {
        let message = format!("{} is of a later version of clp-gen", path.display());
        return Err(Failure::input(message, "Use that version"));
    }
    Ok(Some(manifest))
}

/// The topology of an artifact, or why there is none.
fn known(directory: &Path, artifact: bool) -> Result<Result<Known, String>, Failure> {
    #[derive(Deserialize)]
    struct Wire {
        format: u32,
        topology: Topology,
        #[serde(default)]
        values: Json,
        #[serde(rename = "origins")]
        _origins: IgnoredAny,
    }
    let path = directory.join(TOPOLOGY);
    if !artifact || !path.is_file() {
        return Ok(Err(format!("it has no {}", if artifact { TOPOLOGY } else { MANIFEST })));
    }
    let text = fs::read(&path).map_err(|error| cannot(&path, &error))?;
    Ok(match serde_json::from_slice::<Wire>(&text) {
        Ok(Wire { format: 1, topology, values, _origins }) => {
            Ok(Known { topology, values, origins: Origins::Text(text) })
        }
        Ok(_) => Err(format!("its {TOPOLOGY} is of another version of clp-gen")),
        Err(_) => Err(format!("its {TOPOLOGY} is none that this version of clp-gen reads")),
    })
}

fn files(directory: &Path) -> Result<BTreeMap<String, Stored>, Failure> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(directory).min_depth(1) {
        let entry = entry.map_err(|error| Failure::Environment(format!("cannot read: {error}")))?;
        if entry.file_type().is_dir() {
            continue;
        }
        let path = entry.path();
        let shown = path.strip_prefix(directory).unwrap_or(path).to_string_lossy().into_owned();
        let metadata = path.symlink_metadata().map_err(|error| cannot(path, &error))?;
        let content = if metadata.is_symlink() {
            let to = fs::read_link(path).map_err(|error| cannot(path, &error))?;
            Content::Link(to.to_string_lossy().into_owned())
        } else if metadata.is_file() {
            Content::Disk(path.to_owned())
        } else {
            let message = format!("{} is no file, directory or link", path.display());
            return Err(Failure::input(message, "Compare directories of plain files"));
        };
        let (mode, size) = (metadata.permissions().mode() & 0o777, metadata.len());
        found.insert(shown, Stored { mode, size, recorded: None, content });
    }
    Ok(found)
}

impl Stored {
    /// Its bytes.
    ///
    /// # Errors
    ///
    /// What the disk refuses.
    pub fn bytes(&self) -> Result<Vec<u8>, Failure> {
        match &self.content {
            Content::Memory(bytes) => Ok(bytes.clone()),
            Content::Disk(path) => fs::read(path).map_err(|error| cannot(path, &error)),
            Content::Link(to) => Ok(format!("{to}\n").into_bytes()),
        }
    }

    /// Whether the bytes of both are the same. Neither is held in memory as a whole.
    ///
    /// # Errors
    ///
    /// What the disk refuses.
    pub fn same_bytes(&self, other: &Self) -> Result<bool, Failure> {
        if let (Content::Link(one), Content::Link(other)) = (&self.content, &other.content) {
            return Ok(one == other);
        }
        if self.is_link() || other.is_link() || self.size != other.size {
            return Ok(false);
        }
        let (mut one, mut two) = (self.reader()?, other.reader()?);
        let (mut left, mut right) = (vec![0; BLOCK], vec![0; BLOCK]);
        loop {
            let count = fill(&mut one, &mut left)?;
            if count != fill(&mut two, &mut right)? || left[..count] != right[..count] {
                return Ok(false);
            }
            if count == 0 {
                return Ok(true);
            }
        }
    }

    /// Whether nobody but its owner may read it: then nothing of it is shown.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.mode & 0o077 == 0
    }

    fn is_link(&self) -> bool {
        matches!(self.content, Content::Link(_))
    }

    fn reader(&self) -> Result<Box<dyn Read + '_>, Failure> {
        Ok(match &self.content {
            Content::Memory(bytes) => Box::new(bytes.as_slice()),
            Content::Disk(path) => {
                let file = fs::File::open(path).map_err(|error| cannot(path, &error))?;
                Box::new(BufReader::with_capacity(BLOCK, file))
            }
            Content::Link(to) => Box::new(to.as_bytes()),
        })
    }
}

/// How many bytes are compared at once.
const BLOCK: usize = 64 << 10;

/// Fills a block, unless the file ends before.
fn fill(reader: &mut dyn Read, block: &mut [u8]) -> Result<usize, Failure> {
    let mut count = 0;
    while count < block.len() {
        match reader.read(&mut block[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) => return Err(Failure::Environment(format!("cannot read: {error}"))),
        }
    }
    Ok(count)
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Environment(format!("cannot read {}: {error}", path.display()))
}
