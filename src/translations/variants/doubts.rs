//! What a reviewer says of a doubtful word.

use super::follow::read;
use super::make::as_known;
use super::store;
use super::units::{assemble, is_as_made, note_corrected, replace_word, units};
use super::{Variant, VariantWarning, WarningState, is_no_variant, way};
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::language::{Tag, lowercase};
use crate::lexicon::{self, Direction};
use crate::policy::Actor;
use crate::publication::DerivationStatus;
use crate::text_enum;
use crate::translations::{Step, Translation, step, store as texts};
use uuid::Uuid;

text_enum! {
    /// Whose lexicon is taught a word.
    pub enum Learn {
        None = "none",
        /// That of the text's agency.
        Agency = "agency",
        /// Everybody's; for staff of the platform.
        All = "all",
    }
}

/// A word as it is to be from now on.
pub struct Ruling<'a> {
    pub state: WarningState,
    /// `None` leaves it as it is.
    pub word: Option<&'a str>,
    pub learn: Learn,
}

/// What is known of a text that must be a variant of the one in `source`, and follow it.
pub async fn attached(tx: &mut Tx, text: &Translation, source: &Tag) -> Result<Variant> {
    let found = store::variant(tx, text.article_id, &text.language).await?;
    found.filter(|variant| variant.from_language == *source && variant.status != DerivationStatus::Independent).ok_or_else(|| is_no_variant(source))
}

/// Settles a warning. The story is held, and the caller may edit the text.
///
/// # Errors
/// `illegal_transition` for what is settled, `conflict` for a word that is not there any more, `forbidden` for teaching without the right
/// to, `validation_failed`, and when the database fails.
pub async fn rule(
    tx: &mut Tx,
    actor: &Actor,
    text: &Translation,
    source: &Tag,
    warning: &VariantWarning,
    ruling: Ruling<'_>,
    now: Timestamp,
) -> Result<Translation> {
    let mut variant = attached(&mut *tx, text, source).await?;
    step(text.publication, text.review, Step::Edit)?;
    if warning.state != WarningState::Open {
        let detail = format!("The warning is {} already; edit the text to change the word again.", warning.state);
        return Err(Error::new(Code::IllegalTransition, detail).with("state", warning.state.as_str()));
    }
    let word = ruling.word.unwrap_or(&warning.word);
    if warning.source_word.is_empty() && ruling.word.is_some() {
        return Err(Error::new(Code::Conflict, "The warning is about no single word: accept it, and edit the text where it needs that."));
    }
    let way = way(source, &text.language, text.orthography.as_deref())?;
    let taught =
        if warning.source_word.is_empty() { None } else { as_known(way, &warning.source_word).map(|known| (known, plain(warning, word, &text.language))) };
    if let Some((known, replacement)) = &taught {
        variant.corrections.insert(known.clone(), replacement.clone());
    }
    store::settle(tx, warning.id, ruling.state, word, actor.id(), now).await?;
    if word == warning.word {
        store::touch(tx, text, actor.id(), now).await?;
    } else {
        write(tx, actor, text, &mut variant, warning, word, now).await?;
    }
    store::update(tx, text.article_id, &text.language, &variant).await?;
    // Last, because it is on record: the end of the audit log is locked after all else.
    if let Some((known, replacement)) = &taught {
        teach(tx, actor, text, source, ruling.learn, (known, replacement), now).await?;
    }
    read(tx, text).await
}

/// The word as it is written within a sentence: a capital that it has from the source is not its own.
fn plain(warning: &VariantWarning, word: &str, language: &Tag) -> String {
    let is_capital = warning.source_word.chars().next().is_some_and(char::is_uppercase);
    if is_capital { lowercase(word, language) } else { word.to_owned() }
}

async fn teach(tx: &mut Tx, actor: &Actor, text: &Translation, source: &Tag, learn: Learn, words: (&str, &str), now: Timestamp) -> Result<()> {
    let agency = match learn {
        Learn::None => return Ok(()),
        Learn::Agency => Some(text.agency_id),
        Learn::All => None,
    };
    lexicon::admit(actor, agency)?;
    let direction = Direction { from: source, to: &text.language, orthography: text.orthography.as_deref() };
    lexicon::learn(tx, actor, agency, direction, words, now).await
}

/// Writes the word in the place of the doubtful one: a new revision.
async fn write(tx: &mut Tx, actor: &Actor, text: &Translation, variant: &mut Variant, warning: &VariantWarning, word: &str, now: Timestamp) -> Result<()> {
    let gone = || Error::new(Code::Conflict, "The word is not there any more: somebody has edited the text. Accept the warning, or edit the text.");
    let mut parts = units(&text.text);
    let part = parts.iter_mut().find(|unit| unit.name == warning.pointer).ok_or_else(gone)?;
    let untouched = is_as_made(&variant.made, part);
    let at = usize::try_from(warning.made_start).unwrap_or_default();
    let place = replace_word(part, text.language.as_str(), at, &warning.word, word).ok_or_else(gone)?;
    let made = assemble(parts, text.text.authors.clone())?.tidied(&text.language).into_owned();
    if let Some(part) = units(&made).iter().find(|unit| untouched && unit.name == warning.pointer) {
        note_corrected(&mut variant.made, part, actor.id());
    }
    let grown = length(word) - length(&warning.word);
    store::shift(tx, text, &warning.pointer, i32::try_from(place).unwrap_or(i32::MAX), grown).await?;
    texts::put_next(tx, actor, text, &made, text.slug.as_deref(), None, now).await?;
    Ok(())
}

fn length(word: &str) -> i32 {
    i32::try_from(word.chars().count()).unwrap_or(i32::MAX)
}

/// Whether a warning is of a text, or another's.
pub async fn warning(tx: &mut Tx, text: &Translation, source: &Tag, id: Uuid) -> Result<VariantWarning> {
    attached(&mut *tx, text, source).await?;
    store::warning(tx, text, id).await
}
