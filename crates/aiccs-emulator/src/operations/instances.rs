//! Service instances of the Voice Messaging Service: the seeded ones, else built-in and invented ones.
//! It must not know tasks.

use serde_json::{Value, json};

use super::super::object::Object;
use super::super::store::plain;
use super::super::view;
use super::{Call, Refused};

/// `Pager` is one JSON text; a page has ten unless it says otherwise, and a hundred at most.
pub(super) fn page(call: &mut Call<'_>) -> Result<Value, Refused> {
    let pager = call.arguments.get("Pager").and_then(Value::as_object);
    let number = |name: &str| pager?.get(name)?.as_i64();
    if number("PageSize").is_some_and(|size| !(1..=100).contains(&size)) {
        return Err(Refused::invalid("Pager", "PageSize is not within 1..100"));
    }
    let found = instances(call);
    let (items, frame) =
        view::page(found.iter().collect(), number("PageIndex"), number("PageSize"));
    let show = |item: &Object| view::project(call.operation.fields, item, &call.world.switches);
    let records: Vec<Value> = items.into_iter().map(|item| show(item).into()).collect();
    let size = frame.get("PageSize").and_then(Value::as_i64).unwrap_or(10);
    let size = usize::try_from(size).unwrap_or(10);
    Ok(json!({
        "PageNo": frame.get("PageNo"), "PageSize": size, "TotalCount": found.len(),
        "TotalPage": found.len().div_ceil(size), "Records": records,
    }))
}

/// Those that match. `RelationNumber` is one of a seed's member `RelationNumbers`, which no answer shows.
fn instances(call: &Call<'_>) -> Vec<Object> {
    let all = match call.world.store.instances() {
        [] => built_in(),
        seeded => seeded.to_vec(),
    };
    let arguments = &call.arguments;
    let same = |instance: &Object, name: &str| {
        !arguments.has(name) || instance.get(name).map(plain) == arguments.get(name).map(plain)
    };
    let related = |instance: &Object| {
        let numbers = instance.get("RelationNumbers").and_then(Value::as_array);
        !arguments.has("RelationNumber")
            || numbers.is_some_and(|numbers| {
                numbers.iter().any(|number| plain(number) == arguments.text("RelationNumber"))
            })
    };
    let matches = |instance: &Object| {
        ["Code", "SceneId", "UsageId"].iter().all(|name| same(instance, name)) && related(instance)
    };
    all.into_iter().filter(matches).collect()
}

/// Code, name, status, Chinese text of the status. `destory` is the service's own spelling.
const INSTANCES: [(&str, &str, &str, &str); 3] = [
    ("0537022000", "Emulated instance 1", "usable", "已绑定"),
    ("0571000012", "Emulated instance 2", "init", "未绑定"),
    ("0571000013", "Emulated instance 3", "destory", "未绑定"),
];

fn built_in() -> Vec<Object> {
    let instance = |(code, name, state, status): (&str, &str, &str, &str)| {
        let shown = json!({
            "AliUid": 1_234_567_890_123_456_i64, "Code": code, "Name": name, "InstanceStatus": state, "Status": status,
            "RelationTotalCount": 2, "RelationAvailableCount": 1, "SceneId": 1, "SceneName": "回访", "UsageId": 2,
            "UsageName": "外呼", "GmtCreate": "2026-01-02 03:04:05", "RelationNumbers": [code],
        });
        shown.as_object().cloned().unwrap_or_default()
    };
    INSTANCES.into_iter().map(instance).collect()
}
