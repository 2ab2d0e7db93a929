//! SQLite and PostgreSQL find the same, in the same order.

use super::{SEARCH, publish, search_path, step, story};
use crate::support::{App, Caller};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Numbers without a pattern, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.roll(from.len())]
    }
}

const LANGUAGES: [&str; 9] = ["kk", "kk-Latn", "az", "tr", "uz", "uz-Cyrl", "ky", "ru", "en"];
/// In several scripts and forms, so that each class of match occurs.
const WORDS: [&str; 40] = [
    "Қазақстан",
    "Қазақстанда",
    "Qazaqstan",
    "ҚАЗАҚСТАН",
    "Gəncə",
    "Ҝәнҹә",
    "gence",
    "ganca",
    "şəhər",
    "şəhərdə",
    "шаҳар",
    "shahar",
    "Oʻzbekiston",
    "O'zbekiston",
    "Ўзбекистон",
    "İstanbul",
    "ISTANBUL",
    "Истанбул",
    "нур-султан",
    "Нұр-Сұлтан",
    "2026",
    "теңге",
    "теңгенің",
    "tenge",
    "жол",
    "жолдар",
    "city",
    "ities",
    "və",
    "мен",
    "Əliyev",
    "Aliyev",
    "Алиев",
    "北京",
    "C++",
    "a.b",
    "x_y",
    "кеме",
    "кемелер",
    "keme",
];

fn sentence(dice: &mut Dice, most: usize) -> String {
    let length = 1 + dice.roll(most);
    (0..length).map(|_| dice.pick(&WORDS)).collect::<Vec<_>>().join(" ")
}

fn query(dice: &mut Dice) -> String {
    let mut parts = vec![];
    for _ in 0..=dice.roll(3) {
        let word = dice.pick(&WORDS);
        parts.push(match dice.roll(5) {
            0 => format!("\"{word} {}\"", dice.pick(&WORDS)),
            1 => format!("{}*", word.chars().take(3).collect::<String>()),
            2 => word.to_uppercase(),
            _ => word.to_owned(),
        });
    }
    parts.join(" ")
}

/// The same stories in the same order, some of them taken away and brought back.
async fn fill(app: &App) {
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let editor = app.staff("editor@trend.example").await;
    let mut all = vec![];
    for n in 0..120 {
        app.advance(Duration::from_micros(u64::try_from(dice.roll(3)).unwrap()));
        let language = LANGUAGES[dice.roll(LANGUAGES.len())];
        let (headline, body) = (sentence(&mut dice, 4), sentence(&mut dice, 60));
        all.push((publish(&editor, &story(language, &format!("{headline} n{n}"), &body)).await, language));
    }
    for _ in 0..40 {
        let (id, language) = &all[dice.roll(all.len())];
        app.advance(Duration::from_micros(1));
        step(&editor, id, language, "unpublish", &json!({})).await;
        step(&editor, id, language, "publish", &json!({})).await;
    }
}

/// Ids as numbers in the order in which they are met: those of two houses differ.
fn anonymous(text: &str) -> String {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let (mut out, mut at) = (String::new(), 0);
    while at < text.len() {
        if let Some(id) = text.get(at..at + 36).filter(|part| uuid::Uuid::try_parse(part).is_ok()) {
            let next = known.len();
            out.push('#');
            out.push_str(&known.entry(id.to_owned()).or_insert(next).to_string());
            at += 36;
        } else {
            let c = text[at..].chars().next().unwrap();
            out.push(c);
            at += c.len_utf8();
        }
    }
    out
}

async fn page(reader: &Caller, path: &str) -> (String, Option<String>) {
    let answer = reader.get(path).send().await;
    assert!(answer.status.as_u16() == 200 || answer.status.as_u16() == 400, "{path}: {}", answer.text());
    let mut json: Value = answer.json();
    let next = json["meta"]["next_cursor"].as_str().map(str::to_owned);
    json["meta"]["next_cursor"] = json!(null);
    json["request_id"] = json!(null);
    (anonymous(&json.to_string()), next)
}

#[actix_web::test]
async fn both_find_the_same_in_the_same_order() {
    let Some(postgres) = App::postgres().await else { return };
    let sqlite = App::sqlite().await;
    fill(&sqlite).await;
    fill(&postgres).await;
    let mut dice = Dice(77);
    let mut found = 0;
    for _ in 0..150 {
        let q = query(&mut dice);
        let more = ["", "&language=kk,az", "&language=en", "&published_after=2026-07-24T12:00:00.000050Z", "&published_before=2026-07-24T12:00:00.000050Z"];
        let mut path = search_path(&q, &format!("&limit={}{}", 1 + dice.roll(20), dice.pick(&more)));
        for _ in 0..4 {
            let (one, next) = page(&sqlite.anonymous(), &path).await;
            let (other, _) = page(&postgres.anonymous(), &path).await;
            let differs = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count().saturating_sub(80);
            let part = |text: &str| text.chars().skip(differs).take(400).collect::<String>();
            assert_eq!(part(&one), part(&other), "{q}: {path}");
            found += one.matches("\"match\"").count();
            let Some(next) = next else { break };
            path = format!("{}&cursor={next}", path.split("&cursor=").next().unwrap());
        }
        let suggestions = path.replacen(SEARCH, &format!("{SEARCH}/suggestions"), 1);
        let suggestions = suggestions.split('&').next().unwrap();
        assert_eq!(page(&sqlite.anonymous(), suggestions).await.0, page(&postgres.anonymous(), suggestions).await.0, "{suggestions}");
    }
    assert!(found > 1_000, "{found}");
}

/// No text that anybody types is a syntax error, on either engine.
#[actix_web::test]
async fn no_query_is_an_error_of_the_engine() {
    let postgres = App::postgres().await;
    let sqlite = App::sqlite().await;
    let pieces = [
        "\"",
        "'",
        "*",
        "(",
        ")",
        " AND ",
        " OR ",
        " NOT ",
        "NEAR",
        ":",
        "-",
        "^",
        "+",
        "{",
        "}",
        "\\",
        "&",
        "|",
        "!",
        "<->",
        "%",
        ";",
        "--",
        "/*",
        "\u{0}",
        "\u{202e}",
        "\u{300}",
        "ə",
        "ʻ",
        "'a",
        "a",
        "қ",
        "ا",
        "ﷺ",
        "北",
        "🚢",
        "0",
        "_",
        ".",
        ",",
        " ",
        "\u{feff}",
        "\u{a0}",
        "ß",
        "İ",
        "ı",
        "ʼn",
        "Ǆ",
        "\u{1f1e6}\u{1f1ff}",
        "ꙮ",
        "\u{e0001}",
    ];
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut answered = 0;
    for _ in 0..1_500 {
        let q: String = (0..=dice.roll(14)).map(|_| dice.pick(&pieces)).collect();
        let path = search_path(&q, "");
        let (one, _) = page(&sqlite.anonymous(), &path).await;
        if let Some(postgres) = &postgres {
            assert_eq!(one.contains("\"code\""), page(&postgres.anonymous(), &path).await.0.contains("\"code\""), "{q:?}");
        }
        answered += usize::from(!one.contains("\"code\""));
    }
    assert!(answered > 300, "{answered}");
}
