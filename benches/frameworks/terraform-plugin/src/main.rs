//! The small provider on terraform-plugin.

use std::process::ExitCode;

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::*;
use terraform_plugin::plugin::{Program, serve};
use terraform_plugin::schema::{Attribute, Mode, Schema, Type};
use terraform_plugin::value::Value;

static PROVIDER: Schema = Schema::of("Things.", &[]);
static THING: Schema = Schema::of(
    "A thing.",
    &[
        Attribute::new("id", Type::String, Mode::Computed, "The id."),
        Attribute::new("name", Type::String, Mode::Required, "The name.").replace(),
        Attribute::new("size", Type::Int, Mode::Required, "The size."),
        Attribute::new("enabled", Type::Bool, Mode::Optional, "Whether it works."),
        Attribute::new("comment", Type::String, Mode::Optional, "A comment."),
        Attribute::new("owner", Type::String, Mode::OptionalComputed, "Whose it is."),
        Attribute::new("region", Type::String, Mode::OptionalComputed, "Where it is."),
        Attribute::new("tags", Type::Set(&Type::String), Mode::Optional, "Tags."),
        Attribute::new("labels", Type::Map(&Type::String), Mode::Optional, "Labels."),
        Attribute::new("ports", Type::List(&Type::Int), Mode::Optional, "Ports."),
    ],
);
static LOOKUP: Schema = Schema::of(
    "A lookup.",
    &[
        Attribute::new("name", Type::String, Mode::Required, "The name."),
        Attribute::new("value", Type::String, Mode::Computed, "What it is."),
    ],
);

struct Thing;
struct Lookup;
struct Bench;

fn settled(mut thing: Value) -> Response {
    for (name, value) in [("id", "thing-1"), ("owner", "nobody"), ("region", "here")] {
        if thing.get(name).is_unknown() {
            thing.put(name, Value::string(value));
        }
    }
    Response::value(thing)
}

impl Resource<()> for Thing {
    fn name(&self) -> &'static str {
        "bench_thing"
    }
    fn schema(&self) -> &'static Schema {
        &THING
    }
    fn create<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        settled(change.planned.clone()).ready()
    }
    fn update<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        settled(change.planned.clone()).ready()
    }
}

impl DataSource<()> for Lookup {
    fn name(&self) -> &'static str {
        "bench_lookup"
    }
    fn schema(&self) -> &'static Schema {
        &LOOKUP
    }
    fn read<'a>(&'a self, _: &'a Context<()>, config: &'a Value) -> BoxFuture<'a, Response> {
        let mut value = config.clone();
        value.put("value", Value::string("found"));
        Response::value(value).ready()
    }
}

impl Provider for Bench {
    type ProviderData = ();
    fn schema(&self) -> &'static Schema {
        &PROVIDER
    }
    fn resources(&self) -> &'static [&'static dyn Resource<()>] {
        &[&Thing]
    }
    fn data_sources(&self) -> &'static [&'static dyn DataSource<()>] {
        &[&Lookup]
    }
    fn configure(&self, _: &Value, _: &str) -> (Option<()>, Diagnostics) {
        (Some(()), Diagnostics::new())
    }
}

fn main() -> ExitCode {
    serve(Bench, Program::new("terraform-provider-bench", &["registry.terraform.io/example/bench"]))
}
