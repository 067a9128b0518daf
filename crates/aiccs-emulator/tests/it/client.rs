//! A client of the emulator that signs by itself and writes its bytes by hand, so that a test
//! decides what is on the wire. It must not use the crate's own client or signer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aiccs_emulator::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Options, Running, start};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// 2026-09-21T14:13:20Z: the emulator's time in these tests.
pub(crate) const NOW: i64 = 1_790_000_000_000;

pub(crate) struct Client<'a> {
    pub(crate) emulator: &'a Running,
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
    pub(crate) acs3: bool,
    pub(crate) now: i64,
}

/// What is asked for, before it is signed.
struct Unsigned<'a> {
    method: &'a str,
    operation: &'a str,
    version: &'a str,
    query: &'a [(&'a str, &'a str)],
    form: &'a [(&'a str, &'a str)],
}

/// What came back; `status` is 0 when the connection was cut.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
    pub(crate) json: Value,
}

/// With a clock that stands still.
pub(crate) async fn emulator(options: Options) -> Running {
    start(Options { clock: Arc::new(|| NOW), ..options }).await.unwrap()
}

pub(crate) async fn fresh() -> Running {
    emulator(Options::default()).await
}

pub(crate) fn set(emulator: &Running, switches: Value) {
    let shown = emulator.control(&json!({ "switches": switches }));
    assert!(shown.get("error").is_none(), "{shown}");
}

impl<'a> Client<'a> {
    pub(crate) fn new(emulator: &'a Running) -> Self {
        let (key, secret) = (ACCESS_KEY_ID.to_owned(), ACCESS_KEY_SECRET.to_owned());
        Self { emulator, key, secret, token: None, acs3: false, now: NOW }
    }

    /// A signed POST with these query parameters.
    pub(crate) async fn call(&self, operation: &str, query: &[(&str, &str)]) -> Reply {
        self.send(&self.request("POST", operation, "2019-10-15", query, &[])).await
    }

    pub(crate) async fn form(
        &self,
        operation: &str,
        query: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Reply {
        self.send(&self.request("POST", operation, "2019-10-15", query, form)).await
    }

    pub(crate) async fn sts(&self, operation: &str, query: &[(&str, &str)]) -> Reply {
        self.send(&self.request("GET", operation, "2015-04-01", query, &[])).await
    }

    /// The bytes of a signed request.
    pub(crate) fn request(
        &self,
        method: &str,
        operation: &str,
        version: &str,
        query: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> String {
        let request = Unsigned { method, operation, version, query, form };
        if self.acs3 { self.acs3(&request) } else { self.rpc(&request) }
    }

    fn rpc(&self, request: &Unsigned<'_>) -> String {
        let Unsigned { method, operation, version, query, form } = *request;
        let (timestamp, nonce) = (self.timestamp(), nonce());
        let mut all = query.to_vec();
        all.extend([
            ("Action", operation),
            ("Version", version),
            ("Format", "JSON"),
            ("Timestamp", &timestamp),
            ("SignatureNonce", &nonce),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("AccessKeyId", &self.key),
        ]);
        all.extend(self.token.as_deref().map(|token| ("SecurityToken", token)));
        let signed = canonical(all.iter().chain(form));
        let mut mac = Hmac::<Sha1>::new_from_slice(format!("{}&", self.secret).as_bytes()).unwrap();
        mac.update(format!("{method}&%2F&{}", encode(&signed)).as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        all.push(("Signature", &signature));
        self.bytes(method, &format!("/?{}", canonical(all.iter())), &[], &canonical(form.iter()))
    }

    fn acs3(&self, request: &Unsigned<'_>) -> String {
        let Unsigned { method, operation, version, query, form } = *request;
        let (body, query) = (canonical(form.iter()), canonical(query.iter()));
        let hash = hex(&Sha256::digest(&body));
        let host = self.emulator.address.to_string();
        let (timestamp, nonce) = (self.timestamp(), nonce());
        let mut headers = vec![
            ("host", host.as_str()),
            ("x-acs-action", operation),
            ("x-acs-content-sha256", &hash),
            ("x-acs-date", &timestamp),
            ("x-acs-signature-nonce", &nonce),
            ("x-acs-version", version),
        ];
        headers.extend(self.token.as_deref().map(|token| ("x-acs-security-token", token)));
        headers.sort_unstable();
        let lines: String =
            headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let canonical = format!("{method}\n/\n{query}\n{lines}\n{names}\n{hash}");
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical))).as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}",
            self.key
        );
        headers.push(("Authorization", &authorization));
        headers.retain(|(name, _)| *name != "host");
        self.bytes(method, &format!("/?{query}"), &headers, &body)
    }

    pub(crate) fn bytes(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\n", self.emulator.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            head.push_str("content-type: application/x-www-form-urlencoded\r\n");
        }
        format!(
            "{head}user-agent: by-hand/1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    pub(crate) async fn send(&self, bytes: &str) -> Reply {
        let mut stream = TcpStream::connect(self.emulator.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        Reply::parse(&String::from_utf8(answer).unwrap())
    }

    fn timestamp(&self) -> String {
        let seconds = self.now.div_euclid(1000);
        jiff::Timestamp::from_second(seconds).unwrap().to_string()
    }
}

impl Reply {
    fn parse(answer: &str) -> Self {
        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
        let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
        let json = serde_json::from_str(text).unwrap_or_default();
        Self { status, head: head.to_ascii_lowercase(), text: text.to_owned(), json }
    }

    pub(crate) fn code(&self) -> &str {
        self.json["Code"].as_str().unwrap_or_default()
    }

    /// `Data` of an answer that must be a success.
    pub(crate) fn data(&self) -> &Value {
        assert_eq!((self.status, self.code()), (200, "OK"), "{}", self.text);
        assert_eq!(self.json["Success"], true, "{}", self.text);
        &self.json["Data"]
    }

    /// `Data` as an id, exactly as its digits stand in the answer.
    pub(crate) fn id(&self) -> String {
        self.data().to_string()
    }
}

pub(crate) fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

pub(crate) fn canonical<'a>(pairs: impl Iterator<Item = &'a (&'a str, &'a str)>) -> String {
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn nonce() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("nonce-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
