//! The fault matrix: each step of a task's life, each call in it, each fault. Afterwards exactly one task is in the
//! service, the state is true, the next apply converges, and nobody was started whom the user did not want running.
//! Generated: the calls of a step are found by running it once without faults.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value as Json, json};

use crate::support::cloud::Cloud;
use crate::support::core::{Core, Manner, Run};

pub fn config(edits: &[(&str, Json)]) -> Json {
    let mut config = json!({
        "task_name": "回访 🙂",
        "agent_id": "118000000000000042",
        "virtual_number": "0537022000",
        "start_type": "IMMEDIATE",
        "task_cps": 5,
        "call_time": [{ "start_time": "09:00", "end_time": "12:00" }],
        "call_day": ["MONDAY", "FRIDAY"],
        "timeouts": timeouts("20s"),
    });
    for (name, value) in edits {
        config[*name] = value.clone();
    }
    config
}

fn timeouts(limit: &str) -> Json {
    json!({ "create": limit, "read": limit, "update": limit, "delete": limit })
}

/// A step of a life: what was before, and what is done.
struct Step {
    name: &'static str,
    /// What was applied before, if anything.
    before: Option<Json>,
    /// Somebody started the task meanwhile.
    started: bool,
    /// What the step applies; `None` destroys.
    wish: Option<Json>,
    import: bool,
}

/// The steps of a life. A service that throttles for good is borne until the time-out, so that is short for those cells;
/// a lost answer is watched for some seconds.
fn steps(limit: &str) -> Vec<Step> {
    let config = |edits: &[(&str, Json)]| {
        let mut config = config(edits);
        config["timeouts"] = timeouts(limit);
        config
    };
    let apply = |name, before: &[(&'static str, Json)], wish: &[(&'static str, Json)]| Step {
        name,
        before: Some(config(before)),
        started: false,
        wish: Some(config(wish)),
        import: false,
    };
    let policy = |word: &str| ("deletion_policy", json!(word));
    let destroy =
        |name, before: &[(&'static str, Json)]| Step { wish: None, ..apply(name, before, &[]) };
    let running = ("desired_status", json!("RUNNING"));
    let scheduled =
        [("start_type", json!("SCHEDULE")), ("task_start_time", json!(4_102_444_800_000_i64))];
    vec![
        Step { before: None, ..apply("create", &[], &[]) },
        Step { before: None, ..apply("create and start", &[], std::slice::from_ref(&running)) },
        apply("read", &[], &[]),
        apply("update", &[], &[("task_cps", json!(9))]),
        Step { started: true, ..apply("update of a running task", &[], &[("task_cps", json!(9))]) },
        apply("start", &[], std::slice::from_ref(&running)),
        Step { started: true, ..apply("stop", &[], &[("desired_status", json!("STOPPED"))]) },
        Step { started: true, ..destroy("destroy STOP", &[]) },
        destroy("destroy STOP, scheduled", &scheduled),
        Step { started: true, ..destroy("destroy RETIRE", &[policy("RETIRE")]) },
        Step { started: true, ..destroy("destroy ABANDON", &[policy("ABANDON")]) },
        Step { import: true, ..apply("import", &[], &[]) },
    ]
}

/// A service that stops what is scheduled; that it may refuse is tested elsewhere.
const SWITCHES: &[(&str, &str)] = &[("stop_requires", "running_or_scheduled")];

/// The world before a step.
fn prepare(step: &Step) -> (Cloud, Core) {
    let cloud = Cloud::start();
    cloud.switch(SWITCHES);
    let mut core =
        Core::new(&cloud).with("max_retries", json!(2)).with("client_read_timeout", json!(400));
    if let Some(before) = &step.before {
        in_time(&mut core, Some(before)).succeeds();
    }
    if step.started {
        let id = core.id().unwrap();
        cloud.edit(&id, &json!({ "Status": 1 }));
    }
    if step.import {
        core.state = None;
    }
    cloud.writes();
    (cloud, core)
}

/// An apply that nothing disturbs. The time-outs of some cells are short, and a busy machine may need longer: what was
/// cut off is applied again, as a user would.
fn in_time(core: &mut Core, wish: Option<&Json>) -> Run {
    let mut run = core.apply(wish);
    for _ in 0..9 {
        if !run.failed() || !run.text().contains("The time for this operation is over") {
            break;
        }
        run = core.apply(wish);
    }
    run
}

fn take(step: &Step, core: &mut Core, cloud: &Cloud) -> Run {
    if step.import {
        let id = cloud.tasks()[0]["TaskId"].as_str().unwrap().to_owned();
        let run = core.import(&id);
        if run.failed() {
            return run;
        }
    }
    core.apply(step.wish.as_ref())
}

/// The operations that a step calls when all goes well.
fn calls(step: &Step) -> Vec<String> {
    let (cloud, mut core) = prepare(step);
    take(step, &mut core, &cloud).succeeds();
    let journal = cloud.journal();
    journal.iter().map(|entry| entry["operation"].as_str().unwrap().to_owned()).collect()
}

/// One cell: the fault strikes the `nth` call of the step, once or for good.
struct Cell {
    step: usize,
    operation: String,
    nth: usize,
    kind: &'static str,
    times: u64,
    /// A late operation is done after the step; else within it, 900 ms later.
    held: bool,
    /// The host is one that does not say which plan is the apply's own.
    manner: Manner,
}

/// The kind of a cell whose process is killed during the call.
const KILLED: &str = "SIGKILL";

fn run(cell: &Cell, step: &Step) -> Result<(), String> {
    let (cloud, mut core) = prepare(step);
    core.manner = cell.manner;
    let wanted = |status: Option<&Json>| {
        step.wish.as_ref().is_some_and(|wish| wish["desired_status"] == json!("RUNNING"))
            || step.started
            || status.is_some_and(|status| *status == 0 || *status == 2)
    };
    let first = if cell.kind == KILLED {
        match killed(cell, step, &mut core, &cloud) {
            Some(first) => first,
            // On a busy machine the kill may come too late.
            None => return run(cell, step),
        }
    } else {
        if cell.held {
            cloud.hold();
        }
        cloud.faults(json!([{
            "operation": "*", "kind": cell.kind, "times": cell.times, "skip": cell.nth, "millis": 900,
        }]));
        take(step, &mut core, &cloud)
    };
    cloud.calm();
    cloud.switch(SWITCHES);
    // What was sent comes in late, and once, before anything is judged.
    cloud.settle();
    let tell = |what: &str, more: &str| {
        Err(format!(
            "{}: {}{} ({}, call {}, {}x): {what}\n{more}\nfirst run:\n{}\njournal:\n{}",
            step.name,
            cell.kind,
            if cell.held { ", held" } else { "" },
            cell.operation,
            cell.nth,
            cell.times,
            first.text(),
            journal(&cloud),
        ))
    };
    let tasks = cloud.tasks();
    if tasks.len() > 1 {
        return tell("duplicated", &format!("{tasks:#?}"));
    }
    if let Some(task) = tasks.first() {
        if !wanted(Some(&task["Status"])) {
            return tell("runs although nobody wanted that", &format!("{task:#}"));
        }
        if let Some(id) = core.id()
            && json!(id) != task["TaskId"]
        {
            return tell("the state holds another task", &id);
        }
    }
    settle(cell, step, &mut core, &cloud, &first).or_else(|(what, more)| tell(&what, &more))
}

/// Takes the step with a provider that is killed while its `nth` call is answered: before the operation is done, or
/// after it (`times` 1).
fn killed(cell: &Cell, step: &Step, core: &mut Core, cloud: &Cloud) -> Option<Run> {
    let kind = if cell.times == 0 { "hang" } else { "delay" };
    cloud.faults(json!([{
        "operation": "*", "kind": kind, "times": 1, "skip": cell.nth, "millis": 60_000,
    }]));
    let pid = core.pid.clone();
    let (done, ended) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let look_again = std::time::Duration::from_millis(2);
            while ended.recv_timeout(look_again) == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                if cloud.journal().iter().any(|entry| !entry["fault"].is_null()) {
                    let pid = pid.load(Ordering::SeqCst).to_string();
                    let _ = std::process::Command::new("kill").args(["-KILL", &pid]).status();
                    return;
                }
            }
        });
        let run = take(step, core, cloud);
        drop(done);
        run.text().contains("Plugin did not respond").then_some(run)
    })
}

/// The next applies converge; where the fault fell on Create they may name the holder instead.
fn settle(
    cell: &Cell,
    step: &Step,
    core: &mut Core,
    cloud: &Cloud,
    first: &Run,
) -> Result<(), (String, String)> {
    let fail = |what: &str, more: String| Err((what.to_owned(), more));
    let Some(wish) = &step.wish else {
        if core.state.is_some() {
            let again = in_time(core, None);
            if again.failed() || core.state.is_some() {
                return fail("the next destroy fails", again.text());
            }
        }
        let status = &cloud.task()["Status"];
        let abandoned = step
            .before
            .as_ref()
            .is_some_and(|before| before["deletion_policy"] == json!("ABANDON"));
        return if !abandoned && *status == 1 {
            fail("destroyed, and still running", status.to_string())
        } else {
            Ok(())
        };
    };
    if step.import && core.state.is_none() {
        let id = cloud.tasks()[0]["TaskId"].as_str().unwrap().to_owned();
        let again = core.import(&id);
        if again.failed() {
            return fail("the next import fails", again.text());
        }
    }
    let mut wish = wish.clone();
    if core.state.is_none() && cloud.tasks().len() == 1 {
        let again = in_time(core, Some(&wish));
        let id = cloud.task()["TaskId"].as_str().unwrap_or_default().to_owned();
        let names = again.text().contains(&id) && again.text().contains("terraform import");
        if !names || cell.operation != "CreateAiCallTask" && !first.failed() {
            return fail("the holder is not named", again.text());
        }
        wish["adopt_existing"] = json!(true);
    }
    // An apply whose plan is empty changes nothing: the last one has to be such.
    let mut last = in_time(core, Some(&wish));
    for _ in 0..3 {
        if last.failed() {
            return fail("the next apply fails", last.text());
        }
        if last.planned.is_none() {
            break;
        }
        last = in_time(core, Some(&wish));
    }
    if last.failed() || last.planned.is_some() {
        return fail("does not converge", format!("{}{:?}", last.text(), last.planned));
    }
    is_true(cell, step, &wish, core, cloud)
}

/// The state says what the service has, and the task runs only where somebody wants that.
fn is_true(
    cell: &Cell,
    step: &Step,
    wish: &Json,
    core: &Core,
    cloud: &Cloud,
) -> Result<(), (String, String)> {
    let (task, state) = (cloud.task(), core.state.as_ref().map(|stored| stored.value.clone()));
    let state = state.unwrap_or_default();
    let runs = wish["desired_status"] == json!("RUNNING")
        || step.started && wish["desired_status"] != json!("STOPPED");
    // A process that is killed after a stop takes its knowledge of it along.
    let may_stay_stopped = cell.kind == KILLED && wish["desired_status"].is_null();
    if task["TaskId"].as_str() != state.get("id").as_str()
        || task["ConcurrentCount"].as_i64() != state.get("task_cps").as_int()
        || (task["Status"] == 1) != runs && !(may_stay_stopped && task["Status"] == 2)
    {
        return Err(("the state is not true".to_owned(), format!("{task:#}\n{state}")));
    }
    Ok(())
}

fn journal(cloud: &Cloud) -> String {
    let line = |entry: &Json| {
        format!(
            "{} {} {} {}\n",
            entry["operation"], entry["http_status"], entry["code"], entry["fault"]
        )
    };
    cloud.journal().iter().map(line).collect()
}

/// Runs all cells on a few threads; most of their time is waiting.
fn all(cells: &[(Cell, &Step)]) -> Vec<String> {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..48 {
            scope.spawn(|| {
                while let Some((cell, step)) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = std::panic::catch_unwind(|| run(cell, step));
                    let result = result.unwrap_or_else(|_| {
                        Err(format!("{}: {} at call {} panicked", step.name, cell.kind, cell.nth))
                    });
                    if let Err(text) = result {
                        failures.lock().unwrap_or_else(PoisonError::into_inner).push(text);
                    }
                }
            });
        }
    });
    failures.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn every_fault_at_every_call_of_every_step_converges() {
    let (steps, short) = (steps("20s"), steps("2s"));
    let only = std::env::var("AICCS_MATRIX_STEP").ok();
    let mut cells = Vec::new();
    let mut met = BTreeSet::new();
    for (index, step) in steps.iter().enumerate() {
        if only.as_ref().is_some_and(|only| !step.name.contains(only.as_str())) {
            continue;
        }
        for (nth, operation) in calls(step).into_iter().enumerate() {
            met.insert(operation.clone());
            for (kind, _) in aiccs_emulator::KINDS {
                // An import has no `timeouts` yet: a service that throttles for good is borne for minutes.
                // One that never answers is borne until each call's time-out: once says as much as for good.
                let patient =
                    step.import && kind.starts_with("throttle") || kind.starts_with("hang");
                // A question that is answered late is one whose answer is lost.
                if kind.ends_with("_late") && operation.starts_with("Query") {
                    continue;
                }
                let step = if kind.starts_with("throttle") { &short[index] } else { step };
                let positions: &[bool] =
                    if kind.ends_with("_late") { &[false, true] } else { &[false] };
                for (held, times) in positions.iter().flat_map(|held| [(*held, 1), (*held, 1000)]) {
                    if patient && times > 1 {
                        continue;
                    }
                    let operation = operation.clone();
                    // A sample, since both manners differ in little.
                    let manner =
                        if cells.len() % 7 == 3 { Manner::OpenTofu } else { Manner::Terraform };
                    let cell = Cell { step: index, operation, nth, kind, times, held, manner };
                    cells.push((cell, step));
                }
            }
        }
    }
    let failures = all(&cells);
    println!("fault matrix: {} cells over {met:?}", cells.len());
    assert!(cells.len() > 100 && cells.iter().all(|(cell, _)| cell.step < steps.len()));
    none_of(&failures, cells.len());
}

fn none_of(failures: &[String], cells: usize) {
    assert!(failures.is_empty(), "{} of {cells}:\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn a_kill_during_any_call_never_makes_a_second_task() {
    let steps = steps("20s");
    let mut cells = Vec::new();
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| !step.import) {
        for (nth, operation) in calls(step).into_iter().enumerate() {
            for times in [0, 1] {
                let operation = operation.clone();
                cells.push((
                    Cell {
                        step: index,
                        operation,
                        nth,
                        kind: KILLED,
                        times,
                        held: false,
                        manner: if nth % 2 == 0 { Manner::Terraform } else { Manner::OpenTofu },
                    },
                    step,
                ));
            }
        }
    }
    let failures = all(&cells);
    println!("killed: {} cells", cells.len());
    none_of(&failures, cells.len());
}
