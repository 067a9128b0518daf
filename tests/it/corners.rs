//! Corners of a task's life: what is kept of a schedule, whose task is adopted, what a refused stop leaves behind, which
//! name is taken.

use serde_json::{Value as Json, json};

use crate::matrix::config;
use crate::support::cli::{Terraform, task};
use crate::support::cloud::Cloud;
use crate::support::core::Core;

fn start() -> (Cloud, Core) {
    let cloud = Cloud::start();
    let core = Core::new(&cloud).with("max_retries", json!(1));
    (cloud, core)
}

/// A task that somebody else made, with the settings of `config` and these fields.
fn foreign(cloud: &Cloud, fields: &[(&str, Json)]) -> String {
    let mut task = json!({
        "TaskName": "回访 🙂", "AgentId": "118000000000000042", "StartType": "IMMEDIATE",
        "CallerNumber": "0537022000", "ConcurrentCount": 5,
    });
    for (name, value) in fields {
        task[*name] = value.clone();
    }
    cloud.ask("POST", "/__tasks", Some(&task))["TaskId"].as_str().unwrap().to_owned()
}

#[test]
fn the_time_of_a_schedule_that_is_none_any_more_is_forgotten() {
    let (cloud, mut core) = start();
    let time = json!(4_000_000_000_000_i64);
    let scheduled = [("start_type", json!("SCHEDULE")), ("task_start_time", time.clone())];
    core.apply(Some(&config(&scheduled))).succeeds();
    core.apply(Some(&config(&[]))).succeeds();
    assert!(core.attribute("task_start_time").is_null());
    core.apply(Some(&config(&[("task_cps", json!(3))]))).succeeds();
    assert_eq!(core.converge(&config(&[("task_cps", json!(3))])), 0);
    let id = core.id().unwrap();
    cloud.edit(&id, &json!({ "StartTime": time }));
    core.apply(Some(&config(&[("task_cps", json!(4))]))).succeeds();
    assert!(core.attribute("task_start_time").is_null());
}

#[test]
fn an_adoption_that_is_refused_leaves_the_task_to_its_owner() {
    let (cloud, mut core) = start();
    let id = foreign(&cloud, &[("Status", json!(1))]);
    let wish = config(&[
        ("adopt_existing", json!(true)),
        ("allow_stopping_for_update", json!(false)),
        ("task_cps", json!(4)),
    ]);
    for _ in 0..2 {
        core.apply(Some(&wish)).fails().says(&["may not be stopped", "Nothing was changed"]);
        assert!(core.state.is_none(), "somebody else's task is not in the state");
        assert_eq!(
            (&cloud.task()["Status"], &cloud.task()["ConcurrentCount"]),
            (&json!(1), &json!(5))
        );
    }
    assert!(
        !cloud.writes().iter().any(|name| name == "StopAiCallTask" || name == "UpdateAiCallTask")
    );
    let wish = config(&[("adopt_existing", json!(true)), ("task_cps", json!(4))]);
    core.apply(Some(&wish)).succeeds().says(&["was stopped for its update", "is started again"]);
    assert_eq!((core.id(), &cloud.task()["Status"]), (Some(id), &json!(1)));
}

#[test]
fn an_adoption_that_fails_leaves_no_state_and_what_ran_runs() {
    for (operation, kind) in [
        ("StopAiCallTask", "business"),
        ("UpdateAiCallTask", "business"),
        ("UpdateAiCallTask", "forbidden_ram"),
    ] {
        let (cloud, mut core) = start();
        foreign(&cloud, &[("Status", json!(1))]);
        let wish = config(&[("adopt_existing", json!(true)), ("task_cps", json!(9))]);
        cloud.faults(json!([{ "operation": operation, "kind": kind, "times": 9 }]));
        core.apply(Some(&wish)).fails();
        assert!(core.state.is_none(), "{operation} {kind}");
        assert_eq!(cloud.task()["Status"], 1, "{operation} {kind}");
        cloud.calm();
        core.apply(Some(&wish)).succeeds();
        assert_eq!(cloud.task()["Status"], 1, "{operation} {kind}");
    }
    let (cloud, mut core) = start();
    foreign(&cloud, &[("Status", json!(1))]);
    let wish = config(&[("adopt_existing", json!(true)), ("task_cps", json!(9))]);
    cloud.faults(json!([
        { "operation": "UpdateAiCallTask", "kind": "business", "times": 9 },
        { "operation": "StartAiCallTask", "kind": "business", "times": 9 },
    ]));
    let run = core.apply(Some(&wish)).fails().says(&["may not run any more", "it was STOPPED"]);
    assert!(core.state.is_none() && !run.text().contains("The next apply starts"));
}

#[test]
fn a_task_that_was_taken_over_and_did_not_start_again_is_started_by_the_next_apply() {
    let (cloud, mut core) = start();
    foreign(&cloud, &[("Status", json!(1))]);
    let wish = config(&[("adopt_existing", json!(true)), ("task_cps", json!(9))]);
    cloud.faults(json!([{ "operation": "StartAiCallTask", "kind": "business", "times": 9 }]));
    core.apply(Some(&wish)).succeeds().says(&["Could not start", "The next apply starts it again"]);
    cloud.calm();
    core.converge(&wish);
    assert_eq!((&cloud.task()["Status"], &cloud.task()["ConcurrentCount"]), (&json!(1), &json!(9)));
}

#[test]
fn what_was_stopped_is_started_again_whatever_its_status_looks_like() {
    let (cloud, mut core) = start();
    let patient = ("timeouts", json!({ "update": "1m" }));
    core.apply(Some(&config(std::slice::from_ref(&patient)))).succeeds();
    let id = core.id().unwrap();
    cloud.edit(&id, &json!({ "Status": 1 }));
    cloud.faults(json!([
        { "operation": "UpdateAiCallTask", "kind": "delay", "times": 1, "millis": 1000 },
    ]));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while cloud.task()["ConcurrentCount"] != 9 {
                std::thread::yield_now();
            }
            cloud.switch(&[("page_status", "4")]);
        });
        core.apply(Some(&config(&[patient.clone(), ("task_cps", json!(9))]))).succeeds();
    });
    assert_eq!(cloud.task()["Status"], 1);
}

#[test]
fn a_stop_that_was_refused_starts_nothing_later() {
    let (cloud, mut core) = start();
    core.apply(Some(&config(&[]))).succeeds();
    let id = core.id().unwrap();
    cloud.edit(&id, &json!({ "Status": 1 }));
    cloud.faults(json!([{ "operation": "StopAiCallTask", "kind": "business", "times": 9 }]));
    let run = core.apply(Some(&config(&[("task_cps", json!(9))]))).fails();
    assert!(!run.text().contains("The next apply starts"), "{}", run.text());
    cloud.calm();
    cloud.edit(&id, &json!({ "Status": 2 }));
    cloud.writes();
    core.converge(&config(&[]));
    assert_eq!((&cloud.task()["Status"], cloud.writes().len()), (&json!(2), 0));
}

#[test]
fn who_wants_a_task_stopped_ends_a_pending_restart() {
    let (cloud, mut core) = start();
    core.apply(Some(&config(&[]))).succeeds();
    let id = core.id().unwrap();
    cloud.edit(&id, &json!({ "Status": 1 }));
    cloud.faults(json!([{ "operation": "StartAiCallTask", "kind": "business", "times": 9 }]));
    let wish = [("task_cps", json!(9))];
    core.apply(Some(&config(&wish))).fails().says(&[
        "was told to stop for the update",
        "it was STOPPED",
        "The next apply starts it",
    ]);
    cloud.calm();
    core.plan(Some(&config(&wish))).succeeds().says(&["will be started", "prevents that"]);
    let stopped = [wish[0].clone(), ("desired_status", json!("STOPPED"))];
    core.apply(Some(&config(&stopped))).succeeds();
    core.apply(Some(&config(&wish))).succeeds();
    core.converge(&config(&wish));
    assert_eq!(cloud.task()["Status"], 2, "it stays stopped");
}

#[test]
fn a_name_is_imported_to_the_letter() {
    let (cloud, mut core) = start();
    let id = foreign(&cloud, &[("TaskName", json!(" sp "))]);
    core.import("sp").fails().says(&["Call task not found"]);
    core.import(" sp ").succeeds();
    assert_eq!(core.id(), Some(id.clone()));
    // An id has no blanks of its own.
    let mut core = Core::new(&cloud);
    core.import(&format!(" {id}\n")).succeeds();
    assert_eq!(core.id(), Some(id));
}

#[test]
fn a_new_name_that_somebody_has_is_told_with_its_holder() {
    let (cloud, mut core) = start();
    let holder = foreign(&cloud, &[("TaskName", json!("taken"))]);
    core.apply(Some(&config(&[]))).succeeds();
    let run = core.apply(Some(&config(&[("task_name", json!("taken"))]))).fails().says(&[
        "[task_name]: The name \"taken\" is taken",
        &holder,
        "terraform import",
        "create_before_destroy",
    ]);
    assert_eq!(run.told.iter().filter(|told| told.error).count(), 1, "{}", run.text());
}

#[test]
fn an_update_refused_for_its_run_state_says_what_to_do() {
    let (cloud, mut core) = start();
    core.apply(Some(&config(&[]))).succeeds();
    cloud.switch(&[("update_requires", "stopped")]);
    core.apply(Some(&config(&[("task_cps", json!(9))])))
        .fails()
        .says(&["run state is INIT", "start the task and stop it again"]);
}

#[test]
fn a_holder_of_another_agent_is_not_offered_for_adoption() {
    let (cloud, mut core) = start();
    foreign(&cloud, &[("AgentId", json!("118000000000000077"))]);
    let run = core.apply(Some(&config(&[]))).fails().says(&["its agent or application is another"]);
    assert!(!run.text().contains("set `adopt_existing"), "{}", run.text());
}

#[test]
fn a_destroy_stops_what_may_dial_and_forgets_what_nobody_can_stop() {
    let (cloud, mut core) = start();
    core.apply(Some(&config(&[]))).succeeds();
    let id = core.id().unwrap();
    cloud.edit(&id, &json!({ "Status": 1 }));
    cloud.switch(&[("page_status", "4")]);
    core.apply(None).succeeds();
    assert_eq!(cloud.task()["Status"], 2, "a status nobody documents may be a task that runs");
    core.apply(Some(&config(&[("task_name", json!("other"))]))).succeeds();
    core.apply(None).succeeds().says(&["could not be stopped", "UNKNOWN(4)", "console"]);
}

#[test]
fn a_set_holds_no_null() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    for (name, value) in [
        ("call_day", "[null]"),
        ("call_day", "[\"MONDAY\", null]"),
        ("call_retry_reason", "[null]"),
        ("callable_time", "[null]"),
    ] {
        terraform.write(&task(&[(name, value)]));
        let output = terraform.run(&["validate", "-no-color"]);
        output.fails().says(&[&format!("`{name}` holds an element that is null")]);
    }
}
