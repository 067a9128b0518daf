//! Calls over the socket that no Terraform of today makes in the other tests: identities, and a provider block
//! that is not known yet.

use terraform_plugin::driver::Provider as _;
use terraform_plugin::msgpack;
use terraform_plugin::schema::Schema;
use terraform_plugin::value::Value;
use terraform_provider_aiccs::provider::Aiccs;
use terraform_provider_aiccs::task::table;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::support::cloud::{Cloud, KEY, SECRET};
use crate::support::host::Plugin;

const TASK: &str = "aiccs_call_task";

fn dynamic(value: &Value, schema: &Schema) -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack: msgpack::encode(value, schema).into(), ..Default::default() })
}

fn value(of: Option<pb::DynamicValue>, schema: &Schema) -> Value {
    msgpack::decode(&of.expect("a value").msgpack, schema).unwrap()
}

async fn configured(plugin: &Plugin, endpoint: Value) -> ProviderClient<Channel> {
    let mut client = plugin.connect().await;
    let mut config = Aiccs.schema().empty();
    config.put("access_key", Value::string(KEY));
    config.put("secret_key", Value::string(SECRET));
    config.put("endpoint", endpoint);
    let config = dynamic(&config, Aiccs.schema());
    let request = pb::configure_provider::Request { config, ..Default::default() };
    assert_eq!(client.configure_provider(request).await.unwrap().into_inner().diagnostics, []);
    client
}

fn config() -> Value {
    let mut value = table::SCHEMA.empty();
    let window = [("start_time", Value::string("09:00")), ("end_time", Value::string("12:00"))];
    value.put("task_name", Value::string("by hand"));
    value.put("agent_id", Value::string("118000000000000001"));
    value.put("virtual_number", Value::string("0537022000"));
    value.put("start_type", Value::string("IMMEDIATE"));
    value.put("call_time", Value::set(vec![Value::object(window)]));
    value.put("call_day", Value::set(vec![Value::string("FRIDAY")]));
    value.put("task_cps", Value::int(5));
    value
}

async fn planned(client: &mut ProviderClient<Channel>) -> pb::plan_resource_change::Response {
    let request = pb::plan_resource_change::Request {
        type_name: TASK.to_owned(),
        prior_state: dynamic(&Value::Null, &table::SCHEMA),
        proposed_new_state: dynamic(&config(), &table::SCHEMA),
        config: dynamic(&config(), &table::SCHEMA),
        ..Default::default()
    };
    client.plan_resource_change(request).await.unwrap().into_inner()
}

async fn created(
    client: &mut ProviderClient<Channel>,
    plan: pb::plan_resource_change::Response,
) -> pb::apply_resource_change::Response {
    let request = pb::apply_resource_change::Request {
        type_name: TASK.to_owned(),
        prior_state: dynamic(&Value::Null, &table::SCHEMA),
        planned_state: plan.planned_state,
        config: dynamic(&config(), &table::SCHEMA),
        planned_private: plan.planned_private,
        ..Default::default()
    };
    client.apply_resource_change(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_termination_lets_a_write_in_flight_answer() {
    let (cloud, plugin) = (Cloud::start(), Plugin::start());
    let mut client = configured(&plugin, Value::string(cloud.endpoint())).await;
    let plan = planned(&mut client).await;
    let slow =
        serde_json::json!([{ "operation": "CreateAiCallTask", "kind": "delay", "millis": 300 }]);
    cloud.faults(slow);
    let write = tokio::spawn(async move { created(&mut client, plan).await });
    while cloud.tasks().is_empty() {
        tokio::task::yield_now().await;
    }
    let pid = plugin.process.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let answer = write.await.unwrap();
    assert_eq!(answer.diagnostics, []);
    assert!(answer.new_identity.is_some(), "the new object is not lost");
}

#[tokio::test]
async fn an_object_is_created_and_found_again_by_its_identity() {
    let (cloud, plugin) = (Cloud::start(), Plugin::start());
    let mut client = configured(&plugin, Value::string(cloud.endpoint())).await;
    let plan = planned(&mut client).await;
    assert_eq!((&plan.planned_identity, plan.diagnostics.len()), (&None, 0));
    let applied = created(&mut client, plan).await;
    assert_eq!(applied.diagnostics, []);
    let identity = applied.new_identity.clone().expect("a created object has an identity");
    let id = value(applied.new_state, &table::SCHEMA).get("task_id").clone();
    assert_eq!(value(identity.identity_data.clone(), &table::IDENTITY).get("task_id"), &id);

    let request = pb::import_resource_state::Request {
        type_name: TASK.to_owned(),
        identity: Some(identity.clone()),
        ..Default::default()
    };
    let imported = client.import_resource_state(request).await.unwrap().into_inner();
    assert_eq!(imported.diagnostics, []);
    let [found] = &imported.imported_resources[..] else { panic!("{imported:?}") };
    assert_eq!((&found.type_name[..], &found.identity), (TASK, &Some(identity.clone())));

    let request = pb::read_resource::Request {
        type_name: TASK.to_owned(),
        current_state: found.state.clone(),
        private: found.private.clone(),
        current_identity: Some(identity.clone()),
        ..Default::default()
    };
    let read = client.read_resource(request).await.unwrap().into_inner();
    let [told] = &read.diagnostics[..] else { panic!("{:?}", read.diagnostics) };
    assert!(told.summary.contains("The number of an imported task"), "{told:?}");
    assert_eq!(read.new_identity, Some(identity));
    assert_eq!(value(read.new_state, &table::SCHEMA).get("task_name"), &Value::string("by hand"));
}

#[tokio::test]
async fn an_identity_that_names_nothing_is_told() {
    let (cloud, plugin) = (Cloud::start(), Plugin::start());
    let mut client = configured(&plugin, Value::string(cloud.endpoint())).await;
    for id in [Value::string("118700000000000009"), Value::string("no id"), Value::Null] {
        let identity = Value::object([("task_id", id.clone())]);
        let identity_data = dynamic(&identity, &table::IDENTITY);
        let request = pb::import_resource_state::Request {
            type_name: TASK.to_owned(),
            identity: Some(pb::ResourceIdentityData { identity_data }),
            ..Default::default()
        };
        let answer = client.import_resource_state(request).await.unwrap().into_inner();
        assert!(answer.imported_resources.is_empty() && !answer.diagnostics.is_empty(), "{id}");
    }
}

#[tokio::test]
async fn every_identity_has_a_schema_and_its_stored_form_is_upgraded() {
    let plugin = Plugin::start();
    let mut client = plugin.connect().await;
    let request = pb::get_resource_identity_schemas::Request {};
    let schemas = client.get_resource_identity_schemas(request).await.unwrap().into_inner();
    let ours = &schemas.identity_schemas[TASK];
    let [attribute] = &ours.identity_attributes[..] else { panic!("{ours:?}") };
    assert_eq!((&attribute.name[..], &attribute.r#type[..]), ("task_id", &b"\"string\""[..]));
    assert!(attribute.required_for_import && !attribute.optional_for_import);
    let mut upgrade = async |type_name: &str, version: i64, json: &'static [u8]| {
        let request = pb::upgrade_resource_identity::Request {
            type_name: type_name.to_owned(),
            version,
            raw_identity: Some(pb::RawState { json: json.into(), ..Default::default() }),
        };
        client.upgrade_resource_identity(request).await.unwrap().into_inner()
    };
    let answer = upgrade(TASK, 0, br#"{"task_id":"7"}"#).await;
    let identity = value(answer.upgraded_identity.unwrap().identity_data, &table::IDENTITY);
    assert_eq!((identity.get("task_id"), answer.diagnostics.len()), (&Value::string("7"), 0));
    for (name, version, json) in [
        (TASK, 1, &br#"{"task_id":"7"}"#[..]),
        (TASK, -1, br#"{"task_id":"7"}"#),
        (TASK, 0, b"{"),
        ("no_such_type", 0, b"{}"),
    ] {
        let answer = upgrade(name, version, json).await;
        assert_eq!((answer.upgraded_identity, answer.diagnostics.len()), (None, 1));
    }
}

#[tokio::test]
async fn a_provider_block_that_is_not_known_yet_plans_and_says_so_where_it_matters() {
    let plugin = Plugin::start();
    let mut client = configured(&plugin, Value::Unknown).await;
    let plan = planned(&mut client).await;
    assert_eq!((plan.diagnostics, plan.deferred), (Vec::new(), None));
    let mut state = config();
    state.put("id", Value::string("118700000000000001"));
    state.put("task_id", Value::string("118700000000000001"));
    let allowed = pb::ClientCapabilities { deferral_allowed: true, ..Default::default() };
    let request = pb::read_resource::Request {
        type_name: TASK.to_owned(),
        current_state: dynamic(&state, &table::SCHEMA),
        client_capabilities: Some(allowed),
        ..Default::default()
    };
    let read = client.read_resource(request).await.unwrap().into_inner();
    assert_eq!(read.deferred, None);
    assert!(read.diagnostics[0].detail.contains("endpoint"), "{:?}", read.diagnostics);
}
