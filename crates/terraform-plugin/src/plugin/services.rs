//! The services beside the provider: shutdown, and three that a host may open and this plugin has no use for.

use std::sync::Arc;
use std::time::Duration;

use tfplugin_proto::health::health_check_response::ServingStatus;
use tfplugin_proto::health::{HealthCheckRequest, HealthCheckResponse, health_server};
use tfplugin_proto::plugin::{ConnInfo, Empty, StdioData};
use tfplugin_proto::plugin::{grpc_broker_server, grpc_controller_server, grpc_stdio_server};
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming, async_trait};
use tracing::debug;

use crate::service::Writes;

/// How long an end waits for a write in flight. Hosts kill a plugin after 2 s, and a shutdown may wait twice.
const WRITE_GRACE: Duration = Duration::from_millis(800);

/// Waits until no write is in flight, but not long.
pub(super) async fn settled(writes: &Writes) {
    let _ = tokio::time::timeout(WRITE_GRACE, written(writes)).await;
}

/// Waits until no write is in flight. Each is bounded by its own time limit.
pub(super) async fn written(writes: &Writes) {
    let mut writes = writes.subscribe();
    let _ = writes.wait_for(|count| *count == 0).await;
}

/// A stream of `first`, then silence until the end of the process.
fn until_end<T: Send + 'static>(first: Option<T>, end: CancellationToken) -> BoxStream<T> {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        if let Some(first) = first {
            let _ = sender.send(Ok(first)).await;
        }
        tokio::select! {
            () = end.cancelled() => {}
            () = sender.closed() => {}
        }
    });
    Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver))
}

pub(super) struct Controller {
    end: CancellationToken,
    writes: Arc<Writes>,
}

impl Controller {
    pub(super) fn new(end: CancellationToken, writes: Arc<Writes>) -> Controller {
        Controller { end, writes }
    }
}

#[async_trait]
impl grpc_controller_server::GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        debug!("shutdown requested");
        settled(&self.writes).await;
        self.end.cancel();
        Ok(Response::new(Empty {}))
    }
}

pub(super) struct Stdio(CancellationToken);

impl Stdio {
    pub(super) fn new(end: CancellationToken) -> Stdio {
        Stdio(end)
    }
}

#[async_trait]
impl grpc_stdio_server::GrpcStdio for Stdio {
    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(Response::new(until_end(None, self.0.clone())))
    }
}

pub(super) struct Broker(CancellationToken);

impl Broker {
    pub(super) fn new(end: CancellationToken) -> Broker {
        Broker(end)
    }
}

#[async_trait]
impl grpc_broker_server::GrpcBroker for Broker {
    async fn start_stream(
        &self,
        _: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        Ok(Response::new(until_end(None, self.0.clone())))
    }
}

pub(super) struct Health(CancellationToken);

impl Health {
    pub(super) fn new(end: CancellationToken) -> Health {
        Health(end)
    }

    /// go-plugin's hosts ask about `plugin`; the empty name means the whole server.
    fn status(service: &str) -> Option<HealthCheckResponse> {
        let serving = HealthCheckResponse { status: ServingStatus::Serving.into() };
        matches!(service, "" | "plugin").then_some(serving)
    }
}

#[async_trait]
impl health_server::Health for Health {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match Health::status(&request.into_inner().service) {
            Some(status) => Ok(Response::new(status)),
            None => Err(Status::not_found("unknown service")),
        }
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<BoxStream<HealthCheckResponse>>, Status> {
        let unknown = HealthCheckResponse { status: ServingStatus::ServiceUnknown.into() };
        let first = Health::status(&request.into_inner().service).unwrap_or(unknown);
        Ok(Response::new(until_end(Some(first), self.0.clone())))
    }
}
