//! Signed calls to a real endpoint, for the witness alone. Only this file names reqwest.
//! It must not know what the calls are for.

use std::io;
use std::time::Duration;

use serde_json::Value;

use super::super::request::Request;
use super::super::text;
use super::super::verify;

/// An endpoint and the key that signs.
pub(super) struct Endpoint {
    client: reqwest::Client,
    url: String,
    access_key_id: String,
    secret: String,
    token: Option<String>,
    calls: u64,
    salt: u64,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) json: Value,
}

impl Endpoint {
    /// `address` is a host or a URL; plain http reaches loopback only.
    pub(super) fn open(
        address: &str,
        (access_key_id, secret, token): (String, String, Option<String>),
        salt: u64,
    ) -> io::Result<Self> {
        let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
        let text =
            if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
        let url = reqwest::Url::parse(&text)
            .map_err(|error| invalid(format!("--endpoint {address}: {error}")))?;
        let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err(invalid(format!("--endpoint {address}: plain http is for loopback only")));
        }
        // An error is a provider that is installed already.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .build()
            .map_err(io::Error::other)?;
        let url = text.trim_end_matches('/').to_owned();
        Ok(Self { client, url, access_key_id, secret, token, calls: 0, salt })
    }

    /// The endpoint's host, for the report.
    pub(super) fn host(&self) -> &str {
        self.url.split_once("://").map_or("", |(_, host)| host)
    }

    /// One call, never repeated. `at` is its time in milliseconds since 1970.
    pub(super) async fn call(
        &mut self,
        operation: &str,
        parameters: &[(&str, &str)],
        at: i64,
    ) -> io::Result<Reply> {
        self.calls += 1;
        let time = jiff::Timestamp::from_second(at.div_euclid(1000))
            .map_err(io::Error::other)?
            .to_string();
        let nonce = format!("witness-{:x}-{}", self.salt, self.calls);
        let mut pairs: Vec<(String, String)> = [
            ("Action", operation),
            ("Version", super::super::contract::AICCS),
            ("Format", "JSON"),
            ("Timestamp", &time),
            ("SignatureNonce", &nonce),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("AccessKeyId", &self.access_key_id),
        ]
        .iter()
        .chain(parameters)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
        pairs.extend(self.token.iter().map(|token| ("SecurityToken".to_owned(), token.clone())));
        let unsigned = Request::new(
            "POST",
            &format!("/?{}", text::canonical(pairs.iter())),
            Vec::new(),
            Vec::new(),
        );
        pairs.push(("Signature".to_owned(), verify::signed(&unsigned, &self.secret)));
        let url = format!("{}/?{}", self.url, text::canonical(pairs.iter()));
        // The error must not show the URL: it is signed.
        let plain = |error: reqwest::Error| {
            io::Error::other(format!("{operation}: {}", error.without_url()))
        };
        let answer =
            self.client.post(url).header("content-length", 0).send().await.map_err(plain)?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(plain)?;
        Ok(Reply { status, json: serde_json::from_slice(&body).unwrap_or_default() })
    }
}

impl Reply {
    pub(super) fn succeeded(&self) -> bool {
        self.status == 200 && self.json["Code"] == "OK"
    }

    /// HTTP status and code, as a report says them.
    pub(super) fn words(&self) -> String {
        let code: String =
            self.json["Code"].as_str().unwrap_or("no code").chars().take(60).collect();
        format!("HTTP {} {code}", self.status)
    }
}
