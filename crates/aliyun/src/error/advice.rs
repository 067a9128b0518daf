//! The user's next step after an error, by its kind and by what is known of the credentials.

use super::{Error, Kind};
use crate::provenance::{Kept, Provenance};

impl Error {
    /// The user's next step, in whole sentences.
    pub fn advice(&self) -> String {
        let action = self.ram_action.as_deref().unwrap_or("aiccs:*");
        let code = self.code.as_deref();
        let from = self.provenance.as_ref();
        if let Some(advice) = from.and_then(|from| about(from, self.kind, code)) {
            advice
        } else if self.kind == Kind::NoPermission {
            no_permission(action)
        } else if let (Kind::Refused, Some(code)) = (self.kind, &self.code) {
            refused(code, action)
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

impl Kind {
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
            Self::TooLong => {
                "Filter the list, or set `limit` where there is one: more than that is not read at once."
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

/// Whether an operation is a query, by its name.
fn only_asks(operation: &str) -> bool {
    ["Query", "PageQuery", "List", "Get"].iter().any(|verb| operation.starts_with(verb))
}

/// What to do about a refusal of credentials; none: it says nothing of them.
fn about(from: &Provenance, kind: Kind, code: Option<&str>) -> Option<String> {
    let told = matches!(
        kind,
        Kind::AccessKeyInactive | Kind::AccessKeyUnknown | Kind::SecretWrong | Kind::SecurityToken
    );
    let [id, secret, token] = match &from.kept {
        _ if !told => return None,
        Kept::Texts(places) => places,
        Kept::Session(advice) => return Some(advice.clone()),
    };
    Some(if kind == Kind::AccessKeyInactive {
        format!("Enable the access key of {id} in the RAM console, or configure another one.")
    } else if kind == Kind::AccessKeyUnknown {
        format!(
            "Check {id}: the access key id may be mistyped, deleted, or belong to the other site (China or international)."
        )
    } else if kind == Kind::SecretWrong {
        format!("Check {secret}: the secret does not belong to the access key id of {id}.")
    } else if code.is_some_and(|code| code.starts_with("MissingSecurityToken")) {
        format!("The access key of {id} belongs to a session: set its security token, {token}.")
    } else {
        format!(
            "Renew the security token, {token}; it must come from the same session as {id} and {secret}."
        )
    })
}

/// The page of the service's about a code.
fn refused(code: &str, action: &str) -> String {
    let mut letters = action.split(':').next().unwrap_or_default().chars();
    let product: String =
        letters.next().iter().flat_map(|first| first.to_uppercase()).chain(letters).collect();
    let code: String = code
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-'))
        .collect();
    format!(
        "Follow the service's message; its code can be looked up at https://api.aliyun.com/troubleshoot?q={code}&product={product}."
    )
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
}
