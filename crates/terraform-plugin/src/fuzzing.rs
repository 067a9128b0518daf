//! What fuzzers and conformance tests call: the calls of the protocol with bytes as they come, in this process, and a process
//! with something around its calls. No part of what a provider uses.

use std::process::ExitCode;

use prost::Message;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_server::Provider as Rpc;
use tokio::sync::watch;
use tokio_stream::StreamExt as _;
use tonic::{Request, Status};

use super::driver::Provider;
use super::plugin::{Program, serve_calls, service};
use super::service::Service;

/// The calls that a provider answers; the first byte of a fuzzer's input picks one. Stores of states are not among them.
pub const CALLS: [&str; 28] = [
    "ValidateProviderConfig",
    "ConfigureProvider",
    "ValidateResourceConfig",
    "UpgradeResourceState",
    "ReadResource",
    "PlanResourceChange",
    "ApplyResourceChange",
    "ImportResourceState",
    "UpgradeResourceIdentity",
    "ValidateDataResourceConfig",
    "ReadDataSource",
    "ValidateListResourceConfig",
    "ValidateActionConfig",
    "PlanAction",
    "CallFunction",
    "ListResource",
    "InvokeAction",
    "GetProviderSchema",
    "GetMetadata",
    "GetResourceIdentitySchemas",
    "GetFunctions",
    "StopProvider",
    "MoveResourceState",
    "GenerateResourceConfig",
    "ValidateEphemeralResourceConfig",
    "OpenEphemeralResource",
    "RenewEphemeralResource",
    "CloseEphemeralResource",
];

/// A call: one byte for the method, then the message. A panic of the provider is one of ours.
pub fn call<P: Provider>(provider: P, data: &[u8]) {
    let Some((method, message)) = data.split_first() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    let name = CALLS[usize::from(*method) % CALLS.len()];
    let answer = runtime.block_on(async { Hostless::new(provider).call(name, message).await });
    if let Ok(answer) = answer {
        answer.words.iter().for_each(|text| told(text));
    }
}

fn told(text: &str) {
    assert!(!text.contains(PANIC), "{text}");
    assert!(!text.contains(|letter: char| letter.is_control() && letter != '\n'), "{text:?}");
}

/// How a panic is told.
pub const PANIC: &str = "failed internally";

/// The calls of a provider, without a host and without a process.
pub struct Hostless<P: Provider>(Service<P>);

/// What a call is answered with.
#[derive(Debug, Default)]
pub struct Messages {
    /// The message, or those of a stream.
    pub messages: Vec<Vec<u8>>,
    /// Every text in it that a user is shown.
    pub words: Vec<String>,
}

impl<P: Provider> Hostless<P> {
    /// A provider that nobody has configured yet.
    pub fn new(provider: P) -> Hostless<P> {
        Hostless(Service::new(provider, watch::Sender::new(0).into()))
    }

    /// Answers one call.
    ///
    /// # Errors
    /// The bytes are no such message, or there is no such call.
    pub async fn call(&self, name: &str, message: &[u8]) -> Result<Messages, Status> {
        macro_rules! one {
            ($method:ident) => {{
                let request = Request::new(decoded::<pb::$method::Request>(message)?);
                Ok(Messages::default().with(&self.0.$method(request).await?.into_inner()))
            }};
        }
        macro_rules! many {
            ($method:ident) => {{
                let request = Request::new(decoded::<pb::$method::Request>(message)?);
                let mut events = self.0.$method(request).await?.into_inner();
                let mut answer = Messages::default();
                while let Some(event) = events.next().await {
                    answer = answer.with(&event?);
                }
                Ok(answer)
            }};
        }
        match name {
            "ValidateProviderConfig" => one!(validate_provider_config),
            "ConfigureProvider" => one!(configure_provider),
            "ValidateResourceConfig" => one!(validate_resource_config),
            "UpgradeResourceState" => one!(upgrade_resource_state),
            "ReadResource" => one!(read_resource),
            "PlanResourceChange" => one!(plan_resource_change),
            "ApplyResourceChange" => one!(apply_resource_change),
            "ImportResourceState" => one!(import_resource_state),
            "UpgradeResourceIdentity" => one!(upgrade_resource_identity),
            "ValidateDataResourceConfig" => one!(validate_data_resource_config),
            "ReadDataSource" => one!(read_data_source),
            "ValidateListResourceConfig" => one!(validate_list_resource_config),
            "ValidateActionConfig" => one!(validate_action_config),
            "PlanAction" => one!(plan_action),
            "CallFunction" => one!(call_function),
            "ListResource" => many!(list_resource),
            "InvokeAction" => many!(invoke_action),
            "GetProviderSchema" => one!(get_provider_schema),
            "GetMetadata" => one!(get_metadata),
            "GetResourceIdentitySchemas" => one!(get_resource_identity_schemas),
            "GetFunctions" => one!(get_functions),
            "StopProvider" => one!(stop_provider),
            "MoveResourceState" => one!(move_resource_state),
            "GenerateResourceConfig" => one!(generate_resource_config),
            "ValidateEphemeralResourceConfig" => one!(validate_ephemeral_resource_config),
            "OpenEphemeralResource" => one!(open_ephemeral_resource),
            "RenewEphemeralResource" => one!(renew_ephemeral_resource),
            "CloseEphemeralResource" => one!(close_ephemeral_resource),
            _ => Err(Status::not_found(name)),
        }
    }
}

impl<P: Provider> std::fmt::Debug for Hostless<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hostless").finish_non_exhaustive()
    }
}

impl Messages {
    fn with(mut self, message: &(impl Message + Words)) -> Messages {
        self.messages.push(message.encode_to_vec());
        message.words(&mut self.words);
        self
    }
}

/// Serves a provider to the host that started this process, with something around its calls.
pub fn serve_around<P: Provider, S: Rpc>(
    provider: P,
    program: Program,
    around: impl FnOnce(Box<dyn Rpc>) -> S,
) -> ExitCode {
    serve_calls(program, |gone, writes| around(Box::new(service(provider, gone, writes))))
}

fn decoded<M: Message + Default>(message: &[u8]) -> Result<M, Status> {
    M::decode(message).map_err(|error| Status::internal(error.to_string()))
}

/// What a message tells the user.
trait Words {
    fn words(&self, out: &mut Vec<String>);
}

fn all_told(diagnostics: &[pb::Diagnostic], out: &mut Vec<String>) {
    for diagnostic in diagnostics {
        out.extend([diagnostic.summary.clone(), diagnostic.detail.clone()]);
    }
}

macro_rules! with_diagnostics {
    ($($method:ident)*) => {
        $(impl Words for pb::$method::Response {
            fn words(&self, out: &mut Vec<String>) {
                all_told(&self.diagnostics, out);
            }
        })*
    };
}

with_diagnostics! {
    apply_resource_change close_ephemeral_resource configure_provider generate_resource_config get_functions get_metadata
    get_provider_schema get_resource_identity_schemas import_resource_state move_resource_state open_ephemeral_resource
    plan_action plan_resource_change read_data_source read_resource renew_ephemeral_resource upgrade_resource_identity
    upgrade_resource_state validate_action_config validate_data_resource_config validate_ephemeral_resource_config
    validate_list_resource_config validate_provider_config validate_resource_config
}

impl Words for pb::stop_provider::Response {
    fn words(&self, out: &mut Vec<String>) {
        out.push(self.error.clone());
    }
}

impl Words for pb::call_function::Response {
    fn words(&self, out: &mut Vec<String>) {
        out.extend(self.error.as_ref().map(|error| error.text.clone()));
    }
}

impl Words for pb::list_resource::Event {
    fn words(&self, out: &mut Vec<String>) {
        all_told(&self.diagnostic, out);
    }
}

impl Words for pb::invoke_action::Event {
    fn words(&self, out: &mut Vec<String>) {
        use pb::invoke_action::event::Type;
        match &self.r#type {
            Some(Type::Progress(progress)) => out.push(progress.message.clone()),
            Some(Type::Completed(completed)) => all_told(&completed.diagnostics, out),
            None => {}
        }
    }
}
