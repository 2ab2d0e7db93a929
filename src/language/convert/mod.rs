//! From one script of a language into another: letter by letter, with what the neighbours say.
//!
//! A result is a proposal. What a rule had to guess comes with it as a [`Warning`], for a reviewer to walk through. Addresses, mail
//! addresses, handles and words that a lexicon knows are never converted by rule.
//!
//! The letters are facts about alphabets, typed anew.

mod common;
mod kazakh;
mod letters;
mod uzbek;
mod walk;

pub(super) use common::{into_common, newer_uzbek_into_common};
pub use walk::{Converted, Warning};

use super::{Script, Tag};

/// How far a result can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Exact on the tables: good enough to be published after a spot check.
    Exact,
    /// Guesses now and then: somebody must read it.
    Review,
    /// A first draft for somebody who writes it anew.
    Draft,
}

/// What some letters at a place of a word become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Characters of the word that it takes.
    length: usize,
    text: &'static str,
    /// The name of the rule that guessed, and what it could be as well.
    guess: Option<(&'static str, &'static str)>,
}

impl Piece {
    const fn of(length: usize, text: &'static str) -> Self {
        Self { length, text, guess: None }
    }

    const fn guessed(length: usize, text: &'static str, rule: &'static str, other: &'static str) -> Self {
        Self { length, text, guess: Some((rule, other)) }
    }
}

/// A word, for the rules.
struct Word<'w> {
    /// In lower case.
    letters: &'w [char],
    written: &'w [char],
    harmony: kazakh::Harmony,
}

impl<'w> Word<'w> {
    fn new(letters: &'w [char], way: &Conversion, written: &'w [char]) -> Self {
        let harmony = if way.from == "kk-Arab" { kazakh::Harmony::of(letters) } else { kazakh::Harmony::default() };
        Self { letters, written, harmony }
    }

    /// The small letter at a place.
    fn get(&self, at: usize) -> Option<char> {
        self.letters.get(at).copied()
    }

    fn before(&self, at: usize) -> Option<char> {
        self.get(at.checked_sub(1)?)
    }

    /// The letter as it stands in the text.
    fn written(&self, at: usize) -> Option<char> {
        self.written.get(at).copied()
    }
}

/// The piece at a place of a word; `None` for what is no letter of its alphabet.
type Rules = fn(&Word<'_>, usize) -> Option<Piece>;

/// A way from one script into another.
#[derive(Debug)]
pub struct Conversion {
    /// BCP 47.
    pub from: &'static str,
    pub to: &'static str,
    /// Of the result, where its script has several: `2026`.
    pub orthography: Option<&'static str>,
    pub trust: Trust,
    rules: Rules,
    /// Whether the capital `I` of the source is `ı`.
    dotless_i: bool,
    /// What a whole word gets before it.
    prefix: fn(&Word<'_>) -> &'static str,
}

const fn none(_: &Word<'_>) -> &'static str {
    ""
}

const fn way(from: &'static str, to: &'static str, orthography: Option<&'static str>, trust: Trust, rules: Rules) -> Conversion {
    Conversion { from, to, orthography, trust, rules, dotless_i: false, prefix: none }
}

/// All ways. Where several lead to one tag, the first is what is meant without an orthography.
pub const CONVERSIONS: &[Conversion] = &[
    way("az-Cyrl", "az", None, Trust::Exact, letters::azerbaijani),
    way("uz-Cyrl", "uz", Some("1995"), Trust::Exact, uzbek::to_latin),
    way("uz-Cyrl", "uz", Some("2026"), Trust::Exact, uzbek::to_latin_2026),
    way("uz", "uz-Cyrl", None, Trust::Review, uzbek::to_cyrillic),
    way("uz", "uz", Some("2026"), Trust::Exact, uzbek::newer),
    way("uz", "uz", Some("1995"), Trust::Exact, uzbek::older),
    way("kk", "kk-Latn", Some("2021"), Trust::Exact, kazakh::to_latin),
    Conversion { dotless_i: true, ..way("kk-Latn", "kk", None, Trust::Review, kazakh::from_latin) },
    Conversion { prefix: kazakh::hamza, ..way("kk", "kk-Arab", None, Trust::Review, kazakh::to_arabic) },
    way("kk-Arab", "kk", None, Trust::Draft, kazakh::from_arabic),
    way("tk-Cyrl", "tk", None, Trust::Exact, letters::turkmen),
    way("ky", "ky-Latn", None, Trust::Exact, letters::kyrgyz),
];

/// The way from one tag to another.
#[must_use]
pub fn conversion(from: &Tag, to: &Tag, orthography: Option<&str>) -> Option<&'static Conversion> {
    CONVERSIONS
        .iter()
        .find(|way| way.from == from.as_str() && way.to == to.as_str() && orthography.is_none_or(|wanted| way.orthography == Some(wanted)))
        // The alphabet of 1995 into itself is no way.
        .filter(|way| way.from != way.to || orthography.is_some())
}

impl Conversion {
    /// Converts a text. `lexicon` knows words that go their own way, in lower case.
    #[must_use]
    pub fn apply(&self, text: &str, lexicon: impl Fn(&str) -> Option<String>) -> Converted {
        walk::walk(self, text, &lexicon)
    }

    fn tag(name: &str) -> Option<Tag> {
        Tag::parse(name).ok()
    }

    fn has_case(&self) -> bool {
        Self::tag(self.to).is_none_or(|tag| tag.script() != Script::Arab)
    }

    /// The small form of a letter, in the alphabet that it is written in.
    fn lower(&self, c: char) -> char {
        match c {
            'I' if self.dotless_i => 'ı',
            'a'..='z' | 'а'..='џ' | 'ؠ'..='ي' => c,
            'İ' => 'i',
            _ => c.to_lowercase().next().unwrap_or(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::gold;
    use proptest::prelude::*;

    fn convert(from: &str, to: &str, orthography: Option<&str>, text: &str) -> String {
        conversion(&Tag::parse(from).unwrap(), &Tag::parse(to).unwrap(), orthography).unwrap().apply(text, |_| None).text
    }

    #[test]
    fn words_of_the_house() {
        for (from, to, orthography, text, expected) in [
            ("az-Cyrl", "az", None, "Азәрбајҹан, ҜӘНҸӘ", "Azərbaycan, GƏNCƏ"),
            ("az-Cyrl", "az", None, "ИСТАНБУЛ Ирəван", "İSTANBUL İrəvan"),
            ("uz-Cyrl", "uz", None, "Ўзбекистон ШАҲАР Шаҳар Исҳоқ маъно елка Европа", "Oʻzbekiston SHAHAR Shahar Isʼhoq maʼno yelka Yevropa"),
            ("uz-Cyrl", "uz", Some("2026"), "Ўзбекистон ШАҲАР чой Исҳоқ ғалаба", "Özbekiston ŞAHAR çoy Ishoq ğalaba"),
            ("uz", "uz-Cyrl", None, "O'zbekiston yoʻli Toshkent SHAHAR choy yetti eʼlon", "Ўзбекистон йўли Тошкент ШАҲАР чой етти эълон"),
            ("uz", "uz", Some("2026"), "Oʻzbekiston shahar Isʼhoq tog‘", "Özbekiston şahar Ishoq toğ"),
            ("uz", "uz", Some("1995"), "Özbekiston şahar Ishoq toğ", "Oʻzbekiston shahar Isʼhoq togʻ"),
            ("kk", "kk-Latn", None, "Қазақстан Республикасы, Щучинск", "Qazaqstan Respublikasy, Ştşutşinsk"),
            ("kk", "kk-Latn", None, "Иран іс ЮНЕСКО жаңа", "İran ıs İUNESKO jaña"),
            ("kk", "kk-Arab", None, "Қазақстан, тіл, әкім?", "قازاقستان، ءتىل، اكىم؟"),
            ("tk-Cyrl", "tk", None, "Ашгабат Ёлбарс евро", "Aşgabat Ýolbars ýewro"),
            ("ky", "ky-Latn", None, "Кыргызстан Өзгөн", "Kyrgyzstan Özgön"),
        ] {
            assert_eq!(convert(from, to, orthography, text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_handles_and_known_words_stay() {
        let way = conversion(&Tag::parse("uz-Cyrl").unwrap(), &Tag::parse("uz").unwrap(), None).unwrap();
        let text = "Сайт https://пример.uz/ё ва почта ким@хат.uz, @фойдаланувчи";
        assert_eq!(way.apply(text, |_| None).text, "Sayt https://пример.uz/ё va pochta ким@хат.uz, @фойдаланувчи");
        let known = way.apply("Нью-Йорк ва НЬЮ", |word| (word == "нью").then(|| "nyu".to_owned()));
        assert_eq!(known.text, "Nyu-York va NYU");
    }

    #[test]
    fn guesses_are_told_where_they_are() {
        let way = conversion(&Tag::parse("uz").unwrap(), &Tag::parse("uz-Cyrl").unwrap(), None).unwrap();
        let converted = way.apply("bu aksiya", |_| None);
        assert_eq!(converted.text, "бу акция");
        let [warning] = converted.warnings.as_slice() else { panic!("{:?}", converted.warnings) };
        assert_eq!((warning.index, warning.length, warning.rule, warning.alternatives.as_slice()), (5, 1, "ts", &["с".to_owned()][..]));
    }

    #[track_caller]
    fn accuracy(table: &'static str, from: &str, to: &str, orthography: Option<&str>, flipped: bool, least: f64) {
        let pairs = gold::pairs(table);
        let pairs: Vec<(&str, &str)> = pairs.into_iter().map(|(a, b)| if flipped { (b, a) } else { (a, b) }).collect();
        let misses: Vec<_> = pairs.iter().map(|(a, b)| (*a, convert(from, to, orthography, a), *b)).filter(|(_, made, wanted)| made != wanted).collect();
        #[expect(clippy::cast_precision_loss, reason = "hundreds of rows")]
        let share = (pairs.len() - misses.len()) as f64 / pairs.len() as f64;
        assert!(share >= least, "{from} → {to}: {share:.4} of {}: {misses:?}", pairs.len());
    }

    #[test]
    fn azerbaijani_is_exact() {
        accuracy(gold::AZ, "az-Cyrl", "az", None, false, 1.0);
    }

    #[test]
    fn uzbek_is_exact_into_latin() {
        accuracy(gold::UZ, "uz-Cyrl", "uz", None, false, 1.0);
    }

    #[test]
    fn uzbek_is_all_but_exact_into_cyrillic() {
        accuracy(gold::UZ, "uz", "uz-Cyrl", None, true, 0.995);
    }

    /// Rows of CLDR in which the two columns are different words.
    const NOT_THE_SAME: [&str; 13] =
        ["венгрия", "рождество", "швейцария", "гавайи", "жазбалары", "иероглифтері", "кикакуи", "курсив", "линиялық", "лужица", "мандарин", "неміс", "тілі"];

    #[test]
    fn kazakh_into_arabic_reaches_its_aim() {
        let rows: Vec<(String, &str)> = gold::pairs(gold::KK_ARAB).into_iter().map(|(cyrillic, arabic)| (cyrillic.to_lowercase(), arabic)).collect();
        let rows: Vec<_> = rows.iter().filter(|(cyrillic, _)| !cyrillic.is_ascii() && !NOT_THE_SAME.contains(&cyrillic.as_str())).collect();
        let misses: Vec<_> = rows.iter().map(|(a, b)| (a, convert("kk", "kk-Arab", None, a), b)).filter(|(_, made, wanted)| made != *wanted).collect();
        assert!((rows.len() - misses.len()) * 100 >= rows.len() * 91, "{} of {}: {misses:?}", rows.len() - misses.len(), rows.len());
    }

    /// и and й, х and һ fall together; the words of CLDR are many foreign ones, and have more of them than news.
    #[test]
    fn kazakh_comes_back_from_latin() {
        let words: Vec<String> = crate::seed::stories()
            .unwrap()
            .iter()
            .flat_map(|story| {
                story.texts.iter().filter(|(tag, _)| tag.as_str() == "kk").flat_map(|(_, text)| {
                    format!("{} {} {}", text.headline, text.summary, text.html.replace("<p>", " ").replace("</p>", " "))
                        .split_whitespace()
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                })
            })
            .filter(|word| !word.contains('<') && !word.contains('>'))
            .collect();
        let misses: Vec<_> = words
            .iter()
            .map(|word| (word, convert("kk-Latn", "kk", None, &convert("kk", "kk-Latn", None, word))))
            .filter(|(word, back)| *word != back)
            .collect();
        assert!((words.len() - misses.len()) * 100 >= words.len() * 98, "{} of {}: {:?}", words.len() - misses.len(), words.len(), misses);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in any::<String>()) {
            for way in CONVERSIONS {
                let converted = way.apply(&text, |_| None);
                let length = text.chars().count();
                prop_assert!(converted.warnings.iter().all(|warning| warning.index + warning.length <= length));
            }
        }

        #[test]
        fn the_newer_uzbek_alphabet_loses_nothing(words in "(([abdefgijklmnopqrstuvxyz]|oʻ|gʻ|sh|ch|a|i|aʼl){1,5} ?){1,6}") {
            let newer = convert("uz", "uz", Some("2026"), &words);
            prop_assert_eq!(convert("uz", "uz", Some("1995"), &newer), words);
        }
    }
}
