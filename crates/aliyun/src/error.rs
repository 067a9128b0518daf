//! The wing's one error: what kind it is, what the service said, what the user does next, whether a write may have happened.
//! Knows no operation by name, no secret, no URL, no parameter.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use jiff::Timestamp;

use super::text::one_line;

/// What went wrong, sorted by the user's next step; [`Error::advice`] says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
pub struct Facts {
    /// What went wrong.
    pub kind: Kind,
    /// The operation that was called, such as `UpdateAiCallTask`; empty where none was.
    pub operation: &'static str,
    /// The service's error code, as it sent it.
    pub code: Option<String>,
    /// The service's message, or ours; one line; never a secret, a URL or a parameter of the request.
    pub message: String,
    /// The service's request id.
    pub request_id: Option<String>,
    /// The HTTP status.
    pub http_status: Option<u16>,
    /// The service's link to its troubleshooting page.
    pub recommend: Option<String>,
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

    /// Whether nobody knows what became of the request, and the service may act on it later still: the connection broke,
    /// the time ran out, the service failed (5xx). A contradictory answer is an answer.
    pub fn is_lost_answer(&self) -> bool {
        self.processed == Processed::Unknown && self.kind != Kind::Contradictory
    }

    /// The user's next step, in whole sentences.
    pub fn advice(&self) -> String {
        let action = self.ram_action.as_deref().unwrap_or("aiccs:*");
        if self.kind == Kind::NoPermission {
            no_permission(action)
        } else if self.kind == Kind::NoCredentials && self.tried.is_empty() {
            "This source was named, so no other is tried: correct it, or name another one."
                .to_owned()
        } else if let (Kind::ClockSkew, Some(date)) = (self.kind, self.date) {
            let date = jiff::tz::offset(8).to_datetime(date).strftime("%Y-%m-%dT%H:%M:%S+08:00");
            format!("The service's clock says {date}. {}", self.kind.advice())
        } else if only_asks(self.operation)
            && matches!(self.kind, Kind::AnswerLost | Kind::Contradictory)
        {
            "The call only asks and changes nothing: try again.".to_owned()
        } else {
            self.kind.advice().to_owned()
        }
    }
}

/// Whether an operation is a query, by its name.
fn only_asks(operation: &str) -> bool {
    ["Query", "PageQuery", "List", "Get"].iter().any(|verb| operation.starts_with(verb))
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

    #[expect(clippy::too_many_lines, reason = "a table: one sentence a kind")]
    fn advice(self) -> &'static str {
        match self {
            Self::AccessKeyInactive => {
                "Enable this access key in the RAM console, or configure another one."
            }
            Self::AccessKeyUnknown => {
                "Check the access key id: it may be mistyped, deleted, or belong to the other site (China or international)."
            }
            Self::AnswerLost => {
                "The connection broke before the answer arrived, so a change may or may not have been made. Look at the object, then try again."
            }
            Self::ClockSkew => {
                "Set this machine's clock: requests are valid for some minutes only."
            }
            Self::Configuration => "Correct the provider configuration.",
            Self::ConnectionRefused => {
                "Check that the host can be reached from here: network, firewall, VPN, proxy."
            }
            Self::Contradictory => {
                "The service's answer contradicts itself, so a change may or may not have been made. Look at the object, then try again."
            }
            Self::Deadline => "Raise the timeout of this operation, or try again later.",
            Self::Dns => "Check the endpoint's spelling and this machine's name resolution.",
            Self::Internal => {
                "The service failed. Try again later; if it stays, give the request id to Alibaba Cloud support."
            }
            Self::Interrupted => "Run the command again to finish.",
            Self::NoCredentials => {
                "Set access_key and secret_key, the environment variables ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or a profile."
            }
            Self::NoPermission => "Grant the action to the RAM user or role.",
            Self::NonceUsed => {
                "The service saw this request twice, so something between here and it repeats requests (a proxy, most likely). A change may have been made: look at the object."
            }
            Self::Proxy => {
                "Check the proxy of this machine's environment (HTTPS_PROXY, NO_PROXY): its address, its credentials, whether it admits the host."
            }
            Self::Refused => {
                "Follow the service's message; its code can be looked up at https://api.aliyun.com/troubleshoot."
            }
            Self::SecretWrong => {
                "Check the access key secret: it does not belong to this access key id."
            }
            Self::SecurityToken => {
                "Renew the security token; it must come from the same session as the access key id and secret."
            }
            Self::ServiceUnavailable => {
                "The service is unavailable for the moment. Try again later."
            }
            Self::Throttled => {
                "The service asks for fewer requests: lower -parallelism or requests_per_second, or raise the timeout."
            }
            Self::Timeout => {
                "Try again later, or raise client_read_timeout or client_connect_timeout."
            }
            Self::Tls => {
                "Check the certificates: a proxy that opens TLS needs its root in ca_bundle; also check this machine's clock."
            }
            Self::UnknownOperation => "Check the endpoint: it does not know this operation.",
            Self::Unreadable => {
                "This did not come from the service: check the endpoint, and any proxy or login page on the way."
            }
            Self::WrongAccount => {
                "Use credentials of an admitted account, or change allowed_account_ids and forbidden_account_ids."
            }
        }
    }
}

fn no_permission(action: &str) -> String {
    let product = action.split(':').next().unwrap_or(action);
    format!(
        "Grant the RAM action {action} to this user or role, with a policy such as \
         {{\"Version\":\"1\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"{action}\",\"Resource\":\"*\"}}]}}. \
         If the console does not offer the action by itself, grant {product}:*."
    )
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
    fn a_permission_error_carries_a_ready_policy() {
        let error = Error::new(Kind::NoPermission, "denied")
            .during("UpdateAiCallTask", "aiccs:UpdateAiCallTask");
        assert!(
            error
                .advice()
                .contains(r#"{"Effect":"Allow","Action":"aiccs:UpdateAiCallTask","Resource":"*"}"#)
        );
        assert!(error.advice().contains("aiccs:*"));
    }

    #[test]
    fn display_leaves_out_what_is_not_known() {
        let mut error = Error::new(Kind::Refused, "name taken")
            .during("CreateAiCallTask", "aiccs:CreateAiCallTask");
        assert_eq!(error.to_string(), "CreateAiCallTask: name taken");
        error.code = Some("NameTaken".to_owned());
        error.http_status = Some(200);
        error.request_id = Some("R1".to_owned());
        error.attempts = 3;
        assert_eq!(
            error.to_string(),
            "CreateAiCallTask: name taken (code NameTaken, HTTP 200, request id R1, 3 attempts)"
        );
    }
}
