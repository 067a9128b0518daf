//! Callee batches through real Terraform: write-only numbers, chunks, lost answers, what a destroy takes back.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use terraform_provider_aiccs::emulator::contract;
use terraform_provider_aiccs::provider::callee_batch::table::FIELDS;

use crate::support::cli::{Terraform, task};
use crate::support::cloud::Cloud;

const MARKER: &str = "1389999";

fn start() -> Option<(Cloud, Terraform)> {
    let cloud = Cloud::start();
    let terraform = Terraform::new(&cloud)?;
    // Write-only values are known from Terraform 1.11 on.
    Some((cloud, terraform))
}

/// A task and a batch of `count` callees; `edits` are further arguments of the batch.
fn batch(count: usize, version: usize, edits: &str) -> String {
    // `range` gives 1024 values at most.
    let (wide, high) = if count > 500 { (500, count / 500) } else { (count, 1) };
    let numbers =
        format!("flatten([for a in range({high}) : [for b in range({wide}) : a * {wide} + b]])");
    let rows = format!(
        "[for n in {numbers} : {{ number = format(\"{MARKER}%05d\", n), out_id = \"o${{n}}\", variables = {{ name = \"王\" }} }}]"
    );
    task(&[])
        + &format!(
            "resource \"aiccs_callee_batch\" \"b\" {{\n  task_id = aiccs_call_task.t.id\n  callees_wo = {rows}\n  callees_wo_version = {version}\n{edits}}}\n"
        )
}

fn details(cloud: &Cloud) -> Vec<Json> {
    cloud.ask("GET", "/__details", None).as_array().unwrap().clone()
}

/// Those who would be called.
fn waiting(cloud: &Cloud) -> usize {
    details(cloud).iter().filter(|detail| detail["CallResult"] != "CANCEL").count()
}

fn state_of(terraform: &Terraform) -> Json {
    let text = std::fs::read_to_string(terraform.path().join("terraform.tfstate")).unwrap();
    let state: Json = serde_json::from_str(&text).unwrap();
    let found =
        state["resources"].as_array().unwrap().iter().find(|r| r["type"] == "aiccs_callee_batch");
    found.map_or(Json::Null, |resource| resource["instances"][0]["attributes"].clone())
}

#[test]
fn callees_are_in_once_and_nowhere_else() {
    let Some((cloud, mut terraform)) = start() else { return };
    let log = terraform.path().join("trace.log");
    terraform.set("TF_LOG_PROVIDER", "TRACE");
    terraform.set("TF_LOG_PATH", log.to_str().unwrap());
    terraform.write(&batch(2500, 1, ""));
    terraform.apply();
    let found: BTreeSet<_> =
        details(&cloud).iter().map(|d| d["CalledNumber"].to_string()).collect();
    assert_eq!((found.len(), details(&cloud).len()), (2500, 2500));
    let state = state_of(&terraform);
    assert_eq!(
        (&state["imported_count"], state["batch_ids"].as_array().unwrap().len()),
        (&json!(2500), 3)
    );
    assert_eq!((&state["callees_wo"], &state["id"]), (&Json::Null, &state["batch_ids"][0]));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("ImportTaskNumberDatas") && !log.contains(MARKER));
    let state = std::fs::read_to_string(terraform.path().join("terraform.tfstate")).unwrap();
    assert!(!state.contains(MARKER));
    let imports =
        cloud.journal().iter().filter(|e| e["operation"] == "ImportTaskNumberDatas").count();
    assert_eq!(imports, 3);
}

#[test]
fn a_new_version_cancels_the_old_batch() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(3, 1, ""));
    terraform.apply();
    terraform.write(&batch(4, 1, ""));
    terraform.plans_nothing();
    terraform.write(&batch(4, 2, ""));
    terraform.apply();
    assert_eq!((details(&cloud).len(), waiting(&cloud)), (7, 4));
    let first =
        details(&cloud).iter().find(|d| d["CallResult"] != "CANCEL").unwrap()["DetailId"].clone();
    let path = format!("/__details/{}", first.as_str().unwrap());
    cloud.ask("PATCH", &path, Some(&json!({ "Status": 4 })));
    terraform
        .run(&["destroy", "-auto-approve", "-no-color", "-target=aiccs_callee_batch.b"])
        .succeeds()
        .says(&["1 callees of batch", "3 callees were cancelled"]);
}

#[test]
fn a_lost_answer_never_imports_twice() {
    for (kind, skip) in [
        ("drop_after", 0),
        ("drop_after", 1),
        ("drop_before", 0),
        ("drop_before", 1),
        ("http_500", 1),
    ] {
        let Some((cloud, terraform)) = start() else { return };
        terraform.write(&batch(1500, 1, ""));
        cloud.faults(json!([{ "operation": "ImportTaskNumberDatas", "kind": kind, "times": 1, "skip": skip }]));
        let output = terraform.run(&["apply", "-auto-approve", "-no-color"]);
        if kind == "drop_after" {
            output.succeeds();
        } else {
            output.fails().never_says(MARKER).says(&[if skip == 0 {
                "Nothing was imported"
            } else {
                "cancelled again"
            }]);
            assert_eq!((waiting(&cloud), state_of(&terraform)), (0, Json::Null));
            terraform.apply();
        }
        assert_eq!(waiting(&cloud), 1500, "{kind} {skip}");
        let numbers: BTreeSet<_> = details(&cloud)
            .iter()
            .filter(|d| d["CallResult"] != "CANCEL")
            .map(|d| d["CalledNumber"].to_string())
            .collect();
        assert_eq!(numbers.len(), 1500, "{kind} {skip}");
    }
}

#[test]
fn a_cancelled_batch_is_never_taken_for_a_new_one() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(3, 1, ""));
    terraform.apply();
    cloud.fault("ImportTaskNumberDatas", "drop_before");
    terraform.write(&batch(3, 2, ""));
    terraform.apply_fails();
    assert_eq!(waiting(&cloud), 0);
    terraform.apply();
    assert_eq!(waiting(&cloud), 3);
}

#[test]
fn a_task_is_started_once_its_callees_are_in() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(2, 1, "  start_after_import = true\n"));
    terraform.apply();
    assert_eq!(cloud.task()["Status"], 1);
}

#[test]
fn wrong_rows_are_told_by_their_place() {
    let Some((cloud, terraform)) = start() else { return };
    let rows = "[{ number = \"13899991234\" }, { number = \"\" }, { number = \"138 9999\" }]";
    terraform.write(&format!(
        "resource \"aiccs_callee_batch\" \"b\" {{\n  task_id = \"1\"\n  callees_wo = {rows}\n}}\n"
    ));
    terraform
        .run(&["validate", "-no-color"])
        .fails()
        .says(&["row 1: `number` is empty", "row 2: `number` holds blanks"]);
    assert!(cloud.journal().is_empty());
}

#[test]
fn the_rows_fit_the_contract() {
    let operation = contract::operation("ImportTaskNumberDatas").unwrap();
    let names: BTreeSet<_> = operation.parameters.iter().map(|p| p.name).collect();
    for (attribute, parameter) in [
        ("task_id", "TaskId"),
        ("callees_wo", "PhoneNumberList"),
        ("encryption_type", "EncryptionType"),
    ] {
        assert!(names.contains(parameter) && FIELDS.iter().any(|f| f.attribute.name == attribute));
    }
}
