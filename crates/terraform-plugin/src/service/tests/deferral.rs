//! What is put off, over the protocol, with hosts that can do it and with those that cannot.

use super::*;

fn able(deferral_allowed: bool) -> Option<pb::ClientCapabilities> {
    Some(pb::ClientCapabilities { deferral_allowed, ..Default::default() })
}

fn reason(deferred: Option<pb::Deferred>) -> Option<pb::deferred::Reason> {
    deferred.map(|deferred| deferred.reason())
}

/// The reason, what the user is told, and the value.
type Told = (Option<pb::deferred::Reason>, Vec<String>, Option<pb::DynamicValue>);

fn told(
    deferred: Option<pb::Deferred>,
    diagnostics: Vec<pb::Diagnostic>,
    value: Option<pb::DynamicValue>,
) -> Told {
    let summaries = diagnostics.into_iter().map(|diagnostic| diagnostic.summary).collect();
    (reason(deferred), summaries, value)
}

/// Each call that can be put off.
async fn all(service: &Service<Fake>, allowed: bool) -> Vec<(&'static str, Told)> {
    let config = || dynamic(&object("defer"), &SCHEMA);
    let capabilities = able(allowed);
    let plan = pb::plan_resource_change::Request {
        type_name: "fake".to_owned(),
        proposed_new_state: config(),
        config: config(),
        client_capabilities: capabilities,
        ..Default::default()
    };
    let plan = service.plan_resource_change(Request::new(plan)).await.unwrap().into_inner();
    let read = pb::read_resource::Request {
        type_name: "fake".to_owned(),
        current_state: config(),
        client_capabilities: capabilities,
        ..Default::default()
    };
    let read = service.read_resource(Request::new(read)).await.unwrap().into_inner();
    let import = pb::import_resource_state::Request {
        type_name: "fake".to_owned(),
        id: "defer".to_owned(),
        client_capabilities: capabilities,
        ..Default::default()
    };
    let import = service.import_resource_state(Request::new(import)).await.unwrap().into_inner();
    let imported = import.imported_resources.into_iter().next().and_then(|one| one.state);
    let data = pb::read_data_source::Request {
        type_name: "fake".to_owned(),
        config: config(),
        client_capabilities: capabilities,
        ..Default::default()
    };
    let data = service.read_data_source(Request::new(data)).await.unwrap().into_inner();
    let act = pb::plan_action::Request {
        action_type: "act".to_owned(),
        config: config(),
        client_capabilities: capabilities,
    };
    let act = service.plan_action(Request::new(act)).await.unwrap().into_inner();
    let open = pb::open_ephemeral_resource::Request {
        type_name: "fake".to_owned(),
        config: config(),
        client_capabilities: capabilities,
    };
    let open = service.open_ephemeral_resource(Request::new(open)).await.unwrap().into_inner();
    vec![
        ("plan", told(plan.deferred, plan.diagnostics, plan.planned_state)),
        ("read", told(read.deferred, read.diagnostics, read.new_state)),
        ("import", told(import.deferred, import.diagnostics, imported)),
        ("data source", told(data.deferred, data.diagnostics, data.state)),
        ("action", told(act.deferred, act.diagnostics, None)),
        ("open", told(open.deferred, open.diagnostics, open.result)),
    ]
}

#[tokio::test]
async fn what_has_to_wait_is_put_off_where_the_host_can_do_that() {
    let (service, _, _) = served();
    for (call, (reason, told, of)) in all(&service, true).await {
        assert_eq!((reason, told), (Some(pb::deferred::Reason::AbsentPrereq), vec![]), "{call}");
        match call {
            // There is nothing to show yet.
            "action" | "import" => assert_eq!(of, None, "{call}"),
            // What was there is not gone.
            "read" => assert_eq!(value(of), object("defer")),
            _ => {
                let of = value(of);
                assert_eq!(of.get("do"), &Value::string("defer"), "{call}");
                assert_eq!(of.get("id"), &Value::Unknown, "{call}");
            }
        }
    }
}

#[tokio::test]
async fn what_has_to_wait_is_an_error_where_the_host_cannot() {
    let (service, _, _) = served();
    for (call, (reason, told, _)) in all(&service, false).await {
        assert_eq!((reason, told), (None, vec!["Something is not there yet".to_owned()]), "{call}");
    }
}

#[tokio::test]
async fn everything_waits_for_the_configuration_of_the_provider() {
    let configure = |service: Arc<Service<Fake>>, text: Value, allowed: bool| async move {
        let mut config = object("x");
        config.put("do", text);
        let request = pb::configure_provider::Request {
            config: dynamic(&config, &SCHEMA),
            client_capabilities: able(allowed),
            ..Default::default()
        };
        service.configure_provider(Request::new(request)).await.unwrap().into_inner().diagnostics
    };
    let (service, _, _) = served();
    assert_eq!(configure(service.clone(), Value::Unknown, true).await, []);
    for (call, (reason, told, _)) in all(&service, true).await {
        let expected = Some(pb::deferred::Reason::ProviderConfigUnknown);
        assert_eq!((reason, told), (expected, vec![]), "{call}");
    }
    let refused = configure(service.clone(), Value::Unknown, false).await;
    assert_eq!(refused[0].summary, "Provider configuration not known yet");
    assert!(refused[0].detail.contains("`-target=ADDRESS`"), "{}", refused[0].detail);
    // Once it is known, nothing waits for it any more.
    assert_eq!(configure(service.clone(), Value::string("x"), true).await, []);
    for (call, (reason, _, _)) in all(&service, true).await {
        assert_ne!(reason, Some(pb::deferred::Reason::ProviderConfigUnknown), "{call}");
    }
}

impl DataSource<Arc<Seen>> for Obedient {
    fn name(&self) -> &'static str {
        "fake"
    }
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn read<'a>(&'a self, call: &'a TestContext, _: &'a Value) -> BoxFuture<'a, Response> {
        call.defer(Deferral::AbsentPrerequisite);
        call.defer(Deferral::ResourceConfigUnknown);
        Response::default().ready()
    }
}

impl EphemeralResource<Arc<Seen>> for Obedient {
    fn name(&self) -> &'static str {
        "fake"
    }
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn check(&self, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }
    fn open<'a>(&'a self, call: &'a TestContext, _: &'a Value) -> BoxFuture<'a, Opened> {
        call.defer(Deferral::AbsentPrerequisite);
        Box::pin(async { Opened::default() })
    }
}
