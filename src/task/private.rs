//! What is remembered beside a task's state, unseen by the user. Never a secret, never a telephone number.

use aliyun::aiccs::exact;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use terraform_plugin::value::Value;

use crate::task::late::LateWrite;
use crate::task::run_state::Status;

/// Private data of one task, as JSON. Never empty bytes: Terraform leaves none where an apply was killed.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Private {
    /// Planned by a create: what the new task will be. The delete leg of a replacement finds it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<Identity>,
    /// Planned with a task that is there: what a replacement would give up. Its second half finds it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<Replaced>,
    /// An update stopped the task and could not start it again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) restart: bool,
    /// A stop whose answer was lost may still undo the last start: a task that is found stopped is started again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) restart_if_stopped: bool,
    /// Writes whose answers were lost and which may still be carried out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) late: Vec<LateWrite>,
    /// Attributes with a value that the service does not show in its answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unreported: Vec<String>,
    /// The account that the task was read or made in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// The user was told that the service shows another number.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) number_noted: bool,
}

/// A task that a replacement would give up.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Replaced {
    /// Its name and id.
    pub(crate) label: String,
    pub(crate) identity: Identity,
    /// Its `deletion_policy`.
    pub(crate) policy: String,
    /// The plan of its first half has said what remains.
    pub(crate) told: bool,
}

/// What tells two tasks of the account apart before they have ids.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Identity {
    pub(crate) name: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) application: Option<String>,
}

impl Identity {
    /// Of a state, a plan or a configuration; what is unknown is left out.
    pub(crate) fn of(object: &Value) -> Identity {
        let text = |name: &str| object.get(name).as_str().map(str::to_owned);
        Identity {
            name: text("task_name"),
            agent: text("agent_id"),
            application: text("application_code"),
        }
    }

    /// Whose a task of the page query is.
    pub(crate) fn of_item(item: &Json) -> Identity {
        Identity {
            name: None,
            agent: item.get("AgentId").and_then(exact),
            application: item.get("ApplicationCode").and_then(exact),
        }
    }

    /// The agent or application, for messages.
    pub(crate) fn owner(&self) -> &str {
        self.agent.as_deref().or(self.application.as_deref()).unwrap_or("unknown")
    }

    /// The same agent or application.
    pub(crate) fn same_owner(&self, other: &Identity) -> bool {
        match (&self.agent, &other.agent) {
            (Some(a), Some(b)) => a == b,
            (None, None) => self.application.is_some() && self.application == other.application,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

impl Private {
    /// Bytes of another version, or none, are nothing to remember.
    pub(crate) fn parse(bytes: &[u8]) -> Private {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// After a look at the task: what can no longer come in is forgotten.
    pub(crate) fn forget_late_writes(&mut self, now: i64, stopped: bool) {
        self.late.retain(|late| late.is_due(now));
        self.restart_if_stopped &= stopped || self.late.iter().any(LateWrite::is_stop);
    }

    /// Whether a restart is owed to a task with this run state.
    pub(crate) fn owes_restart(&self, status: Option<&Status>) -> bool {
        self.restart || self.restart_if_stopped && status == Some(&Status::Stopped)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Identity, Private};

    #[test]
    fn private_data_are_never_empty() {
        assert_eq!(Private::default().bytes(), b"{}");
        assert_eq!(Private::parse(b""), Private::default());
        assert_eq!(Private::parse(b"garbage"), Private::default());
    }

    #[test]
    fn what_is_remembered_comes_back() {
        let next = Identity {
            name: Some("甲".to_owned()),
            agent: Some("1".to_owned()),
            application: None,
        };
        let private = Private { next: Some(next), restart: true, ..Private::default() };
        assert_eq!(Private::parse(&private.bytes()), private);
    }

    #[test]
    fn owners_are_the_same_by_agent_or_by_application() {
        let agent = |id: &str| Identity { agent: Some(id.to_owned()), ..Identity::default() };
        let application =
            |code: &str| Identity { application: Some(code.to_owned()), ..Identity::default() };
        assert!(agent("1").same_owner(&agent("1")));
        assert!(!agent("1").same_owner(&agent("2")));
        assert!(application("a").same_owner(&application("a")));
        assert!(!application("a").same_owner(&agent("a")));
        assert!(!Identity::default().same_owner(&Identity::default()));
    }
}
