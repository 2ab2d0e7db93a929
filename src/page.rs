//! Lists in pages: keyset cursors that carry their sort and filters, and know nothing of offsets.

use crate::answer::Answer;
use crate::error::{Code, Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// Items of a page where nothing else is asked.
pub const DEFAULT_LIMIT: u16 = 25;
pub const MAX_LIMIT: u16 = 100;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    pub meta: Meta,
}

/// Where a page stands in its list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Meta {
    /// Items that a page has at most.
    pub limit: u16,
    pub has_more: bool,
    /// For `cursor=` of the next page.
    pub next_cursor: Option<String>,
    /// How many there are in all; only when asked for with `count=exact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

/// What `limit=` and `cursor=` ask for.
#[derive(Debug)]
pub struct Asked<K> {
    pub limit: u16,
    /// The key of the last item of the page before.
    pub after: Option<K>,
    filters: [u8; 8],
}

#[derive(Serialize, Deserialize)]
struct Cursor<K> {
    f: String,
    k: K,
}

impl<K: Serialize + DeserializeOwned> Asked<K> {
    /// `filters` is everything that decides which items are in the list, and in which order.
    ///
    /// # Errors
    /// For a limit outside 1 to 100, and a cursor that is not of this list.
    pub fn read(limit: Option<u16>, cursor: Option<&str>, filters: &impl std::fmt::Debug) -> Result<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::parameter("limit", format!("must be from 1 to {MAX_LIMIT}")));
        }
        let digest: [u8; 32] = Sha256::digest(format!("{filters:?}")).into();
        let mut filters = [0; 8];
        filters.copy_from_slice(digest.get(..8).unwrap_or(&[0; 8]));
        let after = cursor.map(|text| Self::decode(text, filters)).transpose()?;
        Ok(Self { limit, after, filters })
    }

    fn decode(text: &str, filters: [u8; 8]) -> Result<K> {
        let refused = |detail: &'static str| {
            let fault = crate::error::Fault { pointer: None, parameter: Some("cursor".to_owned()), code: "invalid".into(), detail: detail.to_owned() };
            Error { faults: vec![fault], ..Error::new(Code::InvalidCursor, detail) }
        };
        // A NUL would only trip the database.
        let whole = |bytes: &Vec<u8>| !bytes.contains(&0) && !String::from_utf8_lossy(bytes).contains("\\u0000");
        let read = URL_SAFE_NO_PAD.decode(text).ok().filter(whole).and_then(|bytes| serde_json::from_slice::<Cursor<K>>(&bytes).ok());
        let cursor = read.ok_or_else(|| refused("The cursor is not one that we gave."))?;
        if cursor.f != URL_SAFE_NO_PAD.encode(filters) {
            return Err(refused("The cursor was given for another list: keep sort and filters as they were, or start without it."));
        }
        Ok(cursor.k)
    }

    /// One more than the page holds, to see whether there is more.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The cursor after the item with this key.
    #[must_use]
    pub fn cursor(&self, key: K) -> String {
        let cursor = Cursor { f: URL_SAFE_NO_PAD.encode(self.filters), k: key };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
    }

    /// Makes the page of what was fetched.
    pub fn page<T>(&self, mut data: Vec<T>, key: impl Fn(&T) -> K) -> Page<T> {
        let limit = usize::from(self.limit);
        let has_more = data.len() > limit;
        data.truncate(limit);
        let next_cursor = data.last().filter(|_| has_more).map(|last| self.cursor(key(last)));
        Page { data, meta: Meta { limit: self.limit, has_more, next_cursor, count: None } }
    }
}

impl<T> Page<T> {
    /// All items at once, for lists that are short by nature.
    #[must_use]
    pub fn whole(data: Vec<T>) -> Self {
        let limit = u16::try_from(data.len()).unwrap_or(u16::MAX);
        Self { data, meta: Meta { limit, has_more: false, next_cursor: None, count: None } }
    }

    /// The page with each of its items changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { data: self.data.into_iter().map(change).collect(), meta: self.meta }
    }

    #[must_use]
    pub fn counted(mut self, count: Option<i64>) -> Self {
        self.meta.count = count;
        self
    }
}

impl<T: Serialize> Page<T> {
    /// The answer, with a `Link` to the next page. `address` is the absolute address of the list without its query.
    ///
    /// # Errors
    /// When the items cannot be JSON.
    pub fn answer(&self, address: &str, query: &str) -> Result<Answer> {
        let link = self.meta.next_cursor.as_deref().map(|cursor| next_link(address, query, cursor));
        Ok(Answer { link, ..Answer::ok(self)? })
    }
}

/// `<…>; rel="next"` (RFC 8288).
#[must_use]
pub fn next_link(address: &str, query: &str, cursor: &str) -> String {
    let mut next = url::form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor"));
    next.append_pair("cursor", cursor);
    format!("<{address}?{}>; rel=\"next\"", next.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let asked = Asked::<(i64, String)>::read(Some(2), None, &"language=kk").unwrap();
        let page = asked.page(vec![1, 2, 3], |n| (*n, n.to_string()));
        assert_eq!((page.data, page.meta.has_more), (vec![1, 2], true));
        let cursor = page.meta.next_cursor.unwrap();
        assert_eq!(Asked::<(i64, String)>::read(None, Some(&cursor), &"language=kk").unwrap().after, Some((2, "2".to_owned())));
        for (cursor, filters) in [(cursor.as_str(), "language=az"), ("nonsense", "language=kk"), ("", "language=kk")] {
            assert_eq!(Asked::<(i64, String)>::read(None, Some(cursor), &filters).unwrap_err().code, Code::InvalidCursor);
        }
        assert!(Asked::<i64>::read(Some(0), None, &"").is_err());
        assert!(Asked::<i64>::read(Some(101), None, &"").is_err());
    }

    #[test]
    fn links_keep_the_filters() {
        assert_eq!(next_link("http://h/v1/x", "language=kk&cursor=old", "new"), "<http://h/v1/x?language=kk&cursor=new>; rel=\"next\"");
    }
}
