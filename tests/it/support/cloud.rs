//! The emulator within the test's process, on a thread of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread::JoinHandle;

use aiccs_emulator::{Command, Running};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub const KEY: &str = "LTAI5tTestKeyId0000001";
pub const SECRET: &str = "TestSecretMarkerValue0000000001";

pub struct Cloud {
    running: Running,
    end: CancellationToken,
    serving: Option<JoinHandle<()>>,
}

impl Cloud {
    pub fn start() -> Cloud {
        Cloud::with(&[])
    }

    /// With more flags of the emulator's command line.
    pub fn with(arguments: &[&str]) -> Cloud {
        let keys = ["--access-key-id", KEY, "--access-key-secret", SECRET];
        let flags = keys.iter().chain(arguments).map(|flag| (*flag).to_owned());
        let Ok(Command::Serve(options)) = aiccs_emulator::parse(flags) else {
            panic!("not flags of the emulator: {arguments:?}");
        };
        let (end, (started, listening)) = (CancellationToken::new(), mpsc::channel());
        let ended = end.clone();
        let serving = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let running = aiccs_emulator::start(*options).await.expect("the emulator starts");
                started.send(running).unwrap();
                ended.cancelled().await;
            });
        });
        let running = listening.recv().unwrap();
        Cloud { running, end, serving: Some(serving) }
    }

    /// The endpoint's URL.
    pub fn endpoint(&self) -> String {
        self.running.url()
    }

    /// Sets switches, as pairs of name and value.
    pub fn switch(&self, switches: &[(&str, &str)]) {
        let switches: serde_json::Map<_, _> = switches
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
            .collect();
        self.ask("POST", "/__control", Some(&json!({ "switches": switches })));
    }

    /// The next call of `operation` meets a fault.
    pub fn fault(&self, operation: &str, kind: &str) {
        self.faults(json!([{ "operation": operation, "kind": kind, "times": 1 }]));
    }

    pub fn faults(&self, faults: Value) {
        self.ask("POST", "/__control", Some(&json!({ "faults": faults })));
    }

    /// Ends all faults and switches.
    pub fn calm(&self) {
        self.ask("DELETE", "/__control", None);
    }

    /// From now on late operations wait for [`Cloud::release`].
    pub fn hold(&self) {
        self.switch(&[("late_operations", "held")]);
    }

    /// The operations that are still due.
    pub fn late(&self) -> Vec<Value> {
        self.ask("GET", "/__late", None).as_array().unwrap().clone()
    }

    /// Does now what is due.
    pub fn release(&self) -> Vec<Value> {
        self.ask("POST", "/__release", None).as_array().unwrap().clone()
    }

    /// Waits until nothing is due by its time any more, and releases what is held.
    pub fn settle(&self) {
        let mut stream = TcpStream::connect(self.running.address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
        write!(stream, "GET /__settled HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        self.release();
    }

    pub fn journal(&self) -> Vec<Value> {
        self.ask("GET", "/__journal", None).as_array().unwrap().clone()
    }

    /// The operations called since the last look, in order; writes only.
    pub fn writes(&self) -> Vec<String> {
        let journal = self.journal();
        self.ask("DELETE", "/__journal", None);
        let names = journal.iter().map(|entry| entry["operation"].as_str().unwrap().to_owned());
        names.filter(|name| !name.starts_with("Query") && !name.starts_with("PageQuery")).collect()
    }

    pub fn tasks(&self) -> Vec<Value> {
        self.ask("GET", "/__tasks", None).as_array().unwrap().clone()
    }

    /// The only task there is.
    pub fn task(&self) -> Value {
        let tasks = self.tasks();
        assert_eq!(tasks.len(), 1, "{tasks:#?}");
        tasks[0].clone()
    }

    /// Edits a task behind everybody's back, as the console does.
    pub fn edit(&self, id: &str, fields: &Value) {
        self.ask("PATCH", &format!("/__tasks/{id}"), Some(fields));
    }

    pub fn remove(&self, id: &str) {
        self.ask("DELETE", &format!("/__tasks/{id}"), None);
    }

    /// Any of the emulator's own endpoints.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = self.running.ask(method, path, body.unwrap_or(&json!({})));
        assert!(answer.get("error").is_none(), "{method} {path}: {answer}");
        answer
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.end.cancel();
        let _ended = self.serving.take().map(JoinHandle::join);
    }
}
