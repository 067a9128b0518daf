//! What this process has imported: one import into a task at a time, and whose batches there are. So an import whose
//! answer was lost never takes a sibling's batch for its own.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::lost::Lost;
use crate::aliyun::aiccs::TaskId;

/// The imports into one task.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// Batches that this process has imported.
    pub(super) own: HashSet<String>,
    /// Batches that others had just imported when this process began; none until it looked.
    pub(super) before: Option<HashSet<String>>,
    /// Lost chunks whose state a delete has given up, for the create that follows.
    pub(super) lost: Vec<Lost>,
}

impl Turn {
    /// Batches that are no new import's.
    pub(super) fn known(&self) -> HashSet<String> {
        self.own.iter().chain(self.before.iter().flatten()).cloned().collect()
    }
}

/// The memory of one configured provider.
#[derive(Debug, Default)]
pub(in crate::provider) struct Imports(Mutex<HashMap<TaskId, Arc<tokio::sync::Mutex<Turn>>>>);

impl Imports {
    /// The imports into a task. Whoever imports into it holds the lock meanwhile.
    pub(super) fn of(&self, task: &TaskId) -> Arc<tokio::sync::Mutex<Turn>> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.entry(task.clone()).or_default().clone()
    }
}

/// What is remembered beside a batch's state.
#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct Private {
    /// Planned by a create. The delete leg of a replacement finds it here, and leaves a lost chunk to the create.
    pub(super) new: bool,
    /// Batches that are not a lost chunk's.
    pub(super) known: Vec<String>,
}

impl Private {
    pub(super) fn parse(bytes: &[u8]) -> Private {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let nothing = *self == Private::default();
        if nothing { Vec::new() } else { serde_json::to_vec(self).unwrap_or_default() }
    }
}
