//! What is true of every database of the house at every moment, whatever happened to it. Asked in SQL, past the product's own code.

use newsroom::db::{Db, Reader, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Statements that find what must not be: each row is an article and a language.
const FORBIDDEN: &[(&str, &str)] = &[
    (
        "a text has its revisions 1 to n",
        "SELECT t.article_id, t.language FROM translations t WHERE t.revision <> (SELECT count(*) FROM revisions r WHERE r.article_id = t.article_id \
         AND r.language = t.language AND r.revision BETWEEN 1 AND t.revision) OR EXISTS (SELECT 1 FROM revisions r WHERE r.article_id = t.article_id \
         AND r.language = t.language AND (r.revision > t.revision OR r.revision < 1))",
    ),
    (
        "what readers saw is a revision",
        "SELECT t.article_id, t.language FROM translations t WHERE t.published_revision IS NOT NULL AND NOT EXISTS (SELECT 1 FROM revisions r \
         WHERE r.article_id = t.article_id AND r.language = t.language AND r.revision = t.published_revision)",
    ),
    (
        "the row shows the newest headline",
        "SELECT t.article_id, t.language FROM translations t JOIN revisions r ON r.article_id = t.article_id AND r.language = t.language \
         AND r.revision = t.revision WHERE r.headline <> t.headline",
    ),
    (
        "settled is what readers saw last",
        "SELECT article_id, language FROM translations WHERE (review = 'settled') <> (published_revision IS NOT NULL AND published_revision = revision)",
    ),
    (
        "unreleased was never seen, and what was published was",
        "SELECT article_id, language FROM translations WHERE (publication = 'unreleased' AND (published_revision IS NOT NULL OR first_published_at IS NOT NULL)) \
         OR (publication IN ('published', 'unpublished', 'withheld') AND (published_revision IS NULL OR first_published_at IS NULL OR published_at IS NULL)) \
         OR first_published_at > published_at OR (publication = 'killed') <> (killed_at IS NOT NULL)",
    ),
    (
        "published is what has a document",
        "SELECT t.article_id, t.language FROM translations t WHERE (t.publication = 'published') <> EXISTS (SELECT 1 FROM published_documents d \
         WHERE d.article_id = t.article_id AND d.language = t.language)",
    ),
    (
        "a document is of a text, and says whose",
        "SELECT d.article_id, d.language FROM published_documents d WHERE NOT EXISTS (SELECT 1 FROM translations t WHERE t.article_id = d.article_id \
         AND t.language = d.language AND t.agency_id = d.agency_id AND t.is_original = d.is_original AND t.first_published_at = d.published_at \
         AND t.published_at = d.updated_at AND t.deleted_at IS NULL)",
    ),
    (
        "a document has its change, the newest of its text",
        "SELECT d.article_id, d.language FROM published_documents d WHERE NOT EXISTS (SELECT 1 FROM published_changes c WHERE c.seq = d.seq \
         AND c.article_id = d.article_id AND c.language = d.language AND c.type IN ('published', 'updated', 'corrected')) \
         OR EXISTS (SELECT 1 FROM published_changes c WHERE c.article_id = d.article_id AND c.language = d.language AND c.seq > d.seq)",
    ),
    (
        "the address of a document is its own",
        "SELECT d.article_id, d.language FROM published_documents d WHERE NOT EXISTS (SELECT 1 FROM published_slugs s WHERE s.language = d.language \
         AND s.slug = d.slug AND s.article_id = d.article_id)",
    ),
    (
        "a tombstone is of what was public and was killed",
        "SELECT t.article_id, t.language FROM translations t WHERE (t.publication = 'killed' AND t.first_published_at IS NOT NULL) <> EXISTS \
         (SELECT 1 FROM published_tombstones s WHERE s.article_id = t.article_id AND s.language = t.language)",
    ),
    (
        "a text that was seen begins its changes with a publication",
        "SELECT t.article_id, t.language FROM translations t WHERE t.first_published_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM published_changes c \
         WHERE c.article_id = t.article_id AND c.language = t.language AND c.type = 'published' AND c.at = t.first_published_at \
         AND c.seq = (SELECT min(f.seq) FROM published_changes f WHERE f.article_id = t.article_id AND f.language = t.language))",
    ),
    (
        "a change is of a revision that is there",
        "SELECT c.article_id, c.language FROM published_changes c WHERE NOT EXISTS (SELECT 1 FROM revisions r WHERE r.article_id = c.article_id \
         AND r.language = c.language AND r.revision = c.revision)",
    ),
    (
        "the last change says where a text stands",
        "SELECT t.article_id, t.language FROM translations t JOIN published_changes c ON c.article_id = t.article_id AND c.language = t.language \
         WHERE c.seq = (SELECT max(l.seq) FROM published_changes l WHERE l.article_id = t.article_id AND l.language = t.language) \
         AND t.publication <> CASE WHEN c.type IN ('unpublished', 'killed') THEN c.type ELSE 'published' END AND t.publication <> 'withheld'",
    ),
    (
        "an article has one original, in its language",
        "SELECT a.id, a.original_language FROM articles a WHERE a.deleted_at IS NULL AND 1 <> (SELECT count(*) FROM translations t \
         WHERE t.article_id = a.id AND t.is_original AND t.language = a.original_language AND t.deleted_at IS NULL)",
    ),
    (
        "only what was never public is deleted",
        "SELECT t.article_id, t.language FROM translations t JOIN articles a ON a.id = t.article_id \
         WHERE (t.deleted_at IS NOT NULL OR a.deleted_at IS NOT NULL) AND t.first_published_at IS NOT NULL",
    ),
];

/// Numbers that must be 0.
const NONE: &[(&str, &str)] = &[
    ("a topic is of a document", "SELECT count(*) FROM published_topics p WHERE NOT EXISTS (SELECT 1 FROM published_documents d WHERE d.id = p.document_id)"),
    (
        "an author is of a document",
        "SELECT count(*) FROM published_authors p WHERE NOT EXISTS (SELECT 1 FROM published_documents d WHERE d.id = p.document_id)",
    ),
    (
        "a revision is of a text",
        "SELECT count(*) FROM revisions r WHERE NOT EXISTS (SELECT 1 FROM translations t WHERE t.article_id = r.article_id AND t.language = r.language)",
    ),
    (
        "a tombstone has no document",
        "SELECT count(*) FROM published_tombstones s JOIN published_documents d ON d.article_id = s.article_id AND d.language = s.language",
    ),
];

/// Everything that is not as it must be.
pub async fn violations(db: &Db) -> Vec<String> {
    let mut found = vec![];
    for (rule, sql) in FORBIDDEN {
        let rows: Vec<(Uuid, String)> = db.query(*sql).all().await.unwrap();
        found.extend(rows.into_iter().map(|(article, language)| format!("{rule}: {article} {language}")));
    }
    for (rule, sql) in NONE {
        let (count,): (i64,) = db.query(*sql).one().await.unwrap();
        if count != 0 {
            found.push(format!("{rule}: {count} are not"));
        }
    }
    sequence(db, "changes", "SELECT seq FROM published_changes ORDER BY seq", &mut found).await;
    sequence(db, "audit", "SELECT seq FROM audit_log WHERE seq <> 0 ORDER BY seq", &mut found).await;
    documents(db, &mut found).await;
    chain(db, &mut found).await;
    deeds(db, &mut found).await;
    found
}

pub async fn assert_whole(db: &Db) {
    let found = violations(db).await;
    assert!(found.is_empty(), "the database is not whole:\n{}", found.join("\n"));
}

/// Numbers from 1 without a gap, up to where their counter stands.
async fn sequence(db: &Db, name: &str, sql: &'static str, found: &mut Vec<String>) {
    let (counter,): (i64,) = db.query("SELECT value FROM sequences WHERE name = $1").bind(name).one().await.unwrap();
    let numbers: Vec<(i64,)> = db.query(sql).all().await.unwrap();
    if !numbers.iter().map(|(n,)| *n).eq(1..=counter) {
        found.push(format!("{name} has {} numbers, and its counter stands at {counter}", numbers.len()));
    }
}

/// Every document shows the revision that its text says is public, and all languages of its story.
async fn documents(db: &Db, found: &mut Vec<String>) {
    let sql = "SELECT d.article_id, d.language, d.slug, d.card, r.headline FROM published_documents d \
         JOIN translations t ON t.article_id = d.article_id AND t.language = d.language \
         JOIN revisions r ON r.article_id = d.article_id AND r.language = d.language AND r.revision = t.published_revision";
    let rows: Vec<(Uuid, String, String, String, String)> = db.query(sql).all().await.unwrap();
    let mut stories = BTreeMap::<Uuid, BTreeSet<(String, String)>>::new();
    for (article, language, slug, ..) in &rows {
        stories.entry(*article).or_default().insert((language.clone(), slug.clone()));
    }
    for (article, language, _, card, headline) in &rows {
        let card: Value = serde_json::from_str(card).unwrap();
        if card["headline"] != headline.as_str() {
            found.push(format!("a document shows its revision: {article} {language} shows {}, and {headline:?} was published", card["headline"]));
        }
        let named = card["available_languages"].as_array().unwrap().iter();
        let named: BTreeSet<(String, String)> =
            named.map(|other| (other["language"].as_str().unwrap().to_owned(), other["slug"].as_str().unwrap().to_owned())).collect();
        if named != stories[article] {
            found.push(format!("a document names all languages: {article} {language} names {named:?} of {:?}", stories[article]));
        }
    }
}

type Row = (i64, Timestamp, String, Option<Uuid>, Option<Uuid>, String, Uuid, Option<String>, String);

/// The hashes of the audit log, made anew: SHA-256 over the hash before and the row as JSON.
async fn chain(db: &Db, found: &mut Vec<String>) {
    let rows: Vec<Row> = db
        .query("SELECT seq, at, actor_kind, actor_id, agency_id, action, subject_id, language, details FROM audit_log WHERE seq <> 0 ORDER BY seq")
        .all()
        .await
        .unwrap();
    let hashes: Vec<(Vec<u8>,)> = db.query("SELECT hash FROM audit_log WHERE seq <> 0 ORDER BY seq").all().await.unwrap();
    // What the first entry hangs on is of this database alone.
    let (mut before,): (Vec<u8>,) = db.query("SELECT hash FROM audit_log WHERE seq = 0").one().await.unwrap();
    for ((seq, at, kind, actor, agency, action, subject, language, details), (hash,)) in rows.into_iter().zip(hashes) {
        let row = json!([seq, at.micros(), kind, actor, agency, action, subject, language, details]);
        let mut sha = Sha256::new();
        sha.update(&before);
        sha.update(row.to_string());
        if sha.finalize().as_slice() != hash {
            found.push(format!("the audit log breaks at {seq}"));
            return;
        }
        before = hash;
    }
}

/// Every public change is in the audit log, once.
async fn deeds(db: &Db, found: &mut Vec<String>) {
    let details: Vec<(String,)> = db.query("SELECT details FROM audit_log WHERE action LIKE 'text.%' ORDER BY seq").all().await.unwrap();
    let mut told: Vec<i64> = details.iter().filter_map(|(details,)| serde_json::from_str::<Value>(details).unwrap()["change"].as_i64()).collect();
    told.sort_unstable();
    let (changes,): (i64,) = db.query("SELECT count(*) FROM published_changes").one().await.unwrap();
    if !told.iter().copied().eq(1..=changes) {
        found.push(format!("the audit log tells of {} changes of {changes}", told.len()));
    }
}

mod tests {
    use super::violations;
    use crate::on_both;
    use crate::support::App;
    use newsroom::db::Reader;

    on_both!(what_is_broken_is_seen);

    /// Damage, and how what it breaks begins to be told.
    const DAMAGE: &[(&str, &str)] = &[
        ("UPDATE published_documents SET card = replace(card, '\"headline\":\"', '\"headline\":\"x')", "a document shows its revision"),
        ("UPDATE published_documents SET card = replace(card, '\"slug\":\"', '\"slug\":\"x')", "a document names all languages"),
        ("UPDATE published_documents SET seq = seq + 1", "a document has its change"),
        ("UPDATE published_documents SET slug = 'x-' || slug", "the address of a document"),
        ("DELETE FROM published_documents WHERE id = (SELECT min(id) FROM published_documents)", "published is what has a document"),
        ("DELETE FROM published_tombstones", "a tombstone is of"),
        ("UPDATE translations SET publication = 'published' WHERE publication = 'unpublished'", "the last change says"),
        ("UPDATE translations SET review = 'draft' WHERE review = 'settled'", "settled is what"),
        ("UPDATE translations SET first_published_at = NULL WHERE publication = 'published'", "unreleased was never seen"),
        ("UPDATE translations SET headline = headline || '!'", "the row shows"),
        ("UPDATE translations SET published_revision = 9 WHERE published_revision IS NOT NULL", "what readers saw is a revision"),
        ("UPDATE translations SET revision = revision + 1", "a text has its revisions"),
        ("UPDATE translations SET deleted_at = created_at WHERE is_original", "an article has one original"),
        ("UPDATE sequences SET value = value + 1 WHERE name = 'changes'", "changes has"),
        ("UPDATE audit_log SET details = '{}' WHERE seq = 2", "the audit log breaks at 2"),
        ("DELETE FROM audit_log WHERE seq = 3", "audit has"),
    ];

    async fn what_is_broken_is_seen(app: App) {
        assert_eq!(violations(&app.state.db).await, Vec::<String>::new());
        let open: &[&str] = if app.url().starts_with("sqlite") {
            &["DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"]
        } else {
            &["DROP TRIGGER audit_log_no_change ON audit_log"]
        };
        for sql in open {
            app.state.db.write().query(*sql).execute().await.unwrap();
        }
        for (sql, rule) in DAMAGE {
            let told = |found: &[String]| found.iter().any(|told| told.starts_with(rule));
            assert!(!told(&violations(&app.state.db).await), "{rule}: before {sql}");
            app.state.db.write().query(*sql).execute().await.unwrap();
            let found = violations(&app.state.db).await;
            assert!(told(&found), "{rule} is not among {found:#?}");
        }
    }
}
