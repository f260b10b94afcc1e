//! What this crate writes, `openssl` reads, and the other way round. The tests
//! fail where the command is missing: a check that did not run is no check.
#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base::{Entropy, OsEntropy, Timestamp};
use seal::x509::{
    Attribute, CertId, Certificate, CertificateRequest, Crl, CrlRequest, Name, OcspPolicy, OcspRequest, OcspResponse,
    OcspSingle, OcspStatus, Profile, Reason, Revoked, SigningRequest, build_csr, build_ocsp_response, issue, issue_crl,
    issue_root, verify_chain,
};
use seal::{Algorithm, Hash, PublicKey, SealError, Signer, SigningKey, cms, digest, tsp};

const KEYS: [Algorithm; 2] = [Algorithm::P256, Algorithm::Rsa];
/// 1.3.6.1.4.1.99999.1
const POLICY: &[u8] = &[43, 6, 1, 4, 1, 0x86, 0x8d, 0x1f, 1];

/// openssl looks at the real clock, so these tests do too.
fn now() -> Timestamp {
    base::Clock::now(&base::SystemClock)
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), bytes).unwrap();
        name.to_owned()
    }
    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }
    fn run(&self, arguments: &[&str]) -> Output {
        openssl(self.0.path(), arguments)
    }
    /// Runs and demands success; answers what was said on both streams.
    fn openssl(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(output.status.success(), "openssl {arguments:?}: {said}");
        said
    }
}

fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    let run = Command::new("openssl").current_dir(folder).args(arguments).output();
    run.expect("these tests need the openssl command; `cargo xtask test` installs it")
}

fn serial() -> Vec<u8> {
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes);
    bytes[0] = bytes[0] & 0x7f | 1;
    bytes.to_vec()
}

fn request(common_name: &str, key: &dyn Signer, days: i64) -> CertificateRequest {
    CertificateRequest {
        subject: Name::new(&[
            (Attribute::Country, "PS"),
            (Attribute::Organization, "وزارة الاتصالات"),
            (Attribute::OrganizationalUnit, "Trust"),
            (Attribute::SerialNumber, "PS/GOV/100"),
            (Attribute::CommonName, common_name),
        ])
        .unwrap(),
        public_key: key.public().clone(),
        not_before: now().plus_seconds(-3600),
        not_after: now().plus_seconds(days * 86_400),
        serial: serial(),
        dns_names: vec!["ss1.example.ps".to_owned()],
        ip_addresses: vec!["127.0.0.2".parse().unwrap()],
        crl_url: Some("http://ca.example.ps/1.crl".to_owned()),
        ocsp_url: Some("http://ca.example.ps/ocsp".to_owned()),
        issuer_url: Some("http://ca.example.ps/1.cer".to_owned()),
    }
}

struct House {
    root: Certificate,
    issuing: Certificate,
    issuing_key: SigningKey,
    algorithm: Algorithm,
    folder: Folder,
}

impl House {
    fn new(algorithm: Algorithm) -> Self {
        let key = || SigningKey::generate(algorithm, &OsEntropy).unwrap();
        let (root_key, issuing_key) = (key(), key());
        let root = Certificate::parse(&issue_root(&request("Root", &root_key, 900), &root_key).unwrap()).unwrap();
        let issuing = issue(Profile::Issuing, &request("Issuing", &issuing_key, 800), &root, &root_key).unwrap();
        let issuing = Certificate::parse(&issuing).unwrap();
        let folder = Folder::new();
        folder.write("root.pem", root.pem());
        folder.write("issuing.pem", issuing.pem());
        folder.write("both.pem", root.pem() + &issuing.pem());
        Self { root, issuing, issuing_key, algorithm, folder }
    }

    fn end(&self, profile: Profile) -> (SigningKey, Certificate) {
        let key = SigningKey::generate(self.algorithm, &OsEntropy).unwrap();
        let der = issue(profile, &request("End", &key, 300), &self.issuing, &self.issuing_key).unwrap();
        (key, Certificate::parse(&der).unwrap())
    }

    fn chain(&self, end: &Certificate) -> Vec<Vec<u8>> {
        vec![end.der().to_vec(), self.issuing.der().to_vec()]
    }
}

#[test]
fn certificates_verify() {
    for algorithm in [Algorithm::P256, Algorithm::Rsa, Algorithm::Ed25519] {
        let house = House::new(algorithm);
        let folder = &house.folder;
        for (profile, purpose) in [
            (Profile::TlsServer, "sslserver"),
            (Profile::TlsClient, "sslclient"),
            (Profile::TlsPeer, "sslserver"),
            (Profile::TimeStamp, "timestampsign"),
            (Profile::OcspResponder, "ocsphelper"),
            (Profile::MessageSigning, "any"),
            (Profile::DocumentSeal, "any"),
        ] {
            let (_, end) = house.end(profile);
            folder.write("end.pem", end.pem());
            let said = folder.openssl(&[
                "verify",
                "-x509_strict",
                "-purpose",
                purpose,
                "-CAfile",
                "root.pem",
                "-untrusted",
                "issuing.pem",
                "end.pem",
            ]);
            assert!(said.contains("end.pem: OK"), "{said}");
            // Without the chain it must not.
            assert!(!folder.run(&["verify", "-CAfile", "root.pem", "end.pem"]).status.success());
        }
        let (_, server) = house.end(Profile::TlsServer);
        folder.write("end.pem", server.pem());
        let text = folder.openssl(&["x509", "-in", "end.pem", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus"]);
        for expected in [
            "DNS:ss1.example.ps, IP Address:127.0.0.2",
            "URI:http://ca.example.ps/1.crl",
            "OCSP - URI:http://ca.example.ps/ocsp",
            "وزارة الاتصالات",
            "TLS Web Server Authentication",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }
}

#[test]
fn keys_are_exchanged() {
    let folder = Folder::new();
    for (algorithm, arguments) in [
        (Algorithm::P256, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"][..]),
        (Algorithm::Ed25519, &["genpkey", "-algorithm", "ED25519"]),
        (Algorithm::Rsa, &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ] {
        folder.openssl(&[arguments, &["-outform", "DER", "-out", "key.der"]].concat());
        folder.openssl(&[
            "pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-in", "key.der", "-outform", "DER", "-out", "p8.der",
        ]);
        folder.openssl(&["pkey", "-inform", "DER", "-in", "key.der", "-pubout", "-outform", "DER", "-out", "pub.der"]);
        let key = SigningKey::from_pkcs8(&folder.read("p8.der")).unwrap();
        assert_eq!(key.public(), &PublicKey::from_spki(&folder.read("pub.der")).unwrap());
        assert_eq!(key.algorithm(), algorithm);

        let own = SigningKey::generate(algorithm, &OsEntropy).unwrap();
        folder.write("own.der", &*own.to_pkcs8().unwrap());
        folder.openssl(&["pkey", "-inform", "DER", "-in", "own.der", "-pubout", "-outform", "DER", "-out", "own.pub"]);
        assert_eq!(folder.read("own.pub"), own.public().spki());
    }
}

#[test]
fn signatures_with_sha_512_verify() {
    let folder = Folder::new();
    folder.write("data", b"the data");
    for algorithm in KEYS {
        let key = SigningKey::generate(algorithm, &OsEntropy).unwrap();
        folder.write("pub.pem", digest::pem("PUBLIC KEY", key.public().spki()));
        for (hash, option) in [(Hash::Sha256, "-sha256"), (Hash::Sha512, "-sha512")] {
            let signature = key.sign_hashed(hash, b"the data").unwrap();
            let der =
                if algorithm == Algorithm::P256 { seal::key::ecdsa_to_der(&signature).unwrap() } else { signature };
            folder.write("sig", der);
            folder.openssl(&["dgst", option, "-verify", "pub.pem", "-signature", "sig", "data"]);
        }
    }
}

#[test]
fn foreign_certificates_and_requests_are_read() {
    let folder = Folder::new();
    folder.openssl(&[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-days",
        "30",
        "-subj",
        "/C=PS/O=Foreign/CN=CA",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    ]);
    folder.openssl(&[
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "end.key",
        "-outform",
        "DER",
        "-out",
        "end.csr",
        "-subj",
        "/C=PS/CN=client",
        "-addext",
        "subjectAltName=DNS:a.example.ps,IP:10.0.0.1",
    ]);
    let wanted = SigningRequest::parse(&folder.read("end.csr")).unwrap();
    assert_eq!(wanted.subject.get(Attribute::CommonName), Some("client"));
    assert_eq!(wanted.dns_names, ["a.example.ps"]);
    folder.write("ext", "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n");
    folder.openssl(&[
        "x509",
        "-req",
        "-inform",
        "DER",
        "-in",
        "end.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "9",
        "-extfile",
        "ext",
        "-out",
        "end.pem",
    ]);
    let text = |name: &str| String::from_utf8(folder.read(name)).unwrap();
    let anchor = Certificate::parse_pem(&text("ca.pem")).unwrap().remove(0);
    let end = Certificate::parse_pem(&text("end.pem")).unwrap().remove(0);
    verify_chain(&end, &[], &anchor, now(), Profile::TlsClient).unwrap();
    assert_eq!(end.public_key(), &wanted.public_key);

    let key = SigningKey::generate(Algorithm::P256, &OsEntropy).unwrap();
    let names = ["ss1.example.ps".to_owned()];
    folder.write("own.csr", build_csr(&request("x", &key, 1).subject, &names, &[], &key).unwrap());
    let said = folder.openssl(&["req", "-inform", "DER", "-in", "own.csr", "-verify", "-noout", "-text"]);
    assert!(said.contains("verify OK") && said.contains("DNS:ss1.example.ps"), "{said}");
}

#[test]
fn revocation_lists_are_exchanged() {
    for algorithm in KEYS {
        let house = House::new(algorithm);
        let folder = &house.folder;
        let (_, good) = house.end(Profile::TlsServer);
        let (_, bad) = house.end(Profile::TlsServer);
        let revoked =
            vec![Revoked { serial: bad.serial().to_vec(), at: now().plus_seconds(-9), reason: Reason::Superseded }];
        let list = CrlRequest {
            this_update: now().plus_seconds(-5),
            next_update: now().plus_seconds(600),
            number: 7,
            revoked,
        };
        let der = issue_crl(&list, &house.issuing, &house.issuing_key).unwrap();
        folder.write("list.pem", digest::pem("X509 CRL", &der));
        folder.write("good.pem", good.pem());
        folder.write("bad.pem", bad.pem());
        let said = folder.openssl(&["crl", "-in", "list.pem", "-CAfile", "both.pem", "-noout", "-text"]);
        assert!(said.contains("verify OK") && said.contains("Superseded"), "{said}");
        let check = |name| {
            folder.run(&[
                "verify",
                "-crl_check",
                "-CRLfile",
                "list.pem",
                "-CAfile",
                "root.pem",
                "-untrusted",
                "issuing.pem",
                name,
            ])
        };
        assert!(check("good.pem").status.success());
        let refused = check("bad.pem");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("certificate revoked"));
        assert!(!refused.status.success());
        let read = Crl::parse(&der).unwrap();
        assert_eq!(read.check(&bad, &house.issuing, now()), Err(SealError::Revoked));
    }
}

#[test]
fn our_ocsp_answers_are_understood() {
    for algorithm in KEYS {
        let house = House::new(algorithm);
        let folder = &house.folder;
        let (_, good) = house.end(Profile::MessageSigning);
        let (_, bad) = house.end(Profile::MessageSigning);
        let (responder_key, responder) = house.end(Profile::OcspResponder);
        folder.write("responder.pem", responder.pem());
        folder.write("good.pem", good.pem());
        folder.write("bad.pem", bad.pem());

        folder.openssl(&[
            "ocsp",
            "-issuer",
            "issuing.pem",
            "-cert",
            "good.pem",
            "-cert",
            "bad.pem",
            "-reqout",
            "question",
        ]);
        let question = OcspRequest::parse(&folder.read("question")).unwrap();
        assert_eq!(question.ids[0].serial(), good.serial());
        assert!(question.ids.iter().all(|id| id.is_issued_by(&house.issuing)) && question.nonce.is_some());
        let single = |id: &CertId, status| OcspSingle {
            id: id.clone(),
            status,
            this_update: now().plus_seconds(-5),
            next_update: Some(now().plus_seconds(600)),
        };
        let revoked = OcspStatus::Revoked { at: now().plus_seconds(-9), reason: Reason::KeyCompromise };
        let singles = [single(&question.ids[0], OcspStatus::Good), single(&question.ids[1], revoked)];
        let answer = build_ocsp_response(
            &singles,
            question.nonce.as_deref(),
            now().plus_seconds(-5),
            &responder,
            &responder_key,
        )
        .unwrap();
        folder.write("answer", &answer);
        let said = folder.openssl(&[
            "ocsp",
            "-respin",
            "answer",
            // Else the command adds a second nonce to the question that it reads.
            "-no_nonce",
            "-reqin",
            "question",
            "-issuer",
            "issuing.pem",
            "-cert",
            "good.pem",
            "-cert",
            "bad.pem",
            "-CAfile",
            "both.pem",
        ]);
        for expected in ["Response verify OK", "good.pem: good", "bad.pem: revoked", "keyCompromise"] {
            assert!(said.contains(expected), "{expected} in {said}");
        }
    }
}

#[test]
fn our_ocsp_questions_are_answered() {
    for algorithm in KEYS {
        let house = House::new(algorithm);
        let folder = &house.folder;
        let (_, good) = house.end(Profile::MessageSigning);
        let (_, bad) = house.end(Profile::MessageSigning);
        let (responder_key, responder) = house.end(Profile::OcspResponder);
        folder.write("responder.pem", responder.pem());

        let index = |flag: &str, end: &Certificate, at: &str| {
            format!("{flag}\t351231235959Z\t{at}\t{}\tunknown\t/CN=End\n", digest::hex(end.serial()).to_uppercase())
        };
        folder.write("index", index("V", &good, "") + &index("R", &bad, "260101000000Z,superseded"));
        folder.write("responder.key", digest::pem("PRIVATE KEY", &responder_key.to_pkcs8().unwrap()));
        let ids = [&good, &bad].map(|end| CertId::new_sha256(&house.issuing, end.serial()));
        let request = OcspRequest { ids: ids.to_vec(), nonce: Some(b"sixteen bytes it".to_vec()) };
        folder.write("own", request.build());
        folder.openssl(&[
            "ocsp",
            "-index",
            "index",
            "-CA",
            "issuing.pem",
            "-rsigner",
            "responder.pem",
            "-rkey",
            "responder.key",
            "-reqin",
            "own",
            "-respout",
            "theirs",
            "-ndays",
            "1",
        ]);
        let response = OcspResponse::parse(&folder.read("theirs")).unwrap();
        let policy = OcspPolicy { nonce: Some(b"sixteen bytes it"), ..OcspPolicy::new(now(), 300) };
        assert_eq!(response.verify(&good, &house.issuing, &policy), Ok(OcspStatus::Good));
        let verdict = response.verify(&bad, &house.issuing, &policy);
        assert!(matches!(verdict, Ok(OcspStatus::Revoked { reason: Reason::Superseded, .. })), "{verdict:?}");
    }
}

#[test]
fn detached_signatures_are_exchanged() {
    for algorithm in KEYS {
        let house = House::new(algorithm);
        let folder = &house.folder;
        let (key, end) = house.end(Profile::DocumentSeal);
        let trust = [house.root.der().to_vec()];
        let sum = digest::sha256(b"the paper");
        folder.write("paper", b"the paper");
        folder.write("other", b"another paper");
        let signature = cms::sign_detached(&sum, &key, &house.chain(&end)).unwrap();
        folder.write("sig", &signature);
        let verify = |content: &str| {
            folder.run(&[
                "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "sig", "-content", content, "-CAfile",
                "root.pem", "-purpose", "any", "-out", "out",
            ])
        };
        let output = verify("paper");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!verify("other").status.success());

        // With a time stamp it still is one.
        let (tsa_key, tsa) = house.end(Profile::TimeStamp);
        let wanted = tsp::TimeStampRequest::of(Hash::Sha256, &cms::signature_value(&signature).unwrap(), &OsEntropy);
        let chain = house.chain(&tsa);
        let token_issue = tsp::TokenIssue { serial: &serial(), at: now(), policy: POLICY, chain: &chain };
        let token = tsp::issue_token(&wanted, &token_issue, &tsa_key).unwrap();
        let stamped = cms::with_signature_timestamp(&signature, &token).unwrap();
        folder.write("sig", &stamped);
        assert!(verify("paper").status.success());
        let signer = cms::verify_detached(&stamped, &sum, &trust, now(), Profile::DocumentSeal).unwrap();
        assert!(signer.timestamp.is_some());

        // Theirs, read here.
        folder.write("end.pem", end.pem());
        folder.write("end.key", digest::pem("PRIVATE KEY", &key.to_pkcs8().unwrap()));
        for hash in ["sha256", "sha512"] {
            folder.openssl(&[
                "cms",
                "-sign",
                "-cades",
                "-binary",
                "-md",
                hash,
                "-in",
                "paper",
                "-signer",
                "end.pem",
                "-inkey",
                "end.key",
                "-certfile",
                "issuing.pem",
                "-outform",
                "DER",
                "-out",
                "theirs",
            ]);
            let theirs = folder.read("theirs");
            let sum = cms::digest_algorithm(&theirs).unwrap().digest(b"the paper");
            let signer = cms::verify_detached(&theirs, &sum, &trust, now(), Profile::DocumentSeal).unwrap();
            assert_eq!(signer.certificate, end);
            let other = cms::digest_algorithm(&theirs).unwrap().digest(b"another paper");
            assert!(cms::verify_detached(&theirs, &other, &trust, now(), Profile::DocumentSeal).is_err());
        }
    }
}

#[test]
fn time_stamps_are_exchanged() {
    for algorithm in KEYS {
        let house = House::new(algorithm);
        let folder = &house.folder;
        let (key, tsa) = house.end(Profile::TimeStamp);
        let chain = house.chain(&tsa);
        let trust = [house.root.der().to_vec()];
        folder.write("data", b"the data");
        for (hash, option) in [(Hash::Sha256, "-sha256"), (Hash::Sha512, "-sha512")] {
            // Their question, our answer.
            folder.openssl(&["ts", "-query", "-data", "data", option, "-cert", "-out", "question"]);
            let question = tsp::TimeStampRequest::parse(&folder.read("question")).unwrap();
            assert_eq!((question.hash, &question.imprint), (hash, &hash.digest(b"the data")));
            let token_issue = tsp::TokenIssue { serial: &serial(), at: now(), policy: POLICY, chain: &chain };
            let token = tsp::issue_token(&question, &token_issue, &key).unwrap();
            folder.write("answer", tsp::response_granted(&token));
            let said = folder.openssl(&[
                "ts",
                "-verify",
                "-queryfile",
                "question",
                "-in",
                "answer",
                "-CAfile",
                "root.pem",
                "-untrusted",
                "issuing.pem",
            ]);
            assert!(said.contains("Verification: OK"), "{said}");
            let text = folder.openssl(&["ts", "-reply", "-in", "answer", "-text"]);
            assert!(text.contains("Granted") && text.contains("1.3.6.1.4.1.99999.1"), "{text}");

            // Our question, their answer.
            folder.write("tsa.pem", tsa.pem());
            folder.write("tsa.key", digest::pem("PRIVATE KEY", &key.to_pkcs8().unwrap()));
            folder.write(
                "tsa.conf",
                "[tsa]\ndefault_tsa = here\n[here]\nserial = ./serial\nsigner_digest = sha256\ndefault_policy = 1.3.6.1.4.1.99999.1\n\
                 digests = sha256, sha512\naccuracy = secs:1\nordering = yes\ntsa_name = yes\ness_cert_id_chain = no\n\
                 ess_cert_id_alg = sha256\n",
            );
            folder.write("serial", "10\n");
            let request = tsp::TimeStampRequest::of(hash, b"the data", &OsEntropy);
            folder.write("own", request.build());
            folder.openssl(&[
                "ts",
                "-reply",
                "-config",
                "tsa.conf",
                "-section",
                "here",
                "-queryfile",
                "own",
                "-signer",
                "tsa.pem",
                "-inkey",
                "tsa.key",
                "-chain",
                "issuing.pem",
                "-out",
                "theirs",
            ]);
            let (_, stamp) = tsp::verify_response(&folder.read("theirs"), &request, &trust, now()).unwrap();
            assert_eq!(stamp.certificate, tsa);
            assert!(now().seconds_since(stamp.at).abs() < 60);
        }
        folder.write("refusal", tsp::response_rejected(tsp::Failure::BadAlgorithm));
        let text = folder.openssl(&["ts", "-reply", "-in", "refusal", "-text"]);
        assert!(text.contains("Rejected") && text.contains("unrecognized or unsupported algorithm"), "{text}");
    }
}
