//! Importing callees in chunks, so that nobody is called twice: an answer that was lost is looked up, never sent
//! again, and a chunk that fails takes the earlier ones back.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::cancel::{Taken, cancel, is_cancelled};
use super::memory::Imports;
use super::{STATUSES, rows};
use crate::aliyun::aiccs::{MOST_CALLEES, QUERY_AI_CALL_TASK_PAGE, exact};
use crate::aliyun::client::{Parameters, Wait};
use crate::aliyun::error::{Error, Kind, Processed};
use crate::provider::call_task::run_state::Status;
use crate::provider::call_task::task::{Task, rest, status_of};
use crate::provider::failure;
use crate::terraform::diagnostic::Diagnostics;
use crate::terraform::driver::Progress;
use crate::terraform::value::Value;

/// How far the service's clock may be off between two of its machines, in milliseconds.
const MARGIN: i64 = 5_000;

/// How long to wait before each look-up after a lost answer: what is committed late shows in a later one.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2)];

/// One import into a task.
#[derive(Clone, Copy)]
pub(in crate::provider) struct Import<'a> {
    pub(in crate::provider) task: Task<'a>,
    pub(in crate::provider) encryption: Option<i64>,
    pub(in crate::provider) imports: &'a Imports,
    pub(in crate::provider) progress: Progress<'a>,
    /// Where what cannot be taken back remains, for the message.
    pub(in crate::provider) remains: &'static str,
    /// What is to be done about a chunk of which nobody knows whether it is in, for the message.
    pub(in crate::provider) lost: &'static str,
}

/// A batch in the task, and how many callees it holds.
#[derive(Debug)]
pub(in crate::provider) struct Batch {
    pub(in crate::provider) id: String,
    pub(in crate::provider) count: u64,
}

/// What an import has come to.
#[derive(Debug, Default)]
pub(in crate::provider) struct Imported {
    /// The batches that are in the task.
    pub(in crate::provider) batches: Vec<Batch>,
    /// A chunk of which nobody knows whether it is in.
    pub(in crate::provider) lost: Option<Lost>,
    /// The task had never been started before.
    pub(in crate::provider) fresh: bool,
}

/// A chunk whose answer was lost, and which could not be looked up. Kept in place of an id, so that the next apply can.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::provider) struct Lost {
    /// When it was sent, by the service's clock: Unix time in milliseconds.
    pub(in crate::provider) since: i64,
    /// How many callees it holds.
    pub(in crate::provider) count: u64,
}

impl Lost {
    /// As an id: `lost/SINCE/COUNT`.
    pub(super) fn id(self) -> String {
        format!("{LOST}/{}/{}", self.since, self.count)
    }

    pub(super) fn of_id(id: &str) -> Option<Lost> {
        let (since, count) = id.strip_prefix(LOST)?.strip_prefix('/')?.split_once('/')?;
        Some(Lost { since: since.parse().ok()?, count: count.parse().ok()? })
    }
}

const LOST: &str = "lost";

/// How long after it was sent a lost chunk may have come in, in milliseconds.
const LATEST: i64 = 2 * 60 * 1000;

/// A batch as the query of callees shows it.
#[derive(Default)]
struct Shown {
    out_ids: Vec<String>,
    numbers: Vec<String>,
    /// When its callees were imported: Unix time in milliseconds.
    times: Vec<i64>,
}

/// Why a chunk is not in, as far as is known.
struct Failed {
    error: Error,
    lost: Option<Lost>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed { error, lost: None }
    }
}

impl Import<'_> {
    /// Imports all callees, or none as far as they can be taken back.
    pub(in crate::provider) async fn all(
        &self,
        callees: &Value,
        out: &mut Diagnostics,
    ) -> Imported {
        let mut imported = Imported::default();
        let total = callees.count();
        let mut left = callees.each();
        for from in (0..total).step_by(MOST_CALLEES) {
            let chunk: Vec<Cow<'_, Value>> = left.by_ref().take(MOST_CALLEES).collect();
            match self.chunk(&chunk).await {
                Ok((id, fresh)) => {
                    imported.fresh |= fresh;
                    let done = from + chunk.len();
                    (self.progress)(format!(
                        "{done} of {total} callees are in task {} (batch {id}).",
                        self.task.id
                    ));
                    imported.batches.push(Batch { id, count: chunk.len() as u64 });
                }
                Err(Failed { error, lost }) => {
                    let summary = format!(
                        "Could not import chunk {} of {} into task {}",
                        from / MOST_CALLEES + 1,
                        total.div_ceil(MOST_CALLEES),
                        self.task.id
                    );
                    let mut diagnostic = failure::diagnostic(summary, &error, &[]);
                    diagnostic.detail.push_str(&format!(
                        "\n\nThe chunk holds rows {from} to {} of `callees_wo`. ",
                        from + chunk.len() - 1
                    ));
                    diagnostic.detail.push_str(&self.take_back(&mut imported.batches).await);
                    if lost.is_some() {
                        diagnostic.detail.push_str(self.lost);
                    }
                    out.push(diagnostic);
                    imported.lost = lost;
                    break;
                }
            }
        }
        imported
    }

    /// Imports one chunk; the batch's id, and whether the task had never been started. An answer that was lost is looked
    /// up.
    async fn chunk(&self, callees: &[Cow<'_, Value>]) -> Result<(String, bool), Failed> {
        let known = self.imports.of(self.task.id);
        let mut known = tokio::select! {
            known = known.lock() => known,
            ended = rest(self.task.wait, Duration::MAX) => {
                ended?;
                return Err(Error::new(Kind::Deadline, "another import into the task did not end").into());
            }
        };
        let (before, status) = self.now().await?;
        if known.is_empty() {
            // What others have just imported is not this chunk.
            known.extend(batches(self.task, before).await?.into_keys());
        }
        let Task { client, id, wait } = self.task;
        let list = callees.iter().map(|callee| rows::json(callee)).collect();
        let imported = client.import_task_number_datas(id, list, self.encryption, wait).await;
        let batch = match imported {
            Ok((batch, _)) => batch,
            Err(error) if error.processed == Processed::Unknown => {
                self.look_up(callees, before, &known, error).await?
            }
            Err(error) => return Err(error.into()),
        };
        known.insert(batch.clone());
        Ok((batch, status == Some(Status::Init)))
    }

    /// The batch of a chunk whose answer was lost; the loss when there is none.
    async fn look_up(
        &self,
        callees: &[Cow<'_, Value>],
        before: Option<Timestamp>,
        known: &HashSet<String>,
        mut error: Error,
    ) -> Result<String, Failed> {
        let count = callees.len() as u64;
        let mut unseen = None;
        for pause in PAUSES {
            let found = async {
                rest(self.task.wait, pause).await?;
                self.found(callees, before, known).await
            };
            match found.await {
                Ok(Some(batch)) => return Ok(batch),
                Ok(None) => {}
                Err(reason) => {
                    unseen = Some(reason.message.clone());
                    break;
                }
            }
        }
        let seen = match unseen {
            None => "they are not in yet, but may still come in".to_owned(),
            Some(reason) => format!("whether they are in could not be found out: {reason}"),
        };
        error.message = format!(
            "the answer of the import of {count} callees was lost ({}); {seen}",
            error.message
        );
        let since = before.map(Timestamp::as_millisecond);
        Err(Failed { error, lost: since.map(|since| Lost { since, count }) })
    }

    /// The service's clock, and the task's run state.
    async fn now(&self) -> Result<(Option<Timestamp>, Option<Status>), Error> {
        let Task { client, id, wait } = self.task;
        let probe =
            Parameters::new().with("TaskId", id.as_str()).with("PageNo", "1").with("PageSize", "1");
        let answer = client.call(&QUERY_AI_CALL_TASK_PAGE, probe, wait).await?;
        let item = answer.data.get("List").and_then(|list| list.get(0));
        let own =
            item.filter(|item| item.get("TaskId").and_then(exact).as_deref() == Some(id.as_str()));
        Ok((answer.date, own.and_then(status_of)))
    }

    /// The batch that an import whose answer was lost has made: new since `before`, as large as the chunk, with the
    /// same own ids; of several such, the one with the same numbers.
    async fn found(
        &self,
        callees: &[Cow<'_, Value>],
        before: Option<Timestamp>,
        known: &HashSet<String>,
    ) -> Result<Option<String>, Error> {
        let sent = |member: &str| sorted(callees.iter().filter_map(|c| c.get(member).as_str()));
        let (out_ids, numbers) = (sent("out_id"), sent("number"));
        let mut found = batches(self.task, before).await?;
        found.retain(|id, batch| {
            !known.contains(id)
                && batch.numbers.len() == callees.len()
                && sorted(batch.out_ids.iter().map(String::as_str)) == out_ids
                && (self.encryption.unwrap_or(0) != 0 || !others(&batch.numbers, &numbers))
        });
        if found.len() > 1 {
            found.retain(|_, batch| sorted(batch.numbers.iter().map(String::as_str)) == numbers);
            if found.len() != 1 {
                let text = "several new batches of the task look alike";
                return Err(Error::new(Kind::Contradictory, text));
            }
        }
        Ok(found.into_keys().next())
    }

    /// Cancels the batches of earlier chunks; what stays is kept, and said. An import that ran out of its time still
    /// gets some for that: nobody is to be called by a half of it.
    async fn take_back(&self, batches: &mut Vec<Batch>) -> String {
        if batches.is_empty() {
            return "Nothing was imported before it.".to_owned();
        }
        if self.task.wait.stop.is_cancelled() {
            let count: u64 = batches.iter().map(|batch| batch.count).sum();
            return format!(
                "The run was interrupted: the {count} callees of the chunks before it were not cancelled, and {}.",
                self.remains
            );
        }
        let wait = Wait::new(self.task.wait.stop.clone(), TAKE_BACK);
        let task = Task { wait: &wait, ..self.task };
        let mut all = Taken::default();
        for batch in std::mem::take(batches) {
            let taken = cancel(task, &batch.id, self.encryption).await;
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
            self.remains,
            all.reasons()
        )
    }
}

/// The batches that a lost chunk of an earlier apply may be.
pub(super) async fn candidates(
    task: Task<'_>,
    lost: Lost,
    known: &[String],
) -> Result<Vec<String>, Error> {
    let since = Timestamp::from_millisecond(lost.since).ok();
    let mut found = batches(task, since).await?;
    found.retain(|id, batch| {
        !known.contains(id)
            && batch.numbers.len() as u64 == lost.count
            && batch.times.iter().all(|time| *time <= lost.since + LATEST)
    });
    Ok(found.into_keys().collect())
}

/// The task's batches since a moment, without those that were cancelled: they are earlier ones.
async fn batches(
    task: Task<'_>,
    since: Option<Timestamp>,
) -> Result<BTreeMap<String, Shown>, Error> {
    let mut batches: BTreeMap<String, Shown> = BTreeMap::new();
    for status in STATUSES {
        let mut filters = Parameters::new().with("TaskId", task.id.as_str()).with("Status", status);
        if let Some(since) = since {
            filters.set("StartImportedTime", (since.as_millisecond() - MARGIN).to_string());
        }
        for item in task.client.query_ai_call_detail_page(&filters, task.wait).await? {
            let text = |name: &str| item.get(name).and_then(Json::as_str).unwrap_or_default();
            if let Some(id) = item.get("BatchId").and_then(exact)
                && !is_cancelled(&item)
            {
                let batch = batches.entry(id).or_default();
                let time = item.get("ImportedTime").and_then(exact);
                batch.times.extend(time.and_then(|time| time.parse::<i64>().ok()));
                batch.numbers.push(text("CalledNumber").to_owned());
                batch.out_ids.extend(Some(text("OutId").to_owned()).filter(|id| !id.is_empty()));
            }
        }
    }
    Ok(batches)
}

/// How long the cancels of a failed import may take.
const TAKE_BACK: Duration = Duration::from_secs(2 * 60);

/// Whether a batch shows numbers of which none was sent. That they are shown as they were sent is not documented: only
/// their ends count, and masked ones say nothing.
fn others(shown: &[String], sent: &[&str]) -> bool {
    let end = |number: &str| {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let plain = digits.len() >= END && !number.contains('*');
        plain.then(|| digits[digits.len() - END..].to_owned())
    };
    let ends: HashSet<Option<String>> = sent.iter().map(|number| end(number)).collect();
    shown.iter().all(|number| end(number).is_some_and(|end| !ends.contains(&Some(end))))
}

/// So many digits at its end tell a number without its prefixes.
const END: usize = 8;

fn sorted<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<_> = texts.collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::{Lost, others};

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
    fn numbers_of_others_are_known_by_their_ends() {
        let shown = |numbers: &[&str]| numbers.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let sent = ["13800000001", "13800000002"];
        assert!(others(&shown(&["13700000003", "13700000004"]), &sent));
        assert!(!others(&shown(&["13700000003", "13800000002"]), &sent));
        assert!(!others(&shown(&["+86 138-0000-0001", "008613800000002"]), &sent));
        assert!(!others(&shown(&["137****0003", "137****0004"]), &sent));
        assert!(!others(&shown(&["13700000003", ""]), &sent));
    }
}
