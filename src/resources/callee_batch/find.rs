//! Finding one callee in a task, by own id and number: both must match. Numbers are compared here and kept nowhere.

use aliyun::aiccs::exact;
use aliyun::client::Parameters;
use aliyun::error::{Error, Kind};
use terraform_plugin::value::Value;

use super::STATUSES;
use super::cancel::is_cancelled;
use super::lost::{Fit, number_fits};
use crate::task::Task;

/// One callee, under the id he is known by: the user's own, or one of ours, made of the version. Never of the number.
pub(crate) struct Callee<'a> {
    pub(crate) id: String,
    pub(crate) number: &'a str,
    hashed: bool,
}

/// Where a callee is, as far as the task shows.
pub(crate) enum Presence {
    Nowhere,
    /// The id of his detail.
    In(String),
    /// The own id is in, and the service hides the number.
    Unclear,
}

impl Presence {
    /// The detail, where he is in.
    ///
    /// # Errors
    /// Nobody can tell.
    pub(crate) fn decided(self) -> Result<Option<String>, Error> {
        match self {
            Presence::Nowhere => Ok(None),
            Presence::In(detail) => Ok(Some(detail)),
            Presence::Unclear => {
                let text = "the task has a callee with this own id, and the service does not show his number, so that nobody \
                            can tell whether it is this one";
                Err(Error::new(Kind::Contradictory, text))
            }
        }
    }
}

impl<'a> Callee<'a> {
    /// Of a configuration with `number`, `out_id`, `number_version` and `encryption_type`.
    pub(crate) fn of(config: &'a Value) -> Callee<'a> {
        let own = config.get("out_id").as_str().filter(|id| !id.is_empty());
        let version = config.get("number_version").as_int();
        let version = version.map(|version| version.to_string()).unwrap_or_default();
        Callee {
            id: own.map_or_else(|| format!("tf-c{version}"), str::to_owned),
            number: config.get("number").as_str().unwrap_or_default(),
            hashed: config.get("encryption_type").as_int().unwrap_or(0) != 0,
        }
    }

    /// One look: called or not, but not cancelled.
    pub(crate) async fn look(&self, task: Task<'_>) -> Result<Presence, Error> {
        let mut found = Presence::Nowhere;
        for status in STATUSES {
            let filters = Parameters::new()
                .with("TaskId", task.id.as_str())
                .with("OutId", &*self.id)
                .with("Status", status);
            for item in task.client.query_ai_call_detail_page(&filters, task.wait).await? {
                let text = |name: &str| item.get(name).and_then(exact).unwrap_or_default();
                if text("OutId") != self.id || is_cancelled(&item) {
                    continue;
                }
                match number_fits(&text("CalledNumber"), self.number, self.hashed) {
                    Fit::Same => return Ok(Presence::In(text("DetailId"))),
                    Fit::Unclear => found = Presence::Unclear,
                    Fit::Other => {}
                }
            }
        }
        Ok(found)
    }
}
