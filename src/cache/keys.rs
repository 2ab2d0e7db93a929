//! What caches in front of us know our answers by (`Surrogate-Key`), so that they can be told which of them a change has made untrue: the
//! counterpart of the stamps, made of the same sources.

use super::Source;
use uuid::Uuid;

/// The key that every answer has.
pub const EVERYTHING: &str = "delivery";

/// The keys of an answer: those that only it knows, those of all that it tells of, and the one that all have.
#[must_use]
pub fn keys_of(own: &str, sources: &[Source]) -> String {
    let mut keys = own.to_owned();
    let mut add = |key: &str| {
        if !keys.split(' ').any(|known| known == key) {
            keys.push(' ');
            keys.push_str(key);
        }
    };
    for source in sources {
        match source {
            Source::Article(id) => add(&key_of_article(*id)),
            Source::Part(part) => add(key_of_part(part)),
        }
    }
    add(EVERYTHING);
    keys
}

/// The keys of the answers that are untrue when a part of what is public has changed, for one story or, where it says none, for all.
#[must_use]
pub fn keys_to_purge(part: &str, article: Option<Uuid>) -> Vec<String> {
    match article {
        Some(id) => vec![key_of_article(id), key_of_part(part).to_owned()],
        None if part == "articles" => vec![EVERYTHING.to_owned()],
        None => vec![key_of_part(part).to_owned()],
    }
}

fn key_of_article(id: Uuid) -> String {
    format!("article-{id}")
}

fn key_of_part(part: &str) -> &str {
    match part {
        "agency" => "agencies",
        "section" => "sections",
        "front_page" => "front-pages",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::stamps::{Slot, Stamps};
    use super::*;
    use crate::db::Announcement;

    #[test]
    fn what_a_stamp_makes_untrue_is_purged_and_nothing_else() {
        let [one, two] = [1, 2].map(Uuid::from_u128);
        let answers = [
            vec![Source::Article(one)],
            vec![Source::Article(two)],
            vec![Source::Article(two), Source::Part("articles")],
            vec![Source::Part("articles"), Source::Part("agency")],
            vec![Source::Part("articles"), Source::Part("front_page")],
            vec![Source::Part("agency")],
            vec![Source::Part("section"), Source::Part("names")],
            vec![Source::Part("staff")],
        ];
        let changes =
            [("articles", Some(one)), ("articles", None), ("agency", None), ("section", None), ("front_page", None), ("staff", None), ("names", None)];
        for (part, article) in changes {
            let stamps = Stamps::default();
            let before = stamps.now();
            stamps.hear(&[Announcement { part: part.to_owned(), version: 1, article }]);
            let purged = keys_to_purge(part, article);
            for sources in &answers {
                let slots: Vec<Slot> = sources.iter().map(Slot::of).collect();
                let keys = keys_of("language-kk", sources);
                let is_purged = keys.split(' ').any(|key| purged.iter().any(|purged| purged == key));
                assert_eq!(is_purged, !stamps.is_fresh(before, &slots), "{part} {article:?}: {keys}");
            }
        }
    }

    #[test]
    fn no_key_is_there_twice() {
        let id = Uuid::from_u128(7);
        let keys = keys_of(&format!("article-{id} language-kk"), &[Source::Article(id), Source::Part("articles")]);
        assert_eq!(keys, format!("article-{id} language-kk articles delivery"));
    }
}
