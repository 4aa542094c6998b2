//! The pipeline: read, evaluate, check, resolve, lower.

use model::{Diagnostic, Place, Topology};
use nickel::{Layer, Location, Origins, Report};
use targets::{Lowered, Target};

use crate::digest::Digest;
use crate::failure::Failure;
use crate::read::{InputDigests, Loaded, with_loaded};
use crate::report::Shown;
use crate::request::Request;

/// What a build makes, before it is written.
pub struct Built {
    /// The target.
    pub target: Target,
    /// The files and their trace.
    pub lowered: Lowered,
    /// The topology that they come from.
    pub topology: Topology,
    /// Where its values come from, with the names and lines that an artifact may hold.
    pub origins: serde_json::Value,
    /// What the inputs hash to.
    pub inputs: InputDigests,
    /// The digest of the files.
    pub digest: Digest,
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
    with_loaded(request, json, |loaded| {
        let evaluated = loaded.evaluate(Layer::Set)?;
        no_secret_overlays(loaded, &evaluated.origins)?;
        let topology = checked(loaded, evaluated.topology, &evaluated.origins)?;
        let topology = model::resolve(topology);
        let lowered = targets::lower(target, &topology)
            .map_err(|problems| explained(loaded, problems, &evaluated.origins))?;
        let mut warnings = std::mem::take(&mut loaded.warnings);
        warnings.extend(loaded.shown(evaluated.warnings));
        Ok(Built {
            target,
            digest: Digest::of_artifact(&lowered.files),
            lowered,
            topology,
            origins: crate::explain::origins(loaded, &evaluated.origins),
            inputs: std::mem::take(&mut loaded.digests),
            warnings,
            notes: std::mem::take(&mut loaded.notes),
        })
    })
}

/// `topology`, with nothing wrong between its parts.
///
/// # Errors
///
/// Everything that is wrong between its parts, at the places where that was written.
pub fn checked(
    loaded: &Loaded<'_>,
    topology: Topology,
    origins: &Origins,
) -> Result<Topology, Failure> {
    let problems = model::check(&topology);
    if problems.is_empty() {
        return Ok(topology);
    }
    Err(explained(loaded, problems, origins))
}

/// Diagnostics of the topology, at the places where its values were written.
#[must_use]
pub fn explained(loaded: &Loaded<'_>, problems: Vec<Diagnostic>, origins: &Origins) -> Failure {
    let reports = problems.into_iter().map(|problem| {
        let Diagnostic { message, path, place, hint, related } = problem;
        let mut report = Report::new(message).key(path.clone());
        if let Some(location) = located(origins, &path, place) {
            report = report.at(location, path);
        }
        if let Some((path, message)) = related
            && let Some(location) = located(origins, &path, Place::Value)
        {
            report = report.at(location, message);
        }
        Report { help: hint, ..report }
    });
    Failure::Input(loaded.shown(reports.collect()))
}

fn located(origins: &Origins, path: &str, place: Place) -> Option<Location> {
    let origin = origins.nearest(path)?;
    match place {
        Place::Key => origin.key.clone().or_else(|| Some(origin.value.clone())),
        Place::Value => Some(origin.value.clone()),
    }
}

/// Secrets are read from the configuration at activation, so nothing else may set them.
fn no_secret_overlays(loaded: &Loaded<'_>, origins: &Origins) -> Result<(), Failure> {
    let schema = loaded.front.schema(nickel::Input::Config);
    let overlaid = origins.0.iter().filter(|(path, origin)| {
        let keys = path.strip_prefix("config.").map(|it| it.split('.').collect::<Vec<_>>());
        origin.layer >= Layer::Deployment && keys.is_some_and(|keys| schema.is_secret(&keys))
    });
    let reports: Vec<_> = overlaid
        .map(|(path, origin)| {
            Report::new(format!("`{path}` is a secret: only the configuration file may hold it"))
                .key(path.clone())
                .at(
                    Location { span: nickel::Span::default(), ..origin.value.clone() },
                    "set in this file",
                )
                .help("Write it into the configuration file: it is read from there at activation")
        })
        .collect();
    if reports.is_empty() { Ok(()) } else { Err(Failure::Input(loaded.shown(reports))) }
}
