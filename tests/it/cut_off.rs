//! What is left of a run that was cut off, and what the next one makes of it: kept creates, wiped private data, orphans,
//! lost batches beside their siblings, states of earlier versions.

use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};
use terraform_plugin::json as state_json;
use terraform_plugin::value::Value;
use terraform_provider_aiccs::task::table::SCHEMA;
use tfplugin_proto::tfplugin6 as pb;

use crate::support::PROVIDER;
use crate::support::cli::{APPLY, Terraform, start_with, task};
use crate::support::cloud::Cloud;
use crate::support::core::{configured_by, encode, told};
use crate::support::host::Plugin;

fn edit_state(terraform: &Terraform, edit: impl Fn(&mut Json)) {
    let path = terraform.path().join("terraform.tfstate");
    let mut state: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for resource in state["resources"].as_array_mut().unwrap() {
        edit(&mut resource["instances"][0]);
    }
    std::fs::write(path, state.to_string()).unwrap();
}

#[test]
fn a_create_that_cannot_be_read_back_is_kept() {
    let scheduled = [("start_type", "\"SCHEDULE\""), ("task_start_time", "4102444800000")];
    for edits in [&[][..], &scheduled] {
        for kind in ["http_500", "forbidden_ram", "drop_before"] {
            let Some((cloud, terraform)) = start_with(&task(edits)) else { return };
            cloud.faults(json!([{ "operation": "QueryAiCallTaskPage", "kind": kind, "times": 9 }]));
            let summary = "was created, but could not be read back";
            terraform.run(&APPLY).succeeds().says(&[summary, "The next plan reads it"]);
            cloud.calm();
            assert_eq!(terraform.state()["id"], cloud.task()["TaskId"]);
            terraform.apply();
            assert_eq!(cloud.writes(), ["CreateAiCallTask"], "{kind}");
        }
    }
}

#[test]
fn a_create_whose_start_did_not_come_through_is_kept() {
    let edits = [("desired_status", "\"RUNNING\""), ("timeouts", "{ create = \"2s\" }")];
    let hcl = task(&edits).replace("timeouts = {", "timeouts {");
    let Some((cloud, terraform)) = start_with(&hcl) else { return };
    cloud.switch(&[("start_takes_polls", "1000000")]);
    terraform.run(&APPLY).succeeds().says(&["was created, but not brought to its run state"]);
    cloud.switch(&[("start_takes_polls", "0")]);
    terraform.apply();
    assert_eq!((cloud.tasks().len(), &cloud.task()["Status"]), (1, &json!(1)));
}

#[test]
fn a_killed_update_is_told_and_starts_nothing_unasked() {
    for (wish, starts) in [("", 0), ("\"RUNNING\"", 1)] {
        let Some((cloud, terraform)) = start_with(&task(&[("desired_status", wish)])) else {
            return;
        };
        terraform.apply();
        let id = terraform.state()["id"].as_str().unwrap().to_owned();
        cloud.edit(&id, &json!({ "Status": 1 }));
        terraform.run(&["apply", "-refresh-only", "-auto-approve"]).succeeds();
        cloud.edit(&id, &json!({ "Status": 2 }));
        let was_running = "was running when an apply was cut off";
        // The private data are there: somebody has stopped it.
        terraform.plan().never_says(was_running);
        edit_state(&terraform, |instance| {
            assert_eq!(instance["attributes"]["status"], "RUNNING");
            assert!(instance.as_object_mut().unwrap().remove("private").is_some());
        });
        cloud.writes();
        terraform.plan().says(&[was_running, "desired_status"]);
        terraform.run(&APPLY).succeeds().says(&[was_running]);
        assert_eq!(cloud.writes().len(), starts, "{wish}");
        terraform.plan().never_says(was_running);
    }
}

#[test]
fn a_forced_replacement_is_refused_by_the_plan_where_the_task_is_prevented() {
    for create_before_destroy in [false, true] {
        let block = format!(
            "  lifecycle {{\n    create_before_destroy = {create_before_destroy}\n  }}\n}}\n"
        );
        let hcl = task(&[("deletion_policy", "\"PREVENT\"")]);
        let hcl = format!("{}{block}", hcl.trim_end().trim_end_matches('}'));
        let Some((cloud, terraform)) = start_with(&hcl) else { return };
        terraform.apply();
        cloud.writes();
        let replace = ["plan", "-no-color", "-replace=aiccs_call_task.t"];
        terraform
            .run(&replace)
            .fails()
            .says(&["Destroy prevented by deletion_policy", "terraform state rm"]);
        assert!(cloud.writes().is_empty());
        terraform.plans_nothing();
        // What is gone is planned anew.
        cloud.remove(terraform.state()["id"].as_str().unwrap());
        terraform.plans_changes().says(&["1 to add"]);
    }
}

#[tokio::test]
async fn an_orphan_writes_nothing() {
    let cloud = Cloud::start();
    let id =
        cloud.ask("POST", "/__tasks", Some(&json!({ "TaskName": "t", "Status": 1 })))["TaskId"]
            .as_str()
            .unwrap()
            .to_owned();
    // The plugin is a shell's child, and the shell is killed.
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$0\" & wait", PROVIDER]).stdin(Stdio::null()).stdout(Stdio::piped());
    shell.env(crate::support::host::COOKIE.0, crate::support::host::COOKIE.1);
    let plugin = Plugin::spawn(&mut shell);
    let (mut plugin, mut client) = configured_by(plugin, &cloud, &json!({})).await;
    plugin.process.kill().unwrap();
    plugin.process.wait().unwrap();
    let prior = json!({ "id": id, "task_id": id, "task_name": "t", "deletion_policy": "STOP" });
    let prior = state_json::decode(prior.to_string().as_bytes(), &SCHEMA).unwrap();
    let request = pb::apply_resource_change::Request {
        type_name: "aiccs_call_task".to_owned(),
        prior_state: encode(&prior, &SCHEMA),
        planned_state: encode(&Value::Null, &SCHEMA),
        config: encode(&Value::Null, &SCHEMA),
        ..Default::default()
    };
    if let Ok(answer) = client.apply_resource_change(request).await {
        let told = told(answer.into_inner().diagnostics);
        assert!(told.iter().any(|told| told.error), "{told:?}");
    }
    assert!(cloud.writes().is_empty());
    assert_eq!(cloud.task()["Status"], 1);
}

/// Two batches of one task, of the same size.
fn siblings() -> String {
    let batch = |name: &str, first: usize| {
        format!(
            "resource \"aiccs_callee_batch\" \"{name}\" {{\n  task_id = aiccs_call_task.t.id\n  callees_wo = [for n in \
             range(3) : {{ number = format(\"1389999%05d\", {first} + n) }}]\n}}\n"
        )
    };
    task(&[]) + &batch("a", 0) + &batch("b", 100)
}

#[test]
fn the_destroy_of_a_lost_batch_leaves_its_siblings_alone() {
    let Some((cloud, terraform)) = start_with(&siblings()) else { return };
    let lost = json!([{ "operation": "ImportTaskNumberDatas", "kind": "drop_before", "times": 1 }]);
    cloud.faults(lost);
    terraform.run(&APPLY).fails().says(&["are remembered"]);
    let text = std::fs::read_to_string(terraform.path().join("terraform.tfstate")).unwrap();
    let state: Json = serde_json::from_str(&text).unwrap();
    let resources = state["resources"].as_array().unwrap();
    let is_lost = |r: &&Json| r["instances"][0]["attributes"]["id"].to_string().contains("lost/");
    let name = resources.iter().find(is_lost).unwrap()["name"].as_str().unwrap().to_owned();
    let target = format!("-target=aiccs_callee_batch.{name}");
    let told = terraform.run(&["destroy", "-auto-approve", "-no-color", &target]).succeeds();
    told.never_says("is taken for the lost one");
    let details = cloud.ask("GET", "/__details", None);
    let left = details.as_array().unwrap().iter().filter(|d| d["CallResult"] != "CANCEL").count();
    assert_eq!(left, 3);
}

#[test]
fn a_batch_of_the_first_version_plans_nothing() {
    let hcl = siblings();
    let Some((cloud, terraform)) = start_with(&hcl) else { return };
    terraform.apply();
    edit_state(&terraform, |instance| {
        if instance["attributes"]["imported_count"].is_number() {
            instance["schema_version"] = json!(0);
            instance["attributes"]["start_after_import"] = json!(false);
            instance["attributes"].as_object_mut().unwrap().remove("skip_called");
        }
    });
    cloud.writes();
    terraform.plans_nothing();
    terraform.run(&APPLY).succeeds();
    assert!(cloud.writes().is_empty());
}
