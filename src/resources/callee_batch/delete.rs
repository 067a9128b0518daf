//! Destroying a batch: what still has to be called is cancelled, a lost chunk is looked for first.

use std::collections::{BTreeMap, HashSet};

use aliyun::client::Wait;
use aliyun::error::Error;
use terraform_plugin::diagnostic::{Diagnostic, Diagnostics, Severity};
use terraform_plugin::hosts::cli;
use terraform_plugin::value::Value;

use super::cancel::{Taken, cancel};
use super::lost::Shown;
use super::private::Private;
use super::table::batches;
use super::task_of;
use crate::config::Ready;
use crate::failure;
use crate::task::imports::Lost;
use crate::task::late::china_time;
use crate::task::{Glances, Seen, Task};

/// Cancels the callees of a state. Errors keep the state.
pub(super) async fn delete(
    ready: &Ready,
    prior: &Value,
    private: &Private,
    wait: &Wait,
) -> Diagnostics {
    let mut out = Diagnostics::new();
    let Some(id) = task_of(prior) else { return out };
    let task = ready.task(&id, wait);
    match task.look().await {
        Ok(Seen::Gone) => return out,
        Ok(Seen::There { .. }) => {}
        Err(error) => {
            let summary = format!("Could not read the task of callee batch {}", prior.get("id"));
            out.push(failure::diagnostic(summary, &error, &[]));
            return out;
        }
    }
    let Some(batches) = to_cancel(ready, task, prior, private, &mut out).await else { return out };
    let batches = {
        let turn = ready.imports.of(&id);
        let mut turn = turn.lock().await;
        let version = prior.get("callees_wo_version").as_int();
        batches.iter().for_each(|batch| turn.take_back(batch));
        turn.ended.extend(batches.iter().map(|batch| (version, batch.clone())));
        // What a create of this run has taken over is its own now.
        batches.into_iter().filter(|batch| !turn.adopted.contains(batch)).collect::<Vec<_>>()
    };
    let encryption = prior.get("encryption_type").as_int();
    let mut taken = Taken::default();
    for batch in batches {
        match cancel(task, &batch, encryption).await {
            Ok(more) => taken.add(more),
            Err(error) => {
                let summary = format!("Could not cancel the callees of batch {batch}");
                out.push(kept(summary, &error));
                return out;
            }
        }
    }
    if taken.kept() > 0 {
        let summary =
            format!("{} callees of batch {} could not be cancelled", taken.kept(), prior.get("id"));
        out.warning(summary, format!("{} They stay in task {id}.", taken.told()));
    }
    out
}

/// The batches of the state, and the lost one if it is found. `None` after an error.
async fn to_cancel(
    ready: &Ready,
    task: Task<'_>,
    prior: &Value,
    private: &Private,
    out: &mut Diagnostics,
) -> Option<Vec<String>> {
    let mut batches = batches(prior);
    let Some(lost) = prior.get("id").as_str().and_then(Lost::of_id) else { return Some(batches) };
    let turn = ready.imports.of(task.id);
    if private.new {
        // The create that follows knows the numbers, and tells the lost batch by them.
        turn.lock().await.lost.push(lost);
        return Some(batches);
    }
    let own = turn.lock().await.own.clone();
    let known = own.into_iter().chain(private.known.clone()).chain(batches.clone());
    match look_for(lost, task, &known.collect()).await {
        Ok(found) if found.len() > 1 => {
            out.push(alike(prior, &found.into_keys().collect::<Vec<_>>()));
            None
        }
        Ok(found) => {
            if found.is_empty() && lost.is_due(task.client.now().as_millisecond()) {
                may_come_in(lost, task, out);
            }
            found.keys().for_each(|batch| taken_for_lost(batch, lost, task, out));
            batches.extend(found.into_keys());
            Some(batches)
        }
        Err(error) => {
            let summary = format!("Could not look for the lost callees of task {}", task.id);
            out.push(kept(summary, &error));
            None
        }
    }
}

/// The batches that may be the lost one; waits for one that comes in late.
async fn look_for(
    lost: Lost,
    task: Task<'_>,
    somebodys: &HashSet<String>,
) -> Result<BTreeMap<String, Shown>, Error> {
    let mut glances = Glances::new(lost.patience(task.client.now().as_millisecond()));
    loop {
        let found = lost.candidates(task, somebodys).await?;
        if !found.is_empty() || !glances.next(task.wait).await? {
            return Ok(found);
        }
    }
}

/// An import that comes in after its batch was destroyed makes telephones ring.
fn may_come_in(lost: Lost, task: Task<'_>, out: &mut Diagnostics) {
    let summary = format!("{} lost callees may still come into task {}", lost.count, task.id);
    let detail = format!(
        "The answer of their import, sent at {}, was lost, and they are not in the task so far. If that import is carried \
         out now, they are called. Look at the callees of the task in the console for the next minutes, and cancel a batch \
         of that time and size there.",
        china_time(lost.since)
    );
    out.warning(summary, detail);
}

/// Without the numbers nobody can tell it from another of its size and time: that it is cancelled is said.
fn taken_for_lost(batch: &str, lost: Lost, task: Task<'_>, out: &mut Diagnostics) {
    let summary = format!("Batch {batch} is taken for the lost one, and cancelled");
    let detail = format!(
        "The answer of an import of {} callees into task {} was lost. This batch is as large and came in at that time.",
        lost.count, task.id
    );
    out.warning(summary, detail);
}

fn kept(summary: String, error: &Error) -> Diagnostic {
    let mut diagnostic = failure::diagnostic(summary, error, &[]);
    diagnostic.detail.push_str("\n\nThe state is kept; apply again.");
    diagnostic
}

/// Of several batches one is this resource's, and nobody knows which.
fn alike(prior: &Value, batches: &[String]) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        summary: format!("Several batches may be the lost one of {}", prior.get("id")),
        detail: format!(
            "The answer of an import was lost, and the batches {} of task {} could all be it. Cancel the right one in the \
             console, then remove this resource from the state with `{} state rm`. The state is kept.",
            batches.join(", "),
            prior.get("task_id"),
            cli()
        ),
        path: None,
    }
}
