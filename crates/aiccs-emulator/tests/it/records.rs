//! What calls leave behind, and what they are made from: conversation records and service instances.

use aiccs_emulator::Running;
use serde_json::{Value, json};

use super::client::{Client, Reply, fresh, set};

const DYVMS: &str = "2017-05-25";

async fn instances(client: &Client<'_>, query: &[(&str, &str)]) -> Reply {
    let request = client.request("POST", "ListServiceInstanceForPage", DYVMS, query, &[]);
    client.send(&request).await
}

fn seed(emulator: &Running, count: usize) {
    let instance = |place| json!({ "Code": format!("c{place}"), "SceneId": place % 2, "RelationNumbers": [place] });
    let list: Vec<Value> = (0..count).map(instance).collect();
    let shown = emulator.control(&json!({ "instances": list }));
    assert!(shown.get("error").is_none(), "{shown}");
}

#[tokio::test]
async fn service_instances_come_in_pages_under_model() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let built_in = instances(&client, &[]).await;
    assert_eq!(built_in.json["Model"]["TotalCount"], 3, "{}", built_in.text);
    assert_eq!(built_in.json["Model"]["Records"][0]["InstanceStatus"], "usable");
    assert!(built_in.json.get("Data").is_none());
    seed(&emulator, 25);
    let page = |pager: &'static str| {
        let client = &client;
        async move { instances(client, &[("Pager", pager)]).await }
    };
    let model = page(r#"{"PageIndex":3,"PageSize":10}"#).await.json["Model"].clone();
    assert_eq!(model["Records"].as_array().unwrap().len(), 5);
    assert_eq!(
        [&model["PageNo"], &model["PageSize"], &model["TotalCount"], &model["TotalPage"]],
        [3, 10, 25, 3]
    );
    assert_eq!(
        instances(&client, &[]).await.json["Model"]["Records"].as_array().unwrap().len(),
        10
    );
    assert_eq!(page(r#"{"PageSize":101}"#).await.code(), "InvalidParameter.Pager");
    for (filter, count) in [
        (("Code", "c7"), 1),
        (("SceneId", "1"), 12),
        (("RelationNumber", "7"), 1),
        (("UsageId", "1"), 0),
    ] {
        let found = instances(&client, &[filter]).await;
        assert_eq!(found.json["Model"]["TotalCount"], count, "{filter:?}");
        assert!(!found.text.contains("RelationNumbers"));
    }
}

/// A callee who was called, and his detail's id.
async fn called(emulator: &Running, client: &Client<'_>) -> String {
    emulator.ask("POST", "/__tasks", &json!({ "TaskId": "7", "TaskName": "seven", "Status": 2 }));
    let sent = [
        ("TaskId", "7"),
        ("PhoneNumber", "13800001111"),
        ("OutId", "o-1"),
        ("Variables", r#"{"name":"王"}"#),
    ];
    let id = client.call("ImportOneTaskPhoneNumber", &sent).await.data()["DetailId"].to_string();
    emulator.ask(
        "PATCH",
        &format!("/__details/{id}"),
        &json!({ "Status": 4, "ConversationDuration": 23 }),
    );
    id
}

#[tokio::test]
async fn a_call_that_was_answered_left_a_conversation() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = called(&emulator, &client).await;
    let call = format!("call-{id}");
    let ask = |ids: Vec<(&'static str, String)>| {
        let client = &client;
        async move {
            let ids: Vec<(&str, &str)> =
                ids.iter().map(|(name, id)| (*name, id.as_str())).collect();
            client.call("QueryConversationDetailInfoNew", &ids).await
        }
    };
    let by = |name, id: &str| vec![(name, id.to_owned())];
    for ids in [by("DetailId", &id), by("CallId", &call), by("OutId", "o-1"), by("TaskId", "7")] {
        let reply = ask(ids.clone()).await;
        let data = reply.data();
        assert_eq!(
            [&data["DetailId"], &data["CalledPhone"], &data["Duration"]],
            [&json!(id), &json!("13800001111"), &json!(23)],
            "{ids:?}: {}",
            reply.text
        );
        let turns: Vec<Value> =
            serde_json::from_str(data["ConversationRecord"].as_str().unwrap()).unwrap();
        assert!(
            turns
                .iter()
                .all(|turn| ["user", "assistant"].contains(&turn["role"].as_str().unwrap()))
        );
        assert_eq!(data["Variables"][0]["Key"], "name");
    }
    assert_eq!(
        ask([by("DetailId", &id), by("OutId", "o-2")].concat()).await.code(),
        "DetailNotExist"
    );
    assert_eq!(ask(vec![]).await.code(), "MissingParameter.TaskId");
    set(&emulator, json!({ "call_record_requires": "task_id" }));
    assert_eq!(ask(by("DetailId", &id)).await.code(), "MissingParameter.TaskId");
    assert_eq!(ask([by("DetailId", &id), by("TaskId", "7")].concat()).await.code(), "OK");
}

#[tokio::test]
async fn every_request_of_the_official_sdk_is_known() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    called(&emulator, &client).await;
    let captured: Value = serde_json::from_str(include_str!("../data/sdk-requests.json")).unwrap();
    let requests = captured["requests"].as_array().unwrap();
    for request in requests {
        let text = |name: &str| request[name].as_str().unwrap();
        let query = request["query"].as_object().unwrap();
        let query: Vec<(&str, &str)> =
            query.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let bytes = client.request(text("method"), text("operation"), text("version"), &query, &[]);
        assert_eq!(client.send(&bytes).await.status, 200);
        let journal = emulator.journal();
        let entry = journal.as_array().unwrap().last().unwrap();
        assert_eq!(entry["unknown_parameters"], json!([]), "{entry}");
        assert_eq!(entry["operation"], text("operation"));
    }
    assert_eq!(requests.len(), 4);
}
