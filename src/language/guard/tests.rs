use super::*;
use proptest::prelude::*;

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

fn nobody(_: &str) -> Vec<Guess> {
    vec![]
}

fn russian(_: &str) -> Vec<Guess> {
    vec![Guess { language: tag("ru"), confidence: 0.97 }, Guess { language: tag("kk"), confidence: 0.03 }]
}

/// Code, index, length and suggestion of each finding.
fn told(language: &str, text: &str) -> Vec<String> {
    let findings = check(text, &tag(language), nobody);
    findings.found.iter().map(|finding| format!("{} {} {} {}", finding.code, finding.index, finding.length, finding.suggestions.join("|"))).collect()
}

#[test]
fn what_is_right_is_left_alone() {
    for (language, text) in [
        ("kk", "Қазақстан мен «NATO» арасындағы WhatsAppта COVID-19 туралы kk@mail.kz, www.kаzinform.kz"),
        ("az", "Azərbaycan Respublikası İSTANBUL BAKI IŞIQ QIZ NATO iOS ƏDƏBİYYAT"),
        ("tr", "TÜRKİYE DİYARBAKIR ISPARTA İzmir'de ABD'nin IMF"),
        ("uz", "Oʻzbekiston maʼno tog\u{2bb}"),
        ("uz-Cyrl", "Ўзбекистон ҳақида халқаро"),
        ("en", "It is a man’s world — naïve café, 5 °C, «CAFÉ», Is it? Yes."),
        ("ru", "Он и она: а также в Nur-Sultan, 👨‍👩‍👧 ❤️ 🏴\u{e0067}\u{e007f}"),
        ("ug", "ئۇيغۇرچە \u{202b}abc\u{202c} \u{2067}x\u{2069}\u{200f}"),
        ("az-Arab", "می\u{200c}خواهم"),
        ("kk", ""),
        ("kk", "ТАСС, BBC, ВВС"),
    ] {
        assert_eq!(told(language, text), Vec::<String>::new(), "{language} {text}");
    }
}

#[test]
fn letters_of_another_script_are_told_with_the_right_one() {
    for (language, text, expected) in [
        ("uz-Cyrl", "халқаpo суд", vec!["homoglyph 5 2 ро"]),
        ("kk", "Қaзақстан", vec!["homoglyph 1 1 а"]),
        ("az", "Аzərbaycan mаtbuatı", vec!["homoglyph 0 1 A", "homoglyph 12 1 a"]),
        ("az", "мəтbuat", vec!["mixed_scripts 0 7 "]),
        ("ru", "Он c ней", vec!["homoglyph 3 1 с"]),
        ("en", "This is а man", vec!["homoglyph 8 1 a"]),
        ("en", "Gοοgle", vec!["homoglyph 1 2 oo"]),
        ("ru", "пhиvет", vec!["mixed_scripts 0 6 "]),
        ("kk", "сәlem", vec!["homoglyph 0 2 cə"]),
    ] {
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(told(language, text), expected, "{language} {text}");
    }
}

#[test]
fn both_kinds_of_i_are_kept_apart() {
    for (language, text, expected) in [
        ("tr", "i\u{307}stanbul I\u{307}zmir", vec!["stray_dot 0 2 i", "stray_dot 10 2 İ"]),
        ("az", "DÖVLƏTi", vec!["capital_i 6 1 İ"]),
        ("tr", "ISTANBUL: İstanbul bugün", vec!["capital_i 0 1 İ"]),
        ("az", "BAKİ, Bakı bu gün", vec!["capital_i 3 1 I"]),
        ("tr", "TÜRKIYE", vec!["capital_i 4 1 İ"]),
        ("kk-Latn", "BILIM", vec![]),
        ("uz", "TINCHLIK ISTIQBOL", vec![]),
    ] {
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(told(language, text), expected, "{language} {text}");
    }
}

#[test]
fn apostrophes_of_uzbek_are_told() {
    assert_eq!(told("uz", "o'zbek ma`no"), ["apostrophe 1 1 ʻ", "apostrophe 9 1 ʼ"]);
    assert_eq!(told("tr", "Ankara'da"), Vec::<String>::new());
}

#[test]
fn what_nobody_sees_is_told() {
    for (language, text, expected) in [
        ("en", "a\u{200b}\u{200b}b\u{ad}c\u{feff}", "invisible_character 1 2 ;invisible_character 4 1 ;invisible_character 6 1 "),
        ("en", "a\u{202e}b\u{202c} \u{2067}c", "bidi_control 1 1 ;bidi_control 3 1 ;bidi_control 5 1 "),
        ("ug", "\u{202b}ئۇ\u{2067}غ", "bidi_control 0 1 ;bidi_control 3 1 "),
        ("ug", "ئۇ\u{2069}غ", "bidi_control 2 1 "),
        ("en", "a \u{e000}\u{7f}", "private_use 2 1 ;invisible_character 3 1 "),
        ("kk", "Қаза\u{fffd}\u{fffd}стан Қаза?стан", "damaged_text 4 2 ;damaged_text 15 1 "),
        ("kk", "ÒšÐ°Ð·Ð°Ò›", "damaged_text 0 10 Қазақ"),
        ("tr", "TÃ¼rkiye Ä°zmir", "damaged_text 1 2 ü;damaged_text 9 2 İ"),
        ("en", "the man â€\u{201d} said", "damaged_text 8 3 —"),
    ] {
        assert_eq!(told(language, text).join(";"), expected, "{language} {text}");
    }
}

#[test]
fn another_language_or_script_is_told_once() {
    let kazakh = tag("kk");
    let russian_text = "В столице открылась выставка народных ремёсел и искусства";
    let found = check(russian_text, &kazakh, russian).found;
    assert_eq!(
        found.iter().map(|finding| (finding.code, finding.index, finding.length)).collect::<Vec<_>>(),
        [(FindingCode::LanguageContradicted, 0, russian_text.chars().count())]
    );
    assert!(found[0].message.contains("Русский (ru)"), "{}", found[0].message);
    assert_eq!(check(russian_text, &kazakh, nobody).found, []);
    assert_eq!(check("Мәскеу қаласы", &kazakh, russian).found, [], "too short to tell");
    assert_eq!(told("kk-Latn", "Қазақстан Республикасы"), ["script_contradicted 0 22 "]);
    assert_eq!(told("ba", russian_text), Vec::<String>::new());
}

#[test]
fn the_most_are_told_and_the_rest_counted() {
    let findings = check(&"a\u{200b}".repeat(500_000), &tag("en"), nobody);
    assert_eq!((findings.found.len(), findings.left_out), (MOST_FINDINGS, 500_000 - MOST_FINDINGS));
}

/// What would take minutes if anything looked at all of the text from each of its places.
#[test]
fn much_of_one_thing_is_no_matter() {
    for unit in
        ["a", "а", "I", "İi", "\u{307}", "'", "o'", "\u{202a}", "\u{2067}", "\u{2069}", "\u{202b}\u{2069}", "\u{200d}", "Ð°", "Ã", "?", "aа", "\u{fe0f}"]
    {
        let text = unit.repeat((1 << 18) / unit.len());
        for language in ["az", "uz", "ug"] {
            let _ = check(&text, &tag(language), nobody);
        }
    }
    let text = format!("{}{}", "\u{2067}".repeat(100_000), "\u{202b}\u{2069}".repeat(100_000));
    assert_eq!(check(&text, &tag("ug"), nobody).left_out, 100_000 - MOST_FINDINGS);
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text: String, some in "([iıİIĞşəoо'а-яÐ°\u{202b}\u{2069}\u{200d} ?]|\\PC){0,40}") {
        for text in [text, some] {
            for language in ["az", "uz", "kk", "ug", "kk-Latn", "en"] {
                let findings = check(&text, &tag(language), russian);
                let length = text.chars().count();
                prop_assert!(findings.found.iter().all(|finding| finding.length > 0 && finding.index + finding.length <= length));
            }
        }
    }

    #[test]
    fn scripts_of_any_letter(c: char) {
        prop_assert!(script_of(c).is_none() || c.is_alphabetic());
    }
}
