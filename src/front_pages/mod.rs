//! Front pages: ordered lists of articles that editors curate, by name and language, with changes that happen by themselves.
//!
//! A slot may hold a story before readers see it; what they are shown is [`crate::publication`]'s to say.

mod changes;
mod editions;
mod http;
mod store;
mod view;

pub use changes::CarryOut;
pub use http::routes;

use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::Object;
use crate::language::Tag;
use crate::policy::{Actor, Decision, decide_agency};
use crate::publication::FrontPageSlot;
use crate::{articles, publication, text_enum};
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

/// Slots of a page.
const MOST_SLOTS: usize = 100;
/// Changes of a page in one language that may wait.
const MOST_WAITING: usize = 100;

/// A front page, for all its languages.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FrontPage {
    pub id: Uuid,
    /// For addresses; it never changes.
    pub name: String,
    /// The agency whose page it is; `null` for the house's.
    pub agency_id: Option<Uuid>,
    /// Those in which it was ever set.
    pub languages: Vec<Tag>,
    pub created_by: Option<Uuid>,
    pub created_at: Timestamp,
}

text_enum! {
    /// Where a scheduled change stands.
    pub enum FrontPageChangeState {
        Waiting = "waiting",
        Done = "done",
        Canceled = "canceled",
    }
}

/// A change of a front page that happens at its time.
#[derive(Clone, Debug, Serialize, FromRow, ToSchema)]
pub struct FrontPageChange {
    pub id: Uuid,
    pub language: Tag,
    pub at: Timestamp,
    /// What is to stand on the page then, whole.
    #[schema(value_type = Vec<FrontPageSlot>)]
    pub slots: sqlx::types::Json<Vec<FrontPageSlot>>,
    pub state: FrontPageChangeState,
    pub created_by: Uuid,
    pub created_at: Timestamp,
    /// When it was done or canceled.
    pub ended_at: Option<Timestamp>,
    #[serde(skip)]
    pub front_page_id: Uuid,
}

/// Whether the caller may read a page: the house's are for everybody in it, an agency's for its own people and the platform's.
fn may_read(actor: &Actor, page: &FrontPage) -> Decision {
    page.agency_id.map_or(Decision::Allow, |agency| decide_agency(actor, agency))
}

/// Whether the caller may edit a page, which their role allows at all.
fn may_edit(actor: &Actor, page: &FrontPage) -> Decision {
    match page.agency_id {
        Some(agency) => decide_agency(actor, agency),
        None if actor.platform => Decision::Allow,
        None => Decision::Forbid,
    }
}

fn admit(decision: Decision) -> Result<()> {
    match decision {
        Decision::Allow => Ok(()),
        Decision::Forbid => Err(Error::new(Code::Forbidden, "The front page is the house's: editors of the platform set it.")),
        Decision::Hide => Err(Error::not_found("front page")),
    }
}

/// Checks slots that are to stand on a page from `from` on. Those that are on it already may stay.
async fn check(
    tx: &mut Tx,
    actor: &Actor,
    slots: Vec<Object<FrontPageSlot>>,
    known: &[FrontPageSlot],
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<FrontPageSlot>> {
    if slots.len() > MOST_SLOTS {
        return Err(Error::invalid("/slots", "too_many", format!("has {} slots; at most {MOST_SLOTS} are allowed", slots.len())));
    }
    let slots: Vec<FrontPageSlot> = slots.into_iter().map(|Object(slot)| slot).collect();
    let mut faults = Faults::default();
    let ids: Vec<Uuid> = slots.iter().map(|slot| slot.article_id).collect();
    let mut visible = articles::visible_among(&mut *tx, actor, &ids, now).await?;
    visible.extend(publication::public_among(tx, &ids).await?);
    visible.extend(known.iter().map(|slot| slot.article_id));
    for (i, slot) in slots.iter().enumerate() {
        let twice = slots.iter().take(i).any(|other| other.article_id == slot.article_id);
        faults.check(!twice, &format!("/slots/{i}/article_id"), "duplicate", "is there twice");
        faults.check(visible.contains(&slot.article_id), &format!("/slots/{i}/article_id"), "unknown_article", "is not an article that you may see");
        let over = slot.until.is_some_and(|until| until <= from) && !known.contains(slot);
        faults.check(!over, &format!("/slots/{i}/until"), "too_early", "is over before it begins");
    }
    faults.finish()?;
    Ok(slots)
}
