//! What somebody may be looking for who has typed some letters: words and headlines of what is public, and nothing else.

use super::store::{self, Filter};
use super::{read, take_from_budget};
use crate::cache::Source;
use crate::db::Conn;
use crate::delivery::conditional::{Public, answer, hash};
use crate::error::{Error, Result};
use crate::extract::{List, Query};
use crate::language::{Direction, Tag, query_keys};
use crate::search::{self, Highlight, MatchClass, MatchPlace, Plain, Stage, snippets};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Headlines that are looked through for words.
const READ: u16 = 50;
/// Words, and headlines, of an answer.
const WORDS: usize = 5;
const HEADLINES: usize = 5;

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SuggestionsQuery {
    /// What has been typed so far.
    #[param(min_length = 1, max_length = 200, example = "Qaza")]
    q: String,
    /// From texts in these languages alone.
    #[param(value_type = Option<String>, example = "kk,kk-Latn")]
    language: Option<List<Tag>>,
}

/// What to look for.
#[derive(Serialize, ToSchema)]
pub struct Suggestions {
    /// What was typed with its last word completed, as the newest headlines have it; the most frequent first.
    completions: Vec<Completion>,
    /// The newest texts that have it in their headlines.
    headlines: Vec<HeadlineSuggestion>,
}

#[derive(Serialize, ToSchema)]
pub struct Completion {
    /// For `q=` of a search.
    q: String,
    /// Of the text that the word is from.
    language: Tag,
    direction: Direction,
}

#[derive(Serialize, ToSchema)]
pub struct HeadlineSuggestion {
    id: Uuid,
    language: Tag,
    direction: Direction,
    headline: String,
    highlights: Vec<Highlight>,
    /// Where readers find it.
    url: String,
}

/// A text whose headline has what was typed.
#[derive(FromRow)]
struct Found {
    id: i64,
    article_id: Uuid,
    language: Tag,
    url: String,
    card: String,
}

/// Suggest searches
///
/// For somebody who types: the last word of `q` is taken as the beginning of one, in any script. Completed searches and headlines come from
/// the newest 50 headlines that have all of it. With a single letter there is nothing to suggest yet.
#[utoipa::path(tag = "delivery", params(SuggestionsQuery), responses((status = 200, description = "Words and headlines", body = Suggestions),
    (status = 304, description = "You have it")))]
#[get("/search/suggestions")]
pub async fn suggest_published_articles(state: Data<State>, request: HttpRequest, Query(query): Query<SuggestionsQuery>) -> Result<HttpResponse> {
    let key = format!("{query:?}");
    let found = answer(&state, &request, key, async |on| {
        take_from_budget(&state, &request)?;
        let languages = query.language.map_or_else(Vec::new, |list| list.0);
        let wanted = read(&query.q, &languages)?;
        let modified_at = crate::delivery::store::changed_at(&mut *on, "articles").await?;
        let filter = Filter { languages, ..Filter::default() };
        let suggestions = match wanted.unfinished() {
            Some(wanted) => suggest(on, &query.q, &wanted, &filter).await?,
            None => Suggestions { completions: vec![], headlines: vec![] },
        };
        let body = serde_json::to_string(&suggestions).map_err(Error::internal)?;
        Ok(Public::of(hash(&body), body, modified_at, "articles".to_owned(), vec![Source::Part("articles")]))
    });
    found.await
}

async fn suggest(on: &mut Conn, typed: &str, wanted: &search::Query, filter: &Filter) -> Result<Suggestions> {
    let stage = Stage { class: MatchClass::Fold, place: MatchPlace::Headline };
    let hits = store::newest(on, wanted, filter, stage, READ).await?;
    let found: Vec<Found> = store::headlines(on, &hits).await?;
    let mut marks = snippets(wanted);
    let (mut completions, mut headlines) = (Completions::new(typed), vec![]);
    for hit in &hits {
        let Some(text) = found.iter().find(|text| text.id == hit.id) else { continue };
        let plain = Plain::read(&text.card, "\"\"").map_err(Error::internal)?;
        for word in marks.completions(&plain.headline, &text.language) {
            completions.count(&word, &text.language);
        }
        if headlines.len() < HEADLINES {
            let highlights = marks.of(&plain, &text.language).into_iter().next().map_or_else(Vec::new, |headline| headline.highlights);
            headlines.push(HeadlineSuggestion {
                id: text.article_id,
                language: text.language.clone(),
                direction: text.language.direction(),
                headline: plain.headline,
                highlights,
                url: text.url.clone(),
            });
        }
    }
    Ok(Suggestions { completions: completions.best(), headlines })
}

/// Words that complete what was typed, each spelling once.
struct Completions<'t> {
    /// What stands before the last word.
    before: &'t str,
    /// By lower case: how often, in which order first, and how it is written.
    words: HashMap<String, (usize, usize, Completion)>,
}

impl<'t> Completions<'t> {
    fn new(typed: &'t str) -> Self {
        let typed = typed.trim().trim_end_matches('*');
        let last = typed.char_indices().rev().take_while(|(_, c)| !c.is_whitespace() && *c != '"').last();
        Self { before: last.and_then(|(at, _)| typed.get(..at)).unwrap_or_default(), words: HashMap::new() }
    }

    fn count(&mut self, word: &str, language: &Tag) {
        let order = self.words.len();
        let written = crate::language::lowercase(word, language);
        let before = self.before;
        let entry = self.words.entry(written.clone()).or_insert_with(|| {
            let q = format!("{before}{written}");
            (0, order, Completion { q, language: language.clone(), direction: language.direction() })
        });
        entry.0 += 1;
    }

    /// The most frequent, and of those that are as frequent the newest; those that nothing would find are left out.
    fn best(self) -> Vec<Completion> {
        let mut all: Vec<_> = self.words.into_values().filter(|(_, _, completion)| !query_keys(&completion.q).is_empty()).collect();
        all.sort_by_key(|(times, order, _)| (std::cmp::Reverse(*times), *order));
        all.into_iter().map(|(_, _, completion)| completion).take(WORDS).collect()
    }
}
