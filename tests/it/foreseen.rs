//! What a plan or an apply finds out before it is too late, through real Terraform: whose name it is, whether the task is still
//! as it was planned from, whether the account is the right one. And what becomes of the run state where one resource takes over
//! what another one gives up.

use serde_json::{Value as Json, json};

use crate::support::cli::{APPLY, Terraform, start_with, task};
use crate::support::cloud::Cloud;

/// A task that is there and runs.
fn running(hcl: &str) -> Option<(Cloud, Terraform)> {
    let (cloud, terraform) = start_with(hcl)?;
    terraform.apply();
    status(&cloud, 1);
    cloud.writes();
    Some((cloud, terraform))
}

fn status(cloud: &Cloud, status: i64) {
    let id = cloud.tasks()[0]["TaskId"].as_str().unwrap().to_owned();
    cloud.edit(&id, &json!({ "Status": status }));
}

/// The same task under another address.
fn second(edits: &[(&str, &str)]) -> String {
    task(edits).replace("\"t\"", "\"u\"")
}

#[test]
fn a_name_that_is_taken_is_seen_by_the_plan() {
    let Some((cloud, terraform)) = running(&task(&[])) else { return };
    let id = terraform.state()["id"].as_str().unwrap().to_owned();
    terraform.run(&["state", "rm", "aiccs_call_task.t"]).succeeds();
    terraform.plans_changes().says(&[
        "is taken by call task",
        &id,
        "RUNNING",
        "terraform import",
        "moved",
        "adopt_existing",
    ]);
    terraform.write(&task(&[("agent_id", "\"118000000000000002\"")]));
    terraform
        .plans_changes()
        .says(&["it cannot be taken over", "118000000000000001 and not 118000000000000002"]);
    terraform.write(&task(&[("adopt_existing", "true"), ("task_cps", "9")]));
    terraform
        .plans_changes()
        .says(&["will be taken over: stopped, updated, started again", "`task_cps`"]);
    terraform.write(&task(&[("adopt_existing", "true"), ("desired_status", "\"STOPPED\"")]));
    terraform
        .plans_changes()
        .says(&["stopped, updated, and stays stopped", "as configured already"]);
    assert_eq!(cloud.writes(), [""; 0]);
    terraform.write(&(task(&[("task_name", "\"one\"")]) + &second(&[("task_name", "\"one\"")])));
    terraform.plan().fails().says(&["Two call tasks of one name"]);
}

#[test]
fn a_rename_to_a_taken_name_stops_nothing() {
    let Some((cloud, terraform)) = running(&task(&[("task_name", "\"one\"")])) else { return };
    cloud.ask("POST", "/__tasks", Some(&json!({ "TaskName": "two" })));
    terraform.write(&task(&[("task_name", "\"two\"")]));
    terraform.plans_changes().says(&["The name \"two\" is taken by call task"]);
    terraform.apply_fails().says(&["is taken by call task", "Nothing was changed"]);
    assert_eq!(cloud.writes(), [""; 0]);
    terraform.write(&task(&[("task_name", "\"three\"")]));
    terraform.plans_changes().never_says("is taken");
    terraform.apply();
    assert_eq!(cloud.writes(), ["StopAiCallTask", "UpdateAiCallTask", "StartAiCallTask"]);
}

#[test]
fn what_somebody_has_changed_since_the_plan_is_not_undone() {
    let Some((cloud, terraform)) = running(&task(&[])) else { return };
    let id = terraform.state()["id"].as_str().unwrap().to_owned();
    terraform.write(&task(&[("task_cps", "9")]));
    terraform.run(&["plan", "-no-color", "-out=plan"]).succeeds();
    cloud.edit(&id, &json!({ "CallDays": ["SUNDAY"] }));
    terraform.run(&["apply", "-no-color", "plan"]).fails().says(&[
        "is not as it was planned from",
        "`call_day` was",
        "Plan again, with a refresh",
    ]);
    assert_eq!(cloud.writes(), [""; 0]);
    // What the service changes by itself is no reason.
    terraform.apply();
    cloud.writes();
    terraform.write(&task(&[("task_cps", "11")]));
    terraform.run(&["plan", "-no-color", "-out=plan"]).succeeds();
    status(&cloud, 2);
    cloud.edit(&id, &json!({ "AgentName": "renamed" }));
    terraform.run(&["apply", "-no-color", "plan"]).succeeds();
    assert_eq!(cloud.writes(), ["UpdateAiCallTask"]);
    // So too the old state of a plan without a refresh.
    cloud.edit(&id, &json!({ "CallDays": ["SUNDAY"] }));
    terraform.write(&task(&[("task_cps", "12")]));
    terraform
        .run(&["apply", "-auto-approve", "-no-color", "-refresh=false"])
        .fails()
        .says(&["is not as it was planned from"]);
    assert_eq!(cloud.writes(), [""; 0]);
}

#[test]
fn a_state_of_another_account_is_not_forgotten() {
    let cloud = Cloud::start();
    let Some(mut terraform) = Terraform::new(&cloud) else { return };
    terraform.set("ALIBABA_CLOUD_ENDPOINT_STS", &cloud.endpoint());
    let batch = "resource \"aiccs_callee_batch\" \"b\" {\n  task_id = aiccs_call_task.t.id\n  callees_wo = [{ number = \"138\" }]\n}\n";
    terraform.write(&(task(&[]) + batch));
    terraform.apply();
    let asked = |cloud: &Cloud| {
        cloud.journal().iter().filter(|call| call["operation"] == "GetCallerIdentity").count()
    };
    assert_eq!(asked(&cloud), 1, "once, by whoever made it");
    terraform.plans_nothing();
    assert_eq!(asked(&cloud), 1, "what is remembered is not asked for");
    let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
    cloud.remove(&id);
    // The same account: told.
    terraform.plans_changes().says(&["is gone", "1000000000000001", "The task of callee batch"]);
    // Another one: refused, by a destroy too.
    terraform.set("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::2000000000000002:role/ops");
    let role = "provider \"aiccs\" {\n  assume_role {\n    role_arn = \"acs:ram::2000000000000002:role/ops\"\n  }\n}\n";
    terraform.write(&(role.to_owned() + &task(&[]) + batch));
    for arguments in [&["plan", "-no-color"][..], &["destroy", "-auto-approve", "-no-color"]] {
        terraform.run(arguments).fails().says(&[
            "belongs to another account",
            "1000000000000001",
            "2000000000000002",
        ]);
    }
    assert_eq!(terraform.state()["id"], Json::from(id));
}

#[test]
fn without_sts_a_task_that_is_gone_is_told() {
    let Some((cloud, terraform)) = running(&task(&[])) else { return };
    cloud.remove(terraform.state()["id"].as_str().unwrap());
    terraform.plans_changes().says(&["is gone", "another account or endpoint"]);
    assert!(cloud.journal().iter().all(|call| call["operation"] != "GetCallerIdentity"));
}

/// `for_each` with a key that was renamed, without a `moved` block.
fn keyed(key: &str, edits: &[(&str, &str)]) -> String {
    task(edits).replace("\"t\" {\n", &format!("\"t\" {{\n  for_each = toset([{key:?}])\n"))
}

#[test]
fn a_renamed_key_keeps_the_campaign_running() {
    for (policy, adopt) in [("STOP", false), ("STOP", true), ("RETIRE", false), ("RETIRE", true)] {
        let (policy, adopt) = (format!("{policy:?}"), adopt.to_string());
        let edits = [("deletion_policy", &*policy), ("adopt_existing", &*adopt)];
        let Some((cloud, terraform)) = running(&keyed("a", &edits)) else { return };
        terraform.write(&keyed("b", &edits));
        let told = terraform.run(&APPLY).succeeds();
        terraform.plans_nothing();
        let tasks = cloud.tasks();
        let runs = tasks.iter().filter(|task| task["Status"] == 1).count();
        if tasks.len() == 1 {
            assert_eq!(
                runs,
                1,
                "{policy} {adopt}: it runs as before\n{}\n{:?}",
                told.text,
                cloud.writes()
            );
        } else {
            assert_eq!((policy.as_str(), tasks.len(), runs), ("\"RETIRE\"", 2, 0), "{adopt}");
        }
    }
}

#[test]
fn a_renamed_key_of_a_task_that_waits_is_told() {
    let scheduled = [("start_type", "\"SCHEDULE\""), ("task_start_time", "4102444800000")];
    let Some((cloud, terraform)) = start_with(&keyed("a", &scheduled)) else { return };
    cloud.switch(&[("stop_requires", "running_or_scheduled")]);
    terraform.apply();
    terraform.write(&keyed("b", &scheduled));
    let told = terraform.run(&APPLY).succeeds();
    assert_eq!((cloud.tasks().len(), cloud.task()["Status"].clone()), (1, json!(2)));
    told.says(&["stands still and is not started before its time", "2100-01-01T08:00:00+08:00"]);
}

#[test]
fn one_change_at_a_time_converges_with_the_next_apply() {
    let retire = [("deletion_policy", "\"RETIRE\"")];
    let Some((cloud, terraform)) = running(&keyed("a", &retire)) else { return };
    terraform.write(&keyed("b", &retire));
    let apply = ["apply", "-auto-approve", "-no-color", "-parallelism=1"];
    for _ in 0..2 {
        if terraform.run(&apply).code == 0 {
            break;
        }
    }
    terraform.plans_nothing();
    let live = |task: &&Json| !task["TaskName"].as_str().unwrap().contains("-retired-");
    assert_eq!(cloud.tasks().iter().filter(live).count(), 1);
}

#[test]
fn a_replacement_of_itself_keeps_the_campaign_running() {
    let Some((cloud, terraform)) = running(&task(&[])) else { return };
    let replace = "-replace=aiccs_call_task.t";
    terraform
        .run(&["apply", "-auto-approve", "-no-color", replace])
        .succeeds()
        .says(&["was started"]);
    terraform.plans_nothing();
    assert_eq!(
        (cloud.task()["Status"].clone(), terraform.state()["status"].clone()),
        (json!(1), json!("RUNNING"))
    );
    terraform.run(&["taint", "aiccs_call_task.t"]).succeeds();
    terraform.run(&APPLY).succeeds();
    assert_eq!(cloud.task()["Status"], 1);
    // Of another agent it cannot be had under the same name: the plan says so.
    cloud.writes();
    terraform.write(&task(&[("agent_id", "\"118000000000000002\"")]));
    terraform
        .run(&["plan", "-no-color", replace])
        .fails()
        .says(&["would collide with its own name"]);
    terraform.write(&task(&[("deletion_policy", "\"PREVENT\"")]));
    terraform.apply();
    terraform
        .run(&["plan", "-no-color", replace])
        .fails()
        .says(&["Destroy prevented", "terraform untaint"]);
}

#[test]
fn an_expiry_is_a_date() {
    for (date, parts) in [
        ("2026-02-30 10:00:00", &["Invalid expiry date"][..]),
        ("2026-07-30 24:00:00", &["Invalid expiry date"]),
        ("", &["Invalid expiry date"]),
    ] {
        let date = format!("{date:?}");
        let hcl = task(&[("call_expire_type", "2"), ("call_expire_date", &date)]);
        let Some((_, terraform)) = start_with(&hcl) else { return };
        terraform.run(&["validate", "-no-color"]).fails().says(parts);
    }
    let past = task(&[("call_expire_type", "2"), ("call_expire_date", "\"2024-02-29 10:00:00\"")]);
    let Some((_, terraform)) = start_with(&past) else { return };
    terraform.plans_changes().says(&["has passed", "2024-02-29T10:00:00+08:00"]);
}
