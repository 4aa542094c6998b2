//! clp-gen: compiles a deployment topology to what Docker Compose, Helm or systemd runs.
//!
//! # Steps
//!
//! 1. [`read`]: the user's files become a snapshot; secrets stay outside of it.
//! 2. `nickel::Front::evaluate`: the package and the snapshot become a topology with origins.
//! 3. [`model::check`] and [`model::resolve`] ([`lock`]): what has to hold between its parts; pinned images.
//! 4. [`targets::lower`]: the files of one target, and the trace of where they come from.
//! 5. [`output::write`]: files, manifest, topology and trace, whole or not at all.
//!
//! [`build::build`] calls them in this order.
//!
//! **Invariant.** All input and output of the program is in this crate.

pub mod bounds;
pub mod build;
pub mod build_id;
pub mod check;
pub mod cli;
pub mod corpus;
pub mod diff;
pub mod digest;
pub mod document;
pub mod explain;
pub mod failure;
pub mod files;
pub mod graph;
pub mod init;
pub mod install;
pub mod lock;
pub mod manifest;
pub mod names;
pub mod output;
mod overlay;
pub mod read;
pub mod recheck;
pub mod redact;
pub mod registry;
pub mod report;
pub mod request;
pub mod revision;
pub mod schema;
pub mod seen;
pub mod snapshot;
pub mod stale;
pub mod step;
pub mod store;
mod stray;
pub mod vendor;
pub mod verify;
pub mod yaml;
