//! The pipeline: read, evaluate, check, resolve, lower.

use std::collections::BTreeMap;

use model::{Diagnostic, Place, SecretSource, Topology};
use nickel::{Document, Evaluated, File, Layer, Location, Origins, Report};
use targets::{Lowered, Target};

use crate::digest::Digest;
use crate::failure::Failure;
use crate::read::{InputDigests, Loaded, with_loaded};
use crate::report::Shown;
use crate::request::Request;
use crate::seen::Seen;

/// What a build makes, before it is written.
pub struct Built {
    /// The target.
    pub target: Target,
    /// The files and their trace.
    pub lowered: Lowered,
    /// The topology that they come from.
    pub topology: Topology,
    /// What the configuration and the machine's facts say, defaults included, without secrets.
    pub values: serde_json::Value,
    /// Where its values come from, with the names and lines that an artifact may hold.
    pub origins: serde_json::Value,
    /// What the inputs hash to.
    pub inputs: InputDigests,
    /// The digest of the files.
    pub digest: Digest,
    /// The digest of the lock, where there is one.
    pub lock: Option<Digest>,
    /// Everything that was looked at.
    pub seen: Seen,
    /// The values of `--set`.
    pub sets: Vec<String>,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Shown>,
    /// Words for the user: which defaults were taken.
    pub notes: Vec<String>,
}

/// Builds what `request` names for `target`; writes nothing.
///
/// # Errors
///
/// Every mistake of the user's that can be found, each once.
pub fn build(request: &Request, target: Target, json: bool) -> Result<Built, Failure> {
    with_loaded(request, json, |loaded| Ok(built(loaded, target)?.0))
}

/// Builds what was loaded for `target`, and gives the origins too, to explain problems with.
///
/// # Errors
///
/// Every mistake of the user's that can be found, each once.
pub fn built(loaded: &mut Loaded<'_>, target: Target) -> Result<(Built, Origins), Failure> {
    let Evaluated { topology, mut record, origins, warnings: found } = topology(loaded)?;
    let lowered = targets::lower(target, &topology)
        .map_err(|problems| Failure::Input(explained(loaded, problems, &origins)))?;
    let mut warnings = std::mem::take(&mut loaded.warnings);
    warnings.extend(loaded.shown(found));
    let built = Built {
        target,
        digest: Digest::of_artifact(&lowered.files),
        seen: loaded.seen(),
        sets: loaded.inputs.sets.clone(),
        lowered,
        lock: loaded.lock.as_ref().map(|it| it.digest),
        topology,
        values: serde_json::json!({
            "config": record["config"].take(), "host": record["host"].take(),
        }),
        origins: crate::explain::origins(loaded, &origins),
        inputs: std::mem::take(&mut loaded.digests),
        warnings,
        notes: std::mem::take(&mut loaded.notes),
    };
    Ok((built, origins))
}

/// What everything that was loaded evaluates to, with nothing wrong between its parts.
///
/// # Errors
///
/// Every mistake of the user's, at its place.
pub fn topology(loaded: &mut Loaded<'_>) -> Result<Evaluated, Failure> {
    let evaluated = loaded.evaluate(Layer::Set)?;
    no_secret_overlays(loaded, &evaluated.origins)?;
    let problems = model::check(&evaluated.topology);
    let mut reports = explained(loaded, problems, &evaluated.origins);
    reports.extend(loaded.shown(missing_credentials(loaded, &evaluated.topology)));
    if reports.is_empty() {
        let Evaluated { topology, record, origins, warnings } = evaluated;
        let topology = crate::lock::pin::pinned(loaded, topology, &origins)?;
        return Ok(Evaluated { topology, record, origins, warnings });
    }
    Err(Failure::Input(reports))
}

/// Credentials that the deployment uses and the file, where one was given, does not have: of a
/// section that is not there, only the section.
fn missing_credentials(loaded: &Loaded<'_>, topology: &Topology) -> Vec<Report> {
    let Some(Document { root, text: _ }) = &loaded.inputs.credentials else {
        return vec![];
    };
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for secret in topology.secrets.values() {
        let SecretSource::Credentials(path) = &secret.source else { continue };
        let sections = path.match_indices('.').map(|(at, _)| &path[..at]);
        let absent = sections.chain([path.as_str()]).find(|it| root.find(it).is_none());
        if let Some(absent) = absent {
            let below = path[absent.len()..].trim_start_matches('.');
            missing.entry(absent).or_default().push(below);
        }
    }
    let report = |(path, mut below): (&str, Vec<&str>)| {
        let section = path.rsplit_once('.').and_then(|(section, _)| root.find(section));
        let start = section.map_or(root.span.start, |(_, node)| node.span.start);
        below.sort_unstable();
        let help = match below.as_slice() {
            [""] => "Add it".to_owned(),
            below => format!("Add it, with {}", below.join(" and ")),
        };
        let span = nickel::Span { start, end: start };
        Report::new(format!("`{path}` is missing: this deployment needs it"))
            .key(path)
            .at(Location { file: File::Credentials, span }, "in here")
            .help(help)
    };
    if root.is_empty() && !missing.is_empty() {
        return vec![Report::no_credentials()];
    }
    missing.into_iter().map(report).collect()
}

/// Diagnostics of the topology, at the places where its values were written.
#[must_use]
pub fn explained(loaded: &Loaded<'_>, problems: Vec<Diagnostic>, origins: &Origins) -> Vec<Shown> {
    let reports = problems.into_iter().map(|problem| {
        let Diagnostic { message, path, place, hint, related } = problem;
        let mut places = vec![];
        places.extend(located(origins, &path, place).map(|it| (it, path.clone())));
        if let Some((path, message)) = related {
            places.extend(located(origins, &path, Place::Value).map(|it| (it, message)));
        }
        // What the user wrote comes first: that they can change.
        places.sort_by_key(|(location, _)| location.file.layer() < Layer::Configuration);
        let key = places.first().and_then(|(it, _)| written_key(loaded, it)).unwrap_or(path);
        let report = Report { help: hint, ..Report::new(message).key(key) };
        places.into_iter().fold(report, |report, (location, message)| report.at(location, message))
    });
    loaded.shown(reports.collect())
}

/// The key of a place in one of the user's YAML files.
fn written_key(loaded: &Loaded<'_>, location: &Location) -> Option<String> {
    let document = match location.file {
        File::Config => &loaded.inputs.config,
        File::Host => &loaded.inputs.host,
        _ => return None,
    };
    document.as_ref()?.root.path_at(location.span)
}

fn located(origins: &Origins, path: &str, place: Place) -> Option<Location> {
    let origin = origins.nearest(path)?;
    match place {
        Place::Key => origin.key.clone().or_else(|| Some(origin.value.clone())),
        Place::Value => Some(origin.value.clone()),
    }
}

/// Secrets are read from the configuration at activation, so nothing else may set them.
///
/// # Errors
///
/// An overlay that sets one.
pub(crate) fn no_secret_overlays(loaded: &Loaded<'_>, origins: &Origins) -> Result<(), Failure> {
    let schema = loaded.front.schema(nickel::Input::Config);
    let overlaid = origins.0.iter().filter(|(path, origin)| {
        let keys = path.strip_prefix("config.").map(|it| it.split('.').collect::<Vec<_>>());
        origin.layer >= Layer::Deployment && keys.is_some_and(|keys| schema.is_secret(&keys))
    });
    let reports: Vec<_> = overlaid
        .map(|(path, origin)| {
            let message = format!("`{path}` is a secret: only the configuration file may hold it");
            let help = "Write it into the configuration file: it is read from there at activation";
            let report = Report::new(message).key(path).at(origin.value.clone(), "set here");
            // The lines of the overlay hold the secret.
            loaded.shown(vec![report.help(help)]).remove(0).about(path.clone(), false)
        })
        .collect();
    if reports.is_empty() { Ok(()) } else { Err(Failure::Input(reports)) }
}
