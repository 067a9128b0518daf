//! How many calls a refresh takes: pages of the list serve many tasks at once, and never cost much more than they save.

use serde_json::{Value as Json, json};
use terraform_plugin::json as state_json;
use terraform_plugin::value::Value;
use terraform_provider_aiccs::task::table::SCHEMA;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::support::cli::{Terraform, task};
use crate::support::cloud::Cloud;
use crate::support::core::{configured, decode, encode, told};

/// So many tasks, by their ids.
fn seeded(cloud: &Cloud, count: usize) -> Vec<String> {
    let task = |n: usize| {
        json!({ "TaskName": format!("t{n}"), "StartType": "IMMEDIATE", "Source": 0, "Status": 1 + n % 2, "AgentId": "9",
            "ConcurrentCount": 5 })
    };
    let made = cloud.ask("POST", "/__tasks", Some(&(0..count).map(task).collect()));
    made.as_array()
        .unwrap()
        .iter()
        .map(|task| task["TaskId"].as_str().unwrap().to_owned())
        .collect()
}

async fn read(client: &mut ProviderClient<Channel>, id: &str) -> Value {
    let state = json!({ "id": id, "task_id": id, "source": 0 });
    let request = pb::read_resource::Request {
        type_name: "aiccs_call_task".to_owned(),
        current_state: encode(
            &state_json::decode(state.to_string().as_bytes(), &SCHEMA).unwrap(),
            &SCHEMA,
        ),
        private: b"{\"account\":\"1\"}".to_vec().into(),
        ..Default::default()
    };
    let answer = client.read_resource(request).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty(), "{:?}", told(answer.diagnostics));
    decode(answer.new_state, &SCHEMA)
}

/// Refreshes tasks, ten at once as Terraform does; the calls it took, each read held against the service.
async fn refreshed(cloud: &Cloud, ids: &[String]) -> usize {
    let (_plugin, client) = configured(cloud).await;
    cloud.ask("DELETE", "/__journal", None);
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(10));
    let mut reads = tokio::task::JoinSet::new();
    for id in ids.iter().cloned() {
        let (mut client, gate) = (client.clone(), gate.clone());
        reads.spawn(async move {
            let _turn = gate.acquire().await.unwrap();
            (read(&mut client, &id).await, id)
        });
    }
    let (mut status, mut count) = (std::collections::HashMap::new(), 0);
    for task in cloud.tasks() {
        status.insert(task["TaskId"].as_str().unwrap().to_owned(), task["Status"].clone());
    }
    while let Some(read) = reads.join_next().await {
        let (value, id) = read.unwrap();
        let expected = if status[&id] == json!(1) { "RUNNING" } else { "STOPPED" };
        assert_eq!(value.get("status").as_str(), Some(expected), "{id}");
        count += 1;
    }
    assert_eq!(count, ids.len());
    let is_ours =
        |entry: &Json| entry["operation"].as_str().is_some_and(|name| name.contains("AiCallTask"));
    cloud.journal().iter().filter(|entry| is_ours(entry)).count()
}

#[tokio::test]
async fn many_tasks_share_pages() {
    for (count, most) in [(1, 2), (2, 5), (100, 105), (400, 420)] {
        let cloud = Cloud::start();
        let ids = seeded(&cloud, count);
        let calls = refreshed(&cloud, &ids).await;
        assert!(calls <= most, "{calls} calls for {count} tasks");
    }
}

#[tokio::test]
async fn a_few_among_many_pay_little_more_than_for_themselves() {
    let cloud = Cloud::start();
    let all = seeded(&cloud, 2_000);
    let ours: Vec<String> = all.into_iter().step_by(50).collect();
    let calls = refreshed(&cloud, &ours).await;
    assert!(calls * 10 <= ours.len() * 22, "{calls} calls for {} tasks", ours.len());
}

#[tokio::test]
async fn what_this_process_has_changed_is_asked_for_by_itself() {
    let cloud = Cloud::start();
    let ids = seeded(&cloud, 4);
    let (_plugin, mut client) = configured(&cloud).await;
    for id in &ids {
        read(&mut client, id).await;
    }
    // The pages are known now, and say that it runs.
    let before = read(&mut client, &ids[2]).await;
    assert_eq!(before.get("status").as_str(), Some("RUNNING"));
    let mut planned = before.clone();
    planned.put("desired_status", Value::string("STOPPED"));
    for name in ["status", "start_failed_reason"] {
        planned.put(name, Value::Unknown);
    }
    let mut config = SCHEMA.empty();
    for name in ["task_name", "agent_id", "start_type"] {
        config.put(name, before.get(name).clone());
    }
    config.put("desired_status", Value::string("STOPPED"));
    let request = pb::apply_resource_change::Request {
        type_name: "aiccs_call_task".to_owned(),
        prior_state: encode(&before, &SCHEMA),
        planned_state: encode(&planned, &SCHEMA),
        config: encode(&config, &SCHEMA),
        ..Default::default()
    };
    client.apply_resource_change(request).await.unwrap();
    let now = cloud.ask("GET", &format!("/__tasks/{}", ids[2]), None)["Status"].clone();
    assert_eq!(now, json!(2), "it was stopped");
    assert_eq!(read(&mut client, &ids[2]).await.get("status").as_str(), Some("STOPPED"));
}

/// Plans that make tasks ask for all names and agents together.
#[test]
fn names_and_agents_of_many_creates_are_asked_together() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let name = [("task_name", "\"n-${count.index}\"")];
    terraform.write(&task(&name).replacen("{\n", "{\n  count = 40\n", 1));
    terraform.run(&["plan", "-no-color", "-out=saved"]).succeeds();
    let asked = cloud.journal().len();
    assert!(asked <= 5, "{asked} calls of the plan");
    terraform.run(&["apply", "-no-color", "saved"]).succeeds();
    let calls = cloud.journal().len();
    assert!(calls * 10 <= 40 * 32, "{calls} calls for 40 creates");
}
