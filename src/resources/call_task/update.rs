//! UpdateAiCallTask, sent so that it holds: a lost answer is settled by looking, and what an earlier lost update may undo
//! is looked at once more. What "as asked for" means its callers say.

use std::time::Duration;

use aliyun::client::Parameters;
use aliyun::error::{Error, Processed};
use terraform_plugin::driver::BoxFuture;

use crate::task::late::{TaskWrite, WATCH};
use crate::task::{Glances, Task};

/// A look at the task.
pub(super) struct Look<T> {
    /// It is as the update asks for.
    pub(super) holds: bool,
    /// It is not there any more, or cannot become so: looking again is no use.
    pub(super) is_final: bool,
    /// What was seen.
    pub(super) seen: T,
}

/// How to look.
pub(super) type Looks<'a, T> = &'a (dyn Fn() -> BoxFuture<'a, Result<Look<T>, Error>> + Sync);

/// What became of an update.
pub(super) enum Updated<T> {
    /// It is done; what was seen, where somebody had to look; the contradictory answer, if it was one.
    Done(Option<T>, Option<Error>),
    /// Its answer was lost or contradictory, and the task does not show it.
    NotSeen(T, Error),
    /// The service refused it, or it never left.
    Refused(Error),
    /// Its answer was lost or contradictory, and the task could not be looked at.
    Unread(Error, Error),
}

impl Task<'_> {
    /// Sends an update. `look` is called only where something is open: its own answer, or an earlier update's.
    pub(super) async fn update<T>(
        &self,
        parameters: &Parameters,
        look: Looks<'_, T>,
    ) -> Updated<T> {
        loop {
            let earlier = self.open(TaskWrite::Update).is_some();
            let (seen, doubt) = match self.send_update(parameters, look).await {
                Updated::Done(seen, doubt) if earlier => (seen, doubt),
                other @ (Updated::Done(..)
                | Updated::NotSeen(..)
                | Updated::Refused(_)
                | Updated::Unread(..)) => return other,
            };
            match self.look_for(WATCH, false, look).await {
                // The earlier one has come in: it is undone.
                Ok(look) if !look.holds && !look.is_final => {
                    self.late.account(self.id, TaskWrite::Update);
                }
                Ok(look) => return Updated::Done(Some(look.seen), doubt),
                Err(_) => return Updated::Done(seen, doubt),
            }
        }
    }

    async fn send_update<T>(&self, parameters: &Parameters, look: Looks<'_, T>) -> Updated<T> {
        let sent = self.client.now().as_millisecond();
        self.sweep.wrote(self.id);
        let error = match self.client.update_ai_call_task(parameters.clone(), self.wait).await {
            Ok(_) => return Updated::Done(None, None),
            Err(error) if error.processed == Processed::Unknown => error,
            Err(error) => return Updated::Refused(error),
        };
        let lost = error.is_lost_answer();
        if lost {
            self.late.note(self.id, TaskWrite::Update, sent);
        }
        let watch = if lost { WATCH } else { Duration::ZERO };
        match self.look_for(watch, true, look).await {
            Ok(look) if look.holds => {
                self.late.settle(self.id, TaskWrite::Update, sent);
                Updated::Done(Some(look.seen), (!lost).then_some(error))
            }
            Ok(look) => Updated::NotSeen(look.seen, error),
            Err(unread) => Updated::Unread(error, unread),
        }
    }

    /// Looks until the task is, or is no longer, as asked for; the last look when the watch is over.
    async fn look_for<T>(
        &self,
        watch: Duration,
        wanted: bool,
        look: Looks<'_, T>,
    ) -> Result<Look<T>, Error> {
        let mut glances = Glances::new(watch);
        loop {
            let now = look().await?;
            if now.holds == wanted || now.is_final || !glances.next(self.wait).await? {
                return Ok(now);
            }
        }
    }
}
