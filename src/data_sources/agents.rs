//! The data source `aiccs_agents`: the agents of the account.

use aliyun::client::Wait;
use terraform_plugin::schema::Mode::{Computed, Optional};
use terraform_plugin::schema::{Attribute, Check, Nesting, Schema, Type};
use terraform_plugin::value::Value;

use super::{Asked, Listing, Near, Shape, Take, check_regex, filters, no_check, no_more};
use crate::about::{About, Named};
use crate::config::Ready;
use crate::field::{Field, attributes, field};

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Agents and Numbers",
    operations: &["PageQueryAgentListNew"],
    rows: &[("", &FIELDS), ("agents", &AGENT)],
    names: &[
        Named::own("name_regex"),
        Named::read("ids", "AgentId"),
        Named::read("names", "AgentName"),
        Named::read("agents", "List"),
    ],
    ..About::NONE
};

/// The rows of an agent.
pub const AGENT: [Field; 17] = [
    field("agent_id", Type::String, Computed, "Id of the agent, exact.").page_as("AgentId"),
    field("agent_name", Type::String, Computed, "Name of the agent.").page_as("AgentName"),
    field("agent_mode", Type::Int, Computed, "How it talks: 0 by a prompt, 1 by a dialogue flow.")
        .page_as("AgentMode"),
    field(
        "is_available",
        Type::Bool,
        Computed,
        "Whether it is published, so that tasks can use it.",
    )
    .page_as("IsAvailable"),
    field("application_code", Type::String, Computed, "Code of its application.")
        .page_as("ApplicationCode"),
    field("description", Type::String, Computed, "Its description.").page_as("Description"),
    field("scene", Type::String, Computed, "What it is made for.").page_as("Scene"),
    field("service_direction", Type::String, Computed, "Whether it takes calls or makes them.")
        .page_as("ServiceDirection"),
    field("deploy_branch_id", Type::String, Computed, "Id of the branch that is deployed.")
        .page_as("DeployBranchId"),
    field("deploy_branch_name", Type::String, Computed, "Name of the branch that is deployed.")
        .page_as("DeployBranchName"),
    field("effective_version_id", Type::String, Computed, "Id of the version in effect.")
        .page_as("EffectiveVersionId"),
    field("effective_version_name", Type::String, Computed, "Name of the version in effect.")
        .page_as("EffectiveVersionName"),
    field("template_id", Type::String, Computed, "Id of the template it was made from.")
        .page_as("TemplateId"),
    field("template_name", Type::String, Computed, "Name of the template it was made from.")
        .page_as("TemplateName"),
    field("create_time", Type::String, Computed, "When it was created, as the service writes it.")
        .page_as("CreateTime"),
    field(
        "modify_time",
        Type::String,
        Computed,
        "When it was last changed, as the service writes it.",
    )
    .page_as("ModifyTime"),
    field(
        "latest_publish_time",
        Type::String,
        Computed,
        "When it was last published, as the service writes it.",
    )
    .page_as("LatestPublishTime"),
];

const AGENT_ATTRIBUTES: [Attribute; AGENT.len()] = attributes(&AGENT);

/// The rows of the data source.
pub const FIELDS: [Field; 7] = [
    field("agent_name", Type::String, Optional, "Part of the name, as the service matches it.")
        .filter_as("AgentName"),
    field("name_regex", Type::String, Optional, "Regular expression that names match.")
        .checks(&[Check::With("", check_regex)]),
    field(
        "is_available",
        Type::Bool,
        Optional,
        "Only agents that are published, or only those that are not.",
    )
    .filter_as("IsAvailable"),
    field(
        "service_direction",
        Type::String,
        Optional,
        "Only agents that take calls, or only those that make them.",
    )
    .filter_as("ServiceDirection"),
    field("ids", Type::List(&Type::String), Computed, "Ids of the agents, in ascending order."),
    field(
        "names",
        Type::List(&Type::String),
        Computed,
        "Names of the agents, in the order of `ids`.",
    ),
    field(
        "agents",
        Type::Objects(Nesting::List, &AGENT_ATTRIBUTES),
        Computed,
        "The agents, in the order of `ids`.",
    ),
];

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

static SCHEMA: Schema = Schema::of(
    "The AI agents of the account that match the filters. A call task needs a published one.",
    &ATTRIBUTES,
);

/// The data source.
pub(crate) static AGENTS: Listing = Listing {
    name: "aiccs_agents",
    schema: &SCHEMA,
    shape: Shape {
        list: "agents",
        rows: &AGENT,
        id: "agent_id",
        ids: Some("ids"),
        name: Some("agent_name"),
    },
    check: no_check,
    ask,
    near: Some(Near { filter: "agent_name", member: "agent_name" }),
    more: no_more,
};

fn ask<'a>(ready: &'a Ready, config: &'a Value, wait: &'a Wait, take: Take<'a>) -> Asked<'a> {
    Box::pin(async move {
        let filters = filters(&FIELDS, config);
        take(ready.client.page_query_agent_list_new(&filters, wait).await?);
        Ok(())
    })
}
