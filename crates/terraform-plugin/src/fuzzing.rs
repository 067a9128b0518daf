//! What fuzzers call: one call of the protocol with bytes as they come, in this process.

use prost::Message as _;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_server::Provider as _;
use tokio::sync::watch;
use tokio_stream::StreamExt as _;
use tonic::Request;

use super::driver::Provider;
use super::service::Service;

/// How many calls there are; the first byte picks one of them.
pub const CALLS: u8 = 17;

/// A call: one byte for the method, then the message. A panic of the provider is one of ours.
pub fn call<P: Provider>(provider: P, data: &[u8]) {
    let Some((method, message)) = data.split_first() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(one(provider, method % CALLS, message));
}

async fn one<P: Provider>(provider: P, method: u8, message: &[u8]) {
    let service = Service::new(provider, watch::Sender::new(0).into());
    macro_rules! answer {
        ($method:ident) => {{
            let Ok(request) = pb::$method::Request::decode(message) else { return };
            let Ok(answer) = service.$method(Request::new(request)).await else { return };
            all_told(&answer.into_inner().diagnostics);
        }};
    }
    macro_rules! streamed {
        ($method:ident) => {{
            let Ok(request) = pb::$method::Request::decode(message) else { return };
            let Ok(answer) = service.$method(Request::new(request)).await else { return };
            let mut events = answer.into_inner();
            while let Some(Ok(event)) = events.next().await {
                told(&format!("{event:?}").replace("\\u", ""));
            }
        }};
    }
    match method {
        0 => answer!(validate_provider_config),
        1 => answer!(configure_provider),
        2 => answer!(validate_resource_config),
        3 => answer!(upgrade_resource_state),
        4 => answer!(read_resource),
        5 => answer!(plan_resource_change),
        6 => answer!(apply_resource_change),
        7 => answer!(import_resource_state),
        8 => answer!(upgrade_resource_identity),
        9 => answer!(validate_data_resource_config),
        10 => answer!(read_data_source),
        11 => answer!(validate_list_resource_config),
        12 => answer!(validate_action_config),
        13 => answer!(plan_action),
        14 => {
            let Ok(request) = pb::call_function::Request::decode(message) else { return };
            let answer = service.call_function(Request::new(request)).await;
            let Ok(answer) = answer else { return };
            if let Some(error) = answer.into_inner().error {
                told(&error.text);
            }
        }
        15 => streamed!(list_resource),
        16 => streamed!(invoke_action),
        _ => {}
    }
}

fn all_told(diagnostics: &[pb::Diagnostic]) {
    for diagnostic in diagnostics {
        told(&diagnostic.summary);
        told(&diagnostic.detail);
    }
}

fn told(text: &str) {
    assert!(!text.contains(PANIC), "{text}");
    assert!(!text.contains(|letter: char| letter.is_control() && letter != '\n'), "{text:?}");
}

/// How a panic is told.
const PANIC: &str = "failed internally";
