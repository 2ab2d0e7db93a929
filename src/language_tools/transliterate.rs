//! From one script into another, for a text or a body that is stored nowhere.

use crate::body::{Body, Piece};
use crate::error::{Error, Faults, Result};
use crate::language::guard::MOST_FINDINGS;
use crate::language::{
    COMMON_TURKIC_LANGUAGES, CONVERSIONS, Conversion, Direction, Tag, Trust, Warning, common_turkic, common_turkic_tag, conversion, derived_tag,
    has_common_turkic, orthography,
};
use crate::text_enum;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};

text_enum! {
    /// How far a result can be trusted.
    pub enum ResultTrust {
        /// Good enough to be published after a spot check.
        Exact = "exact",
        /// Somebody must read it.
        Review = "review",
        /// A first draft for somebody who writes it anew.
        Draft = "draft",
    }
}

impl From<Trust> for ResultTrust {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::Exact => Self::Exact,
            Trust::Review => Self::Review,
            Trust::Draft => Self::Draft,
        }
    }
}

/// Words to be written in another script: a text, or a body.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Қазақстан Республикасы", "from": "kk", "to": "kk-Latn"}))]
pub struct Transliteration {
    pub text: Option<String>,
    /// Portable Text.
    #[serde(default)]
    #[schema(value_type = Option<Body>)]
    pub body: Option<Value>,
    pub from: Tag,
    /// Another script of the language, or `common-turkic` for the letters that Turkic languages share.
    pub to: Target,
    /// Of the result: `1995` or `2026` of `uz`, `2021` of `kk-Latn`.
    #[schema(example = "2021")]
    pub orthography: Option<String>,
}

/// What words are to become: another script of their language, or the letters that Turkic languages share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Script(Tag),
    CommonTurkic,
}

/// The name of the letters that Turkic languages share.
const COMMON: &str = "common-turkic";

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        if text == COMMON {
            return Ok(Self::CommonTurkic);
        }
        Tag::parse(&text).map(Self::Script).map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Target {
    fn schema() -> RefOr<Schema> {
        let view = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([COMMON]));
        OneOfBuilder::new().item(Ref::from_schema_name(Tag::name())).item(view).into()
    }
}

impl ToSchema for Target {}

/// Words in another script.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transliterated {
    pub text: Option<String>,
    #[schema(value_type = Option<Body>)]
    pub body: Option<Body>,
    pub language: Tag,
    pub direction: Direction,
    /// `common-turkic`, where that was asked for: the language is then that of the source.
    pub view: Option<&'static str>,
    pub orthography: Option<&'static str>,
    /// BCP 47, with where it comes from (RFC 6497): `kk-Latn-t-kk-cyrl`.
    pub tag: String,
    pub trust: ResultTrust,
    /// Where the rules had to guess; at most 100.
    #[schema(max_items = 100)]
    pub warnings: Vec<TransliterationWarning>,
    /// How many more there were.
    pub warnings_left_out: usize,
}

/// A place where the rules had to guess.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransliterationWarning {
    /// JSON pointer (RFC 6901) of the words in what was sent: `/text`, `/body/0/children/1/text`.
    pub pointer: String,
    /// `_key` of the block.
    pub block: Option<String>,
    /// `_key` of the span in the block.
    pub span: Option<String>,
    /// Characters (Unicode code points) of the source before it.
    pub index: usize,
    /// Characters of the source that it is about.
    pub length: usize,
    /// The rule that guessed.
    pub rule: &'static str,
    pub message: String,
    /// What it could be as well.
    pub alternatives: Vec<String>,
}

/// Does what was asked.
///
/// # Errors
/// `validation_failed`.
pub fn transliterate(order: Transliteration) -> Result<Transliterated> {
    let mut faults = Faults::default();
    let body = read_body(order.body.as_ref(), order.text.is_some(), &mut faults);
    let to = match order.to {
        Target::Script(to) => to,
        Target::CommonTurkic => return in_common_letters(order.text.as_deref(), body, order.from, order.orthography.is_some(), faults),
    };
    let spelling = orthography(&to, order.orthography.as_deref());
    if let Err(error) = &spelling {
        faults.add("/orthography", "unknown_orthography", error.to_string());
    }
    let way = conversion(&order.from, &to, order.orthography.as_deref());
    if way.is_none() && spelling.is_ok() {
        faults.add("/to", "no_conversion", ways_from(&order.from));
    }
    faults.finish()?;
    let (Some(way), Ok(spelling)) = (way, spelling) else { return Err(Error::internal("a conversion that is not there was not refused")) };
    let mut work = Work { way, warnings: vec![], left_out: 0 };
    let text = order.text.map(|text| work.text(text));
    let body = body.map(|body| body.with_words(&order.from, |pieces| Some(work.paragraph(pieces))));
    Ok(Transliterated {
        text,
        body,
        direction: to.direction(),
        view: None,
        orthography: spelling,
        tag: derived_tag(&to, &order.from),
        language: to,
        trust: way.trust.into(),
        warnings: work.warnings,
        warnings_left_out: work.left_out,
    })
}

/// In the letters that Turkic languages share: for readers, and never quite what somebody would write.
fn in_common_letters(text: Option<&str>, body: Option<Body>, from: Tag, has_orthography: bool, mut faults: Faults) -> Result<Transliterated> {
    faults.check(!has_orthography, "/orthography", "unknown_orthography", "has no place here: the common letters have one");
    if !has_common_turkic(&from) {
        let known = COMMON_TURKIC_LANGUAGES.join(", ");
        faults.add("/to", "no_conversion", format!("cannot be made of {from}: the common letters are those of {known}"));
    }
    faults.finish()?;
    let convert = |text: &str| common_turkic(text, &from).unwrap_or_else(|| text.to_owned());
    Ok(Transliterated {
        text: text.map(convert),
        body: body.map(|body| body.map_texts(&from, convert)),
        direction: Direction::Ltr,
        view: Some(COMMON),
        orthography: None,
        tag: common_turkic_tag(&from),
        trust: ResultTrust::Review,
        language: from,
        warnings: vec![],
        warnings_left_out: 0,
    })
}

/// Reads the body of an order; there is to be one, or a text.
pub(super) fn read_body(body: Option<&Value>, has_text: bool, faults: &mut Faults) -> Option<Body> {
    match body {
        Some(_) if has_text => faults.add("/body", "conflict", "cannot be given beside `text`"),
        Some(value) => match Body::parse(value) {
            Ok(body) => return Some(body),
            Err(found) => found.into_iter().for_each(|fault| faults.add(format!("/body{}", fault.pointer), fault.code, fault.detail)),
        },
        None if !has_text => faults.add("/text", "missing_member", "is missing, and so is `body`: one of them is needed"),
        None => {}
    }
    None
}

fn ways_from(from: &Tag) -> String {
    let mut targets: Vec<&str> = CONVERSIONS.iter().filter(|way| way.from == from.as_str()).map(|way| way.to).collect();
    targets.dedup();
    if targets.is_empty() {
        return format!("cannot be made of {from}, which is converted into nothing here");
    }
    format!("cannot be made of {from}; it is converted into {}", targets.join(", "))
}

struct Work {
    way: &'static Conversion,
    warnings: Vec<TransliterationWarning>,
    left_out: usize,
}

impl Work {
    /// The texts of the spans of a paragraph. Words go on from one span into the next, but not through code.
    fn paragraph(&mut self, pieces: &[Piece]) -> Vec<String> {
        let mut texts = vec![];
        for run in pieces.chunk_by(|a, b| a.is_kept == b.is_kept) {
            if run.iter().any(|piece| piece.is_kept) {
                texts.extend(run.iter().map(|piece| piece.text.clone()));
            } else {
                texts.extend(self.run(run));
            }
        }
        texts
    }

    fn run(&mut self, run: &[Piece]) -> Vec<String> {
        let spans: Vec<&str> = run.iter().map(|piece| piece.text.as_str()).collect();
        let converted = self.way.apply_across(&spans, |_| None);
        self.left_out += converted.left_out;
        let (mut start, mut pieces) = (0, run.iter().map(|piece| (piece, piece.text.chars().count())).peekable());
        for warning in &converted.warnings {
            while let Some((_, length)) = pieces.next_if(|(_, length)| warning.index >= start + length) {
                start += length;
            }
            let Some((piece, length)) = pieces.peek() else { break };
            // It is told of the span in which it begins, as far as that goes.
            let place = warning.index - start;
            self.warn(warning, piece, place, warning.length.min(length - place));
        }
        converted.spans().into_iter().map(str::to_owned).collect()
    }

    fn text(&mut self, text: String) -> String {
        let piece = Piece { pointer: String::new(), block: String::new(), span: None, text, is_kept: false };
        let converted = self.way.apply(&piece.text, |_| None);
        self.left_out += converted.left_out;
        for warning in &converted.warnings {
            self.warn(warning, &piece, warning.index, warning.length);
        }
        converted.text
    }

    fn warn(&mut self, warning: &Warning, piece: &Piece, index: usize, length: usize) {
        if self.warnings.len() == MOST_FINDINGS {
            self.left_out += 1;
            return;
        }
        let is_body = !piece.block.is_empty();
        self.warnings.push(TransliterationWarning {
            pointer: if is_body { format!("/body{}", piece.pointer) } else { "/text".to_owned() },
            block: is_body.then(|| piece.block.clone()),
            span: piece.span.clone(),
            index,
            length,
            rule: warning.rule,
            message: warning.message.clone(),
            alternatives: warning.alternatives.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn order(order: Value) -> Result<Transliterated> {
        transliterate(serde_json::from_value(order).unwrap())
    }

    #[test]
    fn marked_words_stay_as_they_are() {
        let made = order(json!({"from": "uz", "to": "uz-Cyrl", "body": [{"_type": "block", "_key": "a",
            "markDefs": [{"_type": "language", "_key": "en", "language": "en"}],
            "children": [{"_type": "span", "_key": "s", "text": "aksiya "}, {"_type": "span", "_key": "t", "text": "stock", "marks": ["en"]}]}]}))
        .unwrap();
        assert_eq!(made.body.unwrap().to_text(), "акция stock");
        assert_eq!((made.warnings[0].pointer.as_str(), made.warnings[0].span.as_deref(), made.warnings[0].index), ("/body/0/children/0/text", Some("s"), 2));
        assert_eq!((made.tag.as_str(), made.trust), ("uz-Cyrl-t-uz-latn", ResultTrust::Review));
    }

    #[test]
    fn words_go_over_spans() {
        let span = |text: &str, marks: Value| json!({"_type": "span", "text": text, "marks": marks});
        let spans =
            json!([span("S", json!(["strong"])), span("hahar: ak", json!([])), span("s", json!(["em"])), span("iya", json!([])), span("s", json!(["code"]))]);
        let made = order(json!({"from": "uz", "to": "uz-Cyrl", "body": [{"_type": "block", "_key": "a", "children": spans}]})).unwrap();
        let spans = serde_json::to_value(made.body).unwrap()[0]["children"].clone();
        let texts: Vec<_> = spans.as_array().unwrap().iter().map(|span| span["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["Ш", "аҳар: ак", "ц", "ия", "s"]);
        let [warning] = made.warnings.as_slice() else { panic!("{:?}", made.warnings) };
        assert_eq!((warning.pointer.as_str(), warning.index, warning.length), ("/body/0/children/2/text", 0, 1));
        let many = order(json!({"from": "kk-Latn", "to": "kk", "text": "h ".repeat(20_000)})).unwrap();
        assert_eq!((many.warnings.len(), many.warnings_left_out), (MOST_FINDINGS, 20_000 - MOST_FINDINGS));
    }

    #[test]
    fn faults_say_what_would_do() {
        for (asked, pointer, detail) in [
            (json!({"from": "kk", "to": "tr", "text": "x"}), "/to", "it is converted into kk-Latn, kk-Arab"),
            (json!({"from": "ru", "to": "en", "text": "x"}), "/to", "converted into nothing"),
            (json!({"from": "kk", "to": "kk-Latn", "orthography": "1929", "text": "x"}), "/orthography", "use \"2021\""),
            (json!({"from": "kk", "to": "kk-Latn"}), "/text", "one of them is needed"),
            (json!({"from": "kk", "to": "kk-Latn", "text": "x", "body": []}), "/body", "beside `text`"),
            (json!({"from": "kk", "to": "kk-Latn", "body": [{"_type": "x"}]}), "/body/0/_type", ""),
        ] {
            let error = order(asked).unwrap_err();
            let fault = &error.faults[0];
            assert_eq!(fault.pointer.as_deref(), Some(pointer));
            assert!(fault.detail.contains(detail), "{}", fault.detail);
        }
    }

    #[test]
    fn every_trust_has_its_word() {
        assert_eq!(ResultTrust::from(Trust::Draft).as_str(), "draft");
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text: String) {
            for way in CONVERSIONS {
                let made = order(json!({"from": way.from, "to": way.to, "orthography": way.orthography, "text": text})).unwrap();
                prop_assert!(made.text.is_some());
            }
        }
    }
}
