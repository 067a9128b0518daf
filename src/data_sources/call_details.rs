//! The data source `aiccs_call_details`: the callees of a task, and what became of their calls.

use std::collections::BTreeMap;

use aliyun::aiccs::exact;
use aliyun::client::{Parameters, Wait};
use aliyun::redact;
use serde_json::Value as Json;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::schema::Mode::{Computed, Optional, Required};
use terraform_plugin::schema::{Attribute, Check, Nesting, Schema, Type};
use terraform_plugin::value::Value;

use super::{Asked, Listing, Shape, Take, filters, masked};
use crate::about::{About, Callout, Named};
use crate::config::Ready;
use crate::field::{Field, attributes, decode_json, decode_positive, field, object};

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Callees",
    operations: &["QueryAiCallDetailPage"],
    callouts: &[Callout::Warning(
        "**`reveal_numbers = true` puts whole telephone numbers and conversations into the state.** Terraform masks them in its \
         output, and nowhere else: keep such a state where few can read it.",
    )],
    rows: &[("", &FIELDS), ("details", &DETAIL), ("records", &RECORD)],
    names: &[
        Named::sent("out_ids", "OutId"),
        Named::own("limit"),
        Named::own("reveal_numbers"),
        Named::read("details", "List"),
        Named::read("numbers", "CalledNumber"),
        Named::own("records"),
    ],
    ..About::NONE
};

/// How many ids one query takes.
const MOST_IDS: usize = 100;

/// The rows of a callee.
pub const DETAIL: [Field; 21] = [
    field("detail_id", Type::String, Computed, "Id of the callee within the task, exact.")
        .page_as("DetailId"),
    field("task_id", Type::String, Computed, "Id of the task.").page_as("TaskId"),
    field("batch_id", Type::String, Computed, "Id of the batch that the callee was imported with.")
        .page_as("BatchId"),
    field("out_id", Type::String, Computed, "Id that the importer gave the callee.")
        .page_as("OutId"),
    field("called_number", Type::String, Computed, "Telephone number, masked; see `numbers`.")
        .page_with("CalledNumber", decode_masked),
    field(
        "status",
        Type::Int,
        Computed,
        "0 new, 1 waiting, 2 waiting for a retry, 3 in a call, 4 ended, 5 failed.",
    )
    .page_as("Status"),
    field("call_id", Type::String, Computed, "Id of the call.").page_as("CallId"),
    field("call_result", Type::String, Computed, "Outcome of the call.").page_as("CallResult"),
    field("failed_reason", Type::String, Computed, "Why there was no call.")
        .page_with("FailedReason", decode_message),
    field(
        "calling_time",
        Type::Int,
        Computed,
        "When the call was made: Unix time in milliseconds.",
    )
    .page_with("CallingTime", decode_positive),
    field(
        "imported_time",
        Type::Int,
        Computed,
        "When the callee was imported: Unix time in milliseconds.",
    )
    .page_with("ImportedTime", decode_positive),
    field("call_expire_time", Type::String, Computed, "Until when the callee stays valid.")
        .page_as("CallExpireTime"),
    field("conversation_duration", Type::Int, Computed, "Length of the conversation, in seconds.")
        .page_as("ConversationDuration"),
    field("conversation_turn_count", Type::Int, Computed, "Turns of the conversation.")
        .page_as("ConversationTurnCount"),
    field("major_intent", Type::String, Computed, "Main intent of the callee.")
        .page_as("MajorIntent"),
    field("branch_id", Type::String, Computed, "Id of the agent's branch.").page_as("BranchId"),
    field("branch_name", Type::String, Computed, "Name of the agent's branch.")
        .page_as("BranchName"),
    field("branch_version_id", Type::String, Computed, "Id of the agent's version.")
        .page_as("BranchVersionId"),
    field("version_no", Type::Int, Computed, "Number of the agent's version.").page_as("VersionNo"),
    field("version_name", Type::String, Computed, "Name of the agent's version.")
        .page_as("VersionName"),
    field(
        "encryption_type",
        Type::Int,
        Computed,
        "How the number was handed over: 0 in the open, else hashed.",
    )
    .page_as("EncryptionType"),
];

/// What is private about a callee, beside the number.
pub const RECORD: [Field; 3] = [
    field("conversation_record", Type::String, Computed, "The conversation, JSON.")
        .page_with("ConversationRecord", decode_json),
    field("recording_file_path", Type::String, Computed, "Where the recording is.")
        .page_as("RecordingFilePath"),
    field("options", Type::String, Computed, "What the agent noted, JSON.")
        .page_with("Options", decode_json),
];

const RECORD_ATTRIBUTES: [Attribute; RECORD.len()] = attributes(&RECORD);

const DETAIL_ATTRIBUTES: [Attribute; DETAIL.len()] = attributes(&DETAIL);

/// The rows of the data source.
pub const FIELDS: [Field; 21] = [
    field("task_id", Type::String, Required, "Id of the task.")
        .filter_as("TaskId")
        .checks(&[Check::NotEmpty]),
    field(
        "status",
        Type::Int,
        Required,
        "Which callees: 0 those to be called, 1 those done, 2 those that failed.",
    )
    .filter_as("Status")
    .checks(&[Check::Range(0, 2)]),
    field("batch_id", Type::String, Optional, "Id of the batch that callees were imported with.")
        .filter_as("BatchId"),
    field("call_result", Type::String, Optional, "Outcome of the call.")
        .filter_as("CallResult")
        .checks(&[Check::Usually(&[
            "CALL_FORWARDING",
            "INCOMING_CALL_BARRED",
            "CALL_REJECTED",
            "ANSWERED",
            "USER_BUSY",
            "POWERED_OFF",
            "NO_USER_RESPONSE",
            "OPERATOR_BLOCK",
            "OTHERS",
            "SUSPEND",
            "CANCEL",
            "INVALID_NUMBER",
            "UNAVAILABLE",
            "NETWORK_BUSY",
            "NO_ANSWER",
        ])]),
    field("called_number", Type::String, Optional, "Telephone number.")
        .filter_as("CalledNumber")
        .sensitive(),
    field("detail_ids", Type::Set(&Type::String), Optional, "Ids of callees, 100 at most.")
        .filter_with("DetailIds", encode_ids)
        .checks(&[Check::NotEmpty, Check::With("", check_ids)]),
    field("out_id", Type::String, Optional, "Id that the importer gave the callee.")
        .filter_as("OutId"),
    field(
        "out_ids",
        Type::Set(&Type::String),
        Optional,
        "Ids that the importer gave to callees. The service is asked once for each of them.",
    )
    .checks(&[Check::NotEmpty]),
    field("major_intent", Type::String, Optional, "Main intent of the callee.")
        .filter_as("MajorIntent"),
    field(
        "encryption_type",
        Type::Int,
        Optional,
        "How numbers were handed over: 0 in the open, else hashed.",
    )
    .filter_as("EncryptionType")
    .checks(&[Check::Range(0, 3)]),
    field("min_conversation_duration", Type::Int, Optional, "Shortest conversation, in minutes.")
        .filter_as("MinConversationDuration"),
    field("max_conversation_duration", Type::Int, Optional, "Longest conversation, in minutes.")
        .filter_as("MaxConversationDuration"),
    field(
        "start_imported_time",
        Type::Int,
        Optional,
        "Imported at this time or later: Unix time in milliseconds.",
    )
    .filter_as("StartImportedTime"),
    field(
        "end_imported_time",
        Type::Int,
        Optional,
        "Imported before this time: Unix time in milliseconds.",
    )
    .filter_as("EndImportedTime"),
    field(
        "start_calling_time",
        Type::Int,
        Optional,
        "Called at this time or later: Unix time in milliseconds.",
    )
    .filter_as("StartCallingTime"),
    field(
        "end_calling_time",
        Type::Int,
        Optional,
        "Called before this time: Unix time in milliseconds.",
    )
    .filter_as("EndCallingTime"),
    field(
        "limit",
        Type::Int,
        Optional,
        "The most callees that are read. Without it more than 50,000 are an error.",
    )
    .checks(&[Check::Range(1, i32::MAX as i64)]),
    field(
        "reveal_numbers",
        Type::Bool,
        Optional,
        "Whether `numbers` and `records` are filled; what they hold is in the state then. False unless set.",
    ),
    field(
        "details",
        Type::Objects(Nesting::List, &DETAIL_ATTRIBUTES),
        Computed,
        "The callees, ordered by `detail_id`. Telephone numbers are masked.",
    ),
    field(
        "numbers",
        Type::Map(&Type::String),
        Computed,
        "The whole telephone numbers by `detail_id`; empty unless `reveal_numbers` is true.",
    )
    .sensitive(),
    field(
        "records",
        Type::Objects(Nesting::Map, &RECORD_ATTRIBUTES),
        Computed,
        "What was said and noted by `detail_id`; empty unless `reveal_numbers` is true.",
    )
    .sensitive(),
];

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

static SCHEMA: Schema = Schema::of(
    "The callees of a task that match the filters, and what became of their calls. Telephone numbers come masked, \
          such as `138****1234`; with `reveal_numbers` the whole ones are in the sensitive map `numbers`.",
    &ATTRIBUTES,
);

/// The data source.
pub static CALL_DETAILS: Listing = Listing {
    name: "aiccs_call_details",
    schema: &SCHEMA,
    shape: Shape { list: "details", rows: &DETAIL, id: "detail_id", ids: None, name: None },
    check,
    ask,
    near: None,
    more: reveal,
};

fn check(config: &Value) -> Diagnostics {
    let mut out = Diagnostics::new();
    if config.get("out_id").is_known() && config.get("out_ids").is_known() {
        let detail = "`out_id` is one callee and `out_ids` several: give one of the two.";
        out.error_at(Path::root("out_ids"), "Conflicting arguments", detail);
    }
    out
}

fn ask<'a>(ready: &'a Ready, config: &'a Value, wait: &'a Wait, take: Take<'a>) -> Asked<'a> {
    Box::pin(async move {
        let filters = filters(&FIELDS, config);
        let mut left = config.get("limit").as_int().and_then(|limit| usize::try_from(limit).ok());
        let each = config.get("out_ids").elements().map(|ids| ids.iter().filter_map(Value::as_str));
        let filters: Vec<Parameters> = match each {
            Some(ids) => ids.map(|id| filters.clone().with("OutId", id)).collect(),
            None => vec![filters],
        };
        for filters in filters {
            let mut pages = ready.client.detail_pages(filters, wait);
            if reveals(config) {
                pages = pages.whole();
            }
            if let Some(left) = left {
                pages = pages.at_most(left);
            }
            pages
                .each(|items| {
                    left = left.map(|left| left - items.len());
                    take(items);
                })
                .await?;
        }
        Ok(())
    })
}

fn reveals(config: &Value) -> bool {
    config.get("reveal_numbers").as_bool() == Some(true)
}

/// The two sensitive maps: core looks at each mark on its own, so that marks within thousands of rows cost minutes.
fn reveal(config: &Value, item: Option<&Json>, value: &mut Value) -> Result<(), String> {
    let Some(item) = item else {
        value.put("numbers", Value::Map(BTreeMap::new()));
        value.put("records", Value::Map(BTreeMap::new()));
        return Ok(());
    };
    let id = item.get("DetailId").and_then(exact).filter(|_| reveals(config));
    let Some(id) = id else { return Ok(()) };
    let record = object(&RECORD, item)?;
    if let Some(number) = item.get("CalledNumber").and_then(exact)
        && let Some(Value::Map(numbers)) = value.member_mut("numbers")
    {
        numbers.insert(id.clone(), Value::string(number));
    }
    if let Some(Value::Map(records)) = value.member_mut("records") {
        records.insert(id, record);
    }
    Ok(())
}

fn decode_masked(json: &Json) -> Result<Value, String> {
    Ok(exact(json).map_or(Value::Null, |number| Value::string(masked(&number))))
}

/// A text that may name a number.
fn decode_message(json: &Json) -> Result<Value, String> {
    Ok(exact(json).map_or(Value::Null, |text| Value::string(redact::message(&text))))
}

/// Refuses more ids than one query takes, and what is no id.
fn check_ids(value: &Value, path: &Path, out: &mut Diagnostics) {
    for id in value.elements().unwrap_or_default().iter().filter_map(Value::as_str) {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            let detail = format!("`{path}` holds {id:?}, which is no id: ids are decimal digits.");
            out.error_at(path.clone(), "Invalid id", detail);
        }
    }
    let count = value.elements().map_or(0, <[Value]>::len);
    if count > MOST_IDS {
        let detail = format!("`{path}` has {count} ids, and one query takes {MOST_IDS}.");
        out.error_at(path.clone(), "Too many ids", detail);
    }
}

/// A JSON list of numbers.
fn encode_ids(value: &Value) -> String {
    let ids: Vec<&str> =
        value.elements().unwrap_or_default().iter().filter_map(Value::as_str).collect();
    format!("[{}]", ids.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use terraform_plugin::value::Value;

    use super::{DETAIL, object, reveal};

    #[test]
    fn rows_hold_no_whole_number() {
        for (sent, number, reason) in [
            (json!({ "CalledNumber": null }), Value::Null, Value::Null),
            (json!({}), Value::Null, Value::Null),
            (json!({ "CalledNumber": 13812341234_u64 }), Value::string("138****1234"), Value::Null),
            (
                json!({ "FailedReason": "13812341234 is not in service" }),
                Value::Null,
                Value::string("138****1234 is not in service"),
            ),
        ] {
            let row = object(&DETAIL, &sent).unwrap();
            assert_eq!((row.get("called_number"), row.get("failed_reason")), (&number, &reason));
        }
    }

    #[test]
    fn what_is_private_comes_by_id_and_only_when_asked_for() {
        let items = [
            json!({ "DetailId": "7", "CalledNumber": "13812341234", "ConversationRecord": "[]" }),
            json!({ "DetailId": 8, "RecordingFilePath": "r" }),
            json!({ "CalledNumber": "13900000000" }),
        ];
        let told = |wish: Value| {
            let mut value = Value::object([]);
            let config = Value::object([("reveal_numbers", wish)]);
            for item in std::iter::once(None).chain(items.iter().map(Some)) {
                reveal(&config, item, &mut value).unwrap();
            }
            value
        };
        let open = told(Value::Bool(true));
        assert_eq!(open.get("numbers").get("7").as_str(), Some("13812341234"));
        assert_eq!(open.get("records").get("8").get("recording_file_path").as_str(), Some("r"));
        assert!(!open.get("numbers").get("8").is_known(), "no number, no entry");
        for closed in [Value::Null, Value::Bool(false)] {
            let value = told(closed);
            for name in ["numbers", "records"] {
                assert_eq!(value.get(name), &Value::Map(Default::default()));
            }
        }
    }
}
