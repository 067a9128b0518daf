//! The ephemeral resource `aiccs_call_record`: what was said in one call. Neither plan nor state ever holds it.

use std::time::Duration;

use aliyun::client::{Parameters, Wait};
use serde_json::Value as Json;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::{BoxFuture, EphemeralResource, Opened, respond};
use terraform_plugin::path::Path;
use terraform_plugin::schema::Mode::{Computed, OptionalComputed};
use terraform_plugin::schema::{Attribute, Check, Nesting, Schema, Type};
use terraform_plugin::value::{Object, Value};

use crate::about::{About, Callout};
use crate::config::{Context, Ready, Session};
use crate::failure;
use crate::field::{self, Field, WrittenBy, attributes, decode_json, field, objects};

/// How long an open may take.
const OPEN: Duration = Duration::from_secs(5 * 60);

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Callees",
    callouts: &[Callout::Warning(
        "**A record is what a person has said, with the number and the address of the recording.** Terraform stores it nowhere; what \
         you hand on, in an ephemeral output or a write-only argument, is in your care.",
    )],
    rows: &[("", &FIELDS), ("transcript", &TURN), ("output_tags", &TAG)],
    operations: &["QueryConversationDetailInfoNew"],
    more: "\
## Use

The record is asked for anew in each run, in the plan and in the apply, and stored nowhere. It can be used where ephemeral
values can: in provider blocks, in write-only arguments, in ephemeral outputs, and in conditions.

Which ids the service takes together is not documented: what is given is sent, and a refusal is told. `task_id` with
`detail_id` is what the console uses; the data source `aiccs_call_details` gives both. How long the URL of the recording lives is
not documented either.
",
    ..About::NONE
};

/// One turn of a conversation.
pub(crate) const TURN: [Field; 2] = [
    field(
        "role",
        Type::String,
        Computed,
        "Who speaks: `user` is the callee, `assistant` the agent.",
    )
    .read_as("role"),
    field("content", Type::String, Computed, "What was said.").read_as("content"),
];

const TURN_ATTRIBUTES: [Attribute; TURN.len()] = attributes(&TURN);

/// What the agent noted of a call.
pub const TAG: [Field; 4] = [
    field("id", Type::String, Computed, "Id of the tag.").read_as("Id"),
    field("name", Type::String, Computed, "Its name.").read_as("OutputTagName"),
    field("value", Type::String, Computed, "Its value in this call.").read_as("OutputTagValue"),
    field("description", Type::String, Computed, "What it means.").read_as("OutputTagDescription"),
];

const TAG_ATTRIBUTES: [Attribute; TAG.len()] = attributes(&TAG);

/// The rows.
pub const FIELDS: [Field; 25] = [
    id("task_id", "TaskId", "Id of the task."),
    id("detail_id", "DetailId", "Id of the callee's detail within the task."),
    id("call_id", "CallId", "Id of the call."),
    id("out_id", "OutId", "Id of your own that the callee was imported with."),
    field("call_result", Type::String, Computed, "What became of the call, such as `ANSWERED`.")
        .read_as("CallResult"),
    field("called_phone", Type::String, Computed, "The number that was called.")
        .read_as("CalledPhone")
        .sensitive(),
    field("caller_phone", Type::String, Computed, "The number that called.")
        .read_as("CallerPhone")
        .sensitive(),
    field(
        "transcript",
        Type::Objects(Nesting::List, &TURN_ATTRIBUTES),
        Computed,
        "What was said, in its order.",
    )
    .read_with("ConversationRecord", decode_turns),
    field("conversation_turn_count", Type::Int, Computed, "How many turns the conversation had.")
        .read_as("ConversationTurnCount"),
    field(
        "output_tags",
        Type::Objects(Nesting::List, &TAG_ATTRIBUTES),
        Computed,
        "What the agent noted of the call.",
    )
    .read_with("OutputTags", decode_tags),
    field("major_intent", Type::String, Computed, "What the callee wants.").read_as("MajorIntent"),
    field("variables", Type::Map(&Type::String), Computed, "The call variables and their values.")
        .read_with("Variables", decode_variables),
    field(
        "duration",
        Type::Int,
        Computed,
        "How long the call lasted, in seconds; 0 where nobody answered.",
    )
    .read_as("Duration"),
    field(
        "start_call_time",
        Type::Int,
        Computed,
        "When it began to ring: Unix time in milliseconds.",
    )
    .read_as("StartCallTime"),
    field("pick_up_time", Type::Int, Computed, "When it was answered: Unix time in milliseconds.")
        .read_as("PickUpTime"),
    field("release_time", Type::Int, Computed, "When it ended: Unix time in milliseconds.")
        .read_as("ReleaseTime"),
    field(
        "imported_time",
        Type::Int,
        Computed,
        "When the callee was imported: Unix time in milliseconds.",
    )
    .read_as("ImportedTime"),
    field(
        "hangup_direction",
        Type::String,
        Computed,
        "Who hung up: `0` the callee, `1` the agent.",
    )
    .read_as("HangupDirection"),
    field(
        "recording_file_download_url",
        Type::String,
        Computed,
        "Where the recording can be downloaded, where there is one.",
    )
    .read_as("RecordingFileDownloadUrl")
    .sensitive(),
    field("options", Type::String, Computed, "Values that the conversation ran with, JSON.")
        .read_with("Options", decode_json),
    field("status_code", Type::String, Computed, "The status code of the call.")
        .read_as("StatusCode"),
    field("status_msg", Type::String, Computed, "What the carrier says of the call.")
        .read_as("StatusMsg"),
    field("failed_reason", Type::String, Computed, "Why the call failed.").read_as("FailedReason"),
    field("batch_id", Type::String, Computed, "Id of the batch that the callee came with.")
        .read_as("BatchId"),
    field("branch_id", Type::String, Computed, "Id of the agent's branch.").read_as("BranchId"),
];

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

/// An id that the record can be asked for by.
const fn id(name: &'static str, parameter: &'static str, doc: &'static str) -> Field {
    let row = field(name, Type::String, OptionalComputed, doc).checks(&[Check::NotEmpty]);
    row.filter_as(parameter).read_as(parameter)
}

static SCHEMA: Schema = Schema::of(
    "The record of one call: what was said, what the agent noted, how long it took, where the recording is. Asked for \
          anew in each run and never stored.",
    &ATTRIBUTES,
);

/// The ephemeral resource.
#[derive(Debug)]
pub struct CallRecord;

impl EphemeralResource<Session> for CallRecord {
    fn name(&self) -> &'static str {
        "aiccs_call_record"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, config: &Value) -> Diagnostics {
        let mut out = Diagnostics::new();
        if ["task_id", "detail_id", "call_id", "out_id"]
            .iter()
            .all(|name| config.get(name).is_null())
        {
            let detail = "Each of `task_id`, `detail_id`, `call_id` and `out_id` is null or left out. Give one at least; `task_id` \
                          with `detail_id` names one call.";
            out.error_at(Path::root("detail_id"), "Missing id", detail);
        }
        out
    }

    fn open<'a>(&'a self, call: &'a Context, config: &'a Value) -> BoxFuture<'a, Opened> {
        respond(async move {
            let ready = call.client.ready()?;
            let mut opened = Opened::default();
            let wait = Wait::new(call.stop.clone(), OPEN);
            opened.value = ask(ready, config, &wait, &mut opened.diagnostics).await;
            Ok(opened)
        })
    }
}

/// The record; null after an error.
async fn ask(ready: &Ready, config: &Value, wait: &Wait, out: &mut Diagnostics) -> Value {
    let mut parameters = Parameters::new();
    field::write(&FIELDS, config, WrittenBy::Query, &[], &mut parameters);
    let (record, _) = match ready.client.query_conversation_detail_info_new(parameters, wait).await
    {
        Ok(answer) => answer,
        Err(error) => {
            let rows: Vec<Field> = FIELDS.to_vec();
            out.push(failure::diagnostic("Could not read the call record", &error, &rows));
            return Value::Null;
        }
    };
    if record.is_null() {
        let detail =
            "The service shows no record for these ids. A callee who was not called yet has none.";
        out.error("Call record not found", detail);
        return Value::Null;
    }
    match value(config, &record) {
        Ok(value) => value,
        Err(detail) => {
            out.error("Unexpected answer of the service", detail);
            Value::Null
        }
    }
}

/// The configuration, and what the record has beside it.
fn value(config: &Value, record: &Json) -> Result<Value, String> {
    let mut object = Object::with_capacity(FIELDS.len());
    for row in &FIELDS {
        let name = row.attribute.name;
        let own = config.get(name);
        let value = match &row.read {
            // What was said, and to whom, is not repeated in a message.
            Some(read) if own.is_null() => field::read(read, record)
                .map_err(|_| format!("the field {} is not what is documented", read.field))?
                .unwrap_or_default(),
            Some(_) | None => own.clone(),
        };
        object.insert(name.into(), value);
    }
    Ok(Value::Object(object))
}

/// The conversation comes as JSON in a text.
fn decode_turns(json: &Json) -> Result<Value, String> {
    const EXPECTED: &str = "the turns of a conversation";
    let parsed = json.as_str().filter(|text| !text.is_empty()).map(serde_json::from_str::<Json>);
    match parsed {
        Some(Ok(turns)) => objects(&TURN, &turns, EXPECTED),
        Some(Err(_)) => Err(EXPECTED.to_owned()),
        None if json.is_array() => objects(&TURN, json, EXPECTED),
        None => Ok(Value::Null),
    }
}

fn decode_tags(json: &Json) -> Result<Value, String> {
    objects(&TAG, json, "a list of tags")
}

/// By their keys.
fn decode_variables(json: &Json) -> Result<Value, String> {
    let expected = || "a list of variables".to_owned();
    let pair = |item: &Json| {
        let key = item.get("Key").and_then(Json::as_str).ok_or_else(expected)?;
        let value = item.get("Value").unwrap_or(&Json::Null);
        let value = if value.is_null() { Ok(Value::Null) } else { field::decode_text(value) };
        Ok((key.into(), value?))
    };
    let items = json.as_array().ok_or_else(expected)?;
    Ok(Value::Map(items.iter().map(pair).collect::<Result<_, String>>()?))
}
