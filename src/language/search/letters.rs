//! One letter, or a few that stand for one, and what it is in a key. `A` stands for the sound between a and e, which gives two keys.

/// Letters that are written with several characters, the longest first. The second table is for alphabets in which `h` only ever changes
/// the letter before it: `mezhep` in Turkish and `ýagşy` in Turkmen have no such letters.
const SEQUENCES: &[(&str, &str)] =
    &[("ştş", "s"), ("дҗ", "c"), ("дж", "c"), ("тс", "s"), ("тш", "c"), ("tş", "c"), ("şç", "s"), ("ts", "s"), ("تس", "s"), ("دج", "c"), ("تش", "c")];
const WITH_H: &[(&str, &str)] = &[("shch", "s"), ("dzh", "c"), ("sch", "s"), ("zh", "c"), ("dj", "c"), ("sh", "s"), ("ch", "c"), ("kh", "h"), ("gh", "k")];

/// The key of what `rest` begins with, and of how many characters that is.
pub(super) fn sequence(rest: &[char], digraphs: bool) -> Option<(&'static str, usize)> {
    let begins = |letters: &str| letters.chars().count() <= rest.len() && letters.chars().zip(rest).all(|(letter, other)| letter == *other);
    let find = |table: &'static [(&str, &str)]| table.iter().find(|(letters, _)| begins(letters)).map(|(letters, key)| (*key, letters.chars().count()));
    if digraphs { find(WITH_H) } else { None }.or_else(|| find(SEQUENCES))
}

/// The key of a letter; `None` for what is no letter of ours. `next` is the letter after it; `hamza` says that the word carries one.
pub(super) fn letter(c: char, next: Option<char>, language: &str, hamza: bool) -> Option<&'static str> {
    of_language(c, next, language, hamza).or_else(|| cyrillic(c)).or_else(|| latin(c)).or_else(|| arabic(c))
}

fn of_language(c: char, next: Option<char>, language: &str, hamza: bool) -> Option<&'static str> {
    Some(match (language, c, next) {
        ("kk", 'w', _) | ("ug", 'ۆ', _) => "u",
        ("ug", 'ۋ', _) => "v",
        ("ru", 'ё', _) => "e",
        ("en", 'c', Some('e' | 'i' | 'y')) => "s",
        ("en", 'c', _) => "k",
        (_, 'ا', _) if hamza => "A",
        (_, 'ь', Some('о' | 'и' | 'у' | 'е')) | (_, 'ъ', Some('е')) => "i",
        (_, 'ь' | 'ъ', _) => "",
        _ => return None,
    })
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
