//! Starts and stops against a service that loses answers and acts late: which calls are sent, and when.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::{Client, Config, Endpoint, Wait};
use aliyun::credentials::{Credentials, Source};
use aliyun::environment::{BoxFuture, Environment, Finished};
use aliyun::error::{Error, Kind};
use aliyun::http::{Reply, Request};
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{LateWrites, Limits, Sightings, Status, Stuck, Sweep, Task, TaskWrite};

/// A service with one task. What a write does is scripted: `ok`, `refused`, `lost` (not done), `done` (done, and the answer
/// lost), `late MILLISECONDS` (done then), `undone` (done, and a late opposite at once after it), `unsent`.
struct Service {
    born: Instant,
    state: Mutex<State>,
}

struct State {
    status: i64,
    due: Vec<(Duration, i64)>,
    script: VecDeque<String>,
    log: Vec<String>,
}

impl Service {
    fn write(&self, state: &mut State, name: &str, to: i64) -> Result<Reply, Error> {
        let now = self.born.elapsed();
        state.log.push(format!("{name}@{}", now.as_millis()));
        let step = state.script.pop_front().unwrap_or_else(|| "ok".to_owned());
        let lost = || Err(Error::new(Kind::AnswerLost, "the connection broke"));
        match step.split_once(' ').unwrap_or((&step, "0")) {
            ("ok", _) => {
                state.status = to;
                answer(r#"{"Code":"OK","Success":true,"Data":true}"#)
            }
            ("undone", _) => {
                state.status = 3 - to;
                answer(r#"{"Code":"OK","Success":true,"Data":true}"#)
            }
            ("done", _) => {
                state.status = to;
                lost()
            }
            ("late", millis) => {
                state.due.push((now + Duration::from_millis(millis.parse().unwrap()), to));
                lost()
            }
            ("lost", _) => lost(),
            ("refused", _) => answer(r#"{"Code":"Wrong","Success":false,"Message":"no"}"#),
            ("unsent", _) => Err(Error::new(Kind::Tls, "no certificate")),
            (other, _) => panic!("{other}"),
        }
    }
}

fn answer(body: &str) -> Result<Reply, Error> {
    Ok(Reply { status: 200, body: body.as_bytes().to_vec(), ..Reply::default() })
}

impl Environment for Service {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.born.elapsed()
    }

    fn random(&self) -> [u8; 16] {
        [0; 16]
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn home(&self) -> Option<PathBuf> {
        None
    }

    fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn run<'a>(
        &'a self,
        _: &'a str,
        _: &'a [String],
        _: Duration,
    ) -> BoxFuture<'a, io::Result<Finished>> {
        Box::pin(async { Err(io::ErrorKind::NotFound.into()) })
    }

    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Error>> {
        let mut state = self.state.lock().unwrap();
        let now = self.born.elapsed();
        let (done, due) = state.due.iter().partition(|(time, _)| *time <= now);
        state.due = due;
        state.status = done.last().map_or(state.status, |(_, status): &(_, i64)| *status);
        let answer = if request.url.contains("Action=StopAiCallTask") {
            self.write(&mut state, "Stop", 2)
        } else if request.url.contains("Action=StartAiCallTask") {
            self.write(&mut state, "Start", 1)
        } else {
            answer(&format!(
                r#"{{"Code":"OK","Success":true,"Data":{{"Total":1,"List":[{{"TaskId":7,"Status":{}}}]}}}}"#,
                state.status
            ))
        };
        Box::pin(async move { answer })
    }
}

/// A task with this status, and the late writes that an earlier apply remembered.
struct Scene {
    service: Arc<Service>,
    client: Client,
    id: TaskId,
    wait: Wait,
    late: LateWrites,
    seen: Sightings,
    sweep: Sweep,
    limits: Limits,
}

impl Scene {
    fn new(status: i64, script: &str) -> Scene {
        let words = script.split(',').map(|step| step.trim().to_owned());
        let script = words.filter(|step| !step.is_empty()).collect();
        let state = State { status, due: Vec::new(), script, log: Vec::new() };
        let born = Wait::new(CancellationToken::new(), Duration::ZERO).deadline;
        let service = Arc::new(Service { born, state: Mutex::new(state) });
        let source = Source::fixed(Credentials::of_user("LTAI", "secret"));
        let config = Config::new(Endpoint::parse("a.example").unwrap(), source);
        Scene {
            client: Client::within(config, service.clone()),
            service,
            id: TaskId::parse("7").unwrap(),
            wait: Wait::new(CancellationToken::new(), Duration::from_secs(600)),
            late: LateWrites::default(),
            seen: Sightings::default(),
            sweep: Sweep::default(),
            limits: Limits::default(),
        }
    }

    fn task(&self) -> Task<'_> {
        Task {
            client: &self.client,
            id: &self.id,
            wait: &self.wait,
            late: &self.late,
            seen: &self.seen,
            sweep: &self.sweep,
            limits: &self.limits,
        }
    }

    /// What was sent, how the task is left, what is still open, how long it took.
    fn told(&self, outcome: Result<(), Stuck>) -> String {
        let state = self.service.state.lock().unwrap();
        let outcome = match outcome {
            Ok(()) => "ok".to_owned(),
            Err(Stuck::Call(error)) => format!("{:?}", error.kind),
            Err(Stuck::Failed { .. }) => "Failed".to_owned(),
        };
        let open = [TaskWrite::Stop, TaskWrite::Start].map(|write| {
            self.task().open(write).map(|sent| format!(" {write:?} of {sent} is open"))
        });
        let open: String = open.into_iter().flatten().collect();
        let took = self.service.born.elapsed().as_millis();
        format!("{} -> {outcome}, {} after {took}{open}", state.log.join(" "), state.status)
    }
}

async fn check_stop(status: i64, script: &str, expected: &str) {
    let scene = Scene::new(status, script);
    let outcome = scene.task().stop(false).await;
    assert_eq!(scene.told(outcome), expected, "{script}");
}

/// Stops, then starts, as an update does.
async fn check_restart(script: &str, expected: &str) {
    let scene = Scene::new(1, script);
    let mut outcome = scene.task().stop(false).await;
    if outcome.is_ok() {
        outcome = scene.task().start(&Status::Stopped, false).await;
    }
    assert_eq!(scene.told(outcome), expected, "{script}");
}

#[tokio::test(start_paused = true)]
async fn only_a_lost_answer_costs_time() {
    check_restart("", "Stop@0 Start@0 -> ok, 1 after 0").await;
    check_restart("done", "Stop@0 Start@0 -> ok, 1 after 0").await;
    check_restart("ok, done", "Stop@0 Start@0 -> ok, 1 after 0").await;
    check_stop(1, "refused", "Stop@0 -> Refused, 1 after 0").await;
    check_stop(1, "unsent", "Stop@0 -> Tls, 1 after 0").await;
    check_stop(2, "refused", "Stop@0 -> ok, 2 after 0").await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_comes_in_within_the_watch_is_the_only_one() {
    check_restart("late 500", "Stop@0 Start@600 -> ok, 1 after 600").await;
    check_restart("late 2500", "Stop@0 Start@3000 -> ok, 1 after 3000").await;
    check_stop(1, "lost", "Stop@0 Stop@3000 -> ok, 2 after 3000 Stop of 0 is open").await;
    check_stop(
        1,
        "lost, lost",
        "Stop@0 Stop@3000 -> AnswerLost, 1 after 6000 Stop of 3000 is open",
    )
    .await;
    check_stop(1, "lost, refused", "Stop@0 Stop@3000 -> Refused, 1 after 3000 Stop of 0 is open")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_comes_in_after_the_start_is_made_good_once() {
    check_restart("late 4000", "Stop@0 Stop@3000 Start@3000 Start@4400 -> ok, 1 after 4400").await;
    check_restart("late 6000", "Stop@0 Stop@3000 Start@3000 Start@6000 -> ok, 1 after 6000").await;
    // It comes in before the first look.
    check_restart("lost, ok, undone", "Stop@0 Stop@3000 Start@3000 Start@4400 -> ok, 1 after 4400")
        .await;
    // Two lost ones are watched for one after the other.
    check_restart(
        "late 6100, late 100",
        "Stop@0 Stop@3000 Start@3200 Start@6200 -> ok, 1 after 6200",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_never_shows_stays_open() {
    check_restart("late 9000", "Stop@0 Stop@3000 Start@3000 -> ok, 1 after 6000 Stop of 0 is open")
        .await;
    check_restart("lost", "Stop@0 Stop@3000 Start@3000 -> ok, 1 after 6000 Stop of 0 is open")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_start_that_comes_in_after_a_stop_is_stopped() {
    let check = async |script: &str, expected: &str| {
        let scene = Scene::new(2, script);
        let started = scene.task().start(&Status::Stopped, false).await;
        assert!(started.is_err());
        let outcome = scene.task().keep_stopped(false).await;
        assert_eq!(scene.told(outcome), expected, "{script}");
    };
    check("late 4300, refused", "Start@0 Start@3000 Stop@4400 -> ok, 2 after 4400").await;
    check("lost, refused", "Start@0 Start@3000 -> ok, 2 after 6000 Start of 0 is open").await;
    let scene = Scene::new(2, "");
    let outcome = scene.task().keep_stopped(false).await;
    assert_eq!(scene.told(outcome), " -> ok, 2 after 0", "nothing is asked without a reason");
    // It comes in before the first look.
    let scene = Scene::new(1, "undone");
    scene.late.note(&scene.id, TaskWrite::Start, 0);
    let outcome = scene.task().stop(false).await;
    assert_eq!(scene.told(outcome), "Stop@0 Stop@1400 -> ok, 2 after 1400");
}

#[tokio::test(start_paused = true)]
async fn a_lost_start_is_sent_again_only_when_nothing_shows_for_three_seconds() {
    let check = async |script: &str, expected: &str| {
        let scene = Scene::new(0, script);
        let outcome = scene.task().start(&Status::Init, false).await;
        assert_eq!(scene.told(outcome), expected, "{script}");
    };
    check("late 2900", "Start@0 -> ok, 1 after 3000").await;
    check("lost", "Start@0 Start@3000 -> ok, 1 after 3000 Start of 0 is open").await;
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_apply_starts_nothing_again() {
    let scene = Scene::new(1, "late 6000");
    let stop = scene.wait.stop.clone();
    let work = async {
        scene.task().stop(false).await?;
        scene.task().start(&Status::Stopped, false).await
    };
    let (outcome, ()) = tokio::join!(work, async {
        tokio::time::sleep(Duration::from_millis(3_500)).await;
        stop.cancel();
    });
    assert_eq!(
        scene.told(outcome),
        "Stop@0 Stop@3000 Start@3000 -> ok, 1 after 3500 Stop of 0 is open"
    );
    let scene = Scene::new(1, "late 6000");
    scene.wait.stop.cancel();
    let outcome = scene.task().stop(false).await;
    assert_eq!(scene.told(outcome), " -> Interrupted, 1 after 0");
}
