//! Sorting by the alphabet of a language: keys that compare as its readers expect.

use super::Tag;
use icu_collator::CollatorBorrowed;
use icu_collator::options::CollatorOptions;
use icu_locale::Locale;

/// Bytes that compare as the readers of a language sort. Two texts have one key only if they are the same.
///
/// Source: CLDR 48, by way of ICU.
#[must_use]
pub fn sort_key(text: &str, language: &Tag) -> Vec<u8> {
    let mut key = vec![];
    let locale = Locale::try_from_str(language.as_str()).unwrap_or(Locale::UNKNOWN);
    if let Ok(collator) = CollatorBorrowed::try_new(locale.into(), CollatorOptions::default()) {
        let Ok(()) = collator.write_sort_key_to(text, &mut key);
    }
    key.push(0);
    key.extend_from_slice(text.as_bytes());
    key
}
