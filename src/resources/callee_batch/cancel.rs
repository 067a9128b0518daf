//! Taking callees back: what a cancel came to, also when its answer was lost or refused.

use std::collections::BTreeMap;
use std::time::Duration;

use aliyun::aiccs::exact;
use aliyun::client::{Parameters, Wait};
use aliyun::error::{Error, Processed};
use serde_json::Value as Json;

use super::STATUSES;
use super::imported::Batch;
use crate::task::Task;
use crate::task::imports::Imports;

/// The most reasons that one message lists.
const LISTED: usize = 5;

/// What has become of the callees of a batch.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Nobody calls them any more.
    pub(super) cancelled: u64,
    /// They were called, or are being called.
    pub(super) called: u64,
    /// They are to be called still.
    pub(super) waiting: u64,
    /// Why some could not be cancelled, and how many for that reason.
    pub(super) reasons: BTreeMap<String, u64>,
}

impl Taken {
    pub(super) fn kept(&self) -> u64 {
        self.called + self.waiting
    }

    pub(super) fn add(&mut self, other: Taken) {
        self.cancelled += other.cancelled;
        self.called += other.called;
        self.waiting += other.waiting;
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
    }

    /// What stays, in sentences.
    pub(super) fn told(&self) -> String {
        let mut text = format!("{} callees are cancelled.", self.cancelled);
        if self.called > 0 {
            text.push_str(&format!(" {} were called already, or are being called.", self.called));
        }
        if self.waiting > 0 {
            text.push_str(&format!(
                " {} wait in the queue of calls, and will still be called.",
                self.waiting
            ));
        }
        text.push_str(&self.reasons());
        text
    }

    /// The service's reasons as a paragraph; empty when it gave none.
    pub(super) fn reasons(&self) -> String {
        let one = |(reason, count): (&String, &u64)| format!("\n  - {count}: {reason}");
        let lines: String = self.reasons.iter().take(LISTED).map(one).collect();
        if lines.is_empty() { lines } else { format!("\n\nThe service's reasons:{lines}") }
    }
}

/// Cancels what a batch still has to call. Where the service does not say that it cancelled all, the callees are looked
/// at; a second cancel harms nobody.
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
    for last in [false, true] {
        let error = match task.client.cancel_ai_call_details(parameters.clone(), task.wait).await {
            Ok(counts) if counts.failed == 0 => {
                return Ok(Taken { cancelled: counts.succeeded, ..Taken::default() });
            }
            Ok(counts) => {
                let said = Taken {
                    cancelled: counts.succeeded,
                    called: counts.failed,
                    ..Taken::default()
                };
                let mut reasons = BTreeMap::new();
                // Which callee it is, is not told: that may be a telephone number.
                counts.reasons.into_iter().for_each(|(_, reason)| {
                    *reasons.entry(reason).or_default() += 1;
                });
                let seen = look(task, batch).await.map_or(said, |(taken, _)| taken);
                return Ok(Taken { reasons, ..seen });
            }
            Err(error) => error,
        };
        if error.processed == Processed::No {
            return Err(error);
        }
        match look(task, batch).await {
            Ok((taken, 0)) => return Ok(taken),
            Ok(_) if error.processed == Processed::Unknown && !last => {}
            Ok(_) | Err(_) => return Err(error),
        }
    }
    Ok(Taken::default())
}

/// How long the cancels of a failed import may take.
const TAKE_BACK: Duration = Duration::from_secs(2 * 60);

/// Cancels the batches of earlier chunks; what stays is kept, and said. An import that ran out of its time still
/// gets some for that: nobody is to be called by a half of it.
pub(super) async fn take_back(
    task: Task<'_>,
    imports: &Imports,
    encryption: Option<i64>,
    remains: &str,
    batches: &mut Vec<Batch>,
) -> String {
    if batches.is_empty() {
        return "Nothing was imported before it.".to_owned();
    }
    if task.wait.stop.is_cancelled() {
        let count: u64 = batches.iter().map(|batch| batch.count).sum();
        return format!(
            "The run was interrupted: the {count} callees of the chunks before it were not cancelled, and {}.",
            remains
        );
    }
    let wait = Wait::new(task.wait.stop.clone(), TAKE_BACK);
    let task = Task { wait: &wait, ..task };
    let mut all = Taken::default();
    let turn = imports.of(task.id);
    for batch in std::mem::take(batches) {
        turn.lock().await.take_back(&batch.id);
        let taken = cancel(task, &batch.id, encryption).await;
        let taken = taken.unwrap_or(Taken { waiting: batch.count, ..Taken::default() });
        if taken.kept() > 0 {
            batches.push(Batch { id: batch.id, count: taken.kept() });
        }
        all.add(taken);
    }
    if all.kept() == 0 {
        return format!(
            "The {} callees of the chunks before it were cancelled again.",
            all.cancelled
        );
    }
    format!(
        "Of the chunks before it {} callees were cancelled again; {} could not be, and {}.{}",
        all.cancelled,
        all.kept(),
        remains,
        all.reasons()
    )
}

/// What the callees of a batch have become, and how many of them a cancel could still take.
pub(super) async fn look(task: Task<'_>, batch: &str) -> Result<(Taken, u64), Error> {
    let (mut taken, mut open) = (Taken::default(), 0);
    for status in STATUSES {
        let filters = Parameters::new()
            .with("TaskId", task.id.as_str())
            .with("BatchId", batch)
            .with("Status", status);
        for item in task.client.query_ai_call_detail_page(&filters, task.wait).await? {
            let now = item.get("Status").and_then(exact);
            if is_cancelled(&item) {
                taken.cancelled += 1;
            } else if status != STATUSES[0] || now.as_deref() == Some("3") {
                taken.called += 1;
            } else {
                taken.waiting += 1;
                // What is queued already cannot be cancelled any more.
                open += u64::from(now.as_deref() != Some("1"));
            }
        }
    }
    Ok((taken, open))
}

/// Whether an item of the query of callees was cancelled; a sample of the service's has the result in Chinese.
pub(super) fn is_cancelled(item: &Json) -> bool {
    let result = item.get("CallResult").and_then(Json::as_str).unwrap_or_default();
    result == "CANCEL" || result.contains("取消")
}
