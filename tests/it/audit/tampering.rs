//! Whoever can write to the database cannot change the log unseen: each way that we can think of is tried.

use super::{EDITOR, PLATFORM, draft, is_whole, last, step, walk};
use crate::on_both;
use crate::support::App;
use newsroom::audit::{self, checkpoints};
use newsroom::db::{Engine, Reader};
use newsroom::secrets::{Secrets, sha256};
use serde_json::Value;

on_both!(
    the_log_refuses_changes,
    an_edit_of_any_column_is_found,
    what_was_removed_inserted_or_moved_is_found,
    a_counter_that_was_turned_is_found,
    a_shorter_log_is_found_by_its_checkpoint,
    a_log_rewritten_whole_is_found_by_its_checkpoint,
    another_house_s_log_is_found_by_the_checkpoint,
    the_service_signs_what_is_new_and_only_what_is_whole,
    what_a_checkpoint_says_is_held_against_its_signature,
    a_key_that_was_rotated_meanwhile_is_known,
    an_empty_log_is_whole,
);

/// A published text in the middle of the log.
const VICTIM: &str = "SELECT MIN(seq) FROM audit_log WHERE action = 'text.published' AND language = 'kk'";

async fn run(app: &App, statements: &[&'static str]) {
    for sql in statements {
        app.state.db.write().query(*sql).execute().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// Takes the triggers away, as somebody would who owns the database, and keeps a copy to come back to.
async fn break_in(app: &App) {
    match app.state.db.engine() {
        Engine::Sqlite => run(app, &["DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"]).await,
        Engine::Postgres => run(app, &["ALTER TABLE audit_log DISABLE TRIGGER USER"]).await,
    }
    run(app, &["CREATE TABLE copy AS SELECT * FROM audit_log", "CREATE TABLE counter AS SELECT * FROM sequences"]).await;
}

async fn restore(app: &App) {
    run(
        app,
        &[
            "DELETE FROM audit_log",
            "INSERT INTO audit_log SELECT * FROM copy",
            "DELETE FROM sequences",
            "INSERT INTO sequences (name, value) SELECT name, value FROM counter",
        ],
    )
    .await;
    is_whole(app).await;
}

/// What is found after these statements; then everything is as before.
async fn found(app: &App, statements: &[&'static str]) -> Vec<String> {
    run(app, statements).await;
    let findings = walk(app).await.findings;
    restore(app).await;
    findings
}

async fn the_log_refuses_changes(app: App) {
    let mut refused = vec!["UPDATE audit_log SET details = '{}'", "DELETE FROM audit_log WHERE seq = 3"];
    if matches!(app.state.db.engine(), Engine::Postgres) {
        refused.push("TRUNCATE audit_log");
    }
    for sql in refused {
        let error = app.state.db.write().query(sql).execute().await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{sql}: {error}");
    }
    is_whole(&app).await;
}

async fn an_edit_of_any_column_is_found(app: App) {
    is_whole(&app).await;
    break_in(&app).await;
    let victim = app.number(VICTIM).await;
    let edits = [
        "UPDATE audit_log SET at = (SELECT at FROM copy WHERE seq = 1) WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET actor_kind = 'key' WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET actor_id = agency_id WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET actor_id = NULL WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET agency_id = NULL WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET action = 'text.killed' WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET action = 'text.burnt' WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET subject_id = actor_id WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET language = 'ky' WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET details = '{}' WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET details = details || ' ' WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
        "UPDATE audit_log SET hash = (SELECT hash FROM copy WHERE seq = 2) WHERE seq = (SELECT MIN(seq) FROM copy WHERE action = 'text.published' AND language = 'kk')",
    ];
    for edit in edits {
        let findings = found(&app, &[edit]).await;
        assert!(findings.first().is_some_and(|finding| finding.starts_with(&format!("entry {victim} does not follow"))), "{edit}: {findings:?}");
        let expected = if edit.contains("SET hash") { 2 } else { 1 };
        assert_eq!(findings.len(), expected, "{edit}: {findings:?}");
    }
    for edit in ["UPDATE audit_log SET details = '{\"a\":1}' WHERE seq = 0", "UPDATE audit_log SET agency_id = (SELECT id FROM agencies LIMIT 1) WHERE seq = 0"]
    {
        assert_eq!(found(&app, &[edit]).await, ["entry 0, the beginning of the log, was edited"]);
    }
    let findings = found(&app, &["UPDATE audit_log SET hash = (SELECT hash FROM copy WHERE seq = 2) WHERE seq = 0"]).await;
    assert!(findings[0].starts_with("entry 1 does not follow from entry 0"), "{findings:?}");
    if matches!(app.state.db.engine(), Engine::Sqlite) {
        let findings = found(&app, &["UPDATE audit_log SET subject_id = x'00' WHERE seq = 7"]).await;
        assert_eq!(findings, ["entry 7 was edited: it cannot be read"]);
    }
}

async fn what_was_removed_inserted_or_moved_is_found(app: App) {
    break_in(&app).await;
    let end = last(&app).await;
    let copy = "INSERT INTO audit_log (seq, at, actor_kind, actor_id, agency_id, action, subject_id, language, details, hash) \
                SELECT (SELECT MAX(seq) + 1 FROM copy), at, actor_kind, actor_id, agency_id, action, subject_id, language, details, hash FROM copy WHERE seq = 5";
    let before = "INSERT INTO audit_log (seq, at, actor_kind, actor_id, agency_id, action, subject_id, language, details, hash) \
                  SELECT -1, at, actor_kind, actor_id, agency_id, action, subject_id, language, details, hash FROM copy WHERE seq = 5";
    let turn = "UPDATE sequences SET value = value + 1 WHERE name = 'audit'";
    let cases: [(&[&'static str], String); 11] = [
        (&["DELETE FROM audit_log WHERE seq = 5"], "entry 5 is missing".to_owned()),
        (&["DELETE FROM audit_log WHERE seq BETWEEN 5 AND 7"], "entries 5 to 7 are missing".to_owned()),
        (&["DELETE FROM audit_log WHERE seq = 1"], "entry 1 is missing".to_owned()),
        (&["DELETE FROM audit_log WHERE seq = 0"], "entry 0 is missing".to_owned()),
        (&["DELETE FROM audit_log WHERE seq < 3"], "entries 0 to 2 are missing".to_owned()),
        (&["DELETE FROM audit_log WHERE seq = (SELECT MAX(seq) FROM copy)"], format!("the log ends with entry {}, but its counter says {end}", end - 1)),
        (&["DELETE FROM audit_log"], format!("the log is empty, but its counter says {end}")),
        (&[copy], format!("entry {} does not follow from entry {end}", end + 1)),
        (&[copy, turn], format!("entry {} does not follow from entry {end}", end + 1)),
        (&[before], "entry -1 was inserted before the beginning".to_owned()),
        (
            // The place of a row that was removed is given to the next.
            &["DELETE FROM audit_log WHERE seq = 5", "UPDATE audit_log SET seq = 5 WHERE seq = 6"],
            "entry 5 does not follow from entry 4".to_owned(),
        ),
    ];
    for (statements, told) in cases {
        let findings = found(&app, statements).await;
        assert!(findings.iter().any(|finding| finding.starts_with(&told)), "{statements:?}: {findings:?}");
    }
    let swap = ["UPDATE audit_log SET seq = -5 WHERE seq = 5", "UPDATE audit_log SET seq = 5 WHERE seq = 6", "UPDATE audit_log SET seq = 6 WHERE seq = -5"];
    let findings = found(&app, &swap).await;
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert!(findings[0].starts_with("entry 5 does not follow from entry 4"), "{findings:?}");
}

async fn a_counter_that_was_turned_is_found(app: App) {
    break_in(&app).await;
    let end = last(&app).await;
    for (turn, counter) in
        [("UPDATE sequences SET value = value + 2 WHERE name = 'audit'", end + 2), ("UPDATE sequences SET value = 3 WHERE name = 'audit'", 3)]
    {
        assert_eq!(found(&app, &[turn]).await, [format!("the log ends with entry {end}, but its counter says {counter}")]);
    }
    assert_eq!(found(&app, &["DELETE FROM sequences WHERE name = 'audit'"]).await, ["the counter of the log is missing"]);
}

async fn a_shorter_log_is_found_by_its_checkpoint(app: App) {
    break_in(&app).await;
    let end = last(&app).await;
    let cut = ["DELETE FROM audit_log WHERE seq > (SELECT MAX(seq) - 4 FROM copy)", "UPDATE sequences SET value = value - 4 WHERE name = 'audit'"];
    // This is what checkpoints are for: the chain alone cannot know.
    assert!(found(&app, &cut).await.is_empty());
    audit::look(&app.state).await;
    assert_eq!(app.state.audit_standing().signed, Some(end));
    let told = format!("the log ends with entry {}, but checkpoint 1 signed entry {end}: its end was removed", end - 4);
    assert_eq!(found(&app, &cut).await, [told.as_str()]);
    // The service says so each minute, and signs nothing over it.
    run(&app, &cut).await;
    audit::look(&app.state).await;
    assert_eq!(app.state.audit_standing().fault, Some(told.replace("checkpoint 1", "the last checkpoint")));
    // New entries do not hide it.
    for n in 0..6 {
        let new = serde_json::json!({ "slug": format!("cover-{n}"), "names": { "en": "x" } });
        app.staff(PLATFORM).await.post("/v1/sections").json(&new).expect(201).await;
    }
    audit::look(&app.state).await;
    assert!(app.state.audit_standing().fault.is_some_and(|fault| fault.contains("rewritten")));
    assert!(walk(&app).await.findings.iter().any(|finding| finding.starts_with(&format!("entry {end} is not the one that checkpoint 1 signed"))));
    assert_eq!(checkpoints::all(&app.state.config.checkpoint_dir(), &app.state.secrets).unwrap().len(), 1);
}

/// Changes an entry and hangs everything behind it on it anew, by the description of the export.
async fn rewrite(app: &App, from: i64) {
    let platform = app.staff(PLATFORM).await;
    let export = platform.get(&format!("/v1/audit/export?limit=5000&after_seq={}", from - 1)).expect(200).await.text();
    let mut before: Option<Vec<u8>> = None;
    for line in export.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let mut row: Value = serde_json::from_str(line["hashed"].as_str().unwrap()).unwrap();
        let previous = before.take().unwrap_or_else(|| {
            row[8] = Value::String("{\"forged\":true}".to_owned());
            let hex = line["previous_hash"].as_str().unwrap();
            (0..64).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
        });
        let hash = sha256(&[previous, row.to_string().into_bytes()].concat()).to_vec();
        app.state
            .db
            .write()
            .query("UPDATE audit_log SET details = $2, hash = $3 WHERE seq = $1")
            .bind(line["seq"].as_i64().unwrap())
            .bind(row[8].as_str().unwrap().to_owned())
            .bind(hash.clone())
            .execute()
            .await
            .unwrap();
        before = Some(hash);
    }
}

async fn a_log_rewritten_whole_is_found_by_its_checkpoint(app: App) {
    break_in(&app).await;
    let end = last(&app).await;
    rewrite(&app, 5).await;
    is_whole(&app).await;
    restore(&app).await;
    audit::look(&app.state).await;
    rewrite(&app, 5).await;
    let told = format!("entry {end} is not the one that checkpoint 1 signed: the log was rewritten");
    assert_eq!(walk(&app).await.findings, [told.as_str()]);
    audit::look(&app.state).await;
    assert_eq!(app.state.audit_standing().fault, Some(told.replace("checkpoint 1", "the last checkpoint")));
}

async fn another_house_s_log_is_found_by_the_checkpoint(app: App) {
    break_in(&app).await;
    audit::look(&app.state).await;
    // The same entries on another beginning.
    run(&app, &["UPDATE audit_log SET hash = (SELECT hash FROM copy WHERE seq = 9) WHERE seq = 0"]).await;
    rewrite(&app, 1).await;
    let findings = walk(&app).await.findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].contains("the log was rewritten"), "{findings:?}");
}

async fn the_service_signs_what_is_new_and_only_what_is_whole(app: App) {
    let folder = app.state.config.checkpoint_dir();
    let seqs = || checkpoints::all(&folder, &app.state.secrets).unwrap().into_iter().map(|line| line.unwrap().seq).collect::<Vec<_>>();
    let first = last(&app).await;
    for _ in 0..2 {
        audit::look(&app.state).await;
        assert_eq!(seqs(), [first]);
    }
    let editor = app.staff(EDITOR).await;
    let (_, text) = draft(&editor).await;
    step(&editor, &text, "publish", &Value::Null).await;
    audit::look(&app.state).await;
    assert_eq!(seqs(), [first, first + 1]);
    is_whole(&app).await;
    step(&editor, &text, "unpublish", &Value::Null).await;
    break_in(&app).await;
    run(&app, &["UPDATE audit_log SET details = '{}' WHERE seq = (SELECT MAX(seq) FROM copy)"]).await;
    audit::look(&app.state).await;
    assert!(app.state.audit_standing().fault.is_some());
    assert_eq!(seqs(), [first, first + 1]);
    restore(&app).await;
    audit::look(&app.state).await;
    assert_eq!((app.state.audit_standing().fault, seqs()), (None, vec![first, first + 1, first + 2]));
}

async fn what_a_checkpoint_says_is_held_against_its_signature(app: App) {
    let file = app.state.config.checkpoint_dir().join(checkpoints::FILE);
    audit::look(&app.state).await;
    let line = std::fs::read_to_string(&file).unwrap();
    let end = last(&app).await;
    for (forged, told) in [
        (line.replace(&format!("\"seq\":{end}"), "\"seq\":3"), "checkpoint 1 does not bear its signature"),
        (line.replace("\"kid\":\"", "\"kid\":\"x"), "checkpoint 1 is signed by a key that is not there"),
        ("nonsense\n".to_owned(), "checkpoint 1 cannot be read"),
        (line.repeat(2), &format!("checkpoint 2 is of entry {end}, which is not after the one before it")),
    ] {
        std::fs::write(&file, forged).unwrap();
        assert_eq!(walk(&app).await.findings, [told]);
    }
    std::fs::write(&file, &line[..line.len() / 2]).unwrap();
    is_whole(&app).await;
    std::fs::write(&file, "nonsense\n").unwrap();
    audit::look(&app.state).await;
    assert_eq!(app.state.audit_standing().fault.as_deref(), Some("the last checkpoint cannot be read"));
}

/// Somebody has rotated the keys and signed, while the service goes on with the keys of its start.
async fn a_key_that_was_rotated_meanwhile_is_known(app: App) {
    let folder = app.state.config.checkpoint_dir();
    let (hash,): (Vec<u8>,) = app.state.db.query("SELECT hash FROM audit_log ORDER BY seq DESC LIMIT 1").one().await.unwrap();
    let newer = Secrets::open(app.data_dir(), false).unwrap();
    checkpoints::append(&folder, &newer, last(&app).await, &hash, app.state.clock.now()).unwrap();
    audit::look(&app.state).await;
    assert_eq!((app.state.audit_standing().fault, app.state.audit_standing().signed), (None, Some(last(&app).await)));
    std::fs::remove_dir_all(app.data_dir().join("keys")).unwrap();
    audit::look(&app.state).await;
    assert!(app.state.audit_standing().fault.is_some_and(|fault| fault.contains("a key that is not there")));
}

async fn an_empty_log_is_whole(app: App) {
    break_in(&app).await;
    run(&app, &["DELETE FROM audit_log WHERE seq > 0", "UPDATE sequences SET value = 0 WHERE name = 'audit'"]).await;
    is_whole(&app).await;
    audit::look(&app.state).await;
    assert_eq!((app.state.audit_standing().fault, app.state.audit_standing().signed), (None, Some(0)));
    // With its beginning gone, work goes on, and it shows.
    run(&app, &["DELETE FROM audit_log"]).await;
    app.staff(PLATFORM).await.post("/v1/sections").json(&serde_json::json!({ "slug": "radio", "names": { "en": "x" } })).expect(201).await;
    assert!(walk(&app).await.findings.contains(&"entry 0 is missing".to_owned()));
}
