//! Who is in a text, and what whoever is late with a change is shown.

use crate::on_both;
use crate::support::{Answer, App, Caller};
use newsroom::presence;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    people_see_each_other_in_a_text,
    presence_ends_by_the_clock,
    presence_holds_nobody_up,
    only_who_may_edit_says_so,
    a_late_change_is_compared,
    a_late_replacement_is_compared,
    a_step_between_is_no_conflict,
    what_nobody_noted_is_not_made_up,
    a_late_change_that_cannot_be_is_told_as_late,
    what_is_long_is_cut,
);

struct Text {
    editor: Caller,
    journalist: Caller,
    at: String,
}

fn block(key: &str, text: &str) -> Value {
    json!({"_type": "block", "_key": key, "children": [{"_type": "span", "_key": "s", "text": text}]})
}

impl Text {
    async fn new(app: &App) -> Self {
        let journalist = app.staff("journalist@trend.example").await;
        let body = [block("a", "The wind is strong."), block("b", "It is cold."), block("c", "Stay at home.")];
        let new = json!({"original_language": "en", "headline": "Wind", "summary": "A storm.", "body": body});
        let created = journalist.post("/v1/articles").json(&new).expect(201).await.json();
        let at = format!("/v1/articles/{}/translations/en", created["id"].as_str().unwrap());
        Self { editor: app.staff("editor@trend.example").await, journalist, at }
    }

    fn editing(&self) -> String {
        format!("{}/editing", self.at)
    }

    async fn change(&self, who: &Caller, etag: &str, change: &Value) -> Answer {
        who.patch(&self.at).if_match(etag).json(change).send().await
    }

    /// What the editor is shown who is late with a change.
    async fn late(&self, etag: &str, change: &Value) -> Value {
        let answer = self.change(&self.editor, etag, change).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (412, "stale_version"), "{}", answer.text());
        answer.json()
    }
}

/// Who is in it.
async fn inside(who: &Caller, path: &str) -> Vec<Value> {
    let list = who.get(path).expect(200).await.json();
    list["data"].as_array().unwrap().iter().map(|editing| editing["staff_id"].clone()).collect()
}

async fn people_see_each_other_in_a_text(app: App) {
    let text = Text::new(&app).await;
    let alone = text.journalist.put(&text.editing()).expect(200).await.json();
    assert_eq!(alone, json!({"until": "2026-07-24T12:01:00Z", "others": []}));
    app.advance(Duration::from_secs(10));
    let second = text.editor.put(&text.editing()).json(&json!({"block": "b"})).expect(200).await.json();
    let other = &second["others"][0];
    for (member, value) in
        [("staff_id", json!(text.journalist.id)), ("block", Value::Null), ("since", json!("2026-07-24T12:00:00Z")), ("until", json!("2026-07-24T12:01:00Z"))]
    {
        assert_eq!(other[member], value, "{member}");
    }
    assert!(other["names"].as_object().is_some_and(|names| !names.is_empty()));
    assert_eq!(inside(&text.journalist, &text.editing()).await, [json!(text.journalist.id), json!(text.editor.id)]);
    text.editor.delete(&text.editing()).expect(204).await;
    text.editor.delete(&text.editing()).expect(204).await;
    assert_eq!(inside(&text.editor, &text.editing()).await, [json!(text.journalist.id)]);
}

async fn presence_ends_by_the_clock(app: App) {
    let text = Text::new(&app).await;
    text.journalist.put(&text.editing()).expect(200).await;
    app.advance(Duration::from_secs(50));
    text.journalist.put(&text.editing()).json(&json!({"block": "c"})).expect(200).await;
    app.advance(Duration::from_secs(59));
    let list = text.editor.get(&text.editing()).expect(200).await.json();
    assert_eq!((&list["data"][0]["since"], &list["data"][0]["block"]), (&json!("2026-07-24T12:00:00Z"), &json!("c")), "it was renewed");
    app.advance(Duration::from_secs(1));
    assert!(inside(&text.editor, &text.editing()).await.is_empty());
    let again = text.journalist.put(&text.editing()).expect(200).await.json();
    assert_eq!(again["until"], "2026-07-24T12:02:50Z");
    let list = text.editor.get(&text.editing()).expect(200).await.json();
    assert_eq!(list["data"][0]["since"], "2026-07-24T12:01:50Z", "who comes back comes anew");
    app.advance(Duration::from_mins(1));
    let mut tx = app.state.db.begin().await.unwrap();
    assert_eq!(presence::tidy(&mut tx, app.state.clock.now()).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

async fn presence_holds_nobody_up(app: App) {
    let text = Text::new(&app).await;
    let before = text.editor.get(&text.at).expect(200).await;
    app.advance(Duration::from_secs(5));
    text.journalist.put(&text.editing()).expect(200).await;
    let after = text.editor.get(&text.at).expect(200).await;
    assert_eq!((after.etag(), after.text()), (before.etag(), before.text()), "the text is as it was");
    let changed = text.change(&text.editor, &before.etag(), &json!({"headline": "Gale"})).await;
    assert_eq!(changed.status, 200);
    let kill = json!({"reason": "x", "public_note": "x"});
    text.editor.post(&format!("{}/kill", text.at)).if_match(&changed.etag()).json(&kill).expect(200).await;
    assert_eq!(text.editor.put(&text.editing()).expect(409).await.code(), "illegal_transition");
    text.journalist.delete(&text.editing()).expect(204).await;
}

async fn only_who_may_edit_says_so(app: App) {
    let text = Text::new(&app).await;
    let new = json!({"original_language": "en", "headline": "Not hers"});
    let created = text.editor.post("/v1/articles").json(&new).expect(201).await.json();
    let other = format!("/v1/articles/{}/translations/en/editing", created["id"].as_str().unwrap());
    assert_eq!(text.journalist.put(&other).expect(403).await.code(), "forbidden");
    text.journalist.get(&other).expect(200).await;
    let stranger = app.staff("editor@kazinform.example").await;
    for request in [stranger.put(&text.editing()), stranger.get(&text.editing()), stranger.delete(&text.editing())] {
        assert_eq!(request.expect(404).await.code(), "not_found");
    }
    assert_eq!(text.editor.put(&text.editing()).json(&json!({"block": ""})).expect(422).await.faults(), ["/block"]);
    assert_eq!(text.editor.put(&text.editing()).json(&json!({"until": "2027-01-01T00:00:00Z"})).expect(400).await.code(), "malformed_body");
}

async fn a_late_change_is_compared(app: App) {
    let text = Text::new(&app).await;
    let etag = text.editor.get(&text.at).expect(200).await.etag();
    app.advance(Duration::from_mins(1));
    let theirs = json!({"headline": "Gale", "body": [block("a", "The wind is weak."), block("b", "It is cold."), block("c", "Stay at home.")]});
    assert_eq!(text.change(&text.journalist, &etag, &theirs).await.status, 200);
    let body = [block("a", "The wind is mild."), block("b", "It is cold."), block("c", "Stay at home, all.")];
    let problem = text.late(&etag, &json!({"headline": "Breeze", "summary": null, "body": body})).await;
    assert_eq!(problem["current"]["etag"], "\"v2\"");
    let comparison = &problem["comparison"];
    assert_eq!(comparison["base"], json!({"revision": 1, "created_by": text.journalist.id, "created_at": "2026-07-24T12:00:00Z"}));
    let (theirs, yours) = (&comparison["theirs"], &comparison["yours"]);
    assert_eq!((&theirs["revision"], &theirs["created_by"], &theirs["created_at"]), (&json!(2), &json!(text.journalist.id), &json!("2026-07-24T12:01:00Z")));
    let words = json!([{"op": "deleted", "text": "Wind"}, {"op": "inserted", "text": "Gale"}]);
    assert_eq!(theirs["fields"], json!([{"field": "headline", "from": "Wind", "to": "Gale", "words": words}]));
    let changed: Vec<&Value> = yours["fields"].as_array().unwrap().iter().map(|change| &change["field"]).collect();
    assert_eq!(changed, ["headline", "summary"]);
    let blocks = |side: &Value| side["blocks"].as_array().unwrap().iter().map(|block| (block["key"].clone(), block["op"].clone())).collect::<Vec<_>>();
    assert_eq!(blocks(theirs), [(json!("a"), json!("changed"))]);
    assert_eq!(blocks(yours), [(json!("a"), json!("changed")), (json!("c"), json!("changed"))]);
    let words = [("equal", "The wind is "), ("deleted", "strong"), ("inserted", "mild"), ("equal", ".")].map(|(op, text)| json!({"op": op, "text": text}));
    assert_eq!(yours["blocks"][0]["words"], json!(words));
    let conflicts = json!([{"field": "headline", "block": null, "after": null}, {"field": "body", "block": "a", "after": null}]);
    assert_eq!(comparison["conflicts"], conflicts, "the summary and the last block can be put together");
    assert_eq!(comparison["cut"], false);
    assert_eq!(text.editor.get(&text.at).expect(200).await.json()["headline"], "Gale", "nothing was written");
}

async fn a_late_replacement_is_compared(app: App) {
    let text = Text::new(&app).await;
    let etag = text.editor.get(&text.at).expect(200).await.etag();
    assert_eq!(text.change(&text.journalist, &etag, &json!({"summary": "A gale."})).await.status, 200);
    let new = json!({"headline": "Wind", "summary": "A storm.", "body_html": "<p>The wind is strong.</p><p>It is cold.</p>", "authors": [text.journalist.id]});
    let late = text.editor.put(&text.at).if_match(&etag).json(&new).expect(412).await.json();
    let comparison = &late["comparison"];
    assert_eq!((&comparison["base"]["revision"], &comparison["conflicts"], &comparison["yours"]["fields"]), (&json!(1), &json!([]), &json!([])));
    assert_eq!(comparison["yours"]["blocks"][0]["op"], "deleted");
    assert_eq!(comparison["theirs"]["fields"][0]["field"], "summary");
    text.editor.put(&text.at).if_match(late["current"]["etag"].as_str().unwrap()).json(&new).expect(200).await;
}

async fn a_step_between_is_no_conflict(app: App) {
    let text = Text::new(&app).await;
    let first = text.editor.get(&text.at).expect(200).await.etag();
    let changed = text.change(&text.journalist, &first, &json!({"headline": "Gale"})).await;
    text.journalist.post(&format!("{}/submit", text.at)).if_match(&changed.etag()).expect(200).await;
    let problem = text.late(&changed.etag(), &json!({"headline": "Breeze"})).await;
    let comparison = &problem["comparison"];
    assert_eq!((&comparison["base"]["revision"], &comparison["theirs"]["revision"]), (&json!(2), &json!(2)), "the words are as they were");
    assert_eq!((&comparison["theirs"]["fields"], &comparison["conflicts"]), (&json!([]), &json!([])));
    assert_eq!(comparison["yours"]["fields"][0]["from"], "Gale");
    let problem = text.late(&first, &json!({"headline": "Breeze"})).await;
    assert_eq!(problem["comparison"]["conflicts"][0]["field"], "headline");
    let late = text.editor.post(&format!("{}/approve", text.at)).if_match(&first).expect(412).await.json();
    assert!(late["comparison"].is_null(), "a step sends no text");
}

async fn what_nobody_noted_is_not_made_up(app: App) {
    let text = Text::new(&app).await;
    let etag = text.editor.get(&text.at).expect(200).await.etag();
    assert_eq!(text.change(&text.journalist, &etag, &json!({"headline": "Gale"})).await.status, 200);
    let change = json!({"headline": "Breeze", "summary": "A storm."});
    for unknown in ["\"v0\"", "\"v9\"", "\"x\""] {
        let problem = text.late(unknown, &change).await;
        let comparison = &problem["comparison"];
        assert_eq!(comparison["base"], Value::Null, "{unknown}");
        assert_eq!((&comparison["theirs"]["revision"], &comparison["theirs"]["fields"]), (&json!(2), &json!([])));
        assert_eq!(comparison["yours"]["fields"][0]["from"], "Gale", "it is compared with what is there");
        assert_eq!(comparison["conflicts"], json!([{"field": "headline", "block": null, "after": null}]));
    }
    let several = text.late("\"v0\", \"v1\"", &change).await;
    assert_eq!(several["comparison"]["base"]["revision"], 1);
    assert_eq!(app.number("SELECT count(*) FROM revisions WHERE text_version IS NULL").await, 0);
}

async fn a_late_change_that_cannot_be_is_told_as_late(app: App) {
    let text = Text::new(&app).await;
    let etag = text.editor.get(&text.at).expect(200).await.etag();
    assert_eq!(text.change(&text.journalist, &etag, &json!({"headline": "Gale"})).await.status, 200);
    let problem = text.late(&etag, &json!({"headline": " ", "body": [{"_type": "nonsense"}]})).await;
    assert_eq!((&problem["comparison"]["yours"], &problem["comparison"]["conflicts"]), (&Value::Null, &json!([])));
    assert_eq!(problem["comparison"]["theirs"]["fields"][0]["to"], "Gale");
    let stranger = app.staff("editor@kazinform.example").await;
    assert_eq!(text.change(&stranger, &etag, &json!({"headline": "x"})).await.status, 404);
}

async fn what_is_long_is_cut(app: App) {
    let text = Text::new(&app).await;
    let etag = text.editor.get(&text.at).expect(200).await.etag();
    assert_eq!(text.change(&text.journalist, &etag, &json!({"headline": "Gale"})).await.status, 200);
    let long: Vec<Value> = (0..300).map(|i| block(&format!("k{i}"), &format!("{i} {}", "word ".repeat(200)))).collect();
    let answer = text.change(&text.editor, &etag, &json!({"body": long})).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["comparison"]["cut"]), (412, &json!(true)));
    assert!(answer.body.len() < 128 * 1024, "{}", answer.body.len());
}
