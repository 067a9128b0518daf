//! The wing's one error: what kind it is, what the service said, what the user does next, whether a write may have happened.
//! Knows no operation by name, no secret, no URL, no parameter.

mod advice;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::provenance::Provenance;
pub use super::text::ServiceText;
use super::text::one_line;

/// What went wrong, sorted by the user's next step; [`Error::advice`] says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The access key exists but is disabled (`InvalidAccessKeyId.Inactive`).
    AccessKeyInactive,
    /// The service does not know the access key id (`InvalidAccessKeyId*`).
    AccessKeyUnknown,
    /// The answer was lost: the connection was cut, or the answer was empty.
    AnswerLost,
    /// This machine's clock is too far from the service's (`InvalidTimeStamp*`, `IllegalTimestamp`).
    ClockSkew,
    /// An argument of the client itself is wrong: endpoint, certificate bundle, header text.
    Configuration,
    /// The host refused the connection or cannot be reached.
    ConnectionRefused,
    /// The flags of the answer contradict each other: read back to learn what happened. [`Facts::answer`] holds it.
    Contradictory,
    /// The call's deadline passed.
    Deadline,
    /// The host name does not resolve.
    Dns,
    /// The service failed (HTTP 5xx, `InternalError`, `SystemError`).
    Internal,
    /// The caller asked to stop.
    Interrupted,
    /// No source gave credentials.
    NoCredentials,
    /// RAM refused the operation.
    NoPermission,
    /// The nonce was seen before: something on the way sent the request twice (`SignatureNonceUsed`).
    NonceUsed,
    /// The proxy refused or failed.
    Proxy,
    /// The service refused the request for a reason of its own, told in code and message.
    Refused,
    /// The secret does not belong to the access key (`SignatureDoesNotMatch`, `IncompleteSignature`).
    SecretWrong,
    /// The security token is expired, malformed or of another access key (`InvalidSecurityToken*`).
    SecurityToken,
    /// The service is out of order for a while (HTTP 502, 503 and 504, `ServiceUnavailable`).
    ServiceUnavailable,
    /// Too many requests (`Throttling*`, HTTP 429, or a refusal with `x-acs-retry-after`).
    Throttled,
    /// No answer in time.
    Timeout,
    /// The secure connection failed: certificate or protocol.
    Tls,
    /// A list goes beyond what is read of one.
    TooLong,
    /// The endpoint does not know the operation (`InvalidAction.NotFound` and its like).
    UnknownOperation,
    /// The answer is not the JSON (or XML) of this service.
    Unreadable,
    /// The credentials belong to an account that the configuration does not admit.
    WrongAccount,
}

/// Whether the service may have acted on the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processed {
    /// Surely not: it never arrived, or was turned away at the door.
    No,
    /// The service looked at it and refused it.
    Refused,
    /// Nobody knows: the answer was lost, contradictory or a 5xx. A write may have been committed.
    Unknown,
}

/// What an [`Error`] knows; reached through `Deref`, so `error.kind` works.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Facts {
    /// What went wrong.
    pub kind: Kind,
    /// The operation that was called, such as `UpdateAiCallTask`; empty where none was.
    pub operation: &'static str,
    /// The service's error code.
    pub code: Option<ServiceText>,
    /// The service's message, or ours; one line; never a secret, a URL or a parameter of the request.
    pub message: String,
    /// The service's request id.
    pub request_id: Option<ServiceText>,
    /// The HTTP status.
    pub http_status: Option<u16>,
    /// The service's link to its troubleshooting page.
    pub recommend: Option<ServiceText>,
    /// The service's wish for a pause (`x-acs-retry-after`).
    pub retry_after: Option<Duration>,
    /// Whether the service may have acted.
    pub processed: Processed,
    /// The RAM action to grant, such as `aiccs:UpdateAiCallTask`.
    pub ram_action: Option<String>,
    /// The whole answer, where its flags contradict each other.
    pub answer: Option<serde_json::Value>,
    /// The server's clock, where it answered.
    pub date: Option<Timestamp>,
    /// How often the request was sent.
    pub attempts: u32,
    /// Where the credentials of a refused request came from.
    pub provenance: Option<Arc<Provenance>>,
    /// The endpoint that somebody set, and the argument or variable that did, where the way there is at fault.
    pub endpoint: Option<(String, String)>,
    /// What was tried in vain before, a line each: sources of credentials.
    pub tried: Vec<String>,
}

/// An error of this wing. Boxed, so that a `Result` stays small.
#[derive(Clone, Debug)]
pub struct Error(Box<Facts>);

impl Error {
    /// An error of this kind with our own words; `processed` follows from the kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Facts {
            kind,
            operation: "",
            code: None,
            message: one_line(&message.into()),
            request_id: None,
            http_status: None,
            recommend: None,
            retry_after: None,
            processed: kind.processed(),
            ram_action: None,
            answer: None,
            date: None,
            attempts: 0,
            provenance: None,
            endpoint: None,
            tried: Vec::new(),
        }))
    }

    /// The same error, told of `operation`, whose RAM action is `ram_action`; what is known already stays.
    #[must_use]
    pub fn during(mut self, operation: &'static str, ram_action: impl Into<String>) -> Self {
        if self.operation.is_empty() {
            self.operation = operation;
        }
        self.ram_action.get_or_insert_with(|| ram_action.into());
        self
    }

    /// The same error, with the endpoint where it may be at fault, and what set it.
    #[must_use]
    pub(crate) fn at(mut self, endpoint: Option<(String, String)>) -> Self {
        let on_the_way = matches!(
            self.kind,
            Kind::AnswerLost
                | Kind::ConnectionRefused
                | Kind::Dns
                | Kind::Proxy
                | Kind::Timeout
                | Kind::Tls
                | Kind::UnknownOperation
                | Kind::Unreadable
        );
        if on_the_way && self.endpoint.is_none() {
            self.endpoint = endpoint;
        }
        self
    }

    /// The same error, with where the credentials came from that it speaks of.
    #[must_use]
    pub(crate) fn with(mut self, provenance: Option<Arc<Provenance>>) -> Self {
        if self.kind.is_about_credentials() && self.provenance.is_none() {
            self.provenance = provenance;
        }
        self
    }

    /// Whether nobody knows what became of the request, and the service may act on it later still: the connection broke,
    /// the time ran out, the service failed (5xx). A contradictory answer is an answer.
    pub fn is_lost_answer(&self) -> bool {
        self.processed == Processed::Unknown && self.kind != Kind::Contradictory
    }
}

impl Deref for Error {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.0
    }
}

/// `UpdateAiCallTask: <message> (code X, HTTP 400, request id Y, 3 attempts)`: one line.
impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(formatter, "{}: ", self.operation)?;
        }
        formatter.write_str(&self.message)?;
        if !self.tried.is_empty() {
            write!(formatter, ": {}", self.tried.join("; "))?;
        }
        let mut notes = Vec::new();
        notes.extend(self.code.as_ref().map(|code| format!("code {code}")));
        notes.extend(self.http_status.map(|status| format!("HTTP {status}")));
        notes.extend(self.request_id.as_ref().map(|id| format!("request id {id}")));
        notes.extend((self.attempts > 1).then(|| format!("{} attempts", self.attempts)));
        if notes.is_empty() { Ok(()) } else { write!(formatter, " ({})", notes.join(", ")) }
    }
}

impl std::error::Error for Error {}

impl Kind {
    /// The kind that an error code and an HTTP status stand for.
    ///
    /// Codes: the common error list of Alibaba Cloud; AICCS itself publishes none. A 5xx with a code of its own is a refusal
    /// (siblings in the same product answer `500 NoAgentFound`).
    pub fn of(code: &str, http_status: u16) -> Self {
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| code.starts_with(prefix));
        if code == "InvalidAccessKeyId.Inactive" {
            Self::AccessKeyInactive
        } else if starts(&["InvalidAccessKeyId"]) {
            Self::AccessKeyUnknown
        } else if starts(&["SignatureDoesNotMatch", "IncompleteSignature"]) {
            Self::SecretWrong
        } else if starts(&["InvalidSecurityToken", "MissingSecurityToken"]) {
            Self::SecurityToken
        } else if starts(&["InvalidTimeStamp", "IllegalTimestamp"]) {
            Self::ClockSkew
        } else if starts(&["SignatureNonceUsed"]) {
            Self::NonceUsed
        } else if code.contains("Throttling") || http_status == 429 {
            Self::Throttled
        } else if starts(&[
            "Forbidden",
            "NoPermission",
            "NotAuthorized",
            "Permission.NotAuthorized",
            "PermissionInsufficient",
        ]) {
            Self::NoPermission
        } else if starts(&[
            "InvalidAction",
            "InvalidApi",
            "InvalidVersion",
            "NoSuchVersion",
            "UnsupportedHTTPMethod",
        ]) {
            Self::UnknownOperation
        } else if code.contains("ServiceUnavailable") || matches!(http_status, 502..=504) {
            Self::ServiceUnavailable
        } else if starts(&["InternalError", "SystemError", "UnknownError"])
            || (code.is_empty() && http_status >= 500)
        {
            Self::Internal
        } else {
            Self::Refused
        }
    }

    /// Whether it says something of the credentials.
    fn is_about_credentials(self) -> bool {
        matches!(
            self,
            Self::AccessKeyInactive
                | Self::AccessKeyUnknown
                | Self::NoPermission
                | Self::SecretWrong
                | Self::SecurityToken
                | Self::WrongAccount
        )
    }

    fn processed(self) -> Processed {
        match self {
            Self::AccessKeyInactive
            | Self::AccessKeyUnknown
            | Self::ClockSkew
            | Self::Configuration
            | Self::ConnectionRefused
            | Self::Dns
            | Self::Interrupted
            | Self::NoCredentials
            | Self::NoPermission
            | Self::Proxy
            | Self::SecretWrong
            | Self::SecurityToken
            | Self::Throttled
            | Self::Tls
            | Self::TooLong
            | Self::UnknownOperation
            | Self::WrongAccount => Processed::No,
            Self::Refused => Processed::Refused,
            Self::AnswerLost
            | Self::Contradictory
            | Self::Deadline
            | Self::Internal
            | Self::NonceUsed
            | Self::ServiceUnavailable
            | Self::Timeout
            | Self::Unreadable => Processed::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_tell_the_kind() {
        let check = |code: &str, status: u16, kind: Kind| {
            assert_eq!(Kind::of(code, status), kind, "{code} {status}")
        };
        check("InvalidAccessKeyId.NotFound", 404, Kind::AccessKeyUnknown);
        check("InvalidAccessKeyId", 404, Kind::AccessKeyUnknown);
        check("InvalidAccessKeyId.Inactive", 400, Kind::AccessKeyInactive);
        check("SignatureDoesNotMatch", 400, Kind::SecretWrong);
        check("IncompleteSignature", 400, Kind::SecretWrong);
        check("InvalidSecurityToken.Expired", 400, Kind::SecurityToken);
        check("InvalidSecurityToken.MismatchWithAccessKey", 403, Kind::SecurityToken);
        check("InvalidTimeStamp.Expired", 400, Kind::ClockSkew);
        check("IllegalTimestamp", 400, Kind::ClockSkew);
        check("SignatureNonceUsed", 400, Kind::NonceUsed);
        check("Throttling", 400, Kind::Throttled);
        check("Throttling.User", 400, Kind::Throttled);
        check("Rejected.Throttling", 503, Kind::Throttled);
        check("", 429, Kind::Throttled);
        check("Forbidden.RAM", 403, Kind::NoPermission);
        check("NoPermission", 403, Kind::NoPermission);
        check("InvalidAction.NotFound", 404, Kind::UnknownOperation);
        check("ServiceUnavailable", 503, Kind::ServiceUnavailable);
        check("", 502, Kind::ServiceUnavailable);
        check("InternalError", 500, Kind::Internal);
        check("SystemError", 200, Kind::Internal);
        check("", 500, Kind::Internal);
        check("NoAgentFound", 500, Kind::Refused);
        check("MissingTaskId", 400, Kind::Refused);
        check("isv.TASK_NAME_EXISTS", 200, Kind::Refused);
    }

    #[test]
    fn display_leaves_out_what_is_not_known() {
        let mut error = Error::new(Kind::Refused, "name taken")
            .during("CreateAiCallTask", "aiccs:CreateAiCallTask");
        assert_eq!(error.to_string(), "CreateAiCallTask: name taken");
        error.code = Some(ServiceText::word("NameTaken"));
        error.http_status = Some(200);
        error.request_id = Some(ServiceText::word("R1"));
        error.attempts = 3;
        assert_eq!(
            error.to_string(),
            "CreateAiCallTask: name taken (code NameTaken, HTTP 200, request id R1, 3 attempts)"
        );
    }
}
