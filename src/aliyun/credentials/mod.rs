//! Credentials: what they are, where they come from, and how long they serve. Secrets never show in `Debug`.
//! Knows no AICCS operation; the outside world comes as `Surroundings`.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::error::Error;
use super::surroundings::Surroundings;

/// A text that no `Debug` shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for signing and sending, for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// An access key, of a user or of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// The access key secret.
    pub access_key_secret: Secret,
    /// The security token of a session.
    pub security_token: Option<Secret>,
    /// When a session ends; none: it does not, or nobody said.
    pub expires: Option<Timestamp>,
}

/// Where credentials come from. Cloning shares the source and what it has fetched.
#[derive(Clone, Debug)]
pub struct Source(Arc<Inner>);

#[derive(Debug)]
enum Inner {
    Fixed(Credentials),
}

impl Source {
    /// Credentials that are there already.
    pub fn fixed(credentials: Credentials) -> Self {
        Self(Arc::new(Inner::Fixed(credentials)))
    }

    /// Credentials that serve now; fetched if need be.
    pub async fn current(&self, _surroundings: &dyn Surroundings) -> Result<Credentials, Error> {
        match &*self.0 {
            Inner::Fixed(credentials) => Ok(credentials.clone()),
        }
    }
}
