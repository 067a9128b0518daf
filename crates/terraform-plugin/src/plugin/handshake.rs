//! The handshake: the one line on stdout by which the host learns where and how to talk to this process.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

pub(super) struct Handshake<'a> {
    pub(super) network: &'static str,
    pub(super) address: String,
    /// The server's certificate as DER; none for plaintext.
    pub(super) certificate: Option<&'a [u8]>,
    pub(super) multiplex: bool,
}

impl Handshake<'_> {
    /// Core protocol, plugin protocol, network, address, transport, certificate. A seventh field only for hosts
    /// that asked for it: older ones would glue it to the certificate.
    fn line(&self) -> String {
        let certificate =
            self.certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
        let multiplex = if self.multiplex { "|true" } else { "" };
        format!("1|6|{}|{}|grpc|{certificate}{multiplex}\n", self.network, self.address)
    }

    pub(super) fn print(&self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(self.line().as_bytes())?;
        stdout.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::Handshake;

    #[test]
    fn the_line_has_six_fields_and_no_padding() {
        let mut handshake = Handshake {
            network: "unix",
            address: "/tmp/x/plugin".to_owned(),
            certificate: Some(&[1, 2]),
            multiplex: false,
        };
        assert_eq!(handshake.line(), "1|6|unix|/tmp/x/plugin|grpc|AQI\n");
        handshake.certificate = None;
        assert_eq!(handshake.line(), "1|6|unix|/tmp/x/plugin|grpc|\n");
        handshake.multiplex = true;
        assert_eq!(handshake.line(), "1|6|unix|/tmp/x/plugin|grpc||true\n");
    }
}
