//! The list of names in pages.

use super::{Name, NameKind, NameState, store};
use crate::db::{Db, Query, Reader, Timestamp};
use crate::error::{Error, Result};
use crate::extract::List;
use crate::language::{Tag, query_keys};
use crate::page::{Asked, Page};
use crate::text_enum;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::IntoParams;
use uuid::Uuid;

/// Words of `q` that are looked at.
const MOST_WORDS: usize = 8;

text_enum! {
    pub enum NameSort {
        NewestFirst = "-updated_at",
        OldestFirst = "updated_at",
        /// In the order of the alphabet of `language`.
        Name = "name",
    }
}

/// Filters of the list of names.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NameFilter {
    /// What its words begin with, in any language, script and order: `qaza`, `қаза` and `kaza` find Kazakhstan.
    #[param(min_length = 1, max_length = 120, example = "qaza")]
    pub q: Option<String>,
    #[param(value_type = Option<String>, example = "place,body")]
    pub kind: Option<List<NameKind>>,
    /// `active` where nothing is said.
    #[param(value_type = Option<String>, example = "active,retired")]
    pub state: Option<List<NameState>>,
    /// Spelled in this language.
    #[param(value_type = Option<String>, example = "kk-Latn")]
    pub language: Option<Tag>,
    /// Not spelled in this language yet.
    #[param(value_type = Option<String>, example = "uz-Cyrl")]
    pub missing_language: Option<Tag>,
    /// The name with this code.
    #[param(example = "iso3166:KZ")]
    pub code: Option<String>,
    /// `name` needs `language`.
    #[param(value_type = Option<NameSort>, inline)]
    pub sort: Option<NameSort>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u16>,
    pub cursor: Option<String>,
}

/// Where a page ends: what it is sorted by, and the id.
#[derive(Debug, Serialize, Deserialize)]
enum Key {
    Changed(i64, Uuid),
    Name(String, Uuid),
}

#[derive(FromRow)]
struct Sorted {
    #[sqlx(flatten)]
    name: Name,
    sort_key: Vec<u8>,
}

impl NameFilter {
    fn validate(&self) -> Result<()> {
        if self.q.as_deref().is_some_and(|q| q.trim().is_empty() || q.chars().count() > 120) {
            return Err(Error::parameter("q", "must have 1 to 120 characters that are not blank"));
        }
        if self.sort == Some(NameSort::Name) && self.language.is_none() {
            return Err(Error::parameter("sort", "needs `language` when it is `name`: alphabets differ"));
        }
        Ok(())
    }

    fn push<'c>(&self, mut query: Query<'c>) -> Query<'c> {
        let states = self.state.as_ref().map_or(&[NameState::Active][..], |states| &states.0);
        query = query.push(" WHERE n.state IN (").push_list(states.iter().copied()).push(")");
        if let Some(kinds) = &self.kind {
            query = query.push(" AND n.kind IN (").push_list(kinds.0.iter().copied()).push(")");
        }
        query = query.push_some(" AND n.code = ", self.code.as_deref());
        if let Some(language) = &self.language {
            query = query.push(" AND EXISTS (SELECT 1 FROM name_spellings l WHERE l.name_id = n.id AND l.language = ").push_bind(language).push(")");
        }
        if let Some(language) = &self.missing_language {
            query = query.push(" AND NOT EXISTS (SELECT 1 FROM name_spellings m WHERE m.name_id = n.id AND m.language = ").push_bind(language).push(")");
        }
        match &self.q {
            Some(q) => push_words(query, q),
            None => query,
        }
    }
}

/// Names that have words which begin with those of `q`.
fn push_words<'c>(mut query: Query<'c>, q: &str) -> Query<'c> {
    let words = super::keys::words(q).map(|(_, word)| query_keys(word)).filter(|keys| !keys.is_empty()).take(MOST_WORDS);
    let mut some = false;
    for keys in words {
        some = true;
        query = query.push(" AND n.id IN (SELECT k.name_id FROM name_word_keys k WHERE ");
        for (n, key) in keys.into_iter().enumerate() {
            // A key is of small letters and digits, which all come before a tilde.
            let end = format!("{key}~");
            query = query.push(if n == 0 { "(k.key >= " } else { " OR (k.key >= " }).push_bind(key).push(" AND k.key < ").push_bind(end).push(")");
        }
        query = query.push(")");
    }
    if some { query } else { query.push(" AND 1 = 0") }
}

/// A page of the list.
pub(super) async fn page(db: &Db, filter: &NameFilter) -> Result<Page<Name>> {
    filter.validate()?;
    let NameFilter { q, kind, state, language, missing_language, code, sort, .. } = filter;
    let asked = Asked::<Key>::read(filter.limit, filter.cursor.as_deref(), &(q, kind, state, language, missing_language, code, sort))?;
    match (sort.unwrap_or(NameSort::NewestFirst), language) {
        (NameSort::Name, Some(language)) => by_name(db, filter, language, &asked).await,
        (sort, _) => by_change(db, filter, sort != NameSort::OldestFirst, &asked).await,
    }
}

async fn by_name(db: &Db, filter: &NameFilter, language: &Tag, asked: &Asked<Key>) -> Result<Page<Name>> {
    let query = db.query(
        "SELECT n.id, n.kind, n.code, n.spellings, n.note, n.state, n.created_at, n.created_by, n.updated_at, n.updated_by, n.version, s.sort_key \
         FROM name_spellings s JOIN names n ON n.id = s.name_id",
    );
    let mut query = filter.push(query).push(" AND s.ordinal = 0 AND s.language = ").push_bind(language);
    if let Some(Key::Name(text, id)) = &asked.after {
        query = query.push(" AND (s.sort_key, s.name_id) > (").push_bind(from_hex(text)).push(", ").push_bind(*id).push(")");
    }
    let rows: Vec<Sorted> = query.push(" ORDER BY s.sort_key, s.name_id LIMIT ").push_bind(asked.fetch()).all().await?;
    let page = asked.page(rows, |row| Key::Name(to_hex(&row.sort_key), row.name.id));
    Ok(Page { data: page.data.into_iter().map(|row| row.name).collect(), meta: page.meta })
}

async fn by_change(db: &Db, filter: &NameFilter, newest_first: bool, asked: &Asked<Key>) -> Result<Page<Name>> {
    let mut query = filter.push(db.query(store::NAME));
    if let Some(Key::Changed(at, id)) = &asked.after {
        query = query.push(if newest_first { " AND (n.updated_at, n.id) < (" } else { " AND (n.updated_at, n.id) > (" });
        query = query.push_bind(Timestamp::from_micros(*at)).push(", ").push_bind(*id).push(")");
    }
    query = query.push(if newest_first { " ORDER BY n.updated_at DESC, n.id DESC" } else { " ORDER BY n.updated_at, n.id" });
    let rows: Vec<Name> = query.push(" LIMIT ").push_bind(asked.fetch()).all().await?;
    Ok(asked.page(rows, |name| Key::Changed(name.updated_at.micros(), name.id)))
}

fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What is no hexadecimal number is left out: a cursor that was tampered with leads to another page, no further.
fn from_hex(text: &str) -> Vec<u8> {
    let pair = |at| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..text.len()).step_by(2).filter_map(pair).collect()
}
