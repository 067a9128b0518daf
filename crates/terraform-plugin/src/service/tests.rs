//! The calls against a provider that does exactly what each test tells it to.

mod deferral;
mod streams;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_server::Provider as Rpc;
use tokio::sync::{Notify, watch};
use tonic::Request;

use super::{Service, Writes};
use crate::diagnostic::Diagnostics;
use crate::driver::{
    Action, BoxFuture, Change, Context, DataSource, Deferral, EphemeralResource, Found, Function,
    ImportTarget, ListResource, ModifyPlan, Opened, Progress, Provider, Resource, Response, Tell,
    Wanted,
};
use crate::msgpack;
use crate::schema::{Attribute, Mode, Schema, Type};
use crate::value::Value;

static SCHEMA: Schema = Schema::of(
    "",
    &[
        Attribute::new("do", Type::String, Mode::Required, ""),
        Attribute::new("id", Type::String, Mode::Computed, ""),
        Attribute::new("secret", Type::String, Mode::Optional, "").write_only(),
    ],
);

static IDENTITY: Schema = Schema::of("", &[Attribute::new("id", Type::String, Mode::Required, "")]);

/// What happened, seen by a test and the resource.
#[derive(Default)]
struct Seen {
    entered: Notify,
    go_on: Notify,
    written: AtomicUsize,
    done: Notify,
}

type TestContext = Context<Arc<Seen>>;

struct Fake;

impl Provider for Fake {
    type ProviderData = Arc<Seen>;

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    fn configure(&self, _: &Value, _: &str) -> (Option<Arc<Seen>>, Diagnostics) {
        (None, Diagnostics::new())
    }

    fn resources(&self) -> &'static [&'static dyn Resource<Arc<Seen>>] {
        &[&Obedient]
    }

    fn defers(&self, config: &Value) -> bool {
        config.get("do").is_unknown()
    }

    fn data_sources(&self) -> &'static [&'static dyn DataSource<Arc<Seen>>] {
        &[&Obedient]
    }

    fn ephemeral_resources(&self) -> &'static [&'static dyn EphemeralResource<Arc<Seen>>] {
        &[&Obedient]
    }

    fn functions(&self) -> &'static [&'static dyn Function] {
        &[]
    }

    fn list_resources(&self) -> &'static [&'static dyn ListResource<Arc<Seen>>] {
        &[&Obedient]
    }

    fn actions(&self) -> &'static [&'static dyn Action<Arc<Seen>>] {
        &[&Obedient]
    }
}

/// Does what its `do` says.
struct Obedient;

impl Obedient {
    async fn obey(&self, call: &TestContext, what: &Value) -> Response {
        let seen = &call.client;
        let mut object = what.clone();
        object.put("id", Value::string("7"));
        object.put("secret", Value::string("never stored"));
        seen.entered.notify_one();
        match what.get("do").as_str() {
            Some("panic") => std::panic::resume_unwind(Box::new("on purpose")),
            Some("wait for a stop") => {
                call.stop.cancelled().await;
                let mut told = Response::value(object);
                told.diagnostics.error("Interrupted", "The wait ended early.");
                told
            }
            Some("write slowly") => {
                seen.go_on.notified().await;
                seen.written.fetch_add(1, Ordering::SeqCst);
                seen.done.notify_one();
                Response::value(object)
            }
            Some("defer") => {
                call.defer(Deferral::AbsentPrerequisite);
                Response::default()
            }
            Some("leave unknowns") => {
                object.put("id", Value::Unknown);
                Response::value(object)
            }
            Some(_) | None => Response::value(object),
        }
    }
}

impl Resource<Arc<Seen>> for Obedient {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn identity(&self) -> Option<&'static Schema> {
        Some(&IDENTITY)
    }

    fn check(&self, config: &Value) -> Diagnostics {
        if config.get("do").as_str() == Some("panic") {
            std::panic::resume_unwind(Box::new("on purpose".to_owned()));
        }
        Diagnostics::new()
    }

    fn modify_plan<'a>(
        &'a self,
        call: Option<&'a TestContext>,
        request: &'a mut ModifyPlan<'_>,
    ) -> BoxFuture<'a, Diagnostics> {
        if request.config.get("do").as_str() == Some("defer") {
            call.inspect(|call| call.defer(Deferral::AbsentPrerequisite));
        }
        Box::pin(async { Diagnostics::new() })
    }

    fn create<'a>(&'a self, call: &'a TestContext, change: &'a Change) -> BoxFuture<'a, Response> {
        Box::pin(self.obey(call, &change.planned))
    }

    fn read<'a>(&'a self, call: &'a TestContext, state: &'a Value) -> BoxFuture<'a, Response> {
        Box::pin(self.obey(call, state))
    }

    fn update<'a>(&'a self, call: &'a TestContext, change: &'a Change) -> BoxFuture<'a, Response> {
        Box::pin(self.obey(call, &change.planned))
    }

    fn delete<'a>(&'a self, call: &'a TestContext, change: &'a Change) -> BoxFuture<'a, Response> {
        Box::pin(self.obey(call, &change.prior))
    }

    fn import<'a>(
        &'a self,
        call: &'a TestContext,
        target: &'a ImportTarget,
    ) -> BoxFuture<'a, Response> {
        let object = match target {
            ImportTarget::Id(id) => object(id),
            ImportTarget::Identity(identity) => object(identity.get("id").as_str().unwrap()),
        };
        Box::pin(async move { self.obey(call, &object).await })
    }
}

fn object(what: &str) -> Value {
    let mut object = SCHEMA.empty();
    object.put("do", Value::string(what));
    object
}

fn dynamic(value: &Value, schema: &Schema) -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack: msgpack::encode(value, schema).into(), ..Default::default() })
}

fn value(of: Option<pb::DynamicValue>) -> Value {
    msgpack::decode(&of.unwrap().msgpack, &SCHEMA).unwrap()
}

fn served() -> (Arc<Service<Fake>>, Arc<Seen>, Arc<Writes>) {
    let (seen, writes) = (Arc::new(Seen::default()), Arc::new(watch::Sender::new(0)));
    let service = Service::new(Fake, writes.clone());
    service.engine.configured(seen.clone());
    (Arc::new(service), seen, writes)
}

fn apply(what: &str) -> Request<pb::apply_resource_change::Request> {
    Request::new(pb::apply_resource_change::Request {
        type_name: "fake".to_owned(),
        planned_state: dynamic(&object(what), &SCHEMA),
        config: dynamic(&object(what), &SCHEMA),
        planned_private: "kept".into(),
        ..Default::default()
    })
}

#[tokio::test]
async fn a_dropped_call_does_not_cut_a_write_in_two() {
    let (service, seen, writes) = served();
    let call =
        tokio::spawn(async move { service.apply_resource_change(apply("write slowly")).await });
    seen.entered.notified().await;
    assert_eq!(*writes.borrow(), 1);
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(seen.written.load(Ordering::SeqCst), 0, "the write had not happened yet");
    seen.go_on.notify_one();
    seen.done.notified().await;
    assert_eq!(seen.written.load(Ordering::SeqCst), 1);
    writes.subscribe().wait_for(|count| *count == 0).await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_waits_and_later_calls_are_served() {
    let (service, seen, _) = served();
    for _ in 0..2 {
        let called = service.clone();
        let call =
            tokio::spawn(
                async move { called.apply_resource_change(apply("wait for a stop")).await },
            );
        seen.entered.notified().await;
        service.stop_provider(Request::new(pb::stop_provider::Request {})).await.unwrap();
        let answer = call.await.unwrap().unwrap().into_inner();
        assert_eq!(answer.diagnostics[0].summary, "Interrupted");
        // What was created before the stop is not lost.
        assert_eq!(value(answer.new_state).get("id"), &Value::string("7"));
    }
    let answer = service.apply_resource_change(apply("work")).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
}

#[tokio::test]
async fn a_stop_does_not_end_a_write() {
    let (service, seen, _) = served();
    let called = service.clone();
    let call =
        tokio::spawn(async move { called.apply_resource_change(apply("write slowly")).await });
    seen.entered.notified().await;
    service.stop_provider(Request::new(pb::stop_provider::Request {})).await.unwrap();
    seen.go_on.notify_one();
    let answer = call.await.unwrap().unwrap().into_inner();
    assert_eq!((answer.diagnostics, seen.written.load(Ordering::SeqCst)), (Vec::new(), 1));
}

#[tokio::test]
async fn a_panic_is_a_diagnostic_and_the_next_call_is_served() {
    let (service, _, writes) = served();
    let answer = service.apply_resource_change(apply("panic")).await.unwrap().into_inner();
    assert!(answer.diagnostics[0].detail.contains("on purpose"), "{:?}", answer.diagnostics);
    assert_eq!(*writes.borrow(), 0, "a shutdown need not wait for it");
    let request = pb::validate_resource_config::Request {
        type_name: "fake".to_owned(),
        config: dynamic(&object("panic"), &SCHEMA),
        ..Default::default()
    };
    let answer = service.validate_resource_config(Request::new(request)).await.unwrap();
    assert!(answer.into_inner().diagnostics[0].detail.contains("on purpose"));
    let answer = service.apply_resource_change(apply("work")).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
}

#[tokio::test]
async fn what_is_stored_is_known_without_secrets_and_with_its_private_data() {
    let (service, _, _) = served();
    for what in ["work", "leave unknowns"] {
        let answer = service.apply_resource_change(apply(what)).await.unwrap().into_inner();
        let stored = value(answer.new_state);
        assert!(stored.is_wholly_known());
        assert_eq!(stored.get("secret"), &Value::Null);
        assert_eq!(answer.private, "kept");
    }
    let request = pb::read_resource::Request {
        type_name: "fake".to_owned(),
        current_state: dynamic(&object("work"), &SCHEMA),
        private: "kept too".into(),
        ..Default::default()
    };
    let answer = service.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(answer.private, "kept too");
}

#[tokio::test]
async fn nothing_is_ever_deferred() {
    let (service, _, _) = served();
    let allowed = pb::ClientCapabilities {
        deferral_allowed: true,
        write_only_attributes_allowed: true,
        ..Default::default()
    };
    let read = pb::read_resource::Request {
        type_name: "fake".to_owned(),
        current_state: dynamic(&object("work"), &SCHEMA),
        client_capabilities: Some(allowed),
        ..Default::default()
    };
    let read = service.read_resource(Request::new(read)).await.unwrap().into_inner();
    assert_eq!((read.deferred, read.diagnostics), (None, Vec::new()));
    let mut unknown = object("work");
    unknown.put("do", Value::Unknown);
    let plan = pb::plan_resource_change::Request {
        type_name: "fake".to_owned(),
        config: dynamic(&unknown, &SCHEMA),
        proposed_new_state: dynamic(&unknown, &SCHEMA),
        client_capabilities: Some(allowed),
        ..Default::default()
    };
    let plan = service.plan_resource_change(Request::new(plan)).await.unwrap().into_inner();
    assert_eq!((plan.deferred, plan.diagnostics), (None, Vec::new()));
    assert!(!plan.legacy_type_system);
    let import = pb::import_resource_state::Request {
        type_name: "fake".to_owned(),
        id: "work".to_owned(),
        client_capabilities: Some(allowed),
        ..Default::default()
    };
    let import = service.import_resource_state(Request::new(import)).await.unwrap().into_inner();
    assert_eq!((import.deferred, import.imported_resources.len()), (None, 1));
}

/// The identity of the fake object.
static SEVEN: LazyLock<Option<pb::ResourceIdentityData>> = LazyLock::new(|| {
    let identity = Value::object([("id", Value::string("7"))]);
    Some(pb::ResourceIdentityData { identity_data: dynamic(&identity, &IDENTITY) })
});

#[tokio::test]
async fn identities_travel_with_every_call_that_knows_them() {
    let (service, _, _) = served();
    let applied = service.apply_resource_change(apply("work")).await.unwrap().into_inner();
    assert_eq!(applied.new_identity, *SEVEN);
    let mut known = object("work");
    known.put("id", Value::string("7"));
    for (prior, identity) in [(known, SEVEN.clone()), (Value::Null, None)] {
        let plan = pb::plan_resource_change::Request {
            type_name: "fake".to_owned(),
            prior_state: dynamic(&prior, &SCHEMA),
            config: dynamic(&object("work"), &SCHEMA),
            proposed_new_state: dynamic(&object("work"), &SCHEMA),
            ..Default::default()
        };
        let plan = service.plan_resource_change(Request::new(plan)).await.unwrap().into_inner();
        // A create does not know its identity yet.
        assert_eq!(plan.planned_identity, identity);
    }
    let import = pb::import_resource_state::Request {
        type_name: "fake".to_owned(),
        identity: SEVEN.clone(),
        ..Default::default()
    };
    let import = service.import_resource_state(Request::new(import)).await.unwrap().into_inner();
    let imported = import.imported_resources.into_iter().next().unwrap();
    assert_eq!((imported.type_name.as_str(), imported.identity), ("fake", SEVEN.clone()));
    assert_eq!(value(imported.state).get("do"), &Value::string("7"));
}

#[tokio::test]
async fn a_call_before_the_configuration_is_told_so() {
    let service = Service::new(Fake, Arc::new(watch::Sender::new(0)));
    let answer = service.apply_resource_change(apply("work")).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics[0].summary, "Provider not configured");
}
