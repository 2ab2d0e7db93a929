//! What values of agencies, offices and agreements must be like.

use super::countries;
use crate::error::Faults;
use crate::language::{CONVERSIONS, Tag, Trust, conversion};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

/// What happens by itself with the texts of an agency in one script when they are published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from": "kk", "to": "kk-Latn", "auto_create": true, "auto_publish": true, "noindex": true}))]
pub struct VariantRule {
    pub from: Tag,
    /// The same language in another script.
    pub to: Tag,
    /// The alphabet, where the script has several.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub orthography: Option<String>,
    /// Whether the text in the other script is made when the source is published.
    #[serde(default)]
    pub auto_create: bool,
    /// Whether it is published with its source where nothing in it is doubtful. Only for scripts with exact rules.
    #[serde(default)]
    pub auto_publish: bool,
    /// Whether search engines are kept away while nobody has read it.
    #[serde(default)]
    pub noindex: bool,
}

/// Rules of an agency.
const MOST_RULES: usize = 50;

/// Rules lead where texts can be converted to, one each; only exact ones publish.
pub(super) fn check_variants(faults: &mut Faults, rules: &[VariantRule]) {
    faults.check(rules.len() <= MOST_RULES, "/variant_rules", "too_many", "has more than 50 rules");
    for (i, rule) in rules.iter().enumerate().take(MOST_RULES) {
        let pointer = format!("/variant_rules/{i}");
        let again = rules.iter().take(i).any(|other| other.from == rule.from && other.to == rule.to);
        faults.check(!again, &pointer, "duplicate", "is a second rule for the same way");
        let way = conversion(&rule.from, &rule.to, rule.orthography.as_deref()).filter(|_| rule.from != rule.to);
        let Some(way) = way else {
            let ways = CONVERSIONS.iter().filter(|way| way.from != way.to);
            let all: Vec<String> =
                ways.map(|way| format!("{} to {}{}", way.from, way.to, way.orthography.map(|id| format!(" ({id})")).unwrap_or_default())).collect();
            faults.add(pointer, "no_way", format!("no text is converted that way; known are {}", all.join(", ")));
            continue;
        };
        let safe = !rule.auto_publish || way.trust == Trust::Exact;
        faults.check(
            safe,
            &format!("{pointer}/auto_publish"),
            "not_safe",
            "is only for scripts with exact rules: people must read the others before readers do",
        );
    }
}

/// A part of addresses: `[a-z0-9-]{2,40}`, and not to be taken for an id, which the same addresses take.
pub fn check_slug(faults: &mut Faults, pointer: &str, slug: &str) {
    let plain = (2..=40).contains(&slug.len()) && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    faults.check(plain, pointer, "invalid_slug", "must have 2 to 40 of the characters a to z, 0 to 9 and -");
    faults.check(Uuid::try_parse(slug).is_err(), pointer, "invalid_slug", "looks like an id; use words");
}

/// A country, and a time zone as the machine knows it.
pub(super) fn check_place(faults: &mut Faults, country: &str, time_zone: &str) {
    faults.check(countries::exists(country), "/country", "unknown_country", "must be an ISO 3166-1 alpha-2 code in capitals, such as AZ");
    faults.check(time_zone.parse::<chrono_tz::Tz>().is_ok(), "/time_zone", "unknown_time_zone", "must be an IANA time zone, such as Asia/Baku");
}

/// A date that both engines store alike.
pub(super) fn check_date(faults: &mut Faults, pointer: &str, date: Option<NaiveDate>) {
    let fits = date.is_none_or(|date| (1..=9999).contains(&date.year()));
    faults.check(fits, pointer, "out_of_range", "must be in the years 0001 to 9999");
}

/// Whether readers can be led there: an absolute `http` or `https` address, written as such and without credentials.
pub(super) fn is_website(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '"' | '<' | '>' | '`');
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    if !is_web || rest.starts_with('/') || text.contains(odd) || text.chars().count() > 2_048 {
        return false;
    }
    Url::parse(text).is_ok_and(|url| url.has_host() && url.username().is_empty() && url.password().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_and_no_ids() {
        let long = "a".repeat(41);
        for (slug, expected) in [
            ("trend", true),
            ("a1", true),
            ("turkic-world", true),
            ("", false),
            ("a", false),
            (long.as_str(), false),
            ("Trend", false),
            ("trend az", false),
            ("қаз", false),
            ("tdh_tm", false),
            ("01980000-0000-7000-8000-000000000000", false),
            ("deadbeefdeadbeefdeadbeefdeadbeef", false),
        ] {
            let mut faults = Faults::default();
            check_slug(&mut faults, "/slug", slug);
            assert_eq!(faults.is_empty(), expected, "{slug:?}");
        }
    }

    #[test]
    fn websites_are_of_the_web() {
        let long = format!("https://a.example/{}", "x".repeat(2_048));
        for (text, expected) in [
            ("https://www.trend.az", true),
            ("HTTP://kabar.kg/ru?a=b#c", true),
            ("https://қазақстан.қаз", true),
            ("", false),
            ("www.trend.az", false),
            ("https:www.trend.az", false),
            ("https://", false),
            ("https:////trend.az", false),
            ("https://trend.az/a b", false),
            ("https://trend.az\\@evil.example", false),
            ("https://user:word@trend.az", false),
            ("ftp://trend.az", false),
            ("javascript://trend.az/%0aalert(1)", false),
            (long.as_str(), false),
        ] {
            assert_eq!(is_website(text), expected, "{text:?}");
        }
    }
}
