//! `clp-gen store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{data, words};
use crate::failure::Failure;
use crate::store;

/// Where the store is.
#[derive(Args)]
pub(super) struct Place {
    /// The store [default: CLP_GEN_STORE, else clp-gen/store in the user's data directory]
    #[arg(long, value_name = "DIR", global = true)]
    store: Option<PathBuf>,
}

impl Place {
    /// The store.
    pub(super) fn find(&self) -> Result<store::Store, Failure> {
        store::Store::find(self.store.as_deref())
    }

    /// The store, if there can be one.
    pub(super) fn find_for_keeping(&self) -> Result<Option<store::Store>, Failure> {
        match self.find() {
            Err(Failure::Input(_)) if self.store.is_none() => Ok(None),
            found => found.map(Some),
        }
    }
}

/// Look into the store of everything that was built
#[derive(Args)]
pub(super) struct Store {
    #[command(flatten)]
    place: Place,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the objects, and what keeps each of them
    Ls,
    /// Read every object again, and name those that are not what they were
    Verify,
}

impl Store {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { place, command } = self;
        let store = place.find()?;
        match command {
            Command::Ls => list(&store, json),
            Command::Verify => verify(&store, json),
        }
    }
}

fn list(store: &store::Store, json: bool) -> Result<(), Failure> {
    let listed = if store.exists() { store.share()?.list()? } else { vec![] };
    if json {
        super::json(&json!({ "store": store.place(), "objects": listed }));
        return Ok(());
    }
    for it in &listed {
        let what = match &it.variant {
            Some(variant) => format!("{} {} {variant} {}", it.target, it.package, it.version),
            None => format!("{} {} {}", it.target, it.package, it.version),
        };
        data(&format!("{}  {what}  {}", it.path, it.artifact));
        it.roots.iter().for_each(|root| data(&format!("  {}  {}", root.kind, root.path)));
    }
    words(&format!("{}: objects {}", store.place().display(), listed.len()));
    Ok(())
}

fn verify(store: &store::Store, json: bool) -> Result<(), Failure> {
    let (objects, damaged) = match store.exists() {
        true => store.share()?.damaged()?,
        false => (0, vec![]),
    };
    let shown: Vec<String> = damaged.iter().map(ToString::to_string).collect();
    if json {
        super::json(&json!({ "store": store.place(), "objects": objects, "damaged": shown }));
    } else {
        shown.iter().for_each(|id| data(&format!("damaged  {id}")));
        words(&format!("objects {objects}, damaged {}", shown.len()));
    }
    if damaged.is_empty() { Ok(()) } else { Err(Failure::Differs(vec![])) }
}
