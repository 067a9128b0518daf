//! STS: a session of a role, from an access key (AssumeRole) or from an identity token (AssumeRoleWithOIDC).
//! The requests are those of the official SDKs; the signature follows the documentation.

use std::time::Duration;

use jiff::Timestamp;

use super::session;
use crate::encode::hex;
use crate::envelope;
use crate::environment::Environment;
use crate::error::{Error, Kind};
use crate::http::{Endpoint, Method, Request};
use crate::key::{Credentials, Secret};
use crate::request::{Call, Operation, Parameters, SignatureMethod, signed, unsigned};
use crate::retry::Class;
use crate::text::word;

/// The longest wait for STS (connecting and reading; the official SDKs: 5 s and 10 s).
const LIMIT: Duration = Duration::from_secs(15);

static ASSUME_ROLE: Operation = operation("AssumeRole");
static ASSUME_ROLE_WITH_OIDC: Operation = operation("AssumeRoleWithOIDC");

const fn operation(name: &'static str) -> Operation {
    Operation {
        name,
        version: "2015-04-01",
        product: "sts",
        class: Class::Query,
        method: Method::Get,
        in_body: &[],
    }
}

/// The session that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session_name: String,
    /// Seconds, 900 to 43200; the role's own maximum may be lower.
    pub(super) seconds: u32,
    pub(super) policy: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) endpoint: Endpoint,
}

/// Where the identity token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    File(String),
    Text(Secret),
}

/// The host of STS: an explicit one, else of a region (with the name of where it is set), else the central one.
pub(super) fn endpoint(
    explicit: Option<&Endpoint>,
    region: Option<&(String, String)>,
    vpc: bool,
) -> Result<Endpoint, Error> {
    if let Some(endpoint) = explicit {
        return Ok(endpoint.clone());
    }
    let Some((region, by)) = region else {
        return Endpoint::parse("sts.aliyuncs.com");
    };
    if region.is_empty() || !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        return Err(Error::new(
            Kind::Configuration,
            format!("the region from {by} is no region id: {:?}", word(region)),
        ));
    }
    let prefix = if vpc { "sts-vpc" } else { "sts" };
    Ok(Endpoint::parse(&format!("{prefix}.{region}.aliyuncs.com"))?.set_by(by))
}

/// A session of the role, for the owner of `base`.
pub(super) async fn assume_role(
    base: &Credentials,
    role: &Role,
    outside: &dyn Environment,
    now: Timestamp,
) -> Result<Credentials, Error> {
    let mut request = assume_role_request(base, role, now, &hex(&outside.random()));
    request.limit = Some(LIMIT);
    exchange(request, &role.endpoint, &ASSUME_ROLE, outside).await
}

fn assume_role_request(base: &Credentials, role: &Role, time: Timestamp, nonce: &str) -> Request {
    let mut parameters = common(role);
    if let Some(id) = &role.external_id {
        parameters.set("ExternalId", id);
    }
    let (endpoint, parameters) = (&role.endpoint, &parameters);
    let call = Call { endpoint, operation: &ASSUME_ROLE, parameters, time, nonce };
    signed(&call, SignatureMethod::HmacSha1, base)
}

/// A session of the role, for the holder of an identity token. The request carries no signature.
pub(super) async fn assume_role_with_oidc(
    provider_arn: &str,
    token: &str,
    role: &Role,
    outside: &dyn Environment,
    now: Timestamp,
) -> Result<Credentials, Error> {
    let parameters = common(role).with("OIDCProviderArn", provider_arn).with("OIDCToken", token);
    let call = Call {
        endpoint: &role.endpoint,
        operation: &ASSUME_ROLE_WITH_OIDC,
        parameters: &parameters,
        time: now,
        nonce: "",
    };
    let mut request = unsigned(&call);
    request.limit = Some(LIMIT);
    request.secrets.push(Secret::new(token));
    exchange(request, &role.endpoint, &ASSUME_ROLE_WITH_OIDC, outside).await
}

fn common(role: &Role) -> Parameters {
    let mut parameters = Parameters::new()
        .with("RoleArn", &*role.arn)
        .with("RoleSessionName", &*role.session_name)
        .with("DurationSeconds", role.seconds.to_string());
    if let Some(policy) = &role.policy {
        parameters.set("Policy", policy);
    }
    parameters
}

async fn exchange(
    request: Request,
    endpoint: &Endpoint,
    operation: &'static Operation,
    outside: &dyn Environment,
) -> Result<Credentials, Error> {
    let told =
        |error: Error| error.during(operation.name, operation.ram_action()).at(endpoint.origin());
    let reply = outside.send(request).await.map_err(told)?;
    let body = envelope::read_bare(&reply).map_err(told)?;
    match body.get("Credentials").and_then(serde_json::Value::as_object) {
        Some(members) => session::read(members, "STS").map_err(told),
        None => Err(told(Error::new(Kind::NoCredentials, "STS answered without Credentials"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;
    use crate::credentials::tests::query;

    const VECTORS: &str = include_str!("../../tests/data/signing/vectors.json");

    #[test]
    fn assume_role_requests_are_the_documented_ones() {
        let file: Value = serde_json::from_str(VECTORS).unwrap();
        let vectors = file["vectors"].as_array().unwrap().iter();
        let vectors: Vec<&Value> =
            vectors.filter(|vector| vector["name"].as_str().unwrap().starts_with("sts-")).collect();
        assert_eq!(vectors.len(), 3);
        for vector in vectors {
            let sent = |name: &str| vector["query_params"][name].as_str();
            let role = Role {
                arn: sent("RoleArn").unwrap().to_owned(),
                session_name: "terraform".to_owned(),
                seconds: 3600,
                policy: sent("Policy").map(str::to_owned),
                external_id: None,
                endpoint: endpoint(None, None, false).unwrap(),
            };
            let base = Credentials {
                security_token: sent("SecurityToken").map(Secret::new),
                ..Credentials::of_user("testAccessKeyId", "testAccessKeySecret")
            };
            let time = sent("Timestamp").unwrap().parse().unwrap();
            let request = assume_role_request(&base, &role, time, sent("SignatureNonce").unwrap());
            let mut expected: BTreeMap<String, String> =
                serde_json::from_value(vector["query_params"].clone()).unwrap();
            expected.insert(
                "Signature".to_owned(),
                vector["spec_signature"].as_str().unwrap().to_owned(),
            );
            assert_eq!(query(&request.url), expected, "{}", vector["name"]);
        }
    }
}
