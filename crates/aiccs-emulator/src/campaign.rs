//! A simulated campaign: while the switch `calls` says so, the callees of running tasks are called inside their windows.
//! How long a call takes and how it ends is drawn from a seeded distribution, all of it invented.
//! It must not know requests; it is told how late it is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use serde_json::{Map, Value};

use super::store::{Store, Task, status};
use super::windows::Windows;

/// The calls under way, by task.
#[derive(Debug, Default)]
pub(super) struct Campaign {
    tasks: BTreeMap<String, Dialling>,
}

#[derive(Debug)]
struct Dialling {
    /// Everything before this moment has happened.
    at: i64,
    /// When a call ends, and whose it is.
    calls: BinaryHeap<Reverse<(i64, i64)>>,
    /// When somebody is called once more.
    again: BinaryHeap<Reverse<(i64, i64)>>,
    /// How often each of those was called.
    tries: BTreeMap<i64, i64>,
    /// No row before this one waits for its first call.
    first: usize,
}

impl Campaign {
    /// Lets happen what happens until `now`. A step is bounded: a long time takes several.
    pub(super) fn advance(&mut self, store: &mut Store, seed: u64, now: i64) {
        let running = |task: &Task| task.status() == status::RUNNING;
        let ids = store.tasks().iter().filter(|(_, task)| running(task)).map(|(id, _)| id.clone());
        for id in ids.collect::<Vec<_>>() {
            self.tasks.entry(id).or_insert_with(|| Dialling::new(now));
        }
        let mut room = STEP;
        self.tasks.retain(|id, dialling| {
            let Some(task) = store.task(id).cloned() else { return false };
            dialling.run(store, &Campaigner { id, task: &task, seed }, now, &mut room);
            running(&task) || !dialling.calls.is_empty()
        });
    }

    /// Nothing is under way any more; who is being called stays so.
    pub(super) fn clear(&mut self) {
        self.tasks.clear();
    }
}

/// Whose campaign it is, and how it is dialled.
struct Campaigner<'a> {
    id: &'a str,
    task: &'a Task,
    seed: u64,
}

impl Dialling {
    fn new(now: i64) -> Self {
        let (calls, again) = (BinaryHeap::new(), BinaryHeap::new());
        Self { at: now, calls, again, tries: BTreeMap::new(), first: 0 }
    }

    fn run(&mut self, store: &mut Store, of: &Campaigner<'_>, now: i64, room: &mut usize) {
        let windows = Windows::of(&of.task.fields);
        let lines = usize::try_from(of.task.integer("ConcurrentCount").unwrap_or(1)).unwrap_or(1);
        let dials = of.task.status() == status::RUNNING;
        while *room > 0 {
            *room -= 1;
            while let Some(Reverse((end, id))) =
                self.calls.peek().copied().filter(|call| call.0.0 <= self.at)
            {
                self.calls.pop();
                self.end(store, of, id, end);
            }
            let open = dials && windows.open(self.at);
            while open && self.calls.len() < lines.max(1) {
                let Some(id) = self.next(store, of.id) else { break };
                self.call(store, of, id);
            }
            let next = [
                self.calls.peek().map(|call| call.0.0),
                self.again.peek().map(|call| call.0.0).filter(|at| *at > self.at && open),
                Some(()).filter(|()| dials && !open).and_then(|()| windows.next(self.at)),
            ];
            match next.into_iter().flatten().min().filter(|next| *next <= now) {
                Some(next) => self.at = next.max(self.at),
                None => {
                    self.at = now.max(self.at);
                    return;
                }
            }
        }
    }

    /// Who is called next: whose second call is due, else the first who was not called yet.
    fn next(&mut self, store: &Store, task: &str) -> Option<i64> {
        let sheet = store.callees(task);
        let waits = |id: i64, states: &[i64]| {
            let status = sheet.row(id).and_then(|row| sheet.status(row));
            status.is_some_and(|status| states.contains(&status))
        };
        while let Some(Reverse((_, id))) =
            self.again.peek().copied().filter(|call| call.0.0 <= self.at)
        {
            self.again.pop();
            if waits(id, &[2]) {
                return Some(id);
            }
        }
        while self.first < sheet.len() {
            let id = sheet.id(self.first)?;
            self.first += 1;
            if waits(id, &[0, 1]) {
                return Some(id);
            }
        }
        self.first = sheet.len();
        None
    }

    fn call(&mut self, store: &mut Store, of: &Campaigner<'_>, id: i64) {
        let tries = self.tries.get(&id).copied().unwrap_or(0);
        let (_, seconds) = drawn(of.seed, id, tries);
        self.calls.push(Reverse((self.at + RINGING + seconds * 1000, id)));
        change(store, of.id, id, &[("Status", 3.into()), ("CallingTime", self.at.into())]);
    }

    fn end(&mut self, store: &mut Store, of: &Campaigner<'_>, id: i64, at: i64) {
        let tries = self.tries.get(&id).copied().unwrap_or(0);
        let (result, seconds) = drawn(of.seed, id, tries);
        let answered = result == "ANSWERED";
        let retries = of.task.fields.get("RetryEnable") == Some(&Value::Bool(true))
            && tries < of.task.integer("RetryCount").unwrap_or(0)
            && of.task.fields.get("RetryReasons").is_some_and(|reasons| lists(reasons, result));
        let state = if answered {
            4
        } else if retries {
            2
        } else {
            5
        };
        let mut ended = vec![("Status", state.into()), ("CallResult", result.into())];
        if answered {
            let intent = if seconds > 40 { "interested" } else { "not interested" };
            ended
                .extend([("ConversationDuration", seconds.into()), ("MajorIntent", intent.into())]);
        }
        change(store, of.id, id, &ended);
        if retries {
            let pause = of.task.integer("RetryInterval").unwrap_or(1).max(1) * 60_000;
            self.again.push(Reverse((at + pause, id)));
            self.tries.insert(id, tries + 1);
        } else {
            self.tries.remove(&id);
        }
    }
}

/// Only who is still there: a console may have cancelled in between.
fn change(store: &mut Store, task: &str, id: i64, members: &[(&str, Value)]) {
    let sheet = store.callees(task);
    let Some(mut row) = sheet.row(id).and_then(|row| sheet.get(row)) else { return };
    row.extend(
        members
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect::<Map<_, _>>(),
    );
    store.put_callee(task, id, row);
}

fn lists(reasons: &Value, result: &str) -> bool {
    reasons.as_array().is_some_and(|reasons| reasons.iter().any(|reason| reason == result))
}

/// How the call of somebody ends, and after how many seconds of talk: the same for the same seed.
fn drawn(seed: u64, id: i64, tries: i64) -> (&'static str, i64) {
    let mut mixed =
        seed ^ id.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ tries.unsigned_abs() << 56;
    for factor in [0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB] {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(factor);
    }
    mixed ^= mixed >> 31;
    let mut share = mixed % 100;
    let seconds = i64::try_from(mixed >> 32 & 0xFFFF).unwrap_or(0) % 80 + 5;
    for (result, percent) in RESULTS {
        if share < *percent {
            return (result, if *result == "ANSWERED" { seconds } else { 0 });
        }
        share -= percent;
    }
    ("OTHERS", 0)
}

/// How many of a hundred calls end so.
const RESULTS: &[(&str, u64)] = &[
    ("ANSWERED", 52),
    ("NO_ANSWER", 22),
    ("USER_BUSY", 10),
    ("POWERED_OFF", 7),
    ("CALL_REJECTED", 6),
    ("INVALID_NUMBER", 3),
];
/// Milliseconds that a telephone rings.
const RINGING: i64 = 15_000;
/// Calls and waits of one step.
const STEP: usize = 20_000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Monday, 2026-09-21 10:00 in China.
    const MONDAY: i64 = 1_789_956_000_000;
    const MINUTE: i64 = 60_000;

    fn campaign(fields: &Value, callees: i64) -> Store {
        let mut store = Store::default();
        let mut task = Task { fields: fields.as_object().unwrap().clone(), ..Task::default() };
        task.set("TaskId", "1");
        store.put_task(task);
        for id in 1..=callees {
            let row = json!({ "Status": 0, "CalledNumber": "1", "ImportedTime": 1 });
            store.put_callee("1", id, row.as_object().unwrap().clone());
        }
        store
    }

    /// How many are in each state.
    fn states(store: &Store) -> [usize; 6] {
        let sheet = store.callees("1");
        let mut states = [0; 6];
        for row in 0..sheet.len() {
            states[usize::try_from(sheet.status(row).unwrap()).unwrap()] += 1;
        }
        states
    }

    #[test]
    fn callees_are_called_inside_their_windows_and_no_more_at_once_than_there_are_lines() {
        let windows = json!([{ "StartTime": "09:00:00", "EndTime": "11:00:00" }]);
        let fields = json!({ "Status": 1, "ConcurrentCount": 5, "CallTimes": windows, "CallDays": ["MONDAY"] });
        let mut store = campaign(&fields, 2_000);
        let mut campaign = Campaign::default();
        let mut at = MONDAY;
        while at < MONDAY + 3 * 60 * MINUTE {
            campaign.advance(&mut store, 1, at);
            let calling = states(&store)[3];
            assert!(calling <= 5, "{calling}");
            assert!(calling == 5 || at >= MONDAY + 60 * MINUTE, "{calling} at {at}");
            assert!(calling == 0 || at <= MONDAY + 62 * MINUTE, "{calling} at {at}");
            at += MINUTE + 7_000;
        }
        campaign.advance(&mut store, 1, at);
        let states = states(&store);
        assert_eq!(states[3], 0);
        assert!(states[0] > 500, "the window closed before all were called: {states:?}");
        let share = states[4] * 100 / (states[4] + states[5]);
        assert!((44..60).contains(&share), "{share} of a hundred answered");
        let figures = store.callees("1").figures(MONDAY);
        assert_eq!(figures.called_since, states[4] + states[5]);
    }

    #[test]
    fn the_same_seed_is_the_same_campaign_however_often_one_looks() {
        let fields = json!({ "Status": 1, "ConcurrentCount": 7 });
        let run = |seed, steps: i64| {
            let mut store = campaign(&fields, 300);
            let mut campaign = Campaign::default();
            for step in 0..=steps {
                campaign.advance(&mut store, seed, MONDAY + 60 * MINUTE * step / steps);
            }
            store.details()
        };
        assert_eq!(run(1, 1), run(1, 97));
        assert_ne!(run(1, 1), run(2, 1));
    }

    #[test]
    fn who_did_not_answer_is_called_again_after_the_pause() {
        let fields = json!({ "Status": 1, "ConcurrentCount": 500, "RetryEnable": true, "RetryCount": 2, "RetryInterval": 30,
            "RetryReasons": ["NO_ANSWER", "USER_BUSY", "POWERED_OFF", "CALL_REJECTED", "INVALID_NUMBER"] });
        let mut store = campaign(&fields, 400);
        let mut campaign = Campaign::default();
        let mut seen = Vec::new();
        for minutes in [0, 5, 40, 80, 120] {
            campaign.advance(&mut store, 3, MONDAY + minutes * MINUTE);
            seen.push(states(&store));
        }
        assert!(seen[1][2] > 100, "they wait: {seen:?}");
        assert!(seen[2][2] < seen[1][2] && seen[2][4] > seen[1][4], "{seen:?}");
        assert_eq!(seen[4][..4], [0; 4], "{seen:?}");
        assert!(seen[4][5] > 0 && seen[4][5] < 100, "{seen:?}");
    }

    #[test]
    fn a_stop_lets_calls_end_and_begins_none() {
        let mut store = campaign(&json!({ "Status": 1, "ConcurrentCount": 10 }), 100);
        let mut campaign = Campaign::default();
        campaign.advance(&mut store, 1, MONDAY);
        assert_eq!(states(&store)[3], 10);
        store.task_mut("1").unwrap().set("Status", 2);
        campaign.advance(&mut store, 1, MONDAY + 60 * MINUTE);
        let states = states(&store);
        assert_eq!((states[0], states[3], states[4] + states[5]), (90, 0, 10));
    }
}
