//! Callee batches through real Terraform: write-only numbers, chunks, lost answers, what a destroy takes back.

mod lost;
mod once;

use std::collections::BTreeSet;

use aiccs_emulator::contract;
use serde_json::{Value as Json, json};
use terraform_provider_aiccs::resources::callee_batch::table::{FIELDS, SCHEMA};

use crate::support::cli::{APPLY, Terraform, start, task};
use crate::support::cloud::Cloud;

const MARKER: &str = "1389999";

/// A task and a batch of `count` callees; `edits` are further arguments of the batch.
pub fn batch(count: usize, version: usize, edits: &str) -> String {
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
pub fn waiting(cloud: &Cloud) -> usize {
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
        .says(&["1 callees of batch", "3 callees are cancelled"]);
}

#[test]
fn a_cancel_whose_answer_is_lost_is_counted_all_the_same() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(5, 1, ""));
    terraform.apply();
    let called: Vec<Json> = details(&cloud).into_iter().take(2).collect();
    for (detail, status) in called.iter().zip([4, 3]) {
        let path = format!("/__details/{}", detail["DetailId"].as_str().unwrap());
        cloud.ask("PATCH", &path, Some(&json!({ "Status": status })));
    }
    cloud.fault("CancelAiCallDetails", "drop_after");
    terraform
        .run(&["destroy", "-auto-approve", "-no-color", "-target=aiccs_callee_batch.b"])
        .succeeds()
        .never_says(MARKER)
        .says(&["2 callees of batch", "3 callees are cancelled"]);
    assert_eq!(waiting(&cloud), 2);
}

#[test]
fn what_cannot_be_cancelled_is_told_with_the_services_reasons_and_no_number() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(3, 1, ""));
    terraform.apply();
    let first = details(&cloud)[0]["DetailId"].as_str().unwrap().to_owned();
    cloud.ask("PATCH", &format!("/__details/{first}"), Some(&json!({ "Status": 4 })));
    terraform
        .run(&["destroy", "-auto-approve", "-no-color", "-target=aiccs_callee_batch.b"])
        .succeeds()
        .never_says(MARKER)
        .says(&["1 callees of batch", "The service's reasons:", "cannot be cancelled in status 4"]);
}

#[test]
fn a_refused_cancel_of_callees_who_were_all_called_is_no_failure() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(2, 1, ""));
    terraform.apply();
    for detail in details(&cloud) {
        let path = format!("/__details/{}", detail["DetailId"].as_str().unwrap());
        cloud.ask("PATCH", &path, Some(&json!({ "Status": 4 })));
    }
    cloud.faults(json!([{ "operation": "CancelAiCallDetails", "kind": "business", "times": 1 }]));
    terraform
        .run(&["destroy", "-auto-approve", "-no-color", "-target=aiccs_callee_batch.b"])
        .succeeds()
        .says(&["2 callees of batch", "2 were called already, or are being called"]);
}

#[test]
fn numbers_in_the_open_are_the_same_said_or_unsaid() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(2, 1, ""));
    terraform.apply();
    terraform.write(&batch(2, 1, "  encryption_type = 0\n"));
    terraform.apply();
    assert_eq!((details(&cloud).len(), waiting(&cloud)), (2, 2));
    terraform.write(&batch(2, 1, "  encryption_type = 1\n"));
    terraform.plan().says(&["must be replaced"]);
}

#[test]
fn a_failed_cancel_keeps_the_state_and_the_next_destroy_goes_on() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(3, 1, ""));
    terraform.apply();
    for kind in ["forbidden_ram", "business", "drop_before"] {
        cloud.faults(json!([{ "operation": "CancelAiCallDetails", "kind": kind, "times": 20 }]));
        terraform
            .run(&["destroy", "-auto-approve", "-no-color", "-target=aiccs_callee_batch.b"])
            .fails()
            .says(&["Could not cancel the callees of batch", "The state is kept"]);
        assert_eq!((waiting(&cloud), state_of(&terraform).is_null()), (3, false), "{kind}");
        cloud.calm();
    }
    terraform.run(&["destroy", "-auto-approve", "-no-color"]).succeeds();
    assert_eq!(waiting(&cloud), 0);
}

#[test]
fn chunks_that_cannot_be_taken_back_stay_in_state() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(2500, 1, ""));
    cloud.faults(json!([
        { "operation": "ImportTaskNumberDatas", "kind": "business", "times": 1, "skip": 2 },
        { "operation": "CancelAiCallDetails", "kind": "forbidden_ram", "times": 1 },
    ]));
    terraform.run(&["apply", "-auto-approve", "-no-color"]).fails().never_says(MARKER).says(&[
        "chunk 3 of 3",
        "rows 2000 to 2499",
        "1000 callees were cancelled again; 1000 could not be, and stay in the state",
    ]);
    let state = state_of(&terraform);
    assert_eq!(
        (&state["imported_count"], state["batch_ids"].as_array().unwrap().len(), waiting(&cloud)),
        (&json!(1000), 1, 1000)
    );
    // The tainted batch is replaced: what was left of it is cancelled first.
    terraform.apply();
    assert_eq!(waiting(&cloud), 2500);
}

#[test]
fn a_start_that_fails_does_not_import_again() {
    let Some((cloud, terraform)) = start() else { return };
    cloud.switch(&[("start_fails", "always")]);
    let hcl = task(&[("start_type", "\"SCHEDULE\""), ("task_start_time", "1700000000000")])
        + "resource \"aiccs_callee_batch\" \"b\" {\n  task_id = aiccs_call_task.t.id\n  callees_wo = [{ number = \"1380000\" }]\n  \
           start_after_import = true\n}\n";
    terraform.write(&hcl);
    terraform.apply();
    let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
    cloud.edit(&id, &json!({ "Status": 2 }));
    terraform.write(
        &hcl.replace("1380000", "1390000")
            .replace("  start_after", "  callees_wo_version = 2\n  start_after"),
    );
    terraform.run(&["apply", "-auto-approve", "-no-color"]).succeeds().says(&[
        "The callees are in, but task",
        "could not be started",
        "FAILED instead of RUNNING",
    ]);
    terraform.plans_nothing();
    assert_eq!(waiting(&cloud), 1);
}

#[test]
fn ephemeral_numbers_are_in_no_plan_no_state_and_no_log() {
    let Some((cloud, mut terraform)) = start() else { return };
    let log = terraform.path().join("trace.log");
    terraform.set("TF_LOG", "TRACE");
    terraform.set("TF_LOG_PATH", log.to_str().unwrap());
    terraform.write(
        &(task(&[])
            + "variable \"callees\" {\n  type = list(object({\n    number = string\n    variables = map(string)\n  }))\n  \
               ephemeral = true\n}\nresource \"aiccs_callee_batch\" \"b\" {\n  task_id = aiccs_call_task.t.id\n  \
               callees_wo = var.callees\n}\n"),
    );
    let callees = json!({ "callees": [
        { "number": format!("{MARKER}0001"), "variables": { "name": "Marker-Name", "code": null } },
        { "number": format!("{MARKER}0002"), "variables": {} },
    ] });
    let file = terraform.path().join("callees.tfvars.json");
    std::fs::write(&file, callees.to_string()).unwrap();
    let plan = ["plan", "-no-color", "-out=plan", "-var-file=callees.tfvars.json"];
    terraform.run(&plan).succeeds().never_says(MARKER);
    let apply = ["apply", "-no-color", "-var-file=callees.tfvars.json", "plan"];
    terraform.run(&apply).succeeds().never_says(MARKER);
    std::fs::remove_file(file).unwrap();
    let stored = details(&cloud);
    assert_eq!(stored.len(), 2);
    let variables: Vec<_> = stored.iter().map(|detail| &detail["Variables"]).collect();
    assert_eq!(variables, [&json!({ "name": "Marker-Name" }), &json!({})], "null is absence");
    for entry in std::fs::read_dir(terraform.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(MARKER) && !text.contains("Marker-Name"), "{}", path.display());
        }
    }
    // A saved plan is an archive: its parts are compressed.
    let parts = terraform.command(&["show", "-json", "plan"]).output().unwrap().stdout;
    assert!(!String::from_utf8(parts).unwrap().contains(MARKER));
}

#[test]
fn a_task_is_started_once_its_callees_are_in() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(2, 1, "  start_after_import = true\n"));
    terraform.apply();
    assert_eq!(cloud.task()["Status"], 1);
}

#[test]
fn a_task_that_the_import_itself_starts_is_told() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(2, 1, ""));
    let apply = ["apply", "-auto-approve", "-no-color"];
    terraform.run(&apply).succeeds().says(&["runs now", "it calls people"]);
    assert_eq!(cloud.task()["Status"], 1);
    terraform.write(&batch(2, 2, ""));
    terraform.run(&apply).succeeds().never_says("runs now");
}

#[test]
fn wrong_rows_are_told_by_their_place() {
    let Some((cloud, terraform)) = start() else { return };
    let rows = "[{ number = \"13899991234\" }, { number = \"\" }, { number = \"138 9999\" }]";
    terraform.write(&format!(
        "resource \"aiccs_callee_batch\" \"b\" {{\n  task_id = \"1\"\n  callees_wo = {rows}\n}}\n"
    ));
    terraform.run(&["validate", "-no-color"]).fails().says(&[
        "row 1 (line 3 of a CSV): `number` is empty",
        "row 2 (line 4 of a CSV): blanks or hyphens in it",
    ]);
    terraform.write(
        "resource \"aiccs_callee_batch\" \"b\" {\n  task_id = \"t-1\"\n  callees_wo = [{ number = \"1\" }]\n}\n",
    );
    terraform.run(&["validate", "-no-color"]).succeeds();
    terraform.plan().fails().says(&["Invalid task id", "t-1"]);
    assert!(cloud.journal().is_empty());
}

#[test]
fn only_a_new_batch_needs_callees() {
    let Some((cloud, terraform)) = start() else { return };
    let hcl = |rows: &str, version: usize| {
        task(&[])
            + &format!(
                "resource \"aiccs_callee_batch\" \"b\" {{\n  task_id = aiccs_call_task.t.id\n  callees_wo = {rows}\n  \
                 callees_wo_version = {version}\n}}\n"
            )
    };
    terraform.write(&hcl("[]", 1));
    terraform.run(&["validate", "-no-color"]).succeeds();
    terraform.plan().fails().says(&["A batch without callees", "ephemeral variable"]);
    terraform.write(&hcl("[{ number = \"13800000000\" }]", 1));
    terraform.apply();
    terraform.write(&hcl("[]", 1));
    terraform.plans_nothing();
    terraform.write(&hcl("[]", 2));
    terraform.plan().fails().says(&["A batch without callees"]);
    assert_eq!(waiting(&cloud), 1);
}

#[tokio::test]
async fn a_host_without_write_only_arguments_is_told_so() {
    use tfplugin_proto::tfplugin6 as pb;
    let cloud = Cloud::start();
    let (_plugin, mut client) = crate::support::core::configured(&cloud).await;
    let config = json!({ "task_id": "118000000000000001", "callees_wo": [{ "number": MARKER }] });
    let config = terraform_plugin::json::decode(config.to_string().as_bytes(), &SCHEMA);
    let request = pb::validate_resource_config::Request {
        type_name: "aiccs_callee_batch".to_owned(),
        config: crate::support::core::encode(&config.unwrap(), &SCHEMA),
        ..Default::default()
    };
    let answer = client.validate_resource_config(request).await.unwrap().into_inner();
    let told = crate::support::core::told(answer.diagnostics);
    assert!(
        told.iter().all(|told| told.error && told.detail.contains("Terraform 1.11")),
        "{told:?}"
    );
    assert_eq!(told[0].attribute, "callees_wo");
    assert!(!format!("{told:?}").contains(MARKER));
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
