//! Words of the lexicon: list, read, add, change, delete.

use super::store;
use super::{Direction, LexiconEntry, admit, read_replacement, read_word};
use crate::agencies;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::Tx;
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path, Query};
use crate::idempotency::Write;
use crate::language::{Tag, lowercase, normalise_apostrophes};
use crate::page::{Asked, Page};
use crate::policy::{Actor, EditLexicon, ReadLexicon};
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, delete, get, patch, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_lexicon_entries).service(create_lexicon_entry).service(get_lexicon_entry).service(update_lexicon_entry).service(delete_lexicon_entry);
}

#[derive(Deserialize, IntoParams)]
struct EntryPath {
    id: Uuid,
}

/// Filters of the list of words.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LexiconFilter {
    #[param(value_type = Option<Tag>, example = "kk")]
    from: Option<Tag>,
    #[param(value_type = Option<Tag>, example = "kk-Latn")]
    to: Option<Tag>,
    /// The word itself, in any case.
    word: Option<String>,
    /// Id or slug of an agency, or `all` for the entries that are everybody's.
    agency: Option<String>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from": "uz", "to": "uz-Cyrl", "word": "aksiya", "replacement": "акция", "agency": "all"}))]
struct NewLexiconEntry {
    from: Tag,
    to: Tag,
    /// For this alphabet of the result alone: `2026`.
    orthography: Option<String>,
    /// One word, in any case.
    #[schema(min_length = 1, max_length = 100)]
    word: String,
    /// As it is written within a sentence.
    #[schema(min_length = 1, max_length = 100)]
    replacement: String,
    /// Id or slug of an agency, or `all`; without it, yours.
    agency: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"replacement": "акция"}))]
struct LexiconChange {
    #[schema(min_length = 1, max_length = 100)]
    replacement: String,
}

fn answer(entry: &LexiconEntry) -> Result<Answer> {
    Ok(Answer::ok(entry)?.version(entry.version))
}

/// List the words of the lexicon
///
/// Yours and everybody's, the newest first. Words of other agencies are for the platform alone.
#[utoipa::path(tag = "lexicon", params(LexiconFilter), responses((status = 200, description = "A page of words", body = Page<LexiconEntry>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/lexicon")]
async fn list_lexicon_entries(state: Data<State>, request: HttpRequest, caller: Caller<ReadLexicon>, Query(filter): Query<LexiconFilter>) -> Result<Answer> {
    let asked = Asked::<Uuid>::read(filter.limit, filter.cursor.as_deref(), &(&filter.from, &filter.to, &filter.word, &filter.agency))?;
    let agency = match filter.agency.as_deref() {
        None | Some("all") => None,
        Some(name) => {
            Some(agencies::find_id(&state.db, name).await.map_err(|error| in_its_place(error, Error::parameter("agency", "names no agency that there is")))?)
        }
    };
    let mut query = store::visible(&state.db, &caller).push_some(" AND from_language = ", filter.from.as_ref());
    query = query.push_some(" AND to_language = ", filter.to.as_ref()).push_some(" AND agency_id = ", agency);
    if filter.agency.as_deref() == Some("all") {
        query = query.push(" AND agency_id IS NULL");
    }
    if let Some(word) = &filter.word {
        let word = filter.from.as_ref().map_or_else(|| word.to_lowercase(), |from| lowercase(&normalise_apostrophes(word, from), from));
        query = query.push(" AND word = ").push_bind(word);
    }
    query = query.push_some(" AND id < ", asked.after).push(" ORDER BY id DESC LIMIT ");
    let entries: Vec<LexiconEntry> = query.push_bind(asked.fetch()).all().await?;
    asked.page(entries, |entry| entry.id).answer(&state.url("/v1/lexicon"), request.query_string())
}

/// Add a word to the lexicon
///
/// From now on texts are converted with it; texts that there are already keep their words. Only staff of the platform teach words for all.
#[utoipa::path(tag = "lexicon", request_body = NewLexiconEntry, responses((status = 201, description = "Added", body = LexiconEntry)),
    extensions(("x-problems" = json!(["already_exists"]))))]
#[post("/lexicon")]
async fn create_lexicon_entry(state: Data<State>, caller: Caller<EditLexicon>, write: Write, Body(new): Body<NewLexiconEntry>) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let agency = owner(tx, &caller, new.agency.as_deref()).await?;
            admit(&caller, agency)?;
            let direction = Direction { from: &new.from, to: &new.to, orthography: new.orthography.as_deref() };
            let mut faults = Faults::default();
            direction.check(&mut faults);
            let word = read_word(&mut faults, "/word", direction, &new.word);
            let replacement = read_replacement(&mut faults, "/replacement", &new.to, &new.replacement);
            faults.finish()?;
            let entry = store::insert(tx, &caller, agency, direction, (&word, &replacement), now).await?;
            Ok(Answer::created(state.url(&format!("/v1/lexicon/{}", entry.id)), &entry)?.version(entry.version))
        })
        .await
}

/// What is not there is the mistake of who named it; that the database fails is not.
fn in_its_place(error: Error, mistake: Error) -> Error {
    if error.code == Code::NotFound { mistake } else { error }
}

/// Whose the words are: an agency's, or everybody's (`None`).
async fn owner(tx: &mut Tx, actor: &Actor, name: Option<&str>) -> Result<Option<Uuid>> {
    match name {
        None => Ok(Some(actor.agency)),
        Some("all") => Ok(None),
        Some(name) => {
            let found = agencies::find_id(&mut *tx, name).await;
            let unknown = || Error::invalid("/agency", "unknown_agency", "names no agency that there is; `all` is everybody");
            found.map(Some).map_err(|error| in_its_place(error, unknown()))
        }
    }
}

/// Read a word of the lexicon
#[utoipa::path(tag = "lexicon", params(EntryPath), responses((status = 200, description = "The word", body = LexiconEntry)))]
#[get("/lexicon/{id}")]
async fn get_lexicon_entry(state: Data<State>, caller: Caller<ReadLexicon>, Path(path): Path<EntryPath>) -> Result<Answer> {
    answer(&store::find(&state.db, &caller, path.id).await?)
}

/// An entry that the caller may change, as they have seen it.
async fn at(tx: &mut Tx, actor: &Actor, id: Uuid, precondition: &Precondition) -> Result<LexiconEntry> {
    let entry = store::find(tx, actor, id).await?;
    admit(actor, entry.agency_id)?;
    precondition.check(entry.standing())?;
    Ok(entry)
}

/// Change a word of the lexicon
///
/// What the word becomes; another word or direction is another entry.
#[utoipa::path(tag = "lexicon", params(EntryPath, IfMatch), request_body = LexiconChange, responses((status = 200, description = "Changed", body = LexiconEntry)))]
#[patch("/lexicon/{id}")]
async fn update_lexicon_entry(
    state: Data<State>,
    caller: Caller<EditLexicon>,
    Path(path): Path<EntryPath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<LexiconChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let old = at(tx, &caller, path.id, &precondition).await?;
            let mut faults = Faults::default();
            let replacement = read_replacement(&mut faults, "/replacement", &old.to, &change.replacement);
            faults.finish()?;
            answer(&store::update(tx, &caller, &old, &replacement, now).await?)
        })
        .await
}

/// Delete a word of the lexicon
#[utoipa::path(tag = "lexicon", params(EntryPath, IfMatch), responses((status = 204, description = "Deleted")))]
#[delete("/lexicon/{id}")]
async fn delete_lexicon_entry(
    state: Data<State>,
    caller: Caller<EditLexicon>,
    Path(path): Path<EntryPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let old = at(tx, &caller, path.id, &precondition).await?;
            store::delete(tx, &caller, &old, now).await?;
            Ok(Answer::no_content())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_fails_is_nobody_s_mistake() {
        let mistake = || Error::parameter("agency", "names no agency");
        assert_eq!(in_its_place(Error::not_found("agency"), mistake()).code, mistake().code);
        assert_eq!(in_its_place(Error::internal("gone"), mistake()).code, Code::Internal);
    }
}
