//! The Security Token Service: temporary keys that this emulator then accepts until they expire.
//! Any role may be assumed; account and ids are invented.

use serde_json::{Value, json};

use super::super::verify::{Key, Session};
use super::{Call, Refused};

/// `AssumeRole` and `AssumeRoleWithOIDC` differ in who may call, which is settled before.
pub(super) fn assume_role(call: &mut Call<'_>) -> Result<Value, Refused> {
    let (role, name) = (call.arguments.text("RoleArn"), call.arguments.text("RoleSessionName"));
    let path = role.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":role/"));
    if path.is_none_or(|(account, role)| account.is_empty() || role.is_empty()) {
        return Err(Refused::invalid("RoleArn", "not acs:ram::ACCOUNT:role/NAME"));
    }
    if !(2..=64).contains(&name.chars().count()) {
        return Err(Refused::invalid("RoleSessionName", "not 2..64 characters"));
    }
    let arn = format!("{}/{name}", role.replacen(":role/", ":assumed-role/", 1));
    let mut data = json!({
        "AssumedRoleUser": { "Arn": arn, "AssumedRoleId": format!("{ROLE_ID}:{name}") },
        "Credentials": Value::Null,
    });
    if let Some(provider) = call.arguments.get("OIDCProviderArn") {
        data["OIDCTokenInfo"] =
            json!({ "Subject": "emulated-subject", "Issuer": "emulated-issuer", "Arn": provider });
    }
    data["Credentials"] = issue(call, arn);
    Ok(data)
}

pub(super) fn caller_identity(call: &mut Call<'_>) -> Result<Value, Refused> {
    let caller = call.caller.as_deref().unwrap_or_default();
    let account = call.world.account_id(caller);
    let mut identity = json!({ "AccountId": account });
    match call.world.keyring.session(caller) {
        Some(session) => {
            let name = session.arn.rsplit('/').next().unwrap_or_default();
            identity["IdentityType"] = "AssumedRoleUser".into();
            identity["Arn"] = session.arn.as_str().into();
            identity["RoleId"] = ROLE_ID.into();
            identity["PrincipalId"] = format!("{ROLE_ID}:{name}").into();
        }
        None => {
            identity["IdentityType"] = "RAMUser".into();
            identity["Arn"] = format!("acs:ram::{account}:user/emulator").into();
            identity["UserId"] = USER_ID.into();
            identity["PrincipalId"] = USER_ID.into();
        }
    }
    Ok(identity)
}

/// The shorter of what was asked for and the switch `session_seconds`.
fn issue(call: &mut Call<'_>, arn: String) -> Value {
    let asked = call.arguments.integer("DurationSeconds").unwrap_or(3600);
    let seconds = call.world.switches.number("session_seconds").unwrap_or(3600).min(asked);
    // By the real time, as the client will.
    let expires = (call.world.time().now / 1000 + seconds) * 1000;
    let id = format!("STS.{}", call.world.chance.secret());
    let secret = call.world.chance.secret();
    let token = format!("CAIS{}+/{}==", call.world.chance.secret(), call.world.chance.secret());
    let expiration =
        jiff::Timestamp::from_millisecond(expires).map(|time| time.to_string()).unwrap_or_default();
    let session = Session { token: token.clone(), expires, arn };
    call.world.keyring.add(&id, Key { secret: secret.clone(), session: Some(session) });
    json!({ "AccessKeyId": id, "AccessKeySecret": secret, "SecurityToken": token, "Expiration": expiration })
}

const USER_ID: &str = "200000000000000001";
const ROLE_ID: &str = "300000000000000001";
