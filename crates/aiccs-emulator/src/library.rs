//! The emulator in a Rust test: on a thread of its own, so that no runtime is needed.
//! It must not know more than the endpoints that everybody has.

use std::io;
use std::sync::mpsc;
use std::thread::{Builder, JoinHandle};

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::faults::Fault;
use super::options::Options;
use super::server::{Running, start};

/// An emulator that runs until this is dropped.
///
/// ```
/// use aiccs_emulator::Server;
/// use serde_json::json;
///
/// let server = Server::start()?;
/// // What the account holds before the test.
/// server.load(&json!({
///     "agents": [{ "AgentId": "118000000000000009", "AgentName": "Anna" }],
///     "tasks": [{ "TaskName": "spring", "Status": 2 }],
///     "callees": [{ "TaskName": "spring", "CalledNumber": "05345560001", "Status": 4, "CallResult": "ANSWERED" }],
/// }))?;
/// // What goes wrong: the next Create is done, and its answer is lost.
/// server.fault("CreateAiCallTask:drop_after")?;
/// server.switch("update_requires", "stopped")?;
/// // Here the program under test calls server.url() with the built-in key.
/// assert!(server.url().starts_with("http://127.0.0.1:"));
/// // What it has called, and what the account holds now.
/// assert_eq!(server.journal().len(), 0);
/// assert_eq!(server.tasks()[0]["TaskName"], "spring");
/// assert_eq!(server.callees()[0]["CallResult"], "ANSWERED");
/// server.reset();
/// assert!(server.tasks().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Server {
    running: Running,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// On a free port of 127.0.0.1, with the built-in key ([`crate::ACCESS_KEY_ID`], [`crate::ACCESS_KEY_SECRET`]).
    pub fn start() -> io::Result<Self> {
        Self::with(Options::default())
    }

    /// As the options say.
    pub fn with(options: Options) -> io::Result<Self> {
        let (end, ended) = oneshot::channel();
        let (started, starting) = mpsc::channel();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let begun =
                runtime.and_then(|runtime| Ok((runtime.block_on(start(options))?, runtime)));
            match begun {
                Ok((running, runtime)) => {
                    if started.send(Ok(running)).is_ok() {
                        // An error is a server that was dropped: the same.
                        let _ended = runtime.block_on(ended);
                    }
                }
                Err(error) => drop(started.send(Err(error))),
            }
        };
        let thread = Builder::new().name("aiccs-emulator".to_owned()).spawn(run)?;
        let running = starting.recv().map_err(io::Error::other)??;
        Ok(Self { running, end: Some(end), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`: the endpoint for AICCS and for STS.
    pub fn url(&self) -> String {
        self.running.url()
    }

    /// Adds tasks, callees and agents; the document is that of `--load`.
    pub fn load(&self, document: &Value) -> Result<(), String> {
        self.ask("POST", "/__load", document).map(drop)
    }

    /// A fault in waiting, as the flag says it: `OPERATION:KIND[=MILLIS][:TIMES]`.
    pub fn fault(&self, text: &str) -> Result<(), String> {
        let fault = Fault::parse(text)?.to_json();
        self.ask("POST", "/__control", &json!({ "faults": [fault] })).map(drop)
    }

    /// Decides an open question.
    pub fn switch(&self, name: &str, value: &str) -> Result<(), String> {
        self.ask("POST", "/__control", &json!({ "switches": { name: value } })).map(drop)
    }

    /// The calls so far, oldest first.
    pub fn journal(&self) -> Vec<Value> {
        self.list("/__journal")
    }

    /// All tasks, by id.
    pub fn tasks(&self) -> Vec<Value> {
        self.list("/__tasks")
    }

    /// All callees, by id.
    pub fn callees(&self) -> Vec<Value> {
        self.list("/__details")
    }

    /// Empties it: no tasks, callees and journal; everything else as the options said.
    pub fn reset(&self) {
        // There is nothing in it to refuse.
        let _empty = self.ask("POST", "/__reset", &Value::Null);
    }

    /// Any of the emulator's own endpoints, without the network.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let answer = self.running.ask(method, path, body);
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer),
        }
    }

    fn list(&self, path: &str) -> Vec<Value> {
        match self.ask("GET", path, &Value::Null) {
            Ok(Value::Array(list)) => list,
            _ => Vec::new(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.end.take());
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}
