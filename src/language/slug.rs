//! Slugs: the readable last part of an address.

use std::iter;

use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::casing::lowercase;
use super::romanise::romanise;
use super::tag::Tag;

/// The longest slug, in bytes; all of them are ASCII.
const MAX_BYTES: usize = 80;

/// `text` as words of `a-z0-9` between single hyphens, at most 80 bytes, cut between words:
/// `Қазақстан Республикасы` → `qazaqstan-respublikasy`, `Oʻzbekiston` → `ozbekiston`.
///
/// Letters go by the official Latin alphabet of the language, so that its Cyrillic and its Latin give
/// one slug; apostrophes of all kinds fall away without splitting a word. Empty where nothing in
/// `text` can be written so (Georgian or Chinese, say): the caller then uses the id.
///
/// Source: the tables of `romanise.rs`.
#[must_use]
pub fn slug(text: &str, tag: &Tag) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    let mut words = String::with_capacity(composed.len());
    let mut previous = None;
    for letter in lowercase(&composed, tag).chars().filter(|letter| !is_silent(*letter)) {
        if push(&mut words, tag.language(), letter, previous) {
            previous = Some(letter);
        } else {
            words.push(' ');
            previous = None;
        }
    }
    join(words.split(' '))
}

/// Appends what `letter` becomes; `false` where it is no letter or digit, and ends the word.
fn push(words: &mut String, language: &str, letter: char, previous: Option<char>) -> bool {
    if let Some(ascii) = ascii(letter) {
        words.push(ascii);
        return true;
    }
    if let Some(romanised) = romanise(language, letter, previous) {
        words.push_str(romanised);
        return true;
    }
    // A letter of another alphabet: without its marks it may be one that is known (`é`, `ӑ`, `أ`).
    let mut known = false;
    for base in DecomposingNormalizerBorrowed::new_nfd().normalize_iter(iter::once(letter)) {
        if let Some(ascii) = ascii(base) {
            words.push(ascii);
            known = true;
        } else if let Some(romanised) = romanise(language, base, previous) {
            words.push_str(romanised);
            known = true;
        }
    }
    known
}

/// ASCII letters and digits, and the digits of Arabic script.
fn ascii(letter: char) -> Option<char> {
    match letter {
        'a'..='z' | '0'..='9' => Some(letter),
        'A'..='Z' => Some(letter.to_ascii_lowercase()),
        '\u{660}'..='\u{669}' => digit(letter, '\u{660}'),
        '\u{6f0}'..='\u{6f9}' => digit(letter, '\u{6f0}'),
        _ => None,
    }
}

fn digit(letter: char, zero: char) -> Option<char> {
    u32::from(letter).checked_sub(u32::from(zero)).and_then(|value| char::from_digit(value, 10))
}

/// What is inside words without being a letter: apostrophes, accents, and what is not seen at all.
fn is_silent(letter: char) -> bool {
    is_apostrophe(letter) || is_unseen(letter) || CanonicalCombiningClassMapBorrowed::new().get_u8(letter) != 0
}

/// Apostrophes and whatever people type for them: accents and modifier letters (the Uzbek `ʻ` and `ʼ`
/// are U+02BB and U+02BC), quotation marks, primes, saltillos and the full-width form.
const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '`' | '\u{b4}' | '\u{2b9}'..='\u{2bf}' | '\u{2c8}' | '\u{2ca}' | '\u{2cb}')
        || matches!(letter, '\u{55a}' | '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{2035}')
        || matches!(letter, '\u{a78b}' | '\u{a78c}' | '\u{ff07}')
}

/// The soft hyphen, the Arabic tatweel, joiners, and marks of direction.
const fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{640}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}') || matches!(letter, '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// As many whole words as there is room for; of a first word that is too long, its start.
fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut slug = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if slug.is_empty() {
            slug.push_str(word.get(..MAX_BYTES).unwrap_or(word));
        } else if slug.len() + 1 + word.len() <= MAX_BYTES {
            slug.push('-');
            slug.push_str(word);
        } else {
            break;
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slug_in(language: &str, text: &str) -> String {
        slug(text, &Tag::parse(language).unwrap())
    }

    /// Lines of `a | b | c`.
    fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
        table.lines().filter(|line| !line.trim().is_empty()).map(|line| line.split('|').map(str::trim).collect())
    }

    #[test]
    fn each_language_by_its_own_alphabet() {
        let table = "
            az | Azərbaycan İqtisadiyyatı: ağır günlər, çörək və şəhər | azerbaycan-iqtisadiyyati-agir-gunler-corek-ve-seher
            az-Cyrl | Бүтүн инсанлар ләјагәт вә һүгугларына ҝөрә | butun-insanlar-leyaqet-ve-huquqlarina-gore
            tr | İSTANBUL'DA ILIK BİR GÜN: Çığ ve Kâğıt | istanbulda-ilik-bir-gun-cig-ve-kagit
            kk | Қазақстан Республикасы | qazaqstan-respublikasy
            kk | Әнұран, үңгір, өзен һәм ғылым | anuran-ungir-ozen-ham-gylym
            kk-Latn | Qazaqstan Respublikasy: Änūran, üñgır, özen häm ğylym | qazaqstan-respublikasy-anuran-ungir-ozen-ham-gylym
            kk-Arab | قازاقستان رەسپۋبليكاسى | qazaqstan-respublikasy
            ky | Кыргыз Республикасынын өкмөтү жаңылыктарды чыгарды | kyrgyz-respublikasynyn-okmotu-jangylyktardy-chygardy
            uz | O\u{2bb}zbekiston | ozbekiston
            uz | G\u{2bb}alaba va ma\u{2bc}no, san\u{2bc}at | galaba-va-mano-sanat
            uz-Cyrl | Ғалаба ва маъно, санъат | galaba-va-mano-sanat
            tk | Türkmenistanyň Žurnaly, ýaşaýyş we çäge | turkmenistanyn-zurnaly-yasayys-we-cage
            tk-Cyrl | Түркменистаның Журналы, яшайыш ве чәге | turkmenistanyn-zurnaly-yasayys-we-cage
            ru | Объявлены ещё 12 жюри: хоккей, цирк и щука | obyavleny-eshche-12-zhyuri-khokkey-tsirk-i-shchuka
            en | It's a naïve café—don’t “worry”, 50% off | its-a-naive-cafe-dont-worry-50-off
            ug | ئۇيغۇر تىلى ٢٠٢٤ | uyghur-tili-2024
        ";
        for row in rows(table) {
            assert_eq!(slug_in(row[0], row[1]), row[2], "{row:?}");
        }
    }

    /// Words of the Universal Declaration of Human Rights in both scripts, and of both alphabets.
    #[test]
    fn the_scripts_of_a_language_give_one_slug() {
        let table = "
            uz-Cyrl | Ўзбекистон | uz | O\u{2bb}zbekiston
            uz-Cyrl | оёқ ваҳшийларча виждонини | uz | oyoq vahshiylarcha vijdonini
            uz-Cyrl | поезд объект милиция акция Европа | uz | poyezd obyekt militsiya aksiya Yevropa
            uz-Cyrl | Исҳоқ шаҳарга чиқди | uz | Is\u{2bc}hoq shaharga chiqdi
            uz | O\u{2bb}zbekiston shahar g\u{2bb}oya chiroyli | uz | Özbekiston şahar ğoya çiroyli
            az-Cyrl | етинасызлыг бәшәријјәти ҝәтирән һәгигәт | az | etinasızlıq bəşəriyyəti gətirən həqiqət
            kk | Қызылорда мен Шымкент, юрист | kk-Latn | Qyzylorda men Şymkent, iurist
        ";
        for row in rows(table) {
            assert_eq!(slug_in(row[0], row[1]), slug_in(row[2], row[3]), "{row:?}");
        }
    }

    #[test]
    fn no_apostrophe_splits_a_word() {
        for apostrophe in "'`´ʹʻʼʽʾʿˈ‘’‛′＇".chars() {
            let found = slug_in("uz", &format!("O{apostrophe}zbekiston"));
            assert_eq!(found, "ozbekiston", "{apostrophe:?}");
        }
    }

    #[test]
    fn marks_and_foreign_letters() {
        let table = "
            ru | и\u{306}од, за\u{301}мок | yod-zamok
            en | Ångström, Łódź, Straße, Þór, Ærø | angstrom-lodz-strasse-thor-aero
            tr | Путин ve Зеленський | putin-ve-zelenskiy
            en | ex\u{ad}tra\u{200d}ordinary | extraordinary
            en | 日本 2020 საქართველო | 2020
            en | 日本 |
            kk | — «» … ь |
            en | a--b__c...d/\u{435} | a-b-c-d-e
            az-Arab | آذربایجان ۱۴۰۳ | azrbayjan-1403
        ";
        for row in rows(table) {
            assert_eq!(slug_in(row[0], row[1]), row[2], "{row:?}");
        }
    }

    #[test]
    fn long_titles_are_cut_between_words() {
        let title = "мемлекеттік ".repeat(20);
        let found = slug_in("kk", &title);
        assert_eq!(found, ["memlekettik"; 6].join("-"));
        assert_eq!(slug_in("kk", &"ш".repeat(200)), "s".repeat(80));
        let exact = format!("{} {}", "a".repeat(40), "b".repeat(39));
        assert_eq!(slug_in("en", &exact).len(), 80);
        assert_eq!(slug_in("en", &format!("{exact}b")), "a".repeat(40));
    }

    fn any_language() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["az", "tr", "kk", "kk-Arab", "ky", "uz", "tk", "ru", "en"])
    }

    proptest! {
        #[test]
        fn any_text_gives_words_between_single_hyphens(
            text in prop::collection::vec(any::<char>(), 0..300),
            language in any_language(),
        ) {
            let text: String = text.into_iter().collect();
            let found = slug_in(language, &text);
            prop_assert!(found.len() <= MAX_BYTES);
            prop_assert!(found.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')));
            prop_assert!(found.is_empty() || found.split('-').all(|word| !word.is_empty()));
            prop_assert_eq!(slug_in(language, &found), found);
        }

        #[test]
        fn letters_of_ours_are_never_lost(
            // Without ц: Uzbek writes one where Russian writes two.
            text in "[а-хч-щыэюяәғқңөұүһіўҳҗҹҝёa-zəığşçöüñňžý]{1,30}",
            language in any_language(),
        ) {
            let found = slug_in(language, &text);
            prop_assert!(found.len() >= text.chars().count().min(MAX_BYTES), "{found} of {text}");
        }
    }
}
