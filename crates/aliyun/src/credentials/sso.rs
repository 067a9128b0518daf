//! The two sign-ins of the Alibaba Cloud CLI, CloudSSO and OAuth: the session they cached, else a fresh one for the cached
//! token. Never renews the token itself: that would end the CLI's own sign-in.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::session;
use crate::environment::Environment;
use crate::error::{Error, Kind};
use crate::http::{Endpoint, Method, Reply, Request};
use crate::key::{Credentials, Secret};

/// Connecting and reading (the official SDKs: 5 s and 10 s).
const LIMIT: Duration = Duration::from_secs(15);

/// A cached session or token with less than this left is not used any more.
const MARGIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(180);

/// A sign-in, as `~/.aliyun/config.json` keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignIn {
    pub(super) kind: SignInKind,
    /// The profile's name, for the message that asks to sign in again.
    pub(super) profile: String,
    pub(super) token: Option<Secret>,
    pub(super) token_expires: Option<Timestamp>,
    /// The session that the CLI cached.
    pub(super) cached: Option<Credentials>,
}

/// Which sign-in, and what it needs beside the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SignInKind {
    CloudSso { url: String, account: String, access_configuration: String },
    OAuth { international: bool },
}

/// A session of the sign-in.
pub(super) async fn fetch(
    sign_in: &SignIn,
    outside: &dyn Environment,
    now: Timestamp,
) -> Result<Credentials, Error> {
    let serves =
        |expires: Option<Timestamp>| expires.is_some_and(|end| end.duration_since(now) > MARGIN);
    if let Some(cached) = sign_in.cached.as_ref().filter(|cached| serves(cached.expires)) {
        return Ok(cached.clone());
    }
    let Some(token) = sign_in.token.as_ref().filter(|_| serves(sign_in.token_expires)) else {
        return Err(sign_in_again(sign_in, "is over"));
    };
    let (name, request) = match &sign_in.kind {
        SignInKind::CloudSso { url, account, access_configuration } => {
            ("CloudSSO", cloud_sso(url, account, access_configuration)?)
        }
        SignInKind::OAuth { international } => ("OAuth", oauth(*international)),
    };
    let mut request = request
        .header("accept", "application/json")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", token.reveal()));
    request.limit = Some(LIMIT);
    let reply = outside.send(request).await?;
    if matches!(reply.status, 401 | 403) {
        return Err(sign_in_again(sign_in, "was refused"));
    }
    read(&sign_in.kind, name, &reply)
}

fn cloud_sso(url: &str, account: &str, access_configuration: &str) -> Result<Request, Error> {
    // Only scheme and host of the sign-in address count; its path is the sign-in page.
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let endpoint = Endpoint::parse(&format!("{scheme}://{host}"))?;
    let mut request = Request::new(Method::Post, format!("{}cloud-credentials", endpoint.url("")));
    let body =
        serde_json::json!({ "AccountId": account, "AccessConfigurationId": access_configuration });
    request.body = body.to_string().into_bytes();
    Ok(request)
}

fn oauth(international: bool) -> Request {
    let host = if international { "oauth.alibabacloud.com" } else { "oauth.aliyun.com" };
    Request::new(Method::Post, format!("https://{host}/v1/exchange"))
}

fn read(kind: &SignInKind, name: &str, reply: &Reply) -> Result<Credentials, Error> {
    let members = session::object(reply, name)?;
    let inner: Option<&Map<String, Value>> = match kind {
        SignInKind::CloudSso { .. } => members.get("CloudCredential").and_then(Value::as_object),
        SignInKind::OAuth { .. } => Some(&members),
    };
    match inner {
        Some(members) => session::read(members, name),
        None => {
            Err(Error::new(Kind::NoCredentials, format!("{name} answered without CloudCredential")))
        }
    }
}

fn sign_in_again(sign_in: &SignIn, why: &str) -> Error {
    let (name, mode) = match sign_in.kind {
        SignInKind::CloudSso { .. } => ("CloudSSO", "CloudSSO"),
        SignInKind::OAuth { .. } => ("OAuth", "OAuth"),
    };
    let profile = &sign_in.profile;
    let message = format!(
        "the {name} sign-in of profile {profile} {why}: run `aliyun configure --mode {mode} --profile {profile}`"
    );
    Error::new(Kind::NoCredentials, message)
}
