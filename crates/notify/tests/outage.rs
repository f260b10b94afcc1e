//! An outage of SMS or e-mail loses nothing: the inbox has it at once, the rest
//! goes out once the gateway is back, and what breaks that is named.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use base::{Locale, PersonId, Phone};
use notify::{Gateways, Notice};
use store::{Ctx, Key, Subscriber, params};
use testkit::{PhoneSide, World, on_both_engines};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use web::System;

/// How long the gateways are out, seconds.
const OUTAGE_S: i64 = 3_600;
/// The longest pause between two tries, seconds.
const PAUSE_S: i64 = 600;
/// Tries in an hour that are patience and not a storm.
const TRIES: u64 = 20;

mod sql {
    store::statements! {
        /// Messages by stage.
        STAGES = "SELECT stage, CAST(COUNT(*) AS BIGINT) FROM notify_message GROUP BY stage ORDER BY stage";
        /// Loses the work of a message.
        LOSE = "DELETE FROM store_work";
    }
}

/// A mail server: it takes every message, or has a moment's trouble with each.
#[derive(Default)]
struct MailSide {
    out: AtomicBool,
    asked: AtomicU64,
    /// The Message-ID of each mail taken.
    taken: Mutex<Vec<String>>,
}

impl MailSide {
    async fn listen(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let mail = Arc::clone(self);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mail = Arc::clone(&mail);
                // A client that went away is its own affair.
                tokio::spawn(async move { drop(mail.speak(stream).await) });
            }
        });
        url
    }

    async fn speak(&self, mut stream: TcpStream) -> std::io::Result<()> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.out.load(Ordering::SeqCst) {
            return stream.write_all(b"421 not now\r\n").await;
        }
        let (read, mut write) = stream.split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 mail\r\n").await?;
        let mut in_data = false;
        while let Some(line) = lines.next_line().await? {
            let answer = match line.split(' ').next().unwrap_or_default() {
                "." => {
                    in_data = false;
                    "250 taken\r\n"
                }
                "Message-ID:" => {
                    self.taken.lock().unwrap().push(line);
                    ""
                }
                _ if in_data => "",
                "DATA" => {
                    in_data = true;
                    "354 go on\r\n"
                }
                "QUIT" => "221 bye\r\n",
                _ => "250 fine\r\n",
            };
            write.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }
}

struct Post {
    world: World,
    phones: Arc<PhoneSide>,
    callers: Arc<PhoneSide>,
    mail: Arc<MailSide>,
    system: System,
    subscribers: Vec<Subscriber>,
    person: PersonId,
}

impl Post {
    async fn new(world: World) -> Self {
        let (phones, mail) = (Arc::new(PhoneSide::default()), Arc::new(MailSide::default()));
        let callers = Arc::new(PhoneSide::default());
        let gateways = Gateways {
            sms_url: Some(phones.listen().await),
            voice_url: Some(callers.listen().await),
            smtp_url: Some(mail.listen().await),
            mail_from: "Hukumati <no-reply@example.ps>".to_owned(),
        };
        let system = notify::system(gateways);
        let subscribers = system.subscribers.clone();
        world.ctx.db.set_subscribers(&subscribers);
        let person: PersonId = world.ctx.mint();
        let phone = Phone::parse("0599000001").unwrap();
        let set = world.ctx.write(Key::once(&world.ctx), move |tx| {
            notify::set_phone_in(tx, person, &phone)?;
            notify::set_email_in(tx, person, "salma@example.ps")
        });
        set.await.unwrap();
        Self { world, phones, callers, mail, system, subscribers, person }
    }
    fn ctx(&self) -> &Ctx {
        &self.world.ctx
    }
    async fn tell(&self) {
        let notice = Notice {
            person: self.person,
            topic: "test.told",
            about: "case:1".to_owned(),
            link: "/cases/1".to_owned(),
            title: vec!["عنوان".to_owned(), "A title".to_owned()],
            body: vec!["نص".to_owned(), "A text".to_owned()],
            short: "رسالة جديدة في حكومتي".to_owned(),
        };
        self.ctx().write(Key::once(self.ctx()), move |tx| notify::notice_in(tx, &notice)).await.unwrap();
    }
    async fn call(&self, number: &str) {
        let (person, phone) = (self.person, Phone::parse(number).unwrap());
        let call = self
            .ctx()
            .write(Key::once(self.ctx()), move |tx| notify::voice_in(tx, person, &phone, "4, 0, 7", Locale::EN));
        call.await.unwrap();
    }
    async fn deliver(&self) {
        store::dispatch_once(&self.ctx().as_machine("test"), &self.subscribers).await.unwrap();
    }
    /// Delivers for so long.
    async fn pass(&self, seconds: i64) {
        for _ in 0..seconds / 30 {
            self.world.clock.advance_seconds(30);
            self.deliver().await;
            assert_eq!(self.broken().await, Vec::<String>::new());
        }
    }
    async fn stages(&self) -> Vec<(String, i64)> {
        let rows = self.ctx().read(|read| read.rows(&sql::STAGES, &params![])).await.unwrap();
        rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect()
    }
    async fn broken(&self) -> Vec<String> {
        let invariants = self.system.invariants.clone();
        let checked = self.ctx().read(move |read| {
            let broken = invariants.iter().map(|invariant| Ok((invariant.name, invariant.check(read)?)));
            broken.collect::<Result<Vec<_>, store::Error>>()
        });
        let broken = checked.await.unwrap().into_iter().filter(|(_, ids)| !ids.is_empty());
        broken.map(|(name, _)| name.to_owned()).collect()
    }
    async fn in_inbox(&self) -> usize {
        let person = self.person;
        self.ctx()
            .read(move |read| notify::inbox(read, person, Locale::AR, &web::Slice::default()))
            .await
            .unwrap()
            .len()
    }
}

#[test]
fn an_hour_without_gateways_loses_nothing_and_repeats_nothing() {
    on_both_engines(&[audit::SCHEMA, notify::SCHEMA], |world| async move {
        let post = Post::new(world).await;
        post.phones.out.store(true, Ordering::SeqCst);
        post.mail.out.store(true, Ordering::SeqCst);
        post.tell().await;
        assert_eq!(post.in_inbox().await, 1, "the inbox waits for nobody");
        post.deliver().await;
        post.pass(OUTAGE_S).await;
        assert_eq!(post.stages().await, [("unknown".to_owned(), 2)]);
        assert!(post.phones.taken().is_empty() && post.mail.taken.lock().unwrap().is_empty());
        for asked in [&post.phones.asked, &post.mail.asked] {
            let asked = asked.load(Ordering::SeqCst);
            assert!((2..=TRIES).contains(&asked), "asked {asked} times in an hour");
        }
        post.phones.out.store(false, Ordering::SeqCst);
        post.mail.out.store(false, Ordering::SeqCst);
        post.pass(PAUSE_S + 30).await;
        assert_eq!(post.stages().await, [("sent".to_owned(), 2)]);
        post.pass(OUTAGE_S).await;
        assert_eq!(post.phones.taken().into_values().collect::<Vec<_>>(), [1]);
        assert_eq!(post.mail.taken.lock().unwrap().len(), 1);
        assert_eq!(post.in_inbox().await, 1);
    });
}

#[test]
fn a_lost_answer_is_asked_for_under_the_same_id() {
    on_both_engines(&[audit::SCHEMA, notify::SCHEMA], |world| async move {
        let post = Post::new(world).await;
        // It takes the message, and nobody hears of it.
        post.phones.mute.store(true, Ordering::SeqCst);
        post.tell().await;
        post.deliver().await;
        post.pass(120).await;
        assert_eq!(post.stages().await, [("sent".to_owned(), 1), ("unknown".to_owned(), 1)]);
        post.phones.mute.store(false, Ordering::SeqCst);
        post.pass(PAUSE_S).await;
        assert_eq!(post.stages().await, [("sent".to_owned(), 2)]);
        let taken = post.phones.taken();
        assert_eq!(taken.len(), 1, "one id, which the company drops when it comes again: {taken:?}");
        assert!(taken.values().all(|times| *times > 1));
    });
}

#[test]
fn a_message_that_cannot_be_delivered_for_a_day_fails_and_stays_in_the_inbox() {
    on_both_engines(&[audit::SCHEMA, notify::SCHEMA], |world| async move {
        let post = Post::new(world).await;
        post.phones.out.store(true, Ordering::SeqCst);
        post.tell().await;
        post.deliver().await;
        for _ in 0..24 * 4 {
            post.world.clock.advance_seconds(901);
            post.deliver().await;
        }
        assert_eq!(post.stages().await, [("failed".to_owned(), 1), ("sent".to_owned(), 1)]);
        assert_eq!(post.in_inbox().await, 1);
        assert_eq!(post.broken().await, Vec::<String>::new());
    });
}

#[test]
fn a_call_is_made_within_ten_minutes_or_not_at_all() {
    on_both_engines(&[audit::SCHEMA, notify::SCHEMA], |world| async move {
        let post = Post::new(world).await;
        post.call("022961234").await;
        post.deliver().await;
        assert_eq!(post.callers.taken().into_values().collect::<Vec<_>>(), [1]);
        assert_eq!(post.stages().await, [("sent".to_owned(), 1)]);
        // Out for a while, and back before what the call says is over.
        post.callers.out.store(true, Ordering::SeqCst);
        post.call("022961234").await;
        post.deliver().await;
        post.pass(120).await;
        post.callers.out.store(false, Ordering::SeqCst);
        post.pass(300).await;
        assert_eq!(post.callers.taken().into_values().collect::<Vec<_>>(), [1, 1]);
        // Back too late: nobody is rung up.
        post.callers.out.store(true, Ordering::SeqCst);
        post.call("022961234").await;
        post.deliver().await;
        post.pass(540).await;
        assert_eq!(post.stages().await, [("sent".to_owned(), 2), ("unknown".to_owned(), 1)]);
        post.callers.out.store(false, Ordering::SeqCst);
        post.world.clock.advance_seconds(61);
        post.pass(PAUSE_S).await;
        assert_eq!(post.stages().await, [("failed".to_owned(), 1), ("sent".to_owned(), 2)]);
        assert_eq!(post.callers.taken().len(), 2);
        assert!(post.phones.taken().is_empty(), "a call is no message");
    });
}

#[test]
fn news_do_not_go_to_a_fixed_line() {
    on_both_engines(&[audit::SCHEMA, notify::SCHEMA], |world| async move {
        let post = Post::new(world).await;
        let (person, line) = (post.person, Phone::parse("022961234").unwrap());
        let set = post.ctx().write(Key::once(post.ctx()), move |tx| notify::set_phone_in(tx, person, &line));
        set.await.unwrap();
        post.tell().await;
        post.deliver().await;
        assert_eq!((post.in_inbox().await, post.mail.taken.lock().unwrap().len()), (1, 1));
        assert!(post.phones.taken().is_empty() && post.callers.taken().is_empty());
    });
}

#[test]
fn a_message_whose_work_got_lost_is_named() {
    on_both_engines(&[audit::SCHEMA, notify::SCHEMA], |world| async move {
        let post = Post::new(world).await;
        let lose =
            async || post.ctx().write(Key::once(post.ctx()), |tx| tx.execute(&sql::LOSE, &params![]).map(drop)).await;
        post.tell().await;
        assert_eq!(post.broken().await, Vec::<String>::new());
        lose().await.unwrap();
        assert_eq!(post.broken().await, ["notify.waiting_messages_have_work"]);
    });
}
