//! A text in another alphabet of its own language and script, and what its variants and its own source make of that.

use super::follow::known_words;
use super::make::Maker;
use super::store;
use super::units::{Unit, assemble, hash, pieces, units};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::language::{Conversion, conversion};
use crate::translations::{Text, Translation};
use std::collections::BTreeMap;

/// A text in another alphabet.
pub struct Respelled {
    pub text: Text,
    /// Words that somebody should look at.
    pub doubtful: usize,
    way: &'static Conversion,
    before: Vec<Unit>,
    after: Vec<Unit>,
}

/// The words of a text that are in its language, one part after the other.
pub fn prose(text: &Translation) -> String {
    let mut words = String::new();
    for mut unit in units(&text.text) {
        for piece in pieces(&mut unit.content, text.language.as_str()).iter().filter(|piece| piece.prose) {
            words.push_str(piece.text);
            words.push('\n');
        }
    }
    words
}

/// Takes the newest revision of a text into another alphabet, with the lexicon of its agency. Writes nothing.
///
/// # Errors
/// `validation_failed` where it would be too long, and when the database fails.
pub async fn respell(tx: &mut Tx, text: &Translation, to: &str) -> Result<Respelled> {
    let language = &text.language;
    let way = conversion(language, language, Some(to)).ok_or_else(|| Error::internal("there is no way into the alphabet of the switch"))?;
    let before = units(&text.text);
    let known = known_words(tx, text.agency_id, way, language, &before.iter().collect::<Vec<_>>(), &BTreeMap::new()).await?;
    let maker = Maker::new(way, language, &known);
    let (mut after, mut doubtful) = (vec![], 0);
    for unit in &before {
        let (unit, doubts) = maker.unit(unit);
        doubtful += doubts.len();
        after.push(unit);
    }
    let made = assemble(after.clone(), text.text.authors.clone())?;
    Ok(Respelled { text: made.tidied(language).into_owned(), doubtful, way, before, after })
}

/// Its variants are up to its new revision, as they were to the one before, for it says the same. Where it is a variant itself, what was
/// made of its source and what people said of its words are spelled as the text is now.
///
/// # Errors
/// When the database fails.
pub async fn carry(tx: &mut Tx, old: &Translation, respelled: &Respelled) -> Result<()> {
    store::repin(tx, old, old.revision + 1).await?;
    let Some(mut variant) = store::variant(&mut *tx, old.article_id, &old.language).await? else { return Ok(()) };
    for (before, after) in respelled.before.iter().zip(&respelled.after) {
        if variant.made.get(&before.name) == Some(&hash(before)) {
            variant.made.insert(after.name.clone(), hash(after));
        }
    }
    let spelled = |word: &str| respelled.way.apply(word, |_| None).text;
    for replacement in variant.corrections.values_mut() {
        *replacement = spelled(replacement);
    }
    store::update(tx, old.article_id, &old.language, &variant).await?;
    store::respell_open(tx, old, spelled).await
}
