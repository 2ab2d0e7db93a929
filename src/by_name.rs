//! Lists that people read by name: `sort=name&sort_language=kk`, in the order of an alphabet.
//!
//! No database sorts so, and the same on both engines: these lists are short, and are sorted here.

use crate::error::{Error, Result};
use crate::language::{Sorter, Tag};
use crate::names::{Names, pick};
use crate::page::{Asked, Page};
use crate::text_enum;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

text_enum! {
    /// An order other than the usual one.
    pub enum NameSort {
        /// By name, in the alphabet of `sort_language`.
        Name = "name",
    }
}

/// The key of an item: what it is called, and its id.
pub type NameKey = (String, Uuid);

/// The order that a list is asked for, where it takes no other parameters.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NameOrder {
    /// `name`: by name, in the alphabet of `sort_language`. Else in the usual order.
    #[param(value_type = Option<NameSort>, inline)]
    pub sort: Option<NameSort>,
    /// The language by whose alphabet, and by whose names, `sort=name` sorts.
    #[param(value_type = Option<Tag>, example = "kk")]
    pub sort_language: Option<Tag>,
}

impl NameOrder {
    /// The same for the same order.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{:?} {:?}", self.sort, self.sort_language)
    }
}

/// Sorts by name.
#[derive(Debug)]
pub struct ByName {
    language: Tag,
    sorter: Sorter,
}

impl ByName {
    /// What `sort` and `sort_language` ask for; `None` for the usual order.
    ///
    /// # Errors
    /// For one without the other: the order of names is that of a language, which is never guessed.
    pub fn read(sort: Option<NameSort>, language: Option<&Tag>) -> Result<Option<Self>> {
        match (sort, language) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Error::parameter("sort_language", "is for `sort=name`")),
            (Some(NameSort::Name), None) => Err(Error::parameter("sort_language", "must say by whose alphabet names are sorted: `sort_language=kk`")),
            (Some(NameSort::Name), Some(language)) => Ok(Some(Self { language: language.clone(), sorter: Sorter::new(language) })),
        }
    }

    /// All items in their order. Each is sorted by its name in the language, or by the one that its readers are shown instead.
    pub fn sort<T>(&self, mut items: Vec<T>, named: impl Fn(&T) -> (&Names, Uuid)) -> Vec<T> {
        items.sort_by_cached_key(|item| self.key(named(item)));
        items
    }

    /// The page of the items that follows the one before, and one more to see whether there is more.
    pub fn after<T>(&self, items: Vec<T>, asked: &Asked<NameKey>, named: impl Fn(&T) -> (&Names, Uuid)) -> Vec<T> {
        let after = asked.after.as_ref().map(|(name, id)| (self.sorter.key(name), *id));
        let fetch = usize::from(asked.limit) + 1;
        let mut items = self.sort(items, &named);
        let start = after.map_or(0, |after| items.partition_point(|item| self.key(named(item)) <= after));
        items.drain(..start);
        items.truncate(fetch);
        items
    }

    /// A page of the items.
    pub fn page<T>(&self, items: Vec<T>, asked: &Asked<NameKey>, named: impl Fn(&T) -> (&Names, Uuid)) -> Page<T> {
        asked.page(self.after(items, asked, &named), |item| self.cursor_key(named(item)))
    }

    /// What a cursor keeps of an item.
    #[must_use]
    pub fn cursor_key(&self, (names, id): (&Names, Uuid)) -> NameKey {
        (pick(names, &self.language).to_owned(), id)
    }

    fn key(&self, (names, id): (&Names, Uuid)) -> (Vec<u8>, Uuid) {
        (self.sorter.key(pick(names, &self.language)), id)
    }
}
