//! The plugin's process and socket as a host sees them.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tfplugin_proto::plugin::Empty;
use tfplugin_proto::plugin::grpc_controller_client::GrpcControllerClient;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tfplugin_proto::tfplugin6::{generate_resource_config, get_provider_schema};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic_prost::ProstCodec;

use crate::support::PROVIDER;
use crate::support::host::{Identity, Plugin};

#[tokio::test]
async fn the_host_gets_the_schema_over_mutual_tls() {
    let plugin = Plugin::start();
    let fields = plugin.fields();
    assert_eq!((fields.len(), &fields[..3], fields[4]), (6, &["1", "6", "unix"][..], "grpc"));
    let schema =
        plugin.connect().await.get_provider_schema(get_provider_schema::Request {}).await.unwrap();
    assert!(schema.into_inner().resource_schemas.contains_key("aiccs_call_task"));
}

#[tokio::test]
async fn nobody_but_the_host_is_served() {
    let plugin = Plugin::start();
    for identity in [Identity::Stranger, Identity::Nobody, Identity::Plaintext] {
        let answer = match plugin.channel(identity).await {
            Ok(channel) => ProviderClient::new(channel)
                .get_provider_schema(get_provider_schema::Request {})
                .await
                .err(),
            Err(_) => continue,
        };
        assert!(answer.is_some(), "somebody else was served");
    }
    let mut host = plugin.connect().await;
    assert!(host.get_provider_schema(get_provider_schema::Request {}).await.is_ok());
}

#[tokio::test]
async fn without_tls_it_speaks_plaintext() {
    let plugin = Plugin::start_plain();
    assert!(plugin.line.ends_with("|grpc|"));
    assert!(
        plugin.connect().await.get_provider_schema(get_provider_schema::Request {}).await.is_ok()
    );
}

#[tokio::test]
async fn the_schema_is_the_same_in_every_process() {
    let mut answers = Vec::new();
    for _ in 0..2 {
        let plugin = Plugin::start_plain();
        let answer = plugin
            .connect()
            .await
            .get_provider_schema(get_provider_schema::Request {})
            .await
            .unwrap();
        answers.push(prost::Message::encode_to_vec(&answer.into_inner()));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn what_is_not_there_is_unimplemented() {
    let plugin = Plugin::start_plain();
    let mut client = plugin.connect().await;
    let request = generate_resource_config::Request::default();
    let status = client.generate_resource_config(request).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unimplemented);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unimplemented_and_harms_nobody() {
    let plugin = Plugin::start();
    let channel = plugin.channel(Identity::Host).await.unwrap();
    let mut client = Grpc::new(channel.clone());
    for path in ["/tfplugin5.Provider/GetSchema", "/tfplugin6.Provider", "/"] {
        client.ready().await.unwrap();
        let (path, codec) = (PathAndQuery::from_static(path), ProstCodec::<(), ()>::default());
        let status = client.unary(tonic::Request::new(()), path, codec).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unimplemented);
    }
    let mut provider = ProviderClient::new(channel);
    assert!(provider.get_provider_schema(get_provider_schema::Request {}).await.is_ok());
}

#[tokio::test]
async fn a_shutdown_ends_the_process_and_leaves_no_socket() {
    let mut plugin = Plugin::start();
    let socket = std::path::PathBuf::from(plugin.fields()[3]);
    assert!(socket.exists());
    let channel = plugin.channel(Identity::Host).await.unwrap();
    let started = Instant::now();
    // The answer may be cut off by the end of the process: hosts ignore that.
    let _ = GrpcControllerClient::new(channel).shutdown(Empty {}).await;
    let code =
        tokio::task::spawn_blocking(move || plugin.process.wait().unwrap().code()).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(started.elapsed() < Duration::from_secs(2), "hosts kill after 2 s");
    assert!(!socket.exists() && !socket.parent().unwrap().exists());
}

#[tokio::test]
async fn an_interrupt_is_the_hosts_affair() {
    let plugin = Plugin::start_plain();
    let pid = plugin.process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(
        plugin.connect().await.get_provider_schema(get_provider_schema::Request {}).await.is_ok()
    );
}

#[test]
fn run_by_hand_it_explains_itself() {
    let output = Command::new(PROVIDER).env_clear().stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("is a plugin") && text.contains("required_providers"), "{text}");
}

#[test]
fn a_host_of_another_protocol_is_told() {
    let output = Plugin::command().env("PLUGIN_PROTOCOL_VERSIONS", "5").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("plugin protocol 6"));
}

#[tokio::test]
async fn nothing_goes_to_stderr_unless_asked() {
    let mut plugin = Plugin::spawn(Plugin::command().stderr(Stdio::piped()));
    let channel = plugin.channel(Identity::Plaintext).await.unwrap();
    ProviderClient::new(channel.clone())
        .get_provider_schema(get_provider_schema::Request {})
        .await
        .unwrap();
    let _ = GrpcControllerClient::new(channel).shutdown(Empty {}).await;
    let mut text = String::new();
    std::io::Read::read_to_string(&mut plugin.process.stderr.take().unwrap(), &mut text).unwrap();
    assert_eq!(text, "");
}
