//! A resource with a history: private data, an identity, states of two earlier versions, and objects of another type that
//! become one of it.

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::*;
use terraform_plugin::json;
use terraform_plugin::schema::{Attribute, Mode, Schema, Type};
use terraform_plugin::value::Value;

const ID: Attribute = Attribute::new("id", Type::String, Mode::Computed, "Its id.");
const TEXT: Attribute = Attribute::new("text", Type::String, Mode::Required, "What it says.");

/// Version 0 kept the total as a text, version 1 under another name, and without a unit.
static FIRST: Schema =
    Schema::of("", &[ID, Attribute::new("count", Type::String, Mode::Required, "")]);
static SECOND: Schema =
    Schema::of("", &[ID, Attribute::new("number", Type::Int, Mode::Required, "")]);
static SCHEMA: Schema = Schema::of(
    "Counts.",
    &[
        ID,
        Attribute::new("total", Type::Int, Mode::Required, "How many."),
        Attribute::new("unit", Type::String, Mode::OptionalComputed, "Of what."),
        Attribute::new("writes", Type::Int, Mode::Computed, "How often it was written.")
            .recompute_on_change(),
    ],
)
.version(2);

/// Version 0 of the identity had a number.
static NUMBERED: Schema =
    Schema::of("", &[Attribute::new("number", Type::Int, Mode::Required, "")]);
static IDENTITY: Schema =
    Schema::of("A counter.", &[Attribute::new("id", Type::String, Mode::Required, "Its id.")])
        .version(1);

static NOTE: Schema = Schema::of("A note.", &[ID, TEXT]);

pub(crate) struct Counter;
pub(crate) struct Note;

/// From a text to a number of another name.
fn to_number(state: Value) -> Result<Value, Diagnostics> {
    let count = state.get("count").as_str().and_then(|text| text.parse().ok());
    let Some(count) = count.map(Value::int) else {
        let mut out = Diagnostics::new();
        out.error("Unreadable count", format!("The count is {}.", state.get("count")));
        return Err(out);
    };
    Ok(SECOND.object([("id", state.get("id").clone()), ("number", count)]))
}

fn to_total(state: Value) -> Result<Value, Diagnostics> {
    Ok(SCHEMA.object([
        ("id", state.get("id").clone()),
        ("total", state.get("number").clone()),
        ("unit", Value::string("piece")),
        ("writes", Value::int(1)),
    ]))
}

fn to_id(identity: Value) -> Result<Value, Diagnostics> {
    Ok(IDENTITY.object([("id", Value::string(format!("c-{}", identity.get("number"))))]))
}

/// Private data alone knows how often the object was written.
fn written(call: &Context<()>, planned: &Value) -> Response {
    let writes = String::from_utf8_lossy(&call.private).parse().unwrap_or(0) + 1;
    let mut object = planned.clone();
    object.put("id", Value::string("c-7"));
    object.put("writes", Value::int(writes));
    if planned.get("unit").is_unknown() {
        object.put("unit", Value::string("piece"));
    }
    Response { private: Some(writes.to_string().into_bytes()), ..Response::value(object) }
}

impl Resource<()> for Counter {
    fn name(&self) -> &'static str {
        "specimen_counter"
    }
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn identity(&self) -> Option<&'static Schema> {
        Some(&IDENTITY)
    }
    fn upgrades(&self) -> &'static [Upgrade] {
        const { &[Upgrade::new(0, &FIRST, to_number), Upgrade::new(1, &SECOND, to_total)] }
    }
    fn identity_upgrades(&self) -> &'static [Upgrade] {
        const { &[Upgrade::new(0, &NUMBERED, to_id)] }
    }
    fn moved(&self, from: &MovedFrom<'_>) -> Option<Result<Value, Diagnostics>> {
        let ours =
            from.provider.ends_with("/example/specimen") && from.type_name == "specimen_note";
        ours.then(|| {
            json::decode(from.state, &NOTE)
                .map_err(|error| {
                    let mut out = Diagnostics::new();
                    out.error("Unreadable note", error.to_string());
                    out
                })
                .map(|note| {
                    let letters = note.get("text").as_str().unwrap_or_default().len();
                    SCHEMA.object([
                        ("id", Value::string("c-7")),
                        ("total", Value::int(letters as i64)),
                        ("unit", Value::string("letter")),
                        ("writes", Value::int(0)),
                    ])
                })
        })
    }
    fn create<'a>(&'a self, call: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        written(call, &change.planned).ready()
    }
    fn update<'a>(&'a self, call: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        written(call, &change.planned).ready()
    }
    fn import<'a>(
        &'a self,
        _: &'a Context<()>,
        target: &'a ImportTarget,
    ) -> BoxFuture<'a, Response> {
        let id = match target {
            ImportTarget::Id(id) => Value::string(id),
            ImportTarget::Identity(identity) => identity.get("id").clone(),
        };
        let total = id.as_str().and_then(|id| id.strip_prefix("c-")?.parse().ok()).unwrap_or(0);
        let members = [("id", id), ("total", Value::int(total)), ("writes", Value::int(0))];
        Response::value(SCHEMA.object(members)).ready()
    }
}

impl Resource<()> for Note {
    fn name(&self) -> &'static str {
        "specimen_note"
    }
    fn schema(&self) -> &'static Schema {
        &NOTE
    }
    fn modify_plan<'a>(
        &'a self,
        call: Option<&'a Context<()>>,
        request: &'a mut ModifyPlan<'_>,
    ) -> BoxFuture<'a, Diagnostics> {
        // Nothing is planned of a note that does not say anything yet.
        if let Some(call) = call.filter(|_| request.config.get("text").is_unknown()) {
            call.defer(Deferral::ResourceConfigUnknown);
        }
        Box::pin(async { Diagnostics::new() })
    }
    fn create<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        let mut object = change.planned.clone();
        object.put("id", Value::string("n-1"));
        Response::value(object).ready()
    }
    fn update<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        Response::value(change.planned.clone()).ready()
    }
}
