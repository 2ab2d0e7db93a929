//! How often detection is right on texts that it was not trained on, and what it makes of any text at all.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use measure::accuracy;

/// The labels that must be recognised in 40 characters at least 97 times of 100.
const MAIN: [&str; 10] = ["kk", "ky", "uz", "uz-Cyrl", "az", "az-Cyrl", "tk", "tr", "ru", "en"];

fn tag(name: &str) -> Tag {
    Tag::parse(name).unwrap()
}

fn first(text: &str) -> String {
    detect(text).first().map(|guess| guess.language.to_string()).unwrap_or_default()
}

/// The held-out texts of one kind by label, without the lines that say where they are from.
fn held_out(kind: &str) -> Vec<(Tag, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lang/detection").join(kind);
    let mut texts = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        texts.push((tag(path.file_stem().unwrap().to_str().unwrap()), lines.join("\n")));
    }
    texts.sort_by(|a, b| a.0.cmp(&b.0));
    texts
}

/// Fails with all labels that are recognised too seldom.
#[track_caller]
fn recognised(kind: &str, size: usize, least: impl Fn(&str) -> f64, change: impl Fn(String) -> String) {
    let mut faults = Vec::new();
    let texts = held_out(kind);
    for main in MAIN {
        assert!(texts.iter().any(|(language, _)| language.as_str() == main), "{kind}: {main}");
    }
    for (language, text) in texts {
        let measured = accuracy(&language, &change(text), size);
        assert!(measured.windows > 100, "{kind}: {language}");
        println!("{kind} {size} {language}: {:.4} of {} {:?}", measured.share(), measured.windows, measured.mistakes);
        if measured.share() < least(language.as_str()) {
            faults.push(format!("{language}: {:.4} of {}, {:?}", measured.share(), measured.windows, measured.mistakes));
        }
    }
    assert!(faults.is_empty(), "{kind}, {size} characters: {faults:#?}");
}

fn promised(label: &str) -> f64 {
    match label {
        // Nothing but the declaration to learn from.
        "crh-Latn" | "gag" => 0.84,
        _ if MAIN.contains(&label) => 0.97,
        _ => 0.94,
    }
}

#[test]
fn forty_characters_of_news_are_enough() {
    recognised("news", 40, promised, |text| text);
}

#[test]
fn forty_characters_of_the_declaration_are_enough() {
    recognised("udhr", 40, promised, |text| text);
}

#[test]
fn capitals_are_recognised_as_well() {
    recognised("news", 40, promised, |text| text.to_uppercase());
}

#[test]
fn a_hundred_characters_leave_no_doubt() {
    recognised("news", 100, |_| 0.995, |text| text);
}

#[test]
fn confidence_is_how_often_it_is_right() {
    let (mut bins, mut windows) = ([(0.0, 0.0, 0.0); 10], 0.0);
    for (language, text) in held_out("news") {
        for window in measure::windows(&text, 20) {
            let Some(guess) = detect(&window).into_iter().next() else { continue };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 9")]
            let bin = &mut bins[((guess.confidence * 10.0) as usize).min(9)];
            bin.0 += 1.0;
            bin.1 += f64::from(guess.confidence);
            bin.2 += f64::from(u8::from(guess.language == language));
            windows += 1.0;
        }
    }
    let off: f64 = bins.iter().map(|(_, said, right): &(f64, f64, f64)| (said - right).abs() / windows).sum();
    assert!(off < 0.03, "{off:.4}: {bins:?}");
}

#[test]
fn texts_of_a_desk() {
    for (text, expected) in [
        ("O'zbekiston Respublikasi Prezidenti", "uz"),
        ("Oʻzbekiston Respublikasi Prezidenti", "uz"),
        ("Özbekiston Respublikasi Prezidenti farmoni bilan şahar hokimi", "uz"),
        ("ҚАЗАҚСТАН РЕСПУБЛИКАСЫНЫҢ ПРЕЗИДЕНТІ", "kk"),
        ("Қазақстан халқы Астанада жиналды, https://en.example.com/some-long-english-address-here", "kk"),
        ("Azərbaycan Respublikasının Prezidenti", "az"),
        ("Qazaqstan Respublikasynyñ prezidentı jaña zañğa qol qoidy", "kk-Latn"),
        ("قازاقستان رەسپۋبليكاسىنىڭ پرەزيدەنتى", "kk-Arab"),
        ("شىنجاڭ ئۇيغۇر ئاپتونوم رايونى", "ug"),
        ("The president of Kazakhstan signed the law", "en"),
    ] {
        assert_eq!(first(text), expected, "{text}: {:?}", detect(text));
    }
}

#[test]
fn most_letters_decide_the_script() {
    assert_eq!(first("Бүгін Алматыда өткен жиында Turkic World жобасы таныстырылды"), "kk");
    assert_eq!(first("The agency Қазақпарат was founded a hundred years ago"), "en");
}

#[test]
fn a_text_without_our_letters_is_nothing() {
    for text in ["", " ", "2026 — 12:00", "漢字 αβγ 😀", "https://kk.example/қазақ", "'ʻ’", "\0"] {
        assert_eq!(detect(text), [], "{text:?}");
    }
}

#[test]
fn a_long_text_takes_no_longer_than_it_must() {
    for text in ["қ".repeat(1 << 19), "ә ".repeat(1 << 19), "'".repeat(1 << 20), "\u{300}".repeat(1 << 19), "a'".repeat(1 << 19)] {
        let found = detect(&text);
        assert!(found.len() <= MOST);
    }
}

proptest! {
    #[test]
    fn any_text_has_shares_that_sum_to_one(text in any::<String>()) {
        let guesses = detect(&text);
        prop_assert!(guesses.len() <= MOST);
        prop_assert!(guesses.is_sorted_by(|a, b| a.confidence >= b.confidence));
        let sum: f32 = guesses.iter().map(|guess| guess.confidence).sum();
        prop_assert!(guesses.is_empty() || (sum - 1.0).abs() < 1e-4, "{sum}");
        for (index, guess) in guesses.iter().enumerate() {
            prop_assert!(guesses[..index].iter().all(|other| other.language != guess.language));
        }
    }

    #[test]
    fn letters_of_one_script_stay_in_it(text in "[а-яәғқңөұүһіҗҹјўҳёѐ ]{1,60}") {
        prop_assert!(detect(&text).iter().all(|guess| guess.language.script() == Script::Cyrl));
    }
}
