//! A credentials URI: a sidecar that answers with a session.
//! The request is a bare GET; the answer needs HTTP 200 and `Code` `Success`.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::session;
use crate::envelope::text;
use crate::environment::Environment;
use crate::error::{Error, Kind};
use crate::http::{Method, Request};
use crate::key::Credentials;
use crate::text::word;

const SOURCE: &str = "the credentials URI";

/// Connecting and reading (the official SDKs: 5 s and 10 s).
const LIMIT: Duration = Duration::from_secs(15);

/// The host of what follows the scheme, without user, port and brackets.
fn host(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((host, _)) => host,
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// This machine, or what only its own link reaches: sidecars and metadata services.
fn is_near(host: &str) -> bool {
    const METADATA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            address.is_loopback() || address.is_link_local() || address == METADATA
        }
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.segments()[0] & 0xffc0 == 0xfe80
        }
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// The session that `uri` answers with.
pub(super) async fn fetch(uri: &str, outside: &dyn Environment) -> Result<Credentials, Error> {
    let plain = match uri.split_once("://") {
        Some(("http", rest)) => Some(rest),
        Some(("https", _)) => None,
        Some(_) | None => {
            let text = "the credentials URI is no http or https URL";
            return Err(Error::new(Kind::Configuration, text));
        }
    };
    if let Some(rest) = plain
        && !is_near(host(rest))
    {
        let text = format!(
            "the credentials URI uses http towards {}: a session would travel in the open. Plain http is admitted towards \
             loopback, 169.254.0.0/16, fe80::/10 and 100.100.100.200 only; use https",
            word(host(rest))
        );
        return Err(Error::new(Kind::Configuration, text));
    }
    let mut request = Request::new(Method::Get, uri.to_owned());
    request.limit = Some(LIMIT);
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

#[cfg(test)]
mod tests {
    use super::{host, is_near};

    #[test]
    fn plain_http_leads_to_this_machine_and_its_link_only() {
        for (rest, near) in [
            ("127.0.0.1:80/a", true),
            ("127.9.9.9", true),
            ("localhost:8080/session?x=y", true),
            ("LocalHost", true),
            ("[::1]:80/", true),
            ("169.254.170.2/credentials", true),
            ("[fe80::1]/", true),
            ("[febf::1]", true),
            ("100.100.100.200/latest", true),
            ("100.100.100.201", false),
            ("10.0.0.1", false),
            ("192.168.1.1/a", false),
            ("[fec0::1]", false),
            ("sidecar.example.com", false),
            ("localhost.example.com", false),
            ("127.0.0.1@evil.example/", false),
            ("evil.example/127.0.0.1", false),
            ("evil.example\\@127.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_near(host(rest)), near, "{rest}");
        }
    }
}
