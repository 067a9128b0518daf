//! gRPC over HTTP/2: each connection in a task of its own, each call passed to the service that its path names.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::body::Incoming as Received;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tfplugin_proto::health::health_server::HealthServer;
use tfplugin_proto::plugin::grpc_broker_server::GrpcBrokerServer;
use tfplugin_proto::plugin::grpc_controller_server::GrpcControllerServer;
use tfplugin_proto::plugin::grpc_stdio_server::GrpcStdioServer;
use tfplugin_proto::tfplugin6::provider_server::{Provider as Rpc, ProviderServer};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service as _, http};
use tonic::server::NamedService;
use tracing::debug;

use super::listen::{Connection, Incoming};
use super::services::{Broker, Controller, Health, Stdio};
use crate::service::Writes;

/// What go-plugin allows for one message, in both directions.
const MAX_MESSAGE: usize = 256 << 20;

/// All that a host may call.
pub(super) struct Services<S: Rpc> {
    provider: ProviderServer<S>,
    controller: GrpcControllerServer<Controller>,
    stdio: GrpcStdioServer<Stdio>,
    broker: GrpcBrokerServer<Broker>,
    health: HealthServer<Health>,
}

impl<S: Rpc> Services<S> {
    pub(super) fn new(provider: S, end: &CancellationToken, writes: Arc<Writes>) -> Services<S> {
        Services {
            provider: ProviderServer::new(provider)
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
            controller: GrpcControllerServer::new(Controller::new(end.clone(), writes)),
            stdio: GrpcStdioServer::new(Stdio::new(end.clone())),
            broker: GrpcBrokerServer::new(Broker::new(end.clone())),
            health: HealthServer::new(Health::new(end.clone())),
        }
    }
}

impl<S: Rpc> hyper::service::Service<http::Request<Received>> for Services<S> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn call(&self, request: http::Request<Received>) -> Self::Future {
        // Of `/tfplugin6.Provider/GetMetadata` the middle.
        let service = request.uri().path().split('/').nth(1);
        let is = |name| service == Some(name);
        if is(ProviderServer::<S>::NAME) {
            self.provider.clone().call(request)
        } else if is(GrpcControllerServer::<Controller>::NAME) {
            self.controller.clone().call(request)
        } else if is(GrpcStdioServer::<Stdio>::NAME) {
            self.stdio.clone().call(request)
        } else if is(GrpcBrokerServer::<Broker>::NAME) {
            self.broker.clone().call(request)
        } else if is(HealthServer::<Health>::NAME) {
            self.health.clone().call(request)
        } else {
            Box::pin(async { Ok(Status::unimplemented("").into_http()) })
        }
    }
}

/// Serves all connections until `end`, and then the calls that are under way.
pub(super) async fn serve<S: Rpc>(
    services: Services<S>,
    mut incoming: Incoming,
    end: &CancellationToken,
) {
    let services = Arc::new(services);
    let (serving, mut served) = mpsc::channel::<Infallible>(1);
    loop {
        let accepted = tokio::select! {
            accepted = incoming.recv() => accepted,
            () = end.cancelled() => break,
        };
        let Some(connection) = accepted else { break };
        let (services, end, serving) = (services.clone(), end.clone(), serving.clone());
        tokio::spawn(async move {
            serve_connection(connection, services, end).await;
            drop(serving);
        });
    }
    drop(serving);
    // Nothing is ever sent: this ends with the last connection.
    let _ = served.recv().await;
}

async fn serve_connection<S: Rpc>(
    connection: Connection,
    services: Arc<Services<S>>,
    end: CancellationToken,
) {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    // Hosts decide how much they ask at once, and want no date.
    builder.max_concurrent_streams(None).auto_date_header(false);
    let mut served = std::pin::pin!(builder.serve_connection(TokioIo::new(connection), services));
    let result = tokio::select! {
        result = &mut served => result,
        () = end.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = result {
        debug!(%error, "a connection failed");
    }
}
