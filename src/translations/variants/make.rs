//! The parts of a text in another script, and the words of which the rules were not sure.

use super::units::{Content, Unit, pieces};
use crate::body::{Block, MarkDef};
use crate::language::{Conversion, Converted, Tag, Warning, titlecase_first, uppercase};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

/// Characters of the source around a word that come with it.
const CONTEXT: usize = 40;
/// Spellings that are proposed for a word.
const MOST_ALTERNATIVES: usize = 8;

/// A word that somebody should look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Characters of the part of the source before the word, and of the part that was made.
    pub start: usize,
    pub made_start: usize,
    pub source_word: String,
    pub made_word: String,
    pub before: String,
    pub after: String,
    pub rule: String,
    pub message: String,
    /// Other spellings of the whole word.
    pub alternatives: Vec<String>,
}

/// A way from one script into another, with the words that are known.
pub struct Maker<'a> {
    pub way: &'static Conversion,
    pub to: &'a Tag,
    /// What a word in lower case becomes, where that is known.
    pub known: &'a HashMap<String, String>,
}

/// The words of parts as lexicons know them: in lower case.
pub fn words_of(way: &Conversion, units: &[&Unit]) -> BTreeSet<String> {
    let words = RefCell::new(BTreeSet::new());
    for unit in units {
        let mut content = unit.content.clone();
        for piece in pieces(&mut content, way.from).iter().filter(|piece| piece.prose) {
            let _ = way.apply(piece.text, |word| {
                words.borrow_mut().insert(word.to_owned());
                None
            });
        }
    }
    words.into_inner()
}

/// The word that a lexicon would be asked for, in lower case.
pub fn as_known(way: &Conversion, word: &str) -> Option<String> {
    let asked = RefCell::new(None);
    let _ = way.apply(word, |word| {
        asked.borrow_mut().get_or_insert_with(|| word.to_owned());
        None
    });
    asked.into_inner()
}

impl Maker<'_> {
    fn apply(&self, text: &str) -> Converted {
        self.way.apply(text, |word| self.known.get(word).cloned())
    }

    /// A part in the other script, and what is doubtful in it.
    pub fn unit(&self, source: &Unit) -> (Unit, Vec<Doubt>) {
        let mut made = source.clone();
        let (mut start, mut made_start) = (0, 0);
        let mut doubts = vec![];
        for piece in pieces(&mut made.content, self.way.from) {
            let length = piece.text.chars().count();
            if piece.prose {
                let (text, found) = self.text(piece.text);
                doubts.extend(found.into_iter().map(|doubt| Doubt { start: start + doubt.start, made_start: made_start + doubt.made_start, ..doubt }));
                *piece.text = text;
            }
            start += length;
            made_start += piece.text.chars().count();
        }
        self.tell_language(&mut made);
        (made, doubts)
    }

    /// Words that were marked as of the source's language are now of the other tag.
    fn tell_language(&self, unit: &mut Unit) {
        let Content::Block(block) = &mut unit.content else { return };
        let blocks = match &mut **block {
            Block::Text(block) => std::slice::from_mut(block),
            Block::FactBox(fact_box) => &mut fact_box.content,
            _ => return,
        };
        for definition in blocks.iter_mut().flat_map(|block| &mut block.mark_defs) {
            if let MarkDef::Language(mark) = definition
                && mark.language == self.way.from
                && mark.translate != Some(false)
            {
                self.to.as_str().clone_into(&mut mark.language);
            }
        }
    }

    fn text(&self, text: &str) -> (String, Vec<Doubt>) {
        let whole = self.apply(text);
        if whole.warnings.is_empty() {
            return (whole.text, vec![]);
        }
        let letters: Vec<char> = text.chars().collect();
        let (mut made, mut made_length, mut doubts, mut at) = (String::with_capacity(whole.text.len()), 0, vec![], 0);
        let mut warnings = whole.warnings.iter().peekable();
        while at < letters.len() {
            let spaces = letters.get(at).is_some_and(|c| c.is_whitespace());
            let length = letters.iter().skip(at).take_while(|c| c.is_whitespace() == spaces).count();
            let token: String = letters.iter().skip(at).take(length).collect();
            let mut doubtful = false;
            while warnings.next_if(|warning| warning.index < at + length).is_some() {
                doubtful = true;
            }
            if doubtful {
                for part in self.parts(&token) {
                    let converted = self.apply(&part);
                    if !converted.warnings.is_empty() {
                        let (before, after) = around(&letters, at, part.chars().count());
                        let doubt = self.doubt(&part, &converted.text, &converted.warnings);
                        doubts.push(Doubt { start: at, made_start: made_length, before, after, ..doubt });
                    }
                    at += part.chars().count();
                    made_length += converted.text.chars().count();
                    made.push_str(&converted.text);
                }
            } else {
                let converted = self.apply(&token).text;
                at += length;
                made_length += converted.chars().count();
                made.push_str(&converted);
            }
        }
        (made, doubts)
    }

    /// The words of a token and what is between them, as the converter takes it apart.
    fn parts(&self, token: &str) -> Vec<String> {
        let lengths = RefCell::new(vec![]);
        let _ = self.way.apply(token, |word| {
            lengths.borrow_mut().push(word.chars().count());
            None
        });
        let letters: Vec<char> = token.chars().collect();
        let (mut parts, mut at) = (vec![], 0);
        for length in lengths.into_inner() {
            let between = letters.iter().skip(at).take_while(|c| !c.is_alphabetic() && !matches!(c, 'ء' | 'ٴ')).count();
            parts.push(letters.iter().skip(at).take(between).collect::<String>());
            parts.push(letters.iter().skip(at + between).take(length).collect());
            at += between + length;
        }
        parts.push(letters.iter().skip(at).collect());
        parts.retain(|part| !part.is_empty());
        parts
    }

    fn doubt(&self, word: &str, made: &str, warnings: &[Warning]) -> Doubt {
        let rule = warnings.first().map_or("", |warning| warning.rule).to_owned();
        let mut messages: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
        messages.dedup();
        Doubt {
            start: 0,
            made_start: 0,
            source_word: word.to_owned(),
            made_word: made.to_owned(),
            before: String::new(),
            after: String::new(),
            rule,
            message: messages.join("; "),
            alternatives: self.alternatives(word, made, warnings),
        }
    }

    /// The word with each of the guesses made otherwise, and with all of them.
    fn alternatives(&self, word: &str, made: &str, warnings: &[Warning]) -> Vec<String> {
        let letters: Vec<char> = made.chars().collect();
        let mut places = vec![];
        for warning in warnings {
            let before: String = word.chars().take(warning.index).collect();
            let expected = self.apply(&before).text.chars().count();
            // The message ends on what was taken.
            let taken: Vec<char> = warning.message.rsplit(' ').next().unwrap_or_default().chars().collect();
            let after = places.last().map_or(0, |(end, ..): &(usize, usize, String)| *end);
            let same = |window: &[char]| window.iter().zip(&taken).all(|(a, b)| a.to_lowercase().eq(b.to_lowercase()));
            let found = letters.windows(taken.len().max(1)).enumerate().filter(|(at, window)| *at >= after && !taken.is_empty() && same(window));
            let Some((at, window)) = found.min_by_key(|(at, _)| at.abs_diff(expected)) else { continue };
            for other in &warning.alternatives {
                places.push((at + taken.len(), at, self.cased(other, window, &letters)));
            }
        }
        let spelled = |chosen: &[&(usize, usize, String)]| {
            let (mut text, mut at) = (String::new(), 0);
            for (end, start, other) in chosen {
                text.extend(letters.iter().take(*start).skip(at));
                text.push_str(other);
                at = *end;
            }
            text.extend(letters.iter().skip(at));
            text
        };
        let mut all: Vec<String> = places.iter().map(|place| spelled(&[place])).collect();
        if places.len() > 1 && places.is_sorted_by(|a, b| a.0 <= b.1) {
            all.push(spelled(&places.iter().collect::<Vec<_>>()));
        }
        all.retain(|other| other != made);
        all.truncate(MOST_ALTERNATIVES);
        all
    }

    /// Another piece, in the case of the one in whose place it comes.
    fn cased(&self, other: &str, piece: &[char], word: &[char]) -> String {
        let is_capital = piece.first().is_some_and(|c| c.is_uppercase());
        let all_capital = word.len() > 1 && !word.iter().any(|c| c.is_lowercase());
        match (is_capital, all_capital) {
            (true, true) => uppercase(other, self.to),
            (true, false) => titlecase_first(other, self.to),
            (false, _) => other.to_owned(),
        }
    }
}

/// What stands before and after a word.
fn around(letters: &[char], at: usize, length: usize) -> (String, String) {
    let before = letters.iter().take(at).skip(at.saturating_sub(CONTEXT)).collect();
    (before, letters.iter().skip(at + length).take(CONTEXT).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{CONVERSIONS, conversion};
    use proptest::prelude::*;

    fn made(from: &str, to: &str, text: &str) -> (String, Vec<Doubt>) {
        let (from, to) = (Tag::parse(from).unwrap(), Tag::parse(to).unwrap());
        let way = conversion(&from, &to, None).unwrap();
        Maker { way, to: &to, known: &HashMap::new() }.text(text)
    }

    #[test]
    fn a_doubt_spells_the_whole_word() {
        let (text, doubts) = made("uz", "uz-Cyrl", "Bu «Aksiya» va AKSIYA");
        assert_eq!(text, "Бу «Акция» ва АКЦИЯ");
        let told: Vec<_> = doubts.iter().map(|d| (d.start, d.made_start, d.source_word.as_str(), d.made_word.as_str(), d.alternatives.clone())).collect();
        assert_eq!(told, [(4, 4, "Aksiya", "Акция", vec!["Аксия".to_owned()]), (15, 14, "AKSIYA", "АКЦИЯ", vec!["АКСИЯ".to_owned()])]);
        assert_eq!((doubts[0].before.as_str(), doubts[0].after.as_str()), ("Bu «", "» va AKSIYA"));
    }

    proptest! {
        /// Word by word, it is the same as at once; and each doubtful word stands where it is said to.
        #[test]
        fn doubts_stand_where_they_say(text in "([a-zA-Z'ʻʼа-яәіңғқүұөһءا]{1,8}[ ,.@-]{0,2}){0,12}") {
            for way in CONVERSIONS.iter().filter(|way| way.from != way.to) {
                let to = Tag::parse(way.to).unwrap();
                let known = HashMap::new();
                let maker = Maker { way, to: &to, known: &known };
                let (made, doubts) = maker.text(&text);
                prop_assert_eq!(&made, &way.apply(&text, |_| None).text);
                for doubt in doubts {
                    let at = |text: &str, start: usize, word: &str| text.chars().skip(start).take(word.chars().count()).collect::<String>() == word;
                    prop_assert!(at(&text, doubt.start, &doubt.source_word), "{:?}", doubt);
                    prop_assert!(at(&made, doubt.made_start, &doubt.made_word), "{:?}", doubt);
                }
            }
        }
    }
}
