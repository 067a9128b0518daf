//! Mutual TLS with the host: our own certificate, and a verifier that lets exactly the host's certificate in.
//! One backend, ring; the crate p521 verifies the host's key, which ring cannot.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p521::ecdsa::signature::Verifier;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, PrivateKeyDer, PrivatePkcs8KeyDer,
    SignatureVerificationAlgorithm, UnixTime, alg_id,
};
use tokio_rustls::TlsAcceptor;

/// This process's certificate, and the TLS settings that go with it.
pub(super) struct ServerIdentity {
    pub(super) certificate: CertificateDer<'static>,
    config: Arc<ServerConfig>,
}

impl ServerIdentity {
    /// A fresh self-signed certificate for `localhost` that names the program, and the host's certificate as the only one let in.
    pub(super) fn generate(program: &str, host_pem: &str) -> Result<ServerIdentity, String> {
        let failed = |error: &dyn fmt::Display| {
            format!("A certificate for the host cannot be made: {error}.")
        };
        let key = rcgen::KeyPair::generate().map_err(|error| failed(&error))?;
        let names = vec!["localhost".to_owned()];
        let mut params = rcgen::CertificateParams::new(names).map_err(|error| failed(&error))?;
        params.distinguished_name.push(rcgen::DnType::OrganizationName, program);
        let certificate = params.self_signed(&key).map_err(|error| failed(&error))?.der().clone();
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .with_client_cert_verifier(Arc::new(OnlyTheHost { host: certificate_of(host_pem)? }))
            .with_single_cert(vec![certificate.clone()], private)
            .map_err(|error| failed(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(ServerIdentity { certificate, config: Arc::new(config) })
    }

    pub(super) fn acceptor(self) -> TlsAcceptor {
        TlsAcceptor::from(self.config)
    }
}

/// The first certificate of a PEM text.
fn certificate_of(pem: &str) -> Result<CertificateDer<'static>, String> {
    let malformed = || {
        "PLUGIN_CLIENT_CERT is set but holds no certificate; the host must be at fault.".to_owned()
    };
    let (_, after) = pem.split_once("-----BEGIN CERTIFICATE-----").ok_or_else(malformed)?;
    let (body, _) = after.split_once("-----END CERTIFICATE-----").ok_or_else(malformed)?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).map(CertificateDer::from).map_err(|_| malformed())
}

/// Lets in whoever holds the key of one certificate: the bytes are compared, and the handshake's signature is
/// verified with the key in them. There is no chain to build.
#[derive(Debug)]
struct OnlyTheHost {
    host: CertificateDer<'static>,
}

impl ClientCertVerifier for OnlyTheHost {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if end_entity.as_ref() == self.host.as_ref() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(Error::General("the peer is not the host that started this plugin".to_owned()))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &HOST_ALGORITHMS)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &HOST_ALGORITHMS)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        HOST_ALGORITHMS.supported_schemes()
    }
}

/// go-plugin's hosts sign with ECDSA P-521 and SHA-512; nothing else is accepted.
static HOST_ALGORITHMS: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[&P521Sha512],
    mapping: &[(SignatureScheme::ECDSA_NISTP521_SHA512, &[&P521Sha512])],
};

#[derive(Debug)]
struct P521Sha512;

impl SignatureVerificationAlgorithm for P521Sha512 {
    fn verify_signature(
        &self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
        let signature =
            p521::ecdsa::Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
    }
}
