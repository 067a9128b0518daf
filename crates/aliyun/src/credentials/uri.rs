//! A credentials URI: a sidecar that answers with a session.
//! The request is a bare GET; the answer needs HTTP 200 and `Code` `Success`.

use std::time::Duration;

use super::session;
use crate::envelope::text;
use crate::environment::Environment;
use crate::error::{Error, Kind};
use crate::http::{Method, Request};
use crate::key::Credentials;

const SOURCE: &str = "the credentials URI";

/// Connecting and reading (the official SDKs: 5 s and 10 s).
const LIMIT: Duration = Duration::from_secs(15);

/// The session that `uri` answers with.
pub(super) async fn fetch(uri: &str, outside: &dyn Environment) -> Result<Credentials, Error> {
    if !uri.starts_with("http://") && !uri.starts_with("https://") {
        return Err(Error::new(Kind::Configuration, "the credentials URI is no http or https URL"));
    }
    let mut request = Request::new(Method::Get, uri.to_owned());
    request.limit = Some(LIMIT);
    request.direct = uri.starts_with("http://"); // a sidecar, not a site behind a proxy
    let reply = outside.send(request).await?;
    let members = session::object(&reply, SOURCE)?;
    if text(&members, "Code").as_deref() != Some("Success") {
        return Err(Error::new(
            Kind::NoCredentials,
            format!("{SOURCE} answered without Code Success"),
        ));
    }
    session::read(&members, SOURCE)
}
