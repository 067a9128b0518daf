//! From start to end of the process: where it listens, who can reach it, and the only ways in which it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tfplugin_proto::health::HealthCheckRequest;
use tfplugin_proto::health::health_client::HealthClient;
use tfplugin_proto::plugin::grpc_broker_client::GrpcBrokerClient;
use tfplugin_proto::plugin::grpc_stdio_client::GrpcStdioClient;
use tfplugin_proto::tfplugin6::get_provider_schema;

use crate::support::PROVIDER;
use crate::support::cli::{Terraform, task};
use crate::support::cloud::{Cloud, KEY, SECRET};
use crate::support::host::{HOST_PEM, Identity, Plugin};

fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
    assert!(sent.unwrap().success());
}

async fn is_served(plugin: &Plugin) {
    let answer = plugin.connect().await.get_provider_schema(get_provider_schema::Request {}).await;
    assert!(answer.unwrap().into_inner().resource_schemas.contains_key("aiccs_call_task"));
}

/// The directory that the socket lies in.
fn directory(plugin: &Plugin) -> PathBuf {
    Path::new(plugin.fields()[3]).parent().unwrap().to_owned()
}

#[tokio::test]
async fn where_no_socket_fits_it_listens_on_the_loopback() {
    let root = tempfile::tempdir().unwrap();
    let long = root.path().join("d".repeat(120));
    std::fs::create_dir(&long).unwrap();
    for temporary in [long.as_path(), Path::new("/no/such/directory"), Path::new("/proc")] {
        let mut command = Plugin::command();
        command.env("TMPDIR", temporary).env("PLUGIN_CLIENT_CERT", HOST_PEM);
        let plugin = Plugin::spawn(&mut command);
        let fields = plugin.fields();
        assert_eq!(fields[2], "tcp", "{}", temporary.display());
        assert!(fields[3].starts_with("127.0.0.1:"), "{}", fields[3]);
        is_served(&plugin).await;
    }
    assert_eq!(std::fs::read_dir(&long).unwrap().count(), 0, "what was tried is gone");
}

#[test]
fn nobody_else_reaches_the_socket() {
    let plugin = Plugin::start();
    let mode = std::fs::metadata(directory(&plugin)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_termination_ends_it_and_leaves_nothing() {
    let mut plugin = Plugin::start();
    let directory = directory(&plugin);
    assert!(directory.exists());
    signal("TERM", plugin.process.id());
    assert_eq!(plugin.process.wait().unwrap().code(), Some(0));
    assert!(!directory.exists());
}

#[test]
fn a_termination_waits_for_the_write_in_flight() {
    let cloud = Cloud::start();
    let mut core = crate::support::core::Core::new(&cloud);
    cloud.faults(serde_json::json!([
        { "operation": "CreateAiCallTask", "kind": "delay", "times": 1, "millis": 2000 },
    ]));
    let pid = core.pid.clone();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while cloud.tasks().is_empty() {
                std::thread::yield_now();
            }
            signal("TERM", pid.load(std::sync::atomic::Ordering::SeqCst));
        });
        let patient = [("timeouts", serde_json::json!({ "create": "1m" }))];
        core.apply(Some(&crate::matrix::config(&patient))).succeeds();
    });
    assert_eq!(core.id().unwrap(), cloud.task()["TaskId"].as_str().unwrap());
}

#[test]
fn an_orphan_ends() {
    // A shell starts the plugin, hands over its line and waits; then the shell is killed.
    let mut host = Command::new("sh");
    host.args(["-c", "\"$0\" & wait", PROVIDER])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    host.env(crate::support::host::COOKIE.0, crate::support::host::COOKIE.1);
    let mut host = host.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(host.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let socket = PathBuf::from(line.split('|').nth(3).unwrap());
    assert!(socket.exists());
    host.kill().unwrap();
    host.wait().unwrap();
    // Only the plugin holds the pipe now: it ends when the plugin does.
    output.read_to_string(&mut line).unwrap();
    assert!(!socket.exists());
}

#[tokio::test]
async fn half_open_connections_hold_up_nobody() {
    let plugin = Plugin::start();
    let address = plugin.fields()[3].to_owned();
    let idle: Vec<UnixStream> = (0..200).map(|_| UnixStream::connect(&address).unwrap()).collect();
    // The beginning of a TLS handshake, and then nothing.
    for mut slow in &idle[..100] {
        slow.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).unwrap();
    }
    is_served(&plugin).await;
    drop(idle);
    is_served(&plugin).await;
}

#[tokio::test]
async fn no_stream_call_or_connection_ends_it() {
    let mut plugin = Plugin::start_plain();
    let address = plugin.fields()[3].to_owned();
    for nonsense in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff", b""]
    {
        UnixStream::connect(&address).unwrap().write_all(nonsense).unwrap();
    }
    {
        // Streams that are opened, ended by the host, or lost with their connection.
        let channel = plugin.channel(Identity::Plaintext).await.unwrap();
        let stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.unwrap();
        let broker = GrpcBrokerClient::new(channel.clone())
            .start_stream(tokio_stream::empty())
            .await
            .unwrap();
        let request = HealthCheckRequest { service: "plugin".to_owned() };
        let mut health = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
        assert_eq!(health.message().await.unwrap().unwrap().status, 1);
        drop((stdio, broker, health));
    }
    is_served(&plugin).await;
    assert!(plugin.process.try_wait().unwrap().is_none());
}

/// `--debug`, and the value it says to attach with.
fn debug(environment: &[(&str, &str)]) -> (Child, String) {
    let mut process = Command::new(PROVIDER)
        .arg("--debug")
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let attach = lines
        .find_map(|line| Some(line.split_once("TF_REATTACH_PROVIDERS='")?.1.to_owned()))
        .unwrap();
    (process, attach.trim_end_matches('\'').to_owned())
}

#[test]
fn an_interrupt_ends_a_debugged_process_and_leaves_nothing() {
    let (mut process, attach) = debug(&[]);
    let attach: serde_json::Value = serde_json::from_str(&attach).unwrap();
    let ours = &attach["registry.terraform.io/aiccs/aiccs"];
    assert_eq!(ours["Pid"], process.id());
    let socket = PathBuf::from(ours["Addr"]["String"].as_str().unwrap());
    assert!(socket.exists());
    signal("INT", process.id());
    assert_eq!(process.wait().unwrap().code(), Some(0));
    assert!(!socket.parent().unwrap().exists());
}

#[test]
fn terraform_attaches_to_a_debugged_process() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    // No other way to this provider.
    std::fs::write(terraform.path().join("cli.rc"), "").unwrap();
    terraform.write(&task(&[]));
    let (mut process, attach) = debug(&[
        ("ALIBABA_CLOUD_ENDPOINT_AICCS", &cloud.endpoint()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
    ]);
    terraform.set("TF_REATTACH_PROVIDERS", &attach);
    terraform.run(&["init", "-no-color"]).succeeds();
    terraform.apply();
    assert_eq!(cloud.tasks().len(), 1);
    assert!(process.try_wait().unwrap().is_none(), "it outlives the runs that it serves");
    signal("TERM", process.id());
    assert_eq!(process.wait().unwrap().code(), Some(0));
}
