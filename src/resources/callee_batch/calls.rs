//! Who is called by a batch, as its plan tells it: how many people, how many of them again, and when.

use std::fmt::Write as _;

use aliyun::client::Wait;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::value::Value;

use super::rows::{Importer, Rows};
use super::skip::Present;
use crate::config::{Context, Ready};
use crate::task::announce::Announcements;
use crate::task::foresight::ASK;
use crate::task::late::china_time;
use crate::task::registry::Standing;
use crate::task::run_state::{Schedule, Status};

/// A batch that will be made, seen from its plan.
pub(super) struct PlannedBatch<'a> {
    pub(super) planned: &'a Value,
    pub(super) callees: &'a Value,
    /// The task, where its id is known: its name and id.
    pub(super) task: Option<String>,
    /// How it stands, where that is known.
    pub(super) standing: Option<Standing>,
    /// It is to stand still.
    pub(super) held: bool,
    /// The callees whom the task has, where they could be asked for.
    pub(super) again: Again,
}

/// How many of the callees are in the task already.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Again {
    /// None can be: the task is new.
    #[default]
    Nobody,
    Some(usize),
    /// That could not be found out.
    Unclear,
}

impl PlannedBatch<'_> {
    /// Announces the import.
    pub(super) fn announce(&self, rings: &Announcements, out: &mut Diagnostics) {
        let many = people(self.callees);
        let task = self.task.as_ref().map_or_else(
            || "a task that this apply creates".to_owned(),
            |task| format!("call task {task}"),
        );
        let mut summary = format!("This apply imports {many} into {task}");
        let skips = self.planned.get("skip_called").as_bool() == Some(true);
        let mut detail = self.when();
        match self.again {
            Again::Some(again) if again > 0 && !skips => {
                let _ = write!(summary, ", {} of them again", grouped(again));
                detail.push_str(
                    " Who is called again is in the task already, whether called or not, those who answered included; with \
                     `skip_called = true` they are left out.",
                );
            }
            Again::Some(again) if again > 0 => {
                let _ = write!(
                    detail,
                    " {} of them are in the task already and are left out (`skip_called = true`).",
                    grouped(again)
                );
            }
            Again::Unclear => {
                detail.push_str(
                    " How many of them the task has already could not be found out: they are called again, unless \
                     `skip_called = true` leaves them out.",
                );
            }
            Again::Nobody | Again::Some(_) => {}
        }
        if self.starts() {
            rings.start(summary, &detail, out);
        } else {
            rings.ring(summary, &detail, out);
        }
        if !self.callees.is_unknown() {
            rings.limits.plan(self.callees.count(), out);
        }
    }

    /// Whether the task is started by the import, or after it.
    fn starts(&self) -> bool {
        let by_service = self.standing.as_ref().is_some_and(|standing| {
            standing.status == Some(Status::Init)
                && matches!(standing.schedule, Schedule::Immediate)
        });
        let by_us = self.planned.get("start_after_import").as_bool() == Some(true);
        !self.held && (by_us || by_service)
    }

    fn when(&self) -> String {
        if self.held {
            return "The task is to stand still: they are called once it is started. Up to the moment when it is stopped \
                    calls may go out."
                .to_owned();
        }
        let starts = self.planned.get("start_after_import").as_bool() == Some(true);
        match &self.standing {
            _ if starts => "The task is started once they are in (`start_after_import = true`), unless its time lies ahead: \
                            they are called."
                .to_owned(),
            Some(Standing { status: Some(Status::Running), .. }) => {
                "The task runs: they are called, in its windows.".to_owned()
            }
            Some(Standing { status: Some(Status::Init), schedule, .. }) => match schedule {
                Schedule::Immediate => "The task was never started, and the service starts it with its first callees: they are \
                                        called."
                    .to_owned(),
                Schedule::Ahead(Some(time)) => format!("They are called from {} on.", china_time(*time)),
                Schedule::Ahead(None) | Schedule::Passed => "They are called from its start on.".to_owned(),
            },
            Some(Standing { status: Some(status @ (Status::Stopped | Status::Failed)), .. }) => {
                format!("The task is {status}: they are called once it is started.")
            }
            Some(_) | None => "They are called as soon as the task runs. If it is `IMMEDIATE` and was never started, the \
                               service starts it with its first callees."
                .to_owned(),
        }
    }
}

/// How many of the callees the task has, cancelled ones and those of this very import left out.
pub(super) async fn again(
    ready: &Ready,
    call: &Context,
    id: &aliyun::aiccs::TaskId,
    rows: Rows<'_>,
) -> Again {
    let wait = Wait::new(call.stop.clone(), ASK).at_most(1);
    match Present::of(ready.task(id, &wait)).await {
        Ok(present) => Again::Some(present.again(rows)),
        Err(_) => Again::Unclear,
    }
}

/// The rows of a plan.
pub(super) fn rows<'a>(planned: &Value, callees: &'a Value) -> Rows<'a> {
    let version = planned.get("callees_wo_version").as_int();
    Rows { callees, importer: Importer::Batch, version }
}

/// How many people are called, where that is known.
pub(super) fn people(callees: &Value) -> String {
    match callees.count() {
        _ if callees.is_unknown() => "callees".to_owned(),
        1 => "1 callee".to_owned(),
        count => format!("{} callees", grouped(count)),
    }
}

/// `2,500`
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn large_numbers_are_grouped() {
        let shown = [0, 999, 1000, 2500, 100_000, 1_000_000].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "2,500", "100,000", "1,000,000"]);
    }
}
