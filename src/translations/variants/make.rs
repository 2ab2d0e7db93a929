//! The parts of a text in another script, and the words of which the rules were not sure.

use super::MOST_WARNINGS;
use super::units::{Content, Piece, Unit, pieces};
use crate::body::{Block, MarkDef};
use crate::language::{Conversion, Converted, DoubtfulWord, LONGEST_WORD, Tag, Warning, titlecase_first, uppercase};
use std::cell::{Cell, RefCell};
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
    /// Characters of the word in the source.
    pub length: usize,
    /// Empty for what is about no single word, or one that is too long to be looked at letter by letter.
    pub source_word: String,
    pub made_word: String,
    pub before: String,
    pub after: String,
    pub rule: String,
    pub message: String,
    /// Other spellings of the whole word.
    pub alternatives: Vec<String>,
    /// How many words it stands for that are not listed; 0 where it is about one.
    pub more: usize,
}

/// A way from one script into another, with the words that are known.
pub struct Maker<'a> {
    pub way: &'static Conversion,
    pub to: &'a Tag,
    /// What a word in lower case becomes, where that is known.
    pub known: &'a HashMap<String, String>,
    /// How many doubtful words may still be listed.
    room: Cell<usize>,
}

/// The words of parts as lexicons know them: in lower case.
pub fn words_of(way: &Conversion, units: &[&Unit]) -> BTreeSet<String> {
    let words = RefCell::new(BTreeSet::new());
    for unit in units {
        let mut content = unit.content.clone();
        for run in pieces(&mut content, way.from).chunk_by(Piece::goes_on).filter(|run| run.iter().any(|piece| piece.prose)) {
            let _ = way.apply(&run.iter().map(|piece| piece.text.as_str()).collect::<String>(), |word| {
                if word.chars().nth(LONGEST_WORD).is_none() {
                    words.borrow_mut().insert(word.to_owned());
                }
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

impl<'a> Maker<'a> {
    pub const fn new(way: &'static Conversion, to: &'a Tag, known: &'a HashMap<String, String>) -> Self {
        Self { way, to, known, room: Cell::new(MOST_WARNINGS) }
    }

    /// A part in the other script, and what is doubtful in it.
    pub fn unit(&self, source: &Unit) -> (Unit, Vec<Doubt>) {
        let mut made = source.clone();
        let (mut start, mut made_start) = (0, 0);
        let (mut doubts, mut more) = (vec![], 0);
        for run in pieces(&mut made.content, self.way.from).chunk_by_mut(Piece::goes_on) {
            let texts: Vec<&str> = run.iter().map(|piece| piece.text.as_str()).collect();
            let whole = texts.concat();
            let length = whole.chars().count();
            let mut made_length = length;
            if run.iter().any(|piece| piece.prose) {
                let converted = self.way.apply_across(&texts, |word| self.known.get(word).cloned());
                let (found, others) = self.doubts(&whole, &converted);
                doubts.extend(found.into_iter().map(|doubt| Doubt { start: start + doubt.start, made_start: made_start + doubt.made_start, ..doubt }));
                more += others;
                for (piece, text) in run.iter_mut().zip(converted.spans()) {
                    text.clone_into(piece.text);
                }
                made_length = converted.text.chars().count();
            }
            start += length;
            made_start += made_length;
        }
        if more > 0 {
            doubts.push(Doubt { more, ..Doubt::default() });
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
                && Tag::parse(&mark.language).is_ok_and(|tag| tag.as_str() == self.way.from)
                && mark.translate != Some(false)
            {
                self.to.as_str().clone_into(&mut mark.language);
            }
        }
    }

    /// What is doubtful in a text, as far as there is room, and how many words more.
    fn doubts(&self, text: &str, converted: &Converted) -> (Vec<Doubt>, usize) {
        if converted.words.is_empty() {
            return (vec![], 0);
        }
        let (source, made): (Vec<char>, Vec<char>) = (text.chars().collect(), converted.text.chars().collect());
        let room = self.room.get();
        let doubts: Vec<Doubt> = converted.words.iter().take(room).map(|word| self.doubt(word, converted, &source, &made)).collect();
        self.room.set(room - doubts.len());
        let more = converted.words.len() - doubts.len() + converted.words_left_out;
        (doubts, more)
    }

    fn doubt(&self, word: &DoubtfulWord, converted: &Converted, source: &[char], made: &[char]) -> Doubt {
        let warnings = converted.warnings.get(word.warnings.clone()).unwrap_or_default();
        let letters = |of: &[char], start: usize, length: usize| of.get(start..start + length).unwrap_or_default().to_vec();
        let made_word = letters(made, word.made_index, word.made_length);
        let mut messages: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
        messages.dedup();
        let doubt = Doubt {
            start: word.index,
            length: word.length,
            made_start: word.made_index,
            before: letters(source, word.index.saturating_sub(CONTEXT), word.index.min(CONTEXT)).iter().collect(),
            after: source.iter().skip(word.index + word.length).take(CONTEXT).collect(),
            rule: warnings.first().map_or("", |warning| warning.rule).to_owned(),
            message: messages.join("; "),
            ..Doubt::default()
        };
        if word.length > LONGEST_WORD {
            return doubt;
        }
        let alternatives = self.alternatives(&made_word, word.made_index, warnings);
        Doubt { source_word: letters(source, word.index, word.length).iter().collect(), made_word: made_word.iter().collect(), alternatives, ..doubt }
    }

    /// The word with each of the guesses made otherwise, and with all of them. `start`: characters of the result before the word.
    fn alternatives(&self, word: &[char], start: usize, warnings: &[Warning]) -> Vec<String> {
        let place = |warning: &Warning| {
            let at = warning.made_index.checked_sub(start)?;
            let end = at + warning.taken.chars().count();
            let other = self.cased(warning.alternatives.first()?, word.get(at..end)?, word);
            Some((at, end, other))
        };
        let places: Vec<(usize, usize, String)> = warnings.iter().filter_map(place).collect();
        let spelled = |chosen: &[(usize, usize, String)]| {
            let (mut text, mut behind) = (String::new(), 0);
            for (at, end, other) in chosen {
                text.extend(word.get(behind..*at).unwrap_or_default());
                text.push_str(other);
                behind = *end;
            }
            text.extend(word.get(behind..).unwrap_or_default());
            text
        };
        let mut all: Vec<String> = places.chunks(1).take(MOST_ALTERNATIVES - 1).map(spelled).collect();
        if places.len() > 1 {
            all.push(spelled(&places));
        }
        let made: String = word.iter().collect();
        all.retain(|other| *other != made);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{CONVERSIONS, conversion};
    use proptest::prelude::*;

    fn field(text: &str) -> Unit {
        Unit { name: "/summary".to_owned(), content: Content::Field(text.to_owned()) }
    }

    fn text_of(unit: &Unit) -> String {
        super::super::units::plain(unit, usize::MAX)
    }

    fn made(from: &str, to: &str, text: &str) -> (String, Vec<Doubt>) {
        let (from, to) = (Tag::parse(from).unwrap(), Tag::parse(to).unwrap());
        let way = conversion(&from, &to, None).unwrap();
        let known = HashMap::new();
        let (made, doubts) = Maker::new(way, &to, &known).unit(&field(text));
        (text_of(&made), doubts)
    }

    #[test]
    fn a_doubt_spells_the_whole_word() {
        let (text, doubts) = made("uz", "uz-Cyrl", "Bu «Aksiya» va AKSIYA");
        assert_eq!(text, "Бу «Акция» ва АКЦИЯ");
        let told: Vec<_> = doubts.iter().map(|d| (d.start, d.made_start, d.source_word.as_str(), d.made_word.as_str(), d.alternatives.clone())).collect();
        assert_eq!(told, [(4, 4, "Aksiya", "Акция", vec!["Аксия".to_owned()]), (15, 14, "AKSIYA", "АКЦИЯ", vec!["АКСИЯ".to_owned()])]);
        assert_eq!((doubts[0].before.as_str(), doubts[0].after.as_str()), ("Bu «", "» va AKSIYA"));
    }

    #[test]
    fn alternatives_are_few() {
        let (_, doubts) = made("kk-Latn", "kk", &"h".repeat(LONGEST_WORD));
        let alternatives = &doubts[0].alternatives;
        assert_eq!((doubts.len(), alternatives.len(), alternatives.last()), (1, MOST_ALTERNATIVES, Some(&"һ".repeat(LONGEST_WORD))));
        assert_eq!(alternatives[1], format!("хһ{}", "х".repeat(LONGEST_WORD - 2)));
        let (text, doubts) = made("kk-Arab", "kk", "اي وت");
        assert_eq!(
            (text.as_str(), doubts[0].alternatives.as_slice(), doubts[1].alternatives.as_slice()),
            ("ай от", &["әй".to_owned()][..], &["өт".to_owned()][..])
        );
    }

    #[test]
    fn a_long_word_is_one_doubt() {
        for (from, to, letter) in [("kk-Latn", "kk", "h"), ("kk-Arab", "kk", "ا")] {
            let (text, doubts) = made(from, to, &letter.repeat(20_000));
            assert_eq!((text.chars().count(), doubts.len(), doubts[0].length, doubts[0].alternatives.len()), (20_000, 1, 20_000, 0));
            assert_eq!((doubts[0].source_word.as_str(), doubts[0].rule.as_str()), ("", "long_word"));
        }
    }

    #[test]
    fn the_doubts_of_a_text_are_bounded() {
        let (from, to) = (Tag::parse("kk-Latn").unwrap(), Tag::parse("kk").unwrap());
        let known = HashMap::new();
        let maker = Maker::new(conversion(&from, &to, None).unwrap(), &to, &known);
        let counts = [1_500, 1_500, 3_000].map(|words| {
            let (_, doubts) = maker.unit(&field(&"h ".repeat(words)));
            (doubts.len(), doubts.last().map(|doubt| doubt.more))
        });
        assert_eq!(counts, [(1_500, Some(0)), (501, Some(1_000)), (1, Some(3_000))]);
    }

    #[test]
    fn words_go_over_spans_and_language_marks_are_read() {
        let body = crate::body::Body::parse(&serde_json::json!([{"_type": "block", "_key": "b",
            "markDefs": [{"_type": "language", "_key": "l", "language": "uz-Latn"}],
            "children": [{"_type": "span", "_key": "1", "text": "S", "marks": ["strong"]}, {"_type": "span", "_key": "2", "text": "hahar bu a"},
                {"_type": "span", "_key": "3", "text": "ksiya", "marks": ["l"]}]}]))
        .unwrap();
        let unit = Unit { name: "/body/b".to_owned(), content: Content::Block(Box::new(body.blocks()[0].clone())) };
        let (from, to) = (Tag::parse("uz").unwrap(), Tag::parse("uz-Cyrl").unwrap());
        let known = HashMap::new();
        let (mut made, doubts) = Maker::new(conversion(&from, &to, None).unwrap(), &to, &known).unit(&unit);
        let texts: Vec<String> = pieces(&mut made.content, "uz-Cyrl").iter().map(|piece| piece.text.clone()).collect();
        assert_eq!(texts, ["Ш", "аҳар бу а", "кция"]);
        assert_eq!((doubts[0].start, doubts[0].made_start, doubts[0].made_word.as_str()), (10, 9, "акция"));
        let Content::Block(block) = made.content else { panic!() };
        assert!(serde_json::to_string(&block).unwrap().contains("\"language\":\"uz-Cyrl\""));
    }

    proptest! {
        /// Word by word, it is the same as at once; and each doubtful word stands where it is said to.
        #[test]
        fn doubts_stand_where_they_say(text in "([a-zA-Z'ʻʼа-яәіңғқүұөһءا]{1,8}[ ,.@-]{0,2}){0,12}") {
            for way in CONVERSIONS.iter().filter(|way| way.from != way.to) {
                let to = Tag::parse(way.to).unwrap();
                let known = HashMap::new();
                let (made, doubts) = Maker::new(way, &to, &known).unit(&field(&text));
                let made = text_of(&made);
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
