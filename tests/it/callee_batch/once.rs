//! Callees are called once, whatever cut an earlier apply off: what a killed create leaves behind is a task with callees
//! and a state without the batch, which `terraform state rm` makes too.

use super::*;

/// A batch of callees without ids of their own.
fn plain(name: &str, count: usize, version: usize, edits: &str) -> String {
    format!(
        "resource \"aiccs_callee_batch\" \"{name}\" {{\n  task_id = aiccs_call_task.t.id\n  callees_wo = [for n in \
         range({count}) : {{ number = format(\"{MARKER}%05d\", n) }}]\n  callees_wo_version = {version}\n{edits}}}\n"
    )
}

/// The state forgets the batch, as after a create that was killed.
fn forget(terraform: &Terraform) {
    terraform.run(&["state", "rm", "aiccs_callee_batch.b"]).succeeds();
}

fn edit(cloud: &Cloud, detail: &Json, change: &Json) {
    let path = format!("/__details/{}", detail["DetailId"].as_str().unwrap());
    cloud.ask("PATCH", &path, Some(change));
}

fn nobody_is_in_twice(cloud: &Cloud, count: usize) {
    let details = details(cloud);
    let left = details.iter().filter(|detail| detail["CallResult"] != "CANCEL");
    let numbers: Vec<_> = left.map(|detail| detail["CalledNumber"].to_string()).collect();
    let unique: BTreeSet<_> = numbers.iter().collect();
    assert_eq!((numbers.len(), unique.len()), (count, count));
}

#[test]
fn an_import_that_nobody_remembers_is_taken_over() {
    for config in [batch(2500, 1, ""), task(&[]) + &plain("b", 1000, 1, "")] {
        let Some((cloud, terraform)) = start() else { return };
        terraform.write(&config);
        terraform.apply();
        let before = state_of(&terraform);
        forget(&terraform);
        cloud.writes();
        terraform.plans_changes().says(&["will be taken over"]).never_says(MARKER);
        let told = terraform.run(&APPLY).succeeds();
        told.never_says(MARKER).says(&["are not imported again", "callees_wo_version"]);
        assert!(cloud.writes().is_empty());
        assert_eq!(state_of(&terraform), before);
        terraform.plans_nothing();
    }
}

#[test]
fn the_rest_of_an_import_is_imported() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&(task(&[]) + &plain("b", 600, 1, "")));
    terraform.apply();
    forget(&terraform);
    terraform.write(&(task(&[]) + &plain("b", 1024, 1, "")));
    terraform.run(&APPLY).succeeds().says(&["600 callees were in task"]);
    nobody_is_in_twice(&cloud, 1024);
    let state = state_of(&terraform);
    assert_eq!(
        (&state["imported_count"], state["batch_ids"].as_array().unwrap().len()),
        (&json!(1024), 3)
    );
    // What came in parts is found in parts.
    forget(&terraform);
    terraform.run(&APPLY).succeeds().says(&["1024 callees were in task"]);
    nobody_is_in_twice(&cloud, 1024);
    assert_eq!(state_of(&terraform)["batch_ids"], state["batch_ids"]);
}

#[test]
fn callees_that_are_listed_late_are_found_by_the_second_look() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&(task(&[]) + &plain("b", 3, 1, "")));
    terraform.apply();
    forget(&terraform);
    // The task was imported into just now, and is listed in a moment.
    let now: i64 = details(&cloud)[0]["ImportedTime"].as_i64().unwrap();
    let clock = jiff::Timestamp::now().as_millisecond();
    cloud.switch(&[("callees_listed_after", &(clock - now + 2500).to_string())]);
    terraform.run(&APPLY).succeeds().says(&["3 callees were in task"]);
    nobody_is_in_twice(&cloud, 3);
}

#[test]
fn cancelled_callees_are_not_in() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(3, 1, ""));
    terraform.apply();
    terraform.run(&["destroy", "-auto-approve", "-target=aiccs_callee_batch.b"]).succeeds();
    terraform.run(&APPLY).succeeds().never_says("not imported again");
    nobody_is_in_twice(&cloud, 3);
    assert_eq!(details(&cloud).len(), 6);
}

#[test]
fn who_was_called_is_not_called_again_by_a_replacement_of_the_same_version() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&(task(&[]) + &plain("b", 3, 1, "")));
    terraform.apply();
    edit(&cloud, &details(&cloud)[1], &json!({ "Status": 4 }));
    let replace = ["apply", "-auto-approve", "-no-color", "-replace=aiccs_callee_batch.b"];
    terraform.run(&replace).succeeds().says(&["1 callees were in task"]);
    nobody_is_in_twice(&cloud, 3);
    // Another version is the user's word.
    terraform.write(&(task(&[]) + &plain("b", 3, 2, "")));
    terraform.run(&APPLY).succeeds().never_says("not imported again");
    assert_eq!(waiting(&cloud), 4);
}

#[test]
fn skip_called_leaves_out_who_is_in() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&(task(&[]) + &plain("a", 3, 1, "")));
    terraform.apply();
    let config = task(&[]) + &plain("a", 3, 1, "");
    terraform.write(&(config.clone() + &plain("b", 5, 2, "  skip_called = true\n")));
    terraform.run(&APPLY).succeeds().says(&["3 callees are in task", "left out"]);
    nobody_is_in_twice(&cloud, 5);
    terraform.plans_nothing();
    // The same, and nobody remembers it.
    terraform.run(&["state", "rm", "aiccs_callee_batch.b"]).succeeds();
    terraform.run(&APPLY).succeeds().says(&["2 callees were in task", "left out"]);
    nobody_is_in_twice(&cloud, 5);
    terraform.run(&["state", "show", "aiccs_callee_batch.b"]).succeeds().never_says("none/");
    // Nobody is left to call.
    terraform.write(&(config + &plain("b", 5, 3, "  skip_called = true\n")));
    terraform.run(&APPLY).succeeds();
    nobody_is_in_twice(&cloud, 5);
    terraform.plans_nothing();
}

#[test]
fn callees_of_another_object_are_refused() {
    let Some((cloud, terraform)) = start() else { return };
    // In one apply.
    terraform.write(&(task(&[]) + &plain("a", 3, 1, "") + &plain("b", 3, 1, "")));
    let told = terraform.run(&APPLY).fails().never_says("contradicts itself");
    told.says(&["for another object", "callees_wo_version"]);
    nobody_is_in_twice(&cloud, 3);
    // In a later one, told by its plan.
    terraform.plan().fails().says(&["belongs to another object", "skip_called", "moved"]);
    nobody_is_in_twice(&cloud, 3);
    terraform.write(&(task(&[]) + &plain("a", 3, 2, "") + &plain("b", 3, 3, "")));
    terraform.run(&APPLY).succeeds();
    assert_eq!(waiting(&cloud), 6);
}

#[test]
fn a_batch_under_another_address_needs_a_moved_block() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&(task(&[]) + &plain("b", 3, 1, "")));
    terraform.apply();
    terraform.write(&(task(&[]) + &plain("c", 3, 1, "")));
    terraform.plan().fails().says(&["belongs to another object", "moved"]);
    let moved = "moved {\n  from = aiccs_callee_batch.b\n  to = aiccs_callee_batch.c\n}\n";
    terraform.write(&(task(&[]) + &plain("c", 3, 1, "") + moved));
    terraform.apply();
    // Without a refresh no plan knows; then the create takes it over, and the delete leaves it alone.
    terraform.write(&(task(&[]) + &plain("d", 3, 1, "")));
    terraform.run(&["apply", "-auto-approve", "-no-color", "-refresh=false"]).succeeds();
    nobody_is_in_twice(&cloud, 3);
}

#[test]
fn what_cannot_be_decided_imports_nobody() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&(task(&[]) + &plain("b", 3, 1, "")));
    terraform.apply();
    forget(&terraform);
    for detail in details(&cloud) {
        edit(&cloud, &detail, &json!({ "CalledNumber": "138****0000" }));
    }
    cloud.writes();
    terraform.run(&APPLY).fails().never_says("contradicts itself").says(&[
        "Could not find out whether the callees are in task",
        "terraform import aiccs_callee_batch.NAME",
        "another `callees_wo_version`",
    ]);
    assert!(cloud.writes().is_empty());
    // Both ways out.
    let batch = details(&cloud)[0]["BatchId"].as_str().unwrap().to_owned();
    let task_id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
    let (id, other) = (format!("{task_id}/{batch}"), format!("{task_id}/2"));
    terraform.run(&["import", "aiccs_callee_batch.b", &other]).fails().says(&["not found"]);
    terraform.run(&["import", "aiccs_callee_batch.b", "1"]).fails().says(&["TASK_ID/BATCH_ID"]);
    terraform.run(&["import", "aiccs_callee_batch.b", &id]).succeeds();
    terraform.apply();
    assert!(cloud.writes().is_empty());
    let state = state_of(&terraform);
    assert_eq!((&state["imported_count"], &state["id"]), (&json!(3), &json!(batch)));
    forget(&terraform);
    terraform.write(&(task(&[]) + &plain("b", 3, 2, "")));
    terraform.apply();
    assert_eq!(waiting(&cloud), 6);
}

#[test]
fn a_held_task_never_dials_where_the_service_stops_it_first() {
    let config = [
        task(&[]) + &plain("b", 3, 1, "  start_after_import = false\n"),
        task(&[("desired_status", "\"STOPPED\"")]) + &plain("b", 3, 1, ""),
    ];
    for (config, announced) in config.iter().zip([true, false]) {
        for (stop_requires, import_starts) in
            [("any", "init"), ("running", "init"), ("any", "init_or_stopped"), ("running", "never")]
        {
            let Some((cloud, terraform)) = start() else { return };
            cloud.switch(&[("stop_requires", stop_requires), ("import_starts", import_starts)]);
            terraform.write(config);
            let rings =
                import_starts != "never" && (stop_requires, import_starts) != ("any", "init");
            if announced {
                terraform.plans_changes().says(&["calls may go out"]);
            }
            let told = terraform.run(&APPLY).succeeds();
            if rings {
                told.says(&["was started by the import and stopped again"]);
            } else {
                told.never_says("stopped again");
            }
            let status = cloud.task()["Status"].clone();
            assert_ne!(status, 1, "{stop_requires} {import_starts}");
            terraform.plans_nothing();
        }
    }
}

#[test]
fn a_task_that_runs_already_is_not_stopped_by_a_held_batch() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&task(&[("desired_status", "\"RUNNING\"")]));
    terraform.apply();
    let held = plain("b", 3, 1, "  start_after_import = false\n");
    terraform.write(&(task(&[("desired_status", "\"RUNNING\"")]) + &held));
    terraform.apply();
    assert_eq!(cloud.task()["Status"], 1);
}

#[test]
fn a_held_task_stands_still_after_an_import_that_fails() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(1500, 1, "  start_after_import = false\n"));
    let refused = json!([
        { "operation": "ImportTaskNumberDatas", "kind": "business", "times": 1, "skip": 1 },
    ]);
    cloud.faults(refused);
    terraform.run(&APPLY).fails().says(&["was started by the import and stopped again"]);
    assert_eq!((waiting(&cloud), &cloud.task()["Status"]), (0, &json!(2)));
}

#[test]
fn an_import_that_fails_says_that_the_task_runs() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(1500, 1, ""));
    let refused = json!([
        { "operation": "ImportTaskNumberDatas", "kind": "business", "times": 1, "skip": 1 },
    ]);
    cloud.faults(refused);
    terraform.run(&APPLY).fails().says(&["cancelled again", "runs now"]);
    assert_eq!((waiting(&cloud), &cloud.task()["Status"]), (0, &json!(1)));
    terraform.apply();
    nobody_is_in_twice(&cloud, 1500);
}

/// Rows with ids of the user's, of which another object of the state holds some.
#[test]
fn skip_called_leaves_out_whom_another_object_has() {
    let Some((cloud, terraform)) = start() else { return };
    let rows = |name: &str, ids: &[u32], version: u32, more: &str| {
        let row = |n: &u32| format!("{{ number = \"138000{n:05}\", out_id = \"o{n}\" }}");
        let rows = ids.iter().map(row).collect::<Vec<_>>().join(", ");
        format!(
            "resource \"aiccs_callee_batch\" \"{name}\" {{\n  task_id = aiccs_call_task.t.id\n  callees_wo = [{rows}]\n  \
             callees_wo_version = {version}\n{more}}}\n"
        )
    };
    let first = task(&[]) + &rows("a", &[1, 2], 1, "");
    terraform.write(&first);
    terraform.apply();
    terraform.write(&(first.clone() + &rows("b", &[1, 2, 3], 2, "  skip_called = true\n")));
    terraform.run(&APPLY).succeeds().says(&["2 callees are in task", "left out"]);
    nobody_is_in_twice(&cloud, 3);
    terraform.plans_nothing();
    // What goes is only its own.
    terraform.write(&first);
    terraform.run(&APPLY).succeeds();
    let cancelled = cloud.ask("GET", "/__details", None);
    let cancelled =
        cancelled.as_array().unwrap().iter().filter(|detail| detail["CallResult"] == "CANCEL");
    assert_eq!(cancelled.map(|detail| detail["OutId"].clone()).collect::<Vec<_>>(), ["o3"]);
}
