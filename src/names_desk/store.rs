//! The tables of the names desk.

use super::{Name, NameState, keys};
use crate::db::{Query, Reader, Sql, Timestamp, Tx};
use crate::error::{Code, Error, Result, Unique};
use crate::language::{lowercase, sort_key};
use crate::publication;
use crate::sql;
use uuid::Uuid;

/// Of the rules that make keys: when they change, it grows, and all names get new ones at the next start.
const KEY_VERSION: i32 = 1;
/// Rows that one statement writes.
const BATCH: usize = 100;

pub(super) const NAME: &str =
    "SELECT n.id, n.kind, n.code, n.spellings, n.note, n.state, n.created_at, n.created_by, n.updated_at, n.updated_by, n.version FROM names n";
const HOLD: Sql = sql!(["" | " FOR NO KEY UPDATE"]);

/// A name by its id.
pub(super) async fn find(on: impl Reader<'_>, id: Uuid) -> Result<Name> {
    let found: Option<Name> = on.query(NAME).push(" WHERE n.id = ").push_bind(id).optional().await?;
    found.ok_or_else(|| Error::not_found("name"))
}

/// A name that nobody else changes until the end of the transaction.
pub(super) async fn hold(tx: &mut Tx, id: Uuid) -> Result<Name> {
    let found: Option<Name> = tx.query(NAME).push(" WHERE n.id = ").push_bind(id).push(HOLD).optional().await?;
    found.ok_or_else(|| Error::not_found("name"))
}

/// Those of some names that there are.
pub(super) async fn find_all(on: impl Reader<'_>, ids: impl IntoIterator<Item = Uuid>) -> Result<Vec<Name>> {
    Ok(on.query(NAME).push(" WHERE n.id IN (").push_list(ids).push(") ORDER BY n.id").all().await?)
}

fn taken() -> Error {
    Error::new(
        Code::AlreadyExists,
        "There is a name with this code, or with the same kind, code and spellings. Two that are called alike are told apart by their codes.",
    )
}

/// Refuses a name that another already has; says which.
async fn check_free(tx: &mut Tx, name: &Name) -> Result<()> {
    let query = tx.query("SELECT id FROM names WHERE id <> $1 AND (fingerprint = $2 OR code = $3) ORDER BY id LIMIT 1");
    let other: Option<(Uuid,)> = query.bind(name.id).bind(name.fingerprint()).bind(&name.code).optional().await?;
    other.map_or(Ok(()), |(id,)| Err(taken().with("name_id", id.to_string())))
}

/// Writes a new name.
pub(super) async fn insert(tx: &mut Tx, name: &Name) -> Result<()> {
    check_free(tx, name).await?;
    let written = insert_all(tx, &[(name.clone(), None)]).await?;
    if written == 1 { publication::names_changed(tx, name.updated_at).await } else { Err(taken()) }
}

/// Writes new names, each with what it is called in the list that the house begins with, if it is from there. What is taken already is
/// left as it is. Returns how many are new.
pub(super) async fn insert_all(tx: &mut Tx, names: &[(Name, Option<&str>)]) -> Result<usize> {
    const HEAD: &str = "INSERT INTO names (id, kind, code, spellings, note, state, seed, fingerprint, key_version, created_at, created_by, \
        updated_at, updated_by, version) VALUES ";
    let mut count = 0;
    for batch in names.chunks(BATCH) {
        let mut query = tx.query(HEAD);
        for (n, (name, seed)) in batch.iter().enumerate() {
            query = query.push(if n == 0 { "(" } else { ", (" }).push_bind(name.id).push(", ").push_bind(name.kind).push(", ").push_bind(&name.code);
            query = query.push(", ").push_bind(&name.spellings).push(", ").push_bind(&name.note).push(", ").push_bind(name.state).push(", ").push_bind(*seed);
            query = query.push(", ").push_bind(name.fingerprint()).push(", ").push_bind(KEY_VERSION).push(", ").push_bind(name.created_at);
            query = query.push(", ").push_bind(name.created_by).push(", ").push_bind(name.updated_at).push(", ").push_bind(name.updated_by);
            query = query.push(", ").push_bind(name.version).push(")");
        }
        let written: Vec<(Uuid,)> = query.push(" ON CONFLICT DO NOTHING RETURNING id").all().await?;
        let new: Vec<&Name> = batch.iter().map(|(name, _)| name).filter(|name| written.iter().any(|(id,)| *id == name.id)).collect();
        count += new.len();
        index(tx, &new).await?;
    }
    Ok(count)
}

/// Writes a name anew, which is held.
pub(super) async fn update(tx: &mut Tx, name: Name, by: Uuid, now: Timestamp) -> Result<Name> {
    check_free(tx, &name).await?;
    let name = Name { version: name.version + 1, updated_at: now, updated_by: Some(by), ..name };
    tx.query(
        "UPDATE names SET kind = $2, code = $3, spellings = $4, note = $5, state = $6, fingerprint = $7, updated_at = $8, updated_by = $9, \
         version = $10 WHERE id = $1",
    )
    .bind(name.id)
    .bind(name.kind)
    .bind(&name.code)
    .bind(&name.spellings)
    .bind(&name.note)
    .bind(name.state)
    .bind(name.fingerprint())
    .bind(name.updated_at)
    .bind(name.updated_by)
    .bind(name.version)
    .execute()
    .await
    .unique(taken)?;
    index_anew(tx, &[&name]).await?;
    publication::names_changed(tx, now).await?;
    Ok(name)
}

/// Makes the keys of names anew that were made by other rules.
pub(super) async fn refresh(tx: &mut Tx) -> Result<()> {
    loop {
        let old: Vec<Name> = tx.query(NAME).push(" WHERE n.key_version <> ").push_bind(KEY_VERSION).push(" ORDER BY n.id LIMIT 100").all().await?;
        if old.is_empty() {
            return Ok(());
        }
        index_anew(tx, &old.iter().collect::<Vec<_>>()).await?;
        let ids = old.iter().map(|name| name.id);
        tx.query("UPDATE names SET key_version = $1 WHERE id IN (").bind(KEY_VERSION).push_list(ids).push(")").execute().await?;
    }
}

async fn index_anew(tx: &mut Tx, names: &[&Name]) -> Result<()> {
    for sql in [
        "DELETE FROM name_spellings WHERE name_id IN (",
        "DELETE FROM name_words WHERE name_id IN (",
        "DELETE FROM name_word_keys WHERE name_id IN (",
        "DELETE FROM published_name_keys WHERE name_id IN (",
    ] {
        tx.query(sql).push_list(names.iter().map(|name| name.id)).push(")").execute().await?;
    }
    index(tx, names).await
}

/// What follows from the spellings of some names.
#[derive(Default)]
struct Index {
    spellings: Vec<(Uuid, &'static str, i32, String, Vec<u8>)>,
    words: Vec<(Uuid, &'static str, i32, i32, String, i32)>,
    word_keys: Vec<(String, Uuid)>,
    published: Vec<(String, Uuid, String)>,
}

impl Index {
    fn add(&mut self, name: &Name) {
        for (language, spelling) in name.spellings.iter() {
            for (ordinal, written) in (0..).zip(spelling.all()) {
                self.spellings.push((name.id, language.as_str(), ordinal, written.to_owned(), sort_key(written, language)));
                let words: Vec<String> = keys::words(written).map(|(_, word)| lowercase(word, language)).collect();
                let count = i32::try_from(words.len()).unwrap_or(i32::MAX);
                self.words.extend((0..).zip(words).map(|(position, word)| (name.id, language.as_str(), ordinal, position, word, count)));
            }
        }
        self.word_keys.extend(keys::single(&name.spellings).into_iter().map(|key| (key, name.id)));
        if name.state == NameState::Active {
            for keys in keys::sequences(&name.spellings) {
                let joined = keys.join(" ");
                self.published.extend(keys::anchors(&keys).into_iter().map(|anchor| (anchor, name.id, joined.clone())));
            }
        }
    }
}

/// Writes what names are found by. Nothing is there of them yet.
async fn index(tx: &mut Tx, names: &[&Name]) -> Result<()> {
    let mut rows = Index::default();
    for name in names {
        rows.add(name);
    }
    write(tx, "INSERT INTO name_spellings (name_id, language, ordinal, written, sort_key) VALUES ", &rows.spellings, |query, row| {
        query.push_bind(row.0).push(", ").push_bind(row.1).push(", ").push_bind(row.2).push(", ").push_bind(&row.3).push(", ").push_bind(&row.4)
    })
    .await?;
    write(tx, "INSERT INTO name_words (name_id, language, ordinal, position, word, words) VALUES ", &rows.words, |query, row| {
        let query = query.push_bind(row.0).push(", ").push_bind(row.1).push(", ").push_bind(row.2).push(", ").push_bind(row.3);
        query.push(", ").push_bind(&row.4).push(", ").push_bind(row.5)
    })
    .await?;
    write(tx, "INSERT INTO name_word_keys (key, name_id) VALUES ", &rows.word_keys, |query, row| query.push_bind(&row.0).push(", ").push_bind(row.1)).await?;
    write(tx, "INSERT INTO published_name_keys (anchor, name_id, keys) VALUES ", &rows.published, |query, row| {
        query.push_bind(&row.0).push(", ").push_bind(row.1).push(", ").push_bind(&row.2)
    })
    .await
}

/// Writes rows, many with one statement.
async fn write<T>(tx: &mut Tx, head: &'static str, rows: &[T], bind: impl for<'c> Fn(Query<'c>, &T) -> Query<'c>) -> Result<()> {
    for batch in rows.chunks(BATCH) {
        let mut query = tx.query(head);
        for (n, row) in batch.iter().enumerate() {
            query = bind(query.push(if n == 0 { "(" } else { ", (" }), row).push(")");
        }
        query.execute().await?;
    }
    Ok(())
}

/// Which names of the list that a house begins with it has had.
pub(super) async fn seeded(tx: &mut Tx) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = tx.query("SELECT seed FROM names WHERE seed IS NOT NULL").all().await?;
    Ok(rows.into_iter().map(|(seed,)| seed).collect())
}
