//! What this process has done with call tasks. Nothing can be deleted, so a replacement under the same name must
//! find the task that its own first half left behind.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aliyun::aiccs::TaskId;

use crate::task::private::Identity;
use crate::task::run_state::{DesiredStatus, Schedule, Status};

/// The registry of one configured provider.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Tasks whose state was given up, by what they are.
    left: Vec<(Identity, Left)>,
    /// Tasks that a delete of this process is at, and those that one has been at.
    deleting: HashSet<TaskId>,
    deleted: HashSet<TaskId>,
    /// The names that these tasks had.
    given_up: HashSet<String>,
    /// How many changes of this process are under way.
    busy: usize,
    /// Names of tasks that are planned to be created.
    planned: HashSet<String>,
    /// Tasks that the state holds, as far as they were read, and how they stand as planned.
    held: HashMap<TaskId, Standing>,
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

/// A task that a delete has left behind.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    pub(crate) id: TaskId,
    /// It ran, or waited for its time, before the delete stopped it.
    pub(crate) ran: bool,
}

/// How a task stood before this process took it over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    /// It ran, or waited for its time, and a delete of this process has stopped it.
    pub(crate) ran: bool,
}

/// How a task of the state stands, as its plan knows it.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// Its name and id.
    pub(crate) label: String,
    pub(crate) status: Option<Status>,
    pub(crate) schedule: Schedule,
    /// It is to be stopped. `Some(true)`: this apply changes it, so that an import of the same apply knows.
    pub(crate) to_stop: Option<bool>,
}

/// A change that is under way; over when dropped.
pub(crate) struct Busy<'a>(&'a Registry);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.lock().busy -= 1;
    }
}

/// A delete that is under way; over when dropped.
pub(crate) struct Deleting<'a>(&'a Registry, TaskId);

impl Drop for Deleting<'_> {
    fn drop(&mut self) {
        let mut known = self.0.lock();
        known.deleting.remove(&self.1);
        known.deleted.insert(self.1.clone());
    }
}

impl Registry {
    /// A change begins.
    pub(crate) fn busy(&self) -> Busy<'_> {
        self.lock().busy += 1;
        Busy(self)
    }

    /// Whether any change is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.lock().busy > 0
    }

    /// A delete of the task begins; none where a create has taken the task over.
    pub(crate) fn delete(&self, id: &TaskId, name: Option<&str>) -> Option<Deleting<'_>> {
        let mut known = self.lock();
        if known.taken.contains(id) {
            return None;
        }
        known.given_up.extend(name.map(str::to_owned));
        known.deleting.insert(id.clone());
        Some(Deleting(self, id.clone()))
    }

    /// Whether a delete is, or has been, at a task of this name.
    pub(crate) fn gives_up(&self, name: &str) -> bool {
        self.lock().given_up.contains(name)
    }

    /// Whether a delete is at the task now.
    pub(crate) fn is_deleting(&self, id: &TaskId) -> bool {
        self.lock().deleting.contains(id)
    }

    /// Whether a delete has been at the task.
    pub(crate) fn was_deleted(&self, id: &TaskId) -> bool {
        self.lock().deleted.contains(id)
    }

    /// Notes a name that a plan creates. False when another plan does so already.
    pub(crate) fn plan_name(&self, name: &str) -> bool {
        self.lock().planned.insert(name.to_owned())
    }

    /// Notes a task of the state.
    pub(crate) fn hold(&self, id: &TaskId, standing: Standing) {
        self.lock().held.insert(id.clone(), standing);
    }

    /// How a task of the state stands, where this process has read or planned it.
    pub(crate) fn standing(&self, id: &TaskId) -> Option<Standing> {
        self.lock().held.get(id).cloned()
    }

    pub(crate) fn leave(&self, identity: Identity, left: Left) {
        let mut known = self.lock();
        known.owned.remove(&left.id);
        known.left.push((identity, left));
    }

    /// The task of this name and owner that a delete left behind.
    pub(crate) fn left(&self, identity: &Identity) -> Option<TaskId> {
        let known = self.lock();
        let mut left = known.left.iter();
        let matches = |(known, _): &&(Identity, Left)| {
            known.name == identity.name && known.same_owner(identity)
        };
        left.find(matches).map(|(_, left)| left.id.clone())
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

    /// Takes a task over: what a delete of this process has done to its run state, if one was at it. None where the task is
    /// this process's already, or a delete is at it.
    pub(crate) fn take_over(&self, id: &TaskId) -> Option<Before> {
        let mut known = self.lock();
        if known.deleting.contains(id) || known.owned.contains(id) {
            return None;
        }
        known.taken.insert(id.clone());
        known.owned.insert(id.clone());
        let at = known.left.iter().position(|(_, left)| left.id == *id);
        let ran = at.is_some_and(|at| known.left.swap_remove(at).1.ran);
        Some(Before { ran })
    }

    pub(crate) fn owns(&self, id: &TaskId) -> bool {
        self.lock().owned.contains(id)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
