//! Real caches in front of the program, with the files of `deploy/` that operators are told to use.

mod changes;
mod kept;
mod private;
mod programs;

use crate::support::house::{Client, House, Reply, Service};
use newsroom::db::Reader;
use programs::Edge;
use programs::Kind;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const ARTICLES: &str = "/v1/delivery/articles";
const EDITOR: &str = "editor@trend.example";

/// Declares `async fn name(behind: Behind)` as `name::on_sqlite` and `name::on_postgres`, behind a kind of cache.
#[macro_export]
macro_rules! behind {
    ($kind:ident; $($name:ident as $test:ident),+ $(,)?) => { $(mod $test {
        use $crate::edge_caches::Behind;
        use $crate::support::house::House;

        #[actix_web::test]
        async fn on_sqlite() {
            if let Some(behind) = Behind::open($crate::edge_caches::Kind::$kind, House::sqlite().await) {
                super::$name(behind).await;
            }
        }
        #[actix_web::test]
        async fn on_postgres() {
            if let Some(house) = House::postgres().await
                && let Some(behind) = Behind::open($crate::edge_caches::Kind::$kind, house)
            {
                super::$name(behind).await;
            }
        }
    })+ };
}

/// A house that readers reach through a cache. The service ends before the house.
pub struct Behind {
    edge: Edge,
    service: Service,
    house: House,
}

impl Behind {
    /// `None`, and a line that says so, where the cache is not installed.
    pub fn open(kind: Kind, house: House) -> Option<Self> {
        if !kind.is_installed() {
            return None;
        }
        for _ in 0..5 {
            let address = programs::free_address();
            let url = format!("http://{address}/");
            // Limits are in force, so that their headers are there to be left out. What a cache is told of it keeps for an hour.
            let mut settings =
                vec![("NEWSROOM_RATE_LIMIT__ENABLED", "true"), ("NEWSROOM_RATE_LIMIT__DELIVERY", "100000"), ("NEWSROOM_HTTP__TRUSTED_PROXIES", "127.0.0.1/32")];
            if kind == Kind::Varnish {
                settings.extend([("NEWSROOM_PURGE__URLS", url.as_str()), ("NEWSROOM_PURGE__MAX_AGE", "3600")]);
            }
            let service = house.serve(&settings);
            if let Some(edge) = Edge::start(kind, address, service.address) {
                return Some(Self { edge, service, house });
            }
        }
        panic!("{kind:?} does not start")
    }

    /// A reader, through the cache.
    fn reader(&self) -> Client {
        Client::of(self.edge.address, "")
    }

    /// Somebody who has signed in, through the cache or past it.
    async fn staff(&self, email: &str, at: SocketAddr) -> Client {
        Client::of(at, &self.house.token(email).await)
    }

    /// Waits until all that follows from what has happened is done: a cache that is told of changes is told twice.
    async fn settle(&self) {
        let (db, deadline) = (self.house.db().await, Instant::now() + Duration::from_secs(30));
        loop {
            let (left,): (i64,) = db.query("SELECT count(*) FROM jobs").one().await.unwrap();
            if left == 0 {
                return db.close().await;
            }
            assert!(Instant::now() < deadline, "{left} jobs are left:\n{}", self.service.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    async fn editor(&self) -> Editor {
        Editor(self.staff(EDITOR, self.service.address).await)
    }
}

/// Somebody who changes what readers see, past the cache.
struct Editor(Client);

impl Editor {
    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let reply = self.0.send(method, path, headers, Some(body)).unwrap();
        assert!((200..300).contains(&reply.status), "{method} {path}: {}", reply.text());
        reply
    }

    /// Changes a record as somebody who has just read it.
    fn change(&mut self, method: &str, path: &str, step: &str, body: &Value) {
        let read = get(&mut self.0, path);
        let etag = read.header("ETag").unwrap_or_else(|| panic!("no ETag: {}", read.text())).to_owned();
        self.send(method, &format!("{path}{step}"), &[("If-Match", &etag)], body);
    }

    fn text(&mut self, article: &str, step: &str, body: &Value) {
        self.change("POST", &format!("/v1/articles/{article}/translations/en"), step, body);
    }

    fn draft(&mut self, headline: &str) -> String {
        let body = format!("<p>{}</p>", "A paragraph that is worth encoding. ".repeat(40));
        let new = json!({ "original_language": "en", "headline": headline, "body_html": body });
        self.send("POST", "/v1/articles", &[], &new).json()["id"].as_str().unwrap().to_owned()
    }

    /// A text that is public: its article and its address.
    fn published(&mut self, headline: &str) -> (String, String) {
        let id = self.draft(headline);
        self.text(&id, "/publish", &json!({}));
        let slug = get(&mut self.0, &format!("{ARTICLES}/{id}")).json()["slug"].as_str().unwrap().to_owned();
        (id, format!("{ARTICLES}/en/{slug}"))
    }

    fn correct(&mut self, article: &str, headline: &str) {
        self.change("PATCH", &format!("/v1/articles/{article}/translations/en"), "", &json!({ "headline": headline }));
        self.text(article, "/publish", &json!({ "change_kind": "correction", "public_note": "The number was wrong." }));
    }

    fn kill(&mut self, article: &str) {
        self.text(article, "/kill", &json!({ "reason": "Forged.", "public_note": "Not true." }));
    }
}

fn get(client: &mut Client, path: &str) -> Reply {
    client.send("GET", path, &[], None).unwrap()
}

fn get_with(client: &mut Client, path: &str, headers: &[(&str, &str)]) -> Reply {
    client.send("GET", path, headers, None).unwrap()
}

fn is_hit(reply: &Reply) -> bool {
    reply.header("X-Cache") == Some("HIT")
}
