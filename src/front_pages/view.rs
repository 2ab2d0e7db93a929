//! What editors see of a front page: each slot with its text, as far as they may see that.

use super::FrontPage;
use super::store::Edition;
use crate::answer::Answer;
use crate::db::{Reader, Timestamp};
use crate::error::Result;
use crate::language::{Direction, Tag};
use crate::policy::Actor;
use crate::publication::FrontPageSlot;
use crate::{articles, publication};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A front page in one language.
#[derive(Debug, Serialize, ToSchema)]
pub struct FrontPageEdition {
    pub name: String,
    /// The agency whose page it is; `null` for the house's.
    pub agency_id: Option<Uuid>,
    pub language: Tag,
    pub direction: Direction,
    /// In their order.
    pub slots: Vec<FrontPageSlotView>,
    pub updated_at: Timestamp,
    pub updated_by: Uuid,
}

/// A slot with its text in the language of the page.
#[derive(Debug, Serialize, ToSchema)]
pub struct FrontPageSlotView {
    #[serde(flatten)]
    pub slot: FrontPageSlot,
    /// Of the newest revision; of the published one where you may see no other. `null` where there is no text that you may see.
    pub headline: Option<String>,
    /// What readers see of the text now: `published`, `unreleased`, …
    pub publication: Option<String>,
    /// Whether readers see it on the page now.
    pub shown: bool,
}

/// Looks the slots of a page up and answers it.
pub async fn answer<C>(on: &mut C, actor: &Actor, page: &FrontPage, language: &Tag, edition: Edition, now: Timestamp) -> Result<Answer>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let ids: Vec<Uuid> = edition.slots.0.iter().map(|slot| slot.article_id).collect();
    let visible = articles::visible_among(&mut *on, actor, &ids, now).await?;
    let texts = articles::overviews(&mut *on, &visible).await?;
    let public = publication::public_texts(&mut *on, &ids, language).await?;
    let slots = edition
        .slots
        .0
        .into_iter()
        .map(|slot| {
            let own = texts.iter().find(|text| text.article_id == slot.article_id && text.language == *language);
            let public = public.iter().find(|text| text.article_id == slot.article_id);
            FrontPageSlotView {
                headline: own.map(|text| &text.headline).or(public.map(|text| &text.headline)).cloned(),
                publication: own.map(|text| text.publication.clone()).or(public.map(|_| "published".to_owned())),
                shown: public.is_some() && slot.until.is_none_or(|until| now < until),
                slot,
            }
        })
        .collect();
    let view = FrontPageEdition {
        name: page.name.clone(),
        agency_id: page.agency_id,
        language: language.clone(),
        direction: language.direction(),
        slots,
        updated_at: edition.updated_at,
        updated_by: edition.updated_by,
    };
    Ok(Answer::ok(&view)?.version(edition.version))
}
