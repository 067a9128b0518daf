//! What Terraform's core does around a provider, restated in small: state, proposed plan, replacement, taint. Drives
//! the real binary over gRPC, a fresh process for each walk, so that hundreds of lives fit into a test.

use serde_json::Value as Json;
use terraform_plugin::schema::{Mode, Schema};
use terraform_plugin::value::Value;
use terraform_plugin::{json, msgpack};
use terraform_provider_aiccs::config;
use terraform_provider_aiccs::task::table::SCHEMA;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tokio::runtime::Runtime;
use tonic::transport::Channel;

use super::cloud::{Cloud, KEY, SECRET};
use super::host::Plugin;

const TYPE: &str = "aiccs_call_task";

/// An object as state holds it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub value: Value,
    pub private: bytes::Bytes,
    pub tainted: bool,
}

/// What a run told the user.
#[derive(Clone, Debug)]
pub struct Told {
    pub error: bool,
    pub summary: String,
    pub detail: String,
    /// The root attribute it points at.
    pub attribute: String,
}

/// A plan.
#[derive(Debug)]
pub struct Plan {
    pub value: Value,
    pub private: bytes::Bytes,
    pub replace: bool,
    pub told: Vec<Told>,
}

/// What a walk ended in.
#[derive(Debug, Default)]
pub struct Run {
    pub told: Vec<Told>,
    /// Something was applied.
    pub changed: bool,
    pub planned: Option<Value>,
}

impl Run {
    pub fn failed(&self) -> bool {
        self.told.iter().any(|told| told.error)
    }

    /// Everything told, for messages of tests.
    pub fn text(&self) -> String {
        let line = |told: &Told| {
            let severity = if told.error { "Error" } else { "Warning" };
            format!("{severity} [{}]: {}\n{}\n", told.attribute, told.summary, told.detail)
        };
        self.told.iter().map(line).collect()
    }

    #[track_caller]
    pub fn succeeds(self) -> Run {
        assert!(!self.failed(), "{}", self.text());
        self
    }

    #[track_caller]
    pub fn fails(self) -> Run {
        assert!(self.failed(), "it succeeded:\n{}", self.text());
        self
    }

    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Run {
        for part in parts {
            assert!(self.text().contains(part), "{part:?} is not in\n{}", self.text());
        }
        self
    }
}

/// Whose core this is like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Manner {
    /// Says by its capabilities which plan is the apply's own.
    #[default]
    Terraform,
    /// Never does, and gives a version that is none.
    OpenTofu,
}

thread_local! {
    /// The manner of every new core of this thread.
    static MANNER: std::cell::Cell<Manner> = const { std::cell::Cell::new(Manner::Terraform) };
}

/// Runs this with cores in the manner of OpenTofu.
pub fn as_opentofu(run: impl FnOnce()) {
    MANNER.set(Manner::OpenTofu);
    run();
    MANNER.set(Manner::Terraform);
}

pub struct Core {
    runtime: Runtime,
    provider: Json,
    pub state: Option<Stored>,
    pub manner: Manner,
    /// `lifecycle { destroy = false }`: a destroy, and that of a replacement, forgets without a call.
    pub forgets: bool,
    /// The process id of the provider at work, for those who want to kill it.
    pub pid: std::sync::Arc<std::sync::atomic::AtomicU32>,
}

/// A provider process that is configured.
struct Walk {
    plugin: Plugin,
    client: ProviderClient<Channel>,
    /// What the host says it can do with a plan.
    capabilities: pb::ClientCapabilities,
}

impl Core {
    pub fn new(cloud: &Cloud) -> Core {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let provider = serde_json::json!({
            "endpoint": cloud.endpoint(), "access_key": KEY, "secret_key": SECRET,
        });
        Core {
            runtime,
            provider,
            state: None,
            manner: MANNER.get(),
            forgets: false,
            pid: std::sync::Arc::default(),
        }
    }

    /// Another argument of the provider block.
    pub fn with(mut self, name: &str, value: Json) -> Core {
        self.provider[name] = value;
        self
    }

    /// Imports by id or name, as `terraform import`.
    pub fn import(&mut self, id: &str) -> Run {
        self.import_by(pb::import_resource_state::Request {
            type_name: TYPE.to_owned(),
            id: id.to_owned(),
            ..Default::default()
        })
    }

    pub fn import_by(&mut self, request: pb::import_resource_state::Request) -> Run {
        let provider = self.provider.clone();
        let (told, imported) = self.runtime.block_on(async {
            let mut walk = Walk::start(&provider).await;
            let answer = match walk.client.import_resource_state(request).await {
                Ok(answer) => answer.into_inner(),
                Err(status) => return (vec![lost(&status)], None),
            };
            let imported = answer.imported_resources.into_iter().next();
            let mut told = told(answer.diagnostics);
            let mut stored = imported.map(|imported| Stored {
                value: decode(imported.state, &SCHEMA),
                private: imported.private,
                tainted: false,
            });
            if stored.is_some() {
                told.extend(walk.read(&mut stored).await);
            }
            (told, stored)
        });
        if !told.iter().any(|told| told.error) {
            self.state = imported;
        }
        Run { told, changed: true, planned: None }
    }

    /// Refreshes and plans without applying.
    pub fn plan(&mut self, config: Option<&Json>) -> Run {
        self.walk(config, false)
    }

    /// Refreshes, plans and applies; `None` destroys.
    pub fn apply(&mut self, config: Option<&Json>) -> Run {
        self.walk(config, true)
    }

    /// Applies until a plan is empty; the number of applies that it took.
    #[track_caller]
    pub fn converge(&mut self, config: &Json) -> usize {
        let mut texts = Vec::new();
        for round in 0..6 {
            let run = self.plan(Some(config));
            if !run.failed() && run.planned.is_none() {
                return round;
            }
            let run = self.apply(Some(config));
            texts.push(run.text());
        }
        panic!("no empty plan after 6 applies:\n{}", texts.join("\n----\n"));
    }

    pub fn attribute(&self, name: &str) -> Value {
        self.state.as_ref().map_or(Value::Null, |stored| stored.value.get(name).clone())
    }

    pub fn id(&self) -> Option<String> {
        self.attribute("id").as_str().map(str::to_owned)
    }

    fn walk(&mut self, config: Option<&Json>, apply: bool) -> Run {
        let config = config.map(|config| {
            json::decode(config.to_string().as_bytes(), &SCHEMA).expect("a configuration")
        });
        let Core { runtime, provider, state, manner, forgets, pid } = self;
        let manner = (*manner, *forgets);
        runtime.block_on(walk(provider, state, config.as_ref(), apply, manner, pid))
    }
}

async fn walk(
    provider: &Json,
    state: &mut Option<Stored>,
    config: Option<&Value>,
    apply: bool,
    (manner, forgets): (Manner, bool),
    pid: &std::sync::atomic::AtomicU32,
) -> Run {
    let enter = |walk: &Walk| {
        pid.store(walk.plugin.process.id(), std::sync::atomic::Ordering::SeqCst);
    };
    let mut run = Run::default();
    let mut at_work = Walk::start_as(provider, manner, false).await;
    enter(&at_work);
    run.told.extend(at_work.read(state).await);
    if run.failed() {
        return run;
    }
    let Some(plan) = at_work.plan(state.as_ref(), config).await else { return run };
    run.told.extend(plan.told.clone());
    let prior = state.as_ref().map_or(Value::Null, |stored| stored.value.clone());
    let tainted = state.as_ref().is_some_and(|stored| stored.tainted);
    let differs = tainted && config.is_some() || plan.value != prior;
    if run.failed() || !differs {
        return run;
    }
    run.planned = Some(plan.value.clone());
    if !apply {
        return run;
    }
    drop(at_work);
    let mut at_work = Walk::start_as(provider, manner, true).await;
    enter(&at_work);
    run.changed = true;
    let replace = state.is_some() && config.is_some() && (plan.replace || tainted);
    if forgets && (config.is_none() || replace) {
        *state = None;
        if config.is_none() {
            return run;
        }
    } else if config.is_none() || replace {
        run.told.extend(at_work.apply(state, None, &Value::Null, plan.private.clone()).await);
        if run.failed() || config.is_none() {
            return run;
        }
    }
    // The final plan of the apply walk.
    let Some(last) = at_work.plan(state.as_ref(), config).await else { return run };
    run.told.extend(last.told.iter().filter(|told| told.error).cloned());
    if !run.failed() {
        let compatible = differences(&plan.value, &last.value);
        assert!(compatible.is_empty(), "inconsistent final plan: {compatible:?}");
        run.told.extend(at_work.apply(state, config, &last.value, last.private).await);
    }
    run
}

/// A provider process that is configured towards the cloud, and its client.
pub async fn configured(cloud: &Cloud) -> (Plugin, ProviderClient<Channel>) {
    configured_with(cloud, &serde_json::json!({})).await
}

/// The same with more arguments of the provider block.
pub async fn configured_with(cloud: &Cloud, more: &Json) -> (Plugin, ProviderClient<Channel>) {
    configured_by(Plugin::start_plain(), cloud, more).await
}

/// A provider process towards any address, with these arguments of the provider block.
pub async fn configured_at(provider: &Json) -> (Plugin, ProviderClient<Channel>) {
    let Walk { plugin, client, .. } = Walk::start(provider).await;
    (plugin, client)
}

/// The most memory that a process ever held, in bytes.
pub fn peak(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// The same in a process that runs already.
pub async fn configured_by(
    plugin: Plugin,
    cloud: &Cloud,
    more: &Json,
) -> (Plugin, ProviderClient<Channel>) {
    let mut provider = more.clone();
    provider["endpoint"] = cloud.endpoint().into();
    provider["access_key"] = KEY.into();
    provider["secret_key"] = SECRET.into();
    let Walk { plugin, client, .. } = Walk::on(plugin, &provider).await;
    (plugin, client)
}

/// Attributes that were known in `planned` and are another value in `now`.
fn differences(planned: &Value, now: &Value) -> Vec<&'static str> {
    let names = SCHEMA.attributes.iter().map(|attribute| attribute.name);
    names
        .filter(|name| !planned.get(name).is_unknown() && planned.get(name) != now.get(name))
        .collect()
}

impl Walk {
    async fn start(provider: &Json) -> Walk {
        Walk::on(Plugin::start_plain(), provider).await
    }

    /// Of a plan or of an apply.
    async fn start_as(provider: &Json, manner: Manner, applies: bool) -> Walk {
        let version = if manner == Manner::OpenTofu { "1.13.0" } else { "1.11.4" };
        let mut walk = Walk::of_version(Plugin::start_plain(), provider, version).await;
        walk.capabilities.deferral_allowed = manner == Manner::Terraform && applies;
        walk
    }

    async fn on(plugin: Plugin, provider: &Json) -> Walk {
        Walk::of_version(plugin, provider, "1.11.4").await
    }

    async fn of_version(plugin: Plugin, provider: &Json, version: &str) -> Walk {
        let mut client = plugin.connect().await;
        let config = json::decode(provider.to_string().as_bytes(), &config::SCHEMA).unwrap();
        let answer = client
            .configure_provider(pb::configure_provider::Request {
                terraform_version: version.to_owned(),
                config: encode(&config, &config::SCHEMA),
                ..Default::default()
            })
            .await
            .expect("the provider is configured")
            .into_inner();
        assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
        let capabilities =
            pb::ClientCapabilities { write_only_attributes_allowed: true, ..Default::default() };
        Walk { plugin, client, capabilities }
    }

    async fn read(&mut self, state: &mut Option<Stored>) -> Vec<Told> {
        let Some(stored) = state else { return Vec::new() };
        let request = pb::read_resource::Request {
            type_name: TYPE.to_owned(),
            current_state: encode(&stored.value, &SCHEMA),
            private: stored.private.clone(),
            ..Default::default()
        };
        let answer = match self.client.read_resource(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => return vec![lost(&status)],
        };
        let told = told(answer.diagnostics);
        if !told.iter().any(|told| told.error) {
            let value = decode(answer.new_state, &SCHEMA);
            assert!(value.is_wholly_known(), "unknown after a read: {value}");
            stored.value = value;
            stored.private = answer.private;
            if stored.value.is_null() {
                *state = None;
            }
        }
        told
    }

    /// `None` when there is nothing to plan.
    async fn plan(&mut self, state: Option<&Stored>, config: Option<&Value>) -> Option<Plan> {
        let Some(config) = config else {
            let stored = state?;
            return Some(
                self.plan_once(&stored.value, &Value::Null, &Value::Null, stored.private.clone())
                    .await,
            );
        };
        let fresh = proposed(config, &Value::Null);
        match state {
            Some(stored) if !stored.tainted => {
                let proposed = proposed(config, &stored.value);
                let plan =
                    self.plan_once(&stored.value, &proposed, config, stored.private.clone()).await;
                if !plan.replace || plan.told.iter().any(|told| told.error) {
                    return Some(plan);
                }
                let mut second =
                    self.plan_once(&Value::Null, &fresh, config, plan.private.clone()).await;
                second.told.retain(|told| told.error);
                second.told.extend(plan.told);
                second.replace = true;
                Some(second)
            }
            Some(_) | None => {
                Some(self.plan_once(&Value::Null, &fresh, config, bytes::Bytes::new()).await)
            }
        }
    }

    async fn plan_once(
        &mut self,
        prior: &Value,
        proposed: &Value,
        config: &Value,
        private: bytes::Bytes,
    ) -> Plan {
        let request = pb::plan_resource_change::Request {
            type_name: TYPE.to_owned(),
            prior_state: encode(prior, &SCHEMA),
            proposed_new_state: encode(proposed, &SCHEMA),
            config: encode(config, &SCHEMA),
            prior_private: private,
            client_capabilities: Some(self.capabilities),
            ..Default::default()
        };
        let answer = match self.client.plan_resource_change(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => {
                let told = vec![lost(&status)];
                return Plan {
                    value: Value::Null,
                    private: bytes::Bytes::new(),
                    replace: false,
                    told,
                };
            }
        };
        let value = decode(answer.planned_state, &SCHEMA);
        let replaces = |path: &pb::AttributePath| {
            let name = root(path);
            prior.get(&name) != value.get(&name)
        };
        let replace = !prior.is_null() && answer.requires_replace.iter().any(replaces);
        Plan { value, private: answer.planned_private, replace, told: told(answer.diagnostics) }
    }

    async fn apply(
        &mut self,
        state: &mut Option<Stored>,
        config: Option<&Value>,
        planned: &Value,
        private: bytes::Bytes,
    ) -> Vec<Told> {
        let null = Value::Null;
        let prior = state.as_ref().map_or(&null, |stored| &stored.value);
        let creates = prior.is_null();
        let request = pb::apply_resource_change::Request {
            type_name: TYPE.to_owned(),
            prior_state: encode(prior, &SCHEMA),
            planned_state: encode(planned, &SCHEMA),
            config: encode(config.unwrap_or(&null), &SCHEMA),
            planned_private: private,
            ..Default::default()
        };
        let answer = match self.client.apply_resource_change(request).await {
            Ok(answer) => answer.into_inner(),
            // The process is gone: what was in state stays.
            Err(status) => return vec![lost(&status)],
        };
        let told = told(answer.diagnostics);
        let failed = told.iter().any(|told| told.error);
        let value = decode(answer.new_state, &SCHEMA);
        assert!(value.is_wholly_known(), "unknown after an apply: {value}");
        if !failed && !planned.is_null() {
            let broken = differences(planned, &value);
            assert!(
                broken.is_empty(),
                "inconsistent result after apply: {broken:?}\n{planned}\n{value}"
            );
        }
        assert!(failed || value.is_null() == planned.is_null(), "a null where none belongs");
        if !value.is_null() {
            *state = Some(Stored { value, private: answer.private, tainted: creates && failed });
        } else if !failed {
            *state = None;
        }
        told
    }
}

/// What core proposes: the configuration, and prior values where only the provider gives them.
fn proposed(config: &Value, prior: &Value) -> Value {
    let mut out = SCHEMA.empty();
    for attribute in SCHEMA.attributes {
        let name = attribute.name;
        let nested = matches!(attribute.ty, terraform_plugin::schema::Type::Objects(_, _));
        let value = if attribute.mode.is_computed() && config.get(name).is_null() {
            let optional = attribute.mode == Mode::OptionalComputed;
            if nested && optional { Value::Null } else { prior.get(name).clone() }
        } else {
            config.get(name).clone()
        };
        out.put(name, value);
    }
    for block in SCHEMA.blocks {
        out.put(block.name, config.get(block.name).clone());
    }
    out
}

pub fn encode(value: &Value, schema: &Schema) -> Option<pb::DynamicValue> {
    let msgpack = msgpack::encode(value, schema).into();
    Some(pb::DynamicValue { msgpack, json: bytes::Bytes::new() })
}

pub fn decode(value: Option<pb::DynamicValue>, schema: &Schema) -> Value {
    match value {
        Some(value) if !value.msgpack.is_empty() => {
            msgpack::decode(&value.msgpack, schema).expect("a value of the schema")
        }
        Some(_) | None => Value::Null,
    }
}

pub fn told(diagnostics: Vec<pb::Diagnostic>) -> Vec<Told> {
    let one = |diagnostic: pb::Diagnostic| Told {
        error: diagnostic.severity() == pb::diagnostic::Severity::Error,
        attribute: diagnostic.attribute.as_ref().map(root).unwrap_or_default(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
    };
    diagnostics.into_iter().map(one).collect()
}

fn root(path: &pb::AttributePath) -> String {
    use pb::attribute_path::step::Selector;
    match path.steps.first().and_then(|step| step.selector.clone()) {
        Some(Selector::AttributeName(name)) => name,
        Some(Selector::ElementKeyString(_) | Selector::ElementKeyInt(_)) | None => String::new(),
    }
}

/// A process that died in the middle of a call.
fn lost(status: &tonic::Status) -> Told {
    Told {
        error: true,
        summary: "Plugin did not respond".to_owned(),
        detail: status.to_string(),
        attribute: String::new(),
    }
}
