//! The emulator as a client sees it: the rules of tasks and callees, both signatures, STS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]
#![allow(dead_code, missing_docs, unreachable_pub)]

mod client;
mod control;
mod gateway;
mod late;
mod load;
mod own;
mod records;
mod replay;
mod state;
mod switches;
mod witness;

use aiccs_emulator::{Options, contract};
use serde_json::{Value, json};

use self::client::{Client, NOW, Reply, emulator, fresh, set};

const WINDOWS: &str = r#"["{\"startTime\":\"09:00:00\",\"endTime\":\"12:00:00\"}"]"#;

/// A complete Create, edited: a value of "-" leaves the parameter out.
fn create_with<'a>(edits: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut parameters = vec![
        ("AgentId", "118000000000000009"),
        ("CallDay", r#"["MONDAY","FRIDAY"]"#),
        ("CallTime", WINDOWS),
        ("StartType", "IMMEDIATE"),
        ("TaskName", "测试 a+b*c~d/e&f=g%h"),
        ("VirtualNumber", "05370220001"),
    ];
    for (name, value) in edits {
        parameters.retain(|(known, _)| known != name);
        parameters.push((name, value));
    }
    parameters.retain(|(_, value)| *value != "-");
    parameters
}

/// A complete Update of a task, edited.
fn update_with<'a>(id: &'a str, edits: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut parameters = create_with(&[("AgentId", "-"), ("TaskCps", "7"), ("TaskId", id)]);
    for (name, value) in edits {
        parameters.retain(|(known, _)| known != name);
        parameters.push((name, value));
    }
    parameters.retain(|(_, value)| *value != "-");
    parameters
}

async fn created(client: &Client<'_>, edits: &[(&str, &str)]) -> String {
    client.call("CreateAiCallTask", &create_with(edits)).await.id()
}

async fn detail(client: &Client<'_>, id: &str) -> Value {
    client.call("QueryAiCallTaskDetail", &[("TaskId", id)]).await.data().clone()
}

async fn status(client: &Client<'_>, id: &str) -> Value {
    let page = client.call("QueryAiCallTaskPage", &[("TaskId", id)]).await;
    page.data()["List"][0]["Status"].clone()
}

#[tokio::test]
async fn a_created_task_is_read_back_under_the_documented_names_with_both_signatures() {
    let emulator = fresh().await;
    for (acs3, name) in [(false, "rpc"), (true, "acs3")] {
        let client = Client { acs3, ..Client::new(&emulator) };
        let edits = [
            ("TaskName", name),
            ("StartType", "SCHEDULE"),
            ("TaskStartTime", "1999999999999"),
            ("MissCallRetry", "True"),
            ("CallRetryReason", r#"["USER_BUSY","NO_ANSWER"]"#),
            ("CallRetryTimes", "2"),
            ("CallRetryInterval", "720"),
            ("TaskCps", "57"),
            ("CallExpireType", "2"),
            ("CallExpireDate", "2026-12-30 20:00:20"),
            ("CallableTime", r#"[{"StartTime":"08:00:00","EndTime":"20:00:00"}]"#),
        ];
        let id = created(&client, &edits).await;
        assert!(id.len() == 18 && id.parse::<u64>().unwrap() > 1 << 53, "{id}");
        let shown = detail(&client, &id).await;
        assert_eq!(
            shown,
            json!({
                "TaskId": id, "TaskName": name, "AgentId": "118000000000000009",
                "AgentName": "agent 118000000000000009", "StartType": "SCHEDULE",
                "StartTime": 1_999_999_999_999_i64, "CallerNumber": "05370220001", "ConcurrentCount": 57,
                "RetryEnable": true, "RetryReasons": ["USER_BUSY", "NO_ANSWER"], "RetryCount": 2,
                "RetryInterval": 720, "CallTimes": [{ "StartTime": "09:00:00", "EndTime": "12:00:00" }],
                "CallDays": ["MONDAY", "FRIDAY"], "CallExpireType": 2, "CallExpireDate": "2026-12-30 20:00:20",
                "CallableTimes": [{ "StartTime": "08:00:00", "EndTime": "20:00:00" }],
            })
        );
    }
}

#[tokio::test]
async fn create_refuses_what_the_documents_rule_out() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    created(&client, &[("TaskName", "taken")]).await;
    let refusals: &[(&[(&str, &str)], &str)] = &[
        (&[("AgentId", "-")], "MissingParameter.AgentId"),
        (&[("VirtualNumber", "-")], "MissingParameter.VirtualNumber"),
        (&[("ApplicationCode", "A")], "InvalidParameter.ApplicationCode"),
        (&[("StartType", "SCHEDULE")], "MissingParameter.TaskStartTime"),
        (&[("StartType", "LATER")], "InvalidParameter.StartType"),
        (&[("CallDay", "[]")], "InvalidParameter.CallDay"),
        (&[("CallDay", r#"["FUNDAY"]"#)], "InvalidParameter.CallDay"),
        (&[("CallDay", "MONDAY")], "InvalidParameter.CallDay"),
        (
            &[("CallTime", r#"[{"startTime":"09:00:00","endTime":"10:00:00"}]"#)],
            "InvalidParameter.CallTime",
        ),
        (
            &[("CallTime", r#"["{\"startTime\":\"09:00\",\"endTime\":\"10:00\"}"]"#)],
            "InvalidParameter.CallTime",
        ),
        (
            &[("CallTime", r#"["{\"StartTime\":\"09:00:00\",\"EndTime\":\"10:00:00\"}"]"#)],
            "InvalidParameter.CallTime",
        ),
        (&[("CallRetryReason", r#"["BORED"]"#)], "InvalidParameter.CallRetryReason"),
        (&[("CallRetryTimes", "4")], "InvalidParameter.CallRetryTimes"),
        (&[("CallRetryTimes", "0"), ("MissCallRetry", "true")], "InvalidParameter.CallRetryTimes"),
        (&[("CallRetryInterval", "721")], "InvalidParameter.CallRetryInterval"),
        (&[("TaskCps", "0")], "InvalidParameter.TaskCps"),
        (&[("TaskCps", "501")], "InvalidParameter.TaskCps"),
        (&[("TaskCps", "1.5")], "InvalidParameter.TaskCps"),
        (&[("MissCallRetry", "yes")], "InvalidParameter.MissCallRetry"),
        (&[("CallExpireType", "3")], "InvalidParameter.CallExpireType"),
        (&[("CallExpireDate", "2026-12-30T20:00:20")], "InvalidParameter.CallExpireDate"),
        (&[("TaskName", "taken")], "TaskNameExists"),
    ];
    for (edits, code) in refusals {
        let reply = client.call("CreateAiCallTask", &create_with(edits)).await;
        assert_eq!((reply.status, reply.code()), (200, *code), "{edits:?}");
        assert_eq!((&reply.json["Success"], &reply.json["Data"]), (&json!(false), &Value::Null));
    }
    assert_eq!(emulator.tasks().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_engine_task_has_an_application_instead_of_an_agent() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = created(&client, &[("AgentId", "-"), ("ApplicationCode", "A1")]).await;
    assert_eq!(detail(&client, &id).await["ApplicationName"], "application A1");
    assert_eq!(emulator.tasks()[0]["Source"], 1);
}

#[tokio::test]
async fn update_replaces_what_is_sent_and_keeps_or_resets_the_rest() {
    for (switch, interval) in [("keep", json!(30)), ("reset", Value::Null)] {
        let emulator = fresh().await;
        let client = Client::new(&emulator);
        set(&emulator, json!({ "omitted_on_update": switch }));
        let id = created(&client, &[("CallRetryInterval", "30"), ("MissCallRetry", "true")]).await;
        let edits = [("TaskName", "new"), ("CallDay", r#"["SUNDAY"]"#), ("CallRetryReason", "[]")];
        let reply = client.call("UpdateAiCallTask", &update_with(&id, &edits)).await;
        assert_eq!(reply.data(), &json!(true));
        let shown = detail(&client, &id).await;
        assert_eq!((&shown["TaskName"], &shown["ConcurrentCount"]), (&json!("new"), &json!(7)));
        assert_eq!((&shown["CallDays"], &shown["RetryReasons"]), (&json!(["SUNDAY"]), &json!([])));
        assert_eq!(
            (&shown["RetryInterval"], &shown["AgentId"]),
            (&interval, &json!("118000000000000009"))
        );
    }
}

#[tokio::test]
async fn update_ignores_the_agent_and_the_journal_says_so() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = created(&client, &[]).await;
    let edits = [("AgentId", "5"), ("Source", "1")];
    client.call("UpdateAiCallTask", &update_with(&id, &edits)).await.data();
    assert_eq!(detail(&client, &id).await["AgentId"], "118000000000000009");
    assert_eq!(emulator.tasks()[0]["Source"], 0);
    assert_eq!(emulator.journal()[1]["unknown_parameters"], json!(["AgentId"]));
}

#[tokio::test]
async fn update_refuses_missing_parameters_bounds_and_taken_names() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = created(&client, &[]).await;
    created(&client, &[("TaskName", "taken")]).await;
    set(&emulator, json!({ "update_interval_max": 120 }));
    let refusals: &[(&[(&str, &str)], &str)] = &[
        (&[("VirtualNumber", "-")], "MissingParameter.VirtualNumber"),
        (&[("CallRetryInterval", "121")], "InvalidParameter.CallRetryInterval"),
        (&[("TaskId", "118000000000000999")], "TaskNotExist"),
        (&[("TaskName", "taken")], "TaskNameExists"),
    ];
    for (edits, code) in refusals {
        let reply = client.call("UpdateAiCallTask", &update_with(&id, edits)).await;
        assert_eq!((reply.code(), &reply.json["Data"]), (*code, &json!(false)), "{edits:?}");
    }
    client
        .call("UpdateAiCallTask", &update_with(&id, &[("CallRetryInterval", "120")]))
        .await
        .data();
}

#[tokio::test]
async fn pages_are_filtered_newest_first_and_at_most_a_hundred_long() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    for number in 0..105 {
        emulator.ask(
            "POST",
            "/__tasks",
            &json!({ "TaskName": format!("bulk {number}"), "AgentName": "bulk agent" }),
        );
    }
    let id = created(&client, &[("TaskName", "one")]).await;
    let engine =
        created(&client, &[("TaskName", "two"), ("AgentId", "-"), ("ApplicationCode", "A1")]).await;
    let check = async |query: &[(&str, &str)], length: usize, total: usize, first: &str| {
        let reply = client.call("QueryAiCallTaskPage", query).await;
        let data = reply.data();
        let list = data["List"].as_array().unwrap();
        assert_eq!((list.len(), &data["Total"]), (length, &json!(total)), "{query:?}");
        assert_eq!(
            list.first().map_or("", |item| item["TaskName"].as_str().unwrap()),
            first,
            "{query:?}"
        );
    };
    check(&[], 10, 107, "two").await;
    check(&[("PageSize", "500")], 100, 107, "two").await;
    check(&[("PageSize", "100"), ("PageNo", "2")], 7, 107, "bulk 6").await;
    check(&[("PageNo", "999999999999999999")], 0, 107, "").await;
    check(&[("TaskName", "ulk 10")], 6, 6, "bulk 104").await;
    check(&[("AgentName", "agent 118")], 1, 1, "one").await;
    check(&[("TaskId", &id)], 1, 1, "one").await;
    check(&[("TaskId", &id[..17])], 0, 0, "").await;
    check(&[("Source", "1")], 1, 1, "two").await;
    check(&[("ApplicationCode", "A1")], 1, 1, "two").await;
    check(&[("Status", "STOPPED")], 0, 0, "").await;
    set(&emulator, json!({ "list_engine_tasks": "with_source_only" }));
    check(&[("TaskId", &engine)], 0, 0, "").await;
    check(&[("TaskId", &engine), ("Source", "1")], 1, 1, "two").await;
}

#[tokio::test]
async fn importing_starts_an_immediate_task_and_the_page_counts_callees() {
    let emulator = fresh().await;
    let client = Client { acs3: true, ..Client::new(&emulator) };
    let id = created(&client, &[]).await;
    let callees = r#"[{"calleeNumber":"0534556000","outId":"o 1","name":"汤姆"},{"calleeNumber":"0534556001"}]"#;
    let query = [("DataType", "JSON"), ("TaskId", id.as_str())];
    let batch =
        client.form("ImportTaskNumberDatas", &query, &[("PhoneNumberList", callees)]).await.id();
    let page = client.call("QueryAiCallTaskPage", &[("TaskId", &id)]).await;
    let item = &page.data()["List"][0];
    assert_eq!((&item["Status"], &item["TotalCount"]), (&json!(1), &json!(2)));
    assert_eq!((&item["DayImportCount"], &item["CompleteRate"]), (&json!(2), &json!("0%")));
    let callees = client.call("QueryAiCallDetailPage", &[("TaskId", &id), ("Status", "0")]).await;
    let callees = callees.data()["List"].as_array().unwrap().clone();
    assert_eq!((&callees[0]["BatchId"], &callees[0]["OutId"]), (&json!(batch), &json!("o 1")));
    let answered = json!({ "Status": 4, "CallResult": "ANSWERED", "CallingTime": NOW, "ConversationDuration": 61 });
    emulator.ask(
        "PATCH",
        &format!("/__details/{}", callees[0]["DetailId"].as_str().unwrap()),
        &answered,
    );
    let page = client.call("QueryAiCallTaskPage", &[("TaskId", &id)]).await;
    let item = &page.data()["List"][0];
    assert_eq!(
        (&item["CompleteRate"], &item["HistoryConnectRate"]),
        (&json!("50%"), &json!("100.00%"))
    );
    let longer = [("TaskId", id.as_str()), ("Status", "1"), ("MinConversationDuration", "1")];
    assert_eq!(client.call("QueryAiCallDetailPage", &longer).await.data()["Total"], 1);
}

#[tokio::test]
async fn imports_are_bounded_and_only_read_from_the_form() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = created(&client, &[]).await;
    let many = |count: usize| format!("[{}]", vec![r#"{"calleeNumber":"1"}"#; count].join(","));
    let query = [("DataType", "JSON"), ("TaskId", id.as_str())];
    let import = async |list: &str| {
        client.form("ImportTaskNumberDatas", &query, &[("PhoneNumberList", list)]).await
    };
    import(&many(1000)).await.data();
    let long = format!(r#"[{{"calleeNumber":"1","outId":"{}"}}]"#, "x".repeat(129));
    for list in [many(1001).as_str(), "[]", r#"[{"outId":"1"}]"#, long.as_str(), "1"] {
        assert_eq!(import(list).await.code(), "InvalidParameter.PhoneNumberList");
    }
    let in_query = [query[0], query[1], ("PhoneNumberList", r#"[{"calleeNumber":"1"}]"#)];
    let reply = client.call("ImportTaskNumberDatas", &in_query).await;
    assert_eq!(reply.code(), "MissingParameter.PhoneNumberList");
    let excel = [("DataType", "EXCEL"), ("TaskId", id.as_str())];
    let reply = client.form("ImportTaskNumberDatas", &excel, &[]).await;
    assert_eq!(reply.code(), "InvalidParameter.DataType");
}

#[tokio::test]
async fn cancelling_spares_what_is_already_being_called() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = created(&client, &[]).await;
    let callees = r#"[{"calleeNumber":"1"},{"calleeNumber":"2"},{"calleeNumber":"3"}]"#;
    let query = [("DataType", "JSON"), ("TaskId", id.as_str())];
    let batch =
        client.form("ImportTaskNumberDatas", &query, &[("PhoneNumberList", callees)]).await.id();
    let one = [("TaskId", id.as_str()), ("PhoneNumber", "4"), ("Variables", r#"{"name":"x"}"#)];
    let one = client.call("ImportOneTaskPhoneNumber", &one).await.data()["DetailId"].to_string();
    emulator.ask("PATCH", "/__details/125000000000000002", &json!({ "Status": 3 }));
    let cancel = async |more: &[(&str, &str)]| {
        let mut query = vec![("TaskId", id.as_str())];
        query.extend(more);
        client.call("CancelAiCallDetails", &query).await
    };
    let reply = cancel(&[("BatchId", &batch), ("PhoneNumbers", r#"["1","9"]"#)]).await;
    assert_eq!(
        (&reply.data()["ResultCode"], &reply.data()["TotalCount"]),
        (&json!("PART_FAILED"), &json!(2))
    );
    assert!(reply.data()["FailedDetails"]["9"].is_string());
    let reply = cancel(&[("BatchId", &batch)]).await;
    let (data, failed) = (reply.data(), "125000000000000002");
    assert_eq!((&data["SucceedCount"], &data["FailedCount"]), (&json!(1), &json!(2)), "{data}");
    assert!(data["FailedDetails"][failed].as_str().unwrap().contains("status 3"), "{data}");
    let reply = cancel(&[("DetailIdList", &format!("[\"{one}\"]")), ("BatchId", "ignored")]).await;
    assert_eq!(reply.data()["ResultCode"], "ALL_SUCCEED");
    assert_eq!(cancel(&[]).await.code(), "MissingParameter.DetailIdList");
    assert_eq!(cancel(&[("BatchId", "1")]).await.code(), "BatchNotExist");
}

#[tokio::test]
async fn seeded_agents_are_listed_in_both_forms_and_then_the_only_ones_accepted() {
    let agents = vec![("118000000000000077".to_owned(), "Anna".to_owned())];
    let emulator = emulator(Options { agents, ..Options::default() }).await;
    let client = Client::new(&emulator);
    let new =
        client.call("PageQueryAgentListNew", &[("IsAvailable", "true"), ("AgentName", "nn")]).await;
    assert_eq!(new.data()["List"][0]["AgentId"], json!(118_000_000_000_000_077_i64));
    let old = client.call("PageQueryAgentList", &[("Status", "1")]).await;
    assert_eq!(old.data()["List"][0]["AgentId"], "118000000000000077");
    assert_eq!(client.call("PageQueryAgentList", &[("Status", "2")]).await.data()["Total"], 0);
    let id = created(&client, &[("AgentId", "118000000000000077")]).await;
    assert_eq!(detail(&client, &id).await["AgentName"], "Anna");
    set(&emulator, json!({ "agent_list": "none" }));
    assert_eq!(client.call("PageQueryAgentListNew", &[]).await.data()["Total"], 0);
    let unknown = client.call("CreateAiCallTask", &create_with(&[("TaskName", "x")])).await;
    assert_eq!(unknown.code(), "AgentNotExist");
    emulator.control(
        &json!({ "agents": [{ "AgentId": 118_000_000_000_000_009_i64, "IsAvailable": false }] }),
    );
    let offline = client.call("CreateAiCallTask", &create_with(&[("TaskName", "x")])).await;
    assert_eq!(offline.code(), "AgentNotPublished");
    let shown =
        client.call("QueryAiVoiceAgentDetailNew", &[("AgentId", "118000000000000009")]).await;
    assert_eq!(shown.data()["AgentMode"], 0);
}

#[tokio::test]
async fn answers_hold_every_documented_field_and_nothing_else() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    set(&emulator, json!({ "unset_optionals": "null" }));
    let id = created(&client, &[]).await;
    let one = [("TaskId", id.as_str()), ("PhoneNumber", "4")];
    client.call("ImportOneTaskPhoneNumber", &one).await.data();
    emulator.control(&json!({ "agents": [{ "AgentId": "1", "AgentName": "a" }] }));
    let calls: [(&str, &[(&str, &str)]); 6] = [
        ("QueryAiCallTaskDetail", &[("TaskId", &id)]),
        ("QueryAiCallTaskPage", &[]),
        ("QueryAiCallDetailPage", &[("TaskId", &id), ("Status", "0")]),
        ("PageQueryAgentListNew", &[]),
        ("PageQueryAgentList", &[]),
        ("QueryAiVoiceAgentDetailNew", &[("AgentId", "1")]),
    ];
    for (operation, query) in calls {
        let reply = client.call(operation, query).await;
        let data = reply.data();
        let shown = data.get("List").map_or(data, |list| &list[0]).as_object().unwrap();
        let documented: Vec<_> =
            contract::operation(operation).unwrap().fields.iter().map(|f| f.name).collect();
        assert_eq!(shown.keys().collect::<Vec<_>>(), documented, "{operation}");
    }
}

#[tokio::test]
async fn voices_and_hotline_numbers_are_listed_without_paging() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let voices = client.call("ListAvailableTts", &[("VoiceType", "SYSTEM")]).await;
    assert_eq!(voices.data().as_array().unwrap().len(), 3);
    let one = client.call("ListAvailableTts", &[("TtsVoiceCode", "emulated_male_1")]).await;
    assert_eq!(one.data()[0]["TtsVoiceName"], "Emulated voice 2");
    let numbers = client.call("GetConfigNumList", &[("InstanceId", "i")]).await;
    assert_eq!((numbers.code(), &numbers.json["Data"]), ("Success", &json!([])));
}
