//! What can go wrong with a registry, in words, and whose fault it is.

/// A look-up that failed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trouble {
    /// The registry that was asked.
    pub registry: String,
    /// What was asked for: `registry/repository:tag`.
    pub what: String,
    /// What happened.
    pub kind: Kind,
}

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Nothing listens there.
    Refused,
    /// The name of the registry leads nowhere.
    NoHost,
    /// No answer in time; the seconds that one request may take.
    TimedOut(u64),
    /// The connection broke, or was none of HTTP.
    Broken(String),
    /// TLS with the registry failed.
    Tls(String),
    /// TLS was spoken to a registry that does not.
    NotTls,
    /// TLS was not spoken to a registry that does.
    OnlyTls,
    /// The registry wants to know who asks; whether credentials were sent.
    Unauthorised {
        /// Credentials were found for it.
        known: bool,
    },
    /// The registry knows who asks, and refuses.
    Denied,
    /// The registry has no such image.
    NotFound,
    /// Too many requests; what the registry says about when to come back.
    TooMany(Option<String>),
    /// Any other status.
    Status(u16),
    /// The bytes are not those of this digest.
    Mismatch {
        /// The digest that was asked for, or that the registry names.
        wanted: String,
        /// The digest of the bytes.
        found: String,
    },
    /// The answer is nothing that an image can be.
    NoImage(String),
    /// The credentials cannot be read.
    Credentials(String),
}

impl Trouble {
    /// Whether to try again may help: it is no mistake of the user's.
    #[must_use]
    pub fn is_environment(&self) -> bool {
        match self.kind {
            Kind::Refused
            | Kind::NoHost
            | Kind::TimedOut(_)
            | Kind::Broken(_)
            | Kind::Tls(_)
            | Kind::NotTls
            | Kind::OnlyTls
            | Kind::TooMany(_)
            | Kind::Status(_)
            | Kind::Mismatch { .. } => true,
            Kind::Unauthorised { .. }
            | Kind::Denied
            | Kind::NotFound
            | Kind::NoImage(_)
            | Kind::Credentials(_) => false,
        }
    }

    /// Whether it is about the registry as a whole, and the same for every image of it.
    #[must_use]
    pub fn is_of_registry(&self) -> bool {
        match self.kind {
            Kind::Refused
            | Kind::NoHost
            | Kind::TimedOut(_)
            | Kind::Broken(_)
            | Kind::Tls(_)
            | Kind::NotTls
            | Kind::OnlyTls
            | Kind::TooMany(_)
            | Kind::Credentials(_) => true,
            Kind::Unauthorised { .. }
            | Kind::Denied
            | Kind::NotFound
            | Kind::Status(_)
            | Kind::Mismatch { .. }
            | Kind::NoImage(_) => false,
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> String {
        let Self { registry, what, kind } = self;
        match kind {
            Kind::Refused => format!("{registry} refused the connection"),
            Kind::NoHost => format!("there is no host {registry}"),
            Kind::TimedOut(seconds) => {
                format!("{registry} did not answer in {seconds} s")
            }
            Kind::Broken(words) => format!("the connection to {registry} broke: {words}"),
            Kind::Tls(words) => format!("no TLS connection to {registry}: {words}"),
            Kind::NotTls => format!("{registry} does not speak TLS"),
            Kind::OnlyTls => format!("{registry} speaks TLS only"),
            Kind::Unauthorised { known: false } => {
                format!("{registry} wants to know who asks for {what}")
            }
            Kind::Unauthorised { known: true } => {
                format!("{registry} does not accept the credentials for {what}")
            }
            Kind::Denied => format!("{registry} denies access to {what}"),
            Kind::NotFound => format!("{registry} has no image {what}"),
            Kind::TooMany(None) => format!("{registry} is asked too often"),
            Kind::TooMany(Some(when)) => {
                format!("{registry} is asked too often, and wants to be asked again {when}")
            }
            Kind::Status(status) => format!("{registry} answered {status} for {what}"),
            Kind::Mismatch { wanted, found } => {
                format!("{registry} sent other bytes for {what}: {found} instead of {wanted}")
            }
            Kind::NoImage(words) => format!("{what} is no container image: {words}"),
            Kind::Credentials(words) => {
                format!("the credentials for {registry} cannot be read: {words}")
            }
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        let registry = &self.registry;
        match &self.kind {
            Kind::Refused => "Check that the registry runs, and its port".to_owned(),
            Kind::NoHost => {
                "Check the name of the registry, and the machine's name server".to_owned()
            }
            Kind::TimedOut(_) => {
                "Check the network, or allow more time with `--timeout`".to_owned()
            }
            Kind::Broken(_) => "Try again; check the network and any proxy between".to_owned(),
            Kind::Tls(_) => {
                "If the registry's certificate is signed by an authority of your own, name its \
                 certificate with `--ca-file`"
                    .to_owned()
            }
            Kind::NotTls => format!("If that is meant, allow it with `--plain-http {registry}`"),
            Kind::OnlyTls => format!("Leave out `--plain-http {registry}`"),
            Kind::Unauthorised { known: false } => {
                format!(
                    "Log in with `docker login {registry}`; some registries answer so for an image that does not exist"
                )
            }
            Kind::Unauthorised { known: true } => {
                format!("Log in again with `docker login {registry}`")
            }
            Kind::Denied => {
                format!("Ask for access, or log in as somebody else with `docker login {registry}`")
            }
            Kind::NotFound => {
                "Check the repository and the tag; an image that only an engine has is locked with \
                 `--from-engine`"
                    .to_owned()
            }
            Kind::TooMany(_) => {
                format!("Wait; logging in with `docker login {registry}` may allow more")
            }
            Kind::Status(_) => {
                "Try again; if it stays so, ask whoever runs the registry".to_owned()
            }
            Kind::Mismatch { .. } => {
                "The registry, or something between, changes or damages what it sends: use another \
                 way to it"
                    .to_owned()
            }
            Kind::NoImage(_) => "Check what was pushed there".to_owned(),
            Kind::Credentials(_) => format!("Log in again with `docker login {registry}`"),
        }
    }
}

impl Trouble {
    /// The same trouble, with all of a repository.
    #[must_use]
    pub fn of_repository(self) -> Self {
        let what = self.what.trim_end_matches(':').to_owned();
        Self { what, ..self }
    }
}
