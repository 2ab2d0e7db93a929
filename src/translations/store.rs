//! The tables of translations and revisions.

use super::{DerivedFrom, Publication, Review, Step, Text, allowed, embargo, step, switches, variants};
use crate::articles::{self, Found, Freshness, push_correction_pending, push_freshness, push_original};
use crate::assignments::{self, Event};
use crate::body::Body;
use crate::db::{Query, Reader, Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result, Unique};
use crate::language::{Direction, Tag};
use crate::policy::{Actor, KillWork, LiftWork, Permission, Relation, Rule, decide};
use crate::precondition::Standing;
use crate::publication::{self, DerivationStatus};
use serde::Serialize;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

/// A text of a story, as it is worked on: its newest revision.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Translation {
    pub article_id: Uuid,
    pub language: Tag,
    pub direction: Direction,
    /// The agency that made it, reviews and publishes it.
    pub agency_id: Uuid,
    pub is_original: bool,
    pub publication: Publication,
    pub review: Review,
    /// The newest revision, which is the one shown here.
    pub revision: i32,
    /// The revision that readers see, or saw last.
    pub published_revision: Option<i32>,
    /// The steps that its state allows; who may take them is another matter. An original is deleted with its article.
    pub allowed_transitions: Vec<Step>,
    /// The revision of the original that it was made from.
    pub base_revision: Option<i32>,
    /// The alphabet that it is written in, where its language has several in one script: `1995` or `2026` of Uzbek.
    pub orthography: Option<String>,
    /// The text that it was made of by changing the script.
    pub derived_from: Option<DerivedFrom>,
    /// Where such a text stands.
    pub derivation_status: Option<DerivationStatus>,
    /// How many of its words somebody still has to look at.
    pub open_warnings: Option<i64>,
    /// How it stands to its original; `null` for the original, and for what was killed.
    pub freshness: Option<Freshness>,
    /// Since when it goes its own way.
    pub detached_at: Option<Timestamp>,
    /// Why it was detached, or attached again.
    pub freshness_reason: Option<String>,
    /// Whether its readers have yet to be told of a clarification or correction of the original.
    pub correction_pending: bool,
    /// Its address, or the one it will have.
    pub slug: Option<String>,
    #[serde(flatten)]
    pub text: Text,
    pub words: i32,
    /// Who works on it.
    pub assignee_id: Option<Uuid>,
    pub created_by: Uuid,
    /// Who wrote the newest revision.
    pub last_author: Uuid,
    /// Why it was returned, until it is submitted again.
    pub return_reason: Option<String>,
    /// Why it was killed, for the record of the house.
    pub kill_reason: Option<String>,
    pub first_published_at: Option<Timestamp>,
    pub published_at: Option<Timestamp>,
    pub killed_at: Option<Timestamp>,
    /// Until when it is kept from readers, also where it is published; partners with the scope see it before.
    pub embargo_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub updated_by: Uuid,
    #[serde(skip)]
    pub version: i64,
    /// Whether the agency asks for a second pair of eyes.
    #[serde(skip)]
    pub four_eyes: bool,
    /// The address that it had before it was withheld.
    #[serde(skip)]
    pub withheld_slug: Option<String>,
    /// Of its story, as the note.
    #[serde(skip)]
    pub slugline: String,
    #[serde(skip)]
    pub ednote: Option<String>,
}

#[derive(FromRow)]
struct Row {
    article_id: Uuid,
    language: Tag,
    agency_id: Uuid,
    is_original: bool,
    publication: Publication,
    review: Review,
    revision: i32,
    published_revision: Option<i32>,
    base_revision: Option<i32>,
    orthography: Option<String>,
    from_language: Option<Tag>,
    from_revision: Option<i32>,
    engine: Option<String>,
    derivation_status: Option<DerivationStatus>,
    open_warnings: Option<i64>,
    freshness: Option<Freshness>,
    detached_at: Option<Timestamp>,
    freshness_reason: Option<String>,
    correction_pending: bool,
    slug: Option<String>,
    headline: String,
    summary: Option<String>,
    body: Json<Body>,
    dateline: Option<String>,
    byline: Option<String>,
    authors: Json<Vec<Uuid>>,
    seo: Json<super::text::SeoText>,
    words: i32,
    assignee_id: Option<Uuid>,
    created_by: Uuid,
    last_author: Uuid,
    return_reason: Option<String>,
    kill_reason: Option<String>,
    first_published_at: Option<Timestamp>,
    published_at: Option<Timestamp>,
    killed_at: Option<Timestamp>,
    embargo_until: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    updated_by: Uuid,
    version: i64,
    four_eyes: bool,
    withheld_slug: Option<String>,
    slugline: String,
    ednote: Option<String>,
}

impl From<Row> for Translation {
    fn from(row: Row) -> Self {
        Self {
            article_id: row.article_id,
            direction: row.language.direction(),
            language: row.language,
            agency_id: row.agency_id,
            is_original: row.is_original,
            publication: row.publication,
            review: row.review,
            revision: row.revision,
            published_revision: row.published_revision,
            allowed_transitions: allowed(row.publication, row.review),
            base_revision: row.base_revision,
            orthography: row.orthography,
            derived_from: match (row.from_language, row.from_revision, row.engine) {
                (Some(language), Some(revision), Some(engine)) => Some(DerivedFrom { language, revision, engine }),
                _ => None,
            },
            derivation_status: row.derivation_status,
            open_warnings: row.open_warnings,
            freshness: row.freshness,
            detached_at: row.detached_at,
            freshness_reason: row.freshness_reason,
            correction_pending: row.correction_pending,
            slug: row.slug,
            text: Text {
                headline: row.headline,
                summary: row.summary,
                body: row.body.0,
                dateline: row.dateline,
                byline: row.byline,
                authors: row.authors.0,
                seo: row.seo.0,
            },
            words: row.words,
            assignee_id: row.assignee_id,
            created_by: row.created_by,
            last_author: row.last_author,
            return_reason: row.return_reason,
            kill_reason: row.kill_reason,
            first_published_at: row.first_published_at,
            published_at: row.published_at,
            killed_at: row.killed_at,
            embargo_until: row.embargo_until,
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
            version: row.version,
            four_eyes: row.four_eyes,
            withheld_slug: row.withheld_slug,
            slugline: row.slugline,
            ednote: row.ednote,
        }
    }
}

const COLUMNS: &str = "SELECT t.article_id, t.language, t.agency_id, t.is_original, t.publication, t.review, t.revision, t.published_revision, \
     t.base_revision, t.detached_at, t.freshness_reason, t.slug, r.headline, r.summary, r.body, r.dateline, r.byline, r.authors, r.seo, r.words, t.assignee_id, t.created_by, \
     t.last_author, t.return_reason, t.kill_reason, t.first_published_at, t.published_at, t.killed_at, t.embargo_until, t.created_at, t.updated_at, t.updated_by, t.version, \
     g.four_eyes, t.withheld_slug, a.slugline, a.ednote, t.orthography, v.from_language, v.from_revision, v.engine, v.status AS derivation_status, \
     CASE WHEN v.article_id IS NOT NULL THEN (SELECT count(*) FROM variant_warnings w WHERE w.article_id = t.article_id AND w.language = t.language \
     AND w.state = 'open') END AS open_warnings, ";

/// The texts of an article.
fn texts<'q>(on: impl Reader<'q>, article: Uuid) -> Query<'q> {
    let query = push_correction_pending(push_freshness(on.query(COLUMNS)).push(" AS freshness, ")).push(
        " AS correction_pending FROM translations t JOIN agencies g ON g.id = t.agency_id JOIN articles a ON a.id = t.article_id \
         JOIN revisions r ON r.article_id = t.article_id AND r.language = t.language AND r.revision = t.revision \
         LEFT JOIN variants v ON v.article_id = t.article_id AND v.language = t.language",
    );
    push_original(query).push(" WHERE t.deleted_at IS NULL AND t.article_id = ").push_bind(article)
}

impl Translation {
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: Some(self.updated_by) }
    }

    /// What editors find it by.
    fn searched(&self) -> articles::Searched<'_> {
        articles::Searched {
            article: self.article_id,
            language: &self.language,
            headline: &self.text.headline,
            summary: self.text.summary.as_deref(),
            body: &self.text.body,
            slugline: &self.slugline,
            ednote: self.ednote.as_deref(),
        }
    }

    /// Whether an embargo keeps it from readers.
    #[must_use]
    pub fn is_embargoed(&self, now: Timestamp) -> bool {
        self.embargo_until.is_some_and(|until| until > now)
    }

    /// The revision that readers see, or saw last: not always the published one, which an embargo may have kept from them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seen(&self, on: impl Reader<'_>) -> Result<Option<i32>> {
        if self.published_revision.is_none() {
            return Ok(None);
        }
        publication::seen(on, self.article_id, &self.language).await
    }

    /// Whether readers saw another revision last, so that publishing the newest one needs a kind of change.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_change(&self, on: impl Reader<'_>) -> Result<bool> {
        Ok(self.seen(on).await?.is_some_and(|seen| seen != self.revision))
    }

    /// How a caller stands to it, who stands to its story as `found` says.
    #[must_use]
    pub fn relation(&self, actor: &Actor, found: &Found) -> Relation {
        let me = actor.id();
        let owner = self.agency_id == actor.agency;
        // Whoever has moved to another agency has left their part in it behind.
        let reach = owner || (actor.platform && found.relation.shared);
        Relation {
            owner,
            shared: found.relation.shared,
            involved: reach && (self.created_by == me || self.last_author == me || self.assignee_id == Some(me)),
            reader: found.relation.owner || found.relation.reader || found.relation.involved,
        }
    }
}

/// Finds a text to which the caller may do what the rule says, with its story, and holds the story.
///
/// # Errors
/// `not_found`, `forbidden`, and when the database fails.
pub async fn find(tx: &mut Tx, actor: &Actor, rule: &Rule, article: Uuid, language: &Tag, now: Timestamp) -> Result<(Translation, Found)> {
    articles::hold(tx, article).await?;
    look(tx, actor, rule, article, language, now).await
}

/// As [`find`], holding nothing: for what changes neither the text nor its story.
///
/// # Errors
/// `not_found`, `forbidden`, and when the database fails.
pub async fn look<C>(on: &mut C, actor: &Actor, rule: &Rule, article: Uuid, language: &Tag, now: Timestamp) -> Result<(Translation, Found)>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let found = articles::find(&mut *on, actor, article, now).await?;
    let translation = read(&mut *on, article, language).await?.ok_or_else(|| Error::not_found("translation"))?;
    admit(actor, rule, &translation, &found)?;
    Ok((translation, found))
}

fn admit(actor: &Actor, rule: &Rule, translation: &Translation, found: &Found) -> Result<()> {
    let mut relation = translation.relation(actor, found);
    // The agency of the story can always kill its texts.
    relation.owner |= rule == KillWork::RULE && found.relation.owner;
    // What is withheld is lifted by its own agency alone, also where the story is shared with the platform.
    if rule == LiftWork::RULE {
        relation.reader |= actor.platform && relation.shared;
        relation.involved &= relation.owner;
        relation.shared = false;
    }
    articles::admit(decide(rule, actor, relation), "translation")
}

/// The headlines of articles' texts as they are worked on: article, language, whether it is the original, headline.
///
/// # Errors
/// When the database fails.
pub async fn headlines(on: impl Reader<'_>, articles: &[Uuid]) -> Result<Vec<(Uuid, Tag, bool, String)>> {
    let query = on.query("SELECT article_id, language, is_original, headline FROM translations WHERE deleted_at IS NULL AND article_id IN (");
    Ok(query.push_list(articles.iter().copied()).push(")").all().await?)
}

/// The text of an article in a language.
pub(super) async fn read(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<Option<Translation>> {
    let row: Option<Row> = texts(on, article).push(" AND t.language = ").push_bind(language).optional().await?;
    Ok(row.map(Translation::from))
}

/// All texts of an article, the original first.
///
/// # Errors
/// When the database fails.
pub async fn list(on: impl Reader<'_>, article: Uuid) -> Result<Vec<Translation>> {
    let rows: Vec<Row> = texts(on, article).push(" ORDER BY t.is_original DESC, t.language").all().await?;
    Ok(rows.into_iter().map(Translation::from).collect())
}

/// What the database must be asked about a text.
///
/// Authors are active people of the agency of the text or of the platform, or those whose text it was before.
pub(super) async fn check(tx: &mut Tx, agency: Uuid, text: &Text, before: &[Uuid], faults: &mut Faults) -> Result<()> {
    if text.authors.is_empty() || text.authors.len() > super::text::MOST_AUTHORS {
        return Ok(());
    }
    let known: Vec<(Uuid,)> = tx
        .query("SELECT s.id FROM staff s JOIN agencies a ON a.id = s.agency_id WHERE s.state = 'active' AND (a.kind = 'platform' OR a.id = $1) AND s.id IN (")
        .bind(agency)
        .push_list(text.authors.iter().copied())
        .push(")")
        .all()
        .await?;
    for (i, author) in text.authors.iter().enumerate() {
        let is_known = known.contains(&(*author,)) || before.contains(author);
        faults.check(is_known, &format!("/authors/{i}"), "unknown_staff", "is not an active staff member of the agency or the platform");
    }
    Ok(())
}

/// A first text in a language.
pub struct First<'a> {
    pub article: Uuid,
    pub language: &'a Tag,
    pub is_original: bool,
    pub text: &'a Text,
    pub slug: Option<&'a str>,
    /// The alphabet, where it is not the usual one of its agency.
    pub orthography: Option<&'a str>,
}

/// Writes the first revision of a text, which belongs to the caller's agency. A translation starts under the embargo of its original.
///
/// # Errors
/// `already_exists`, `illegal_transition` where the story was killed, and when the database fails.
pub async fn put_first(tx: &mut Tx, actor: &Actor, first: First<'_>, now: Timestamp) -> Result<Translation> {
    let text = first.text.tidied(first.language);
    let first = First { text: &text, ..first };
    let exists = || Error::new(Code::AlreadyExists, format!("There is a text in {} already.", first.language));
    if !first.is_original {
        articles::check_lives(tx, first.article).await?;
    }
    let base = if first.is_original { None } else { original_revision(tx, first.article).await? };
    let orthography = match first.orthography {
        Some(orthography) => Some(orthography.to_owned()),
        None => switches::usual(&mut *tx, actor.agency, first.language).await?,
    };
    let revived: Option<(i32, i64)> = tx
        .query(
            "UPDATE translations SET deleted_at = NULL, agency_id = $3, revision = revision + 1, review = 'draft', headline = $4, headline_key = $5, \
             slug = $6, base_revision = $7, detached_at = NULL, freshness_reason = NULL, checked_revision = NULL, embargo_until = NULL, embargo_by = NULL, assignee_id = $8, created_by = $9, last_author = $9, return_reason = NULL, version = version + 1, \
             created_at = $10, updated_at = $10, updated_by = $9, orthography = $11 WHERE article_id = $1 AND language = $2 AND deleted_at IS NOT NULL RETURNING revision, version",
        )
        .bind(first.article)
        .bind(first.language)
        .bind(actor.agency)
        .bind(&first.text.headline)
        .bind(articles::headline_key(&first.text.headline))
        .bind(first.slug)
        .bind(base)
        .bind(actor.staff_id())
        .bind(actor.id())
        .bind(now)
        .bind(orthography.as_deref())
        .optional()
        .await?;
    let (revision, version) = if let Some(revived) = revived {
        revived
    } else {
        tx.query(
            "INSERT INTO translations (article_id, language, agency_id, is_original, publication, review, revision, base_revision, headline, \
             headline_key, slug, assignee_id, created_by, last_author, version, created_at, updated_at, updated_by, orthography) \
             VALUES ($1, $2, $3, $4, 'unreleased', 'draft', 1, $5, $6, $7, $8, $9, $10, $10, 1, $11, $11, $10, $12)",
        )
        .bind(first.article)
        .bind(first.language)
        .bind(actor.agency)
        .bind(first.is_original)
        .bind(base)
        .bind(&first.text.headline)
        .bind(articles::headline_key(&first.text.headline))
        .bind(first.slug)
        .bind(actor.staff_id())
        .bind(actor.id())
        .bind(now)
        .bind(orthography.as_deref())
        .execute()
        .await
        .unique(exists)?;
        (1, 1)
    };
    if !first.is_original {
        embargo::inherit(tx, first.article, first.language, now).await?;
    }
    let written = Written { revision, version, restored_from: None };
    insert_revision(tx, actor, first.article, first.language, written, first.text, now).await?;
    assignments::follow(tx, actor, (first.article, first.language, revision), Event::Written, now).await?;
    articles::touch(tx, first.article, actor.id(), now).await?;
    let written = read(&mut *tx, first.article, first.language).await?.ok_or_else(|| Error::internal("the text that was written is not there"))?;
    articles::index(tx, written.searched()).await?;
    Ok(written)
}

/// The revision of the original that translations are measured by.
pub(super) async fn original_revision(tx: &mut Tx, article: Uuid) -> Result<Option<i32>> {
    let pinned: Option<(i32,)> = tx
        .query("SELECT COALESCE(published_revision, revision) FROM translations WHERE article_id = $1 AND is_original AND deleted_at IS NULL")
        .bind(article)
        .optional()
        .await?;
    Ok(pinned.map(|(revision,)| revision))
}

/// Writes a further revision of a text.
///
/// # Errors
/// `illegal_transition`, and when the database fails.
pub(super) async fn put_next(
    tx: &mut Tx,
    actor: &Actor,
    old: &Translation,
    text: &Text,
    slug: Option<&str>,
    restored_from: Option<i32>,
    now: Timestamp,
) -> Result<Translation> {
    let revision = write_next(tx, (actor, actor.id()), old, text, slug, restored_from, now).await?;
    assignments::follow(tx, actor, (old.article_id, &old.language, revision), Event::Written, now).await?;
    let written = changed(tx, actor, old, now).await?;
    articles::index(tx, written.searched()).await?;
    variants::follow(tx, actor, &written, now).await?;
    Ok(written)
}

/// Writes a further revision of a variant that nobody wrote, but that follows from another text: no work is taken up by that. `by` says
/// who wrote that text, and who is the author of this one from now on.
///
/// # Errors
/// `illegal_transition`, and when the database fails.
pub(super) async fn put_made(tx: &mut Tx, by: (&Actor, Uuid), old: &Translation, text: &Text, now: Timestamp) -> Result<()> {
    write_next(tx, by, old, text, old.slug.as_deref(), None, now).await?;
    if let Some(written) = read(&mut *tx, old.article_id, &old.language).await? {
        articles::index(tx, written.searched()).await?;
    }
    articles::touch(tx, old.article_id, by.0.id(), now).await
}

/// Writes a further revision; its number.
async fn write_next(
    tx: &mut Tx,
    (actor, author): (&Actor, Uuid),
    old: &Translation,
    text: &Text,
    slug: Option<&str>,
    restored_from: Option<i32>,
    now: Timestamp,
) -> Result<i32> {
    let (publication, review) = step(old.publication, old.review, Step::Edit)?;
    let text = &*text.tidied(&old.language);
    let revision = old.revision + 1;
    tx.query(
        "UPDATE translations SET revision = $3, publication = $4, review = $5, headline = $6, headline_key = $7, slug = $8, last_author = $9, \
         version = version + 1, updated_at = $10, updated_by = $11, orthography = COALESCE((SELECT x.orthography FROM revisions x \
         WHERE x.article_id = $1 AND x.language = $2 AND x.revision = $12), orthography) WHERE article_id = $1 AND language = $2",
    )
    .bind(old.article_id)
    .bind(&old.language)
    .bind(revision)
    .bind(publication)
    .bind(review)
    .bind(&text.headline)
    .bind(articles::headline_key(&text.headline))
    .bind(slug)
    .bind(author)
    .bind(now)
    .bind(actor.id())
    .bind(restored_from)
    .execute()
    .await?;
    let written = Written { revision, version: old.version + 1, restored_from };
    insert_revision(tx, actor, old.article_id, &old.language, written, text, now).await?;
    Ok(revision)
}

/// A revision that is written, beside its words.
pub(super) struct Written {
    pub revision: i32,
    /// Of the text, from now on.
    pub version: i64,
    pub restored_from: Option<i32>,
}

/// Writes a revision, in the alphabet of its text.
pub(super) async fn insert_revision(tx: &mut Tx, actor: &Actor, article: Uuid, language: &Tag, written: Written, text: &Text, now: Timestamp) -> Result<()> {
    tx.query(
        "INSERT INTO revisions (article_id, language, revision, headline, summary, body, dateline, byline, authors, seo, words, restored_from, \
         created_by, created_at, text_version, orthography) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
         (SELECT t.orthography FROM translations t WHERE t.article_id = $1 AND t.language = $2))",
    )
    .bind(article)
    .bind(language)
    .bind(written.revision)
    .bind(&text.headline)
    .bind(&text.summary)
    .bind(Json(&text.body))
    .bind(&text.dateline)
    .bind(&text.byline)
    .bind(Json(&text.authors))
    .bind(Json(&text.seo))
    .bind(i32::try_from(text.body.word_count()).unwrap_or(i32::MAX))
    .bind(written.restored_from)
    .bind(actor.id())
    .bind(now)
    .bind(written.version)
    .execute()
    .await?;
    Ok(())
}

/// What a step changes of a text's row.
#[derive(Default)]
pub(super) struct Moved<'a> {
    pub return_reason: Option<&'a str>,
    /// The address and the moment of a publication.
    pub published: Option<&'a str>,
    /// Why it is killed.
    pub killed: Option<&'a str>,
    /// The address under which readers saw it until it was withheld.
    pub withheld: Option<&'a str>,
}

/// Moves a text to another state.
///
/// # Errors
/// When the database fails.
pub(super) async fn advance(tx: &mut Tx, actor: &Actor, old: &Translation, to: (Publication, Review), moved: Moved<'_>, now: Timestamp) -> Result<Translation> {
    put_state(tx, actor, old, to, moved, now).await?;
    read(tx, old.article_id, &old.language).await?.ok_or_else(|| Error::internal("the text that was moved is not there"))
}

/// As [`advance`], for who reads the text later.
///
/// # Errors
/// When the database fails.
pub(super) async fn put_state(
    tx: &mut Tx,
    actor: &Actor,
    old: &Translation,
    (publication, review): (Publication, Review),
    moved: Moved<'_>,
    now: Timestamp,
) -> Result<()> {
    let is_published = moved.published.is_some();
    tx.query(
        "UPDATE translations SET publication = $3, review = $4, return_reason = $5, slug = COALESCE($6, slug), \
         published_revision = CASE WHEN $7 THEN revision ELSE published_revision END, \
         published_at = CASE WHEN $7 AND COALESCE(embargo_until, $9) <= $9 THEN $9 ELSE published_at END, \
         first_published_at = CASE WHEN $7 AND COALESCE(embargo_until, $9) <= $9 THEN COALESCE(first_published_at, $9) ELSE first_published_at END, \
         kill_reason = COALESCE($11, kill_reason), withheld_slug = $12, killed_at = CASE WHEN $8 THEN $9 ELSE killed_at END, version = version + 1, updated_at = $9, updated_by = $10 \
         WHERE article_id = $1 AND language = $2",
    )
    .bind(old.article_id)
    .bind(&old.language)
    .bind(publication)
    .bind(review)
    .bind(moved.return_reason)
    .bind(moved.published)
    .bind(is_published)
    .bind(moved.killed.is_some())
    .bind(now)
    .bind(actor.id())
    .bind(moved.killed)
    .bind(moved.withheld)
    .execute()
    .await?;
    articles::touch(tx, old.article_id, actor.id(), now).await
}

/// Gives a withheld text back, as readers saw it, and lets it go its own way. Under an embargo no reader sees it yet.
///
/// # Errors
/// When the database fails.
pub(super) async fn lift(tx: &mut Tx, actor: &Actor, old: &Translation, to: (Publication, Review), reason: &str, now: Timestamp) -> Result<()> {
    tx.query(
        "UPDATE translations SET publication = $3, review = $4, detached_at = $5, freshness_reason = $6, withheld_slug = NULL, \
         published_at = CASE WHEN COALESCE(embargo_until, $5) <= $5 THEN $5 ELSE published_at END, \
         first_published_at = CASE WHEN COALESCE(embargo_until, $5) <= $5 THEN COALESCE(first_published_at, $5) ELSE first_published_at END, \
         version = version + 1, updated_at = $5, updated_by = $7 WHERE article_id = $1 AND language = $2",
    )
    .bind(old.article_id)
    .bind(&old.language)
    .bind(to.0)
    .bind(to.1)
    .bind(now)
    .bind(reason)
    .bind(actor.id())
    .execute()
    .await?;
    Ok(())
}

/// Pins a translation to what there was of the original for its readers (before the first publication, for its people) when the newest
/// revision of the translation was written: nobody can have followed what came later. It never goes back.
///
/// # Errors
/// When the database fails.
pub(super) async fn pin(tx: &mut Tx, text: &Translation) -> Result<()> {
    let (known,): (Option<i32>,) = tx
        .query(
            "SELECT CASE WHEN o.published_revision IS NULL THEN (SELECT max(x.revision) FROM revisions x WHERE x.article_id = o.article_id \
             AND x.language = o.language AND x.created_at <= r.created_at) ELSE (SELECT c.revision FROM published_changes c \
             WHERE c.article_id = o.article_id AND c.language = o.language AND c.type IN ('published', 'updated', 'corrected') \
             AND c.at <= r.created_at ORDER BY c.seq DESC LIMIT 1) END FROM revisions r \
             LEFT JOIN translations o ON o.article_id = r.article_id AND o.is_original AND o.deleted_at IS NULL \
             WHERE r.article_id = $1 AND r.language = $2 AND r.revision = $3",
        )
        .bind(text.article_id)
        .bind(&text.language)
        .bind(text.revision)
        .one()
        .await?;
    put_base(tx, text, known.max(text.base_revision)).await
}

async fn put_base(tx: &mut Tx, text: &Translation, base: Option<i32>) -> Result<()> {
    tx.query("UPDATE translations SET base_revision = $3 WHERE article_id = $1 AND language = $2 AND NOT is_original AND detached_at IS NULL")
        .bind(text.article_id)
        .bind(&text.language)
        .bind(base)
        .execute()
        .await?;
    Ok(())
}

/// Says that a text needs no change for what became of its original, of which readers are told no more then.
///
/// # Errors
/// When the database fails.
pub(super) async fn check_off(tx: &mut Tx, actor: &Actor, old: &Translation, now: Timestamp) -> Result<Translation> {
    let base = original_revision(tx, old.article_id).await?;
    put_base(tx, old, base).await?;
    let query = tx.query(
        "UPDATE translations SET checked_revision = base_revision, version = version + 1, updated_at = $3, updated_by = $4 \
         WHERE article_id = $1 AND language = $2",
    );
    query.bind(old.article_id).bind(&old.language).bind(now).bind(actor.id()).execute().await?;
    publication::refresh(tx, old.article_id, now).await?;
    changed(tx, actor, old, now).await
}

/// Pins a translation to a revision of its original.
///
/// # Errors
/// When the database fails.
pub(super) async fn rebase(tx: &mut Tx, actor: &Actor, old: &Translation, base: i32, now: Timestamp) -> Result<Translation> {
    let query =
        tx.query("UPDATE translations SET base_revision = $3, version = version + 1, updated_at = $4, updated_by = $5 WHERE article_id = $1 AND language = $2");
    query.bind(old.article_id).bind(&old.language).bind(base).bind(now).bind(actor.id()).execute().await?;
    changed(tx, actor, old, now).await
}

/// Lets a text go its own way from a moment on, or follow its original again.
///
/// # Errors
/// When the database fails.
pub(super) async fn detach(tx: &mut Tx, actor: &Actor, old: &Translation, at: Option<Timestamp>, reason: &str, now: Timestamp) -> Result<Translation> {
    tx.query(
        "UPDATE translations SET detached_at = $3, freshness_reason = $4, version = version + 1, updated_at = $5, updated_by = $6 \
         WHERE article_id = $1 AND language = $2",
    )
    .bind(old.article_id)
    .bind(&old.language)
    .bind(at)
    .bind(reason)
    .bind(now)
    .bind(actor.id())
    .execute()
    .await?;
    publication::refresh(tx, old.article_id, now).await?;
    changed(tx, actor, old, now).await
}

/// The text after a change of its row, of which its article knows.
async fn changed(tx: &mut Tx, actor: &Actor, old: &Translation, now: Timestamp) -> Result<Translation> {
    articles::touch(tx, old.article_id, actor.id(), now).await?;
    read(tx, old.article_id, &old.language).await?.ok_or_else(|| Error::internal("the text that was changed is not there"))
}

/// Gives a text to somebody, or to nobody.
///
/// # Errors
/// When the database fails.
pub(super) async fn assign(tx: &mut Tx, actor: &Actor, old: &Translation, assignee: Option<Uuid>, now: Timestamp) -> Result<Translation> {
    tx.query("UPDATE translations SET assignee_id = $3, version = version + 1, updated_at = $4, updated_by = $5 WHERE article_id = $1 AND language = $2")
        .bind(old.article_id)
        .bind(&old.language)
        .bind(assignee)
        .bind(now)
        .bind(actor.id())
        .execute()
        .await?;
    changed(tx, actor, old, now).await
}

/// Deletes a text that was never public.
///
/// # Errors
/// `illegal_transition`, `conflict`, and when the database fails.
pub(super) async fn delete(tx: &mut Tx, actor: &Actor, old: &Translation, now: Timestamp) -> Result<()> {
    step(old.publication, old.review, Step::Delete)?;
    if old.is_original {
        return Err(Error::new(Code::Conflict, "The original belongs to the article: delete the article."));
    }
    tx.query("UPDATE translations SET deleted_at = $3, version = version + 1, updated_at = $3, updated_by = $4 WHERE article_id = $1 AND language = $2")
        .bind(old.article_id)
        .bind(&old.language)
        .bind(now)
        .bind(actor.id())
        .execute()
        .await?;
    articles::forget(tx, old.article_id, Some(&old.language)).await?;
    variants::forget(tx, old.article_id, &old.language).await?;
    assignments::close(tx, actor, old.article_id, Some(&old.language), "The text was deleted.", now).await?;
    articles::touch(tx, old.article_id, actor.id(), now).await
}
