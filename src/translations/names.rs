//! The names of the list in a text, beside the other texts of its story.

use super::{Text, TextPath, store};
use crate::answer::Answer;
use crate::articles;
use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::extract::Path;
use crate::language::Tag;
use crate::names_desk::{self, NameInText};
use crate::page::Page;
use crate::policy::{Permission, ReadWork};
use crate::state::State;
use actix_web::get;
use actix_web::web::Data;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(get_translation_names);
}

/// List the names in a text
///
/// The names of the list that its newest revision has, how it writes them, and how they are written in the other texts of the story:
/// `differs` where a text writes one otherwise than the list. What begins with a small letter is not looked at.
#[utoipa::path(tag = "translations", params(TextPath), responses((status = 200, description = "Names, those that come first in the text first", body = Page<NameInText>)))]
#[get("/articles/{id}/translations/{language}/names")]
async fn get_translation_names(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<TextPath>) -> Result<Answer> {
    let mut on = state.db.acquire().await?;
    articles::reach(&mut on, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    let texts = store::list(&mut on, path.id).await?;
    let (here, others): (Vec<_>, Vec<_>) = texts.into_iter().partition(|text| text.language == path.language);
    let here = here.into_iter().next().ok_or_else(|| Error::not_found("translation"))?;
    let others: Vec<(Tag, String)> = others.into_iter().map(|other| (other.language, plain(&other.text))).collect();
    let names = names_desk::compare(&mut on, (&here.language, &plain(&here.text)), &others).await?;
    Answer::ok(&Page::whole(names))
}

/// What people read of a text, in one piece.
fn plain(text: &Text) -> String {
    let parts = [Some(text.headline.as_str()), text.summary.as_deref(), text.dateline.as_deref()];
    let mut whole: Vec<String> = parts.into_iter().flatten().map(str::to_owned).collect();
    whole.push(text.body.to_text());
    whole.join("\n")
}
