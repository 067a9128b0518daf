//! Calls the service: composes credentials, signature, retry, pace, HTTP and the clock.
//! Knows no operation by name, and of the outside only the monotonic clock.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::credentials::Source;
use super::encode::hex;
use super::envelope;
use super::error::{Error, Kind, Processed};
use super::http::{Http, Options, Reply};
use super::request::{Call, signed};
use super::retry::{Budget, Next, Pace, Situation, next};
use super::surroundings::{Real, Surroundings};

pub use super::envelope::Answer;
pub use super::http::Endpoint;
pub use super::request::{Operation, Parameters, SignatureMethod};
pub use super::retry::Class;

/// How to call the service.
#[derive(Clone)]
pub struct Config {
    /// Scheme, host and port of AICCS.
    pub endpoint: Endpoint,
    /// Which signature the requests carry.
    pub signature: SignatureMethod,
    /// Where credentials come from.
    pub credentials: Source,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest silence of the service while an answer is awaited.
    pub read_timeout: Duration,
    /// How often a request is sent again; throttling does not count.
    pub max_retries: u32,
    /// The most requests a second, all callers together; none: no limit.
    pub requests_per_second: Option<f64>,
    /// More certificate roots, PEM.
    pub ca_bundle: Option<Vec<u8>>,
    /// The header `User-Agent`; characters that no header admits are left out.
    pub user_agent: String,
}

impl Config {
    /// A configuration with the defaults of the provider: 60 s timeouts (as `aliyun/alicloud`), 5 retries, no rate limit.
    pub fn new(endpoint: Endpoint, credentials: Source) -> Self {
        Self {
            endpoint,
            signature: SignatureMethod::default(),
            credentials,
            connect_timeout: Duration::from_secs(60),
            read_timeout: Duration::from_secs(60),
            max_retries: 5,
            requests_per_second: None,
            ca_bundle: None,
            user_agent: concat!("terraform-provider-aiccs/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// How long a call may take, and who may end it.
#[derive(Clone, Debug)]
pub struct Wait {
    /// Ends pauses and reads at once; never a write that is on its way.
    pub stop: CancellationToken,
    /// Ends the call, whatever it does.
    pub deadline: Instant,
}

impl Wait {
    /// A wait of at most `limit` from now, ended early by `stop`.
    pub fn new(stop: CancellationToken, limit: Duration) -> Self {
        Self { stop, deadline: Instant::now() + limit }
    }
}

/// A client of the service. Cloning shares connections, credentials, pace and budget.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    config: Config,
    surroundings: Arc<dyn Surroundings>,
    born: Instant,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    pace: Pace,
    budget: Budget,
    skew: SignedDuration,
}

/// What the attempts of one call came to so far.
#[derive(Default)]
struct Tally {
    attempts: u32,
    retries: u32,
    throttles: u32,
    clock_set: bool,
}

impl Client {
    /// A client in the real world. Touches no file and no network before the first call.
    pub fn new(mut config: Config) -> Result<Self, Error> {
        config.user_agent.retain(|character| matches!(character, ' '..='~'));
        let options = Options {
            connect_timeout: config.connect_timeout,
            read_timeout: config.read_timeout,
            ca_bundle: config.ca_bundle.clone(),
            user_agent: config.user_agent.clone(),
        };
        let real = Real::new(Http::new(options));
        Ok(Self::within(config, Arc::new(real)))
    }

    /// A client in surroundings of the caller's.
    pub fn within(config: Config, surroundings: Arc<dyn Surroundings>) -> Self {
        let shared = Shared { pace: Pace::new(config.requests_per_second), ..Shared::default() };
        Self(Arc::new(Inner {
            config,
            surroundings,
            born: Instant::now(),
            shared: Mutex::new(shared),
        }))
    }

    /// Calls an operation and waits for its answer, sending it again where that is harmless and may help.
    pub async fn call(
        &self,
        operation: &'static Operation,
        parameters: Parameters,
        wait: &Wait,
    ) -> Result<Answer, Error> {
        self.exchange(&self.0.config.endpoint, operation, &parameters, wait, envelope::read).await
    }

    async fn exchange<T>(
        &self,
        endpoint: &Endpoint,
        operation: &'static Operation,
        parameters: &Parameters,
        wait: &Wait,
        read: fn(&Reply) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut tally = Tally::default();
        loop {
            let outcome = self.attempt(endpoint, operation, parameters, wait, &mut tally).await;
            let mut error = match outcome.and_then(|reply| read(&reply)) {
                Ok(answer) => {
                    let mut shared = self.shared();
                    shared.pace.passed();
                    shared.budget.refill();
                    return Ok(answer);
                }
                Err(error) => error.during(operation.name, operation.ram_action()),
            };
            error.attempts = tally.attempts;
            match self.after(operation, &error, wait, &mut tally) {
                Next::GiveUp => return Err(error),
                Next::Wait(pause) => sleep(pause, wait).await.map_err(|end| ended(end, &error))?,
            }
        }
    }

    /// Sends once and reads the answer: waits for its turn, for credentials, then for the network.
    async fn attempt(
        &self,
        endpoint: &Endpoint,
        operation: &Operation,
        parameters: &Parameters,
        wait: &Wait,
        tally: &mut Tally,
    ) -> Result<Reply, Error> {
        let turn = self.shared().pace.reserve(self.0.born.elapsed());
        sleep(turn, wait).await?;
        let outside = &*self.0.surroundings;
        let credentials = until(wait, true, self.0.config.credentials.current(outside)).await??;
        let nonce = hex(&outside.random());
        let call = Call {
            endpoint,
            operation,
            parameters,
            time: outside
                .now()
                .saturating_add(self.shared().skew)
                .unwrap_or_else(|_| outside.now()),
            nonce: &nonce,
        };
        let request = signed(&call, self.0.config.signature, &credentials);
        tally.attempts += 1;
        let reads = operation.class == Class::Query;
        until(wait, reads, outside.send(request)).await.map_err(|mut end| {
            end.processed = Processed::Unknown;
            end
        })?
    }

    /// What follows from a failed attempt.
    fn after(&self, operation: &Operation, error: &Error, wait: &Wait, tally: &mut Tally) -> Next {
        if error.kind == Kind::ClockSkew && !tally.clock_set {
            tally.clock_set = true;
            return self.set_clock(error);
        }
        let random = unit(self.0.surroundings.random());
        let situation = Situation {
            retries: tally.retries,
            max_retries: self.0.config.max_retries,
            throttles: tally.throttles,
            left: wait.deadline.saturating_duration_since(Instant::now()),
            random,
        };
        let next = next(operation.class, error, &situation);
        let mut shared = self.shared();
        match next {
            Next::GiveUp => Next::GiveUp,
            Next::Wait(pause) if error.kind == Kind::Throttled => {
                tally.throttles += 1;
                shared.pace.throttled(self.0.born.elapsed(), pause);
                next
            }
            Next::Wait(_) if shared.budget.take() => {
                tally.retries += 1;
                next
            }
            Next::Wait(_) => Next::GiveUp,
        }
    }

    /// Takes the server's clock for ours, if that makes a difference.
    fn set_clock(&self, error: &Error) -> Next {
        let Some(date) = error.date else {
            return Next::GiveUp;
        };
        let skew = date.duration_since(self.0.surroundings.now());
        let mut shared = self.shared();
        if (skew - shared.skew).abs() < SignedDuration::from_secs(5) {
            return Next::GiveUp;
        }
        shared.skew = skew;
        Next::Wait(Duration::ZERO)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("endpoint", &self.0.config.endpoint.host())
            .finish_non_exhaustive()
    }
}

/// Waits for `work` until the deadline, or the stop where `stoppable`.
async fn until<T>(wait: &Wait, stoppable: bool, work: impl Future<Output = T>) -> Result<T, Error> {
    tokio::select! {
        biased;
        () = wait.stop.cancelled(), if stoppable => Err(end(Kind::Interrupted)),
        done = work => Ok(done),
        () = tokio::time::sleep_until(wait.deadline) => Err(end(Kind::Deadline)),
    }
}

async fn sleep(pause: Duration, wait: &Wait) -> Result<(), Error> {
    if pause.is_zero() && !wait.stop.is_cancelled() && Instant::now() < wait.deadline {
        return Ok(());
    }
    until(wait, true, tokio::time::sleep(pause)).await
}

/// The end of a call before anything was sent.
fn end(kind: Kind) -> Error {
    let message = if kind == Kind::Interrupted {
        "interrupted"
    } else {
        "the time for this operation is over"
    };
    let mut error = Error::new(kind, message);
    error.processed = Processed::No;
    error
}

/// The end of a call in the pause after a failed attempt.
fn ended(mut end: Error, last: &Error) -> Error {
    end.message = format!("{}; before that: {}", end.message, last.message);
    end.operation = last.operation;
    end.processed = last.processed;
    end.attempts = last.attempts;
    end
}

/// A number from 0 to 1.
fn unit(random: [u8; 16]) -> f64 {
    let [a, b, c, d, ..] = random;
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
}
