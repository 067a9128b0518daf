//! A host of the plugin protocol: starts the provider as Terraform does, mutual TLS with an ECDSA P-521 key
//! included, and speaks gRPC with it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use p521::ecdsa::signature::Signer as _;
use rustls::client::ResolvesClientCert;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{ClientConfig, RootCertStore, SignatureAlgorithm, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName};
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};

pub const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// Who connects.
#[derive(Clone, Copy, PartialEq)]
pub enum Identity {
    /// The host whose certificate the plugin was given.
    Host,
    /// Somebody with another certificate.
    Stranger,
    /// Somebody without a certificate.
    Nobody,
    /// No TLS at all.
    Plaintext,
}

pub const HOST_PEM: &str = include_str!("../../data/plugin/host.pem");

/// A provider process.
pub struct Plugin {
    pub process: Child,
    pub line: String,
}

impl Plugin {
    /// Started with mutual TLS.
    pub fn start() -> Plugin {
        Plugin::spawn(Plugin::command().env("PLUGIN_CLIENT_CERT", HOST_PEM))
    }

    /// Started as with TF_DISABLE_PLUGIN_TLS.
    pub fn start_plain() -> Plugin {
        Plugin::spawn(&mut Plugin::command())
    }

    pub fn command() -> Command {
        Plugin::command_of(super::PROVIDER)
    }

    /// A binary as Terraform starts it, without TLS.
    pub fn command_of(binary: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(binary);
        command
            .env_clear()
            .env(COOKIE.0, COOKIE.1)
            .env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    }

    pub fn spawn(command: &mut Command) -> Plugin {
        let mut process = command.spawn().expect("the provider starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Plugin { process, line: line.trim_end_matches('\n').to_owned() }
    }

    pub fn fields(&self) -> Vec<&str> {
        self.line.split('|').collect()
    }

    pub async fn connect(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel(Identity::Host).await.expect("the host connects"))
            .max_decoding_message_size(64 << 20)
    }

    /// A channel to the plugin. A refusal may show only at the first call.
    pub async fn channel(&self, identity: Identity) -> Result<Channel, tonic::transport::Error> {
        let certificate = self.fields()[5];
        let plain = certificate.is_empty() || identity == Identity::Plaintext;
        self.channel_with((!plain).then(|| client_config(certificate, identity))).await
    }

    /// A channel with TLS settings of one's own, or none.
    pub async fn channel_with(
        &self,
        tls: Option<ClientConfig>,
    ) -> Result<Channel, tonic::transport::Error> {
        let fields = self.fields();
        let (network, address) = (fields[2].to_owned(), fields[3].to_owned());
        let tls = tls.map(|config| TlsConnector::from(Arc::new(config)));
        let connector = tower_service_fn(move |_: Uri| {
            let (network, address, tls) = (network.clone(), address.clone(), tls.clone());
            async move {
                let stream: Box<dyn Stream> = match network.as_str() {
                    "unix" => Box::new(UnixStream::connect(address).await?),
                    _ => Box::new(TcpStream::connect(address).await?),
                };
                let name = ServerName::try_from("localhost").unwrap();
                let stream: Box<dyn Stream> = match tls {
                    Some(tls) => Box::new(tls.connect(name, stream).await?),
                    None => stream,
                };
                Ok::<_, std::io::Error>(TokioIo::new(stream))
            }
        });
        Endpoint::from_static("http://localhost").connect_with_connector(connector).await
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // A process that is killed leaves its socket. What else lies beside it is not ours to remove.
        let fields = self.fields();
        let socket = Path::new(fields.get(3).unwrap_or(&""));
        if let Some(directory) = socket.parent()
            && fields.get(2) == Some(&"unix")
        {
            let _ = std::fs::remove_file(socket);
            let _ = std::fs::remove_dir(directory);
        }
    }
}

trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}

impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Stream for T {}

/// A tower service of a function, without the crate tower's utilities.
fn tower_service_fn<F>(function: F) -> ServiceFn<F> {
    ServiceFn(function)
}

#[derive(Clone)]
struct ServiceFn<F>(F);

impl<F, R, T, E> tonic::codegen::Service<Uri> for ServiceFn<F>
where
    F: Fn(Uri) -> R,
    R: Future<Output = Result<T, E>>,
{
    type Response = T;
    type Error = E;
    type Future = R;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), E>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> R {
        (self.0)(uri)
    }
}

pub fn client_config(server: &str, identity: Identity) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(STANDARD_NO_PAD.decode(server).expect("unpadded base64")))
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        Identity::Host => builder.with_client_cert_resolver(Arc::new(certified(
            HOST_PEM,
            include_str!("../../data/plugin/host-key.hex"),
        ))),
        Identity::Stranger => builder.with_client_cert_resolver(Arc::new(certified(
            include_str!("../../data/plugin/stranger.pem"),
            include_str!("../../data/plugin/stranger-key.hex"),
        ))),
        Identity::Nobody | Identity::Plaintext => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

#[derive(Debug)]
struct Certified(Arc<CertifiedKey>);

fn certified(pem: &str, key: &str) -> Certified {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let certificate = CertificateDer::from(STANDARD.decode(body).unwrap());
    let scalar: Vec<u8> = (0..key.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&key[i..i + 2], 16).unwrap())
        .collect();
    let key = p521::ecdsa::SigningKey::from_slice(&scalar).unwrap();
    Certified(Arc::new(CertifiedKey::new(vec![certificate], Arc::new(P521Key(key)))))
}

impl ResolvesClientCert for Certified {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// ring cannot sign with P-521, so the crate p521 does.
#[derive(Clone)]
struct P521Key(p521::ecdsa::SigningKey);

impl std::fmt::Debug for P521Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("P521Key")
    }
}

impl SigningKey for P521Key {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(self.clone()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for P521Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signature: p521::ecdsa::Signature = self.0.sign(message);
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP521_SHA512
    }
}
