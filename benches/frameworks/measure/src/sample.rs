//! The requests that are measured: one thing, as a host would send it.

use terraform_plugin::schema::{Attribute, Mode, Schema, Type};
use terraform_plugin::value::Value;
use tfplugin_proto::tfplugin6 as pb;

use crate::requests::Requests;

const THING: Requests = Requests { name: "bench_thing", schema: &SCHEMA };

/// As both providers have it; what may be configured does not matter to an encoding.
static SCHEMA: Schema = Schema::of(
    "",
    &[
        Attribute::new("id", Type::String, Mode::Computed, ""),
        Attribute::new("name", Type::String, Mode::Required, ""),
        Attribute::new("size", Type::Int, Mode::Required, ""),
        Attribute::new("enabled", Type::Bool, Mode::Optional, ""),
        Attribute::new("comment", Type::String, Mode::Optional, ""),
        Attribute::new("owner", Type::String, Mode::Optional, ""),
        Attribute::new("region", Type::String, Mode::Optional, ""),
        Attribute::new("tags", Type::Set(&Type::String), Mode::Optional, ""),
        Attribute::new("labels", Type::Map(&Type::String), Mode::Optional, ""),
        Attribute::new("ports", Type::List(&Type::Int), Mode::Optional, ""),
    ],
);

/// What a user writes.
fn config(size: i64) -> Value {
    let texts = |texts: [&str; 2]| texts.map(Value::string).to_vec();
    let labels = [("team", "blue"), ("cost", "7")];
    let labels = labels.map(|(name, value)| (name.to_owned(), Value::string(value)));
    SCHEMA.object([
        ("name", Value::string("a thing")),
        ("size", Value::int(size)),
        ("enabled", Value::Bool(true)),
        ("tags", Value::set(texts(["a", "b"]))),
        ("labels", Value::Map(labels.into())),
        ("ports", Value::List(vec![Value::int(80), Value::int(443)])),
    ])
}

pub fn validate() -> pb::validate_resource_config::Request {
    THING.validate(&config(57))
}

/// A create.
pub fn plan() -> pb::plan_resource_change::Request {
    pb::plan_resource_change::Request {
        // tf-provider says that it has metadata and cannot do without; the other passes over them.
        provider_meta: THING.dynamic(&Value::Null),
        ..THING.plan(&Value::Null, &config(57), &config(57))
    }
}

pub fn upgrade() -> pb::upgrade_resource_state::Request {
    let json = br#"{"comment":null,"enabled":true,"id":"thing-1","labels":{"cost":"7","team":"blue"},"name":"a thing",
        "owner":"nobody","ports":[80,443],"region":"here","size":5,"tags":["a","b"]}"#;
    THING.upgrade(json)
}
