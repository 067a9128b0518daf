//! Hostile bytes in every value of every call: the answer is a diagnostic or a status, never the end of the
//! process, and the next call is served.

mod hostile;

use std::pin::Pin;

use bytes::Bytes;
use terraform_plugin::driver::Provider as _;
use terraform_plugin::schema::{Nesting, Schema, Type};
use terraform_plugin::value::Value;
use terraform_plugin::{msgpack, value};
use terraform_provider_aiccs::provider::Aiccs;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tonic::Status;
use tonic::transport::Channel;

use self::hostile::*;
use crate::support::cloud::{Cloud, KEY, SECRET};
use crate::support::host::{Identity, Plugin};

/// What a call with one hostile value answers: whether anything in it is an error for the user.
type Answer = Pin<Box<dyn Future<Output = Result<bool, Status>> + Send>>;
type Call = Box<dyn Fn(ProviderClient<Channel>, pb::DynamicValue) -> Answer + Send + Sync>;

/// One place in one call where a value stands, with a sound value for it.
struct Place {
    name: String,
    sound: Vec<u8>,
    json: String,
    call: Call,
    /// The host's value is decoded there. Elsewhere it is passed over, which is as good.
    read: bool,
    /// So is its JSON.
    read_json: bool,
}

fn failed(diagnostics: &[pb::Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == pb::diagnostic::Severity::Error as i32)
}

/// A place in a call whose answer has diagnostics.
macro_rules! place {
    ($places:ident, $method:ident, $what:expr, $schema:expr, $read:expr, $request:expr) => {{
        let build = $request;
        $places.push(Place {
            name: format!("{} {}", stringify!($method), $what),
            sound: msgpack::encode(&sample($schema), $schema),
            json: json(&sample($schema)),
            read: $read,
            read_json: $read || stringify!($method).starts_with("upgrade"),
            call: Box::new(move |mut client, value| {
                let request = build(value);
                Box::pin(async move {
                    let answer = client.$method(request).await?.into_inner();
                    Ok(failed(&answer.diagnostics))
                })
            }),
        });
    }};
}

fn places() -> Vec<Place> {
    let mut places = Vec::new();
    provider(&mut places);
    for resource in Aiccs.resources() {
        pure_calls(&mut places, resource.name(), resource.schema());
        calls(&mut places, resource.name(), resource.schema());
        if let Some(identity) = resource.identity() {
            identities(&mut places, resource.name(), resource.schema(), identity);
        }
    }
    for source in Aiccs.data_sources() {
        let (name, schema) = (source.name(), source.schema());
        place!(places, validate_data_resource_config, name, schema, true, move |config| {
            pb::validate_data_resource_config::Request {
                type_name: name.into(),
                config: Some(config),
            }
        });
        place!(places, read_data_source, name, schema, true, move |config| {
            pb::read_data_source::Request {
                type_name: name.into(),
                config: Some(config),
                ..Default::default()
            }
        });
    }
    streams(&mut places);
    places
}

/// A place in a call that answers in a stream.
macro_rules! stream {
    ($places:ident, $method:ident, $what:expr, $schema:expr, $failed:expr, $request:expr) => {{
        let build = $request;
        $places.push(Place {
            name: format!("{} {}", stringify!($method), $what),
            sound: msgpack::encode(&sample($schema), $schema),
            json: json(&sample($schema)),
            read: true,
            read_json: true,
            call: Box::new(move |mut client, value| {
                let request = build(value);
                Box::pin(async move {
                    let mut events = client.$method(request).await?.into_inner();
                    let mut refused = false;
                    while let Some(event) = events.message().await? {
                        refused |= $failed(event);
                    }
                    Ok(refused)
                })
            }),
        });
    }};
}

fn streams(places: &mut Vec<Place>) {
    for list in Aiccs.list_resources() {
        let (name, schema) = (list.name(), list.schema());
        place!(
            places,
            validate_list_resource_config,
            name,
            schema,
            true,
            move |config: pb::DynamicValue| {
                pb::validate_list_resource_config::Request {
                    type_name: name.into(),
                    include_resource_object: Some(config.clone()),
                    limit: Some(config.clone()),
                    config: Some(config),
                }
            }
        );
        let refused = |event: pb::list_resource::Event| failed(&event.diagnostic);
        stream!(places, list_resource, name, schema, refused, move |config| {
            pb::list_resource::Request {
                type_name: name.into(),
                config: Some(config),
                ..Default::default()
            }
        });
    }
    for action in Aiccs.actions() {
        let (name, schema) = (action.name(), action.schema());
        place!(places, validate_action_config, name, schema, true, move |config| {
            pb::validate_action_config::Request { type_name: name.into(), config: Some(config) }
        });
        place!(places, plan_action, name, schema, true, move |config| {
            pb::plan_action::Request {
                action_type: name.into(),
                config: Some(config),
                ..Default::default()
            }
        });
        let refused = |event: pb::invoke_action::Event| match event.r#type.expect("never unset") {
            pb::invoke_action::event::Type::Progress(_) => false,
            pb::invoke_action::event::Type::Completed(end) => failed(&end.diagnostics),
        };
        stream!(places, invoke_action, name, schema, refused, move |config| {
            pb::invoke_action::Request {
                action_type: name.into(),
                config: Some(config),
                ..Default::default()
            }
        });
    }
}

fn provider(places: &mut Vec<Place>) {
    let schema = Aiccs.schema();
    place!(places, validate_provider_config, "config", schema, true, |config| {
        pb::validate_provider_config::Request { config: Some(config) }
    });
    place!(places, configure_provider, "config", schema, true, |config| {
        pb::configure_provider::Request { config: Some(config), ..Default::default() }
    });
}

fn pure_calls(places: &mut Vec<Place>, name: &'static str, schema: &'static Schema) {
    place!(places, validate_resource_config, name, schema, true, move |config| {
        pb::validate_resource_config::Request {
            type_name: name.into(),
            config: Some(config),
            ..Default::default()
        }
    });
    for part in ["config", "prior_state", "proposed_new_state", "provider_meta"] {
        // Of the proposal only the null that tells a destroy is looked for.
        let read = part != "provider_meta" && part != "proposed_new_state";
        place!(
            places,
            plan_resource_change,
            part,
            schema,
            read,
            move |hostile: pb::DynamicValue| {
                let sound = || Some(dynamic(msgpack::encode(&sample(schema), schema)));
                let mut request = pb::plan_resource_change::Request {
                    type_name: name.into(),
                    config: sound(),
                    prior_state: sound(),
                    proposed_new_state: sound(),
                    prior_private: hostile.msgpack.clone(),
                    planned_private: hostile.json.clone(),
                    prior_identity: Some(pb::ResourceIdentityData {
                        identity_data: Some(hostile.clone()),
                    }),
                    ..Default::default()
                };
                match part {
                    "config" => request.config = Some(hostile),
                    "prior_state" => request.prior_state = Some(hostile),
                    "proposed_new_state" => request.proposed_new_state = Some(hostile),
                    _ => request.provider_meta = Some(hostile),
                }
                request
            }
        );
    }
}

fn calls(places: &mut Vec<Place>, name: &'static str, schema: &'static Schema) {
    place!(places, read_resource, name, schema, true, move |state: pb::DynamicValue| {
        pb::read_resource::Request {
            type_name: name.into(),
            private: state.msgpack.clone(),
            provider_meta: Some(state.clone()),
            current_identity: Some(pb::ResourceIdentityData { identity_data: Some(state.clone()) }),
            current_state: Some(state),
            ..Default::default()
        }
    });
    for part in ["config", "prior_state", "planned_state"] {
        place!(
            places,
            apply_resource_change,
            part,
            schema,
            true,
            move |hostile: pb::DynamicValue| {
                let null = || Some(dynamic(vec![0xc0]));
                let mut request = pb::apply_resource_change::Request {
                    type_name: name.into(),
                    config: null(),
                    prior_state: null(),
                    planned_state: null(),
                    planned_private: hostile.msgpack.clone(),
                    provider_meta: Some(hostile.clone()),
                    planned_identity: Some(pb::ResourceIdentityData {
                        identity_data: Some(hostile.clone()),
                    }),
                };
                match part {
                    "config" => request.config = Some(hostile),
                    "prior_state" => request.prior_state = Some(hostile),
                    _ => request.planned_state = Some(hostile),
                }
                request
            }
        );
    }
}

fn identities(
    places: &mut Vec<Place>,
    name: &'static str,
    schema: &'static Schema,
    identity: &'static Schema,
) {
    place!(places, import_resource_state, name, identity, true, move |hostile| {
        pb::import_resource_state::Request {
            type_name: name.into(),
            identity: Some(pb::ResourceIdentityData { identity_data: Some(hostile) }),
            ..Default::default()
        }
    });
    place!(places, upgrade_resource_identity, name, identity, false, move |hostile| {
        pb::upgrade_resource_identity::Request {
            type_name: name.into(),
            version: 0,
            raw_identity: Some(raw(hostile)),
        }
    });
    place!(places, upgrade_resource_state, name, schema, false, move |hostile| {
        pb::upgrade_resource_state::Request {
            type_name: name.into(),
            version: 0,
            raw_state: Some(raw(hostile)),
        }
    });
}

/// Stored values are JSON, whatever the bytes are.
fn raw(value: pb::DynamicValue) -> pb::RawState {
    let json = if value.json.is_empty() { value.msgpack } else { value.json };
    pb::RawState { json, ..Default::default() }
}

fn dynamic(msgpack: impl Into<Bytes>) -> pb::DynamicValue {
    pb::DynamicValue { msgpack: msgpack.into(), json: Bytes::new() }
}

fn json_value(text: impl Into<Bytes>) -> pb::DynamicValue {
    pb::DynamicValue { msgpack: Bytes::new(), json: text.into() }
}

#[tokio::test]
async fn what_is_no_value_is_refused_at_every_place() {
    let mut served = Served::start().await;
    for place in places() {
        served.recovers(&place.name).await;
        for bytes in never_msgpack() {
            let shown = bytes[..bytes.len().min(9)].to_vec();
            let refused = served.send(&place, dynamic(bytes)).await;
            assert!(refused || !place.read, "{}: {shown:x?} was taken", place.name);
        }
        for text in never_json() {
            let shown = text[..text.len().min(9)].to_owned();
            let refused = served.send(&place, json_value(text)).await;
            assert!(refused || !place.read_json, "{}: {shown} was taken", place.name);
        }
        served.recovers(&place.name).await;
    }
}

#[tokio::test]
async fn a_truncated_value_is_refused_at_every_place() {
    let mut served = Served::start().await;
    for place in places() {
        served.recovers(&place.name).await;
        let (sound, json) = (&place.sound, &place.json);
        // Some lengths of each form, the first and the last among them; primes, so that all kinds are cut.
        for end in (1..sound.len()).step_by(23).chain([sound.len() - 1]) {
            let refused = served.send(&place, dynamic(sound[..end].to_vec())).await;
            assert!(refused || !place.read, "{}: {end} bytes were taken", place.name);
        }
        for end in (1..json.len()).step_by(37).chain([json.len() - 1]) {
            let refused = served.send(&place, json_value(json[..end].to_owned())).await;
            assert!(refused || !place.read_json, "{}: {end}", place.name);
        }
        served.recovers(&place.name).await;
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_refused_at_every_attribute() {
    let mut served = Served::start().await;
    for place in places().into_iter().filter(|place| place.read) {
        served.recovers(&place.name).await;
        for schema in schemas() {
            if msgpack::decode(&place.sound, schema).is_err() {
                continue;
            }
            for bytes in confused_msgpack(&place.sound, schema) {
                let refused = served.send(&place, dynamic(bytes.clone())).await;
                assert!(refused, "{}: {bytes:x?} was taken", place.name);
            }
        }
        served.recovers(&place.name).await;
    }
}

#[tokio::test]
async fn a_corrupted_byte_never_ends_the_process() {
    let mut served = Served::start().await;
    for place in places() {
        served.recovers(&place.name).await;
        for at in (0..place.sound.len()).step_by(29) {
            for byte in [0x00, 0x7f, 0x91, 0xc1, 0xd4, 0xdb] {
                let mut bytes = place.sound.clone();
                bytes[at] = byte;
                served.send(&place, dynamic(bytes)).await;
            }
        }
        served.recovers(&place.name).await;
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_at_every_place() {
    let mut served = Served::start().await;
    // Above the limits at two places, which share their decoders with the rest; a quarter of it at the others.
    let sized = |size: usize| {
        let length = u32::try_from(size).unwrap().to_be_bytes();
        let long = Bytes::from([&[0xdd][..], &length, &vec![0xc0; size]].concat());
        let text = Bytes::from(format!("\"{}\"", "x".repeat(size)));
        let many = Bytes::from(format!("[{}0]", "0,".repeat(size / 16)));
        (long, text, many)
    };
    let (above, below) = (sized(0x0410_0000), sized(0x0110_0000));
    for (index, place) in places().into_iter().enumerate() {
        let (long, text, many) = if index < 2 { &above } else { &below };
        let refused = served.send(&place, dynamic(long.clone())).await;
        assert!(refused || !place.read, "{}", place.name);
        for json in [text, many] {
            let refused = served.send(&place, json_value(json.clone())).await;
            assert!(refused || !place.read_json, "{}", place.name);
        }
    }
    served.recovers("large values").await;
}

#[tokio::test]
async fn arguments_of_functions_and_unknown_names_are_judged_too() {
    let mut served = Served::start().await;
    let mut hostile: Vec<_> = never_msgpack().into_iter().map(dynamic).collect();
    hostile.extend(never_json().into_iter().filter(|t| !t.starts_with('"')).map(json_value));
    let functions = Aiccs.functions().iter().map(|f| f.signature());
    let known = functions.map(|signature| (signature.name, signature.parameters.len()));
    for (name, parameters) in known.chain([("no_such_function", 1)]) {
        for value in &hostile {
            let arguments = vec![value.clone(); parameters];
            let request = pb::call_function::Request { name: name.into(), arguments };
            let answer = served.client.call_function(request).await.unwrap().into_inner();
            assert!(answer.error.is_some() || parameters == 0, "{name}: {value:?}");
        }
    }
    let request = pb::plan_resource_change::Request {
        type_name: "aiccs_\u{0}".repeat(1 << 16),
        ..Default::default()
    };
    let answer = served.client.plan_resource_change(request).await.unwrap().into_inner();
    assert!(failed(&answer.diagnostics));
    assert!(answer.diagnostics[0].detail.len() < 1 << 15, "a message stays a message");
    served.recovers("unknown names").await;
}

fn schemas() -> Vec<&'static Schema> {
    let mut all = vec![Aiccs.schema()];
    for resource in Aiccs.resources() {
        all.push(resource.schema());
        all.extend(resource.identity());
    }
    all.extend(Aiccs.data_sources().iter().map(|source| source.schema()));
    all.extend(Aiccs.list_resources().iter().map(|list| list.schema()));
    all.extend(Aiccs.actions().iter().map(|action| action.schema()));
    all
}
