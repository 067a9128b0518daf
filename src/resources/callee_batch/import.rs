//! Importing callees in chunks, so that nobody is called twice: an answer that was lost is looked up, never sent
//! again, and a chunk that fails takes the earlier ones back.

use std::collections::HashSet;
use std::time::Duration;

use aliyun::aiccs::{MOST_CALLEES, QUERY_AI_CALL_TASK_PAGE, exact};
use aliyun::client::Parameters;
use aliyun::error::{Error, Kind, Processed};
use jiff::Timestamp;
use terraform_plugin::diagnostic::{Diagnostic, Diagnostics};
use terraform_plugin::driver::Progress;

use super::cancel::take_back;
use super::compare::variables_fit;
use super::doubt::{Doubt, In};
use super::imported::{Batch, Imported};
use super::lost::{Fit, batches};
use super::rows::{self, Importer, Row, Rows};
use super::skip::{Place, Present};
use super::told::{
    diagnostic, held_by_another, sent_already, tell_adopted, tell_left_out, undecided,
};
use crate::task::after_import::{AfterImport, is_denied, park};
use crate::task::foresight::Foresight;
use crate::task::imports::{Imports, Lost, PATIENCE, Turn};
use crate::task::run_state::Status;
use crate::task::{Task, rest, status_of, stuck};

/// How long to wait before each look-up after a lost answer: what is committed late shows in a later one.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2)];

/// How often the next apply looks for a lost chunk.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// One import into a task.
#[derive(Clone, Copy)]
pub(crate) struct Import<'a> {
    pub(crate) task: Task<'a>,
    pub(crate) rows: Rows<'a>,
    /// The task was there before this run: an earlier apply may have imported these callees.
    pub(crate) in_doubt: bool,
    /// What is to become of the run state.
    pub(crate) after: AfterImport,
    /// Callees that are in the task already are left out.
    pub(crate) skip_called: bool,
    pub(crate) encryption: Option<i64>,
    pub(crate) imports: &'a Imports,
    /// Who is asked what variables the callees need; none where that is not to be compared.
    pub(crate) agents: Option<&'a Foresight>,
    pub(crate) progress: Progress<'a>,
    /// Where what cannot be taken back remains, for the message.
    pub(crate) remains: &'static str,
    /// What is to be done about a chunk of which nobody knows whether it is in, for the message.
    pub(crate) lost: &'static str,
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
    /// Imports all callees, or none as far as they can be taken back. Those that are in already are taken over.
    pub(crate) async fn all(&self, out: &mut Diagnostics) -> Imported {
        let count = self.rows.callees.count();
        if !variables_fit(self.agents, self.task, self.rows.callees, out).await
            || !self.task.limits.import(count, out)
            || is_denied(self.task, self.after, out).await
        {
            return Imported::default();
        }
        self.admitted(out).await
    }

    async fn admitted(&self, out: &mut Diagnostics) -> Imported {
        let mut imported = Imported::default();
        let shown = match self.settle_doubt().await {
            Ok(shown) => shown,
            Err(mut diagnostic) => {
                imported.lost = self.still_lost(self.rows.callees.count()).await;
                if imported.lost.is_some() {
                    diagnostic.detail.push_str(self.lost);
                }
                out.push(diagnostic);
                return imported;
            }
        };
        let present = match self.present().await {
            Ok(present) => present,
            Err(error) => {
                let summary = format!("Could not find out who is in task {} already", self.task.id);
                out.push(diagnostic(summary, &error));
                return imported;
            }
        };
        let total = self.rows.callees.count();
        let sends = shown.is_empty() || shown.iter().any(|chunk| !chunk.missing.is_empty());
        if matches!(self.after, AfterImport::Hold { .. })
            && sends
            && let Err(stuck) = park(self.task).await
        {
            out.push(stuck::diagnostic("Could not hold the task before the import", stuck, &[]));
            return imported;
        }
        let mut shown = shown.into_iter();
        let mut done = 0;
        for chunk in self.rows.chunks(MOST_CALLEES) {
            let count = chunk.len();
            match self.rest_of(chunk, shown.next(), present.as_ref(), &mut imported).await {
                Ok(()) => {
                    done += count;
                    let batch = imported.batches.last().map_or("none", |batch| batch.id.as_str());
                    (self.progress)(format!(
                        "{done} of {total} callees are in task {} (batch {batch}).",
                        self.task.id
                    ));
                }
                Err(failed) => {
                    self.failed(failed, done, count, &mut imported, out).await;
                    break;
                }
            }
        }
        if imported.adopted > 0 {
            tell_adopted(imported.adopted, &imported.batches, self.task.id, out);
        }
        if imported.left_out > 0 {
            tell_left_out(imported.left_out, self.task.id, out);
        }
        imported.settle_run_state(self.task, self.after, out).await;
        imported
    }

    /// Which of the callees are in already; nothing where they cannot be.
    async fn settle_doubt(&self) -> Result<Vec<In>, Diagnostic> {
        if !self.in_doubt {
            return Ok(Vec::new());
        }
        let ended = self.imports.of(self.task.id).lock().await.of_other_versions(self.rows.version);
        let doubt = Doubt { task: self.task, hashed: self.hashed(), ended: &ended };
        let shown = doubt
            .settle(self.rows)
            .await
            .map_err(|error| undecided(&error, self.task.id, self.rows.importer))?;
        let shown: Vec<In> = match self.skip_called {
            true => shown.into_iter().map(In::own_alone).collect(),
            false => shown,
        };
        let turn = self.imports.of(self.task.id);
        let mut turn = turn.lock().await;
        let batches = shown.iter().flat_map(|chunk| chunk.batches.keys());
        let somebodys = batches.clone().find(|id| turn.is_somebodys(id));
        if let (Some(batch), Importer::Batch) = (somebodys, self.rows.importer) {
            return Err(held_by_another(batch, self.task.id));
        }
        for batch in batches {
            turn.own.insert(batch.clone());
            turn.adopted.insert(batch.clone());
        }
        for chunk in &shown {
            if chunk.missing.is_empty()
                && let Some(at) = turn.lost.iter().position(|lost| lost.count == chunk.count())
            {
                turn.lost.swap_remove(at);
            }
        }
        Ok(shown)
    }

    /// Whom to leave out, where that is wanted.
    async fn present(&self) -> Result<Option<Present>, Error> {
        match self.skip_called {
            true => Present::of(self.task).await.map(Some),
            false => Ok(None),
        }
    }

    /// Imports what is missing of a chunk.
    async fn rest_of(
        &self,
        mut chunk: Vec<Row<'_>>,
        shown: Option<In>,
        present: Option<&Present>,
        imported: &mut Imported,
    ) -> Result<(), Failed> {
        if let Some(shown) = shown {
            imported.adopted += shown.count();
            imported.adopted_at = imported.adopted_at.max(shown.time);
            imported
                .batches
                .extend(shown.batches.into_iter().map(|(id, count)| Batch { id, count }));
            let missing: HashSet<usize> = shown.missing.into_iter().collect();
            let mut place = 0..;
            chunk.retain(|_| place.next().is_some_and(|place| missing.contains(&place)));
        }
        if let Some(present) = present {
            chunk.retain(|row| match present.place_of(row) {
                Place::Nowhere => true,
                Place::Elsewhere => {
                    imported.left_out += 1;
                    false
                }
                Place::Own(batch) => {
                    imported.adopt(batch);
                    false
                }
            });
        }
        if chunk.is_empty() {
            return Ok(());
        }
        let id = self.chunk(&chunk, &mut imported.was).await?;
        imported.batches.push(Batch { id, count: chunk.len() as u64 });
        Ok(())
    }

    /// Takes the earlier chunks back, and tells what came of the import.
    async fn failed(
        &self,
        Failed { error, lost }: Failed,
        from: usize,
        count: usize,
        imported: &mut Imported,
        out: &mut Diagnostics,
    ) {
        let total = self.rows.callees.count();
        let summary = format!(
            "Could not import chunk {} of {} into task {}",
            from / MOST_CALLEES + 1,
            total.div_ceil(MOST_CALLEES),
            self.task.id
        );
        let mut diagnostic = diagnostic(summary, &error);
        diagnostic.detail.push_str(&format!(
            "\n\nThe chunk holds rows {from} to {} of `callees_wo`. ",
            from + count - 1
        ));
        diagnostic.detail.push_str(
            &take_back(
                self.task,
                self.imports,
                self.encryption,
                self.remains,
                &mut imported.batches,
            )
            .await,
        );
        imported.lost = match lost {
            Some(lost) => Some(lost),
            None => self.still_lost(total - from).await,
        };
        if imported.lost.is_some() {
            diagnostic.detail.push_str(self.lost);
        }
        out.push(diagnostic);
    }

    /// Imports one chunk; the batch's id. `was` gets the run state before the first chunk that is sent. An answer that was
    /// lost is looked up.
    async fn chunk(&self, callees: &[Row<'_>], was: &mut Option<Status>) -> Result<String, Failed> {
        let mut turn = self.imports.turn(self.task.id, self.task.wait).await?;
        let (before, status) = self.now().await?;
        if let Some(batch) = self.lost_before(callees, before, &mut turn).await? {
            turn.own.insert(batch.clone());
            return Ok(batch);
        }
        if let Some(first) = callees.first()
            && turn.has_sent(&first.id, first.number())
        {
            return Err(sent_already().into());
        }
        if turn.before.is_none() {
            // What others have just imported is not this chunk.
            turn.before = Some(batches(self.task, before).await?.into_keys().collect());
        }
        let Task { client, id, wait, .. } = self.task;
        let list = callees.iter().map(rows::json).collect();
        *was = was.take().or(status);
        self.task.sweep.wrote(id);
        let imported = client.import_task_number_datas(id, list, self.encryption, wait).await;
        let batch = match imported {
            Ok((batch, _)) => batch,
            Err(error) if error.processed == Processed::Unknown => {
                self.look_up(callees, before, &turn.known(), error).await?
            }
            Err(error) => return Err(error.into()),
        };
        turn.own.insert(batch.clone());
        if let Some(first) = callees.first() {
            turn.note_sent(&first.id, first.number(), batch.clone());
        }
        Ok(batch)
    }

    /// The batch that is this chunk, out of those that a lost answer of an earlier apply has left; waits a little for
    /// one that comes in late.
    async fn lost_before(
        &self,
        callees: &[Row<'_>],
        now: Option<Timestamp>,
        turn: &mut Turn,
    ) -> Result<Option<String>, Failed> {
        let mut now = now.map_or(i64::MAX, Timestamp::as_millisecond);
        for at in (0..turn.lost.len()).rev() {
            let lost = turn.lost[at];
            while lost.count == callees.len() as u64 {
                let mut found = lost.candidates(self.task, &turn.own).await?;
                let mut same = None;
                found.retain(|id, batch| {
                    let fit = batch.fit(callees, self.hashed());
                    same = (fit == Fit::Same).then(|| id.clone()).or(same.take());
                    fit == Fit::Unclear
                });
                if same.is_some() {
                    turn.lost.swap_remove(at);
                    return Ok(same);
                }
                if !found.is_empty() {
                    let ids: Vec<_> = found.into_keys().collect();
                    let text = format!(
                        "the batches {} of the task may be these callees, whose answer was lost before. Cancel them in \
                         the console unless they are somebody else's",
                        ids.join(", ")
                    );
                    let error = Error::new(Kind::Contradictory, text);
                    return Err(Failed { error, lost: Some(lost) });
                }
                if now >= lost.since.saturating_add(PATIENCE) {
                    break;
                }
                rest(self.task.wait, LOOK_AGAIN).await?;
                now = now.saturating_add(i64::try_from(LOOK_AGAIN.as_millis()).unwrap_or(0));
            }
        }
        Ok(None)
    }

    /// A chunk that an earlier apply lost and this one did not come to: of those that were left to import, one is of its
    /// size.
    async fn still_lost(&self, left: usize) -> Option<Lost> {
        let turn = self.imports.of(self.task.id);
        let sizes = [left.min(MOST_CALLEES) as u64, (left % MOST_CALLEES) as u64];
        let turn = turn.lock().await;
        turn.lost.iter().find(|lost| sizes.contains(&lost.count)).copied()
    }

    fn hashed(&self) -> bool {
        self.encryption.unwrap_or(0) != 0
    }

    /// The batch of a chunk whose answer was lost; the loss when there is none.
    async fn look_up(
        &self,
        callees: &[Row<'_>],
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
        let Task { client, id, wait, .. } = self.task;
        let probe =
            Parameters::new().with("TaskId", id.as_str()).with("PageNo", "1").with("PageSize", "1");
        let answer = client.call(&QUERY_AI_CALL_TASK_PAGE, probe, wait).await?;
        let item = answer.data.get("List").and_then(|list| list.get(0));
        let own =
            item.filter(|item| item.get("TaskId").and_then(exact).as_deref() == Some(id.as_str()));
        Ok((answer.date, own.and_then(status_of)))
    }

    /// The batch that an import whose answer was lost has made: new since `before`, as large as the chunk, with the
    /// same own ids, and without a number that is another's.
    async fn found(
        &self,
        callees: &[Row<'_>],
        before: Option<Timestamp>,
        known: &HashSet<String>,
    ) -> Result<Option<String>, Error> {
        let mut found = batches(self.task, before).await?;
        let mut same = Vec::new();
        found.retain(|id, batch| {
            let fit =
                if known.contains(id) { Fit::Other } else { batch.fit(callees, self.hashed()) };
            same.extend((fit == Fit::Same).then(|| id.clone()));
            fit == Fit::Unclear
        });
        match (same.pop(), found.len()) {
            (Some(batch), _) if same.is_empty() => Ok(Some(batch)),
            (None, 0) => Ok(None),
            (None, 1) => Ok(found.into_keys().next()),
            (Some(_) | None, _) => {
                let text = "several new batches of the task look alike";
                Err(Error::new(Kind::Contradictory, text))
            }
        }
    }
}
