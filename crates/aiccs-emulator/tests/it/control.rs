//! The emulator's own endpoints, its faults and switches, its state file and its binary.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aiccs_emulator::{Fault, KINDS, Options, Running, SWITCHES, contract, parse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use super::client::{Client, NOW, Reply, emulator, fresh, set};

const CREATE: [(&str, &str); 6] = [
    ("AgentId", "118000000000000009"),
    ("CallDay", r#"["MONDAY","TUESDAY","FRIDAY"]"#),
    ("CallTime", r#"["{\"startTime\":\"09:00:00\",\"endTime\":\"12:00:00\"}"]"#),
    ("StartType", "IMMEDIATE"),
    ("TaskName", "one"),
    ("VirtualNumber", "05370220001"),
];

async fn create(client: &Client<'_>) -> Reply {
    client.call("CreateAiCallTask", &CREATE).await
}

async fn detail(client: &Client<'_>, id: &str) -> Reply {
    client.call("QueryAiCallTaskDetail", &[("TaskId", id)]).await
}

fn strike(emulator: &Running, fault: Value) {
    let shown = emulator.control(&json!({ "faults": [fault] }));
    assert!(shown.get("error").is_none(), "{shown}");
}

fn count(emulator: &Running) -> usize {
    emulator.tasks().as_array().unwrap().len()
}

#[tokio::test]
async fn each_fault_answers_in_its_own_way_once() {
    // Kind, HTTP status (0: the connection was cut), a part of the answer, whether the task was made.
    let faults = [
        ("drop_before", 0, "", false),
        ("drop_after", 0, "", true),
        ("delay", 200, r#""Code":"OK""#, true),
        ("http_500", 500, r#""Code":"InternalError""#, false),
        ("http_503", 503, r#""Code":"ServiceUnavailable""#, false),
        ("html", 502, "<html>", false),
        ("empty", 200, "", false),
        ("throttle_header", 400, r#""Code":"Throttling.User""#, false),
        ("throttle_plain", 400, r#""Code":"Throttling.User""#, false),
        ("throttle_429", 429, r#""Code":"Throttling.User""#, false),
        ("business", 200, r#""Code":"SystemBusy""#, false),
        ("forbidden_ram", 403, r#""AuthAction":"aiccs:CreateAiCallTask""#, false),
        ("xml_500", 500, "<Code>InternalError</Code>", false),
        ("clock_skew", 400, r#""Code":"InvalidTimeStamp.Expired""#, false),
    ];
    assert_eq!(faults.len() + 4, KINDS.len(), "hang and the late ones have tests of their own");
    for (kind, status, part, made) in faults {
        let emulator = fresh().await;
        let client = Client::new(&emulator);
        strike(&emulator, json!({ "operation": "CreateAiCallTask", "kind": kind }));
        let reply = create(&client).await;
        assert_eq!(reply.status, status, "{kind}: {}", reply.text);
        assert!(reply.text.contains(part), "{kind}: {}", reply.text);
        assert_eq!(reply.head.contains("x-acs-retry-after: 200"), kind == "throttle_header");
        assert_eq!(count(&emulator), usize::from(made), "{kind}");
        let entry = &emulator.journal()[0];
        assert_eq!((&entry["fault"], entry["http_status"].is_null()), (&json!(kind), status == 0));
        let code = if made { "TaskNameExists" } else { "OK" };
        assert_eq!(create(&client).await.code(), code, "{kind} strikes once");
    }
}

#[tokio::test]
async fn a_late_commit_shows_after_the_connection_was_cut() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    strike(&emulator, json!({ "kind": "drop_late", "millis": 300 }));
    let began = std::time::Instant::now();
    assert_eq!(create(&client).await.status, 0);
    assert_eq!(count(&emulator), 0);
    while count(&emulator) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(began.elapsed().as_millis() >= 300);
}

#[tokio::test]
async fn a_hanging_call_never_answers_and_does_nothing() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    strike(&emulator, json!({ "operation": "*", "kind": "hang" }));
    let answer = tokio::time::timeout(Duration::from_millis(50), create(&client)).await;
    assert!(answer.is_err());
    assert_eq!((count(&emulator), &emulator.journal()[0]["fault"]), (0, &json!("hang")));
}

#[tokio::test]
async fn faults_can_skip_repeat_delay_and_depend_on_chance() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let page = async || client.call("QueryAiCallTaskPage", &[]).await.status;
    strike(
        &emulator,
        json!({ "operation": "QueryAiCallTaskPage", "kind": "http_503", "skip": 1, "times": 2 }),
    );
    assert_eq!([page().await, page().await, page().await, page().await], [200, 503, 503, 200]);
    strike(&emulator, json!({ "kind": "http_500", "times": null, "probability": 0.0 }));
    assert_eq!([page().await, page().await], [200, 200]);
    strike(&emulator, json!({ "kind": "delay", "millis": 30 }));
    let began = Instant::now();
    assert_eq!(page().await, 200);
    assert!(began.elapsed() >= Duration::from_millis(30));
}

#[tokio::test]
async fn control_refuses_unknown_names_with_the_allowed_ones_and_changes_nothing() {
    let emulator = fresh().await;
    let refusals = [
        (json!({ "switches": { "list_order": "reversed", "nonsense": "1" } }), "update_requires"),
        (json!({ "switches": { "list_order": "sideways" } }), "as_sent|reversed|shuffled"),
        (json!({ "switches": { "default_task_cps": 0 } }), "1..500"),
        (
            json!({ "switches": { "list_order": "reversed" }, "faults": [{ "kind": "boom" }] }),
            "drop_before",
        ),
        (json!({ "faults": [{ "kind": "html", "sometimes": 1 }] }), "probability"),
        (json!({ "fault": [] }), "faults"),
    ];
    for (body, part) in refusals {
        let shown = emulator.control(&body);
        assert!(
            shown["error"].as_str().is_some_and(|error| error.contains(part)),
            "{body}: {shown}"
        );
    }
    let shown = emulator.ask("GET", "/__control", &Value::Null);
    let defaults: Value =
        SWITCHES.iter().map(|it| (it.name.to_owned(), json!(it.allowed.default()))).collect();
    assert_eq!((&shown["switches"], &shown["faults"]), (&defaults, &json!([])));
}

#[tokio::test]
async fn deleting_control_resets_switches_and_faults() {
    let emulator = fresh().await;
    set(&emulator, json!({ "page_status": 4 }));
    strike(&emulator, json!({ "kind": "html" }));
    let shown = emulator.ask("DELETE", "/__control", &Value::Null);
    assert_eq!((&shown["switches"]["page_status"], &shown["faults"]), (&json!("real"), &json!([])));
}

#[tokio::test]
async fn switches_change_how_a_task_is_shown() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = create(&client).await.id();
    let check = async |switch: &str, value: &str, field: &str, shown: Value| {
        set(&emulator, json!({ switch: value }));
        assert_eq!(detail(&client, &id).await.data()[field], shown, "{switch}={value}");
    };
    check("list_order", "reversed", "CallDays", json!(["FRIDAY", "TUESDAY", "MONDAY"])).await;
    check("list_order", "shuffled", "CallDays", json!(["FRIDAY", "MONDAY", "TUESDAY"])).await;
    check("list_order", "shuffled", "CallDays", json!(["MONDAY", "TUESDAY", "FRIDAY"])).await;
    check("caller_number", "masked", "CallerNumber", json!("053*****001")).await;
    check("caller_number", "other", "CallerNumber", json!("057100000000")).await;
    check("caller_number", "absent", "CallerNumber", Value::Null).await;
    check("unset_optionals", "zero", "RetryInterval", json!(0)).await;
    check("unset_optionals", "zero", "CallableTimes", json!([])).await;
    check(
        "time_format",
        "minutes",
        "CallTimes",
        json!([{ "StartTime": "09:00", "EndTime": "12:00" }]),
    )
    .await;
    check("default_task_cps", "9", "ConcurrentCount", json!(1)).await;
    set(&emulator, json!({ "page_status": 4 }));
    let page = client.call("QueryAiCallTaskPage", &[]).await;
    assert_eq!(page.data()["List"][0]["Status"], 4);
}

#[tokio::test]
async fn switches_change_how_an_operation_answers() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    set(&emulator, json!({ "create_data": "string", "default_task_cps": 9 }));
    let id = create(&client).await.data().as_str().unwrap().to_owned();
    assert_eq!(detail(&client, &id).await.data()["ConcurrentCount"], 9);
    assert_eq!(detail(&client, "1").await.data(), &Value::Null);
    set(&emulator, json!({ "missing_task_detail": "success_false" }));
    let reply = detail(&client, "1").await;
    assert_eq!((reply.status, reply.code()), (200, "TaskNotExist"));
    set(&emulator, json!({ "missing_task_detail": "http_404" }));
    let reply = detail(&client, "1").await;
    assert_eq!((reply.status, reply.code()), (404, "TaskNotExist"));
    set(&emulator, json!({ "business_errors": "http_400" }));
    let reply = create(&client).await;
    assert_eq!((reply.status, reply.code()), (400, "TaskNameExists"));
    assert!(reply.json["Recommend"].as_str().unwrap().contains("TaskNameExists"));
    set(&emulator, json!({ "flags": "contradictory" }));
    let reply = client.call("StartAiCallTask", &[("TaskId", &id)]).await;
    assert_eq!(reply.code(), "OK");
    assert_eq!((&reply.json["Data"], &reply.json["Success"]), (&json!(true), &json!(false)));
    assert_eq!(emulator.tasks()[0]["Status"], 1);
}

#[tokio::test]
async fn update_can_store_another_name_than_sent() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    set(&emulator, json!({ "name_on_update": "truncated" }));
    let id = create(&client).await.id();
    let mut update = CREATE.to_vec();
    update.retain(|(name, _)| *name != "AgentId");
    update.extend([("TaskId", id.as_str()), ("TaskCps", "1")]);
    client.call("UpdateAiCallTask", &update).await.data();
    assert_eq!(detail(&client, &id).await.data()["TaskName"], "on");
}

#[tokio::test]
async fn the_journal_has_one_entry_per_call_and_can_be_cleared() {
    let emulator = fresh().await;
    let client = Client { acs3: true, ..Client::new(&emulator) };
    let id = create(&client).await;
    let liar = Client { secret: "wrong".to_owned(), ..Client::new(&emulator) };
    liar.call("StopAiCallTask", &[("TaskId", "1"), ("OwnerId", "2"), ("Color", "red")]).await;
    let mut journal = emulator.journal();
    let micros = journal[0].as_object_mut().unwrap().remove("micros");
    assert!(micros.is_some_and(|micros| micros.as_u64().is_some()), "how long it took");
    let made = |entry: &mut Value| {
        let mut take = |name: &str| entry.as_object_mut().unwrap().remove(name).unwrap();
        (take("string_to_sign"), take("signature_value"))
    };
    let (text, signature) = made(&mut journal[0]);
    assert!(text.as_str().unwrap().starts_with("ACS3-HMAC-SHA256\n"));
    assert_eq!(signature.as_str().unwrap().len(), 64);
    let (text, signature) = made(&mut journal[1]);
    let text = text.as_str().unwrap();
    assert!(
        text.starts_with("POST&%2F&AccessKeyId%3D") && text.contains("%26TaskId%3D1%26"),
        "{text}"
    );
    let mut mac = Hmac::<Sha1>::new_from_slice(b"wrong&").unwrap();
    mac.update(text.as_bytes());
    assert_eq!(signature, STANDARD.encode(mac.finalize().into_bytes()));
    let parameters: Value =
        CREATE.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    assert_eq!(
        journal[0],
        json!({
            "sequence": 1, "operation": "CreateAiCallTask", "method": "POST", "parameters": parameters,
            "unknown_parameters": [], "signature": "ACS3-HMAC-SHA256", "signature_valid": true,
            "access_key_id": "EmulatorAccessKeyId", "user_agent": "by-hand/1", "http_status": 200, "code": "OK",
            "success": true, "request_id": id.json["RequestId"], "fault": null, "late": null, "unix_millis": NOW,
        })
    );
    assert_eq!(journal[1]["parameters"], json!({ "TaskId": "1", "Color": "red" }));
    assert_eq!(
        (&journal[1]["signature_valid"], &journal[1]["http_status"]),
        (&json!(false), &json!(400))
    );
    emulator.ask("DELETE", "/__journal", &Value::Null);
    assert_eq!(emulator.journal(), json!([]));
}

#[tokio::test]
async fn tasks_can_be_edited_removed_and_added_behind_the_clients_back() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = create(&client).await.id();
    let path = format!("/__tasks/{id}");
    let edit = json!({ "TaskName": "two", "Status": 3, "StartFailedReason": "why", "RetryCount": 2, "CallDays": null });
    emulator.ask("PATCH", &path, &edit);
    let shown = detail(&client, &id).await;
    assert_eq!(
        (&shown.data()["TaskName"], &shown.data()["RetryCount"]),
        (&json!("two"), &json!(2))
    );
    assert!(shown.data().get("CallDays").is_none());
    for (edit, part) in [
        (json!({ "Nmae": "x" }), "TaskName"),
        (json!({ "Status": "RUNNING" }), r#"Status takes a whole number, not "RUNNING""#),
        (json!({ "CallDays": "MONDAY" }), r#"CallDays takes a list of texts, not "MONDAY""#),
        (
            json!({ "CallTimes": ["09:00-12:00"] }),
            r#"CallTimes takes a list of {"StartTime": "HH:MM:SS", "EndTime": "HH:MM:SS"}, not ["09:00-12:00"]"#,
        ),
        (json!({ "CallTimes": [{ "StartTime": "09:00:00" }] }), "CallTimes takes a list of"),
    ] {
        let shown = emulator.ask("PATCH", &path, &edit);
        assert!(shown["error"].as_str().is_some_and(|error| error.contains(part)), "{shown}");
    }
    emulator.ask("DELETE", &path, &Value::Null);
    assert_eq!(detail(&client, &id).await.data(), &Value::Null);
    let added = emulator.ask(
        "POST",
        "/__tasks",
        &json!({ "TaskId": "118700000000000001", "TaskName": "added" }),
    );
    assert_eq!((&added["Status"], &added["CreateTime"]), (&json!(0), &json!(NOW)));
    assert_eq!(detail(&client, "118700000000000001").await.data()["TaskName"], "added");
}

#[tokio::test]
async fn the_state_file_survives_a_restart_and_a_cut_connection() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().join("state.json"));
    let options = || Options { state: state.clone(), ..Options::default() };
    let first = emulator(options()).await;
    strike(&first, json!({ "kind": "drop_after" }));
    assert_eq!(create(&Client::new(&first)).await.status, 0);
    let tasks = first.tasks();
    drop(first);
    let second = emulator(options()).await;
    assert_eq!(second.tasks(), tasks);
    let client = Client::new(&second);
    assert_eq!(create(&client).await.code(), "TaskNameExists");
    second.ask("PATCH", "/__tasks/118000000000000001", &json!({ "TaskName": "other" }));
    assert_eq!(create(&client).await.id(), "118000000000000002");
    drop(second);
    assert_eq!(count(&emulator(options()).await), 2);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[tokio::test]
async fn a_state_file_that_cannot_be_written_is_an_internal_error() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    std::fs::create_dir(&gone).unwrap();
    let state = Some(gone.join("state.json"));
    let emulator = emulator(Options { state, ..Options::default() }).await;
    std::fs::remove_dir_all(&gone).unwrap();
    let reply = create(&Client::new(&emulator)).await;
    assert_eq!((reply.status, reply.code()), (500, "InternalError"));
}

#[tokio::test]
async fn one_connection_serves_many_calls() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let keep = |bytes: String| bytes.replace("connection: close\r\n", "");
    let first = keep(client.request("POST", "QueryAiCallTaskPage", "2019-10-15", &[], &[]));
    let second = client.request("GET", "QueryAiCallTaskPage", "2019-10-15", &[], &[]);
    let mut stream = tokio::net::TcpStream::connect(emulator.address).await.unwrap();
    stream.write_all(format!("{first}{second}").as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert_eq!(answers.matches(r#""Code":"OK""#).count(), 2, "{answers}");
}

#[test]
fn a_fault_flag_is_an_operation_a_kind_and_a_number_of_times() {
    let times =
        |text: &str| Fault::parse(text).map(|fault| (fault.operation, fault.kind, fault.times));
    assert_eq!(times("*:html"), Ok(("*".to_owned(), "html".to_owned(), Some(1))));
    assert_eq!(
        times("StopAiCallTask:empty:3"),
        Ok(("StopAiCallTask".to_owned(), "empty".to_owned(), Some(3)))
    );
    assert_eq!(times("*:empty:*").map(|fault| fault.2), Ok(None));
    assert!(times("*:boom").is_err_and(|error| error.contains("drop_before")));
    assert_eq!(
        Fault::parse("*:delay=500:2").map(|fault| (fault.millis, fault.times)),
        Ok((500, Some(2)))
    );
    assert!(times("CreateAICallTask:html").is_err_and(|error| error.contains("CreateAiCallTask")));
    for wrong in ["html", "*:html:x", "*:delay=x", "*:html:1:2"] {
        assert!(times(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_binary_says_where_it_listens_and_ends_when_asked() {
    let mut child = binary()
        .args([
            "--listen",
            "127.0.0.1:0",
            "--switch=page_status=4",
            "--fault",
            "*:html:1",
            "--agent",
            "7=Seven",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address =
        line.trim().strip_prefix("listening on http://").expect("the listening line").to_owned();
    std::net::TcpStream::connect(address).unwrap();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_binary_explains_wrong_flags_on_standard_error() {
    let wrong: [(&[&str], &str); 6] = [
        (&["--bogus"], "--help"),
        (&["--listen"], "needs a value"),
        (&["--listen", "0.0.0.0:0"], "loopback"),
        (&["--listen", "localhost"], "ADDRESS:PORT"),
        (&["--switch", "list_order=sideways"], "as_sent|reversed|shuffled"),
        (&["--fault", "*:boom"], "drop_before"),
    ];
    for (flags, part) in wrong {
        let output = binary().args(flags).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{flags:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(part), "{flags:?}");
    }
}

#[test]
fn the_binary_lists_every_switch_and_fault() {
    let output = binary().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let names =
        SWITCHES.iter().map(|switch| switch.name).chain(KINDS.iter().map(|(kind, _)| *kind));
    for name in names {
        assert!(help.contains(&format!("\n  {name} ")), "{name}: {help}");
    }
    let output = binary().arg("--version").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "aiccs-emulator 0.1.0");
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_aiccs-emulator"))
}

#[test]
fn the_contract_is_printed_as_json() {
    let said = parse(["--contract".to_owned()]);
    let Ok(aiccs_emulator::Command::Say(text)) = said else { panic!("{said:?}") };
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(all.len(), contract::operations().count());
    let stop = all.iter().find(|operation| operation["name"] == "StopAiCallTask").unwrap();
    assert_eq!(
        stop["parameters"],
        json!([{ "name": "TaskId", "kind": "text", "required": true, "place": "query", "rule": "any" }])
    );
    assert_eq!((&stop["data"], &stop["version"]), (&json!("flag"), &json!("2019-10-15")));
}
