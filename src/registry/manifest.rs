//! What the bytes of a manifest say, once they are seen to be the right ones.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest as _, Sha256, Sha512};

use super::http::Answer;
use super::trouble::Kind;
use crate::lock::ImageDigest;

/// The media types of indexes.
const INDEXES: [&str; 2] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

/// The media types of manifests.
const MANIFESTS: [&str; 2] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// The media types of an image's configuration; other manifests are of charts, signatures, ….
const CONFIGS: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/// What is asked for. A registry that is asked for fewer types gives another digest for the same
/// tag, or none.
#[must_use]
pub fn accepted() -> String {
    [INDEXES, MANIFESTS].concat().join(", ")
}

/// Bytes that are what their digest says.
pub struct Bytes {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Their digest.
    pub digest: ImageDigest,
    /// The media type that the registry names.
    pub content_type: Option<String>,
}

/// What a manifest or an index says.
pub struct Read {
    /// Its media type.
    pub media_type: String,
    /// The manifests of an index by platform.
    pub platforms: BTreeMap<String, ImageDigest>,
    /// The configuration of a single manifest.
    pub config: Option<ImageDigest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u32,
    media_type: Option<String>,
    config: Option<Descriptor>,
    manifests: Option<Vec<Descriptor>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
    #[serde(rename = "os.version")]
    version: Option<String>,
}

/// The part of an image's configuration that matters here.
pub struct Config {
    platform: Platform,
    /// When it says that it was made.
    pub created: Option<Timestamp>,
}

impl Config {
    /// The platform that it is for.
    #[must_use]
    pub fn platform(&self) -> String {
        self.platform.name()
    }
}

impl Platform {
    /// `os/architecture`, and what else tells it from others.
    fn name(&self) -> String {
        let Self { os, architecture, variant, version } = self;
        let variant = variant.as_ref().filter(|it| !it.is_empty()).map(|it| format!("/{it}"));
        let version = version.as_ref().filter(|it| !it.is_empty()).map(|it| format!(":{it}"));
        format!("{os}/{architecture}{}{}", variant.unwrap_or_default(), version.unwrap_or_default())
    }

    /// Whether it is one: an attestation has none.
    fn is_known(&self) -> bool {
        self.os != "unknown" && self.architecture != "unknown"
    }
}

/// The bytes of an answer, unless they are not those of the digest that was asked for or that the
/// registry names.
///
/// # Errors
///
/// Other bytes.
pub fn verify(answer: Answer, reference: &str) -> Result<Bytes, Kind> {
    let Answer { status: _, challenges: _, digest: named, content_type, bytes } = answer;
    let asked = ImageDigest::parse(reference);
    if let (Some(asked), Some(named)) = (&asked, &named)
        && asked.as_str() != named
        && asked.as_str().split(':').next() == named.split(':').next()
    {
        return Err(Kind::Mismatch { wanted: asked.as_str().to_owned(), found: named.clone() });
    }
    let wanted = match (asked, named) {
        (Some(asked), _) => Some(asked),
        (None, Some(named)) => {
            let unreadable = || Kind::NoImage(format!("its digest is `{named}`"));
            Some(ImageDigest::parse(&named).ok_or_else(unreadable)?)
        }
        (None, None) => None,
    };
    let digest = of(&bytes, wanted.as_ref());
    match wanted {
        Some(wanted) if wanted != digest => Err(Kind::Mismatch {
            wanted: wanted.as_str().to_owned(),
            found: digest.as_str().to_owned(),
        }),
        _ => Ok(Bytes { bytes, digest, content_type }),
    }
}

/// The digest of bytes, by the algorithm of `like`.
fn of(bytes: &[u8], like: Option<&ImageDigest>) -> ImageDigest {
    let hex = |bytes: &[u8]| bytes.iter().map(|it| format!("{it:02x}")).collect::<String>();
    let text = match like {
        Some(like) if like.as_str().starts_with("sha512:") => {
            format!("sha512:{}", hex(&Sha512::digest(bytes)))
        }
        _ => format!("sha256:{}", hex(&Sha256::digest(bytes))),
    };
    ImageDigest::parse(&text).expect("it was made here")
}

/// What a manifest or an index says.
///
/// # Errors
///
/// What is neither, or of something else than a container image.
pub fn read(bytes: &Bytes) -> Result<Read, Kind> {
    let Document { schema_version, media_type, config, manifests } =
        serde_json::from_slice(&bytes.bytes)
            .map_err(|_| Kind::NoImage("its manifest cannot be read".to_owned()))?;
    let declared = bytes
        .content_type
        .clone()
        .filter(|it| INDEXES.contains(&it.as_str()) || MANIFESTS.contains(&it.as_str()));
    let media_type = media_type.or(declared).unwrap_or_else(|| {
        if manifests.is_some() { INDEXES[0].to_owned() } else { MANIFESTS[0].to_owned() }
    });
    if schema_version != 2 {
        return Err(Kind::NoImage(format!("its manifest has the old schema {schema_version}")));
    }
    if INDEXES.contains(&media_type.as_str()) {
        let platforms = platforms(manifests.unwrap_or_default())?;
        return Ok(Read { media_type, platforms, config: None });
    }
    if !MANIFESTS.contains(&media_type.as_str()) {
        return Err(Kind::NoImage(format!("its media type is {media_type}")));
    }
    let Some(config) = config else {
        return Err(Kind::NoImage("its manifest has no configuration".to_owned()));
    };
    if !CONFIGS.contains(&config.media_type.as_str()) {
        return Err(Kind::NoImage(format!("its configuration is of type {}", config.media_type)));
    }
    Ok(Read { media_type, platforms: BTreeMap::new(), config: Some(digest(&config.digest)?) })
}

fn platforms(manifests: Vec<Descriptor>) -> Result<BTreeMap<String, ImageDigest>, Kind> {
    let mut platforms = BTreeMap::new();
    for Descriptor { media_type, digest: found, platform } in manifests {
        let Some(platform) = platform.filter(Platform::is_known) else { continue };
        if MANIFESTS.contains(&media_type.as_str()) {
            // The first one is what engines take.
            platforms.entry(platform.name()).or_insert(digest(&found)?);
        }
    }
    if platforms.is_empty() {
        return Err(Kind::NoImage("its index names no platform".to_owned()));
    }
    Ok(platforms)
}

fn digest(text: &str) -> Result<ImageDigest, Kind> {
    let wrong = || Kind::NoImage(format!("`{text}` is no digest"));
    ImageDigest::parse(text).ok_or_else(wrong)
}

/// What an image's configuration says.
///
/// # Errors
///
/// What is none.
pub fn config(bytes: &[u8]) -> Result<Config, Kind> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(flatten)]
        platform: Platform,
        created: Option<String>,
    }
    let Wire { platform, created } = serde_json::from_slice(bytes)
        .map_err(|_| Kind::NoImage("its configuration cannot be read".to_owned()))?;
    Ok(Config { platform, created: created.and_then(|it| it.parse().ok()) })
}
