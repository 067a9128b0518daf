//! The run state of a task: what the service's numbers mean, when a wish is satisfied, what to call when it is
//! not. Pure: every (status, wish) pair stands in one table test.

use std::fmt;

use serde_json::Value as Json;
use terraform_plugin::number::Number;
use terraform_plugin::value::Value;

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

    /// What a task of this status needs. An initialised task that is scheduled starts by itself: to start it now
    /// would dial early. A status nobody documents counts as running, as it most likely is a task at its end.
    pub(crate) fn step(self, status: &Status, scheduled: bool) -> Transition {
        match (self, status) {
            (DesiredStatus::Running, Status::Running | Status::Unknown(_)) => Transition::Nothing,
            (DesiredStatus::Running, Status::Init) if scheduled => Transition::Nothing,
            (DesiredStatus::Running, Status::Init | Status::Stopped | Status::Failed) => {
                Transition::Start
            }
            (DesiredStatus::Stopped, Status::Init | Status::Stopped | Status::Failed) => {
                Transition::Nothing
            }
            (DesiredStatus::Stopped, Status::Running | Status::Unknown(_)) => Transition::Stop,
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
    use super::{DesiredStatus, Status, Transition, decode};
    use terraform_plugin::value::Value;

    #[test]
    fn every_status_and_wish_has_its_step() {
        // status, scheduled | wish RUNNING, wish STOPPED
        let table = "
            INIT        no   Start    Nothing
            INIT        yes  Nothing  Nothing
            RUNNING     no   Nothing  Stop
            RUNNING     yes  Nothing  Stop
            STOPPED     no   Start    Nothing
            STOPPED     yes  Start    Nothing
            FAILED      no   Start    Nothing
            FAILED      yes  Start    Nothing
            UNKNOWN(4)  no   Nothing  Stop
            UNKNOWN(4)  yes  Nothing  Stop";
        for row in table.lines().filter(|line| !line.trim().is_empty()) {
            let words: Vec<&str> = row.split_whitespace().collect();
            let status = Status::of_text(words[0]);
            assert_eq!(status.to_string(), words[0]);
            let step = |wish: DesiredStatus| format!("{:?}", wish.step(&status, words[1] == "yes"));
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
        assert_eq!(
            DesiredStatus::of(&Value::string("RUNNING")).map(|w| w.step(&Status::Failed, false)),
            Some(Transition::Start)
        );
    }
}
