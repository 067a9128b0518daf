//! What this process has imported: one import into a task at a time, and whose batches there are. So an import whose
//! answer was lost never takes a sibling's batch for its own.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::Wait;
use aliyun::error::{Error, Kind};
use tokio::sync::OwnedMutexGuard;

use super::late::WATCH;
use super::rest;

/// The imports into one task.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// Batches that this process has imported.
    pub(crate) own: HashSet<String>,
    /// Batches that others had just imported when this process began; none until it looked.
    pub(crate) before: Option<HashSet<String>>,
    /// Lost chunks whose state a delete has given up, for the create that follows.
    pub(crate) lost: Vec<Lost>,
    /// Batches that a create of this process has taken over: a delete of an object that held them forgets them.
    pub(crate) adopted: HashSet<String>,
    /// Batches whose objects were deleted, with the version of each.
    pub(crate) ended: Vec<(Option<i64>, String)>,
    /// Batches that the state is known to hold.
    pub(crate) held: HashSet<String>,
    /// What this process has sent: the batch of each chunk, by a hash of the own id and the number of its first callee.
    sent: HashMap<u64, String>,
    hasher: RandomState,
}

impl Turn {
    /// Whether this process has sent a chunk with this first callee.
    pub(crate) fn has_sent(&self, id: &str, number: &str) -> bool {
        self.sent.contains_key(&self.hasher.hash_one((id, number)))
    }

    /// Whether this process has sent nothing into the task: then nobody whom it made the task for can be in.
    pub(crate) fn is_untouched(&self) -> bool {
        self.own.is_empty() && self.sent.is_empty()
    }

    /// Notes a chunk that is in, or may be.
    pub(crate) fn note_sent(&mut self, id: &str, number: &str, batch: String) {
        self.sent.insert(self.hasher.hash_one((id, number)), batch);
    }

    /// Notes that the callees of a batch are taken back.
    pub(crate) fn take_back(&mut self, batch: &str) {
        self.sent.retain(|_, sent| sent != batch);
    }

    /// Whether the batch belongs to an object, as far as this process knows.
    pub(crate) fn is_somebodys(&self, batch: &String) -> bool {
        let ended = self.ended.iter().any(|(_, ended)| ended == batch);
        !ended && (self.own.contains(batch) || self.held.contains(batch))
    }

    /// Batches that an import of this version must not take for its own.
    pub(crate) fn of_other_versions(&self, version: Option<i64>) -> HashSet<String> {
        let others = self.ended.iter().filter(|(ended, _)| *ended != version);
        others.map(|(_, batch)| batch.clone()).collect()
    }

    /// Batches that are no new import's.
    pub(crate) fn known(&self) -> HashSet<String> {
        self.own.iter().chain(self.before.iter().flatten()).cloned().collect()
    }
}

/// The registry of one configured provider.
#[derive(Debug, Default)]
pub(crate) struct Imports(Mutex<HashMap<TaskId, Arc<tokio::sync::Mutex<Turn>>>>);

impl Imports {
    /// The imports into a task. Whoever imports into it holds the lock meanwhile.
    pub(crate) fn of(&self, task: &TaskId) -> Arc<tokio::sync::Mutex<Turn>> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.entry(task.clone()).or_default().clone()
    }

    /// The turn to import into a task, once the import before has ended.
    ///
    /// # Errors
    /// The wait has ended first.
    pub(crate) async fn turn(
        &self,
        task: &TaskId,
        wait: &Wait,
    ) -> Result<OwnedMutexGuard<Turn>, Error> {
        tokio::select! {
            turn = self.of(task).lock_owned() => Ok(turn),
            ended = rest(wait, Duration::MAX) => {
                ended?;
                Err(Error::new(Kind::Deadline, "another import into the task did not end"))
            }
        }
    }
}

/// How old a lost chunk is before the next apply stops looking for it, in milliseconds.
pub(crate) const PATIENCE: i64 = 10_000;

/// How long after it was sent a lost chunk may come in, in milliseconds.
pub(crate) const LATEST: i64 = 2 * 60 * 1000;

const LOST: &str = "lost";

/// A chunk whose answer was lost, and which was not found. Kept in place of an id, so that the next apply can look again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lost {
    /// When it was sent, by the service's clock: Unix time in milliseconds.
    pub(crate) since: i64,
    /// How many callees it holds.
    pub(crate) count: u64,
}

impl Lost {
    /// As an id: `lost/SINCE/COUNT`.
    pub(crate) fn id(self) -> String {
        format!("{LOST}/{}/{}", self.since, self.count)
    }

    pub(crate) fn of_id(id: &str) -> Option<Lost> {
        let (since, count) = id.strip_prefix(LOST)?.strip_prefix('/')?.split_once('/')?;
        Some(Lost { since: since.parse().ok()?, count: count.parse().ok()? })
    }

    /// How long a destroy looks for it: three seconds at least, and until it is ten seconds old.
    pub(crate) fn patience(self, now: i64) -> Duration {
        let left = self.since.saturating_add(PATIENCE).saturating_sub(now).clamp(0, PATIENCE);
        Duration::from_millis(left.unsigned_abs()).max(WATCH)
    }

    /// Whether it may still come in.
    pub(crate) fn is_due(self, now: i64) -> bool {
        now < self.since.saturating_add(LATEST)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lost, Turn};

    #[test]
    fn what_was_sent_has_touched_the_task_even_if_it_may_be_lost() {
        let mut turn = Turn::default();
        assert!(turn.is_untouched() && !turn.has_sent("o-1", "138"));
        turn.note_sent("o-1", "138", String::new());
        assert!(!turn.is_untouched() && turn.has_sent("o-1", "138"));
        let own = ["7".to_owned()].into_iter().collect();
        assert!(!Turn { own, ..Turn::default() }.is_untouched());
    }

    #[test]
    fn a_lost_chunk_is_kept_in_place_of_an_id() {
        let lost = Lost { since: 1_796_086_800_000, count: 1000 };
        assert_eq!(lost.id(), "lost/1796086800000/1000");
        assert_eq!(Lost::of_id(&lost.id()), Some(lost));
        for id in ["123000000000000001", "lost", "lost/1", "lost/a/1", "lost/1/2/3"] {
            assert_eq!(Lost::of_id(id), None, "{id}");
        }
    }

    #[test]
    fn a_destroy_looks_for_three_seconds_and_until_the_chunk_is_ten_seconds_old() {
        let lost = Lost { since: 1_000_000, count: 1 };
        let waits = |now: i64| lost.patience(now).as_millis();
        assert_eq!(
            [900_000, 1_000_000, 1_004_000, 1_009_000, 9_000_000].map(waits),
            [10_000, 10_000, 6_000, 3_000, 3_000]
        );
        assert!(lost.is_due(1_119_999) && !lost.is_due(1_120_000));
    }
}
