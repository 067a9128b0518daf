//! The record of a call as an ephemeral resource, over gRPC and through the real host; and one callee by an action.

use serde_json::{Value as Json, json};
use terraform_plugin::driver::{EphemeralResource as _, Provider as _};
use terraform_plugin::json as text;
use terraform_plugin::value::Value;
use terraform_provider_aiccs::ephemeral_resources::call_record::{CallRecord, FIELDS, TAG};
use terraform_provider_aiccs::provider::Aiccs;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::support::cli::Terraform;
use crate::support::cloud::Cloud;
use crate::support::core::{Told, configured, decode, encode, told};

const MARKER: &str = "1389999";

/// An emulator with a callee who was called, and his detail's id.
fn called() -> (Cloud, String) {
    let cloud = Cloud::start();
    cloud.ask(
        "POST",
        "/__tasks",
        Some(&json!({ "TaskId": "7", "TaskName": "seven", "Status": 2, "AgentId": "1" })),
    );
    let detail = import(&cloud, "o-1");
    cloud.ask(
        "PATCH",
        &format!("/__details/{detail}"),
        Some(&json!({ "Status": 4, "ConversationDuration": 23 })),
    );
    (cloud, detail)
}

/// Imports a callee as the console would.
fn import(cloud: &Cloud, out_id: &str) -> String {
    let client = crate::operations::client(cloud);
    let parameters = aliyun::client::Parameters::new()
        .with("TaskId", "7")
        .with("PhoneNumber", format!("{MARKER}0000"))
        .with("OutId", out_id)
        .with("Variables", r#"{"name":"王"}"#);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime
        .block_on(client.import_one_task_phone_number(parameters, &crate::operations::wait()))
        .unwrap()
        .0
}

async fn open(client: &mut ProviderClient<Channel>, config: &Json) -> (Value, Vec<Told>) {
    let schema = CallRecord.schema();
    let config = text::decode(config.to_string().as_bytes(), schema).unwrap();
    let request = pb::open_ephemeral_resource::Request {
        type_name: "aiccs_call_record".to_owned(),
        config: encode(&config, schema),
        client_capabilities: None,
    };
    let answer = client.open_ephemeral_resource(request).await.unwrap().into_inner();
    assert!(answer.renew_at.is_none() && answer.deferred.is_none());
    (decode(answer.result, schema), told(answer.diagnostics))
}

fn with<T>(run: impl AsyncFnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run())
}

#[test]
fn every_row_is_in_the_contract() {
    let operation = aiccs_emulator::contract::operation("QueryConversationDetailInfoNew").unwrap();
    for row in &FIELDS {
        if let Some(write) = row.write {
            assert!(operation.parameter(write.parameter).is_some(), "{}", write.parameter);
        }
        let read = row.read.unwrap().field;
        assert!(operation.field(read).is_some(), "{read}");
    }
    let shown: Vec<_> = FIELDS.iter().map(|row| row.read.unwrap().field).collect();
    let left: Vec<_> = operation
        .fields
        .iter()
        .map(|field| field.name)
        .filter(|name| !shown.contains(name))
        .collect();
    // They say how the number travels, and what state the callee is in: the data source tells both.
    assert_eq!(left, ["EncryptionType", "Status"]);
    assert_eq!(TAG.len(), 4);
}

#[test]
fn a_record_has_its_turns_and_stays_nowhere() {
    let (cloud, detail) = called();
    with(async || {
        let (_plugin, mut client) = configured(&cloud).await;
        for config in [
            json!({ "task_id": "7", "detail_id": detail }),
            json!({ "call_id": format!("call-{detail}") }),
            json!({ "out_id": "o-1" }),
        ] {
            let (record, told) = open(&mut client, &config).await;
            assert!(told.is_empty(), "{told:?}");
            assert_eq!(record.get("detail_id").as_str(), Some(&*detail), "{config}");
            assert_eq!(record.get("duration").as_int(), Some(23));
            let turns = record.get("transcript").elements().unwrap();
            assert_eq!((turns.len(), turns[0].get("role").as_str()), (4, Some("assistant")));
            assert_eq!(
                record.get("output_tags").elements().unwrap()[0].get("name").as_str(),
                Some("意向")
            );
            let Value::Map(variables) = record.get("variables") else { panic!("{record}") };
            assert_eq!(variables["name"].as_str(), Some("王"));
            assert!(
                record.get("recording_file_download_url").as_str().unwrap().starts_with("https://")
            );
        }
    });
}

#[test]
fn refusals_and_gaps_are_told() {
    let (cloud, detail) = called();
    with(async || {
        let (_plugin, mut client) = configured(&cloud).await;
        let (record, told) =
            open(&mut client, &json!({ "task_id": "7", "detail_id": "404" })).await;
        assert!(record.is_null() && told[0].detail.contains("DetailNotExist"), "{told:?}");
        let (_, told) = open(&mut client, &json!({})).await;
        assert!(told[0].summary == "Missing id" && told[0].attribute == "detail_id", "{told:?}");
        cloud.switch(&[("call_record_requires", "task_id")]);
        let (_, told) = open(&mut client, &json!({ "detail_id": detail })).await;
        assert!(told[0].detail.contains("TaskId"), "{told:?}");
        // What cannot be read is not repeated: it is what somebody has said.
        let spoilt = json!({ "ConversationRecord": "spoken words" });
        cloud.ask("PATCH", &format!("/__details/{detail}"), Some(&spoilt));
        let ids = json!({ "task_id": "7", "detail_id": detail });
        let (_, told) = open(&mut client, &ids).await;
        assert!(told[0].error && told[0].detail.contains("ConversationRecord"), "{told:?}");
        assert!(!told[0].detail.contains("spoken"), "{told:?}");
        let renewed = client.renew_ephemeral_resource(pb::renew_ephemeral_resource::Request {
            type_name: "aiccs_call_record".to_owned(),
            private: Some(b"kept".to_vec().into()),
        });
        assert_eq!(renewed.await.unwrap().into_inner().private.unwrap(), "kept");
        let close = |name: &str| pb::close_ephemeral_resource::Request {
            type_name: name.to_owned(),
            private: None,
        };
        let closed =
            client.close_ephemeral_resource(close("aiccs_call_record")).await.unwrap().into_inner();
        assert!(closed.diagnostics.is_empty());
        let closed =
            client.close_ephemeral_resource(close("aiccs_nothing")).await.unwrap().into_inner();
        assert!(closed.diagnostics[0].summary.contains("nknown"), "{closed:?}");
        let schema = Aiccs.ephemeral_resources()[0].schema();
        let request = pb::validate_ephemeral_resource_config::Request {
            type_name: "aiccs_call_record".to_owned(),
            config: encode(&schema.empty(), schema),
        };
        let told = client.validate_ephemeral_resource_config(request).await.unwrap().into_inner();
        assert_eq!(told.diagnostics.len(), 1);
    });
}

/// Ephemeral resources are known from Terraform 1.10 on.
#[test]
fn a_real_host_opens_it_in_plan_and_apply_and_writes_it_nowhere() {
    let (cloud, detail) = called();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let hcl = |longest: u32| {
        format!(
            "ephemeral \"aiccs_call_record\" \"r\" {{\n  task_id = \"7\"\n  detail_id = \"{detail}\"\n  lifecycle {{\n    postcondition {{\n      \
             condition = self.duration < {longest} && self.transcript[0].role == \"assistant\"\n      error_message = \"too long\"\n    }}\n  }}\n}}\n\
             resource \"terraform_data\" \"d\" {{}}\n"
        )
    };
    terraform.write(&hcl(23));
    terraform.plan().fails().says(&["too long"]);
    terraform.write(&hcl(24));
    terraform.apply();
    let state = std::fs::read_to_string(terraform.path().join("terraform.tfstate")).unwrap();
    assert!(
        !state.contains("您好") && !state.contains(MARKER) && !state.contains("recordings.example"),
        "{state}"
    );
}
