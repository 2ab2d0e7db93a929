//! What is under embargo is there for partners alone: not a byte of it is public before its time, and all of it at its time.

mod story;

use crate::delivery::crawl::{Answers, Known, assert_same, assert_same_dates, assert_silent, crawl, leaks};
use crate::on_both;
use crate::schedule::{ALMOST_AN_HOUR, Desk, HOUR, MICRO};
use crate::support::{Answer, App, Caller};
use newsroom::db::Reader;
use serde_json::{Value, json};

on_both!(
    not_a_byte_of_it_is_public_before_its_time,
    it_is_public_at_its_time_and_not_before,
    a_hand_lifts_it_with_a_reason,
    it_is_taken_back_while_nothing_is_published,
    it_is_prolonged_and_shortened,
    what_readers_see_cannot_be_kept_from_them,
    unpublishing_under_embargo_leaves_no_trace,
    killing_under_embargo_leaves_no_trace,
    what_was_public_before_keeps_its_history,
    the_newest_approved_words_go_out,
    an_address_is_not_taken_in_secret,
    partners_see_it_as_readers_will,
    who_reads_early_is_recorded,
    only_keys_with_the_scope_read_early,
    a_scheduled_publication_keeps_the_embargo,
    its_time_leaves_drafts_alone,
    what_partners_see_follows_the_story,
);

/// In every field of what must not be seen.
const CANARY: &str = "zqembargoqz";

impl Desk {
    /// A story that has the canary in all its words, under embargo until one o'clock and published.
    async fn secret(app: &App) -> Self {
        let editor = app.staff("editor@trend.example").await;
        let desk = Self { app: app.clone(), article: editor.post("/v1/articles").json(&canary()).expect(201).await.json()["id"].as_str().unwrap().to_owned() };
        editor.put(&desk.text("tt")).header("If-None-Match", "*").json(&canary_text("tt")).expect(201).await;
        for language in ["az", "tt"] {
            desk.embargo(language, "2026-07-24T13:00:00Z").await;
            desk.step(language, "publish", &Value::Null).await;
        }
        desk
    }

    async fn try_embargo(&self, language: &str, until: &str) -> Answer {
        let editor = self.editor().await;
        let etag = editor.get(&self.text(language)).expect(200).await.etag();
        editor.put(&format!("{}/embargo", self.text(language))).if_match(&etag).json(&json!({"until": until})).send().await
    }

    async fn embargo(&self, language: &str, until: &str) {
        let answer = self.try_embargo(language, until).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    async fn lift(&self, language: &str) -> Value {
        self.step(language, "embargo/lift", &json!({"reason": "The ministry was quicker."})).await
    }

    async fn public(&self, language: &str) -> Value {
        self.app.anonymous().get(&format!("/v1/delivery/articles/{}?language={language}", self.article)).expect(200).await.json()
    }

    fn known(&self) -> Known {
        let texts = ["az", "tt"].map(|language| (language.to_owned(), format!("{CANARY}-{language}")));
        Known { articles: vec![self.article.clone()], texts: texts.into(), agencies: vec!["trend".to_owned()], ..Known::default() }
    }
}

fn canary_text(language: &str) -> Value {
    json!({
        "headline": format!("{CANARY} headline"), "summary": format!("{CANARY} summary"), "body_html": format!("<h2>{CANARY}</h2><p>{CANARY} body</p>"),
        "dateline": format!("{CANARY}, 24"), "byline": format!("{CANARY} byline"), "slug": format!("{CANARY}-{language}"),
        "seo": { "title": format!("{CANARY} title"), "description": format!("{CANARY} description") }
    })
}

fn canary() -> Value {
    let mut new = canary_text("az");
    let more = json!({
        "original_language": "az", "slugline": CANARY, "ednote": format!("{CANARY} ednote"), "genre": format!("{CANARY} genre"),
        "rights": format!("{CANARY} rights"), "section": "culture", "topics": ["medtop:20000040"], "urgency": 1
    });
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    new
}

/// A key of Kazinform with these scopes.
async fn key(app: &App, scopes: &[&str]) -> Caller {
    let admin = app.staff("admin@platform.example").await;
    let made = admin.post("/v1/agencies/kazinform/api-keys").json(&json!({"name": "Early", "scopes": scopes})).expect(201).await.json();
    app.with_token(made["key"].as_str().unwrap())
}

async fn everything(app: &App, secret: &Known) -> (Answers, Answers) {
    (crawl(app, &Known::of(app).await).await, crawl(app, secret).await)
}

async fn not_a_byte_of_it_is_public_before_its_time(app: App) {
    let draft = Desk::new(&app, &[]).await;
    let before = crawl(&app, &Known::of(&app).await).await;
    let changes = app.number("SELECT value FROM sequences WHERE name = 'changes'").await;
    app.advance(HOUR / 2);
    let desk = Desk::secret(&app).await;
    app.drain_jobs().await;
    let secrets = [CANARY.to_owned(), desk.article.clone()];
    let (public, hidden) = everything(&app, &desk.known()).await;
    assert_silent(&public, &secrets);
    assert_silent(&hidden, &secrets);
    assert_same(&before, &public);
    assert_same_dates(&before, &public);
    assert_eq!(app.number("SELECT value FROM sequences WHERE name = 'changes'").await, changes, "no change has a number");
    for table in ["published_documents", "published_slugs", "published_changes"] {
        let sql: &'static str = format!("SELECT count(*) FROM {table} WHERE CAST({table} AS text) LIKE '%{CANARY}%'").leak();
        let sqlite = "SELECT count(*) FROM published_slugs WHERE slug LIKE '%zqembargoqz%'";
        let sql = if app.url().starts_with("postgres") { sql } else { sqlite };
        assert_eq!(app.number(sql).await, 0, "{table}");
    }
    // Nor by way of what is public: a related story, a link, an edit, the same told again.
    let editor = desk.editor().await;
    let path = format!("/v1/articles/{}", draft.article);
    let etag = editor.get(&path).expect(200).await.etag();
    editor.patch(&path).if_match(&etag).json(&json!({"related": [desk.article]})).expect(200).await;
    let span = json!({"_type": "span", "text": "that", "marks": ["i"]});
    let link = json!({"_type": "internal_link", "_key": "i", "article": desk.article});
    let body = json!({"body": [{"_type": "block", "children": [span], "markDefs": [link]}]});
    let etag = editor.get(&draft.text("en")).expect(200).await.etag();
    editor.patch(&draft.text("en")).if_match(&etag).json(&body).expect(200).await;
    draft.step("en", "publish", &Value::Null).await;
    app.drain_jobs().await;
    let known = Known { articles: vec![draft.article.clone()], ..desk.known() };
    assert_silent(&crawl(&app, &known).await, &secrets);
    app.advance(HOUR / 2);
    app.drain_jobs().await;
    let linked = app.anonymous().get(&format!("/v1/delivery/articles/{}", draft.article)).expect(200).await;
    assert!(linked.text().contains(&desk.article), "the link shows when readers may follow it");
}

async fn it_is_public_at_its_time_and_not_before(app: App) {
    let desk = Desk::secret(&app).await;
    let text = desk.read("az").await;
    assert_eq!((&text["publication"], &text["review"]), (&json!("published"), &json!("settled")), "for editors it is published");
    assert_eq!((&text["published_at"], &text["first_published_at"]), (&Value::Null, &Value::Null), "no reader saw it yet");
    assert_eq!(text["embargo_until"], "2026-07-24T13:00:00Z");
    let changes = app.number("SELECT value FROM sequences WHERE name = 'changes'").await;
    app.advance(ALMOST_AN_HOUR);
    app.drain_jobs().await;
    assert_silent(&crawl(&app, &desk.known()).await, &[CANARY.to_owned()]);
    app.advance(MICRO);
    app.drain_jobs().await;
    // The crawl sees what is public: it would have seen a leak.
    assert!(leaks(&crawl(&app, &desk.known()).await, &[CANARY.to_owned()]).len() > 20);
    let public = desk.public("az").await;
    assert_eq!((&public["published_at"], &public["slug"]), (&json!("2026-07-24T13:00:00Z"), &json!(format!("{CANARY}-az"))));
    assert_eq!(public["available_languages"].as_array().unwrap().len(), 2);
    let text = desk.read("az").await;
    assert_eq!((&text["first_published_at"], &text["embargo_until"]), (&json!("2026-07-24T13:00:00Z"), &Value::Null));
    assert_eq!(app.number("SELECT value FROM sequences WHERE name = 'changes'").await, changes + 2);
    assert_eq!(app.number("SELECT count(*) FROM partner_documents").await, 0);
    assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE action = 'embargo.ended'").await, 2);
}

async fn a_hand_lifts_it_with_a_reason(app: App) {
    let desk = Desk::secret(&app).await;
    assert_eq!(desk.try_step("az", "embargo/lift", &json!({"reason": ""})).await.faults(), ["/reason"]);
    app.advance(HOUR / 2);
    let text = desk.lift("az").await;
    assert_eq!((&text["published_at"], &text["embargo_until"]), (&json!("2026-07-24T12:30:00Z"), &Value::Null));
    assert_eq!(desk.public("az").await["published_at"], "2026-07-24T12:30:00Z");
    assert!(!desk.is_public("tt").await, "each text has its own");
    assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE action = 'embargo.lifted' AND details LIKE '%was quicker%'").await, 1);
    let before = desk.public("az").await;
    app.advance(HOUR);
    app.drain_jobs().await;
    assert_eq!(desk.public("az").await["published_at"], before["published_at"], "its time changes nothing more");
    assert_eq!(desk.try_step("az", "embargo/lift", &json!({"reason": "x"})).await.code(), "conflict");
}

async fn it_is_taken_back_while_nothing_is_published(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.embargo("en", "2026-07-24T13:00:00Z").await;
    let editor = desk.editor().await;
    let path = format!("{}/embargo", desk.text("en"));
    editor.delete(&path).expect(428).await;
    let etag = editor.get(&desk.text("en")).expect(200).await.etag();
    let freed = editor.delete(&path).if_match(&etag).expect(200).await;
    assert_eq!(freed.json()["embargo_until"], Value::Null);
    assert_eq!(editor.delete(&path).if_match(&freed.etag()).expect(409).await.code(), "conflict");
    desk.step("en", "publish", &Value::Null).await;
    assert!(desk.is_public("en").await);
    let secret = Desk::secret(&app).await;
    let etag = editor.get(&secret.text("az")).expect(200).await.etag();
    let refused = editor.delete(&format!("{}/embargo", secret.text("az"))).if_match(&etag).expect(409).await;
    assert_eq!(refused.code(), "conflict", "what is published is lifted, with a reason");
}

async fn it_is_prolonged_and_shortened(app: App) {
    let desk = Desk::secret(&app).await;
    desk.embargo("az", "2026-07-24T14:00:00Z").await;
    desk.embargo("tt", "2026-07-24T12:30:00Z").await;
    app.advance(HOUR / 2);
    app.drain_jobs().await;
    assert!(desk.is_public("tt").await && !desk.is_public("az").await);
    app.advance(HOUR);
    app.drain_jobs().await;
    assert!(!desk.is_public("az").await);
    app.advance(HOUR / 2);
    app.drain_jobs().await;
    assert!(desk.is_public("az").await);
    let other = Desk::new(&app, &[]).await;
    assert_eq!(other.try_embargo("en", "2026-07-24T12:00:00Z").await.faults(), ["/until"]);
    let editor = other.editor().await;
    let stale = editor.put(&format!("{}/embargo", other.text("en"))).if_match("\"v0\"").json(&json!({"until": "2026-07-25T13:00:00Z"})).send().await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (412, "stale_version"));
}

async fn what_readers_see_cannot_be_kept_from_them(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.step("en", "publish", &Value::Null).await;
    let answer = desk.try_embargo("en", "2026-07-24T13:00:00Z").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "conflict"));
    desk.step("en", "kill", &json!({"reason": "Forged.", "public_note": "Withdrawn."})).await;
    assert_eq!(desk.try_embargo("en", "2026-07-24T13:00:00Z").await.code(), "illegal_transition");
}

async fn unpublishing_under_embargo_leaves_no_trace(app: App) {
    let before = crawl(&app, &Known::of(&app).await).await;
    let desk = Desk::secret(&app).await;
    for language in ["az", "tt"] {
        assert_eq!(desk.step(language, "unpublish", &Value::Null).await["publication"], "unpublished");
    }
    assert_eq!(app.number("SELECT count(*) FROM partner_documents").await, 0);
    app.advance(HOUR);
    app.drain_jobs().await;
    let (public, hidden) = everything(&app, &desk.known()).await;
    assert_same(&before, &public);
    assert_silent(&hidden, &[CANARY.to_owned(), desk.article.clone()]);
    desk.step("az", "publish", &Value::Null).await;
    assert!(desk.is_public("az").await, "its time has passed");
}

async fn killing_under_embargo_leaves_no_trace(app: App) {
    let before = crawl(&app, &Known::of(&app).await).await;
    let desk = Desk::secret(&app).await;
    for language in ["az", "tt"] {
        desk.step(language, "kill", &json!({"reason": format!("{CANARY} reason"), "public_note": format!("{CANARY} note")})).await;
    }
    assert_eq!(app.number("SELECT count(*) FROM partner_documents").await, 0);
    app.advance(HOUR);
    app.drain_jobs().await;
    let (public, hidden) = everything(&app, &desk.known()).await;
    assert_same(&before, &public);
    assert_silent(&hidden, &[CANARY.to_owned(), desk.article.clone()]);
}

async fn what_was_public_before_keeps_its_history(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.step("en", "publish", &Value::Null).await;
    desk.step("en", "unpublish", &Value::Null).await;
    desk.edit("en", "Wind, corrected").await;
    desk.embargo("en", "2026-07-24T13:00:00Z").await;
    desk.step("en", "publish", &json!({"change_kind": "correction", "public_note": "It was the sea."})).await;
    desk.edit("en", "Wind, corrected twice").await;
    desk.step("en", "publish", &json!({"change_kind": "fix"})).await;
    assert!(!desk.is_public("en").await);
    app.advance(HOUR);
    app.drain_jobs().await;
    let public = desk.public("en").await;
    assert_eq!(public["headline"], "Wind, corrected twice");
    assert_eq!((&public["published_at"], &public["updated_at"]), (&json!("2026-07-24T12:00:00Z"), &json!("2026-07-24T13:00:00Z")));
    assert_eq!(public["last_change"]["public_note"], "It was the sea.", "of two changes, the graver is told");
}

async fn the_newest_approved_words_go_out(app: App) {
    let desk = Desk::secret(&app).await;
    desk.edit("az", "Words that nobody has read").await;
    let editor = desk.editor().await;
    let etag = editor.get(&desk.text("az")).expect(200).await.etag();
    editor.patch(&desk.text("az")).if_match(&etag).json(&json!({"slug": "words-that-nobody-has-read"})).expect(200).await;
    app.advance(HOUR);
    app.drain_jobs().await;
    let public = desk.public("az").await;
    assert_eq!((&public["headline"], &public["slug"]), (&json!(format!("{CANARY} headline")), &json!(format!("{CANARY}-az"))));
    assert_eq!(desk.read("az").await["review"], "draft");
}

async fn an_address_is_not_taken_in_secret(app: App) {
    let desk = Desk::secret(&app).await;
    // Somebody else writes the same, and is told nothing.
    let editor = desk.editor().await;
    let new = json!({"original_language": "az", "headline": "Other", "body_html": "<p>x</p>", "slug": format!("{CANARY}-az")});
    let other = Desk { app: app.clone(), article: editor.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned() };
    assert_eq!(other.step("az", "publish", &Value::Null).await["slug"], format!("{CANARY}-az"));
    app.advance(HOUR);
    app.drain_jobs().await;
    let slug = desk.public("az").await["slug"].as_str().unwrap().to_owned();
    assert!(slug.starts_with(CANARY) && slug != format!("{CANARY}-az"), "{slug}");
    assert_eq!(desk.read("az").await["slug"], slug);
}

async fn partners_see_it_as_readers_will(app: App) {
    let desk = Desk::secret(&app).await;
    let partner = key(&app, &["partner:read"]).await;
    let early = partner.get(&format!("/v1/partner/articles/{}?language=az", desk.article)).expect(200).await;
    assert_eq!(early.header("Cache-Control"), Some("private, no-store"));
    let early = early.json();
    assert_eq!((&early["embargo_until"], &early["published_at"]), (&json!("2026-07-24T13:00:00Z"), &json!("2026-07-24T13:00:00Z")));
    let tt = partner.get(&format!("/v1/partner/articles/{}?language=tt&body_format=html", desk.article)).expect(200).await.json();
    assert!(tt["body"].as_str().unwrap().contains(CANARY));
    let missing = partner.get(&format!("/v1/partner/articles/{}?language=ru", desk.article)).expect(404).await;
    assert_eq!((missing.code().as_str(), &missing.json()["available_languages"]), ("language_not_published", &json!(["az", "tt"])));
    let list = partner.get("/v1/partner/articles?limit=1").expect(200).await.json();
    let next = list["meta"]["next_cursor"].as_str().unwrap();
    let rest = partner.get(&format!("/v1/partner/articles?limit=1&cursor={next}")).expect(200).await.json();
    assert_eq!((&list["data"][0]["language"], &rest["data"][0]["language"]), (&json!("az"), &json!("tt")));
    app.advance(HOUR);
    app.drain_jobs().await;
    let mut public = desk.public("az").await;
    for (name, member) in early.as_object().unwrap() {
        if !["embargo_until"].contains(&name.as_str()) {
            assert_eq!(public[name].take(), *member, "{name}");
        }
    }
    partner.get(&format!("/v1/partner/articles/{}", desk.article)).expect(404).await;
    assert_eq!(partner.get("/v1/partner/articles").expect(200).await.json()["data"], json!([]));
}

async fn who_reads_early_is_recorded(app: App) {
    let desk = Desk::secret(&app).await;
    let partner = key(&app, &["partner:read"]).await;
    let path = format!("/v1/partner/articles/{}?language=az", desk.article);
    partner.get(&path).expect(200).await;
    app.advance(HOUR / 60);
    partner.get(&path).expect(200).await;
    partner.get("/v1/partner/articles?language=tt").expect(200).await;
    let readers = format!("{}/embargo/readers", desk.text("az"));
    let told = desk.editor().await.get(&readers).expect(200).await.json();
    let told = told["data"].as_array().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    for (member, value) in [
        ("key_name", json!("Early")),
        ("what", json!("text")),
        ("times", json!(2)),
        ("first_at", json!("2026-07-24T12:00:00Z")),
        ("last_at", json!("2026-07-24T12:01:00Z")),
    ] {
        assert_eq!(told[0][member], value, "{member}");
    }
    let cards = desk.editor().await.get(&format!("{}/embargo/readers", desk.text("tt"))).expect(200).await.json();
    assert_eq!(cards["data"][0]["what"], "card");
    app.staff("journalist@trend.example").await.get(&readers).expect(403).await;
    app.staff("editor@kazinform.example").await.get(&readers).expect(404).await;
}

async fn only_keys_with_the_scope_read_early(app: App) {
    let desk = Desk::secret(&app).await;
    for path in ["/v1/partner/articles".to_owned(), format!("/v1/partner/articles/{}", desk.article)] {
        let other = key(&app, &["articles:read", "articles:submit", "articles:publish"]).await.get(&path).expect(403).await;
        assert!(!other.text().contains(CANARY));
        desk.editor().await.get(&path).expect(403).await;
        app.anonymous().get(&path).expect(401).await;
    }
    app.state_sql("UPDATE agencies SET state = 'suspended' WHERE slug = 'trend'").await;
    let partner = key(&app, &["partner:read"]).await;
    partner.get(&format!("/v1/partner/articles/{}", desk.article)).expect(404).await;
}

impl App {
    async fn state_sql(&self, sql: &'static str) {
        self.state.db.write().query(sql).execute().await.unwrap();
    }
}

async fn a_scheduled_publication_keeps_the_embargo(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.approve("en").await;
    desk.embargo("en", "2026-07-24T14:00:00Z").await;
    let order = json!({"action": "publish", "at": "2026-07-24T13:00:00Z"});
    desk.editor().await.post(&format!("{}/schedule", desk.text("en"))).json(&order).expect(201).await;
    app.advance(HOUR);
    app.drain_jobs().await;
    assert_eq!((&desk.read("en").await["publication"], desk.is_public("en").await), (&json!("published"), false));
    app.advance(HOUR);
    app.drain_jobs().await;
    assert_eq!(desk.public("en").await["published_at"], "2026-07-24T14:00:00Z");
}

async fn its_time_leaves_drafts_alone(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.embargo("en", "2026-07-24T13:00:00Z").await;
    let before = desk.editor().await.get(&desk.text("en")).expect(200).await.etag();
    app.advance(HOUR);
    assert_eq!(app.drain_jobs().await, 1);
    assert_eq!(desk.editor().await.get(&desk.text("en")).expect(200).await.etag(), before, "whoever writes it is not disturbed");
    desk.step("en", "publish", &Value::Null).await;
    assert_eq!(desk.public("en").await["published_at"], "2026-07-24T13:00:00Z");
}

async fn what_partners_see_follows_the_story(app: App) {
    let desk = Desk::secret(&app).await;
    let editor = desk.editor().await;
    let path = format!("/v1/articles/{}", desk.article);
    let etag = editor.get(&path).expect(200).await.etag();
    app.staff("journalist@trend.example").await.patch(&path).if_match(&etag).json(&json!({"urgency": 3})).expect(403).await;
    editor.patch(&path).if_match(&etag).json(&json!({"urgency": 3})).expect(200).await;
    app.drain_jobs().await;
    let partner = key(&app, &["partner:read"]).await;
    assert_eq!(partner.get(&format!("/v1/partner/articles/{}", desk.article)).expect(200).await.json()["urgency"], 3);
    let etag = editor.get(&path).expect(200).await.etag();
    assert_eq!(editor.delete(&path).if_match(&etag).expect(409).await.code(), "illegal_transition");
}
