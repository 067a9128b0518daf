//! What a change means for the run state of a task, as its plan tells it: what is stopped, what is started, what waits.

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use super::told::{label, stopping_not_allowed};
use crate::config::{Context, Ready};
use crate::task::announce::{Announcements, before_its_time, stands_still};
use crate::task::forms::expire_date;
use crate::task::late::china_time;
use crate::task::private::Private;
use crate::task::run_state::{DesiredStatus, Schedule, Status, Transition};
use crate::task::table::FIELDS;

/// What surrounds a plan.
pub(super) struct Planning<'a> {
    /// The call, and its session, where there is one that can ask.
    pub(super) asks: Option<(&'a Context, &'a Ready)>,
    pub(super) rings: &'a Announcements,
    /// By the service's clock, as far as it is known: Unix time in milliseconds.
    pub(super) now: i64,
}

/// Whether a change has anything to write to the service, beside the run state and the provider's own arguments.
pub(super) fn changes_settings(prior: &Value, planned: &Value) -> bool {
    let is_written =
        |name| FIELDS.iter().any(|field| field.attribute.name == name && field.is_updated());
    planned.differing(prior).any(is_written)
}

/// A change of a task, seen from its plan.
pub(super) struct View<'a> {
    pub(super) prior: &'a Value,
    pub(super) planned: &'a Value,
    pub(super) private: &'a Private,
    pub(super) planning: &'a Planning<'a>,
}

impl View<'_> {
    /// Tells it all. True when the run state becomes another one, or may. `writes`: the settings change.
    pub(super) fn run_state(&self, writes: bool, out: &mut Diagnostics) -> bool {
        let wish = DesiredStatus::of(self.planned.get("desired_status"));
        let open = self.planned.get("desired_status").is_unknown();
        let schedule = Schedule::of(self.planned, self.planning.now);
        let Some(status) = self.prior.get("status").as_str().map(Status::of_text) else {
            return open;
        };
        if writes && status == Status::Running {
            self.running(wish, schedule, out);
        }
        let waits = status.waits_in_vain(schedule);
        let owed = self.private.owes_restart(Some(&status))
            && wish != Some(DesiredStatus::Stopped)
            && !open
            && !waits;
        let step = wish.map_or(Transition::Nothing, |wish| wish.step(&status, schedule));
        let owes = owed && DesiredStatus::Running.step(&status, schedule) == Transition::Start;
        match step {
            _ if owes => self.owed(out),
            Transition::Start => self.started(&status, out),
            Transition::Stop if writes && status == Status::Running => {}
            Transition::Stop => self.stopped(&status, out),
            Transition::Nothing => self.nothing(wish, &status, schedule, out),
        }
        if open && !status.is_started(schedule.is_timed()) && !waits {
            let detail = "`desired_status` is not known yet. Should it turn out to be `RUNNING`, this apply starts the task: \
                          it calls people.";
            self.ring(format!("Call task {} may be started", label(self.prior)), detail, out);
        }
        step != Transition::Nothing || owed || open
    }

    fn ring(&self, summary: String, detail: &str, out: &mut Diagnostics) {
        self.planning.rings.start(summary, detail, out);
    }

    fn running(&self, wish: Option<DesiredStatus>, schedule: Schedule, out: &mut Diagnostics) {
        let label = label(self.prior);
        let allowed = self.planned.get("allow_stopping_for_update").as_bool();
        if wish == Some(DesiredStatus::Stopped) {
            let summary = format!("Running call task {label} will be stopped and updated");
            out.warning(summary, "AICCS changes only tasks that are stopped. With `desired_status = \"STOPPED\"` the task \
                is stopped, updated, and stays stopped.");
        } else if allowed == Some(false) {
            stopping_not_allowed(self.prior, out);
        } else if matches!(schedule, Schedule::Ahead(_)) {
            let summary = format!(
                "Running call task {label} will be stopped and updated, and not started again"
            );
            out.warning(summary, before_its_time(&Status::Stopped, schedule));
        } else {
            let summary =
                format!("Running call task {label} will be stopped, updated, started again");
            self.ring(summary, "AICCS changes only tasks that are stopped. Calls in progress may end; the task calls \
                on when it is started again. To keep it running, set `allow_stopping_for_update = false`: the plan of \
                such a change is an error then.", out);
        }
    }

    fn owed(&self, out: &mut Diagnostics) {
        let why = if self.private.restart {
            "An earlier update stopped it and could not start it again."
        } else {
            "An earlier apply left it running, but the answer of a stop was lost, and that stop was carried out late."
        };
        let detail = format!(
            "{why} This apply starts it: it calls people. `desired_status = \"STOPPED\"` prevents that."
        );
        self.ring(format!("Call task {} will be started", label(self.prior)), &detail, out);
    }

    fn started(&self, status: &Status, out: &mut Diagnostics) {
        let detail = format!(
            "It is {status}, and `desired_status = \"RUNNING\"`: this apply starts it, and it calls people. If somebody has stopped \
             it on purpose, set `desired_status = \"STOPPED\"` or leave it out."
        );
        self.ring(format!("Call task {} will be started", label(self.prior)), &detail, out);
    }

    fn stopped(&self, status: &Status, out: &mut Diagnostics) {
        let what = match status {
            Status::Running => "Calls in progress may end.".to_owned(),
            Status::Init => format!(
                "It has not started yet and would do so by itself {}. Where the service refuses to stop such a task, the \
                 apply says so.",
                self.prior
                    .get("task_start_time")
                    .as_int()
                    .map_or("at its time".to_owned(), |time| format!("at {}", china_time(time)))
            ),
            Status::Stopped | Status::Failed | Status::Unknown(_) => {
                "The vendor does not document this run state: each apply tries to stop the task once.".to_owned()
            }
        };
        let detail = format!("It is {status}, and `desired_status = \"STOPPED\"`. {what}");
        out.warning(format!("Call task {} will be stopped", label(self.prior)), detail);
    }

    fn nothing(
        &self,
        wish: Option<DesiredStatus>,
        status: &Status,
        schedule: Schedule,
        out: &mut Diagnostics,
    ) {
        if wish != Some(DesiredStatus::Running) {
            return;
        }
        let label = label(self.prior);
        if status.waits_in_vain(schedule) {
            out.warning(stands_still(&label), before_its_time(status, schedule));
        } else if matches!(status, Status::Unknown(_)) {
            let detail = "The vendor does not document this run state, so nobody knows whether the task calls people. \
                          `desired_status = \"RUNNING\"` counts as fulfilled, and nothing is started. Look at the task in \
                          the console.";
            out.warning(format!("Call task {label} is {status}"), detail);
        }
    }
}

/// A start time that has passed means that the task dials at once, an expiry that it calls nobody.
pub(super) fn warn_of_the_past(
    planning: &Planning<'_>,
    prior: &Value,
    planned: &Value,
    out: &mut Diagnostics,
) {
    expiry(planning, prior, planned, out);
    let changes =
        ["start_type", "task_start_time"].iter().any(|name| prior.get(name) != planned.get(name));
    let time = planned.get("task_start_time").as_int();
    if let Some(time) = time
        && changes
        && Schedule::of(planned, planning.now) == Schedule::Passed
    {
        let label = match prior.is_null() {
            true => format!("{} (a task that this apply creates)", planned.get("task_name")),
            false => label(prior),
        };
        let detail = format!(
            "`task_start_time` is {}, which has passed: the service starts the task at once, and its callees are called as \
             soon as they are in.",
            china_time(time)
        );
        planning.rings.start(format!("Call task {label} dials at once"), &detail, out);
    }
}

/// A new task is started as soon as it is made.
pub(super) fn warn_of_a_first_start(
    planning: &Planning<'_>,
    planned: &Value,
    out: &mut Diagnostics,
) {
    let wish = planned.get("desired_status");
    let starts = DesiredStatus::of(wish) == Some(DesiredStatus::Running);
    if (starts || wish.is_unknown()) && Schedule::of(planned, planning.now) == Schedule::Immediate {
        let name = planned.get("task_name");
        let (what, when) = match starts {
            true => ("will", "`desired_status = \"RUNNING\"` starts it as soon as it is made"),
            false => (
                "may",
                "`desired_status` is not known yet; should it be `RUNNING`, the task is started",
            ),
        };
        let detail = format!("{when}: whoever is imported into it is called.");
        let summary = format!("Call task {name}, which this apply creates, {what} be started");
        planning.rings.start(summary, &detail, out);
    }
}

fn expiry(planning: &Planning<'_>, prior: &Value, planned: &Value, out: &mut Diagnostics) {
    let changes = ["call_expire_type", "call_expire_date"]
        .iter()
        .any(|name| prior.get(name) != planned.get(name));
    let until = planned.get("call_expire_date").as_str().and_then(expire_date);
    if let Some(until) = until
        && changes
        && planned.get("call_expire_type").as_int().is_none_or(|kind| kind == 2)
        && until <= planning.now
    {
        let detail = format!(
            "`call_expire_date` is {}, which has passed: callees are valid until then, so that nobody is called any more. (The \
             service's time zone is taken to be UTC+8.)",
            china_time(until)
        );
        out.warning_at(
            Path::root("call_expire_date"),
            "The expiry of a call task has passed",
            detail,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{Planning, View, warn_of_a_first_start, warn_of_the_past};
    use crate::task::announce::Announcements;
    use crate::task::private::Private;
    use crate::task::table::SCHEMA;
    use terraform_plugin::diagnostic::Diagnostics;
    use terraform_plugin::value::Value;

    const NOW: i64 = 1_796_000_000_000;

    /// `name=text` pairs; `?` is unknown, numbers are numbers, `ahead` and `passed` are start times.
    fn object(text: &str) -> Value {
        let mut value = SCHEMA.empty();
        for pair in text.split_whitespace() {
            let (name, text) = pair.split_once('=').unwrap();
            let parsed = match text {
                "?" => Value::Unknown,
                "ahead" => Value::int(NOW + 1),
                "passed" => Value::int(NOW),
                "true" | "false" => Value::Bool(text == "true"),
                _ if name == "task_name" || name == "id" => Value::string(text),
                _ => text.parse().map_or_else(|_| Value::string(text), Value::int),
            };
            value.put(SCHEMA.attribute(name).unwrap().name, parsed);
        }
        value
    }

    fn with<T>(look: impl FnOnce(&Planning<'_>, &mut Diagnostics) -> T) -> (T, String) {
        let (rings, mut out) = (Announcements::default(), Diagnostics::new());
        let changed = look(&Planning { asks: None, rings: &rings, now: NOW }, &mut out);
        let told = out.iter().map(|told| {
            let summary = told
                .summary
                .replace("Call task \"a\" (7) ", "")
                .replace("call task \"a\" (7) ", "");
            format!("{:?}: {summary}", told.severity)
        });
        (changed, told.collect::<Vec<_>>().join("; "))
    }

    /// A task `a` with id 7; `planned` differs from `prior` in these.
    #[track_caller]
    fn check(prior: &str, planned: &str, private: Private, writes: bool, expected: (bool, &str)) {
        let base = "task_name=a id=7 start_type=IMMEDIATE allow_stopping_for_update=true ";
        let (prior, planned) = (format!("{base}{prior}"), format!("{base}{prior} {planned}"));
        let (prior, planned) = (object(&prior), object(&planned));
        let (changed, told) = with(|planning, out| {
            View { prior: &prior, planned: &planned, private: &private, planning }
                .run_state(writes, out)
        });
        assert_eq!((changed, told.as_str()), expected, "{prior:?} {planned:?}");
    }

    #[test]
    fn each_start_and_stop_is_told_and_changes_the_run_state() {
        let none = Private::default;
        let started = (true, "Warning: will be started");
        check("status=STOPPED", "desired_status=RUNNING", none(), false, started);
        check("status=FAILED desired_status=RUNNING", "", none(), false, started);
        check("status=INIT", "desired_status=RUNNING", none(), false, started);
        check("status=RUNNING desired_status=RUNNING", "", none(), false, (false, ""));
        check(
            "status=RUNNING",
            "desired_status=STOPPED",
            none(),
            false,
            (true, "Warning: will be stopped"),
        );
        check("status=STOPPED desired_status=STOPPED", "", none(), false, (false, ""));
        check("status=STOPPED", "", none(), true, (false, ""));
        check("", "desired_status=RUNNING", none(), true, (false, ""));
        check("", "desired_status=?", none(), true, (true, ""));
        check(
            "status=STOPPED",
            "desired_status=?",
            none(),
            false,
            (true, "Warning: may be started"),
        );
        check("status=RUNNING", "desired_status=?", none(), false, (true, ""));
    }

    #[test]
    fn an_update_of_a_running_task_says_what_becomes_of_it() {
        let told = |planned: &str, expected: (bool, &str)| {
            check("status=RUNNING", planned, Private::default(), true, expected);
        };
        told("", (false, "Warning: Running will be stopped, updated, started again"));
        told("desired_status=STOPPED", (true, "Warning: Running will be stopped and updated"));
        told(
            "allow_stopping_for_update=false",
            (false, "Error: Running task may not be stopped for an update"),
        );
        told(
            "start_type=SCHEDULE task_start_time=ahead",
            (false, "Warning: Running will be stopped and updated, and not started again"),
        );
        told(
            "start_type=SCHEDULE task_start_time=passed",
            (false, "Warning: Running will be stopped, updated, started again"),
        );
    }

    #[test]
    fn an_owed_restart_is_made_good_unless_it_is_unwanted_or_early() {
        let owed = || Private { restart: true, ..Private::default() };
        let late = || Private { restart_if_stopped: true, ..Private::default() };
        check("status=STOPPED", "", owed(), false, (true, "Warning: will be started"));
        check("status=STOPPED", "", late(), false, (true, "Warning: will be started"));
        check("status=RUNNING", "", owed(), false, (true, ""));
        check("status=RUNNING", "", late(), false, (false, ""));
        check("status=STOPPED", "desired_status=STOPPED", owed(), false, (false, ""));
        check(
            "status=STOPPED",
            "start_type=SCHEDULE task_start_time=ahead",
            owed(),
            false,
            (false, ""),
        );
    }

    #[test]
    fn what_waits_and_what_nobody_knows_is_told_at_each_plan() {
        let none = Private::default;
        let ahead = "start_type=SCHEDULE task_start_time=ahead desired_status=RUNNING";
        let still = (false, "Warning: stands still and is not started before its time");
        check(&format!("status=STOPPED {ahead}"), "", none(), false, still);
        check(&format!("status=FAILED {ahead}"), "", none(), false, still);
        check(&format!("status=INIT {ahead}"), "", none(), false, (false, ""));
        check(
            "status=INIT start_type=SCHEDULE task_start_time=ahead",
            "desired_status=STOPPED",
            none(),
            false,
            (true, "Warning: will be stopped"),
        );
        check(
            "status=UNKNOWN(5) desired_status=RUNNING",
            "",
            none(),
            false,
            (false, "Warning: is UNKNOWN(5)"),
        );
        check(
            "status=UNKNOWN(5) desired_status=STOPPED",
            "",
            none(),
            false,
            (true, "Warning: will be stopped"),
        );
        check("status=UNKNOWN(5)", "", none(), false, (false, ""));
    }

    #[test]
    fn the_past_is_told_when_it_is_new() {
        let told = |prior: &str, planned: &str| {
            let prior = if prior == "null" { Value::Null } else { object(prior) };
            with(|planning, out| warn_of_the_past(planning, &prior, &object(planned), out)).1
        };
        let past = "task_name=a start_type=SCHEDULE task_start_time=passed";
        let at_once = "Warning: Call task \"a\" (a task that this apply creates) dials at once";
        assert_eq!(told("null", past), at_once);
        assert_eq!(told("null", "task_name=a start_type=SCHEDULE task_start_time=ahead"), "");
        assert_eq!(told(past, past), "");
        assert_eq!(
            told("task_name=a id=7 start_type=SCHEDULE task_start_time=ahead", past),
            "Warning: dials at once"
        );
        let mut expired = object("task_name=a call_expire_type=2");
        expired.put("call_expire_date", Value::string("2026-11-01 00:00:00"));
        let told = |prior: &Value, planned: &Value| {
            with(|planning, out| warn_of_the_past(planning, prior, planned, out)).1
        };
        assert_eq!(told(&Value::Null, &expired), "Warning: The expiry of a call task has passed");
        assert_eq!(told(&expired, &expired), "");
        let mut valid = expired.clone();
        valid.put("call_expire_date", Value::string("2026-12-01 00:00:00"));
        assert_eq!(told(&expired, &valid), "");
        expired.put("call_expire_type", Value::int(0));
        assert_eq!(told(&Value::Null, &expired), "");
    }

    #[test]
    fn a_new_task_that_is_to_run_is_announced() {
        let told = |planned: &str| {
            with(|planning, out| warn_of_a_first_start(planning, &object(planned), out)).1
        };
        let will = "Warning: Call task \"a\", which this apply creates, will be started";
        assert_eq!(told("task_name=a start_type=IMMEDIATE desired_status=RUNNING"), will);
        assert_eq!(
            told("task_name=a start_type=IMMEDIATE desired_status=?"),
            will.replace("will", "may")
        );
        assert_eq!(told("task_name=a start_type=IMMEDIATE"), "");
        assert_eq!(
            told("task_name=a start_type=SCHEDULE task_start_time=ahead desired_status=RUNNING"),
            ""
        );
    }
}
