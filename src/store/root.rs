//! Roots: what keeps an object from being collected.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{Held, ObjectId, cannot};
use crate::digest::Digest;
use crate::failure::Failure;

/// A place outside the store that needs an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Root {
    /// A result link, by its absolute path, and the name of the request in the index, where it
    /// has one. It keeps what it leads to.
    Link(PathBuf, Option<String>),
    /// The record of an installation. It keeps what was installed, for as long as it is there.
    Installation(PathBuf, ObjectId),
}

impl Root {
    /// The place.
    #[must_use]
    pub fn path(&self) -> &Path {
        let (Self::Link(path, _) | Self::Installation(path, _)) = self;
        path
    }

    /// What it is, in one word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Link(..) => "link",
            Self::Installation(..) => "installation",
        }
    }

    /// A path is any bytes, so this is no text.
    fn bytes(&self) -> Vec<u8> {
        let head = match self {
            Self::Link(_, None) => "link\n".to_owned(),
            Self::Link(_, Some(request)) => format!("link {request}\n"),
            Self::Installation(_, id) => format!("installation {id}\n"),
        };
        [head.as_bytes(), self.path().as_os_str().as_bytes()].concat()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let line = bytes.iter().position(|it| *it == b'\n')?;
        let head = std::str::from_utf8(&bytes[..line]).ok()?;
        let path = PathBuf::from(OsString::from_vec(bytes[line + 1..].to_vec()));
        match head.split_once(' ') {
            None if head == "link" => Some(Self::Link(path, None)),
            Some(("link", request)) => Some(Self::Link(path, Some(request.to_owned()))),
            Some(("installation", id)) => Some(Self::Installation(path, ObjectId::parse(id)?)),
            _ => None,
        }
    }

    /// The name of its file: one for each place.
    fn name(&self) -> String {
        let place = [self.kind().as_bytes(), b"\n", self.path().as_os_str().as_bytes()].concat();
        Digest::of(&place).digits()
    }
}

impl Held {
    /// Keeps an object for as long as a place needs it.
    ///
    /// # Errors
    ///
    /// Whatever the disk refuses.
    pub fn register(&self, root: &Root) -> Result<(), Failure> {
        let (name, bytes) = (root.name(), root.bytes());
        if fs::read(self.folder("roots").join(&name)).is_ok_and(|it| it == bytes) {
            return Ok(());
        }
        self.write("roots", &name, &bytes)?;
        self.sync("roots")
    }

    /// The name of the request that a result link comes from, by the link's path.
    #[must_use]
    pub(super) fn request_of(&self, link: &Path) -> Option<String> {
        let name = Root::Link(link.to_owned(), None).name();
        match Root::parse(&fs::read(self.folder("roots").join(name)).ok()?)? {
            Root::Link(_, request) => request,
            Root::Installation(..) => None,
        }
    }

    /// Every root, with the object that it keeps: `None` if the place is gone, or needs none of
    /// this store any more.
    ///
    /// # Errors
    ///
    /// A store that cannot be read, and a place of which nobody can say whether it is there.
    pub fn roots(&self) -> Result<Vec<(String, Root, Option<ObjectId>)>, Failure> {
        let mut roots = vec![];
        for name in self.entries("roots")? {
            let file = self.folder("roots").join(&name);
            let bytes = fs::read(&file).map_err(|error| cannot("read", &file, &error))?;
            let Some(root) = Root::parse(&bytes) else {
                let shown = file.display();
                return Err(Failure::Environment(format!("{shown} is no root of this version's")));
            };
            let kept = self.kept(&root).map_err(|error| cannot("read", root.path(), &error))?;
            roots.push((name, root, kept));
        }
        Ok(roots)
    }

    fn kept(&self, root: &Root) -> io::Result<Option<ObjectId>> {
        match root {
            Root::Link(path, _) => match fs::read_link(path) {
                Ok(target) => Ok(self.id_at(&target)),
                // Another thing than a link is there.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(None),
                Err(error) if is_gone(&error) => Ok(None),
                Err(error) => Err(error),
            },
            Root::Installation(path, id) => match fs::symlink_metadata(path) {
                Ok(_) => Ok(Some(*id)),
                Err(error) if is_gone(&error) => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    /// The object of this store that a path leads to.
    #[must_use]
    pub fn id_at(&self, path: &Path) -> Option<ObjectId> {
        let name = path.strip_prefix(self.folder("objects")).ok()?.to_str()?;
        ObjectId::parse(name)
    }
}

fn is_gone(error: &io::Error) -> bool {
    [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind())
}
