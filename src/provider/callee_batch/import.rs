//! Importing callees in chunks, so that nobody is called twice: an answer that was lost is looked up, never sent
//! again, and a chunk that fails takes the earlier ones back.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde_json::Value as Json;

use super::rows;
use crate::aliyun::aiccs::{MOST_CALLEES, QUERY_AI_CALL_TASK_PAGE, exact};
use crate::aliyun::client::Parameters;
use crate::aliyun::error::{Error, Kind, Processed};
use crate::provider::call_task::task::Task;
use crate::provider::failure;
use crate::terraform::diagnostic::Diagnostics;
use crate::terraform::value::Value;

/// How far the service's clock may be off between two of its machines, in milliseconds.
const MARGIN: i64 = 5_000;

/// The statuses that the query of callees asks for: to be called, done, failed.
const STATUSES: [&str; 3] = ["0", "1", "2"];

/// One import into a task.
#[derive(Clone, Copy)]
pub(super) struct Import<'a> {
    pub(super) task: Task<'a>,
    pub(super) encryption: Option<i64>,
}

/// What is in the task after an import.
#[derive(Debug, Default)]
pub(super) struct Imported {
    pub(super) batches: Vec<String>,
    pub(super) count: usize,
}

impl Import<'_> {
    /// Imports all callees, or none as far as they can be taken back.
    pub(super) async fn all(&self, callees: &[Value], out: &mut Diagnostics) -> Imported {
        let mut imported = Imported::default();
        let chunks = callees.len().div_ceil(MOST_CALLEES);
        for (index, chunk) in callees.chunks(MOST_CALLEES).enumerate() {
            match self.chunk(chunk, &imported.batches).await {
                Ok(batch) => {
                    imported.batches.push(batch);
                    imported.count += chunk.len();
                }
                Err(error) => {
                    let from = index * MOST_CALLEES;
                    let rows = format!("rows {from} to {} of `callees_wo`", from + chunk.len() - 1);
                    let summary = format!(
                        "Could not import chunk {} of {chunks} into task {}",
                        index + 1,
                        self.task.id
                    );
                    let mut diagnostic = failure::diagnostic(summary, &error, &[]);
                    diagnostic.detail.push_str(&format!("\n\nThe chunk holds {rows}. "));
                    diagnostic.detail.push_str(&self.take_back(&mut imported).await);
                    out.push(diagnostic);
                    break;
                }
            }
        }
        imported
    }

    /// Imports one chunk; the batch's id. An answer that was lost is looked up.
    async fn chunk(&self, callees: &[Value], known: &[String]) -> Result<String, Error> {
        let before = self.now().await?;
        let list = callees.iter().map(rows::json).collect();
        let Task { client, id, wait } = self.task;
        let mut error = match client.import_task_number_datas(id, list, self.encryption, wait).await
        {
            Ok((batch, _)) => return Ok(batch),
            Err(error) if error.processed == Processed::Unknown => error,
            Err(error) => return Err(error),
        };
        // Two look-ups: what is committed late may show in the second.
        for _ in 0..2 {
            match self.found(callees, before, known).await {
                Ok(Some(batch)) => return Ok(batch),
                Ok(None) => {}
                Err(lookup) => {
                    error.message = format!(
                        "the answer of the import was lost ({}), and whether its callees are in could not be found out \
                         ({}). Look at the task's batches in the console before you import them again",
                        error.message, lookup.message
                    );
                    return Err(error);
                }
            }
        }
        Err(error)
    }

    /// The service's clock.
    async fn now(&self) -> Result<Option<Timestamp>, Error> {
        let Task { client, id, wait } = self.task;
        let probe =
            Parameters::new().with("TaskId", id.as_str()).with("PageNo", "1").with("PageSize", "1");
        Ok(client.call(&QUERY_AI_CALL_TASK_PAGE, probe, wait).await?.date)
    }

    /// The batch that an import whose answer was lost has made: new since `before`, as large as the chunk, and with the
    /// same own ids.
    async fn found(
        &self,
        callees: &[Value],
        before: Option<Timestamp>,
        known: &[String],
    ) -> Result<Option<String>, Error> {
        let mut batches: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
        for status in STATUSES {
            let mut filters =
                Parameters::new().with("TaskId", self.task.id.as_str()).with("Status", status);
            if let Some(before) = before {
                filters.set("StartImportedTime", (before.as_millisecond() - MARGIN).to_string());
            }
            for item in self.task.client.query_ai_call_detail_page(&filters, self.task.wait).await?
            {
                let own = item.get("OutId").and_then(Json::as_str).filter(|id| !id.is_empty());
                // A batch that was cancelled is an earlier one.
                let cancelled = item.get("CallResult").and_then(Json::as_str) == Some("CANCEL");
                if let Some(batch) = item.get("BatchId").and_then(exact)
                    && !known.contains(&batch)
                    && !cancelled
                {
                    batches.entry(batch).or_default().push(own.map(str::to_owned));
                }
            }
        }
        let sent: HashSet<&str> =
            callees.iter().filter_map(|callee| callee.get("out_id").as_str()).collect();
        let matches = |own: &Vec<Option<String>>| {
            let shown: HashSet<&str> = own.iter().flatten().map(String::as_str).collect();
            own.len() == callees.len() && shown == sent
        };
        let mut found = batches.into_iter().filter(|(_, own)| matches(own)).map(|(batch, _)| batch);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => {
                Err(Error::new(Kind::Contradictory, "several new batches of the task look alike"))
            }
            (batch, _) => Ok(batch),
        }
    }

    /// Cancels the batches of earlier chunks; what stays is kept, and said.
    async fn take_back(&self, imported: &mut Imported) -> String {
        if imported.batches.is_empty() {
            return "Nothing was imported before it.".to_owned();
        }
        let (mut left, mut kept, mut cancelled) = (Vec::new(), 0, 0);
        for batch in std::mem::take(&mut imported.batches) {
            match cancel(self.task, &batch, self.encryption).await {
                Ok((done, 0)) => cancelled += done,
                Ok((done, stays)) => {
                    cancelled += done;
                    kept += stays;
                    left.push(batch);
                }
                Err(_) => {
                    kept += MOST_CALLEES as u64;
                    left.push(batch);
                }
            }
        }
        imported.batches = left;
        imported.count = usize::try_from(kept).unwrap_or(usize::MAX);
        if kept == 0 {
            format!("The {cancelled} callees of the chunks before it were cancelled again.")
        } else {
            format!(
                "Of the chunks before it {cancelled} callees were cancelled again; {kept} could not be, and stay in the \
                 state. A destroy cancels what is left of them."
            )
        }
    }
}

/// Cancels what a batch still has to call: how many were cancelled, and how many not. An answer that was lost is
/// settled by counting who is still to be called.
///
/// # Errors
/// The service's.
pub(super) async fn cancel(
    task: Task<'_>,
    batch: &str,
    encryption: Option<i64>,
) -> Result<(u64, u64), Error> {
    let mut parameters = Parameters::new().with("TaskId", task.id.as_str()).with("BatchId", batch);
    if let Some(encryption) = encryption {
        parameters.set("EncryptionType", encryption.to_string());
    }
    match task.client.cancel_ai_call_details(parameters, task.wait).await {
        Ok(counts) => Ok((counts.succeeded, counts.failed)),
        Err(error) if error.processed == Processed::Unknown => {
            let filters = Parameters::new()
                .with("TaskId", task.id.as_str())
                .with("BatchId", batch)
                .with("Status", STATUSES[0]);
            let waiting = task.client.query_ai_call_detail_page(&filters, task.wait).await?;
            if waiting.is_empty() { Ok((0, 0)) } else { Err(error) }
        }
        Err(error) => Err(error),
    }
}
