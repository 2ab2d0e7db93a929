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

#[test]
fn words_go_over_spans() {
    let across = |from: &str, to: &str, spans: &[&str]| {
        let way = conversion(&Tag::parse(from).unwrap(), &Tag::parse(to).unwrap(), None).unwrap();
        way.apply_across(spans, |word| (word == "aksiya").then(|| "аксия".to_owned())).spans().join("|")
    };
    assert_eq!(across("uz", "uz-Cyrl", &["S", "hahar"]), "Ш|аҳар");
    assert_eq!(across("uz", "uz-Cyrl", &["", "to", "gʻ", "", " va o", "'zbek"]), "|то|ғ|| ва ў|збек");
    assert_eq!(across("uz", "uz-Cyrl", &["bu ak", "siya ", "www.a", "b.uz s", "h"]), "бу аксия| |www.a|b.uz ш|");
    assert_eq!(across("uz-Cyrl", "uz", &["б", "е", "к е"]), "b|e|k ye");
    assert_eq!(across("kk", "kk-Arab", &["бір ", "т", "іл"]), "ءبىر |ءت|ىل");
    assert_eq!(across("kk", "kk-Latn", &[]), "");
}

#[test]
fn guesses_are_bounded() {
    for (from, to, letter) in [("kk-Latn", "kk", "h"), ("kk-Arab", "kk", "ا")] {
        let way = conversion(&Tag::parse(from).unwrap(), &Tag::parse(to).unwrap(), None).unwrap();
        let long = way.apply(&letter.repeat(20_000), |_| None);
        assert_eq!((long.text.chars().count(), long.warnings.len(), long.words.len(), long.left_out), (20_000, 1, 1, 0));
        assert_eq!((long.warnings[0].length, long.warnings[0].alternatives.len(), long.words[0].made_length), (20_000, 0, 20_000));
        let words = way.apply(&format!("{letter} ").repeat(20_000), |_| None);
        assert_eq!((words.warnings.len(), words.left_out, words.words.len(), words.words_left_out), (2_000, 18_000, 2_000, 18_000));
    }
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
    let misses: Vec<_> =
        words.iter().map(|word| (word, convert("kk-Latn", "kk", None, &convert("kk", "kk-Latn", None, word)))).filter(|(word, back)| *word != back).collect();
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

    /// In spans it is the same as in one, and warnings say what stands in the result.
    #[test]
    fn spans_change_nothing(spans in prop::collection::vec("[a-zA-Z'ʻа-яәіңғқүұөһءا @.]{0,6}", 0..6)) {
        let spans: Vec<&str> = spans.iter().map(String::as_str).collect();
        for way in CONVERSIONS {
            let converted = way.apply_across(&spans, |_| None);
            prop_assert_eq!(&converted.text, &way.apply(&spans.concat(), |_| None).text);
            prop_assert_eq!(converted.spans().concat(), converted.text.clone());
            prop_assert_eq!(converted.spans().len(), spans.len().max(1));
            for warning in &converted.warnings {
                prop_assert!(converted.text.chars().skip(warning.made_index).collect::<String>().starts_with(&warning.taken));
            }
        }
    }

    #[test]
    fn the_newer_uzbek_alphabet_loses_nothing(words in "(([abdefgijklmnopqrstuvxyz]|oʻ|gʻ|sh|ch|a|i|aʼl){1,5} ?){1,6}") {
        let newer = convert("uz", "uz", Some("2026"), &words);
        prop_assert_eq!(convert("uz", "uz", Some("1995"), &newer), words);
    }
}
