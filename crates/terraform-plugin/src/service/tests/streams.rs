//! Lists and actions of the obedient provider.

use tokio_stream::StreamExt as _;

use super::*;
use pb::invoke_action::event::Type as Event;

impl ListResource<Arc<Seen>> for Obedient {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn list<'a>(
        &'a self,
        call: &'a TestContext,
        wanted: &'a Wanted,
        tell: Tell<'a>,
    ) -> BoxFuture<'a, Diagnostics> {
        Box::pin(async move {
            let endless = wanted.config.get("do").as_str() == Some("go on for ever");
            for number in (0..5).cycle() {
                tokio::task::yield_now().await;
                let mut seven = SCHEMA.empty();
                seven.put("id", Value::string(number.to_string()));
                seven.put("secret", Value::string("never told"));
                let told = tell(Found {
                    identity: Value::object([("id", seven.get("id").clone())]),
                    name: format!("number {number}"),
                    object: wanted.objects.then_some(seven),
                    diagnostics: Diagnostics::new(),
                });
                if !told || number == 4 && !endless {
                    break;
                }
            }
            let _ = self.obey(call, &wanted.config).await;
            let mut out = Diagnostics::new();
            if wanted.config.get("do").as_str() == Some("fail") {
                out.error("Failed", "In the middle.");
            }
            call.client.done.notify_one();
            out
        })
    }
}

impl Action<Arc<Seen>> for Obedient {
    fn name(&self) -> &'static str {
        "act"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, config: &Value) -> Diagnostics {
        let mut out = Diagnostics::new();
        match config.get("do").as_str() {
            Some("what is refused") => out.error("Refused", "By the check."),
            Some("what is odd") => out.warning("Odd", "By the check."),
            Some(_) | None => {}
        }
        out
    }

    fn plan<'a>(
        &'a self,
        call: Option<&'a TestContext>,
        config: &'a Value,
    ) -> BoxFuture<'a, Diagnostics> {
        if config.get("do").as_str() == Some("defer") {
            call.inspect(|call| call.defer(Deferral::AbsentPrerequisite));
        }
        Box::pin(async { Diagnostics::new() })
    }

    fn invoke<'a>(
        &'a self,
        call: &'a TestContext,
        config: &'a Value,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Diagnostics> {
        Box::pin(async move {
            progress(format!("secret: {}", config.get("secret")));
            let told = self.obey(call, config).await;
            progress("done".to_owned());
            told.diagnostics
        })
    }
}

fn list(what: &str, objects: bool, limit: i64) -> Request<pb::list_resource::Request> {
    Request::new(pb::list_resource::Request {
        type_name: "fake".to_owned(),
        config: dynamic(&object(what), &SCHEMA),
        include_resource_object: objects,
        limit,
    })
}

fn invoke(what: Value) -> Request<pb::invoke_action::Request> {
    Request::new(pb::invoke_action::Request {
        action_type: "act".to_owned(),
        config: dynamic(&what, &SCHEMA),
        ..Default::default()
    })
}

/// The progress messages, and the diagnostics of the event that ends the action.
async fn acted(service: &Service<Fake>, what: Value) -> (Vec<String>, Vec<pb::Diagnostic>) {
    let stream = service.invoke_action(invoke(what)).await.unwrap().into_inner();
    let mut events: Vec<_> = stream.map(|event| event.unwrap().r#type.unwrap()).collect().await;
    let Some(Event::Completed(end)) = events.pop() else { unreachable!("no end: {events:?}") };
    let message = |event| match event {
        Event::Progress(progress) => progress.message,
        Event::Completed(_) => unreachable!("an end in the middle"),
    };
    (events.into_iter().map(message).collect(), end.diagnostics)
}

#[tokio::test]
async fn a_list_has_identities_and_ends_at_its_limit() {
    let (service, _, _) = served();
    for (limit, count) in [(0, 5), (2, 2), (5, 5), (100, 5)] {
        let stream = service.list_resource(list("work", limit == 2, limit)).await.unwrap();
        let events: Vec<_> = stream.into_inner().map(|event| event.unwrap()).collect().await;
        assert_eq!(events.len(), count);
        for (number, event) in events.into_iter().enumerate() {
            assert_eq!(event.display_name, format!("number {number}"));
            let identity = event.identity.unwrap().identity_data.unwrap();
            let identity = msgpack::decode(&identity.msgpack, &IDENTITY).unwrap();
            assert_eq!(identity.get("id"), &Value::string(number.to_string()));
            assert_eq!(event.resource_object.is_some(), limit == 2);
            if let Some(object) = event.resource_object {
                assert_eq!(value(Some(object)).get("secret"), &Value::Null);
            }
        }
    }
}

#[tokio::test]
async fn a_list_that_fails_says_so_at_its_end() {
    let (service, _, _) = served();
    for (what, count, said) in [("fail", 6, "Failed"), ("panic", 6, "internally")] {
        let stream = service.list_resource(list(what, false, 0)).await.unwrap().into_inner();
        let events: Vec<_> = stream.map(|event| event.unwrap()).collect().await;
        assert_eq!(events.len(), count, "{what}");
        let end = &events.last().unwrap();
        assert!(end.identity.is_none() && end.diagnostic[0].summary.contains(said), "{what}");
    }
}

#[tokio::test]
async fn a_list_that_nobody_reads_ends() {
    let (service, seen, _) = served();
    let mut stream =
        service.list_resource(list("go on for ever", false, 0)).await.unwrap().into_inner();
    assert!(stream.next().await.unwrap().is_ok());
    drop(stream);
    seen.done.notified().await;
}

#[tokio::test]
async fn an_action_tells_its_progress_and_then_its_end() {
    let (service, _, writes) = served();
    let mut config = object("work");
    config.put("secret", Value::string("s"));
    let (messages, diagnostics) = acted(&service, config).await;
    assert_eq!((messages.join("; "), diagnostics), ("secret: \"s\"; done".to_owned(), Vec::new()));
    let (messages, diagnostics) = acted(&service, object("panic")).await;
    assert_eq!(messages.len(), 1);
    assert!(diagnostics[0].detail.contains("on purpose"));
    assert_eq!(*writes.borrow(), 0);
}

#[tokio::test]
async fn an_action_does_nothing_with_what_is_wrong_or_unknown() {
    let (service, _, _) = served();
    let mut unknown = object("work");
    unknown.put("secret", Value::Unknown);
    let missing = SCHEMA.empty();
    for (config, said) in [
        (object("what is refused"), "Refused"),
        (unknown, "Configuration not known yet"),
        (missing, "Missing required argument"),
        (Value::Null, "Configuration not known yet"),
    ] {
        let (messages, diagnostics) = acted(&service, config).await;
        assert_eq!((messages.len(), diagnostics[0].summary.as_str()), (0, said));
    }
}

#[tokio::test]
async fn a_plan_of_an_action_tells_what_a_validation_may_not_have_known() {
    let (service, _, _) = served();
    for (what, validated, planned) in
        [("what is refused", 1, 1), ("what is odd", 1, 1), ("work", 0, 0)]
    {
        let config = || dynamic(&object(what), &SCHEMA);
        let validate =
            pb::validate_action_config::Request { type_name: "act".to_owned(), config: config() };
        let answer = service.validate_action_config(Request::new(validate)).await.unwrap();
        assert_eq!(answer.into_inner().diagnostics.len(), validated, "{what}");
        let plan = pb::plan_action::Request {
            action_type: "act".to_owned(),
            config: config(),
            ..Default::default()
        };
        let answer = service.plan_action(Request::new(plan)).await.unwrap().into_inner();
        assert_eq!((answer.diagnostics.len(), answer.deferred), (planned, None), "{what}");
    }
}

#[tokio::test]
async fn a_dropped_action_is_not_cut_in_two() {
    let (service, seen, writes) = served();
    let stream = service.invoke_action(invoke(object("write slowly"))).await.unwrap();
    seen.entered.notified().await;
    assert_eq!(*writes.borrow(), 1);
    drop(stream);
    seen.go_on.notify_one();
    seen.done.notified().await;
    assert_eq!(seen.written.load(Ordering::SeqCst), 1);
    writes.subscribe().wait_for(|count| *count == 0).await.unwrap();
}

#[tokio::test]
async fn unknown_names_are_told() {
    let (service, _, _) = served();
    let request = pb::list_resource::Request { type_name: "other".into(), ..Default::default() };
    let stream = service.list_resource(Request::new(request)).await.unwrap().into_inner();
    let events: Vec<_> = stream.map(|event| event.unwrap()).collect().await;
    assert_eq!(events[0].diagnostic[0].summary, "Unknown list resource");
    let request = pb::invoke_action::Request { action_type: "other".into(), ..Default::default() };
    let stream = service.invoke_action(Request::new(request)).await.unwrap().into_inner();
    let events: Vec<_> = stream.map(|event| event.unwrap().r#type.unwrap()).collect().await;
    let [Event::Completed(end)] = events.as_slice() else { unreachable!("{events:?}") };
    assert_eq!(end.diagnostics[0].summary, "Unknown action");
}
