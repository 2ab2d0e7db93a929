//! The figures, from the tables in `tests/data/lang/`. Its README says what they are and whose.

use newsroom::language::{Tag, conversion, detect, fold, query_keys};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const AZ: &str = include_str!("../../tests/data/lang/gold_pairs_az.tsv");
const UZ: &str = include_str!("../../tests/data/lang/gold_pairs_uz.tsv");
const KK_ARAB: &str = include_str!("../../tests/data/lang/gold_pairs_kk_arab.tsv");
const UG: &str = include_str!("../../tests/data/lang/gold_pairs_ug.tsv");
const MUST_MATCH: &str = include_str!("../../tests/data/lang/must_match.tsv");
const UDHR_KK: &str = include_str!("../../tests/data/lang/udhr_kk.txt");
const LETTERS: &str = include_str!("../../tests/data/lang/translit_tables.tsv");
/// Rows that are no fault of a rule, and misses that are, each with why.
const REMARKS: &str = include_str!("../../tests/data/lang/remarks.tsv");

/// The whole report, in Markdown. Each part is a section of its own.
#[must_use]
pub fn report() -> String {
    [conversions(), folding(), must_match(), detection()].join("\n")
}

/// Rows of a table, without remarks and headings.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn pairs(table: &'static str) -> Vec<Pair> {
    rows(table).filter_map(|row| Some((*row.first()?, *row.get(1)?))).collect()
}

type Pair = (&'static str, &'static str);

/// What is said of the rows of a table: `other_word` and `misprint` are no fault of a rule.
fn remarks(table: &str) -> BTreeMap<Pair, (&'static str, &'static str)> {
    let of_table = rows(REMARKS).filter(|row| row.first() == Some(&table));
    of_table.filter_map(|row| Some(((*row.get(1)?, *row.get(2)?), (*row.get(3)?, *row.get(4)?)))).collect()
}

/// Rows of which both sides are the same word, rightly written.
fn same_words(table: &str, all: &[Pair]) -> Vec<Pair> {
    let remarks = remarks(table);
    all.iter().filter(|row| !matches!(remarks.get(*row), Some(("other_word" | "misprint", _)))).copied().collect()
}

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap_or_else(|error| unreachable!("{error}"))
}

fn convert(from: &str, to: &str, orthography: Option<&str>, text: &str) -> String {
    conversion(&tag(from), &tag(to), orthography).map_or_else(String::new, |way| way.apply(text, |_| None).text)
}

/// Right ones, and all.
#[derive(Clone, Copy, Default)]
struct Score(usize, usize);

impl Score {
    fn of<T>(items: &[T], right: impl Fn(&T) -> bool) -> Self {
        Self(items.iter().filter(|item| right(item)).count(), items.len())
    }

    fn percent(self) -> String {
        // In hundredths, rounded down: 99.99 is not 100.
        let share = self.0 * 10_000 / self.1.max(1);
        format!("{}.{:02} %", share / 100, share % 100)
    }
}

fn conversions() -> String {
    let (az, uz, kk) = (pairs(AZ), pairs(UZ), pairs(KK_ARAB));
    let kk: Vec<Pair> = kk.into_iter().filter(|(word, _)| !word.is_ascii()).collect();
    let udhr: Vec<&str> = UDHR_KK.split_whitespace().collect();
    let kk_same = same_words("kk_arab", &kk);
    let to = |from: &'static str, to: &'static str, orthography| move |(a, b): &(&str, &str)| convert(from, to, orthography, a) == *b;
    let back = |from: &'static str, to: &'static str| move |(a, b): &(&str, &str)| convert(from, to, None, b) == *a;
    let arabic = |(a, b): &(&str, &str)| convert("kk", "kk-Arab", None, &a.to_lowercase()) == *b;
    let cyrillic = |(a, b): &(&str, &str)| convert("kk-Arab", "kk", None, b) == a.to_lowercase();
    let twice = |(_, b): &(&str, &str)| {
        let newer = convert("uz", "uz", Some("2026"), b);
        convert("uz", "uz", Some("1995"), &newer) == *b
    };
    let newer = |(a, b): &(&str, &str)| convert("uz-Cyrl", "uz", Some("2026"), a) == convert("uz", "uz", Some("2026"), b);
    let latin = |word: &&str| convert("kk-Latn", "kk", None, &convert("kk", "kk-Latn", None, word)) == **word;
    let turkmen: Vec<Vec<&str>> = rows(LETTERS).filter(|row| row.first() == Some(&"tk_Cyrl-tk_Latn")).collect();
    // In the middle of a word: what a letter is at the start of one has a second value in the table.
    let letter = |row: &Vec<&str>| {
        row.len() > 2 && row[2].replace('-', "").split('/').any(|value| convert("tk-Cyrl", "tk", None, &format!("м{}", row[1])) == format!("m{value}"))
    };
    let lines = [
        ("az Cyrl → Latn", "UDHR words", "100 %", Score::of(&az, to("az-Cyrl", "az", None))),
        ("uz Cyrl → Latn 1995", "UDHR words", "100 %", Score::of(&uz, to("uz-Cyrl", "uz", Some("1995")))),
        ("uz Cyrl → Latn 2026", "UDHR words, against Latn 1995 → 2026", "100 %", Score::of(&uz, newer)),
        ("uz Latn 1995 → 2026 → 1995", "UDHR words", "100 %", Score::of(&uz, twice)),
        ("uz Latn → Cyrl", "UDHR words", "99.5 %", Score::of(&uz, back("uz", "uz-Cyrl"))),
        ("kk Cyrl → Latn 2021 → Cyrl", "all tokens of the UDHR", "98 %", Score::of(&udhr, latin)),
        ("kk Cyrl → Arab", "CLDR words, the same in both", "91 %", Score::of(&kk_same, arabic)),
        ("kk Cyrl → Arab", "all rows, other words too", "", Score::of(&kk, arabic)),
        ("kk Arab → Cyrl", "CLDR words, the same in both", "best effort", Score::of(&kk_same, cyrillic)),
        ("tk Cyrl → Latn", "letters of the alphabet", "100 %", Score::of(&turkmen, letter)),
    ];
    let mut text = "## Conversion\n\n| direction | of | wanted | reached | |\n|---|---|---|---|---|\n".to_owned();
    for (direction, of, wanted, score) in lines {
        let _ = writeln!(text, "| {direction} | {of} | {wanted} | {} | {} of {} |", score.percent(), score.0, score.1);
    }
    let _ = kk_misses(&mut text, &kk);
    text
}

/// Into the Arabic alphabet, each row that comes out otherwise.
fn kk_misses(text: &mut String, all: &[Pair]) -> std::fmt::Result {
    let remarks = remarks("kk_arab");
    text.push_str("\nRows of kk Cyrl → Arab that come out otherwise:\n\n| Cyrl | Arab | reached | why |\n|---|---|---|---|\n");
    for (cyrillic, arabic) in all {
        let made = convert("kk", "kk-Arab", None, &cyrillic.to_lowercase());
        if made != *arabic {
            let (kind, why) = remarks.get(&(*cyrillic, *arabic)).copied().unwrap_or(("rule", "not explained"));
            writeln!(text, "| {cyrillic} | {arabic} | {made} | {}: {why} |", kind.replace('_', " "))?;
        }
    }
    Ok(())
}

fn shares_a_key(one: &str, other: &str) -> impl Fn(&(&str, &str)) -> bool {
    let (one, other) = (tag(one), tag(other));
    move |(a, b)| {
        let keys = fold(b, &other);
        fold(a, &one).iter().any(|key| keys.contains(key))
    }
}

fn folding() -> String {
    let mut text = "## Folding: two scripts of one language have the same key\n\n| language | of | wanted | reached | |\n|---|---|---|---|---|\n".to_owned();
    let (az, uz, ug) = (pairs(AZ), pairs(UZ), pairs(UG));
    let ug_same = same_words("ug", &ug);
    for (language, of, wanted, score) in [
        ("az", "UDHR words, Cyrl and Latn", "100 %", Score::of(&az, shares_a_key("az-Cyrl", "az"))),
        ("uz", "UDHR words, Cyrl and Latn", "100 %", Score::of(&uz, shares_a_key("uz-Cyrl", "uz"))),
        ("ug", "UDHR words, Arab and Latn, the same in both", "96 %", Score::of(&ug_same, shares_a_key("ug", "ug-Latn"))),
        ("ug", "all rows, other words and misprints too", "", Score::of(&ug, shares_a_key("ug", "ug-Latn"))),
    ] {
        let _ = writeln!(text, "| {language} | {of} | {wanted} | {} | {} of {} |", score.percent(), score.0, score.1);
    }
    let remarks = remarks("ug");
    text.push_str("\nRows of ug that have no key in common:\n\n| Arab | Latn | why |\n|---|---|---|\n");
    let shares = shares_a_key("ug", "ug-Latn");
    for (arabic, latin) in ug.iter().filter(|row| !shares(row)) {
        let (kind, why) = remarks.get(&(*arabic, *latin)).copied().unwrap_or(("rule", "not explained"));
        let _ = writeln!(text, "| {arabic} | {latin} | {}: {why} |", kind.replace('_', " "));
    }
    text
}

fn must_match() -> String {
    let all: Vec<Vec<&str>> = rows(MUST_MATCH).skip(1).filter(|row| row.len() > 2).collect();
    let matches = |row: &Vec<&str>| {
        // Hungarian is none of our languages: its letters are read as English ones.
        let keys = fold(row[1], &Tag::parse(row[0]).unwrap_or_else(|_| tag("en")));
        query_keys(row[2]).iter().any(|key| keys.contains(key))
    };
    let score = Score::of(&all, matches);
    let mut text = "## What must be found\n\n| of | wanted | reached | |\n|---|---|---|---|\n".to_owned();
    let _ = writeln!(text, "| `must_match.tsv` | 96 % | {} | {} of {} |", score.percent(), score.0, score.1);
    let remarks = remarks("must_match");
    text.push_str("\n| missed: document | query | why |\n|---|---|---|\n");
    for row in all.iter().filter(|row| !matches(row)) {
        let why = remarks.get(&(row[1], row[2])).map_or("not explained", |(_, why)| why);
        let _ = writeln!(text, "| {} | {} | {why} |", row[1], row[2]);
    }
    text
}

/// Characters of the windows whose language is to be found.
const WINDOW: usize = 40;
/// Languages of which 97 % are wanted.
const WANTED: [&str; 10] = ["kk", "ky", "uz", "uz-Cyrl", "az", "az-Cyrl", "tk", "tr", "ru", "en"];

/// Windows that begin at each word of texts that detection was not trained on.
fn detection() -> String {
    let mut text = "## Detection at 40 characters\n\n| language | of | wanted | reached | | mostly taken for |\n|---|---|---|---|---|---|\n".to_owned();
    for kind in ["news", "udhr"] {
        for (language, held_out) in held_out(kind) {
            let measured = detect::measure::accuracy(&language, &held_out, WINDOW);
            let wanted = if WANTED.contains(&language.as_str()) { "97 %" } else { "" };
            let mistake = measured.mistakes.first().map_or("", |(said, _)| said.as_ref().map_or("nothing", Tag::as_str));
            let score = Score(measured.right, measured.windows);
            let _ = writeln!(text, "| {language} | {kind} | {wanted} | {} | {} of {} | {mistake} |", score.percent(), score.0, score.1);
        }
    }
    text
}

/// The texts of a kind, by language.
fn held_out(kind: &str) -> BTreeMap<Tag, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lang/detection").join(kind);
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let texts = files.filter_map(|file| {
        let language = Tag::parse(file.file_stem()?.to_str()?).ok()?;
        let text = std::fs::read_to_string(&file).ok()?;
        Some((language, text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")))
    });
    texts.collect()
}
