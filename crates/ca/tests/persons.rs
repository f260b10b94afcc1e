//! People's certificates from request to revocation, on both engines, with
//! `openssl` as the judge: it fails where the command is missing.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::path::Path;
use std::process::Command;

use base::{Clock, OsEntropy, SystemClock};
use ca::Authority;
use seal::digest::pem;
use seal::x509::{CertId, Certificate, OcspRequest, Profile, Reason, verify_chain};
use seal::{Algorithm, PublicKey, Signer, SigningKey};
use store::{Ctx, Key};
use testkit::on_both_engines;

fn new_key() -> PublicKey {
    SigningKey::generate(Algorithm::P256, &OsEntropy).unwrap().public().clone()
}

/// Both what it said and whether it was content.
fn openssl(folder: &Path, words: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").args(words).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

async fn issued(ctx: &Ctx, authority: &Authority, name: &str) -> Certificate {
    let der = authority.sign_personal(ctx, name, new_key(), 730).unwrap();
    let kept = der.clone();
    let done = ctx.write(Key::once(ctx), move |tx| Authority::keep_personal_in(tx, &kept));
    done.await.unwrap_or_else(|error: store::Error| panic!("{error}"));
    Certificate::parse(&der).unwrap()
}

async fn holds(ctx: &Ctx, certificate: &Certificate) -> bool {
    let serial = certificate.serial().to_vec();
    ctx.read(move |read| Authority::holds_personal(read, &serial)).await.unwrap()
}

#[test]
fn openssl_takes_a_persons_certificate_until_it_is_revoked() {
    on_both_engines(&[audit::SCHEMA, ca::SCHEMA], |world| async move {
        // openssl looks at the real clock.
        world.clock.set(SystemClock.now());
        let ctx = &world.ctx;
        let authority = Authority::prepare(ctx, "http://localhost:8080").await.unwrap();
        let own = issued(ctx, &authority, "HK-7Q4M-29XD").await;
        let other = issued(ctx, &authority, "HK-7Q4M-29XE").await;
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("root.pem", pem("CERTIFICATE", authority.root()).as_bytes());
        write("persons.pem", pem("CERTIFICATE", authority.persons()).as_bytes());
        write("issuing.pem", pem("CERTIFICATE", authority.issuing()).as_bytes());
        write(
            "chain.pem",
            [pem("CERTIFICATE", authority.persons()), pem("CERTIFICATE", authority.root())].concat().as_bytes(),
        );
        write("own.pem", own.pem().as_bytes());

        let text = openssl(folder.path(), &["x509", "-in", "own.pem", "-noout", "-text"]).1;
        for part in [
            "CN = HK-7Q4M-29XD",
            "CN = Hukumati Persons",
            "TLS Web Client Authentication",
            "Digital Signature",
            "URI:http://localhost:8080/ca/persons.crl",
            "OCSP - URI:http://localhost:8080/ca/ocsp",
            "CA Issuers - URI:http://localhost:8080/ca/persons.crt",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("Server Authentication") && !text.contains("CA:TRUE"), "{text}");
        let verify = |more: &[&str]| {
            let words = ["verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "persons.pem"];
            openssl(folder.path(), &[&words[..], more, &["own.pem"]].concat())
        };
        assert!(verify(&["-purpose", "sslclient"]).0, "{}", verify(&["-purpose", "sslclient"]).1);
        assert!(!verify(&["-purpose", "sslserver"]).0, "it is no server's");
        let systems = ["verify", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "own.pem"];
        assert!(!openssl(folder.path(), &systems).0, "another authority issued it");

        // Its own list and its own answers, before and after.
        for (revoked, said) in [(false, "own.pem: good"), (true, "own.pem: revoked")] {
            if revoked {
                authority.revoke(ctx, own.serial(), Reason::KeyCompromise).await.unwrap();
            }
            assert_eq!((holds(ctx, &own).await, holds(ctx, &other).await), (!revoked, true));
            write("list.der", &authority.persons_list(ctx).await.unwrap());
            let list = verify(&["-crl_check", "-CRLfile", "list.der"]);
            assert_eq!(list.0, !revoked, "{}", list.1);
            let persons = Certificate::parse(authority.persons()).unwrap();
            let question = OcspRequest { ids: vec![CertId::new(&persons, own.serial())], nonce: None }.build();
            write("answer.der", &authority.answer(ctx, &question).await.unwrap());
            let words = ["ocsp", "-respin", "answer.der", "-issuer", "persons.pem", "-cert", "own.pem"];
            let answer = openssl(folder.path(), &[&words[..], &["-CAfile", "chain.pem", "-no_nonce"]].concat());
            assert!(answer.0 && answer.1.contains("Response verify OK") && answer.1.contains(said), "{}", answer.1);
        }
        // Neither authority speaks for the other.
        let issuing = Certificate::parse(authority.issuing()).unwrap();
        let crossed = OcspRequest { ids: vec![CertId::new(&issuing, other.serial())], nonce: None }.build();
        write("answer.der", &authority.answer(ctx, &crossed).await.unwrap());
        let text = openssl(folder.path(), &["ocsp", "-respin", "answer.der", "-noverify", "-resp_text"]).1;
        assert!(text.contains("Cert Status: unknown"), "{text}");
        let list = authority.list(ctx).await.unwrap();
        write("list.der", &list);
        let text = openssl(folder.path(), &["crl", "-inform", "DER", "-in", "list.der", "-noout", "-text"]).1;
        assert!(text.contains("No Revoked Certificates"), "{text}");
        assert!(!authority.holds(ctx, &other).await.unwrap(), "it is nobody's but a person's");

        // A second start finds the same authorities.
        let again = Authority::prepare(ctx, "http://localhost:8080").await.unwrap();
        assert_eq!((again.root(), again.persons()), (authority.root(), authority.persons()));
        let anchor = Certificate::parse(again.persons()).unwrap();
        let bare = verify_chain(&own, &[], &anchor, ctx.now(), Profile::TlsClient);
        assert!(bare.is_ok(), "the persons' authority is an anchor of its own");
    });
}
