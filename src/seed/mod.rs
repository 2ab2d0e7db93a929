//! The demo newsroom: a house with agencies, people and stories in eight languages and every state.
//!
//! The texts are in `house.json` and `stories/`; everything goes through the functions that requests use.

mod content;
mod welcome;

pub use content::{Story, StoryText, stories};
pub use welcome::welcome;

use crate::db::{Db, Reader, Timestamp, Tx};
use crate::error::Result;
use crate::language::Tag;
use crate::policy::{Actor, Role, Who};
use crate::secrets::{random_text, write_private};
use crate::state::State;
use crate::translations::{self, CreateArticle, First, NewText, PublishOrder, Translation};
use crate::{agencies, articles, auth, sections, staff};
use anyhow::Context;
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

const HOUR: Duration = Duration::from_hours(1);

fn credentials(state: &State) -> PathBuf {
    state.config.data_dir.join("demo-credentials")
}

/// Fills an empty database. Returns the password of the demo logins, of this or an earlier start; `None` for a house that
/// is not a demo.
///
/// # Errors
/// When the database or the data directory fails.
pub async fn ensure(state: &State) -> anyhow::Result<Option<String>> {
    let file = credentials(state);
    if !is_empty(&state.db).await? {
        return Ok(std::fs::read_to_string(file).ok().map(|text| text.trim().to_owned()));
    }
    let password = match &state.config.demo_password {
        Some(password) => password.expose().to_owned(),
        None => random_text::<12>()?,
    };
    write_private(&file, format!("{password}\n").as_bytes())?;
    let hash = auth::hash_password(password.clone()).await?;
    fill(state, &hash).await?;
    Ok(Some(password))
}

async fn is_empty(db: &Db) -> anyhow::Result<bool> {
    let (agencies,): (i64,) = db.query("SELECT count(*) FROM agencies").one().await?;
    Ok(agencies == 0)
}

/// Writes the whole demo newsroom in one transaction. `hash` is of everybody's password.
///
/// # Errors
/// When the database fails, or the demo texts break a rule.
pub async fn fill(state: &State, hash: &str) -> anyhow::Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let people = house(&mut tx, hash, now.minus(HOUR * 24 * 30)).await?;
    let stories = stories()?;
    let count = u32::try_from(stories.len()).unwrap_or(u32::MAX);
    for (age, story) in (1..=count).rev().zip(&stories) {
        self::story(&mut tx, state, &people, story, now.minus(HOUR * 5 * age)).await.with_context(|| format!("the story {}", story.slugline))?;
    }
    tx.commit().await?;
    Ok(())
}

/// Everybody who acts in the demo: the editor of each agency, by its slug.
struct People(HashMap<String, Actor>);

impl People {
    fn editor(&self, agency: &str) -> anyhow::Result<&Actor> {
        self.0.get(agency).with_context(|| format!("{agency} has no editor"))
    }
}

async fn house(tx: &mut Tx, hash: &str, now: Timestamp) -> anyhow::Result<People> {
    let house = content::house()?;
    let mut ids = HashMap::new();
    for entry in house.agencies {
        let agency = agencies::create(tx, entry.agency, entry.kind, None, now).await?;
        for office in entry.offices {
            agencies::create_office(tx, agency.id, office, None, now).await?;
        }
        for agreement in entry.agreements {
            agencies::create_agreement(tx, agency.id, agreement, None, now).await?;
        }
        ids.insert(agency.slug.clone(), (agency.id, entry.kind == agencies::Kind::Platform));
    }
    for section in house.sections {
        sections::create(tx, section, None, now).await?;
    }
    let mut editors = HashMap::new();
    for new in house.staff {
        let slug = new.agency.clone().context("a demo staff member has no agency")?;
        let (agency, platform) = *ids.get(&slug).with_context(|| format!("there is no agency {slug}"))?;
        let member = staff::create(tx, &new, agency, staff::Entry::Active { password_hash: hash.to_owned() }, None, now).await?;
        if member.role == Role::Editor {
            let who = Who::Staff { id: member.id, role: member.role, session: Uuid::nil() };
            editors.insert(slug, Actor { agency, platform, who });
        }
    }
    Ok(People(editors))
}

async fn story(tx: &mut Tx, state: &State, people: &People, story: &Story, now: Timestamp) -> anyhow::Result<()> {
    let author = people.editor(&story.agency)?;
    let original = story.texts.get(&story.original_language).context("the original is missing")?;
    let created = translations::create(tx, author, create_article(story, original), now).await?;
    let article = created.article.id;
    // The original first: the others are made from it.
    bring(tx, state, people, author, created.original, original, now).await?;
    for (minutes, (language, text)) in (5u64..).step_by(7).zip(story.texts.iter().filter(|(language, _)| **language != story.original_language)) {
        let translator = people.editor(text.agency.as_deref().unwrap_or(&story.agency))?;
        let at = now.plus(Duration::from_secs(60 * minutes));
        let added = add(tx, translator, article, language, text, at).await?;
        bring(tx, state, people, translator, added, text, at).await.with_context(|| language.to_string())?;
    }
    Ok(())
}

fn create_article(story: &Story, text: &StoryText) -> CreateArticle {
    CreateArticle {
        original_language: story.original_language.clone(),
        headline: text.headline.clone(),
        summary: Some(text.summary.clone()),
        body: None,
        body_html: Some(text.html.clone()),
        dateline: text.dateline.clone(),
        byline: None,
        authors: None,
        seo: None,
        slug: None,
        slugline: Some(story.slugline.clone()),
        section: Some(story.section.clone()),
        topics: story.topics.clone(),
        related: vec![],
        urgency: Some(story.urgency),
        genre: None,
        rights: None,
        ednote: None,
        shared: true,
        replaces: None,
    }
}

async fn add(tx: &mut Tx, actor: &Actor, article: Uuid, language: &Tag, text: &StoryText, now: Timestamp) -> Result<Translation> {
    let new = NewText {
        headline: text.headline.clone(),
        summary: Some(text.summary.clone()),
        body: None,
        body_html: Some(text.html.clone()),
        dateline: text.dateline.clone(),
        byline: None,
        authors: None,
        seo: None,
        slug: None,
    };
    let mut faults = crate::error::Faults::default();
    let (text, _) = new.read(actor.staff_id(), &mut faults);
    faults.finish()?;
    translations::put_first(tx, actor, First { article, language, is_original: false, text: &text, slug: None, orthography: None }, now).await
}

/// Brings a new text to the state that the demo shows it in.
async fn bring(tx: &mut Tx, state: &State, people: &People, author: &Actor, text: Translation, content: &StoryText, now: Timestamp) -> anyhow::Result<()> {
    // Where the agency asks for four eyes, the platform's editor is the second pair.
    let reviewer = if text.four_eyes { people.editor("platform")? } else { author };
    let config = &state.config;
    match content.state.as_str() {
        "draft" => {}
        "in_review" => {
            translations::submit(tx, author, &text, now).await?;
        }
        "approved" => {
            let text = translations::submit(tx, author, &text, now).await?;
            translations::approve(tx, reviewer, &text, now).await?;
        }
        "published" => {
            translations::publish(tx, config, reviewer, &text, PublishOrder::default(), now).await?;
        }
        "published_edited" => {
            let text = translations::publish(tx, config, reviewer, &text, PublishOrder::default(), now).await?;
            let mut edited = text.text.clone();
            edited.headline.push_str(" (2)");
            translations::edit(tx, author, &text, &edited, now.plus(HOUR)).await?;
        }
        "unpublished" => {
            let text = translations::publish(tx, config, reviewer, &text, PublishOrder::default(), now).await?;
            translations::unpublish(tx, reviewer, &text, None, now.plus(HOUR)).await?;
        }
        "killed" => {
            let text = translations::publish(tx, config, reviewer, &text, PublishOrder::default(), now).await?;
            let note = "This text was withdrawn.".to_owned();
            translations::kill(tx, reviewer, &text, "Shown in the demo as a killed text.", note, now.plus(HOUR)).await?;
        }
        other => anyhow::bail!("{other} is not a state of the demo"),
    }
    articles::touch(tx, text.article_id, author.id(), now).await?;
    Ok(())
}
