//! What a call task's users were promised beyond the plain life: run state, taint, replacement, deletion policies,
//! names that are taken, interrupts, import by identity and generated configuration.

use std::time::Duration;

use serde_json::{Value as Json, json};
use terraform_plugin::value::Value;
use terraform_plugin::{json as state_json, msgpack};
use terraform_provider_aiccs::task::table::IDENTITY;
use tfplugin_proto::tfplugin6 as pb;

use crate::matrix::config;
use crate::support::cli::{Terraform, task};
use crate::support::cloud::Cloud;
use crate::support::core::Core;

/// A cloud and a core with a task of this configuration.
fn with(edits: &[(&str, Json)]) -> (Cloud, Core) {
    let cloud = Cloud::start();
    let mut core = Core::new(&cloud);
    core.apply(Some(&config(edits))).succeeds();
    cloud.writes();
    (cloud, core)
}

fn runs(cloud: &Cloud, core: &Core) {
    cloud.edit(&core.id().unwrap(), &json!({ "Status": 1 }));
}

fn terraform_with(hcl: &str) -> Option<(Cloud, Terraform)> {
    let cloud = Cloud::start();
    let terraform = Terraform::new(&cloud)?;
    terraform.write(hcl);
    terraform.apply();
    cloud.writes();
    Some((cloud, terraform))
}

#[test]
pub fn the_run_state_follows_the_wish_and_only_that() {
    // status, scheduled, wish | calls
    let table = [
        (0, false, "RUNNING", "StartAiCallTask"),
        (0, true, "RUNNING", ""),
        (1, false, "RUNNING", ""),
        (2, false, "RUNNING", "StartAiCallTask"),
        (3, false, "RUNNING", "StartAiCallTask"),
        (4, false, "RUNNING", ""),
        (0, false, "STOPPED", ""),
        (0, true, "STOPPED", "StopAiCallTask"),
        (1, false, "STOPPED", "StopAiCallTask"),
        (2, false, "STOPPED", ""),
        (3, false, "STOPPED", ""),
        (1, false, "", ""),
        (2, false, "", ""),
    ];
    for (status, scheduled, wish, calls) in table {
        let mut edits = Vec::new();
        if scheduled {
            edits.push(("start_type", json!("SCHEDULE")));
            edits.push(("task_start_time", json!(4_102_444_800_000_i64)));
        }
        let (cloud, mut core) = with(&edits);
        cloud.switch(&[("stop_requires", "running_or_scheduled")]);
        cloud.edit(&core.id().unwrap(), &json!({ "Status": status }));
        if !wish.is_empty() {
            edits.push(("desired_status", json!(wish)));
        }
        core.apply(Some(&config(&edits))).succeeds();
        assert_eq!(cloud.writes().join(" "), calls, "{status} {scheduled} {wish}");
        assert_eq!(core.converge(&config(&edits)), 0);
    }
}

#[test]
pub fn an_undocumented_status_is_carried() {
    let (cloud, mut core) = with(&[]);
    cloud.switch(&[("page_status", "7")]);
    core.plan(Some(&config(&[]))).succeeds();
    let run = core.apply(Some(&config(&[("task_cps", json!(9))]))).succeeds();
    assert!(run.changed);
    assert_eq!(core.attribute("status"), Value::string("UNKNOWN(7)"));
    assert_eq!(cloud.writes(), ["UpdateAiCallTask"]);
}

#[test]
pub fn a_start_that_fails_says_why() {
    let (cloud, mut core) = with(&[]);
    cloud.switch(&[("start_fails", "always")]);
    let running = config(&[("desired_status", json!("RUNNING"))]);
    core.apply(Some(&running)).fails().says(&["Reason"]);
    assert_eq!(core.attribute("status"), Value::string("FAILED"));
    assert!(core.attribute("start_failed_reason").is_known());
    cloud.switch(&[("start_fails", "never")]);
    core.converge(&running);
    assert_eq!(core.attribute("status"), Value::string("RUNNING"));
}

#[test]
pub fn stopping_that_is_not_allowed_is_refused_before_any_write() {
    let keep = ("allow_stopping_for_update", json!(false));
    let (cloud, mut core) = with(std::slice::from_ref(&keep));
    runs(&cloud, &core);
    let changed = config(&[keep.clone(), ("task_cps", json!(9))]);
    core.plan(Some(&changed)).fails().says(&["-refresh=false", "allow_stopping_for_update"]);
    let stopped = config(&[keep, ("task_cps", json!(9)), ("desired_status", json!("STOPPED"))]);
    core.apply(Some(&stopped)).succeeds();
    assert_eq!(cloud.writes(), ["StopAiCallTask", "UpdateAiCallTask"]);
    assert_eq!(cloud.task()["Status"], 2);
}

#[test]
pub fn an_update_that_fails_after_the_stop_starts_again_and_tells_both() {
    let (cloud, mut core) = with(&[]);
    runs(&cloud, &core);
    cloud.fault("UpdateAiCallTask", "business");
    let run = core.apply(Some(&config(&[("task_cps", json!(9))]))).fails();
    assert_eq!(cloud.writes(), ["StopAiCallTask", "UpdateAiCallTask", "StartAiCallTask"]);
    assert_eq!((&cloud.task()["Status"], &cloud.task()["ConcurrentCount"]), (&json!(1), &json!(5)));
    assert!(run.text().contains("started again"), "{}", run.text());
    assert_eq!(core.attribute("status"), Value::string("RUNNING"));
}

#[test]
pub fn a_restart_that_did_not_happen_is_made_good_by_the_next_apply() {
    let (cloud, mut core) = with(&[]);
    runs(&cloud, &core);
    cloud.faults(json!([{ "operation": "StartAiCallTask", "kind": "business", "times": 1 }]));
    let changed = config(&[("task_cps", json!(9))]);
    core.apply(Some(&changed)).fails();
    assert_eq!(cloud.task()["Status"], 2);
    cloud.writes();
    core.apply(Some(&changed)).succeeds();
    assert_eq!(cloud.writes(), ["StartAiCallTask"]);
    assert_eq!(cloud.task()["Status"], 1);
    assert_eq!(core.converge(&changed), 0);
}

#[test]
pub fn each_attribute_that_drifts_is_mended_alone() {
    let edits = [
        ("TaskName", json!("another"), "task_name"),
        ("ConcurrentCount", json!(44), "task_cps"),
        ("CallDays", json!(["SUNDAY"]), "call_day"),
        ("CallTimes", json!([{ "StartTime": "01:00:00", "EndTime": "02:00:00" }]), "call_time"),
        ("RetryEnable", json!(true), "miss_call_retry"),
    ];
    let wish = config(&[("miss_call_retry", json!(false))]);
    for (field, value, name) in edits {
        let cloud = Cloud::start();
        let mut core = Core::new(&cloud);
        core.apply(Some(&wish)).succeeds();
        let mut fields = serde_json::Map::new();
        fields.insert(field.to_owned(), value);
        cloud.edit(&core.id().unwrap(), &Json::Object(fields));
        let run = core.plan(Some(&wish)).succeeds();
        let (planned, state) = (run.planned.expect("a change"), core.state.clone().unwrap().value);
        let settings =
            ["task_name", "task_cps", "call_day", "call_time", "miss_call_retry", "phone_type"];
        let changed: Vec<_> =
            settings.into_iter().filter(|name| planned.get(name) != state.get(name)).collect();
        assert_eq!(changed, [name]);
        core.converge(&wish);
    }
}

#[test]
pub fn what_the_service_stores_differently_is_told_at_its_attribute() {
    let (cloud, mut core) = with(&[]);
    cloud.switch(&[("name_on_update", "truncated")]);
    let long = config(&[("task_name", json!("a name that is longer than what is stored of it"))]);
    let run = core.apply(Some(&long)).fails();
    assert!(
        run.told.iter().any(|told| told.error && told.attribute == "task_name"),
        "{}",
        run.text()
    );
    assert_eq!(core.attribute("task_name").as_str(), cloud.task()["TaskName"].as_str());
}

#[test]
pub fn a_taken_name_names_its_holder_and_the_import() {
    let (cloud, core) = with(&[]);
    let holder = core.id().unwrap();
    let mut second = Core::new(&cloud);
    let import = format!("terraform import aiccs_call_task.NAME {holder}");
    second.apply(Some(&config(&[]))).fails().says(&[&holder, &import, "create_before_destroy"]);
    let other =
        config(&[("adopt_existing", json!(true)), ("agent_id", json!("118000000000000077"))]);
    second.apply(Some(&other)).fails().says(&[&holder]);
    let adopt = config(&[("adopt_existing", json!(true)), ("task_cps", json!(9))]);
    cloud.writes();
    second.apply(Some(&adopt)).succeeds();
    assert_eq!(cloud.writes(), ["CreateAiCallTask", "UpdateAiCallTask"]);
    assert_eq!((second.id(), second.converge(&adopt)), (Some(holder), 0));
}

#[test]
pub fn a_retired_name_is_free_again() {
    let retire = config(&[("deletion_policy", json!("RETIRE"))]);
    let (cloud, mut core) = with(&[("deletion_policy", json!("RETIRE"))]);
    let id = core.id().unwrap();
    core.apply(None).succeeds().says(&["remains in the account"]);
    assert_eq!(cloud.task()["TaskName"], format!("回访 🙂-retired-{id}"));
    core.apply(Some(&retire)).succeeds();
    assert_eq!(cloud.tasks().len(), 2);
    assert_ne!(core.id().unwrap(), id);
}

#[test]
pub fn a_refused_rename_keeps_the_state() {
    let (cloud, mut core) = with(&[("deletion_policy", json!("RETIRE"))]);
    cloud.fault("UpdateAiCallTask", "business");
    core.apply(None).fails().says(&["STOP"]);
    assert!(core.state.is_some());
    core.apply(None).succeeds();
}

#[test]
pub fn abandon_and_prevent_call_nothing() {
    let (cloud, mut core) = with(&[("deletion_policy", json!("ABANDON"))]);
    runs(&cloud, &core);
    core.apply(None).succeeds().says(&["goes on calling people"]);
    assert_eq!((cloud.writes().len(), &cloud.task()["Status"]), (0, &json!(1)));
    let (cloud, mut core) = with(&[("deletion_policy", json!("PREVENT"))]);
    core.plan(None).fails().says(&["deletion_policy", "terraform untaint"]);
    core.apply(None).fails();
    assert!(core.state.is_some() && cloud.writes().is_empty());
}

#[test]
pub fn a_scheduled_task_is_stopped_too_or_the_way_out_is_told() {
    let scheduled =
        [("start_type", json!("SCHEDULE")), ("task_start_time", json!(4_102_444_800_000_i64))];
    let (cloud, mut core) = with(&scheduled);
    core.apply(None).fails().says(&["2100-01-01", "ABANDON"]);
    assert!(core.state.is_some());
    cloud.switch(&[("stop_requires", "running_or_scheduled")]);
    core.apply(None).succeeds();
    assert_eq!((core.state.is_none(), &cloud.task()["Status"]), (true, &json!(2)));
}

#[test]
pub fn a_switch_of_the_providers_own_arguments_calls_nothing() {
    let (cloud, mut core) = with(&[]);
    let edits = [
        ("deletion_policy", json!("RETIRE")),
        ("adopt_existing", json!(true)),
        ("allow_stopping_for_update", json!(false)),
    ];
    let run = core.apply(Some(&config(&edits))).succeeds();
    assert!(run.changed && cloud.writes().is_empty());
    assert_eq!(core.attribute("deletion_policy"), Value::string("RETIRE"));
}

#[test]
pub fn a_replacement_that_would_collide_is_refused_at_plan_time() {
    let (_cloud, mut core) = with(&[]);
    let other = ("agent_id", json!("118000000000000077"));
    core.plan(Some(&config(std::slice::from_ref(&other))))
        .fails()
        .says(&["RETIRE", "-refresh=false"]);
    let renamed = config(&[other, ("task_name", json!("another"))]);
    core.plan(Some(&renamed)).succeeds().says(&["remains in the account"]);
    core.apply(Some(&renamed)).succeeds();
    assert_eq!(core.attribute("task_name"), Value::string("another"));
}

#[test]
pub fn a_tainted_task_is_taken_over_by_its_successor() {
    let Some((cloud, terraform)) = terraform_with(&task(&[])) else { return };
    let id = terraform.state()["id"].clone();
    terraform.run(&["taint", "aiccs_call_task.t"]).succeeds();
    terraform.apply();
    assert_eq!(terraform.state()["id"], id, "the same task");
    assert_eq!((cloud.tasks().len(), cloud.writes()), (1, vec!["UpdateAiCallTask".to_owned()]));
    terraform
        .run(&["apply", "-auto-approve", "-no-color", "-replace=aiccs_call_task.t"])
        .succeeds();
    terraform.plans_nothing();
    assert_eq!((&terraform.state()["id"], cloud.tasks().len()), (&id, 1));
}

#[test]
pub fn a_forced_replacement_that_collides_or_is_prevented_calls_nothing() {
    let Some((cloud, terraform)) = terraform_with(&task(&[])) else { return };
    let id = terraform.state()["id"].clone();
    terraform.write(&task(&[("agent_id", "\"118000000000000002\"")]));
    terraform.run(&["taint", "aiccs_call_task.t"]).succeeds();
    terraform.apply_fails().says(&["collide", "RETIRE"]);
    assert_eq!((&terraform.state()["id"], cloud.writes().len()), (&id, 0));
    terraform.run(&["untaint", "aiccs_call_task.t"]).succeeds();
    terraform.write(&task(&[("deletion_policy", "\"PREVENT\"")]));
    terraform.apply();
    terraform.run(&["taint", "aiccs_call_task.t"]).succeeds();
    terraform.apply_fails().says(&["terraform untaint"]);
    assert_eq!((&terraform.state()["id"], cloud.writes().len()), (&id, 0));
}

#[test]
pub fn a_create_that_fails_halfway_converges_to_the_same_task() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    terraform.write(&task(&[]));
    cloud.faults(json!([{ "operation": "QueryAiCallTaskDetail", "kind": "http_500", "times": 7 }]));
    // A success with a warning: an error would taint what was made.
    terraform
        .run(&["apply", "-auto-approve", "-no-color"])
        .succeeds()
        .says(&["was created, but could not be read back"]);
    let id = terraform.state()["id"].clone();
    assert_eq!(id, cloud.task()["TaskId"]);
    cloud.calm();
    terraform.apply();
    assert_eq!((&terraform.state()["id"], cloud.tasks().len()), (&id, 1));
}

#[test]
pub fn generated_configuration_plans_nothing() {
    let Some((cloud, terraform)) = terraform_with(&task(&[("miss_call_retry", "true")])) else {
        return;
    };
    let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
    terraform.run(&["state", "rm", "aiccs_call_task.t"]).succeeds();
    terraform.write(&format!("import {{\n  to = aiccs_call_task.t\n  id = \"{id}\"\n}}\n"));
    terraform.run(&["plan", "-no-color", "-generate-config-out=generated.tf"]).succeeds();
    terraform
        .run(&["apply", "-auto-approve", "-no-color"])
        .succeeds()
        .says(&["1 imported, 0 added, 0 changed, 0 destroyed"]);
    terraform.plans_nothing();
    assert!(cloud.writes().is_empty());
}

#[test]
pub fn an_identity_finds_its_task() {
    let (_cloud, mut core) = with(&[]);
    let id = core.id().unwrap();
    let identity =
        state_json::decode(json!({ "task_id": id }).to_string().as_bytes(), &IDENTITY).unwrap();
    let data = pb::DynamicValue {
        msgpack: msgpack::encode(&identity, &IDENTITY).into(),
        json: bytes::Bytes::new(),
    };
    core.state = None;
    core.import_by(pb::import_resource_state::Request {
        type_name: "aiccs_call_task".to_owned(),
        identity: Some(pb::ResourceIdentityData { identity_data: Some(data) }),
        ..Default::default()
    })
    .succeeds();
    let plain = config(&[("timeouts", Json::Null)]);
    assert_eq!((core.id(), core.converge(&plain)), (Some(id), 0));
}

#[test]
pub fn a_time_limit_ends_a_wait_and_keeps_the_state() {
    let (cloud, mut core) = with(&[("timeouts", json!({ "update": "1s" }))]);
    runs(&cloud, &core);
    cloud.switch(&[("stop_takes_polls", "1000000")]);
    let changed = config(&[("timeouts", json!({ "update": "1s" })), ("task_cps", json!(9))]);
    core.apply(Some(&changed)).fails().says(&["time limit"]);
    assert_eq!(core.attribute("status"), Value::string("RUNNING"));
    cloud.switch(&[("stop_takes_polls", "0")]);
    core.converge(&changed);
}

#[test]
pub fn an_interrupt_ends_the_wait_and_keeps_the_state() {
    let Some((cloud, terraform)) = terraform_with(&task(&[])) else { return };
    let id = terraform.state()["id"].as_str().unwrap().to_owned();
    cloud.edit(&id, &json!({ "Status": 1 }));
    cloud.switch(&[("stop_takes_polls", "1000000")]);
    terraform.write(&task(&[("task_cps", "9")]));
    let mut command = terraform.command(&["apply", "-auto-approve", "-no-color"]);
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    let (done, ended) = std::sync::mpsc::channel();
    let waiter = std::thread::spawn(move || {
        let output = child.wait_with_output().unwrap();
        let _ = done.send(());
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    });
    while !cloud.journal().iter().any(|entry| entry["operation"] == "StopAiCallTask") {
        assert!(ended.recv_timeout(Duration::from_millis(5)).is_err(), "it ended too early");
    }
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    ended.recv_timeout(Duration::from_secs(30)).expect("the wait ends");
    let text = waiter.join().unwrap();
    assert!(text.contains("interrupted"), "{text}");
    assert!(
        !cloud.writes().contains(&"StartAiCallTask".to_owned()),
        "an interrupt never starts anything"
    );
    assert_eq!(terraform.state()["id"], json!(id));
    cloud.switch(&[("stop_takes_polls", "0")]);
    terraform.apply();
    assert_eq!((&cloud.task()["Status"], &cloud.task()["ConcurrentCount"]), (&json!(1), &json!(9)));
}

#[test]
pub fn every_position_of_every_switch_lives_a_whole_life() {
    let mut positions =
        vec![("stop_takes_polls", "2"), ("start_takes_polls", "2"), ("update_interval_max", "120")];
    for switch in aiccs_emulator::SWITCHES {
        if let aiccs_emulator::Allowed::Words(words) = switch.allowed {
            positions.extend(words.iter().map(|word| (switch.name, *word)));
        }
    }
    // What these two do to a task is an error, and told as one: they have tests of their own.
    positions.retain(|position| {
        *position != ("start_fails", "always") && position.0 != "name_on_update"
    });
    assert!(positions.len() > 25);
    for position in positions {
        let cloud = Cloud::start();
        cloud.switch(&[position]);
        let mut core = Core::new(&cloud);
        let retry = [
            ("miss_call_retry", json!(true)),
            ("call_retry_reason", json!(["USER_BUSY", "NO_ANSWER"])),
        ];
        core.apply(Some(&config(&retry))).succeeds();
        assert_eq!(core.converge(&config(&retry)), 0, "{position:?}");
        runs(&cloud, &core);
        let changed = config(&[retry[0].clone(), ("task_cps", json!(9))]);
        core.apply(Some(&changed)).succeeds();
        assert_eq!(core.converge(&changed), 0, "{position:?}");
        let task = cloud.task();
        assert_eq!(
            (&task["ConcurrentCount"], &task["Status"]),
            (&json!(9), &json!(1)),
            "{position:?}"
        );
        core.apply(None).succeeds();
        cloud.remove(task["TaskId"].as_str().unwrap());
        let mut gone = Core::new(&cloud);
        gone.import(task["TaskId"].as_str().unwrap()).fails().says(&["not found"]);
    }
}
