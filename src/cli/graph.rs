//! `clp-gen graph`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use model::Topology;

use super::{aside, raw};
use crate::check::{Checked, check};
use crate::diff::side::Side;
use crate::failure::Failure;
use crate::graph::{self, Graph};
use crate::request::Request;

/// Draw what runs, and what waits for what
///
/// Arrows lead from what comes first to what waits for it, and say until when: `started`,
/// `healthy` or `completed`; `connects` comes from what runs elsewhere. With `--diff`, what only
/// one of two sides has is marked.
#[derive(Args)]
pub(super) struct Draw {
    /// How to draw it
    #[arg(long = "as", value_enum, default_value_t = Language::Mermaid, value_name = "LANGUAGE")]
    language: Language,

    /// Mark what changes from A to B: directories that `build` wrote [default for B: what the
    /// inputs give now]
    #[arg(long, num_args = 1..=2, value_names = ["A", "B"])]
    diff: Vec<PathBuf>,

    #[command(flatten)]
    request: Request,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    /// For Markdown: Mermaid
    Mermaid,
    /// For Graphviz
    Dot,
    /// A picture
    Svg,
}

impl Draw {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let graph = match self.diff.as_slice() {
            [] => Graph::of(&self.now(json)?),
            [before] => Graph::compared(&built(before)?, &self.now(json)?),
            [before, after, ..] => Graph::compared(&built(before)?, &built(after)?),
        };
        if json {
            super::json(&graph);
            return Ok(());
        }
        raw(&match self.language {
            Language::Mermaid => graph::mermaid(&graph),
            Language::Dot => graph::dot(&graph),
            Language::Svg => graph::svg(&graph),
        });
        Ok(())
    }

    /// What the inputs give.
    fn now(&self, json: bool) -> Result<Topology, Failure> {
        let Checked { topology, targets: _, warnings, notes } = check(&self.request, None, json)?;
        aside(&warnings, &notes);
        Ok(topology)
    }
}

/// The topology of something that was built.
fn built(directory: &Path) -> Result<Topology, Failure> {
    let shown = directory.display();
    if !directory.is_dir() {
        let message = format!("there is no directory {shown}");
        return Err(Failure::input(message, "Name one that `clp-gen build` wrote"));
    }
    let known = Side::directory(directory)?.known.map_err(|why| {
        Failure::input(format!("{shown}: {why}"), "Name a directory that `clp-gen build` wrote")
    })?;
    Ok(known.topology)
}
