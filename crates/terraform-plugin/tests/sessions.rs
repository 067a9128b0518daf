//! What hosts send, kept in `data/sessions/`: each session is answered as it was when it was recorded, each message bent in every
//! way is answered too, and a real host sends nothing that its session does not have. Recorded anew, from the root, by
//! `RECORD_SESSIONS=1 AICCS_HOSTS=$(tests/hosts.sh | paste -sd:) cargo test -p terraform-plugin --test sessions`; where only
//! the answers are others, `UPDATE_SNAPSHOTS=1` writes those.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod shelf;
mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use prost::Message as _;
use terraform_plugin::fuzzing::{CALLS, Hostless, Messages, PANIC};
use tfplugin_proto::tfplugin6 as pb;
use tokio::runtime::Runtime;

use support::session::{Call, Session};
use support::{Folder, bent, hosts, life};

/// The largest file of a session.
const MOST: usize = 60_000;

/// How many bent messages are sent, evenly taken from all of them.
const BENT: usize = 60_000;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The calls of a session to a process of ours, with its answers.
async fn replayed(process: &[Call]) -> Vec<Call> {
    let calls = Hostless::new(shelf::Shelf);
    let mut out = Vec::new();
    for call in process {
        let answer = calls.call(&call.name, &call.request).await.unwrap();
        let quiet = answer.words.is_empty() || call.name == "InvokeAction";
        assert!(quiet, "{}: {:?}", call.name, answer.words);
        out.push(Call { answers: answer.messages, ..call.clone() });
    }
    out
}

#[test]
fn every_session_is_answered_as_it_was() {
    let (sessions, runtime) = (Session::kept(), runtime());
    assert!(sessions.len() >= 9, "one for each host of tests/hosts.sh");
    let mut names = BTreeSet::new();
    for (path, session) in sessions {
        assert_eq!(path, Session::path(&session.host));
        let replay = |process: &Vec<Call>| runtime.block_on(replayed(process));
        let processes = session.processes.iter().map(replay).collect();
        let now = Session { host: session.host.clone(), processes }.print();
        let kept = std::fs::read_to_string(&path).unwrap();
        if now != kept && std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&path, &now).unwrap();
        } else {
            assert!(
                now == kept,
                "{}: the answers are others; UPDATE_SNAPSHOTS=1 writes them",
                path.display()
            );
        }
        assert!(kept.len() < MOST, "{} has {} bytes", path.display(), kept.len());
        names.extend(session.calls().map(|call| call.name.clone()));
    }
    // The others: a host asks for metadata and functions where it has no schema, stops a process when the user interrupts it,
    // and has a stored identity upgraded where its schema's version is another one.
    let unsent = CALLS.iter().filter(|name| !names.contains(**name)).copied();
    assert_eq!(
        unsent.collect::<Vec<_>>(),
        [
            "UpgradeResourceIdentity",
            "GetMetadata",
            "GetFunctions",
            "StopProvider",
            "GenerateResourceConfig"
        ]
    );
}

/// Every message that any host sends, once.
fn messages() -> BTreeSet<(String, Vec<u8>)> {
    let sessions = Session::kept();
    let calls = sessions.iter().flat_map(|(_, session)| session.calls());
    let sent = calls.map(|call| (call.name.clone(), call.request.clone()));
    // No host has sent it: the identity has had one version only.
    let identity = pb::upgrade_resource_identity::Request {
        type_name: "shelf_book".to_owned(),
        version: 0,
        raw_identity: Some(pb::RawState {
            json: "{\"id\":\"book-a\"}".into(),
            ..Default::default()
        }),
    };
    sent.chain([("UpgradeResourceIdentity".to_owned(), identity.encode_to_vec())]).collect()
}

/// What a user is told holds no sign that it is written for programmers.
fn is_plain(text: &str) -> bool {
    let noise = [
        PANIC, "Some(", "None)", "Ok(", "Err(", "::", "panicked", "unwrap", ".rs", "\\u{", "\\x",
        "Error {", "Error(", "Kind(", "0x",
    ];
    let hidden = |letter: char| letter.is_control() && letter != '\n';
    !noise.iter().any(|noise| text.contains(noise)) && !text.contains(hidden)
}

#[test]
fn every_bent_message_is_answered() {
    let all: Vec<(String, Vec<u8>)> = messages()
        .into_iter()
        .flat_map(|(name, message)| {
            bent::variants(&message).into_iter().map(move |bent| (name.clone(), bent))
        })
        .collect();
    let every = match std::env::var_os("AICCS_EVERY_BENT_MESSAGE") {
        Some(_) => 1,
        None => all.len().div_ceil(BENT),
    };
    let sent: Vec<_> = all.into_iter().step_by(every).collect();
    assert!(sent.len() > BENT / 2, "{} messages, every {every}th", sent.len());
    let limit = Duration::from_secs(60).saturating_add(Duration::from_millis(sent.len() as u64));
    // A thread of its own: what never ends is seen from here.
    let current = Arc::new(Mutex::new(String::new()));
    let (shown, (done, end)) = (current.clone(), mpsc::channel());
    let worker = std::thread::spawn(move || {
        let runtime = runtime();
        let calls = runtime.block_on(configured());
        for (name, message) in &sent {
            *shown.lock().unwrap() = format!("{name} {message:02x?}");
            let answer = runtime.block_on(calls.call(name, message));
            let words = answer.map_or_else(
                |status| vec![status.message().to_owned()],
                |told: Messages| told.words,
            );
            for text in words {
                assert!(is_plain(&text), "{text}\n{name} {message:02x?}");
            }
        }
        done.send(()).unwrap();
    });
    match end.recv_timeout(limit) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("no answer: {}", current.lock().unwrap()),
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => worker.join().unwrap(),
    }
}

async fn configured() -> Hostless<shelf::Shelf> {
    let calls = Hostless::new(shelf::Shelf);
    let (name, message) =
        messages().into_iter().find(|(name, _)| name == "ConfigureProvider").unwrap();
    calls.call(&name, &message).await.unwrap();
    calls
}

#[test]
fn a_real_host_sends_what_its_session_has() {
    for host in hosts() {
        let folder = Folder::new(&host, "shelf");
        let recorded = folder.path.join("calls");
        std::fs::create_dir(&recorded).unwrap();
        let (name, version) = life::host(&folder);
        life::live(&folder, version);
        let session = Session::recorded(&name, &recorded);
        let file = Session::path(&name);
        if std::env::var_os("RECORD_SESSIONS").is_some() {
            std::fs::write(&file, session.print()).unwrap();
        }
        if !file.is_file() {
            eprintln!("no session of {name} is kept");
            continue;
        }
        let kept = Session::parse(&std::fs::read_to_string(&file).unwrap());
        let known: BTreeSet<&Call> = kept.calls().collect();
        let sent: BTreeSet<&Call> = session.calls().collect();
        let new: Vec<_> = sent.difference(&known).map(|call| &call.name).collect();
        assert!(
            new.is_empty(),
            "{name} sends other messages than were recorded, or is answered otherwise: {new:?}"
        );
    }
}

/// The corpus of the fuzzer, against a provider with an object of each kind; the provider's own tests replay it against theirs.
#[test]
fn the_corpus_of_calls_passes() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/calls");
    let mut called = BTreeSet::new();
    for file in std::fs::read_dir(&corpus).unwrap() {
        let data = std::fs::read(file.unwrap().path()).unwrap();
        called.extend(data.first().map(|method| usize::from(*method) % CALLS.len()));
        terraform_plugin::fuzzing::call(shelf::Shelf, &data);
    }
    let without =
        CALLS.iter().enumerate().filter(|(at, _)| !called.contains(at)).map(|(_, name)| name);
    assert_eq!(without.collect::<Vec<_>>(), Vec::<&&str>::new(), "calls without a seed");
}
