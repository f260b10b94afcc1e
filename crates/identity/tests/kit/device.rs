//! A device that keeps a passkey, as an authenticator answers (W3C Web
//! Authentication Level 3 §6.3.2, §6.3.3), written for these tests.

use base::SeededEntropy;
use seal::cose::cbor::{self, Value};
use seal::digest::{base64url, sha256};
use seal::key::ecdsa_to_der;
use seal::{Algorithm, Signer, SigningKey};
use web::fields::encode;

use super::Page;

const UP: u8 = 1;
const UV: u8 = 1 << 2;
const AT: u8 = 1 << 6;

pub struct Device {
    pub key: SigningKey,
    pub id: Vec<u8>,
    pub counter: u32,
    /// What it says of its holder: present, and known.
    pub flags: u8,
    pub origin: String,
}

impl Device {
    pub fn new(origin: &str, seed: u64) -> Self {
        let key = SigningKey::generate(Algorithm::P256, &SeededEntropy::new(seed)).unwrap();
        let id = sha256(&seed.to_be_bytes()).to_vec();
        Self { key, id, counter: 0, flags: UP | UV, origin: origin.to_owned() }
    }
    /// A holder that it did not recognise.
    pub fn unlocked(self) -> Self {
        Self { flags: UP, ..self }
    }
    fn client_data(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let origin = &self.origin;
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#).into_bytes()
    }
    fn data(&self, flags: u8) -> Vec<u8> {
        let rp_id = self.origin.split("://").nth(1).unwrap().split(':').next().unwrap();
        let mut data = sha256(rp_id.as_bytes()).to_vec();
        data.push(self.flags | flags);
        data.extend(self.counter.to_be_bytes());
        data
    }
    /// The fields of the form that makes a passkey.
    pub fn make(&self, page: &Page) -> String {
        let raw = self.key.public().raw();
        let key = Value::Map(vec![
            (Value::Int(1), Value::Int(2)),
            (Value::Int(3), Value::Int(-7)),
            (Value::Int(-1), Value::Int(1)),
            (Value::Int(-2), Value::Bytes(raw[1..33].to_vec())),
            (Value::Int(-3), Value::Bytes(raw[33..].to_vec())),
        ]);
        let mut data = self.data(AT);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(cbor::encode(&key).unwrap());
        let object = Value::Map(vec![
            (Value::Text("fmt".to_owned()), Value::Text("none".to_owned())),
            (Value::Text("attStmt".to_owned()), Value::Map(Vec::new())),
            (Value::Text("authData".to_owned()), Value::Bytes(data)),
        ]);
        let client_data = self.client_data("webauthn.create", &between(page, "data-challenge=\""));
        // The page that opens an account has no set-up of its own.
        let nonce = "name=\"nonce\" value=\"";
        let own = page.text.contains(nonce).then(|| ("nonce", between(page, nonce)));
        let fields =
            [("client_data", base64url(&client_data)), ("attestation", base64url(&cbor::encode(&object).unwrap()))];
        own.into_iter().chain(fields).map(|(name, value)| format!("&{name}={}", encode(&value))).collect()
    }
    /// The fields of the form that signs in.
    pub fn sign(&self, page: &Page) -> Vec<(&'static str, String)> {
        let client_data = self.client_data("webauthn.get", &between(page, "data-challenge=\""));
        let data = self.data(0);
        let signed = [&data[..], &sha256(&client_data)].concat();
        let signature = ecdsa_to_der(&self.key.sign(&signed).unwrap()).unwrap();
        vec![
            ("credential", base64url(&self.id)),
            ("client_data", base64url(&client_data)),
            ("authenticator_data", base64url(&data)),
            ("signature", base64url(&signature)),
        ]
    }
}

/// What stands on a page after some words, up to the next quotation mark.
pub fn between(page: &Page, start: &str) -> String {
    let rest = page.text.split_once(start).unwrap_or_else(|| panic!("no {start} in {}", page.text)).1;
    rest.split('"').next().unwrap().to_owned()
}
