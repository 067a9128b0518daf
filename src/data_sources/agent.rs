//! The data source `aiccs_agent`: one agent, and the call variables that it needs.

use aliyun::aiccs::exact;
use aliyun::client::{Parameters, Wait};
use serde_json::Value as Json;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::{BoxFuture, DataSource, Response, respond};
use terraform_plugin::path::Path;
use terraform_plugin::schema::Mode::{Computed, OptionalComputed};
use terraform_plugin::schema::{Attribute, Nesting, Schema, Type};
use terraform_plugin::value::Value;

use super::READ;
use crate::about::{About, Named};
use crate::config::{Context, Ready, Session};
use crate::failure;
use crate::field::{Field, attributes, decode_json, field, object, objects};

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Agents and Numbers",
    operations: &["PageQueryAgentListNew", "QueryAiVoiceAgentDetailNew"],
    rows: &[("", &FIELDS), ("variables", &VARIABLE), ("variables.allowed_values", &ALLOWED)],
    names: &[
        Named::sent("agent_id", "AgentId"),
        Named::sent("agent_name", "AgentName"),
        Named::sent("branch_id", "BranchId"),
        Named::sent("version_id", "VersionId"),
    ],
    ..About::NONE
};

/// A value that a variable of type `ENUM` may have.
pub(crate) const ALLOWED: [Field; 2] = [
    field("value", Type::String, Computed, "The value.").read_as("Value"),
    field("description", Type::String, Computed, "What it means.").read_as("Description"),
];

const ALLOWED_ATTRIBUTES: [Attribute; ALLOWED.len()] = attributes(&ALLOWED);

/// A call variable.
pub(crate) const VARIABLE: [Field; 6] = [
    field("name", Type::String, Computed, "Its name, as `variables` of a callee uses it.")
        .read_as("PhoneTagKey"),
    field("label", Type::String, Computed, "What people call it.").read_as("PhoneTagName"),
    field("required", Type::Bool, Computed, "Whether each callee needs it.")
        .read_as("PhoneTagRequired"),
    field("type", Type::String, Computed, "`TEXT` or `ENUM`.").read_as("PhoneTagType"),
    field("source", Type::String, Computed, "Where its value comes from.")
        .read_as("PhoneTagSource"),
    field(
        "allowed_values",
        Type::Objects(Nesting::List, &ALLOWED_ATTRIBUTES),
        Computed,
        "The values that a variable of type `ENUM` may have.",
    )
    .read_with("PhoneTagEnum", decode_allowed),
];

const VARIABLE_ATTRIBUTES: [Attribute; VARIABLE.len()] = attributes(&VARIABLE);

/// The rows.
pub const FIELDS: [Field; 19] = [
    field("agent_id", Type::String, OptionalComputed, "Id of the agent, exact.").read_as("AgentId"),
    field("agent_name", Type::String, OptionalComputed, "Its exact name.").read_as("AgentName"),
    field("branch_id", Type::String, OptionalComputed, "Branch; the active one unless set.")
        .read_as("BranchId"),
    field(
        "version_id",
        Type::String,
        OptionalComputed,
        "Version within `branch_id`; the latest published one unless set.",
    )
    .read_as("VersionId"),
    field("description", Type::String, Computed, "Its description.").read_as("AgentDesc"),
    field("agent_mode", Type::Int, Computed, "How it talks: 0 by a prompt, 1 by a dialogue flow.")
        .read_as("AgentMode"),
    field("scene", Type::String, Computed, "What it is made for.").read_as("Scene"),
    field("service_direction", Type::String, Computed, "Whether it takes calls or makes them.")
        .read_as("ServiceDirection"),
    field("branch_name", Type::String, Computed, "Name of the branch.").read_as("BranchName"),
    field("branch_description", Type::String, Computed, "Description of the branch.")
        .read_as("BranchDesc"),
    field("branch_deploy_status", Type::Int, Computed, "1: the branch is deployed, 0: it is not.")
        .read_as("BranchDeployStatus"),
    field("version_name", Type::String, Computed, "Name of the version.").read_as("VersionName"),
    field("version_description", Type::String, Computed, "Description of the version.")
        .read_as("VersionDesc"),
    field(
        "version_publish_status",
        Type::Int,
        Computed,
        "0: the version is not published, 1: it is, 2: it is a draft.",
    )
    .read_as("VersionPublishStatus"),
    field(
        "version_publish_time",
        Type::String,
        Computed,
        "When it was published, as the service writes it.",
    )
    .read_as("VersionPublishTime"),
    field("knowledge_config", Type::String, Computed, "What it knows, JSON.")
        .read_with("KnowledgeConfig", decode_json),
    field("summary_config", Type::String, Computed, "What it notes of a call, JSON.")
        .read_with("SummaryConfig", decode_json),
    field("call_config", Type::String, Computed, "How it speaks and listens, JSON.")
        .read_with("AgentCallConfig", decode_json),
    field(
        "variables",
        Type::Objects(Nesting::List, &VARIABLE_ATTRIBUTES),
        Computed,
        "The call variables that it needs, in the order of the service.",
    )
    .read_with("PhoneTagConfig", decode_variables),
];

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

static SCHEMA: Schema = Schema::of(
    "One AI agent, by exactly one of `agent_id` and exact `agent_name`: what it is, its branch and version, and which call \
          variables its callees need.",
    &ATTRIBUTES,
);

/// The data source.
#[derive(Debug)]
pub(crate) struct Agent;

impl DataSource<Session> for Agent {
    fn name(&self) -> &'static str {
        "aiccs_agent"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, config: &Value) -> Diagnostics {
        let mut out = super::by_id_or_name(config, "agent", "agent_id", "agent_name");
        if config.get("version_id").is_known() && config.get("branch_id").is_null() {
            let detail = "`version_id` counts within a branch: give `branch_id`, too.";
            out.error_at(Path::root("version_id"), "Version without a branch", detail);
        }
        out
    }

    fn read<'a>(&'a self, call: &'a Context, config: &'a Value) -> BoxFuture<'a, Response> {
        respond(async move {
            let ready = call.client.ready()?;
            let mut told = Response::default();
            let wait = Wait::new(call.stop.clone(), READ);
            if let Some(agent) = find(ready, config, &wait, &mut told.diagnostics).await {
                match object(&FIELDS, &agent) {
                    Ok(mut value) => {
                        // So that a `for` over them works.
                        if value.get("variables").is_null() {
                            value.put("variables", Value::List(Vec::new()));
                        }
                        told.value = value;
                    }
                    Err(detail) => {
                        told.diagnostics.error("Unexpected answer of the service", detail)
                    }
                }
            }
            Ok(told)
        })
    }
}

/// The agent as the service shows it; none after an error.
async fn find(ready: &Ready, config: &Value, wait: &Wait, out: &mut Diagnostics) -> Option<Json> {
    let failed = |error, out: &mut Diagnostics| {
        out.push(failure::diagnostic("Could not read the agent", &error, &[]));
    };
    let id = match config.get("agent_id").as_str() {
        Some(id) => id.to_owned(),
        None => {
            let name = config.get("agent_name").as_str().unwrap_or_default();
            let filters = Parameters::new().with("AgentName", name);
            match ready.client.page_query_agent_list_new(&filters, wait).await {
                Ok(agents) => by_name(name, &agents, out)?,
                Err(error) => {
                    failed(error, out);
                    return None;
                }
            }
        }
    };
    let mut parameters = Parameters::new().with("AgentId", &*id);
    for (attribute, parameter) in [("branch_id", "BranchId"), ("version_id", "VersionId")] {
        if let Some(text) = config.get(attribute).as_str() {
            parameters.set(parameter, text);
        }
    }
    match ready.client.agent_detail(parameters, wait).await {
        Ok(agent) if agent.is_object() => Some(agent),
        Ok(_) => {
            let detail = format!("No agent of this account has the agent_id \"{id}\".");
            out.error_at(Path::root("agent_id"), "Agent not found", detail);
            None
        }
        Err(error) => {
            failed(error, out);
            None
        }
    }
}

/// The only agent of exactly this name.
fn by_name(name: &str, agents: &[Json], out: &mut Diagnostics) -> Option<String> {
    let has = |agent: &&Json| agent.get("AgentName").and_then(Json::as_str) == Some(name);
    let ids: Vec<String> =
        agents.iter().filter(has).filter_map(|agent| exact(agent.get("AgentId")?)).collect();
    let path = Path::root("agent_name");
    match ids.as_slice() {
        [id] => Some(id.clone()),
        [] => {
            let detail = format!(
                "No agent of this account has the name {name:?}. Names are compared to the letter, blanks and case included; the \
                 data source `aiccs_agents` lists the agents."
            );
            out.error_at(path, "Agent not found", detail);
            None
        }
        ids => {
            let detail = format!(
                "{} agents have the name {name:?}: {}. Name the one you mean by `agent_id`.",
                ids.len(),
                ids.join(", ")
            );
            out.error_at(path, "Several agents of one name", detail);
            None
        }
    }
}

fn decode_variables(json: &Json) -> Result<Value, String> {
    objects(&VARIABLE, json, "a list of variables")
}

fn decode_allowed(json: &Json) -> Result<Value, String> {
    objects(&ALLOWED, json, "a list of values")
}
