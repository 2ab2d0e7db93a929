//! Published texts in any number: those of the demo, over and over, through the functions that requests use.

use crate::bare;
use crate::http::{Client, Reply};
use crate::server::{CONNECTIONS, House};
use anyhow::{Context, Result, ensure};
use newsroom::db::{Db, Pools, Reader, Tx};
use newsroom::error::Faults;
use newsroom::language::Tag;
use newsroom::policy::{Actor, Role, Who};
use newsroom::seed::{self, Story, StoryText};
use newsroom::state::State;
use newsroom::translations::{self, CreateArticle, First, NewText, PublishOrder, Text, Translation};
use newsroom::{auth, serve};
use std::collections::HashMap;
use uuid::Uuid;

/// The list of 20 that is measured, and the language that it is in.
pub const LIST_QUERY: &str = "language=kk&limit=20";
pub const LIST_LANGUAGE: &str = "kk";
/// The headers that each answer has its own of, in the order of the columns.
pub const VARYING: [&str; 5] = ["etag", "last-modified", "surrogate-key", "content-language", "link"];
/// Stories of one transaction, of eight texts or more each.
const BATCH: usize = 32;
/// Rows of one transaction of the bare tables.
const ROWS: usize = 500;

const ANSWER: &str = "INSERT INTO answers (language, slug, body, etag, last_modified, surrogate_key, content_language, link) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const LIST: &str = "INSERT INTO lists (query, body, etag, last_modified, surrogate_key, content_language, link) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// The language and the slug of a public text.
pub type Address = (String, String);

/// Who writes, by the slug of the agency.
pub struct Editors(HashMap<String, Actor>);

/// A story of the demo, its translations read once.
pub struct Source {
    story: Story,
    translations: Vec<Part>,
}

/// A translation, and the agency that makes it.
struct Part {
    language: Tag,
    agency: String,
    text: Text,
}

impl Editors {
    pub async fn find(db: &Db) -> Result<Self> {
        let rows: Vec<(Uuid, Uuid, String, String)> =
            db.query("SELECT s.id, s.agency_id, a.slug, a.kind FROM staff s JOIN agencies a ON a.id = s.agency_id WHERE s.role = 'editor'").all().await?;
        let actor = |id, agency, kind: &str| Actor { agency, platform: kind == "platform", who: Who::Staff { id, role: Role::Editor, session: Uuid::nil() } };
        Ok(Self(rows.into_iter().map(|(id, agency, slug, kind)| (slug, actor(id, agency, &kind))).collect()))
    }

    fn of(&self, agency: &str) -> Result<&Actor> {
        self.0.get(agency).with_context(|| format!("{agency} has no editor"))
    }
}

impl Source {
    fn read(story: Story, editors: &Editors) -> Result<Self> {
        let mut translations = vec![];
        for (language, text) in story.texts.iter().filter(|(language, _)| **language != story.original_language) {
            let agency = text.agency.clone().unwrap_or_else(|| story.agency.clone());
            let mut faults = Faults::default();
            let (text, _) = new_text(text).read(editors.of(&agency)?.staff_id(), &mut faults);
            faults.finish()?;
            translations.push(Part { language: language.clone(), agency, text });
        }
        Ok(Self { story, translations })
    }
}

fn new_text(text: &StoryText) -> NewText {
    NewText {
        headline: text.headline.clone(),
        summary: Some(text.summary.clone()),
        body: None,
        body_html: Some(text.html.clone()),
        dateline: text.dateline.clone(),
        byline: None,
        authors: None,
        seo: None,
        slug: None,
    }
}

fn create_article(story: &Story, number: usize) -> Result<CreateArticle> {
    let text = story.texts.get(&story.original_language).context("a demo story has no original")?;
    Ok(CreateArticle {
        original_language: story.original_language.clone(),
        headline: numbered(number, &text.headline),
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
    })
}

/// At the beginning, because long slugs are cut at their end.
fn numbered(number: usize, headline: &str) -> String {
    format!("{number}: {headline}")
}

/// Makes the demo house in a new database. Nobody knows the password of its people.
pub async fn open(house: &House) -> Result<State> {
    let state = serve::open(house.config()?).await?;
    seed::fill(&state, &auth::hash_password(Uuid::new_v4().to_string()).await?).await?;
    Ok(state)
}

/// Makes the demo house, and no more.
pub async fn found(house: &House) -> Result<()> {
    close(&open(house).await?).await;
    Ok(())
}

pub async fn close(state: &State) {
    state.public.close().await;
    state.db.close().await;
}

/// Makes the demo house, and publishes until `texts` are public. Returns their addresses, the oldest first.
pub async fn fill(house: &House, texts: usize) -> Result<Vec<Address>> {
    let state = open(house).await?;
    let editors = Editors::find(&state.db).await?;
    let sources = sources(&editors)?;
    let (public,): (i64,) = state.db.query("SELECT count(*) FROM published_documents").one().await?;
    let mut public = usize::try_from(public)?;
    ensure!(public <= texts, "the demo alone has {public} public texts: --sizes cannot be smaller");
    let mut stories = (1..).zip(sources.iter().cycle());
    while public < texts {
        let mut tx = state.db.begin().await?;
        for (number, source) in stories.by_ref().take(BATCH) {
            public += publish_story(&mut tx, &state, &editors, source, number, texts - public).await?;
            if public == texts {
                break;
            }
        }
        tx.commit().await?;
    }
    let addresses: Vec<Address> = state.db.query("SELECT language, slug FROM published_documents ORDER BY id").all().await?;
    ensure!(addresses.len() == texts, "{} texts are public in place of {texts}", addresses.len());
    settle(&state.db).await?;
    close(&state).await;
    Ok(addresses)
}

/// The stories of the demo.
pub fn sources(editors: &Editors) -> Result<Vec<Source>> {
    seed::stories()?.into_iter().map(|story| Source::read(story, editors)).collect()
}

/// Makes a story with its original. Returns who wrote it, and the text.
pub async fn draft<'e>(tx: &mut Tx, state: &State, editors: &'e Editors, source: &Source, number: usize) -> Result<(&'e Actor, Translation)> {
    let author = editors.of(&source.story.agency)?;
    let created = translations::create(tx, author, create_article(&source.story, number)?, state.clock.now()).await?;
    Ok((author, created.original))
}

/// Publishes a story in its languages, in `most` at most. Returns in how many.
async fn publish_story(tx: &mut Tx, state: &State, editors: &Editors, source: &Source, number: usize, most: usize) -> Result<usize> {
    let (author, original) = draft(tx, state, editors, source, number).await?;
    publish(tx, state, editors, author, &original).await?;
    let parts = source.translations.get(..most - 1).unwrap_or(&source.translations);
    for part in parts {
        let translator = editors.of(&part.agency)?;
        let text = Text { headline: numbered(number, &part.text.headline), ..part.text.clone() };
        let first = First { article: original.article_id, language: &part.language, is_original: false, text: &text, slug: None, orthography: None };
        let added = translations::put_first(tx, translator, first, state.clock.now()).await?;
        publish(tx, state, editors, translator, &added).await?;
    }
    Ok(parts.len() + 1)
}

pub async fn publish(tx: &mut Tx, state: &State, editors: &Editors, author: &Actor, text: &Translation) -> Result<()> {
    // Where the agency asks for four eyes, the platform's editor is the second pair.
    let editor = if text.four_eyes { editors.of("platform")? } else { author };
    translations::publish(tx, &state.config, editor, text, PublishOrder::default(), state.clock.now()).await?;
    Ok(())
}

/// What PostgreSQL would do by itself after some minutes. SQLite does what is to be done when it is closed.
pub async fn settle(db: &Db) -> Result<()> {
    if let Pools::Postgres(pool) = &db.pools {
        sqlx::raw_sql("VACUUM (ANALYZE)").execute(pool).await?;
        sqlx::raw_sql("CHECKPOINT").execute(pool).await?;
    }
    Ok(())
}

/// Asks newsroom for every text and for the list, and puts each answer into one row of the database at `url`.
pub async fn copy_answers(client: &mut Client, addresses: &[Address], url: &str) -> Result<()> {
    let db = Db::open(url, CONNECTIONS).await?;
    for table in bare::TABLES {
        db.write().query(table).execute().await?;
    }
    for batch in addresses.chunks(ROWS) {
        let mut tx = db.begin().await?;
        for (language, slug) in batch {
            let reply = ask(client, &path(language, slug))?;
            insert(&mut tx, ANSWER, &[language.as_str(), slug.as_str()], &reply).await?;
        }
        tx.commit().await?;
    }
    let reply = ask(client, &list_path())?;
    let mut tx = db.begin().await?;
    insert(&mut tx, LIST, &[LIST_QUERY], &reply).await?;
    tx.commit().await?;
    settle(&db).await?;
    db.close().await;
    Ok(())
}

fn ask(client: &mut Client, path: &str) -> Result<Reply> {
    let reply = client.get(path)?;
    ensure!(reply.status == 200, "{path} answers {}: {}", reply.status, reply.body);
    Ok(reply)
}

async fn insert(tx: &mut Tx, sql: &'static str, keys: &[&str], reply: &Reply) -> Result<()> {
    let mut query = tx.query(sql);
    for key in keys {
        query = query.bind(*key);
    }
    query = query.bind(reply.body.as_str());
    for name in VARYING {
        query = query.bind(reply.header(name));
    }
    query.execute().await?;
    Ok(())
}

pub fn path(language: &str, slug: &str) -> String {
    format!("/v1/delivery/articles/{language}/{slug}")
}

pub fn list_path() -> String {
    format!("/v1/delivery/articles?{LIST_QUERY}")
}

/// At most so many addresses, from everywhere and in no order, but in every run the same.
pub fn spread(addresses: &[Address], most: usize) -> Vec<String> {
    let step = addresses.len().div_ceil(most).max(1);
    let mut paths: Vec<String> = addresses.iter().step_by(step).map(|(language, slug)| path(language, slug)).collect();
    let mut dice: u64 = 0x9E37_79B9_7F4A_7C15;
    for i in (1..paths.len()).rev() {
        // Xorshift: good enough to leave the order of the table.
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let other = usize::try_from(dice % (i as u64 + 1)).unwrap_or(0);
        paths.swap(i, other);
    }
    paths
}
