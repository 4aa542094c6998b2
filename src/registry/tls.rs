//! TLS with registries, and whom it trusts.
//!
//! A registry of an organisation's own often shows a certificate that it signed itself, which then
//! stands for an authority and a server at once. Docker and curl accept that where the certificate
//! itself is trusted; the path building of webpki never does, so here it is allowed for a
//! certificate that is one of the trusted ones, byte for byte. Names and dates are checked as ever.

use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore,
    SignatureScheme, StreamOwned,
};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
    TransportAdapter,
};

use super::Options;
use crate::failure::Failure;

/// Speaks TLS over a connection where the address asks for it.
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// TLS that trusts the system's certificates (or those of `SSL_CERT_FILE`), and the user's own.
    ///
    /// # Errors
    ///
    /// Certificates that cannot be read.
    ///
    /// # Panics
    ///
    /// Never: ring knows the versions of TLS that rustls does.
    pub fn new(options: &Options) -> Result<Self, Failure> {
        let trusted = trusted(options)?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(trusted.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("ring knows them");
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        // Without any certificate to trust, there is none to be right.
        let Ok(usual) = usual else {
            let message = "this machine trusts no certificate at all";
            return Err(Failure::input(message, "Install ca-certificates, or use `--ca-file`"));
        };
        let verifier = Arc::new(Verifier { usual, trusted });
        let config =
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

/// The certificates to trust.
fn trusted(options: &Options) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let mut trusted = rustls_native_certs::load_native_certs().certs;
    let Some(file) = &options.ca_file else {
        return Ok(trusted);
    };
    let pem = crate::files::Files::Disk.bytes(file)?;
    let own: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().unwrap_or_default();
    if own.is_empty() {
        let message = format!("there is no certificate in {}", file.display());
        return Err(Failure::input(message, "Name a file of certificates in PEM"));
    }
    trusted.extend(own);
    Ok(trusted)
}

/// Checks certificates as webpki does, but for servers that show a trusted certificate itself.
#[derive(Debug)]
struct Verifier {
    usual: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.usual.verify_server_cert(shown, others, name, ocsp_response, now);
        match verified {
            Err(error) if is_authority(&error) && self.trusted.contains(shown) => {
                // Its dates were checked before that was found.
                verify_server_name(&ParsedCertificate::try_from(shown)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// Whether all that is wrong with a server's certificate is that it is an authority's.
#[must_use]
pub fn is_authority(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else {
        return false;
    };
    matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl<In: Transport> Connector<In> for Tls {
    type Out = Either<In, Secured>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(below) = chained else {
            return Ok(None);
        };
        if !details.needs_tls() || below.is_tls() {
            return Ok(Some(Either::A(below)));
        }
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|_| ureq::Error::HostNotFound)?;
        let refused = |error: rustls::Error| ureq::Error::Io(std::io::Error::other(error));
        let mut connection = ClientConnection::new(Arc::clone(&self.0), name).map_err(refused)?;
        let mut below = TransportAdapter::new(below.boxed(), details.current_time.clone());
        below.set_timeout(details.timeout);
        connection.complete_io(&mut below)?;
        let config = &details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        let stream = StreamOwned::new(connection, below);
        Ok(Some(Either::B(Secured { buffers, stream })))
    }
}

/// A connection that TLS is spoken over.
pub struct Secured {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secured")
    }
}

impl Transport for Secured {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        self.stream.write_all(&self.buffers.output()[..amount])?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}
