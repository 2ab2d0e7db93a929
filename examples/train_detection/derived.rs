//! The rows of the model, and the texts that are made for them.

use newsroom::language::{Script, Tag, conversion};

/// Another label, its script, and what makes this one of its text.
type Origin = (&'static str, Script, fn(&str) -> String);

/// One way to write a tag.
pub struct Row {
    pub tag: &'static str,
    pub script: Script,
    /// Trained on the texts of its own folder.
    pub own: bool,
    /// Trained on the texts of another folder, in its script, rewritten word by word.
    pub from: Option<Origin>,
    /// How much evidence it takes to think of it, as a natural logarithm.
    pub rarity: f64,
}

const fn own(tag: &'static str, script: Script, rarity: f64) -> Row {
    Row { tag, script, own: true, from: None, rarity }
}

const fn both(tag: &'static str, script: Script, from: (&'static str, Script, fn(&str) -> String), rarity: f64) -> Row {
    Row { tag, script, own: true, from: Some(from), rarity }
}

const fn made(tag: &'static str, script: Script, from: (&'static str, Script, fn(&str) -> String), rarity: f64) -> Row {
    Row { tag, script, own: false, from: Some(from), rarity }
}

use Script::{Arab, Cyrl, Latn};

pub const ROWS: &[Row] = &[
    own("az", Latn, 0.0),
    own("tr", Latn, 0.0),
    own("uz", Latn, 0.0),
    own("tk", Latn, 0.0),
    own("en", Latn, 0.0),
    made("kk-Latn", Latn, ("kk", Cyrl, |word| converted("kk", "kk-Latn", None, word)), 0.0),
    made("kk-Latn", Latn, ("kk", Cyrl, kazakh_2018), 4.0),
    made("uz", Latn, ("uz", Latn, |word| converted("uz", "uz", Some("2026"), word)), 9.0),
    made("ky-Latn", Latn, ("ky", Cyrl, |word| converted("ky", "ky-Latn", None, word)), 8.0),
    made("kaa-Latn", Latn, ("kaa", Cyrl, karakalpak), 8.0),
    own("crh-Latn", Latn, 6.0),
    own("gag", Latn, 6.0),
    own("kk", Cyrl, 0.0),
    own("ky", Cyrl, 0.0),
    own("ru", Cyrl, 0.0),
    both("uz-Cyrl", Cyrl, ("uz", Latn, |word| converted("uz", "uz-Cyrl", None, word)), 0.0),
    both("az-Cyrl", Cyrl, ("az", Latn, azerbaijani), 0.0),
    both("tk-Cyrl", Cyrl, ("tk", Latn, turkmen), 3.0),
    own("tt", Cyrl, 1.5),
    own("ba", Cyrl, 1.5),
    own("kaa", Cyrl, 5.0),
    made("crh", Cyrl, ("crh-Latn", Latn, crimean), 9.0),
    own("ug", Arab, 0.0),
    both("kk-Arab", Arab, ("kk", Cyrl, |word| converted("kk", "kk-Arab", None, word)), 0.0),
];

/// By a conversion of the newsroom.
fn converted(from: &str, to: &str, orthography: Option<&str>, word: &str) -> String {
    let (Ok(from), Ok(to)) = (Tag::parse(from), Tag::parse(to)) else { return String::new() };
    conversion(&from, &to, orthography).map(|way| way.apply(word, |_| None).text.replace(['ʻ', 'ʼ'], "'")).unwrap_or_default()
}

/// Letter by letter: `from` and `to` have as many parts. A letter that is not in `from` stays, `-` in `to` is nothing.
fn letters(word: &str, from: &str, to: &str) -> String {
    let replace = |letter: char| from.split(' ').zip(to.split(' ')).find(|(part, _)| part.starts_with(letter)).map(|(_, to)| to.replace('-', ""));
    word.chars().map(|letter| replace(letter).unwrap_or_else(|| letter.to_string())).collect()
}

fn azerbaijani(word: &str) -> String {
    letters(word, "a b c ç d e ə f g ğ h x ı i j k q l m n o ö p r s ş t u ü v y z", "а б ҹ ч д е ә ф ҝ ғ һ х ы и ж к г л м н о ө п р с ш т у ү в ј з")
}

/// At its beginning, `e` is э.
fn turkmen(word: &str) -> String {
    let word = word.replace("ýa", "я").replace("ýu", "ю").replace("ýo", "ё").replace("ýe", "е");
    let word = word.strip_prefix('e').map_or_else(|| word.clone(), |rest| format!("э{rest}"));
    letters(&word, "a b ç d e ä f g h i j ž k l m n ň o ö p r s ş t u ü w y ý z", "а б ч д е ә ф г х и җ ж к л м н ң о ө п р с ш т у ү в ы й з")
}

/// The alphabet with acutes, on sites from 2018 on.
fn kazakh_2018(word: &str) -> String {
    letters(
        word,
        "а ә б в г ғ д е ё ж з и й к қ л м н ң о ө п р с т у ұ ү ф х һ ц ч ш щ ъ ы і ь э ю я",
        "a á b v g ǵ d e io j z ı ı k q l m n ń o ó p r s t ý u ú f h h ts ch sh shch - y i - e iý ia",
    )
}

/// The alphabet of 2016.
fn karakalpak(word: &str) -> String {
    letters(
        word,
        "а ә б в г ғ д е ё ж з и й к қ л м н ң о ө п р с т у ў ү ф х ҳ ц ч ш щ ъ ы і ь э ю я",
        "a á b v g ǵ d e yo j z i y k q l m n ń o ó p r s t u w ú f x h c ch sh sh - ı i - e yu ya",
    )
}

fn crimean(word: &str) -> String {
    letters(word, "a b c ç d e f g ğ h ı i j k l m n ñ o ö p q r s ş t u ü v y z â", "а б дж ч д е ф г гъ х ы и ж к л м н нъ о ё п къ р с ш т у ю в й з я")
}
