//! What values of agencies, offices and agreements must be like.

use super::countries;
use crate::error::Faults;
use chrono::{Datelike, NaiveDate};
use url::Url;
use uuid::Uuid;

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
