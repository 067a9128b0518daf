//! The data source `aiccs_call_details`: the callees of a task, and what became of their calls.

use aliyun::client::Wait;
use aliyun::redact;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::schema::Mode::{Computed, Optional, Required};
use terraform_plugin::schema::{Attribute, Check, Nesting, Schema, Type};
use terraform_plugin::value::Value;

use super::{Found, Listing, Shape, filters, masked};
use crate::about::About;
use crate::config::Ready;
use crate::field::{Field, attributes, decode_json, decode_positive, field};

/// What its page says.
pub const ABOUT: About = About { operations: &["QueryAiCallDetailPage"], timeouts: &[], more: "" };

/// How many ids one query takes.
const MOST_IDS: usize = 100;

/// The rows of a callee.
pub const DETAIL: [Field; 24] = [
    field("detail_id", Type::String, Computed, "Id of the callee within the task, exact.")
        .page_as("DetailId"),
    field("task_id", Type::String, Computed, "Id of the task.").page_as("TaskId"),
    field("batch_id", Type::String, Computed, "Id of the batch that the callee was imported with.")
        .page_as("BatchId"),
    field("out_id", Type::String, Computed, "Id that the importer gave the callee.")
        .page_as("OutId"),
    field(
        "called_number",
        Type::String,
        Computed,
        "Telephone number, masked unless `reveal_numbers` is true.",
    )
    .page_as("CalledNumber")
    .sensitive(),
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
        .page_as("FailedReason"),
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
    field("conversation_record", Type::String, Computed, "The conversation, JSON.")
        .page_with("ConversationRecord", decode_json)
        .sensitive(),
    field("recording_file_path", Type::String, Computed, "Where the recording is.")
        .page_as("RecordingFilePath")
        .sensitive(),
    field("major_intent", Type::String, Computed, "Main intent of the callee.")
        .page_as("MajorIntent"),
    field("options", Type::String, Computed, "What the agent noted, JSON.")
        .page_with("Options", decode_json)
        .sensitive(),
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

const DETAIL_ATTRIBUTES: [Attribute; DETAIL.len()] = attributes(&DETAIL);

/// The rows of the data source.
pub const FIELDS: [Field; 17] = [
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
    field("detail_ids", Type::Set(&Type::Int), Optional, "Ids of callees, 100 at most.")
        .filter_with("DetailIds", encode_ids)
        .checks(&[Check::NotEmpty, Check::With("", check_ids)]),
    field("out_id", Type::String, Optional, "Id that the importer gave the callee.")
        .filter_as("OutId"),
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
        "reveal_numbers",
        Type::Bool,
        Optional,
        "Whether telephone numbers are shown whole; they are in the state then. False unless set.",
    ),
    field(
        "details",
        Type::Objects(Nesting::List, &DETAIL_ATTRIBUTES),
        Computed,
        "The callees, ordered by `detail_id`.",
    ),
];

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

static SCHEMA: Schema = Schema {
    version: 0,
    doc: "The callees of a task that match the filters, and what became of their calls. Telephone numbers come masked, \
          such as `138****1234`, unless `reveal_numbers` is true.",
    attributes: &ATTRIBUTES,
    blocks: &[],
};

/// The data source.
pub static CALL_DETAILS: Listing = Listing {
    name: "aiccs_call_details",
    schema: &SCHEMA,
    shape: Shape { list: "details", rows: &DETAIL, id: "detail_id", name: None },
    ask,
};

fn ask<'a>(ready: &'a Ready, config: &'a Value, wait: &'a Wait) -> Found<'a> {
    Box::pin(async move {
        let filters = filters(&FIELDS, config);
        let mut items = ready.client.query_ai_call_detail_page(&filters, wait).await?;
        if config.get("reveal_numbers").as_bool() != Some(true) {
            items.iter_mut().for_each(mask);
        }
        Ok(items)
    })
}

fn mask(item: &mut serde_json::Value) {
    if let Some(number) = item.get_mut("CalledNumber").filter(|number| !number.is_null()) {
        let text = number.as_str().map_or_else(|| number.to_string(), str::to_owned);
        *number = masked(&text).into();
    }
    if let Some(serde_json::Value::String(reason)) = item.get_mut("FailedReason") {
        *reason = redact::message(reason);
    }
}

/// Refuses more ids than one query takes.
fn check_ids(value: &Value, path: &Path, out: &mut Diagnostics) {
    let count = value.elements().map_or(0, <[Value]>::len);
    if count > MOST_IDS {
        let detail = format!("`{path}` has {count} ids, and one query takes {MOST_IDS}.");
        out.error_at(path.clone(), "Too many ids", detail);
    }
}

/// A JSON list of numbers.
fn encode_ids(value: &Value) -> String {
    let ids: Vec<String> =
        value.elements().unwrap_or_default().iter().map(ToString::to_string).collect();
    format!("[{}]", ids.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::mask;

    #[test]
    fn a_number_that_is_not_told_stays_untold() {
        for (sent, kept) in [
            (json!({ "CalledNumber": null }), json!({ "CalledNumber": null })),
            (json!({}), json!({})),
            (json!({ "CalledNumber": 13812341234_u64 }), json!({ "CalledNumber": "138****1234" })),
            (
                json!({ "FailedReason": "13812341234 is not in service" }),
                json!({ "FailedReason": "138****1234 is not in service" }),
            ),
        ] {
            let mut item = sent;
            mask(&mut item);
            assert_eq!(item, kept);
        }
    }
}
