//! What is XML, and what is refused.

use super::super::xml::{Space, read};

fn fault(text: &str) -> (usize, String) {
    let malformed = read(text.as_bytes()).unwrap_err();
    (malformed.offset, malformed.detail)
}

#[test]
fn the_tree_has_names_texts_and_places() {
    let root = read("\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a:x xmlns:a='urn:oasis:names:tc:xliff:document:2.0' b='1 &amp; &#x33;'>t&lt;&#233;<![CDATA[<&]]><o:p xmlns:o='o'>gone<q/></o:p><a:y/></a:x>".as_bytes()).unwrap();
    assert!(root.is(Space::Core, "x"));
    assert_eq!((root.get("b"), root.text().as_str()), (Some("1 & 3"), "t<é<&"));
    let inner: Vec<(&str, Space, usize)> = root.elements().map(|element| (element.name.as_str(), element.space, element.children.len())).collect();
    assert_eq!(inner, [("p", Space::Other, 0), ("y", Space::Core, 0)]);
    assert_eq!(root.offset, 42);
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for (text, part) in [
        ("", "no element"),
        ("  x", "outside"),
        ("<a>", "before its elements"),
        ("<a></b>", "closes `b` where `a`"),
        ("</a>", "not open"),
        ("<a/><b/>", "second root"),
        ("<a/>x", "outside"),
        ("<a b='1' b='2'/>", "twice"),
        ("<a b=1/>", "quotes"),
        ("<a b='<'/>", "`<`"),
        ("<a b='&x;'/>", "five of XML"),
        ("<a>&x;</a>", "five of XML"),
        ("<a>&#1;</a>", "cannot hold"),
        ("<a>&#0;</a>", "cannot hold"),
        ("<a b='&#1;'/>", "cannot hold"),
        ("<a>\u{1}</a>", "U+0001"),
        ("<p:a/>", "not declared"),
        ("<a><!-- a -- b --></a>", "comment"),
        ("<a", "not closed"),
        ("<a>&</a>", "&amp;"),
        (" <?xml version='1.0'?><a/>", "declaration"),
        ("<?xml version='1.1'?><a/>", "declaration"),
        ("<?xml version='1.0' encoding='UTF-16'?><a/>", "declaration"),
    ] {
        let (_, detail) = fault(text);
        assert!(detail.contains(part), "{text}: {detail}");
    }
    assert_eq!(read(b"<a>\xff</a>").unwrap_err().offset, 3);
}

#[test]
fn bombs_are_refused_before_anything_grows() {
    let bomb = "<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;'>]><a>&z;</a>";
    assert!(fault(bomb).1.contains("DOCTYPE"));
    assert!(fault("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>").1.contains("DOCTYPE"));
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert!(fault(&deep).1.contains("deeper"));
}
