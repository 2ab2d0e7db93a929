//! Who and what the matrix is made of.

use crate::support::{App, Caller};
use newsroom::db::{Engine, Reader};
use newsroom::error::Faults;
use newsroom::language::Tag;
use newsroom::policy::{Actor, Role, Scope, Who};
use newsroom::translations::{self, CreateArticle, First, NewText, PublishOrder, Translation};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection};
use std::fmt::Write;
use std::time::Duration;
use uuid::Uuid;

/// A text in each state, by its language: draft, in review, approved, published, published and edited, unpublished, killed,
/// withheld.
pub const LANGUAGES: &[&str] = &["az", "tr", "kk", "ky", "uz", "tk", "ru", "en"];

/// What kind of record an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No record, or one that everybody in the house may know of.
    House,
    /// What belongs to an agency.
    Agency,
    Article,
    Text,
    /// A comment, of which everybody who sees its text knows, but only its author may change it.
    Comment,
    /// An assignment.
    Work,
}

enum Credentials {
    None,
    /// As is, whatever it is.
    Token(String),
    /// A staff member, who signs in for each request.
    Staff(String),
}

pub struct Person {
    pub name: &'static str,
    credentials: Credentials,
    /// As the database knows them; `None` for credentials that are no good.
    pub actor: Option<Actor>,
}

pub struct Target {
    pub name: &'static str,
    pub agency: Uuid,
    pub shared: bool,
    pub author: Uuid,
    pub article: Uuid,
    /// What waits for its Azerbaijani text: to be unpublished, and a joint release.
    pub entry: Uuid,
    pub release: Uuid,
    /// Work on the article, asked of its own agency.
    pub assignment: Uuid,
    pub office: Uuid,
    pub agreement: Uuid,
    pub key: Uuid,
    pub staff: Uuid,
    pub invited: Uuid,
    /// A front page of the agency, which is set in the first language, and a change of it.
    pub page: String,
    pub change: Uuid,
    pub preview: Uuid,
    pub comment: Uuid,
    pub commenter: Uuid,
    /// A name on the list of the house.
    pub listed: Uuid,
}

pub struct World {
    pub people: Vec<Person>,
    pub targets: Vec<Target>,
}

impl Person {
    pub async fn caller(&self, app: &App) -> Caller {
        match &self.credentials {
            Credentials::None => app.anonymous(),
            Credentials::Token(token) => app.with_token(token),
            Credentials::Staff(email) => app.staff(email).await,
        }
    }
}

async fn actor(app: &App, email: &str) -> Actor {
    let (id, agency, role, kind): (Uuid, Uuid, Role, String) = app
        .state
        .db
        .query("SELECT s.id, s.agency_id, s.role, a.kind FROM staff s JOIN agencies a ON a.id = s.agency_id WHERE s.email_key = $1")
        .bind(email)
        .one()
        .await
        .unwrap();
    Actor { agency, platform: kind == "platform", who: Who::Staff { id, role, session: Uuid::nil() } }
}

async fn invite(app: &App, agency: &str, email: &str, role: &str, active: bool) -> Uuid {
    let admin = app.staff("admin@platform.example").await;
    let new = json!({ "email": email, "role": role, "agency": agency, "languages": ["en"], "names": { "en": "Somebody" } });
    let id = admin.post("/v1/staff").json(&new).expect(201).await.json()["id"].as_str().unwrap().parse().unwrap();
    if active {
        app.state.db.write().query("UPDATE staff SET state = 'active' WHERE id = $1").bind(id).execute().await.unwrap();
    }
    id
}

async fn key(app: &App, agency: &str, scopes: &[Scope]) -> (String, Uuid) {
    let admin = app.staff("admin@platform.example").await;
    let made = admin.post(&format!("/v1/agencies/{agency}/api-keys")).json(&json!({ "name": "x", "scopes": scopes })).expect(201).await.json();
    (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().parse().unwrap())
}

async fn id_of(app: &App, sql: &'static str, agency: Uuid) -> Uuid {
    let (id,): (Uuid,) = app.state.db.query(sql).bind(agency).one().await.unwrap();
    id
}

/// An article of the author's agency with a text in every state.
pub async fn article(app: &App, author: &str, shared: bool) -> Uuid {
    article_by(app, &actor(app, author).await, shared).await
}

async fn article_by(app: &App, author: &Actor, shared: bool) -> Uuid {
    let now = app.state.clock.now();
    let new: CreateArticle =
        serde_json::from_value(json!({ "original_language": "az", "headline": "Original", "body_html": "<p>x</p>", "shared": shared })).unwrap();
    let mut tx = app.state.db.begin().await.unwrap();
    let created = translations::create(&mut tx, author, new, now).await.unwrap();
    let article = created.article.id;
    for language in &LANGUAGES[1..] {
        let new: NewText = serde_json::from_value(json!({ "headline": "Text", "body_html": "<p>x</p>" })).unwrap();
        let mut faults = Faults::default();
        let (text, _) = new.read(author.staff_id(), &mut faults);
        let tag = Tag::parse(language).unwrap();
        let first = First { article, language: &tag, is_original: false, text: &text, slug: None, orthography: None };
        let text = translations::put_first(&mut tx, author, first, now).await.unwrap();
        bring(&mut tx, app, author, text, language).await;
    }
    tx.commit().await.unwrap();
    article
}

async fn bring(tx: &mut newsroom::db::Tx, app: &App, author: &Actor, text: Translation, language: &str) {
    let (config, now) = (&app.state.config, app.state.clock.now());
    if matches!(language, "tr" | "kk") {
        let text = translations::submit(tx, author, &text, now).await.unwrap();
        if language == "kk" {
            translations::approve(tx, author, &text, now).await.unwrap();
        }
        return;
    }
    let text = translations::publish(tx, config, author, &text, PublishOrder::default(), now).await.unwrap();
    match language {
        "uz" => {
            let mut edited = text.text.clone();
            edited.headline.push('!');
            translations::edit(tx, author, &text, &edited, now).await.unwrap();
        }
        "tk" => {
            translations::unpublish(tx, author, &text, None, now).await.unwrap();
        }
        "ru" => {
            translations::kill(tx, author, &text, "x", "x".to_owned(), now).await.unwrap();
        }
        "en" => {
            // As the kill of the story would leave the text of another agency.
            for sql in [
                "UPDATE translations SET publication = 'withheld' WHERE article_id = $1 AND language = 'en'",
                "DELETE FROM published_documents WHERE article_id = $1 AND language = 'en'",
            ] {
                tx.query(sql).bind(text.article_id).execute().await.unwrap();
            }
        }
        _ => {}
    }
}

impl World {
    pub async fn make(app: &App) -> Self {
        invite(app, "trend", "other@trend.example", "journalist", true).await;
        invite(app, "kazinform", "admin@kazinform.example", "admin", true).await;
        invite(app, "kazinform", "journalist@kazinform.example", "journalist", true).await;
        invite(app, "trend", "suspended@trend.example", "editor", true).await;
        let staff = [
            ("the author, a journalist", "journalist@trend.example"),
            ("another journalist", "other@trend.example"),
            ("its editor", "editor@trend.example"),
            ("its admin", "admin@trend.example"),
            ("a foreign journalist", "journalist@kazinform.example"),
            ("a foreign editor", "editor@kazinform.example"),
            ("a foreign admin", "admin@kazinform.example"),
            ("a journalist of the platform", "journalist@platform.example"),
            ("an editor of the platform", "editor@platform.example"),
            ("an admin of the platform", "admin@platform.example"),
        ];
        let mut people = vec![
            Person { name: "anybody", credentials: Credentials::None, actor: None },
            Person { name: "garbage", credentials: Credentials::Token("garbage".to_owned()), actor: None },
        ];
        let expired = app.staff("editor@trend.example").await;
        app.advance(Duration::from_secs(306));
        people.push(Person { name: "an expired token", credentials: Credentials::Token(expired.token().to_owned()), actor: None });
        let suspended = app.staff("suspended@trend.example").await;
        app.state.db.write().query("UPDATE staff SET state = 'suspended' WHERE email = 'suspended@trend.example'").execute().await.unwrap();
        people.push(Person { name: "somebody suspended", credentials: Credentials::Token(suspended.token().to_owned()), actor: None });
        for (name, email) in staff {
            people.push(Person { name, credentials: Credentials::Staff(email.to_owned()), actor: Some(actor(app, email).await) });
        }
        let trend = actor(app, "editor@trend.example").await.agency;
        let kazinform = actor(app, "editor@kazinform.example").await.agency;
        let mut author_key = Uuid::nil();
        let scopes = [
            ("a key that reads for partners", Scope::PartnerRead),
            ("a key that reads", Scope::ArticlesRead),
            ("a key that submits", Scope::ArticlesSubmit),
            ("a key that publishes", Scope::ArticlesPublish),
        ];
        for (name, scope) in scopes {
            let (text, id) = key(app, "trend", &[scope]).await;
            if scope == Scope::ArticlesSubmit {
                author_key = id;
            }
            people.push(key_of(name, trend, text, id, vec![scope]));
        }
        let every = [Scope::PartnerRead, Scope::ArticlesRead, Scope::ArticlesSubmit, Scope::ArticlesPublish];
        let (text, id) = key(app, "kazinform", &every).await;
        people.push(key_of("a foreign key", kazinform, text, id, every.to_vec()));
        // The first use of a key is noted, once a minute.
        for person in &people {
            if let Credentials::Token(token) = &person.credentials {
                app.with_token(token).get("/v1/sections").send().await;
            }
        }
        let key_actor = Actor { agency: trend, platform: false, who: Who::Key { id: author_key, scopes: vec![Scope::ArticlesSubmit] } };
        let mut targets = vec![
            target(app, "an article of the author", trend, "journalist@trend.example", false).await,
            target(app, "a foreign article", kazinform, "editor@kazinform.example", false).await,
            target(app, "a shared article", trend, "editor@trend.example", true).await,
            of_key(app, author_key, &key_actor).await,
        ];
        for target in &mut targets {
            target.commenter = comment(app, target).await;
        }
        count_writes(app).await;
        Self { people, targets }
    }

    /// How many rows were written so far.
    pub async fn writes(&self, app: &App) -> i64 {
        app.number("SELECT count(*) FROM writes WHERE what NOT IN ('sessions')").await
    }
}

fn key_of(name: &'static str, agency: Uuid, text: String, id: Uuid, scopes: Vec<Scope>) -> Person {
    Person { name, credentials: Credentials::Token(text), actor: Some(Actor { agency, platform: false, who: Who::Key { id, scopes } }) }
}

async fn of_key(app: &App, author: Uuid, actor: &Actor) -> Target {
    let article = article_by(app, actor, false).await;
    let (entry, release) = waiting(app, article, "editor@trend.example").await;
    let preview = preview(app, "trend", article).await;
    Target { author, article, entry, release, preview, ..target(app, "an article of a key", actor.agency, "editor@trend.example", false).await }
}

/// An entry of the schedule and a release for a text.
async fn waiting(app: &App, article: Uuid, editor: &str) -> (Uuid, Uuid) {
    let editor = app.staff(editor).await;
    let id = |answer: &crate::support::Answer| answer.json()["id"].as_str().unwrap().parse().unwrap();
    let order = json!({ "action": "unpublish", "at": "2026-10-25T09:00", "time_zone": "Asia/Baku" });
    let entry = editor.post(&format!("/v1/articles/{article}/translations/az/schedule")).json(&order).expect(201).await;
    let order = json!({ "languages": ["az"], "when": "all_approved" });
    let release = editor.post(&format!("/v1/articles/{article}/releases")).json(&order).expect(201).await;
    (id(&entry), id(&release))
}

async fn front_page(app: &App, agency: &str) -> (String, Uuid) {
    let admin = app.staff("admin@platform.example").await;
    let name = Uuid::now_v7().simple().to_string()[16..].to_owned() + "-page";
    admin.post("/v1/front-pages").json(&json!({ "name": name, "agency": agency })).expect(201).await;
    let path = format!("/v1/front-pages/{name}/{}", LANGUAGES[0]);
    admin.put(&path).header("If-None-Match", "*").json(&json!({ "slots": [] })).expect(201).await;
    let change = admin.post(&format!("{path}/changes")).json(&json!({ "at": "2026-07-25T00:00:00Z", "slots": [] })).expect(201).await.json();
    (name, change["id"].as_str().unwrap().parse().unwrap())
}

async fn preview(app: &App, agency: &str, article: Uuid) -> Uuid {
    let editor = app.staff(&format!("editor@{agency}.example")).await;
    let made = editor.post(&format!("/v1/articles/{article}/translations/{}/preview-links", LANGUAGES[0])).expect(201).await.json();
    made["id"].as_str().unwrap().parse().unwrap()
}

async fn target(app: &App, name: &'static str, agency: Uuid, author: &str, shared: bool) -> Target {
    let invited = format!("invited-{}@example.org", Uuid::now_v7().simple());
    let article = article(app, author, shared).await;
    let slug = if author.contains("kazinform") { "kazinform" } else { "trend" };
    let editor = app.staff(&format!("editor@{slug}.example")).await;
    let asked = editor.post(&format!("/v1/articles/{article}/translation-requests")).json(&json!({ "languages": ["uz-Cyrl"] })).expect(201).await.json();
    let (entry, release) = waiting(app, article, &format!("editor@{slug}.example")).await;
    let (page, change) = front_page(app, slug).await;
    Target {
        name,
        agency,
        shared,
        author: actor(app, author).await.id(),
        article,
        entry,
        release,
        page,
        change,
        preview: preview(app, slug, article).await,
        assignment: asked["data"][0]["id"].as_str().unwrap().parse().unwrap(),
        office: id_of(app, "SELECT id FROM offices WHERE agency_id = $1 LIMIT 1", agency).await,
        agreement: id_of(app, "SELECT id FROM agreements WHERE agency_id = $1 LIMIT 1", agency).await,
        key: key(app, slug, &[Scope::PartnerRead]).await.1,
        staff: invite(app, slug, &format!("somebody-{}@example.org", Uuid::now_v7().simple()), "journalist", true).await,
        invited: invite(app, slug, &invited, "journalist", false).await,
        comment: Uuid::nil(),
        commenter: Uuid::nil(),
        listed: app.state.db.query("SELECT id FROM names WHERE code = 'tz:Asia/Baku'").value().await.unwrap(),
    }
}

/// An editor of the agency comments on the article.
async fn comment(app: &App, target: &mut Target) -> Uuid {
    let email = if target.name == "a foreign article" { "editor@kazinform.example" } else { "editor@trend.example" };
    let editor = app.staff(email).await;
    let said = editor.post(&format!("/v1/articles/{}/translations/az/comments", target.article)).json(&json!({ "text": "x" })).expect(201).await.json();
    target.comment = said["id"].as_str().unwrap().parse().unwrap();
    editor.id
}

/// From now on every row that is written, changed or deleted leaves a row in `writes`.
async fn count_writes(app: &App) {
    let tables: Vec<(String,)> = match app.state.db.engine() {
        Engine::Sqlite => {
            // Full text has tables of its own, which take no triggers; the rows beside it do.
            app.state.db.query(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' \
                 AND name NOT LIKE '%\\_search\\_terms%' ESCAPE '\\'",
            )
        }
        Engine::Postgres => app.state.db.query("SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_%'"),
    }
    .all()
    .await
    .unwrap();
    let mut script = String::new();
    match app.state.db.engine() {
        Engine::Sqlite => {
            script.push_str("CREATE TABLE writes (what TEXT NOT NULL);\n");
            for (table,) in &tables {
                for event in ["INSERT", "UPDATE", "DELETE"] {
                    let _ = writeln!(script, "CREATE TRIGGER count_{event}_{table} AFTER {event} ON {table} BEGIN INSERT INTO writes VALUES ('{table}'); END;");
                }
            }
            let mut connection = sqlx::SqliteConnection::connect(app.url()).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
        }
        Engine::Postgres => {
            script.push_str(
                "CREATE TABLE writes (what text NOT NULL);\n\
                 CREATE FUNCTION count_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO writes VALUES (TG_TABLE_NAME); RETURN NULL; END $$;\n",
            );
            for (table,) in &tables {
                let _ =
                    writeln!(script, "CREATE TRIGGER count_writes AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION count_write();");
            }
            let mut connection = sqlx::PgConnection::connect(app.url()).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
        }
    }
}
