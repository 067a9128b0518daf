//! What the sources say of where their credentials come from.

use super::chain::Step;
use super::origin::Origin;
use super::sts::Role;
use crate::provenance::{Kept, Provenance};

/// What this step's origin gives, with a role on top or without.
pub(super) fn of(step: &Step, origin: &Origin) -> Provenance {
    let source = &step.label;
    let session = |role: &Role, with: &str| Provenance {
        label: format!("session of {} by {with}", role.arn),
        kept: Kept::Session(format!(
            "The session is fetched anew by itself; check the role {}, and {with}.",
            role.arn
        )),
    };
    let gives =
        |kept: &str| Provenance { label: source.clone(), kept: Kept::Session(kept.to_owned()) };
    match origin {
        Origin::Key(_) => {
            let places = step.places.clone();
            let within = |field: &str| format!("{field} in {source}");
            let kept = places
                .unwrap_or_else(|| ["access_key_id", "access_key_secret", "sts_token"].map(within));
            Provenance { label: source.clone(), kept: Kept::Texts(kept) }
        }
        Origin::External(_) => gives("Look at what the program of process_command prints."),
        Origin::Metadata(_) => {
            gives("The session is fetched anew by itself; check the RAM role of the ECS instance.")
        }
        Origin::Oidc { role, .. } => session(role, source),
        Origin::Role { role, .. } => session(role, source),
        Origin::SignIn(sign_in) => {
            gives(&format!("Sign in again: `aliyun configure --profile {}`.", sign_in.profile))
        }
        Origin::Uri(_) => {
            gives("The session is fetched anew by itself; look at what the URI answers.")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::credentials::chain::Place;
    use crate::credentials::sts::{Token, endpoint};
    use crate::error::{Error, Kind};
    use crate::key::Credentials;

    fn step(label: &str, places: Option<[&str; 3]>) -> Step {
        let places = places.map(|places| places.map(str::to_owned));
        let place = Place::Absent(String::new());
        Step {
            label: label.to_owned(),
            set_by: String::new(),
            argument: None,
            named: true,
            place,
            places,
        }
    }

    fn check(from: &Provenance, kind: Kind, code: &str, expected: &str) {
        let mut error = Error::new(kind, "m");
        error.code = Some(crate::text::ServiceText::word(code));
        let told = error.with(Some(Arc::new(from.clone()))).advice();
        assert!(told.starts_with(expected), "{kind:?} {code}: {told}");
        assert!(!told.contains("MARKER"), "{told}");
    }

    #[test]
    fn advice_fits_the_source() {
        let key = Origin::Key(Credentials::of_user("MARKER", "MARKER"));
        let written = of(&step("access key from ID", Some(["ID", "SECRET", "TOKEN"])), &key);
        assert_eq!(written.label, "access key from ID");
        check(
            &written,
            Kind::AccessKeyUnknown,
            "InvalidAccessKeyId",
            "Check ID: the access key id",
        );
        check(&written, Kind::AccessKeyInactive, "", "Enable the access key of ID");
        check(
            &written,
            Kind::SecretWrong,
            "",
            "Check SECRET: the secret does not belong to the access key id of ID.",
        );
        check(
            &written,
            Kind::SecurityToken,
            "MissingSecurityToken",
            "The access key of ID belongs to a session: set its security token, TOKEN.",
        );
        check(
            &written,
            Kind::SecurityToken,
            "InvalidSecurityToken.Expired",
            "Renew the security token, TOKEN; it must",
        );
        check(&written, Kind::Refused, "", "Follow the service's message");
        let profile = of(&step("profile p of F", None), &key);
        check(&profile, Kind::SecretWrong, "", "Check access_key_secret in profile p of F:");
    }

    #[test]
    fn a_session_says_how_to_get_another() {
        let role = Role {
            arn: "acs:ram::1:role/r".to_owned(),
            session_name: String::new(),
            seconds: 3600,
            policy: None,
            external_id: None,
            endpoint: endpoint(None, None, false).unwrap(),
        };
        let key = Origin::Key(Credentials::of_user("MARKER", "MARKER"));
        let on_top = Origin::Role { base: Box::new(key), role: role.clone() };
        let on_top = of(&step("access key from ID", None), &on_top);
        assert_eq!(on_top.label, "session of acs:ram::1:role/r by access key from ID");
        check(
            &on_top,
            Kind::SecurityToken,
            "",
            "The session is fetched anew by itself; check the role acs:ram::1:role/r, and",
        );
        let token = Token::File("/t".to_owned());
        let oidc = Origin::Oidc { provider_arn: String::new(), token, role };
        check(
            &of(&step("OIDC", None), &oidc),
            Kind::SecretWrong,
            "",
            "The session is fetched anew",
        );
        let metadata = of(&step("role r", None), &Origin::Metadata(None));
        check(
            &metadata,
            Kind::SecurityToken,
            "",
            "The session is fetched anew by itself; check the RAM role of the ECS",
        );
        check(
            &of(&step("u", None), &Origin::Uri(String::new())),
            Kind::SecurityToken,
            "",
            "The session is fetched anew by itself; look at",
        );
        check(
            &of(&step("p", None), &Origin::External("MARKER".to_owned())),
            Kind::SecretWrong,
            "",
            "Look at what the program",
        );
    }
}
