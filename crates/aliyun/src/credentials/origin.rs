//! Where a key comes from, as a value, and the one place that fetches it.
//! Knows no file format and no order of sources.

use jiff::Timestamp;

use super::sso::{self, SignIn};
use super::sts::{self, Role, Token};
use super::{external, metadata, uri};
use crate::environment::{BoxFuture, Environment, expand};
use crate::error::{Error, Kind};
use crate::key::Credentials;

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A program prints it.
    External(String),
    /// It is there already.
    Key(Credentials),
    /// The ECS instance has a role, this one if it is named.
    Metadata(Option<String>),
    /// An identity token is exchanged for a session.
    Oidc { provider_arn: String, token: Token, role: Role },
    /// A session of a role, for the owner of another key.
    Role { base: Box<Origin>, role: Role },
    /// A sign-in of the CLI.
    SignIn(SignIn),
    /// A sidecar answers with it.
    Uri(String),
}

/// Fetches a key. Whatever fails here fails before any call of AICCS.
pub(super) fn fetch<'a>(
    origin: &'a Origin,
    outside: &'a dyn Environment,
    now: Timestamp,
) -> BoxFuture<'a, Result<Credentials, Error>> {
    Box::pin(async move {
        match origin {
            Origin::External(command) => external::fetch(command, outside).await,
            Origin::Key(credentials) => Ok(credentials.clone()),
            Origin::Metadata(role) => metadata::fetch(role.as_deref(), outside).await,
            Origin::Oidc { provider_arn, token, role } => {
                let token = read_token(token, outside)?;
                sts::assume_role_with_oidc(provider_arn, &token, role, outside, now).await
            }
            Origin::Role { base, role } => {
                let base = fetch(base, outside, now).await?;
                sts::assume_role(&base, role, outside, now).await
            }
            Origin::SignIn(sign_in) => sso::fetch(sign_in, outside, now).await,
            Origin::Uri(uri) => uri::fetch(uri, outside).await,
        }
    })
}

/// The token's text; the line end of a file is not part of it.
fn read_token(token: &Token, outside: &dyn Environment) -> Result<String, Error> {
    let text = match token {
        Token::Text(text) => text.reveal().to_owned(),
        Token::File(path) => {
            let wrong = |why: String| {
                Error::new(Kind::NoCredentials, format!("the OIDC token file {path} {why}"))
            };
            let bytes = outside
                .read(&expand(path, outside))
                .map_err(|error| wrong(format!("cannot be read: {}", error.kind())))?;
            String::from_utf8(bytes).map_err(|_| wrong("is no text".to_owned()))?
        }
    };
    match text.trim() {
        "" => Err(Error::new(Kind::NoCredentials, "the OIDC token is empty")),
        token => Ok(token.to_owned()),
    }
}
