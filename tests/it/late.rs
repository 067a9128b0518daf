//! Calls whose answer is lost and which are carried out after their opposite: each pair of the table in
//! `call_task::late`, in the order that the test chooses.

use serde_json::{Value as Json, json};

use crate::callee_batch;
use crate::matrix::config;
use crate::support::cli::{self, Terraform, task};
use crate::support::cloud::Cloud;
use crate::support::core::{Core, Run};

/// A cloud that holds late operations, and a task with this status.
fn start(before: &[(&str, Json)], status: u8) -> (Cloud, Core) {
    let cloud = Cloud::start();
    let mut core = Core::new(&cloud);
    core.apply(Some(&patient(before))).succeeds();
    cloud.edit(&core.id().unwrap(), &json!({ "Status": status }));
    cloud.writes();
    cloud.hold();
    (cloud, core)
}

fn patient(edits: &[(&str, Json)]) -> Json {
    let mut config = config(edits);
    config["timeouts"] = Json::Null;
    config
}

fn lose(cloud: &Cloud, operation: &str, times: u32) {
    cloud.faults(json!([{ "operation": operation, "kind": "drop_late", "times": times }]));
}

/// Runs `work`; does what is due as soon as `operation` is in the journal for the `nth` time.
fn releasing<T: Send>(
    cloud: &Cloud,
    operation: &str,
    nth: usize,
    work: impl FnOnce() -> T + Send,
) -> T {
    std::thread::scope(|scope| {
        let work = scope.spawn(work);
        loop {
            let journal = cloud.journal();
            let seen = journal.iter().filter(|entry| entry["operation"] == operation).count();
            if seen >= nth || work.is_finished() {
                cloud.release();
                return work.join().unwrap();
            }
            std::thread::yield_now();
        }
    })
}

fn warned(run: &Run, part: &str) -> bool {
    run.told.iter().any(|told| !told.error && told.summary.contains(part))
}

#[test]
fn a_stop_that_comes_in_after_the_restart_is_told_and_made_good_by_the_next_apply() {
    let (cloud, mut core) = start(&[], 1);
    let wish = patient(&[("task_cps", json!(9))]);
    lose(&cloud, "StopAiCallTask", 1);
    let run = core.apply(Some(&wish)).succeeds();
    assert!(warned(&run, "may still be stopped"), "{}", run.text());
    run.says(&["StopAiCallTask sent at 20", "+08:00 was lost", "its apply starts it again"]);
    assert_eq!(
        cloud.writes(),
        ["StopAiCallTask", "StopAiCallTask", "UpdateAiCallTask", "StartAiCallTask"]
    );
    assert_eq!(core.converge(&wish), 0, "as long as it runs nothing is planned");
    cloud.release();
    assert_eq!(cloud.task()["Status"], 2);
    let plan = core.plan(Some(&wish)).says(&["will be started", "that stop was carried out late"]);
    assert!(plan.planned.is_some());
    core.apply(Some(&wish)).succeeds();
    assert_eq!((&cloud.task()["Status"], core.converge(&wish)), (&json!(1), 0));
}

#[test]
fn who_stops_the_task_meanwhile_has_it_stopped() {
    let (cloud, mut core) = start(&[], 1);
    lose(&cloud, "StopAiCallTask", 1);
    core.apply(Some(&patient(&[("task_cps", json!(9))]))).succeeds();
    cloud.release();
    let wish = patient(&[("task_cps", json!(9)), ("desired_status", json!("STOPPED"))]);
    assert!(core.converge(&wish) <= 1);
    assert!(!cloud.writes()[4..].contains(&"StartAiCallTask".to_owned()));
    let wish = patient(&[("task_cps", json!(9))]);
    assert!(core.converge(&wish) <= 1);
    assert_eq!(cloud.task()["Status"], 2, "and it stays so when the wish is taken back");
}

#[test]
fn a_stop_that_comes_in_while_the_apply_watches_is_made_good_at_once() {
    let (cloud, mut core) = start(&[], 1);
    lose(&cloud, "StopAiCallTask", 1);
    let wish = patient(&[("task_cps", json!(9))]);
    let run = releasing(&cloud, "StartAiCallTask", 1, || core.apply(Some(&wish)).succeeds());
    assert!(!warned(&run, "may still be"), "{}", run.text());
    assert_eq!(cloud.writes()[3..], ["StartAiCallTask", "StartAiCallTask"]);
    assert_eq!((&cloud.task()["Status"], core.converge(&wish)), (&json!(1), 0));
}

#[test]
fn a_lost_stop_is_remembered_for_the_apply_that_starts_the_task() {
    let (cloud, mut core) = start(&[], 1);
    lose(&cloud, "StopAiCallTask", 1);
    let run = core.apply(Some(&patient(&[("desired_status", json!("STOPPED"))]))).succeeds();
    assert!(!warned(&run, "may still be"), "another stop of a stopped task harms nobody");
    cloud.writes();
    let wish = patient(&[("desired_status", json!("RUNNING"))]);
    releasing(&cloud, "StartAiCallTask", 1, || core.apply(Some(&wish)).succeeds());
    assert_eq!(cloud.writes(), ["StartAiCallTask", "StartAiCallTask"]);
    assert_eq!(cloud.task()["Status"], 1);
}

#[test]
fn a_start_that_comes_in_after_a_destroy_is_stopped_or_told() {
    for comes_in in [true, false] {
        let (cloud, mut core) = start(&[], 2);
        lose(&cloud, "StartAiCallTask", 2);
        core.apply(Some(&patient(&[("desired_status", json!("RUNNING"))]))).fails();
        assert_eq!((cloud.writes().len(), cloud.late().len()), (2, 2));
        if comes_in {
            releasing(&cloud, "QueryAiCallTaskPage", 1, || core.apply(None).succeeds());
            assert_eq!(cloud.writes(), ["StopAiCallTask"]);
        } else {
            let run = core.apply(None).succeeds();
            assert!(warned(&run, "may still be started"), "{}", run.text());
            run.says(&["the task calls people", "stop it there if it runs"]);
        }
        assert_eq!((cloud.task()["Status"].clone(), core.state.is_none()), (json!(2), true));
    }
}

#[test]
fn an_update_that_comes_in_after_another_one_is_undone() {
    let (cloud, mut core) = start(&[], 2);
    lose(&cloud, "UpdateAiCallTask", 1);
    core.apply(Some(&patient(&[("task_cps", json!(7))])))
        .fails()
        .says(&["may still carry this update out"]);
    let wish = patient(&[("task_cps", json!(9))]);
    let run = releasing(&cloud, "UpdateAiCallTask", 2, || core.apply(Some(&wish)).succeeds());
    assert_eq!(cloud.task()["ConcurrentCount"], 9, "{}", run.text());
    assert_eq!(core.converge(&wish), 0);
}

#[test]
fn an_update_that_never_shows_is_drift_when_it_does() {
    let (cloud, mut core) = start(&[], 2);
    lose(&cloud, "UpdateAiCallTask", 1);
    core.apply(Some(&patient(&[("task_cps", json!(7))]))).fails();
    let wish = patient(&[("task_cps", json!(9))]);
    let run = core.apply(Some(&wish)).succeeds();
    assert!(warned(&run, "may still be changed back"), "{}", run.text());
    cloud.release();
    assert_eq!(cloud.task()["ConcurrentCount"], 7);
    assert_eq!(core.converge(&wish), 1, "the next apply corrects it");
}

#[test]
fn an_update_that_comes_in_after_the_rename_of_a_retired_task_is_undone() {
    let (cloud, mut core) = start(&[("deletion_policy", json!("RETIRE"))], 2);
    lose(&cloud, "UpdateAiCallTask", 1);
    let wish = [("deletion_policy", json!("RETIRE")), ("task_cps", json!(7))];
    core.apply(Some(&patient(&wish))).fails();
    releasing(&cloud, "UpdateAiCallTask", 2, || core.apply(None).succeeds());
    assert!(cloud.task()["TaskName"].as_str().unwrap().contains("-retired-"), "{}", cloud.task());
}

#[test]
fn a_create_that_comes_in_after_another_one_makes_no_second_task() {
    let cloud = Cloud::start();
    let mut core = Core::new(&cloud);
    cloud.hold();
    lose(&cloud, "CreateAiCallTask", 1);
    let wish = patient(&[]);
    core.apply(Some(&wish)).succeeds();
    assert_eq!(cloud.writes(), ["CreateAiCallTask", "CreateAiCallTask"]);
    assert_eq!(cloud.release()[0]["success"], false, "names are unique");
    assert_eq!((core.id().as_deref(), core.converge(&wish)), (cloud.task()["TaskId"].as_str(), 0));
}

#[test]
fn an_import_that_comes_in_after_its_batch_was_destroyed_is_cancelled_or_told() {
    for comes_in in [true, false] {
        let Some((cloud, terraform)) = cli::start() else { return };
        terraform.write(&callee_batch::batch(3, 1, ""));
        cloud.hold();
        lose(&cloud, "ImportTaskNumberDatas", 1);
        terraform.apply_fails();
        let destroy = || {
            let batch = "-target=aiccs_callee_batch.b";
            terraform.run(&["destroy", "-auto-approve", "-no-color", batch]).succeeds()
        };
        cloud.ask("DELETE", "/__journal", None);
        if comes_in {
            releasing(&cloud, "QueryAiCallDetailPage", 3, destroy)
                .says(&["taken for the lost one"]);
        } else {
            destroy().says(&["3 lost callees may still come into task", "cancel a batch"]);
            assert_eq!(cloud.late().len(), 1);
        }
        assert_eq!(callee_batch::waiting(&cloud), 0);
    }
}

#[test]
fn terraform_is_told_of_a_stop_that_may_come_in_late() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    terraform.write(&task(&[]));
    terraform.apply();
    cloud.edit(cloud.task()["TaskId"].as_str().unwrap(), &json!({ "Status": 1 }));
    cloud.writes();
    cloud.hold();
    lose(&cloud, "StopAiCallTask", 1);
    terraform.write(&task(&[("task_cps", "9")]));
    terraform.apply().says(&["may still be stopped"]);
    cloud.release();
    terraform.plans_changes().says(&["will be started"]);
    terraform.apply();
    assert_eq!(cloud.task()["Status"], 1);
    terraform.plans_nothing();
}
