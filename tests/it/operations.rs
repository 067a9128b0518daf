//! The client's operations on callees, agents and voices, against the emulator: what is sent, what is read.

use std::time::Duration;

use aliyun::aiccs::{NOT_CALLED, TaskId, exact};
use aliyun::client::{Client, Config, Endpoint, Parameters, Wait};
use aliyun::credentials::{Credentials, Source};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::cloud::{Cloud, KEY, SECRET};

pub fn client(cloud: &Cloud) -> Client {
    let endpoint = Endpoint::parse(&cloud.endpoint()).unwrap();
    Client::new(Config::new(endpoint, Source::fixed(Credentials::of_user(KEY, SECRET)))).unwrap()
}

pub fn wait() -> Wait {
    Wait::new(CancellationToken::new(), Duration::from_secs(60))
}

async fn task(client: &Client) -> TaskId {
    let parameters = Parameters::new()
        .with("TaskName", "t")
        .with("AgentId", "118000000000000001")
        .with("VirtualNumber", "0537022000")
        .with("StartType", "IMMEDIATE")
        .with("CallTime", r#"["{\"startTime\":\"09:00:00\",\"endTime\":\"12:00:00\"}"]"#)
        .with("CallDay", r#"["MONDAY"]"#);
    client.create_ai_call_task(parameters, &wait()).await.unwrap().0
}

fn callees(count: usize) -> Vec<Value> {
    (0..count)
        .map(|n| json!({ "calleeNumber": format!("138{n:08}"), "outId": format!("o{n}"), "name": "王 &+=" }))
        .collect()
}

#[tokio::test]
async fn callees_are_imported_found_and_cancelled() {
    let cloud = Cloud::start();
    let client = client(&cloud);
    let id = task(&client).await;
    let (batch, _) =
        client.import_task_number_datas(&id, callees(120), Some(0), &wait()).await.unwrap();
    assert_eq!(batch.len(), 18, "a batch id stays exact: {batch}");
    let filters = Parameters::new().with("TaskId", id.as_str()).with("Status", "0");
    let found = client.query_ai_call_detail_page(&filters, &wait()).await.unwrap();
    assert_eq!(found.len(), 120, "over all pages");
    assert_eq!(found[0]["BatchId"], json!(batch));
    let details: Vec<&Value> = found.iter().take(2).map(|detail| &detail["DetailId"]).collect();
    let list = json!([details[0], details[1], "7"]).to_string();
    let some = Parameters::new().with("TaskId", id.as_str()).with("DetailIdList", list);
    let cancelled = client.cancel_ai_call_details(some, &wait()).await.unwrap();
    assert_eq!((cancelled.total, cancelled.succeeded, cancelled.failed), (3, 2, 1));
    assert_eq!(cancelled.reasons[0].0, "7");
    let whole = Parameters::new().with("TaskId", id.as_str()).with("BatchId", batch);
    let cancelled = client.cancel_ai_call_details(whole, &wait()).await.unwrap();
    assert_eq!((cancelled.total, cancelled.failed), (120, 2), "{cancelled:?}");
}

#[tokio::test]
async fn an_import_whose_answer_is_lost_is_never_sent_again() {
    for (fault, batches) in
        [("drop_after", 1), ("drop_before", 0), ("http_500", 0), ("http_503", 0)]
    {
        let cloud = Cloud::start();
        let client = client(&cloud);
        let id = task(&client).await;
        cloud.fault("ImportTaskNumberDatas", fault);
        client.import_task_number_datas(&id, callees(1), None, &wait()).await.unwrap_err();
        let imports = cloud.writes();
        let imports = imports.iter().filter(|name| *name == "ImportTaskNumberDatas").count();
        let details = cloud.ask("GET", "/__details", None);
        assert_eq!((imports, details.as_array().unwrap().len()), (1, batches), "{fault}");
    }
}

#[tokio::test]
async fn a_throttled_import_is_sent_again() {
    let cloud = Cloud::start();
    let client = client(&cloud);
    let id = task(&client).await;
    cloud.fault("ImportTaskNumberDatas", "throttle_plain");
    client.import_task_number_datas(&id, callees(1), None, &wait()).await.unwrap();
    assert_eq!(cloud.ask("GET", "/__details", None).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn agents_and_voices_are_listed_with_exact_ids() {
    let seeds: Vec<String> = (0..60).map(|n| format!("1180000000000000{n:02}=agent {n}")).collect();
    let arguments: Vec<&str> = seeds.iter().flat_map(|seed| ["--agent", seed]).collect();
    let cloud = Cloud::with(&arguments);
    let client = client(&cloud);
    let agents = client.page_query_agent_list_new(&Parameters::new(), &wait()).await.unwrap();
    assert_eq!(agents.len(), 60);
    let ids: Vec<String> = agents.iter().filter_map(|agent| exact(&agent["AgentId"])).collect();
    assert!(ids.contains(&"118000000000000059".to_owned()), "{ids:?}");
    let filter = Parameters::new().with("VoiceType", "SYSTEM");
    let voices = client.list_available_tts(filter, &wait()).await.unwrap();
    assert!(!voices.is_empty() && voices.iter().all(|voice| voice["VoiceType"] == "SYSTEM"));
}

/// Every operation of AICCS that the documents have is either called or named with the reason why not.
#[test]
fn every_operation_of_the_catalogue_is_used_or_named() {
    let source = include_str!("../../crates/aliyun/src/aiccs.rs");
    let called = |name: &str| {
        let statics = source.replace("\npub static ", "\nstatic ");
        let mut statics =
            statics.split("\nstatic ").skip(1).filter_map(|text| text.split(';').next());
        statics.any(|text| text.contains(&format!("\"{name}\"")))
    };
    let named = |name: &str| {
        NOT_CALLED.iter().any(|not| not.operations.contains(&name) && not.reason.len() > 20)
    };
    let all = aiccs_emulator::contract::operations();
    let all = all.filter(|operation| operation.version == aiccs_emulator::contract::AICCS);
    let all: Vec<&str> = all.map(|operation| operation.name).collect();
    for name in &all {
        assert!(
            called(name) != named(name),
            "{name}: called {}, named as not called {}",
            called(name),
            named(name)
        );
    }
    let count: usize = NOT_CALLED.iter().map(|not| not.operations.len()).sum();
    assert_eq!(all.iter().filter(|name| named(name)).count(), count);
}

/// What the official SDK sends for one page, our client sends too.
#[tokio::test]
async fn the_pager_travels_as_the_official_sdk_sends_it() {
    let captured: Value =
        serde_json::from_str(include_str!("../../crates/aliyun/tests/data/sdk-requests.json"))
            .unwrap();
    let request = &captured["requests"][0];
    assert_eq!(request["operation"], "ListServiceInstanceForPage");
    let text = request["query"]["Pager"].as_str().unwrap();
    let ours = text.replace("\"PageIndex\":2", "\"PageIndex\":1").replace("100}", "50}");
    let cloud = Cloud::start();
    let endpoint = Endpoint::parse(&cloud.endpoint()).unwrap();
    let mut config = Config::new(
        Endpoint::parse("http://127.0.0.1:1").unwrap(),
        Source::fixed(Credentials::of_user(KEY, SECRET)),
    );
    config.products.push((aliyun::dyvms::PRODUCT, endpoint));
    let client = Client::new(config).unwrap();
    let filters = Parameters::new().with("Code", "0537022000");
    let found = client.list_service_instance_for_page(&filters, &wait()).await.unwrap();
    assert_eq!((found.len(), &found[0]["InstanceStatus"]), (1, &json!("usable")));
    let sent = &cloud.journal()[0];
    assert_eq!(
        (&sent["parameters"]["Pager"], &sent["parameters"]["Code"]),
        (&json!(ours), &json!("0537022000"))
    );
}

/// A list of so many tasks with names of so many letters, and the pages that it took, by their numbers.
async fn listed(count: usize, letters: usize) -> (usize, Vec<usize>) {
    let cloud = Cloud::start();
    let name = |n: usize| format!("{n}{}", "x".repeat(letters));
    let tasks: Vec<Value> = (0..count).map(|n| json!({ "TaskName": name(n) })).collect();
    cloud.ask("POST", "/__tasks", Some(&json!(tasks)));
    let client = client(&cloud);
    let found = client.query_ai_call_task_page(&Parameters::new(), &wait()).await.unwrap();
    let number = |entry: &Value| entry["parameters"]["PageNo"].as_str()?.parse().ok();
    let mut pages: Vec<usize> = cloud.journal().iter().filter_map(number).collect();
    pages.sort_unstable();
    (found.len(), pages)
}

#[tokio::test]
async fn pages_side_by_side_are_asked_for_once_each() {
    assert_eq!(listed(1020, 1).await, (1020, (1..=21).collect::<Vec<_>>()));
    assert_eq!(listed(50, 1).await, (50, vec![1, 2]));
    assert_eq!(listed(0, 1).await, (0, vec![1]));
}

/// Long pages are not held all at once: they are asked for anew, one after the other.
#[tokio::test]
async fn long_pages_come_one_after_the_other() {
    let (count, pages) = listed(160, 30_000).await;
    assert_eq!((count, pages), (160, vec![1, 2, 2, 3, 3, 4, 4]));
}
