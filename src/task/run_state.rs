//! The run state of a task: what the service's numbers mean, when a wish is satisfied, what to call when it is
//! not. Pure: every (status, wish) pair stands in one table test.

use std::fmt;

use serde_json::Value as Json;
use terraform_plugin::number::Number;
use terraform_plugin::value::Value;

use super::vocabulary::StartType;

/// The status of a task, as the page query reports it in numbers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    /// 0: created, not started.
    Init,
    /// 1
    Running,
    /// 2
    Stopped,
    /// 3: a start did not succeed.
    Failed,
    /// Any other number: carried, never fatal.
    Unknown(String),
}

/// What the user wants, in `desired_status`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DesiredStatus {
    /// To dial.
    Running,
    /// Not to dial.
    Stopped,
}

/// When a task starts by itself, seen from a moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Schedule {
    /// With its first callees.
    Immediate,
    /// Its time lies ahead, or is not known: Unix time in milliseconds.
    Ahead(Option<i64>),
    /// Its time has passed.
    Passed,
}

impl Schedule {
    /// Of a state or a plan, by the service's clock.
    pub(crate) fn of(object: &Value, now: i64) -> Schedule {
        Schedule::at(StartType::is_scheduled(object), object.get("task_start_time").as_int(), now)
    }

    /// Of a start type and a time, by the service's clock.
    pub(crate) fn at(scheduled: bool, time: Option<i64>, now: i64) -> Schedule {
        match time {
            _ if !scheduled => Schedule::Immediate,
            Some(time) if time <= now => Schedule::Passed,
            time => Schedule::Ahead(time),
        }
    }

    /// It starts at a time of its own.
    pub(crate) fn is_timed(self) -> bool {
        self != Schedule::Immediate
    }
}

/// What brings a task to its wish.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Transition {
    /// Nothing: the wish is satisfied.
    Nothing,
    /// StartAiCallTask.
    Start,
    /// StopAiCallTask.
    Stop,
}

impl Status {
    pub(crate) fn of_code(number: &Number) -> Status {
        match number.as_i64() {
            Some(0) => Status::Init,
            Some(1) => Status::Running,
            Some(2) => Status::Stopped,
            Some(3) => Status::Failed,
            Some(_) | None => Status::Unknown(number.to_string()),
        }
    }

    /// From the text kept in state.
    pub(crate) fn of_text(text: &str) -> Status {
        match text {
            "INIT" => Status::Init,
            "RUNNING" => Status::Running,
            "STOPPED" => Status::Stopped,
            "FAILED" => Status::Failed,
            other => {
                let code = other.strip_prefix("UNKNOWN(").and_then(|rest| rest.strip_suffix(')'));
                Status::Unknown(code.unwrap_or(other).to_owned())
            }
        }
    }

    /// Whether the task dials, or will by itself: an initialised task starts by itself only when scheduled.
    pub(crate) fn is_alive(&self, scheduled: bool) -> bool {
        match self {
            Status::Running => true,
            Status::Init => scheduled,
            Status::Stopped | Status::Failed | Status::Unknown(_) => false,
        }
    }

    /// Whether the task does what it was started for: it dials, or waits for its time. A status nobody documents counts as
    /// running, as it most likely is a task at its end.
    pub(crate) fn is_started(&self, scheduled: bool) -> bool {
        self.is_alive(scheduled) || matches!(self, Status::Unknown(_))
    }

    /// Whether a start is due, but for the time, which lies ahead: then nothing is started.
    pub(crate) fn waits_in_vain(&self, schedule: Schedule) -> bool {
        matches!((self, schedule), (Status::Stopped | Status::Failed, Schedule::Ahead(_)))
    }

    /// The same, unless nobody knows: then a task to be stopped may dial.
    pub(crate) fn may_dial(&self, scheduled: bool) -> bool {
        self.is_alive(scheduled) || matches!(self, Status::Unknown(_))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Init => f.write_str("INIT"),
            Status::Running => f.write_str("RUNNING"),
            Status::Stopped => f.write_str("STOPPED"),
            Status::Failed => f.write_str("FAILED"),
            Status::Unknown(code) => write!(f, "UNKNOWN({code})"),
        }
    }
}

impl DesiredStatus {
    /// Its words, in the order of the documentation.
    pub(crate) const WORDS: &'static [&'static str] = &["RUNNING", "STOPPED"];

    /// From `desired_status`.
    pub(crate) fn of(value: &Value) -> Option<DesiredStatus> {
        match value.as_str()? {
            word if word == Self::WORDS[0] => Some(DesiredStatus::Running),
            word if word == Self::WORDS[1] => Some(DesiredStatus::Stopped),
            _ => None,
        }
    }

    /// What a task of this status needs. Nothing is started before its time: an initialised task that is scheduled starts
    /// by itself, and one that was stopped waits until its time has passed.
    pub(crate) fn step(self, status: &Status, schedule: Schedule) -> Transition {
        match self {
            DesiredStatus::Running if status.is_started(schedule.is_timed()) => Transition::Nothing,
            DesiredStatus::Running if status.waits_in_vain(schedule) => Transition::Nothing,
            DesiredStatus::Running => Transition::Start,
            DesiredStatus::Stopped if status.may_dial(schedule.is_timed()) => Transition::Stop,
            DesiredStatus::Stopped => Transition::Nothing,
        }
    }
}

/// The page query's number as the word kept in state.
pub(crate) fn decode(json: &Json) -> Result<Value, String> {
    let number = match json {
        Json::Number(number) => Number::parse(number.as_str()),
        Json::String(text) => Number::parse(text),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    match (number, json) {
        (Some(number), _) => Ok(Value::string(Status::of_code(&number).to_string())),
        // The filter of the same query uses words; a service that answers with them is understood.
        (None, Json::String(word)) => Ok(Value::string(Status::of_text(word).to_string())),
        (None, _) => Err("a status number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{DesiredStatus, Schedule, Status, decode};
    use terraform_plugin::value::Value;

    #[test]
    fn every_status_and_wish_has_its_step() {
        // status, when it starts by itself | wish RUNNING, wish STOPPED
        let table = "
            INIT        Immediate   Start    Nothing
            INIT        Ahead       Nothing  Stop
            INIT        Passed      Nothing  Stop
            RUNNING     Immediate   Nothing  Stop
            RUNNING     Ahead       Nothing  Stop
            RUNNING     Passed      Nothing  Stop
            STOPPED     Immediate   Start    Nothing
            STOPPED     Ahead       Nothing  Nothing
            STOPPED     Passed      Start    Nothing
            FAILED      Immediate   Start    Nothing
            FAILED      Ahead       Nothing  Nothing
            FAILED      Passed      Start    Nothing
            UNKNOWN(4)  Immediate   Nothing  Stop
            UNKNOWN(4)  Ahead       Nothing  Stop
            UNKNOWN(4)  Passed      Nothing  Stop";
        for row in table.lines().filter(|line| !line.trim().is_empty()) {
            let words: Vec<&str> = row.split_whitespace().collect();
            let status = Status::of_text(words[0]);
            assert_eq!(status.to_string(), words[0]);
            let schedule = match words[1] {
                "Immediate" => Schedule::Immediate,
                "Passed" => Schedule::Passed,
                _ => Schedule::Ahead(Some(7)),
            };
            let step = |wish: DesiredStatus| format!("{:?}", wish.step(&status, schedule));
            assert_eq!(
                [step(DesiredStatus::Running), step(DesiredStatus::Stopped)],
                [words[2], words[3]],
                "{row}"
            );
        }
    }

    #[test]
    fn undocumented_numbers_are_carried() {
        assert_eq!(decode(&serde_json::json!(4)), Ok(Value::string("UNKNOWN(4)")));
        assert_eq!(decode(&serde_json::json!(1)), Ok(Value::string("RUNNING")));
        assert_eq!(decode(&serde_json::json!("2")), Ok(Value::string("STOPPED")));
        assert!(decode(&serde_json::json!([])).is_err());
    }

    #[test]
    fn only_what_dials_or_will_dial_is_alive() {
        assert!(Status::Running.is_alive(false));
        assert!(Status::Init.is_alive(true));
        assert!(!Status::Init.is_alive(false));
    }

    #[test]
    fn a_time_lies_ahead_until_it_is_there() {
        let at = |time| Schedule::at(true, time, 1000);
        assert_eq!(at(Some(1001)), Schedule::Ahead(Some(1001)));
        assert_eq!((at(Some(1000)), at(None)), (Schedule::Passed, Schedule::Ahead(None)));
        assert_eq!(Schedule::at(false, Some(2000), 1000), Schedule::Immediate);
    }
}
