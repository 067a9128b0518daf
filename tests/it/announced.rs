//! What a plan says beforehand, through real Terraform: what rings, stops, is replaced or taken over; and that nothing does so
//! unannounced.

use serde_json::{Value as Json, json};

use crate::support::cli::{APPLY, Output, Terraform, start_with, task};
use crate::support::cloud::Cloud;

const OTHER: &str = "118000000000000002";

fn applied(hcl: &str) -> Option<(Cloud, Terraform)> {
    let (cloud, terraform) = start_with(hcl)?;
    terraform.apply();
    cloud.writes();
    Some((cloud, terraform))
}

fn status(cloud: &Cloud, status: i64) {
    let id = cloud.tasks()[0]["TaskId"].as_str().unwrap().to_owned();
    cloud.edit(&id, &json!({ "Status": status }));
}

fn seed_agents(cloud: &Cloud, ids: &[&str]) {
    let agents: Vec<Json> =
        ids.iter().map(|id| json!({ "AgentId": id, "AgentName": format!("agent {id}") })).collect();
    cloud.ask("POST", "/__control", Some(&json!({ "agents": agents })));
}

fn batch(version: usize, numbers: &[&str], more: &str) -> String {
    let rows: Vec<String> = numbers.iter().map(|n| format!("{{ number = {n:?} }}")).collect();
    format!(
        "resource \"aiccs_callee_batch\" \"b\" {{\n  task_id = aiccs_call_task.t.id\n  callees_wo = [{}]\n  \
         callees_wo_version = {version}\n{more}}}\n",
        rows.join(", ")
    )
}

/// A value that is unknown at every plan of another round.
fn pending(round: usize, value: &str) -> String {
    format!(
        "resource \"terraform_data\" \"d\" {{\n  input = {{ round = {round}, value = {value} }}\n}}\n"
    )
}

fn number_of(text: &Output, part: &str) -> usize {
    text.text.matches(part).count()
}

#[test]
fn an_agent_that_is_unknown_at_plan_replaces_nothing() {
    let hcl = |round, agent: &str, cps: &str| {
        pending(round, &format!("{agent:?}"))
            + &task(&[("agent_id", "terraform_data.d.output.value"), ("task_cps", cps)])
    };
    let Some((cloud, terraform)) = applied(&hcl(1, "118000000000000001", "5")) else { return };
    terraform.write(&hcl(2, "118000000000000001", "5"));
    terraform.plans_changes().never_says("must be replaced").never_says("will be stopped");
    terraform.apply();
    assert_eq!(cloud.writes(), [""; 0]);
    terraform.write(&hcl(3, "118000000000000001", "7"));
    terraform.apply();
    assert_eq!(cloud.writes(), ["UpdateAiCallTask"]);
    let id = terraform.state()["id"].clone();
    terraform.write(&hcl(4, OTHER, "7"));
    terraform
        .apply_fails()
        .says(&[
            "`agent_id` changed since the plan",
            "118000000000000001",
            OTHER,
            "-replace=ADDRESS",
        ])
        .never_says("bug in the provider");
    assert_eq!((cloud.writes(), &terraform.state()["id"]), (Vec::new(), &id));
    terraform.plan().says(&["Replacement would collide"]);
}

#[test]
fn a_batch_moves_only_with_its_task() {
    let hcl = |round, id: &str| {
        pending(round, id)
            + &task(&[])
            + &task(&[("task_name", "\"another\"")]).replace("\"t\"", "\"u\"")
            + &batch(1, &["13800001111", "13800002222"], "").replace(
                "task_id = aiccs_call_task.t.id",
                "task_id = terraform_data.d.output.value",
            )
    };
    let Some((cloud, terraform)) = applied(&hcl(1, "aiccs_call_task.t.id")) else { return };
    terraform.write(&hcl(2, "aiccs_call_task.t.id"));
    terraform
        .run(&APPLY)
        .succeeds()
        .says(&["moves if its task is another one, and imports 2 callees then"]);
    assert_eq!(cloud.writes(), [""; 0]);
    terraform.plans_nothing();
    terraform.write(&hcl(3, "aiccs_call_task.u.id"));
    terraform.run(&APPLY).succeeds();
    assert_eq!(cloud.writes(), ["CancelAiCallDetails", "ImportTaskNumberDatas"]);
    terraform.plans_nothing();
    // Known beforehand: announced with the number of people.
    let known = hcl(3, "aiccs_call_task.u.id")
        .replace("task_id = terraform_data.d.output.value", "task_id = aiccs_call_task.t.id");
    terraform.write(&known);
    terraform.plans_changes().says(&["This apply imports 2 callees into call task"]);
    terraform.apply();
    assert_eq!(cloud.writes(), ["CancelAiCallDetails", "ImportTaskNumberDatas"]);
}

#[test]
fn a_move_that_fails_is_tried_again() {
    let hcl = |to: &str| {
        task(&[])
            + &task(&[("task_name", "\"another\"")]).replace("\"t\"", "\"u\"")
            + &batch(1, &["13800001111"], "").replace("aiccs_call_task.t.id", to)
    };
    let Some((cloud, terraform)) = applied(&hcl("aiccs_call_task.t.id")) else { return };
    terraform.write(&hcl("aiccs_call_task.u.id"));
    cloud.fault("ImportTaskNumberDatas", "forbidden_ram");
    terraform.apply_fails().says(&["Could not import chunk 1 of 1"]);
    cloud.writes();
    terraform.run(&APPLY).succeeds();
    assert_eq!(cloud.writes(), ["ImportTaskNumberDatas"]);
    terraform.plans_nothing();
    // Without a list nothing is cancelled.
    terraform.write(&hcl("aiccs_call_task.t.id").replace("[{ number = \"13800001111\" }]", "[]"));
    terraform.apply_fails().says(&["A batch without callees"]);
    assert_eq!(cloud.writes(), [""; 0]);
}

#[test]
fn an_agent_that_does_not_exist_replaces_no_campaign() {
    let retire = ("deletion_policy", "\"RETIRE\"");
    for wrong in ["11800000000000004２", "回访", "118 "] {
        let Some((_, terraform)) = start_with(&task(&[("agent_id", &format!("{wrong:?}"))])) else {
            return;
        };
        terraform.run(&["validate", "-no-color"]).fails().says(&["Invalid agent id"]);
    }
    let Some((cloud, terraform)) = applied(&task(&[retire])) else { return };
    seed_agents(&cloud, &["118000000000000001"]);
    terraform.write(&task(&[retire, ("agent_id", &format!("{OTHER:?}"))]));
    terraform.plan().fails().says(&["There is no agent 118000000000000002", "118000000000000001"]);
    terraform.apply_fails();
    assert_eq!(cloud.writes(), [""; 0]);
    // A new task: a warning. A list that does not show the agent is no proof.
    let new = task(&[("agent_id", &format!("{OTHER:?}"))])
        .replace("\"t\"", "\"u\"")
        .replace("回访", "new");
    terraform.write(&(task(&[retire]) + &new));
    terraform.plans_changes().says(&["There seems to be no agent 118000000000000002"]);
    cloud.faults(
        json!([{ "operation": "QueryAiVoiceAgentDetailNew", "kind": "forbidden_ram", "times": 9 }]),
    );
    terraform
        .plans_changes()
        .says(&["The plan could not ask QueryAiVoiceAgentDetailNew: "])
        .never_says("There seems to be no agent");
    cloud.calm();
    seed_agents(&cloud, &["118000000000000001", OTHER]);
    for list in ["all", "none"] {
        cloud.switch(&[("agent_list", list)]);
        terraform.plans_changes().never_says("agent 118000000000000002");
    }
}

#[test]
fn questions_that_cannot_be_asked_fail_no_plan() {
    let hcl = task(&[]) + &task(&[("task_name", "\"b\"")]).replace("\"t\"", "\"u\"");
    let Some((cloud, mut terraform)) = start_with(&hcl) else { return };
    cloud.faults(json!([{ "operation": "*", "kind": "http_500", "times": 99 }]));
    let told = terraform.plans_changes();
    for operation in ["QueryAiCallTaskPage", "PageQueryAgentListNew"] {
        assert_eq!(
            number_of(&told, &format!("The plan could not ask {operation}")),
            1,
            "{}",
            told.text
        );
    }
    assert!(cloud.journal().len() <= 8, "one retry at most: {}", cloud.journal().len());
    cloud.calm();
    for name in ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"] {
        terraform.unset(name);
    }
    cloud.writes();
    terraform.plans_changes().never_says("could not ask");
    assert_eq!(cloud.journal(), [Json::Null; 0]);
}

#[test]
fn a_start_by_drift_is_announced_and_told() {
    let running = [("desired_status", "\"RUNNING\"")];
    let Some((cloud, terraform)) = applied(&task(&running)) else { return };
    for (drift, word) in [(2, "It is STOPPED"), (3, "It is FAILED")] {
        status(&cloud, drift);
        terraform.plans_changes().says(&["will be started", word, "it calls people"]);
        terraform.run(&["plan", "-no-color", "-out=plan"]).succeeds();
        let told = terraform.run(&["apply", "-no-color", "plan"]).succeeds();
        // The second plan repeats nothing; what did start is said.
        assert_eq!(number_of(&told, "will be started"), 0, "{}", told.text);
        told.says(&["was started"]);
        terraform.plans_nothing();
    }
}

#[test]
fn an_undocumented_run_state_is_named() {
    let Some((cloud, terraform)) = applied(&task(&[("desired_status", "\"RUNNING\"")])) else {
        return;
    };
    status(&cloud, 5);
    let told = terraform.plan();
    assert_eq!(told.code, 0, "{}", told.text);
    told.says(&["is UNKNOWN(5)", "counts as fulfilled"]);
    terraform.write(&task(&[("desired_status", "\"STOPPED\"")]));
    cloud.writes();
    terraform.plans_changes().says(&["will be stopped", "It is UNKNOWN(5)"]);
    for _ in 0..2 {
        terraform.run(&APPLY).succeeds().says(&["could not be stopped: it is UNKNOWN(5)"]);
        assert_eq!(cloud.writes(), ["StopAiCallTask"]);
    }
}

#[test]
fn a_task_that_waits_for_its_time_is_stopped_or_that_is_said() {
    let scheduled = [
        ("start_type", "\"SCHEDULE\""),
        ("task_start_time", "4102444800000"),
        ("desired_status", "\"STOPPED\""),
    ];
    let time = "2100-01-01T08:00:00+08:00";
    let Some((cloud, terraform)) = start_with(&task(&scheduled)) else { return };
    cloud.switch(&[("stop_requires", "running_or_scheduled")]);
    terraform.apply();
    assert_eq!(cloud.writes(), ["CreateAiCallTask", "StopAiCallTask"]);
    let Some((cloud, terraform)) = start_with(&task(&scheduled)) else { return };
    terraform.run(&APPLY).succeeds().says(&["could not be stopped: it is INIT", time]);
    terraform.plans_changes().says(&["will be stopped", time]);
    cloud.writes();
    terraform.apply_fails().says(&["could not be stopped: it is INIT", time]);
    assert_eq!(cloud.writes(), ["StopAiCallTask"]);
    cloud.switch(&[("stop_requires", "running_or_scheduled")]);
    terraform.apply();
}

#[test]
fn nothing_is_started_before_its_time() {
    let running = ("desired_status", "\"RUNNING\"");
    let Some((cloud, terraform)) = applied(&task(&[running])) else { return };
    let later = [running, ("start_type", "\"SCHEDULE\""), ("task_start_time", "2524608000000")];
    terraform.write(&task(&later));
    terraform
        .plans_changes()
        .says(&["stopped and updated, and not started again", "2050-01-01T08:00:00+08:00"]);
    terraform.run(&APPLY).succeeds().says(&["stands still and is not started before its time"]);
    assert_eq!(cloud.writes(), ["StopAiCallTask", "UpdateAiCallTask"]);
    let told = terraform.plan();
    assert_eq!(told.code, 0, "{}", told.text);
    told.says(&["stands still and is not started before its time"]);
    // The service may start it by itself: then it runs, as is wished for.
    cloud.switch(&[
        ("stopped_schedule", "starts"),
        ("start_before_time", "refused"),
        ("clock_offset_seconds", "900000000"),
    ]);
    cloud.switch(&[("skew_minutes", "1000000000")]);
    terraform.run(&APPLY).succeeds();
    assert_eq!((cloud.task()["Status"].clone(), cloud.writes()), (json!(1), Vec::new()));
    // Without a wish no start is owed, and nothing is said.
    let Some((cloud, terraform)) = applied(&task(&[])) else { return };
    status(&cloud, 1);
    terraform.write(&task(&later[1..]));
    terraform.run(&APPLY).succeeds().says(&["stands still"]);
    assert_eq!(cloud.writes(), ["StopAiCallTask", "UpdateAiCallTask"]);
    terraform.plans_nothing();
    // Once the time has passed it is a start like any other.
    terraform.write(&task(&[running, later[1], ("task_start_time", "1700000000000")]));
    terraform.plans_changes().says(&["dials at once", "2023-11-15T06:13:20+08:00"]);
    terraform.apply();
    assert_eq!(cloud.writes(), ["UpdateAiCallTask", "StartAiCallTask"]);
}

#[test]
fn an_import_says_whom_it_calls() {
    let hcl = task(&[]) + &batch(1, &["13800001111", "13800002222"], "");
    let Some((cloud, terraform)) = start_with(&hcl) else { return };
    let told = terraform.plans_changes().says(&[
        "This apply imports 2 callees into a task that this apply creates",
        "If it is `IMMEDIATE` and was never started",
        "+ imported_count = 2",
    ]);
    assert_eq!(number_of(&told, "This apply imports"), 1);
    terraform.apply();
    // Another version calls again who is in.
    let again = task(&[]) + &batch(2, &["+86 138-0000-1111", "13800003333"], "");
    terraform.write(&again);
    let told = terraform.plans_changes().says(&[
        "This apply imports 2 callees into call task",
        ", 1 of them again",
        "The task runs",
        "`skip_called = true`",
    ]);
    assert_eq!(number_of(&told, "This apply imports"), 1, "{}", told.text);
    terraform.write(
        &again.replace("callees_wo_version = 2", "callees_wo_version = 2\n  skip_called = true"),
    );
    terraform
        .plans_changes()
        .says(&["1 of them are in the task already and are left out"])
        .never_says("again");
    terraform.write(&again);
    let told = terraform.run(&["plan", "-no-color", "-replace=aiccs_callee_batch.b"]).succeeds();
    assert_eq!(number_of(&told, "This apply imports"), 1, "{}", told.text);
    cloud.writes();
    terraform.run(&APPLY).succeeds();
    assert_eq!(cloud.writes(), ["CancelAiCallDetails", "ImportTaskNumberDatas"]);
}

#[test]
fn a_task_that_stands_still_says_when_its_callees_are_called() {
    let Some((cloud, terraform)) = applied(&task(&[])) else { return };
    terraform.write(&(task(&[]) + &batch(1, &["13800001111"], "")));
    terraform
        .plans_changes()
        .says(&["1 callee into call task", "starts it with its first callees"]);
    status(&cloud, 2);
    terraform.plans_changes().says(&["The task is STOPPED"]);
    terraform.write(&(task(&[]) + &batch(1, &["13800001111"], "  start_after_import = true\n")));
    terraform.plans_changes().says(&["`start_after_import = true`", "they are called"]);
    terraform.run(&APPLY).succeeds().says(&["was started", "it calls people"]);
    // STOPPED wins, and says so.
    let stopped = task(&[("desired_status", "\"STOPPED\"")]);
    terraform.write(&(stopped + &batch(2, &["13800001111"], "  start_after_import = true\n")));
    terraform.plans_changes().says(&["`start_after_import` starts nothing"]);
}

#[test]
fn a_saved_plan_with_another_list_imports_nobody() {
    let hcl = "variable \"callees\" {\n  type = list(object({ number = string }))\n  ephemeral = true\n}\n".to_owned()
        + &task(&[])
        + &batch(1, &[], "").replace("callees_wo = []", "callees_wo = var.callees");
    let Some((cloud, terraform)) = start_with(&hcl) else { return };
    let one = "-var=callees=[{number=\"13800001111\"}]";
    let two = "-var=callees=[{number=\"13800001111\"},{number=\"13800002222\"}]";
    terraform.run(&["plan", "-no-color", "-out=plan", one]).succeeds();
    terraform.run(&["apply", "-no-color", two, "plan"]).fails();
    assert!(!cloud.writes().contains(&"ImportTaskNumberDatas".to_owned()));
}

#[test]
fn doubtful_rows_are_named_and_never_shown() {
    let rows = ["1.38E+10", "13800001111", "+86 13800001111", "'13800002222"];
    let Some((_, terraform)) = start_with(&(task(&[]) + &batch(1, &rows, ""))) else { return };
    terraform.plans_changes().says(&[
        "row 0 (line 2 of a CSV)",
        "row 3 (line 5 of a CSV)",
        "row 2 (line 4 of a CSV): the number of an earlier row",
    ]);
    terraform.write(
        &(task(&[])
            + &batch(1, &["13800001111"], "").replace(
                "{ number = \"13800001111\" }",
                "{ number = \"13800001111\", variables = { \"\\ufeffname\" = \"x\" } }",
            )),
    );
    terraform.run(&["validate", "-no-color"]).fails().says(&["byte order mark"]);
    terraform.write(&(task(&[]) + &batch(1, &["13800001111"], "  encryption_type = 1\n")));
    terraform.plans_changes().says(&["no MD5 digest"]);
}
