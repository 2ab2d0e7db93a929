//! `Accept-Language`: which of the languages at hand the reader would rather have.

use std::cmp::Reverse;

use super::tag::{Tag, read};

/// More ranges than a person sets; what follows them in a hostile header is not looked at.
const MAX_RANGES: usize = 32;

/// The best of `available` for the reader who sent this header; `None` where nothing in it is
/// acceptable or the header says nothing of use, so that the caller's default applies.
///
/// The highest quality wins, then the range written first, then the order of `available`. `kk-KZ`
/// asks for `kk`; `kk` is content with `kk-Latn`, and `uz-Cyrl` with `uz`, where nothing nearer is at
/// hand; `*` stands for whatever no other range matches. Ranges that are malformed, or of languages
/// unknown here, are passed over.
///
/// Source: RFC 9110 §12.5.4 (and §12.4.2 for quality values), RFC 4647 §3.3.1 and §3.4.
#[must_use]
pub fn negotiate(accept_language: &str, available: &[Tag]) -> Option<Tag> {
    let ranges: Vec<Range> = accept_language.split(',').take(MAX_RANGES).filter_map(Range::parse).collect();
    let ranked = available.iter().enumerate().filter_map(|(index, tag)| {
        let (nearness, quality, position) = wish_for(tag, &ranges)?;
        let named = nearness > Nearness::Any;
        Some(((quality, named, position, nearness, Reverse(index)), tag))
    });
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, tag)| tag.clone())
}

/// How well a range matches a tag, from the vaguest to the exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    Any,
    OtherScript,
    Language,
    Exact,
}

/// The nearest range for `tag`, unless that range refuses it (`q=0`).
fn wish_for(tag: &Tag, ranges: &[Range]) -> Option<(Nearness, u16, Reverse<usize>)> {
    ranges
        .iter()
        .enumerate()
        .filter_map(|(position, range)| Some((range.nearness(tag)?, range.quality, Reverse(position))))
        .max()
        .filter(|(_, quality, _)| *quality > 0)
}

/// One element of the header.
struct Range {
    /// `None` is `*`.
    tag: Option<Tag>,
    script_given: bool,
    /// In thousandths.
    quality: u16,
}

impl Range {
    fn parse(element: &str) -> Option<Self> {
        let (range, weight) = match element.split_once(';') {
            Some((range, weight)) => (range.trim(), quality(weight.trim())?),
            None => (element.trim(), 1000),
        };
        if range == "*" {
            return Some(Self { tag: None, script_given: false, quality: weight });
        }
        let reading = read(range).ok()?;
        // `en-GB;q=0` refuses British English, not English.
        if reading.more && weight == 0 {
            return None;
        }
        Some(Self { tag: Some(reading.tag), script_given: reading.script_given, quality: weight })
    }

    fn nearness(&self, tag: &Tag) -> Option<Nearness> {
        let Some(wanted) = &self.tag else {
            return Some(Nearness::Any);
        };
        if wanted == tag {
            return Some(Nearness::Exact);
        }
        if wanted.language() != tag.language() {
            return None;
        }
        if !self.script_given {
            return Some(Nearness::Language);
        }
        // `uz-Cyrl;q=0` refuses the script, not the language.
        (self.quality > 0).then_some(Nearness::OtherScript)
    }
}

/// `q=0.8` in thousandths: at most three decimals, and no more than one.
fn quality(weight: &str) -> Option<u16> {
    let value = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", _) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tags(list: &str) -> Vec<Tag> {
        list.split_whitespace().map(|tag| Tag::parse(tag).unwrap()).collect()
    }

    #[test]
    fn the_reader_gets_what_the_header_asks_for() {
        for (header, available, expected) in [
            // One of the eight languages each, as browsers send them.
            ("az-AZ,az;q=0.9,en;q=0.5", "en az", "az"),
            ("tr-TR,tr;q=0.9,en;q=0.5", "en tr", "tr"),
            ("kk-KZ", "ru kk", "kk"),
            ("ky-KG,ky;q=0.9", "ru ky", "ky"),
            ("uz-Cyrl-UZ", "uz uz-Cyrl", "uz-Cyrl"),
            ("tk_TM", "ru tk", "tk"),
            ("ru-RU,ru;q=0.9,kk;q=0.8", "kk ru", "ru"),
            ("en-GB,en-US;q=0.9", "ru en", "en"),
            // Quality, then the order of the header, then ours.
            ("ru;q=0.5, kk;q=0.8", "ru kk", "kk"),
            ("ru;q=0.123, kk;Q=0.124", "ru kk", "kk"),
            ("ru, kk", "kk ru", "ru"),
            ("*", "kk ru", "kk"),
            ("*, ru", "kk ru", "ru"),
            ("de, fr;q=0.9, *;q=0.1", "kk ru", "kk"),
            ("kk;q=0.5, *", "kk ru", "ru"),
            // Scripts: the nearest first, then the language.
            ("kk", "kk-Latn kk", "kk"),
            ("kk", "kk-Arab kk-Latn", "kk-Arab"),
            ("uz-Cyrl, ru;q=0.8", "ru uz", "uz"),
            ("kaz-Latin", "kk kk-Latn", "kk-Latn"),
            ("uz-Cyrl, uz", "uz uz-Cyrl", "uz-Cyrl"),
            // Refusals.
            ("kk;q=0", "kk", ""),
            ("kk;q=0, *", "kk kk-Latn ru", "ru"),
            ("kk, kk-Latn;q=0", "kk-Latn", ""),
            ("uz-Cyrl;q=0, *;q=0.5", "uz-Cyrl uz", "uz"),
            ("en-GB;q=0, en;q=0.1", "en", "en"),
            ("*;q=0", "kk", ""),
            // Nothing to go by.
            ("", "kk ru", ""),
            ("de-DE, zh-Hans-CN;q=0.9", "kk ru", ""),
            ("kk", "", ""),
        ] {
            let found = negotiate(header, &tags(available));
            let found = found.as_ref().map_or("", Tag::as_str);
            assert_eq!(found, expected, "{header:?} of {available:?}");
        }
    }

    #[test]
    fn malformed_ranges_are_passed_over() {
        for bad in ["ru;q=2", "ru;q=1.001", "ru;q=0.1234", "ru;q=-1", "ru;q=", "ru;q=x", "ru;", "ru q=1"] {
            let found = negotiate(&format!("{bad}, kk;q=0.1"), &tags("ru kk"));
            assert_eq!(found, Tag::parse("kk").ok(), "{bad}");
        }
    }

    #[test]
    fn only_the_first_ranges_count() {
        let header = format!("{}kk", "de,".repeat(MAX_RANGES));
        assert_eq!(negotiate(&header, &tags("kk")), None);
        assert_eq!(negotiate(&header[3..], &tags("kk")), Tag::parse("kk").ok());
    }

    proptest! {
        #[test]
        fn any_header_gives_one_of_the_available_or_none(header: String) {
            let available = tags("ru kk uz-Cyrl");
            if let Some(found) = negotiate(&header, &available) {
                prop_assert!(available.contains(&found));
            }
        }

        #[test]
        fn headers_of_the_right_letters_do_not_panic(header in "[a-zA-Z0-9*;=.,q _-]{0,200}") {
            let _ = negotiate(&header, &tags("ru kk uz-Cyrl"));
        }
    }
}
