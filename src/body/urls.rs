//! Which URLs a body may hold: absolute ones of few schemes, so that nothing depends on the page they are shown on and no script can run.

use url::Url;

/// Of links.
pub(super) const LINK: &[&str] = &["http", "https", "mailto"];
/// Of pictures.
pub(super) const IMAGE: &[&str] = &["http", "https"];
/// Of embeds.
pub(super) const EMBED: &[&str] = &["https"];

/// Longest URL, in characters.
pub(super) const MAX_URL: usize = 2_048;

/// Whether a text is an absolute URL of one of the schemes, written as such: parsers forgive spaces, backslashes and `http:x`, which
/// browsers then read in different ways.
pub(super) fn is_absolute(text: &str, schemes: &[&str]) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '"' | '<' | '>' | '`');
    if text.chars().count() > MAX_URL || text.contains(odd) {
        return false;
    }
    let Ok(url) = Url::parse(text) else { return false };
    if !schemes.contains(&url.scheme()) {
        return false;
    }
    let Some((_, rest)) = text.split_once(':') else { return false };
    if url.scheme() == "mailto" {
        return !rest.is_empty();
    }
    rest.starts_with("//") && url.has_host()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_urls_of_the_schemes_are_accepted() {
        let long = format!("https://example.org/{}", "x".repeat(MAX_URL));
        let urls = [
            ("https://example.org", true),
            ("HTTPS://Example.org/?a=b&c='d'#e", true),
            ("http://қазақстан.қаз/жаңалық", true),
            ("mailto:desk@example.org", true),
            ("mailto:", false),
            ("", false),
            ("/news", false),
            ("//example.org", false),
            ("#top", false),
            ("http:example.org", false),
            ("https:/example.org", false),
            ("https://", false),
            ("https:\\\\example.org", false),
            (" https://example.org", false),
            ("https://example.org/a b", false),
            ("https://example.org/\n", false),
            ("java\nscript:alert(1)", false),
            ("javascript:alert(1)", false),
            ("JavaScript://example.org/%0aalert(1)", false),
            ("data:text/html,x", false),
            ("ftp://example.org", false),
            ("tel:+994", false),
            (long.as_str(), false),
        ];
        for (url, expected) in urls {
            assert_eq!(is_absolute(url, LINK), expected, "{url:?}");
        }
        assert!(!is_absolute("http://example.org", EMBED));
        assert!(!is_absolute("mailto:desk@example.org", IMAGE));
    }
}
