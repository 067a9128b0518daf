//! The record of one call: what a plausible conversation left behind. It is made up from the callee's own detail, the same at
//! each question; what `/__details` has set wins.

use serde_json::{Value, json};

use super::super::object::Object;
use super::super::store::plain;
use super::super::view;
use super::{Call, Refused};

/// The first callee whom all ids given fit. Nothing is documented on what happens without any.
pub(super) fn detail(call: &mut Call<'_>) -> Result<Value, Refused> {
    const IDS: [&str; 4] = ["TaskId", "DetailId", "CallId", "OutId"];
    let given: Vec<&str> = IDS.into_iter().filter(|name| call.arguments.has(name)).collect();
    if given.is_empty()
        || !call.arguments.has("TaskId")
            && call.world.switches.is("call_record_requires", "task_id")
    {
        return Err(Refused::missing("TaskId"));
    }
    let fits = |detail: &Object| {
        given.iter().all(|name| id(detail, name) == call.arguments.get(name).map(plain))
    };
    let task = call.arguments.get("TaskId").map(plain).filter(|task| !task.is_empty());
    let found = match call.arguments.text("DetailId") {
        "" => call.world.store.details_of(task.as_deref()).find(fits),
        id => call.world.store.detail(id).filter(fits),
    };
    let Some(detail) = found.filter(|detail| owned(call, detail)) else {
        return Err(Refused::new("DetailNotExist", "The call detail does not exist."));
    };
    let record = record(&detail, call.now);
    Ok(view::project(call.operation.fields, &record, &call.world.switches).into())
}

/// Whether the callee's task is the caller's; one that is gone is everybody's.
fn owned(call: &Call<'_>, detail: &Object) -> bool {
    let id = detail.get("TaskId").map(plain).unwrap_or_default();
    call.world.store.task(&id).is_none_or(|task| task.account == call.account)
}

/// A callee who was called has an id of the call, which a seed may set.
fn id(detail: &Object, name: &str) -> Option<String> {
    match (detail.get(name), name) {
        (Some(value), _) => Some(plain(value)),
        (None, "CallId") => detail.get("DetailId").map(|id| format!("call-{}", plain(id))),
        (None, _) => None,
    }
}

fn record(detail: &Object, now: i64) -> Object {
    let answered = detail.get("Status").and_then(Value::as_i64) == Some(4);
    let number = |name: &str| detail.get(name).and_then(Value::as_i64);
    let begin = number("CallingTime").unwrap_or(now);
    let duration = number("ConversationDuration").unwrap_or(if answered { 23 } else { 0 });
    let name = id(detail, "DetailId").unwrap_or_default();
    let mut record = detail.clone();
    let mut put = |name: &str, value: Value| {
        record.entry(name.to_owned()).or_insert(value);
    };
    put("CallId", id(detail, "CallId").into());
    put("CalledPhone", detail.get("CalledNumber").cloned().unwrap_or_default());
    put("CallerPhone", "0537022000".into());
    put("Duration", duration.into());
    if answered {
        put("CallResult", "ANSWERED".into());
        put("ConversationRecord", TURNS.into());
        put("ConversationTurnCount", 2.into());
        put("HangupDirection", "1".into());
        put("MajorIntent", "同意".into());
        put("OutputTags", json!([{ "Id": "1", "OutputTagName": "意向", "OutputTagValue": "高" }]));
        put("StatusCode", "200000".into());
        put("StartCallTime", begin.into());
        put("PickUpTime", (begin + 4_000).into());
        put("ReleaseTime", (begin + 4_000 + duration * 1000).into());
        put(
            "RecordingFileDownloadUrl",
            format!("https://recordings.example.com/{name}.wav?Expires=1&Signature=emulated")
                .into(),
        );
    }
    let variables = detail.get("Variables").and_then(Value::as_object).cloned().unwrap_or_default();
    let variable = |(place, (name, value)): (usize, (&String, &Value))| json!({ "Id": place.to_string(), "Key": name, "Name": name, "Value": plain(value) });
    record.insert("Variables".to_owned(), variables.iter().enumerate().map(variable).collect());
    record
}

const TURNS: &str = r#"[{"role":"assistant","content":"您好，这里是客户回访。"},{"role":"user","content":"你好。"},{"role":"assistant","content":"谢谢，再见。"},{"role":"user","content":"再见。"}]"#;
