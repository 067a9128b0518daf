//! An access key with its secret, as a value. Secrets never show in `Debug`.
//! Knows nothing of where keys come from.

use std::fmt;

use jiff::Timestamp;

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

impl Credentials {
    /// A user's access key.
    pub fn of_user(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            access_key_id: id.into(),
            access_key_secret: Secret::new(secret),
            security_token: None,
            expires: None,
        }
    }

    /// The access key of a session.
    pub(crate) fn of_session(
        id: impl Into<String>,
        secret: impl Into<String>,
        token: impl Into<String>,
    ) -> Self {
        Self { security_token: Some(Secret::new(token)), ..Self::of_user(id, secret) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Credentials::of_session("LTAI", "MARKERsecret", "MARKERtoken"));
        assert!(
            shown.contains("LTAI") && shown.contains("***") && !shown.contains("MARKER"),
            "{shown}"
        );
    }
}
