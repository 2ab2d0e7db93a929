//! What stories are about: the IPTC Media Topics.
//!
//! The table is made of the Media Topics `NewsCodes` of the International Press Telecommunications Council (IPTC), release 2019, with their
//! names in British English. Copyright IPTC, <https://iptc.org>; used under the Creative Commons Attribution 4.0 International licence (CC BY 4.0),
//! <https://creativecommons.org/licenses/by/4.0/>.

mod http;

pub use http::routes;

use serde::Serialize;
use std::collections::HashMap;
use std::sync::LazyLock;
use utoipa::ToSchema;

/// Columns: id, broader topic, `retired`, name. The first line says whose it is.
const TABLE: &str = include_str!("mediatopics.tsv");

/// A term of the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MediaTopic, example = json!({"id": "medtop:20000418", "name": "climate change", "broader": "medtop:06000000", "retired": false}))]
pub struct Topic {
    /// The qcode.
    pub id: &'static str,
    /// In British English.
    pub name: &'static str,
    /// The id of the topic that this one is a part of; the broadest have none.
    pub broader: Option<&'static str>,
    /// Whether IPTC has retired it: old stories may have it, new ones may not.
    pub retired: bool,
}

/// Where a topic stands in a list: how well it fits, its name in small letters, its id.
type Key = (u8, String, String);

static TOPICS: LazyLock<HashMap<&'static str, Topic>> =
    LazyLock::new(|| TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(read).map(|topic| (topic.id, topic)).collect());

fn read(line: &'static str) -> Option<Topic> {
    let mut columns = line.split('\t');
    let (id, broader, retired, name) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
    Some(Topic { id, name, broader: Some(broader).filter(|id| !id.is_empty()), retired: !retired.is_empty() })
}

/// Whether a new story may have this topic: it is one, and not retired.
#[must_use]
pub fn exists(id: &str) -> bool {
    TOPICS.get(id).is_some_and(|topic| !topic.retired)
}

/// The name of a topic, retired or not.
#[must_use]
pub fn name(id: &str) -> Option<&'static str> {
    TOPICS.get(id).map(|topic| topic.name)
}

/// Whether there is such a topic, retired or not.
fn is_known(id: &str) -> bool {
    TOPICS.contains_key(id)
}

/// How well a name fits what is looked for, both in small letters: 0 is it, 1 begins with it, 2 has a word that begins so for each of
/// its words.
fn rank(name: &str, wanted: &str) -> Option<u8> {
    if name == wanted {
        return Some(0);
    }
    if name.starts_with(wanted) {
        return Some(1);
    }
    let mut words = words(wanted).peekable();
    let fits = words.peek().is_some() && words.all(|word| self::words(name).any(|other| other.starts_with(word)));
    fits.then_some(2)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The topics that fit, the best first.
fn search(q: Option<&str>, broader: Option<&str>, retired: bool) -> Vec<(Key, Topic)> {
    let wanted = q.map(|q| q.trim().to_lowercase());
    let fits = |topic: &&Topic| (retired || !topic.retired) && broader.is_none_or(|broader| topic.broader == Some(broader));
    let keyed = |topic: &Topic| {
        let name = topic.name.to_lowercase();
        let rank = wanted.as_deref().map_or(Some(0), |wanted| rank(&name, wanted))?;
        Some(((rank, name, topic.id.to_owned()), *topic))
    };
    let mut found: Vec<(Key, Topic)> = TOPICS.values().filter(fits).filter_map(keyed).collect();
    found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(TOPICS.len(), TABLE.lines().count() - 1);
        for topic in TOPICS.values() {
            assert!(topic.id.starts_with("medtop:") && !topic.name.is_empty(), "{topic:?}");
            assert!(topic.broader.is_none_or(is_known), "{topic:?}");
        }
    }

    #[test]
    fn retired_topics_have_a_name_but_no_future() {
        for (id, known, named) in [
            ("medtop:15000000", true, Some("sport")),
            ("medtop:20000064", false, Some("war crime action")),
            ("medtop:99999999", false, None),
            ("", false, None),
            ("sport", false, None),
        ] {
            assert_eq!((exists(id), name(id)), (known, named), "{id}");
        }
    }

    #[test]
    fn names_are_found_by_the_starts_of_their_words() {
        for (name, wanted, expected) in [
            ("sport", "sport", Some(0)),
            ("sport event", "sport", Some(1)),
            ("sports policies", "sport", Some(1)),
            ("arts, culture, entertainment and media", "culture", Some(2)),
            ("arts, culture, entertainment and media", "media ent", Some(2)),
            ("arts, culture, entertainment and media", "tainment", None),
            ("arts, culture, entertainment and media", "culture sport", None),
            ("sport", "!", None),
            ("r&b", "r&b", Some(0)),
        ] {
            assert_eq!(rank(name, wanted), expected, "{name:?} {wanted:?}");
        }
    }

    #[test]
    fn the_best_come_first() {
        let names = |q: &str| search(Some(q), None, false).into_iter().map(|(_, topic)| topic.name).collect::<Vec<_>>();
        assert_eq!(names(" SPORT ").iter().take(3).copied().collect::<Vec<_>>(), ["sport", "sport climbing", "sport event"]);
        assert_eq!(names("climate"), ["climate change"]);
        assert!(names("court administration").is_empty());
        assert_eq!(search(Some("court administration"), None, true).len(), 1);
        let narrower = search(None, Some("medtop:06000000"), false);
        assert!(narrower.iter().all(|(_, topic)| topic.broader == Some("medtop:06000000") && !topic.retired));
        assert!(narrower.iter().any(|(_, topic)| topic.id == "medtop:20000418"));
        assert!(narrower.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
