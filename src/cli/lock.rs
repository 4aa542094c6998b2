//! `clp-gen lock`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use model::Name;
use serde_json::{Value as Json, json};

use super::{data, words};
use crate::failure::Failure;
use crate::lock::audit::{Finding, Problem, audit};
use crate::lock::exchange::{self, Form};
use crate::lock::make::{Made, Options, Which, make, shown};
use crate::lock::{Found, Lock as Contents, Locked};
use crate::registry;
use crate::report::Shown;
use crate::request::Request;

/// Look up the digests of images, and pin them
///
/// Asks registries what every image that any configuration of the package can use stands for, and
/// writes that to the lock. An image that the lock has already as it is asked for stays as it is:
/// `lock update` moves it. A build never writes the lock.
///
/// Credentials are those that `docker login` left in Docker's configuration (`DOCKER_CONFIG`, or
/// `.docker` in the home directory), and of the credential helpers that it names.
///
/// Prints each image, what it stands for, and what became of it.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Lock {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    make: Make,
}

#[derive(Subcommand)]
enum Command {
    Update(Update),
    Check(Check),
    Import(Import),
    Export(Export),
}

#[derive(Args)]
struct Make {
    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Lock these images as the container engine has them, by id: for those that are in no
    /// registry. Without a name, every image that the engine has
    #[arg(long, value_name = "NAME", num_args = 0..)]
    from_engine: Option<Vec<String>>,

    #[command(flatten)]
    network: Network,

    #[command(flatten)]
    request: Request,
}

/// Look images up again, although the lock has them
///
/// Prints each image, what it stands for, and what became of it.
#[derive(Args)]
struct Update {
    /// The names of the images [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    #[command(flatten)]
    make: Make,
}

/// Ask whether the lock is still right
///
/// An image has moved if its tag stands for other bytes now, and has vanished if the tag or the
/// bytes that were locked are gone. Exit code 3 if anything is found.
///
/// Prints each image and what is wrong with it.
#[derive(Args)]
struct Check {
    /// Report images, too, that were made more than this many days ago, by their own word
    #[arg(long, value_name = "DAYS")]
    older_than: Option<u32>,

    #[command(flatten)]
    network: Network,

    #[command(flatten)]
    request: Request,
}

/// Take digests from another tool's lock
///
/// Reads the ImagesLock of imgpkg or kbld, or a Compose file that names the images of services with
/// their digests. What it does not name stays as it is in the lock.
#[derive(Args)]
struct Import {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    network: Network,

    #[command(flatten)]
    request: Request,
}

/// Print the lock as another tool's
#[derive(Args)]
struct Export {
    /// The form
    #[arg(long = "as", value_enum)]
    form: ChosenForm,

    #[command(flatten)]
    request: Request,
}

#[derive(Clone, Copy, ValueEnum)]
enum ChosenForm {
    /// The ImagesLock of imgpkg, with kbld's annotations
    ImagesLock,
    /// A Compose file with the images of services, to be merged over another
    Compose,
}

/// How registries are reached.
#[derive(Args)]
struct Network {
    /// Look images of a registry up in another one: `docker.io=mirror.example.org/hub`
    #[arg(long, value_name = "REGISTRY=MIRROR", value_parser = mirror, help_heading = "Network")]
    mirror: Vec<(String, String)>,

    /// Speak to this registry without TLS
    #[arg(long, value_name = "HOST[:PORT]", help_heading = "Network")]
    plain_http: Vec<String>,

    /// Trust these certificates (PEM) besides the system's, or those of `SSL_CERT_FILE`
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    ca_file: Option<PathBuf>,

    /// How long a registry may take to answer one request, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 15, help_heading = "Network",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,

    /// How often to try again where that may help
    #[arg(long, value_name = "TIMES", default_value_t = 3, help_heading = "Network",
          value_parser = clap::value_parser!(u32).range(0..=10))]
    retries: u32,
}

fn mirror(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((registry, mirror))
            if !registry.is_empty()
                && !registry.contains('/')
                && !mirror.starts_with('/')
                && !mirror.is_empty()
                && !mirror.contains("://") =>
        {
            Ok((registry.to_owned(), mirror.trim_end_matches('/').to_owned()))
        }
        _ => {
            Err("write a registry, `=` and the registry that is asked instead, without `https://`"
                .to_owned())
        }
    }
}

impl Network {
    fn options(&self) -> registry::Options {
        let Self { mirror, plain_http, ca_file, timeout, retries } = self;
        registry::Options {
            plain_http: plain_http.iter().cloned().collect(),
            ca_file: ca_file.clone(),
            mirrors: mirror.iter().cloned().collect(),
            timeout: Duration::from_secs(*timeout),
            retries: *retries,
        }
    }
}

impl Lock {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { command, make } = self;
        match command {
            None => make.run(Which::None, json),
            Some(Command::Update(Update { names, make })) => make.run(which(names), json),
            Some(Command::Check(check)) => check.run(json),
            Some(Command::Import(import)) => import.run(json),
            Some(Command::Export(Export { form, request })) => {
                let form = match form {
                    ChosenForm::ImagesLock => Form::ImagesLock,
                    ChosenForm::Compose => Form::Compose,
                };
                data(&exchange::export(request, form, json)?);
                Ok(())
            }
        }
    }
}

/// These images, or each if none is named.
fn which(names: &[String]) -> Which {
    if names.is_empty() { Which::All } else { Which::Named(names.iter().cloned().collect()) }
}

impl Make {
    fn run(&self, update: Which, json: bool) -> Result<(), Failure> {
        let Self { dry_run, from_engine, network, request } = self;
        let from_engine = from_engine.as_deref().map(which).unwrap_or_default();
        let registry = network.options();
        let options = Options { update, from_engine, dry_run: *dry_run, registry };
        print(&make(request, &options, json)?, *dry_run, json);
        Ok(())
    }
}

impl Import {
    fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { file, dry_run, network, request } = self;
        let made = exchange::import(request, file, &network.options(), *dry_run, json)?;
        print(&made, *dry_run, json);
        Ok(())
    }
}

fn print(made: &Made, dry_run: bool, json: bool) {
    let Made { path, lock, before, written, notes } = made;
    let rows = rows(lock, before.as_ref());
    notes.iter().for_each(|it| words(it));
    let shown = path.display();
    let done = match (dry_run, written) {
        (true, _) => format!("{shown} is not written: --dry-run"),
        (false, true) => format!("{shown} is written"),
        (false, false) => format!("{shown} is up to date"),
    };
    words(&done);
    if json {
        let images: Vec<Json> = rows.iter().map(Row::json).collect();
        super::json(&json!({ "lock": path, "written": written, "images": images }));
    } else {
        data(&rows.iter().map(Row::text).collect::<Vec<_>>().join("\n"));
    }
}

/// One image of a lock, and what became of it.
struct Row<'a> {
    name: &'a Name,
    reference: &'a str,
    found: Option<&'a Found>,
    change: &'static str,
    before: Option<&'a Found>,
}

fn rows<'a>(lock: &'a Contents, before: Option<&'a Contents>) -> Vec<Row<'a>> {
    let old: BTreeMap<_, _> = before.into_iter().flat_map(|it| &it.images).collect();
    let names: BTreeSet<&Name> = lock.images.keys().chain(old.keys().copied()).collect();
    let row = |name: &'a Name| {
        let (now, then) = (lock.images.get(name), old.get(name).copied());
        let found = |it: Option<&'a Locked>| it.map(|it| &it.found);
        let change = match (now, then) {
            (Some(now), Some(then)) if now == then => "kept",
            (Some(now), Some(then)) if now.reference == then.reference => "moved",
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "added",
            (None, _) => "removed",
        };
        let reference = now.or(then).map_or("", |it| it.reference.as_str());
        Row { name, reference, found: found(now), change, before: found(then) }
    };
    names.into_iter().map(row).collect()
}

impl Row<'_> {
    fn text(&self) -> String {
        let Self { name, reference, found, change, before } = self;
        let found = found.or(*before).map(shown).unwrap_or_default();
        format!("{change:<8} {name}  {reference}  {found}")
    }

    fn json(&self) -> Json {
        let Self { name, reference, found, change, before } = self;
        let digest = |found: &Option<&Found>, local: bool| match found {
            Some(Found::Registry(manifest)) if !local => Some(manifest.digest.as_str().to_owned()),
            Some(Found::Local { id }) if local => Some(id.as_str().to_owned()),
            _ => None,
        };
        json!({
            "name": name, "reference": reference, "change": change,
            "digest": digest(found, false), "local": digest(found, true),
            "before": digest(before, false).or(digest(before, true)),
        })
    }
}

impl Check {
    fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { older_than, network, request } = self;
        let findings = audit(request, &network.options(), *older_than, json)?;
        let wrong: Vec<&Finding> = findings.iter().filter(|it| !it.problems.is_empty()).collect();
        if json {
            super::json(&json!({ "images": findings }));
        } else {
            data(&findings.iter().map(finding).collect::<Vec<_>>().join("\n"));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        if json {
            // The data say it all.
            return Err(Failure::Differs(vec![]));
        }
        let message =
            format!("{} of {} images are not as they should be", wrong.len(), findings.len());
        let help = "Take over what moved with `clp-gen lock update NAME`, once you trust it";
        Err(Failure::Differs(vec![Shown::plain(message, Some(help.to_owned()))]))
    }
}

fn finding(Finding { name, reference, problems }: &Finding) -> String {
    let problems: Vec<_> = problems.iter().map(Problem::words).collect();
    let problems = if problems.is_empty() { "as locked".to_owned() } else { problems.join("; ") };
    format!("{name}  {reference}  {problems}")
}
