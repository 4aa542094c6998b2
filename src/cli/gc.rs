//! `clp-gen gc`.

use clap::Args;
use serde_json::json;

use super::store::Place;
use super::{data, words};
use crate::failure::Failure;
use crate::store::Collected;

/// Remove from the store what no result link and no installation needs
///
/// Waits for builds that are going on, and they for it.
///
/// Prints what was removed, with its size in bytes.
#[derive(Args)]
pub(super) struct Gc {
    /// Remove nothing; print what would be
    #[arg(long)]
    dry_run: bool,

    /// Keep this many of the objects that nothing needs, the youngest ones
    #[arg(long, value_name = "N", default_value_t = 0)]
    keep: usize,

    #[command(flatten)]
    store: Place,
}

impl Gc {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { dry_run, keep, store } = self;
        let store = store.find()?;
        let collected = match store.exists() {
            true => store.alone()?.collect(*keep, *dry_run)?,
            false => Collected::default(),
        };
        let Collected { objects, kept, roots } = collected;
        if json {
            let removed =
                objects.iter().map(|(id, size)| json!({ "object": id.to_string(), "bytes": size }));
            super::json(&json!({
                "dry_run": dry_run, "removed": removed.collect::<Vec<_>>(), "kept": kept,
                "roots": roots,
            }));
            return Ok(());
        }
        objects.iter().for_each(|(id, size)| data(&format!("{id}  {size}")));
        let bytes: u64 = objects.iter().map(|(_, size)| size).sum();
        let what = if *dry_run { "would be removed" } else { "removed" };
        words(&format!(
            "{what}: objects {}, bytes {bytes}, links and installations that are gone {roots}; \
             objects that stay {kept}",
            objects.len()
        ));
        Ok(())
    }
}
