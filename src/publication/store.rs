//! The tables of the published projection.

use super::{Change, ChangeKind, DerivationStatus, search};
use crate::articles::{push_correction_pending, push_original};
use crate::body::Body;
use crate::db::{Announcement, Engine, Query, Reader, Record, Sql, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::language::{Tag, slug};
use crate::names::Names;
use crate::{purge, sql};
use serde::Deserialize;
use serde_json::json;
use sqlx::FromRow;
use sqlx::types::Json;
use std::fmt::Write;
use uuid::Uuid;

/// What is said of an agency's variants that concerns search engines.
#[derive(Deserialize)]
pub struct VariantRule {
    pub from: Tag,
    pub to: Tag,
    pub noindex: bool,
}

/// What a document is made of.
#[expect(clippy::struct_excessive_bools, reason = "independent facts")]
#[derive(FromRow)]
pub struct Source {
    pub article_id: Uuid,
    pub language: Tag,
    pub is_original: bool,
    pub original_language: Tag,
    pub slug: String,
    pub revision: i32,
    pub first_published_at: Timestamp,
    pub published_at: Timestamp,
    pub headline: String,
    pub summary: Option<String>,
    pub body: Json<Body>,
    pub dateline: Option<String>,
    pub byline: Option<String>,
    pub authors: Json<Vec<Uuid>>,
    pub seo: Json<serde_json::Value>,
    pub words: i32,
    pub topics: Json<Vec<String>>,
    pub related: Json<Vec<Uuid>>,
    pub urgency: i32,
    pub genre: Option<String>,
    pub rights: Option<String>,
    pub agency_id: Uuid,
    pub agency_slug: String,
    pub agency_names: Json<Names>,
    pub owner_slug: String,
    pub owner_names: Json<Names>,
    pub section_id: Option<Uuid>,
    pub section_slug: Option<String>,
    pub section_names: Option<Json<Names>>,
    pub orthography: Option<String>,
    /// Of a text that was made of another by changing its script.
    pub from_language: Option<Tag>,
    pub derivation_status: Option<DerivationStatus>,
    pub variant_rules: Json<Vec<VariantRule>>,
    /// The killed story in whose place it is, where readers knew that one.
    pub replaces: Option<Uuid>,
    pub embargo_until: Option<Timestamp>,
    /// Whether readers see the text, now or ever before.
    pub is_public: bool,
    pub was_public: bool,
    /// Whether partners see it before them.
    pub is_held: bool,
}

/// A document to write.
pub struct Document {
    pub article_id: Uuid,
    pub language: Tag,
    pub is_original: bool,
    pub agency_id: Uuid,
    pub section_id: Option<Uuid>,
    pub slug: String,
    pub urgency: i32,
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
    pub url: String,
    pub surrogate_key: String,
    /// The JSON object without its closing brace: alternates and body are appended.
    pub head: String,
    pub related: Vec<Uuid>,
    pub replaces: Option<Uuid>,
    /// Stories that its body links to.
    pub links: Vec<Uuid>,
    pub topics: Vec<String>,
    pub authors: Vec<Uuid>,
    pub body: String,
    pub body_html: String,
    pub body_text: String,
}

const HOLD: Sql = sql!("SELECT version FROM articles WHERE id = $1"["" | " FOR UPDATE"]);

/// Nobody publishes anything of a story while it is rendered.
pub async fn hold(tx: &mut Tx, article: Uuid) -> Result<()> {
    tx.query(HOLD).bind(article).optional::<(i64,)>().await?;
    Ok(())
}

/// The change that readers see of a text, and its address; nothing where they do not see it.
pub async fn shown_as(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<Option<(i64, String)>> {
    Ok(tx.query("SELECT seq, slug FROM published_documents WHERE article_id = $1 AND language = $2").bind(article).bind(language).optional().await?)
}

/// What a source is read from: the revision `r` of the text `t`.
const SOURCE: &str = ", t.article_id, t.language, t.is_original, a.original_language, r.revision, \
     r.headline, r.summary, r.body, r.dateline, r.byline, r.authors, r.seo, r.words, a.topics, a.related, a.urgency, a.genre, a.rights, \
     t.agency_id, g.slug AS agency_slug, g.names AS agency_names, o.slug AS owner_slug, o.names AS owner_names, \
     s.id AS section_id, s.slug AS section_slug, s.names AS section_names, \
     CASE WHEN r.revision = t.revision THEN t.orthography ELSE r.orthography END AS orthography, v.from_language, g.variant_rules, \
     CASE WHEN EXISTS (SELECT 1 FROM published_changes c WHERE c.article_id = a.replaces) THEN a.replaces END AS replaces, t.embargo_until, \
     EXISTS (SELECT 1 FROM published_documents d WHERE d.article_id = t.article_id AND d.language = t.language) AS is_public, \
     EXISTS (SELECT 1 FROM published_changes c WHERE c.article_id = t.article_id AND c.language = t.language) AS was_public, \
     EXISTS (SELECT 1 FROM partner_documents p WHERE p.article_id = t.article_id AND p.language = t.language) AS is_held \
     FROM translations t JOIN articles a ON a.id = t.article_id JOIN revisions r ON r.article_id = t.article_id AND r.language = t.language \
     JOIN agencies g ON g.id = t.agency_id JOIN agencies o ON o.id = a.agency_id LEFT JOIN sections s ON s.id = a.section_id \
     LEFT JOIN variants v ON v.article_id = t.article_id AND v.language = t.language \
     WHERE t.article_id = $1 AND t.language = $2";

/// The published revision of a text with all that its document says.
pub async fn source(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<Source> {
    tx.query(
        "SELECT COALESCE(t.slug, '') AS slug, COALESCE(t.first_published_at, t.embargo_until) AS first_published_at, \
         COALESCE(t.published_at, t.embargo_until) AS published_at, v.published_status AS derivation_status",
    )
    .push(SOURCE)
    .push(" AND r.revision = t.published_revision")
    .bind(article)
    .bind(language)
    .optional()
    .await?
    .ok_or_else(|| Error::internal("there is no published revision to render"))
}

/// A revision of a text, its newest where none is named, as it would be if it were published at `now`. One that was published
/// keeps its moments; an address that is not chosen yet is empty. Nothing for what was killed, withheld or
/// deleted.
pub async fn draft(on: impl Reader<'_>, article: Uuid, language: &Tag, revision: Option<i32>, now: Timestamp) -> Result<Option<Source>> {
    Ok(on
        .query(
            "SELECT COALESCE(t.slug, '') AS slug, COALESCE(t.first_published_at, $4) AS first_published_at, \
             CASE WHEN r.revision = t.published_revision THEN COALESCE(t.published_at, $4) ELSE $4 END AS published_at, \
             CASE WHEN r.revision = t.published_revision THEN v.published_status ELSE v.status END AS derivation_status",
        )
        .push(SOURCE)
        .push(
            " AND r.revision = COALESCE($3, t.revision) AND t.publication NOT IN ('killed', 'withheld') AND t.deleted_at IS NULL \
             AND a.deleted_at IS NULL",
        )
        .bind(article)
        .bind(language)
        .bind(revision)
        .bind(now)
        .optional()
        .await?)
}

/// Names of those authors who have a public profile, in the order of their ids as given.
pub async fn authors(on: impl Reader<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, Names)>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let mut found: Vec<(Uuid, Json<Names>)> =
        on.query("SELECT id, names FROM staff WHERE byline AND id IN (").push_list(ids.iter().copied()).push(")").all().await?;
    found.sort_by_key(|(id, _)| ids.iter().position(|other| other == id));
    Ok(found.into_iter().map(|(id, names)| (id, names.0)).collect())
}

/// Who wrote the original as readers saw it last, and who translated a text: those whose work on it was accepted; where nobody was asked for it,
/// those whose text it is.
pub async fn makers<C>(on: &mut C, source: &Source) -> Result<(Vec<Uuid>, Vec<Uuid>)>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let writers: Option<(Json<Vec<Uuid>>,)> = on
        .query(
            "SELECT r.authors FROM translations o JOIN revisions r ON r.article_id = o.article_id AND r.language = o.language \
             AND r.revision = (SELECT c.revision FROM published_changes c WHERE c.article_id = o.article_id AND c.language = o.language \
             AND c.type IN ('published', 'updated', 'corrected') ORDER BY c.seq DESC LIMIT 1) \
             WHERE o.article_id = $1 AND o.is_original AND o.deleted_at IS NULL",
        )
        .bind(source.article_id)
        .optional()
        .await?;
    let writers = writers.map(|(writers,)| writers.0).unwrap_or_default();
    let asked: Vec<(Uuid, Timestamp)> = on
        .query(
            "SELECT assignee_id, min(closed_at) AS since FROM assignments WHERE article_id = $1 AND language = $2 AND kind = 'translate' \
             AND state = 'accepted' AND change_kind IS NULL AND revision <= $3 AND EXISTS (SELECT 1 FROM revisions r \
             WHERE r.article_id = $1 AND r.language = $2 AND r.created_by = assignee_id AND r.revision <= $3) GROUP BY assignee_id ORDER BY since, assignee_id",
        )
        .bind(source.article_id)
        .bind(&source.language)
        .bind(source.revision)
        .all()
        .await?;
    let translators = if asked.is_empty() {
        source.authors.0.iter().copied().filter(|author| !writers.contains(author)).collect()
    } else {
        asked.into_iter().map(|(person, _)| person).collect()
    };
    Ok((writers, translators))
}

/// Where internal links lead: the articles that are public in `language`.
pub async fn addresses(on: impl Reader<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, Tag, String)>> {
    Ok(on.query("SELECT article_id, language, url FROM published_documents WHERE article_id IN (").push_list(ids.iter().copied()).push(")").all().await?)
}

/// The next number of the change log. Its row stays locked until the transaction ends.
pub async fn next_seq(tx: &mut Tx) -> Result<i64> {
    Ok(tx.query("UPDATE sequences SET value = value + 1 WHERE name = 'changes' RETURNING value").value().await?)
}

/// Locks the end of the change log.
pub async fn hold_seq(tx: &mut Tx) -> Result<()> {
    tx.query("UPDATE sequences SET value = value WHERE name = 'changes'").execute().await?;
    Ok(())
}

/// Writes a document, in place of the one there was if there `is` one. Every time it is written its `rendition` grows, for the ETag.
pub async fn put(tx: &mut Tx, document: &Document, is: bool, seq: i64, now: Timestamp) -> Result<()> {
    let id = if is { replace(tx, document, seq, now).await? } else { insert(tx, document, seq, now).await? };
    index(tx, id, document).await?;
    let card = format!("{}}}", document.head);
    let entry = search::Entry { id, language: &document.language, published_at: document.published_at, card: &card, body_text: &document.body_text };
    search::put(tx, &entry).await?;
    if document.links.is_empty() {
        return Ok(());
    }
    let mut query = tx.query("INSERT INTO body_links (target_id, article_id, language) VALUES ");
    let mut separator = "(";
    for target in &document.links {
        query = query.push(separator).push_bind(*target).push(", ").push_bind(document.article_id).push(", ").push_bind(&document.language).push(")");
        separator = ", (";
    }
    query.push(" ON CONFLICT DO NOTHING").execute().await?;
    Ok(())
}

async fn insert(tx: &mut Tx, document: &Document, seq: i64, now: Timestamp) -> Result<i64> {
    let insert = tx.query(
        "INSERT INTO published_documents (article_id, language, agency_id, section_id, slug, urgency, published_at, updated_at, modified_at, \
         url, surrogate_key, card, related, body, body_html, body_text, seq, is_original, head_length, replaces, id, rendition, links) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $17, 1, '')",
    );
    bind(insert, document, seq, now).execute().await?;
    Ok(seq)
}

async fn replace(tx: &mut Tx, document: &Document, seq: i64, now: Timestamp) -> Result<i64> {
    let update = tx.query(
        "UPDATE published_documents SET agency_id = $3, section_id = $4, slug = $5, urgency = $6, published_at = $7, updated_at = $8, \
         modified_at = $9, url = $10, surrogate_key = $11, card = $12, related = $13, body = $14, body_html = $15, body_text = $16, seq = $17, \
         is_original = $18, head_length = $19, replaces = $20, rendition = rendition + 1 WHERE article_id = $1 AND language = $2 RETURNING id",
    );
    let (id,): (i64,) = bind(update, document, seq, now).one().await?;
    unindex(tx, id).await?;
    unlink(tx, document.article_id, &document.language).await?;
    Ok(id)
}

/// Notes the topics and authors of a document.
async fn index(tx: &mut Tx, id: i64, document: &Document) -> Result<()> {
    let mut query = tx.query("INSERT INTO published_topics (topic, document_id) VALUES ");
    let mut separator = "(";
    for topic in &document.topics {
        query = query.push(separator).push_bind(topic).push(", ").push_bind(id).push(")");
        separator = ", (";
    }
    if !document.topics.is_empty() {
        query.push(" ON CONFLICT DO NOTHING").execute().await?;
    }
    let mut query = tx.query("INSERT INTO published_authors (staff_id, document_id) VALUES ");
    let mut separator = "(";
    for author in &document.authors {
        query = query.push(separator).push_bind(*author).push(", ").push_bind(id).push(")");
        separator = ", (";
    }
    if !document.authors.is_empty() {
        query.push(" ON CONFLICT DO NOTHING").execute().await?;
    }
    Ok(())
}

/// What a card says after its head.
fn tail(correction_pending: bool, alternates: &str) -> String {
    format!(",\"correction_pending\":{correction_pending},\"available_languages\":{alternates}}}")
}

fn bind<'c>(query: Query<'c>, document: &Document, seq: i64, now: Timestamp) -> Query<'c> {
    query
        .bind(document.article_id)
        .bind(&document.language)
        .bind(document.agency_id)
        .bind(document.section_id)
        .bind(&document.slug)
        .bind(document.urgency)
        .bind(document.published_at)
        .bind(document.updated_at)
        .bind(now)
        .bind(&document.url)
        .bind(&document.surrogate_key)
        .bind(format!("{}{}", document.head, tail(false, "[]")))
        .bind(Json(&document.related))
        .bind(&document.body)
        .bind(&document.body_html)
        .bind(&document.body_text)
        .bind(seq)
        .bind(document.is_original)
        .bind(i32::try_from(document.head.chars().count()).unwrap_or(i32::MAX))
        .bind(document.replaces)
}

/// The channel is [`crate::db`]'s; what is sent on it arrives when the transaction has been committed.
const STAMP: Sql = sql!(["" | "WITH stamped AS ("]
    "INSERT INTO published_stamps (part, at, version) VALUES ($1, $2, 1) \
     ON CONFLICT (part) DO UPDATE SET at = excluded.at, version = published_stamps.version + 1 RETURNING version"
    ["" | ") SELECT version, CAST(pg_notify('newsroom_public', $1 || ' ' || version || ' ' || $3) AS text) FROM stamped"]);

/// Notes that a part of what is public changed, and announces it: for one story, or for all that there may be.
pub async fn stamp(tx: &mut Tx, part: &str, article: Option<Uuid>, now: Timestamp) -> Result<()> {
    let query = tx.query(STAMP).bind(part).bind(now);
    let query = match query.engine() {
        Engine::Sqlite => query,
        Engine::Postgres => query.bind(article.map_or_else(|| "*".to_owned(), |id| id.to_string())),
    };
    let (version,): (i64,) = query.one().await?;
    tx.announce(Announcement { part: part.to_owned(), version, article });
    purge::enqueue(tx, part, article, now).await
}

/// Whether readers see a text.
pub async fn is_public(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<bool> {
    Ok(shown_as(tx, article, language).await?.is_some())
}

/// How many other revisions of a text readers have seen.
pub async fn other_publications(on: impl Reader<'_>, article: Uuid, language: &Tag, revision: i32) -> Result<i64> {
    Ok(on
        .query(
            "SELECT count(DISTINCT revision) FROM published_changes WHERE article_id = $1 AND language = $2 AND revision <> $3 \
             AND type IN ('published', 'updated', 'corrected')",
        )
        .bind(article)
        .bind(language)
        .bind(revision)
        .value()
        .await?)
}

/// The clarifications and corrections of a text, the newest first.
pub async fn corrections<T: Record>(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<Vec<T>> {
    Ok(on
        .query(
            "SELECT change_kind AS kind, public_note, at FROM published_changes WHERE article_id = $1 AND language = $2 \
             AND change_kind IN ('clarification', 'correction') ORDER BY seq DESC",
        )
        .bind(article)
        .bind(language)
        .all()
        .await?)
}

/// Notes which stories a text goes with; says whether that is news. Whoever asks for them gets those that are public; the text itself
/// stays as it is.
pub async fn set_related(tx: &mut Tx, document: &Document) -> Result<bool> {
    let query = tx.query("UPDATE published_documents SET related = $3 WHERE article_id = $1 AND language = $2 AND related <> $3");
    Ok(query.bind(document.article_id).bind(&document.language).bind(Json(&document.related)).execute().await? > 0)
}

type Shown = (String, i32, String, String, Option<Uuid>, i32);

/// Whether a document differs from the one that readers see.
pub async fn is_shown_otherwise(tx: &mut Tx, document: &Document) -> Result<bool> {
    let shown: Option<Shown> = tx
        .query("SELECT card, head_length, body, body_html, section_id, urgency FROM published_documents WHERE article_id = $1 AND language = $2")
        .bind(document.article_id)
        .bind(&document.language)
        .optional()
        .await?;
    Ok(shown.is_none_or(|(card, length, body, html, section, urgency)| {
        let head: String = card.chars().take(usize::try_from(length).unwrap_or(0)).collect();
        head != document.head || body != document.body || html != document.body_html || section != document.section_id || urgency != document.urgency
    }))
}

/// Whether readers see translations of a story.
pub async fn has_translations(tx: &mut Tx, article: Uuid) -> Result<bool> {
    let found = tx.query("SELECT id FROM published_documents WHERE article_id = $1 AND NOT is_original LIMIT 1").bind(article);
    Ok(found.optional::<(i64,)>().await?.is_some())
}

/// Whether a public text links to a story.
pub async fn is_linked(tx: &mut Tx, article: Uuid) -> Result<bool> {
    Ok(tx.query("SELECT article_id FROM body_links WHERE target_id = $1 LIMIT 1").bind(article).optional::<(Uuid,)>().await?.is_some())
}

async fn unindex(tx: &mut Tx, id: i64) -> Result<()> {
    tx.query("DELETE FROM published_topics WHERE document_id = $1").bind(id).execute().await?;
    tx.query("DELETE FROM published_authors WHERE document_id = $1").bind(id).execute().await?;
    Ok(())
}

/// The agency of a text.
pub async fn agency_of(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<Option<Uuid>> {
    let found: Option<(Uuid,)> =
        tx.query("SELECT agency_id FROM translations WHERE article_id = $1 AND language = $2").bind(article).bind(language).optional().await?;
    Ok(found.map(|(agency,)| agency))
}

/// See [`super::gravest_since`].
pub async fn gravest_since(tx: &mut Tx, article: Uuid, source: &Tag, variant: &Tag) -> Result<Option<(ChangeKind, Option<String>)>> {
    let told: Vec<(ChangeKind, Option<String>)> = tx
        .query(
            "SELECT c.change_kind, c.public_note FROM published_changes c WHERE c.article_id = $1 AND c.language = $2 AND c.change_kind IS NOT NULL \
             AND c.seq > (SELECT COALESCE(max(v.seq), 0) FROM published_changes v WHERE v.article_id = $1 AND v.language = $3 \
             AND v.type IN ('published', 'updated', 'corrected')) ORDER BY c.seq",
        )
        .bind(article)
        .bind(source)
        .bind(variant)
        .all()
        .await?;
    Ok(told.into_iter().max_by_key(|(kind, _)| *kind))
}

/// See [`super::had_address`].
pub async fn had_address(tx: &mut Tx, article: Uuid, language: &Tag, slug: &str) -> Result<bool> {
    let query = tx.query("SELECT article_id FROM published_slugs WHERE language = $1 AND slug = $2 AND article_id = $3");
    Ok(query.bind(language).bind(slug).bind(article).optional::<(Uuid,)>().await?.is_some())
}

/// See [`super::seen`].
pub async fn seen(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<Option<i32>> {
    let found: Option<(i32,)> = on
        .query(
            "SELECT revision FROM published_changes WHERE article_id = $1 AND language = $2 AND type IN ('published', 'updated', 'corrected') \
             ORDER BY seq DESC LIMIT 1",
        )
        .bind(article)
        .bind(language)
        .optional()
        .await?;
    Ok(found.map(|(revision,)| revision))
}

async fn unlink(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<()> {
    tx.query("DELETE FROM body_links WHERE article_id = $1 AND language = $2").bind(article).bind(language).execute().await?;
    Ok(())
}

/// Takes a document away, if there is one.
pub async fn remove(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<()> {
    unlink(tx, article, language).await?;
    let gone: Option<(i64,)> =
        tx.query("DELETE FROM published_documents WHERE article_id = $1 AND language = $2 RETURNING id").bind(article).bind(language).optional().await?;
    match gone {
        Some((id,)) => unindex(tx, id).await,
        None => Ok(()),
    }
}

/// Leaves a tombstone.
pub async fn bury(tx: &mut Tx, article: Uuid, language: &Tag, note: &str, now: Timestamp) -> Result<()> {
    tx.query("INSERT INTO published_tombstones (article_id, language, killed_at, public_note) VALUES ($1, $2, $3, $4)")
        .bind(article)
        .bind(language)
        .bind(now)
        .bind(note)
        .execute()
        .await?;
    Ok(())
}

/// Appends to the change log.
#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
pub async fn log(tx: &mut Tx, seq: i64, article: Uuid, language: &Tag, agency: Uuid, revision: i32, change: &Change, now: Timestamp) -> Result<()> {
    tx.query(
        "INSERT INTO published_changes (seq, type, article_id, language, agency_id, revision, change_kind, public_note, at, reason, instruction) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(seq)
    .bind(change.r#type)
    .bind(article)
    .bind(language)
    .bind(agency)
    .bind(revision)
    .bind(change.kind)
    .bind(&change.public_note)
    .bind(now)
    .bind(change.reason)
    .bind(&change.instruction)
    .execute()
    .await?;
    Ok(())
}

/// A text of an article that is public, for the list of all its languages.
#[derive(FromRow)]
pub struct Sibling {
    pub language: Tag,
    pub slug: String,
    pub url: String,
    pub updated_at: Timestamp,
    /// Whether a correction of the original is still to come to it.
    pub correction_pending: bool,
}

/// The public texts of an article, the original first.
pub async fn siblings(on: impl Reader<'_>, article: Uuid) -> Result<Vec<Sibling>> {
    let query = push_correction_pending(on.query("SELECT d.language, d.slug, d.url, d.updated_at, ")).push(" AS correction_pending FROM published_documents d");
    let query = push_original(query.push(" JOIN translations t ON t.article_id = d.article_id AND t.language = d.language"));
    Ok(query.push(" WHERE d.article_id = ").push_bind(article).push(" ORDER BY d.is_original DESC, d.language").all().await?)
}

/// What a card says after its head: whether a correction is still to come, and the texts that there are.
pub fn tail_of(siblings: &[Sibling], correction_pending: bool) -> Result<String> {
    let alternates: Vec<serde_json::Value> = siblings
        .iter()
        .map(|text| json!({ "language": text.language, "direction": text.language.direction(), "slug": text.slug, "url": text.url, "updated_at": text.updated_at }))
        .collect();
    Ok(tail(correction_pending, &serde_json::to_string(&alternates).map_err(Error::internal)?))
}

/// Tells every public text of an article which others there are, and whether a correction of the original is still to come to
/// it. Says whether that changed anything.
pub async fn refresh_siblings(tx: &mut Tx, article: Uuid, now: Timestamp) -> Result<bool> {
    let siblings = siblings(&mut *tx, article).await?;
    let mut links = String::new();
    for text in &siblings {
        let separator = if links.is_empty() { "" } else { ", " };
        let _ = write!(links, "{separator}<{}>; rel=\"alternate\"; hreflang=\"{}\"", text.url, text.language);
    }
    let mut changed = 0;
    for correction_pending in [false, true] {
        let languages: Vec<&Tag> = siblings.iter().filter(|text| text.correction_pending == correction_pending).map(|text| &text.language).collect();
        if languages.is_empty() {
            continue;
        }
        changed += tx
            .query(
                "UPDATE published_documents SET card = substr(card, 1, head_length) || $2, links = $3, modified_at = $4, rendition = rendition + 1 \
                 WHERE article_id = $1 AND substr(card, head_length + 1) <> $2 AND language IN (",
            )
            .bind(article)
            .bind(tail_of(&siblings, correction_pending)?)
            .bind(&links)
            .bind(now)
            .push_list(languages)
            .push(")")
            .execute()
            .await?;
    }
    Ok(changed > 0)
}

/// See [`super::claim_slug`].
pub async fn claim_slug(tx: &mut Tx, article: Uuid, language: &Tag, wanted: Option<&str>, headline: &str, secret: bool) -> Result<String> {
    if let Some(wanted) = wanted {
        if take(tx, article, language, wanted, secret).await? {
            return Ok(wanted.to_owned());
        }
        return Err(Error::new(Code::AlreadyExists, format!("The address {wanted} is or was another text's in {language}.")));
    }
    let base = match of_other_script(tx, article, language, secret).await? {
        Some(slug) => slug,
        None => match slug(headline, language) {
            made if made.is_empty() => article.simple().to_string(),
            made => made,
        },
    };
    if take(tx, article, language, &base, secret).await? {
        return Ok(base);
    }
    for n in 2..100 {
        let numbered = format!("{base}-{n}");
        if take(tx, article, language, &numbered, secret).await? {
            return Ok(numbered);
        }
    }
    let unique = format!("{base}-{}", article.simple());
    take(tx, article, language, &unique, secret).await?;
    Ok(unique)
}

/// Takes an address, or in secret only sees whether it is free.
async fn take(tx: &mut Tx, article: Uuid, language: &Tag, slug: &str, secret: bool) -> Result<bool> {
    if secret {
        let holder: Option<(Uuid,)> =
            tx.query("SELECT article_id FROM published_slugs WHERE language = $1 AND slug = $2").bind(language).bind(slug).optional().await?;
        return Ok(holder.is_none_or(|(holder,)| holder == article));
    }
    let taken = tx.query("INSERT INTO published_slugs (language, slug, article_id) VALUES ($1, $2, $3) ON CONFLICT (language, slug) DO NOTHING");
    if taken.bind(language).bind(slug).bind(article).execute().await? == 1 {
        return Ok(true);
    }
    let (holder,): (Uuid,) = tx.query("SELECT article_id FROM published_slugs WHERE language = $1 AND slug = $2").bind(language).bind(slug).one().await?;
    Ok(holder == article)
}

/// The scripts of one language share an address.
async fn of_other_script(tx: &mut Tx, article: Uuid, language: &Tag, secret: bool) -> Result<Option<String>> {
    let mut texts: Vec<(Tag, String)> = tx.query("SELECT language, slug FROM published_documents WHERE article_id = $1").bind(article).all().await?;
    if secret {
        let partners: Vec<(Tag, String)> = tx.query("SELECT language, slug FROM partner_documents WHERE article_id = $1").bind(article).all().await?;
        texts.extend(partners);
    }
    Ok(texts.into_iter().find(|(other, _)| other.language() == language.language() && other != language).map(|(_, slug)| slug))
}
