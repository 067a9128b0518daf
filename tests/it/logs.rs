//! What the process writes on stderr when TF_LOG asks for it, as hosts read it.

use std::io::Read;
use std::process::Stdio;

use serde_json::Value as Json;
use terraform_plugin::driver::Provider as _;
use terraform_plugin::msgpack;
use terraform_plugin::value::Value;
use terraform_provider_aiccs::provider::Aiccs;
use terraform_provider_aiccs::task::table;
use tfplugin_proto::plugin::Empty;
use tfplugin_proto::plugin::grpc_controller_client::GrpcControllerClient;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;

use crate::support::cloud::{Cloud, KEY, SECRET};
use crate::support::host::{Identity, Plugin};

const ID: &str = "118700000000000001";

fn dynamic(bytes: Vec<u8>) -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack: bytes.into(), ..Default::default() })
}

/// Configures, reads a task and a data source, shuts down; every line on stderr.
async fn logged(environment: &[(&str, &str)]) -> String {
    let cloud = Cloud::start();
    let mut command = Plugin::command();
    let mut plugin =
        Plugin::spawn(command.envs(environment.iter().copied()).stderr(Stdio::piped()));
    let channel = plugin.channel(Identity::Plaintext).await.unwrap();
    let mut client = ProviderClient::new(channel.clone());
    let mut config = Aiccs.schema().empty();
    config.put("access_key", Value::string(KEY));
    config.put("secret_key", Value::string(SECRET));
    config.put("endpoint", Value::string(cloud.endpoint()));
    let config = dynamic(msgpack::encode(&config, Aiccs.schema()));
    let request = pb::configure_provider::Request { config, ..Default::default() };
    assert_eq!(client.configure_provider(request).await.unwrap().into_inner().diagnostics, []);
    let mut state = table::SCHEMA.empty();
    state.put("id", Value::string(ID));
    state.put("task_id", Value::string(ID));
    let request = pb::read_resource::Request {
        type_name: "aiccs_call_task".to_owned(),
        current_state: dynamic(msgpack::encode(&state, &table::SCHEMA)),
        ..Default::default()
    };
    client.read_resource(request).await.unwrap();
    let request = pb::read_data_source::Request {
        type_name: "no_such_source".to_owned(),
        ..Default::default()
    };
    client.read_data_source(request).await.unwrap();
    // The answer may be cut off by the end of the process: hosts ignore that.
    let _ = GrpcControllerClient::new(channel).shutdown(Empty {}).await;
    let mut text = String::new();
    plugin.process.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[tokio::test]
async fn every_line_is_what_hosts_parse_and_none_holds_a_secret() {
    let text = logged(&[("TF_LOG", "TRACE")]).await;
    assert!(!text.contains(SECRET) && !text.contains("Signature="), "{text}");
    let lines = lines(&text);
    for line in &lines {
        assert!(line["@message"].is_string() && line["@level"].is_string(), "{line}");
        let time = line["@timestamp"].as_str().unwrap();
        assert_eq!(time.split_once('.').unwrap().1.len(), "123456Z".len(), "{time}");
        assert_eq!(line["tf_provider_addr"], "registry.terraform.io/aiccs/aiccs");
    }
    let served = lines.iter().filter(|line| line["@message"] == "Served request");
    let served: Vec<_> = served.collect();
    let rpcs: Vec<_> = served.iter().map(|line| line["tf_rpc"].as_str().unwrap()).collect();
    assert_eq!(rpcs, ["ConfigureProvider", "ReadResource", "ReadDataSource"]);
    assert_eq!(served[1]["tf_resource_type"], "aiccs_call_task");
    assert_eq!(served[2]["tf_data_source_type"], "no_such_source");
    assert_eq!(served[2]["diagnostic_error_count"], 1);
    assert!(served.iter().all(|line| line["tf_req_duration_ms"].is_u64()));
}

#[tokio::test]
async fn the_lines_of_a_call_share_its_id() {
    let lines = lines(&logged(&[("TF_LOG_PROVIDER", "TRACE")]).await);
    let ids = |rpc: &str| {
        let mut ids: Vec<_> = lines
            .iter()
            .filter(|line| line["tf_rpc"] == rpc)
            .map(|line| line["tf_req_id"].as_str().unwrap().to_owned())
            .collect();
        assert!(ids.len() > 1, "{rpc} is logged more than once");
        ids.dedup();
        ids
    };
    let (configure, read) = (ids("ConfigureProvider"), ids("ReadResource"));
    assert_eq!((configure.len(), read.len()), (1, 1));
    assert_ne!(configure, read);
    assert_eq!(read[0].split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
}

#[tokio::test]
async fn the_most_specific_variable_sets_the_level() {
    let level =
        [("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "TRACE"), ("TF_LOG_PROVIDER_AICCS", "DEBUG")];
    let lines = lines(&logged(&level).await);
    assert!(!lines.is_empty() && lines.iter().all(|line| line["@level"] != "trace"));
    assert_eq!(logged(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER_AICCS", "OFF")]).await, "");
    assert_eq!(logged(&[]).await, "");
}
