//! The public document of a text, rendered once: the bytes that delivery answers.

use super::store::{self, Document, Source};
use super::{Change, ChangeKind, DerivationStatus};
use crate::config::Config;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Error, Result};
use crate::language::{Direction, Tag};
use crate::names::{Names, pick};
use crate::topics;
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a public text says of itself.
#[derive(Serialize, ToSchema)]
pub struct Head {
    /// The article's, for all its languages.
    pub id: Uuid,
    pub language: Tag,
    pub direction: Direction,
    pub is_original: bool,
    pub original_language: Tag,
    /// The alphabet that it is written in, where its language has several in one script.
    pub orthography: Option<String>,
    /// The text that it was made of by changing the script.
    pub derived_from: Option<ScriptSource>,
    /// Where such a text stands.
    pub derivation_status: Option<DerivationStatus>,
    /// That search engines are to keep away: nobody has read it yet.
    pub noindex: bool,
    pub slug: String,
    /// Where readers find it.
    pub url: String,
    pub headline: String,
    pub summary: Option<String>,
    pub dateline: Option<String>,
    /// Who wrote it, as it is to be printed.
    pub byline: Option<String>,
    pub authors: Vec<Author>,
    /// Who translated it; nobody for an original.
    pub translators: Vec<Author>,
    /// Who must be credited: the agency of the story, that of the text where it is another, and for a translation who wrote and who
    /// translated it.
    pub credit_line: String,
    /// Whose text it is.
    pub agency: Named,
    pub section: Option<Named>,
    /// IPTC Media Topics.
    pub topics: Vec<Topic>,
    /// 1 (flash) to 9.
    pub urgency: i32,
    pub genre: Option<String>,
    pub rights: Option<String>,
    /// The killed story in whose place it is.
    pub replaces: Option<Uuid>,
    pub words: i32,
    pub seo: Seo,
    /// When it was first published.
    pub published_at: Timestamp,
    /// When it was last published anew.
    pub updated_at: Timestamp,
    /// How many revisions of it were published so far.
    pub version: i32,
    /// Why it was last published anew.
    pub last_change: Option<LastChange>,
    /// All clarifications and corrections, the newest first.
    pub corrections: Vec<LastChange>,
}

/// The text that another was made of by changing the script.
#[derive(Serialize, ToSchema)]
pub struct ScriptSource {
    pub language: Tag,
}

/// An author with a public name.
#[derive(Serialize, ToSchema)]
pub struct Author {
    pub id: Uuid,
    pub name: String,
}

/// An agency or section.
#[derive(Serialize, ToSchema)]
pub struct Named {
    pub id: Uuid,
    pub slug: String,
    /// In the language of the text, or the nearest that there is.
    pub name: String,
}

#[derive(Serialize, ToSchema)]
pub struct Topic {
    pub id: String,
    /// In English, as IPTC names it.
    pub name: &'static str,
}

/// For search engines.
#[derive(Serialize, ToSchema)]
pub struct Seo {
    pub title: Option<String>,
    pub description: Option<String>,
}

/// Why a text was published anew.
#[derive(Serialize, FromRow, ToSchema)]
pub struct LastChange {
    pub kind: ChangeKind,
    pub public_note: Option<String>,
    pub at: Timestamp,
}

/// When a document is rendered.
#[derive(Clone, Copy)]
pub struct Rendering {
    /// When it was last published.
    pub at: Timestamp,
    /// Whether that publication is in the change log already.
    pub again: bool,
}

/// What a document says that is not in the text itself.
pub struct Facts {
    /// How many other revisions of the text readers have seen.
    others: i64,
    /// Clarifications and corrections that are in the change log, the newest first.
    corrections: Vec<LastChange>,
    /// Where internal links lead.
    addresses: Vec<(Uuid, Tag, String)>,
    authors: Vec<(Uuid, Names)>,
    /// Of the original, for a translation.
    writers: Vec<(Uuid, Names)>,
    translators: Vec<(Uuid, Names)>,
}

/// Reads the facts of a document: in the transaction that publishes it, or for somebody who looks at it before.
pub async fn gather<C>(on: &mut C, source: &Source) -> Result<Facts>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let links: Vec<Uuid> = source.body.0.internal_links().collect();
    let (writers, translators) = if source.is_original { (vec![], vec![]) } else { store::makers(on, source).await? };
    let (others, corrections) = if source.was_public {
        let others = store::other_publications(&mut *on, source.article_id, &source.language, source.revision).await?;
        (others, store::corrections(&mut *on, source.article_id, &source.language).await?)
    } else {
        (0, vec![])
    };
    Ok(Facts {
        others,
        corrections,
        addresses: if links.is_empty() { vec![] } else { store::addresses(&mut *on, &links).await? },
        authors: store::authors(&mut *on, &source.authors.0).await?,
        writers: store::authors(&mut *on, &writers).await?,
        translators: store::authors(&mut *on, &translators).await?,
    })
}

/// Renders the document of a text.
pub async fn render(tx: &mut Tx, config: &Config, source: &Source, change: &Change, rendering: Rendering) -> Result<Document> {
    let facts = gather(tx, source).await?;
    compose(config, source, facts, change, rendering)
}

/// The document of a text and its facts. Reads and writes nothing.
pub fn compose(config: &Config, source: &Source, facts: Facts, change: &Change, rendering: Rendering) -> Result<Document> {
    let version = i32::try_from(facts.others).unwrap_or(i32::MAX).saturating_add(1);
    let mut corrections = facts.corrections;
    let is_correction = matches!(change.kind, Some(ChangeKind::Clarification | ChangeKind::Correction));
    if let Some(kind) = change.kind.filter(|_| is_correction && !rendering.again) {
        corrections.insert(0, LastChange { kind, public_note: change.public_note.clone(), at: rendering.at });
    }
    let language = &source.language;
    let url = address(config, source.article_id, language, &source.slug, source.section_slug.as_deref());
    let links: Vec<Uuid> = source.body.0.internal_links().collect();
    let known = facts.addresses;
    let body = source.body.0.clone().with_links_to(|article| known.iter().any(|(id, ..)| *id == article));
    let resolve = |article: Uuid, wanted: Option<&str>| {
        let wanted = wanted.unwrap_or_else(|| language.as_str());
        known.iter().find(|(id, tag, _)| *id == article && tag.as_str() == wanted).map(|(_, _, url)| url.clone())
    };
    let shown_as =
        |people: Vec<(Uuid, Names)>| -> Vec<Author> { people.into_iter().map(|(id, all)| Author { id, name: pick(&all, language).to_owned() }).collect() };
    let (authors, writers, translators) = (shown_as(facts.authors), shown_as(facts.writers), shown_as(facts.translators));
    let shown: Vec<Uuid> = authors.iter().map(|author| author.id).collect();
    let byline = source.byline.clone().or_else(|| {
        let names: Vec<&str> = authors.iter().map(|author| author.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    });
    let text = |member: &str| source.seo.0.get(member).and_then(|value| value.as_str()).map(str::to_owned);
    let titled = |id, slug: &str, names: &Names| Named { id, slug: slug.to_owned(), name: pick(names, language).to_owned() };
    let section = match (source.section_id, &source.section_slug, &source.section_names) {
        (Some(id), Some(slug), Some(names)) => Some(titled(id, slug, &names.0)),
        _ => None,
    };
    let head = Head {
        id: source.article_id,
        language: language.clone(),
        direction: language.direction(),
        is_original: source.is_original,
        original_language: source.original_language.clone(),
        orthography: source.orthography.clone(),
        derived_from: source.from_language.clone().map(|language| ScriptSource { language }),
        derivation_status: source.derivation_status,
        noindex: is_kept_from_search(source),
        slug: source.slug.clone(),
        url: url.clone(),
        headline: source.headline.clone(),
        summary: source.summary.clone(),
        dateline: source.dateline.clone(),
        byline,
        authors,
        credit_line: credit_line(source, &writers, &translators),
        translators,
        agency: titled(source.agency_id, &source.agency_slug, &source.agency_names.0),
        section,
        topics: source.topics.0.iter().map(|id| Topic { id: id.clone(), name: topics::name(id).unwrap_or_default() }).collect(),
        urgency: source.urgency,
        genre: source.genre.clone(),
        rights: source.rights.clone(),
        replaces: source.replaces,
        words: source.words,
        seo: Seo { title: text("title"), description: text("description") },
        published_at: source.first_published_at,
        updated_at: source.published_at,
        version,
        last_change: change.kind.map(|kind| LastChange { kind, public_note: change.public_note.clone(), at: rendering.at }),
        corrections,
    };
    let mut head = serde_json::to_string(&head).map_err(Error::internal)?;
    head.pop();
    let mut surrogate_key = format!("article-{} language-{language} agency-{}", source.article_id, source.agency_slug);
    if let Some(section) = &source.section_slug {
        surrogate_key.push_str(" section-");
        surrogate_key.push_str(section);
    }
    Ok(Document {
        article_id: source.article_id,
        language: language.clone(),
        is_original: source.is_original,
        agency_id: source.agency_id,
        section_id: source.section_id,
        slug: source.slug.clone(),
        urgency: source.urgency,
        published_at: source.first_published_at,
        updated_at: source.published_at,
        url,
        surrogate_key,
        head,
        related: source.related.0.clone(),
        replaces: source.replaces,
        links,
        topics: source.topics.0.clone(),
        authors: shown,
        body: serde_json::to_string(&body).map_err(Error::internal)?,
        body_html: serde_json::to_string(&body.to_html_fragment(language.as_str(), language.direction().as_str(), &resolve)).map_err(Error::internal)?,
        body_text: serde_json::to_string(&body.to_text()).map_err(Error::internal)?,
    })
}

/// Whether search engines are to keep away: nobody has read the text, and its agency wants that then.
fn is_kept_from_search(source: &Source) -> bool {
    let unread = matches!(source.derivation_status, Some(DerivationStatus::Auto | DerivationStatus::NeedsReview));
    unread && source.variant_rules.iter().any(|rule| rule.noindex && Some(&rule.from) == source.from_language.as_ref() && rule.to == source.language)
}

/// `Trend (Aysel Quliyeva) / Kazinform (Dana Serik)`: whose story it is and who wrote it; whose translation, and who made it.
fn credit_line(source: &Source, writers: &[Author], translators: &[Author]) -> String {
    let with = |agency: &str, people: &[Author]| {
        let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
        if names.is_empty() { agency.to_owned() } else { format!("{agency} ({})", names.join(", ")) }
    };
    let story = with(pick(&source.owner_names.0, &source.language), writers);
    if source.owner_slug == source.agency_slug && translators.is_empty() {
        return story;
    }
    format!("{story} / {}", with(pick(&source.agency_names.0, &source.language), translators))
}

/// Where readers find a text: on the site, or in delivery where no site is set.
pub fn address(config: &Config, article: Uuid, language: &Tag, slug: &str, section: Option<&str>) -> String {
    let templates = &config.site.article_url.0;
    let template = templates.get(&language.as_str().to_lowercase()).or_else(|| templates.get(language.language())).or_else(|| templates.get(""));
    match template {
        None => format!("{}/v1/delivery/articles/{language}/{slug}", config.public_url),
        Some(template) => template
            .replace("{language}", language.as_str())
            .replace("{slug}", slug)
            .replace("{id}", &article.to_string())
            .replace("{section}", section.unwrap_or("news")),
    }
}
