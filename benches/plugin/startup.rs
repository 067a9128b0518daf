//! A process from spawn to exit: the handshake line, the schema, the memory, the end.

use std::process::Child;
use std::sync::Arc;
use std::time::Instant;

use rustls::DigitallySignedStruct;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tfplugin_proto::plugin::Empty;
use tfplugin_proto::plugin::grpc_controller_client::GrpcControllerClient;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use crate::build::Contestant;
use crate::effort::Effort;
use crate::figures::Figures;
use crate::host::{Identity, Plugin, client_config};

/// Starts and ends each contestant, turn by turn.
pub async fn measure(contestants: &[Contestant], effort: Effort, figures: &mut Figures) {
    for round in 0..effort.starts {
        for turn in 0..contestants.len() {
            let contestant = &contestants[(turn + round) % contestants.len()];
            if !contestant.slow || round < effort.slow_starts {
                once(contestant, figures).await;
            }
        }
    }
}

async fn once(contestant: &Contestant, figures: &mut Figures) {
    let name = contestant.name;
    let started = Instant::now();
    let mut plugin = contestant.start();
    figures.add(name, "spawn to line, ms", milliseconds(started));
    let channel = connect(contestant, &plugin).await;
    schema(&channel, plugin.fields()[1]).await;
    figures.add(name, "spawn to schema, ms", milliseconds(started));
    figures.add(name, "memory after schema, MiB", memory(&plugin.process));
    let started = Instant::now();
    let waiting = tokio::task::spawn_blocking(move || {
        plugin.process.wait().unwrap();
        milliseconds(started)
    });
    // The answer may be cut off by the end of the process: hosts ignore that.
    let _ = GrpcControllerClient::new(channel).shutdown(Empty {}).await;
    figures.add(name, "Shutdown to exit, ms", waiting.await.unwrap());
}

/// A connection as the host makes it.
pub async fn connect(contestant: &Contestant, plugin: &Plugin) -> Channel {
    // None where it was started without TLS.
    let certificate = Some(plugin.fields()[5]).filter(|text| !text.is_empty());
    let mut config = certificate.map(|certificate| client_config(certificate, Identity::Host));
    if let Some(config) = config.as_mut().filter(|_| contestant.slow) {
        config.dangerous().set_certificate_verifier(Arc::new(Unverified));
    }
    plugin.channel_with(config).await.expect("the host connects")
}

/// Asks for the schema of any protocol version and passes over its content.
pub async fn schema(channel: &Channel, version: &str) {
    let method = if version == "5" { "GetSchema" } else { "GetProviderSchema" };
    let path = format!("/tfplugin{version}.Provider/{method}");
    let mut client = Grpc::new(channel.clone()).max_decoding_message_size(256 << 20);
    client.ready().await.unwrap();
    let codec = ProstCodec::<(), ()>::default();
    let path = PathAndQuery::try_from(path).unwrap();
    client.unary(tonic::Request::new(()), path, codec).await.expect("a schema");
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Resident memory, in MiB.
pub fn memory(process: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id()));
    let status = status.expect("memory is read from /proc: measure on Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Go's plugins sign with P-521, which ring cannot verify; what is measured is not their certificate.
#[derive(Debug)]
struct Unverified;

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify_tls13_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        vec![rustls::SignatureScheme::ECDSA_NISTP521_SHA512]
    }
}
