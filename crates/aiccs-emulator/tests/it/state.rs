//! The state file: nothing that was answered is lost, whenever the process is killed; and it stays small.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::*;

fn kept(path: &Path) -> Options {
    Options { state: Some(path.to_owned()), ..Options::default() }
}

/// The binary, and the address it says.
fn binary(flags: &[&str]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aiccs-emulator"))
        .args(flags)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
    (child, address)
}

/// One request by hand; what came back, as far as it came.
fn ask(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = std::net::TcpStream::connect(address)?;
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n");
    stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer)?;
    Ok(answer)
}

#[test]
fn nothing_that_was_answered_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut answered = 0;
    for round in 0..5 {
        let (mut child, address) = binary(&["--state", state.to_str().unwrap()]);
        let names: Vec<String> = {
            let shown = ask(&address, "GET", "/__tasks", "").unwrap();
            let (_, body) = shown.split_once("\r\n\r\n").unwrap();
            let tasks: Vec<Value> = serde_json::from_str(body).unwrap();
            tasks.iter().map(|task| task["TaskName"].as_str().unwrap().to_owned()).collect()
        };
        for number in 0..answered {
            assert!(names.contains(&format!("t{number}")), "t{number} is lost in round {round}");
        }
        // One more may have been written whose answer was cut off.
        assert!(names.len() <= answered + round, "{} tasks", names.len());
        let killer = std::thread::spawn({
            let address = address.clone();
            move || {
                let mut count = 0;
                while ask(&address, "GET", "/__late", "").is_ok() && count < 30 + round * 17 {
                    count += 1;
                }
                child.kill().unwrap();
                child.wait().unwrap();
            }
        });
        loop {
            let body = json!({ "TaskName": format!("t{answered}"), "CallDays": ["MONDAY"] });
            match ask(&address, "POST", "/__tasks", &body.to_string()) {
                Ok(answer) if answer.starts_with("HTTP/1.1 200") && answer.ends_with('}') => {
                    answered += 1;
                }
                _ => break,
            }
        }
        killer.join().unwrap();
    }
    assert!(answered > 10, "{answered}");
}

#[tokio::test]
async fn a_line_that_was_cut_off_is_left_out_and_a_spoiled_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let first = emulator(kept(&path)).await;
    for name in ["one", "two", "three"] {
        first.ask("POST", "/__tasks", &json!({ "TaskName": name }));
    }
    drop(first);
    let whole = std::fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in [last, last + 1, whole.len() - 1] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let again = emulator(kept(&path)).await;
        assert_eq!(again.tasks().as_array().unwrap().len(), 2, "{cut}");
        again.ask("POST", "/__tasks", &json!({ "TaskName": "four" }));
        drop(again);
        let tasks = emulator(kept(&path)).await.tasks();
        assert_eq!(tasks[2]["TaskName"], "four");
    }
    let mut spoiled = whole.clone();
    spoiled[last - 3] = b'?';
    std::fs::write(&path, &spoiled).unwrap();
    let error = aiccs_emulator::start(kept(&path)).await.err().unwrap().to_string();
    assert!(error.contains("line 4"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), spoiled, "what is not understood stays as it is");
}

#[tokio::test]
async fn a_file_of_the_first_form_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let old = json!({
        "tasks": { "118000000000000001": { "fields": { "TaskId": "118000000000000001", "TaskName": "old", "Status": 2 },
            "pending": null } },
        "details": { "125000000000000001": { "DetailId": "125000000000000001", "TaskId": "118000000000000001", "Status": 4,
            "BatchId": "123000000000000001", "CalledNumber": "05370000001", "Variables": { "name": "x" }, "ImportedTime": 1,
            "EncryptionType": 0 } },
        "agents": [{ "AgentId": "7" }],
        "issued": { "batch": 123_000_000_000_000_002_i64, "detail": 125_000_000_000_000_002_i64,
            "task": 118_000_000_000_000_002_i64 },
    });
    std::fs::write(&path, format!("{old:#}")).unwrap();
    for _ in 0..2 {
        let emulator = emulator(kept(&path)).await;
        assert_eq!(emulator.tasks()[0]["TaskName"], "old");
        let details = emulator.ask("GET", "/__details", &Value::Null);
        assert_eq!(details, json!([old["details"]["125000000000000001"]]));
        let control = emulator.ask("GET", "/__control", &Value::Null);
        assert_eq!(control["agents"], old["agents"]);
        // The second time it is read from the new form.
        emulator.ask("PATCH", "/__tasks/118000000000000001", &json!({ "Status": 2 }));
    }
    let made = emulator(kept(&path)).await.ask("POST", "/__tasks", &json!({ "TaskName": "new" }));
    assert_eq!(made["TaskId"], "118000000000000002");
    std::fs::write(&path, "resource {}\n").unwrap();
    let error = aiccs_emulator::start(kept(&path)).await.err().unwrap().to_string();
    assert!(error.contains("state.json"), "{error}");
}

#[tokio::test]
async fn everything_survives_a_restart_and_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let shown = |emulator: &aiccs_emulator::Running| {
        ["/__tasks", "/__details", "/__control"].map(|path| emulator.ask("GET", path, &Value::Null))
    };
    let first = emulator(kept(&path)).await;
    let client = Client::new(&first);
    let id = created(&client, &[]).await;
    let gone = created(&client, &[("TaskName", "gone")]).await;
    first.control(&json!({ "agents": [{ "AgentId": "118000000000000009", "AgentName": "Anna" }] }));
    set(&first, json!({ "stop_takes_polls": 2 }));
    let callees = r#"[{"calleeNumber":"1","outId":"a","name":"汤姆"},{"calleeNumber":"2"}]"#;
    let query = [("DataType", "JSON"), ("TaskId", id.as_str())];
    client.form("ImportTaskNumberDatas", &query, &[("PhoneNumberList", callees)]).await.data();
    first.ask(
        "PATCH",
        "/__details/125000000000000002",
        &json!({ "Status": 4, "MajorIntent": "yes" }),
    );
    client.call("StopAiCallTask", &[("TaskId", &id)]).await.data();
    first.ask("DELETE", &format!("/__tasks/{gone}"), &Value::Null);
    first.ask("DELETE", "/__control", &Value::Null);
    let expected = shown(&first);
    drop(first);
    let second = emulator(kept(&path)).await;
    assert_eq!(shown(&second), expected);
    // The same task again and again, until most of the file is overtaken.
    let small = std::fs::metadata(&path).unwrap().len();
    let long = "x".repeat(100_000);
    let mut greatest = 0;
    for number in 0..100 {
        let name = if number == 99 {
            expected[0][0]["TaskName"].clone()
        } else {
            json!(format!("{long}{number}"))
        };
        second.ask("PATCH", &format!("/__tasks/{id}"), &json!({ "TaskName": name }));
        greatest = greatest.max(std::fs::metadata(&path).unwrap().len());
    }
    assert!(greatest < 6_000_000, "{greatest} bytes");
    assert!(std::fs::metadata(&path).unwrap().len() < greatest, "{small}");
    let expected = shown(&second);
    drop(second);
    assert_eq!(shown(&emulator(kept(&path)).await), expected);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[cfg(unix)]
#[tokio::test]
async fn two_emulators_do_not_share_a_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let first = emulator(kept(&path)).await;
    first.ask("POST", "/__tasks", &json!({ "TaskName": "one" }));
    let error = aiccs_emulator::start(kept(&path)).await.err().unwrap().to_string();
    assert!(error.contains("another emulator"), "{error}");
    drop(first);
    assert_eq!(emulator(kept(&path)).await.tasks().as_array().unwrap().len(), 1);
}
