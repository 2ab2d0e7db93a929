//! Lists in the order of an alphabet.

use crate::error::{Faults, Result};
use crate::language::{Sorter, Tag};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Items of a list.
const MOST_ITEMS: usize = 10_000;
/// Characters of a key: names, not texts.
const MOST_KEY: usize = 1_000;

/// A list to be sorted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"items": ["Шымкент", "Әулиекөл", "Алматы"], "language": "kk"}))]
pub struct SortOrder {
    /// Texts, or objects with the text to sort by.
    #[schema(max_items = 10000)]
    pub items: Vec<SortItem>,
    /// Whose alphabet.
    pub language: Tag,
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(untagged, expecting = "has an item that is neither a string nor an object of `key` and `id`")]
pub enum SortItem {
    Text(String),
    Keyed(KeyedItem),
}

/// An item with a name of its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyedItem {
    /// The text to sort by.
    #[schema(max_length = 1000)]
    pub key: String,
    /// Whatever you know it by; answered as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub id: Option<String>,
}

/// The list in order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sorted {
    pub items: Vec<SortItem>,
    /// Where each of them was, counted from 0.
    pub order: Vec<usize>,
}

impl SortItem {
    fn key(&self) -> &str {
        match self {
            Self::Text(key) | Self::Keyed(KeyedItem { key, .. }) => key,
        }
    }
}

/// Sorts a list; what is equal stays in its order.
///
/// # Errors
/// `validation_failed`.
pub fn sort(list: SortOrder) -> Result<Sorted> {
    let mut faults = Faults::default();
    faults.check(list.items.len() <= MOST_ITEMS, "/items", "too_many", "has more than 10,000 items");
    for (i, item) in list.items.iter().take(MOST_ITEMS).enumerate() {
        let pointer = if matches!(item, SortItem::Text(_)) { format!("/items/{i}") } else { format!("/items/{i}/key") };
        faults.text(&pointer, item.key(), 0, MOST_KEY);
        if let SortItem::Keyed(KeyedItem { id: Some(id), .. }) = item {
            faults.text(&format!("/items/{i}/id"), id, 0, MOST_KEY);
        }
    }
    faults.finish()?;
    let sorter = Sorter::new(&list.language);
    let mut keyed: Vec<(Vec<u8>, usize, SortItem)> = list.items.into_iter().enumerate().map(|(i, item)| (sorter.key(item.key()), i, item)).collect();
    keyed.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let (order, items) = keyed.into_iter().map(|(_, i, item)| (i, item)).unzip();
    Ok(Sorted { items, order })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(language: &str, items: &[&str]) -> Vec<String> {
        let items = items.iter().map(|item| SortItem::Text((*item).to_owned())).collect();
        let sorted = sort(SortOrder { items, language: Tag::parse(language).unwrap() }).unwrap();
        sorted.items.iter().map(|item| item.key().to_owned()).collect()
    }

    #[test]
    fn alphabets_differ() {
        assert_eq!(sorted("kk", &["Шымкент", "Әулиекөл", "Алматы", "Ақтау"]), ["Ақтау", "Алматы", "Әулиекөл", "Шымкент"]);
        assert_eq!(sorted("az", &["Zaqatala", "Çin", "Cəlilabad", "Dəvəçi", "Əhməd"]), ["Cəlilabad", "Çin", "Dəvəçi", "Əhməd", "Zaqatala"]);
    }

    #[test]
    fn what_is_equal_stays_in_its_order() {
        let keyed = |id: &str| SortItem::Keyed(KeyedItem { key: "a".to_owned(), id: Some(id.to_owned()) });
        let items = vec![keyed("2"), keyed("1"), SortItem::Text("A".to_owned())];
        assert_eq!(sort(SortOrder { items, language: Tag::parse("en").unwrap() }).unwrap().order, [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(items: Vec<String>) {
            let list = SortOrder { items: items.iter().cloned().map(SortItem::Text).collect(), language: Tag::parse("tr").unwrap() };
            let sorted = sort(list).unwrap();
            let mut order = sorted.order;
            order.sort_unstable();
            prop_assert_eq!(order, (0..items.len()).collect::<Vec<_>>());
        }
    }
}
