//! Stories: making, reading, changing and deleting them, and the lists of an editor's tool.

use crate::on_both;
use crate::support::{Answer, App, Caller, NOON};
use newsroom::db::Reader;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

on_both!(
    a_new_story_is_a_draft_that_nobody_sees,
    what_is_said_of_a_story_is_kept,
    a_program_makes_stories_of_its_agency,
    all_faults_of_a_story_are_told_at_once,
    a_body_comes_in_one_form,
    a_story_is_read_strictly,
    languages_go_by_their_canonical_tag,
    who_may_not_know_of_a_story_gets_404,
    a_patch_tells_absent_null_and_value_apart,
    a_patch_breaks_no_rule,
    a_patch_has_seen_what_it_changes,
    of_two_patches_with_one_etag_one_wins,
    a_journalist_patches_own_stories_only,
    the_platform_reaches_what_is_shared,
    the_platform_reaches_what_an_agreement_shares,
    who_has_a_text_reads_the_story,
    public_metadata_are_for_editors,
    a_patch_renders_what_is_public_anew,
    a_patch_publishes_no_pending_edit,
    what_was_never_public_can_be_deleted,
    what_was_public_cannot_be_deleted,
    nobody_deletes_the_text_of_another_agency,
    who_deletes_has_the_right_and_has_seen_it,
    lists_filter_by_state,
    lists_filter_by_agency,
    lists_filter_by_language,
    lists_filter_by_people,
    lists_filter_by_section_and_topic,
    lists_filter_by_time,
    lists_filter_by_urgency,
    lists_filter_by_headline_whatever_its_case,
    headlines_are_searched_literally,
    lists_sort_and_count,
    cursors_visit_each_story_once,
    cursors_pass_stories_that_come_meanwhile,
    cursors_belong_to_their_list,
    what_a_list_does_not_know_is_named,
    lists_show_what_the_caller_may_see,
    programs_list_their_own,
);

/// Everything made in a test is newer than the demo house.
const NEW: &str = "updated_after=2026-07-24T11%3A59%3A59Z";

async fn id_of(app: &App, sql: &'static str, key: &str) -> String {
    let (id,): (Uuid,) = app.state.db.query(sql).bind(key).one().await.unwrap();
    id.to_string()
}

async fn agency(app: &App, slug: &str) -> String {
    id_of(app, "SELECT id FROM agencies WHERE slug = $1", slug).await
}

async fn section(app: &App, slug: &str) -> String {
    id_of(app, "SELECT id FROM sections WHERE slug = $1", slug).await
}

fn story(headline: &str) -> Value {
    json!({"original_language": "en", "headline": headline, "body_html": "<p>The wind is strong here.</p>"})
}

/// The story with further members.
fn with(mut story: Value, members: &Value) -> Value {
    for (name, member) in members.as_object().unwrap() {
        story[name.as_str()] = member.clone();
    }
    story
}

async fn create(caller: &Caller, story: &Value) -> String {
    id(&caller.post("/v1/articles").json(story).expect(201).await.json())
}

fn id(article: &Value) -> String {
    article["id"].as_str().unwrap().to_owned()
}

fn at(id: &str) -> String {
    format!("/v1/articles/{id}")
}

fn text_at(id: &str, language: &str) -> String {
    format!("/v1/articles/{id}/translations/{language}")
}

async fn etag(caller: &Caller, path: &str) -> String {
    caller.get(path).expect(200).await.etag()
}

/// Takes a step with a text as it is.
async fn step(caller: &Caller, id: &str, language: &str, step: &str, order: &Value) -> Answer {
    let path = text_at(id, language);
    let etag = etag(caller, &path).await;
    caller.post(&format!("{path}/{step}")).if_match(&etag).json(order).expect(200).await
}

async fn publish(caller: &Caller, id: &str, language: &str) -> Answer {
    step(caller, id, language, "publish", &json!({})).await
}

async fn add_text(caller: &Caller, id: &str, language: &str, headline: &str) {
    let text = json!({"headline": headline, "body_html": "<p>Text.</p>"});
    caller.put(&text_at(id, language)).header("If-None-Match", "*").json(&text).expect(201).await;
}

async fn patch(caller: &Caller, id: &str, change: &Value) -> Answer {
    let etag = etag(caller, &at(id)).await;
    caller.patch(&at(id)).if_match(&etag).json(change).send().await
}

async fn write(app: &App, sql: &'static str) {
    app.state.db.write().query(sql).execute().await.unwrap();
}

/// A key of Trend with these scopes.
async fn key(app: &App, scopes: &[&str]) -> (Caller, String) {
    let admin = app.staff("admin@trend.example").await;
    let made = admin.post("/v1/agencies/trend/api-keys").json(&json!({"name": "Wire", "scopes": scopes})).expect(201).await.json();
    (app.with_token(made["key"].as_str().unwrap()), id(&made))
}

/// Rows that the public can see.
async fn public_rows(app: &App) -> [i64; 4] {
    [
        app.number("SELECT count(*) FROM published_documents").await,
        app.number("SELECT count(*) FROM published_changes").await,
        app.number("SELECT count(*) FROM published_slugs").await,
        app.number("SELECT count(*) FROM published_tombstones").await,
    ]
}

fn assert_has(record: &Value, expected: &Value) {
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&record[member.as_str()], value, "{member} of {record}");
    }
}

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.code(), code);
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

fn ids_of(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(id).collect()
}

/// The ids in a list, in its order.
async fn list(caller: &Caller, query: &str) -> Vec<String> {
    ids_of(&caller.get(&format!("/v1/articles?limit=100&{query}")).expect(200).await.json())
}

/// The ids in a list of what was made in the test, as a set.
async fn found(caller: &Caller, query: &str) -> BTreeSet<String> {
    list(caller, &format!("{NEW}&{query}")).await.into_iter().collect()
}

fn set<const N: usize>(ids: [&String; N]) -> BTreeSet<String> {
    ids.into_iter().cloned().collect()
}

async fn a_new_story_is_a_draft_that_nobody_sees(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let public = public_rows(&app).await;
    let created = journalist.post("/v1/articles").json(&story("Wind over the Caspian Sea")).expect(201).await;
    let article = created.json();
    let id = id(&article);
    assert_eq!(created.header("Location"), Some(app.state.url(&at(&id)).as_str()));
    assert_eq!(created.etag(), "\"v1\"");
    assert_eq!(created.header("Cache-Control"), Some("private, no-store"));
    assert_eq!(Uuid::try_parse(&id).unwrap().get_version_num(), 4, "a v7 id would show when the story was prepared");
    let trend = agency(&app, "trend").await;
    assert_has(
        &article,
        &json!({
            "agency_id": trend, "original_language": "en", "slugline": "WIND-OVER-THE-CASPIAN", "section_id": null, "topics": [], "related": [],
            "urgency": 5, "genre": null, "rights": null, "ednote": null, "shared": false, "created_by": journalist.id, "updated_by": journalist.id,
            "created_at": NOON, "updated_at": NOON,
        }),
    );
    assert_has(
        &article["original"],
        &json!({
            "article_id": id, "language": "en", "direction": "ltr", "agency_id": trend, "is_original": true, "publication": "unreleased",
            "review": "draft", "revision": 1, "published_revision": null, "base_revision": null, "slug": null, "headline": "Wind over the Caspian Sea",
            "summary": null, "dateline": null, "byline": null, "authors": [journalist.id], "words": 5, "created_by": journalist.id,
            "last_author": journalist.id, "return_reason": null, "first_published_at": null, "published_at": null, "killed_at": null,
        }),
    );
    for internal in ["version", "four_eyes", "deleted_at"] {
        assert!(article.get(internal).is_none() && article["original"].get(internal).is_none(), "{internal} is told");
    }
    assert_eq!(public_rows(&app).await, public, "creating publishes nothing");
    let anonymous = app.anonymous();
    assert_eq!(anonymous.get(&format!("/v1/delivery/articles/{id}")).expect(404).await.code(), "not_found");
    assert_eq!(anonymous.get("/v1/delivery/articles/en/wind-over-the-caspian-sea").expect(404).await.code(), "not_found");
    assert!(!anonymous.get("/v1/delivery/articles?language=en&limit=100").expect(200).await.text().contains(&id));
}

async fn what_is_said_of_a_story_is_kept(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let journalist = app.staff("journalist@trend.example").await;
    let other = create(&editor, &story("Another story")).await;
    let said = json!({
        "original_language": "tr", "headline": "Hazar'da rüzgâr", "summary": "Özet.", "dateline": "BAKÜ, 24 Temmuz (Trend)", "byline": "Ləman",
        "authors": [journalist.id, editor.id], "seo": {"title": "Rüzgâr", "description": "Hazar."}, "slug": "hazarda-ruzgar", "slugline": "Caspian wind",
        "body": [{"_type": "block", "_key": "a", "style": "h2", "markDefs": [], "children": [{"_type": "span", "_key": "s", "text": "Rüzgâr", "marks": ["em"]}]}],
        "section": "economy", "topics": ["medtop:20000344", "medtop:20000018"], "related": [other], "urgency": 2, "genre": "Feature",
        "rights": "© Trend", "ednote": "Check the figures.", "shared": true,
    });
    let created = editor.post("/v1/articles").json(&said).expect(201).await.record();
    let id = id(&created);
    let economy = section(&app, "economy").await;
    let mut metadata = json!({"section_id": economy, "original_language": "tr"});
    for member in ["slugline", "topics", "related", "urgency", "genre", "rights", "ednote", "shared"] {
        metadata[member] = said[member].clone();
    }
    assert_has(&created, &metadata);
    let mut content = json!({"language": "tr"});
    for member in ["headline", "summary", "dateline", "byline", "authors", "seo", "slug", "body"] {
        content[member] = said[member].clone();
    }
    assert_has(&created["original"], &content);

    let read = editor.get(&at(&id)).expect(200).await;
    assert_eq!(read.etag(), "\"v1\"");
    let mut article = read.json();
    let translations = article.as_object_mut().unwrap().remove("translations").unwrap();
    let mut made = created.clone();
    made.as_object_mut().unwrap().remove("original");
    assert_eq!(article, made, "reading answers what making answered");
    assert_eq!(translations.as_array().unwrap().len(), 1);
    assert_has(
        &translations[0],
        &json!({"language": "tr", "is_original": true, "publication": "unreleased", "review": "draft", "headline": "Hazar'da rüzgâr", "revision": 1, "published_at": null}),
    );
    let text = editor.get(&text_at(&id, "tr")).expect(200).await;
    assert_eq!((text.etag().as_str(), text.json()), ("\"v1\"", created["original"].clone()));
}

async fn a_program_makes_stories_of_its_agency(app: App) {
    let (key, key_id) = key(&app, &["articles:submit", "articles:read"]).await;
    let created = key.post("/v1/articles").json(&story("From the wire")).expect(201).await.json();
    assert_has(&created, &json!({"agency_id": agency(&app, "trend").await, "created_by": key_id, "updated_by": key_id, "shared": false}));
    assert_has(&created["original"], &json!({"authors": [], "assignee_id": null, "created_by": key_id, "last_author": key_id, "review": "draft"}));
    let id = id(&created);
    assert_eq!(patch(&key, &id, &json!({"urgency": 3})).await.status, 200);
    let etag = etag(&key, &text_at(&id, "en")).await;
    let refused = key.post(&format!("{}/publish", text_at(&id, "en"))).if_match(&etag).expect(403).await;
    assert_eq!(refused.code(), "forbidden");
}

async fn all_faults_of_a_story_are_told_at_once(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let hidden = create(&app.staff("editor@kazinform.example").await, &story("Not for Trend")).await;
    let before = app.number("SELECT count(*) FROM articles").await;
    let nobody = Uuid::new_v4();
    let refused = editor
        .post("/v1/articles")
        .json(&json!({
            "original_language": "en",
            "headline": "x".repeat(301),
            "body": [
                {"_type": "block", "style": "h1", "children": [{"_type": "span", "text": "a", "marks": ["nowhere"]}]},
                {"_type": "video"},
                {"_type": "block", "children": [{"_type": "span", "text": "b", "colour": "red"}]},
            ],
            "authors": [editor.id, nobody],
            "seo": {"title": "x".repeat(201)},
            "slug": "Not a slug",
            "slugline": "",
            "section": "nowhere",
            "topics": ["medtop:20000344", "medtop:99999999", "medtop:20000344"],
            "related": [nobody, hidden],
            "urgency": 10,
            "genre": "x".repeat(101),
            "rights": "x".repeat(1_001),
            "ednote": "x".repeat(2_001),
        }))
        .expect(422)
        .await;
    assert_eq!(refused.code(), "validation_failed");
    assert_eq!(
        sorted(refused.faults()),
        [
            "/authors/1",
            "/body/0/children/0/marks/0",
            "/body/0/style",
            "/body/1/_type",
            "/body/2/children/0/colour",
            "/ednote",
            "/genre",
            "/headline",
            "/related/0",
            "/related/1",
            "/rights",
            "/section",
            "/seo/title",
            "/slug",
            "/slugline",
            "/topics/1",
            "/topics/2",
            "/urgency",
        ]
    );
    let details = |pointer: &str| {
        let told = refused.json()["errors"].as_array().unwrap().iter().find(|fault| fault["pointer"] == pointer).cloned().unwrap();
        (told["code"].clone(), told["detail"].clone())
    };
    assert_eq!(details("/related/0"), details("/related/1"), "what is not there and what is hidden look alike");
    assert_eq!(app.number("SELECT count(*) FROM articles").await, before);
}

async fn a_body_comes_in_one_form(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let both = with(story("Twice"), &json!({"body": [], "urgency": 0}));
    let refused = editor.post("/v1/articles").json(&both).expect(422).await;
    assert_eq!(sorted(refused.faults()), ["/body_html", "/urgency"]);
    let neither = editor.post("/v1/articles").json(&json!({"original_language": "en", "headline": "A plan"})).expect(201).await.json();
    assert_eq!((&neither["original"]["body"], &neither["original"]["words"]), (&json!([]), &json!(0)));
}

async fn a_story_is_read_strictly(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let kazinform = agency(&app, "kazinform").await;
    let before = app.number("SELECT count(*) FROM articles").await;
    for (members, pointer) in [
        (json!({"nope": 1}), "/nope"),
        (json!({"urgency": "5"}), "/urgency"),
        (json!({"urgency": 5.5}), "/urgency"),
        (json!({"topics": "medtop:20000344"}), "/topics"),
        (json!({"related": ["not-an-id"]}), "/related/0"),
        (json!({"shared": "yes"}), "/shared"),
        (json!({"seo": {"keywords": []}}), "/seo/keywords"),
        (json!({"headline": null}), "/headline"),
        // What is not the caller's to say.
        (json!({"agency_id": kazinform}), "/agency_id"),
        (json!({"id": Uuid::new_v4()}), "/id"),
        (json!({"created_by": editor.id}), "/created_by"),
        (json!({"publication": "published"}), "/publication"),
        (json!({"review": "approved"}), "/review"),
        (json!({"version": 9}), "/version"),
    ] {
        let refused = editor.post("/v1/articles").json(&with(story("Strict"), &members)).expect(400).await;
        assert_eq!((refused.code().as_str(), refused.faults()), ("malformed_body", vec![pointer.to_owned()]), "{members}");
    }
    for (missing, rest) in [("/headline", json!({"original_language": "en"})), ("/original_language", json!({"headline": "x"}))] {
        let refused = editor.post("/v1/articles").json(&rest).expect(400).await;
        assert_eq!((refused.code().as_str(), refused.faults()), ("malformed_body", vec![missing.to_owned()]));
    }
    let nul = editor.post("/v1/articles").json(&story("a\0b")).expect(422).await;
    assert_eq!(nul.faults(), ["/headline"]);
    let blank = editor.post("/v1/articles").json(&story(" \u{a0}\n")).expect(422).await;
    assert_eq!(blank.faults(), ["/headline"]);
    assert_eq!(app.anonymous().post("/v1/articles").json(&story("Nobody's")).expect(401).await.code(), "unauthenticated");
    assert_eq!(app.number("SELECT count(*) FROM articles").await, before);
}

async fn languages_go_by_their_canonical_tag(app: App) {
    let editor = app.staff("editor@kazinform.example").await;
    for (given, tag) in [("kz", "kk"), ("kaz", "kk"), ("KK_cyrl", "kk"), ("kk-Latin", "kk-Latn"), ("oz", "uz"), ("uz-Latin", "uz"), ("UZ_cyrl", "uz-Cyrl")] {
        let created = editor.post("/v1/articles").json(&with(story("Tags"), &json!({"original_language": given}))).expect(201).await.json();
        let id = id(&created);
        assert_eq!((&created["original_language"], &created["original"]["language"]), (&json!(tag), &json!(tag)), "{given}");
        let read = editor.get(&text_at(&id, given)).expect(200).await;
        assert_eq!(read.json()["language"], tag, "{given} in a path");
        assert_eq!(editor.get(&at(&id)).expect(200).await.json()["translations"][0]["language"], tag, "{given}");
    }
    let before = app.number("SELECT count(*) FROM articles").await;
    for given in ["kk-KZ", "en-GB", "xx", "", "tr-Cyrl", "kk "] {
        let refused = editor.post("/v1/articles").json(&with(story("Tags"), &json!({"original_language": given}))).expect(400).await;
        assert_eq!((refused.code().as_str(), refused.faults()), ("malformed_body", vec!["/original_language".to_owned()]), "{given}");
    }
    assert_eq!(app.number("SELECT count(*) FROM articles").await, before);
    let id = create(&editor, &story("Paths")).await;
    let text = json!({"headline": "x"});
    let refused = editor.put(&text_at(&id, "kk-KZ")).header("If-None-Match", "*").json(&text).expect(400).await;
    assert_eq!((refused.code().as_str(), refused.faults()), ("invalid_parameter", vec!["language".to_owned()]));
    assert!(refused.text().contains("\\\"kk\\\""), "it says what would do: {}", refused.text());
}

async fn who_may_not_know_of_a_story_gets_404(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let id = create(&app.staff("editor@trend.example").await, &story("Only for Trend")).await;
    assert_eq!(journalist.get(&at(&id)).expect(200).await.json()["id"], id.as_str(), "a colleague's work can be read");
    let told = |answer: &Answer| {
        let mut problem = answer.json();
        problem.as_object_mut().unwrap().remove("request_id");
        problem
    };
    for email in ["editor@kazinform.example", "editor@platform.example", "admin@platform.example", "journalist@platform.example"] {
        let stranger = app.staff(email).await;
        let absent = stranger.get(&at(&Uuid::new_v4().to_string())).expect(404).await;
        let hidden = stranger.get(&at(&id)).expect(404).await;
        assert_eq!(told(&hidden), told(&absent), "{email}");
        assert_refused(&hidden, 404, "not_found");
        for path in [text_at(&id, "en"), format!("{}/translations", at(&id)), format!("{}/revisions", text_at(&id, "en"))] {
            assert_refused(&stranger.get(&path).send().await, 404, "not_found");
        }
        let change = json!({"urgency": 1});
        assert_refused(&stranger.patch(&at(&id)).if_match("\"v1\"").json(&change).send().await, 404, "not_found");
        assert_refused(&stranger.patch(&at(&id)).json(&change).send().await, 404, "not_found");
    }
    assert_eq!(app.anonymous().get(&at(&id)).expect(401).await.code(), "unauthenticated");
    assert_eq!(etag(&journalist, &at(&id)).await, "\"v1\"");
}

async fn a_patch_tells_absent_null_and_value_apart(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let admin = app.staff("admin@trend.example").await;
    let other = create(&editor, &story("Another")).await;
    let said = json!({
        "section": "economy", "topics": ["medtop:20000344"], "related": [other], "urgency": 2, "genre": "Feature", "rights": "© Trend",
        "ednote": "Check.", "slugline": "WIND", "shared": true,
    });
    let id = create(&editor, &with(story("Wind"), &said)).await;
    let mut expected = editor.get(&at(&id)).expect(200).await.json();

    app.advance(Duration::from_mins(1));
    let changed = patch(&admin, &id, &json!({"genre": null, "ednote": "Checked.", "section": "culture", "urgency": 7, "slugline": "CASPIAN"})).await;
    assert_eq!((changed.status.as_u16(), changed.etag().as_str()), (200, "\"v2\""), "{}", changed.text());
    for (member, value) in [
        ("genre", Value::Null),
        ("ednote", json!("Checked.")),
        ("section_id", json!(section(&app, "culture").await)),
        ("urgency", json!(7)),
        ("slugline", json!("CASPIAN")),
        ("updated_at", json!("2026-07-24T12:01:00Z")),
        ("updated_by", json!(admin.id)),
    ] {
        expected[member] = value;
    }
    assert_eq!(changed.json(), expected, "all that was not named stays");
    let read = editor.get(&at(&id)).expect(200).await;
    assert_eq!((read.etag().as_str(), read.json()), ("\"v2\"", expected.clone()));

    let emptied = patch(&editor, &id, &json!({"section": null, "topics": null, "related": null, "rights": null, "ednote": null})).await;
    for (member, value) in [("section_id", Value::Null), ("topics", json!([])), ("related", json!([])), ("rights", Value::Null), ("ednote", Value::Null)] {
        expected[member] = value;
    }
    expected["updated_by"] = json!(editor.id);
    assert_eq!((emptied.status.as_u16(), emptied.etag().as_str(), emptied.json()), (200, "\"v3\"", expected));
    let text = editor.get(&text_at(&id, "en")).expect(200).await;
    assert_eq!((text.etag().as_str(), &text.json()["updated_at"]), ("\"v1\"", &json!(NOON)), "the texts are not touched");
}

async fn a_patch_breaks_no_rule(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let hidden = create(&app.staff("editor@kazinform.example").await, &story("Not for Trend")).await;
    let id = create(&editor, &story("Wind")).await;
    let before = editor.get(&at(&id)).expect(200).await.json();
    for (change, faults) in [
        (json!({"slugline": null, "urgency": null, "shared": null}), vec!["/shared", "/slugline", "/urgency"]),
        (json!({"related": [id, hidden, Uuid::new_v4()]}), vec!["/related/0", "/related/1", "/related/2"]),
        (json!({"section": "nowhere", "topics": ["medtop:1", "nonsense"], "urgency": 0}), vec!["/section", "/topics/0", "/topics/1", "/urgency"]),
        (json!({"slugline": " ", "genre": "", "ednote": "x".repeat(2_001)}), vec!["/ednote", "/genre", "/slugline"]),
    ] {
        let refused = patch(&editor, &id, &change).await;
        assert_refused(&refused, 422, "validation_failed");
        assert_eq!(sorted(refused.faults()), faults, "{change}");
    }
    let many = patch(&editor, &id, &json!({"topics": vec!["medtop:20000344"; 21]})).await;
    assert_refused(&many, 422, "validation_failed");
    assert_eq!(sorted(many.faults())[..2], ["/topics", "/topics/1"], "too many, and all but one there twice");
    assert_eq!(many.faults().len(), 21);
    for (change, pointer) in [
        (json!({"headline": "x"}), "/headline"),
        (json!({"agency_id": id}), "/agency_id"),
        (json!({"original_language": "az"}), "/original_language"),
        (json!({"created_by": id}), "/created_by"),
        (json!({"killed_at": NOON}), "/killed_at"),
    ] {
        let refused = patch(&editor, &id, &change).await;
        assert_refused(&refused, 400, "malformed_body");
        assert_eq!(refused.faults(), [pointer]);
    }
    let after = editor.get(&at(&id)).expect(200).await;
    assert_eq!((after.etag().as_str(), after.json()), ("\"v1\"", before));
}

async fn a_patch_has_seen_what_it_changes(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let admin = app.staff("admin@trend.example").await;
    let id = create(&editor, &story("Wind")).await;
    let change = json!({"urgency": 1});
    assert_refused(&editor.patch(&at(&id)).json(&change).send().await, 428, "precondition_required");
    app.advance(Duration::from_secs(7));
    admin.patch(&at(&id)).if_match("\"v1\"").json(&json!({"urgency": 3})).expect(200).await;
    app.advance(Duration::from_secs(7));
    assert_refused(&editor.patch(&at(&id)).if_match("v2").json(&change).send().await, 400, "invalid_parameter");
    for stale in ["\"v1\"", "\"v3\"", "W/\"v2\"", "\"nonsense\""] {
        let refused = editor.patch(&at(&id)).if_match(stale).json(&change).send().await;
        assert_refused(&refused, 412, "stale_version");
        let current = json!({"etag": "\"v2\"", "updated_at": "2026-07-24T12:00:07Z", "updated_by": admin.id});
        assert_eq!(refused.json()["current"], current, "{stale}");
    }
    assert_eq!(editor.get(&at(&id)).expect(200).await.json()["urgency"], 3);
    // Writing a text is no change of the metadata.
    add_text(&editor, &id, "az", "Külək").await;
    assert_eq!(etag(&editor, &at(&id)).await, "\"v2\"");
    editor.patch(&at(&id)).if_match("\"v2\"").json(&change).expect(200).await;
}

async fn of_two_patches_with_one_etag_one_wins(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let admin = app.staff("admin@trend.example").await;
    let id = create(&editor, &story("Wind")).await;
    let (path, one, other) = (at(&id), json!({"urgency": 1}), json!({"genre": "Feature"}));
    let (one, other) = tokio::join!(editor.patch(&path).if_match("\"v1\"").json(&one).send(), admin.patch(&path).if_match("\"v1\"").json(&other).send(),);
    let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
    assert_eq!(won.status, 200, "{} {}", won.text(), lost.text());
    assert_refused(&lost, 412, "stale_version");
    let after = editor.get(&path).expect(200).await;
    assert_eq!((after.etag().as_str(), after.json()), ("\"v2\"", won.json()), "nothing of the loser is there");
}

async fn a_journalist_patches_own_stories_only(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let own = create(&journalist, &story("Mine")).await;
    let colleagues = create(&editor, &story("Hers")).await;
    assert_eq!(patch(&journalist, &own, &json!({"urgency": 4})).await.status, 200);
    let refused = patch(&journalist, &colleagues, &json!({"urgency": 4})).await;
    assert_refused(&refused, 403, "forbidden");
    // A text of the story does not make it theirs.
    add_text(&journalist, &colleagues, "az", "Külək").await;
    assert_refused(&patch(&journalist, &colleagues, &json!({"urgency": 4})).await, 403, "forbidden");
    assert_eq!(editor.get(&at(&colleagues)).expect(200).await.json()["urgency"], 5);
    for email in ["editor@trend.example", "admin@trend.example"] {
        assert_eq!(patch(&app.staff(email).await, &own, &json!({"urgency": 3})).await.status, 200, "{email}");
    }
}

async fn the_platform_reaches_what_is_shared(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let platform_journalist = app.staff("journalist@platform.example").await;
    let foreign = app.staff("editor@kazinform.example").await;
    let id = create(&editor, &story("Wind")).await;
    platform.get(&at(&id)).expect(404).await;
    assert_eq!(patch(&editor, &id, &json!({"shared": true})).await.status, 200);
    platform_journalist.get(&at(&id)).expect(200).await;
    assert_eq!(patch(&platform, &id, &json!({"urgency": 2})).await.status, 200);
    assert_refused(&patch(&platform_journalist, &id, &json!({"urgency": 2})).await, 403, "forbidden");
    foreign.get(&at(&id)).expect(404).await;
    assert_eq!(patch(&editor, &id, &json!({"shared": false})).await.status, 200);
    platform.get(&at(&id)).expect(404).await;
    assert_refused(&platform.patch(&at(&id)).if_match("*").json(&json!({"shared": true})).send().await, 404, "not_found");
    assert_eq!(editor.get(&at(&id)).expect(200).await.json()["shared"], false);
}

async fn the_platform_reaches_what_an_agreement_shares(app: App) {
    let editor = app.staff("editor@kabar.example").await;
    let platform = app.staff("editor@platform.example").await;
    let platform_journalist = app.staff("journalist@platform.example").await;
    let id = create(&editor, &story("Lake")).await;
    assert_eq!(editor.get(&at(&id)).expect(200).await.json()["shared"], false);
    assert_eq!(patch(&platform, &id, &json!({"urgency": 2})).await.status, 200);
    platform_journalist.get(&at(&id)).expect(200).await;
    assert_refused(&patch(&platform_journalist, &id, &json!({"urgency": 1})).await, 403, "forbidden");
    app.staff("editor@trend.example").await.get(&at(&id)).expect(404).await;

    let seen = async || (platform.get(&at(&id)).send().await.status.as_u16(), found(&platform, "").await.contains(&id));
    assert_eq!(seen().await, (200, true));
    for sql in [
        "UPDATE agreements SET in_force_to = '2026-07-23' WHERE sharing = 'all'",
        "UPDATE agreements SET in_force_from = '2026-07-25', in_force_to = NULL WHERE sharing = 'all'",
    ] {
        write(&app, sql).await;
        assert_eq!(seen().await, (404, false), "{sql}");
    }
    write(&app, "UPDATE agreements SET in_force_from = '2026-07-24', in_force_to = '2026-07-24' WHERE sharing = 'all'").await;
    assert_eq!(seen().await, (200, true), "the first and the last day count");
    write(&app, "UPDATE agreements SET sharing = 'flagged' WHERE sharing = 'all'").await;
    assert_eq!(seen().await, (404, false));
}

async fn who_has_a_text_reads_the_story(app: App) {
    let owner = app.staff("editor@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let id = create(&owner, &with(story("Wind"), &json!({"shared": true}))).await;
    add_text(&platform, &id, "ru", "Ветер").await;
    assert_eq!(patch(&owner, &id, &json!({"shared": false})).await.status, 200);
    platform.get(&at(&id)).expect(200).await;
    platform.get(&text_at(&id, "en")).expect(200).await;
    assert!(found(&platform, "").await.contains(&id));
    assert_refused(&patch(&platform, &id, &json!({"urgency": 1})).await, 403, "forbidden");
    let refused = platform.delete(&at(&id)).if_match("*").send().await;
    assert_refused(&refused, 403, "forbidden");
}

async fn public_metadata_are_for_editors(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    app.drain_jobs().await;
    let id = create(&journalist, &story("Wind")).await;
    assert_eq!(patch(&journalist, &id, &json!({"urgency": 4})).await.status, 200);
    publish(&editor, &id, "en").await;
    let before = journalist.get(&at(&id)).expect(200).await;
    let refused = patch(&journalist, &id, &json!({"urgency": 1})).await;
    assert_refused(&refused, 403, "forbidden");
    let after = journalist.get(&at(&id)).expect(200).await;
    assert_eq!((after.etag(), after.json()), (before.etag(), before.json()));
    assert_eq!(app.drain_jobs().await, 0, "nothing is rendered anew");
    assert_eq!(patch(&editor, &id, &json!({"urgency": 1})).await.status, 200);
}

async fn a_patch_renders_what_is_public_anew(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &with(story("Wind over the Caspian"), &json!({"section": "economy", "topics": ["medtop:20000344"]}))).await;
    add_text(&editor, &id, "az", "Xəzər üzərində külək").await;
    publish(&editor, &id, "en").await;
    publish(&editor, &id, "az").await;
    app.drain_jobs().await;
    let public = async |language: &str| app.anonymous().get(&format!("/v1/delivery/articles/{id}?language={language}")).expect(200).await;
    let before = [public("en").await, public("az").await];
    let changes = app.number("SELECT count(*) FROM published_changes").await;
    let text = etag(&editor, &text_at(&id, "en")).await;

    app.advance(Duration::from_mins(1));
    let change = json!({"section": "culture", "urgency": 2, "topics": ["medtop:20000018"], "genre": "Feature"});
    assert_eq!(patch(&editor, &id, &change).await.status, 200);
    assert!(app.drain_jobs().await >= 1);
    for (language, before) in ["en", "az"].into_iter().zip(before) {
        let after = public(language).await;
        assert_ne!(after.etag(), before.etag(), "{language}");
        assert_eq!(after.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:01:00 GMT"));
        assert!(after.header("Surrogate-Key").unwrap().split(' ').any(|key| key == "section-culture"));
        let (was, is) = (before.json(), after.json());
        assert_eq!((&was["section"]["slug"], &is["section"]["slug"]), (&json!("economy"), &json!("culture")));
        assert_eq!((&was["urgency"], &is["urgency"], &is["genre"]), (&json!(5), &json!(2), &json!("Feature")));
        assert_eq!(is["topics"], json!([{"id": "medtop:20000018", "name": "music"}]));
        for same in ["headline", "slug", "published_at", "updated_at", "version", "last_change", "body", "available_languages"] {
            assert_eq!(is[same], was[same], "{same} is the text's");
        }
        let known = app.anonymous().get(&format!("/v1/delivery/articles/{id}?language={language}")).header("If-None-Match", &before.etag()).expect(200).await;
        app.anonymous().get(&format!("/v1/delivery/articles/{id}?language={language}")).header("If-None-Match", &known.etag()).expect(304).await;
    }
    let listed = async |query: &str| app.anonymous().get(&format!("/v1/delivery/articles?limit=100&{query}")).expect(200).await.text().contains(&id);
    assert!(listed("section=culture").await && !listed("section=economy").await);
    assert!(listed("topic=medtop:20000018").await && !listed("topic=medtop:20000344&section=culture").await);
    assert_eq!(app.number("SELECT count(*) FROM published_changes").await, changes, "the texts are the same");
    assert_eq!(etag(&editor, &text_at(&id, "en")).await, text);
}

async fn a_patch_publishes_no_pending_edit(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &with(story("The first headline"), &json!({"slug": "first-address"}))).await;
    publish(&editor, &id, "en").await;
    let pending = json!({"headline": "A secret headline", "slug": "secret-address", "body_html": "<p>Secret.</p>", "byline": "Secret"});
    let etag = etag(&editor, &text_at(&id, "en")).await;
    editor.patch(&text_at(&id, "en")).if_match(&etag).json(&pending).expect(200).await;
    assert_eq!(patch(&editor, &id, &json!({"urgency": 1})).await.status, 200);
    app.drain_jobs().await;
    assert_eq!(app.number("SELECT count(*) FROM jobs").await, 0, "the rendering did not fail");

    let anonymous = app.anonymous();
    let public = anonymous.get("/v1/delivery/articles/en/first-address").expect(200).await;
    assert_eq!(
        (&public.json()["headline"], &public.json()["slug"], &public.json()["urgency"]),
        (&json!("The first headline"), &json!("first-address"), &json!(1))
    );
    assert!(!public.text().to_lowercase().contains("secret"), "{}", public.text());
    anonymous.get("/v1/delivery/articles/en/secret-address").expect(404).await;
}

async fn what_was_never_public_can_be_deleted(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let id = create(&journalist, &story("Wind")).await;
    add_text(&editor, &id, "az", "Külək").await;
    step(&editor, &id, "az", "submit", &json!({})).await;
    let public = public_rows(&app).await;
    let kept = app.number("SELECT count(*) FROM revisions").await;
    let etag = etag(&journalist, &at(&id)).await;
    assert_refused(&journalist.delete(&at(&id)).if_match(&etag).send().await, 409, "conflict");
    let deleted = editor.delete(&at(&id)).if_match(&etag).expect(204).await;
    assert!(deleted.body.is_empty());
    for caller in [&journalist, &editor] {
        for path in [at(&id), text_at(&id, "en"), text_at(&id, "az"), format!("{}/translations", at(&id)), format!("{}/revisions", text_at(&id, "en"))] {
            assert_refused(&caller.get(&path).send().await, 404, "not_found");
        }
        assert!(found(caller, "").await.is_empty());
    }
    let text = json!({"headline": "Again"});
    assert_refused(&editor.put(&text_at(&id, "tr")).header("If-None-Match", "*").json(&text).send().await, 404, "not_found");
    assert_refused(&editor.put(&text_at(&id, "az")).header("If-None-Match", "*").json(&text).send().await, 404, "not_found");
    assert_refused(&editor.post(&format!("{}/publish", text_at(&id, "en"))).if_match("*").send().await, 404, "not_found");
    assert_refused(&journalist.delete(&at(&id)).if_match("*").send().await, 404, "not_found");
    let refused = editor.post("/v1/articles").json(&with(story("Other"), &json!({"related": [id]}))).expect(422).await;
    assert_eq!(refused.faults(), ["/related/0"]);
    assert_eq!(app.number("SELECT count(*) FROM revisions").await, kept, "deleting is soft");
    assert_eq!(app.number("SELECT count(*) FROM articles WHERE deleted_at IS NOT NULL").await, 1);
    assert_eq!(public_rows(&app).await, public);
}

async fn what_was_public_cannot_be_deleted(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &story("Wind")).await;
    add_text(&editor, &id, "az", "Külək").await;
    publish(&editor, &id, "az").await;
    let refuses = async |when: &str| {
        let before = editor.get(&at(&id)).expect(200).await;
        let refused = editor.delete(&at(&id)).if_match(&before.etag()).send().await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "illegal_transition"), "{when}");
        let after = editor.get(&at(&id)).expect(200).await;
        assert_eq!((after.etag(), after.json()), (before.etag(), before.json()), "{when}");
    };
    refuses("published").await;
    app.anonymous().get(&format!("/v1/delivery/articles/{id}?language=az")).expect(200).await;
    step(&editor, &id, "az", "unpublish", &json!({})).await;
    refuses("unpublished").await;
    step(&editor, &id, "az", "kill", &json!({"reason": "Forged.", "public_note": "Withdrawn."})).await;
    refuses("killed").await;
    app.anonymous().get(&format!("/v1/delivery/articles/{id}?language=az")).expect(410).await;
}

async fn nobody_deletes_the_text_of_another_agency(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let id = create(&editor, &with(story("Wind"), &json!({"shared": true}))).await;
    add_text(&platform, &id, "ru", "Ветер").await;
    let refused = editor.delete(&at(&id)).if_match("\"v1\"").send().await;
    assert_refused(&refused, 409, "conflict");
    platform.get(&text_at(&id, "ru")).expect(200).await;
    platform.delete(&text_at(&id, "ru")).if_match("\"v1\"").expect(204).await;
    editor.delete(&at(&id)).if_match("\"v1\"").expect(204).await;
}

async fn who_deletes_has_the_right_and_has_seen_it(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &story("Wind")).await;
    assert_refused(&app.staff("journalist@trend.example").await.delete(&at(&id)).if_match("\"v1\"").send().await, 403, "forbidden");
    assert_refused(&app.staff("editor@kazinform.example").await.delete(&at(&id)).if_match("\"v1\"").send().await, 404, "not_found");
    assert_refused(&app.staff("admin@platform.example").await.delete(&at(&id)).if_match("\"v1\"").send().await, 404, "not_found");
    assert_refused(&app.anonymous().delete(&at(&id)).if_match("\"v1\"").send().await, 401, "unauthenticated");
    assert_refused(&editor.delete(&at(&id)).send().await, 428, "precondition_required");
    patch(&editor, &id, &json!({"urgency": 1})).await;
    let stale = editor.delete(&at(&id)).if_match("\"v1\"").send().await;
    assert_refused(&stale, 412, "stale_version");
    assert_eq!(stale.json()["current"]["etag"], "\"v2\"");
    editor.get(&at(&id)).expect(200).await;
    editor.delete(&at(&id)).if_match("\"v2\"").expect(204).await;
}

async fn lists_filter_by_state(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let (nothing, kill) = (json!({}), json!({"reason": "Forged.", "public_note": "Withdrawn."}));
    let mut made = vec![];
    for headline in ["draft", "in review", "approved", "published", "edited", "unpublished", "killed", "mixed"] {
        made.push(create(&editor, &story(headline)).await);
    }
    let [draft, review, approved, published, edited, unpublished, killed, mixed] = made.as_slice() else { unreachable!() };
    for (id, name) in [
        (review, "submit"),
        (approved, "submit"),
        (approved, "approve"),
        (published, "publish"),
        (unpublished, "publish"),
        (unpublished, "unpublish"),
        (killed, "kill"),
    ] {
        step(&editor, id, "en", name, if name == "kill" { &kill } else { &nothing }).await;
    }
    let etag = publish(&editor, edited, "en").await.etag();
    editor.patch(&text_at(edited, "en")).if_match(&etag).json(&json!({"headline": "edited again"})).expect(200).await;
    add_text(&editor, mixed, "az", "qarışıq").await;
    publish(&editor, mixed, "az").await;

    for (query, expected) in [
        ("state=draft", set([draft, edited, killed, mixed])),
        ("state=in_review", set([review])),
        ("state=approved", set([approved])),
        ("state=in_review,approved", set([review, approved])),
        ("state=published", set([published, edited, mixed])),
        ("state=settled", set([published, unpublished, mixed])),
        ("state=unpublished", set([unpublished])),
        ("state=killed", set([killed])),
        ("state=withheld", set([])),
        ("state=unreleased", set([draft, review, approved, mixed])),
        // The state of that text, not of any.
        ("state=published&language=en", set([published, edited])),
        ("state=published&language=az", set([mixed])),
        ("state=draft&language=az", set([])),
    ] {
        assert_eq!(found(&editor, query).await, expected, "{query}");
    }
}

async fn lists_filter_by_agency(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let own = create(&editor, &story("Trend alone")).await;
    let joint = create(&editor, &with(story("Trend and the platform"), &json!({"shared": true}))).await;
    add_text(&platform, &joint, "ru", "Вместе").await;
    let (trend_id, platform_id) = (agency(&app, "trend").await, agency(&app, "platform").await);
    for (query, expected) in [
        ("agency=trend".to_owned(), set([&own, &joint])),
        (format!("agency={trend_id}"), set([&own, &joint])),
        ("agency=platform".to_owned(), set([&joint])),
        (format!("agency={platform_id}"), set([&joint])),
        (format!("agency=kabar,{platform_id}"), set([&joint])),
        ("agency=kabar".to_owned(), set([])),
    ] {
        assert_eq!(found(&editor, &query).await, expected, "{query}");
    }
    platform.delete(&text_at(&joint, "ru")).if_match("\"v1\"").expect(204).await;
    assert_eq!(found(&editor, "agency=platform").await, set([]), "a text that was deleted is none");
}

async fn lists_filter_by_language(app: App) {
    let editor = app.staff("editor@kazinform.example").await;
    let english = create(&editor, &story("English")).await;
    let kazakh = create(&editor, &with(story("Қазақша"), &json!({"original_language": "kk"}))).await;
    add_text(&editor, &kazakh, "kk-Latn", "Qazaqşa").await;
    for (query, expected) in [
        ("language=en", set([&english])),
        ("language=kk", set([&kazakh])),
        ("language=kz", set([&kazakh])),
        ("language=kk-Latn", set([&kazakh])),
        ("language=en,kk-Latin", set([&english, &kazakh])),
        ("language=az", set([])),
        ("missing_language=kk", set([&english])),
        ("missing_language=kaz", set([&english])),
        ("missing_language=kk-Latn", set([&english])),
        ("missing_language=en", set([&kazakh])),
        ("missing_language=tk", set([&english, &kazakh])),
        ("missing_language=tk&language=kk", set([&kazakh])),
        ("missing_language=kk&language=kk", set([])),
    ] {
        assert_eq!(found(&editor, query).await, expected, "{query}");
    }
    editor.delete(&text_at(&kazakh, "kk-Latn")).if_match("\"v1\"").expect(204).await;
    assert_eq!(found(&editor, "missing_language=kk-Latn").await, set([&english, &kazakh]));
    assert_eq!(found(&editor, "language=kk-Latn").await, set([]));
}

async fn lists_filter_by_people(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let journalist = app.staff("journalist@trend.example").await;
    let (key, key_id) = key(&app, &["articles:submit"]).await;
    let hers = create(&journalist, &story("Begun by the journalist")).await;
    let edited = create(&editor, &story("Begun by the editor, written on by the journalist")).await;
    let alone = create(&editor, &story("The editor's")).await;
    let wire = create(&key, &story("Of the wire")).await;
    let assign = json!({"staff_id": journalist.id});
    step(&editor, &edited, "en", "assign", &assign).await;
    let etag = etag(&journalist, &text_at(&edited, "en")).await;
    journalist.patch(&text_at(&edited, "en")).if_match(&etag).json(&json!({"summary": "New."})).expect(200).await;
    step(&editor, &wire, "en", "assign", &assign).await;
    for (query, expected) in [
        (format!("author={}", journalist.id), set([&hers, &edited])),
        (format!("author={}", editor.id), set([&edited, &alone])),
        (format!("author={key_id}"), set([&wire])),
        (format!("author={}", Uuid::new_v4()), set([])),
        (format!("assignee={}", journalist.id), set([&hers, &edited, &wire])),
        (format!("assignee={}", editor.id), set([&alone])),
        (format!("assignee={}&author={key_id}", journalist.id), set([&wire])),
    ] {
        assert_eq!(found(&editor, &query).await, expected, "{query}");
    }
    // Both of one and the same text.
    add_text(&editor, &hers, "az", "Redaktorun").await;
    assert_eq!(found(&editor, &format!("author={}&assignee={}", editor.id, journalist.id)).await, set([&edited]));
}

async fn lists_filter_by_section_and_topic(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let economy = create(&editor, &with(story("Economy"), &json!({"section": "economy", "topics": ["medtop:20000344", "medtop:20000018"]}))).await;
    let culture = create(&editor, &with(story("Culture"), &json!({"section": section(&app, "culture").await, "topics": ["medtop:20000018"]}))).await;
    let nowhere = create(&editor, &story("Nowhere")).await;
    for (query, expected) in [
        ("section=economy".to_owned(), set([&economy])),
        (format!("section={}", section(&app, "economy").await), set([&economy])),
        ("section=economy,culture".to_owned(), set([&economy, &culture])),
        ("section=sport".to_owned(), set([])),
        ("topic=medtop:20000344".to_owned(), set([&economy])),
        ("topic=medtop%3A20000018".to_owned(), set([&economy, &culture])),
        ("topic=medtop:20000344,medtop:20000018".to_owned(), set([&economy, &culture])),
        ("topic=medtop:20000018&section=culture".to_owned(), set([&culture])),
    ] {
        assert_eq!(found(&editor, &query).await, expected, "{query}");
    }
    assert_eq!(found(&editor, "").await, set([&economy, &culture, &nowhere]));
    let part = editor.get(&format!("/v1/articles?{NEW}&topic=medtop:2000034")).send().await;
    assert!(part.status == 400 || ids_of(&part.json()).is_empty(), "a part of an id is none: {}", part.text());
}

async fn lists_filter_by_time(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let early = create(&editor, &story("Early")).await;
    app.advance(Duration::from_millis(1_500));
    let late = create(&editor, &story("Late")).await;
    for (query, expected) in [
        ("updated_after=2026-07-24T11:59:59Z", set([&early, &late])),
        ("updated_after=2026-07-24T12:00:00Z", set([&late])),
        ("updated_after=2026-07-24T16:00:00%2B04:00", set([&late])),
        ("updated_after=2026-07-24T12:00:01.499999Z", set([&late])),
        ("updated_after=2026-07-24T12:00:01.5Z", set([])),
        ("updated_after=2026-07-24T11:59:59Z&updated_before=2026-07-24T12:00:01.5Z", set([&early])),
        ("updated_after=2026-07-24T11:59:59Z&updated_before=2026-07-24T12:00:00Z", set([])),
    ] {
        assert_eq!(list(&editor, query).await.into_iter().collect::<BTreeSet<_>>(), expected, "{query}");
    }
    // Writing a text is a change of the story.
    app.advance(Duration::from_secs(1));
    add_text(&editor, &early, "az", "Erkən").await;
    assert_eq!(list(&editor, "updated_after=2026-07-24T12:00:02Z").await, std::slice::from_ref(&early));
    app.advance(Duration::from_secs(1));
    publish(&editor, &late, "en").await;
    assert_eq!(list(&editor, "updated_after=2026-07-24T12:00:03Z").await, std::slice::from_ref(&late));
    assert_eq!(list(&editor, NEW).await, [late, early]);
}

async fn lists_filter_by_urgency(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut made = vec![];
    for urgency in [1, 2, 3, 5, 2] {
        made.push((urgency, create(&editor, &with(story("Urgent"), &json!({"urgency": urgency}))).await));
    }
    for most in [1, 2, 3, 4, 9] {
        let list = editor.get(&format!("/v1/articles?urgency_max={most}&{NEW}&count=exact")).expect(200).await.json();
        let mut found: Vec<String> = list["data"].as_array().unwrap().iter().map(id).collect();
        let mut expected: Vec<String> = made.iter().filter(|(urgency, _)| *urgency <= most).map(|(_, id)| id.clone()).collect();
        assert_eq!(list["meta"]["count"], expected.len());
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{most}");
    }
    let page = editor.get("/v1/articles?urgency_max=2&limit=1").expect(200).await.json();
    let cursor = page["meta"]["next_cursor"].as_str().unwrap();
    editor.get(&format!("/v1/articles?urgency_max=2&limit=1&cursor={cursor}")).expect(200).await;
    assert_eq!(editor.get(&format!("/v1/articles?urgency_max=3&cursor={cursor}")).expect(400).await.code(), "invalid_cursor");
    for wrong in ["0", "10", "x"] {
        assert_eq!(editor.get(&format!("/v1/articles?urgency_max={wrong}")).expect(400).await.faults(), ["urgency_max"]);
    }
}

async fn lists_filter_by_headline_whatever_its_case(app: App) {
    let editor = app.staff("editor@albayrak.example").await;
    let turkish = create(&editor, &with(story("İSTANBUL'dan IĞDIR'a: ılık bir yol"), &json!({"original_language": "tr"}))).await;
    let kazakh = create(&editor, &with(story("Қазақстанның Өскемен қаласы"), &json!({"original_language": "kk"}))).await;
    let latin = create(&editor, &with(story("Bılım jäne ĞYLYM"), &json!({"original_language": "kk-Latn"}))).await;
    for (text, expected) in [
        ("istanbul", set([&turkish])),
        ("İstanbul", set([&turkish])),
        ("ISTANBUL", set([&turkish])),
        ("ıstanbul", set([&turkish])),
        ("i\u{307}stanbul", set([&turkish])),
        ("ığdır", set([&turkish])),
        ("iğdir", set([&turkish])),
        ("IĞDIR'A: ILIK", set([&turkish])),
        ("İĞDİR", set([&turkish])),
        ("қазақстан", set([&kazakh])),
        ("ҚАЗАҚСТАННЫҢ ӨСКЕМЕН", set([&kazakh])),
        ("BILIM", set([&latin])),
        ("ğylym", set([&latin])),
        // In this order, and as they stand.
        ("yol bir", set([])),
        ("istanbul iğdir", set([])),
        ("qazaqstan", set([])),
    ] {
        let query = format!("headline={}", utf8_percent_encode(text, NON_ALPHANUMERIC));
        assert_eq!(found(&editor, &query).await, expected, "{text}");
    }
    assert_eq!(found(&editor, "headline=a&language=tr").await, set([&turkish]));
    assert_eq!(found(&editor, "headline=istanbul&language=kk").await, set([]));
    // What is searched is the newest revision.
    let etag = etag(&editor, &text_at(&turkish, "tr")).await;
    editor.patch(&text_at(&turkish, "tr")).if_match(&etag).json(&json!({"headline": "Van"})).expect(200).await;
    assert_eq!(found(&editor, "headline=istanbul").await, set([]));
    assert_eq!(found(&editor, "headline=VAN").await, set([&turkish]));
}

async fn headlines_are_searched_literally(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let percent = create(&editor, &story("100% wind")).await;
    let plain = create(&editor, &story("1000 winds")).await;
    let under = create(&editor, &story("a_b \\ c")).await;
    let quoted = create(&editor, &story("O'Brien; DROP TABLE articles --")).await;
    for (text, expected) in [
        ("100% w", set([&percent])),
        ("%", set([&percent])),
        ("100", set([&percent, &plain])),
        ("_", set([&under])),
        ("a_b", set([&under])),
        ("\\", set([&under])),
        ("'", set([&quoted])),
        ("' OR '1'='1", set([])),
        ("1%0", set([])),
    ] {
        let query = format!("headline={}", utf8_percent_encode(text, NON_ALPHANUMERIC));
        assert_eq!(found(&editor, &query).await, expected, "{text}");
    }
}

async fn lists_sort_and_count(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut made = vec![];
    for headline in ["one", "two", "three"] {
        made.push(create(&editor, &story(headline)).await);
        app.advance(Duration::from_secs(1));
    }
    assert_eq!(list(&editor, &format!("{NEW}&sort=updated_at")).await, made);
    made.reverse();
    assert_eq!(list(&editor, NEW).await, made, "the newest first where nothing is said");
    assert_eq!(list(&editor, &format!("{NEW}&sort=-updated_at")).await, made);

    let page = editor.get(&format!("/v1/articles?{NEW}&limit=2&count=exact")).expect(200).await.json();
    assert_has(&page["meta"], &json!({"limit": 2, "has_more": true, "count": 3}));
    assert_eq!(ids_of(&page), made[..2]);
    let uncounted = editor.get("/v1/articles").expect(200).await.json();
    assert!(uncounted["meta"].get("count").is_none(), "no totals unless asked");
    assert_eq!(uncounted["meta"]["limit"], 25);
    let none = editor.get(&format!("/v1/articles?{NEW}&headline=nothing&count=exact")).expect(200).await;
    assert_eq!(none.json(), json!({"data": [], "meta": {"limit": 25, "has_more": false, "next_cursor": null, "count": 0}}));
    assert_eq!(none.header("Link"), None);
    let texts = editor.get(&format!("/v1/articles?{NEW}&limit=1")).expect(200).await.json();
    assert_has(&texts["data"][0]["translations"][0], &json!({"language": "en", "headline": "three", "review": "draft", "publication": "unreleased"}));
}

/// Follows the cursors to the end.
async fn walk(app: &App, caller: &Caller, query: &str) -> Vec<String> {
    let mut seen = vec![];
    let mut cursor = String::new();
    loop {
        let answer = caller.get(&format!("/v1/articles?{query}{cursor}")).expect(200).await;
        let page = answer.json();
        seen.extend(ids_of(&page));
        assert!(seen.len() < 500, "the cursors go in circles");
        let Some(next) = page["meta"]["next_cursor"].as_str() else {
            assert_eq!((&page["meta"]["has_more"], answer.header("Link")), (&json!(false), None));
            return seen;
        };
        assert_eq!(page["meta"]["has_more"], true);
        let link = format!("<{}?{query}&cursor={next}>; rel=\"next\"", app.state.url("/v1/articles"));
        assert_eq!(answer.header("Link"), Some(link.as_str()));
        cursor = format!("&cursor={next}");
    }
}

async fn cursors_visit_each_story_once(app: App) {
    let editor = app.staff("editor@trend.example").await;
    for n in 0..9 {
        create(&editor, &story(&format!("At one moment {n}"))).await;
    }
    app.advance(Duration::from_secs(1));
    for n in 0..2 {
        create(&editor, &story(&format!("Later {n}"))).await;
    }
    let listed = editor.get("/v1/articles?limit=100").expect(200).await.json();
    let key = |article: &Value| (article["updated_at"].as_str().unwrap().to_owned(), id(article));
    let keys: Vec<_> = listed["data"].as_array().unwrap().iter().map(key).collect();
    assert!(keys.len() >= 24, "the demo and eleven");
    assert!(keys.is_sorted_by(|one, next| one > next), "by time, then by id: {keys:?}");
    let mut ids: Vec<String> = keys.into_iter().map(|(_, id)| id).collect();
    for limit in [1, 2, 4, 24] {
        assert_eq!(walk(&app, &editor, &format!("limit={limit}")).await, ids, "{limit}");
    }
    assert_eq!(walk(&app, &editor, &format!("limit=2&{NEW}&state=draft&language=en&headline=at")).await, ids[..11]);
    ids.reverse();
    for limit in [1, 3, 24] {
        assert_eq!(walk(&app, &editor, &format!("limit={limit}&sort=updated_at")).await, ids, "{limit}");
    }
}

async fn cursors_pass_stories_that_come_meanwhile(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut made = vec![];
    for n in 0..5 {
        made.push(create(&editor, &story(&format!("Story {n}"))).await);
        app.advance(Duration::from_secs(1));
    }
    let first = editor.get(&format!("/v1/articles?{NEW}&limit=2")).expect(200).await.json();
    assert_eq!(ids_of(&first), [made[4].clone(), made[3].clone()]);
    create(&editor, &story("Breaking")).await;
    let etag = etag(&editor, &at(&made[2])).await;
    editor.delete(&at(&made[2])).if_match(&etag).expect(204).await;
    let rest = list(&editor, &format!("{NEW}&cursor={}", first["meta"]["next_cursor"].as_str().unwrap())).await;
    assert_eq!(rest, [made[1].clone(), made[0].clone()], "no story twice, none left out");
}

async fn cursors_belong_to_their_list(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let page = editor.get("/v1/articles?limit=2&language=en&headline=a").expect(200).await.json();
    let cursor = page["meta"]["next_cursor"].as_str().unwrap();
    for query in [
        "language=en",
        "language=az&headline=a",
        "language=en&headline=b",
        "language=en&headline=a&sort=updated_at",
        "language=en&headline=a&state=published",
        "language=en&headline=a&missing_language=tk",
        "language=en&headline=a&updated_after=2020-01-01T00:00:00Z",
        "",
    ] {
        let refused = editor.get(&format!("/v1/articles?{query}&cursor={cursor}")).expect(400).await;
        assert_eq!((refused.code().as_str(), refused.faults()), ("invalid_cursor", vec!["cursor".to_owned()]), "{query}");
    }
    for nonsense in ["nonsense", "", "e30", "%F0%9F%92%A9", &cursor[1..]] {
        let refused = editor.get(&format!("/v1/articles?language=en&headline=a&cursor={nonsense}")).expect(400).await;
        assert_eq!((refused.code().as_str(), refused.faults()), ("invalid_cursor", vec!["cursor".to_owned()]), "{nonsense}");
    }
    // How many, and whether they are counted, is no part of the list; nor is how a language is spelt.
    editor.get(&format!("/v1/articles?headline=a&language=en&limit=7&cursor={cursor}")).expect(200).await;
    editor.get(&format!("/v1/articles?headline=a&language=eng&count=exact&cursor={cursor}")).expect(200).await;
}

async fn what_a_list_does_not_know_is_named(app: App) {
    let editor = app.staff("editor@trend.example").await;
    for (query, parameter) in [
        ("state=nonsense", "state"),
        ("state=draft,nonsense", "state"),
        ("state=", "state"),
        ("agency=nowhere", "agency"),
        ("agency=trend,nowhere", "agency"),
        ("agency=00000000-0000-4000-8000-000000000000", "agency"),
        ("language=xx", "language"),
        ("language=en,kk-KZ", "language"),
        ("missing_language=kk-KZ", "missing_language"),
        ("missing_language=en,az", "missing_language"),
        ("author=somebody", "author"),
        ("assignee=me", "assignee"),
        ("section=nowhere", "section"),
        ("topic=no%20topic", "topic"),
        ("topic=medtop:%25", "topic"),
        ("updated_after=yesterday", "updated_after"),
        ("updated_after=2026-07-24", "updated_after"),
        ("updated_before=0", "updated_before"),
        ("sort=headline", "sort"),
        ("sort=-created_at", "sort"),
        ("sort=updated_at,-updated_at", "sort"),
        ("count=yes", "count"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("offset=10", "offset"),
        ("ednote=x", "ednote"),
        ("language=en&language=az", "language"),
        ("headline=%00", "headline"),
    ] {
        let refused = editor.get(&format!("/v1/articles?{query}")).expect(400).await;
        assert_eq!((refused.code().as_str(), refused.faults()), ("invalid_parameter", vec![parameter.to_owned()]), "{query}");
    }
    let long = format!("/v1/articles?headline={}", "x".repeat(201));
    assert_eq!(editor.get(&long).expect(400).await.faults(), ["headline"], "200 characters at most, as the contract says");
    editor.get(&format!("/v1/articles?headline={}", "x".repeat(200))).expect(200).await;
}

async fn lists_show_what_the_caller_may_see(app: App) {
    let trend = app.staff("editor@trend.example").await;
    let hidden = create(&trend, &story("Hidden")).await;
    let joint = create(&trend, &with(story("Joint"), &json!({"shared": true}))).await;
    let lake = create(&app.staff("editor@kabar.example").await, &story("Lake")).await;
    let house = create(&app.staff("journalist@platform.example").await, &story("House")).await;
    for (email, expected) in [
        ("editor@trend.example", set([&hidden, &joint])),
        ("journalist@trend.example", set([&hidden, &joint])),
        ("admin@trend.example", set([&hidden, &joint])),
        ("editor@kazinform.example", set([])),
        ("editor@uza.example", set([])),
        ("editor@kabar.example", set([&lake])),
        ("editor@platform.example", set([&joint, &lake, &house])),
        ("journalist@platform.example", set([&joint, &lake, &house])),
        ("admin@platform.example", set([&joint, &lake, &house])),
    ] {
        let caller = app.staff(email).await;
        assert_eq!(found(&caller, "").await, expected, "{email}");
        let counted = caller.get(&format!("/v1/articles?{NEW}&count=exact&limit=1")).expect(200).await.json();
        assert_eq!(counted["meta"]["count"], expected.len(), "no count tells of what is hidden: {email}");
        // No filter reaches past what may be seen.
        for query in ["agency=trend", "headline=hidden", "language=en", "state=draft", "missing_language=tk"] {
            assert!(found(&caller, query).await.is_subset(&expected), "{email}: {query}");
        }
        for id in [&hidden, &joint, &lake, &house] {
            let status = caller.get(&at(id)).send().await.status;
            assert_eq!(status == 200, expected.contains(id), "the list and the record agree: {email} {status}");
        }
    }
    assert_eq!(app.anonymous().get("/v1/articles").expect(401).await.code(), "unauthenticated");
}

async fn programs_list_their_own(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let others = create(&editor, &with(story("Of the desk"), &json!({"shared": true}))).await;
    let (wire, _) = key(&app, &["articles:submit", "articles:read"]).await;
    let (second, _) = key(&app, &["articles:submit", "articles:read"]).await;
    let (writes_only, _) = key(&app, &["articles:submit"]).await;
    let (partner, _) = key(&app, &["partner:read"]).await;
    let sent = create(&wire, &story("Of the wire")).await;
    assert_eq!(list(&wire, "").await, std::slice::from_ref(&sent), "and nothing of the demo, though the agency has a part in it");
    assert_eq!(list(&second, "").await, Vec::<String>::new());
    assert_eq!(found(&editor, "").await, set([&others, &sent]));
    wire.get(&at(&sent)).expect(200).await;
    for (caller, id) in [(&wire, &others), (&second, &sent)] {
        assert_refused(&caller.get(&at(id)).send().await, 404, "not_found");
        assert_refused(&caller.get(&text_at(id, "en")).send().await, 404, "not_found");
        let change = json!({"urgency": 1});
        assert_refused(&caller.patch(&at(id)).if_match("\"v1\"").json(&change).send().await, 404, "not_found");
    }
    for caller in [&writes_only, &partner] {
        assert_refused(&caller.get("/v1/articles").send().await, 403, "forbidden");
        assert_refused(&caller.get(&at(&sent)).send().await, 403, "forbidden");
    }
    assert_refused(&partner.post("/v1/articles").json(&story("Not allowed")).send().await, 403, "forbidden");
}
