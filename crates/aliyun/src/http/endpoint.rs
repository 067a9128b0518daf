//! Where a service is: scheme, host and port, and who says so. No request is sent here.

use std::net::IpAddr;

use crate::error::{Error, Kind};
use crate::text::address;

/// Scheme, host and port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: reqwest::Url,
    /// The argument or variable that names it.
    set_by: Option<String>,
}

impl Endpoint {
    /// Reads `host`, `host:port` or `scheme://host[:port]`; the scheme is https unless named.
    ///
    /// `http` is admitted towards loopback only: everything else would send credentials in the open.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why: &str| Err(Error::new(Kind::Configuration, format!("the endpoint {why}")));
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let Ok(url) = reqwest::Url::parse(&full) else {
            return wrong("is neither a host name nor a URL");
        };
        if url.host_str().is_none_or(str::is_empty) {
            return wrong("names no host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("must not hold a user name or password");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return wrong("must be a host with an optional port, without path and query");
        }
        let endpoint = Self { url, set_by: None };
        match endpoint.url.scheme() {
            "https" => Ok(endpoint),
            "http" if endpoint.is_loopback() => Ok(endpoint),
            "http" => wrong(
                "uses http, which is admitted towards loopback only: credentials and telephone numbers would travel in the open",
            ),
            _ => wrong("must use https"),
        }
    }

    /// The same endpoint, with the argument or variable that names it.
    #[must_use]
    pub fn set_by(self, name: &str) -> Self {
        Self { set_by: Some(name.to_owned()), ..self }
    }

    /// The URL and what set it, if anything did.
    pub(crate) fn origin(&self) -> Option<(String, String)> {
        let url = self.url.to_string().trim_end_matches('/').to_owned();
        self.set_by.clone().map(|by| (url, by))
    }

    /// What somebody wrote as an endpoint, fit for a message: without user, password and query.
    pub fn shown(text: &str) -> String {
        address(text).trim_end_matches('/').to_owned()
    }

    /// Host and port as in the header `Host`: the scheme's default port is left out.
    pub(crate) fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// The host's name or address.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The URL of the path `/` with this query, which is already encoded.
    pub fn url(&self, query: &str) -> String {
        if query.is_empty() { self.url.to_string() } else { format!("{}?{query}", self.url) }
    }

    /// Whether the host is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(self.host())
    }
}

/// Whether a host's name or address is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_hosts_and_http_stays_on_this_machine() {
        let check = |text: &str, expected: &str| {
            let told = match Endpoint::parse(text) {
                Ok(endpoint) => format!("{} {}", endpoint.url("a=b"), endpoint.authority()),
                Err(error) => format!("error: {}", error.message),
            };
            assert!(told.starts_with(expected), "{text}: {told}");
        };
        check("aiccs.aliyuncs.com", "https://aiccs.aliyuncs.com/?a=b aiccs.aliyuncs.com");
        check(
            "https://AICCS.aliyuncs.com:443/",
            "https://aiccs.aliyuncs.com/?a=b aiccs.aliyuncs.com",
        );
        check("proxy.example:8443", "https://proxy.example:8443/?a=b proxy.example:8443");
        check("http://127.0.0.1:8080", "http://127.0.0.1:8080/?a=b 127.0.0.1:8080");
        check("http://[::1]:80", "http://[::1]/?a=b [::1]");
        check("http://localhost:1", "http://localhost:1/?a=b localhost:1");
        check("http://aiccs.aliyuncs.com", "error: the endpoint uses http");
        check("http://127.0.0.1.example.com", "error: the endpoint uses http");
        check("ftp://aiccs.aliyuncs.com", "error: the endpoint must use https");
        check("https://user:pw@aiccs.aliyuncs.com", "error: the endpoint must not hold");
        check("https://aiccs.aliyuncs.com/path", "error: the endpoint must be a host");
        check("https://", "error: the endpoint");
        check("", "error: the endpoint");
    }
}
