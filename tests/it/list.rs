//! The list resource over gRPC, as hosts from 1.14 on call it: identities, whole objects, limits, filters.

use aiccs_emulator::contract;
use serde_json::{Value as Json, json};
use terraform_plugin::json as state;
use terraform_plugin::value::Value;
use terraform_provider_aiccs::list_resources::call_task as list;
use terraform_provider_aiccs::task::table::{IDENTITY, SCHEMA};
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::support::cloud::Cloud;
use crate::support::core::{Told, configured, decode, encode, told};

#[derive(Debug)]
struct Listed {
    id: String,
    name: String,
    object: Option<Value>,
}

/// What is listed, and what is told.
async fn list(
    client: &mut ProviderClient<Channel>,
    config: &Json,
    whole: bool,
    limit: i64,
) -> (Vec<Listed>, Vec<Told>) {
    let config = state::decode(config.to_string().as_bytes(), &list::SCHEMA).unwrap();
    let request = pb::list_resource::Request {
        type_name: "aiccs_call_task".to_owned(),
        config: encode(&config, &list::SCHEMA),
        include_resource_object: whole,
        limit,
    };
    let mut events = client.list_resource(request).await.unwrap().into_inner();
    let (mut all, mut said) = (Vec::new(), Vec::new());
    while let Some(event) = events.message().await.unwrap() {
        said.extend(told(event.diagnostic));
        let Some(identity) = event.identity else { continue };
        let id = decode(identity.identity_data, &IDENTITY).get("task_id").clone();
        all.push(Listed {
            id: id.as_str().unwrap().to_owned(),
            name: event.display_name,
            object: event.resource_object.map(|object| decode(Some(object), &SCHEMA)),
        });
    }
    (all, said)
}

/// So many tasks, every fifth of them of the call engine.
fn seeded(count: usize) -> Cloud {
    let cloud = Cloud::start();
    let task = |n: usize| {
        json!({
            "TaskName": format!("task {n:04}"), "Status": n % 4, "Source": i32::from(n % 5 == 4),
            "StartType": "IMMEDIATE", "ConcurrentCount": 7, "AgentName": "a", "AgentId": "9",
        })
    };
    cloud.ask("POST", "/__tasks", Some(&(0..count).map(task).collect()));
    cloud
}

#[tokio::test]
async fn every_task_is_listed_once() {
    let cloud = seeded(130);
    let (_plugin, mut client) = configured(&cloud).await;
    for switch in ["with_source_only", "always"] {
        cloud.switch(&[("list_engine_tasks", switch)]);
        let (all, told) = list(&mut client, &json!({}), false, 0).await;
        assert!(told.is_empty() && all.iter().all(|listed| listed.object.is_none()), "{told:?}");
        let mut names: Vec<_> = all.iter().map(|listed| listed.name.clone()).collect();
        names.sort();
        assert_eq!(names, (0..130).map(|n| format!("task {n:04}")).collect::<Vec<_>>());
    }
    assert!(cloud.journal().iter().all(|call| call["operation"] == "QueryAiCallTaskPage"));
}

#[tokio::test]
async fn a_limit_ends_the_queries_too() {
    let cloud = seeded(130);
    let (_plugin, mut client) = configured(&cloud).await;
    let (all, _) = list(&mut client, &json!({}), false, 50).await;
    assert_eq!((all.len(), cloud.journal().len()), (50, 1));
    let (all, _) = list(&mut client, &json!({}), false, 51).await;
    assert_eq!((all.len(), cloud.journal().len()), (51, 3));
}

#[tokio::test]
async fn filters_are_those_of_the_data_source() {
    let cloud = seeded(40);
    let (_plugin, mut client) = configured(&cloud).await;
    let count = async |client: &mut _, config: Json| list(client, &config, false, 0).await.0.len();
    assert_eq!(count(&mut client, json!({ "task_name": "000" })).await, 10);
    assert_eq!(count(&mut client, json!({ "name_regex": "[05]$" })).await, 8);
    assert_eq!(count(&mut client, json!({ "status": "RUNNING" })).await, 10);
    assert_eq!(count(&mut client, json!({ "source": 1 })).await, 8);
    assert_eq!(count(&mut client, json!({ "source": 0, "status": "INIT" })).await, 8);
    assert_eq!(count(&mut client, json!({ "agent_name": "b" })).await, 0);
    for row in &list::FIELDS {
        let Some(write) = row.write else { continue };
        let operation = contract::operation("QueryAiCallTaskPage").unwrap();
        assert!(operation.parameters.iter().any(|p| p.name == write.parameter));
    }
}

#[tokio::test]
async fn whole_objects_are_the_states_that_an_import_reads() {
    let cloud = seeded(6);
    let (_plugin, mut client) = configured(&cloud).await;
    let (all, told) = list(&mut client, &json!({}), true, 0).await;
    assert_eq!((all.len(), told.len()), (6, 0), "{told:?}");
    for listed in all {
        let request = pb::import_resource_state::Request {
            type_name: "aiccs_call_task".to_owned(),
            id: listed.id.clone(),
            ..Default::default()
        };
        let imported = client.import_resource_state(request).await.unwrap().into_inner();
        let imported = imported.imported_resources.into_iter().next().unwrap();
        let request = pb::read_resource::Request {
            type_name: "aiccs_call_task".to_owned(),
            current_state: imported.state,
            private: imported.private,
            ..Default::default()
        };
        let read = client.read_resource(request).await.unwrap().into_inner();
        assert_eq!(listed.object, Some(decode(read.new_state, &SCHEMA)), "{}", listed.name);
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told() {
    let cloud = seeded(60);
    let (_plugin, mut client) = configured(&cloud).await;
    cloud.faults(json!([
        { "operation": "QueryAiCallTaskPage", "kind": "forbidden_ram", "times": 1, "skip": 1 }
    ]));
    let (all, said) = list(&mut client, &json!({}), false, 0).await;
    assert_eq!((all.len(), said[0].summary.as_str()), (48, "Could not list call tasks"));
    let config = state::decode(br#"{ "name_regex": "(" }"#, &list::SCHEMA).unwrap();
    let request = pb::validate_list_resource_config::Request {
        type_name: "aiccs_call_task".to_owned(),
        config: encode(&config, &list::SCHEMA),
        ..Default::default()
    };
    let answer = client.validate_list_resource_config(request).await.unwrap().into_inner();
    let said = told(answer.diagnostics);
    assert_eq!((said.len(), said[0].attribute.as_str()), (1, "name_regex"));
}
