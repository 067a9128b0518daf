//! Nested attributes and nested blocks in every form, and what the provider gives inside them.

use terraform_plugin::driver::*;
use terraform_plugin::schema::{Attribute, Default, Mode, NestedBlock, Nesting, Schema, Type};
use terraform_plugin::value::Value;

/// What is kept in lists, maps, alone: all an attribute inside can be.
static DISK: [Attribute; 7] = [
    SIZE,
    ID,
    KIND,
    ZONE,
    Attribute::new("label", Type::String, Mode::Optional, "A label, in any case.").same(any_case),
    Attribute::new("pin", Type::String, Mode::Optional, "A secret that is kept.").sensitive(),
    Attribute::new("key", Type::String, Mode::Optional, "A secret that is not.").write_only(),
];
/// Sets hold nothing write-only.
static PORT: [Attribute; 4] = [SIZE, ID, KIND, ZONE];

const SIZE: Attribute = Attribute::new("size", Type::Int, Mode::Required, "How large.");
const ID: Attribute = Attribute::new("id", Type::Int, Mode::Computed, "Given once.");
const KIND: Attribute =
    Attribute::new("kind", Type::String, Mode::OptionalComputed, "Of what kind.")
        .default(Default::String("ssd"));
const ZONE: Attribute =
    Attribute::new("zone", Type::String, Mode::OptionalComputed, "Where it is.").replace();

const fn disks(name: &'static str, nesting: Nesting) -> Attribute {
    Attribute::new(name, Type::Objects(nesting, &DISK), Mode::Optional, "Disks.")
}

const fn block(name: &'static str, nesting: Nesting) -> NestedBlock {
    NestedBlock::new(name, nesting, "Ports.", &PORT)
}

static SCHEMA: Schema = Schema::of(
    "Nested things.",
    &[
        Attribute::new("name", Type::String, Mode::Required, "A name."),
        Attribute::new("serial", Type::Int, Mode::Computed, "Another one with each change.")
            .recompute_on_change(),
        disks("single", Nesting::Single),
        disks("list", Nesting::List),
        disks("map", Nesting::Map),
        Attribute::new("set", Type::Objects(Nesting::Set, &PORT), Mode::OptionalComputed, "Ports."),
    ],
)
.blocks(&[
    block("one", Nesting::Single),
    block("group", Nesting::Group),
    block("rule", Nesting::List).max_items(3).blocks(&[
        block("port", Nesting::Set),
        block("most", Nesting::Single).blocks(&[block("least", Nesting::List)]),
    ]),
    block("tag", Nesting::Set),
    block("route", Nesting::Map).min_items(1),
]);

pub(crate) struct Nested;

fn any_case(a: &Value, b: &Value) -> bool {
    a.as_str().zip(b.as_str()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// What the service would give: whatever is unknown gets the next number.
fn settled(value: &Value, next: &mut i64) -> Value {
    let mut number = || {
        *next += 1;
        *next
    };
    match value {
        Value::Unknown => Value::int(number()),
        Value::List(elements) => Value::List(elements.iter().map(|e| settled(e, next)).collect()),
        Value::Set(elements) => Value::set(elements.iter().map(|e| settled(e, next)).collect()),
        Value::Map(members) => {
            Value::Map(members.iter().map(|(key, v)| (key.clone(), settled(v, next))).collect())
        }
        Value::Object(members) => {
            let member = |(name, v): (&std::borrow::Cow<'static, str>, &Value)| match &**name {
                // The only thing here that the service gives and that is no number.
                "zone" if v.is_unknown() => (name.clone(), Value::string("zone-a")),
                _ => (name.clone(), settled(v, next)),
            };
            Value::Object(members.iter().map(member).collect())
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Packed(_)
        | Value::Dynamic(_) => value.clone(),
    }
}

impl Resource<()> for Nested {
    fn name(&self) -> &'static str {
        "specimen_nested"
    }
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn create<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        Response::value(settled(&change.planned, &mut 0)).ready()
    }
    fn update<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        let mut next = change.prior.get("serial").as_int().unwrap_or_default() + 100;
        Response::value(settled(&change.planned, &mut next)).ready()
    }
}
