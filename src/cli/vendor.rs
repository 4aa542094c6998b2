//! `clp-gen vendor`.

use std::path::PathBuf;

use clap::Args;

use super::words;
use crate::failure::Failure;
use crate::vendor;

/// Write the Nickel library and the embedded packages, for editors and readers
///
/// A package of your own imports `clp-gen/inputs.ncl` and others, which are inside the program.
/// With the files on disk, Nickel's language server finds them too:
///
///   clp-gen vendor vendor
///   NICKEL_IMPORT_PATH=vendor nls
///
/// A build never reads these files.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Vendor {
    /// Where to write them
    #[arg(value_name = "DIR", default_value = "vendor")]
    directory: PathBuf,

    /// Replace files that hold something else
    #[arg(long)]
    force: bool,
}

impl Vendor {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { directory, force } = self;
        let files = vendor::vendor(directory, *force)?;
        if json {
            super::json(&files);
        } else {
            words(&format!("wrote {} files below {}", files.len(), directory.display()));
        }
        Ok(())
    }
}
