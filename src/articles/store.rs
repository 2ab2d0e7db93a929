//! The table of articles.

use super::{Article, ArticleChange, Found, NewArticle, ROUTINE, SHARED, admit, check, must_live, search, slugline_of};
use crate::db::{Reader, Sql, Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::patch::Patch;
use crate::policy::{Actor, Permission, ReadWork, Relation, Role, Rule, decide};
use crate::{sections, sql};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

/// The columns of an article of table `a`.
pub(super) const COLUMNS: &str = "a.id, a.agency_id, a.original_language, a.slugline, a.section_id, a.topics, a.related, a.urgency, a.genre, a.rights, \
     a.ednote, a.shared, a.replaces, a.killed_at, a.kill_reason, a.kill_public_note, a.kill_instruction, a.created_by, a.created_at, a.updated_at, \
     a.updated_by, a.version";

/// How the actor `$1` of the agency `$2` stands to an article of table `a` on the day `$3`. The offsets keep PostgreSQL from reading all
/// texts and all work there are beforehand.
const STANDING: Sql = sql!(
    " AS is_shared, a.created_by = $1 OR EXISTS (SELECT 1 FROM translations t WHERE t.article_id = a.id AND t.deleted_at IS NULL \
     AND (t.assignee_id = $1 OR t.created_by = $1)" ["" | " OFFSET 0"] ") AS is_involved, \
     EXISTS (SELECT 1 FROM translations t WHERE t.article_id = a.id AND t.deleted_at IS NULL AND t.agency_id = $2" ["" | " OFFSET 0"] ") AS is_reader, \
     EXISTS (SELECT 1 FROM assignments w WHERE w.article_id = a.id AND w.agency_id = $2 AND w.closed_at IS NULL" ["" | " OFFSET 0"] ") AS is_asked, \
     EXISTS (SELECT 1 FROM assignments w WHERE w.article_id = a.id AND w.agency_id = $2 AND w.change_kind IS NULL" ["" | " OFFSET 0"] ") AS was_asked \
     FROM articles a WHERE a.deleted_at IS NULL AND a.id = "
);

#[expect(clippy::struct_excessive_bools, reason = "five independent facts")]
#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    article: Article,
    is_shared: bool,
    is_involved: bool,
    is_reader: bool,
    is_asked: bool,
    was_asked: bool,
}

const HOLD: Sql = sql!("SELECT version FROM articles WHERE id = $1"["" | " FOR UPDATE"]);

/// Locks a story until the transaction ends: whoever writes to it or its texts comes after those before.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut Tx, id: Uuid) -> Result<()> {
    tx.query(HOLD).bind(id).optional::<(i64,)>().await?;
    Ok(())
}

/// Finds an article that the caller may know of, whatever they may do to it.
///
/// # Errors
/// `not_found`, and when the database fails.
pub async fn find(on: impl Reader<'_>, actor: &Actor, id: Uuid, now: Timestamp) -> Result<Found> {
    let query = on.query("SELECT ").push(COLUMNS).push(", ").push(SHARED).push(STANDING);
    let query = query.bind(actor.id()).bind(actor.agency).bind(now.to_utc().date_naive());
    let row: Option<Row> = query.push_bind(id).optional().await?;
    let row = row.ok_or_else(|| Error::not_found("article"))?;
    let reader = row.is_reader || row.is_asked;
    let relation = Relation { owner: row.article.agency_id == actor.agency, shared: row.is_shared, involved: row.is_involved, reader };
    let sees = match actor.staff_id() {
        Some(_) => relation.owner || relation.reader || (actor.platform && relation.shared),
        None => relation.owner && row.article.created_by == actor.id(),
    };
    // Whoever has moved to another agency has left their part in it behind.
    let involved = sees && (relation.involved || actor.staff_id().is_none());
    if !sees {
        return Err(Error::not_found("article"));
    }
    let is_guest = row.was_asked && !relation.owner;
    Ok(Found { article: row.article, relation: Relation { involved, ..relation }, is_guest })
}

/// Finds an article to which the caller may do what the rule says.
///
/// # Errors
/// `not_found`, `forbidden`, and when the database fails.
pub async fn reach(on: impl Reader<'_>, actor: &Actor, rule: &Rule, id: Uuid, now: Timestamp) -> Result<Article> {
    let found = find(on, actor, id, now).await?;
    // A translator has a part in the story, but is not its author.
    let reach = found.relation.owner || (actor.platform && found.relation.shared);
    let involved = if rule == ReadWork::RULE { found.relation.involved } else { reach && found.article.created_by == actor.id() };
    let relation = Relation { involved, ..found.relation };
    admit(decide(rule, actor, relation), "article")?;
    Ok(found.article)
}

/// Makes an article of the caller's agency.
///
/// # Errors
/// `validation_failed` with what is wrong beside the faults given, and when the database fails.
pub async fn insert(tx: &mut Tx, actor: &Actor, new: NewArticle, headline: &str, mut faults: Faults, now: Timestamp) -> Result<Article> {
    let section_id = match &new.section {
        Some(reference) => section(tx, reference, &mut faults).await?,
        None => None,
    };
    let article = Article {
        // v4: a v7 id would show when the story was prepared.
        id: Uuid::new_v4(),
        agency_id: actor.agency,
        slugline: new.slugline.unwrap_or_else(|| slugline_of(headline, &new.original_language)),
        original_language: new.original_language,
        section_id,
        topics: Json(new.topics),
        related: Json(new.related),
        urgency: new.urgency.unwrap_or(ROUTINE),
        genre: new.genre,
        rights: new.rights,
        ednote: new.ednote,
        shared: new.shared,
        replaces: new.replaces,
        killed_at: None,
        kill_reason: None,
        kill_public_note: None,
        kill_instruction: None,
        created_by: actor.id(),
        created_at: now,
        updated_at: now,
        updated_by: actor.id(),
        version: 1,
    };
    check(&mut faults, &article);
    check_related(tx, actor, &article, &mut faults, now).await?;
    check_replaces(tx, actor, &article, &mut faults, now).await?;
    faults.finish()?;
    tx.query(
        "INSERT INTO articles (id, agency_id, original_language, slugline, section_id, topics, related, urgency, genre, rights, ednote, shared, \
         created_by, version, created_at, updated_at, updated_by, replaces) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $14, $13, $15)",
    )
    .bind(article.id)
    .bind(article.agency_id)
    .bind(&article.original_language)
    .bind(&article.slugline)
    .bind(article.section_id)
    .bind(&article.topics)
    .bind(&article.related)
    .bind(article.urgency)
    .bind(&article.genre)
    .bind(&article.rights)
    .bind(&article.ednote)
    .bind(article.shared)
    .bind(article.created_by)
    .bind(now)
    .bind(article.replaces)
    .execute()
    .await?;
    Ok(article)
}

async fn section(tx: &mut Tx, reference: &str, faults: &mut Faults) -> Result<Option<Uuid>> {
    match sections::find_active(&mut *tx, reference).await {
        Ok(id) => Ok(Some(id)),
        Err(error) if error.code == Code::NotFound => {
            faults.add("/section", "unknown_section", "is not a section in use; GET /v1/sections?state=active lists them");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn check_related(tx: &mut Tx, actor: &Actor, article: &Article, faults: &mut Faults, now: Timestamp) -> Result<()> {
    for (i, related) in article.related.iter().take(20).enumerate() {
        let public: Option<(i64,)> = tx.query("SELECT id FROM published_documents WHERE article_id = $1 LIMIT 1").bind(*related).optional().await?;
        if public.is_none() && find(&mut *tx, actor, *related, now).await.is_err() {
            faults.add(format!("/related/{i}"), "unknown_article", "is not an article that you may see");
        }
    }
    Ok(())
}

/// Only what was killed can be replaced.
async fn check_replaces(tx: &mut Tx, actor: &Actor, article: &Article, faults: &mut Faults, now: Timestamp) -> Result<()> {
    let Some(replaced) = article.replaces else { return Ok(()) };
    match find(&mut *tx, actor, replaced, now).await {
        Ok(found) if found.article.killed_at.is_some() || has_killed_text(tx, replaced).await? => Ok(()),
        Ok(_) => {
            faults.add("/replaces", "not_killed", "is an article of which nothing was killed");
            Ok(())
        }
        Err(error) if error.code == Code::NotFound => {
            faults.add("/replaces", "unknown_article", "is not an article that you may see");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn has_killed_text(tx: &mut Tx, article: Uuid) -> Result<bool> {
    let found: Option<(Uuid,)> =
        tx.query("SELECT article_id FROM translations WHERE article_id = $1 AND publication = 'killed' LIMIT 1").bind(article).optional().await?;
    Ok(found.is_some())
}

/// Changes an article's metadata.
///
/// # Errors
/// `validation_failed`, and when the database fails.
pub(super) async fn update(tx: &mut Tx, actor: &Actor, mut article: Article, change: ArticleChange, now: Timestamp) -> Result<Article> {
    let mut faults = Faults::default();
    let before = (article.slugline.clone(), article.ednote.clone());
    article.slugline = change.slugline.kept("/slugline", article.slugline, &mut faults);
    article.urgency = change.urgency.kept("/urgency", article.urgency, &mut faults);
    article.shared = change.shared.kept("/shared", article.shared, &mut faults);
    match change.section {
        Patch::Absent => {}
        Patch::Null => article.section_id = None,
        Patch::Value(reference) => article.section_id = section(tx, &reference, &mut faults).await?,
    }
    let related_changes = change.related != Patch::Absent;
    let replaces_changes = change.replaces != Patch::Absent;
    article.topics = Json(change.topics.apply(Some(article.topics.0)).unwrap_or_default());
    article.related = Json(change.related.apply(Some(article.related.0)).unwrap_or_default());
    article.genre = change.genre.apply(article.genre);
    article.rights = change.rights.apply(article.rights);
    article.ednote = change.ednote.apply(article.ednote);
    article.replaces = change.replaces.apply(article.replaces);
    check(&mut faults, &article);
    if related_changes {
        check_related(tx, actor, &article, &mut faults, now).await?;
    }
    if replaces_changes {
        check_replaces(tx, actor, &article, &mut faults, now).await?;
    }
    faults.finish()?;
    tx.query(
        "UPDATE articles SET slugline = $2, section_id = $3, topics = $4, related = $5, urgency = $6, genre = $7, rights = $8, ednote = $9, shared = $10, \
         version = version + 1, updated_at = $11, updated_by = $12, replaces = $13 WHERE id = $1",
    )
    .bind(article.id)
    .bind(&article.slugline)
    .bind(article.section_id)
    .bind(&article.topics)
    .bind(&article.related)
    .bind(article.urgency)
    .bind(&article.genre)
    .bind(&article.rights)
    .bind(&article.ednote)
    .bind(article.shared)
    .bind(now)
    .bind(actor.id())
    .bind(article.replaces)
    .execute()
    .await?;
    if article.slugline != before.0 || article.ednote != before.1 {
        // Its texts are found by them.
        search::index_stories(tx, &[article.id]).await?;
    }
    Ok(Article { version: article.version + 1, updated_at: now, updated_by: actor.id(), ..article })
}

/// Whether readers see something of it, or partners before them.
///
/// # Errors
/// When the database fails.
pub(super) async fn is_public(on: impl Reader<'_>, id: Uuid) -> Result<bool> {
    let (is_public,): (bool,) = on
        .query("SELECT EXISTS (SELECT 1 FROM published_documents WHERE article_id = $1) OR EXISTS (SELECT 1 FROM partner_documents WHERE article_id = $1)")
        .bind(id)
        .one()
        .await?;
    Ok(is_public)
}

/// Deletes an article that was never public, with its texts.
///
/// # Errors
/// `illegal_transition` when something of it was public, and when the database fails.
pub(super) async fn delete(tx: &mut Tx, actor: &Actor, article: &Article, now: Timestamp) -> Result<()> {
    must_live(article)?;
    let (public,): (i64,) = tx
        .query("SELECT count(*) FROM translations WHERE article_id = $1 AND (first_published_at IS NOT NULL OR publication <> 'unreleased')")
        .bind(article.id)
        .one()
        .await?;
    if public > 0 {
        return Err(Error::new(Code::IllegalTransition, "Something of it was public: it can be unpublished or killed, not deleted."));
    }
    if actor.role() == Some(Role::Journalist) {
        let (others,): (i64,) = tx
            .query("SELECT count(*) FROM translations WHERE article_id = $1 AND created_by <> $2 AND deleted_at IS NULL")
            .bind(article.id)
            .bind(actor.id())
            .one()
            .await?;
        if others > 0 {
            return Err(Error::new(Code::Conflict, "Colleagues have texts of it; an editor can delete it."));
        }
    }
    let (foreign,): (i64,) = tx
        .query("SELECT count(*) FROM translations WHERE article_id = $1 AND agency_id <> $2 AND deleted_at IS NULL")
        .bind(article.id)
        .bind(article.agency_id)
        .one()
        .await?;
    if foreign > 0 {
        return Err(Error::new(Code::Conflict, "Another agency works on a translation of it; its text must be deleted first."));
    }
    tx.query("UPDATE translations SET deleted_at = $2, updated_at = $2, updated_by = $3, version = version + 1 WHERE article_id = $1 AND deleted_at IS NULL")
        .bind(article.id)
        .bind(now)
        .bind(actor.id())
        .execute()
        .await?;
    tx.query("UPDATE articles SET deleted_at = $2, updated_at = $2, updated_by = $3, version = version + 1 WHERE id = $1")
        .bind(article.id)
        .bind(now)
        .bind(actor.id())
        .execute()
        .await?;
    search::forget(tx, article.id, None).await
}

/// Notes that something of the story changed: lists are sorted by it. The metadata are the same, and so is its version.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut Tx, id: Uuid, by: Uuid, now: Timestamp) -> Result<()> {
    tx.query("UPDATE articles SET updated_at = $2, updated_by = $3 WHERE id = $1").bind(id).bind(now).bind(by).execute().await?;
    Ok(())
}
