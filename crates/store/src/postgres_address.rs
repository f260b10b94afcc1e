//! A PostgreSQL address and how its connection is protected. Encryption is
//! rustls; OpenSSL is not linked.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Socket};

use crate::Error;
use crate::postgres_tls::Tls;

/// Reads and writes a connection's socket until it ends.
pub type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// See the module. Cloning is cheap enough for each thread to have one.
#[derive(Clone)]
pub struct Address {
    config: Config,
    tls: Option<Tls>,
}

impl Address {
    /// Reads `postgresql://…`, with what libpq says about `sslmode` and
    /// `sslrootcert`: `require` encrypts and believes whoever answers, unless a
    /// root is named; `verify-full` checks chain and host name against that root.
    /// `verify-ca` is treated as `verify-full`. Without `sslmode` nothing is
    /// encrypted.
    ///
    /// # Errors
    /// [`Error::ReadOnly`]: an address that is none.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let (url, asked) = Asked::take_from(url);
        let wrong = |reason: String| Error::ReadOnly(format!("the database's address: {reason}"));
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| wrong(error.to_string()))?;
        let tls = match asked.mode.as_deref() {
            None | Some("disable") => {
                config.ssl_mode(SslMode::Disable);
                None
            }
            Some(mode @ ("prefer" | "require" | "verify-ca" | "verify-full")) => {
                config.ssl_mode(if mode == "prefer" { SslMode::Prefer } else { SslMode::Require });
                if mode.starts_with("verify") && asked.root.is_none() {
                    return Err(wrong(format!("sslmode={mode} needs sslrootcert=FILE")));
                }
                Some(Tls::new(client(asked.root.as_deref()).map_err(wrong)?))
            }
            Some(other) => return Err(wrong(format!("sslmode={other} is not known"))),
        };
        Ok(Self { config, tls })
    }

    /// Connects; what the server says unasked goes to `on_message`.
    ///
    /// # Errors
    /// The driver's.
    pub async fn connect(
        &self,
        on_message: impl Fn(&AsyncMessage) + Send + 'static,
    ) -> Result<(Client, Driver), tokio_postgres::Error> {
        if let Some(tls) = &self.tls {
            let (client, connection) = self.config.connect(tls.clone()).await?;
            Ok((client, drive(connection, on_message)))
        } else {
            let (client, connection) = self.config.connect(NoTls).await?;
            Ok((client, drive(connection, on_message)))
        }
    }
}

fn drive<T>(mut connection: Connection<Socket, T>, on_message: impl Fn(&AsyncMessage) + Send + 'static) -> Driver
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    Box::pin(async move {
        // Who waits for an answer learns of an error by its not coming.
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            on_message(&message);
        }
    })
}

/// What an address says about encryption; the driver knows only a part of it.
#[derive(Default)]
struct Asked {
    mode: Option<String>,
    root: Option<String>,
}

impl Asked {
    fn take_from(url: &str) -> (String, Self) {
        let mut asked = Self::default();
        let Some((before, query)) = url.split_once('?') else { return (url.to_owned(), asked) };
        let mut rest = Vec::new();
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => asked.mode = Some(mode.to_owned()),
                Some(("sslrootcert", path)) => asked.root = Some(unescape(path)),
                _ => rest.push(pair),
            }
        }
        let query = rest.join("&");
        (if query.is_empty() { before.to_owned() } else { format!("{before}?{query}") }, asked)
    }
}

/// `%2F` and its like in a path.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn client(root: Option<&str>) -> Result<ClientConfig, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match root {
        None => Arc::new(Anybody(Arc::clone(&provider))),
        Some(path) => {
            let wrong = |error: &dyn std::fmt::Display| format!("sslrootcert {path}: {error}");
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))? {
                let certificate = certificate.map_err(|error| wrong(&error))?;
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
            let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
            built.map_err(|error| wrong(&error))?
        }
    };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?;
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// `sslmode=require` without a root: nobody can listen, anybody can answer.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
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
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_how_it_is_protected() {
        let (url, asked) =
            Asked::take_from("postgres://a@b/c?sslmode=verify-full&options=-c%20x&sslrootcert=%2Fr%2Ft.crt");
        assert_eq!(url, "postgres://a@b/c?options=-c%20x");
        assert_eq!((asked.mode.as_deref(), asked.root.as_deref()), (Some("verify-full"), Some("/r/t.crt")));
        for wrong in ["sslmode=verify-full", "sslmode=maybe", "sslmode=require&sslrootcert=/nowhere.crt"] {
            assert!(matches!(Address::parse(&format!("postgres://a@b/c?{wrong}")), Err(Error::ReadOnly(_))), "{wrong}");
        }
        assert!(Address::parse("postgres://a@b/c").is_ok_and(|address| address.tls.is_none()));
        assert!(Address::parse("postgres://a@b/c?sslmode=require").is_ok_and(|address| address.tls.is_some()));
    }
}
