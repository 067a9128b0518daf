//! Late operations: their answer is lost, and they are done afterwards, by the clock or when a test says so.

use aiccs_emulator::{Options, Running, start};
use serde_json::{Value, json};

use super::client::{Client, NOW, fresh, set};
use super::{created, status, update_with};

/// A task, and an emulator that holds the next calls of these operations.
async fn held(kind: &str, operations: &[&str]) -> (Running, String) {
    let emulator = fresh().await;
    let id = created(&Client::new(&emulator), &[]).await;
    set(
        &emulator,
        json!({ "late_operations": "held", "start_requires": "any", "stop_requires": "any" }),
    );
    let fault = |operation: &&str| json!({ "operation": operation, "kind": kind });
    emulator.control(&json!({ "faults": operations.iter().map(fault).collect::<Value>() }));
    (emulator, id)
}

#[tokio::test]
async fn held_operations_are_done_in_the_order_that_a_test_chooses() {
    let (emulator, id) = held("drop_late", &["StopAiCallTask", "StartAiCallTask"]).await;
    let client = Client::new(&emulator);
    let task = [("TaskId", id.as_str())];
    assert_eq!(client.call("StopAiCallTask", &task).await.status, 0);
    assert_eq!(client.call("StartAiCallTask", &task).await.status, 0);
    let due = |id: u64, operation: &str| json!({ "id": id, "operation": operation, "due_unix_millis": null });
    assert_eq!(emulator.late(), json!([due(1, "StopAiCallTask"), due(2, "StartAiCallTask")]));
    assert_eq!(status(&client, &id).await, 0);
    let done = |id: u64, operation: &str| json!({ "id": id, "operation": operation, "http_status": 200, "code": "OK", "success": true });
    assert_eq!(emulator.release(&json!({ "id": 2 })), json!([done(2, "StartAiCallTask")]));
    assert_eq!(status(&client, &id).await, 1);
    assert_eq!(emulator.release(&Value::Null), json!({ "error": "the body is not a JSON object" }));
    assert_eq!(emulator.release(&json!({})), json!([done(1, "StopAiCallTask")]));
    assert_eq!(status(&client, &id).await, 2);
    assert_eq!(emulator.late(), json!([]), "and each is done once");
    assert_eq!(emulator.release(&json!({})), json!([]));
    let nothing = json!({ "error": "nothing with the id 1 is due" });
    assert_eq!(emulator.release(&json!({ "id": 1 })), nothing);
    assert_eq!(
        emulator.release(&json!({ "sequence": 1 })),
        json!({ "error": "no \"sequence\"; there is: id" })
    );
}

#[tokio::test]
async fn the_journal_says_when_a_late_operation_was_done() {
    let (emulator, id) = held("drop_late", &["StopAiCallTask"]).await;
    let client = Client::new(&emulator);
    client.call("StopAiCallTask", &[("TaskId", "1")]).await;
    assert_eq!(emulator.journal()[1]["late"], json!({ "id": 1, "done_unix_millis": null }));
    assert_eq!(emulator.journal()[0]["late"], Value::Null);
    status(&client, &id).await;
    emulator.release(&json!({}));
    let late = emulator.journal()[1]["late"].clone();
    assert_eq!(late["code"], "TaskNotExist", "{late}");
    assert_eq!((&late["done_unix_millis"], &late["after_sequence"]), (&json!(NOW), &json!(3)));
    assert_eq!((&late["success"], &late["http_status"]), (&json!(false), &json!(200)));
}

#[tokio::test]
async fn every_operation_that_writes_can_be_late_in_each_way() {
    for kind in ["drop_late", "http_500_late"] {
        let operations = [
            "CreateAiCallTask",
            "UpdateAiCallTask",
            "StartAiCallTask",
            "ImportTaskNumberDatas",
            "CancelAiCallDetails",
        ];
        let (emulator, id) = held(kind, &operations).await;
        set(&emulator, json!({ "update_requires": "any" }));
        let client = Client::new(&emulator);
        let task = ("TaskId", id.as_str());
        let callees = ("PhoneNumberList", r#"[{"calleeNumber":"13800000001"}]"#);
        let create = super::create_with(&[("TaskName", "another")]);
        let replies = [
            client.call("CreateAiCallTask", &create).await,
            client.call("UpdateAiCallTask", &update_with(&id, &[])).await,
            client.call("StartAiCallTask", &[task]).await,
            client.form("ImportTaskNumberDatas", &[task, ("DataType", "JSON")], &[callees]).await,
            client.call("CancelAiCallDetails", &[task, ("BatchId", "1")]).await,
        ];
        let status = if kind == "drop_late" { 0 } else { 500 };
        assert!(replies.iter().all(|reply| reply.status == status), "{replies:?}");
        assert_eq!(emulator.tasks().as_array().unwrap().len(), 1);
        assert_eq!(emulator.ask("GET", "/__details", &Value::Null), json!([]));
        let released = emulator.release(&json!({}));
        let released: Vec<_> =
            released.as_array().unwrap().iter().map(|done| done["operation"].clone()).collect();
        assert_eq!(json!(released), json!(operations));
        let tasks = emulator.tasks();
        assert_eq!((&tasks[0]["ConcurrentCount"], &tasks[0]["Status"]), (&json!(7), &json!(1)));
        assert_eq!(tasks[1]["TaskName"], "another");
        assert_eq!(emulator.ask("GET", "/__details", &Value::Null).as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn by_the_clock_it_is_done_by_itself_and_a_release_comes_first() {
    let emulator = start(Options::default()).await.unwrap();
    let client = Client { now: jiff::Timestamp::now().as_millisecond(), ..Client::new(&emulator) };
    let id = created(&client, &[]).await;
    set(&emulator, json!({ "stop_requires": "any" }));
    let task = [("TaskId", id.as_str())];
    let strike = |kind: &str, millis: u64| {
        emulator.control(&json!({ "faults": [{ "operation": "StopAiCallTask", "kind": kind, "millis": millis }] }))
    };
    strike("drop_late", 20);
    client.call("StopAiCallTask", &task).await;
    assert!(emulator.journal()[1]["late"]["id"] == 1);
    let settled = client.send(&client.bytes("GET", "/__settled", &[], "")).await;
    assert_eq!(settled.json, json!([]), "it answers once that is done");
    assert_eq!(status(&client, &id).await, 2);
    strike("hang_late", 3_600_000);
    let arrived = async {
        while emulator.late() == json!([]) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = client.call("StopAiCallTask", &task) => panic!("an answer came"),
        () = arrived => {}
    }
    let due = emulator.late()[0]["due_unix_millis"].as_i64().unwrap();
    assert!(due > client.now + 3_000_000);
    assert_eq!(emulator.release(&json!({}))[0]["code"], "OK");
    assert_eq!(emulator.late(), json!([]));
}

#[tokio::test]
async fn a_time_that_passes_after_a_release_does_nothing_more() {
    let emulator = start(Options::default()).await.unwrap();
    let client = Client { now: jiff::Timestamp::now().as_millisecond(), ..Client::new(&emulator) };
    let id = created(&client, &[]).await;
    let lose = |operation: &str, millis: u64| {
        let fault = json!({ "operation": operation, "kind": "drop_late", "millis": millis });
        emulator.control(&json!({ "faults": [fault] }))
    };
    lose("ImportTaskNumberDatas", 100);
    let callees = ("PhoneNumberList", r#"[{"calleeNumber":"13800000001"}]"#);
    let import = [("TaskId", id.as_str()), ("DataType", "JSON")];
    client.form("ImportTaskNumberDatas", &import, &[callees]).await;
    emulator.ask("DELETE", "/__control", &Value::Null);
    emulator.ask("DELETE", "/__journal", &Value::Null);
    assert_eq!(emulator.release(&json!({}))[0]["code"], "OK", "it is neither fault nor journal");
    // Due after the first one's time: once it is done, that has passed.
    lose("StopAiCallTask", 200);
    client.call("StopAiCallTask", &import[..1]).await;
    let settled = client.send(&client.bytes("GET", "/__settled", &[], "")).await;
    assert_eq!(settled.json, json!([]));
    assert_eq!(emulator.ask("GET", "/__details", &Value::Null).as_array().unwrap().len(), 1);
}
