//! One request to a registry, tried again where that may help.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::time::Duration;

use jiff::Timestamp;
use ureq::http::{HeaderMap, Response, header};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, TcpConnector};
use ureq::{Agent, Body};

use super::Options;
use super::auth::Authorization;
use super::manifest;
use super::place::Place;
use super::tls::{Tls, is_authority};
use super::trouble::{Kind, Trouble};
use crate::failure::Failure;

/// The largest manifest, and the largest configuration of an image, in bytes.
const MOST_BYTES: u64 = 4 << 20;

/// The longest that a registry may ask us to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long the first wait is where the registry says nothing; each later one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// What a repository is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// A manifest or an index.
    Manifest,
    /// Anything else.
    Blob,
}

/// How a token server is asked.
pub enum Token<'a> {
    /// Without saying who we are.
    Anonymous,
    /// With name and password.
    Basic(Authorization),
    /// With a token of its own.
    Refresh(&'a str),
}

/// What came back.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The `WWW-Authenticate` headers.
    pub challenges: Vec<String>,
    /// The `Docker-Content-Digest` header.
    pub digest: Option<String>,
    /// The `Content-Type` header, without parameters.
    pub content_type: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

/// The way to registries.
pub struct Http {
    agent: Agent,
    plain: BTreeSet<String>,
    timeout: Duration,
    retries: u32,
}

impl Http {
    /// The way to registries, with the certificates to trust.
    ///
    /// # Errors
    ///
    /// Certificates that cannot be read.
    pub fn new(options: &Options) -> Result<Self, Failure> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(options.timeout))
            .user_agent(concat!("clp-gen/", env!("CARGO_PKG_VERSION")))
            .build();
        let connector = ().chain(ConnectProxyConnector::default());
        let connector = connector.chain(TcpConnector::default()).chain(Tls::new(options)?);
        let agent = Agent::with_parts(config, connector, DefaultResolver::default());
        let (plain, timeout) = (options.plain_http.clone(), options.timeout);
        Ok(Self { agent, plain, timeout, retries: options.retries })
    }

    /// Asks a repository for a manifest or blob.
    ///
    /// # Errors
    ///
    /// No answer, or one that is not for us.
    pub fn get(
        &self,
        place: &Place,
        wanted: Wanted,
        reference: &str,
        authorization: Option<&Authorization>,
    ) -> Result<Answer, Trouble> {
        let kind = match wanted {
            Wanted::Manifest => "manifests",
            Wanted::Blob => "blobs",
        };
        let url =
            format!("{}{}/v2/{}/{kind}/{reference}", self.scheme(place), place.host(), place.path);
        let send = || {
            let mut request = self.agent.get(&url);
            if matches!(wanted, Wanted::Manifest) {
                request = request.header(header::ACCEPT, manifest::accepted());
            }
            if let Some(authorization) = authorization {
                request = request.header(header::AUTHORIZATION, authorization.value());
            }
            request.call()
        };
        self.tried(place, reference, &send)
    }

    /// Asks a token server.
    ///
    /// # Errors
    ///
    /// No answer, and a server that would have to be told credentials in the clear.
    pub fn token(
        &self,
        place: &Place,
        realm: &str,
        query: &[(&str, String)],
        token: Token<'_>,
    ) -> Result<Answer, Trouble> {
        self.must_be_safe(place, realm, &token)?;
        let pairs = || query.iter().map(|(name, value)| (*name, value.as_str()));
        let send = || match &token {
            Token::Anonymous => self.agent.get(realm).query_pairs(pairs()).call(),
            Token::Basic(authorization) => self
                .agent
                .get(realm)
                .query_pairs(pairs())
                .header(header::AUTHORIZATION, authorization.value())
                .call(),
            Token::Refresh(token) => {
                let grant = [("grant_type", "refresh_token"), ("client_id", "clp-gen")];
                let form = grant.into_iter().chain([("refresh_token", *token)]).chain(pairs());
                self.agent.post(realm).send_form(form)
            }
        };
        self.tried(place, "", &send).map_err(Trouble::of_repository)
    }

    fn scheme(&self, place: &Place) -> &'static str {
        if self.is_plain(&place.registry) { "http://" } else { "https://" }
    }

    fn is_plain(&self, registry: &str) -> bool {
        self.plain.contains(registry)
    }

    /// Refuses a token server that speaks no TLS, unless that was asked for.
    fn must_be_safe(&self, place: &Place, realm: &str, token: &Token<'_>) -> Result<(), Trouble> {
        let secure = realm.starts_with("https://");
        let host = realm.strip_prefix("http://").and_then(|it| it.split('/').next());
        let allowed = host.is_some_and(|it| self.is_plain(it) || self.is_plain(&place.registry));
        if secure || allowed || (matches!(token, Token::Anonymous) && host.is_some()) {
            return Ok(());
        }
        let words = "its token server would be told the credentials without TLS".to_owned();
        Err(place.trouble("", Kind::Credentials(words)).of_repository())
    }

    /// Sends a request until it is answered or will not be.
    fn tried(
        &self,
        place: &Place,
        reference: &str,
        send: &dyn Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Answer, Trouble> {
        let mut wait = FIRST_WAIT;
        for attempt in 0.. {
            let last = attempt >= self.retries;
            let trouble = match send().and_then(answer) {
                Ok((answer, after)) if answer.status == 429 => {
                    let pause = after.as_deref().map_or(Some(wait), pause);
                    if last || pause.is_none_or(|it| it > LONGEST_WAIT) {
                        return Err(
                            place.trouble(reference, Kind::TooMany(after.map(|it| when(&it))))
                        );
                    }
                    wait = wait.max(pause.unwrap_or(wait));
                    None
                }
                Ok((answer, _)) if !matches!(answer.status, 500 | 502..=504) || last => {
                    return Ok(answer);
                }
                Ok((_, after)) => {
                    let asked = after.as_deref().and_then(pause).unwrap_or(wait);
                    wait = wait.max(asked.min(LONGEST_WAIT));
                    None
                }
                Err(error) => Some(error),
            };
            if let Some(error) = trouble {
                let kind = self.kind(&error);
                let in_passing = match kind {
                    // What is silent twice is silent.
                    Kind::TimedOut(_) => attempt == 0,
                    Kind::Broken(_) => true,
                    _ => false,
                };
                if last || !in_passing {
                    return Err(place.trouble(reference, kind));
                }
            }
            std::thread::sleep(wait);
            wait *= 2;
        }
        unreachable!("the last attempt returns")
    }

    /// What an error means.
    fn kind(&self, error: &ureq::Error) -> Kind {
        match error {
            ureq::Error::Timeout(_) => Kind::TimedOut(self.timeout.as_secs()),
            ureq::Error::HostNotFound => Kind::NoHost,
            ureq::Error::Io(error) => match error.get_ref().and_then(|it| it.downcast_ref()) {
                Some(error) => tls(error),
                None => io(error, self.timeout),
            },
            ureq::Error::BodyExceedsLimit(_) => {
                Kind::NoImage(format!("what it sends is larger than {} MiB", MOST_BYTES >> 20))
            }
            error => Kind::Broken(error.to_string()),
        }
    }
}

fn io(error: &std::io::Error, timeout: Duration) -> Kind {
    match error.kind() {
        ErrorKind::ConnectionRefused => Kind::Refused,
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Kind::TimedOut(timeout.as_secs()),
        // The standard library has no kind for it.
        _ if error.to_string().contains("Name or service not known") => Kind::NoHost,
        _ => Kind::Broken(error.to_string()),
    }
}

fn tls(error: &rustls::Error) -> Kind {
    match error {
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => Kind::NotTls,
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => {
            Kind::Tls("nobody that this machine trusts signed its certificate".to_owned())
        }
        error if is_authority(error) => Kind::Tls(
            "it signed its certificate itself, and nobody here trusts that one".to_owned(),
        ),
        error => Kind::Tls(error.to_string()),
    }
}

/// An answer that was read whole, and when to come back.
fn answer(response: Response<Body>) -> Result<(Answer, Option<String>), ureq::Error> {
    let (parts, mut body) = response.into_parts();
    let bytes = body.with_config().limit(MOST_BYTES).read_to_vec()?;
    let text = |headers: &HeaderMap, name: &str| {
        headers.get(name).and_then(|it| it.to_str().ok()).map(|it| it.trim().to_owned())
    };
    let challenges = parts.headers.get_all(header::WWW_AUTHENTICATE).iter();
    let content_type = text(&parts.headers, "content-type");
    let answer = Answer {
        status: parts.status.as_u16(),
        challenges: challenges.filter_map(|it| it.to_str().ok()).map(ToOwned::to_owned).collect(),
        digest: text(&parts.headers, "docker-content-digest"),
        content_type: content_type.map(|it| it.split(';').next().unwrap_or("").trim().to_owned()),
        bytes,
    };
    Ok((answer, text(&parts.headers, "retry-after")))
}

impl Answer {
    /// The answer, if it is what was asked for.
    ///
    /// # Errors
    ///
    /// What the status says.
    pub fn checked(self, place: &Place, reference: &str) -> Result<Self, Trouble> {
        let kind = match self.status {
            200 => return Ok(self),
            403 => Kind::Denied,
            404 => Kind::NotFound,
            400 if String::from_utf8_lossy(&self.bytes).contains("to an HTTPS server") => {
                Kind::OnlyTls
            }
            status => Kind::Status(status),
        };
        Err(place.trouble(reference, kind))
    }
}

/// How long a `Retry-After` header asks to wait: seconds, or a date.
fn pause(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(date - Timestamp::now()).unwrap_or_default())
}

/// A `Retry-After` header in words.
fn when(text: &str) -> String {
    match text.parse::<u64>() {
        Ok(seconds) => format!("in {seconds} s"),
        Err(_) if pause(text).is_some() => format!("after {text}"),
        Err(_) => "later".to_owned(),
    }
}
