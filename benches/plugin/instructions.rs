//! Instructions instead of time: what a start, and each task of a plan, cost a binary under callgrind. The counts are the same
//! on a busy machine, to about a hundredth; they say nothing of waiting.
//! `cargo bench --bench plugin -- --instructions BINARY...`; needs valgrind.

use std::path::{Path, PathBuf};
use std::process::Command;

use aiccs_emulator::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Options, Running};
use serde_json::{Value as Json, json};
use terraform_plugin::msgpack;
use terraform_plugin::value::Value;
use terraform_provider_aiccs::config;
use tfplugin_proto::plugin::Empty;
use tfplugin_proto::plugin::grpc_controller_client::GrpcControllerClient;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::host::{HOST_PEM, Identity, Plugin};
use crate::sample;
use crate::startup;

/// Tasks of the two plans: their difference is what tasks cost, the rest is the start.
const FEW: usize = 50;
const MANY: usize = 250;
/// As many at once as Terraform's own default.
const AT_ONCE: usize = 10;

/// A plan's calls for one task.
#[derive(Clone, Copy, PartialEq)]
enum Calls {
    /// Validate, upgrade of the state, plan.
    Pure,
    /// The same, with a refresh from the service between.
    Refreshed,
}

/// A row of the table for each binary.
pub async fn measure(binaries: &[PathBuf]) {
    let emulator = aiccs_emulator::start(Options::default()).await.unwrap();
    let made = emulator.ask("POST", "/__tasks", &(0..MANY).map(task).collect());
    let ids: Vec<String> = made.as_array().unwrap().iter().map(id_of).collect();
    println!("| binary | bytes | start | task | task, refreshed | memory, KiB |");
    println!("| --- | --: | --: | --: | --: | --: |");
    for binary in binaries {
        let (start, pure) = costs(binary, Calls::Pure, &emulator, &ids).await;
        let (_, refreshed) = costs(binary, Calls::Refreshed, &emulator, &ids).await;
        let memory = memory(binary, &emulator, &ids).await;
        let name = binary.file_name().unwrap().to_string_lossy();
        let bytes = std::fs::metadata(binary).unwrap().len();
        println!("| {name} | {bytes} | {start} | {pure} | {refreshed} | {memory} |");
    }
}

fn task(number: usize) -> Json {
    let window = json!([{ "StartTime": "09:00:00", "EndTime": "12:00:00" }]);
    json!({
        "TaskName": format!("task {number}"), "AgentId": "118000000000000001", "CallerNumber": "0537022000",
        "StartType": "IMMEDIATE", "ConcurrentCount": 5, "CallDays": ["MONDAY"], "CallTimes": window, "Status": 2,
    })
}

fn id_of(task: &Json) -> String {
    task["TaskId"].as_str().unwrap().to_owned()
}

/// Instructions of a start, and of a task.
async fn costs(binary: &Path, calls: Calls, emulator: &Running, ids: &[String]) -> (u64, u64) {
    let few = counted(binary, calls, emulator, &ids[..FEW]).await;
    let many = counted(binary, calls, emulator, &ids[..MANY]).await;
    let task = (many - few) / (MANY - FEW) as u64;
    (few - task * FEW as u64, task)
}

/// A whole life of the process under callgrind.
async fn counted(binary: &Path, calls: Calls, emulator: &Running, ids: &[String]) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out");
    let mut command = Plugin::command_of("valgrind");
    command
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(format!("--log-file={}", folder.path().join("log").display()))
        .arg(binary);
    life(&mut command, calls, emulator, ids, |_| ()).await;
    let text = std::fs::read_to_string(&file).expect("callgrind has written its file");
    let line = text.lines().find_map(|line| line.strip_prefix("summary: ")).expect("a summary");
    line.trim().parse().expect("a number of instructions")
}

/// Resident memory after all calls, without callgrind.
async fn memory(binary: &Path, emulator: &Running, ids: &[String]) -> u64 {
    let mut found = 0.0;
    let mut command = Plugin::command_of(binary);
    life(&mut command, Calls::Refreshed, emulator, ids, |plugin| {
        found = startup::memory(&plugin.process) * 1024.0;
    })
    .await;
    found as u64
}

/// Start, schema, configuration, the calls, and the end.
async fn life(
    command: &mut Command,
    calls: Calls,
    emulator: &Running,
    ids: &[String],
    at_the_end: impl FnOnce(&Plugin),
) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut plugin = Plugin::spawn(command.env("PATH", path).env("PLUGIN_CLIENT_CERT", HOST_PEM));
    let channel = plugin.channel(Identity::Host).await.expect("the host connects");
    startup::schema(&channel, plugin.fields()[1]).await;
    let mut client = ProviderClient::new(channel.clone());
    let answer = client.configure_provider(configuration(emulator)).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    let share = ids.len() / AT_ONCE;
    let callers: Vec<_> = ids
        .chunks(share)
        .map(|ids| tokio::spawn(caller(client.clone(), calls, ids.to_vec())))
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    at_the_end(&plugin);
    // The answer may be cut off by the end of the process: hosts ignore that.
    let _ = GrpcControllerClient::new(channel).shutdown(Empty {}).await;
    tokio::task::spawn_blocking(move || plugin.process.wait().unwrap()).await.unwrap();
}

fn configuration(emulator: &Running) -> pb::configure_provider::Request {
    let mut config = config::SCHEMA.empty();
    config.put("access_key", Value::string(ACCESS_KEY_ID));
    config.put("secret_key", Value::string(ACCESS_KEY_SECRET));
    config.put("endpoint", Value::string(emulator.url()));
    let msgpack = msgpack::encode(&config, &config::SCHEMA).into();
    let config = Some(pb::DynamicValue { msgpack, ..Default::default() });
    pb::configure_provider::Request { config, ..Default::default() }
}

async fn caller(mut client: ProviderClient<Channel>, calls: Calls, ids: Vec<String>) {
    for id in ids {
        let answer = client.validate_resource_config(sample::validate()).await.unwrap();
        assert_eq!(answer.into_inner().diagnostics, []);
        let answer = client.upgrade_resource_state(sample::upgrade()).await.unwrap().into_inner();
        assert!(answer.diagnostics.is_empty() && answer.upgraded_state.is_some());
        if calls == Calls::Refreshed {
            let answer = client.read_resource(sample::read(&id)).await.unwrap().into_inner();
            assert!(answer.diagnostics.is_empty() && answer.new_state.is_some(), "{answer:?}");
        }
        let answer = client.plan_resource_change(sample::plan()).await.unwrap().into_inner();
        assert!(answer.planned_state.is_some(), "{answer:?}");
    }
}
