//! Calls under load: latency, rate and processor time per call, and what many calls leave in memory.

use std::process::Child;
use std::time::{Duration, Instant};

use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::build::Contestant;
use crate::effort::Effort;
use crate::figures::Figures;
use crate::host::Plugin;
use crate::sample;
use crate::startup;

/// The calls that are measured.
#[derive(Clone, Copy, PartialEq)]
pub enum Call {
    Validate,
    Plan,
    Upgrade,
}

pub const CALLS: [(Call, &str); 3] =
    [(Call::Validate, "Validate"), (Call::Plan, "Plan"), (Call::Upgrade, "Upgrade")];
pub const CALLERS: [usize; 3] = [1, 10, 64];

/// Calls after which memory is looked at again.
const MANY: usize = 20_000;

/// All calls at all numbers of callers, contestants turn by turn.
pub async fn measure(contestants: &[Contestant], effort: Effort, figures: &mut Figures) {
    let mut running = Vec::new();
    for contestant in contestants.iter().filter(|contestant| !contestant.slow) {
        running.push(Running::start(contestant).await);
    }
    for round in 0..effort.rounds + 1 {
        for (call, name) in CALLS {
            for callers in CALLERS {
                for turn in 0..running.len() {
                    let one = &running[(turn + round) % running.len()];
                    let before = processor_time(&one.plugin.process);
                    let load = run(&one.client, call, callers, effort.calls).await;
                    let spent = processor_time(&one.plugin.process) - before;
                    // The first round warms up.
                    if round > 0 {
                        record(figures, one.name, name, callers, &load, spent);
                    }
                }
            }
        }
    }
}

fn record(
    figures: &mut Figures,
    who: &str,
    call: &str,
    callers: usize,
    load: &Load,
    spent: Duration,
) {
    let calls = load.latencies.len() as f64;
    let name = |what: &str| format!("{call}, {callers} callers: {what}");
    for latency in &load.latencies {
        figures.add(who, &name("latency, us"), latency.as_secs_f64() * 1e6);
    }
    figures.add(who, &name("calls per second"), calls / load.took.as_secs_f64());
    figures.add(who, &name("processor per call, us"), spent.as_secs_f64() * 1e6 / calls);
}

/// Memory after many calls of every kind, and what a thousand of them add.
pub async fn memory(contestants: &[Contestant], figures: &mut Figures) {
    for contestant in contestants.iter().filter(|contestant| !contestant.slow) {
        let one = Running::start(contestant).await;
        let before = startup::memory(&one.plugin.process);
        for (call, _) in CALLS {
            run(&one.client, call, 10, MANY / CALLS.len()).await;
        }
        let after = startup::memory(&one.plugin.process);
        figures.add(one.name, "memory after 20,000 calls, MiB", after);
        let growth = (after - before) * 1024.0 / (MANY as f64 / 1000.0);
        figures.add(one.name, "memory per 1,000 calls, KiB", growth);
    }
}

struct Running {
    name: &'static str,
    plugin: Plugin,
    client: ProviderClient<Channel>,
}

impl Running {
    async fn start(contestant: &Contestant) -> Running {
        let plugin = contestant.start();
        let channel = startup::connect(contestant, &plugin).await;
        startup::schema(&channel, plugin.fields()[1]).await;
        Running { name: contestant.name, plugin, client: ProviderClient::new(channel) }
    }
}

struct Load {
    latencies: Vec<Duration>,
    took: Duration,
}

/// `calls` calls, shared among the callers, over one connection as from Terraform.
async fn run(client: &ProviderClient<Channel>, call: Call, callers: usize, calls: usize) -> Load {
    let started = Instant::now();
    let tasks: Vec<_> =
        (0..callers).map(|_| tokio::spawn(caller(client.clone(), call, calls / callers))).collect();
    let mut latencies = Vec::with_capacity(calls);
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    Load { latencies, took: started.elapsed() }
}

async fn caller(mut client: ProviderClient<Channel>, call: Call, calls: usize) -> Vec<Duration> {
    let (validate, plan, upgrade) = (sample::validate(), sample::plan(), sample::upgrade());
    let mut latencies = Vec::with_capacity(calls);
    for _ in 0..calls {
        let started = Instant::now();
        match call {
            Call::Validate => {
                let answer = client.validate_resource_config(validate.clone()).await;
                assert_eq!(answer.unwrap().into_inner().diagnostics, []);
            }
            Call::Plan => {
                let answer = client.plan_resource_change(plan.clone()).await.unwrap().into_inner();
                assert_eq!(answer.diagnostics, []);
                assert!(answer.planned_state.is_some());
            }
            Call::Upgrade => {
                let answer = client.upgrade_resource_state(upgrade.clone()).await.unwrap();
                let answer = answer.into_inner();
                assert!(answer.diagnostics.is_empty() && answer.upgraded_state.is_some());
            }
        }
        latencies.push(started.elapsed());
    }
    latencies
}

/// What all threads of a process have spent on processors.
fn processor_time(process: &Child) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", process.id())).unwrap().flatten();
    let spent = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}
