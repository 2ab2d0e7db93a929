//! What colleagues say to a text, who may, and who is told.

use crate::on_both;
use crate::support::{Answer, App, Caller};
use serde_json::{Value, json};
use uuid::Uuid;

on_both!(
    a_thread_is_opened_answered_resolved_and_reopened,
    a_reply_opens_a_resolved_thread_again,
    whoever_sees_a_text_may_comment_and_nobody_else,
    only_the_author_changes_a_comment,
    a_deleted_comment_leaves_a_gap,
    a_thread_outlives_its_block,
    only_people_who_see_the_text_can_be_named,
    people_are_told,
    whoever_has_lost_the_text_is_told_nothing,
    lists_are_filtered_and_paged,
    a_page_holds_so_many_comments_and_no_more,
    what_is_wrong_is_said_at_once,
    a_comment_changes_neither_text_nor_story,
);

/// A text of two blocks by the journalist.
struct Text {
    editor: Caller,
    journalist: Caller,
    article: String,
    at: String,
    blocks: Vec<String>,
}

impl Text {
    async fn new(app: &App) -> Self {
        let journalist = app.staff("journalist@trend.example").await;
        let new = json!({"original_language": "en", "headline": "Wind", "body": [block("one", "First."), block("two", "Second.")]});
        let created = journalist.post("/v1/articles").json(&new).expect(201).await.json();
        let article = format!("/v1/articles/{}", created["id"].as_str().unwrap());
        let at = format!("{article}/translations/en");
        Self { editor: app.staff("editor@trend.example").await, journalist, at, article, blocks: vec!["one".to_owned(), "two".to_owned()] }
    }

    async fn say(&self, who: &Caller, comment: &Value) -> Answer {
        who.post(&format!("{}/comments", self.at)).json(comment).expect(201).await
    }

    async fn try_say(&self, who: &Caller, comment: &Value) -> Answer {
        who.post(&format!("{}/comments", self.at)).json(comment).send().await
    }

    async fn threads(&self, query: &str) -> Value {
        self.editor.get(&format!("{}/comments{query}", self.at)).expect(200).await.json()
    }
}

fn block(key: &str, text: &str) -> Value {
    json!({"_type": "block", "_key": key, "children": [{"_type": "span", "_key": "s", "text": text}]})
}

fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// What somebody was told, the newest first.
async fn told(who: &Caller) -> Vec<String> {
    let notices = who.get("/v1/me/notices").expect(200).await.json();
    notices["data"].as_array().unwrap().iter().map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect()
}

async fn a_thread_is_opened_answered_resolved_and_reopened(app: App) {
    let text = Text::new(&app).await;
    let first = text.say(&text.editor, &json!({"text": "Says who?", "block": "two"})).await;
    assert_eq!(first.header("Location").unwrap(), format!("{}/v1/comments/{}", app.state.config.public_url, id(&first)));
    let thread = first.json()["thread_id"].clone();
    text.say(&text.journalist, &json!({"text": "The ministry.", "thread": thread})).await;
    let threads = text.threads("").await;
    let told = &threads["data"][0];
    for (member, value) in [
        ("id", thread.clone()),
        ("block", json!("two")),
        ("outdated", json!(false)),
        ("state", json!("open")),
        ("created_by", json!(text.editor.id)),
        ("language", json!("en")),
    ] {
        assert_eq!(told[member], value, "{member}");
    }
    let said: Vec<&Value> = told["comments"].as_array().unwrap().iter().map(|comment| &comment["text"]).collect();
    assert_eq!(said, ["Says who?", "The ministry."]);
    assert!(told["comments"][1]["author_names"].as_object().is_some_and(|names| !names.is_empty()));
    let at = format!("/v1/comments/{}", id(&first));
    let resolved = text.journalist.post(&format!("{at}/resolve")).expect(200).await.json();
    assert_eq!((&resolved["state"], &resolved["resolved_by"]), (&json!("resolved"), &json!(text.journalist.id)));
    let again = text.editor.post(&format!("{at}/resolve")).expect(409).await;
    assert_eq!((again.code().as_str(), &again.json()["allowed_transitions"]), ("illegal_transition", &json!(["reopen", "reply"])));
    let open = text.editor.post(&format!("{at}/reopen")).expect(200).await.json();
    assert_eq!((&open["state"], &open["resolved_by"], &open["resolved_at"]), (&json!("open"), &Value::Null, &Value::Null));
    assert_eq!(text.editor.post(&format!("{at}/reopen")).expect(409).await.code(), "illegal_transition");
}

async fn a_reply_opens_a_resolved_thread_again(app: App) {
    let text = Text::new(&app).await;
    let thread = id(&text.say(&text.editor, &json!({"text": "Says who?"})).await);
    text.editor.post(&format!("/v1/comments/{thread}/resolve")).expect(200).await;
    text.say(&text.journalist, &json!({"text": "Wait.", "thread": thread})).await;
    assert_eq!(text.threads("?state=open").await["data"][0]["id"], thread);
}

async fn whoever_sees_a_text_may_comment_and_nobody_else(app: App) {
    let text = Text::new(&app).await;
    let said = id(&text.say(&text.editor, &json!({"text": "Says who?"})).await);
    let stranger = app.staff("editor@kazinform.example").await;
    for answer in [
        text.try_say(&stranger, &json!({"text": "x"})).await,
        stranger.get(&format!("{}/comments", text.at)).send().await,
        stranger.get(&format!("/v1/comments/{said}")).send().await,
        stranger.patch(&format!("/v1/comments/{said}")).if_match("\"v1\"").json(&json!({"text": "x"})).send().await,
        stranger.delete(&format!("/v1/comments/{said}")).if_match("\"v1\"").send().await,
        stranger.post(&format!("/v1/comments/{said}/resolve")).send().await,
    ] {
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"));
    }
    let hidden = stranger.get(&format!("/v1/comments/{said}")).send().await.json();
    let missing = stranger.get(&format!("/v1/comments/{}", Uuid::now_v7())).send().await.json();
    assert_eq!(hidden["detail"], missing["detail"], "what is hidden cannot be told from what is not there");
    let admin = app.staff("admin@trend.example").await;
    let key = json!({"name": "x", "scopes": ["articles:read", "articles:submit", "articles:publish"]});
    let key = admin.post("/v1/agencies/trend/api-keys").json(&key).expect(201).await.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(app.with_token(&key).get(&format!("{}/comments", text.at)).expect(403).await.code(), "forbidden");
}

async fn only_the_author_changes_a_comment(app: App) {
    let text = Text::new(&app).await;
    let said = text.say(&text.editor, &json!({"text": "Says who?"})).await;
    let at = format!("/v1/comments/{}", id(&said));
    let change = json!({"text": "Who says so?"});
    assert_eq!(text.journalist.patch(&at).if_match(&said.etag()).json(&change).expect(403).await.code(), "forbidden");
    assert_eq!(text.journalist.delete(&at).if_match(&said.etag()).expect(403).await.code(), "forbidden");
    assert_eq!(text.editor.patch(&at).json(&change).expect(428).await.code(), "precondition_required");
    let changed = text.editor.patch(&at).if_match(&said.etag()).json(&change).expect(200).await;
    assert_eq!(changed.json()["text"], "Who says so?");
    assert_eq!(text.editor.patch(&at).if_match(&said.etag()).json(&change).expect(412).await.code(), "stale_version");
    let same = text.editor.patch(&at).if_match(&changed.etag()).json(&change).expect(200).await;
    assert_eq!(same.etag(), changed.etag(), "nothing has changed");
    assert_eq!(text.editor.patch(&at).if_match(&changed.etag()).json(&json!({"text": null})).expect(422).await.faults(), ["/text"]);
    assert_eq!(text.editor.get(&at).expect(200).await.etag(), changed.etag());
}

async fn a_deleted_comment_leaves_a_gap(app: App) {
    let text = Text::new(&app).await;
    let said = text.say(&text.editor, &json!({"text": "unspeakable", "mentions": [text.journalist.id]})).await;
    text.say(&text.journalist, &json!({"text": "Well.", "thread": id(&said)})).await;
    let at = format!("/v1/comments/{}", id(&said));
    text.editor.delete(&at).if_match(&said.etag()).expect(204).await;
    let threads = text.threads("").await;
    let gap = &threads["data"][0]["comments"][0];
    assert_eq!((&gap["deleted"], &gap["text"], &gap["mentions"]), (&json!(true), &Value::Null, &json!([])));
    assert_eq!(threads["data"][0]["comments"][1]["text"], "Well.");
    assert_eq!(app.number("SELECT count(*) FROM comments WHERE text LIKE '%unspeakable%'").await, 0);
    let etag = text.editor.get(&at).expect(200).await.etag();
    assert_eq!(text.editor.patch(&at).if_match(&etag).json(&json!({"text": "x"})).expect(409).await.code(), "conflict");
    assert_eq!(text.editor.delete(&at).if_match(&etag).expect(409).await.code(), "conflict");
}

async fn a_thread_outlives_its_block(app: App) {
    let text = Text::new(&app).await;
    for block in &text.blocks {
        text.say(&text.editor, &json!({"text": "?", "block": block})).await;
    }
    let etag = text.journalist.get(&text.at).expect(200).await.etag();
    text.journalist.patch(&text.at).if_match(&etag).json(&json!({"body": [block("two", "Second, changed.")]})).expect(200).await;
    let threads = text.threads("").await;
    let outdated: Vec<(&Value, &Value)> = threads["data"].as_array().unwrap().iter().map(|thread| (&thread["block"], &thread["outdated"])).collect();
    assert_eq!(outdated, [(&json!("one"), &json!(true)), (&json!("two"), &json!(false))]);
    let gone = text.try_say(&text.editor, &json!({"text": "?", "block": "one"})).await;
    assert_eq!((gone.status.as_u16(), gone.faults()), (422, vec!["/block".to_owned()]));
    let thread = &threads["data"][0]["id"];
    text.say(&text.editor, &json!({"text": "It was there.", "thread": thread})).await;
}

async fn only_people_who_see_the_text_can_be_named(app: App) {
    let text = Text::new(&app).await;
    let stranger = app.staff("editor@kazinform.example").await.id;
    let mentions = json!([text.journalist.id, stranger, Uuid::now_v7()]);
    let refused = text.try_say(&text.editor, &json!({"text": "Look.", "mentions": mentions})).await;
    assert_eq!((refused.status.as_u16(), refused.faults()), (422, vec!["/mentions/1".to_owned(), "/mentions/2".to_owned()]));
    let json = refused.json();
    assert_eq!(json["errors"][0]["detail"], json["errors"][1]["detail"], "who exists is not told");
    assert_eq!(json["errors"][0]["code"], "cannot_see");
    assert_eq!(app.number("SELECT count(*) FROM comments").await + app.number("SELECT count(*) FROM notices").await, 0);
    let etag = text.editor.get(&text.article).expect(200).await.etag();
    let platform = app.staff("editor@platform.example").await;
    let name = json!({"text": "Look.", "mentions": [platform.id]});
    assert_eq!(text.try_say(&text.editor, &name).await.status, 422, "it is not shared");
    text.editor.patch(&text.article).if_match(&etag).json(&json!({"shared": true})).expect(200).await;
    text.say(&text.editor, &name).await;
    assert_eq!(told(&platform).await, ["mentioned"]);
}

async fn people_are_told(app: App) {
    let text = Text::new(&app).await;
    let admin = app.staff("admin@trend.example").await;
    let first = text.say(&text.editor, &json!({"text": "Says who?", "block": "one"})).await;
    assert_eq!(told(&text.journalist).await, ["commented"], "it is the author's text");
    assert!(told(&text.editor).await.is_empty(), "nobody is told what they did");
    let reply = text.say(&text.journalist, &json!({"text": "Ask her.", "thread": id(&first), "mentions": [admin.id]})).await;
    assert_eq!((told(&text.editor).await, told(&admin).await), (vec!["commented".to_owned()], vec!["mentioned".to_owned()]));
    let notice = admin.get("/v1/me/notices").expect(200).await.json()["data"][0].clone();
    assert_eq!(notice["details"], json!({"thread": id(&first), "comment": id(&reply), "block": "one"}));
    assert_eq!((&notice["headline"], &notice["by_id"]), (&json!("Wind"), &json!(text.journalist.id)));
    text.say(&text.editor, &json!({"text": "And you?", "thread": id(&first), "mentions": [text.journalist.id]})).await;
    assert_eq!(told(&admin).await, ["commented", "mentioned"], "who is named takes part");
    assert_eq!(told(&text.journalist).await, ["mentioned", "commented"], "not both for one comment");
    let change = json!({"mentions": [admin.id, text.editor.id]});
    text.journalist.patch(&format!("/v1/comments/{}", id(&reply))).if_match(&reply.etag()).json(&change).expect(200).await;
    assert_eq!(told(&admin).await.len(), 2, "a change tells only whom it names for the first time");
    assert_eq!(told(&text.editor).await, ["mentioned", "commented"]);
}

async fn whoever_has_lost_the_text_is_told_nothing(app: App) {
    let text = Text::new(&app).await;
    let thread = id(&text.say(&text.journalist, &json!({"text": "Mine."})).await);
    let platform = app.staff("admin@platform.example").await;
    let at = format!("/v1/staff/{}", text.journalist.id);
    let etag = platform.get(&at).expect(200).await.etag();
    platform.patch(&at).if_match(&etag).json(&json!({"agency": "kazinform"})).expect(200).await;
    text.say(&text.editor, &json!({"text": "Hers.", "thread": thread})).await;
    assert!(told(&text.journalist).await.is_empty());
    assert_eq!(text.journalist.get(&format!("/v1/comments/{thread}")).send().await.status, 404, "not even their own");
}

async fn lists_are_filtered_and_paged(app: App) {
    let text = Text::new(&app).await;
    let mut ids = vec![];
    for block in ["one", "two", "one"] {
        ids.push(id(&text.say(&text.editor, &json!({"text": "?", "block": block})).await));
    }
    text.editor.post(&format!("/v1/comments/{}/resolve", ids[0])).expect(200).await;
    let found = |list: &Value| list["data"].as_array().unwrap().iter().map(|thread| thread["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(found(&text.threads("?block=one").await), [ids[0].clone(), ids[2].clone()]);
    assert_eq!(found(&text.threads("?block=one&state=open").await), [ids[2].clone()]);
    assert_eq!(found(&text.threads("?state=open,resolved").await), ids);
    let page = text.threads("?limit=2").await;
    assert_eq!(found(&page), ids[..2]);
    let cursor = page["meta"]["next_cursor"].as_str().unwrap();
    assert_eq!(found(&text.threads(&format!("?limit=2&cursor={cursor}")).await), ids[2..]);
    for (query, code) in
        [("?state=shut", "invalid_parameter"), ("?limit=0", "invalid_parameter"), ("?blok=x", "invalid_parameter"), ("?cursor=x", "invalid_cursor")]
    {
        assert_eq!(text.editor.get(&format!("{}/comments{query}", text.at)).expect(400).await.code(), code, "{query}");
    }
    let other = text.editor.get(&format!("{}/comments?state=open&cursor={cursor}", text.at)).expect(400).await;
    assert_eq!(other.code(), "invalid_cursor");
    assert_eq!(text.editor.get(&format!("{}/translations/kk/comments", text.article)).expect(404).await.code(), "not_found");
}

async fn a_page_holds_so_many_comments_and_no_more(app: App) {
    let text = Text::new(&app).await;
    for replies in [60, 39, 0, 110, 0] {
        let thread = id(&text.say(&text.editor, &json!({"text": "x"})).await);
        for _ in 0..replies {
            text.say(&text.editor, &json!({"text": "x", "thread": thread})).await;
        }
    }
    let (mut pages, mut cursor) = (vec![], String::new());
    loop {
        let page = text.threads(&format!("?limit=4{cursor}")).await;
        pages.push(page["data"].as_array().unwrap().iter().map(|thread| thread["comments"].as_array().unwrap().len()).collect::<Vec<_>>());
        let Some(next) = page["meta"]["next_cursor"].as_str() else { break };
        assert_eq!(page["meta"]["has_more"], true);
        cursor = format!("&cursor={next}");
    }
    assert_eq!(pages, [vec![61], vec![40, 1], vec![111], vec![1]], "a thread is never cut");
}

async fn what_is_wrong_is_said_at_once(app: App) {
    let text = Text::new(&app).await;
    let thread = id(&text.say(&text.editor, &json!({"text": "?"})).await);
    let other = Text::new(&app).await;
    let twice = json!([text.journalist.id, text.journalist.id]);
    for (comment, faults) in [
        (json!({"text": " ", "block": "three", "mentions": twice}), vec!["/text", "/mentions/1", "/block"]),
        (json!({"text": "x".repeat(4_001)}), vec!["/text"]),
        (json!({"text": "x", "thread": thread, "block": "one"}), vec!["/block"]),
    ] {
        let refused = text.try_say(&text.editor, &comment).await;
        assert_eq!((refused.status.as_u16(), refused.faults()), (422, faults.into_iter().map(str::to_owned).collect()), "{comment}");
    }
    let refused = other.try_say(&text.editor, &json!({"text": "x", "thread": thread})).await;
    assert_eq!((refused.status.as_u16(), refused.faults()), (422, vec!["/thread".to_owned()]), "it is another text's");
    assert_eq!(text.try_say(&text.editor, &json!({"text": "x", "state": "open"})).await.status, 400);
}

async fn a_comment_changes_neither_text_nor_story(app: App) {
    let text = Text::new(&app).await;
    let before = (text.editor.get(&text.at).expect(200).await.text(), text.editor.get(&text.article).expect(200).await.text());
    app.advance(std::time::Duration::from_mins(1));
    let key = "a-key";
    let request = || text.editor.post(&format!("{}/comments", text.at)).header("Idempotency-Key", key).json(&json!({"text": "Once."}));
    let first = request().expect(201).await;
    let second = request().expect(201).await;
    assert_eq!((first.body, second.header("Idempotency-Replayed")), (second.body.clone(), Some("true")));
    assert_eq!(text.threads("").await["data"].as_array().unwrap().len(), 1);
    assert_eq!((text.editor.get(&text.at).expect(200).await.text(), text.editor.get(&text.article).expect(200).await.text()), before);
}
