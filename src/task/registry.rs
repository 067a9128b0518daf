//! What this process has done with call tasks. Nothing can be deleted, so a replacement under the same name must
//! find the task that its own first half left behind.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aliyun::aiccs::TaskId;

use crate::task::private::Identity;
use crate::task::run_state::DesiredStatus;

/// The registry of one configured provider.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Tasks whose state was given up, by what they are.
    left: Vec<(Identity, TaskId)>,
    /// Tasks that a create made or took over.
    owned: HashSet<TaskId>,
    /// Tasks that a create made.
    made: HashSet<TaskId>,
    /// What this process was told to make of the run state of a task.
    wishes: HashMap<TaskId, DesiredStatus>,
    /// A task that is to be stopped and starts with its first callees is planned to be made.
    plans_stopped: bool,
    /// Tasks that a create took over after a delete gave them up, or before it will.
    taken: HashSet<TaskId>,
}

impl Registry {
    pub(crate) fn leave(&self, identity: Identity, id: TaskId) {
        let mut known = self.lock();
        known.owned.remove(&id);
        known.left.push((identity, id));
    }

    /// The task of this name and owner that a delete left behind; given out once.
    pub(crate) fn take_left(&self, identity: &Identity) -> Option<TaskId> {
        let mut known = self.lock();
        let matches = |(left, _): &(Identity, TaskId)| {
            left.name == identity.name && left.same_owner(identity)
        };
        let at = known.left.iter().position(matches)?;
        Some(known.left.swap_remove(at).1)
    }

    /// Marks a task as made by a create of this process.
    pub(crate) fn own(&self, id: &TaskId) {
        let mut known = self.lock();
        known.owned.insert(id.clone());
        known.made.insert(id.clone());
    }

    /// Whether a create of this process made the task, so that it holds what this process put there and nothing else.
    pub(crate) fn made(&self, id: &TaskId) -> bool {
        self.lock().made.contains(id)
    }

    /// Notes what `desired_status` says of a task that this process creates or changes.
    pub(crate) fn wish(&self, id: &TaskId, wish: Option<DesiredStatus>) {
        let mut known = self.lock();
        match wish {
            Some(wish) => known.wishes.insert(id.clone(), wish),
            None => known.wishes.remove(id),
        };
    }

    /// Notes that a plan makes a task that is to be stopped and starts with its first callees.
    pub(crate) fn plan_stopped(&self) {
        self.lock().plans_stopped = true;
    }

    /// Whether a plan of this process makes such a task.
    pub(crate) fn plans_stopped(&self) -> bool {
        self.lock().plans_stopped
    }

    /// Whether the task is to be stopped, as far as this process was told.
    pub(crate) fn is_to_stop(&self, id: &TaskId) -> bool {
        self.lock().wishes.get(id) == Some(&DesiredStatus::Stopped)
    }

    /// Marks a task as taken over. False when it was this process's already.
    pub(crate) fn take_over(&self, id: &TaskId) -> bool {
        let mut known = self.lock();
        known.taken.insert(id.clone());
        known.owned.insert(id.clone())
    }

    pub(crate) fn owns(&self, id: &TaskId) -> bool {
        self.lock().owned.contains(id)
    }

    /// Whether a create of this process took the task over, so that a delete must leave it alone.
    pub(crate) fn was_taken_over(&self, id: &TaskId) -> bool {
        self.lock().taken.contains(id)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
