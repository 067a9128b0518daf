//! The fault matrix of callee batches: each call of a create and of a destroy, each fault, once and for a while.
//! Whatever happens, the applies that follow end with everybody to be called exactly once, and no message names a
//! number. Generated: the calls are found by running the step once without faults.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use terraform_plugin::json as state;
use terraform_plugin::value::Value;
use terraform_provider_aiccs::resources::callee_batch::table::SCHEMA;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::support::cloud::Cloud;
use crate::support::core::{Told, configured_with, decode, encode, told};
use crate::support::host::Plugin;

const MARKER: &str = "1389999";

/// Two chunks.
const CALLEES: usize = 1001;

/// A batch in the hands of a host.
struct Host {
    cloud: Arc<Cloud>,
    client: ProviderClient<Channel>,
    config: Value,
    stored: Value,
    private: bytes::Bytes,
    plugin: Plugin,
}

fn failed(told: &[Told]) -> bool {
    told.iter().any(|told| told.error)
}

/// What a host says of a provider that was killed.
fn killed() -> Vec<Told> {
    let (summary, detail) = ("killed".to_owned(), String::new());
    vec![Told { error: true, summary, detail, attribute: String::new() }]
}

impl Host {
    /// Callees with or without ids of their own.
    async fn start(own_ids: bool) -> Host {
        let cloud = Arc::new(Cloud::start());
        let task = json!({ "TaskName": "t", "Status": 2, "StartType": "IMMEDIATE" });
        let task = cloud.ask("POST", "/__tasks", Some(&task))["TaskId"].clone();
        let (plugin, client) = process(&cloud).await;
        let callee = |n| {
            let own = own_ids.then(|| format!("o{n}"));
            json!({ "number": format!("{MARKER}{n:04}"), "out_id": own })
        };
        let callees: Vec<_> = (0..CALLEES).map(callee).collect();
        let config = json!({
            "task_id": task, "callees_wo": callees, "callees_wo_version": 1, "start_after_import": true,
        });
        let config = state::decode(config.to_string().as_bytes(), &SCHEMA).unwrap();
        let (stored, private) = (Value::Null, bytes::Bytes::new());
        Host { cloud, client, config, stored, private, plugin }
    }

    /// The plan of a create, and its private data.
    async fn plan(&mut self, config: &Value) -> Option<(Value, bytes::Bytes)> {
        let request = pb::plan_resource_change::Request {
            type_name: "aiccs_callee_batch".to_owned(),
            prior_state: encode(&Value::Null, &SCHEMA),
            proposed_new_state: encode(config, &SCHEMA),
            config: encode(config, &SCHEMA),
            ..Default::default()
        };
        let plan = self.client.plan_resource_change(request).await.ok()?.into_inner();
        assert!(!failed(&told(plan.diagnostics)));
        Some((decode(plan.planned_state, &SCHEMA), plan.planned_private))
    }

    /// Creates, or destroys with these private data.
    async fn change(&mut self, config: Value, planned: Value, private: bytes::Bytes) -> Vec<Told> {
        let request = pb::apply_resource_change::Request {
            type_name: "aiccs_callee_batch".to_owned(),
            prior_state: encode(&self.stored, &SCHEMA),
            planned_state: encode(&planned, &SCHEMA),
            config: encode(&config, &SCHEMA),
            planned_private: private,
            ..Default::default()
        };
        // A process that is killed says nothing, and core keeps what it has.
        let Ok(answer) = self.client.apply_resource_change(request).await else {
            return killed();
        };
        let answer = answer.into_inner();
        let said = told(answer.diagnostics);
        let value = decode(answer.new_state, &SCHEMA);
        assert!(failed(&said) || value.is_null() == planned.is_null(), "a null where none belongs");
        (self.stored, self.private) = (value, answer.private);
        said
    }

    async fn destroy(&mut self) -> Vec<Told> {
        let private = self.private.clone();
        self.change(Value::Null, Value::Null, private).await
    }

    /// As core does: what a failed create left is tainted and destroyed first, with the private data that the plan of
    /// the create gave.
    async fn create(&mut self) -> Vec<Told> {
        let config = self.config.clone();
        let mut said = Vec::new();
        if !self.stored.is_null() {
            let Some((_, private)) = self.plan(&config).await else { return killed() };
            said.extend(self.change(Value::Null, Value::Null, private).await);
            if failed(&said) {
                return said;
            }
        }
        let Some((planned, private)) = self.plan(&config).await else { return killed() };
        said.extend(self.change(config, planned, private).await);
        said
    }

    /// Takes the step with a provider that is killed while its `nth` call is answered, and starts another one.
    async fn killed(&mut self, cell: &Cell) -> Vec<Told> {
        let kind = if cell.times == 0 { "hang" } else { "delay" };
        self.cloud.faults(json!([{
            "operation": "*", "kind": kind, "times": 1, "skip": cell.nth, "millis": 60_000,
        }]));
        let (cloud, pid) = (self.cloud.clone(), self.plugin.process.id().to_string());
        let (done, ended) = std::sync::mpsc::channel::<()>();
        let killer = std::thread::spawn(move || {
            let look_again = std::time::Duration::from_millis(5);
            while ended.recv_timeout(look_again) == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                if cloud.journal().iter().any(|entry| !entry["fault"].is_null()) {
                    let _ = std::process::Command::new("kill").args(["-KILL", &pid]).status();
                    return;
                }
            }
        });
        let said = match cell.destroys {
            true => self.destroy().await,
            false => self.create().await,
        };
        drop(done);
        killer.join().unwrap();
        (self.plugin, self.client) = process(&self.cloud).await;
        said
    }

    /// How often each number is to be called, by the service.
    fn waiting(&self) -> BTreeMap<String, usize> {
        let mut numbers = BTreeMap::new();
        let details = self.cloud.ask("GET", "/__details", None);
        for detail in details.as_array().unwrap().iter().filter(|d| d["CallResult"] != "CANCEL") {
            *numbers.entry(detail["CalledNumber"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        numbers
    }

    fn operations(&self) -> Vec<String> {
        let journal = self.cloud.journal();
        journal.iter().map(|call| call["operation"].as_str().unwrap().to_owned()).collect()
    }
}

#[derive(Clone, Debug)]
struct Cell {
    destroys: bool,
    own_ids: bool,
    operation: String,
    nth: usize,
    kind: &'static str,
    times: u64,
    /// A late operation is done after the run, before the next one; else 700 ms later.
    held: bool,
}

/// The provider is killed at a call: before the operation is done (`times` 0), or after it and before the answer (1). After
/// the answer is before the next call.
const KILLED: &str = "killed";

async fn process(cloud: &Cloud) -> (Plugin, ProviderClient<Channel>) {
    let provider = json!({ "max_retries": 1, "client_read_timeout": 4000 });
    configured_with(cloud, &provider).await
}

async fn run(cell: &Cell) -> Result<(), String> {
    let mut host = Host::start(cell.own_ids).await;
    if cell.destroys {
        assert!(!failed(&host.create().await));
    }
    let said = if cell.kind == KILLED {
        host.killed(cell).await
    } else {
        if cell.held {
            host.cloud.hold();
        }
        host.cloud.faults(json!([{
            "operation": "*", "kind": cell.kind, "times": cell.times, "skip": cell.nth, "millis": 700,
        }]));
        match cell.destroys {
            true => host.destroy().await,
            false => host.create().await,
        }
    };
    host.cloud.calm();
    host.cloud.settle();
    let tell = |what: &str| Err(format!("{cell:?}: {what}\n{said:#?}"));
    if format!("{said:?}").contains(MARKER) {
        return tell("a number is named");
    }
    if cell.destroys {
        if failed(&said) && !host.stored.is_null() && failed(&host.destroy().await) {
            return tell("the next destroy fails");
        }
        return if host.waiting().is_empty() { Ok(()) } else { tell("callees are left") };
    }
    if failed(&said) && failed(&host.create().await) {
        return tell("the next apply fails");
    }
    let waiting = host.waiting();
    if waiting.len() != CALLEES || waiting.values().any(|count| *count != 1) {
        return tell(&format!(
            "{} numbers, {} calls",
            waiting.len(),
            waiting.values().sum::<usize>()
        ));
    }
    let count = host.stored.get("imported_count").as_int();
    if count != Some(CALLEES as i64) || host.stored.get("batch_ids").count() != 2 {
        return tell("the state does not know its batches");
    }
    Ok(())
}

async fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (destroys, own_ids) in [(false, true), (false, false), (true, true)] {
        let mut host = Host::start(own_ids).await;
        assert!(!failed(&host.create().await));
        if destroys {
            host.cloud.ask("DELETE", "/__journal", None);
            assert!(!failed(&host.destroy().await));
        }
        for (nth, operation) in host.operations().into_iter().enumerate() {
            for times in [0, 1] {
                let (operation, held) = (operation.clone(), false);
                cells.push(Cell { destroys, own_ids, operation, nth, kind: KILLED, times, held });
            }
            for (kind, _) in aiccs_emulator::KINDS {
                for (times, held) in [(1, false), (4, false), (1, true), (4, true)] {
                    if held && !kind.ends_with("_late") {
                        continue;
                    }
                    let operation = operation.clone();
                    cells.push(Cell { destroys, own_ids, operation, nth, kind, times, held });
                }
            }
        }
    }
    cells
}

/// Every such cell is run; 1 runs them all.
const STEP: &str = "AICCS_BATCH_STEP";

/// How many cells are run at once: they mostly wait.
const WORKERS: usize = 24;

#[test]
fn whatever_fails_everybody_is_called_once() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cells = runtime().block_on(cells());
    let step: usize = std::env::var(STEP).map_or(5, |text| text.parse().unwrap());
    let cells: Vec<_> = cells.into_iter().step_by(step).collect();
    let (next, wrong) = (Mutex::new(cells.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let runtime = runtime();
                loop {
                    let cell = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(cell) = cell else { return };
                    if let Err(text) = runtime.block_on(run(cell)) {
                        wrong.lock().unwrap_or_else(PoisonError::into_inner).push(text);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    println!("{} cells, {} wrong", cells.len(), wrong.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cells.len(), wrong.join("\n\n"));
}
