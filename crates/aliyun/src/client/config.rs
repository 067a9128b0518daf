//! How a client calls the service, and how long a call may take. Calls nothing.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::account::Accounts;
use crate::credentials::Source;
use crate::http::{Endpoint, Proxies};
use crate::request::SignatureMethod;

/// How to call the service.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Scheme, host and port of AICCS.
    pub endpoint: Endpoint,
    /// Endpoints of other products, by the product's name in RAM actions; the others are at `endpoint`.
    pub products: Vec<(&'static str, Endpoint)>,
    /// Which signature the requests carry.
    pub signature: SignatureMethod,
    /// Where credentials come from.
    pub credentials: Source,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest wait for a whole answer once the connection stands.
    pub read_timeout: Duration,
    /// How often a request is sent again; throttling does not count.
    pub max_retries: u32,
    /// No request is sent again later than this after its call began; none: the call's own deadline alone.
    pub max_retry_timeout: Option<Duration>,
    /// The most requests a second, all callers together; none: no limit.
    pub requests_per_second: Option<f64>,
    /// More certificate roots, PEM.
    pub ca_bundle: Option<Vec<u8>>,
    /// Which proxy leads where.
    pub proxies: Proxies,
    /// The header `User-Agent`; characters that no header admits are left out.
    pub user_agent: String,
    /// Which accounts the credentials may belong to.
    pub accounts: Accounts,
    /// Asked before every request that changes something; where it answers false, the request is not sent.
    pub may_write: fn() -> bool,
}

impl Config {
    /// A configuration with the usual defaults: 60 s timeouts, 5 retries, no rate limit.
    pub fn new(endpoint: Endpoint, credentials: Source) -> Self {
        Self {
            endpoint,
            products: Vec::new(),
            signature: SignatureMethod::default(),
            credentials,
            connect_timeout: Duration::from_secs(60),
            read_timeout: Duration::from_secs(60),
            max_retries: 5,
            max_retry_timeout: None,
            requests_per_second: None,
            ca_bundle: None,
            proxies: Proxies::default(),
            user_agent: concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned(),
            accounts: Accounts::default(),
            may_write: || true,
        }
    }

    /// Where a product is.
    pub(super) fn endpoint_of(&self, product: &str) -> &Endpoint {
        let own = self.products.iter().find(|(name, _)| *name == product);
        own.map_or(&self.endpoint, |(_, endpoint)| endpoint)
    }
}

/// How long a call may take, and who may end it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Wait {
    /// Ends pauses and reads at once; never a write that is on its way.
    pub stop: CancellationToken,
    /// Ends the call, whatever it does.
    pub deadline: Instant,
    /// How often a request is sent again at most, throttled ones included; none: as the client is configured.
    pub retries: Option<u32>,
    /// The longest answer that is wanted, in bytes; none: as long as the client admits.
    pub longest: Option<usize>,
}

impl Wait {
    /// A wait of at most `limit` from now, ended early by `stop`.
    pub fn new(stop: CancellationToken, limit: Duration) -> Self {
        Self { stop, deadline: Instant::now() + limit, retries: None, longest: None }
    }

    /// The same for a question that is not worth many attempts.
    #[must_use]
    pub fn at_most(self, retries: u32) -> Self {
        Self { retries: Some(retries), ..self }
    }
}
