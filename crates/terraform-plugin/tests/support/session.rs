//! What one host has sent in a whole life, and what it was answered: text, one line a message, a process or a call. A message
//! that is sent twice is written once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A call: its name, the message that asked, and the messages that answered.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) request: Vec<u8>,
    pub(crate) answers: Vec<Vec<u8>>,
}

/// The processes that a host has started, each with its calls in their order.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) host: String,
    pub(crate) processes: Vec<Vec<Call>>,
}

impl Session {
    /// The sessions that are kept, with their files.
    pub(crate) fn kept() -> Vec<(PathBuf, Session)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sessions");
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = files.collect();
        files.sort();
        let read = |path: PathBuf| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path, Session::parse(&text))
        };
        files.into_iter().map(read).collect()
    }

    /// Where the session of a host is kept.
    pub(crate) fn path(host: &str) -> PathBuf {
        let name = format!("tests/data/sessions/{}.txt", host.to_lowercase().replace(' ', "-"));
        Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
    }

    /// What the processes of a recorder have written, in the order in which they began. Two that got the same calls are one.
    pub(crate) fn recorded(host: &str, folder: &Path) -> Session {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let mut session = Session { host: host.to_owned(), processes: Vec::new() };
        for file in files {
            let text = std::fs::read_to_string(file).unwrap();
            let call = |line: &str| {
                let mut words = line.split(' ');
                let name = words.next().unwrap().to_owned();
                let mut messages = words.map(parsed);
                Call { name, request: messages.next().unwrap(), answers: messages.collect() }
            };
            let calls: Vec<Call> = text.lines().map(call).collect();
            if !session.processes.contains(&calls) {
                session.processes.push(calls);
            }
        }
        session
    }

    pub(crate) fn parse(text: &str) -> Session {
        let mut session = Session::default();
        let mut messages = Vec::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[0] {
                "host" => session.host = words[1..].join(" "),
                "message" => messages.push(parsed(words[1])),
                "process" => session.processes.push(Vec::new()),
                name => {
                    let mut named = words[1..].iter().map(|number| {
                        let at: usize = number.parse().unwrap();
                        messages[at].clone()
                    });
                    let request = named.next().unwrap();
                    let call = Call { name: name.to_owned(), request, answers: named.collect() };
                    session.processes.last_mut().unwrap().push(call);
                }
            }
        }
        session
    }

    pub(crate) fn print(&self) -> String {
        let mut known = BTreeMap::new();
        let (mut messages, mut calls) = (String::new(), String::new());
        let mut number = |message: &Vec<u8>| {
            let next = known.len();
            *known.entry(message.clone()).or_insert_with(|| {
                writeln!(messages, "message {}", printed(message)).unwrap();
                next
            })
        };
        for process in &self.processes {
            calls.push_str("process\n");
            for call in process {
                write!(calls, "{} {}", call.name, number(&call.request)).unwrap();
                for answer in &call.answers {
                    write!(calls, " {}", number(answer)).unwrap();
                }
                calls.push('\n');
            }
        }
        format!("host {}\n{messages}{calls}", self.host)
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.processes.iter().flatten()
    }
}

/// A message as text; a dot for none.
fn printed(message: &[u8]) -> String {
    if message.is_empty() { ".".to_owned() } else { STANDARD_NO_PAD.encode(message) }
}

fn parsed(text: &str) -> Vec<u8> {
    STANDARD_NO_PAD.decode(text.trim_end_matches('.')).unwrap()
}
