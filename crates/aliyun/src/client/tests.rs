//! Tests of the file beside.

use std::future::Future;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::credentials::Credentials;
use crate::credentials::Source;
use crate::environment::fake::{Fake, say};
use crate::error::Processed;
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
async fn nothing_is_written_for_whoever_is_gone() {
    let world = World::with(|config| config.may_write = || false, |_, _| say(200, OK));
    assert_eq!(world.call(&CREATE, 60).await, "Interrupted No 0");
    assert_eq!(world.outside.count(), 0);
    assert_eq!(world.call(&QUERY, 60).await, "ok R");
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
        // Paused clock: once the first has been throttled.
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
        let world = World::with(|config| config.max_retries = retries, |_, _| say(500, INTERNAL));
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
        // Paused clock: in the midst of the wait.
        tokio::time::sleep(Duration::from_secs(3)).await;
        stop.cancel();
    });
    assert_eq!(began.elapsed(), Duration::from_secs(3));
    let error = outcome.unwrap_err();
    assert_eq!((error.kind, error.processed), (Kind::Interrupted, Processed::No));
    assert_eq!(error.message, "the call was interrupted; before that: m");
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
            if sts { say(200, &format!(r#"{{"AccountId":"{account}"}}"#)) } else { say(200, OK) }
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
