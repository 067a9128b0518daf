//! What an import has come to: batches in the task, callees that were there already, chunks that are lost. Plain data.

use crate::task::imports::Lost;
use crate::task::run_state::Status;

/// A batch in the task, and how many callees it holds.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) id: String,
    pub(crate) count: u64,
}

/// What an import has come to.
#[derive(Debug, Default)]
pub(crate) struct Imported {
    /// The batches that are in the task.
    pub(crate) batches: Vec<Batch>,
    /// A chunk of which nobody knows whether it is in.
    pub(crate) lost: Option<Lost>,
    /// The run state before the first chunk was sent; none where nothing was sent, or where it is not shown.
    pub(crate) was: Option<Status>,
    /// Callees that were in already are taken over.
    pub(crate) adopted: u64,
    /// Callees that the task has already are left out.
    pub(crate) left_out: u64,
    /// When the last of the adopted was imported: Unix time in milliseconds.
    pub(crate) adopted_at: Option<i64>,
}

impl Imported {
    /// Takes over a callee that an earlier run has put into this batch.
    pub(super) fn adopt(&mut self, id: &str) {
        self.adopted += 1;
        match self.batches.iter_mut().find(|batch| batch.id == id) {
            Some(batch) => batch.count += 1,
            None => self.batches.push(Batch { id: id.to_owned(), count: 1 }),
        }
    }
}
