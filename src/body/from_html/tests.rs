use proptest::prelude::*;

use super::super::{Block, Body, MAX_SPANS, MAX_TEXT};
use super::MAX_INPUT;

fn html(html: &str) -> String {
    Body::from_html(html).to_html(&|_, _| None)
}

fn texts(html: &str) -> Vec<String> {
    Body::from_html(html).block_texts().collect()
}

/// What is stored has to be readable again, as it is.
fn assert_reads_again(body: &Body) {
    let written = serde_json::to_value(body).unwrap();
    assert_eq!(Body::parse(&written).as_ref(), Ok(body));
}

#[test]
fn html_becomes_blocks() {
    let cases = [
        ("", ""),
        ("plain", "<p>plain</p>"),
        ("a &lt;b&gt; &amp; c", "<p>a &lt;b&gt; &amp; c</p>"),
        ("<p>a</p><p>b</p>", "<p>a</p><p>b</p>"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<div>a<div>b</div>c</div>", "<p>a</p><p>b</p><p>c</p>"),
        ("<p> </p><p>&nbsp;</p><p><b> </b></p><p><br></p>", ""),
        ("<p>  a \n\t b  <b> c</b> </p>", "<p>a b <strong>c</strong></p>"),
        ("<p>a<b> b </b> c</p>", "<p>a<strong> b </strong>c</p>"),
        ("<p>a&nbsp;&nbsp;b</p>", "<p>a\u{a0}\u{a0}b</p>"),
        ("<p>a <br> b<br></p>", "<p>a<br/>b</p>"),
        ("<p>a<br><br>b</p>", "<p>a</p><p>b</p>"),
        ("<h1>a</h1><h2>b</h2><h3>c</h3><h4>d</h4><h5>e</h5><h6>f</h6>", "<h2>a</h2><h2>b</h2><h3>c</h3><h4>d</h4><h4>e</h4><h4>f</h4>"),
        ("<blockquote>a<p>b</p></blockquote>c", "<blockquote>a</blockquote><blockquote>b</blockquote><p>c</p>"),
        ("a<hr>b", "<p>a</p><hr /><p>b</p>"),
        ("<pre>a\n  b\n</pre>", "<p>a<br/>&nbsp; b</p>"),
        (
            "<b>a</b><strong>b</strong><i>c</i><em>d</em><u>e</u><s>f</s><strike>g</strike><del>h</del>",
            "<p><strong>ab</strong><em>cd</em><span style=\"text-decoration:underline\">e</span><del>fgh</del></p>",
        ),
        ("<code>a</code>H<sub>2</sub>O<sup>3</sup>", "<p><code>a</code>H<sub>2</sub>O<sup>3</sup></p>"),
        ("<p>1<b>2<i>3</b>4</i>5</p>", "<p>1<strong>2<em>3</em></strong><em>4</em>5</p>"),
        ("<b>a<p>b</p>c</b>", "<p><strong>a</strong></p><p><strong>b</strong></p><p><strong>c</strong></p>"),
        ("<span style='font-weight:bold'>a</span><o:p>b</o:p>", "<p>ab</p>"),
        ("<b style='font-weight:normal' id='docs-internal-guid-1'><p>a</p></b><table><tr><td><b>b</table>c", "<p>a</p><p><strong>b</strong></p><p>c</p>"),
    ];
    for (given, expected) in cases {
        assert_eq!(html(given), expected, "{given}");
        assert_reads_again(&Body::from_html(given));
    }
}

#[test]
fn links_are_absolute_and_harmless_or_text() {
    let cases = [
        ("<a href='https://e.org/?a=1&amp;b' onclick=x>a</a>", "<p><a href=\"https://e.org/?a=1&amp;b\">a</a></p>"),
        ("<a href=' mailto:a@e.org '>a</a>", "<p><a href=\"mailto:a@e.org\">a</a></p>"),
        ("<a href=/a>a</a><a href=#b>b</a><a href='a.html'>c</a><a href=//e.org>d</a>", "<p>abcd</p>"),
        ("<a href='javascript:alert(1)'>a</a><a href='java\nscript:alert(1)'>b</a><a href='&#x1;javascript:x'>c</a>", "<p>abc</p>"),
        ("<a href='data:text/html,x'>a</a><a href=ftp://e.org>b</a><a href=tel:1>c</a>", "<p>abc</p>"),
        ("<a href=https://e.org/1>a<a href=https://e.org/2>b", "<p><a href=\"https://e.org/1\">a</a><a href=\"https://e.org/2\">b</a></p>"),
        ("<p><a href=https://e.org>a <b>b</b></a></p>", "<p><a href=\"https://e.org\">a <strong>b</strong></a></p>"),
    ];
    for (given, expected) in cases {
        assert_eq!(html(given), expected, "{given}");
    }
    let Some(Block::Text(block)) = Body::from_html("<a href=https://e.org>a</a> b <a href=https://e.org>c</a>").blocks().first().cloned() else {
        panic!("a text block")
    };
    assert_eq!(block.mark_defs.len(), 1, "the same link is defined once");
}

#[test]
fn lists_nest_by_level() {
    let cases = [
        ("<ul><li>a</li><li>b</li></ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ol><li>a<ul><li>b</ul><li>c</ol>", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("<ul><li><p>a</p><p>b</p></li><li><div>c</div></li></ul>", "<ul><li>a<br/>b</li><li>c</li></ul>"),
        ("<ul><li><h3>a</h3></li><li></li><li>b</li></ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul>a<li>b</ul>c", "<ul><li>a</li><li>b</li></ul><p>c</p>"),
        ("<li>a</li><li>b</li>", "<p>a</p><p>b</p>"),
    ];
    for (given, expected) in cases {
        assert_eq!(html(given), expected, "{given}");
    }
    let deep = format!("{}a", "<ul><li>".repeat(10));
    let body = Body::from_html(&deep);
    assert!(matches!(body.blocks(), [Block::Text(block)] if block.level == Some(6)));
}

#[test]
fn tables_become_paragraphs() {
    let cases = [
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c<td>d</table>", vec!["a | b", "c | d"]),
        ("<table><caption>t</caption><thead><tr><th>a</th><th>b</th></tr></thead></table>", vec!["t", "a | b"]),
        ("<table><tr><td><p>a</p><p>b<br>c</p></td><td><ul><li>d</li><li>e</li></ul></td></tr></table>", vec!["a b c | d e"]),
        ("<table><tr><td></td><td> </td></tr></table>", vec![]),
        ("<table><tr><td></td><td>b</td></tr></table>", vec!["| b"]),
        ("<table><tr><td>a<table><tr><td>b</td><td>c</td></tr></table></td><td>d</td></tr></table>", vec!["a b c | d"]),
        ("<p>x</p><table><tr><td>a</table><p>y</p>", vec!["x", "a", "y"]),
    ];
    for (given, expected) in cases {
        assert_eq!(texts(given), expected, "{given}");
    }
}

#[test]
fn pictures_are_blocks_after_their_paragraph() {
    let image = |alt: &str| format!("<figure class=\"image\"><img src=\"https://e.org/i.jpg\" alt=\"{alt}\" loading=\"lazy\" />");
    let tag = "<img src=https://e.org/i.jpg alt=' A  b '>";
    let cases = [
        (tag.to_owned(), format!("{}</figure>", image("A b"))),
        (format!("<p>a{tag}b</p>c"), format!("<p>ab</p>{}</figure><p>c</p>", image("A b"))),
        (format!("<figure>{tag}<figcaption>c <b>d</b></figcaption></figure>"), format!("{}<figcaption>c d</figcaption></figure>", image("A b"))),
        (format!("<figure><figcaption><p>c</p></figcaption>{tag}</figure>"), format!("{}<figcaption>c</figcaption></figure>", image("A b"))),
        ("<figure><figcaption>c</figcaption></figure>".to_owned(), "<p>c</p>".to_owned()),
        ("<img src=/i.jpg><img src='data:image/png;base64,AAAA'><img><img src='javascript:x'>".to_owned(), String::new()),
        (format!("<table><tr><td>a{tag}</td><td>b</td></tr></table>"), format!("<p>a | b</p>{}</figure>", image("A b"))),
    ];
    for (given, expected) in cases {
        assert_eq!(html(&given), expected, "{given}");
        assert_reads_again(&Body::from_html(&given));
    }
}

#[test]
fn languages_of_spans_are_kept() {
    let cases = [
        ("<p>a <span lang=ar>b</span></p>", "<p>a <span lang=\"ar\" dir=\"rtl\">b</span></p>"),
        ("<p><i lang=KAZ>b</i></p>", "<p><span lang=\"kk\" dir=\"ltr\"><em>b</em></span></p>"),
        ("<p lang=ar>a <span lang='?'>b</span></p>", "<p>a b</p>"),
    ];
    for (given, expected) in cases {
        assert_eq!(html(given), expected, "{given}");
    }
}

#[test]
fn what_could_run_is_gone() {
    let cases = [
        "<script>alert(1)</script>",
        "<p onload=alert(1)>a</p>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x></object><embed src=x>",
        "<style>@import 'x'</style><link rel=stylesheet href=x><base href=x><meta http-equiv=refresh>",
        "<template><script>alert(1)</script></template><xmp><script>alert(1)</script></xmp>",
        "<a href='https://e.org' style='x:expression(alert(1))'>a</a>",
        "<<script>script>alert(1)<</script>/script>",
    ];
    for given in cases {
        let html = html(given);
        let tags = ["<script", "<style", "<svg", "<math", "<iframe", "<object", "<embed", "<link", "<form", " on"];
        assert!(tags.iter().all(|tag| !html.contains(tag)), "{given}: {html}");
    }
}

#[test]
fn what_is_beyond_the_limits_is_left_out() {
    let paragraphs = "<p>a</p>".repeat(3_000);
    assert_eq!(Body::from_html(&paragraphs).blocks().len(), 2_000);
    let long = format!("<p>{}</p>", "ə ".repeat(450_000));
    let body = Body::from_html(&long);
    assert!(body.block_texts().map(|text| text.chars().count()).sum::<usize>() <= MAX_TEXT);
    assert_reads_again(&body);
    let runs = "<b>a</b>b".repeat(1_000);
    let body = Body::from_html(&runs);
    assert!(body.blocks().len() > 1);
    assert!(body.blocks().iter().all(|block| block.text_blocks()[0].children.len() <= MAX_SPANS));
    assert_reads_again(&body);
    let input = "я".repeat(MAX_INPUT);
    assert_reads_again(&Body::from_html(&input));
}

#[test]
fn deep_and_hostile_nesting_ends() {
    let hostile = [
        "<div>".repeat(100_000),
        "<b>".repeat(100_000) + "x",
        "<ul><li>".repeat(50_000) + "x",
        "<table><tr><td>".repeat(30_000) + "x",
        "<blockquote><p>x".repeat(30_000),
        "<a href=https://e.org/1><b><i><u>".repeat(10_000) + &"<p>x".repeat(5_000),
        "</p></b></li></td>".repeat(30_000),
        "<ul>".repeat(100_000) + &"</ol>".repeat(100_000),
        "<svg>".repeat(50_000) + "<p>x",
        "&lt;".repeat(200_000),
        "<".repeat(200_000),
        "<!--".repeat(100_000),
    ];
    for given in hostile {
        assert_reads_again(&Body::from_html(&given));
    }
}

/// Pieces that make trouble when put together, with a bar between them.
const PIECES: &str = "<p>¦</p>¦<div>¦</div>¦<b>¦</b>¦<i lang=ar>¦</i>¦<span lang=kk>¦</span>¦<a href=https://e.org>¦<a href=/x>¦</a>¦<ul>¦</ul>¦\
    <ol>¦</ol>¦<li>¦</li>¦<table>¦</table>¦<tr>¦<td>¦</td>¦<h1>¦</h1>¦<blockquote>¦</blockquote>¦<pre>¦</pre>¦<br>¦<hr>¦\
    <img src=https://e.org/i alt=x>¦<figure>¦</figure>¦<figcaption>¦</figcaption>¦<svg>¦</svg>¦<math>¦<style>¦</style>¦<script>¦</script>¦<select>¦\
    <template>¦<!--¦-->¦<¦>¦&¦&amp;¦&#0;¦\0¦\n¦ ¦  ¦x¦қ¦ش¦\u{a0}¦\u{feff}¦\u{1f600}¦|";

fn soup() -> impl Strategy<Value = String> {
    let pieces: Vec<&str> = PIECES.split('¦').collect();
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_soup_becomes_a_body(html in soup()) {
        assert_reads_again(&Body::from_html(&html));
    }

    #[test]
    fn any_text_becomes_a_body(html in prop::collection::vec(any::<char>(), 0..200)) {
        let html: String = html.into_iter().collect();
        assert_reads_again(&Body::from_html(&html));
    }
}
