//! Variants that go out with their source, and leave with it.

use super::units::{Unit, hash, units};
use super::{follow, store, way};
use crate::agencies::{self, VariantRule};
use crate::articles;
use crate::auth;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Result};
use crate::jobs::{self, Job};
use crate::language::{Tag, Trust};
use crate::notices::{self, Notice, NoticeKind};
use crate::policy::{Actor, Role, Who};
use crate::publication::{ChangeKind, DerivationStatus};
use crate::state::State;
use crate::translations::{Publication, PublishOrder, Review, Translation, kill_is_pending, revisions, store as texts, workflow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// Makes and publishes the variants of a text that was published, as the rules of its agency say.
#[derive(Debug, Serialize, Deserialize)]
pub struct PublishVariants {
    article: Uuid,
    language: Tag,
    /// The revision that was published.
    revision: i32,
    change_kind: Option<ChangeKind>,
    public_note: Option<String>,
    /// Who published it.
    by: Uuid,
}

/// Notes that a text was published: what its agency wants of its variants happens after the commit.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut Tx, actor: &Actor, text: &Translation, order: &PublishOrder, now: Timestamp) -> Result<()> {
    let rules = agencies::variant_rules(&mut *tx, text.agency_id).await?;
    if !rules.iter().any(|rule| rule.from == text.language && (rule.auto_create || rule.auto_publish)) {
        return Ok(());
    }
    let job = PublishVariants {
        article: text.article_id,
        language: text.language.clone(),
        revision: text.revision,
        change_kind: order.change_kind,
        public_note: order.public_note.clone(),
        by: actor.id(),
    };
    jobs::enqueue(&mut *tx, &job, now, now).await?;
    Ok(())
}

/// Notes whether a variant was published by a rule, or by people, who are asked when it goes.
///
/// # Errors
/// When the database fails.
pub async fn mark(tx: &mut Tx, text: &Translation, by_rule: bool) -> Result<()> {
    let query = tx.query("UPDATE variants SET by_rule = $3 WHERE article_id = $1 AND language = $2");
    query.bind(text.article_id).bind(&text.language).bind(by_rule).execute().await?;
    Ok(())
}

/// The variants of a text that leave readers with it: those that a rule published; of a text that is killed, all of its own agency.
///
/// # Errors
/// When the database fails.
pub async fn with_source(tx: &mut Tx, source: &Translation, killed: bool) -> Result<Vec<Translation>> {
    let mut found = vec![];
    for language in store::of_source(&mut *tx, source.article_id, &source.language).await? {
        let Some(text) = texts::read(&mut *tx, source.article_id, &language).await? else { continue };
        let by_rule = store::variant(&mut *tx, source.article_id, &language).await?.is_some_and(|variant| variant.by_rule);
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
            let mut tx = state.db.begin().await?;
            match self.apply(&mut tx, state, &rule).await {
                Ok(()) => tx.commit().await?,
                Err(error) if matches!(error.code, Code::Internal | Code::Unavailable | Code::DiskFull) => return Err(error.into()),
                Err(error) => {
                    tx.rollback().await?;
                    self.tell(state, agency, &rule, error.code).await?;
                }
            }
        }
        Ok(())
    }
}

impl PublishVariants {
    async fn apply(&self, tx: &mut Tx, state: &State, rule: &VariantRule) -> Result<()> {
        articles::hold(tx, self.article).await?;
        let now = state.clock.now();
        if kill_is_pending(&mut *tx, self.article).await? {
            jobs::put_off(&mut *tx, self, now).await?;
            return Ok(());
        }
        let Some(source) = texts::read(&mut *tx, self.article, &self.language).await? else { return Ok(()) };
        if source.publication != Publication::Published || source.published_revision != Some(self.revision) {
            return Ok(());
        }
        let actor = self.actor(tx, source.agency_id, now).await?;
        let there = texts::read(&mut *tx, self.article, &rule.to).await?;
        let text = match there {
            Some(text) => text,
            None if rule.auto_create && source.revision == self.revision => {
                follow::create(tx, &actor, &source, &rule.to, rule.orthography.as_deref(), now).await?
            }
            None => return Ok(()),
        };
        if rule.auto_publish && self.may_go_out(tx, &source, &text).await? {
            let change = text.is_change(&mut *tx).await?;
            let kind = change.then_some(self.change_kind.unwrap_or(ChangeKind::Fix));
            let order = PublishOrder { change_kind: kind, public_note: self.public_note.clone() };
            workflow::publish_by_rule(tx, &state.config, &actor, &text, order, now).await?;
        }
        Ok(())
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

    /// Only what the rules of its letters were sure of, of the very revision that readers see, and nothing that people have yet to approve.
    async fn may_go_out(&self, tx: &mut Tx, source: &Translation, text: &Translation) -> Result<bool> {
        let Some(variant) = store::variant(&mut *tx, self.article, &text.language).await? else { return Ok(false) };
        let sound = matches!(variant.status, DerivationStatus::Auto | DerivationStatus::Reviewed) && text.open_warnings == Some(0);
        let is_of_source = variant.from_language == self.language && variant.from_revision == self.revision && text.agency_id == source.agency_id;
        let is_new = text.publication != Publication::Published || text.review != Review::Settled;
        let gone = matches!(text.publication, Publication::Killed | Publication::Withheld);
        let safe = way(&self.language, &text.language, text.orthography.as_deref())?.trust == Trust::Exact;
        if !(sound && is_of_source && is_new && safe) || gone || text.detached_at.is_some() {
            return Ok(false);
        }
        let seen: Vec<Unit> = match text.published_revision {
            Some(revision) => units(&revisions::read(&mut *tx, self.article, &text.language, revision).await?.text),
            None => vec![],
        };
        Ok(units(&text.text).iter().all(|unit| variant.made.get(&unit.name) == Some(&hash(unit)) || seen.contains(unit)))
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
