//! The ECS metadata service: the session of the instance's RAM role. Token first (v2), without it (v1) unless disabled.
//! The requests are those of the official SDKs; a new token is fetched for each step.

use std::time::Duration;

use super::session;
use crate::envelope::text;
use crate::environment::Environment;
use crate::error::{Error, Kind};
use crate::http::{Method, Request};
use crate::key::Credentials;

const HOST: &str = "http://100.100.100.200";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
const SOURCE: &str = "the ECS metadata service";

/// Connecting and reading; off an ECS instance nobody answers.
const LIMIT: Duration = Duration::from_secs(2);

/// Seconds a metadata token serves.
const TOKEN_LIFE: &str = "21600";

/// The session of `role`, or of the role that the instance has.
pub(super) async fn fetch(
    role: Option<&str>,
    outside: &dyn Environment,
) -> Result<Credentials, Error> {
    let flag =
        |name: &str| outside.variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if flag("ALIBABA_CLOUD_ECS_METADATA_DISABLED") {
        return Err(Error::new(Kind::NoCredentials, "ALIBABA_CLOUD_ECS_METADATA_DISABLED is true"));
    }
    let tokenless = !flag("ALIBABA_CLOUD_IMDSV1_DISABLED");
    let role = match role {
        Some(role) => role.to_owned(),
        None => role_name(&get(ROLES, tokenless, outside).await?)?,
    };
    let body = get(&format!("{ROLES}{role}"), tokenless, outside).await?;
    let reply = crate::http::Reply { status: 200, body, ..Default::default() };
    let members = session::object(&reply, SOURCE)?;
    if text(&members, "Code").is_some_and(|code| code != "Success") {
        return Err(Error::new(
            Kind::NoCredentials,
            format!("{SOURCE} has no session for the role {role}"),
        ));
    }
    session::read(&members, SOURCE)
}

fn role_name(body: &[u8]) -> Result<String, Error> {
    let name = String::from_utf8_lossy(body).trim().to_owned();
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if plain {
        Ok(name)
    } else {
        Err(Error::new(Kind::NoCredentials, "the instance has no RAM role"))
    }
}

/// One step: a token, then the path with it; without a token where that fails and is admitted.
async fn get(path: &str, tokenless: bool, outside: &dyn Environment) -> Result<Vec<u8>, Error> {
    let token = match fetch_token(outside).await {
        Ok(token) => Some(token),
        Err(_) if tokenless => None,
        Err(error) => return Err(error),
    };
    match read(path, token.as_deref(), outside).await {
        Err(_) if tokenless && token.is_some() => read(path, None, outside).await,
        outcome => outcome,
    }
}

async fn fetch_token(outside: &dyn Environment) -> Result<String, Error> {
    let request = Request::new(Method::Put, format!("{HOST}/latest/api/token"))
        .header("x-aliyun-ecs-metadata-token-ttl-seconds", TOKEN_LIFE);
    let body = send(request, outside).await?;
    Ok(String::from_utf8_lossy(&body).trim().to_owned())
}

async fn read(
    path: &str,
    token: Option<&str>,
    outside: &dyn Environment,
) -> Result<Vec<u8>, Error> {
    let mut request = Request::new(Method::Get, format!("{HOST}{path}"));
    if let Some(token) = token {
        request = request.header("x-aliyun-ecs-metadata-token", token);
    }
    send(request, outside).await
}

async fn send(mut request: Request, outside: &dyn Environment) -> Result<Vec<u8>, Error> {
    request.limit = Some(LIMIT);
    request.direct = true;
    let reply = outside.send(request).await?;
    if reply.status == 200 {
        return Ok(reply.body);
    }
    Err(Error::new(Kind::NoCredentials, format!("{SOURCE} answered HTTP {}", reply.status)))
}
