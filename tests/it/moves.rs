//! Objects that come from another address of the provider or from another type, and the words for the host that does that.

use std::path::Path;

use serde_json::{Value as Json, json};
use terraform_provider_aiccs::task::table::SCHEMA;
use tfplugin_proto::tfplugin6 as pb;

use crate::support::cli::{APPLY, Terraform, cli, task};
use crate::support::cloud::Cloud;
use crate::support::core::{Told, configured, decode, told};

/// The configuration of a provider under this address.
fn write(terraform: &Terraform, source: &str, hcl: &str) {
    terraform.write(hcl);
    let path = terraform.path().join("main.tf");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, text.replace("\"aiccs/aiccs\"", &format!("\"{source}\""))).unwrap();
}

/// The host knows another address of the provider, too.
fn know(terraform: &Terraform, source: &str) {
    let path = terraform.path().join("cli.rc");
    let text = std::fs::read_to_string(&path).unwrap();
    let binaries = Path::new(crate::support::PROVIDER).parent().unwrap().display().to_string();
    let known = format!("dev_overrides {{\n    \"{source}\" = \"{binaries}\"\n");
    std::fs::write(path, text.replacen("dev_overrides {\n", &known, 1)).unwrap();
}

#[test]
fn a_company_mirrors_state_becomes_the_registrys_without_a_write() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let company = "tf.corp.example/aiccs/aiccs";
    know(&terraform, company);
    write(&terraform, company, &task(&[("deletion_policy", "\"RETIRE\"")]));
    terraform.run(&APPLY).succeeds();
    cloud.writes();
    let moved = task(&[("deletion_policy", "\"RETIRE\"")]).replace("\"t\"", "\"u\"");
    let block = "moved {\n  from = aiccs_call_task.t\n  to   = aiccs_call_task.u\n}\n";
    write(&terraform, "aiccs/aiccs", &(moved.clone() + block));
    terraform.run(&APPLY).succeeds().says(&["0 added, 0 changed, 0 destroyed"]);
    assert_eq!(cloud.writes(), Vec::<String>::new());
    write(&terraform, "aiccs/aiccs", &moved);
    terraform.plans_nothing();
    let state = std::fs::read_to_string(terraform.path().join("terraform.tfstate")).unwrap();
    assert!(!state.contains(company), "{state}");
    assert!(state.contains("\"private\""), "private data is kept");
}

#[test]
fn what_cannot_be_moved_is_told_once() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    terraform.write("resource \"terraform_data\" \"x\" {}\n");
    terraform.run(&APPLY).succeeds();
    let block = "moved {\n  from = terraform_data.x\n  to   = aiccs_call_task.t\n}\n";
    terraform.write(&(task(&[]) + block));
    let told = terraform.run(&["plan", "-no-color"]).fails();
    assert_eq!(told.text.matches("Error: ").count(), 1, "{}", told.text);
    told.says(&["Cannot move `terraform_data` to `aiccs_call_task`", "/aiccs/aiccs"]);
    assert_eq!(cloud.writes(), Vec::<String>::new());
}

async fn take_over(
    cloud: &Cloud,
    edits: &[(&str, Json)],
) -> (pb::move_resource_state::Response, Vec<Told>) {
    let (_plugin, mut client) = configured(cloud).await;
    let given = |name: &str, usual: &str| {
        let edit = edits.iter().find(|(known, _)| *known == name);
        edit.map_or(usual.to_owned(), |(_, value)| value.as_str().unwrap().to_owned())
    };
    let state = json!({ "id": "7", "task_id": "7", "task_name": "seven", "call_day": ["MONDAY"] });
    let version = edits
        .iter()
        .find(|(name, _)| *name == "version")
        .map_or(SCHEMA.version, |(_, version)| version.as_i64().unwrap());
    let raw = |json: String| pb::RawState { json: json.into(), ..Default::default() };
    let request = pb::move_resource_state::Request {
        source_provider_address: given("address", "tf.corp.example/aiccs/aiccs"),
        source_type_name: given("type", "aiccs_call_task"),
        source_schema_version: version,
        source_state: Some(raw(state.to_string())),
        target_type_name: "aiccs_call_task".to_owned(),
        source_private: b"kept".to_vec().into(),
        source_identity: Some(raw(json!({ "task_id": "7" }).to_string())),
        source_identity_schema_version: 0,
    };
    let mut answer = client.move_resource_state(request).await.unwrap().into_inner();
    let diagnostics = told(std::mem::take(&mut answer.diagnostics));
    (answer, diagnostics)
}

#[tokio::test]
async fn state_private_data_and_identity_come_along() {
    let cloud = Cloud::start();
    for address in ["registry.opentofu.org/aiccs/aiccs", "tf.corp.example/aiccs/aiccs"] {
        let (answer, told) = take_over(&cloud, &[("address", json!(address))]).await;
        assert!(told.is_empty(), "{told:?}");
        assert_eq!(answer.target_private, "kept");
        assert!(answer.target_identity.unwrap().identity_data.is_some());
        let state = decode(answer.target_state, &SCHEMA);
        assert_eq!(state.get("task_name").as_str(), Some("seven"));
        assert!(state.get("virtual_number").is_null(), "what was not stored is null");
    }
    for edits in [
        [("address", json!("registry.terraform.io/hashicorp/null"))],
        [("address", json!("registry.terraform.io/other/notaiccs/aiccs"))],
        [("type", json!("aiccs_callee_batch"))],
        [("version", json!(99))],
    ] {
        let (answer, told) = take_over(&cloud, &edits).await;
        assert!(told.len() == 1 && told[0].error, "{edits:?}: {told:?}");
        assert!(answer.target_state.is_none() && answer.target_private.is_empty(), "{edits:?}");
    }
    assert_eq!(cloud.journal(), Vec::<Json>::new());
}

/// A host is called by the name of its program, in commands to copy and in the User-Agent.
#[cfg(unix)]
#[test]
fn commands_are_those_of_the_program_that_runs() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    let name = |terraform: &Terraform, program: &str| {
        let path = terraform.path().join(program);
        std::os::unix::fs::symlink(cli().unwrap(), &path).unwrap();
        path
    };
    cloud.ask("POST", "/__tasks", Some(&json!({ "TaskId": "7", "TaskName": "taken" })));
    terraform.write(&task(&[("task_name", "\"taken\"")]));
    for (program, command, agent) in [
        ("tofu", "tofu import aiccs_call_task.NAME 7", "OpenTofu"),
        ("terraform", "terraform import aiccs_call_task.NAME 7", "HashiCorp-Terraform/"),
    ] {
        let path = name(&terraform, program);
        terraform.host(&path);
        cloud.ask("DELETE", "/__journal", None);
        terraform.run(&APPLY).fails().says(&[command]);
        let sent = cloud.journal()[0]["user_agent"].as_str().unwrap().to_owned();
        assert!(sent.starts_with(agent) && sent.contains(" terraform-provider-aiccs/"), "{sent}");
    }
}
