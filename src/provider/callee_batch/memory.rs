//! What this process has imported: one import into a task at a time, and which batches are somebody's already. So an
//! import whose answer was lost never takes a sibling's batch for its own.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::aliyun::aiccs::TaskId;

/// Ids of batches that are not this import's.
pub(super) type Known = tokio::sync::Mutex<HashSet<String>>;

/// The memory of one configured provider.
#[derive(Debug, Default)]
pub(in crate::provider) struct Imports(Mutex<HashMap<TaskId, Arc<Known>>>);

impl Imports {
    /// The batches of a task. Whoever imports into it holds the lock meanwhile.
    pub(super) fn of(&self, task: &TaskId) -> Arc<Known> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.entry(task.clone()).or_default().clone()
    }
}
