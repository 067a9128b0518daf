//! Calls the service: composes credentials, signature, retry, pace, HTTP and the clock.
//! Knows no operation by name, and of the outside only the monotonic clock.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::account::GET_CALLER_IDENTITY;
use super::credentials::Source;
use super::encode::hex;
use super::envelope;
use super::environment::{Environment, Real};
use super::error::{Error, Kind, Processed};
use super::http::{Http, Options, Reply};
use super::redact;
use super::request::{Call, signed};
use super::retry::{Budget, Next, Pace, Situation, next};

pub use super::account::{Accounts, CallerIdentity};
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
    /// No request is sent again later than this after its call began; none: the call's own deadline alone.
    pub max_retry_timeout: Option<Duration>,
    /// The most requests a second, all callers together; none: no limit.
    pub requests_per_second: Option<f64>,
    /// More certificate roots, PEM.
    pub ca_bundle: Option<Vec<u8>>,
    /// The header `User-Agent`; characters that no header admits are left out.
    pub user_agent: String,
    /// Which accounts the credentials may belong to.
    pub accounts: Accounts,
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
            max_retry_timeout: None,
            requests_per_second: None,
            ca_bundle: None,
            user_agent: concat!("terraform-provider-aiccs/", env!("CARGO_PKG_VERSION")).to_owned(),
            accounts: Accounts::default(),
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
}

/// What the attempts of one call came to so far.
struct Attempts {
    began: Instant,
    attempts: u32,
    retries: u32,
    throttles: u32,
    clock_set: bool,
    renewed: bool,
    /// Of the attempt at work: whether it left, with which key and clock, how long the answer took, its status.
    sent: bool,
    access_key_id: String,
    skew: SignedDuration,
    took: Duration,
    status: Option<u16>,
    /// Why the attempt before failed.
    last: Option<Error>,
}

/// What an answer is read into.
trait Read: Sized {
    fn read(reply: &Reply) -> Result<Self, Error>;
    fn request_id(&self) -> Option<&str>;
}

impl Read for Answer {
    fn read(reply: &Reply) -> Result<Self, Error> {
        envelope::read(reply)
    }

    fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl Read for CallerIdentity {
    fn read(reply: &Reply) -> Result<Self, Error> {
        CallerIdentity::read(reply)
    }

    fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
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
        self.exchange(&self.0.config.endpoint, operation, &parameters, wait).await
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
            Ok(accounts.check(&identity.account_id))
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
                    shared.pace.passed();
                    shared.budget.refill();
                    return Ok(answer);
                }
                Err(error) => error.during(operation.name, operation.ram_action()),
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
        let nonce = hex(&outside.random());
        let call = Call { endpoint, operation, parameters, time: self.now(), nonce: &nonce };
        let request = signed(&call, self.0.config.signature, &credentials);
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
        let reads = operation.class == Class::Query;
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
            max_retries: self.0.config.max_retries,
            throttles: attempts.throttles,
            left: self.left(wait, attempts.began),
            random,
        };
        let next = next(operation.class, error, &situation);
        let mut shared = self.shared();
        match next {
            Next::GiveUp => Next::GiveUp,
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

impl Attempts {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            attempts: 0,
            retries: 0,
            throttles: 0,
            clock_set: false,
            renewed: false,
            sent: false,
            access_key_id: String::new(),
            skew: SignedDuration::ZERO,
            took: Duration::ZERO,
            status: None,
            last: None,
        }
    }

    /// One line on what became of an attempt.
    fn log<T: Read>(&mut self, operation: &Operation, outcome: Result<&T, &Error>) {
        let request_id = match outcome {
            Ok(answer) => answer.request_id(),
            Err(error) => error.request_id.as_deref(),
        };
        let error = outcome.err();
        tracing::debug!(
            operation = operation.name,
            attempt = self.attempts,
            milliseconds = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            status = self.status.take(),
            request_id,
            code = error.and_then(|error| error.code.as_deref()),
            error = error.map(|error| redact::message(&error.message)),
            "{}",
            if self.sent { "response" } else { "not sent" }
        );
        self.took = Duration::ZERO;
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

/// The end of a call while a request was on its way.
fn in_flight(mut end: Error) -> Error {
    end.processed = Processed::Unknown;
    end
}

/// An error of a step before the call that was asked for: that call was not sent.
fn before_the_call(mut error: Error) -> Error {
    error.processed = Processed::No;
    error
}

/// The end of a call in the pause after a failed attempt.
fn ended(mut end: Error, last: &Error) -> Error {
    end.message = format!("{}; before that: {}", end.message, last.message);
    end.operation = last.operation;
    end.processed = last.processed;
    end.attempts = last.attempts;
    end.code.clone_from(&last.code);
    end.http_status = last.http_status;
    end.request_id.clone_from(&last.request_id);
    end.ram_action.clone_from(&last.ram_action);
    end
}

/// A number from 0 to 1.
fn unit(random: [u8; 16]) -> f64 {
    let [a, b, c, d, ..] = random;
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;
    use crate::environment::fake::{Fake, say};
    use crate::http::{Method, Request};

    type Said = (Duration, Result<Reply, Error>);

    const OK: &str = r#"{"Code":"OK","Data":true,"RequestId":"R"}"#;
    const THROTTLED: &str = r#"{"Code":"Throttling.User","Message":"m"}"#;
    const INTERNAL: &str = r#"{"Code":"InternalError","Message":"m"}"#;
    const STALE: &str = r#"{"Code":"InvalidTimeStamp.Expired","Message":"m"}"#;

    static QUERY: Operation = operation("Query", Class::Query);
    static CREATE: Operation = operation("Create", Class::Create);

    const fn operation(name: &'static str, class: Class) -> Operation {
        Operation { name, version: "V", product: "p", class, method: Method::Post, in_body: &[] }
    }

    /// A client in a world that answers as `handler` says.
    struct World {
        outside: Arc<Fake>,
        client: Client,
    }

    impl World {
        fn new(handler: impl Fn(&Request, usize) -> Said + Send + Sync + 'static) -> Self {
            Self::with(|_| {}, handler)
        }

        fn with(
            change: impl FnOnce(&mut Config),
            handler: impl Fn(&Request, usize) -> Said + Send + Sync + 'static,
        ) -> Self {
            let outside = Arc::new(Fake::new(handler));
            let source = Source::fixed(Credentials::of_user("LTAI", "MARKER"));
            let mut config = Config::new(Endpoint::parse("a.example").unwrap(), source);
            change(&mut config);
            let client = Client::within(config, outside.clone());
            Self { outside, client }
        }

        async fn call(&self, operation: &'static Operation, seconds: u64) -> String {
            let wait = Wait::new(CancellationToken::new(), Duration::from_secs(seconds));
            told(self.client.call(operation, Parameters::new(), &wait).await)
        }

        /// What a part of the n-th request's query is.
        fn part(&self, request: usize, name: &str) -> String {
            let url = self.outside.requests()[request].url.clone();
            let (_, rest) = url.split_once(&format!("{name}=")).unwrap();
            rest.split('&').next().unwrap().to_owned()
        }
    }

    fn told(outcome: Result<Answer, Error>) -> String {
        match outcome {
            Ok(answer) => format!("ok {}", answer.request_id.unwrap_or_default()),
            Err(error) => format!("{:?} {:?} {}", error.kind, error.processed, error.attempts),
        }
    }

    fn dated(status: u16, body: &str, date: &str) -> Said {
        let (pause, reply) = say(status, body);
        (pause, reply.map(|reply| Reply { date: Some(date.parse().unwrap()), ..reply }))
    }

    fn fail(kind: Kind) -> Said {
        (Duration::ZERO, Err(Error::new(kind, "x")))
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_ends_at_the_deadline_only() {
        let world = World::with(|config| config.max_retries = 0, |_, _| say(400, THROTTLED));
        let began = Instant::now();
        let outcome = world.call(&CREATE, 120).await;
        assert!(outcome.starts_with("Throttled No "), "{outcome}");
        assert!(world.outside.count() > 10, "{:?}", world.outside.times());
        assert!(began.elapsed() <= Duration::from_secs(120), "no pause outlasts the deadline");
        assert!(began.elapsed() >= Duration::from_secs(90), "the time is used");
    }

    #[tokio::test(start_paused = true)]
    async fn a_create_gets_through_any_number_of_throttles() {
        let world = World::with(
            |config| config.max_retries = 0,
            |_, n| if n < 9 { say(400, THROTTLED) } else { say(200, OK) },
        );
        assert_eq!(world.call(&CREATE, 600).await, "ok R");
        assert_eq!(world.outside.count(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn the_services_wish_for_a_pause_is_honoured() {
        let world = World::new(|_, n| {
            let (pause, reply) = if n == 0 { say(400, THROTTLED) } else { say(200, OK) };
            let wish = (n == 0).then(|| Duration::from_millis(7000));
            (pause, reply.map(|reply| Reply { retry_after: wish, ..reply }))
        });
        assert_eq!(world.call(&QUERY, 60).await, "ok R");
        let times = world.outside.times();
        assert!(times[1] >= 7000 && times[1] <= 7700, "{times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_throttle_slows_all_callers_together() {
        let world = World::new(|_, n| {
            let (pause, reply) = if n == 0 { say(429, "") } else { say(200, OK) };
            let wish = (n == 0).then(|| Duration::from_secs(2));
            (pause, reply.map(|reply| Reply { retry_after: wish, ..reply }))
        });
        let first = world.call(&QUERY, 60);
        let others = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            tokio::join!(world.call(&QUERY, 60), world.call(&QUERY, 60))
        };
        tokio::join!(first, others);
        let times = world.outside.times();
        assert_eq!(times[0], 0);
        assert!(times[1..].iter().all(|time| *time >= 2000), "{times:?}");
        let gaps: Vec<u128> = times[1..].windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| *gap > 0), "they do not come back all at once: {times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_query_is_repeated_up_to_max_retries() {
        for (retries, expected) in [(0, 1), (5, 6), (8, 9)] {
            let world =
                World::with(|config| config.max_retries = retries, |_, _| say(500, INTERNAL));
            assert_eq!(world.call(&QUERY, 600).await, format!("Internal Unknown {expected}"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn max_retry_timeout_bounds_throttling_too() {
        let change = |config: &mut Config| config.max_retry_timeout = Some(Duration::from_secs(5));
        let world = World::with(change, |_, _| say(400, THROTTLED));
        let began = Instant::now();
        assert!(world.call(&QUERY, 600).await.starts_with("Throttled No "));
        assert!(began.elapsed() <= Duration::from_secs(5), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn all_calls_together_share_one_budget_of_retries() {
        let world = World::new(|_, _| fail(Kind::AnswerLost));
        for _ in 0..40 {
            world.call(&QUERY, 600).await;
        }
        // 40 calls, and no more than the budget's 60 retries where 5 each would be 200.
        assert_eq!(world.outside.count(), 40 + 60);
    }

    #[tokio::test(start_paused = true)]
    async fn every_attempt_has_a_fresh_nonce_and_time() {
        let world = World::new(|_, n| if n < 4 { say(500, INTERNAL) } else { say(200, OK) });
        assert_eq!(world.call(&QUERY, 600).await, "ok R");
        let all = |name: &str| -> Vec<String> { (0..5).map(|n| world.part(n, name)).collect() };
        let nonces: std::collections::HashSet<String> = all("SignatureNonce").into_iter().collect();
        assert_eq!(nonces.len(), 5);
        assert_eq!(all("Timestamp")[0], "2026-01-02T03%3A04%3A05Z");
        assert_eq!(all("Timestamp")[4], "2026-01-02T03%3A04%3A06Z", "1.5 s of backoff later");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stale_clock_is_set_from_the_servers_once_a_call() {
        let now = "2026-01-02T04:00:00Z";
        let world = World::new(move |request, _| {
            let right = request.url.contains("Timestamp=2026-01-02T04%3A");
            let late = Duration::from_millis(10);
            if right { say(200, OK) } else { (late, dated(400, STALE, now).1) }
        });
        // Both are refused with the old clock; the first to see it sets it, the second just goes again.
        let both = tokio::join!(world.call(&CREATE, 60), world.call(&CREATE, 60));
        assert_eq!(both, ("ok R".to_owned(), "ok R".to_owned()));
        assert_eq!(world.outside.count(), 4);
        assert_eq!(world.call(&CREATE, 60).await, "ok R");
        assert_eq!(world.outside.count(), 5, "the correction stays");
        let stubborn = World::new(move |_, _| dated(400, STALE, now));
        assert_eq!(stubborn.call(&QUERY, 60).await, "ClockSkew No 2");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_per_second_holds_for_all_callers_together() {
        let change = |config: &mut Config| config.requests_per_second = Some(4.0);
        let world = World::with(change, |_, _| say(200, OK));
        let calls = (0..8).map(|_| world.call(&QUERY, 60));
        let mut calls: Vec<_> = calls.map(Box::pin).collect();
        std::future::poll_fn(|context| {
            calls.retain_mut(|call| call.as_mut().poll(context).is_pending());
            if calls.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        let expected: Vec<u128> = (0..8).map(|n| n * 250).collect();
        assert_eq!(world.outside.times(), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_every_wait_at_once_and_tells_why_there_was_one() {
        let world = World::new(|_, _| {
            let (pause, reply) = say(400, THROTTLED);
            (pause, reply.map(|r| Reply { retry_after: Some(Duration::from_secs(90)), ..r }))
        });
        let stop = CancellationToken::new();
        let wait = Wait::new(stop.clone(), Duration::from_secs(600));
        let began = Instant::now();
        let call = world.client.call(&CREATE, Parameters::new(), &wait);
        let (outcome, ()) = tokio::join!(call, async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            stop.cancel();
        });
        assert_eq!(began.elapsed(), Duration::from_secs(3));
        let error = outcome.unwrap_err();
        assert_eq!((error.kind, error.processed), (Kind::Interrupted, Processed::No));
        assert_eq!(error.message, "interrupted; before that: m");
        let after = world.client.call(&QUERY, Parameters::new(), &wait).await.unwrap_err();
        assert_eq!((after.kind, world.outside.count()), (Kind::Interrupted, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn each_class_is_repeated_only_where_that_is_harmless() {
        static UPDATE: Operation = operation("Update", Class::Update);
        static START: Operation = operation("Start", Class::Start);
        static STOP: Operation = operation("Stop", Class::Stop);
        let all = [(&QUERY, 'Q'), (&UPDATE, 'U'), (&STOP, 'S'), (&CREATE, 'C'), (&START, 'T')];
        let check = async |first: fn() -> Said, expected: &str| {
            let mut repeated = String::new();
            for (operation, letter) in all {
                let world = World::new(move |_, n| if n == 0 { first() } else { say(200, OK) });
                let outcome = world.call(operation, 60).await;
                assert_eq!(outcome == "ok R", world.outside.count() == 2, "{outcome}");
                repeated.push(if outcome == "ok R" { letter } else { '.' });
            }
            assert_eq!(repeated, expected);
        };
        check(|| say(400, THROTTLED), "QUSCT").await;
        check(|| fail(Kind::ConnectionRefused), "QUSCT").await;
        check(|| fail(Kind::AnswerLost), "Q....").await;
        check(|| fail(Kind::Timeout), "Q....").await;
        check(|| say(500, INTERNAL), "Q....").await;
        check(|| say(503, r#"{"Code":"ServiceUnavailable"}"#), "Q....").await;
        check(|| say(502, "<html></html>"), "Q....").await;
        check(|| say(200, ""), "Q....").await;
        check(|| say(403, r#"{"Code":"Forbidden.RAM"}"#), ".....").await;
        check(|| say(200, r#"{"Code":"TaskNameExists","Success":false}"#), ".....").await;
        check(|| fail(Kind::Tls), ".....").await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_account_is_asked_for_once_before_the_first_call() {
        let change = |config: &mut Config| config.accounts.allowed = vec!["1".to_owned()];
        for (account, expected) in [("1", "ok R"), ("2", "WrongAccount No 0")] {
            let world = World::with(change, move |request, _| {
                let sts = request.url.starts_with("https://sts.aliyuncs.com/?");
                if sts {
                    say(200, &format!(r#"{{"AccountId":"{account}"}}"#))
                } else {
                    say(200, OK)
                }
            });
            let both = tokio::join!(world.call(&CREATE, 60), world.call(&QUERY, 60));
            assert_eq!(both, (expected.to_owned(), expected.to_owned()));
            let sts = |request: &Request| request.url.contains("Action=GetCallerIdentity");
            let requests = world.outside.requests();
            assert!(sts(&requests[0]));
            assert_eq!(requests.iter().filter(|request| sts(request)).count(), 1);
            assert_eq!(requests.len(), if account == "1" { 3 } else { 1 });
        }
    }
}
