//! Writers over HTTP who remember what was acknowledged, to ask for it when everything has been killed under them.

use super::dice::Dice;
use super::life::Life;
use crate::support::house::{Client, House, Reply, Service};
use newsroom::db::{Db, Reader};
use newsroom::translations::Step;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Editors, who may do everything with their own.
const PEOPLE: [&str; 4] = ["editor@trend.example", "editor@kazinform.example", "admin@trend.example", "editor@kabar.example"];
pub const WRITERS: usize = 8;

/// A text as its writer knows it: all of it was acknowledged.
struct Text {
    article: String,
    language: &'static str,
    life: Life,
    headlines: Vec<String>,
    etag: String,
}

/// A request that changes something, to be sent once, and again when nobody knows what became of it.
struct Write {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
    what: What,
}

enum What {
    Create { headline: String },
    Add { of: usize, language: &'static str, headline: String },
    Take { text: usize, step: Step, headline: String },
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Acknowledged,
    /// Refused for the moment, with nothing changed.
    Refused,
    /// Nobody knows.
    Lost,
}

pub struct Writer {
    client: Client,
    email: &'static str,
    dice: Dice,
    name: String,
    names: usize,
    texts: Vec<Text>,
    doubts: Vec<Write>,
    /// Answers that should not have been.
    pub wrong: Vec<String>,
    pub slowest: Duration,
}

impl Write {
    fn is_about(&self, place: usize) -> bool {
        matches!(self.what, What::Take { text, .. } if text == place) || matches!(self.what, What::Add { of, .. } if of == place)
    }
}

/// Eight writers with names of their own.
pub async fn hire(house: &House, service: &Service, dice: &mut Dice, name: &str) -> Vec<Writer> {
    let mut tokens = vec![];
    for email in PEOPLE {
        tokens.push(house.token(email).await);
    }
    (0..WRITERS)
        .map(|n| Writer {
            client: service.client(&tokens[n % tokens.len()]),
            email: PEOPLE[n % PEOPLE.len()],
            dice: Dice::new(dice.next(), n as u64),
            name: format!("{name}w{n}"),
            names: 0,
            texts: vec![],
            doubts: vec![],
            wrong: vec![],
            slowest: Duration::ZERO,
        })
        .collect()
}

impl Writer {
    fn write(&mut self, acknowledged: &AtomicUsize) -> Sent {
        let sent = self.write_once();
        if sent == Sent::Acknowledged {
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
        sent
    }

    fn write_once(&mut self) -> Sent {
        let write = self.choose();
        let started = Instant::now();
        let outcome = self.send(&write);
        self.slowest = self.slowest.max(started.elapsed());
        match outcome {
            Ok(reply) if (200..300).contains(&reply.status) => {
                self.note(write, &reply);
                Sent::Acknowledged
            }
            Ok(reply) if reply.status == 503 && reply.header("Content-Type") == Some("application/problem+json") && reply.header("Retry-After").is_some() => {
                if reply.json()["outcome"] == "unknown" {
                    self.doubts.push(write);
                    return Sent::Lost;
                }
                Sent::Refused
            }
            Ok(reply) => {
                self.wrong.push(format!("{} {}: {}", write.method, write.path, reply.text()));
                self.doubts.push(write);
                Sent::Lost
            }
            Err(_) => {
                self.doubts.push(write);
                Sent::Lost
            }
        }
    }

    fn send(&mut self, write: &Write) -> std::io::Result<Reply> {
        let headers: Vec<(&str, &str)> = write.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.client.send(write.method, &write.path, &headers, write.body.as_ref())
    }

    fn headline(&mut self) -> String {
        self.names += 1;
        format!("{} {}", self.name, self.names)
    }

    fn choose(&mut self) -> Write {
        let headline = self.headline();
        let known: Vec<usize> = (0..self.texts.len()).filter(|place| !self.doubts.iter().any(|write| write.is_about(*place))).collect();
        let key = format!("{headline} of {}", Uuid::new_v4());
        if known.is_empty() || self.dice.percent(25) {
            let body = json!({"original_language": "en", "headline": headline, "body_html": "<p>x</p>"});
            return Write {
                method: "POST",
                path: "/v1/articles".to_owned(),
                headers: vec![("Idempotency-Key", key)],
                body: Some(body),
                what: What::Create { headline },
            };
        }
        let place = *self.dice.pick(&known);
        let text = &self.texts[place];
        let at = format!("/v1/articles/{}/translations", text.article);
        let other = *self.dice.pick(&["az", "ru"]);
        let has_other = self.texts.iter().any(|also| also.article == text.article && also.language == other);
        if text.language == "en" && !has_other && self.dice.percent(20) && !text.life.killed {
            return Write {
                method: "PUT",
                path: format!("{at}/{other}"),
                headers: vec![("If-None-Match", "*".to_owned())],
                body: Some(json!({"headline": headline, "body_html": "<p>x</p>"})),
                what: What::Add { of: place, language: other, headline },
            };
        }
        let steps: Vec<Step> =
            text.life.possible().into_iter().filter(|step| *step != Step::Delete && (*step != Step::Kill || self.names.is_multiple_of(7))).collect();
        let step = if steps.is_empty() { Step::Edit } else { *self.dice.pick(&steps) };
        let (path, body) = match step {
            _ if steps.is_empty() => return self.choose(),
            Step::Edit => (String::new(), json!({"headline": headline})),
            Step::Return => ("/return".to_owned(), json!({"reason": "Not yet."})),
            Step::Kill => ("/kill".to_owned(), json!({"reason": "Forged.", "public_note": "Not true."})),
            Step::Publish => {
                let changed = text.life.seen.is_some_and(|seen| seen != text.life.newest);
                ("/publish".to_owned(), if changed { json!({"change_kind": "update", "public_note": headline}) } else { json!({}) })
            }
            Step::Submit => ("/submit".to_owned(), Value::Null),
            Step::Approve => ("/approve".to_owned(), Value::Null),
            Step::Unpublish => ("/unpublish".to_owned(), json!({})),
            Step::Delete | Step::Withhold | Step::Lift => unreachable!("nobody deletes or kills stories here"),
        };
        let mut headers = vec![("If-Match", text.etag.clone())];
        if step != Step::Edit {
            headers.push(("Idempotency-Key", key));
        }
        Write {
            method: if step == Step::Edit { "PATCH" } else { "POST" },
            path: format!("{at}/{}{path}", text.language),
            headers,
            body: Some(body).filter(|body| !body.is_null()),
            what: What::Take { text: place, step, headline },
        }
    }

    /// Remembers what was acknowledged.
    fn note(&mut self, write: Write, reply: &Reply) {
        match write.what {
            What::Create { headline } => {
                let article = reply.json()["id"].as_str().unwrap().to_owned();
                self.texts.push(Text { article, language: "en", life: Life::new(), headlines: vec![headline], etag: "\"v1\"".to_owned() });
            }
            What::Add { of, language, headline } => {
                let article = self.texts[of].article.clone();
                let etag = reply.header("ETag").unwrap().to_owned();
                self.texts.push(Text { article, language, life: Life::new(), headlines: vec![headline], etag });
            }
            What::Take { text, step, headline } => {
                let text = &mut self.texts[text];
                text.life.take(step);
                reply.header("ETag").unwrap().clone_into(&mut text.etag);
                if step == Step::Edit {
                    text.headlines.push(headline);
                }
                let told = reply.json();
                let told = (&told["publication"], &told["review"], &told["revision"]);
                assert_eq!(told, (&json!(text.life.publication()), &json!(text.life.review()), &json!(text.life.newest)));
            }
        }
    }

    /// Finds out what became of everything that was lost: a POST is sent again, and happens once; of others the record is asked.
    pub fn resolve(&mut self, client: Client) {
        self.client = client;
        for write in std::mem::take(&mut self.doubts) {
            if write.method == "POST" {
                let reply = self.send(&write).unwrap();
                assert!((200..300).contains(&reply.status), "{} {} again: {}", write.method, write.path, reply.text());
                self.note(write, &reply);
                continue;
            }
            let reply = self.client.send("GET", &write.path, &[], None).unwrap();
            let (What::Add { headline, .. } | What::Take { headline, .. } | What::Create { headline }) = &write.what;
            if reply.status == 200 && reply.json()["headline"] == headline.as_str() {
                self.note(write, &reply);
            }
        }
    }

    /// Every text is there exactly as it was acknowledged, and readers see what they must.
    pub async fn check(&mut self, db: &Db) {
        assert!(self.doubts.is_empty());
        for text in &self.texts {
            let about = format!("{} {} of {}", text.article, text.language, self.name);
            let article: Uuid = text.article.parse().unwrap();
            let sql = "SELECT publication, review, revision, published_revision FROM translations WHERE article_id = $1 AND language = $2";
            let found: Option<(String, String, i32, Option<i32>)> = db.query(sql).bind(article).bind(text.language).optional().await.unwrap();
            let seen = text.life.seen.map(|seen| i32::try_from(seen).unwrap());
            let newest = i32::try_from(text.life.newest).unwrap();
            assert_eq!(found, Some((text.life.publication().to_owned(), text.life.review().to_owned(), newest, seen)), "{about}");
            let sql = "SELECT headline FROM revisions WHERE article_id = $1 AND language = $2 ORDER BY revision";
            let headlines: Vec<(String,)> = db.query(sql).bind(article).bind(text.language).all().await.unwrap();
            assert!(headlines.iter().map(|(headline,)| headline).eq(&text.headlines), "{about}: {headlines:?}, and not {:?}", text.headlines);
            let reply = self.client.send("GET", &format!("/v1/delivery/articles/{}?language={}", text.article, text.language), &[], None).unwrap();
            let shown = (reply.status == 200).then(|| reply.json()["headline"].clone());
            assert_eq!(shown, text.life.seen.filter(|_| text.life.public).map(|seen| json!(text.headlines[seen - 1])), "{about}");
        }
    }

    /// How many of its requests nobody knows about.
    pub fn doubts(&self) -> usize {
        self.doubts.len()
    }

    pub fn email(&self) -> &'static str {
        self.email
    }

    /// How many articles it has made.
    pub fn articles(&self) -> usize {
        self.texts.iter().filter(|text| text.language == "en").count()
    }
}

/// Ends the writing, also when the test has failed meanwhile.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Lets all write at once, each in a thread of its own, while `during` happens; each until it is over or `go_on` has had enough.
pub fn all_write<T>(writers: &mut [Writer], go_on: impl Fn(Sent) -> bool + Sync, during: impl FnOnce(&AtomicUsize) -> T) -> T {
    let (acknowledged, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        for writer in writers {
            let (acknowledged, stop, go_on) = (&acknowledged, &stop, &go_on);
            scope.spawn(move || while !stop.load(Ordering::SeqCst) && go_on(writer.write(acknowledged)) {});
        }
        during(&acknowledged)
    })
}

/// Waits until so many more writes are acknowledged.
pub fn wait_for(acknowledged: &AtomicUsize, more: usize, patience: Duration) -> bool {
    let (wanted, deadline) = (acknowledged.load(Ordering::SeqCst) + more, Instant::now() + patience);
    while acknowledged.load(Ordering::SeqCst) < wanted {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    true
}
