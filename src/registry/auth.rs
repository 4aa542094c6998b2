//! The answer to a registry that asks who we are: Basic, or a token of the server that it names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_auth::ChallengeRef;
use serde::Deserialize;

use super::credentials::{Credentials, Login};
use super::http::{Http, Token};
use super::place::Place;
use super::trouble::{Kind, Trouble};

/// The value of an `Authorization` header. It cannot be printed.
#[derive(Clone)]
pub struct Authorization(Arc<str>);

impl Authorization {
    fn basic(user: &str, password: &str) -> Self {
        Self(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))).into())
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.0
    }
}

/// What registries accepted, by repository.
#[derive(Default)]
pub struct Tokens(Mutex<BTreeMap<String, Authorization>>);

impl Tokens {
    /// What was accepted for this.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Authorization> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps what was accepted.
    pub fn keep(&self, key: String, authorization: Authorization) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key, authorization);
    }
}

/// A registry that asks who we are.
pub struct Asked<'a> {
    /// How it is reached.
    pub http: &'a Http,
    /// Who we are.
    pub credentials: &'a Credentials,
    /// What is asked for.
    pub place: &'a Place,
}

/// What a token server answers.
#[derive(Deserialize)]
struct Granted {
    token: Option<String>,
    access_token: Option<String>,
}

impl Asked<'_> {
    /// What to send, from the registry's challenges; and whether credentials were found for it.
    ///
    /// # Errors
    ///
    /// No challenge that can be met, and whatever the token server fails with.
    pub fn answer(&self, challenges: &[String]) -> Result<(Authorization, bool), Trouble> {
        let fail = |kind| self.place.trouble("", kind).of_repository();
        let login = self.credentials.of(self.place).map_err(fail)?;
        let known = login.is_some();
        for text in challenges {
            let Ok(parsed) = http_auth::parse_challenges(text) else { continue };
            for challenge in parsed {
                if challenge.scheme.eq_ignore_ascii_case("bearer") {
                    return Ok((self.token(&challenge, login.as_deref())?, known));
                }
                if challenge.scheme.eq_ignore_ascii_case("basic")
                    && let Some(Login::Password { user, password }) = login.as_deref()
                {
                    return Ok((Authorization::basic(user, password), known));
                }
            }
        }
        Err(fail(Kind::Unauthorised { known: false }))
    }

    fn token(
        &self,
        challenge: &ChallengeRef<'_>,
        login: Option<&Login>,
    ) -> Result<Authorization, Trouble> {
        let fail = |kind| self.place.trouble("", kind).of_repository();
        let parameter = |wanted: &str| {
            let mut found =
                challenge.params.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.next().map(|(_, value)| value.to_unescaped())
        };
        let Some(realm) = parameter("realm") else {
            return Err(fail(Kind::Broken("it names no token server".to_owned())));
        };
        let scope = parameter("scope");
        let scope = scope.unwrap_or_else(|| format!("repository:{}:pull", self.place.path));
        let mut query = vec![("scope", scope)];
        query.extend(parameter("service").map(|it| ("service", it)));
        let token = match login {
            None => Token::Anonymous,
            Some(Login::Password { user, password }) => {
                Token::Basic(Authorization::basic(user, password))
            }
            Some(Login::Identity(token)) => Token::Refresh(token),
        };
        let answer = self.http.token(self.place, &realm, &query, token)?;
        if answer.status == 401 || answer.status == 403 {
            return Err(fail(Kind::Unauthorised { known: login.is_some() }));
        }
        if answer.status != 200 {
            return Err(fail(Kind::Broken(format!("its token server answered {}", answer.status))));
        }
        let granted: Option<Granted> = serde_json::from_slice(&answer.bytes).ok();
        let token = granted.and_then(|it| it.token.or(it.access_token));
        let unreadable = || fail(Kind::Broken("its token server gave no token".to_owned()));
        let token = token.ok_or_else(unreadable)?;
        Ok(Authorization(format!("Bearer {token}").into()))
    }
}
