//! The guard's findings on a text of several parts, each with its place.

use crate::body::{Body, Piece};
use crate::language::guard::{Finding, FindingCode, Guard, MOST_FINDINGS};
use crate::language::{Tag, detect};
use serde::Serialize;
use utoipa::ToSchema;

/// Characters by which a text is judged as a whole.
const SAMPLE: usize = 20_000;

/// Something in a text to look at. Nothing is refused for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TextWarning {
    pub code: FindingCode,
    /// What it is, for people.
    pub message: String,
    /// JSON pointer (RFC 6901) of the words that it is about: `/headline`, `/body/0/children/1/text`; empty for the text as a whole.
    pub pointer: String,
    /// `_key` of the block of the body.
    pub block: Option<String>,
    /// `_key` of the span in the block.
    pub span: Option<String>,
    /// Characters (Unicode code points) of the words before it.
    pub index: usize,
    /// Characters that it is about; 0 where it is about the text as a whole.
    pub length: usize,
    /// What could stand in their place, best first; an empty one leaves them out.
    pub suggestions: Vec<String>,
}

/// What the guard found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Checked {
    /// At most 100.
    #[schema(max_items = 100)]
    pub warnings: Vec<TextWarning>,
    /// How many more there were.
    pub warnings_left_out: usize,
}

/// Collects the parts of a text, and checks them together.
pub struct Checker<'a> {
    language: &'a Tag,
    paragraphs: Vec<Paragraph>,
}

struct Paragraph {
    pieces: Vec<Piece>,
    /// The words of all pieces, with spaces for what is to be left as it is.
    text: String,
    /// Whether it is long enough, and prose enough, to be in a language.
    is_prose: bool,
}

impl<'a> Checker<'a> {
    #[must_use]
    pub fn new(language: &'a Tag) -> Self {
        Self { language, paragraphs: vec![] }
    }

    /// A part of the text, where there is one.
    #[must_use]
    pub fn field(self, pointer: &str, text: Option<&str>) -> Self {
        self.plain(pointer, text, true)
    }

    /// Names and places, which may be foreign: only their letters are looked at.
    #[must_use]
    pub fn names(self, pointer: &str, text: Option<&str>) -> Self {
        self.plain(pointer, text, false)
    }

    fn plain(mut self, pointer: &str, text: Option<&str>, is_prose: bool) -> Self {
        if let Some(text) = text {
            let piece = Piece { pointer: pointer.to_owned(), block: String::new(), span: None, text: text.to_owned(), is_kept: false };
            self.paragraphs.push(Paragraph { pieces: vec![piece], text: text.to_owned(), is_prose });
        }
        self
    }

    #[must_use]
    pub fn body(mut self, pointer: &str, body: &Body) -> Self {
        for mut pieces in body.paragraphs(self.language) {
            let mut text = String::new();
            for piece in &mut pieces {
                piece.pointer.insert_str(0, pointer);
                if piece.is_kept {
                    text.extend(piece.text.chars().map(|_| ' '));
                } else {
                    text.push_str(&piece.text);
                }
            }
            self.paragraphs.push(Paragraph { pieces, text, is_prose: true });
        }
        self
    }

    /// The paragraphs of prose, one a line: for those who look for more in them than letters.
    #[must_use]
    pub fn lines(&self) -> String {
        self.prose().flat_map(|paragraph| [paragraph.text.as_str(), "\n"]).collect()
    }

    fn prose(&self) -> impl Iterator<Item = &Paragraph> {
        self.paragraphs.iter().filter(|paragraph| paragraph.is_prose)
    }

    /// What was found, and then what others found in the [`lines`](Self::lines).
    #[must_use]
    pub fn finish_with(self, others: Vec<Finding>) -> Checked {
        let mut checked = self.letters();
        let mut others = others.into_iter().peekable();
        let mut start = 0;
        for paragraph in self.prose() {
            let end = start + paragraph.text.chars().count();
            while let Some(finding) = others.next_if(|finding| finding.index < end) {
                checked.add(paragraph.place(Finding { index: finding.index.saturating_sub(start), ..finding }));
            }
            start = end + 1;
        }
        checked
    }

    /// What was found, in the order of the parts.
    #[must_use]
    pub fn finish(self) -> Checked {
        self.letters()
    }

    fn letters(&self) -> Checked {
        let guard = Guard::new(self.language, detect, self.paragraphs.iter().map(|paragraph| paragraph.text.as_str()));
        let mut checked = Checked::default();
        let whole = self.whole(&guard);
        for paragraph in &self.paragraphs {
            let findings = guard.letters(&paragraph.text);
            let prose = Some(&paragraph.text).filter(|_| paragraph.is_prose);
            if let Some(finding) = prose.and_then(|text| guard.language(text)).and_then(|finding| beside(finding, whole.as_ref(), self.paragraphs.len() > 1)) {
                checked.add(paragraph.place(finding));
            }
            for finding in findings.found {
                checked.add(paragraph.place(finding));
            }
            checked.warnings_left_out += findings.left_out;
        }
        if let Some(Finding { code, message, .. }) = whole {
            let of_all = TextWarning { code, message, pointer: String::new(), block: None, span: None, index: 0, length: 0, suggestions: vec![] };
            checked.warnings.insert(0, of_all);
            if checked.warnings.len() > MOST_FINDINGS {
                checked.warnings.truncate(MOST_FINDINGS);
                checked.warnings_left_out += 1;
            }
        }
        checked
    }

    /// What is wrong with the language of a text of several parts.
    fn whole(&self, guard: &Guard<'_>) -> Option<Finding> {
        let prose: Vec<&str> = self.prose().map(|paragraph| paragraph.text.as_str()).collect();
        let sample: String = prose.iter().flat_map(|text| text.chars().chain(['\n'])).take(SAMPLE).collect();
        (prose.len() > 1).then(|| guard.language(&sample)).flatten()
    }
}

/// What is said of a paragraph beside what is said of all of the text.
fn beside(finding: Finding, whole: Option<&Finding>, is_part: bool) -> Option<Finding> {
    if whole.is_some_and(|whole| whole.code == finding.code) {
        return None;
    }
    let code = match finding.code {
        FindingCode::LanguageContradicted if is_part => FindingCode::OtherLanguage,
        FindingCode::ScriptContradicted if is_part => FindingCode::OtherScript,
        code => code,
    };
    Some(Finding { code, ..finding })
}

impl Paragraph {
    /// A finding at its place. One that reaches over several spans is told of the first, without suggestions.
    fn place(&self, finding: Finding) -> TextWarning {
        let Finding { code, message, mut index, mut length, mut suggestions } = finding;
        let mut at = self.pieces.iter();
        let mut found = at.next();
        while let Some(piece) = found {
            let characters = piece.text.chars().count();
            if index < characters || at.len() == 0 {
                if index + length > characters {
                    length = characters.saturating_sub(index);
                    suggestions.clear();
                }
                break;
            }
            index -= characters;
            found = at.next();
        }
        let block = found.map(|piece| piece.block.clone()).filter(|block| !block.is_empty());
        let pointer = found.map(|piece| piece.pointer.clone()).unwrap_or_default();
        TextWarning { code, message, pointer, block, span: found.and_then(|piece| piece.span.clone()), index, length, suggestions }
    }
}

impl Checked {
    fn add(&mut self, warning: TextWarning) {
        if self.warnings.len() < MOST_FINDINGS {
            self.warnings.push(warning);
        } else {
            self.warnings_left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn tag(text: &str) -> Tag {
        Tag::parse(text).unwrap()
    }

    fn told(checked: &Checked) -> Vec<String> {
        checked.warnings.iter().map(|warning| format!("{} {} {} {}", warning.code, warning.pointer, warning.index, warning.length)).collect()
    }

    #[test]
    fn warnings_have_places() {
        let body = Body::parse(&json!([
            {"_type": "block", "_key": "a", "markDefs": [{"_type": "language", "_key": "en", "language": "en"}], "children": [
                {"_type": "span", "_key": "a0", "text": "Қаз"},
                {"_type": "span", "_key": "a1", "text": "aқстан x\u{200b}", "marks": ["strong"]},
                {"_type": "span", "_key": "a2", "text": "a long quotation in English letters \u{202e}", "marks": ["en"]},
                {"_type": "span", "_key": "a3", "text": "y\u{200b}z", "marks": ["code"]},
                {"_type": "span", "_key": "a4", "text": "\u{feff}"}
            ]},
            {"_type": "block", "_key": "b", "children": [{"_type": "span", "_key": "b0", "text": "This was left in English"}]}
        ]))
        .unwrap();
        let kazakh = tag("kk");
        let checked = Checker::new(&kazakh)
            .field("/headline", Some("Қазақстан жаңалықтары"))
            .field("/summary", Some("Қазақстан Республикасының бүгінгі жаңалықтары"))
            .field("/seo/title", None)
            .names("/byline", Some("John Smith, Washington"))
            .body("/body", &body)
            .finish();
        assert_eq!(
            told(&checked),
            [
                "homoglyph /body/0/children/1/text 0 1",
                "invisible_character /body/0/children/1/text 8 1",
                "invisible_character /body/0/children/4/text 0 1",
                "other_script /body/1/children/0/text 0 24",
            ]
        );
        assert_eq!((checked.warnings[0].block.as_deref(), checked.warnings[0].span.as_deref()), (Some("a"), Some("a1")));
    }

    #[test]
    fn a_text_as_a_whole_is_told_of_once() {
        let latin = tag("kk-Latn");
        let checked = Checker::new(&latin).field("/headline", Some("Қазақстан жаңалықтары")).field("/summary", Some("Қазақстан Республикасы")).finish();
        assert_eq!(told(&checked), ["script_contradicted  0 0"]);
        let checked = Checker::new(&latin).field("/text", Some("Қазақстан жаңалықтары")).finish();
        assert_eq!(told(&checked), ["script_contradicted /text 0 21"]);
    }

    #[test]
    fn a_finding_over_two_spans_ends_with_the_first() {
        let body = Body::parse(&json!([{"_type": "block", "children": [
            {"_type": "span", "text": "халқap"}, {"_type": "span", "text": "o мәселе", "marks": ["em"]}
        ]}]))
        .unwrap();
        let checked = Checker::new(&tag("kk")).body("", &body).finish();
        assert_eq!(told(&checked), ["homoglyph /0/children/0/text 4 2"]);
        assert_eq!(checked.warnings[0].suggestions, Vec::<String>::new());
    }

    #[test]
    fn the_most_are_told_and_the_rest_counted() {
        let text = "the\u{200b} ".repeat(300);
        let checked = Checker::new(&tag("en")).field("/headline", Some(&text)).field("/summary", Some(&text)).finish();
        assert_eq!((checked.warnings.len(), checked.warnings_left_out), (100, 500));
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(headline: String, a: String, b in "[aаіi\u{202e}\u{200b}' ]{0,12}") {
            let span = |text: &str| json!({"_type": "span", "text": text.replace('\0', "")});
            let body = Body::parse(&json!([{"_type": "block", "children": [span(&b), span(&a), span(&b)]}])).unwrap();
            for language in ["az", "uz", "kk", "ug"] {
                let checked = Checker::new(&tag(language)).field("/headline", Some(&headline)).body("/body", &body).finish();
                for warning in &checked.warnings {
                    let text = match warning.pointer.as_str() {
                        "/headline" => headline.clone(),
                        "/body/0/children/1/text" => a.replace('\0', ""),
                        _ => b.clone(),
                    };
                    prop_assert!(warning.pointer.is_empty() || warning.index + warning.length <= text.chars().count());
                }
            }
        }
    }
}
