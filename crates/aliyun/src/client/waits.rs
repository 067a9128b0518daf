//! Waits that the deadline or the caller ends, and what such an end means for the request. Knows no request.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use super::Wait;
use crate::error::{Error, Kind, Processed};

/// Waits for `work` until the deadline, or the stop where `stoppable`.
pub(super) async fn until<T>(
    wait: &Wait,
    stoppable: bool,
    work: impl Future<Output = T>,
) -> Result<T, Error> {
    tokio::select! {
        biased;
        () = wait.stop.cancelled(), if stoppable => Err(end(Kind::Interrupted)),
        done = work => Ok(done),
        // The deadline is the end of every wait.
        () = tokio::time::sleep_until(wait.deadline) => Err(end(Kind::Deadline)),
    }
}

pub(super) async fn sleep(pause: Duration, wait: &Wait) -> Result<(), Error> {
    if pause.is_zero() && !wait.stop.is_cancelled() && Instant::now() < wait.deadline {
        return Ok(());
    }
    // A pause between two attempts.
    until(wait, true, tokio::time::sleep(pause)).await
}

/// The end of a call before anything was sent.
pub(super) fn end(kind: Kind) -> Error {
    let message = if kind == Kind::Interrupted {
        "the call was interrupted"
    } else {
        "the time for this operation is over"
    };
    let mut error = Error::new(kind, message);
    error.processed = Processed::No;
    error
}

/// The end of a write that nobody waits for any more.
pub(super) fn abandoned() -> Error {
    let mut error = Error::new(Kind::Interrupted, "not sent: whoever asked for it is gone");
    error.processed = Processed::No;
    error
}

/// The end of a call while a request was on its way.
pub(super) fn in_flight(mut end: Error) -> Error {
    end.processed = Processed::Unknown;
    end
}

/// An error of a step before the call that was asked for: that call was not sent.
pub(super) fn before_the_call(mut error: Error) -> Error {
    error.processed = Processed::No;
    error
}

/// The end of a call in the pause after a failed attempt.
pub(super) fn ended(mut end: Error, last: &Error) -> Error {
    end.message = format!("{}; before that: {}", end.message, last.message);
    end.operation = last.operation;
    end.processed = last.processed;
    end.attempts = last.attempts;
    end.code.clone_from(&last.code);
    end.http_status = last.http_status;
    end.request_id.clone_from(&last.request_id);
    end.ram_action.clone_from(&last.ram_action);
    end
}

/// A number from 0 to 1.
pub(super) fn unit(random: [u8; 16]) -> f64 {
    let [a, b, c, d, ..] = random;
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
}
