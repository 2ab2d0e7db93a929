//! What the public can see: the published projection and its change log. Nothing else writes `published_*`.
//!
//! [`publish`] renders the whole document of a text once, from the tables of the house, in the transaction that publishes
//! it; [`withdraw`] takes it away. Each is one entry of the gap-free sequence, whose counter is locked near the end. A text under
//! embargo is shown to partners alone, and enters what is public when that ends.

mod document;
mod front_page;
mod partner;
mod preview;
mod profile;
mod rebuild;
mod search;
mod store;
mod traces;

pub use document::Head;
pub use front_page::{FrontPageSlot, FrontPageView, PublicText, public_among, public_texts, set_front_page};
pub use preview::{BodyFormat, preview};
pub use profile::{AgencyProfile, SectionProfile, StaffProfile, refresh_agency, refresh_section, refresh_staff};
pub use rebuild::{Rebuild, RebuildSelection, follow_addresses};
pub use search::{Reindex, follow_search_version, reindex};
pub use traces::{Mention, MentionKind, Trace, mentions, slug_of, traces};

use crate::config::Config;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Result};
use crate::jobs;
use crate::language::Tag;
use crate::text_enum;
use uuid::Uuid;

/// The part of what is public that documents are.
const ARTICLES: &str = "articles";
/// The part of what is public that the spellings of names are, by which words of a search are known.
pub const NAMES: &str = "names";
/// Texts as urgent as this or more are few, and have indexes of their own. The number stands in the SQL that is to use them.
pub const URGENT: i32 = 3;

text_enum! {
    /// What happened to a public text.
    pub enum ChangeType {
        Published = "published",
        Updated = "updated",
        Corrected = "corrected",
        Unpublished = "unpublished",
        Killed = "killed",
    }
}

text_enum! {
    /// Why a text that was public is published anew.
    pub enum ChangeKind {
        /// A typing error; the meaning is the same.
        Fix = "fix",
        /// New facts.
        Update = "update",
        /// It could be misunderstood.
        Clarification = "clarification",
        /// It was wrong.
        Correction = "correction",
    }
}

text_enum! {
    /// Where a text stands that was made of another by changing its script.
    pub enum DerivationStatus {
        /// Its letters have exact rules, and nothing in it is doubtful.
        Auto = "auto",
        /// Somebody has yet to read it.
        NeedsReview = "needs_review",
        Reviewed = "reviewed",
        /// It goes its own way.
        Independent = "independent",
    }
}

text_enum! {
    /// What is behind a public event, where its type does not say it.
    pub enum ChangeReason {
        /// The original was killed; the text's own agency decides.
        Withheld = "withheld",
    }
}

/// An entry for the change log.
#[derive(Clone, Debug)]
pub struct Change {
    pub r#type: ChangeType,
    pub kind: Option<ChangeKind>,
    pub public_note: Option<String>,
    pub reason: Option<ChangeReason>,
    /// What partners are asked to do.
    pub instruction: Option<String>,
}

impl Change {
    /// One of which nothing more is to be said.
    #[must_use]
    pub const fn of(r#type: ChangeType) -> Self {
        Self { r#type, kind: None, public_note: None, reason: None, instruction: None }
    }
}

/// Makes the published revision of a text public, as its row in `translations` says. Returns the sequence number; `None` where an
/// embargo keeps it from readers, and partners alone see it.
///
/// # Errors
/// When the database fails.
pub async fn publish(tx: &mut Tx, config: &Config, article: Uuid, language: &Tag, change: &Change, now: Timestamp) -> Result<Option<i64>> {
    let source = store::source(tx, article, language).await?;
    show(tx, config, source, change, now).await
}

/// As [`publish`], under an address that is not the one in its row.
///
/// # Errors
/// When the database fails.
pub async fn publish_at(tx: &mut Tx, config: &Config, article: Uuid, language: &Tag, slug: String, change: &Change, now: Timestamp) -> Result<Option<i64>> {
    let source = store::Source { slug, ..store::source(tx, article, language).await? };
    show(tx, config, source, change, now).await
}

/// Shows a text to readers or, under an embargo, to partners.
async fn show(tx: &mut Tx, config: &Config, source: store::Source, change: &Change, now: Timestamp) -> Result<Option<i64>> {
    if let Some(until) = source.embargo_until.filter(|until| *until > now && !source.is_public) {
        partner::put(tx, config, source, change, until, now).await?;
        return Ok(None);
    }
    enter(tx, config, &source, change, now).await.map(Some)
}

/// Shows a text to readers.
async fn enter(tx: &mut Tx, config: &Config, source: &store::Source, change: &Change, now: Timestamp) -> Result<i64> {
    let (article, language) = (source.article_id, &source.language);
    if source.is_held {
        partner::remove(tx, article, language).await?;
    }
    let document = document::render(tx, config, source, change, document::Rendering { at: now, again: false }).await?;
    let seq = store::next_seq(tx).await?;
    store::put(tx, &document, source.is_public, seq, now).await?;
    store::log(tx, seq, article, language, document.agency_id, source.revision, change, now).await?;
    store::refresh_siblings(tx, article, now).await?;
    if !source.is_public {
        refresh_links(tx, article, now).await?;
    }
    store::stamp(tx, ARTICLES, Some(article), now).await?;
    Ok(seq)
}

/// A text that an embargo no longer keeps from readers.
#[derive(Debug)]
pub struct Opened {
    /// The number of the change.
    pub seq: i64,
    /// The address that it was to have, and the one that it has: others may have taken it meanwhile.
    pub planned: String,
    pub slug: String,
}

/// Shows readers what an embargo kept from them, as the text's row in `translations` says; `None` where there is nothing.
///
/// # Errors
/// When the database fails.
pub async fn open(tx: &mut Tx, config: &Config, article: Uuid, language: &Tag, now: Timestamp) -> Result<Option<Opened>> {
    let Some(held) = partner::held(tx, article, language).await? else { return Ok(None) };
    let mut source = store::source(tx, article, language).await?;
    let claimed = store::claim_slug(tx, article, language, Some(&held.slug), &source.headline, false).await;
    source.slug = match claimed {
        Err(error) if error.code == Code::AlreadyExists => store::claim_slug(tx, article, language, None, &source.headline, false).await?,
        claimed => claimed?,
    };
    let seq = enter(tx, config, &source, &held.change(), now).await?;
    Ok(Some(Opened { seq, planned: held.slug, slug: source.slug }))
}

/// Whether an embargo keeps a published text from readers.
///
/// # Errors
/// When the database fails.
pub async fn is_held(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<bool> {
    Ok(partner::held(tx, article, language).await?.is_some())
}

/// Renders what partners see of a text anew, under an embargo until `until`.
///
/// # Errors
/// When the database fails.
pub async fn refresh_held(tx: &mut Tx, config: &Config, article: Uuid, language: &Tag, until: Timestamp, now: Timestamp) -> Result<()> {
    partner::refresh(tx, config, article, language, until, now).await
}

/// Notes that names are spelled otherwise from now on.
///
/// # Errors
/// When the database fails.
pub async fn names_changed(tx: &mut Tx, now: Timestamp) -> Result<()> {
    store::stamp(tx, NAMES, None, now).await
}

/// Takes the end of the change log before anything else, for a transaction that publishes several texts: after the first of them the
/// audit log is locked, which comes last.
///
/// # Errors
/// When the database fails.
pub async fn hold_changes(tx: &mut Tx) -> Result<()> {
    store::hold_seq(tx).await
}

/// Whether readers see a text.
///
/// # Errors
/// When the database fails.
pub async fn is_public(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<bool> {
    store::is_public(tx, article, language).await
}

/// The revision of a text that readers see, or saw last.
///
/// # Errors
/// When the database fails.
pub async fn seen(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<Option<i32>> {
    store::seen(on, article, language).await
}

/// The gravest kind of change that readers were told of a text since they last got a variant of it, with its note: the latest of its kind.
///
/// # Errors
/// When the database fails.
pub async fn gravest_since(tx: &mut Tx, article: Uuid, source: &Tag, variant: &Tag) -> Result<Option<(ChangeKind, Option<String>)>> {
    store::gravest_since(tx, article, source, variant).await
}

/// Whether a text is or was public under an address.
///
/// # Errors
/// When the database fails.
pub async fn had_address(tx: &mut Tx, article: Uuid, language: &Tag, slug: &str) -> Result<bool> {
    store::had_address(tx, article, language, slug).await
}

/// Takes a text under embargo away from partners. Nothing public changes.
///
/// # Errors
/// When the database fails.
pub async fn withdraw_from_partners(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<bool> {
    partner::remove(tx, article, language).await
}

/// Takes a text away from partners and the public; a killed one leaves a tombstone. Returns the sequence number, or `None` for what
/// readers did not see, and for a killed one never saw: nothing public tells of it.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(tx: &mut Tx, article: Uuid, language: &Tag, change: &Change, now: Timestamp) -> Result<Option<i64>> {
    Ok(withdraw_all(tx, article, &[(language, change)], now).await?.pop().flatten())
}

/// As [`withdraw`], several texts of a story at once.
///
/// # Errors
/// When the database fails.
pub async fn withdraw_all(tx: &mut Tx, article: Uuid, texts: &[(&Tag, &Change)], now: Timestamp) -> Result<Vec<Option<i64>>> {
    let mut numbers = vec![];
    for (language, change) in texts {
        numbers.push(take_away(tx, article, language, change, now).await?);
    }
    if numbers.iter().any(Option::is_some) {
        store::refresh_siblings(tx, article, now).await?;
        refresh_links(tx, article, now).await?;
        store::stamp(tx, ARTICLES, Some(article), now).await?;
    }
    Ok(numbers)
}

async fn take_away(tx: &mut Tx, article: Uuid, language: &Tag, change: &Change, now: Timestamp) -> Result<Option<i64>> {
    partner::remove(tx, article, language).await?;
    // The log alone knows what readers saw.
    let Some(revision) = store::seen(&mut *tx, article, language).await? else { return Ok(None) };
    if change.r#type != ChangeType::Killed && !store::is_public(tx, article, language).await? {
        return Ok(None);
    }
    let Some(agency) = store::agency_of(tx, article, language).await? else { return Ok(None) };
    let seq = store::next_seq(tx).await?;
    store::remove(tx, article, language).await?;
    if change.r#type == ChangeType::Killed {
        store::bury(tx, article, language, change.public_note.as_deref().unwrap_or_default(), now).await?;
    }
    store::log(tx, seq, article, language, agency, revision, change, now).await?;
    Ok(Some(seq))
}

/// Tells the public texts of a story anew what follows from how they stand to each other.
///
/// # Errors
/// When the database fails.
pub async fn refresh(tx: &mut Tx, article: Uuid, now: Timestamp) -> Result<()> {
    if store::refresh_siblings(tx, article, now).await? {
        store::stamp(tx, ARTICLES, Some(article), now).await?;
    }
    Ok(())
}

/// Whether readers see translations of a story.
///
/// # Errors
/// When the database fails.
pub async fn has_translations(tx: &mut Tx, article: Uuid) -> Result<bool> {
    store::has_translations(tx, article).await
}

/// Texts show links to a story exactly while something of it is public.
async fn refresh_links(tx: &mut Tx, article: Uuid, now: Timestamp) -> Result<()> {
    if store::is_linked(tx, article).await? {
        jobs::enqueue(tx, &Rebuild::of(RebuildSelection::Linking(article)), now, now).await?;
    }
    Ok(())
}

/// Reserves an address for a text: the one it has, the one it wants, or one made of its headline. Every address stays its text's for ever.
/// In secret, under an embargo, it is found but not taken: others could tell.
///
/// # Errors
/// `already_exists` when the wanted one was another text's.
pub async fn claim_slug(tx: &mut Tx, article: Uuid, language: &Tag, wanted: Option<&str>, headline: &str, secret: bool) -> Result<String> {
    store::claim_slug(tx, article, language, wanted, headline, secret).await
}
