//! What comes with every save of a text: the warnings of the guard.

use super::workflow::TextPath;
use super::{Text, Translation, store};
use crate::answer::Answer;
use crate::articles;
use crate::auth::Caller;
use crate::body::Piece;
use crate::db::Reader;
use crate::error::{Error, Result};
use crate::extract::Path;
use crate::language::guard::{Finding, FindingCode, script_of};
use crate::language::{Tag, has_apostrophes, normalise_apostrophes};
use crate::language_tools::{Checked, Checker};
use crate::names_desk::{self, Unusual};
use crate::policy::{Permission, ReadWork};
use crate::state::State;
use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(get_translation_warnings);
}

/// A text that was saved, and what to look at in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedTranslation {
    #[serde(flatten)]
    pub translation: Translation,
    #[serde(flatten)]
    pub checked: Checked,
}

impl SavedTranslation {
    /// With what there is to say of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of<C>(on: &mut C, translation: Translation) -> Result<Self>
    where
        for<'c> &'c mut C: Reader<'c>,
    {
        let checked = check(on, &translation.text, &translation.language).await?;
        Ok(Self { translation, checked })
    }
}

/// What the guard has to say of a text, and where it spells names otherwise than the house.
pub(super) async fn check<C>(on: &mut C, text: &Text, language: &Tag) -> Result<Checked>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let checker = text.checker(language);
    let mut names = names_desk::unusual(on, &checker.lines(), language).await?;
    // A name in another script is a matter of its own, which the guard tells.
    names.retain(|name| name.word.chars().find_map(script_of) == Some(language.script()));
    names.sort_by_key(|name| name.index);
    Ok(checker.finish_with(names.into_iter().map(unusual_name).collect()))
}

fn unusual_name(name: Unusual) -> Finding {
    let others = match name.otherwise_in {
        0 => String::new(),
        1 => " One public text spells it otherwise than this one.".to_owned(),
        n => format!(" {n} public texts spell it otherwise than this one."),
    };
    Finding {
        code: FindingCode::UnusualName,
        message: format!("The list of names has {:?} as {:?}.{others}", name.word, name.usual),
        index: name.index,
        length: name.length,
        suggestions: vec![name.usual],
    }
}

/// What to look at in a text as it is stored.
#[derive(Debug, Serialize, ToSchema)]
struct TextWarnings {
    language: Tag,
    /// The newest one, which was checked.
    revision: i32,
    #[serde(flatten)]
    checked: Checked,
}

impl Text {
    /// The text as it is stored: with the right apostrophes, where its language is Uzbek in Latin letters. Every character keeps its place.
    #[must_use]
    pub fn tidied(&self, language: &Tag) -> Cow<'_, Self> {
        if !has_apostrophes(language) {
            return Cow::Borrowed(self);
        }
        let tidy = |text: &str| normalise_apostrophes(text, language).into_owned();
        let some = |text: &Option<String>| text.as_deref().map(tidy);
        let mut text = self.clone();
        text.headline = tidy(&self.headline);
        text.summary = some(&self.summary);
        text.dateline = some(&self.dateline);
        text.seo.title = some(&self.seo.title);
        text.seo.description = some(&self.seo.description);
        text.body = text.body.with_words(language, |pieces| Some(tidied(pieces, language)));
        Cow::Owned(text)
    }

    /// Its parts, for the guard.
    fn checker<'l>(&self, language: &'l Tag) -> Checker<'l> {
        Checker::new(language)
            .field("/headline", Some(&self.headline))
            .field("/summary", self.summary.as_deref())
            .body("/body", &self.body)
            .names("/dateline", self.dateline.as_deref())
            .names("/byline", self.byline.as_deref())
            .field("/seo/title", self.seo.title.as_deref())
            .field("/seo/description", self.seo.description.as_deref())
    }
}

/// The texts of the spans of a paragraph. Words go on from one span into the next, but not through code.
fn tidied(pieces: &[Piece], language: &Tag) -> Vec<String> {
    let mut texts = vec![];
    for run in pieces.chunk_by(|a, b| a.is_kept == b.is_kept) {
        if run.first().is_some_and(|piece| piece.is_kept) {
            texts.extend(run.iter().map(|piece| piece.text.clone()));
            continue;
        }
        let whole: String = run.iter().map(|piece| piece.text.as_str()).collect();
        let tidy = normalise_apostrophes(&whole, language);
        let mut letters = tidy.chars();
        texts.extend(run.iter().map(|piece| letters.by_ref().take(piece.text.chars().count()).collect::<String>()));
    }
    texts
}

/// Check a stored text
///
/// What the guard has to say of the newest revision, as it says it with every save.
#[utoipa::path(tag = "translations", params(TextPath), responses((status = 200, description = "The warnings", body = TextWarnings)))]
#[get("/articles/{id}/translations/{language}/check")]
async fn get_translation_warnings(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<TextPath>) -> Result<Answer> {
    let mut on = state.db.acquire().await?;
    articles::reach(&mut on, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    let text = store::read(&mut on, path.id, &path.language).await?.ok_or_else(|| Error::not_found("translation"))?;
    let (language, revision) = (text.language.clone(), text.revision);
    let checked = check(&mut on, &text.text, &language).await?;
    Answer::ok(&TextWarnings { language, revision, checked })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Body;
    use crate::translations::SeoText;
    use proptest::prelude::*;
    use serde_json::json;

    fn text(headline: &str, spans: &[(&str, &[&str])]) -> Text {
        let spans: Vec<_> = spans.iter().map(|(text, marks)| json!({"_type": "span", "text": text, "marks": marks})).collect();
        let body = Body::parse(&json!([{"_type": "block", "children": spans}])).unwrap();
        let seo = SeoText { title: Some(headline.to_owned()), description: None };
        Text {
            headline: headline.to_owned(),
            summary: Some(headline.to_owned()),
            body,
            dateline: Some(headline.to_owned()),
            byline: None,
            authors: vec![],
            seo,
        }
    }

    #[test]
    fn apostrophes_are_put_right_in_every_part() {
        let uzbek = Tag::parse("uz").unwrap();
        let typed = text("O'zbek ma'nosi", &[("O", &["strong"]), ("'zbek ", &[]), ("o'z", &["code"]), (" tog", &[]), ("'i", &["em"])]);
        let right = text("Oʻzbek maʼnosi", &[("O", &["strong"]), ("ʻzbek ", &[]), ("o'z", &["code"]), (" tog", &[]), ("ʻi", &["em"])]);
        assert_eq!(*typed.tidied(&uzbek), right);
        assert_eq!(right.checker(&uzbek).finish(), Checked::default());
        assert_eq!(*typed.tidied(&Tag::parse("tr").unwrap()), typed);
    }

    proptest! {
        #[test]
        fn tidy_is_tidy(a in "[og' ʻ’a]{0,8}", b in "[og' ʻ’a\\PC]{0,8}") {
            let uzbek = Tag::parse("uz").unwrap();
            let typed = text(&b, &[(&a, &[]), (&b, &["code"]), (&b, &["em"]), (&a, &[])]);
            let once = typed.tidied(&uzbek).into_owned();
            prop_assert_eq!(once.tidied(&uzbek).into_owned(), once.clone());
            prop_assert_eq!(once.body.to_text().chars().count(), typed.body.to_text().chars().count());
        }
    }
}
