//! Writes whose answers were lost. The service may carry one out later, after its opposite was sent: which pairs of
//! calls undo each other, how long that is watched for, what is said of what never settled. Calls nothing itself.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aliyun::aiccs::TaskId;
use serde::{Deserialize, Serialize};
use terraform_plugin::diagnostic::Diagnostics;

use super::run_state::Status;

/// How long the task is looked at after a lost answer, before the call is sent again or its opposite counts as done.
pub(crate) const WATCH: Duration = Duration::from_secs(3);

/// A write that is older than this, in milliseconds, does not come in any more. Nobody documents a bound: a gateway
/// gives up on its backend after a minute at most.
const LATEST: i64 = 2 * 60 * 1000;

/// A write to one task of which the answer can be lost.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum TaskWrite {
    /// StartAiCallTask.
    Start,
    /// StopAiCallTask.
    Stop,
    /// UpdateAiCallTask, a rename included.
    Update,
}

/// Two calls of ours, the first of which is carried out after the second. While that may happen the task is watched for
/// [`WATCH`] after the second call, and what the first one undid is done once more.
///
/// Two more pairs need no entry. Create after Create: names are unique, so the later one is refused, and the task of
/// the name is looked up. Import after Cancel: a lost import is no call to a task but a batch that nobody knows; see
/// `callee_batch::lost`.
pub(crate) const PAIRS: &[Pair] = &[
    Pair {
        first: TaskWrite::Stop,
        second: TaskWrite::Start,
        then: "the task stands still and calls nobody",
        look_at: "The next plan says so if the task was stopped, and its apply starts it again. Until then look at the \
                  status of the task in the console.",
    },
    Pair {
        first: TaskWrite::Start,
        second: TaskWrite::Stop,
        then: "the task calls people",
        look_at: "Look at the status of the task in the console for the next minutes, and stop it there if it runs.",
    },
    Pair {
        first: TaskWrite::Update,
        second: TaskWrite::Update,
        then: "the task has the settings and the name of that call",
        look_at: "The next plan shows what differs, and its apply corrects it.",
    },
];

/// See [`PAIRS`].
#[derive(Debug)]
pub(crate) struct Pair {
    /// Its answer was lost.
    first: TaskWrite,
    /// It was sent later, and is done.
    #[cfg_attr(not(test), expect(dead_code, reason = "the table is read by people too"))]
    second: TaskWrite,
    /// What is true once the first is carried out, to complete "If that call is carried out now, ".
    then: &'static str,
    /// What the user looks at when it never settled.
    look_at: &'static str,
}

/// A write whose answer was lost and whose effect nobody has seen.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct LateWrite {
    write: TaskWrite,
    /// When it was sent, by the service's clock as far as that is known: Unix time in milliseconds.
    sent: i64,
}

impl LateWrite {
    pub(crate) fn is_stop(&self) -> bool {
        self.write == TaskWrite::Stop
    }

    /// Whether it may still be carried out.
    pub(crate) fn is_due(&self, now: i64) -> bool {
        now.saturating_sub(self.sent) < LATEST
    }
}

/// The lost writes of one configured provider, by task.
#[derive(Debug, Default)]
pub(crate) struct LateWrites(Mutex<HashMap<TaskId, Vec<LateWrite>>>);

/// What each task was last seen to do, and when by the service's clock: Unix time in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Sightings(Mutex<HashMap<TaskId, (Status, i64)>>);

impl Sightings {
    pub(crate) fn note(&self, id: &TaskId, status: Status, time: i64) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.insert(id.clone(), (status, time));
    }

    /// As a sentence.
    pub(crate) fn tell(&self, id: &TaskId) -> String {
        let tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match tasks.get(id) {
            Some((status, time)) => {
                format!("When last read, at {}, it was {status}.", china_time(*time))
            }
            None => "Its run state could not be read.".to_owned(),
        }
    }
}

impl LateWrites {
    /// A write was sent and its answer was lost.
    pub(crate) fn note(&self, id: &TaskId, write: TaskWrite, sent: i64) {
        self.recall(id, &[LateWrite { write, sent }]);
    }

    /// What an earlier process has noted.
    pub(crate) fn recall(&self, id: &TaskId, late: &[LateWrite]) {
        let mut tasks = self.lock();
        let known = tasks.entry(id.clone()).or_default();
        for late in late {
            if !known.contains(late) {
                known.push(*late);
            }
        }
    }

    /// This very write is settled: its effect was seen.
    pub(crate) fn settle(&self, id: &TaskId, write: TaskWrite, sent: i64) {
        if let Some(known) = self.lock().get_mut(id) {
            known.retain(|late| *late != LateWrite { write, sent });
        }
    }

    /// The effect of one such write was seen, long after it was sent. Which of several it was nobody knows: the oldest.
    pub(crate) fn account(&self, id: &TaskId, write: TaskWrite) {
        let mut tasks = self.lock();
        let Some(known) = tasks.get_mut(id) else { return };
        if let Some(at) = known.iter().position(|late| late.write == write) {
            known.remove(at);
        }
    }

    /// When the latest such write was sent that may still be carried out.
    pub(crate) fn open(&self, id: &TaskId, write: TaskWrite, now: i64) -> Option<i64> {
        let all = self.all(id, now);
        all.iter().filter(|late| late.write == write).map(|late| late.sent).max()
    }

    /// All writes to a task that may still be carried out.
    pub(crate) fn all(&self, id: &TaskId, now: i64) -> Vec<LateWrite> {
        let tasks = self.lock();
        let due = tasks.get(id).into_iter().flatten().filter(|late| late.is_due(now));
        due.copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, Vec<LateWrite>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Warns of a write that may still undo what was done after it. `label` is the task as messages show it.
pub(crate) fn warn(write: TaskWrite, sent: i64, label: &str, out: &mut Diagnostics) {
    let Some(pair) = PAIRS.iter().find(|pair| pair.first == write) else { return };
    let (summary, operation) = match write {
        TaskWrite::Stop => (format!("Call task {label} may still be stopped"), "StopAiCallTask"),
        TaskWrite::Start => (format!("Call task {label} may still be started"), "StartAiCallTask"),
        TaskWrite::Update => {
            (format!("Call task {label} may still be changed back"), "UpdateAiCallTask")
        }
    };
    let detail = format!(
        "The answer of the {operation} sent at {} was lost, and nothing showed within {} seconds that it was carried out. \
         If that call is carried out now, {}. {}",
        china_time(sent),
        WATCH.as_secs(),
        pair.then,
        pair.look_at
    );
    out.warning(summary, detail);
}

/// A moment as messages show it: RFC 3339 in UTC+8, the service's own time zone.
pub(crate) fn china_time(millis: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    jiff::tz::offset(8).to_datetime(time).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::{LateWrite, LateWrites, PAIRS, Sightings, Status, TaskWrite, china_time, warn};
    use aliyun::aiccs::TaskId;
    use terraform_plugin::diagnostic::Diagnostics;

    fn id() -> TaskId {
        TaskId::parse("123000000000000001").unwrap()
    }

    #[test]
    fn a_write_is_open_until_it_is_accounted_for_or_too_old() {
        let late = LateWrites::default();
        late.note(&id(), TaskWrite::Stop, 1_000);
        late.note(&id(), TaskWrite::Stop, 5_000);
        late.note(&id(), TaskWrite::Stop, 5_000);
        assert_eq!(late.open(&id(), TaskWrite::Stop, 5_000), Some(5_000));
        assert_eq!(late.open(&id(), TaskWrite::Start, 5_000), None);
        late.account(&id(), TaskWrite::Stop);
        assert_eq!(late.all(&id(), 5_000), [LateWrite { write: TaskWrite::Stop, sent: 5_000 }]);
        assert_eq!(late.open(&id(), TaskWrite::Stop, 124_999), Some(5_000));
        assert_eq!(late.open(&id(), TaskWrite::Stop, 125_000), None);
        late.settle(&id(), TaskWrite::Start, 5_000);
        assert_eq!(late.open(&id(), TaskWrite::Stop, 5_000), Some(5_000));
        late.settle(&id(), TaskWrite::Stop, 5_000);
        late.account(&id(), TaskWrite::Stop);
        assert_eq!(late.open(&id(), TaskWrite::Stop, 5_000), None);
        let other = TaskId::parse("2").unwrap();
        late.recall(&other, &[LateWrite { write: TaskWrite::Start, sent: 7 }]);
        assert_eq!(
            (late.open(&other, TaskWrite::Start, 8), late.open(&id(), TaskWrite::Start, 8)),
            (Some(7), None)
        );
    }

    #[test]
    fn each_pair_is_told_with_its_time_its_effect_and_what_to_look_at() {
        for pair in PAIRS {
            let mut out = Diagnostics::new();
            assert_eq!(pair.first == TaskWrite::Update, pair.second == TaskWrite::Update);
            warn(pair.first, 1_796_086_800_000, "\"a\" (1)", &mut out);
            let told = out.into_iter().next().unwrap();
            assert!(told.summary.starts_with("Call task \"a\" (1) may still be "));
            let part = |text: &str| assert!(told.detail.contains(text), "{}", told.detail);
            part("AiCallTask sent at 2026-12-01T09:00:00+08:00 was lost");
            part(pair.then);
            part(pair.look_at);
        }
    }

    #[test]
    fn what_was_last_seen_is_told_with_its_time() {
        let seen = Sightings::default();
        assert_eq!(seen.tell(&id()), "Its run state could not be read.");
        seen.note(&id(), Status::Stopped, 0);
        seen.note(&id(), Status::Running, 1_796_086_800_000);
        let expected = "When last read, at 2026-12-01T09:00:00+08:00, it was RUNNING.";
        assert_eq!(seen.tell(&id()), expected);
    }

    #[test]
    fn times_are_shown_in_the_services_zone() {
        assert_eq!(china_time(0), "1970-01-01T08:00:00+08:00");
    }
}
