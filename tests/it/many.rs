//! A hundred thousand callees in one request: each is in the service once, and the provider holds hardly more than the
//! request.

use std::collections::HashSet;

use serde_json::json;
use terraform_plugin::json as state;
use terraform_plugin::value::Value;
use terraform_provider_aiccs::resources::callee_batch::table::SCHEMA;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::support::cloud::Cloud;
use crate::support::core::{configured, decode, encode, peak, told};

/// A configuration with so many callees.
fn batch(task: &str, count: usize) -> Value {
    let callee = |n| {
        json!({
            "number": format!("138{n:08}"), "out_id": format!("order-{n}"),
            "variables": { "name": "王小明", "date": "2026-12-01" },
        })
    };
    let callees: Vec<_> = (0..count).map(callee).collect();
    let config = json!({ "task_id": task, "callees_wo": callees, "callees_wo_version": 1 });
    state::decode(config.to_string().as_bytes(), &SCHEMA).unwrap()
}

/// Validates, plans and applies; the new state and the size of the configuration as it travels.
async fn applied(client: &mut ProviderClient<Channel>, config: &Value) -> (Value, usize) {
    let config = encode(config, &SCHEMA);
    let size = config.as_ref().unwrap().msgpack.len();
    let name = || "aiccs_callee_batch".to_owned();
    let request = pb::validate_resource_config::Request {
        type_name: name(),
        config: config.clone(),
        client_capabilities: Some(pb::ClientCapabilities {
            write_only_attributes_allowed: true,
            ..Default::default()
        }),
    };
    let answer = client.validate_resource_config(request).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty(), "{:?}", told(answer.diagnostics));
    let request = pb::plan_resource_change::Request {
        type_name: name(),
        config: config.clone(),
        proposed_new_state: config.clone(),
        ..Default::default()
    };
    let plan = client.plan_resource_change(request).await.unwrap().into_inner();
    let announced = told(plan.diagnostics);
    assert!(announced.iter().all(|told| !told.error), "{announced:?}");
    let request = pb::apply_resource_change::Request {
        type_name: name(),
        config,
        planned_state: plan.planned_state,
        planned_private: plan.planned_private,
        ..Default::default()
    };
    let answer = client.apply_resource_change(request).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty(), "{:?}", told(answer.diagnostics));
    (decode(answer.new_state, &SCHEMA), size)
}

#[tokio::test]
async fn a_hundred_thousand_callees_are_in_once_each() {
    let count = 100_000;
    let cloud = Cloud::start();
    let task = cloud.ask("POST", "/__tasks", Some(&json!({ "TaskName": "t", "Status": 2 })));
    let task = task["TaskId"].as_str().unwrap();
    let (plugin, mut client) = configured(&cloud).await;
    let process = plugin.process.id();
    // One callee first: the HTTP client and the certificates are loaded.
    applied(&mut client, &batch(task, 1)).await;
    let before = cfg!(target_os = "linux").then(|| peak(process));
    let other = cloud.ask("POST", "/__tasks", Some(&json!({ "TaskName": "u", "Status": 2 })));
    let config = batch(other["TaskId"].as_str().unwrap(), count);
    let (state, request) = applied(&mut client, &config).await;
    assert_eq!(state.get("imported_count"), &Value::int(100_000));
    assert_eq!(state.get("batch_ids").count(), 100);
    let details = cloud.ask("GET", "/__details", None);
    let details = details.as_array().unwrap();
    let numbers: HashSet<_> = details.iter().map(|d| d["CalledNumber"].as_str().unwrap()).collect();
    assert_eq!((details.len(), numbers.len()), (count + 1, count));
    if let Some(before) = before {
        let more = peak(process) - before;
        let times = more as f64 / request as f64;
        println!(
            "request {request} bytes, before {before}, {more} more: {times:.2} times the request"
        );
        assert!(more <= 3 * request, "{more} bytes for a request of {request}: {times:.2} times");
    }
}
