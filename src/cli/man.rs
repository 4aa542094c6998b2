//! `clp-gen man`.

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::{Arguments, words};
use crate::failure::Failure;

/// Write the manual pages: clp-gen(1), and one for each subcommand
#[derive(Args)]
pub(super) struct Man {
    /// Where to write them
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Man {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let Self { directory } = self;
        let command = Arguments::command().disable_help_subcommand(true);
        let write = || -> io::Result<()> {
            fs::create_dir_all(directory)?;
            clap_mangen::generate_to(command, directory)
        };
        write().map_err(|error| {
            let message = format!("cannot write manual pages to {}: {error}", directory.display());
            Failure::Environment(message)
        })?;
        words(&format!("wrote the manual pages to {}", directory.display()));
        Ok(())
    }
}
