//! Imports whose answers are lost: nobody is called twice, and no batch is taken for another one.

use super::*;

#[test]
fn a_lost_answer_never_imports_twice() {
    for (kind, skip) in [
        ("drop_after", 0),
        ("drop_after", 1),
        ("drop_late", 0),
        ("drop_late", 1),
        ("drop_before", 0),
        ("drop_before", 1),
        ("http_500", 1),
    ] {
        let Some((cloud, terraform)) = start() else { return };
        terraform.write(&batch(1500, 1, ""));
        cloud.faults(json!([{ "operation": "ImportTaskNumberDatas", "kind": kind, "times": 1, "skip": skip, "millis": 600 }]));
        let output = terraform.run(&["apply", "-auto-approve", "-no-color"]);
        if kind == "drop_after" || kind == "drop_late" {
            output.succeeds();
        } else {
            let earlier = if skip == 0 { "Nothing was imported" } else { "cancelled again" };
            output.fails().never_says(MARKER).says(&[
                earlier,
                "they are not in yet",
                "are remembered",
            ]);
            let id = state_of(&terraform)["id"].to_string();
            assert_eq!((waiting(&cloud), &id[..6]), (0, "\"lost/"));
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
fn callees_that_come_in_after_a_failed_apply_are_found_by_the_next() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(3, 1, ""));
    cloud.faults(json!([
        { "operation": "ImportTaskNumberDatas", "kind": "drop_late", "times": 1, "millis": 8000 },
    ]));
    terraform.run(&["apply", "-auto-approve", "-no-color"]).fails().says(&["are remembered"]);
    // Not in yet: the next apply waits for them.
    terraform.apply();
    assert_eq!((details(&cloud).len(), waiting(&cloud)), (3, 3));
    assert!(!state_of(&terraform)["id"].to_string().contains("lost"));
}

#[test]
fn a_lost_batch_is_not_forgotten_when_the_next_apply_fails_too() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&batch(3, 1, ""));
    cloud.faults(json!([
        { "operation": "ImportTaskNumberDatas", "kind": "drop_late", "times": 1, "millis": 8000 },
    ]));
    terraform.run(&["apply", "-auto-approve", "-no-color"]).fails().says(&["are remembered"]);
    // Two plans ask too, and leave it to the apply.
    let refused =
        json!([{ "operation": "QueryAiCallDetailPage", "kind": "forbidden_ram", "times": 3 }]);
    cloud.faults(refused);
    terraform.run(&["apply", "-auto-approve", "-no-color"]).fails().says(&["are remembered"]);
    assert!(state_of(&terraform)["id"].to_string().starts_with("\"lost/"));
    terraform.apply();
    assert_eq!((details(&cloud).len(), waiting(&cloud)), (3, 3));
}

#[test]
fn a_lost_batch_is_never_taken_for_its_sibling() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&siblings(4, 2));
    cloud.faults(json!([
        { "operation": "ImportTaskNumberDatas", "kind": "drop_before", "times": 1, "skip": 1 },
    ]));
    terraform.run(&["apply", "-auto-approve", "-no-color"]).fails().says(&["are remembered"]);
    assert_eq!(waiting(&cloud), 6);
    terraform.apply();
    assert_eq!(
        (details(&cloud).len(), waiting(&cloud)),
        (8, 8),
        "nobody of a sibling is cancelled"
    );
}

#[test]
fn a_lost_batch_that_is_destroyed_takes_its_callees_along() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&siblings(1, 2));
    cloud.faults(json!([
        { "operation": "ImportTaskNumberDatas", "kind": "drop_late", "times": 1, "millis": 8000 },
    ]));
    terraform.run(&["apply", "-auto-approve", "-no-color"]).fails();
    while waiting(&cloud) == 0 {
        std::thread::yield_now();
    }
    terraform
        .run(&["destroy", "-auto-approve", "-no-color", "-target=aiccs_callee_batch.b"])
        .succeeds()
        .says(&["taken for the lost one"]);
    assert_eq!(waiting(&cloud), 0);
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

/// Batches of one task in one apply, alike but for the numbers.
fn siblings(batches: usize, size: usize) -> String {
    let rows = format!(
        "[for n in range({size}) : {{ number = format(\"{MARKER}%02d%03d\", count.index, n) }}]"
    );
    task(&[])
        + &format!(
            "resource \"aiccs_callee_batch\" \"b\" {{\n  count = {batches}\n  task_id = aiccs_call_task.t.id\n  \
             callees_wo = {rows}\n}}\n"
        )
}

#[test]
fn siblings_without_ids_of_their_own_are_told_apart() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&siblings(6, 3));
    cloud.faults(json!([
        { "operation": "ImportTaskNumberDatas", "kind": "drop_after", "times": 2 },
        { "operation": "ImportTaskNumberDatas", "kind": "drop_after", "times": 1, "skip": 2 },
    ]));
    terraform.apply();
    let numbers: BTreeSet<_> =
        details(&cloud).iter().map(|d| d["CalledNumber"].to_string()).collect();
    assert_eq!((details(&cloud).len(), numbers.len()), (18, 18));
    let shown = terraform.command(&["show", "-json"]).output().unwrap().stdout;
    let shown: Json = serde_json::from_slice(&shown).unwrap();
    let resources = shown["values"]["root_module"]["resources"].as_array().unwrap();
    let batches = resources.iter().filter(|r| r["type"] == "aiccs_callee_batch");
    let ids: BTreeSet<_> = batches.map(|batch| batch["values"]["id"].to_string()).collect();
    assert_eq!(ids.len(), 6, "each batch is somebody's, and of one only");
}

#[test]
fn numbers_tell_apart_what_another_user_imports_at_the_same_time() {
    let Some((cloud, terraform)) = start() else { return };
    let setup = task(&[]);
    terraform.write(&setup);
    terraform.apply();
    let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
    terraform.write(&siblings(1, 2));
    // The answer is lost, and the look-up waits while the other user's batch comes in.
    cloud.faults(json!([
        { "operation": "ImportTaskNumberDatas", "kind": "drop_after", "times": 1 },
        { "operation": "QueryAiCallDetailPage", "kind": "delay", "times": 1, "skip": 3, "millis": 1500 },
    ]));
    let apply = std::thread::scope(|scope| {
        let apply = scope.spawn(|| terraform.run(&["apply", "-auto-approve", "-no-color"]));
        while details(&cloud).is_empty() {
            std::thread::yield_now();
        }
        let other = json!([{ "calleeNumber": "13700000001" }, { "calleeNumber": "13700000002" }]);
        crate::data_sources::import(&cloud, &id, other);
        apply.join().unwrap()
    });
    apply.succeeds();
    let batch = state_of(&terraform)["id"].as_str().unwrap().to_owned();
    let mine = details(&cloud).into_iter().filter(|detail| detail["BatchId"] == batch);
    let numbers: Vec<_> = mine.map(|d| d["CalledNumber"].as_str().unwrap().to_owned()).collect();
    assert!(numbers.len() == 2 && numbers.iter().all(|n| n.starts_with(MARKER)), "{numbers:?}");
}

#[test]
fn what_another_user_imports_is_never_adopted() {
    let Some((cloud, terraform)) = start() else { return };
    terraform.write(&task(&[]));
    terraform.apply();
    let id = cloud.task()["TaskId"].as_str().unwrap().to_owned();
    terraform.write(&siblings(1, 2));
    cloud.faults(json!([
        { "operation": "ImportTaskNumberDatas", "kind": "drop_before", "times": 1 },
        { "operation": "QueryAiCallDetailPage", "kind": "delay", "times": 1, "skip": 3, "millis": 1500 },
    ]));
    let lost = || cloud.journal().iter().any(|call| call["fault"] == "drop_before");
    let apply = std::thread::scope(|scope| {
        let apply = scope.spawn(|| terraform.run(&["apply", "-auto-approve", "-no-color"]));
        while !lost() {
            std::thread::yield_now();
        }
        let other = json!([{ "calleeNumber": "13700000001" }, { "calleeNumber": "13700000002" }]);
        crate::data_sources::import(&cloud, &id, other);
        apply.join().unwrap()
    });
    apply.fails().says(&["Could not import chunk 1 of 1", "may still come in"]);
    assert_eq!(waiting(&cloud), 2);
    terraform.apply();
    assert_eq!(waiting(&cloud), 4, "the other user's callees are still called");
}
