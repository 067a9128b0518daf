//! A call task through real Terraform against the emulator: every step of its life, and the order of calls.

use serde_json::json;

use crate::support::cli::{Terraform, start, start_with, task};
use crate::support::cloud::Cloud;

const NAME: &str = "回访 🙂 \"q\"\nline";

/// A task that is there.
fn applied() -> Option<(Cloud, Terraform)> {
    let (cloud, terraform) = start_with(&task(&[]))?;
    terraform.apply();
    Some((cloud, terraform))
}

#[test]
fn a_task_is_created_once_and_the_next_plan_is_empty() {
    let Some((cloud, terraform)) = applied() else { return };
    assert_eq!(cloud.writes(), ["CreateAiCallTask"]);
    let stored = cloud.task();
    let state = terraform.state();
    assert_eq!(stored["TaskName"], NAME);
    assert_eq!(state["task_name"], NAME);
    assert_eq!(state["id"], stored["TaskId"]);
    assert_eq!(state["id"].as_str().unwrap().len(), 18);
    assert_eq!(state["status"], "INIT");
    assert_eq!(state["call_time"][0]["start_time"], "09:00", "the user's spelling stays");
}

#[test]
fn every_call_is_signed() {
    let Some((cloud, _)) = applied() else { return };
    let journal = cloud.journal();
    assert!(!journal.is_empty());
    for entry in journal {
        assert_eq!(
            (&entry["signature_valid"], &entry["signature"]),
            (&json!(true), &json!("HMAC-SHA1"))
        );
        assert_eq!(entry["unknown_parameters"], json!([]));
        assert_eq!(entry["method"], "POST");
    }
}

#[test]
fn every_argument_survives_the_round_trip() {
    let Some((cloud, terraform)) = start() else { return };
    let all = [
        ("start_type", "\"SCHEDULE\""),
        ("task_start_time", "4102444800000"),
        ("miss_call_retry", "true"),
        ("call_retry_reason", "[\"USER_BUSY\", \"NO_ANSWER\", \"CALL_REJECTED\"]"),
        ("call_retry_times", "3"),
        ("call_retry_interval", "25"),
        ("callable_time", "[{ start_time = \"8:00\", end_time = \"20:00\" }]"),
        ("call_expire_type", "1"),
        ("call_expire_minutes", "90"),
        ("line_encoding", "\"JILIANG_X_NET\""),
        ("line_phone_num", "\"15200003120\""),
        ("phone_type", "1"),
        ("source", "0"),
    ];
    terraform.write(&task(&all));
    terraform.apply();
    let stored = cloud.task();
    assert_eq!(stored["RetryReasons"], json!(["CALL_REJECTED", "NO_ANSWER", "USER_BUSY"]));
    assert_eq!(stored["StartTime"], json!(4_102_444_800_000_u64));
    let cleared =
        [&all[..3], &[("call_retry_reason", "[]"), ("miss_call_retry", "false")], &all[7..]]
            .concat();
    terraform.write(&task(&cleared));
    terraform.apply();
    assert_eq!(cloud.task()["RetryReasons"], json!([]));
    assert_eq!(cloud.task()["RetryEnable"], json!(false));
}

#[test]
fn a_change_is_one_update_in_place() {
    let Some((cloud, terraform)) = applied() else { return };
    cloud.writes();
    terraform.write(&task(&[("task_cps", "57"), ("task_name", "\"新名\"")]));
    terraform.apply().says(&["0 added, 1 changed, 0 destroyed"]);
    assert_eq!(cloud.writes(), ["UpdateAiCallTask"]);
    assert_eq!(
        (&cloud.task()["ConcurrentCount"], &cloud.task()["TaskName"]),
        (&json!(57), &json!("新名"))
    );
}

#[test]
fn an_argument_that_is_removed_keeps_its_value() {
    let Some((cloud, terraform)) = start() else { return };
    let windows = ("callable_time", "[{ start_time = \"8:00\", end_time = \"20:00\" }]");
    terraform.write(&task(&[windows, ("task_cps", "57")]));
    terraform.apply();
    cloud.writes();
    terraform.write(&task(&[("task_cps", "")]));
    terraform.apply();
    assert_eq!(cloud.writes(), Vec::<String>::new());
    assert_eq!(terraform.state()["task_cps"], json!(57));
}

#[test]
fn another_spelling_or_order_is_no_change() {
    let Some((cloud, terraform)) = applied() else { return };
    cloud.writes();
    let windows = "[{ start_time = \"13:30:00\", end_time = \"18:00\" }, { start_time = \"9:00:00\", end_time = \"12:00\" }]";
    terraform.write(&task(&[("call_time", windows), ("call_day", "[\"MONDAY\", \"FRIDAY\"]")]));
    terraform.plans_nothing();
}

#[test]
fn a_running_task_is_stopped_updated_and_started_again() {
    let Some((cloud, terraform)) = applied() else { return };
    let id = terraform.state()["id"].as_str().unwrap().to_owned();
    cloud.edit(&id, &json!({ "Status": 1 }));
    cloud.writes();
    terraform.write(&task(&[("task_cps", "9")]));
    terraform.plans_changes().says(&["will be stopped, updated, started again"]);
    terraform.apply();
    assert_eq!(cloud.writes(), ["StopAiCallTask", "UpdateAiCallTask", "StartAiCallTask"]);
    assert_eq!((&cloud.task()["Status"], &cloud.task()["ConcurrentCount"]), (&json!(1), &json!(9)));
    assert_eq!(terraform.state()["status"], "RUNNING");
}

#[test]
fn drift_is_seen_and_mended() {
    let Some((cloud, terraform)) = applied() else { return };
    let id = terraform.state()["id"].as_str().unwrap().to_owned();
    cloud.edit(&id, &json!({ "ConcurrentCount": 33 }));
    terraform.plans_changes().says(&["~ task_cps = 33 -> 5"]);
    terraform.apply();
    assert_eq!(cloud.task()["ConcurrentCount"], json!(5));
}

#[test]
fn a_task_that_is_gone_is_created_anew() {
    let Some((cloud, terraform)) = applied() else { return };
    cloud.remove(terraform.state()["id"].as_str().unwrap());
    terraform.plans_changes().says(&["1 to add, 0 to change, 0 to destroy"]);
    terraform.apply();
}

#[test]
fn an_import_by_id_or_name_plans_nothing() {
    let Some((cloud, terraform)) = applied() else { return };
    let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
    for what in [id.as_str(), NAME] {
        terraform.run(&["state", "rm", "aiccs_call_task.t"]).succeeds();
        terraform.run(&["import", "-no-color", "aiccs_call_task.t", what]).succeeds();
        assert_eq!(
            (&terraform.state()["id"], &terraform.state()["source"]),
            (&json!(id), &json!(0))
        );
        terraform.plans_nothing();
    }
    terraform.run(&["state", "rm", "aiccs_call_task.t"]).succeeds();
    terraform
        .run(&["import", "-no-color", "aiccs_call_task.t", "nobody"])
        .fails()
        .says(&["Call task not found"]);
}

#[test]
fn a_destroy_stops_the_task_and_says_that_it_remains() {
    let Some((cloud, terraform)) = applied() else { return };
    let id = terraform.state()["id"].as_str().unwrap().to_owned();
    cloud.edit(&id, &json!({ "Status": 1 }));
    cloud.writes();
    terraform.run(&["plan", "-destroy", "-no-color"]).says(&["remains in the account", &id]);
    terraform.destroy().says(&["remains in the account", &id]);
    assert_eq!(cloud.writes(), ["StopAiCallTask"]);
    assert_eq!(cloud.task()["Status"], json!(2));
}

#[test]
fn it_works_without_plugin_tls_too() {
    let Some((cloud, mut terraform)) = start() else { return };
    terraform.set("TF_DISABLE_PLUGIN_TLS", "1");
    terraform.write(&task(&[]));
    terraform.apply();
    terraform.destroy();
    assert_eq!(cloud.writes(), ["CreateAiCallTask"]);
}

#[test]
fn open_questions_about_the_service_change_nothing_for_the_user() {
    let positions = [
        ("list_order", "reversed"),
        ("list_order", "shuffled"),
        ("unset_optionals", "null"),
        ("unset_optionals", "zero"),
        ("create_data", "string"),
        ("time_format", "minutes"),
        ("flags", "contradictory"),
        ("stop_takes_polls", "2"),
    ];
    for position in positions {
        let Some((cloud, terraform)) = start() else { return };
        cloud.switch(&[position]);
        terraform.write(&task(&[
            ("miss_call_retry", "true"),
            ("call_retry_reason", "[\"USER_BUSY\", \"NO_ANSWER\"]"),
        ]));
        terraform.apply();
        let id = terraform.state()["id"].as_str().unwrap().to_owned();
        cloud.edit(&id, &json!({ "Status": 1 }));
        terraform.write(&task(&[("miss_call_retry", "true"), ("task_cps", "9")]));
        terraform.apply();
        assert_eq!(cloud.task()["ConcurrentCount"], json!(9), "{position:?}");
        terraform.destroy();
    }
}
