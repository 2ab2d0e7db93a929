//! What the public can see: the published projection and its change log. Nothing else writes `published_*`.
//!
//! [`publish`] renders the whole document of a text once, from the tables of the house, in the transaction that publishes
//! it; [`withdraw`] takes it away. Each is one entry of the gap-free sequence, whose counter is locked near the end.

mod document;
mod profile;
mod rebuild;
mod store;

pub use document::Head;
pub use profile::{AgencyProfile, SectionProfile, StaffProfile, refresh_agency, refresh_section, refresh_staff};
pub use rebuild::{Rebuild, RebuildSelection, follow_addresses};

use crate::config::Config;
use crate::db::{Timestamp, Tx};
use crate::error::Result;
use crate::jobs;
use crate::language::Tag;
use crate::text_enum;
use uuid::Uuid;

/// The part of what is public that documents are.
const ARTICLES: &str = "articles";

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

/// An entry for the change log.
#[derive(Clone, Debug)]
pub struct Change {
    pub r#type: ChangeType,
    pub kind: Option<ChangeKind>,
    pub public_note: Option<String>,
}

/// Makes the published revision of a text public, as its row in `translations` says. Returns the sequence number.
///
/// # Errors
/// When the database fails.
pub async fn publish(tx: &mut Tx, config: &Config, article: Uuid, language: &Tag, change: &Change, now: Timestamp) -> Result<i64> {
    let was_public = store::is_public(tx, article, language).await?;
    let source = store::source(tx, article, language).await?;
    let document = document::render(tx, config, &source, change, document::Rendering { at: now, again: false }).await?;
    let seq = store::next_seq(tx).await?;
    store::put(tx, &document, seq, now).await?;
    store::log(tx, seq, article, language, document.agency_id, source.revision, change, now).await?;
    store::refresh_siblings(tx, article, now).await?;
    if !was_public {
        refresh_links(tx, article, now).await?;
    }
    store::stamp(tx, ARTICLES, now).await?;
    Ok(seq)
}

/// Takes a text away from the public; a killed one leaves a tombstone. Returns the sequence number, or `None` for what was not
/// public and was not killed.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(tx: &mut Tx, article: Uuid, language: &Tag, change: &Change, now: Timestamp) -> Result<Option<i64>> {
    let Some((agency, revision)) = store::standing(tx, article, language).await? else { return Ok(None) };
    let seq = store::next_seq(tx).await?;
    store::remove(tx, article, language).await?;
    if change.r#type == ChangeType::Killed {
        store::bury(tx, article, language, change.public_note.as_deref().unwrap_or_default(), now).await?;
    }
    store::log(tx, seq, article, language, agency, revision, change, now).await?;
    store::refresh_siblings(tx, article, now).await?;
    refresh_links(tx, article, now).await?;
    store::stamp(tx, ARTICLES, now).await?;
    Ok(Some(seq))
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
///
/// # Errors
/// `already_exists` when the wanted one was another text's.
pub async fn claim_slug(tx: &mut Tx, article: Uuid, language: &Tag, wanted: Option<&str>, headline: &str) -> Result<String> {
    store::claim_slug(tx, article, language, wanted, headline).await
}
