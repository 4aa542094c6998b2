//! The files below a folder, each read once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::digest::Digest;
use crate::files::Files;
use crate::seen::SeenFolder;

/// The deepest that brackets may nest in a user's Nickel file.
const DEEPEST: usize = 500;

/// The files below a folder that evaluation asked for, each read once.
pub struct Snapshot<'a> {
    root: Option<PathBuf>,
    from: &'a Files,
    files: RefCell<BTreeMap<String, Option<String>>>,
}

impl<'a> Snapshot<'a> {
    /// A folder; `None` for one that there is not.
    #[must_use]
    pub fn new(root: Option<PathBuf>, from: &'a Files) -> Self {
        Self { root, from, files: RefCell::default() }
    }

    /// The text of a file; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Says why a file that is there cannot be had.
    pub fn read(&self, path: &str) -> Result<Option<String>, String> {
        if let Some(known) = self.files.borrow().get(path) {
            return Ok(known.clone());
        }
        let text = self.fetch(path)?;
        self.files.borrow_mut().insert(path.to_owned(), text.clone());
        Ok(text)
    }

    fn fetch(&self, path: &str) -> Result<Option<String>, String> {
        let Some(root) = &self.root else {
            return Ok(None);
        };
        let Some(real) = self.from.inside(root, path)? else {
            return Ok(None);
        };
        let bytes = self
            .from
            .bytes(&real)
            .map_err(|_| format!("`{path}` cannot be read as a file of at most 4 MiB"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("`{path}` is not UTF-8 text"))?;
        let deep = path.ends_with(".ncl") && depth(&text) > DEEPEST;
        if deep {
            return Err(format!("`{path}` nests brackets deeper than {DEEPEST}"));
        }
        Ok(Some(text))
    }

    /// What was read, or not found, as what to look at again.
    #[must_use]
    pub fn seen(&self) -> Option<SeenFolder> {
        let files = self.files.borrow();
        let files = files.iter().map(|(path, text)| {
            (path.clone(), text.as_ref().map(|text| Digest::of(text.as_bytes())))
        });
        Some(SeenFolder { root: self.root.clone()?, files: files.collect() })
    }

    /// Over every file that was read.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let files = self.files.borrow();
        let read = files.iter().filter_map(|(path, text)| Some((path, text.as_ref()?)));
        let lines = read.map(|(path, text)| format!("{} {path}\n", Digest::of(text.as_bytes())));
        Digest::of(lines.collect::<String>().as_bytes())
    }
}

/// How deep brackets nest, roughly: strings and comments count too.
fn depth(text: &str) -> usize {
    let mut depth: usize = 0;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
