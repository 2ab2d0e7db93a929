//! Letters of our alphabets in the 26 of ASCII, for slugs.
//!
//! Each language goes by its official Latin alphabet without the marks on its letters, so that a text
//! gives the same in either script: `ш` is `s` in Kazakh, from `ş`, and `sh` in Uzbek. Kyrgyz has no
//! such alphabet and goes by BGN/PCGN. All other Cyrillic is read as Russian, in its usual
//! romanisation. A transliteration proper keeps more than this.
//!
//! Source: `translit_tables.tsv` of the project's language data (re-typed).

/// What one lower-case letter becomes, possibly nothing; `None` where no table knows the letter.
/// `previous` is the letter before it in the word.
pub(super) fn romanise(language: &str, letter: char, previous: Option<char>) -> Option<&'static str> {
    in_context(language, letter, previous).or_else(|| own(language, letter)).or_else(|| cyrillic(letter)).or_else(|| latin(letter)).or_else(|| arabic(letter))
}

/// Letters whose sound depends on the one before: `е`, which is `ye` at the start of a word and after
/// a vowel, and the `ц` and `ь` of Uzbek.
fn in_context(language: &str, letter: char, previous: Option<char>) -> Option<&'static str> {
    match (language, letter, previous) {
        ("uz" | "tk" | "tt", 'е', None | Some('ъ' | 'ь')) => Some("ye"),
        ("uz" | "tk" | "tt", 'е', Some(vowel)) if is_cyrillic_vowel(vowel) => Some("ye"),
        ("uz", 'ц', Some('ц')) => Some(""),
        ("uz", 'ц', Some(vowel)) if is_cyrillic_vowel(vowel) => Some("ts"),
        ("uz", 'ц', _) => Some("s"),
        ("uz", 'о', Some('ь')) => Some("yo"),
        ("uz", 'а', Some('ь')) => Some("ya"),
        _ => None,
    }
}

const fn is_cyrillic_vowel(letter: char) -> bool {
    matches!(letter, 'а' | 'ә' | 'е' | 'ё' | 'и' | 'о' | 'ө' | 'у' | 'ү' | 'ў' | 'ы' | 'э' | 'ю' | 'я')
}

/// Where a language differs from the common tables.
///
/// Choices: Turkmen `ž` is `z`, as `ň` is `n`. The Uzbek letters of 2026 give what those of 1995 gave.
fn own(language: &str, letter: char) -> Option<&'static str> {
    Some(match (language, letter) {
        ("az", 'г') => "q",
        ("az" | "ug", 'ә') => "e",
        ("az" | "uz" | "tt" | "kaa", 'ы') | ("kk", 'й' | 'ي') => "i",
        ("az" | "kk" | "ky" | "uz" | "tt" | "kaa", 'ж') => "j",
        ("tk", 'ж') => "z",
        ("az", 'ҹ' | 'ч') | ("tk", 'ч') | ("tt", 'ч' | 'җ') | ("kaa", 'ц') => "c",
        ("az" | "kk" | "tk" | "tt", 'ш') | ("kk", 'ش') => "s",
        ("az" | "tk" | "tt", 'щ') => "sc",
        ("kk", 'ч' | 'چ') => "ts",
        ("kk", 'щ') => "sts",
        ("uz" | "kaa", 'щ') | ("uz", 'ş') => "sh",
        ("uz", 'ç') => "ch",
        ("az" | "uz" | "tt" | "kaa" | "ug", 'х') => "x",
        ("kk" | "ky" | "tk", 'х') => "h",
        ("az" | "ky" | "uz" | "tk" | "tt" | "kaa", 'ё') => "yo",
        ("kk", 'ё') => "io",
        ("kk", 'ю') => "iu",
        ("kk", 'я') => "ia",
        ("ky" | "ug", 'ң') => "ng",
        ("ug", 'ғ') => "gh",
        ("tk", 'в') | ("kaa", 'ў') => "w",
        ("uz", 'ў') => "o",
        ("kk", 'ع') => "g",
        ("kk", 'ڭ') => "n",
        ("kk", 'ۋ') => "u",
        ("kk", 'ۆ') => "v",
        ("kk", 'ى') => "y",
        _ => return None,
    })
}

/// Russian `ё` is `e`: most of the press writes it so, and both spellings are to give one slug.
fn cyrillic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' | 'ә' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ғ' | 'ґ' | 'ҝ' | 'ҕ' => "g",
        'д' | 'ђ' => "d",
        'е' | 'ё' | 'э' | 'є' => "e",
        'ж' => "zh",
        'җ' | 'ҹ' | 'џ' => "j",
        'з' | 'ҙ' | 'ѕ' => "z",
        'и' | 'і' | 'ї' => "i",
        'й' | 'ы' | 'ј' => "y",
        'к' => "k",
        'қ' | 'ҡ' => "q",
        'л' | 'љ' => "l",
        'м' => "m",
        'н' | 'ң' | 'ҥ' | 'њ' => "n",
        'о' | 'ө' => "o",
        'п' => "p",
        'р' => "r",
        'с' | 'ҫ' => "s",
        'т' => "t",
        'у' | 'ұ' | 'ү' | 'ў' => "u",
        'ф' => "f",
        'х' => "kh",
        'һ' | 'ҳ' => "h",
        'ц' => "ts",
        'ћ' => "c",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ю' => "yu",
        'я' => "ya",
        'ъ' | 'ь' => "",
        _ => return None,
    })
}

/// Latin letters that do not come apart into a letter of ASCII and a mark.
fn latin(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ə' | 'ǝ' => "e",
        'ı' => "i",
        'ŋ' => "n",
        'ø' | 'ɵ' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'þ' => "th",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        _ => return None,
    })
}

/// By the Uyghur Latin alphabet; the other letters as what is nearest in it. Vowels that are not
/// written stay away, so that this is a name to tell texts apart by, not a reading.
fn arabic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ا' | 'ٱ' => "a",
        'ە' | 'ې' => "e",
        'ب' => "b",
        'پ' => "p",
        'ت' | 'ط' => "t",
        'ث' | 'س' | 'ص' => "s",
        'ج' => "j",
        'چ' => "ch",
        'ح' | 'ھ' | 'ه' | 'ة' => "h",
        'خ' => "x",
        'د' => "d",
        'ذ' | 'ز' | 'ض' | 'ظ' => "z",
        'ر' => "r",
        'ژ' => "zh",
        'ش' => "sh",
        'غ' => "gh",
        'ف' => "f",
        'ق' => "q",
        'ك' | 'ک' => "k",
        'گ' => "g",
        'ڭ' => "ng",
        'ل' => "l",
        'م' => "m",
        'ن' => "n",
        'و' | 'ۆ' | 'ۅ' => "o",
        'ۇ' | 'ۈ' | 'ۉ' => "u",
        'ۋ' => "w",
        'ى' => "i",
        'ي' | 'ی' => "y",
        'ئ' | 'ء' | 'ٴ' | 'ع' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The letters of each Cyrillic alphabet one by one, in the middle of a word.
    #[test]
    fn no_letter_of_an_alphabet_is_lost() {
        for (language, alphabet, romanised) in [
            ("kk", "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя", "a a b v g g d e io j z i i k q l m n n o o p r s t u u u f h h ts ts s sts  y i  e iu ia"),
            ("ky", "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя", "a b v g d e yo j z i y k l m n ng o o p r s t u u f h ts ch sh shch  y  e yu ya"),
            ("uz", "абвгдеёжзийклмнопрстуфхцчшъьэюяўқғҳ", "a b v g d e yo j z i y k l m n o p r s t u f x s ch sh   e yu ya o q g h"),
            ("az", "абвгғдеәжзиыјкҝлмноөпрстуүфхһчҹш", "a b v q g d e e j z i i y k g l m n o o p r s t u u f x h c c s"),
            ("tk", "абвгдеёжҗзийклмнңоөпрстуүфхцчшщъыьэәюя", "a b w g d e yo z j z i y k l m n n o o p r s t u u f h ts c s sc  y  e a yu ya"),
            ("ru", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya"),
            ("tt", "аәбвгдеёжҗзийклмнңоөпрстуүфхһцчшщъыьэюя", "a a b v g d e yo j c z i y k l m n n o o p r s t u u f x h ts c s sc  i  e yu ya"),
        ] {
            let found: Vec<_> = alphabet.chars().map(|letter| romanise(language, letter, Some('м')).unwrap_or("?")).collect();
            assert_eq!(found.join(" "), romanised, "{language}");
        }
    }

    #[test]
    fn context_decides_where_the_sound_does() {
        for (language, letter, previous, expected) in [
            ("uz", 'е', None, "ye"),
            ("uz", 'е', Some('о'), "ye"),
            ("uz", 'е', Some('ъ'), "ye"),
            ("uz", 'е', Some('к'), "e"),
            ("tk", 'е', None, "ye"),
            ("kk", 'е', None, "e"),
            ("ru", 'е', None, "e"),
            ("uz", 'ц', None, "s"),
            ("uz", 'ц', Some('и'), "ts"),
            ("uz", 'ц', Some('ц'), ""),
            ("uz", 'о', Some('ь'), "yo"),
        ] {
            let found = romanise(language, letter, previous);
            assert_eq!(found, Some(expected), "{language} {letter} after {previous:?}");
        }
    }

    #[test]
    fn every_result_is_lower_case_ascii() {
        for language in ["az", "tr", "kk", "ky", "uz", "tk", "ru", "en", "tt", "kaa", "ug"] {
            for letter in '\0'..='\u{ffff}' {
                let found = romanise(language, letter, None).unwrap_or_default();
                assert!(found.bytes().all(|byte| byte.is_ascii_lowercase()), "{letter:?}");
            }
        }
    }
}
