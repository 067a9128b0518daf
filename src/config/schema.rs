//! The rows of the provider block. Shared arguments keep the names, environment variables and meanings that users
//! of `aliyun/alicloud` know.

use aliyun::client::Endpoint;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::schema::Mode::Optional;
use terraform_plugin::schema::{Attribute, Check, NestedBlock, Nesting, Schema, Type};
use terraform_plugin::value::Value;

const TEXTS: Type = Type::Set(&Type::String);

/// The longest time in milliseconds and the largest count; what is longer is a mistake.
const MOST: i64 = i32::MAX as i64;

const fn text(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Type::String, Optional, doc)
}

/// The schema of the provider block.
pub static SCHEMA: Schema = Schema::of(
    "Manages AI outbound-call tasks of Alibaba Cloud AICCS. Everything is optional: without arguments the \
          credentials come from the environment, from `~/.aliyun/config.json` or from `credentials.ini`.",
    &[
        text(
            "access_key",
            "Access key id. Also `ALICLOUD_ACCESS_KEY`, `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABACLOUD_ACCESS_KEY_ID`.",
        ),
        text(
            "secret_key",
            "Access key secret. Also `ALICLOUD_SECRET_KEY`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, \
             `ALIBABACLOUD_ACCESS_KEY_SECRET`.",
        )
        .sensitive(),
        text(
            "security_token",
            "Security token of temporary credentials. Also `ALICLOUD_SECURITY_TOKEN`, `ALIBABA_CLOUD_SECURITY_TOKEN`, \
             `ALIBABACLOUD_SECURITY_TOKEN`.",
        )
        .sensitive(),
        text(
            "profile",
            "Profile of `shared_credentials_file`. Also `ALICLOUD_PROFILE`, `ALIBABA_CLOUD_PROFILE`.",
        ),
        text(
            "shared_credentials_file",
            "File with profiles, as the Alibaba Cloud CLI keeps it. Also `ALICLOUD_SHARED_CREDENTIALS_FILE`, \
             `ALIBABA_CLOUD_CREDENTIALS_FILE`; else `~/.aliyun/config.json`.",
        ),
        text(
            "ecs_role_name",
            "RAM role of the ECS instance that this runs on; the metadata service is asked only where this is set. \
             Also `ALICLOUD_ECS_ROLE_NAME`, `ALIBABA_CLOUD_ECS_METADATA`.",
        ),
        text(
            "credentials_uri",
            "URL of a local service that gives temporary credentials. Also `ALICLOUD_CREDENTIALS_URI`, \
             `ALIBABA_CLOUD_CREDENTIALS_URI`.",
        ),
        text(
            "region",
            "Region of the STS endpoint; AICCS itself has one endpoint for all regions. Also `ALICLOUD_REGION`, \
             `ALIBABA_CLOUD_REGION`.",
        ),
        text(
            "endpoint",
            "Host or URL of AICCS; `http` only towards the loopback. Also `ALIBABA_CLOUD_ENDPOINT_AICCS`, \
             `AICCS_ENDPOINT`; else `aiccs.aliyuncs.com`.",
        )
        .checks(&[Check::With("", check_endpoint)]),
        text(
            "sts_endpoint",
            "Host or URL of STS; `http` only towards the loopback. Also `ALIBABA_CLOUD_ENDPOINT_STS`, `STS_ENDPOINT`; \
             else that of `region`.",
        )
        .checks(&[Check::With("", check_endpoint)]),
        text(
            "dyvms_endpoint",
            "Host or URL of the Voice Messaging Service (Dyvmsapi), which lists the numbers that tasks call from; `http` only \
             towards the loopback. Also `ALIBABA_CLOUD_ENDPOINT_DYVMSAPI`, `DYVMS_ENDPOINT`; else `dyvmsapi.aliyuncs.com`.",
        )
        .checks(&[Check::With("", check_endpoint)]),
        text(
            "signature_method",
            "How requests are signed: `HMAC-SHA1` is the RPC signature and the default, `ACS3-HMAC-SHA256` the newer one.",
        )
        .checks(&[Check::OneOf(&["HMAC-SHA1", "ACS3-HMAC-SHA256"])]),
        Attribute::new(
            "max_retries",
            Type::Int,
            Optional,
            "How often a failed request is sent again where that is harmless; 5 unless set. Throttling does not count.",
        )
        .checks(&[Check::Range(0, 100)]),
        Attribute::new(
            "max_retry_timeout",
            Type::Int,
            Optional,
            "Seconds after which no request is sent again; 0, the default, leaves that to the `timeouts` of the resource. \
             Also `MAX_RETRY_TIMEOUT`.",
        )
        .checks(&[Check::Range(0, MOST)]),
        Attribute::new(
            "requests_per_second",
            Type::Float,
            Optional,
            "The most requests a second, all resources together; no limit unless set.",
        )
        .checks(&[Check::With("", check_rate)]),
        Attribute::new(
            "client_connect_timeout",
            Type::Int,
            Optional,
            "The longest wait for a connection, in milliseconds; 60000 unless set. Also `CLIENT_CONNECT_TIMEOUT`.",
        )
        .checks(&[Check::Range(1, MOST)]),
        Attribute::new(
            "client_read_timeout",
            Type::Int,
            Optional,
            "The longest wait for an answer, in milliseconds, once there is a connection; 60000 unless set. Also \
             `CLIENT_READ_TIMEOUT`.",
        )
        .checks(&[Check::Range(1, MOST)]),
        text(
            "ca_bundle",
            "More certificate roots, beside the system's: a file in PEM format, or its content. Proxies come from \
             `HTTPS_PROXY` and `NO_PROXY`.",
        ),
        Attribute::new(
            "max_callees_per_apply",
            Type::Int,
            Optional,
            "The most callees that one apply may import, all batches and actions together: more is an error before the first \
             call, at plan where it is known. No limit unless set.",
        )
        .checks(&[Check::Range(0, MOST)]),
        Attribute::new(
            "deny_starts",
            Type::Bool,
            Optional,
            "Whether every start of a task is an error before the first call, at plan where it is known: also the start after an \
             update, and the one that an import brings about. False unless set.",
        ),
        Attribute::new(
            "allowed_account_ids",
            TEXTS,
            Optional,
            "Accounts that the credentials may belong to. STS is asked once, before the first call: from a wrong account \
             every task would look gone.",
        )
        .checks(&[Check::With("", check_accounts)]),
        Attribute::new(
            "forbidden_account_ids",
            TEXTS,
            Optional,
            "Accounts that the credentials must not belong to.",
        )
        .checks(&[Check::With("", check_accounts)]),
        text(
            "configuration_source",
            "Name of the module or tool that this configuration comes from; appended to the User-Agent, as \
             `TF_APPEND_USER_AGENT` is.",
        )
        .checks(&[Check::With("", check_source)]),
    ],
)
.blocks(&[ASSUME_ROLE, ASSUME_ROLE_WITH_OIDC]);

const EXPIRATION: Attribute = Attribute::new(
    "session_expiration",
    Type::Int,
    Optional,
    "Seconds that the session lasts; 3600 unless set.",
)
.checks(&[Check::Range(900, 43200)]);

const POLICY: Attribute = text("policy", "Policy that narrows the session, JSON.")
    .checks(&[Check::With("", check_policy)]);

const ASSUME_ROLE: NestedBlock = NestedBlock::new(
    "assume_role",
    Nesting::List,
    "A RAM role to take on, with the credentials found otherwise.",
    &[
        text(
            "role_arn",
            "ARN of the role. Also `ALICLOUD_ASSUME_ROLE_ARN`, `ALIBABA_CLOUD_ROLE_ARN`.",
        ),
        text(
            "session_name",
            "Name of the session; `terraform` unless set. Also `ALICLOUD_ASSUME_ROLE_SESSION_NAME`, \
             `ALIBABA_CLOUD_ROLE_SESSION_NAME`.",
        ),
        POLICY,
        EXPIRATION,
        text("external_id", "External id that the role's trust policy asks for."),
    ],
)
.max_items(1);

const ASSUME_ROLE_WITH_OIDC: NestedBlock = NestedBlock::new(
    "assume_role_with_oidc",
    Nesting::List,
    "A RAM role to take on with a token of an OIDC provider, as RRSA gives it to pods.",
    &[
        text(
            "oidc_provider_arn",
            "ARN of the OIDC provider. Also `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`.",
        ),
        text("oidc_token_file", "File with the token. Also `ALIBABA_CLOUD_OIDC_TOKEN_FILE`."),
        text("oidc_token", "The token; goes before the file. Also `ALIBABA_CLOUD_OIDC_TOKEN`.")
            .sensitive(),
        text("role_arn", "ARN of the role. Also `ALIBABA_CLOUD_ROLE_ARN`."),
        text(
            "role_session_name",
            "Name of the session; `terraform` unless set. Also `ALIBABA_CLOUD_ROLE_SESSION_NAME`.",
        ),
        POLICY,
        EXPIRATION,
    ],
)
.max_items(1);

/// A host or URL that may be called.
/// An endpoint that the argument or variable `by` sets.
pub(super) fn endpoint(
    name: &'static str,
    by: &str,
    text: &str,
    out: &mut Diagnostics,
) -> Option<Endpoint> {
    match Endpoint::parse(text) {
        Ok(endpoint) => Some(endpoint),
        Err(error) => {
            let host = match name {
                "sts_endpoint" => "sts.aliyuncs.com",
                "dyvms_endpoint" => "dyvmsapi.aliyuncs.com",
                _ => "aiccs.aliyuncs.com",
            };
            let from = match by {
                _ if by == name => format!("`{name}`: "),
                by => format!("{name} from {by}: {}\n", Endpoint::shown(text)),
            };
            let detail =
                format!("{from}{}. Give a host such as `{host}`, or a URL.", error.message);
            out.error_at(Path::root(name), "Invalid endpoint", detail);
            None
        }
    }
}

fn check_endpoint(value: &Value, path: &Path, out: &mut Diagnostics) {
    if let Some(text) = value.as_str() {
        let names = ["sts_endpoint", "dyvms_endpoint"];
        let name = names.into_iter().find(|name| path.to_string() == *name).unwrap_or("endpoint");
        let _ = endpoint(name, name, text, out);
    }
}

fn check_rate(value: &Value, path: &Path, out: &mut Diagnostics) {
    if rate(value).is_some_and(|rate| rate <= 0.0) {
        let detail =
            format!("`{path}` must be more than 0, not {value}. Leave it out for no limit.");
        out.error_at(path.clone(), "Invalid value", detail);
    }
}

/// A rate per second.
pub(super) fn rate(value: &Value) -> Option<f64> {
    if let Value::Number(number) = value { number.to_string().parse().ok() } else { None }
}

fn check_accounts(value: &Value, path: &Path, out: &mut Diagnostics) {
    for id in value.elements().unwrap_or_default().iter().filter_map(Value::as_str) {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            let detail = format!(
                "`{path}` holds {id:?}. An account id is the number that the console shows under the account's name, \
                 such as \"1234567890123456\"."
            );
            out.error_at(path.clone(), "Invalid account id", detail);
        }
    }
}

fn check_source(value: &Value, path: &Path, out: &mut Diagnostics) {
    if value.as_str().is_some_and(|text| text.chars().count() > 1024) {
        let detail = format!("`{path}` may have 1024 characters at most.");
        out.error_at(path.clone(), "Invalid value", detail);
    }
}

fn check_policy(value: &Value, path: &Path, out: &mut Diagnostics) {
    let Some(text) = value.as_str() else { return };
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let detail = format!("`{path}` must be JSON, as `jsonencode` writes it: {error}.");
        out.error_at(path.clone(), "Invalid policy", detail);
    }
}
