//! Many tasks at once against a service that throttles and breaks connections, sessions that run out in the middle,
//! and what works without any network.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::cli::{Terraform, task};
use crate::support::cloud::{Cloud, KEY, SECRET};

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn a_service_that_throttles_and_breaks_creates_each_task_once() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let count = number("AICCS_LOAD_TASKS", 120);
    cloud.faults(json!([
        { "operation": "*", "kind": "throttle_plain", "times": null, "probability": 0.1 },
        { "operation": "*", "kind": "throttle_header", "times": null, "probability": 0.1, "millis": 50 },
        { "operation": "*", "kind": "drop_after", "times": null, "probability": 0.01 },
        { "operation": "*", "kind": "drop_before", "times": null, "probability": 0.01 },
    ]));
    let count_text = count.to_string();
    terraform.write(&task(&[("count", &count_text), ("task_name", "\"t${count.index}\"")]));
    let output =
        terraform.run(&["apply", "-auto-approve", "-no-color", "-parallelism=50"]).succeeds();
    output.says(&[&format!("{count} added, 0 changed, 0 destroyed")]).never_says("Error");
    let names: BTreeSet<_> =
        cloud.tasks().iter().map(|task| task["TaskName"].as_str().unwrap().to_owned()).collect();
    assert_eq!((names.len(), cloud.tasks().len()), (count, count));
    let struck = cloud.journal().iter().filter(|entry| !entry["fault"].is_null()).count();
    assert!(struck > count / 10, "only {struck} calls met a fault");
}

#[test]
fn a_session_that_runs_out_in_the_middle_is_renewed() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    cloud.switch(&[("session_seconds", "2")]);
    // The calls of one apply stretch over several sessions.
    cloud.faults(json!([{ "operation": "*", "kind": "delay", "times": null, "millis": 60 }]));
    let provider = format!(
        "provider \"aiccs\" {{\n  sts_endpoint = \"{}\"\n  assume_role {{\n    role_arn = \"acs:ram::1234567890123456:role/r\"\n  }}\n}}\n",
        cloud.endpoint()
    );
    terraform.write(&(provider + &task(&[("count", "40"), ("task_name", "\"t${count.index}\"")])));
    terraform.run(&["apply", "-auto-approve", "-no-color", "-parallelism=2"]).succeeds();
    let journal = cloud.journal();
    let sessions = journal.iter().filter(|entry| entry["operation"] == "AssumeRole").count();
    assert!(sessions >= 2, "{sessions} sessions");
    let creates = journal.iter().filter(|entry| entry["operation"] == "CreateAiCallTask");
    assert!(creates.clone().all(|entry| entry["access_key_id"] != KEY), "a session key signs");
    assert_eq!((creates.count(), cloud.tasks().len()), (40, 40));
}

#[test]
fn without_network_and_credentials_what_needs_neither_works() {
    let Some(mut terraform) = Terraform::towards("http://127.0.0.1:1") else { return };
    terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    terraform.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    terraform.write(&task(&[]));
    terraform.run(&["validate", "-no-color"]).succeeds();
    terraform.run(&["providers", "schema", "-json"]).succeeds().says(&["aiccs_call_task"]);
    terraform.plans_changes().says(&["1 to add"]);
    terraform.apply_fails().says(&[
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "credentials.ini",
        "config.json",
        "ecs_role_name",
    ]);
}

#[test]
fn a_wrong_account_is_refused_before_the_first_call() {
    let cloud = Cloud::start();
    let Some(terraform) = Terraform::new(&cloud) else { return };
    let provider = format!(
        "provider \"aiccs\" {{\n  sts_endpoint = \"{}\"\n  allowed_account_ids = [\"9999999999999999\"]\n}}\n",
        cloud.endpoint()
    );
    terraform.write(&(provider + &task(&[])));
    terraform.apply_fails().says(&["9999999999999999"]);
    let called: Vec<_> = cloud
        .journal()
        .iter()
        .map(|entry| entry["operation"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        !called.is_empty() && called.iter().all(|name| name == "GetCallerIdentity"),
        "{called:?}"
    );
}

#[test]
fn the_other_signature_serves_a_whole_life() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    terraform.set("TF_APPEND_USER_AGENT", "ci/7");
    let provider = "provider \"aiccs\" {\n  signature_method = \"ACS3-HMAC-SHA256\"\n  configuration_source = \"acme/m\"\n}\n";
    terraform.write(&(provider.to_owned() + &task(&[])));
    terraform.apply();
    terraform.write(&(provider.to_owned() + &task(&[("task_cps", "9")])));
    terraform.apply();
    terraform.destroy();
    for entry in cloud.journal() {
        assert_eq!(
            (&entry["signature"], &entry["signature_valid"]),
            (&json!("ACS3-HMAC-SHA256"), &json!(true))
        );
        let agent = entry["user_agent"].as_str().unwrap();
        assert!(
            agent.starts_with("HashiCorp-Terraform/1.")
                || agent.contains("terraform-provider-aiccs/"),
            "{agent}"
        );
        assert!(agent.ends_with("Terraform-Module/acme/m ci/7"), "{agent}");
    }
}

#[test]
fn nothing_secret_leaves_the_provider_at_trace() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    let log = terraform.path().join("trace.log");
    terraform.set("TF_LOG", "TRACE");
    terraform.set("TF_LOG_PATH", log.to_str().unwrap());
    terraform.write(&task(&[
        ("virtual_number", "\"05370229876\""),
        ("line_phone_num", "\"15200003120\""),
    ]));
    let output = terraform.run(&["apply", "-auto-approve", "-no-color"]).succeeds();
    let text = std::fs::read_to_string(&log).unwrap();
    // Terraform's own lines hold what it plans; ours are those of the provider.
    let ours: Vec<_> =
        text.lines().filter(|line| line.contains("provider.terraform-provider-aiccs")).collect();
    let state = std::fs::read_to_string(terraform.path().join("terraform.tfstate")).unwrap();
    let ours = ours.join("\n");
    assert!(ours.contains("CreateAiCallTask") && ours.contains("request_id"), "calls are logged");
    for secret in [SECRET, "Signature=", "05370229876", "15200003120"] {
        assert!(!ours.contains(secret), "{secret} is in the log");
    }
    for secret in [SECRET, "Signature="] {
        assert!(!text.contains(secret) && !state.contains(secret) && !output.text.contains(secret));
    }
}
