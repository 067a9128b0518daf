//! The emulator's own endpoints and flags beside journal, tasks and control: reset, load, clock, accounts, log, page.

use std::io::Write;

use aiccs_emulator::{Account, ClockSetting, Running, Server, load_schema};
use serde_json::json;

use super::*;

fn get(emulator: &Running, path: &str) -> Value {
    emulator.ask("GET", path, &Value::Null)
}

#[tokio::test]
async fn a_reset_empties_it_and_leaves_what_the_flags_said() {
    let options = Options {
        agents: vec![("118000000000000009".to_owned(), "Anna".to_owned())],
        switches: vec![("page_status".to_owned(), "7".to_owned())],
        faults: vec![aiccs_emulator::Fault::parse("StopAiCallTask:html:*").unwrap()],
        ..Options::default()
    };
    let emulator = emulator(options).await;
    let client = Client::new(&emulator);
    let before = get(&emulator, "/__control");
    let id = created(&client, &[]).await;
    emulator.ask("POST", &format!("/__tasks/{id}/callees"), &json!({ "count": 3 }));
    set(&emulator, json!({ "page_status": 4, "late_operations": "held" }));
    emulator
        .control(&json!({ "faults": [{ "kind": "drop_late" }], "agents": [{ "AgentId": "1" }] }));
    emulator.ask("POST", "/__clock", &json!({ "at": 0, "speed": 60 }));
    client.call("QueryAiCallTaskPage", &[]).await;
    assert_eq!(emulator.late().as_array().unwrap().len(), 1);
    assert_eq!(emulator.ask("POST", "/__reset", &Value::Null), json!({}));
    for path in ["/__tasks", "/__details", "/__journal", "/__late"] {
        assert_eq!(get(&emulator, path), json!([]), "{path}");
    }
    assert_eq!(get(&emulator, "/__control"), before);
    assert_eq!(
        get(&emulator, "/__clock"),
        json!({ "at": "2026-09-21T14:13:20Z", "unix_millis": NOW, "speed": 1 })
    );
    // The name is free, and no id is given a second time.
    assert_ne!(created(&client, &[]).await, id);
}

#[tokio::test]
async fn what_is_loaded_is_there_as_if_it_had_been_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("load.json");
    std::fs::write(&path, include_str!("../../load.example.json")).unwrap();
    let state = Some(folder.path().join("state"));
    let options =
        || Options { load: vec![path.clone()], state: state.clone(), ..Options::default() };
    let first = emulator(options()).await;
    let client = Client::new(&first);
    let page = client.call("QueryAiCallTaskPage", &[("TaskName", "spring")]).await;
    let task = &page.data()["List"][0];
    assert_eq!(
        (&task["Status"], &task["TotalCount"], &task["SucceedCount"]),
        (&json!(2), &json!(3), &json!(1))
    );
    let id = task["TaskId"].as_str().unwrap();
    assert_eq!(detail(&client, id).await["CallTimes"][0]["StartTime"], "09:00:00");
    let ended = [("TaskId", id), ("Status", "1")];
    let ended = client.call("QueryAiCallDetailPage", &ended).await;
    assert_eq!(ended.data()["List"][0]["CallResult"], "ANSWERED");
    assert_eq!(client.call("PageQueryAgentListNew", &[]).await.data()["Total"], 1);
    let tasks = first.tasks();
    drop(first);
    // A state that holds tasks already is not loaded into.
    let second = emulator(options()).await;
    assert_eq!(second.tasks(), tasks);
    assert_eq!(get(&second, "/__details").as_array().unwrap().len(), 3);
    std::fs::write(&path, "{").unwrap();
    let options = Options { load: vec![path.clone()], ..Options::default() };
    let error = aiccs_emulator::start(options).await.err().unwrap().to_string();
    assert!(error.contains("load.json"), "{error}");
}

#[tokio::test]
async fn a_document_with_a_mistake_is_refused_as_a_whole_and_says_where() {
    let emulator = fresh().await;
    let refusals = [
        (json!({ "task": [] }), "there are: $schema, agents, callees, tasks"),
        (json!({ "tasks": {} }), "tasks is a list of objects"),
        (json!({ "tasks": [{}] }), "tasks[0]: TaskName is missing"),
        (json!({ "tasks": [{ "TaskName": "a", "Colour": 1 }] }), "tasks[0]: no field \"Colour\""),
        (
            json!({ "tasks": [{ "TaskName": "a", "CallTimes": "9-12" }] }),
            "tasks[0]: CallTimes takes a list of {",
        ),
        (
            json!({ "tasks": [{ "TaskName": "a" }, { "TaskName": "a" }] }),
            "tasks[1]: its name or id is there already",
        ),
        (
            json!({ "tasks": [{ "TaskName": "a" }], "callees": [{ "TaskName": "b" }] }),
            "callees[0]: there is no task \"b\"",
        ),
        (
            json!({ "callees": [{ "CalledNumber": "1" }] }),
            "callees[0]: TaskName or TaskId is missing",
        ),
        (
            json!({ "tasks": [{ "TaskName": "a" }], "callees": [{ "TaskName": "a", "DetailId": "x" }] }),
            "decimal",
        ),
        (json!([]), "not a JSON object"),
    ];
    for (document, part) in refusals {
        let shown = emulator.ask("POST", "/__load", &document);
        assert!(
            shown["error"].as_str().is_some_and(|error| error.contains(part)),
            "{document}: {shown}"
        );
        assert_eq!(emulator.tasks(), json!([]), "{document}");
    }
}

/// Typed by hand: the schema of the example is the one that is printed, and that stands in the crate.
#[test]
fn the_schema_is_made_from_the_contract_and_the_example_follows_it() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("load.schema.json");
    let made = format!("{:#}\n", load_schema());
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "{} is old: run with UPDATE_SNAPSHOTS=1", path.display());
    let example: Value = serde_json::from_str(include_str!("../../load.example.json")).unwrap();
    for (part, schema) in load_schema()["properties"].as_object().unwrap() {
        let Some(list) = example[part].as_array() else { continue };
        for item in list {
            for name in item.as_object().unwrap().keys() {
                assert!(schema["items"]["properties"].get(name).is_some(), "{part} {name}");
            }
        }
        assert!(!list.is_empty(), "{part}: the example shows every part");
    }
}

#[tokio::test]
async fn the_clock_is_set_and_sped_up_and_signatures_keep_the_real_time() {
    let nine = 1_789_952_400_000; // Monday 09:00 in China, half a day before NOW.
    let time = ClockSetting { at: Some(nine - 3_600_000), speed: None };
    let emulator = emulator(Options { time, ..Options::default() }).await;
    let client = Client::new(&emulator);
    let start = (nine + 60_000).to_string();
    let id = created(&client, &[("StartType", "SCHEDULE"), ("TaskStartTime", &start)]).await;
    assert_eq!(status(&client, &id).await, 0);
    let task = emulator.tasks()[0].clone();
    assert_eq!(task["CreateTime"], nine - 3_600_000);
    let reply = client.call("QueryAiCallTaskPage", &[]).await;
    assert!(reply.head.contains("date: mon, 21 sep 2026 00:00:00 gmt"), "{}", reply.head);
    let shown =
        emulator.ask("POST", "/__clock", &json!({ "at": "2026-09-21T09:01:00+08:00", "speed": 0 }));
    assert_eq!(
        shown,
        json!({ "at": "2026-09-21T01:01:00Z", "unix_millis": nine + 60_000, "speed": 0 })
    );
    assert_eq!(status(&client, &id).await, 1);
    // A client that has learnt the service's time from an answer is believed too.
    let learnt = Client { now: nine + 60_000, ..Client::new(&emulator) };
    learnt.call("QueryAiCallTaskPage", &[]).await.data();
    let neither = Client { now: nine - 7_200_000, ..Client::new(&emulator) };
    assert_eq!(neither.call("QueryAiCallTaskPage", &[]).await.code(), "InvalidTimeStamp.Expired");
    for wrong in [json!({ "speed": -1 }), json!({ "at": "noon" }), json!({ "time": 1 }), json!([])]
    {
        assert!(emulator.ask("POST", "/__clock", &wrong)["error"].is_string(), "{wrong}");
    }
}

#[tokio::test]
async fn each_account_sees_its_own_tasks_where_there_are_several() {
    let account = |id: &str, key: &str| Account {
        id: id.to_owned(),
        access_key_id: key.to_owned(),
        access_key_secret: "secret".to_owned(),
    };
    let accounts = vec![account("1888", "second"), account("1999", "third")];
    let emulator = emulator(Options { accounts, ..Options::default() }).await;
    let first = Client::new(&emulator);
    let with = |key: &str| Client {
        key: key.to_owned(),
        secret: "secret".to_owned(),
        ..Client::new(&emulator)
    };
    let second = with("second");
    assert_eq!(first.sts("GetCallerIdentity", &[]).await.json["AccountId"], "1000000000000001");
    assert_eq!(second.sts("GetCallerIdentity", &[]).await.json["AccountId"], "1888");
    // The same name, once in each.
    let one = created(&first, &[]).await;
    let two = created(&second, &[]).await;
    assert_eq!(second.call("CreateAiCallTask", &create_with(&[])).await.code(), "TaskNameExists");
    for (client, own, foreign) in [(&first, &one, &two), (&second, &two, &one)] {
        let page = client.call("QueryAiCallTaskPage", &[]).await;
        assert_eq!(
            (&page.data()["Total"], &page.data()["List"][0]["TaskId"]),
            (&json!(1), &json!(own))
        );
        assert_eq!(detail(client, foreign).await, Value::Null);
        for operation in ["StopAiCallTask", "StartAiCallTask"] {
            assert_eq!(client.call(operation, &[("TaskId", foreign)]).await.code(), "TaskNotExist");
        }
        let callees =
            client.call("QueryAiCallDetailPage", &[("TaskId", foreign), ("Status", "0")]).await;
        assert_eq!(callees.code(), "TaskNotExist");
    }
    // A role of the other account acts there.
    let role = [("RoleArn", "acs:ram::1888:role/tf"), ("RoleSessionName", "me")];
    let reply = first.sts("AssumeRole", &role).await;
    let get = |name: &str| reply.json["Credentials"][name].as_str().unwrap().to_owned();
    let (key, secret, token) =
        (get("AccessKeyId"), get("AccessKeySecret"), Some(get("SecurityToken")));
    let assumed = Client { key, secret, token, ..Client::new(&emulator) };
    assert_eq!(assumed.call("QueryAiCallTaskPage", &[]).await.data()["List"][0]["TaskId"], two);
    assert_eq!(with("third").call("QueryAiCallTaskPage", &[]).await.data()["Total"], 0);
    emulator.ask("POST", "/__tasks", &json!({ "TaskName": "for the third", "Account": "1999" }));
    assert_eq!(with("third").call("QueryAiCallTaskPage", &[]).await.data()["Total"], 1);
    assert_eq!(emulator.tasks().as_array().unwrap().len(), 3, "who looks from outside sees all");
}

#[tokio::test]
async fn the_log_has_a_line_for_each_call_without_a_telephone_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.jsonl");
    std::fs::write(&path, "{\"older\":true}\n").unwrap();
    let emulator = emulator(Options { log: Some(path.clone()), ..Options::default() }).await;
    let client = Client::new(&emulator);
    let id = created(&client, &[]).await;
    let query = [("DataType", "JSON"), ("TaskId", id.as_str())];
    let form = [("PhoneNumberList", r#"[{"calleeNumber":"05345560001","outId":"a"}]"#)];
    client.form("ImportTaskNumberDatas", &query, &form).await.data();
    let liar = Client { secret: "wrong".to_owned(), ..Client::new(&emulator) };
    liar.call("ImportOneTaskPhoneNumber", &[("TaskId", "1"), ("PhoneNumber", "05345560001")]).await;
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    let said =
        |line: &Value| (line["sequence"].clone(), line["operation"].clone(), line["code"].clone());
    assert_eq!(said(&lines[2]), (json!(2), json!("ImportTaskNumberDatas"), json!("OK")));
    assert_eq!(
        said(&lines[3]),
        (json!(3), json!("ImportOneTaskPhoneNumber"), json!("SignatureDoesNotMatch"))
    );
    assert!(!text.contains("05345560001"), "{text}");
    assert!(text.contains("053******01"), "{text}");
    assert!(emulator.journal()[1].to_string().contains("05345560001"), "a test sees what was sent");
}

#[tokio::test]
async fn one_entry_of_the_journal_shows_what_the_signature_was_checked_against() {
    let emulator = fresh().await;
    for (acs3, start) in [(false, "POST&%2F&AccessKeyId%3D"), (true, "ACS3-HMAC-SHA256\n")] {
        let client = Client { acs3, secret: "wrong".to_owned(), ..Client::new(&emulator) };
        assert_eq!(
            client.call("StopAiCallTask", &[("TaskId", "1")]).await.code(),
            "SignatureDoesNotMatch"
        );
        let last = emulator.journal().as_array().unwrap().len();
        let entry = get(&emulator, &format!("/__journal/{last}"));
        assert!(entry["string_to_sign"].as_str().unwrap().starts_with(start), "{entry}");
        assert_ne!(entry["signature_value"], entry["signature_expected"]);
        assert_eq!(entry["canonical_request"].is_string(), acs3);
        let after = get(&emulator, &format!("/__journal?after={}", last - 1));
        assert_eq!(after.as_array().unwrap().len(), 1);
        assert!(after[0].get("signature_expected").is_none());
    }
    assert!(get(&emulator, "/__journal/9")["error"].is_string());
    assert!(get(&emulator, "/__journal?after=x")["error"].is_string());
}

#[tokio::test]
async fn callees_are_filled_in_and_called_while_the_switch_says_so() {
    let time = ClockSetting { at: Some(1_789_956_000_000), speed: None };
    let emulator = emulator(Options { time, seed: Some(1), ..Options::default() }).await;
    let client = Client::new(&emulator);
    let id = created(&client, &[("TaskCps", "10")]).await;
    let filled = emulator.ask("POST", &format!("/__tasks/{id}/callees"), &json!({ "count": 50 }));
    assert_eq!(filled["count"], 50);
    client.call("StartAiCallTask", &[("TaskId", &id)]).await.data();
    let shown = async || {
        let page = client.call("QueryAiCallTaskPage", &[("TaskId", &id)]).await;
        ["TotalCount", "CallingCount", "TotalCallCount"]
            .map(|name| page.data()["List"][0][name].as_i64().unwrap())
    };
    assert_eq!(shown().await, [50, 0, 0]);
    set(&emulator, json!({ "calls": "simulated" }));
    assert_eq!(shown().await, [50, 10, 0]);
    emulator.ask("POST", "/__clock", &json!({ "at": 1_789_956_000_000_i64 + 3_600_000 }));
    assert_eq!(shown().await, [50, 0, 50]);
    for wrong in [
        json!({}),
        json!({ "count": 0 }),
        json!({ "count": 2_000_000 }),
        json!({ "count": 1, "x": 1 }),
    ] {
        let path = format!("/__tasks/{id}/callees");
        assert!(emulator.ask("POST", &path, &wrong)["error"].is_string(), "{wrong}");
    }
}

#[tokio::test]
async fn the_page_is_one_file_with_a_strict_policy_and_only_browsers_get_it() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let page = client.send(&client.bytes("GET", "/", &[], "")).await;
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-type: text/html; charset=utf-8"), "{}", page.head);
    let policy =
        page.head.lines().find(|line| line.starts_with("content-security-policy: ")).unwrap();
    for part in [
        "default-src 'none'",
        "connect-src 'self'",
        "script-src 'sha256-",
        "style-src 'sha256-",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for forbidden in
        ["http://", "https://", " onclick", " onload", " style=", "innerHTML", "eval(", "src="]
    {
        assert!(!page.text.contains(forbidden), "the page has {forbidden:?}");
    }
    assert_eq!(emulator.journal(), json!([]), "a look is no call");
    assert_eq!(client.send(&client.bytes("HEAD", "/", &[], "")).await.text, "");
    for (bytes, code) in [
        (client.bytes("POST", "/", &[], ""), "MissingAction"),
        (client.bytes("GET", "/?Format=JSON", &[], ""), "MissingAction"),
        (client.bytes("GET", "/", &[("x-acs-action", "StopAiCallTask")], ""), "MissingAction"),
        (client.bytes("GET", "/index.html", &[], ""), "MissingAction"),
    ] {
        let reply = client.send(&bytes).await;
        assert_eq!(reply.status, 400, "{}", reply.text);
        assert!(reply.text.contains(code), "{}", reply.text);
    }
}

#[tokio::test]
async fn what_the_page_asks_for_has_no_telephone_number() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let id = created(&client, &[("TaskName", "<img src=x onerror=alert(1)>")]).await;
    let query = [("DataType", "JSON"), ("TaskId", id.as_str())];
    let form = [("PhoneNumberList", r#"[{"calleeNumber":"05345560001","second":"13800000000"}]"#)];
    client.form("ImportTaskNumberDatas", &query, &form).await.data();
    let view = get(&emulator, &format!("/__view?after=1&task={id}&search=img"));
    let text = view.to_string();
    assert!(!text.contains("05345560001") && !text.contains("13800000000"), "{text}");
    assert_eq!(
        (&view["tasks_total"], &view["last"], &view["callees"]["total"]),
        (&json!(1), &json!(2), &json!(1))
    );
    assert_eq!(view["journal"].as_array().unwrap().len(), 1);
    assert_eq!(get(&emulator, "/__view?search=nothing")["tasks"], json!([]));
    let one = get(&emulator, "/__view/2").to_string();
    assert!(one.contains("string_to_sign") && one.contains("signature_expected"), "{one}");
    assert!(!one.contains("05345560001") && !one.contains("13800000000"), "{one}");
}

#[tokio::test]
async fn pages_of_other_sites_cannot_use_the_endpoints() {
    let emulator = fresh().await;
    let client = Client::new(&emulator);
    let own = format!("http://{}", emulator.address);
    for (origin, status) in
        [(own.as_str(), 200), ("http://example.com", 403), ("null", 403), ("https://a", 403)]
    {
        for (method, path) in
            [("POST", "/__reset"), ("GET", "/__journal"), ("DELETE", "/__control")]
        {
            let reply = client.send(&client.bytes(method, path, &[("origin", origin)], "")).await;
            assert_eq!(reply.status, status, "{origin} {method} {path}");
        }
    }
}

#[test]
fn the_help_names_every_endpoint_and_flag_as_it_is() {
    let Ok(aiccs_emulator::Command::Say(help)) = aiccs_emulator::parse(["--help".to_owned()])
    else {
        panic!("no help");
    };
    let server = Server::start().unwrap();
    let error = server.ask("GET", "/__nothing", &Value::Null).unwrap_err();
    let (_, endpoints) = error.split_once("there are: ").unwrap();
    for endpoint in endpoints.split("; ") {
        let path = endpoint.rsplit(' ').next().unwrap();
        assert!(help.contains(&format!(" {path}")), "{path}: {help}");
    }
    let mut flags = 0;
    for flag in help.split_whitespace().filter(|word| word.starts_with("--")) {
        let flag = flag.trim_end_matches([',', ')', ';']);
        let known = aiccs_emulator::parse([flag.to_owned()]);
        assert!(!known.is_err_and(|error| error.contains("unknown flag")), "{flag}");
        flags += 1;
    }
    assert!(flags > 12, "{flags}");
}

#[test]
fn without_being_told_it_listens_on_loopback_only() {
    let parse = |flags: &[&str]| aiccs_emulator::parse(flags.iter().map(|flag| (*flag).to_owned()));
    let error = parse(&["--listen", "0.0.0.0:0"]).unwrap_err();
    assert!(error.contains("loopback") && error.contains("--allow-remote"), "{error}");
    assert!(parse(&["--listen", "0.0.0.0:0", "--allow-remote"]).is_ok());
    assert!(parse(&["--allow-remote", "--listen", "0.0.0.0:0"]).is_ok());
    assert!(parse(&["--account", "1=a"]).is_err() && parse(&["--account", "1=a:b"]).is_ok());
    let listen = "0.0.0.0:0".parse().unwrap();
    assert!(Server::with(Options { listen, ..Options::default() }).is_err());
    let mut stream = {
        let server =
            Server::with(Options { listen, allow_remote: true, ..Options::default() }).unwrap();
        let port = server.url().rsplit(':').next().unwrap().to_owned();
        let stream = std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        drop(server);
        stream
    };
    // It ends with its server.
    let _sent = stream.write_all(b"GET / HTTP/1.1\r\n\r\n");
    let mut answer = String::new();
    assert!(
        std::io::Read::read_to_string(&mut stream, &mut answer).is_err() || answer.is_empty(),
        "{answer}"
    );
}
