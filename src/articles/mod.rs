//! The story, without regard to language: whose it is, where it belongs, what it is about.
//!
//! Its texts are [`crate::translations`]; it has no state of its own.

mod freshness;
mod http;
mod killed;
mod list;
mod search;
mod store;

pub use freshness::{Freshness, push_correction_pending, push_freshness, push_original};
pub use http::routes;
pub use killed::{Killing, check_lives, kill, must_live, note_order};
pub use list::{
    ArticleFilter, ArticleWithTexts, SHARED, TextOverview, TextState, headline_key, is_shared, overviews, push_filters, push_visible, resolve, visible_among,
    with_texts,
};
pub use search::{ReindexWork, Searched, forget, index, reindex};
pub use store::{find, hold, insert, reach, touch};

use crate::error::{Error, Faults, Result};
use crate::language::Tag;
use crate::patch::Patch;
use crate::policy::{Actor, Relation};
use crate::precondition::Standing;
use crate::{db::Timestamp, topics};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

/// The language-neutral record of a story.
#[derive(Clone, Debug, Serialize, FromRow, ToSchema)]
pub struct Article {
    pub id: Uuid,
    /// The agency whose story it is.
    pub agency_id: Uuid,
    pub original_language: Tag,
    /// The editorial handle, shared by all texts; not the address.
    pub slugline: String,
    pub section_id: Option<Uuid>,
    /// IPTC Media Topics.
    #[schema(value_type = Vec<String>)]
    pub topics: Json<Vec<String>>,
    /// Other stories to read with it.
    #[schema(value_type = Vec<Uuid>)]
    pub related: Json<Vec<Uuid>>,
    /// 1 (flash) to 9.
    pub urgency: i32,
    pub genre: Option<String>,
    pub rights: Option<String>,
    /// A note to editors; never public.
    pub ednote: Option<String>,
    /// Whether staff of the platform may work on it.
    pub shared: bool,
    /// The killed story in whose place it is.
    pub replaces: Option<Uuid>,
    /// When it was withdrawn for good, as a whole.
    pub killed_at: Option<Timestamp>,
    /// Why, for the record of the house.
    pub kill_reason: Option<String>,
    /// What its addresses say since.
    pub kill_public_note: Option<String>,
    /// What partners were asked to do.
    pub kill_instruction: Option<String>,
    /// The staff member or key that made it.
    pub created_by: Uuid,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub updated_by: Uuid,
    #[serde(skip)]
    pub version: i64,
}

impl Article {
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: Some(self.updated_by) }
    }
}

/// An article, and how the caller stands to it.
pub struct Found {
    pub article: Article,
    pub relation: Relation,
    /// Whether the caller's agency came to it because somebody asked it for work, and so adds what it is asked for and nothing else. Work
    /// that a change of the original opened by itself makes nobody a guest.
    pub is_guest: bool,
}

/// What is said of a story when it is made.
#[derive(Clone, Debug, Deserialize)]
pub struct NewArticle {
    pub original_language: Tag,
    pub slugline: Option<String>,
    /// Id or slug.
    pub section: Option<String>,
    pub topics: Vec<String>,
    pub related: Vec<Uuid>,
    pub urgency: Option<i32>,
    pub genre: Option<String>,
    pub rights: Option<String>,
    pub ednote: Option<String>,
    pub shared: bool,
    pub replaces: Option<Uuid>,
}

/// Changes of a story's metadata.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"urgency": 4, "topics": ["medtop:20000344"], "ednote": null}))]
pub struct ArticleChange {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub slugline: Patch<String>,
    /// Id or slug.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub section: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 20)]
    pub topics: Patch<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, max_items = 20)]
    pub related: Patch<Vec<Uuid>>,
    #[serde(default)]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 9)]
    pub urgency: Patch<i32>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    pub genre: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1000)]
    pub rights: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000)]
    pub ednote: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub shared: Patch<bool>,
    /// An article of which something was killed, in whose place this one is.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub replaces: Patch<Uuid>,
}

/// Urgency where nothing is said: routine.
pub const ROUTINE: i32 = 5;

/// Checks what is said of a story, apart from what the database must be asked.
pub fn check(faults: &mut Faults, article: &Article) {
    faults.text("/slugline", &article.slugline, 1, 100);
    faults.check((1..=9).contains(&article.urgency), "/urgency", "out_of_range", "must be from 1 (flash) to 9");
    faults.check(article.topics.len() <= 20, "/topics", "too_many", "has more than 20 topics");
    for (i, topic) in article.topics.iter().take(21).enumerate() {
        faults.check(topics::exists(topic), &format!("/topics/{i}"), "unknown_topic", "is not an IPTC Media Topic in use; GET /v1/topics finds them");
        faults.check(!article.topics[..i].contains(topic), &format!("/topics/{i}"), "duplicate", "is there twice");
    }
    faults.check(article.related.len() <= 20, "/related", "too_many", "has more than 20 articles");
    for (i, related) in article.related.iter().take(21).enumerate() {
        faults.check(*related != article.id, &format!("/related/{i}"), "itself", "is the article itself");
        faults.check(!article.related[..i].contains(related), &format!("/related/{i}"), "duplicate", "is there twice");
    }
    faults.check(article.replaces != Some(article.id), "/replaces", "itself", "is the article itself");
    for (pointer, text, max) in [("/genre", &article.genre, 100), ("/rights", &article.rights, 1_000), ("/ednote", &article.ednote, 2_000)] {
        if let Some(text) = text {
            faults.text(pointer, text, 1, max);
        }
    }
}

/// A handle of the headline, where none is given: `CASPIAN-GREEN-ENERGY`.
#[must_use]
pub fn slugline_of(headline: &str, language: &Tag) -> String {
    let slug = crate::language::slug(headline, language).to_uppercase();
    let words: Vec<&str> = slug.split('-').filter(|word| !word.is_empty()).take(4).collect();
    if words.is_empty() { "STORY".to_owned() } else { words.join("-") }
}

impl Found {
    /// Whether the caller may add a text in a new language.
    #[must_use]
    pub fn takes_translations_of(&self, actor: &Actor) -> Relation {
        let at_home = self.relation.owner || (actor.platform && self.relation.shared);
        let part = at_home || (self.relation.reader && !self.is_guest);
        // Who wrote one of the texts as a guest has no part in the others by that.
        let involved = self.relation.involved && (at_home || !self.is_guest);
        Relation { involved: involved || (part && actor.staff_id().is_some()), ..self.relation }
    }
}

/// Lets the caller through, or says why not.
///
/// # Errors
/// `forbidden`, `not_found`.
pub fn admit(decision: crate::policy::Decision, what: &str) -> Result<()> {
    match decision {
        crate::policy::Decision::Allow => Ok(()),
        crate::policy::Decision::Forbid => {
            Err(Error::new(crate::error::Code::Forbidden, "You may see this, but your part in it does not allow this; an editor of its agency can.".to_owned()))
        }
        crate::policy::Decision::Hide => Err(Error::not_found(what)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sluglines_are_made_of_headlines() {
        for (headline, language, slugline) in
            [("Қазақстанда киік саны артты бүгін", "kk", "QAZAQSTANDA-KIIK-SANY-ARTTY"), ("Green energy", "en", "GREEN-ENERGY"), ("!!!", "en", "STORY")]
        {
            assert_eq!(slugline_of(headline, &Tag::parse(language).unwrap()), slugline);
        }
    }
}
