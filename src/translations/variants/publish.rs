//! Variants that go out with their source, and leave with it.

use super::units::{Unit, hash, units};
use super::{Variant, follow, is_attached, store, way};
use crate::agencies::{self, VariantRule};
use crate::articles;
use crate::auth;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::jobs::{self, Job};
use crate::language::{Tag, Trust};
use crate::notices::{self, Notice, NoticeKind};
use crate::policy::{Actor, Role, Who};
use crate::publication::{self, ChangeKind, DerivationStatus};
use crate::state::State;
use crate::translations::{Publication, PublishOrder, Review, Translation, kill_is_pending, put, revisions, store as texts, workflow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// Makes and publishes the variants of a text that readers see, as the rules of its agency say.
#[derive(Debug, Serialize, Deserialize)]
pub struct PublishVariants {
    article: Uuid,
    language: Tag,
    /// The revision that was published.
    revision: i32,
    /// Who published it.
    by: Uuid,
}

/// What a rule wants done, each in a transaction of its own.
#[derive(Clone, Copy)]
enum Part {
    Make,
    PutOut,
}

/// Notes that readers have got a revision of a text: what its agency wants of its variants happens after the commit.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut Tx, by: Uuid, text: &Translation, revision: i32, now: Timestamp) -> Result<()> {
    let rules = agencies::variant_rules(&mut *tx, text.agency_id).await?;
    if rules.iter().any(|rule| rule.from == text.language && (rule.auto_create || rule.auto_publish)) {
        let job = PublishVariants { article: text.article_id, language: text.language.clone(), revision, by };
        jobs::enqueue(&mut *tx, &job, now, now).await?;
    }
    Ok(())
}

/// Notes that a variant is published as it stands, by a rule or by people, who are asked when it goes.
///
/// # Errors
/// When the database fails.
pub async fn mark(tx: &mut Tx, text: &Translation, by_rule: bool) -> Result<()> {
    store::publish(tx, text, by_rule).await
}

/// Notes that a variant leaves readers with its source, and comes back with it.
///
/// # Errors
/// When the database fails.
pub async fn leave(tx: &mut Tx, text: &Translation) -> Result<()> {
    store::leave(tx, text).await
}

/// The variants that follow a text.
///
/// # Errors
/// When the database fails.
pub async fn attached(tx: &mut Tx, source: &Translation) -> Result<Vec<Translation>> {
    let mut found = vec![];
    for language in store::of_source(&mut *tx, source.article_id, &source.language).await? {
        found.extend(texts::read(&mut *tx, source.article_id, &language).await?);
    }
    Ok(found)
}

/// The variants of a text that leave readers with it: those that a rule published; of a text that is killed, all of its own agency.
///
/// # Errors
/// When the database fails.
pub async fn with_source(tx: &mut Tx, source: &Translation, killed: bool) -> Result<Vec<Translation>> {
    let mut found = vec![];
    for text in attached(tx, source).await? {
        let by_rule = store::variant(&mut *tx, source.article_id, &text.language).await?.is_some_and(|variant| variant.by_rule);
        let goes = if killed {
            text.agency_id == source.agency_id && text.publication != Publication::Killed
        } else {
            by_rule && text.publication == Publication::Published
        };
        if goes {
            found.push(text);
        }
    }
    Ok(found)
}

impl Job for PublishVariants {
    const KIND: &'static str = "variants.publish";

    fn key(&self) -> Option<String> {
        Some(format!("variants:{}:{}", self.article, self.language))
    }

    fn text(&self) -> Option<(Uuid, Tag)> {
        Some((self.article, self.language.clone()))
    }

    async fn run(self, state: &State) -> anyhow::Result<()> {
        let agency = match texts::read(&state.db, self.article, &self.language).await? {
            Some(source) => source.agency_id,
            None => return Ok(()),
        };
        for rule in agencies::variant_rules(&state.db, agency).await?.into_iter().filter(|rule| rule.from == self.language) {
            for part in [Part::Make, Part::PutOut] {
                let mut tx = state.db.begin().await?;
                match self.apply(&mut tx, state, &rule, part).await {
                    Ok(()) => tx.commit().await?,
                    Err(error) if matches!(error.code, Code::Internal | Code::Unavailable | Code::DiskFull) => return Err(error.into()),
                    Err(error) => {
                        tx.rollback().await?;
                        self.tell(state, agency, &rule, error.code).await?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

impl PublishVariants {
    async fn apply(&self, tx: &mut Tx, state: &State, rule: &VariantRule, part: Part) -> Result<()> {
        articles::hold(tx, self.article).await?;
        let now = state.clock.now();
        if kill_is_pending(&mut *tx, self.article).await? {
            jobs::put_off(&mut *tx, self, now).await?;
            return Ok(());
        }
        let Some(source) = self.source(tx).await? else { return Ok(()) };
        if !agencies::is_active(&mut *tx, source.agency_id).await? {
            return Err(Error::new(Code::Conflict, "The agency is suspended."));
        }
        let actor = self.actor(tx, source.agency_id, now).await?;
        match part {
            Part::Make if rule.auto_create => self.make(tx, &actor, &source, rule, now).await,
            Part::PutOut if rule.auto_publish => self.put_out(tx, state, &actor, &source, rule, now).await,
            _ => Ok(()),
        }
    }

    /// The source, where readers see this revision of it. What an embargo keeps from them has its turn when that ends.
    async fn source(&self, tx: &mut Tx) -> Result<Option<Translation>> {
        let Some(source) = texts::read(&mut *tx, self.article, &self.language).await? else { return Ok(None) };
        let is_seen = source.publication == Publication::Published && source.published_revision == Some(self.revision);
        Ok((is_seen && publication::is_public(tx, self.article, &self.language).await?).then_some(source))
    }

    /// The source as readers see it.
    async fn published(&self, tx: &mut Tx, source: &Translation) -> Result<Translation> {
        let text = revisions::read(&mut *tx, self.article, &self.language, self.revision).await?.text;
        Ok(Translation { text, revision: self.revision, ..source.clone() })
    }

    /// Makes the variant of what readers see, unless somebody else was asked for it.
    async fn make(&self, tx: &mut Tx, actor: &Actor, source: &Translation, rule: &VariantRule, now: Timestamp) -> Result<()> {
        if texts::read(&mut *tx, self.article, &rule.to).await?.is_some() {
            return Ok(());
        }
        put::admit_new(tx, actor, self.article, &rule.to, now).await?;
        let seen = self.published(tx, source).await?;
        follow::create(tx, actor, &seen, &rule.to, rule.orthography.as_deref(), now).await?;
        Ok(())
    }

    /// Publishes the variant, of the revision that readers see of the source, also where the work on that went on.
    ///
    /// Fails where readers see a variant that cannot follow by itself: the desk has to know.
    async fn put_out(&self, tx: &mut Tx, state: &State, actor: &Actor, source: &Translation, rule: &VariantRule, now: Timestamp) -> Result<()> {
        let Some(mut text) = texts::read(&mut *tx, self.article, &rule.to).await? else { return Ok(()) };
        let Some(mut variant) = store::variant(&mut *tx, self.article, &rule.to).await? else { return Ok(()) };
        if !is_attached(&text) || variant.from_language != self.language || text.agency_id != source.agency_id || !waits(&text, &variant, self.revision) {
            return Ok(());
        }
        let behind = || if text.publication == Publication::Published { Err(is_left_behind()) } else { Ok(()) };
        let author = text.last_author;
        let seen = self.published(tx, source).await?;
        if variant.from_revision != self.revision {
            if !follow::is_made(tx, &text, &variant).await? {
                return behind();
            }
            follow::bring_up(tx, actor, &seen, &text, Some(author), now).await?;
            text = follow::read(tx, &text).await?;
            variant = store::variant(&mut *tx, self.article, &rule.to).await?.ok_or_else(is_left_behind)?;
            if !self.may_go_out(tx, &seen, &text, &variant).await? {
                return Err(is_left_behind());
            }
        } else if !self.may_go_out(tx, &seen, &text, &variant).await? {
            return behind();
        }
        if text.publication != Publication::Published || text.review != Review::Settled {
            let order = self.order(tx, &text).await?;
            text = workflow::publish_by_rule(tx, &state.config, actor, &text, order, now).await?;
        }
        if source.revision != self.revision {
            follow::bring_up(tx, actor, source, &text, Some(author), now).await?;
        }
        Ok(())
    }

    /// What readers are told: the gravest of what became of the source since they got the variant last.
    async fn order(&self, tx: &mut Tx, text: &Translation) -> Result<PublishOrder> {
        if !text.is_change(&mut *tx).await? {
            return Ok(PublishOrder::default());
        }
        let told = publication::gravest_since(tx, self.article, &self.language, &text.language).await?;
        let (kind, public_note) = told.unwrap_or((ChangeKind::Fix, None));
        Ok(PublishOrder { change_kind: Some(kind), public_note })
    }

    /// Whose drafts they are: who published the source, as one of its agency, whatever their part in it now.
    async fn actor(&self, tx: &mut Tx, agency: Uuid, now: Timestamp) -> Result<Actor> {
        let who = match auth::act_as(tx, self.by, now).await? {
            Some(actor) => actor.who,
            None => Who::Key { id: self.by, scopes: vec![] },
        };
        let who = match who {
            Who::Staff { id, session, .. } => Who::Staff { id, session, role: Role::Editor },
            key @ Who::Key { .. } => key,
        };
        Ok(Actor { agency, platform: false, who })
    }

    /// Only what the rules of its letters were sure of, all of it and nothing else, of the very revision that readers see: nothing that people
    /// have yet to approve.
    async fn may_go_out(&self, tx: &mut Tx, source: &Translation, text: &Translation, variant: &Variant) -> Result<bool> {
        let sound = matches!(variant.status, DerivationStatus::Auto | DerivationStatus::Reviewed) && text.open_warnings == Some(0);
        let safe = way(&self.language, &text.language, text.orthography.as_deref())?.trust == Trust::Exact;
        if !(sound && safe) {
            return Ok(false);
        }
        let own_address = match &text.slug {
            Some(slug) if text.slug != source.slug => publication::had_address(tx, self.article, &text.language, slug).await?,
            _ => true,
        };
        let seen = match text.published_revision {
            Some(revision) => Some(revisions::read(&mut *tx, self.article, &text.language, revision).await?.text),
            None => None,
        };
        let authors = text.text.authors == source.text.authors || seen.as_ref().is_some_and(|seen| seen.authors == text.text.authors);
        if !own_address || !authors {
            return Ok(false);
        }
        if text.published_revision == Some(text.revision) {
            return Ok(true);
        }
        let (here, made_of) = (units(&text.text), units(&source.text));
        let approved: Vec<Unit> = seen.as_ref().map(units).unwrap_or_default();
        let is_whole = here.len() == made_of.len() && here.iter().zip(&made_of).all(|(unit, source)| unit.name == source.name);
        Ok(is_whole && here.iter().all(|unit| variant.made.get(&unit.name) == Some(&hash(unit)) || approved.contains(unit)))
    }

    /// Tells the desk that a variant waits for them.
    async fn tell(&self, state: &State, agency: Uuid, rule: &VariantRule, code: Code) -> Result<()> {
        let mut tx = state.db.begin().await?;
        let people = notices::desk(&mut tx, agency).await?;
        let details = json!({ "job": Self::KIND, "code": code.as_str(), "variant": rule.to });
        let notice = Notice { kind: NoticeKind::JobFailed, article: Some(self.article), language: Some(&self.language), by: None, details };
        notices::tell(&mut tx, &people, &notice, state.clock.now()).await?;
        tx.commit().await
    }
}

/// Whether a variant has to be published for readers to have this revision of its source. What somebody took away by hand stays away.
fn waits(text: &Translation, variant: &Variant, revision: i32) -> bool {
    match text.publication {
        Publication::Unreleased => true,
        Publication::Published => text.review != Review::Settled || variant.from_revision != revision,
        Publication::Unpublished => variant.left_with_source,
        Publication::Withheld | Publication::Killed => false,
    }
}

fn is_left_behind() -> Error {
    Error::new(Code::Conflict, "Readers see the variant of an earlier revision: it cannot follow without people.")
}
