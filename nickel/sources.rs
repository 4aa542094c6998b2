//! The files that an evaluation may see, under a virtual root that exists nowhere.
//!
//! **Invariant.** Nothing is read from the file system here: imports are string literals, so
//! their closure is known before evaluation, and is found in memory or through [`Files`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use nickel_lang_core::ast::{Ast, AstAlloc, Import, Node};
use nickel_lang_core::cache::{
    CacheHub, InputFormat, SourcePath, TermEntry, TermEntryState, normalize_abs_path,
};
use nickel_lang_core::error::ParseErrors;
use nickel_lang_core::files::FileId;
use nickel_lang_core::position::{PosTable, RawSpan, TermPos};
use nickel_lang_core::traverse::{TraverseAlloc, TraverseControl};

use crate::layers;
use crate::library::{LIBRARY, PACKAGES};
use crate::node::Span;
use crate::origins::{File, Location};

/// The virtual root. The resolver falls back to the file system for paths it does not know, and
/// can find nothing below this one.
const ROOT: &str = "/@clp-gen";

/// Reads a file below a declared root: `None` where there is none.
///
/// # Errors
///
/// Says why a file that is there cannot be had: not text, outside the root by a symbolic link.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<Option<String>, String>;

/// A folder that imports may read from, with its reader.
pub enum Folder<'a> {
    /// A package inside the program, by name.
    Embedded(&'a str),
    /// A folder of the user's.
    Read(ReadFile<'a>),
}

/// Why the imports of a file cannot be had.
pub(crate) enum LoadError {
    /// The text is no Nickel.
    Syntax(ParseErrors),
    /// An import leads nowhere, or outside.
    Import { at: Option<RawSpan>, message: String },
}

/// Which file of the virtual tree is which.
#[derive(Default)]
pub(crate) struct Sources {
    names: BTreeMap<FileId, File>,
    seen: BTreeSet<FileId>,
}

impl Sources {
    /// The library, registered; with other texts where `instead` has some.
    pub(crate) fn new(hub: &mut CacheHub, instead: &BTreeMap<String, String>) -> Self {
        let mut sources = Self::default();
        hub.sources.add_import_paths([PathBuf::from(ROOT).join("library")].into_iter());
        for (path, text) in LIBRARY {
            let text = instead.get(*path).map_or(*text, String::as_str);
            sources.add(hub, File::Library((*path).to_owned()), text);
        }
        sources
    }

    /// Registers a text under the path of `file`.
    pub(crate) fn add(&mut self, hub: &mut CacheHub, file: File, text: &str) -> FileId {
        let path = virtual_path(&file);
        let format = InputFormat::from_path(&path).unwrap_or_default();
        self.add_at(hub, SourcePath::Path(path, format), file, text.to_owned())
    }

    fn add_at(&mut self, hub: &mut CacheHub, path: SourcePath, file: File, text: String) -> FileId {
        let id = hub.sources.add_string(path, text);
        self.names.insert(id, file);
        id
    }

    /// Registers data as if it had been read from the text of `file`, which is what reports show.
    pub(crate) fn add_data(
        &mut self,
        hub: &mut CacheHub,
        positions: &mut PosTable,
        file: File,
        text: &str,
        data: &crate::Node,
    ) {
        let id = self.add(hub, file, text);
        let value = layers::configuration(positions, id, data);
        let state = TermEntryState::default();
        hub.terms.insert(id, TermEntry { value, state, format: InputFormat::Yaml });
    }

    /// Registers a text of our own.
    pub(crate) fn add_generated(
        &mut self,
        hub: &mut CacheHub,
        number: usize,
        text: &str,
    ) -> FileId {
        let path = PathBuf::from(ROOT).join(format!("main/{number}.ncl"));
        hub.sources.add_string(SourcePath::Path(path, InputFormat::Nickel), text.to_owned())
    }

    /// The ids of all files that took part.
    pub(crate) fn ids(&self) -> impl Iterator<Item = FileId> {
        self.names.keys().copied()
    }

    /// The id of a file that took part.
    pub(crate) fn id(&self, file: &File) -> Option<FileId> {
        self.names.iter().rev().find(|(_, it)| *it == file).map(|(id, _)| *id)
    }

    /// Which file an id is.
    pub(crate) fn file(&self, id: FileId) -> File {
        self.names.get(&id).cloned().unwrap_or(File::Nickel)
    }

    /// A span of Nickel's as a place.
    pub(crate) fn location(&self, span: RawSpan) -> Location {
        let file = self.file(span.src_id);
        Location { file, span: Span { start: span.start.0 as usize, end: span.end.0 as usize } }
    }

    /// A position of Nickel's as a place, where it has one.
    pub(crate) fn place(&self, position: TermPos) -> Option<Location> {
        position.into_opt().map(|span| self.location(span))
    }

    /// Parses `root` and everything that it imports, before anything is evaluated.
    pub(crate) fn load(
        &mut self,
        hub: &mut CacheHub,
        positions: &mut PosTable,
        root: FileId,
        folders: &BTreeMap<&str, Folder<'_>>,
    ) -> Result<(), LoadError> {
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            let nickel = matches!(hub.input_format(id), None | Some(InputFormat::Nickel));
            if !self.seen.insert(id) || !nickel {
                continue;
            }
            hub.parse_to_ast(id).map_err(LoadError::Syntax)?;
            if matches!(self.file(id), File::Project(_)) {
                prioritise(hub, positions, id).map_err(LoadError::Syntax)?;
            }
            for import in imports(hub, id)? {
                open.push(self.import(hub, id, &import, folders)?);
            }
        }
        Ok(())
    }

    fn import(
        &mut self,
        hub: &mut CacheHub,
        from: FileId,
        import: &Imported,
        folders: &BTreeMap<&str, Folder<'_>>,
    ) -> Result<FileId, LoadError> {
        let Imported { path, format, at } = import;
        let here = virtual_path(&self.file(from));
        let here = here.parent().map(Path::to_owned).unwrap_or_default();
        let refuse = |message| LoadError::Import { at: *at, message };
        for folder in [here, PathBuf::from(ROOT).join("library")] {
            let candidate = normalize_abs_path(&folder.join(path));
            let key = SourcePath::Path(candidate.clone(), *format);
            if let Some(id) =
                hub.sources.file_ids.contains_key(&key).then(|| hub.sources.id_of(&key))
            {
                return id.ok_or_else(|| refuse("the import cannot be had".to_owned()));
            }
            if let Some((file, text)) = read(&candidate, folders).map_err(refuse)? {
                return Ok(self.add_at(hub, key, file, text));
            }
        }
        let path = path.display();
        Err(refuse(format!(
            "cannot import `{path}`: it is not in the folder of the package or project"
        )))
    }
}

/// Replaces what Nickel made of an overlay by the same with the deployment's priority.
fn prioritise(hub: &mut CacheHub, positions: &mut PosTable, id: FileId) -> Result<(), ParseErrors> {
    use nickel_lang_core::ast::compat::ToMainline;

    let alloc = AstAlloc::new();
    let ast = hub.sources.parse_nickel(&alloc, id)?;
    let value = layers::overlay(&alloc, &ast).to_mainline(positions);
    let state = TermEntryState::default();
    hub.terms.insert(id, TermEntry { value, state, format: InputFormat::Nickel });
    Ok(())
}

struct Imported {
    path: PathBuf,
    format: InputFormat,
    at: Option<RawSpan>,
}

fn imports(hub: &CacheHub, id: FileId) -> Result<Vec<Imported>, LoadError> {
    let mut found = vec![];
    let mut package = None;
    let ast = hub.asts.get(id).expect("it was just parsed");
    ast.traverse_ref(
        &mut |ast: &Ast<'_>, _: &()| {
            if let Node::Import(import) = &ast.node {
                let at = ast.pos.into_opt();
                match import {
                    Import::Path { path, format } => {
                        found.push(Imported { path: path.into(), format: *format, at });
                    }
                    Import::Package { .. } => package = Some(at),
                }
            }
            TraverseControl::<(), ()>::Continue
        },
        &(),
    );
    match package {
        Some(at) => {
            let message = "Nickel packages cannot be imported here".to_owned();
            Err(LoadError::Import { at, message })
        }
        None => Ok(found),
    }
}

/// The file and text at a virtual path, where a folder has it.
fn read(
    path: &Path,
    folders: &BTreeMap<&str, Folder<'_>>,
) -> Result<Option<(File, String)>, String> {
    for (name, folder) in folders {
        let Ok(rest) = path.strip_prefix(PathBuf::from(ROOT).join(name)) else {
            continue;
        };
        let rest = rest.to_string_lossy().into_owned();
        let text = match folder {
            Folder::Embedded(package) => embedded(package, &rest),
            Folder::Read(read) => read(&rest)?,
        };
        let file = if *name == "package" { File::Package(rest) } else { File::Project(rest) };
        return Ok(text.map(|text| (file, text)));
    }
    Ok(None)
}

/// A file of a package inside the program.
pub(crate) fn embedded(package: &str, path: &str) -> Option<String> {
    let package = PACKAGES.iter().find(|it| it.name == package)?;
    let (_, text) = package.files.iter().find(|(name, _)| *name == path)?;
    Some((*text).to_owned())
}

fn virtual_path(file: &File) -> PathBuf {
    let below = match file {
        File::Package(path) => format!("package/{path}"),
        File::Library(path) => format!("library/{path}"),
        File::Project(path) => format!("project/{path}"),
        File::Config => "input/config.yaml".to_owned(),
        File::Credentials => "input/credentials.yaml".to_owned(),
        File::Host => "input/host.yaml".to_owned(),
        File::Set(number) => format!("set/{number}.ncl"),
        File::Nickel => "main.ncl".to_owned(),
    };
    PathBuf::from(ROOT).join(below)
}

/// `path` as seen from `folder`, with `.` and `..` taken away.
pub(crate) fn join(folder: &str, path: &str) -> String {
    let joined = normalize_abs_path(&Path::new("/").join(folder).join(path));
    joined.to_string_lossy().trim_start_matches('/').to_owned()
}
