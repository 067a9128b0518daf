//! The emulator as a process of its own, as users run it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

pub const KEY: &str = "LTAI5tTestKeyId0000001";
pub const SECRET: &str = "TestSecretMarkerValue0000000001";

pub struct Cloud {
    process: Child,
    address: String,
}

impl Cloud {
    pub fn start() -> Cloud {
        Cloud::with(&[])
    }

    pub fn with(arguments: &[&str]) -> Cloud {
        let mut process = Command::new(env!("CARGO_BIN_EXE_aiccs-emulator"))
            .args([
                "--listen",
                "127.0.0.1:0",
                "--access-key-id",
                KEY,
                "--access-key-secret",
                SECRET,
            ])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("listening on http://").expect("the first line").to_owned();
        Cloud { process, address }
    }

    /// The endpoint's URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
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
        self.ask("GET", "/__settled", None);
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
        names.filter(|name| !name.starts_with("Query")).collect()
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

    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
