//! What fuzzers call: HTTP requests and operations' parameters, with the properties that hold for every input. The corpora are
//! replayed as ordinary tests.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::contract;
use super::dispatch;
use super::options::Options;
use super::perform::Admitted;
use super::request::Request;
use super::seed;
use super::store::Store;
use super::text;
use super::world::World;

/// A request line, headers, an empty line, a body: whatever comes, there is an answer of a known form.
pub fn http(data: &[u8]) {
    let at = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = at.map_or((data, &[][..]), |at| {
        (data.get(..at).unwrap_or_default(), data.get(at + 2..).unwrap_or_default())
    });
    let head = String::from_utf8_lossy(head).into_owned();
    let mut lines = head.lines();
    let (method, target) =
        lines.next().and_then(|line| line.split_once(' ')).unwrap_or(("GET", "/"));
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.trim().to_owned(), value.to_owned())).collect();
    let request = Request::new(method, target, headers, body.to_vec());
    let mut world = world();
    let answer = dispatch::handle(&mut world, &request).answer;
    well_formed(answer.status, answer.content_type, &answer.body);
    kept(&world.store);
    let pairs = text::pairs(&head);
    let again = text::pairs(&text::canonical(pairs.iter()));
    assert_eq!(
        text::canonical(again.iter()),
        text::canonical(pairs.iter()),
        "decoding undoes encoding"
    );
}

/// The place of an operation, then its parameters as a form: as if they had been signed.
pub fn parameters(data: &[u8]) {
    let Some((place, form)) = data.split_first() else { return };
    let operations: Vec<_> = contract::operations().collect();
    let Some(operation) = operations.get(usize::from(*place) % operations.len()) else { return };
    let form = String::from_utf8_lossy(form);
    let body =
        format!("Action={}&Version={}&Format=JSON&{form}", operation.name, operation.version);
    let kind = ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
    let request = Request::new("POST", "/", vec![kind], body.into_bytes());
    let mut world = world();
    for _ in 0..2 {
        let call = Admitted { request: &request, operation, caller: None, id: "id" };
        let answer = call.run(&mut world);
        well_formed(answer.status, answer.content_type, &answer.body);
        assert!(
            answer.code.is_some() || operation.data == contract::Data::Plain,
            "{}",
            answer.body
        );
    }
    kept(&world.store);
}

/// With a task, callees and an agent, at a fixed time.
fn world() -> World {
    let options =
        Options { clock: Arc::new(|| 1_790_000_000_000), seed: Some(1), ..Options::default() };
    let mut world =
        World::new(options).unwrap_or_else(|error| unreachable!("nothing is opened: {error}"));
    let document = json!({
        "agents": [{ "AgentId": "118000000000000009", "AgentName": "Anna" }],
        "tasks": [{ "TaskId": "1", "TaskName": "one", "StartType": "IMMEDIATE" }],
        "callees": [{ "TaskId": "1", "CalledNumber": "1", "OutId": "a" }, { "TaskId": "1", "CalledNumber": "2", "Status": 4 }],
    });
    let document: Map<String, Value> = document.as_object().cloned().unwrap_or_default();
    let loaded = seed::load(&mut world.store, &document, 0);
    assert!(loaded.is_ok(), "{loaded:?}");
    world
}

fn well_formed(status: u16, content_type: &str, body: &str) {
    assert!((200..600).contains(&status), "{status}");
    if content_type.starts_with("application/json") && !body.is_empty() {
        let parsed: Result<Value, _> = serde_json::from_str(body);
        assert!(parsed.is_ok(), "{body}");
    } else if content_type.starts_with("text/xml") {
        assert!(body.starts_with("<?xml") && body.ends_with('>'), "{body}");
    }
}

/// What a state file would hold is what there is.
fn kept(store: &Store) {
    let copy = store.copy();
    assert!(copy.is_ok(), "{:?}", copy.err());
    let copy = copy.unwrap_or_default();
    let shown = |store: &Store| {
        (json!(store.tasks()), store.details(), json!([store.agents(), store.instances()]))
    };
    assert_eq!(shown(&copy), shown(store));
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::replay::replay;

    #[test]
    fn the_corpora_pass() {
        replay("emulator_http", super::http);
        replay("emulator_parameters", super::parameters);
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            super::http(&data);
            super::parameters(&data);
        }

        #[test]
        fn any_request_gets_an_answer(
            method in "(GET|POST|PUT|PATCH|DELETE|[A-Z]{1,8})",
            path in "(/|/__(journal|tasks|details|control|clock|load|reset|late|release|view)(/[0-9a-z]{0,19})?(/callees)?)",
            query in "([A-Za-z]{0,10}=[^\\n]{0,20}&?){0,4}",
            body in r#"(\{("(TaskName|Status|CallTimes|at|speed|count|switches|faults|tasks|callees)":(1|"x"|\[\]|\{\}|null|-9{19}|\[\{\}\]),?){0,3}\}|.{0,40})"#,
        ) {
            super::http(format!("{method} {path}?{query}\nhost: a\n\n{body}").as_bytes());
        }

        #[test]
        fn any_parameters_get_an_answer(
            place in any::<u8>(),
            pairs in proptest::collection::vec((
                "(TaskId|TaskName|Status|StartType|CallTime|CallDay|TaskCps|VirtualNumber|AgentId|PhoneNumber|PhoneNumberList|\
                  DataType|DetailIdList|BatchId|PageNo|PageSize|OutId|Variables|Pager|DetailIds|TaskStartTime|MissCallRetry)",
                r#"(1|0|-1|one|JSON|true|IMMEDIATE|SCHEDULE|9{19}|9{30}|\[\]|\[1\]|\["MONDAY"\]|\{\}|\[\{"calleeNumber":"1"\}\]|.{0,12})"#,
            ), 0..8),
        ) {
            let form: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", crate::text::encode(value))).collect();
            let mut data = vec![place];
            data.extend(form.join("&").into_bytes());
            super::parameters(&data);
        }
    }
}
