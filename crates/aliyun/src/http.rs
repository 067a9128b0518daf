//! One request, one answer, over the network: redirects and repetitions off. Only this file and its folder name reqwest.
//! Knows nothing of signatures, credentials or operations; puts no URL into an error.

mod endpoint;
mod failure;
mod proxy;

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::connecting::Connecting;
use super::error::{Error, Kind, Processed};
use super::key::Secret;
use super::text::word;

pub use self::endpoint::Endpoint;
use self::failure::{deepest, failure};
pub use self::proxy::Proxies;

/// The longest body that is read.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// A kept connection is not used again after resting this long: the service may have closed it, and a write on a closed
/// connection is an answer lost.
const LONGEST_REST: Duration = Duration::from_secs(15);

/// The HTTP method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
}

impl Method {
    /// The method as it stands in the request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// A request, ready to be sent. No `Debug`: URL and headers hold signatures and tokens.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL, encoded; signed, so never shown.
    pub url: String,
    /// Headers beyond `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// A bound for the whole exchange, where it is tighter than the client's timeouts.
    pub limit: Option<Duration>,
    /// The longest body that is read, in bytes.
    pub longest: usize,
    /// Never through a proxy (metadata services; loopback never is).
    pub direct: bool,
    /// What it holds that nobody is to see: the answer may echo it.
    pub secrets: Vec<Secret>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, url: String) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: Vec::new(),
            limit: None,
            longest: LONGEST_BODY,
            direct: false,
            secrets: Vec::new(),
        }
    }

    /// The same request with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// The answer to a request.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The server's clock (header `Date`).
    pub date: Option<Timestamp>,
    /// The service's wish for a pause (`x-acs-retry-after`, milliseconds; else `Retry-After`, seconds).
    pub retry_after: Option<Duration>,
    /// The header `Content-Type`.
    pub content_type: String,
    /// The header `Location`.
    pub location: Option<String>,
    /// The body. May hold secrets (STS answers): not logged.
    pub body: Vec<u8>,
    /// What the request held that nobody is to see.
    pub secrets: Vec<Secret>,
}

/// What is shorter is no secret, but may well be part of any word.
const SHORTEST_SECRET: usize = 6;

impl Reply {
    /// A text of this answer without what the request held that nobody is to see. To be done before anything else changes the
    /// text: half a secret is not found any more.
    pub(crate) fn without_secrets(&self, mut text: String) -> String {
        let secrets = self.secrets.iter().map(Secret::reveal);
        for secret in secrets.filter(|secret| secret.len() >= SHORTEST_SECRET) {
            if text.contains(secret) {
                text = text.replace(secret, "[a secret]");
            }
        }
        text
    }
}

/// How to reach the network.
#[derive(Clone, Debug)]
pub struct Options {
    /// The longest wait for a connection, TLS included.
    pub connect_timeout: Duration,
    /// The longest wait for a whole answer once the connection stands.
    pub read_timeout: Duration,
    /// Which proxy leads where.
    pub proxies: Proxies,
    /// More roots, PEM.
    pub ca_bundle: Option<Vec<u8>>,
    /// The header `User-Agent`.
    pub user_agent: String,
}

/// How a request travels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// https, without a proxy.
    Direct,
    /// http, without a proxy: no certificate is looked at, so that a machine without roots serves.
    Plain,
    /// Through the proxy that the variables name.
    Proxied,
}

/// The network. Connections are kept; clients are built at the first request, since that reads the system's roots.
pub struct Http {
    options: Options,
    roots: Vec<reqwest::Certificate>,
    /// One for each [`Way`].
    clients: [OnceLock<reqwest::Client>; 3],
    connecting: Connecting,
}

impl Http {
    /// Touches nothing yet; reads the certificate bundle, which may be none.
    pub fn new(options: Options) -> Result<Self, Error> {
        let roots = options.ca_bundle.as_deref().map_or_else(|| Ok(Vec::new()), roots)?;
        Ok(Self { options, roots, clients: Default::default(), connecting: Connecting::new() })
    }

    /// Sends a request once and reads the whole answer, whatever its status.
    pub async fn send(&self, request: Request) -> Result<Reply, Error> {
        let Ok(url) = reqwest::Url::parse(&request.url) else {
            return Err(Error::new(Kind::Configuration, "the request's URL is malformed"));
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let client = self.client(self.way(&url, request.direct))?;
        let host = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
        };
        let mut builder = client.request(method, url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(limit) = request.limit {
            builder = builder.timeout(limit);
        }
        let (body, secrets, longest) = (request.body, request.secrets, request.longest);
        if request.method != Method::Get {
            builder = builder.header("content-length", body.len()).body(body);
        }
        let began = tokio::time::Instant::now();
        let response = tokio::select! {
            sent = builder.send() => sent.map_err(|error| failure(error, &host))?,
            () = self.connecting.silence(self.options.read_timeout) => return Err(silent(&host)),
        };
        // For the whole answer: one that drips would come for ever.
        let end = began.max(self.connecting.idle_since()) + self.options.read_timeout;
        let reply = read(response, &host, end, longest).await?;
        Ok(Reply { secrets, ..reply })
    }

    fn way(&self, url: &reqwest::Url, direct: bool) -> Way {
        let proxy = if direct { None } else { self.options.proxies.for_url(url) };
        match proxy {
            Some(_) => Way::Proxied,
            None if url.scheme() == "https" => Way::Direct,
            None => Way::Plain,
        }
    }

    fn client(&self, way: Way) -> Result<&reqwest::Client, Error> {
        let slot = &self.clients[way as usize];
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let client = build(&self.options, &self.roots, &self.connecting, way)?;
        Ok(slot.get_or_init(|| client))
    }
}

fn roots(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, Error> {
    match reqwest::Certificate::from_pem_bundle(pem) {
        Ok(roots) if !roots.is_empty() => Ok(roots),
        Ok(_) | Err(_) => {
            Err(Error::new(Kind::Configuration, "ca_bundle holds no PEM certificate"))
        }
    }
}

fn build(
    options: &Options,
    roots: &[reqwest::Certificate],
    connecting: &Connecting,
    way: Way,
) -> Result<reqwest::Client, Error> {
    // Somebody else may have installed a provider already: then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(options.connect_timeout)
        .connector_layer(connecting.clone())
        // It counts from the request on; the wait for the head of an answer is bounded more closely.
        .read_timeout(options.connect_timeout + options.read_timeout)
        .pool_idle_timeout(LONGEST_REST)
        .tcp_nodelay(true)
        .http1_only()
        .user_agent(&options.user_agent)
        .no_proxy();
    if way == Way::Proxied {
        let proxies = options.proxies.clone();
        builder = builder.proxy(reqwest::Proxy::custom(move |url| proxies.for_url(url)));
    }
    builder = match (way, roots) {
        (Way::Plain, _) => builder.tls_certs_only([]),
        (Way::Direct | Way::Proxied, []) => builder,
        (Way::Direct | Way::Proxied, roots) => builder.tls_certs_merge(roots.iter().cloned()),
    };
    builder.build().map_err(|error| {
        let cause = deepest(&error.without_url());
        if cause.contains("No CA certificates") {
            return Error::new(Kind::Configuration, NO_ROOTS);
        }
        Error::new(Kind::Configuration, format!("the HTTP client could not be set up: {cause}"))
    })
}

const NO_ROOTS: &str = "this machine has no certificate roots, so that no https server can be verified: install the package \
                        ca-certificates, or name a file of roots in SSL_CERT_FILE or in the argument ca_bundle";

/// The request has left, and nothing came back for so long.
fn silent(host: &str) -> Error {
    let mut error = Error::new(Kind::Timeout, format!("no answer from {host} in time"));
    error.processed = Processed::Unknown;
    error
}

async fn read(
    mut response: reqwest::Response,
    host: &str,
    end: tokio::time::Instant,
    longest: usize,
) -> Result<Reply, Error> {
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .trim()
    };
    let encoding = header("content-encoding");
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        let text =
            format!("{host} sent a compressed answer ({}), which nobody asked for", word(encoding));
        let mut error = Error::new(Kind::Unreadable, text);
        error.http_status = Some(response.status().as_u16());
        return Err(error);
    }
    let number = |name: &str| header(name).parse::<u64>().ok().filter(|number| *number > 0);
    let mut reply = Reply {
        status: response.status().as_u16(),
        date: DateTimeParser::new().parse_timestamp(header("date")).ok(),
        retry_after: number("x-acs-retry-after")
            .map(Duration::from_millis)
            .or_else(|| number("retry-after").map(Duration::from_secs)),
        content_type: header("content-type").to_owned(),
        location: Some(header("location").to_owned()).filter(|location| !location.is_empty()),
        body: Vec::new(),
        secrets: Vec::new(),
    };
    loop {
        let Ok(chunk) = tokio::time::timeout_at(end, response.chunk()).await else {
            return Err(silent(host));
        };
        match chunk {
            Ok(Some(chunk)) if reply.body.len() + chunk.len() <= longest => {
                reply.body.extend_from_slice(&chunk)
            }
            Ok(Some(_)) => {
                let kind = if longest < LONGEST_BODY { Kind::TooLong } else { Kind::Unreadable };
                let mut error = Error::new(kind, format!("{host} sent more than {longest} bytes"));
                error.http_status = Some(reply.status);
                return Err(error);
            }
            Ok(None) => return Ok(reply),
            Err(error) => return Err(failure(error, host)),
        }
    }
}
