//! Whose credentials are in use, and whether that account is an admitted one.
//! Sends nothing: the client asks STS.

use super::envelope;
use super::error::{Error, Kind};
use super::http::{Method, Reply};
use super::request::Operation;
use super::retry::Class;
use super::text::ServiceText;

/// Which accounts are admitted (`allowed_account_ids`, `forbidden_account_ids`). Both empty: all, and STS is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// If not empty: these only.
    pub allowed: Vec<String>,
    /// Not these.
    pub forbidden: Vec<String>,
}

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallerIdentity {
    /// The Alibaba Cloud account id, digits.
    pub account_id: String,
    /// The ARN of the user or session.
    pub arn: String,
    /// The request id of the answer.
    pub request_id: Option<ServiceText>,
}

/// STS `GetCallerIdentity`, which every key may call.
pub(crate) static GET_CALLER_IDENTITY: Operation = Operation {
    name: "GetCallerIdentity",
    version: "2015-04-01",
    product: "sts",
    class: Class::Query,
    method: Method::Post,
    in_body: &[],
};

impl CallerIdentity {
    /// Reads the answer of `GetCallerIdentity`.
    pub fn read(reply: &Reply) -> Result<Self, Error> {
        let body = envelope::read_bare(reply)?;
        let member = |name| envelope::text(&body, name);
        match member("AccountId") {
            Some(account_id) => Ok(Self {
                account_id,
                arn: member("Arn").unwrap_or_default(),
                request_id: member("RequestId")
                    .map(|id| ServiceText::word(&reply.without_secrets(id))),
            }),
            None => Err(Error::new(Kind::Unreadable, "STS answered without AccountId")),
        }
    }
}

impl Accounts {
    /// Whether all accounts are admitted.
    pub fn is_empty(&self) -> bool {
        self.allowed.is_empty() && self.forbidden.is_empty()
    }

    /// Whether this account is admitted.
    pub fn check(&self, account: &str) -> Result<(), Error> {
        let has = |list: &[String]| list.iter().any(|id| id == account);
        if has(&self.forbidden) {
            return Err(Error::new(
                Kind::WrongAccount,
                format!(
                    "the credentials belong to account {account}, which forbidden_account_ids excludes"
                ),
            ));
        }
        if self.allowed.is_empty() || has(&self.allowed) {
            return Ok(());
        }
        let allowed = self.allowed.join(", ");
        Err(Error::new(
            Kind::WrongAccount,
            format!(
                "the credentials belong to account {account}; allowed_account_ids admits {allowed}"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_beats_allowed_and_empty_admits_all() {
        let check = |allowed: &[&str], forbidden: &[&str], expected: &str| {
            let owned = |list: &[&str]| list.iter().map(|id| (*id).to_owned()).collect();
            let accounts = Accounts { allowed: owned(allowed), forbidden: owned(forbidden) };
            let told = accounts
                .check("1")
                .map_or_else(|error| error.message.clone(), |()| "admitted".to_owned());
            assert_eq!(told, expected);
        };
        check(&[], &[], "admitted");
        check(&["1", "2"], &["3"], "admitted");
        check(&[], &["2"], "admitted");
        check(
            &["2", "3"],
            &[],
            "the credentials belong to account 1; allowed_account_ids admits 2, 3",
        );
        check(
            &["1"],
            &["1"],
            "the credentials belong to account 1, which forbidden_account_ids excludes",
        );
    }
}
