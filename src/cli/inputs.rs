//! `clp-gen inputs`.

use clap::Args;
use nickel::Input;
use serde_json::{Map, Value as Json, json};

use super::{data, raw};
use crate::failure::Failure;
use crate::read::{Loaded, with_loaded};
use crate::redact::redact;
use crate::request::Request;

/// Say which inputs a build reads, or write the configuration without its secrets
///
/// Prints each input with its file and digest. With `--redacted`, prints the configuration with
/// something else in place of every secret, and without comments: it builds to the same artifact,
/// can lie where anybody may read it, and is refused by an installation.
#[derive(Args)]
pub(super) struct Inputs {
    /// Print the configuration without its secrets
    #[arg(long)]
    redacted: bool,

    #[command(flatten)]
    request: Request,
}

impl Inputs {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { redacted, request } = self;
        with_loaded(request, json, |loaded| match redacted {
            true => print_redacted(loaded, request, json),
            false => print(loaded, json),
        })
    }
}

fn print_redacted(loaded: &Loaded<'_>, request: &Request, json: bool) -> Result<(), Failure> {
    let text = match loaded.paths.get("config") {
        Some(path) => {
            let schema = loaded.front.schema(Input::Config);
            redact(&request.files.bytes(path)?, &schema, &path.display().to_string())?
        }
        None => String::new(),
    };
    if json {
        super::json(&json!({ "config": text }))
    } else {
        raw(&text)
    }
    Ok(())
}

fn print(loaded: &Loaded<'_>, json: bool) -> Result<(), Failure> {
    let lock = ("lock".to_owned(), loaded.lock.as_ref().map(|it| it.digest));
    let digests = loaded.digests.clone().into_iter().chain([lock]);
    let rows = digests.map(|(name, digest)| {
        let path = match name.as_str() {
            "lock" => Some(loaded.lock_path.clone()).filter(|_| loaded.lock.is_some()),
            name => loaded.paths.get(name).cloned(),
        };
        (name, path, digest)
    });
    if json {
        let rows =
            rows.map(|(name, path, digest)| (name, json!({ "path": path, "digest": digest })));
        super::json(&Json::Object(rows.collect::<Map<_, _>>()));
        return Ok(());
    }
    for (name, path, digest) in rows {
        let digest = digest.map_or("absent".to_owned(), |it| it.to_string());
        let path = path.map(|it| format!("  {}", it.display())).unwrap_or_default();
        data(&format!("{name:<15}{digest}{path}"));
    }
    Ok(())
}
