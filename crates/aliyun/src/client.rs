//! Calls the service: composes credentials, signature, retry, pace, HTTP and the clock.
//! Knows no operation by name, and of the outside only the monotonic clock.

mod attempts;
mod config;
mod waits;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use self::attempts::{Attempts, Read};
use self::waits::{abandoned, before_the_call, ended, in_flight, sleep, unit, until};
use super::account::GET_CALLER_IDENTITY;
use super::credentials::Unused;
use super::encode::hex;
use super::environment::{Environment, Real};
use super::error::{Error, Kind};
use super::http::{Http, Options, Reply};
use super::redact;
use super::request::{Call, signed};
use super::retry::{Budget, Next, Pace, Situation, next};

pub use self::config::{Config, Wait};
pub use super::account::{Accounts, CallerIdentity};
pub use super::envelope::Answer;
pub use super::http::{Endpoint, Proxies};
pub use super::request::{Operation, Parameters, SignatureMethod};
pub use super::retry::Class;

/// A client of the service. Cloning shares connections, credentials, pace and budget.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    config: Config,
    environment: Arc<dyn Environment>,
    born: Instant,
    shared: Mutex<Shared>,
    /// Whether the account is an admitted one, once somebody asked.
    verdict: OnceCell<Result<(), Error>>,
}

#[derive(Default)]
struct Shared {
    pace: Pace,
    budget: Budget,
    skew: SignedDuration,
    /// By how much the service's clock was ahead of ours when it last answered.
    ahead: Option<SignedDuration>,
}

impl Client {
    /// A client in the real world. Touches no file and no network before the first call.
    pub fn new(mut config: Config) -> Result<Self, Error> {
        config.user_agent.retain(|character| matches!(character, ' '..='~'));
        let options = Options {
            connect_timeout: config.connect_timeout,
            read_timeout: config.read_timeout,
            ca_bundle: config.ca_bundle.clone(),
            proxies: config.proxies.clone(),
            user_agent: config.user_agent.clone(),
        };
        let real = Real::new(Http::new(options)?);
        Ok(Self::within(config, Arc::new(real)))
    }

    /// A client in environment of the caller's.
    pub fn within(config: Config, environment: Arc<dyn Environment>) -> Self {
        let shared = Shared { pace: Pace::new(config.requests_per_second), ..Shared::default() };
        let (born, verdict) = (Instant::now(), OnceCell::new());
        Self(Arc::new(Inner { config, environment, born, shared: Mutex::new(shared), verdict }))
    }

    /// Calls an operation and waits for its answer, sending it again where that is harmless and may help.
    pub async fn call(
        &self,
        operation: &'static Operation,
        parameters: Parameters,
        wait: &Wait,
    ) -> Result<Answer, Error> {
        self.admitted(wait)
            .await
            .map_err(|error| error.during(operation.name, operation.ram_action()))?;
        let endpoint = self.0.config.endpoint_of(operation.product);
        self.exchange(endpoint, operation, &parameters, wait).await
    }

    /// The sources of credentials that the configuration names and that another one goes before.
    pub fn unused_credentials(&self) -> Vec<Unused> {
        self.0.config.credentials.unused(&*self.0.environment)
    }

    /// Whose credentials these are (STS GetCallerIdentity, which every key may call).
    pub async fn caller_identity(&self, wait: &Wait) -> Result<CallerIdentity, Error> {
        let endpoint = self.0.config.credentials.sts_endpoint(&*self.0.environment)?;
        self.exchange(&endpoint, &GET_CALLER_IDENTITY, &Parameters::new(), wait).await
    }

    /// Asks once, before the first call, whether the account is an admitted one; a refusal is remembered.
    async fn admitted(&self, wait: &Wait) -> Result<(), Error> {
        let accounts = &self.0.config.accounts;
        if accounts.is_empty() {
            return Ok(());
        }
        let verdict = self.0.verdict.get_or_try_init(|| async {
            let identity = self.caller_identity(wait).await.map_err(before_the_call)?;
            let verdict = accounts.check(&identity.account_id);
            Ok(verdict.map_err(|error| error.with(self.0.config.credentials.provenance())))
        });
        until(wait, true, verdict).await??.clone()
    }

    async fn exchange<T: Read>(
        &self,
        endpoint: &Endpoint,
        operation: &'static Operation,
        parameters: &Parameters,
        wait: &Wait,
    ) -> Result<T, Error> {
        let mut attempts = Attempts::new();
        loop {
            let reply = self.attempt(endpoint, operation, parameters, wait, &mut attempts).await;
            let outcome = reply.and_then(|reply| T::read(&reply));
            attempts.log(operation, outcome.as_ref());
            let mut error = match outcome {
                Ok(answer) => {
                    let mut shared = self.shared();
                    shared.pace.passed(self.0.born.elapsed());
                    shared.budget.refill();
                    let date = answer.date();
                    shared.ahead = date
                        .map(|date| date.duration_since(self.0.environment.now()))
                        .or(shared.ahead);
                    return Ok(answer);
                }
                Err(error) => error
                    .during(operation.name, operation.ram_action())
                    .at(endpoint.origin())
                    .with(self.0.config.credentials.provenance()),
            };
            error.attempts = attempts.attempts;
            if let (false, Some(last)) = (attempts.sent, &attempts.last)
                && matches!(error.kind, Kind::Deadline | Kind::Interrupted)
            {
                return Err(ended(error, last));
            }
            if self.renewed(operation, &error, &mut attempts).await {
                continue;
            }
            match self.after(operation, &error, wait, &mut attempts) {
                Next::GiveUp => return Err(error),
                Next::Wait(pause) => sleep(pause, wait).await.map_err(|end| ended(end, &error))?,
            }
            attempts.last = Some(error);
        }
    }

    /// Sends once and reads the answer: waits for its turn, for credentials, then for the network.
    async fn attempt(
        &self,
        endpoint: &Endpoint,
        operation: &Operation,
        parameters: &Parameters,
        wait: &Wait,
        attempts: &mut Attempts,
    ) -> Result<Reply, Error> {
        attempts.sent = false;
        let turn = self.shared().pace.reserve(self.0.born.elapsed());
        sleep(turn, wait).await?;
        let outside = &*self.0.environment;
        attempts.skew = self.shared().skew;
        let current = self.0.config.credentials.current(outside, self.now());
        let credentials = until(wait, true, current).await??;
        let reads = operation.class == Class::Query;
        if !reads && !(self.0.config.may_write)() {
            return Err(abandoned());
        }
        let nonce = hex(&outside.random());
        let call = Call { endpoint, operation, parameters, time: self.now(), nonce: &nonce };
        let mut request = signed(&call, self.0.config.signature, &credentials);
        request.longest = wait.longest.unwrap_or(request.longest);
        attempts.access_key_id = credentials.access_key_id;
        attempts.attempts += 1;
        attempts.sent = true;
        tracing::debug!(
            operation = operation.name,
            attempt = attempts.attempts,
            host = endpoint.authority(),
            parameters = redact::parameters(parameters),
            "request"
        );
        let began = Instant::now();
        let reply = until(wait, reads, outside.send(request)).await.map_err(in_flight);
        attempts.took = began.elapsed();
        let reply = reply??;
        attempts.status = Some(reply.status);
        Ok(reply)
    }

    /// Whether a refused session was given back for another one: once a call.
    async fn renewed(&self, operation: &Operation, error: &Error, attempts: &mut Attempts) -> bool {
        let refused = error.kind == Kind::SecurityToken
            && error.operation == operation.name
            && !attempts.renewed;
        attempts.renewed |= refused;
        refused && self.0.config.credentials.refused(&attempts.access_key_id).await
    }

    /// The time as the service has it, as far as we know.
    pub fn now(&self) -> Timestamp {
        let now = self.0.environment.now();
        now.saturating_add(self.shared().skew).unwrap_or(now)
    }

    /// The time by the service's last answer; before the first one as [`Client::now`].
    pub fn server_time(&self) -> Timestamp {
        let ahead = self.shared().ahead;
        ahead.map_or_else(
            || self.now(),
            |ahead| {
                let now = self.0.environment.now();
                now.saturating_add(ahead).unwrap_or(now)
            },
        )
    }

    /// Whether STS would be asked at an endpoint of its own, or the service is the real one.
    pub fn knows_sts(&self) -> bool {
        self.0.config.credentials.names_sts() || !self.0.config.endpoint.is_loopback()
    }

    /// What follows from a failed attempt.
    fn after(
        &self,
        operation: &Operation,
        error: &Error,
        wait: &Wait,
        attempts: &mut Attempts,
    ) -> Next {
        if error.kind == Kind::ClockSkew && !attempts.clock_set {
            attempts.clock_set = true;
            return self.set_clock(error, attempts.skew);
        }
        let random = unit(self.0.environment.random());
        let situation = Situation {
            retries: attempts.retries,
            max_retries: wait.retries.unwrap_or(self.0.config.max_retries),
            throttles: attempts.throttles,
            left: self.left(wait, attempts.began),
            random,
        };
        let next = next(operation.class, error, &situation);
        let mut shared = self.shared();
        let sent_again = attempts.retries + attempts.throttles;
        match next {
            Next::GiveUp => Next::GiveUp,
            Next::Wait(_) if wait.retries.is_some_and(|most| sent_again >= most) => Next::GiveUp,
            Next::Wait(pause) if error.kind == Kind::Throttled => {
                attempts.throttles += 1;
                let wish = error.retry_after.map(|_| pause);
                shared.pace.throttled(self.0.born.elapsed(), wish);
                next
            }
            Next::Wait(_) if shared.budget.take() => {
                attempts.retries += 1;
                next
            }
            Next::Wait(_) => Next::GiveUp,
        }
    }

    /// Time left for sending again.
    fn left(&self, wait: &Wait, began: Instant) -> Duration {
        let left = wait.deadline.saturating_duration_since(Instant::now());
        let limit = self.0.config.max_retry_timeout;
        limit.map_or(left, |limit| left.min(limit.saturating_sub(began.elapsed())))
    }

    /// Takes the server's clock for ours, if that makes a difference.
    ///
    /// `used`: the correction that the refused request was signed with; another call may have set the clock since.
    fn set_clock(&self, error: &Error, used: SignedDuration) -> Next {
        let Some(date) = error.date else {
            return Next::GiveUp;
        };
        let skew = date.duration_since(self.0.environment.now());
        if (skew - used).abs() < SignedDuration::from_secs(5) {
            return Next::GiveUp;
        }
        self.shared().skew = skew;
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

#[cfg(test)]
mod tests;
