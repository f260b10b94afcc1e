//! Files, through the router: attached by a plain form and in pieces, refused for what
//! they are, scanned, opened by whom the folder lets, forgotten.

use std::io::Cursor;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Request, header};
use image::{DynamicImage, ImageFormat};
use services::FileId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const MEGABYTE: usize = 1024 * 1024;
/// Bytes of a piece.
const PIECE: usize = 64 * 1024;
const PDF: &[u8] = include_bytes!("../files/page.pdf");
/// What every scanner finds (eicar.org).
const EICAR: &str = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE";

fn pages() -> String {
    format!(
        r#"
[[page]]
id = "proof"
field = {{ id = "proof", kind = "files", required = true, most = 3 }}

[[page]]
id = "photo"
when = "answers.proof.exists(one, one.type == 'pdf')"
field = {{ id = "photo", kind = "files", accept = ["jpeg"], most = 1 }}

[[step]]
kind = "decide"
by = "rule"
rule = "size(answers.proof) > 0"
reason = "no"

[[step]]
kind = "clear"
body = [
  {{ id = "tax", unit = "{THERE}", days = 3, silence = "yes", sees = ["proof"] }},
  {{ id = "court", unit = "{POST}", days = 3, silence = "yes" }},
]

[[step]]
kind = "decide"
by = "clerk"
unit = "{HERE}"

[[step]]
kind = "deliver"
"#
    )
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A picture that is not packed well: as large as it looks.
fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let picture = image::RgbImage::from_fn(width, height, |_, _| {
        image::Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        }))
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A photo with its place.
fn photo() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(30, 20).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let bytes = bytes.into_inner();
    let place = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0GPS 31.9N 35.2E";
    let length = u16::try_from(place.len() + 2).unwrap().to_be_bytes();
    [&bytes[..2], &[0xff, 0xe1], &length, place, &bytes[2..]].concat()
}

fn infected() -> Vec<u8> {
    let page = String::from_utf8(PDF.to_vec()).unwrap();
    page.replace("/Contents 4 0 R", &format!("/Contents 4 0 R /Resources << /Properties << /{EICAR} << >> >> >>"))
        .into_bytes()
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|part| part == words.as_bytes())
}

/// A clamd that finds one thing, once it has learned it.
async fn clamd() -> (String, Arc<AtomicBool>) {
    let learned = Arc::new(AtomicBool::new(false));
    let knows = Arc::clone(&learned);
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut line, _)) = door.accept().await {
            let mut command = [0; 10];
            line.read_exact(&mut command).await.unwrap();
            assert_eq!(&command, b"zINSTREAM\0");
            let mut whole = Vec::new();
            loop {
                let length = usize::try_from(line.read_u32().await.unwrap()).unwrap();
                if length == 0 {
                    break;
                }
                let at = whole.len();
                whole.resize(at + length, 0);
                line.read_exact(&mut whole[at..]).await.unwrap();
            }
            let found = knows.load(Ordering::SeqCst) && holds(&whole, EICAR);
            let answer = if found { "stream: Eicar-Signature FOUND\0" } else { "stream: OK\0" };
            line.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, learned)
}

impl Town {
    async fn files(&self, id: CaseId) -> Vec<services::File> {
        let found = self.ctx.read(move |read| {
            let case = services::case(read, id)?.unwrap();
            services::files_of(read, &case)
        });
        found.await.unwrap()
    }
    async fn attached(&self, id: CaseId, field: &str, called: &str, bytes: &[u8]) -> FileId {
        services::attach(&self.own, &self.services, id, field, called, bytes).await.unwrap()
    }
}

#[test]
fn a_plain_form_keeps_the_good_ones_and_says_why_not_the_others() {
    let steps = pages();
    on_both_engines(SCHEMAS, |world| {
        let steps = steps.clone();
        async move {
            let town = Town::new(&world, &steps).await;
            let id = town.draft("work", &[FIRST + 1]).await;
            let mut own = town.browser(&town.own.actor).await;
            let (at, attach) = (format!("/en/cases/{id}/form/proof"), format!("/en/cases/{id}/attach/proof"));
            let page = own.get(&at).await;
            assert!(
                page.has("multiple accept=\"application/pdf,image/jpeg,image/png\"") && page.has("Up to"),
                "{}",
                page.text
            );
            // Nothing chosen: where something must be, it is said.
            let nothing = ("file", Some(""), &b""[..]);
            let go_on = ("then", None, &b"continue"[..]);
            let answer = own.attach(&page, &attach, &[nothing, go_on]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.has("Attach a proof"), "{}", answer.text);
            let large = vec![b'a'; 10 * MEGABYTE + 1];
            let script = String::from_utf8(PDF.to_vec())
                .unwrap()
                .replace("/Catalog", "/Catalog /OpenAction << /S /JavaScript /JS (x) >>");
            let mut bomb = png(1, 1);
            bomb[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
            let files = [
                ("file", Some("../../etc/\u{202e}صورة الهوية.png"), &png(3, 2)[..]),
                ("file", Some("zip.pdf"), b"PK\x03\x04"),
                ("file", Some("large.pdf"), &large),
                ("file", Some("script.pdf"), script.as_bytes()),
                ("file", Some("bomb.png"), &bomb),
                ("file", Some("empty.pdf"), b""),
                ("file", Some("photo.heic"), b"\0\0\0\x18ftypheic\0\0\0\0"),
                ("file", Some("scan"), PDF),
                ("file", Some("scan again.pdf"), PDF),
            ];
            let answer = own.attach(&page, &attach, &[&files[..], &[go_on]].concat()).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
            for words in [
                "zip.pdf</bdi></a>: Its name says",
                "large.pdf</bdi></a>: The file is larger",
                "script.pdf</bdi></a>: The file holds scripts",
                "bomb.png</bdi></a>: The",
                "empty.pdf</bdi></a>: The file is empty",
                "photo.heic</bdi></a>: Photos of the type HEIC",
                "<bdi>صورة الهوية.png</bdi></a>",
                "<bdi>scan.pdf</bdi></a>",
            ] {
                assert!(answer.has(words), "{words}: {}", answer.text);
            }
            assert!(!answer.has("etc/") && !answer.has("\u{202e}"));
            let mut kept: Vec<String> = town.files(id).await.into_iter().map(|file| file.name).collect();
            kept.sort();
            assert_eq!(kept, ["scan.pdf", "صورة الهوية.png"], "the same file twice is one");
            // A third is taken, a fourth is one too many, and one that goes makes room.
            let page = own.get(&at).await;
            let answer = own
                .attach(&page, &attach, &[("file", Some("a.png"), &png(4, 4)), ("file", Some("b.png"), &png(5, 5))])
                .await;
            assert!(answer.has("b.png</bdi></a>: Up to"), "{}", answer.text);
            let files = town.files(id).await;
            assert_eq!(files.len(), 3);
            let third = files.iter().find(|file| file.name == "a.png").unwrap();
            let gone = format!("/en/cases/{id}/files/{}/remove", third.id);
            assert_eq!(own.act(&at, &gone, &[]).await, StatusCode::SEE_OTHER);
            assert_eq!(town.files(id).await.len(), 2);
            town.house.holds().await;
        }
    });
}

#[test]
fn what_was_attached_is_sent_and_stays() {
    let steps = pages();
    on_both_engines(SCHEMAS, |world| {
        let steps = steps.clone();
        async move {
            let town = Town::new(&world, &steps).await;
            let id = town.draft("work", &[FIRST + 1]).await;
            let mut own = town.browser(&town.own.actor).await;
            let (at, attach) = (format!("/en/cases/{id}/form/proof"), format!("/en/cases/{id}/attach/proof"));
            town.attached(id, "proof", "هوية.png", &png(3, 2)).await;
            town.attached(id, "proof", "scan.pdf", PDF).await;
            let (nothing, go_on) = (("file", Some(""), &b""[..]), ("then", None, &b"continue"[..]));
            // On: a PDF is among them, so the next page asks for a photo, which may be left out.
            let page = own.get(&at).await;
            let answer = own.attach(&page, &attach, &[nothing, go_on]).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            let photo_page = own.get(&format!("/en/cases/{id}/form/photo")).await;
            let answer = own
                .attach(&photo_page, &format!("/en/cases/{id}/attach/photo"), &[("file", Some("a.png"), &png(6, 6))])
                .await;
            assert!(answer.has("Only files of these types are taken: \u{2068}JPEG\u{2069}."), "{}", answer.text);
            let check = own.get(&format!("/en/cases/{id}/check")).await;
            assert!(check.has("هوية.png\u{2069}, \u{2068}scan.pdf"), "{}", check.text);
            assert_eq!(
                own.act(&format!("/en/cases/{id}/check"), &format!("/en/cases/{id}/submit"), &[]).await,
                StatusCode::SEE_OTHER
            );
            town.settle().await;
            // What was sent stays.
            let sent = town.files(id).await[0].id;
            let kept = format!("/en/cases/{id}/files/{sent}/remove");
            assert_ne!(own.act(&format!("/en/cases/{id}/withdraw"), &kept, &[]).await, StatusCode::SEE_OTHER);
            assert_eq!(town.files(id).await.len(), 2);
            assert!(town.page(id).await.has("scan.pdf"));
            town.house.holds().await;
        }
    });
}

#[test]
fn a_cut_upload_goes_on_and_nobody_elses_file_is_there() {
    let steps = pages();
    on_both_engines(SCHEMAS, |world| {
        let steps = steps.clone();
        async move {
            let town = Town::new(&world, &steps).await;
            let id = town.draft("work", &[FIRST + 1]).await;
            let mut own = town.browser(&town.own.actor).await;
            let page = own.get(&format!("/en/cases/{id}/form/proof")).await;
            let uploads = format!("/en/cases/{id}/uploads/proof");
            let whole = noise(300, 200);
            assert!(whole.len() > 2 * PIECE);
            let create = |length: usize| {
                let name = "filename ZmlsZS5wbmc=";
                Request::post(&uploads).header("upload-length", length).header("upload-metadata", name)
            };
            assert_eq!(
                own.script(None, create(whole.len()), b"").await.status(),
                StatusCode::BAD_REQUEST,
                "without its form"
            );
            for (length, status) in [(0, 422), (10 * MEGABYTE + 1, 422)] {
                assert_eq!(own.script(Some(&page), create(length), b"").await.status(), status);
            }
            let begun = own.script(Some(&page), create(whole.len()), b"").await;
            assert_eq!(begun.status(), StatusCode::CREATED);
            let there = begun.headers()[header::LOCATION].to_str().unwrap().to_owned();
            let patch = |at: usize| {
                Request::patch(&there)
                    .header("upload-offset", at)
                    .header(header::CONTENT_TYPE, "application/offset+octet-stream")
            };
            let head = || Request::head(&there);
            let bring = [(0, PIECE, 204), (0, PIECE, 409), (PIECE, 10, 400), (2 * PIECE, PIECE, 409)];
            for (at, length, status) in bring {
                let answer = own.script(Some(&page), patch(at), &whole[at..(at + length).min(whole.len())]).await;
                assert_eq!(answer.status(), status, "{at} {length}");
            }
            let stands = own.script(None, head(), b"").await;
            assert_eq!(stands.headers()["upload-offset"], PIECE.to_string().as_str());
            assert_eq!(stands.headers()["upload-length"], whole.len().to_string().as_str());
            assert!(own.get(&format!("/en/cases/{id}/form/proof")).await.has("data-name=\"file.png\""));
            // Another's session finds neither the upload nor the file.
            let mut other = town.browser(&town.other.actor).await;
            assert_eq!(other.script(None, head(), b"").await.status(), StatusCode::NOT_FOUND);
            let mut at = PIECE;
            while at < whole.len() {
                let answer = own.script(Some(&page), patch(at), &whole[at..(at + PIECE).min(whole.len())]).await;
                assert_eq!(answer.status(), StatusCode::NO_CONTENT);
                at = answer.headers()["upload-offset"].to_str().unwrap().parse().unwrap();
            }
            assert_eq!(own.script(None, head(), b"").await.status(), StatusCode::NOT_FOUND, "it is kept");
            let kept = &town.files(id).await[0];
            let file = format!("/en/cases/{id}/files/{}", kept.id);
            let opened = own.script(None, Request::get(&file), b"").await;
            assert_eq!(opened.headers()[header::CONTENT_TYPE], "image/png");
            assert_eq!(opened.headers()["x-content-type-options"], "nosniff");
            assert!(opened.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
            assert_eq!(opened.headers()[header::CACHE_CONTROL], "no-store");
            let picture = image::load_from_memory(opened.body()).unwrap();
            assert_eq!((picture.width(), picture.height()), (300, 200));
            town.house.holds().await;
        }
    });
}

#[test]
fn nobody_else_finds_a_file_and_a_discarded_draft_leaves_none() {
    let steps = pages();
    on_both_engines(SCHEMAS, |world| {
        let steps = steps.clone();
        async move {
            let town = Town::new(&world, &steps).await;
            let id = town.draft("work", &[FIRST + 1]).await;
            let (mut own, mut other) = (town.browser(&town.own.actor).await, town.browser(&town.other.actor).await);
            let png = town.attached(id, "proof", "a.png", &png(20, 20)).await;
            let file = format!("/en/cases/{id}/files/{png}");
            assert_eq!(own.get(&file).await.status, StatusCode::OK);
            for path in
                [file.clone(), file.replace("/en/cases", "/en/desk/cases"), format!("/en/cases/{id}/files/none")]
            {
                assert_eq!(
                    other.get(&path).await.status,
                    if path.contains("desk") { StatusCode::FORBIDDEN } else { StatusCode::NOT_FOUND }
                );
            }
            // Nothing on the disk is in the clear, and a photo has lost its place.
            let jpeg = town.attached(id, "proof", "photo.jpg", &photo()).await;
            let opened = own.script(None, Request::get(format!("/en/cases/{id}/files/{jpeg}")), b"").await;
            assert!(image::load_from_memory(opened.body()).is_ok() && !holds(opened.body(), "GPS"));
            let blobs = town.ctx.db.blobs().clone();
            let names = blobs.list().unwrap();
            for name in &names {
                let sealed = blobs.get(*name).await.unwrap().unwrap();
                assert!(!sealed.windows(4).take(64).any(|part| part == b"\x89PNG" || part == b"\xff\xd8\xff\xe0"));
            }
            // A draft that is thrown away leaves nothing.
            let before = names.len();
            assert_eq!(
                own.act(&format!("/en/cases/{id}/check"), &format!("/en/cases/{id}/discard"), &[]).await,
                StatusCode::SEE_OTHER
            );
            town.settle().await;
            assert!(town.files(id).await.is_empty());
            assert_eq!(blobs.list().unwrap().len(), before - 2);
            assert_eq!(own.get(&file).await.status, StatusCode::NOT_FOUND);
            town.house.holds().await;
        }
    });
}

#[test]
fn what_stands_half_arrived_for_a_day_is_dropped() {
    let steps = pages();
    on_both_engines(SCHEMAS, |world| {
        let steps = steps.clone();
        async move {
            let town = Town::new(&world, &steps).await;
            let id = town.draft("work", &[FIRST + 1]).await;
            let mut own = town.browser(&town.own.actor).await;
            let page = own.get(&format!("/en/cases/{id}/form/proof")).await;
            let create = Request::post(format!("/en/cases/{id}/uploads/proof")).header("upload-length", 100_000);
            let there =
                own.script(Some(&page), create, b"").await.headers()[header::LOCATION].to_str().unwrap().to_owned();
            let patch = Request::patch(&there)
                .header("upload-offset", 0)
                .header(header::CONTENT_TYPE, "application/offset+octet-stream");
            assert_eq!(own.script(Some(&page), patch, &vec![1; PIECE]).await.status(), StatusCode::NO_CONTENT);
            town.house.work().await;
            assert_eq!(town.files(id).await.len(), 1);
            town.days(2).await;
            town.house.work().await;
            town.settle().await;
            assert!(town.files(id).await.is_empty());
            town.house.holds().await;
        }
    });
}

#[test]
fn a_scanner_sees_it_before_a_clerk_does() {
    let steps = pages();
    on_both_engines(SCHEMAS, |world| {
        let steps = steps.clone();
        async move {
            let (clamav, learned) = clamd().await;
            let town = Town::scanned(&world, &steps, &clamav).await;
            let id = town.draft("work", &[FIRST + 1]).await;
            let good = town.attached(id, "proof", "good.png", &png(3, 3)).await;
            let harmful = town.attached(id, "proof", "harmful.pdf", &infected()).await;
            learned.store(true, Ordering::SeqCst);
            services::submit(&town.own, Key::once(&town.own), &town.services, id).await.unwrap();
            let (mut tax, mut court) = (town.clerk("tax", THERE).await, town.clerk("court", POST).await);
            let (of_tax, of_court) = (town.turn(id, "tax").await, town.turn(id, "court").await);
            let turn = format!("/en/desk/turns/{of_tax}");
            // Not scanned yet: the page says so, and nothing opens.
            assert!(tax.get(&turn).await.has("Being scanned"));
            assert_eq!(tax.get(&format!("{turn}/files/{good}")).await.status, StatusCode::CONFLICT);
            town.settle().await;
            let seen = tax.get(&turn).await;
            assert!(seen.has(&format!("files/{good}")) && seen.has("Stopped by the scanner"), "{}", seen.text);
            let opened = tax.get(&format!("{turn}/files/{good}")).await;
            assert_eq!(opened.status, StatusCode::OK);
            assert_eq!(tax.get(&format!("{turn}/files/{harmful}")).await.status, StatusCode::FORBIDDEN);
            // A body that the folder lets see nothing finds nothing.
            assert!(!court.get(&format!("/en/desk/turns/{of_court}")).await.has("good.png"));
            assert_eq!(
                court.get(&format!("/en/desk/turns/{of_court}/files/{good}")).await.status,
                StatusCode::NOT_FOUND
            );
            assert_eq!(court.get(&format!("/en/desk/cases/{id}/files/{good}")).await.status, StatusCode::NOT_FOUND);
            // The person is told and asked for another one.
            let page = town.page(id).await;
            assert!(page.has("A file was stopped") && page.has("id=\"attach-anew\""), "{}", page.text);
            let mut own = town.browser(&town.own.actor).await;
            assert!(own.get("/en/inbox").await.has("A file was stopped"));
            assert_eq!(own.get(&format!("/en/cases/{id}/files/{harmful}")).await.status, StatusCode::FORBIDDEN);
            let attach = format!("/en/cases/{id}/attach/proof");
            let form = own.get(&attach).await;
            let answer =
                own.attach(&form, &attach, &[("file", Some("again.pdf"), PDF), ("then", None, b"continue")]).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
            town.settle().await;
            let page = town.page(id).await;
            assert!(page.has("Another file was attached") && !page.has("id=\"attach-anew\""), "{}", page.text);
            assert_eq!(own.get(&attach).await.status, StatusCode::NOT_FOUND, "one was asked for");
            assert!(own.get("/en/looks").await.has("A file that you attached"));
            town.house.holds().await;
        }
    });
}

#[test]
fn what_the_scanner_knows_does_not_come_in() {
    let steps = pages();
    on_both_engines(SCHEMAS, |world| {
        let steps = steps.clone();
        async move {
            let (clamav, learned) = clamd().await;
            learned.store(true, Ordering::SeqCst);
            let town = Town::scanned(&world, &steps, &clamav).await;
            let id = town.draft("work", &[FIRST + 1]).await;
            let mut own = town.browser(&town.own.actor).await;
            let (at, attach) = (format!("/en/cases/{id}/form/proof"), format!("/en/cases/{id}/attach/proof"));
            let page = own.get(&at).await;
            // Before it is decoded: what is no picture at all is found too.
            let not_decoded = [b"\xff\xd8\xff ", EICAR.as_bytes()].concat();
            let files = [("file", Some("harmful.pdf"), &infected()[..]), ("file", Some("harmful.jpg"), &not_decoded)];
            let answer = own.attach(&page, &attach, &files).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(answer.text.matches("A scanner found something harmful").count(), 2, "{}", answer.text);
            town.attached(id, "proof", "good.png", &png(3, 3)).await;
            town.settle().await;
            let names: Vec<String> = town.files(id).await.into_iter().map(|file| file.name).collect();
            assert_eq!(names, ["good.png"]);
            town.house.holds().await;
        }
    });
}

#[test]
fn a_paper_of_ours_is_attached_as_it_is_and_read_by_whoever_signs() {
    let steps = r#"
[[page]]
id = "proof"
field = { id = "proof", kind = "files", most = 3 }

[[page]]
id = "photo"
field = { id = "photo", kind = "files", most = 1 }

[[step]]
kind = "co-sign"
field = "partners"
days = 5
sees = ["proof"]

[[step]]
kind = "decide"
by = "rule"
rule = "true"
reason = "no"

[[step]]
kind = "issue"

[[step]]
kind = "deliver"
"#;
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, steps).await;
        let (mut own, mut other) = (town.browser(&town.own.actor).await, town.browser(&town.other.actor).await);
        let first = town.sent("work").await;
        let signing = format!("/en/co-sign/{}", town.turn(first, "person-1").await);
        assert_eq!(other.act(&signing, &signing, &[("answer", "agree"), ("text", "")]).await, StatusCode::SEE_OTHER);
        for _ in 0..4 {
            town.settle().await;
        }
        let case = town.ends(first, "completed").await;
        let papers = town.ctx.read(move |read| documents::papers_about(read, &case.object())).await.unwrap();
        let paper = documents::file(&town.ctx, &papers[0]).await.unwrap();
        // Sealed by us, but not as we sealed it; and sealed by nobody whom we know.
        let id = town.draft("study", &[FIRST + 1]).await;
        let (at, attach) = (format!("/en/cases/{id}/form/proof"), format!("/en/cases/{id}/attach/proof"));
        let mut changed = paper.clone();
        changed.extend_from_slice(b"\n% more");
        let page = own.get(&at).await;
        let answer = own.attach(&page, &attach, &[("file", Some("paper.pdf"), &changed)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.has("carries a seal or a signature"), "{}", answer.text);
        let page = own.get(&at).await;
        let answer = own.attach(&page, &attach, &[("file", Some("paper.pdf"), &paper)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        town.attached(id, "photo", "photo.png", &png(3, 3)).await;
        town.settle().await;
        let files = town.files(id).await;
        let of = |field: &str| files.iter().find(|file| file.field == field).unwrap().id;
        let kept = format!("/en/cases/{id}/files/{}", of("proof"));
        let opened = own.script(None, Request::get(kept), b"").await;
        assert!(opened.body().as_ref() == paper, "it keeps its seal");
        services::submit(&town.own, Key::once(&town.own), &town.services, id).await.unwrap();
        town.settle().await;
        // Whoever signs reads what the folder lets them see, as long as they are asked.
        let signing = format!("/en/co-sign/{}", town.turn(id, "person-1").await);
        let [seen, unseen] = ["proof", "photo"].map(|field| format!("{signing}/files/{}", of(field)));
        let page = other.get(&signing).await;
        assert!(page.has(&seen) && page.has("paper.pdf") && !page.has(&unseen), "{}", page.text);
        let opened = other.script(None, Request::get(&seen), b"").await;
        assert!(opened.status() == StatusCode::OK && opened.body().as_ref() == paper);
        assert_eq!(other.get(&unseen).await.status, StatusCode::NOT_FOUND);
        let third = town.citizen(FIRST + 2, Assurance::Substantial).await;
        assert_eq!(town.browser(&third.actor).await.get(&seen).await.status, StatusCode::NOT_FOUND);
        assert!(own.get("/en/looks").await.has("A file that you attached"));
        assert_eq!(other.act(&signing, &signing, &[("answer", "agree"), ("text", "")]).await, StatusCode::SEE_OTHER);
        assert_eq!(other.get(&seen).await.status, StatusCode::NOT_FOUND);
        town.house.holds().await;
    });
}

#[test]
fn a_reply_brings_files_and_an_answer_of_files_is_corrected() {
    let steps = pages();
    on_both_engines(SCHEMAS, |world| {
        let steps = steps.clone();
        async move {
            let town = Town::new(&world, &steps).await;
            let id = town.draft("work", &[FIRST + 1]).await;
            let first = town.attached(id, "proof", "first.png", &png(3, 3)).await;
            services::submit(&town.own, Key::once(&town.own), &town.services, id).await.unwrap();
            let refused = services::attach(&town.own, &town.services, id, services::REPLY, "a.pdf", PDF).await;
            assert!(matches!(refused, Err(services::Refusal::NoCase)), "nothing was asked");
            for (name, unit) in [("tax", THERE), ("court", POST)] {
                let (mut officer, turn) = (town.clerk(name, unit).await, town.turn(id, name).await);
                assert_eq!(answer(&mut officer, turn, "yes", "").await, StatusCode::SEE_OTHER);
            }
            town.settle().await;
            let (mut chief, mut own) = (town.chief("chief", HERE).await, town.browser(&town.own.actor).await);
            assert_eq!(take(&mut chief, id).await, StatusCode::SEE_OTHER);
            assert!(chief.get(&desk(id)).await.has("Not scanned: open with care"));
            assert_eq!(say(&mut chief, id, "ask", "A scan, please.").await, StatusCode::SEE_OTHER);
            let page = own.get(&format!("/en/cases/{id}")).await;
            assert!(page.has("attach/_reply"), "{}", page.text);
            let attach = format!("/en/cases/{id}/attach/_reply");
            let form = own.get(&attach).await;
            let answer =
                own.attach(&form, &attach, &[("file", Some("scan.pdf"), PDF), ("then", None, b"continue")]).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
            town.settle().await;
            assert!(!chief.get(&desk(id)).await.has("scan.pdf"), "it is not sent yet");
            assert_eq!(
                own.act(&format!("/en/cases/{id}"), &format!("/en/cases/{id}/reply"), &[("text", "Here.")]).await,
                StatusCode::SEE_OTHER
            );
            assert!(chief.get(&desk(id)).await.has("scan.pdf"));
            // The answer itself is to be corrected.
            let again = format!("{}/decide", desk(id));
            let asked = [("decision", "ask"), ("text", "The other side."), ("field", "proof")];
            assert_eq!(chief.act(&desk(id), &again, &asked).await, StatusCode::SEE_OTHER);
            let page = own.get(&format!("/en/cases/{id}")).await;
            assert!(page.has("attach/proof") && !page.has("id=\"text\""), "{}", page.text);
            let attach = format!("/en/cases/{id}/attach/proof");
            let form = own.get(&attach).await;
            own.attach(&form, &attach, &[("file", Some("second.png"), &png(4, 4))]).await;
            assert_eq!(
                own.act(&attach, &format!("/en/cases/{id}/files/{first}/remove"), &[]).await,
                StatusCode::SEE_OTHER
            );
            assert_eq!(
                own.act(&format!("/en/cases/{id}"), &format!("/en/cases/{id}/reply"), &[]).await,
                StatusCode::SEE_OTHER
            );
            town.settle().await;
            let page = chief.get(&desk(id)).await;
            assert!(page.has("second.png") && !page.has("first.png"), "{}", page.text);
            town.stands(id, Stage::Deciding).await;
            town.house.holds().await;
        }
    });
}
