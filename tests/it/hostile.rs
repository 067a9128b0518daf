//! A service that means ill, or what stands in its place: whatever it answers is an error, within bounds of memory, time and
//! requests, and never a wrong state.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use terraform_plugin::driver::DataSource as _;
use terraform_plugin::json as state;
use terraform_plugin::schema::Schema;
use terraform_plugin::value::Value;
use terraform_provider_aiccs::data_sources::{call_details, call_tasks, voices};
use terraform_provider_aiccs::task::table::SCHEMA;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::support::cloud::{KEY, SECRET};
use crate::support::core::{Told, configured_at, decode, encode, peak, told};
use crate::support::local::{self, Local, Part};

/// The most memory that any answer may cost.
const MOST_MEMORY: usize = 256 * 1024 * 1024;

/// The whole answer must be there within so many milliseconds, where it never is.
const SHORT: u64 = 700;

/// Elsewhere the time does not matter.
const LONG: u64 = 20_000;

/// What is asked.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Tasks,
    Details,
    Voices,
    /// A refresh of a task that is in state.
    Refresh,
}

type Script = Box<dyn Fn(&str) -> Vec<Part> + Send + Sync>;

struct Mode {
    name: &'static str,
    ask: Ask,
    script: Script,
    /// What the error says.
    says: &'static str,
    /// How many requests there may be.
    requests: usize,
    /// How many seconds it may take.
    seconds: u64,
}

fn mode(
    name: &'static str,
    ask: Ask,
    says: &'static str,
    script: impl Fn(&str) -> Vec<Part> + Send + Sync + 'static,
) -> Mode {
    Mode { name, ask, script: Box::new(script), says, requests: 8, seconds: 10 }
}

/// A whole answer with these further headers.
fn with(status: &str, headers: &str, body: &[u8]) -> Vec<Part> {
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    vec![Part::Bytes([head.as_bytes(), body].concat())]
}

fn ok(body: &str) -> Vec<Part> {
    with("200 OK", "Content-Type: application/json\r\n", body.as_bytes())
}

/// An answer of the service with this `Data`.
fn data(data: &str) -> Vec<Part> {
    ok(&format!(r#"{{"Code":"OK","Success":true,"RequestId":"R","Data":{data}}}"#))
}

/// A body without a length, which ends with the connection.
fn endless(parts: Vec<Part>) -> Vec<Part> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    [vec![Part::Bytes(head.into())], parts].concat()
}

fn parameter<'a>(request: &'a str, name: &str) -> &'a str {
    let start = request.find(&format!("{name}=")).map_or(request.len(), |at| at + name.len() + 1);
    request[start..].split(['&', ' ', '\r']).next().unwrap_or_default()
}

/// A page of tasks, all of them new.
fn page(request: &str, items: usize, total: Option<usize>, filler: &str) -> Vec<Part> {
    let number: usize = parameter(request, "PageNo").parse().unwrap_or(1);
    let item = |n: usize| {
        let id = 118_000_000_000_000_000_u64 + (number * 100_000 + n) as u64;
        format!(r#"{{"TaskId":"{id}","DetailId":"{id}","TaskName":"t","Status":1{filler}}}"#)
    };
    let list: Vec<_> = (0..items).map(item).collect();
    let total = total.map(|total| format!(r#","Total":{total}"#)).unwrap_or_default();
    data(&format!(r#"{{"PageNo":{number},"PageSize":50{total},"List":[{}]}}"#, list.join(",")))
}

/// The shape of answers: what is no answer of the service at all.
fn shapes() -> Vec<Mode> {
    let gzip: &[u8] =
        &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0];
    vec![
        mode("a login page", Ask::Tasks, "something else than JSON", |_| {
            with("200 OK", "Content-Type: text/html\r\n", b"<html><form>Log in</form></html>")
        }),
        mode("a redirect", Ask::Tasks, "a redirect to https://portal.example/login", |_| {
            with("302 Found", "Location: https://u:p@portal.example/login?x=1\r\n", b"")
        }),
        mode("nothing", Ask::Tasks, "the answer was empty", |_| with("200 OK", "", b"")),
        mode("only a status", Ask::Tasks, "without Code and Success", |_| ok("{}")),
        mode("a list", Ask::Tasks, "something else than a JSON object", |_| ok("[1]")),
        mode("deep nesting", Ask::Tasks, "something else than JSON", |_| {
            data(&("[".repeat(100_000) + &"]".repeat(100_000)))
        }),
        mode("a name twice", Ask::Tasks, "a name that stands twice", |_| {
            data(r#"{"PageSize":50,"Total":0,"List":[],"List":[{"TaskId":"1"}]}"#)
        }),
        mode("no UTF-8", Ask::Tasks, "JSON in UTF-8", |_| {
            with("200 OK", "", b"{\"Code\":\"OK\",\"Success\":true,\"Data\":{\"List\":[{\"TaskName\":\"\xc3\x28\"}]}}")
        }),
        mode("half a surrogate", Ask::Tasks, "something else than JSON", |_| data(r#""\ud83d""#)),
        mode("gzip", Ask::Tasks, "a compressed answer (gzip)", move |_| {
            with("200 OK", "Content-Encoding: gzip\r\n", gzip)
        }),
        mode("gzip that nobody tells of", Ask::Tasks, "something else than JSON", move |_| {
            with("200 OK", "", gzip)
        }),
        mode(
            "less than the length says",
            Ask::Tasks,
            "broke before the answer was complete",
            |_| {
                vec![Part::Bytes(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"Code\":\"OK\"".to_vec(),
                )]
            },
        ),
        mode("more than the length says", Ask::Tasks, "something else than JSON", |_| {
            vec![Part::Bytes(
                b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{\"Code\":\"OK\"}".to_vec(),
            )]
        }),
        mode("two lengths", Ask::Tasks, "", |_| {
            vec![Part::Bytes(
                b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 2\r\n\r\n{}".to_vec(),
            )]
        }),
    ]
}

/// Bytes: what is no HTTP, or too much of it.
fn sizes() -> Vec<Mode> {
    let big = |text: &str, times: usize| {
        endless(vec![Part::Repeat(text.repeat(5_000).into(), times / 5_000)])
    };
    let names: String = (0..1_000_000).map(|n| format!("\"{n:x}\":0,")).collect();
    vec![
        mode("no HTTP", Ask::Tasks, "", |_| {
            vec![Part::Repeat(b"SSH-2.0-OpenSSH\r\n".to_vec(), 50)]
        }),
        mode("headers without end", Ask::Tasks, "", |_| {
            let line = b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
            vec![
                Part::Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Part::Repeat(line.to_vec(), 1_000_000),
            ]
        }),
        mode("a hundred megabytes", Ask::Tasks, "sent more than", move |_| {
            big("          ", 10_000_000)
        }),
        mode("sixty megabytes of objects", Ask::Tasks, "sent more than", move |_| {
            big("{},", 20_000_000)
        }),
        mode("fifteen megabytes of objects", Ask::Tasks, "too large", |_| {
            data(&format!("[{}0]", "{},".repeat(5_000_000)))
        }),
        mode("fifteen megabytes of names", Ask::Tasks, "too large", move |_| {
            data(&format!("{{{names}\"z\":0}}"))
        }),
    ]
}

/// Time: what never comes to an end.
fn slow() -> Vec<Mode> {
    vec![
        mode("silence", Ask::Tasks, "no answer", |_| vec![Part::Hang]),
        mode("a head that drips", Ask::Tasks, "no answer", |_| {
            vec![
                Part::Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Part::Drip(b"X-A: b\r\n".to_vec(), 100),
            ]
        }),
        mode("a body that drips", Ask::Tasks, "no answer", |_| {
            endless(vec![Part::Drip(b" ".to_vec(), 100)])
        }),
        mode("a body that stops", Ask::Tasks, "no answer", |_| {
            endless(vec![Part::Bytes(b"{\"Code\":\"OK\"".to_vec()), Part::Hang])
        }),
        mode("interim answers without end", Ask::Tasks, "no answer", |_| {
            vec![Part::Drip(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), 100)]
        }),
    ]
}

/// Lists: pages and rows that lie.
fn lists() -> Vec<Mode> {
    let filler = format!(r#","ConversationRecord":"{}""#, "x".repeat(200_000));
    let short = r#","CalledNumber":"13812341234","CallResult":"ANSWERED","OutId":"order-1""#;
    let long = |requests, mode: Mode| Mode { requests, seconds: 120, ..mode };
    vec![
        long(
            1_000,
            mode(
                "always a next page",
                Ask::Tasks,
                "within 1,000 pages or 50,000 items",
                |request| page(request, 1, Some(999_999), ""),
            ),
        ),
        long(
            1_001,
            mode(
                "rows without end",
                Ask::Details,
                "within 1,000 pages or 50,000 items",
                move |request| page(request, 50, None, short),
            ),
        ),
        long(
            1_001,
            mode("large rows without end", Ask::Details, "more than 48 MiB", move |request| {
                page(request, 50, None, &filler)
            }),
        ),
        mode("the same page again and again", Ask::Tasks, "the same page again", |_| {
            page("PageNo=1", 50, None, "")
        }),
        mode(
            "more announced than there is",
            Ask::Tasks,
            "says that there are 7 items, and lists 2",
            |request| {
                let items = if parameter(request, "PageNo") == "1" { 2 } else { 0 };
                page(request, items, Some(7), "")
            },
        ),
        mode("a list that is a text", Ask::Tasks, "instead of a page", |_| {
            data(r#"{"List":"x","Total":1}"#)
        }),
        mode("data that is a number", Ask::Tasks, "instead of a page", |_| data("7")),
        mode("an id that is an object", Ask::Tasks, "instead of a page of items", |_| {
            data(r#"{"List":[{"TaskId":{"a":1}}]}"#)
        }),
        mode("an id that is a boolean", Ask::Tasks, "instead of a page of items", |_| {
            data(r#"{"List":[{"TaskId":true}]}"#)
        }),
        mode("an id in exponents", Ask::Tasks, "instead of a page of items", |_| {
            data(r#"{"List":[{"TaskId":1.18e17}]}"#)
        }),
        mode("an item that is a text", Ask::Tasks, "instead of a page of items", |_| {
            data(r#"{"List":["x"]}"#)
        }),
        mode("voices that are an object", Ask::Voices, "instead of a list", |_| data("{}")),
    ]
}

/// A refresh: what the service says must not look like a task that is gone, or another one.
fn refreshes() -> Vec<Mode> {
    let detail = |request: &str| request.contains("QueryAiCallTaskDetail");
    vec![
        mode(
            "another task's settings",
            Ask::Refresh,
            "the settings of another one",
            move |request| {
                if detail(request) {
                    data(r#"{"TaskId":"118000000000000099","TaskName":"other"}"#)
                } else {
                    page(request, 0, Some(0), "")
                }
            },
        ),
        mode("settings that are a list", Ask::Refresh, "instead of an object", move |request| {
            if detail(request) { data("[]") } else { page(request, 0, Some(0), "") }
        }),
        mode(
            "gone, but the list does not end",
            Ask::Refresh,
            "says that there are 9 items",
            move |request| {
                if detail(request) { data("null") } else { page(request, 0, Some(9), "") }
            },
        ),
        mode("gone, but the list is no list", Ask::Refresh, "instead of a page", move |request| {
            if detail(request) { data("null") } else { data("true") }
        }),
        mode("a number beyond all bounds", Ask::Refresh, "Unexpected answer", move |request| {
            if detail(request) {
                data(r#"{"TaskId":"118000000000000001","StartTime":1e400}"#)
            } else {
                page(request, 0, Some(0), "")
            }
        }),
    ]
}

async fn read(
    client: &mut ProviderClient<Channel>,
    name: &str,
    config: &Json,
    schema: &Schema,
) -> (Value, Vec<Told>) {
    let config = state::decode(config.to_string().as_bytes(), schema).unwrap();
    let request = pb::read_data_source::Request {
        type_name: name.to_owned(),
        config: encode(&config, schema),
        ..Default::default()
    };
    let answer = client.read_data_source(request).await.unwrap().into_inner();
    (decode(answer.state, schema), told(answer.diagnostics))
}

fn prior() -> Value {
    let prior = json!({
        "id": "118000000000000001", "task_id": "118000000000000001", "task_name": "mine", "start_type": "IMMEDIATE",
        "call_time": [{ "start_time": "09:00:00", "end_time": "12:00:00" }], "call_day": ["MONDAY"], "agent_id": "1",
        "status": "STOPPED", "task_cps": 5,
    });
    state::decode(prior.to_string().as_bytes(), &SCHEMA).unwrap()
}

async fn ask(client: &mut ProviderClient<Channel>, ask: Ask) -> (Value, Vec<Told>) {
    match ask {
        Ask::Tasks => {
            read(client, "aiccs_call_tasks", &json!({}), call_tasks::CALL_TASKS.schema()).await
        }
        Ask::Details => {
            let config = json!({ "task_id": "1", "status": 1, "reveal_numbers": true });
            read(client, "aiccs_call_details", &config, call_details::CALL_DETAILS.schema()).await
        }
        Ask::Voices => read(client, "aiccs_voices", &json!({}), voices::VOICES.schema()).await,
        Ask::Refresh => {
            let request = pb::read_resource::Request {
                type_name: "aiccs_call_task".to_owned(),
                current_state: encode(&prior(), &SCHEMA),
                ..Default::default()
            };
            let answer = client.read_resource(request).await.unwrap().into_inner();
            let value = decode(answer.new_state, &SCHEMA);
            assert!(!value.is_null(), "a task that is not known to be gone stays");
            (Value::Null, told(answer.diagnostics))
        }
    }
}

fn provider(server: &Local, timeout: u64) -> Json {
    json!({
        "endpoint": format!("http://{}", server.address), "access_key": KEY, "secret_key": SECRET,
        "client_read_timeout": timeout, "client_connect_timeout": timeout, "max_retries": 1,
    })
}

#[track_caller]
fn check(modes: Vec<Mode>, timeout: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for mode in modes {
        let server = local::scripted(mode.script);
        runtime.block_on(async {
            let (plugin, mut client) = configured_at(&provider(&server, timeout)).await;
            let began = Instant::now();
            let (value, said) = ask(&mut client, mode.ask).await;
            let took = began.elapsed();
            let name = mode.name;
            let errors: Vec<_> = said.iter().filter(|told| told.error).collect();
            assert!(!errors.is_empty(), "{name}: no error, but {value}");
            assert!(value.is_null(), "{name}: a state beside an error");
            let text: String =
                errors.iter().map(|t| format!("{}\n{}\n", t.summary, t.detail)).collect();
            let says = |part: &str| text.to_lowercase().contains(&part.to_lowercase());
            assert!(says(mode.says), "{name}: {:?} is not in\n{text}", mode.says);
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{name}: {text:?}");
            assert!(text.len() < 4000, "{name}: {} bytes of message", text.len());
            let requests = server.heads().len();
            assert!(requests <= mode.requests, "{name}: {requests} requests");
            assert!(took < Duration::from_secs(mode.seconds), "{name}: {took:?}");
            if cfg!(target_os = "linux") {
                let peak = peak(plugin.process.id());
                println!("{name}: {} MiB, {took:?}, {requests} requests", peak >> 20);
                assert!(peak <= MOST_MEMORY, "{name}: {} MiB", peak >> 20);
            }
        });
    }
}

#[test]
fn what_is_no_answer_is_an_error() {
    check(shapes(), LONG);
    check(sizes(), LONG);
}

#[test]
fn what_never_ends_is_left() {
    check(slow(), SHORT);
}

#[test]
fn lists_are_bounded_and_do_not_lie() {
    check(lists(), LONG);
}

#[test]
fn a_task_is_not_gone_because_the_service_talks_nonsense() {
    check(refreshes(), LONG);
}

/// What is admitted fits, too: as many rows as one list may have, with all that a row has.
#[test]
fn the_longest_list_that_is_admitted_fits_into_memory() {
    const MEMBERS: [&str; 16] = [
        "CallId",
        "CallResult",
        "CalledNumber",
        "BatchId",
        "OutId",
        "FailedReason",
        "MajorIntent",
        "BranchId",
        "BranchName",
        "BranchVersionId",
        "VersionName",
        "ConversationRecord",
        "RecordingFilePath",
        "Options",
        "CallExpireTime",
        "TaskId2",
    ];
    let filler: String = MEMBERS
        .iter()
        .map(|name| format!(",\"{name}\":\"a text of thirty letters ......\""))
        .collect();
    let server = local::scripted(move |request| {
        let last = parameter(request, "PageNo") == "1000";
        page(request, if last { 49 } else { 50 }, None, &filler)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (plugin, mut client) = configured_at(&provider(&server, LONG)).await;
        let (value, said) = ask(&mut client, Ask::Details).await;
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(value.get("details").count(), 49_999);
        if cfg!(target_os = "linux") {
            let peak = peak(plugin.process.id());
            println!("{} MiB", peak >> 20);
            assert!(peak <= MOST_MEMORY, "{} MiB", peak >> 20);
        }
    });
}

/// Ctrl-C ends every wait at once, however long the timeouts are.
#[test]
fn a_stop_ends_every_wait_within_a_second() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for mode in slow() {
        let server = local::scripted(mode.script);
        runtime.block_on(async {
            let (_plugin, mut client) = configured_at(&provider(&server, 600_000)).await;
            let mut other = client.clone();
            let asked = tokio::spawn(async move { ask(&mut client, mode.ask).await });
            while server.heads().is_empty() {
                tokio::task::yield_now().await;
            }
            let began = Instant::now();
            other.stop_provider(pb::stop_provider::Request {}).await.unwrap();
            let (value, said) = asked.await.unwrap();
            assert!(value.is_null() && said.iter().any(|told| told.error), "{}", mode.name);
            assert!(
                began.elapsed() < Duration::from_secs(1),
                "{}: {:?}",
                mode.name,
                began.elapsed()
            );
        });
    }
}

/// Refreshes share pages of a list; one that has a page more each time it is asked is left all the same.
#[test]
fn a_shared_list_that_grows_is_left() {
    let server = local::scripted(|request| {
        let number: usize = parameter(request, "PageNo").parse().unwrap_or(1);
        if request.contains("QueryAiCallTaskDetail") {
            let id = parameter(request, "TaskId");
            data(&format!(r#"{{"TaskId":"{id}","TaskName":"t"}}"#))
        } else if parameter(request, "TaskId").is_empty() {
            page(request, 50, Some((number + 1) * 50), "")
        } else {
            page("PageNo=1", 0, Some(0), "")
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (_plugin, mut client) = configured_at(&provider(&server, LONG)).await;
        for _ in 0..4 {
            ask(&mut client, Ask::Refresh).await;
        }
        let requests = server.heads().len();
        assert!(requests < 60, "{requests} requests for four reads");
    });
}
