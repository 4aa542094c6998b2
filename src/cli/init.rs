//! `clp-gen init`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{data, words};
use crate::failure::Failure;
use crate::init::{self, Initialised};
use crate::request::Request;

/// Make the files that an installation needs, where there are none
///
/// Writes the facts of this machine (processors, user, group, a random instance id), credentials
/// with random passwords that only you may read, and a configuration in which every key is a
/// comment. Overwrites nothing.
#[derive(Args)]
pub(super) struct Init {
    /// Take over an installation by other tools in this directory: its id and its owner. The
    /// files are made in it
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,

    #[command(flatten)]
    request: Request,
}

impl Init {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { from, request } = self;
        let Initialised { files, notes } = init::init(request, from.as_deref(), json)?;
        notes.iter().for_each(|note| words(note));
        if json {
            let files = files.iter().map(|it| json!({ "path": it.path, "kept": it.kept }));
            super::json(&json!({ "files": files.collect::<Vec<_>>() }));
            return Ok(());
        }
        for file in files {
            let what = if file.kept { "is there already" } else { "written" };
            data(&format!("{}  {what}", file.path.display()));
        }
        Ok(())
    }
}
