//! What the documents leave open about starts, stops and imports: each position of its switch.

use serde_json::json;

use super::*;

#[tokio::test]
async fn each_operation_asks_for_the_status_its_switch_names() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = created(&client, &[]).await;
    let scheduled =
        [("TaskName", "s"), ("StartType", "SCHEDULE"), ("TaskStartTime", "1999999999999")];
    let planned = created(&client, &scheduled).await;
    // Per switch and value: the statuses (init, running, stopped, failed, scheduled) that are accepted.
    let rules = [
        ("UpdateAiCallTask", "update_requires", "not_running", [true, false, true, true, true]),
        ("UpdateAiCallTask", "update_requires", "stopped", [false, false, true, false, false]),
        ("UpdateAiCallTask", "update_requires", "any", [true; 5]),
        ("StartAiCallTask", "start_requires", "not_running", [true, false, true, true, true]),
        ("StartAiCallTask", "start_requires", "stopped", [false, false, true, false, false]),
        ("StartAiCallTask", "start_requires", "any", [true; 5]),
        ("StopAiCallTask", "stop_requires", "running", [false, true, false, false, false]),
        (
            "StopAiCallTask",
            "stop_requires",
            "running_or_scheduled",
            [false, true, false, false, true],
        ),
        ("StopAiCallTask", "stop_requires", "any", [true; 5]),
    ];
    for (operation, switch, value, accepted) in rules {
        set(&emulator, json!({ switch: value }));
        for (at, accepted) in accepted.into_iter().enumerate() {
            let (task, status) = [(&id, 0), (&id, 1), (&id, 2), (&id, 3), (&planned, 0)][at];
            emulator.ask("PATCH", &format!("/__tasks/{task}"), &json!({ "Status": status }));
            let edits = if task == &planned { scheduled.as_slice() } else { &[] };
            let reply = match operation {
                "UpdateAiCallTask" => client.call(operation, &update_with(task, edits)).await,
                _ => client.call(operation, &[("TaskId", task)]).await,
            };
            let code = if accepted { "OK" } else { "TaskStatusInvalid" };
            assert_eq!(reply.code(), code, "{operation} {value} {at}");
        }
    }
}

#[tokio::test]
async fn a_change_of_status_can_take_page_queries() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = created(&client, &[]).await;
    set(&emulator, json!({ "start_takes_polls": 1, "stop_takes_polls": 2 }));
    client.call("StartAiCallTask", &[("TaskId", &id)]).await.data();
    assert_eq!([status(&client, &id).await, status(&client, &id).await], [0, 1]);
    client.call("StopAiCallTask", &[("TaskId", &id)]).await.data();
    let refused = client.call("UpdateAiCallTask", &update_with(&id, &[])).await;
    assert_eq!(refused.code(), "TaskStatusInvalid");
    assert_eq!(
        [status(&client, &id).await, status(&client, &id).await, status(&client, &id).await],
        [1, 1, 2]
    );
}

#[tokio::test]
async fn a_start_can_fail_and_says_why() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = created(&client, &[]).await;
    set(&emulator, json!({ "start_fails": "always" }));
    assert_eq!(client.call("StartAiCallTask", &[("TaskId", &id)]).await.data(), &json!(true));
    let page = client.call("QueryAiCallTaskPage", &[("Status", "FAILED")]).await;
    assert_eq!(page.data()["List"][0]["StartFailedReason"], "agent is offline");
}

#[tokio::test]
async fn a_scheduled_task_runs_once_its_time_has_come() {
    let emulator = fresh().await;
    let start = (NOW + 3_600_000).to_string();
    let mut client = Client::new(&emulator);
    let id = created(&client, &[("StartType", "SCHEDULE"), ("TaskStartTime", &start)]).await;
    assert_eq!(status(&client, &id).await, 0);
    set(&emulator, json!({ "clock_offset_seconds": 3600 }));
    client.now += 3_600_000;
    assert_eq!(status(&client, &id).await, 1);
    assert_eq!(detail(&client, &id).await["RealStartTime"].to_string(), start);
}

#[tokio::test]
async fn what_a_start_and_a_stop_make_of_a_schedule_is_open() {
    let start = (NOW + 3_600_000).to_string();
    for (switches, early, then, later) in [
        (json!({}), "OK", 1, 1),
        (json!({ "start_before_time": "waits" }), "OK", 0, 1),
        (json!({ "start_before_time": "refused" }), "TaskStatusInvalid", 2, 2),
        (
            json!({ "start_before_time": "refused", "stopped_schedule": "starts" }),
            "TaskStatusInvalid",
            2,
            1,
        ),
    ] {
        let emulator = fresh().await;
        let mut client = Client::new(&emulator);
        set(&emulator, switches);
        set(&emulator, json!({ "stop_requires": "any" }));
        let id = created(&client, &[("StartType", "SCHEDULE"), ("TaskStartTime", &start)]).await;
        let one = [("TaskId", id.as_str())];
        client.call("StopAiCallTask", &one).await.data();
        assert_eq!(client.call("StartAiCallTask", &one).await.code(), early);
        assert_eq!(status(&client, &id).await, then, "{early}");
        set(&emulator, json!({ "clock_offset_seconds": 3600 }));
        client.now += 3_600_000;
        assert_eq!(status(&client, &id).await, later, "{early}");
    }
    // What has run once is not started again by its old time.
    let emulator = fresh().await;
    let mut client = Client::new(&emulator);
    set(&emulator, json!({ "stopped_schedule": "starts" }));
    let id = created(&client, &[("StartType", "SCHEDULE"), ("TaskStartTime", &start)]).await;
    set(&emulator, json!({ "clock_offset_seconds": 3600 }));
    client.now += 3_600_000;
    assert_eq!(status(&client, &id).await, 1);
    client.call("StopAiCallTask", &[("TaskId", &id)]).await.data();
    assert_eq!(status(&client, &id).await, 2);
}

#[tokio::test]
async fn a_fresh_task_may_be_listed_late_and_has_its_detail_at_once() {
    let emulator = fresh().await;
    let mut client = Client::new(&emulator);
    let old = created(&client, &[("TaskName", "old")]).await;
    set(&emulator, json!({ "tasks_listed_after": 5000, "clock_offset_seconds": 60 }));
    client.now = NOW + 60_000;
    let id = created(&client, &[]).await;
    for (seconds, total) in [(60, 0), (64, 0), (65, 1)] {
        set(&emulator, json!({ "clock_offset_seconds": seconds }));
        client.now = NOW + seconds * 1000;
        for query in [vec![("TaskId", id.as_str())], vec![("TaskName", "测试"), ("Source", "0")]]
        {
            let page = client.call("QueryAiCallTaskPage", &query).await;
            assert_eq!(page.data()["Total"], total, "{seconds} {query:?}");
        }
        assert_eq!(status(&client, &old).await, 0);
        assert_eq!(detail(&client, &id).await["TaskId"], id);
        let again = client.call("CreateAiCallTask", &create_with(&[])).await;
        assert_eq!(again.code(), "TaskNameExists", "the name is taken at once");
    }
}

#[tokio::test]
async fn an_agent_that_no_list_shows_has_a_detail_and_can_be_used() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    emulator
        .control(&json!({ "agents": [{ "AgentId": "118000000000000009", "AgentName": "Anna" }] }));
    for (word, total) in [("all", 1), ("none", 0)] {
        set(&emulator, json!({ "agent_list": word }));
        for list in ["PageQueryAgentListNew", "PageQueryAgentList"] {
            assert_eq!(client.call(list, &[]).await.data()["Total"], total, "{list} {word}");
        }
        let one = [("AgentId", "118000000000000009")];
        let shown = client.call("QueryAiVoiceAgentDetailNew", &one).await;
        assert_eq!(shown.data()["AgentName"], "Anna", "{word}");
        created(&client, &[("TaskName", word)]).await;
    }
}

#[tokio::test]
async fn which_status_an_import_starts_and_when_callees_are_listed_is_open() {
    let form = [("PhoneNumberList", r#"[{"calleeNumber":"1"}]"#)];
    for (word, from_init, from_stopped) in
        [("init", 1, 2), ("init_or_stopped", 1, 1), ("never", 0, 2)]
    {
        let emulator = fresh().await;
        let client = Client::new(&emulator);
        set(&emulator, json!({ "import_starts": word, "stop_requires": "any" }));
        for (stopped, expected) in [(false, from_init), (true, from_stopped)] {
            let id = created(&client, &[("TaskName", if stopped { "b" } else { "a" })]).await;
            if stopped {
                client.call("StopAiCallTask", &[("TaskId", &id)]).await.data();
            }
            let query = [("DataType", "JSON"), ("TaskId", id.as_str())];
            client.form("ImportTaskNumberDatas", &query, &form).await.data();
            assert_eq!(status(&client, &id).await, expected, "{word} {stopped}");
        }
    }
    let emulator = fresh().await;
    let mut client = Client::new(&emulator);
    set(&emulator, json!({ "callees_listed_after": 5000 }));
    let id = created(&client, &[]).await;
    let query = [("DataType", "JSON"), ("TaskId", id.as_str())];
    client.form("ImportTaskNumberDatas", &query, &form).await.data();
    let listed = [("TaskId", id.as_str()), ("Status", "0")];
    for (seconds, total) in [(4, 0), (5, 1)] {
        set(&emulator, json!({ "clock_offset_seconds": seconds }));
        client.now = NOW + seconds * 1000;
        assert_eq!(client.call("QueryAiCallDetailPage", &listed).await.data()["Total"], total);
    }
}
