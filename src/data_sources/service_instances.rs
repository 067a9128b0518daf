//! The data source `aiccs_service_instances`: what tasks can call from. The only one that asks the Voice Messaging Service.

use aliyun::client::Wait;
use terraform_plugin::schema::Mode::{Computed, Optional};
use terraform_plugin::schema::{Attribute, Nesting, Schema, Type};
use terraform_plugin::value::Value;

use super::{Asked, Listing, Shape, Take, filters, no_check, no_more};
use crate::about::{About, Named, Product};
use crate::config::Ready;
use crate::field::{Field, attributes, field};

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Agents and Numbers",
    product: Product::Dyvms,
    rows: &[("", &FIELDS), ("instances", &INSTANCE)],
    names: &[Named::read("codes", "Code"), Named::read("instances", "Records")],
    operations: &["ListServiceInstanceForPage"],
    more: "\
## A task calls from one of these

The instances are those of the Voice Messaging Service. That AICCS takes their codes as `virtual_number` is what its user's
guide says; no document lists it. `aiccs_call_task` asks nothing of this service by itself: compare with a `precondition`, as
in the example. The provider argument `dyvms_endpoint` says where the service is; account guard, retries and rate apply to it
as to AICCS.
",
    ..About::NONE
};

/// The rows of an instance.
pub const INSTANCE: [Field; 11] = [
    field(
        "code",
        Type::String,
        Computed,
        "The number of the instance, as `virtual_number` takes it.",
    )
    .page_as("Code"),
    field("name", Type::String, Computed, "Its name.").page_as("Name"),
    field(
        "instance_status",
        Type::String,
        Computed,
        "The service's word: `init`, `usable`, `unusable` or `destory` (so spelt).",
    )
    .page_as("InstanceStatus"),
    field("status", Type::String, Computed, "Whether it is bound, in Chinese.").page_as("Status"),
    field("relation_total_count", Type::Int, Computed, "How many numbers it has.")
        .page_as("RelationTotalCount"),
    field("relation_available_count", Type::Int, Computed, "How many of them can be used.")
        .page_as("RelationAvailableCount"),
    field("scene_id", Type::Int, Computed, "Id of its scene.").page_as("SceneId"),
    field("scene_name", Type::String, Computed, "Name of its scene.").page_as("SceneName"),
    field("usage_id", Type::Int, Computed, "Id of its usage.").page_as("UsageId"),
    field("usage_name", Type::String, Computed, "Name of its usage.").page_as("UsageName"),
    field("gmt_create", Type::String, Computed, "When it was made, as the service writes it.")
        .page_as("GmtCreate"),
];

const INSTANCE_ATTRIBUTES: [Attribute; INSTANCE.len()] = attributes(&INSTANCE);

/// The rows of the data source.
pub const FIELDS: [Field; 6] = [
    field("code", Type::String, Optional, "Code of the instance.").filter_as("Code"),
    field("scene_id", Type::Int, Optional, "Id of a scene.").filter_as("SceneId"),
    field("usage_id", Type::Int, Optional, "Id of a usage.").filter_as("UsageId"),
    field("relation_number", Type::String, Optional, "A number that the instance has.")
        .filter_as("RelationNumber"),
    field(
        "codes",
        Type::List(&Type::String),
        Computed,
        "Codes of the instances, ordered: what `virtual_number` of a task can be.",
    ),
    field(
        "instances",
        Type::Objects(Nesting::List, &INSTANCE_ATTRIBUTES),
        Computed,
        "The instances, in the order of `codes`.",
    ),
];

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

static SCHEMA: Schema = Schema::of(
    "The service instances of the Voice Messaging Service that match the filters: what a call task can have as \
          `virtual_number`.",
    &ATTRIBUTES,
);

/// The data source.
pub(crate) static SERVICE_INSTANCES: Listing = Listing {
    name: "aiccs_service_instances",
    schema: &SCHEMA,
    shape: Shape { list: "instances", rows: &INSTANCE, id: "code", ids: Some("codes"), name: None },
    check: no_check,
    ask,
    near: None,
    more: no_more,
};

fn ask<'a>(ready: &'a Ready, config: &'a Value, wait: &'a Wait, take: Take<'a>) -> Asked<'a> {
    Box::pin(async move {
        let filters = filters(&FIELDS, config);
        take(ready.client.list_service_instance_for_page(&filters, wait).await?);
        Ok(())
    })
}
