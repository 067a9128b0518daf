//! The provider block: its rows, and the client they make. The only file of this folder that reads the
//! environment.

use std::time::Duration;

use super::call_task::memory::Memory;
use crate::aliyun::client::{Client, Config, Endpoint};
use crate::aliyun::credentials::{Credentials, Secret, Source};
use crate::terraform::diagnostic::Diagnostics;
use crate::terraform::path::Path;
use crate::terraform::schema::Mode::Optional;
use crate::terraform::schema::{Attribute, Check, Schema, Type};
use crate::terraform::value::Value;

/// Where AICCS is, for every region.
const ENDPOINT: &str = "https://aiccs.aliyuncs.com";

/// An argument of the provider block and the environment variables that stand in for it, in order.
struct Argument {
    name: &'static str,
    variables: &'static [&'static str],
}

const ACCESS_KEY: Argument = Argument {
    name: "access_key",
    variables: &[
        "ALICLOUD_ACCESS_KEY",
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABACLOUD_ACCESS_KEY_ID",
    ],
};
const SECRET_KEY: Argument = Argument {
    name: "secret_key",
    variables: &[
        "ALICLOUD_SECRET_KEY",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABACLOUD_ACCESS_KEY_SECRET",
    ],
};
const SECURITY_TOKEN: Argument = Argument {
    name: "security_token",
    variables: &[
        "ALICLOUD_SECURITY_TOKEN",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
        "ALIBABACLOUD_SECURITY_TOKEN",
    ],
};
const ENDPOINT_ARGUMENT: Argument =
    Argument { name: "endpoint", variables: &["ALIBABA_CLOUD_ENDPOINT_AICCS", "AICCS_ENDPOINT"] };

/// The schema of the provider block.
pub static SCHEMA: Schema = Schema {
    version: 0,
    doc: "Manages AI outbound-call tasks of Alibaba Cloud AICCS.",
    attributes: &[
        Attribute::new("access_key", Type::String, Optional, "Access key id."),
        Attribute::new("secret_key", Type::String, Optional, "Access key secret.").sensitive(),
        Attribute::new(
            "security_token",
            Type::String,
            Optional,
            "Security token of temporary credentials.",
        )
        .sensitive(),
        Attribute::new(
            "endpoint",
            Type::String,
            Optional,
            "Host or URL of the service, for tests. `http` only towards the loopback.",
        )
        .checks(&[Check::With("a host or a URL", check_endpoint)]),
    ],
    blocks: &[],
};

/// What a configured provider hands to its objects.
#[derive(Debug)]
pub enum Session {
    /// Ready to call.
    Ready(Box<Ready>),
    /// An argument of the provider block is not known yet.
    Waiting {
        /// Its name.
        argument: &'static str,
    },
}

/// A session that can call.
pub struct Ready {
    /// The client.
    pub client: Client,
    /// What this process did with call tasks.
    pub(super) call_tasks: Memory,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").finish_non_exhaustive()
    }
}

impl Session {
    /// The session, unless an argument is unknown.
    ///
    /// # Errors
    /// A diagnostic that names the argument.
    pub fn ready(&self) -> Result<&Ready, Diagnostics> {
        match self {
            Session::Ready(ready) => Ok(ready),
            Session::Waiting { argument } => {
                let mut out = Diagnostics::new();
                let detail = format!(
                    "`{argument}` of the provider block is not known yet, because it follows from something that is \
                     not applied yet. Apply that first, for example with `-target`."
                );
                out.error("Provider configuration not known yet", detail);
                Err(out)
            }
        }
    }
}

/// Makes a session of a provider block. No I/O but the environment.
pub(super) fn configure(config: &Value, terraform_version: &str) -> (Option<Session>, Diagnostics) {
    configure_within(config, terraform_version, &|name| std::env::var(name).ok())
}

fn configure_within(
    config: &Value,
    terraform_version: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> (Option<Session>, Diagnostics) {
    let unknown =
        SCHEMA.attributes.iter().find(|attribute| config.get(attribute.name).is_unknown());
    if let Some(attribute) = unknown {
        return (Some(Session::Waiting { argument: attribute.name }), Diagnostics::new());
    }
    let mut out = Diagnostics::new();
    let text = |argument: &Argument| given(config, argument, environment);
    let endpoint = endpoint(text(&ENDPOINT_ARGUMENT).as_deref().unwrap_or(ENDPOINT), &mut out);
    let credentials = credentials([text(&ACCESS_KEY), text(&SECRET_KEY), text(&SECURITY_TOKEN)]);
    let Some(endpoint) = endpoint else { return (None, out) };
    let mut settings = Config::new(endpoint, credentials);
    settings.connect_timeout = Duration::from_secs(10);
    settings.user_agent = user_agent(terraform_version);
    match Client::new(settings) {
        Ok(client) => {
            (Some(Session::Ready(Box::new(Ready { client, call_tasks: Memory::default() }))), out)
        }
        Err(error) => {
            out.error("Invalid provider configuration", super::failure::detail(&error));
            (None, out)
        }
    }
}

/// An argument, else the first of its variables that is set and not empty.
fn given(
    config: &Value,
    argument: &Argument,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let configured = config.get(argument.name).as_str().map(str::to_owned);
    let set = |text: &String| !text.is_empty();
    configured
        .filter(set)
        .or_else(|| argument.variables.iter().find_map(|name| environment(name).filter(set)))
}

fn credentials([access_key, secret_key, token]: [Option<String>; 3]) -> Source {
    Source::fixed(Credentials {
        access_key_id: access_key.unwrap_or_default(),
        access_key_secret: Secret::new(secret_key.unwrap_or_default()),
        security_token: token.map(Secret::new),
        expires: None,
    })
}

fn user_agent(terraform_version: &str) -> String {
    format!(
        "HashiCorp-Terraform/{terraform_version} terraform-provider-aiccs/{}",
        env!("CARGO_PKG_VERSION")
    )
}

fn endpoint(text: &str, out: &mut Diagnostics) -> Option<Endpoint> {
    match Endpoint::parse(text) {
        Ok(endpoint) => Some(endpoint),
        Err(error) => {
            let detail =
                format!("{}. Give a host such as `aiccs.aliyuncs.com`, or a URL.", error.message);
            out.error_at(Path::root("endpoint"), "Invalid endpoint", detail);
            None
        }
    }
}

fn check_endpoint(value: &Value, _: &Path, out: &mut Diagnostics) {
    if let Some(text) = value.as_str() {
        let _ = endpoint(text, out);
    }
}
