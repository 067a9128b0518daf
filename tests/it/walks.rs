//! Random walks: configuration edits, console edits, faults and applies in any order. Once the faults end, the next
//! applies end in an empty plan, and there are no tasks beside those that were replaced on purpose.

use serde_json::{Value as Json, json};

use crate::matrix::config;
use crate::support::cloud::Cloud;
use crate::support::core::Core;
use crate::support::dice::Dice;

/// Changes one argument of the configuration.
fn edit(dice: &mut Dice, config: &mut Json, log: &mut Vec<String>) {
    let (name, value) = match dice.below(9) {
        0 => ("task_cps", dice.of(&[json!(1), json!(7), json!(500), Json::Null])),
        1 => ("desired_status", dice.of(&[json!("RUNNING"), json!("STOPPED"), Json::Null])),
        2 => ("call_day", dice.of(&[json!(["MONDAY"]), json!(["SUNDAY", "MONDAY"])])),
        3 => ("miss_call_retry", dice.of(&[json!(true), json!(false), Json::Null])),
        4 => ("call_retry_reason", dice.of(&[json!(["USER_BUSY"]), json!([]), Json::Null])),
        5 => ("task_name", dice.of(&[json!("甲"), json!("乙 🙂"), json!("c")])),
        6 => ("deletion_policy", dice.of(&[json!("STOP"), json!("RETIRE"), json!("ABANDON")])),
        7 => {
            let windows = [
                json!([{ "start_time": "9:00", "end_time": "10:00:00" }]),
                json!([{ "start_time": "09:00", "end_time": "10:00" }, { "start_time": "11:00", "end_time": "12:00" }]),
            ];
            ("call_time", dice.of(&windows))
        }
        _ => {
            let scheduled = dice.below(2) == 0;
            config["task_start_time"] =
                if scheduled { json!(4_102_444_800_000_i64) } else { Json::Null };
            ("start_type", json!(if scheduled { "SCHEDULE" } else { "IMMEDIATE" }))
        }
    };
    log.push(format!("edit {name} = {value}"));
    config[name] = value;
}

/// Changes the task behind everybody's back.
fn console(dice: &mut Dice, core: &Core, cloud: &Cloud, log: &mut Vec<String>) {
    let Some(id) = core.id() else { return };
    if !cloud.tasks().iter().any(|task| task["TaskId"] == json!(id)) {
        return;
    }
    let fields = match dice.below(4) {
        0 => json!({ "Status": dice.below(4) }),
        1 => json!({ "ConcurrentCount": dice.below(400) + 1 }),
        2 => json!({ "CallDays": ["TUESDAY"] }),
        _ => json!({ "RetryEnable": dice.below(2) == 0 }),
    };
    log.push(format!("console {fields}"));
    cloud.edit(&id, &fields);
}

fn fault(dice: &mut Dice, cloud: &Cloud, log: &mut Vec<String>) {
    let kinds: Vec<&str> = aiccs_emulator::KINDS
        .iter()
        .map(|(kind, _)| *kind)
        .filter(|kind| !kind.starts_with("hang"))
        .collect();
    let fault = json!({
        "operation": dice.of(&["*", "CreateAiCallTask", "UpdateAiCallTask", "StopAiCallTask", "StartAiCallTask"]),
        "kind": dice.of(&kinds), "times": dice.below(4) + 1, "skip": dice.below(4), "millis": 200,
    });
    log.push(format!("fault {fault}"));
    cloud.faults(json!([fault]));
}

fn walk(seed: u64) {
    let (cloud, mut dice, mut log) = (Cloud::start(), Dice(seed), Vec::new());
    cloud.switch(&[
        ("stop_requires", dice.of(&["any", "running_or_scheduled"])),
        ("omitted_on_update", dice.of(&["keep", "reset"])),
        ("list_order", "shuffled"),
        ("unset_optionals", dice.of(&["absent", "null", "zero"])),
    ]);
    let mut core = Core::new(&cloud);
    let mut config = config(&[("adopt_existing", json!(true))]);
    let mut destroyed = 0;
    for _ in 0..14 {
        match dice.below(8) {
            0..3 => {
                let name = config["task_name"].clone();
                edit(&mut dice, &mut config, &mut log);
                // Another name for a tainted task is another task, and the old one remains: so Terraform means it.
                if core.state.as_ref().is_some_and(|stored| stored.tainted) {
                    config["task_name"] = name;
                }
            }
            3 => console(&mut dice, &core, &cloud, &mut log),
            4 => fault(&mut dice, &cloud, &mut log),
            5 if dice.below(4) == 0 => {
                let run = core.apply(None);
                destroyed += usize::from(core.state.is_none());
                log.push(format!("destroy: {}", if run.failed() { "failed" } else { "done" }));
            }
            _ => {
                let run = core.apply(Some(&config));
                log.push(format!(
                    "apply {}",
                    if run.failed() { run.text() } else { "done".to_owned() }
                ));
            }
        }
    }
    cloud.calm();
    cloud.settle();
    cloud.switch(&[("stop_requires", "any")]);
    let told = format!("seed {seed}:\n{}", log.join("\n"));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| core.converge(&config)));
    assert!(result.is_ok(), "{told}");
    let id = core.id().expect("a task in state");
    let tasks = cloud.tasks();
    let task = tasks.iter().find(|task| task["TaskId"] == json!(id)).expect(&told);
    assert_eq!(task["TaskName"], config["task_name"], "{told}");
    let retired = |task: &&Json| task["TaskName"].to_string().contains("-retired-");
    let kept = tasks.iter().filter(|task| !retired(task)).count();
    assert!(kept <= destroyed + 1, "{told}\n{tasks:#?}");
    match config["desired_status"].as_str() {
        Some("RUNNING") => {
            assert!(task["Status"] == 1 || task["StartType"] == "SCHEDULE", "{told}")
        }
        Some(_) => assert_ne!(task["Status"], 1, "{told}"),
        None => {}
    }
}

#[test]
fn random_walks_end_in_an_empty_plan() {
    let count: u64 =
        std::env::var("AICCS_WALKS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let next = std::sync::atomic::AtomicU64::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if seed >= count {
                        return;
                    }
                    if std::panic::catch_unwind(|| walk(seed)).is_err() {
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "seeds that fail: {failed:?}");
}
