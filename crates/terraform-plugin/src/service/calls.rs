//! How a call runs: in a task of its own, logged, so that a dropped call never cuts a write in two and a panic is a
//! diagnostic. The same for calls that answer in a stream.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinError;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Response, Status};
use tracing::Instrument;

use super::Writes;
use crate::diagnostic::Diagnostics;
use crate::driver::Refusal;
use crate::engine::Answer;
use crate::request::{On, Requests};

/// What an answer in a stream is.
pub(super) type Events<E> = tonic::codegen::BoxStream<E>;

/// The calls of one process.
pub(super) struct Calls {
    writes: Arc<Writes>,
    requests: Requests,
}

impl Calls {
    pub(super) fn new(writes: Arc<Writes>) -> Calls {
        Calls { writes, requests: Requests::default() }
    }

    /// Counts a write as in flight until the answer is dropped.
    pub(super) fn write(&self) -> InFlight {
        self.writes.send_modify(|count| *count += 1);
        InFlight(self.writes.clone())
    }

    /// Runs a call in its own task.
    pub(super) async fn run<F>(&self, rpc: &'static str, on: On<'_>, work: F) -> Answer
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let request = self.requests.start(rpc, on);
        let answer = finished(rpc, tokio::spawn(work.instrument(request.span())).await);
        request.served(&answer.diagnostics);
        answer
    }

    /// Runs a call that sends events as it goes, and one of its diagnostics at the end where `last` has one.
    pub(super) fn stream<E, F>(
        &self,
        rpc: &'static str,
        on: On<'_>,
        work: impl FnOnce(Sender<E>) -> F,
        last: fn(Diagnostics) -> Option<E>,
    ) -> Response<Events<E>>
    where
        E: Send + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let (sender, receiver) = unbounded_channel();
        let sender = Sender(sender);
        let request = self.requests.start(rpc, on);
        let work = work(sender.clone()).instrument(request.span());
        tokio::spawn(async move {
            let answer = finished(rpc, tokio::spawn(work).await);
            request.served(&answer.diagnostics);
            last(answer.diagnostics).map(|event| sender.send(event));
        });
        Response::new(Box::pin(UnboundedReceiverStream::new(receiver)))
    }
}

/// Where the events of a stream go.
pub(super) struct Sender<E>(UnboundedSender<Result<E, Status>>);

impl<E> Sender<E> {
    /// False when nobody listens any more.
    pub(super) fn send(&self, event: E) -> bool {
        self.0.send(Ok(event)).is_ok()
    }
}

impl<E> Clone for Sender<E> {
    fn clone(&self) -> Sender<E> {
        Sender(self.0.clone())
    }
}

/// A write in flight.
pub(super) struct InFlight(Arc<Writes>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// A call whose task panicked: the process lives on, and the user reads what happened.
fn finished(rpc: &str, result: Result<Answer, JoinError>) -> Answer {
    result.unwrap_or_else(|error| {
        let detail = format!(
            "{rpc} ended unexpectedly: {}. This is an error in the provider; please report it with the steps that led \
             here. Other calls are not affected.",
            cause(error)
        );
        let mut diagnostics = Diagnostics::new();
        diagnostics.error("The provider failed internally", detail);
        diagnostics.into()
    })
}

/// A function that panicked has a bug; the process lives on.
pub(super) fn panicked(error: JoinError) -> Refusal {
    let text = format!("The provider failed internally: {}. Please report it.", cause(error));
    Refusal { argument: None, text }
}

/// The message of a panic.
fn cause(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (None, Some(text)) => text.clone(),
            (None, None) => "no message".to_owned(),
        },
        Err(error) => error.to_string(),
    }
}
