//! One letter, or a few that stand for one, and what it is in a key. `A` stands for the sound between a and e, which gives two keys.

use crate::language::{Script, Tag};
use icu_normalizer::DecomposingNormalizerBorrowed;
use std::sync::LazyLock;

/// What of a word's language its key depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    /// `h` stands for itself and never changes the letter before it: `mezhep` in Turkish, `ýagşy` in Turkmen.
    pub separate_h: bool,
    pub own: Own,
    /// As Russian and English write the names of others: `kh` for `қ` and `ğ`, `yo` for `ё`. For queries.
    pub romanised: bool,
}

/// The languages in which single letters are read in a way of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Own {
    #[default]
    None,
    Kazakh,
    Uyghur,
    Uzbek,
    Russian,
    English,
}

impl Reading {
    pub(super) fn of(tag: &Tag) -> Self {
        let own = match tag.language() {
            "kk" => Own::Kazakh,
            "ug" => Own::Uyghur,
            "uz" => Own::Uzbek,
            "ru" => Own::Russian,
            "en" => Own::English,
            _ => Own::None,
        };
        let separate_h = matches!(tag.language(), "tr" | "az" | "tk" | "crh" | "gag") || (tag.language() == "tt" && tag.script() == Script::Latn);
        Self { separate_h, own, romanised: false }
    }
}

/// What is known of a character without looking around it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// Its small form.
    pub lower: char,
    key: [u8; 2],
    length: u8,
    /// Its neighbours or the language have a say: [`special`] is to be asked first.
    pub special: bool,
}

impl Known {
    /// What it is in a key; nothing for what is no letter of ours.
    pub(super) fn key(&self) -> &[u8] {
        self.key.get(..usize::from(self.length)).unwrap_or_default()
    }

    fn of(c: char) -> Self {
        let lower = lower(c);
        let text = letter(lower).or_else(|| letter(base(lower))).or_else(|| digit(lower)).unwrap_or_default().as_bytes();
        let mut key = [0; 2];
        for (place, byte) in key.iter_mut().zip(text) {
            *place = *byte;
        }
        // A key has two letters at most.
        let length = if text.len() < 2 { u8::from(!text.is_empty()) } else { 2 };
        let begins = |c| matches!(c, 's' | 'd' | 'z' | 'c' | 'k' | 'g' | 'y' | 'ş' | 'д' | 'т' | 't' | 'ت' | 'د');
        let own = |c| matches!(c, 'w' | 'ۆ' | 'ۋ' | 'ё' | 'c' | 'ا' | 'ь' | 'ъ');
        Self { lower, key, length, special: begins(lower) || own(lower) || own(base(lower)) }
    }
}

/// Our alphabets lie below.
const TABLE_END: usize = 0x700;
static TABLE: LazyLock<Vec<Known>> = LazyLock::new(|| ('\0'..).take(TABLE_END).map(Known::of).collect());

/// What is known of the characters: the table is at hand for a whole word.
#[derive(Clone, Copy)]
pub(super) struct Letters(&'static [Known]);

impl Letters {
    pub(super) fn new() -> Self {
        Self(&TABLE)
    }

    pub(super) fn get(self, c: char) -> Known {
        self.0.get(c as usize).copied().unwrap_or_else(|| Known::of(c))
    }
}

/// The small form, in which i is i: whether it has a dot does not count.
fn lower(c: char) -> char {
    match c {
        'İ' | 'I' => 'i',
        _ => c.to_lowercase().next().unwrap_or(c),
    }
}

/// A letter without its marks.
fn base(c: char) -> char {
    let mut buffer = [0; 4];
    DecomposingNormalizerBorrowed::new_nfd().normalize(c.encode_utf8(&mut buffer)).chars().next().unwrap_or(c)
}

/// ASCII for the digits of our scripts.
fn digit(c: char) -> Option<&'static str> {
    let zero = match c {
        '0'..='9' => '0',
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        _ => return None,
    };
    let value = (c as usize).checked_sub(zero as usize)?;
    "0123456789".get(value..=value)
}

/// The key of what `rest` begins with where neighbours or the language have a say, and of how many characters that is.
pub(super) fn special(rest: &[char], reading: Reading, hamza: bool) -> Option<(&'static str, usize)> {
    let at = |place: usize| rest.get(place).copied();
    let c = at(0)?;
    sequence(c, at(1), at(2), at(3), reading)
        .or_else(|| of_language(c, at(1), reading.own, hamza).map(|key| (key, 1)))
        .or_else(|| if letter(c).is_some() { None } else { of_language(base(c), at(1), reading.own, hamza).map(|key| (key, 1)) })
}

/// Letters that are written with several characters, the longest first. Those with `h` are for alphabets in which it only ever changes the
/// letter before it.
const fn sequence(c: char, next: Option<char>, third: Option<char>, fourth: Option<char>, reading: Reading) -> Option<(&'static str, usize)> {
    let with_h = !reading.separate_h;
    // Uzbek `ishchi` and Uyghur `ishchilar` have two letters there.
    let one_shch = with_h && !matches!(reading.own, Own::Uzbek | Own::Uyghur);
    Some(match (c, next, third) {
        ('k', Some('h'), _) if reading.romanised => ("k", 2),
        ('y', Some('o'), _) if reading.romanised => ("e", 2),
        ('s', Some('h'), Some('c')) if one_shch && matches!(fourth, Some('h')) => ("s", 4),
        ('d', Some('z'), Some('h')) if with_h => ("c", 3),
        ('s', Some('c'), Some('h')) if with_h => ("s", 3),
        ('s', Some('h'), _) if with_h => ("s", 2),
        ('z' | 'c', Some('h'), _) | ('d', Some('j'), _) if with_h => ("c", 2),
        ('k', Some('h'), _) if with_h => ("h", 2),
        ('g', Some('h'), _) if with_h => ("k", 2),
        ('ş', Some('t'), Some('ş')) => ("s", 3),
        ('д', Some('җ' | 'ж'), _) | ('т', Some('ш'), _) | ('t', Some('ş'), _) | ('د', Some('ج'), _) | ('ت', Some('ش'), _) => ("c", 2),
        ('т', Some('с'), _) | ('ş', Some('ç'), _) | ('t', Some('s'), _) | ('ت', Some('س'), _) => ("s", 2),
        _ => return None,
    })
}

const fn of_language(c: char, next: Option<char>, own: Own, hamza: bool) -> Option<&'static str> {
    Some(match (own, c, next) {
        (Own::Kazakh, 'w', _) | (Own::Uyghur, 'ۆ', _) => "u",
        (Own::Uyghur, 'ۋ', _) => "v",
        (Own::Russian, 'ё', _) => "e",
        (Own::English, 'c', Some('e' | 'i' | 'y')) => "s",
        (Own::English, 'c', _) => "k",
        (_, 'ا', _) if hamza => "A",
        (_, 'ь', Some('о' | 'и' | 'у' | 'е')) | (_, 'ъ', Some('е')) => "i",
        _ => return None,
    })
}

/// The key of a letter; `None` for what is no letter of ours.
fn letter(c: char) -> Option<&'static str> {
    match c {
        ..'\u{400}' => latin(c),
        ..'\u{600}' => cyrillic(c),
        _ => arabic(c),
    }
}

fn cyrillic(c: char) -> Option<&'static str> {
    Some(match c {
        'а' => "a",
        'ә' | 'ӓ' => "A",
        'б' => "b",
        'в' => "v",
        'г' | 'ғ' | 'ҕ' | 'ӷ' | 'ҝ' | 'к' | 'қ' | 'ҡ' | 'ґ' => "k",
        'д' => "d",
        'з' | 'ҙ' => "z",
        'е' | 'э' | 'є' => "e",
        'ж' | 'җ' | 'ҹ' | 'ӂ' | 'ч' => "c",
        'и' | 'й' | 'ј' | 'і' | 'ї' | 'ы' => "i",
        'л' => "l",
        'м' => "m",
        'н' | 'ң' | 'ҥ' | 'ӊ' => "n",
        'о' | 'ө' | 'ӧ' | 'у' | 'ұ' | 'ү' | 'ӱ' | 'ў' | 'ӯ' => "u",
        'п' => "p",
        'р' => "r",
        'с' | 'ҫ' | 'ц' | 'ш' | 'щ' => "s",
        'т' => "t",
        'ф' => "f",
        'х' | 'һ' | 'ҳ' => "h",
        'ё' | 'ю' => "iu",
        'я' => "ia",
        'ь' | 'ъ' => "",
        _ => return None,
    })
}

fn latin(c: char) -> Option<&'static str> {
    Some(match c {
        'a' | 'â' => "a",
        'ə' | 'ǝ' | 'ä' | 'á' => "A",
        'b' => "b",
        'c' | 'ç' | 'č' | 'j' | 'ž' => "c",
        'd' => "d",
        'e' | 'é' | 'ê' | 'ë' | 'è' => "e",
        'f' => "f",
        'g' | 'ğ' | 'ǵ' | 'ģ' | 'ġ' | 'k' | 'q' => "k",
        'h' | 'x' => "h",
        'i' | 'ı' | 'y' | 'ý' | 'ÿ' | 'î' | 'í' | 'ï' => "i",
        'l' => "l",
        'm' => "m",
        'n' | 'ñ' | 'ň' | 'ń' | 'ŋ' => "n",
        'o' | 'ö' | 'ó' | 'ő' | 'õ' | 'ô' | 'u' | 'ü' | 'ú' | 'ū' | 'ű' | 'û' | 'ŭ' => "u",
        'p' => "p",
        'r' => "r",
        's' | 'ş' | 'ș' | 'š' | 'ŝ' | 'ß' | 'ţ' | 'ț' => "s",
        't' => "t",
        'v' | 'w' => "v",
        'z' => "z",
        _ => return None,
    })
}

fn arabic(c: char) -> Option<&'static str> {
    Some(match c {
        'ا' | 'أ' | 'آ' | 'إ' => "a",
        'ە' | 'ې' | 'ة' => "e",
        'ب' => "b",
        'پ' => "p",
        'ت' | 'ط' => "t",
        'ج' | 'چ' | 'ژ' => "c",
        'ح' | 'خ' | 'ھ' | 'ه' | 'ہ' => "h",
        'د' => "d",
        'ر' => "r",
        'ز' | 'ذ' | 'ض' | 'ظ' => "z",
        'س' | 'ث' | 'ص' | 'ش' => "s",
        'ع' | 'غ' | 'ق' | 'ك' | 'ک' | 'گ' => "k",
        'ف' => "f",
        'ڭ' | 'ن' => "n",
        'ل' => "l",
        'م' => "m",
        'و' | 'ۇ' | 'ۋ' | 'ۈ' | 'ؤ' => "u",
        'ۆ' | 'ڤ' => "v",
        'ى' | 'ی' | 'ي' => "i",
        'ئ' | 'ء' | 'ٴ' => "",
        _ => return None,
    })
}

/// What people type for the apostrophe of an alphabet, and the accent that marks stress.
pub(in crate::language) const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʻ' | 'ʼ' | '`' | '´' | '′' | 'ʹ' | 'ʺ' | 'ʽ' | 'ˈ' | '＇' | 'ˊ' | '\u{301}')
}
