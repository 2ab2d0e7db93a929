//! Makes a variant, and keeps it up with its source.

use super::make::{Doubt, Maker, words_of};
use super::store::{self, NewWarning};
use super::units::{Unit, assemble, hash, hashes, is_as_made, plain, units};
use super::{Variant, is_attached, status_of, way};
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::language::{Conversion, Tag, Trust, conversion};
use crate::lexicon::{self, Direction};
use crate::names_desk;
use crate::policy::Actor;
use crate::publication::DerivationStatus;
use crate::translations::{First, Publication, Step, Text, Translation, after, embargo, revisions, store as texts, switches};
use sqlx::types::Json;
use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use uuid::Uuid;

/// Characters of an edit that was lost that its warning repeats.
const LOST: usize = 300;

/// What is known of the words of some parts: what people said of them in this text, before the lexicon, before listed names.
pub(super) async fn known_words(
    tx: &mut Tx,
    agency: Uuid,
    way: &'static Conversion,
    to: &Tag,
    units: &[&Unit],
    own: &BTreeMap<String, String>,
) -> Result<HashMap<String, String>> {
    let from = Tag::parse(way.from).map_err(Error::internal)?;
    let words: Vec<String> = words_of(way, units).into_iter().collect();
    let direction = Direction { from: &from, to, orthography: way.orthography };
    // The list has names in the usual alphabet of a script.
    let text = units.iter().map(|unit| plain(unit, usize::MAX)).collect::<Vec<_>>().join("\n");
    let mut known = if from == *to { HashMap::new() } else { names_desk::spelled(tx, &from, to, &words, &text).await? };
    if let Some(newer) = way.orthography.and_then(|orthography| conversion(to, to, Some(orthography))) {
        for spelling in known.values_mut() {
            *spelling = newer.apply(spelling, |_| None).text;
        }
    }
    known.extend(lexicon::known(tx, agency, direction, &words).await?);
    known.extend(own.iter().map(|(word, replacement)| (word.clone(), replacement.clone())));
    Ok(known)
}

/// Makes a variant of a text, as a draft of the caller's agency, under the embargo of its source. It has no address yet: the scripts of
/// a language share theirs. The story is held.
///
/// # Errors
/// `already_exists`, `conflict` for a text that is a variant itself, `illegal_transition` for one that was withdrawn,
/// `validation_failed` where there is no such way or the result is too long, and when the database fails.
pub async fn create(tx: &mut Tx, actor: &Actor, source: &Translation, to: &Tag, orthography: Option<&str>, now: Timestamp) -> Result<Translation> {
    let usual = switches::usual(&mut *tx, actor.agency, to).await?;
    let way = way(&source.language, to, orthography.or(usual.as_deref()))?;
    if is_attached(source) {
        return Err(Error::new(Code::Conflict, "The text is a variant itself: make this one of the text that it was made of, or detach it first."));
    }
    super::super::step(source.publication, source.review, Step::Edit)?;
    let parts = units(&source.text);
    let known = known_words(tx, actor.agency, way, to, &parts.iter().collect::<Vec<_>>(), &BTreeMap::new()).await?;
    let (mut made, mut warnings) = (vec![], vec![]);
    let maker = Maker::new(way, to, &known);
    for (order, part) in parts.iter().enumerate() {
        let (unit, doubts) = maker.unit(part);
        warnings.extend(doubts.into_iter().map(|doubt| (part.name.clone(), order, doubt)));
        made.push(unit);
    }
    let text = assemble(made, source.text.authors.clone())?.tidied(to).into_owned();
    let first = First { article: source.article_id, language: to, is_original: false, text: &text, slug: None, orthography: way.orthography };
    let created = texts::put_first(tx, actor, first, now).await?;
    let variant = Variant {
        from_language: source.language.clone(),
        from_revision: source.revision,
        status: status_of(way.trust, warnings.len()),
        made: Json(hashes(&text)),
        corrections: Json(BTreeMap::new()),
        by_rule: false,
        left_with_source: false,
    };
    store::insert(tx, source.article_id, to, &variant).await?;
    embargo::inherit_from(tx, source, &created, now).await?;
    store::warn(tx, source.article_id, to, warnings).await?;
    store::set_base(tx, &created, base(source), now).await?;
    read(tx, &created).await
}

/// The revision of the original that a variant of this text is of.
fn base(source: &Translation) -> Option<i32> {
    if source.is_original { Some(source.revision) } else { source.base_revision }
}

/// A text after something of it was written.
pub(super) async fn read(tx: &mut Tx, text: &Translation) -> Result<Translation> {
    texts::read(tx, text.article_id, &text.language).await?.ok_or_else(|| Error::internal("the variant is not there"))
}

/// Makes the variants of a text that its agency has follow its new revision; those of others grow stale. A variant has none of its own,
/// so that this ends.
pub fn follow<'a>(tx: &'a mut Tx, actor: &'a Actor, source: &'a Translation, now: Timestamp) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
    Box::pin(async move {
        if is_attached(source) {
            return Ok(());
        }
        for language in store::of_source(&mut *tx, source.article_id, &source.language).await? {
            let Some(text) = texts::read(&mut *tx, source.article_id, &language).await? else { continue };
            let alive = !matches!(text.publication, Publication::Withheld | Publication::Killed) && after(text.publication, text.review, Step::Edit).is_some();
            if alive && text.agency_id == source.agency_id {
                bring_up(tx, actor, source, &text, None, now).await?;
            }
        }
        Ok(())
    })
}

/// What becomes of a variant when its source changes.
struct Change {
    units: Vec<Unit>,
    made: BTreeMap<String, String>,
    /// Parts whose warnings are of no use any more.
    gone: Vec<String>,
    warnings: Vec<NewWarning>,
    /// Whether something was made that nobody has read.
    anew: bool,
}

/// Whether people have changed nothing of a text that was made of these parts.
fn is_untouched(present: &[Unit], old: &[Unit], made: &BTreeMap<String, String>) -> bool {
    present.len() == old.len() && present.iter().zip(old).all(|(unit, source)| unit.name == source.name && made.get(&unit.name) == Some(&hash(unit)))
}

/// Whether people have changed nothing of a variant, so that it can be made anew of any revision of its source.
///
/// # Errors
/// When the database fails.
pub(super) async fn is_made(tx: &mut Tx, text: &Translation, variant: &Variant) -> Result<bool> {
    let source = revisions::read(&mut *tx, text.article_id, &variant.from_language, variant.from_revision).await?;
    Ok(is_untouched(&units(&text.text), &units(&source.text), &variant.made))
}

/// Makes a variant follow a revision of its source. Whoever edited it stays its author for four eyes (`author` in any case); what people
/// have not touched has the author of the source.
///
/// # Errors
/// `illegal_transition`, and when the database fails.
pub(super) async fn bring_up(tx: &mut Tx, actor: &Actor, source: &Translation, text: &Translation, author: Option<Uuid>, now: Timestamp) -> Result<()> {
    let Some(mut variant) = store::variant(&mut *tx, text.article_id, &text.language).await? else { return Ok(()) };
    let way = way(&source.language, &text.language, text.orthography.as_deref())?;
    let before = revisions::read(&mut *tx, text.article_id, &source.language, variant.from_revision).await?;
    let (old, new, present) = (units(&before.text), units(&source.text), units(&text.text));
    let changed: Vec<&Unit> = new.iter().filter(|unit| !old.contains(unit)).collect();
    let known = known_words(tx, text.agency_id, way, &text.language, &changed, &variant.corrections).await?;
    let maker = Maker::new(way, &text.language, &known);
    let of_people = !is_untouched(&present, &old, &variant.made);
    let author = author.unwrap_or_else(|| if of_people { text.last_author } else { actor.id() });
    let change = merge(&maker, &old, &new, &present, &variant.made);
    let authors = if text.text.authors == before.text.authors { source.text.authors.clone() } else { text.text.authors.clone() };
    variant.from_revision = source.revision;
    match assemble(change.units.clone(), authors) {
        Ok(made) => {
            let made = made.tidied(&text.language).into_owned();
            put(tx, (actor, author), text, &mut variant, change, &made, way.trust, now).await?;
        }
        // What is too long in the other script holds nobody up who edits the source.
        Err(error) if error.code == Code::ValidationFailed => {
            let doubt = Doubt { rule: "not_followed".to_owned(), message: "The text would be too long, and was left as it is.".to_owned(), ..Doubt::default() };
            store::clear(tx, text, &["/".to_owned()]).await?;
            store::warn(tx, text.article_id, &text.language, vec![("/".to_owned(), 0, doubt)]).await?;
            variant.status = DerivationStatus::NeedsReview;
        }
        Err(error) => return Err(error),
    }
    store::update(tx, text.article_id, &text.language, &variant).await?;
    store::set_base(tx, text, base(source), now).await
}

#[expect(clippy::too_many_arguments, reason = "what is written, of what, and by whom")]
async fn put(
    tx: &mut Tx,
    by: (&Actor, Uuid),
    text: &Translation,
    variant: &mut Variant,
    change: Change,
    made: &Text,
    trust: Trust,
    now: Timestamp,
) -> Result<()> {
    let doubtful = !change.warnings.is_empty() || (change.anew && trust != Trust::Exact);
    store::clear(tx, text, &change.gone).await?;
    let order = change.units.iter().enumerate().map(|(order, unit)| (unit.name.as_str(), order)).collect();
    store::reorder(tx, text, &order).await?;
    store::warn(tx, text.article_id, &text.language, change.warnings).await?;
    if doubtful || store::open(&mut *tx, text.article_id, &text.language).await? > 0 {
        variant.status = DerivationStatus::NeedsReview;
    } else if change.anew && variant.status == DerivationStatus::Reviewed {
        // Nobody has read what was made since.
        variant.status = DerivationStatus::Auto;
    }
    variant.made = Json(change.made);
    // What was made anew is noted as it is stored.
    let mut stored = hashes(made);
    for name in &change.gone {
        if let (Some(noted), Some(hash)) = (variant.made.get_mut(name), stored.remove(name)) {
            *noted = hash;
        }
    }
    if *made != text.text {
        texts::put_made(tx, by, text, made, now).await?;
    }
    Ok(())
}

fn find<'a>(units: &'a [Unit], name: &str) -> Option<&'a Unit> {
    units.iter().find(|unit| unit.name == name)
}

/// Parts whose source is as it was stay as people left them; the others are made anew.
fn merge(maker: &Maker<'_>, old: &[Unit], new: &[Unit], present: &[Unit], made: &BTreeMap<String, String>) -> Change {
    let mut change = Change { units: vec![], made: BTreeMap::new(), gone: vec!["/".to_owned()], warnings: vec![], anew: false };
    let by_name: HashMap<&str, &Unit> = old.iter().map(|unit| (unit.name.as_str(), unit)).collect();
    let there: HashMap<&str, &Unit> = present.iter().map(|unit| (unit.name.as_str(), unit)).collect();
    for source in new {
        let (name, order) = (source.name.as_str(), change.units.len());
        if by_name.get(name) == Some(&source) {
            if let Some(unit) = there.get(name) {
                change.units.push((*unit).clone());
                change.made.extend(made.get(name).map(|hash| (name.to_owned(), hash.clone())));
            }
            continue;
        }
        let (unit, doubts) = maker.unit(source);
        change.gone.push(name.to_owned());
        change.warnings.extend(doubts.into_iter().map(|doubt| (name.to_owned(), order, doubt)));
        if let Some(edited) = there.get(name).filter(|unit| !is_as_made(made, unit)) {
            change.warnings.push((name.to_owned(), order, lost(edited)));
        }
        change.made.insert(name.to_owned(), hash(&unit));
        change.units.push(unit);
        change.anew = true;
    }
    for unit in old.iter().filter(|unit| find(new, &unit.name).is_none()) {
        change.gone.push(unit.name.clone());
        if let Some(edited) = there.get(unit.name.as_str()).filter(|present| !is_as_made(made, present)) {
            change.warnings.push((unit.name.clone(), change.units.len(), lost(edited)));
        }
    }
    keep_added(&mut change.units, present, &by_name);
    change
}

/// Puts back what people added that has no source, behind what it stood behind.
fn keep_added(units: &mut Vec<Unit>, present: &[Unit], sources: &HashMap<&str, &Unit>) {
    let mut before: Option<&str> = None;
    for unit in present {
        if !sources.contains_key(unit.name.as_str()) && find(units, &unit.name).is_none() {
            let at = before.and_then(|name| units.iter().position(|other| other.name == name)).map_or(units.len(), |at| at + 1);
            units.insert(at, unit.clone());
        }
        before = Some(unit.name.as_str());
    }
}

/// Tells of an edit by hand that gave way.
fn lost(edited: &Unit) -> Doubt {
    let words = plain(edited, LOST);
    let message = format!("The source changed here, and an edit by hand gave way; the earlier revision has it: {words}");
    Doubt { rule: "edit_lost".to_owned(), message, ..Doubt::default() }
}
