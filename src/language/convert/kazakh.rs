//! Kazakh: Cyrillic, the Latin alphabet of 2021, and the Arabic one of China (tote jazu).

use super::{Piece, Word};

pub(super) fn to_latin(word: &Word<'_>, at: usize) -> Option<Piece> {
    let text = match word.get(at)? {
        'а' => "a",
        'ә' => "ä",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'ғ' => "ğ",
        'д' => "d",
        'е' | 'э' => "e",
        'ё' => "io",
        'ж' => "j",
        'з' => "z",
        'и' | 'й' => "i",
        'к' => "k",
        'қ' => "q",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'ң' => "ñ",
        'о' => "o",
        'ө' => "ö",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ұ' => "ū",
        'ү' => "ü",
        'ф' => "f",
        'х' | 'һ' => "h",
        'ц' => "ts",
        'ч' => "tş",
        'ш' => "ş",
        'щ' => "ştş",
        'ъ' | 'ь' => "",
        'ы' => "y",
        'і' => "ı",
        'ю' => "iu",
        'я' => "ia",
        _ => return None,
    };
    Some(Piece::of(1, text))
}

const fn is_latin_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'ä' | 'e' | 'i' | 'o' | 'ö' | 'u' | 'ū' | 'ü' | 'y' | 'ı')
}

pub(super) fn from_latin(word: &Word<'_>, at: usize) -> Option<Piece> {
    let (letter, next) = (word.get(at)?, word.get(at + 1));
    let before = word.before(at);
    let text = match (letter, next) {
        ('t', Some('ş')) => return Some(Piece::guessed(2, "ч", "tş", "тш")),
        ('t', Some('s')) => return Some(Piece::guessed(2, "ц", "ts", "тс")),
        ('i', Some('a')) => return Some(Piece::guessed(2, "я", "ia", "иа")),
        ('i', Some('u')) => return Some(Piece::guessed(2, "ю", "iu", "иу")),
        ('i', Some('o')) => return Some(Piece::guessed(2, "ё", "io", "ио")),
        // и and й became one letter: й after a vowel, и elsewhere.
        ('i', _) if before.is_some_and(is_latin_vowel) => return Some(Piece::guessed(1, "й", "i", "и")),
        ('i', _) => "и",
        ('h', _) => return Some(Piece::guessed(1, "х", "h", "һ")),
        (letter, _) => cyrillic(letter)?,
    };
    Some(Piece::of(1, text))
}

fn cyrillic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'a' => "а",
        'ä' => "ә",
        'b' => "б",
        'v' => "в",
        'g' => "г",
        'ğ' => "ғ",
        'd' => "д",
        'e' => "е",
        'j' => "ж",
        'z' => "з",
        'k' => "к",
        'q' => "қ",
        'l' => "л",
        'm' => "м",
        'n' => "н",
        'ñ' => "ң",
        'o' => "о",
        'ö' => "ө",
        'p' => "п",
        'r' => "р",
        's' => "с",
        't' => "т",
        'u' => "у",
        'ū' => "ұ",
        'ü' => "ү",
        'f' => "ф",
        'ş' => "ш",
        'y' => "ы",
        'ı' => "і",
        _ => return None,
    })
}

/// A word of front vowels begins with a hamza, unless it has a letter that tells it already.
pub(super) fn hamza(word: &Word<'_>) -> &'static str {
    let has = |is: fn(&char) -> bool| word.letters.iter().any(is);
    if has(|c| matches!(c, 'ә' | 'ө' | 'ү' | 'і')) && !has(|c| matches!(c, 'е' | 'э' | 'г' | 'к')) { "ء" } else { "" }
}

pub(super) fn to_arabic(word: &Word<'_>, at: usize) -> Option<Piece> {
    let (letter, next) = (word.get(at)?, word.get(at + 1));
    let before = word.before(at);
    let text = match (letter, next) {
        ('и', Some('я' | 'ю' | 'й')) => "",
        ('ь', Some('е')) => "ي",
        ('д', Some('ж' | 'з')) => return Some(Piece::of(2, "ج")),
        // маршалл, филиппин
        (letter, Some(next)) if letter == next && matches!(letter, 'л' | 'п' | 'е') => "",
        ('ц', _) if before == Some('к') => "س",
        ('н', Some('г')) if word.get(at + 2).is_none_or(|after| matches!(after, 'б' | 'п' | 'д' | 'т' | 'г' | 'к')) => return Some(Piece::of(2, "ڭ")),
        (letter, _) => arabic(letter)?,
    };
    Some(Piece::of(1, text))
}

fn arabic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' | 'ә' => "ا",
        'б' => "ب",
        'в' => "ۆ",
        'г' => "گ",
        'ғ' => "ع",
        'д' => "د",
        'е' | 'э' => "ە",
        'ж' => "ج",
        'з' => "ز",
        'и' | 'й' => "ي",
        'к' => "ك",
        'қ' => "ق",
        'л' => "ل",
        'м' => "م",
        'н' => "ن",
        'ң' => "ڭ",
        'о' | 'ө' => "و",
        'п' => "پ",
        'р' => "ر",
        'с' => "س",
        'т' => "ت",
        'у' => "ۋ",
        'ұ' | 'ү' => "ۇ",
        'ф' => "ف",
        'х' => "ح",
        'һ' => "ھ",
        'ш' => "ش",
        'щ' => "شش",
        'ч' => "چ",
        'ц' => "تس",
        'ы' | 'і' => "ى",
        'ё' => "يو",
        'ю' => "يۋ",
        'я' => "يا",
        'ъ' | 'ь' => "",
        _ => return None,
    })
}

/// What the letters of a word in the Arabic alphabet say about its vowels.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Harmony {
    hamza: bool,
    front: bool,
}

impl Harmony {
    pub(super) fn of(word: &[char]) -> Self {
        let has = |is: fn(&char) -> bool| word.iter().any(is);
        let hamza = has(|c| matches!(c, 'ء' | 'ٴ'));
        let front = (hamza || has(|c| matches!(c, 'ە' | 'گ' | 'ك'))) && !has(|c| matches!(c, 'ق' | 'ع'));
        Self { hamza, front }
    }
}

/// Vowel harmony decides between the letters that the Arabic alphabet writes alike; it decides by the word, and can be wrong.
pub(super) fn from_arabic(word: &Word<'_>, at: usize) -> Option<Piece> {
    let (letter, next) = (word.get(at)?, word.get(at + 1));
    let Harmony { hamza, front } = word.harmony;
    let pair = |yes: bool, front: &'static str, back: &'static str| {
        let (text, other) = if yes { (front, back) } else { (back, front) };
        Some(Piece::guessed(1, text, "harmony", other))
    };
    let text = match (letter, next) {
        ('ي', Some('ا')) => return Some(Piece::of(2, "я")),
        ('ي', Some('ۋ')) => return Some(Piece::of(2, "ю")),
        ('ت', Some('س')) => return Some(Piece::guessed(2, "ц", "ts", "тс")),
        ('ش', Some('ش')) => return Some(Piece::of(2, "щ")),
        ('ا', _) => return pair(hamza, "ә", "а"),
        ('و', _) => return pair(front, "ө", "о"),
        ('ۇ', _) => return pair(front, "ү", "ұ"),
        ('ى', _) => return pair(front, "і", "ы"),
        ('ي', Some(next)) if !matches!(next, 'ا' | 'ە' | 'و' | 'ۇ' | 'ى' | 'ۋ') => "и",
        ('ي', None) if at > 0 && !word.before(at).is_some_and(|before| matches!(before, 'ا' | 'ە' | 'و' | 'ۇ' | 'ى')) => "и",
        ('ي', _) => "й",
        (letter, _) => plain(letter)?,
    };
    Some(Piece::of(1, text))
}

fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ە' => "е",
        'ب' => "б",
        'ۆ' => "в",
        'گ' => "г",
        'ع' => "ғ",
        'د' => "д",
        'ج' => "ж",
        'ز' => "з",
        'ك' => "к",
        'ق' => "қ",
        'ل' => "л",
        'م' => "м",
        'ن' => "н",
        'ڭ' => "ң",
        'پ' => "п",
        'ر' => "р",
        'س' => "с",
        'ت' => "т",
        'ۋ' => "у",
        'ف' => "ф",
        'ح' => "х",
        'ھ' => "һ",
        'ش' => "ш",
        'چ' => "ч",
        'ء' | 'ٴ' => "",
        _ => return None,
    })
}
