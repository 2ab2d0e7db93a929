//! What a kill would touch.

use super::orders::{self, PendingKill};
use super::{Effect, effect_on};
use crate::agencies;
use crate::articles::Article;
use crate::db::{Db, Timestamp};
use crate::error::Result;
use crate::language::Tag;
use crate::publication::{self, Mention};
use crate::translations::{Publication, store};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// All that the kill of a story would touch.
#[derive(Debug, Serialize, ToSchema)]
pub struct KillPreview {
    pub article_id: Uuid,
    /// When it was killed, where it was.
    pub killed_at: Option<Timestamp>,
    /// Whether a second person has to confirm it.
    pub four_eyes: bool,
    /// The order that waits for a second person.
    pub order: Option<PendingKill>,
    /// The original first.
    pub texts: Vec<PreviewedText>,
    /// Public texts that link to it or list it as related, at most 200. Links to what is not public any more become plain words.
    pub mentions: Vec<Mention>,
}

/// What the kill would do to a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewedText {
    pub language: Tag,
    pub is_original: bool,
    pub agency_id: Uuid,
    pub publication: Publication,
    pub effect: Effect,
    /// Where readers find it now.
    pub url: Option<String>,
    /// Every address that it ever had.
    pub slugs: Vec<String>,
}

pub async fn preview(db: &Db, article: &Article) -> Result<KillPreview> {
    let traces = publication::traces(db, article.id).await?;
    let texts = store::list(db, article.id).await?.into_iter().map(|text| {
        let own = traces.iter().filter(|trace| trace.language == text.language);
        PreviewedText {
            effect: effect_on(&text, article.agency_id),
            url: own.clone().find_map(|trace| trace.url.clone()),
            slugs: own.map(|trace| trace.slug.clone()).collect(),
            language: text.language,
            is_original: text.is_original,
            agency_id: text.agency_id,
            publication: text.publication,
        }
    });
    Ok(KillPreview {
        article_id: article.id,
        killed_at: article.killed_at,
        four_eyes: agencies::asks_for_four_eyes(db, article.agency_id).await?,
        order: orders::pending(db, article.id).await?,
        texts: texts.collect(),
        mentions: publication::mentions(db, article.id).await?,
    })
}
