//! The names that a house begins with: countries and cities of CLDR (Unicode-3.0), and places of the Turkic world. See `data/README.md`.

use super::{Name, NameKind, NameState, Spelling, Spellings, spellings, store};
use crate::db::{TextEnum, Timestamp, Tx};
use crate::error::{Error, Result};
use crate::language::Tag;
use sqlx::types::Json;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Later tables replace the cells of earlier ones.
const TABLES: [&str; 2] = [include_str!("data/cldr.tsv"), include_str!("data/places.tsv")];

/// Names by their codes.
type Entries = BTreeMap<&'static str, (NameKind, Spellings)>;

fn broken(what: &str) -> Error {
    Error::internal(format!("the names that a house begins with: {what}"))
}

fn read(table: &'static str, entries: &mut Entries) -> Result<()> {
    let mut lines = table.lines();
    let head = lines.next().ok_or_else(|| broken("a table is empty"))?;
    let languages = head.split('\t').skip(2).map(|tag| Tag::parse(tag).map_err(|_| broken(tag))).collect::<Result<Vec<Tag>>>()?;
    for line in lines {
        let mut cells = line.split('\t');
        let (kind, code) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let kind = *NameKind::ALL.iter().find(|known| known.as_str() == kind).ok_or_else(|| broken(line))?;
        let (_, spellings) = entries.entry(code).or_insert((kind, Spellings::new()));
        for (language, cell) in languages.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let mut texts = cell.split('|').map(str::to_owned);
            let spelling = Spelling { name: texts.next().unwrap_or_default(), also: texts.collect() };
            spellings.insert(language.clone(), spelling);
        }
    }
    Ok(())
}

fn entries() -> Result<Entries> {
    let mut entries = Entries::new();
    for table in TABLES {
        read(table, &mut entries)?;
    }
    Ok(entries)
}

/// Puts the names that every house begins with on its list, each once: what people changed or retired stays as they left it. Also makes
/// keys anew that were made by rules of an earlier version.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut Tx, now: Timestamp) -> Result<()> {
    store::refresh(tx).await?;
    let there: HashSet<String> = store::seeded(tx).await?.into_iter().collect();
    let new = entries()?.into_iter().filter(|(code, _)| !there.contains(*code));
    let names: Vec<(Name, Option<&str>)> = new
        .map(|(code, (kind, spellings))| {
            let name = Name {
                id: Uuid::now_v7(),
                kind,
                code: Some(code.to_owned()),
                spellings: Json(spellings::tidy(spellings)),
                note: None,
                state: NameState::Active,
                created_at: now,
                created_by: None,
                updated_at: now,
                updated_by: None,
                version: 1,
            };
            (name, Some(code))
        })
        .collect();
    store::insert_all(tx, &names).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Faults;

    #[test]
    fn every_name_that_a_house_begins_with_is_right() {
        let entries = entries().unwrap();
        assert!(entries.len() > 600, "{}", entries.len());
        for (code, (_, spellings)) in &entries {
            let mut faults = Faults::default();
            spellings::check(spellings, &mut faults);
            assert!(super::super::is_code(code) && faults.is_empty(), "{code}: {:?}", faults.finish());
            let script = |tag: &Tag, text: &str| text.chars().filter(|c| c.is_alphabetic()).all(|c| fits(tag, c));
            for (language, spelling) in spellings {
                assert!(spelling.all().all(|text| script(language, text)), "{code} in {language}: {spelling:?}");
            }
        }
    }

    /// Abbreviations and brands are written in Latin letters everywhere.
    fn fits(tag: &Tag, c: char) -> bool {
        use crate::language::Script::{Arab, Cyrl, Latn};
        let latin = c < '\u{300}' || matches!(c, 'ə' | '\u{1e00}'..='\u{1eff}');
        match tag.script() {
            Latn => latin,
            Cyrl => matches!(c, '\u{400}'..='\u{52f}') || c.is_ascii(),
            Arab => matches!(c, '\u{600}'..='\u{6ff}'),
        }
    }

    #[test]
    fn the_languages_of_the_house_are_covered() {
        let entries = entries().unwrap();
        for (code, language, name) in [
            ("iso3166:KZ", "kk", "Қазақстан"),
            ("iso3166:KZ", "kk-Latn", "Qazaqstan"),
            ("iso3166:AZ", "az-Cyrl", "Азәрбајҹан"),
            ("tz:Asia/Baku", "uz-Cyrl", "Боку"),
            ("tz:Asia/Baku", "kk-Arab", "باكۋ"),
            ("tz:Asia/Tokyo", "ky", "Токио"),
            ("place:shusha", "az", "Şuşa"),
            ("agency:kabar", "ky", "Кабар"),
        ] {
            let spelling = entries[code].1.get(&Tag::parse(language).unwrap());
            assert_eq!(spelling.map(|spelling| spelling.name.as_str()), Some(name), "{code} in {language}");
        }
    }
}
