//! Chaos: a run of Terraform is cut off at a seeded moment, by a kill of the provider, a signal to Terraform or a cut
//! connection; then Terraform is run again until it converges. What must never happen is asked of the emulator, not of the
//! state.
//!
//! `AICCS_CHAOS_SEEDS=1000 AICCS_CHAOS_FROM=1 cargo test --locked --test it -- chaos --nocapture` runs a thousand seeds.

use std::collections::BTreeMap;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::cli::{APPLY, Terraform, task};
use crate::support::cloud::Cloud;
use crate::support::dice::Dice;

const MARKER: &str = "1389999";

/// How many seeds are run, and from which on.
const SEEDS: &str = "AICCS_CHAOS_SEEDS";
const FROM: &str = "AICCS_CHAOS_FROM";

/// How many are run at once.
const WORKERS: usize = 5;

/// What is under way when the run is cut off.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Create,
    Update,
    Import,
    Replace,
    Destroy,
}

/// What cuts it off.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Blow {
    Provider,
    Terraform(&'static str),
    Connection(&'static str),
}

/// When.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Request(usize),
    Clock(u64),
}

#[derive(Clone, Debug)]
struct Run {
    seed: u64,
    operation: Operation,
    blow: Blow,
    moment: Moment,
    scheduled: bool,
    adopt: bool,
    wish: Option<&'static str>,
    callees: usize,
}

impl Run {
    fn of(seed: u64) -> Run {
        use Operation::{Create, Destroy, Import, Replace, Update};
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let operation = dice.of(&[Create, Create, Update, Import, Import, Replace, Destroy]);
        let blow = dice.of(&[
            Blow::Provider,
            Blow::Provider,
            Blow::Terraform("INT"),
            Blow::Terraform("TERM"),
            Blow::Terraform("KILL"),
            Blow::Connection("drop_before"),
            Blow::Connection("drop_after"),
        ]);
        let by_clock = dice.below(3) == 0 && !matches!(blow, Blow::Connection(_));
        let moment = match by_clock {
            true => Moment::Clock(dice.below(2500) as u64),
            false => Moment::Request(1 + dice.below(16)),
        };
        let scheduled = dice.below(4) == 0;
        let wish = dice.of(&[None, Some("RUNNING"), Some("STOPPED")]);
        let (adopt, callees) = (dice.below(2) == 0, dice.of(&[1, 3, 999, 1000, 1001, 2500]));
        Run { seed, operation, blow, moment, scheduled, adopt, wish, callees }
    }

    fn config(&self, cps: usize, version: Option<usize>) -> String {
        let wish = self.wish.map(|wish| format!("{wish:?}")).unwrap_or_default();
        let (cps, adopt) = (cps.to_string(), self.adopt.to_string());
        let mut edits = vec![
            ("task_cps", cps.as_str()),
            ("adopt_existing", adopt.as_str()),
            ("desired_status", wish.as_str()),
        ];
        if self.scheduled {
            edits.extend([("start_type", "\"SCHEDULE\""), ("task_start_time", "4102444800000")]);
        }
        let mut text = task(&edits);
        if let Some(version) = version {
            let (wide, high) = if self.callees > 1000 {
                (500, self.callees.div_ceil(500))
            } else {
                (self.callees, 1)
            };
            text.push_str(&format!(
                "resource \"aiccs_callee_batch\" \"b\" {{\n  task_id = aiccs_call_task.t.id\n  callees_wo = [for n in \
                 slice(flatten([for a in range({high}) : [for b in range({wide}) : a * {wide} + b]]), 0, {}) : {{ number = \
                 format(\"{MARKER}%05d\", n) }}]\n  callees_wo_version = {version}\n}}\n",
                self.callees
            ));
        }
        text
    }
}

/// The words of a run, kept in a file: an orphan would hold a pipe open.
fn spawn(terraform: &Terraform, arguments: &[&str]) -> Child {
    let log = std::fs::File::create(terraform.path().join("run.log")).unwrap();
    let mut command = terraform.command(arguments);
    command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

fn words(terraform: &Terraform) -> String {
    std::fs::read_to_string(terraform.path().join("run.log")).unwrap_or_default()
}

fn quietly(terraform: &Terraform, arguments: &[&str]) -> i32 {
    spawn(terraform, arguments).wait().unwrap().code().unwrap_or(-1)
}

fn signal(name: &str, process: u32) {
    let _ = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
}

/// The processes that a process has started.
fn children(parent: u32) -> Vec<u32> {
    let path = format!("/proc/{parent}/task");
    let threads = std::fs::read_dir(path).into_iter().flatten().flatten();
    let lists =
        threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()
        })
        .collect()
}

/// Runs Terraform and cuts it off.
fn strike(run: &Run, cloud: &Cloud, terraform: &Terraform, arguments: &[&str]) {
    if let (Blow::Connection(kind), Moment::Request(nth)) = (run.blow, run.moment) {
        cloud.faults(json!([{ "operation": "*", "kind": kind, "times": 2, "skip": nth }]));
        quietly(terraform, arguments);
        return cloud.calm();
    }
    let before = cloud.journal().len();
    let (mut process, began) = (spawn(terraform, arguments), Instant::now());
    loop {
        let now = match run.moment {
            Moment::Request(nth) => cloud.journal().len() >= before + nth,
            Moment::Clock(millis) => began.elapsed() >= Duration::from_millis(millis),
        };
        if now || process.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    match run.blow {
        Blow::Provider => {
            children(process.id()).into_iter().for_each(|child| signal("KILL", child))
        }
        Blow::Terraform(name) => signal(name, process.id()),
        Blow::Connection(_) => {}
    }
    process.wait().unwrap();
    mend(terraform);
}

/// Terraform writes its state file in place: a kill at that moment leaves an empty one, and its own backup beside it.
fn mend(terraform: &Terraform) {
    let path = terraform.path().join("terraform.tfstate");
    let backup = terraform.path().join("terraform.tfstate.backup");
    let torn =
        std::fs::read(&path).is_ok_and(|text| serde_json::from_slice::<Json>(&text).is_err());
    if torn && backup.exists() {
        std::fs::copy(backup, path).unwrap();
    }
}

/// What was announced of what was done.
#[derive(Default)]
struct Heard {
    calls: usize,
}

impl Heard {
    /// After a run: what was started since the last one must have been told by its plan, and nothing is replaced that did not
    /// change.
    fn listen(&mut self, cloud: &Cloud, terraform: &Terraform, whole: bool) -> Result<(), String> {
        let (journal, words) = (cloud.journal(), words(terraform));
        let new = &journal[self.calls.min(journal.len())..];
        let starts = new.iter().any(|call| call["operation"] == "StartAiCallTask");
        self.calls = journal.len();
        let announced = ["be started", "started again", "updated and started"];
        if whole && starts && !announced.iter().any(|part| words.contains(part)) {
            return Err("a start was not announced".to_owned());
        }
        match words.contains("# aiccs_call_task.t must be replaced") {
            true => Err("a task that did not change is replaced".to_owned()),
            false => Ok(()),
        }
    }
}

/// Who would be called, and how often.
fn called(cloud: &Cloud) -> BTreeMap<String, usize> {
    let mut numbers = BTreeMap::new();
    for detail in cloud.ask("GET", "/__details", None).as_array().unwrap() {
        if detail["CallResult"] != "CANCEL" {
            *numbers.entry(detail["CalledNumber"].to_string()).or_default() += 1;
        }
    }
    numbers
}

fn state(terraform: &Terraform) -> Json {
    let text =
        std::fs::read_to_string(terraform.path().join("terraform.tfstate")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or(Json::Null)
}

/// What is wrong with it, if anything is.
fn carry_out(run: &Run) -> Result<(), String> {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return Ok(()) };
    if run.operation == Operation::Destroy || run.scheduled && run.wish == Some("STOPPED") {
        // Else a task that waits for its time can be neither destroyed by STOP nor kept still, as the errors say.
        cloud.switch(&[("stop_requires", "running_or_scheduled")]);
    }
    let wrong = |what: &str| Err(format!("{run:?}: {what}\n{}", words(&terraform)));
    let (first, last) = match run.operation {
        Operation::Create => (None, run.config(5, Some(1))),
        Operation::Update => (Some(run.config(5, Some(1))), run.config(9, Some(1))),
        Operation::Import => (Some(run.config(5, None)), run.config(5, Some(1))),
        Operation::Replace => (Some(run.config(5, Some(1))), run.config(5, Some(2))),
        Operation::Destroy => (Some(run.config(5, Some(1))), String::new()),
    };
    let mut heard = Heard::default();
    if let Some(first) = first {
        terraform.write(&first);
        if quietly(&terraform, &APPLY) != 0 {
            return wrong("the undisturbed apply fails");
        }
        heard.listen(&cloud, &terraform, true).or_else(|what| wrong(&what))?;
    }
    terraform.write(&last);
    strike(run, &cloud, &terraform, &APPLY);
    // Who kills Terraform does not hear what it would have said.
    let whole = !matches!(run.blow, Blow::Terraform(_));
    heard.listen(&cloud, &terraform, whole).or_else(|what| wrong(&what))?;
    // Whoever was killed before its create was answered meets its own name, and imports it.
    let mut applies = 0;
    while quietly(&terraform, &APPLY) != 0 {
        heard.listen(&cloud, &terraform, true).or_else(|what| wrong(&what))?;
        let text = words(&terraform);
        applies += 1;
        if applies == 4 {
            return wrong("it does not converge");
        }
        if text.contains("is taken") && !run.adopt {
            let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
            if quietly(&terraform, &["import", "aiccs_call_task.t", &id]) != 0 {
                return wrong("what was made cannot be imported");
            }
        }
    }
    heard.listen(&cloud, &terraform, true).or_else(|what| wrong(&what))?;
    for _ in 0..2 {
        if quietly(&terraform, &["plan", "-detailed-exitcode", "-no-color"]) == 0 {
            break;
        }
        if quietly(&terraform, &APPLY) != 0 {
            return wrong("an undisturbed apply fails");
        }
        heard.listen(&cloud, &terraform, true).or_else(|what| wrong(&what))?;
    }
    if quietly(&terraform, &["plan", "-detailed-exitcode", "-no-color"]) != 0 {
        return wrong("the plan is not empty");
    }
    check(run, &cloud, &terraform).or_else(|what| wrong(&what))
}

/// The invariants.
fn check(run: &Run, cloud: &Cloud, terraform: &Terraform) -> Result<(), String> {
    let (tasks, called) = (cloud.tasks(), called(cloud));
    if tasks.len() > 1 {
        return Err(format!("{} tasks", tasks.len()));
    }
    if let Some(twice) = called.values().find(|count| **count > 1) {
        return Err(format!("callees are in {twice} times"));
    }
    let status = tasks.first().map(|task| task["Status"].clone());
    let journal = cloud.journal();
    let starts = journal.iter().filter(|call| call["operation"] == "StartAiCallTask").count();
    if run.wish == Some("STOPPED") && starts > 0 {
        return Err("a task that is to be stopped was started".to_owned());
    }
    if stops_what_it_started(run, &journal) {
        return Err("what was just started was stopped".to_owned());
    }
    if run.scheduled && starts > 0 {
        return Err("a scheduled task was started before its time".to_owned());
    }
    if run.operation == Operation::Destroy {
        let ended = called.is_empty() && status != Some(json!(1));
        return if ended { Ok(()) } else { Err("something goes on after the destroy".to_owned()) };
    }
    if called.len() != run.callees {
        return Err(format!("{} of {} callees are in", called.len(), run.callees));
    }
    let expected: &[i64] = match (run.wish, run.scheduled) {
        (Some("STOPPED"), true) => &[2],
        (Some("STOPPED"), false) => &[0, 2],
        // Killed between the stop and the start of an update: that is told, and started only where it is wished for.
        (None, false) if run.operation == Operation::Update => &[1, 2],
        (_, true) => &[0, 2],
        _ => &[1],
    };
    if !expected.iter().any(|wanted| status == Some(json!(wanted))) {
        return Err(format!("the task is in status {status:?}"));
    }
    let state = state(terraform).to_string();
    let known = |id: &Json| id.as_str().is_some_and(|id| state.contains(&format!("\"{id}\"")));
    if !known(&tasks[0]["TaskId"]) {
        return Err("the state does not know the task".to_owned());
    }
    let details = cloud.ask("GET", "/__details", None);
    let mut left = details.as_array().unwrap().iter().filter(|d| d["CallResult"] != "CANCEL");
    match left.find(|detail| !known(&detail["BatchId"])) {
        Some(detail) => Err(format!("the state does not know batch {}", detail["BatchId"])),
        None => Ok(()),
    }
}

/// Only an update, a destroy and `desired_status = "STOPPED"` stop a task, and an update that is in does not again.
fn stops_what_it_started(run: &Run, journal: &[Json]) -> bool {
    let is = |call: &Json, operation: &str| call["operation"] == operation;
    match run.operation {
        _ if run.wish == Some("STOPPED") => false,
        Operation::Destroy => false,
        // What a killed create has made and started is taken over like anybody's (seed 3890).
        Operation::Create if run.adopt => false,
        Operation::Update => {
            let mut calls = journal.iter();
            let mut then =
                |operation: &str| calls.any(|call| is(call, operation) && call["code"] == "OK");
            then("UpdateAiCallTask") && then("StartAiCallTask") && then("StopAiCallTask")
        }
        Operation::Create | Operation::Import | Operation::Replace => {
            journal.iter().any(|call| is(call, "StopAiCallTask"))
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn whatever_cuts_a_run_off_nobody_is_called_twice() {
    let (from, seeds) = (number(FROM, 1), number(SEEDS, 30));
    let (next, wrong) = (Mutex::new(from..from + seeds), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(seed) = next.lock().unwrap().next() else { return };
                    if let Err(text) = carry_out(&Run::of(seed)) {
                        println!("{text}\n");
                        wrong.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    println!("{seeds} seeds from {from} on, wrong: {wrong:?}");
    assert!(wrong.is_empty(), "seeds {wrong:?}");
}
