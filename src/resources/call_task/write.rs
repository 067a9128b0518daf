//! The update within a reconciliation: what is sent, what its answer means, how the task is held against the plan.

use aliyun::aiccs::TaskId;
use aliyun::client::Parameters;
use aliyun::error::{Error, Kind};
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::BoxFuture;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use super::reconcile::{Work, Written};
use super::told::{label, refused_rename};
use super::update::{Look, Updated};
use crate::failure;
use crate::field::{self, WrittenBy};
use crate::task::late::TaskWrite;
use crate::task::private::Private;
use crate::task::run_state::Status;
use crate::task::state::{Base, Folded, fold};
use crate::task::table::FIELDS;
use crate::task::vocabulary::StartType;
use crate::task::{Seen, Task, id_of, named, says_missing, status_of};

impl Work<'_> {
    /// Sends the plan, and reads it back.
    pub(super) async fn write(&mut self) -> Written {
        let mut parameters = Parameters::new().with("TaskId", self.task.id.as_str());
        let omit: &[&str] =
            if StartType::is_scheduled(self.target.planned) { &[] } else { &["task_start_time"] };
        field::write(
            &FIELDS,
            self.target.planned,
            WrittenBy::CreateAndUpdate,
            omit,
            &mut parameters,
        );
        let (task, planned, private) = (self.task, self.target.planned, self.private.clone());
        let look = || -> BoxFuture<'_, _> { Box::pin(compare(task, planned, private.clone())) };
        match task.update(&parameters, &look).await {
            Updated::Done(Some(seen), doubt) => self.read_back(seen, doubt),
            Updated::Done(None, _) => match look().await {
                Ok(look) => self.read_back(look.seen, None),
                Err(error) => {
                    let summary = "Could not read the call task back after its update";
                    let mut diagnostic = failure::diagnostic(summary, &error, &FIELDS);
                    diagnostic.detail = format!(
                        "{}\n\nUpdateAiCallTask was accepted. The next plan reads the task, and its apply does what is left.",
                        failure::facts(&error)
                    );
                    self.out.push(diagnostic);
                    Written::Failed
                }
            },
            Updated::NotSeen(seen, error) => {
                if let Some(seen) = seen {
                    self.status = seen.status.or_else(|| self.status.take());
                    self.not_seen(&error, None);
                } else {
                    self.gone();
                }
                Written::Failed
            }
            Updated::Refused(error) => {
                self.refused(&error).await;
                Written::Failed
            }
            Updated::Unread(error, unread) => {
                self.not_seen(&error, Some(&unread));
                Written::Failed
            }
        }
    }

    /// Tells why an update was refused: for its new name, if somebody has that; else the run state is the likely reason.
    async fn refused(&mut self, error: &Error) {
        let (kept, planned) = (self.target.kept, self.target.planned);
        let name = planned.get("task_name");
        if error.kind == Kind::Refused
            && name != kept.get("task_name")
            && let Some(text) = name.as_str()
            && let Ok(items) = named(self.task.client, text, self.task.wait).await
            && let Some(holder) = items.first().and_then(id_of).filter(|id| id != self.task.id)
        {
            return name_taken(name, &holder, error, &mut self.out);
        }
        if says_missing(error) && matches!(self.task.look().await, Ok(Seen::Gone)) {
            return self.gone();
        }
        let mut diagnostic = failure::diagnostic(
            format!("Could not update call task {}", label(kept)),
            error,
            &FIELDS,
        );
        if error.kind == Kind::Refused && self.status != Some(Status::Stopped) {
            let shown = self.status.as_ref().map_or("not shown".to_owned(), Status::to_string);
            diagnostic.detail.push_str(&format!(
                "\n\nThe task's run state is {shown}. AICCS documents updates of stopped tasks only: should that be the \
                 reason, start the task and stop it again in the console, then apply."
            ));
        }
        self.out.push(diagnostic);
    }

    /// Holds the task against the plan. After a contradictory answer that decides what happened.
    fn read_back(&mut self, seen: Option<Compared>, doubt: Option<Error>) -> Written {
        let Some(seen) = seen else {
            self.gone();
            return Written::Failed;
        };
        self.status = seen.status.or_else(|| self.status.take());
        self.private.unreported = seen.private.unreported;
        self.private.number_noted = seen.private.number_noted;
        if let Some(error) = doubt {
            let detail = format!(
                "{}\n\nThe task was read back and is as planned, so the update counts as done.",
                failure::facts(&error)
            );
            self.out.warning("The service contradicted itself about an update", detail);
        }
        Written::Done(Box::new(seen.folded))
    }

    /// The answer of an update was lost or contradictory, and the task is not as planned, as far as it could be read.
    fn not_seen(&mut self, error: &Error, unread: Option<&Error>) {
        let summary = format!("Could not update call task {}", label(self.target.kept));
        let mut diagnostic = failure::diagnostic(summary, error, &FIELDS);
        if let Some(unread) = unread {
            let facts = failure::facts(unread);
            diagnostic
                .detail
                .push_str(&format!("\n\nIt could not be read back either:\n\n{facts}"));
        }
        if self.task.open(TaskWrite::Update).is_some() {
            diagnostic.detail.push_str(
                "\n\nThe service may still carry this update out. The next plan shows the settings as they are then.",
            );
        }
        self.out.push(diagnostic);
    }

    fn gone(&mut self) {
        let name = label(self.target.kept);
        self.out.error(
            format!("Call task {name} is gone"),
            "No query shows it any more. The next plan creates it anew.",
        );
    }
}

/// A task after its update.
struct Compared {
    status: Option<Status>,
    folded: Folded,
    private: Private,
}

/// Holds the task against the plan; `None` is a task that is gone.
async fn compare(
    task: Task<'_>,
    planned: &Value,
    mut private: Private,
) -> Result<Look<Option<Compared>>, Error> {
    let seen = task.look().await?;
    let Seen::There { item, .. } = &seen else {
        return Ok(Look { holds: false, is_final: true, seen: None });
    };
    let status = item.as_ref().and_then(status_of);
    let folded = fold(Base::Planned(planned), &seen, &mut private);
    let holds = !folded.diagnostics.has_errors();
    Ok(Look { holds, is_final: false, seen: Some(Compared { status, folded, private }) })
}

/// Names are unique within the account.
fn name_taken(name: &Value, holder: &TaskId, error: &Error, out: &mut Diagnostics) {
    let text = refused_rename(name.as_str().unwrap_or_default(), holder);
    let detail = format!("{text}\n\n{}", failure::facts(error));
    out.error_at(Path::root("task_name"), format!("The name {name} is taken"), detail);
}
