//! What makes telephones ring is told by the plan, task by task; and what is not started since its time lies ahead.

use std::sync::atomic::{AtomicUsize, Ordering};

use terraform_plugin::diagnostic::Diagnostics;

use super::late::china_time;
use super::limits::Limits;
use super::run_state::{Schedule, Status};

/// How many calls of one process have a warning of their own; Terraform shows warnings of one summary once.
const MOST: usize = 20;

/// What one configured provider has announced, and what may be.
#[derive(Debug, Default)]
pub(crate) struct Announcements {
    count: AtomicUsize,
    /// What may be done to people at most.
    pub(crate) limits: Limits,
}

impl Announcements {
    /// Within these limits.
    pub(crate) fn within(limits: Limits) -> Self {
        Self { count: AtomicUsize::default(), limits }
    }

    /// Announces a start. The summary names the task. An error where starts are denied.
    pub(crate) fn start(&self, summary: String, detail: &str, out: &mut Diagnostics) {
        if self.limits.deny_starts {
            self.limits.denied(summary, detail, out);
        } else {
            self.ring(summary, detail, out);
        }
    }

    /// Announces what makes telephones ring and is no start. The summary names the task.
    pub(crate) fn ring(&self, summary: String, detail: &str, out: &mut Diagnostics) {
        if self.count.fetch_add(1, Ordering::Relaxed) < MOST {
            out.warning(summary, detail);
        } else {
            out.warning("More call tasks will call people", format!("{summary}. {detail}"));
        }
    }
}

/// What a task is called that is not started before its time.
pub(crate) fn stands_still(label: &str) -> String {
    format!("Call task {label} stands still and is not started before its time")
}

/// Why it is not, and the ways out.
pub(crate) fn before_its_time(status: &Status, schedule: Schedule) -> String {
    let time = match schedule {
        Schedule::Ahead(Some(time)) => format!("at {}", china_time(time)),
        Schedule::Ahead(None) | Schedule::Immediate | Schedule::Passed => "later".to_owned(),
    };
    format!(
        "It is {status}, and is to start {time} (`task_start_time`). A start now would call people before that time, so \
         none is sent; whether the service starts a stopped scheduled task by itself is not documented. Once the time has \
         passed, an apply under `desired_status = \"RUNNING\"` starts it. To start it earlier, use `start_type = \
         \"IMMEDIATE\"`, or the action `aiccs_call_task_start`."
    )
}

#[cfg(test)]
mod tests {
    use super::Announcements;
    use terraform_plugin::diagnostic::Diagnostics;

    #[test]
    fn twenty_calls_are_announced_one_by_one() {
        let (announcements, mut out) = (Announcements::default(), Diagnostics::new());
        for task in 0..23 {
            announcements.ring(format!("Call task {task}"), "It calls.", &mut out);
        }
        let summaries: Vec<_> = out.iter().map(|told| told.summary.as_str()).collect();
        assert_eq!(
            (summaries.len(), summaries[19], summaries[20]),
            (23, "Call task 19", summaries[22])
        );
        assert!(out.iter().last().unwrap().detail.starts_with("Call task 22. "));
    }
}
