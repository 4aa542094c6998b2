//! Looking images up in registries, through the OCI distribution API.
//!
//! # Steps
//!
//! 1. [`place`]: where an image is looked up, from its reference and the mirrors.
//! 2. [`http`]: one request, with retries, over [`tls`]; [`auth`] answers a registry that asks who we are, with
//!    what [`credentials`] finds.
//! 3. [`manifest`]: what the bytes say, once their digest is seen to be right.
//!
//! [`trouble`] is what can go wrong, in words.
//!
//! **Invariant.** A secret goes into a request's header or body and nowhere else: no type that holds
//! one can be printed or serialised. Nothing of an answer is believed before its digest fits.

pub mod auth;
pub mod credentials;
pub mod http;
pub mod manifest;
pub mod place;
pub mod tls;
pub mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::failure::Failure;
use crate::lock::{ImageDigest, Manifest};
use auth::Tokens;
use credentials::Credentials;
use http::{Http, Wanted};
use place::Place;
use trouble::{Kind, Trouble};

/// How registries are reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// Registries (`host:port`) that are spoken to without TLS.
    pub plain_http: BTreeSet<String>,
    /// Certificates to trust besides the system's, in PEM.
    pub ca_file: Option<PathBuf>,
    /// Where images of a registry are looked up instead: `docker.io` to `mirror.example.org/hub`.
    pub mirrors: BTreeMap<String, String>,
    /// How long one request may take.
    pub timeout: Duration,
    /// How often a request that failed in passing is tried again.
    pub retries: u32,
}

/// A client of any number of registries.
pub struct Client {
    http: Http,
    tokens: Tokens,
    credentials: Credentials,
    mirrors: BTreeMap<String, String>,
}

impl Client {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Certificates that cannot be read.
    pub fn new(options: &Options) -> Result<Self, Failure> {
        Ok(Self {
            http: Http::new(options)?,
            tokens: Tokens::default(),
            credentials: Credentials::default(),
            mirrors: options.mirrors.clone(),
        })
    }

    /// Where `repository` is looked up.
    #[must_use]
    pub fn place(&self, repository: &str) -> Place {
        Place::new(repository, &self.mirrors)
    }

    /// What a tag, or a digest, of a place is.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being known.
    pub fn manifest(&self, place: &Place, reference: &str) -> Result<Manifest, Trouble> {
        let bytes = self.verified(place, Wanted::Manifest, reference)?;
        let read = manifest::read(&bytes).map_err(|what| place.trouble(reference, what))?;
        let mut platforms = read.platforms;
        if let Some(config) = read.config {
            let config = self.config(place, &config)?;
            platforms.insert(config.platform(), bytes.digest.clone());
        }
        Ok(Manifest { digest: bytes.digest, media_type: Some(read.media_type), platforms })
    }

    /// When an image says that it was made: the latest of its platforms.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being known.
    pub fn created(
        &self,
        place: &Place,
        manifest: &Manifest,
    ) -> Result<Option<Timestamp>, Trouble> {
        let mut latest = None;
        let platforms: BTreeSet<_> = manifest.platforms.values().collect();
        for digest in platforms {
            let bytes = self.verified(place, Wanted::Manifest, digest.as_str())?;
            let read =
                manifest::read(&bytes).map_err(|what| place.trouble(digest.as_str(), what))?;
            if let Some(config) = read.config {
                latest = latest.max(self.config(place, &config)?.created);
            }
        }
        Ok(latest)
    }

    fn config(&self, place: &Place, digest: &ImageDigest) -> Result<manifest::Config, Trouble> {
        let bytes = self.verified(place, Wanted::Blob, digest.as_str())?;
        manifest::config(&bytes.bytes).map_err(|what| place.trouble(digest.as_str(), what))
    }

    /// The bytes of a manifest or blob, of which the digest is right.
    fn verified(
        &self,
        place: &Place,
        wanted: Wanted,
        reference: &str,
    ) -> Result<manifest::Bytes, Trouble> {
        let authorization = || self.tokens.get(&place.key());
        let mut answer = self.http.get(place, wanted, reference, authorization().as_ref())?;
        if answer.status == 401 {
            let asked = auth::Asked { http: &self.http, credentials: &self.credentials, place };
            let (found, known) = asked.answer(&answer.challenges)?;
            answer = self.http.get(place, wanted, reference, Some(&found))?;
            if answer.status == 401 {
                return Err(place.trouble(reference, Kind::Unauthorised { known }));
            }
            self.tokens.keep(place.key(), found);
        }
        let answer = answer.checked(place, reference)?;
        manifest::verify(answer, reference).map_err(|what| place.trouble(reference, what))
    }
}
