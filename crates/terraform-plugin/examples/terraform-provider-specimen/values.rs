//! Values of every type, defaults of every type, and modifiers of plans.

use terraform_plugin::driver::*;
use terraform_plugin::schema::modify::{requires_replace_if_configured, use_state_for_unknown};
use terraform_plugin::schema::{Attribute, Default, Mode, Nesting, Schema, Type};
use terraform_plugin::value::Value;

const fn of(name: &'static str, ty: Type, default: Default) -> Attribute {
    Attribute::new(name, ty, Mode::OptionalComputed, "With a default.").default(default)
}

static WINDOW: [Attribute; 2] = [
    Attribute::new("day", Type::String, Mode::Required, "A day."),
    of("hours", Type::Int, Default::Int(8)),
];

static SCHEMA: Schema = Schema::of(
    "Values.",
    &[
        Attribute::new("any", Type::Dynamic, Mode::Optional, "Anything."),
        Attribute::new("echo", Type::Dynamic, Mode::Computed, "The same.").modify(|plan| {
            plan.planned = plan.whole_planned.get("any").clone();
        }),
        Attribute::new("either", Type::Dynamic, Mode::OptionalComputed, "Anything, or a list."),
        Attribute::new("pair", Type::Tuple(&[Type::String, Type::Int]), Mode::Optional, "Two."),
        Attribute::new(
            "point",
            Type::Object(&[("x", Type::Int), ("y", Type::Float)]),
            Mode::Optional,
            "x, y.",
        ),
        of("float", Type::Float, Default::Float(0.25)),
        of("list", Type::List(&Type::Int), Default::List(&[Default::Int(2), Default::Int(1)])),
        of(
            "set",
            Type::Set(&Type::String),
            Default::Set(&[Default::String("b"), Default::String("a")]),
        ),
        of("map", Type::Map(&Type::Bool), Default::Map(&[("k", Default::Bool(true))])),
        of("object", Type::Object(&[("x", Type::Int)]), Default::Object(&[("x", Default::Int(3))])),
        of("code", Type::String, Default::With(|| Value::string("c".repeat(3)))),
        of(
            "windows",
            Type::Objects(Nesting::List, &WINDOW),
            Default::List(&[Default::Object(&[("day", Default::String("MON"))])]),
        ),
        Attribute::new(
            "size",
            Type::Int,
            Mode::Optional,
            "It grows in place; a smaller one is a new object.",
        )
        .modify(|plan| plan.replace_if(plan.planned.as_int() < plan.prior.as_int())),
        Attribute::new("place", Type::String, Mode::OptionalComputed, "Where it is.")
            .modify(requires_replace_if_configured),
        Attribute::new("serial", Type::Int, Mode::Computed, "Given with each change.")
            .recompute_on_change(),
        Attribute::new("fixed", Type::Int, Mode::Computed, "Given once, whatever the schema says.")
            .recompute_on_change()
            .modify(use_state_for_unknown),
    ],
);

pub(crate) struct Values;

fn made(planned: &Value, serial: i64) -> Response {
    let mut object = planned.clone();
    for (name, value) in [
        ("either", Value::List(vec![Value::int(1), Value::Bool(true)])),
        ("place", Value::string("here")),
        ("serial", Value::int(serial)),
        ("fixed", Value::int(serial)),
    ] {
        if planned.get(name).is_unknown() {
            object.put(name, value);
        }
    }
    object.put("echo", object.get("any").clone());
    Response::value(object)
}

impl Resource<()> for Values {
    fn name(&self) -> &'static str {
        "specimen_values"
    }
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn create<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        made(&change.planned, 1).ready()
    }
    fn update<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        made(&change.planned, change.prior.get("serial").as_int().unwrap_or_default() + 1).ready()
    }
}
