//! Whether a lock is still right: what moved, what is gone, what is old.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Image, Name};
use serde::Serialize;

use super::make::{must_be_online, with_situation};
use super::{Found, Locked, Manifest, look_up};
use crate::failure::Failure;
use crate::install::engine;
use crate::registry::trouble::{Kind, Trouble};
use crate::registry::{self, Client};
use crate::request::Request;

/// The seconds of a day.
const DAY: i64 = 86_400;

/// What is known of one image of the lock.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// Its name in the package.
    pub name: Name,
    /// What was asked for.
    pub reference: String,
    /// What is wrong with it; nothing if it is as it was.
    pub problems: Vec<Problem>,
}

/// What is wrong with an image of the lock.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// The tag stands for other bytes now: these.
    Moved(String),
    /// Nothing has this tag any more.
    TagVanished,
    /// Nothing has these bytes any more.
    DigestVanished,
    /// It says that it was made so many days ago.
    Old(i64),
}

impl Problem {
    /// The problem in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Moved(digest) => format!("moved: it is {digest} now"),
            Self::TagVanished => "vanished: the tag is gone".to_owned(),
            Self::DigestVanished => "vanished: what was locked is gone".to_owned(),
            Self::Old(days) => format!("old: made {days} days ago"),
        }
    }
}

/// Asks registries, and the engine for local images, about every image of the lock.
///
/// # Errors
///
/// No lock, and whatever keeps an image from being asked about.
pub fn audit(
    request: &Request,
    options: &registry::Options,
    older_than_days: Option<u32>,
    json: bool,
) -> Result<Vec<Finding>, Failure> {
    with_situation(request, json, |situation| {
        let Some(read) = &situation.before else {
            let message = format!("there is no {}", situation.path.display());
            return Err(Failure::input(message, "Make it with `clp-gen lock`"));
        };
        let images = &read.lock.images;
        let remote: BTreeMap<Name, Locked> = images
            .iter()
            .filter(|(_, it)| matches!(it.found, Found::Registry(_)))
            .map(|(name, it)| (name.clone(), it.clone()))
            .collect();
        let mut findings = local(images)?;
        if !remote.is_empty() {
            must_be_online(request, remote.values().map(|it| it.reference.clone()))?;
            let client = Client::new(options)?;
            let now = Timestamp::now();
            let ask = |locked: &Locked| asked(&client, locked, older_than_days, now);
            let answers = look_up::all(&remote, &ask);
            let answers = look_up::answered(situation.loaded, &situation.origins, answers)?;
            findings.extend(answers.into_iter().map(|(name, problems)| {
                let reference = images[&name].reference.clone();
                Finding { name, reference, problems }
            }));
        }
        findings.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(findings)
    })
}

/// What a registry knows of one image.
fn asked(
    client: &Client,
    locked: &Locked,
    older_than_days: Option<u32>,
    now: Timestamp,
) -> Result<Vec<Problem>, Trouble> {
    let Found::Registry(Manifest { digest, .. }) = &locked.found else {
        return Ok(vec![]);
    };
    let Image { repository, tag, .. } = image(&locked.reference);
    let place = client.place(&repository);
    let mut problems = vec![];
    match client.manifest(&place, &tag) {
        Ok(found) if found.digest == *digest => {}
        Ok(found) => problems.push(Problem::Moved(found.digest.as_str().to_owned())),
        Err(Trouble { kind: Kind::NotFound, .. }) => problems.push(Problem::TagVanished),
        Err(trouble) => return Err(trouble),
    }
    let locked = match client.manifest(&place, digest.as_str()) {
        Ok(found) => found,
        Err(Trouble { kind: Kind::NotFound, .. }) => {
            problems.push(Problem::DigestVanished);
            return Ok(problems);
        }
        Err(trouble) => return Err(trouble),
    };
    if let Some(most) = older_than_days
        && let Some(created) = client.created(&place, &locked)?
    {
        let days = (now.as_second() - created.as_second()) / DAY;
        if days > i64::from(most) {
            problems.push(Problem::Old(days));
        }
    }
    Ok(problems)
}

/// The parts of a `repository:tag`.
#[must_use]
pub fn image(reference: &str) -> Image {
    let (repository, tag) = reference.rsplit_once(':').unwrap_or((reference, "latest"));
    let (repository, tag) = (repository.to_owned(), tag.to_owned());
    Image { repository, tag, digest: None, local: None }
}

/// What the engine knows of local images.
fn local(images: &BTreeMap<Name, Locked>) -> Result<Vec<Finding>, Failure> {
    let mut findings = vec![];
    for (name, Locked { reference, found }) in images {
        let Found::Local { id } = found else { continue };
        let found = engine::image_id(reference).map_err(Failure::Environment)?;
        let problem = match found {
            Some(found) if found == *id => None,
            Some(found) => Some(Problem::Moved(found.as_str().to_owned())),
            None => Some(Problem::TagVanished),
        };
        let (name, reference) = (name.clone(), reference.clone());
        findings.push(Finding { name, reference, problems: problem.into_iter().collect() });
    }
    Ok(findings)
}
