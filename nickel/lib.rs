//! The front end: contracts, packages, and what users wrote, as a [`Topology`](model::Topology).
//!
//! **Invariant.** Only this crate knows of Nickel. It knows no target, reads no file (the driver
//! gives it texts) and names no package but those that it embeds.

mod blame;
mod budget;
mod decode;
mod front;
mod layers;
mod library;
mod node;
mod origins;
mod report;
mod schema;
mod sources;
mod syntax;
mod tree;
mod unknown;

pub use budget::Budget;
pub use decode::Evaluated;
pub use front::{Front, Input, Inputs};
pub use layers::Layer;
pub use node::{Entry, Node, Span, Value};
pub use origins::{File, Location, Origin, Origins};
pub use report::{Label, Report};
pub use schema::{Field, Form, Kind, Schema};
pub use sources::{Folder, ReadFile};
pub use unknown::{STRAY, similar};

/// A user's YAML file: what it says, and its text as reports may show it (secrets blotted out,
/// with the same lines and columns).
#[derive(Clone, Debug)]
pub struct Document {
    /// The text.
    pub text: String,
    /// What it says. An empty file is an empty map.
    pub root: Node,
}

/// The names of the packages that the program brings along.
#[must_use]
pub fn embedded_packages() -> Vec<&'static str> {
    library::PACKAGES.iter().map(|package| package.name).collect()
}

/// The library and the embedded packages, as they are inside the program: path, text.
#[must_use]
pub fn embedded_files() -> Vec<(String, &'static str)> {
    let library = library::LIBRARY.iter().map(|(path, text)| ((*path).to_owned(), *text));
    let packages = library::PACKAGES.iter().flat_map(|package| {
        package.files.iter().map(|(path, text)| (format!("{}/{path}", package.name), *text))
    });
    library.chain(packages).collect()
}
