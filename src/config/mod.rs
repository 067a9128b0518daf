//! The provider block becomes a session: a client, and what it remembers. The only folder of the bridge that reads
//! the environment. Touches no network and no file, but
//! for `ca_bundle` and, where the block names a source of credentials, the profile that an environment variable names.

pub(crate) mod about;
mod schema;

use std::path::PathBuf;
use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::{Accounts, Client, Config, Endpoint, Proxies, SignatureMethod, Wait};
use aliyun::credentials::{AssumeRole, AssumeRoleWithOidc, Secret, Settings, Source, Unused};
use aliyun::dyvms::PRODUCT;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::hosts;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use crate::failure;
use crate::task::Task;
use crate::task::announce::Announcements;
use crate::task::foresight::Foresight;
use crate::task::imports::Imports;
use crate::task::late::{LateWrites, Sightings};
use crate::task::limits::Limits;
use crate::task::registry::Registry;
use crate::task::sweep::Sweep;

pub use self::schema::SCHEMA;

/// Where AICCS is, for every region.
const ENDPOINT: &str = "https://aiccs.aliyuncs.com";

/// Where the Voice Messaging Service is.
const DYVMS_ENDPOINT: &str = "https://dyvmsapi.aliyuncs.com";

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

/// What surrounds one call of an object of this provider: its session, the user's interrupt, private data.
pub(crate) type Context = terraform_plugin::driver::Context<Session>;

/// A session that can call.
pub struct Ready {
    /// The client.
    pub client: Client,
    /// What this process did with call tasks.
    pub(super) call_tasks: Registry,
    /// What this process has imported.
    pub(super) imports: Imports,
    /// Writes to call tasks whose answers were lost.
    pub(super) late: LateWrites,
    /// What call tasks were last seen to do.
    pub(super) seen: Sightings,
    /// What pages of the list of tasks have shown.
    pub(super) sweep: Sweep,
    /// What plans have asked.
    pub(super) foresight: Foresight,
    /// What plans have announced.
    pub(super) announcements: Announcements,
}

impl Ready {
    /// A task, to ask and to change.
    pub(super) fn task<'a>(&'a self, id: &'a TaskId, wait: &'a Wait) -> Task<'a> {
        Task {
            client: &self.client,
            id,
            wait,
            late: &self.late,
            seen: &self.seen,
            sweep: &self.sweep,
            limits: &self.announcements.limits,
        }
    }
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").finish_non_exhaustive()
    }
}

impl Session {
    /// The time, by the service's clock where it has answered.
    pub(super) fn now(&self) -> jiff::Timestamp {
        match self {
            Session::Ready(ready) => ready.client.server_time(),
            Session::Waiting { .. } => jiff::Timestamp::now(),
        }
    }

    /// The session, unless an argument is unknown.
    ///
    /// # Errors
    /// A diagnostic that names the argument.
    pub(crate) fn ready(&self) -> Result<&Ready, Diagnostics> {
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

/// Checks of the provider block that need more than one argument. Unknown values pass.
pub(super) fn check(config: &Value) -> Diagnostics {
    let mut out = Diagnostics::new();
    let given = |name: &str| config.get(name).elements().is_some_and(|ids| !ids.is_empty());
    if given("allowed_account_ids") && given("forbidden_account_ids") {
        let detail = "`allowed_account_ids` already excludes every other account. Leave `forbidden_account_ids` out.";
        out.error_at(Path::root("forbidden_account_ids"), "Conflicting arguments", detail);
    }
    out
}

/// Makes a session of a provider block.
pub(super) fn configure(config: &Value, terraform_version: &str) -> (Option<Session>, Diagnostics) {
    let environment = |name: &str| std::env::var(name).ok();
    configure_within(&Block { config, environment: &environment }, terraform_version)
}

fn configure_within(block: &Block<'_>, terraform_version: &str) -> (Option<Session>, Diagnostics) {
    if let Some(argument) = block.unknown() {
        return (Some(Session::Waiting { argument }), Diagnostics::new());
    }
    let mut out = Diagnostics::new();
    let Some(config) = settings(block, terraform_version, &mut out) else { return (None, out) };
    match Client::new(config) {
        Ok(client) => {
            unused(&client, &mut out);
            let ready = Ready {
                client,
                call_tasks: Registry::default(),
                imports: Imports::default(),
                late: LateWrites::default(),
                seen: Sightings::default(),
                sweep: Sweep::default(),
                foresight: Foresight::default(),
                announcements: Announcements::within(limits(block)),
            };
            (Some(Session::Ready(Box::new(ready))), out)
        }
        Err(error) => {
            out.error("Invalid provider configuration", failure::detail(&error));
            (None, out)
        }
    }
}

/// The block, and the environment that stands in for what it leaves out.
struct Block<'a> {
    config: &'a Value,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Block<'_> {
    /// The first argument or block that is not wholly known.
    fn unknown(&self) -> Option<&'static str> {
        let attributes = SCHEMA.attributes.iter().map(|attribute| attribute.name);
        let mut names = attributes.chain(SCHEMA.blocks.iter().map(|block| block.name));
        names.find(|name| !self.config.get(name).is_wholly_known())
    }

    fn text(&self, name: &str) -> Option<String> {
        text_in(self.config, name)
    }

    /// An argument, else the first of the variables that is set and not empty; and the name of the one that counts.
    fn text_or(&self, name: &str, variables: &[&str]) -> Option<(String, String)> {
        let set = |text: &String| !text.is_empty();
        let variable =
            |name: &&str| Some(((self.environment)(name).filter(set)?, (*name).to_owned()));
        let argument = self.text(name).map(|text| (text, name.to_owned()));
        argument.or_else(|| variables.iter().find_map(variable))
    }

    /// A number, else that of a variable; what is no number there is an error.
    fn number(
        &self,
        name: &'static str,
        variable: Option<&str>,
        out: &mut Diagnostics,
    ) -> Option<u64> {
        if let Some(number) = self.config.get(name).as_int() {
            return u64::try_from(number).ok();
        }
        let variable = variable?;
        let text = (self.environment)(variable).filter(|text| !text.is_empty())?;
        let number = text.trim().parse().ok();
        if number.is_none() {
            let detail = format!(
                "The environment variable {variable}, which stands in for `{name}`, is {text:?}: not a whole number."
            );
            out.error("Invalid environment variable", detail);
        }
        number
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let elements = self.config.get(name).elements().unwrap_or_default();
        elements.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The only block of that name.
    fn block(&self, name: &str) -> Option<&Value> {
        self.config.get(name).elements()?.first()
    }
}

fn text_in(object: &Value, name: &str) -> Option<String> {
    object.get(name).as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// `None` after an error.
fn settings(block: &Block<'_>, terraform_version: &str, out: &mut Diagnostics) -> Option<Config> {
    let aiccs = ["ALIBABA_CLOUD_ENDPOINT_AICCS", "AICCS_ENDPOINT"];
    let own = endpoint(block, "endpoint", aiccs, ENDPOINT, out)?;
    let dyvms = ["ALIBABA_CLOUD_ENDPOINT_DYVMSAPI", "DYVMS_ENDPOINT"];
    let dyvms = endpoint(block, "dyvms_endpoint", dyvms, DYVMS_ENDPOINT, out)?;
    let mut config = Config::new(own, Source::chain(credentials(block, out)));
    config.products.push((PRODUCT, dyvms));
    if block.text("signature_method").as_deref() == Some("ACS3-HMAC-SHA256") {
        config.signature = SignatureMethod::Acs3HmacSha256;
    }
    let millis = |name, variable, out: &mut Diagnostics| {
        let limit = block.number(name, Some(variable), out);
        limit.filter(|millis| *millis > 0).map(Duration::from_millis)
    };
    if let Some(limit) = millis("client_connect_timeout", "CLIENT_CONNECT_TIMEOUT", out) {
        config.connect_timeout = limit;
    }
    if let Some(limit) = millis("client_read_timeout", "CLIENT_READ_TIMEOUT", out) {
        config.read_timeout = limit;
    }
    if let Some(retries) = block.number("max_retries", None, out) {
        config.max_retries = u32::try_from(retries).unwrap_or(u32::MAX);
    }
    let limit = block.number("max_retry_timeout", Some("MAX_RETRY_TIMEOUT"), out);
    config.max_retry_timeout = limit.filter(|seconds| *seconds > 0).map(Duration::from_secs);
    config.requests_per_second = schema::rate(block.config.get("requests_per_second"));
    config.ca_bundle = ca_bundle(block, out);
    config.accounts = Accounts {
        allowed: block.texts("allowed_account_ids"),
        forbidden: block.texts("forbidden_account_ids"),
    };
    match Proxies::read(block.environment) {
        Ok(proxies) => config.proxies = proxies,
        Err(error) => out.error("Unreadable proxy", failure::detail(&error)),
    }
    config.user_agent = user_agent(block, terraform_version);
    config.may_write = terraform_plugin::plugin::is_host_there;
    (!out.has_errors()).then_some(config)
}

/// The endpoint of a product: by its argument, else by a variable, else the usual one.
fn endpoint(
    block: &Block<'_>,
    argument: &'static str,
    variables: [&'static str; 2],
    usual: &str,
    out: &mut Diagnostics,
) -> Option<Endpoint> {
    match block.text_or(argument, &variables) {
        Some((text, by)) => Some(schema::endpoint(argument, &by, &text, out)?.set_by(&by)),
        None => schema::endpoint(argument, argument, usual, out),
    }
}

fn credentials(block: &Block<'_>, out: &mut Diagnostics) -> Settings {
    let seconds = |role: &Value| {
        role.get("session_expiration").as_int().and_then(|seconds| u32::try_from(seconds).ok())
    };
    let sts = block.text_or("sts_endpoint", &["ALIBABA_CLOUD_ENDPOINT_STS", "STS_ENDPOINT"]);
    Settings {
        access_key: block.text("access_key"),
        secret_key: block.text("secret_key").map(Secret::new),
        security_token: block.text("security_token").map(Secret::new),
        profile: block.text("profile"),
        shared_credentials_file: block.text("shared_credentials_file"),
        ecs_role_name: block.text("ecs_role_name"),
        credentials_uri: block.text("credentials_uri"),
        assume_role: block.block("assume_role").map(|role| AssumeRole {
            role_arn: text_in(role, "role_arn"),
            session_name: text_in(role, "session_name"),
            policy: text_in(role, "policy"),
            session_expiration: seconds(role),
            external_id: text_in(role, "external_id"),
        }),
        assume_role_with_oidc: block.block("assume_role_with_oidc").map(|role| {
            AssumeRoleWithOidc {
                oidc_provider_arn: text_in(role, "oidc_provider_arn"),
                oidc_token_file: text_in(role, "oidc_token_file"),
                oidc_token: text_in(role, "oidc_token").map(Secret::new),
                role_arn: text_in(role, "role_arn"),
                role_session_name: text_in(role, "role_session_name"),
                policy: text_in(role, "policy"),
                session_expiration: seconds(role),
            }
        }),
        region: block.text("region"),
        sts_endpoint: sts.and_then(|(text, by)| {
            Some(schema::endpoint("sts_endpoint", &by, &text, out)?.set_by(&by))
        }),
    }
}

/// What an apply may do to people at most.
fn limits(block: &Block<'_>) -> Limits {
    let most = block.config.get("max_callees_per_apply").as_int();
    let deny = block.config.get("deny_starts").as_bool() == Some(true);
    Limits::new(deny, most.and_then(|most| u64::try_from(most).ok()))
}

/// Warns of sources of credentials that the block names in vain: two aliases would act in one account.
fn unused(client: &Client, out: &mut Diagnostics) {
    for Unused { argument, value, used, .. } in client.unused_credentials() {
        let what = format!("{argument} {value}");
        let what = what.trim();
        let detail = format!(
            "{used} is set and goes before `{argument}`: the order is that of the provider aliyun/alicloud. To use \
             {what}, unset {used}; else remove `{argument}`."
        );
        let summary = format!("{what} is not used: {used} is set");
        out.warning_at(Path::root(argument), summary, detail);
    }
}

/// A path, with `~` as the home directory.
fn home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// A file, or PEM itself.
fn ca_bundle(block: &Block<'_>, out: &mut Diagnostics) -> Option<Vec<u8>> {
    let text = block.text("ca_bundle")?;
    if text.contains("-----BEGIN") {
        return Some(text.into_bytes());
    }
    let path = home(&text);
    match std::fs::read(&path) {
        Ok(pem) => Some(pem),
        Err(error) => {
            let detail = format!("The file {:?} cannot be read: {error}.", path.display());
            out.error_at(Path::root("ca_bundle"), "Unreadable certificate bundle", detail);
            None
        }
    }
}

fn user_agent(block: &Block<'_>, terraform_version: &str) -> String {
    let mut text = format!(
        "{} terraform-provider-aiccs/{}",
        hosts::product(terraform_version),
        env!("CARGO_PKG_VERSION")
    );
    if let Some(source) = block.text("configuration_source") {
        text.push_str(&format!(" Terraform-Module/{source}"));
    }
    if let Some(more) = (block.environment)("TF_APPEND_USER_AGENT") {
        text.push_str(&format!(" {}", more.trim()));
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Block, SCHEMA, check, configure_within, settings, user_agent};
    use terraform_plugin::diagnostic::Diagnostics;
    use terraform_plugin::json;
    use terraform_plugin::validate::validate;
    use terraform_plugin::value::Value;

    fn block(text: &str) -> Value {
        json::decode(text.as_bytes(), &SCHEMA).unwrap()
    }

    /// What the block says with `variables` (`NAME=value`, blanks between) in the environment.
    fn told(text: &str, variables: &str) -> String {
        let config = block(text);
        let mut out = validate(&config, &SCHEMA, false);
        out.extend(check(&config));
        if !out.has_errors() {
            let environment = |name: &str| {
                let mut pairs =
                    variables.split_whitespace().filter_map(|pair| pair.split_once('='));
                pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
            };
            let block = Block { config: &config, environment: &environment };
            out.extend(configure_within(&block, "1.11.4").1);
        }
        let lines = out.into_iter().map(|d| {
            let path = d.path.map(|path| path.to_string()).unwrap_or_default();
            format!("{path}: {}", d.summary)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_cannot_work_is_refused_at_its_argument() {
        let table = [
            (r#"{}"#, "", ""),
            (r#"{"endpoint": "http://aiccs.example.com"}"#, "", "endpoint: Invalid endpoint"),
            (r#"{"sts_endpoint": "http://sts.example.com"}"#, "", "sts_endpoint: Invalid endpoint"),
            (r#"{"dyvms_endpoint": "http://a.example"}"#, "", "dyvms_endpoint: Invalid endpoint"),
            (r#"{}"#, "DYVMS_ENDPOINT=http://a.example", "dyvms_endpoint: Invalid endpoint"),
            (r#"{}"#, "AICCS_ENDPOINT=ftp://x", "endpoint: Invalid endpoint"),
            (r#"{}"#, "CLIENT_READ_TIMEOUT=soon", ": Invalid environment variable"),
            (r#"{}"#, "HTTPS_PROXY=ftp://x", ": Unreadable proxy"),
            (r#"{}"#, "http_proxy=http://", ": Unreadable proxy"),
            (r#"{"client_read_timeout": 5}"#, "CLIENT_READ_TIMEOUT=soon", ""),
            (r#"{"requests_per_second": 0}"#, "", "requests_per_second: Invalid value"),
            (r#"{"requests_per_second": 0.5}"#, "", ""),
            (r#"{"allowed_account_ids": ["12a"]}"#, "", "allowed_account_ids: Invalid account id"),
            (
                r#"{"allowed_account_ids": ["1"], "forbidden_account_ids": ["2"]}"#,
                "",
                "forbidden_account_ids: Conflicting arguments",
            ),
            (
                r#"{"ca_bundle": "/nowhere/roots.pem"}"#,
                "",
                "ca_bundle: Unreadable certificate bundle",
            ),
            (r#"{"assume_role": [{"policy": "{"}]}"#, "", "assume_role[0].policy: Invalid policy"),
        ];
        for (text, variables, expected) in table {
            assert_eq!(told(text, variables), expected, "{text} {variables}");
        }
    }

    #[test]
    fn the_first_unknown_argument_is_waited_for() {
        let mut config = block("{}");
        config.put("secret_key", Value::Unknown);
        let block = Block { config: &config, environment: &|_| None };
        assert_eq!(block.unknown(), Some("secret_key"));
        let (session, told) = configure_within(&block, "1");
        let refusal = session.unwrap().ready().err().unwrap();
        assert!(refusal.iter().any(|d| d.detail.contains("`secret_key`")));
        assert!(!told.has_errors());
    }

    #[test]
    fn numbers_and_the_signature_reach_the_client() {
        let config = block(
            r#"{"max_retries": 0, "client_read_timeout": 250, "signature_method": "ACS3-HMAC-SHA256",
                "max_retry_timeout": 0}"#,
        );
        let environment = |name: &str| (name == "CLIENT_CONNECT_TIMEOUT").then(|| "70".to_owned());
        let block = Block { config: &config, environment: &environment };
        let config = settings(&block, "1", &mut Diagnostics::new()).unwrap();
        let shown = format!(
            "{} {:?} {:?} {:?} {:?}",
            config.max_retries,
            config.read_timeout,
            config.connect_timeout,
            config.max_retry_timeout,
            config.signature
        );
        assert_eq!(shown, "0 250ms 70ms None Acs3HmacSha256");
    }

    #[test]
    fn the_user_agent_tells_who_calls() {
        let config = block(r#"{"configuration_source": "acme/campaign"}"#);
        let environment = |name: &str| (name == "TF_APPEND_USER_AGENT").then(|| "ci/7".to_owned());
        let block = Block { config: &config, environment: &environment };
        let expected = concat!(
            "HashiCorp-Terraform/1.11.4 terraform-provider-aiccs/",
            env!("CARGO_PKG_VERSION"),
            " Terraform-Module/acme/campaign ci/7"
        );
        assert_eq!(user_agent(&block, "1.11.4"), expected);
    }
}
