//! What the attempts of one call came to, and what an answer is read into.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::account::CallerIdentity;
use crate::envelope::{self, Answer};
use crate::error::Error;
use crate::http::Reply;
use crate::redact;
use crate::request::Operation;

/// What the attempts of one call came to so far.
pub(super) struct Attempts {
    pub(super) began: Instant,
    pub(super) attempts: u32,
    pub(super) retries: u32,
    pub(super) throttles: u32,
    pub(super) clock_set: bool,
    pub(super) renewed: bool,
    /// Of the attempt at work: whether it left, with which key and clock, how long the answer took, its status.
    pub(super) sent: bool,
    pub(super) access_key_id: String,
    pub(super) skew: SignedDuration,
    pub(super) took: Duration,
    pub(super) status: Option<u16>,
    /// Why the attempt before failed.
    pub(super) last: Option<Error>,
}

/// What an answer is read into.
pub(super) trait Read: Sized {
    fn read(reply: &Reply) -> Result<Self, Error>;
    fn request_id(&self) -> Option<&str>;
    /// The server's clock.
    fn date(&self) -> Option<Timestamp>;
}

impl Read for Answer {
    fn read(reply: &Reply) -> Result<Self, Error> {
        envelope::read(reply)
    }

    fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    fn date(&self) -> Option<Timestamp> {
        self.date
    }
}

impl Read for CallerIdentity {
    fn read(reply: &Reply) -> Result<Self, Error> {
        CallerIdentity::read(reply)
    }

    fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    fn date(&self) -> Option<Timestamp> {
        None
    }
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            attempts: 0,
            retries: 0,
            throttles: 0,
            clock_set: false,
            renewed: false,
            sent: false,
            access_key_id: String::new(),
            skew: SignedDuration::ZERO,
            took: Duration::ZERO,
            status: None,
            last: None,
        }
    }

    /// One line on what became of an attempt.
    pub(super) fn log<T: Read>(&mut self, operation: &Operation, outcome: Result<&T, &Error>) {
        let request_id = match outcome {
            Ok(answer) => answer.request_id(),
            Err(error) => error.request_id.as_deref(),
        };
        let error = outcome.err();
        tracing::debug!(
            operation = operation.name,
            attempt = self.attempts,
            milliseconds = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            status = self.status.take(),
            request_id,
            code = error.and_then(|error| error.code.as_deref()),
            error = error.map(|error| redact::message(&error.message)),
            "{}",
            if self.sent { "response" } else { "not sent" }
        );
        self.took = Duration::ZERO;
    }
}
