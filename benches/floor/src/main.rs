//! The floor under every measurement: a gRPC server behind the provider's own TLS that decodes nothing, checks
//! nothing and echoes what it is sent. What a plugin costs beyond this is the provider's own doing.

#[path = "../../../crates/terraform-plugin/src/plugin/certificate.rs"]
mod certificate;

use std::error::Error;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tfplugin_proto::plugin::Empty;
use tfplugin_proto::plugin::grpc_controller_server::{GrpcController, GrpcControllerServer};
use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_server::{Provider, ProviderServer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, mpsc};
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;
use tonic::{Request, Response, Status, async_trait};

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let identity =
        certificate::ServerIdentity::generate("floor", &std::env::var("PLUGIN_CLIENT_CERT")?)?;
    let path = std::env::temp_dir().join(format!("floor-{}", std::process::id()));
    let listener = UnixListener::bind(&path)?;
    let certificate = STANDARD_NO_PAD.encode(&identity.certificate);
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "1|6|unix|{}|grpc|{certificate}", path.display())?;
    stdout.flush()?;
    drop(stdout);
    let acceptor = identity.acceptor();
    let (ready, incoming) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = ready.send(Ok::<_, io::Error>(Connection(stream))).await;
            }
        }
    });
    let end = Arc::new(Notify::new());
    tonic::transport::Server::builder()
        .add_service(ProviderServer::new(Echo))
        .add_service(GrpcControllerServer::new(End(end.clone())))
        .serve_with_incoming_shutdown(ReceiverStream::new(incoming), end.notified())
        .await?;
    std::fs::remove_file(path)?;
    Ok(())
}

struct Connection(TlsStream<UnixStream>);

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}

struct End(Arc<Notify>);

#[async_trait]
impl GrpcController for End {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.0.notify_one();
        Ok(Response::new(Empty {}))
    }
}

struct Echo;

#[async_trait]
impl Provider for Echo {
    async fn get_provider_schema(
        &self,
        _: Request<pb::get_provider_schema::Request>,
    ) -> Result<Response<pb::get_provider_schema::Response>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn validate_resource_config(
        &self,
        _: Request<pb::validate_resource_config::Request>,
    ) -> Result<Response<pb::validate_resource_config::Response>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::upgrade_resource_state::Request>,
    ) -> Result<Response<pb::upgrade_resource_state::Response>, Status> {
        let json = request.into_inner().raw_state.unwrap_or_default().json;
        let upgraded_state = Some(pb::DynamicValue { json, ..Default::default() });
        Ok(Response::new(pb::upgrade_resource_state::Response {
            upgraded_state,
            ..Default::default()
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<pb::plan_resource_change::Request>,
    ) -> Result<Response<pb::plan_resource_change::Response>, Status> {
        let planned_state = request.into_inner().proposed_new_state;
        Ok(Response::new(pb::plan_resource_change::Response {
            planned_state,
            ..Default::default()
        }))
    }
}
