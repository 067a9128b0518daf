//! The witness against the emulator at both positions of every switch that it asks about, and programs that find it.

use std::process::Command;
use std::sync::Arc;

use aiccs_emulator::witness::{self, NOT_ASKED, Report};
use aiccs_emulator::{SWITCHES, Server};
use serde_json::json;

const AGENT: &str = "118000000000000009";

/// By the machine's time, as the emulator.
async fn asked(server: &Server) -> std::io::Result<Report> {
    let options = witness::Options {
        endpoint: server.url(),
        agent: AGENT.to_owned(),
        virtual_number: "05370220001".to_owned(),
        key: (
            aiccs_emulator::ACCESS_KEY_ID.to_owned(),
            aiccs_emulator::ACCESS_KEY_SECRET.to_owned(),
            None,
        ),
        clock: Arc::new(|| jiff::Timestamp::now().as_millisecond()),
    };
    witness::run(options).await
}

fn seeded() -> Server {
    let server = Server::start().unwrap();
    server.load(&json!({ "agents": [{ "AgentId": AGENT, "AgentName": "Anna" }] })).unwrap();
    server
}

#[tokio::test]
async fn every_position_that_can_be_asked_about_is_found() {
    let positions: &[(&str, &[&str])] = &[
        ("agent_list", &["all", "none"]),
        ("business_errors", &["http_200", "http_400"]),
        ("call_record_requires", &["any", "task_id"]),
        ("caller_number", &["echo", "masked", "other", "absent"]),
        ("create_data", &["number", "string"]),
        ("default_task_cps", &["1", "9"]),
        ("flags", &["consistent", "contradictory"]),
        ("list_order", &["as_sent", "reversed", "shuffled"]),
        ("missing_task_detail", &["null_data", "success_false", "http_404"]),
        ("name_on_update", &["as_sent", "truncated"]),
        ("omitted_on_update", &["keep", "reset"]),
        ("skew_minutes", &["15", "30"]),
        ("stop_requires", &["running", "any"]),
        ("time_format", &["seconds", "minutes"]),
        ("unset_optionals", &["absent", "null", "zero"]),
        ("update_interval_max", &["720", "120"]),
        ("update_requires", &["not_running", "stopped"]),
    ];
    for (switch, words) in positions {
        for word in *words {
            let server = seeded();
            server.switch(switch, word).unwrap();
            let report = asked(&server).await.unwrap();
            assert_eq!(report.position(switch), Some(*word), "{switch}: {report}");
        }
    }
    let server = seeded();
    server.switch("tasks_listed_after", "700").unwrap();
    let report = asked(&server).await.unwrap();
    let after: i64 = report.position("tasks_listed_after").unwrap().parse().unwrap();
    assert!((300..5_000).contains(&after), "{report}");
    // Nothing is forgotten: what is no question of the service is named here.
    let ours = ["calls", "clock_offset_seconds", "late_operations", "session_seconds"];
    for switch in SWITCHES.iter().map(|switch| switch.name).filter(|name| !ours.contains(name)) {
        let known = report.findings.iter().any(|finding| finding.about == switch);
        assert!(known || NOT_ASKED.iter().any(|(name, _)| *name == switch), "{switch}: {report}");
    }
}

#[tokio::test]
async fn it_makes_one_task_starts_nothing_calls_nobody_and_leaves_it_retired() {
    let server = seeded();
    let report = asked(&server).await.unwrap();
    let tasks = server.tasks();
    let [task] = tasks.as_slice() else { panic!("{tasks:?}") };
    let id = task["TaskId"].as_str().unwrap();
    assert_eq!(
        (task["Status"].as_i64(), &task["TaskName"]),
        (Some(0), &json!(format!("witness-retired-{id}")))
    );
    assert_eq!(
        (report.task.as_deref(), report.retired.as_deref()),
        (Some(id), task["TaskName"].as_str())
    );
    let called: Vec<_> = server
        .journal()
        .iter()
        .map(|entry| entry["operation"].as_str().unwrap().to_owned())
        .collect();
    for never in ["StartAiCallTask", "ImportTaskNumberDatas", "ImportOneTaskPhoneNumber"] {
        assert!(!called.contains(&never.to_owned()), "{called:?}");
    }
    assert_eq!(called.iter().filter(|name| *name == "CreateAiCallTask").count(), 1);
    // The text holds nothing of the account.
    let text = report.to_string();
    for secret in [id, AGENT, "05370220001", "witness-retired", aiccs_emulator::ACCESS_KEY_ID] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(text.contains("| a missing parameter | - | HTTP 400 MissingTaskId |"), "{text}");
    // What goes wrong on the way leaves it retired all the same.
    server.reset();
    server.fault("QueryAiCallTaskDetail:http_500:*").unwrap();
    assert!(asked(&server).await.is_err());
    assert!(server.tasks()[0]["TaskName"].as_str().unwrap().starts_with("witness-retired-"));
    server.reset();
    server.fault("QueryAiCallTaskPage:forbidden_ram").unwrap();
    let error = asked(&server).await.unwrap_err().to_string();
    assert!(error.contains("HTTP 403 Forbidden.RAM") && server.tasks().is_empty(), "{error}");
}

#[test]
fn the_witness_asks_for_a_word_and_a_key() {
    let run = |flags: &[&str], key: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aiccs-emulator"));
        command.arg("witness").args(flags).env_clear();
        if key {
            command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", aiccs_emulator::ACCESS_KEY_ID);
            command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", aiccs_emulator::ACCESS_KEY_SECRET);
        }
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), text)
    };
    let all = ["--make-one-task", "--agent", AGENT, "--virtual-number", "05370220001"];
    let (code, text) = run(&["--help"], false);
    assert!(code == Some(0) && text[0].contains("--make-one-task"), "{text:?}");
    for (flags, key, part) in [
        (&all[1..], true, "say --make-one-task"),
        (&all[..1], true, "--agent is missing"),
        (&all[..], false, "ALIBABA_CLOUD_ACCESS_KEY_ID is not set"),
        (&["--loud"][..], true, "unknown flag --loud"),
    ] {
        let (code, text) = run(flags, key);
        assert!(code == Some(2) && text[1].contains(part), "{text:?}");
    }
    let (code, text) = run(&[&all[..], &["--endpoint", "http://192.0.2.1"]].concat(), true);
    assert!(code == Some(1) && text[1].contains("loopback only"), "{text:?}");
    let server = seeded();
    let url = server.url();
    let (code, text) = run(&[&all[..], &["--endpoint", &url]].concat(), true);
    assert!(code == Some(0) && text[0].starts_with("`aiccs-emulator witness`"), "{text:?}");
    assert!(text[1].contains("witness-retired-"), "{text:?}");
}

#[cfg(unix)]
#[test]
fn a_program_finds_the_emulator_in_its_environment() {
    let script = "test -n \"$ALIBABA_CLOUD_ACCESS_KEY_SECRET\" && test -z \"$ALICLOUD_ACCESS_KEY\" && echo $AICCS_ENDPOINT && exit 7";
    let output = Command::new(env!("CARGO_BIN_EXE_aiccs-emulator"))
        .args(["--seed", "1", "--", "sh", "-c", script])
        .env("ALICLOUD_ACCESS_KEY", "another")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(7), "{text}");
    assert!(text.starts_with("http://127.0.0.1:"), "{text}");
    let missing = Command::new(env!("CARGO_BIN_EXE_aiccs-emulator"))
        .args(["--", "/no/such/program"])
        .output()
        .unwrap();
    assert!(String::from_utf8(missing.stderr).unwrap().contains("/no/such/program"));
}
