//! Taking callees back: what a cancel came to, also when its answer was lost.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::STATUSES;
use crate::aliyun::aiccs::exact;
use crate::aliyun::client::Parameters;
use crate::aliyun::error::{Error, Processed};
use crate::aliyun::redact;
use crate::provider::call_task::task::Task;

/// The most reasons that one message lists.
const LISTED: usize = 5;

/// What a cancel came to.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Callees that nobody calls any more.
    pub(super) cancelled: u64,
    /// Callees that were called, or are being called.
    pub(super) kept: u64,
    /// Why they could not be cancelled, and how many for that reason.
    pub(super) reasons: BTreeMap<String, u64>,
}

impl Taken {
    pub(super) fn add(&mut self, other: Taken) {
        self.cancelled += other.cancelled;
        self.kept += other.kept;
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
    }

    /// The service's reasons as a paragraph; empty when it gave none.
    pub(super) fn reasons(&self) -> String {
        let one = |(reason, count): (&String, &u64)| format!("\n  - {count}: {reason}");
        let lines: String = self.reasons.iter().take(LISTED).map(one).collect();
        if lines.is_empty() { lines } else { format!("\n\nThe service's reasons:{lines}") }
    }
}

/// Cancels what a batch still has to call. An answer that was lost is settled by looking at the callees.
///
/// # Errors
/// The service's.
pub(super) async fn cancel(
    task: Task<'_>,
    batch: &str,
    encryption: Option<i64>,
) -> Result<Taken, Error> {
    let mut parameters = Parameters::new().with("TaskId", task.id.as_str()).with("BatchId", batch);
    if let Some(encryption) = encryption {
        parameters.set("EncryptionType", encryption.to_string());
    }
    match task.client.cancel_ai_call_details(parameters, task.wait).await {
        Ok(counts) => {
            let mut reasons = BTreeMap::new();
            for (_, reason) in counts.reasons {
                // Which callee it is, is not told: that may be a telephone number.
                *reasons.entry(redact::message(&reason)).or_default() += 1;
            }
            Ok(Taken { cancelled: counts.succeeded, kept: counts.failed, reasons })
        }
        Err(error) if error.processed == Processed::Unknown => settled(task, batch, error).await,
        Err(error) => Err(error),
    }
}

/// What a cancel whose answer was lost has come to: done when nobody of the batch is to be called any more.
async fn settled(task: Task<'_>, batch: &str, error: Error) -> Result<Taken, Error> {
    let mut taken = Taken::default();
    for status in STATUSES {
        let filters = Parameters::new()
            .with("TaskId", task.id.as_str())
            .with("BatchId", batch)
            .with("Status", status);
        for item in task.client.query_ai_call_detail_page(&filters, task.wait).await? {
            if is_cancelled(&item) {
                taken.cancelled += 1;
            } else if status == STATUSES[0] && !is_called(&item) {
                return Err(error);
            } else {
                taken.kept += 1;
            }
        }
    }
    Ok(taken)
}

/// Whether an item of the query of callees was cancelled; a sample of the service's has the result in Chinese.
pub(super) fn is_cancelled(item: &Json) -> bool {
    let result = item.get("CallResult").and_then(Json::as_str).unwrap_or_default();
    result == "CANCEL" || result.contains("取消")
}

/// Whether a callee waits in the queue of calls, or is being called: too late to cancel.
fn is_called(item: &Json) -> bool {
    matches!(item.get("Status").and_then(exact).as_deref(), Some("1" | "3"))
}
