//! Which names a text has, and how they are written in other languages: for the tools of editors.

use super::keys::{self, Fit, Listed, Place, Word};
use super::uses::BATCH;
use super::{Name, NameKind, Spelling, store};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::{Conn, Reader};
use crate::error::{Error, Result};
use crate::extract::Query;
use crate::language::{Tag, lowercase, stem};
use crate::page::Page;
use crate::policy::ReadNames;
use crate::state::State;
use actix_web::get;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Characters of a text to look names up in.
const LONGEST_TEXT: usize = 2000;
/// Names that are told of one text.
const MOST_NAMES: usize = 500;

pub fn routes(config: &mut ServiceConfig) {
    config.service(lookup_names);
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LookupQuery {
    /// A name, or a text with names in it.
    #[param(min_length = 1, max_length = 2000, example = "Bakıdan Astanaya")]
    text: String,
    /// The language of the text; without it, it is read in all.
    #[param(value_type = Option<String>, example = "az")]
    language: Option<Tag>,
}

/// A place of a text where names of the list are.
#[derive(Debug, Serialize, ToSchema)]
struct NamePlace {
    /// Characters (Unicode code points) of the text before it.
    index: usize,
    /// Its characters.
    length: usize,
    text: String,
    /// Several where they are called alike.
    names: Vec<Name>,
}

/// A name of the list in a text of a story, and in its other texts.
#[derive(Debug, Serialize, ToSchema)]
pub struct NameInText {
    name_id: Uuid,
    kind: NameKind,
    #[serde(flatten)]
    here: Written,
    /// In the other texts of the story, where they have the name or the list has it in their language.
    others: Vec<WrittenIn>,
}

/// How a text writes a name.
#[derive(Debug, Serialize, ToSchema)]
struct Written {
    /// As the list has it in the language of the text; `null` where it has none.
    listed: Option<String>,
    /// As the text has it, with and without endings; each form once.
    forms: Vec<String>,
    /// Whether a form without an ending is none of those on the list.
    differs: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct WrittenIn {
    language: Tag,
    #[serde(flatten)]
    there: Written,
}

/// Look names up in a text
///
/// Where the text has names of the list, whatever their script and ending, and how they are written in all languages.
#[utoipa::path(tag = "names", params(LookupQuery), responses((status = 200, description = "Names in their order", body = Page<NamePlace>)))]
#[get("/names/lookup")]
async fn lookup_names(state: Data<State>, _caller: Caller<ReadNames>, Query(query): Query<LookupQuery>) -> Result<Answer> {
    let text = &query.text;
    if text.trim().is_empty() || text.chars().count() > LONGEST_TEXT {
        return Err(Error::parameter("text", format!("must have 1 to {LONGEST_TEXT} characters that are not blank")));
    }
    let mut on = state.db.acquire().await?;
    let mut found = find(&mut on, text, query.language.as_ref(), false).await?;
    let names = names_of(&mut on, &found).await?;
    keep_closest(&mut found, &names, query.language.as_ref());
    let is_spelled = |place: &Place, name: &Name| {
        !keys::is_short(&place.text, query.language.as_ref())
            || name.spellings.iter().any(|(language, spelling)| spelling.all().any(|text| is_written(&place.text, text, language)))
    };
    let places = found.into_iter().map(|place| {
        let names = place.names.keys().filter_map(|id| names.get(id)).filter(|name| is_spelled(&place, name)).cloned().collect();
        NamePlace { index: place.index, length: place.length, text: place.text, names }
    });
    Answer::ok(&Page::whole(places.filter(|place| !place.names.is_empty()).collect()))
}

/// The names of the list that a text has, those that come first in it first, and how other texts, of the same story in other languages, have
/// them. What begins with a small letter is not looked at.
///
/// # Errors
/// When the database fails.
pub async fn compare(on: &mut Conn, (language, text): (&Tag, &str), others: &[(Tag, String)]) -> Result<Vec<NameInText>> {
    let mut found = find(on, text, Some(language), true).await?;
    let names = names_of(on, &found).await?;
    keep_closest(&mut found, &names, Some(language));
    let mut elsewhere = vec![];
    for (other, text) in others {
        elsewhere.push((other.clone(), find(on, text, Some(other), true).await?));
    }
    let mut seen = BTreeSet::new();
    let ids = found.iter().flat_map(|place| place.names.keys()).filter(|id| seen.insert(**id));
    Ok(ids.filter_map(|id| names.get(id)).filter_map(|name| tell(name, language, &found, &elsewhere)).collect())
}

fn tell(name: &Name, language: &Tag, here: &[Place], elsewhere: &[(Tag, Vec<Place>)]) -> Option<NameInText> {
    let here = written(name, language, here);
    if here.forms.is_empty() {
        return None;
    }
    let others = elsewhere.iter().map(|(language, places)| WrittenIn { language: language.clone(), there: written(name, language, places) });
    let others = others.filter(|other| other.there.listed.is_some() || !other.there.forms.is_empty()).collect();
    Some(NameInText { name_id: name.id, kind: name.kind, here, others })
}

fn written(name: &Name, language: &Tag, places: &[Place]) -> Written {
    let spelling = name.spellings.get(language);
    let is_listed = |text: &str, spelling: &Spelling| spelling.all().any(|listed| is_written(text, listed, language));
    let (mut forms, mut differs) = (vec![], false);
    for place in places {
        let Some(fit) = place.names.get(&name.id) else { continue };
        let listed = spelling.map(|spelling| is_listed(&place.text, spelling));
        // A short word is a name only where it is written as one.
        if keys::is_short(&place.text, Some(language)) && !name.spellings.values().any(|spelling| spelling.all().any(|text| text == place.text)) {
            continue;
        }
        differs |= *fit == Fit::Exact && listed == Some(false);
        if !forms.contains(&place.text) {
            forms.push(place.text.clone());
        }
    }
    Written { listed: spelling.map(|spelling| spelling.name.clone()), forms, differs }
}

/// Of several names at a place, leaves those whose spelling is closest to what is there: keys tell Baku from Bangui less well than letters.
fn keep_closest(places: &mut [Place], names: &BTreeMap<Uuid, Name>, language: Option<&Tag>) {
    for place in places.iter_mut().filter(|place| place.names.len() > 1) {
        let closeness = |id: &Uuid| names.get(id).map_or(0, |name| closeness(&place.text, name, language));
        let scores: BTreeMap<Uuid, u8> = place.names.keys().map(|id| (*id, closeness(id))).collect();
        let best = scores.values().max().copied();
        place.names.retain(|id, _| scores.get(id).copied() == best);
    }
}

/// How close a text is to the nearest spelling of a name; a spelling of its own language is closer than any other.
fn closeness(text: &str, name: &Name, language: Option<&Tag>) -> u8 {
    let of_spelling = |tag: &Tag, spelling: &str| {
        let is_own = language.is_none_or(|language| language == tag);
        let close = if is_written(text, spelling, tag) {
            3
        } else if lowercase(text, tag).starts_with(&lowercase(spelling, tag)) {
            2
        } else {
            u8::from(is_own && keys::is_like(text, spelling, tag))
        };
        if is_own && close > 0 { close + 3 } else { close }
    };
    let spellings = name.spellings.iter().flat_map(|(tag, spelling)| spelling.all().map(move |text| (tag, text)));
    spellings.map(|(tag, spelling)| of_spelling(tag, spelling)).max().unwrap_or(0)
}

/// Whether a text is a spelling, but for case and for what people type as an apostrophe, which is the guard's own business.
pub(super) fn is_written(text: &str, spelling: &str, language: &Tag) -> bool {
    bare(text, language) == bare(spelling, language)
}

/// A text in small letters, without apostrophes.
pub(super) fn bare(text: &str, language: &Tag) -> String {
    lowercase(text, language).replace(['\'', '’', '‘', 'ʻ', 'ʼ', '`', '´', 'ʹ'], "")
}

/// Where a text has names.
async fn find(on: &mut Conn, text: &str, language: Option<&Tag>, capitals: bool) -> Result<Vec<Place>> {
    let words = keys::read(text, language);
    let listed = listed(on, &words).await?;
    Ok(keys::places(text, &words, &listed, capitals))
}

/// The names that some words can be the beginning of.
async fn listed(on: &mut Conn, words: &[Word<'_>]) -> Result<Listed> {
    let anchors: Vec<&str> = words.iter().flat_map(|word| &word.keys).map(|key| stem(key)).collect::<BTreeSet<_>>().into_iter().collect();
    let mut listed = Listed::new();
    for batch in anchors.chunks(BATCH) {
        let query = on.query("SELECT anchor, name_id, keys FROM published_name_keys WHERE anchor IN (");
        let rows: Vec<(String, Uuid, String)> = query.push_list(batch.iter().copied()).push(")").all().await?;
        for (anchor, id, keys) in rows {
            listed.entry(anchor).or_default().push((id, keys.split(' ').map(str::to_owned).collect()));
        }
    }
    Ok(listed)
}

/// The names at some places, by their ids.
async fn names_of(on: &mut Conn, places: &[Place]) -> Result<BTreeMap<Uuid, Name>> {
    let ids: BTreeSet<Uuid> = places.iter().flat_map(|place| place.names.keys().copied()).take(MOST_NAMES).collect();
    Ok(store::find_all(on, ids).await?.into_iter().map(|name| (name.id, name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_apostrophes_make_no_other_spelling() {
        let tag = |text| Tag::parse(text).unwrap();
        for (language, text, spelling, same) in
            [("uz", "O'ZBEKISTON", "Oʻzbekiston", true), ("az", "ŞUŞA", "Şuşa", true), ("tr", "IĞDIR", "Iğdır", true), ("az", "Baki", "Bakı", false)]
        {
            assert_eq!(is_written(text, spelling, &tag(language)), same, "{text}");
        }
    }
}
