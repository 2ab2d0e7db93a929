//! Two processes on one PostgreSQL: what one publishes, the other serves, also when it is told of nothing. SQLite is for one process.

use super::{ARTICLES, items, text};
use crate::support::house::{Client, House, Service};
use serde_json::{Value, json};
use sqlx::postgres::PgListener;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long an answer may be served that another process has made untrue.
const LIMIT: Duration = Duration::from_secs(1);
/// What a busy machine may add: it looks four times a second, so that most of the limit is to spare already.
const SLACK: Duration = Duration::from_millis(250);
/// How long it takes where it is told: a few milliseconds, and what a busy machine adds.
const MOMENT: Duration = Duration::from_millis(150);
const ROUNDS: usize = 8;
const CHANNEL: &str = "newsroom_public";

/// Somebody who publishes at one process, and somebody who reads from the other.
struct Two {
    writer: Client,
    reader: Client,
    _services: [Service; 2],
}

/// What readers see of a text: its headline by its id, in the list, and by search for the word that it has.
fn seen(client: &mut Client, id: &str, word: &str) -> [Option<String>; 3] {
    let mut get = |path: &str| client.send("GET", path, &[], None).unwrap();
    let single = get(&format!("{ARTICLES}/{id}"));
    assert!([200, 404, 410].contains(&single.status), "{}", single.text());
    let headline = |item: &Value| text(&item["headline"]);
    let lists = [format!("{ARTICLES}?limit=5"), format!("/v1/delivery/search?q={word}")].map(|path| {
        let list = get(&path);
        assert_eq!(list.status, 200, "{path}: {}", list.text());
        items(&list.json()).iter().find(|item| item["id"] == id).map(headline)
    });
    let [list, search] = lists;
    [(single.status == 200).then(|| headline(&single.json())), list, search]
}

impl Two {
    async fn start(house: &House) -> Self {
        let token = house.token("editor@trend.example").await;
        let services = [house.serve(&[]), house.serve(&[])];
        Self { writer: services[0].client(&token), reader: services[1].client(""), _services: services }
    }

    fn write(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let reply = self.writer.send(method, path, &[("If-Match", "*")], Some(body)).unwrap();
        assert!((200..300).contains(&reply.status), "{method} {path}: {}", reply.text());
        reply.json()
    }

    /// Takes a step, and says how long it takes until the other process shows what there is after it. The first shows it at once.
    fn publish(&mut self, id: &str, word: &str, step: &str, order: &Value, expected: Option<&str>) -> Duration {
        let expected = [0; 3].map(|_| expected.map(str::to_owned));
        // Both have answers from before.
        for client in [&mut self.writer, &mut self.reader] {
            assert_ne!(seen(client, id, word), expected);
        }
        self.write("POST", &format!("/v1/articles/{id}/translations/en/{step}"), order);
        let done = Instant::now();
        assert_eq!(seen(&mut self.writer, id, word), expected, "whoever publishes reads it at once");
        while seen(&mut self.reader, id, word) != expected {
            assert!(done.elapsed() < LIMIT + SLACK, "the other process does not show it after {:?}", done.elapsed());
        }
        done.elapsed()
    }

    /// Publishes, corrects and kills. How long each took.
    fn rounds(&mut self) -> Vec<Duration> {
        let mut took = vec![];
        for n in 0..ROUNDS {
            let word = format!("quokka{n}");
            let headline = format!("A {word} is seen");
            let new = json!({ "original_language": "en", "headline": headline, "body_html": "<p>It is small.</p>", "slugline": "QUOKKA" });
            let id = text(&self.write("POST", "/v1/articles", &new)["id"]);
            took.push(self.publish(&id, &word, "publish", &Value::Null, Some(&headline)));
            let better = format!("No {word} is seen");
            self.write("PATCH", &format!("/v1/articles/{id}/translations/en"), &json!({ "headline": better }));
            let order = json!({ "change_kind": "correction", "public_note": "It was a cat." });
            took.push(self.publish(&id, &word, "publish", &order, Some(&better)));
            let order = json!({ "reason": "Wrong.", "public_note": "There was none." });
            took.push(self.publish(&id, &word, "kill", &order, None));
        }
        took.sort_unstable();
        took
    }
}

#[actix_web::test]
async fn what_one_process_publishes_the_other_serves_in_a_moment() {
    let Some(house) = House::postgres().await else { return };
    let took = Two::start(&house).await.rounds();
    let median = took[took.len() / 2];
    assert!(median < MOMENT, "half of them take longer than {median:?}: {took:?}");
}

/// Ends every session that listens, again and again, until told to stop. How many there were.
fn cut(url: String, stop: Arc<AtomicBool>, ended: Arc<AtomicUsize>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let mut admin = PgConnection::connect(&url).await.unwrap();
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
            while !stop.load(Ordering::SeqCst) {
                ended.fetch_add(sqlx::query(end).fetch_all(&mut admin).await.unwrap().len(), Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
    })
}

#[actix_web::test]
async fn what_one_process_publishes_the_other_serves_within_a_second_while_its_listening_is_cut_off() {
    let Some(house) = House::postgres().await else { return };
    let mut two = Two::start(&house).await;
    let (stop, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let cutting = cut(house.url().to_owned(), Arc::clone(&stop), Arc::clone(&ended));
    let took = two.rounds();
    stop.store(true, Ordering::SeqCst);
    cutting.join().unwrap();
    let ended = ended.load(Ordering::SeqCst);
    assert!(ended > ROUNDS, "only {ended} sessions that listened were ended");
    assert!(took[took.len() / 2] < LIMIT, "{took:?}");
}

#[actix_web::test]
async fn what_one_process_publishes_the_other_serves_within_a_second_when_nobody_is_told() {
    let Some(house) = House::postgres().await else { return };
    let mut admin = PgConnection::connect(house.url()).await.unwrap();
    // A function of the same name that is found first, and tells nobody.
    let (name,): (String,) = sqlx::query_as("SELECT current_database()::text").fetch_one(&mut admin).await.unwrap();
    let mute = format!(
        "CREATE FUNCTION public.pg_notify(text, text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'; \
         ALTER DATABASE {name} SET search_path = public, pg_catalog"
    );
    sqlx::raw_sql(AssertSqlSafe(mute)).execute(&mut admin).await.unwrap();
    let mut listener = PgListener::connect(house.url()).await.unwrap();
    listener.listen(CHANNEL).await.unwrap();
    let took = Two::start(&house).await.rounds();
    assert!(took[took.len() / 2] < LIMIT, "{took:?}");
    let told = tokio::time::timeout(Duration::from_millis(50), listener.recv()).await;
    assert!(told.is_err(), "somebody was told: {told:?}");
}
