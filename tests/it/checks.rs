//! One page of all that is refused or warned of before anything is called, to be read from top to bottom:
//! `tests/data/checks.txt`. `UPDATE_SNAPSHOTS=1` rewrites it.

use std::path::Path;

use serde_json::{Value as Json, json};
use terraform_plugin::driver::Resource as _;
use terraform_plugin::json as state_json;
use terraform_plugin::validate::validate;
use terraform_provider_aiccs::resources::call_task::CallTask;
use terraform_provider_aiccs::task::table::SCHEMA;

use crate::matrix::config;
use crate::support::cloud::Cloud;
use crate::support::core::Core;

/// What `terraform validate` says of the usual task with these edits.
fn validated(edits: &[(&str, Json)]) -> String {
    let config = state_json::decode(config(edits).to_string().as_bytes(), &SCHEMA).unwrap();
    let mut out = validate(&config, &SCHEMA, true);
    out.extend(CallTask.check(&config));
    let lines = out.into_iter().map(|told| {
        let path = told.path.map(|path| path.to_string()).unwrap_or_default();
        format!("{:?} at {path}: {}\n{}\n", told.severity, told.summary, told.detail)
    });
    lines.collect()
}

/// What the plan of an existing task says.
fn planned(before: &[(&str, Json)], running: bool, wish: Option<&[(&str, Json)]>) -> String {
    let cloud = Cloud::start();
    let mut core = Core::new(&cloud);
    core.apply(Some(&config(before))).succeeds();
    if running {
        cloud.edit(&core.id().unwrap(), &json!({ "Status": 1 }));
    }
    core.plan(wish.map(config).as_ref()).text()
}

/// An argument of the usual task, and the value that is told of.
fn cases() -> Vec<(&'static str, Json)> {
    let window = |start: &str, end: &str| json!({ "start_time": start, "end_time": end });
    vec![
        ("task_cps", json!(501)),
        ("call_retry_times", json!(4)),
        ("call_retry_interval", json!(721)),
        ("call_retry_interval", json!(121)),
        ("start_type", json!("immediate")),
        ("start_type", json!("SCHEDULE")),
        ("task_start_time", json!(1_796_086_800_000_i64)),
        ("call_day", json!(["MONDAY", "FUNDAY"])),
        ("call_day", json!([])),
        ("call_time", json!([])),
        ("call_time", json!([window("9am", "12:00")])),
        ("call_time", json!([window("22:00", "06:00")])),
        ("call_time", json!([window("09:00", "09:00")])),
        ("call_time", json!([window("09:00", "12:00"), window("9:00:00", "12:00:00")])),
        ("call_time", json!([window("09:00", "12:00"), window("11:00", "13:00")])),
        ("call_retry_times", json!(2)),
        ("call_retry_reason", json!(["BORED"])),
        ("agent_id", Json::Null),
        ("application_code", json!("app")),
        ("virtual_number", Json::Null),
        ("call_expire_type", json!(1)),
        ("call_expire_type", json!(2)),
        ("call_expire_type", json!(7)),
        ("phone_type", json!(7)),
        ("desired_status", json!("STARTED")),
        ("deletion_policy", json!("KEEP")),
        ("timeouts", json!({ "update": "soon" })),
    ]
}

#[test]
fn every_check_reads_as_on_the_page() {
    let mut page = "# What is refused or warned of before anything is called\n".to_owned();
    for (name, value) in cases() {
        let told = validated(&[(name, value.clone())]);
        assert!(!told.is_empty(), "{name} = {value} is accepted");
        page.push_str(&format!("\n## {name} = {value}\n{told}"));
    }
    let other = ("agent_id", json!("118000000000000077"));
    let faster = ("task_cps", json!(9));
    let keep = ("allow_stopping_for_update", json!(false));
    let policy = |word: &str| ("deletion_policy", json!(word));
    let renamed = [other.clone(), ("task_name", json!("another"))];
    let plans = [
        ("update of a running task", planned(&[], true, Some(std::slice::from_ref(&faster)))),
        (
            "the same, not allowed",
            planned(std::slice::from_ref(&keep), true, Some(&[keep.clone(), faster])),
        ),
        ("replacement under its own name", planned(&[], false, Some(std::slice::from_ref(&other)))),
        ("replacement under another name", planned(&[], false, Some(&renamed))),
        ("destroy, STOP", planned(&[], false, None)),
        ("destroy, RETIRE", planned(&[policy("RETIRE")], false, None)),
        ("destroy, ABANDON", planned(&[policy("ABANDON")], false, None)),
        ("destroy, PREVENT", planned(&[policy("PREVENT")], false, None)),
    ];
    for (title, told) in plans {
        assert!(!told.is_empty(), "{title}: nothing is said");
        page.push_str(&format!("\n## plan: {title}\n{told}"));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/checks.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, page, "tests/data/checks.txt differs: UPDATE_SNAPSHOTS=1 rewrites it");
}
