//! The shelf as a process that writes down each call it gets, and its answer, into the folder that `SHELF_CALLS` names: one file
//! a process, one line a call.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "mod.rs"]
mod shelf;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prost::Message;
use terraform_plugin::fuzzing;
use terraform_plugin::plugin::Program;
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_server::Provider as Rpc;
use tokio_stream::StreamExt as _;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, async_trait};

const PROGRAM: Program =
    Program::new("terraform-provider-shelf", &["registry.terraform.io/example/shelf"]);

struct Recorder {
    calls: Box<dyn Rpc>,
    file: PathBuf,
    lines: Mutex<Vec<String>>,
}

impl Recorder {
    /// A line for a call, in the order in which calls arrive; its answer follows.
    fn asked(&self, name: &str, request: &impl Message) -> usize {
        let mut lines = self.lines.lock().unwrap();
        lines.push(format!("{name} {}", printed(request)));
        lines.len() - 1
    }

    fn answered(&self, line: usize, answer: &impl Message) {
        let mut lines = self.lines.lock().unwrap();
        lines[line] += &format!(" {}", printed(answer));
        let mut file = std::fs::File::create(&self.file).unwrap();
        file.write_all(lines.join("\n").as_bytes()).unwrap();
    }
}

/// A message as text; a dot for none.
fn printed(message: &impl Message) -> String {
    let message = message.encode_to_vec();
    if message.is_empty() { ".".to_owned() } else { STANDARD_NO_PAD.encode(message) }
}

macro_rules! recorded {
    ($($method:ident $name:literal),* ; $($streamed:ident $title:literal),*) => {
        #[async_trait]
        impl Rpc for Recorder {
            $(async fn $method(&self, request: Request<pb::$method::Request>) -> Result<Response<pb::$method::Response>, Status> {
                let line = self.asked($name, request.get_ref());
                let answer = self.calls.$method(request).await?;
                self.answered(line, answer.get_ref());
                Ok(answer)
            })*
            $(async fn $streamed(&self, request: Request<pb::$streamed::Request>) -> Result<Response<BoxStream<pb::$streamed::Event>>, Status> {
                let line = self.asked($title, request.get_ref());
                let mut events = self.calls.$streamed(request).await?.into_inner();
                let mut all = Vec::new();
                while let Some(event) = events.next().await {
                    let event = event?;
                    self.answered(line, &event);
                    all.push(Ok(event));
                }
                Ok(Response::new(Box::pin(tokio_stream::iter(all))))
            })*
        }
    };
}

recorded! {
    get_provider_schema "GetProviderSchema",
    get_metadata "GetMetadata",
    get_resource_identity_schemas "GetResourceIdentitySchemas",
    get_functions "GetFunctions",
    validate_provider_config "ValidateProviderConfig",
    configure_provider "ConfigureProvider",
    stop_provider "StopProvider",
    validate_resource_config "ValidateResourceConfig",
    validate_data_resource_config "ValidateDataResourceConfig",
    upgrade_resource_state "UpgradeResourceState",
    upgrade_resource_identity "UpgradeResourceIdentity",
    read_resource "ReadResource",
    plan_resource_change "PlanResourceChange",
    apply_resource_change "ApplyResourceChange",
    import_resource_state "ImportResourceState",
    move_resource_state "MoveResourceState",
    read_data_source "ReadDataSource",
    generate_resource_config "GenerateResourceConfig",
    call_function "CallFunction",
    validate_ephemeral_resource_config "ValidateEphemeralResourceConfig",
    open_ephemeral_resource "OpenEphemeralResource",
    renew_ephemeral_resource "RenewEphemeralResource",
    close_ephemeral_resource "CloseEphemeralResource",
    validate_list_resource_config "ValidateListResourceConfig",
    validate_action_config "ValidateActionConfig",
    plan_action "PlanAction";
    list_resource "ListResource",
    invoke_action "InvokeAction"
}

fn main() -> ExitCode {
    let folder =
        PathBuf::from(std::env::var_os("SHELF_CALLS").expect("SHELF_CALLS names a folder"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let file = folder.join(format!("{now:020}-{}", std::process::id()));
    fuzzing::serve_around(shelf::Shelf, PROGRAM, |calls| Recorder {
        calls,
        file,
        lines: Mutex::new(Vec::new()),
    })
}
