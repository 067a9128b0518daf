//! What an import has come to: batches in the task, callees that were there already, chunks that are lost; and what becomes of
//! the run state then.

use terraform_plugin::diagnostic::Diagnostics;

use crate::task::Task;
use crate::task::after_import::{AfterImport, hold, started_by_import};
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
    /// Holds the task, or tells that the service has started it; also where the import failed after it was sent. A start
    /// is the caller's.
    pub(super) async fn settle_run_state(
        &self,
        task: Task<'_>,
        after: AfterImport,
        out: &mut Diagnostics,
    ) {
        let was = self.was.as_ref();
        match after {
            AfterImport::Hold { always } if was.is_some() || self.adopted > 0 => {
                if let Err(diagnostic) = hold(task, was, self.adopted_at, always, out).await {
                    out.push(diagnostic);
                }
            }
            AfterImport::Hold { .. } => {}
            AfterImport::Start if !out.has_errors() => {}
            AfterImport::Start | AfterImport::Leave => {
                started_by_import(task, was, out).await;
            }
        }
    }

    /// Takes over a callee that an earlier run has put into this batch.
    pub(super) fn adopt(&mut self, id: &str) {
        self.adopted += 1;
        match self.batches.iter_mut().find(|batch| batch.id == id) {
            Some(batch) => batch.count += 1,
            None => self.batches.push(Batch { id: id.to_owned(), count: 1 }),
        }
    }
}
