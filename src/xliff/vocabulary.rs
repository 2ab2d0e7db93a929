//! The elements of XLIFF 2.1: what each may have and must have.
//!
//! From the specification's section 4 (detailed specifications) and its schema; modules beside the core are let pass where the core allows
//! them and are not looked into.

use super::report::Report;
use super::xml::{Attribute, Element, Node, Space, short};
use std::collections::HashMap;

/// What an attribute may say.
#[derive(Clone, Copy)]
enum Says {
    Anything,
    /// `NMTOKEN` of XML.
    Name,
    OneOf(&'static [&'static str]),
    /// `prefix:value`.
    Prefixed,
    /// One of these, or `prefix:value`.
    OneOfOrPrefixed(&'static [&'static str]),
    /// A whole number from 1.
    Positive,
}

struct Kind {
    name: &'static str,
    required: &'static [(&'static str, Says)],
    optional: &'static [(&'static str, Says)],
    /// With their place in the order, and whether there may be several.
    children: &'static [(&'static str, u8, bool)],
    /// At least one of these.
    needs: &'static [&'static str],
    /// The place in the order of elements that are not of the core.
    foreign: Option<u8>,
    text: bool,
}

const YES_NO: Says = Says::OneOf(&["yes", "no"]);
const REORDER: Says = Says::OneOf(&["yes", "firstNo", "no"]);
const DIRECTION: Says = Says::OneOf(&["ltr", "rtl", "auto"]);
const CODE: Says = Says::OneOf(&["fmt", "ui", "quote", "link", "image", "other"]);
const ANNOTATION: Says = Says::OneOfOrPrefixed(&["generic", "comment", "term"]);
const INLINE: &[(&str, u8, bool)] =
    &[("cp", 0, true), ("ph", 0, true), ("pc", 0, true), ("sc", 0, true), ("ec", 0, true), ("mrk", 0, true), ("sm", 0, true), ("em", 0, true)];

macro_rules! kinds {
    ($($name:literal [$($required:literal $says:expr),*] [$($optional:literal $may:expr),*] $children:expr, needs $needs:expr, foreign $foreign:expr, text $text:literal;)+) => {
        &[$(Kind {
            name: $name, required: &[$(($required, $says)),*], optional: &[$(($optional, $may)),*], children: $children, needs: &$needs, foreign: $foreign, text: $text,
        }),+]
    };
}

const KINDS: &[Kind] = kinds! {
    "xliff" ["version" Says::Anything, "srcLang" Says::Anything] ["trgLang" Says::Anything] &[("file", 1, true)], needs ["file"], foreign None, text false;
    "file" ["id" Says::Name] ["original" Says::Anything, "canResegment" YES_NO, "translate" YES_NO, "srcDir" DIRECTION, "trgDir" DIRECTION]
        &[("skeleton", 0, false), ("notes", 2, false), ("unit", 3, true), ("group", 3, true)], needs ["unit", "group"], foreign Some(1), text false;
    "skeleton" [] ["href" Says::Anything] &[], needs [], foreign Some(0), text true;
    "group" ["id" Says::Name]
        ["name" Says::Anything, "canResegment" YES_NO, "translate" YES_NO, "srcDir" DIRECTION, "trgDir" DIRECTION, "type" Says::Prefixed]
        &[("notes", 2, false), ("unit", 3, true), ("group", 3, true)], needs [], foreign Some(1), text false;
    "unit" ["id" Says::Name]
        ["name" Says::Anything, "canResegment" YES_NO, "translate" YES_NO, "srcDir" DIRECTION, "trgDir" DIRECTION, "type" Says::Prefixed]
        &[("notes", 2, false), ("originalData", 3, false), ("segment", 4, true), ("ignorable", 4, true)], needs ["segment"], foreign Some(1), text false;
    "segment" []
        ["id" Says::Name, "canResegment" YES_NO, "state" Says::OneOf(&["initial", "translated", "reviewed", "final"]), "subState" Says::Prefixed]
        &[("source", 1, false), ("target", 2, false)], needs ["source"], foreign None, text false;
    "ignorable" [] ["id" Says::Name] &[("source", 1, false), ("target", 2, false)], needs ["source"], foreign None, text false;
    "notes" [] [] &[("note", 0, true)], needs ["note"], foreign None, text false;
    "note" [] ["id" Says::Name, "appliesTo" Says::OneOf(&["source", "target"]), "category" Says::Anything, "priority" Says::Positive] &[], needs [], foreign None, text true;
    "originalData" [] [] &[("data", 0, true)], needs ["data"], foreign None, text false;
    "data" ["id" Says::Name] ["dir" DIRECTION] &[("cp", 0, true)], needs [], foreign None, text true;
    "source" [] [] INLINE, needs [], foreign None, text true;
    "target" [] ["order" Says::Positive] INLINE, needs [], foreign None, text true;
    "cp" ["hex" Says::Anything] [] &[], needs [], foreign None, text false;
    "ph" ["id" Says::Name]
        ["canCopy" YES_NO, "canDelete" YES_NO, "canReorder" REORDER, "copyOf" Says::Name, "disp" Says::Anything, "equiv" Says::Anything,
         "dataRef" Says::Name, "subFlows" Says::Anything, "subType" Says::Prefixed, "type" CODE] &[], needs [], foreign None, text false;
    "pc" ["id" Says::Name]
        ["canCopy" YES_NO, "canDelete" YES_NO, "canOverlap" YES_NO, "canReorder" REORDER, "copyOf" Says::Name, "dispStart" Says::Anything,
         "dispEnd" Says::Anything, "equivStart" Says::Anything, "equivEnd" Says::Anything, "dataRefStart" Says::Name, "dataRefEnd" Says::Name,
         "subFlowsStart" Says::Anything, "subFlowsEnd" Says::Anything, "subType" Says::Prefixed, "type" CODE, "dir" DIRECTION]
        INLINE, needs [], foreign None, text true;
    "sc" ["id" Says::Name]
        ["canCopy" YES_NO, "canDelete" YES_NO, "canOverlap" YES_NO, "canReorder" REORDER, "copyOf" Says::Name, "dataRef" Says::Name, "dir" DIRECTION,
         "disp" Says::Anything, "equiv" Says::Anything, "isolated" YES_NO, "subFlows" Says::Anything, "subType" Says::Prefixed, "type" CODE]
        &[], needs [], foreign None, text false;
    "ec" []
        ["id" Says::Name, "startRef" Says::Name, "canCopy" YES_NO, "canDelete" YES_NO, "canOverlap" YES_NO, "canReorder" REORDER, "copyOf" Says::Name,
         "dataRef" Says::Name, "dir" DIRECTION, "disp" Says::Anything, "equiv" Says::Anything, "isolated" YES_NO, "subFlows" Says::Anything,
         "subType" Says::Prefixed, "type" CODE] &[], needs [], foreign None, text false;
    "mrk" ["id" Says::Name] ["translate" YES_NO, "type" ANNOTATION, "ref" Says::Anything, "value" Says::Anything] INLINE, needs [], foreign None, text true;
    "sm" ["id" Says::Name] ["translate" YES_NO, "type" ANNOTATION, "ref" Says::Anything, "value" Says::Anything] &[], needs [], foreign None, text false;
    "em" ["startRef" Says::Name] [] &[], needs [], foreign None, text false;
};

/// The place of a child, for people and programs: `unit[@id='headline']`, `segment[2]`.
pub(super) fn step(path: &str, element: &Element, position: usize) -> String {
    match element.get("id") {
        Some(id) => format!("{path}/{}[@id='{}']", short(&element.name), short(id)),
        None => format!("{path}/{}[{position}]", short(&element.name)),
    }
}

/// The elements within, each with its place: the position counts those of the same name.
pub(super) fn steps<'e>(path: &str, element: &'e Element) -> Vec<(String, &'e Element)> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut found = vec![];
    for child in element.elements() {
        let position = seen.entry(&child.name).and_modify(|count| *count += 1).or_insert(1);
        found.push((step(path, child, *position), child));
    }
    found
}

/// Checks an element and all within against the vocabulary.
pub(super) fn check(element: &Element, path: &str, report: &mut Report) {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == element.name) else {
        report.add(path, element.offset, "unknown_element", format!("`{}` is not an element of XLIFF 2.1", short(&element.name)));
        return;
    };
    attributes(kind, element, path, report);
    if !kind.text && element.children.iter().any(|node| matches!(node, Node::Text(text) if !text.trim().is_empty())) {
        report.add(path, element.offset, "unexpected_text", format!("`{}` holds elements only, no text", kind.name));
    }
    children(kind, element, path, report);
}

fn attributes(kind: &Kind, element: &Element, path: &str, report: &mut Report) {
    let known = || kind.required.iter().chain(kind.optional);
    for (name, _) in kind.required.iter().filter(|(name, _)| element.get(name).is_none()) {
        report.add(path, element.offset, "missing_attribute", format!("`{}` needs the attribute `{name}`", kind.name));
    }
    for Attribute { space, name, value } in &element.attributes {
        match space {
            Space::None => match known().find(|(known, _)| known == name) {
                None => report.add(path, element.offset, "unknown_attribute", format!("`{}` has no attribute `{}`", kind.name, short(name))),
                Some((_, says)) if !fits(*says, value) => {
                    report.add(path, element.offset, "invalid_attribute", format!("`{name}` cannot be `{}`{}", short(value), instead(*says)));
                }
                Some(_) => {}
            },
            Space::Xml if name == "space" && !matches!(value.as_str(), "default" | "preserve") => {
                report.add(path, element.offset, "invalid_attribute", "`xml:space` is default or preserve");
            }
            _ => {}
        }
    }
}

fn children(kind: &Kind, element: &Element, path: &str, report: &mut Report) {
    let mut rank = 0;
    let mut seen: Vec<&str> = vec![];
    for (place, child) in steps(path, element) {
        let expected = if child.space == Space::Core {
            kind.children.iter().find(|(name, ..)| *name == child.name).map(|(_, rank, many)| (*rank, *many))
        } else {
            kind.foreign.map(|rank| (rank, true))
        };
        let Some((at, many)) = expected else {
            let known = child.space == Space::Core && KINDS.iter().any(|kind| kind.name == child.name);
            let (code, what) =
                if known { ("misplaced_element", "cannot stand") } else { ("unknown_element", "is not an element of XLIFF 2.1, or cannot stand") };
            report.add(&place, child.offset, code, format!("`{}` {what} in `{}`", short(&child.name), kind.name));
            continue;
        };
        if at < rank {
            report.add(&place, child.offset, "misplaced_element", format!("`{}` stands too late in `{}`", short(&child.name), kind.name));
        }
        rank = rank.max(at);
        if !many && seen.contains(&child.name.as_str()) {
            report.add(&place, child.offset, "duplicate_element", format!("`{}` has one `{}` at most", kind.name, child.name));
        }
        if !many {
            seen.push(&child.name);
        }
        if child.space == Space::Core {
            check(child, &place, report);
        }
    }
    if !kind.needs.is_empty() && !kind.needs.iter().any(|name| element.elements().any(|child| child.is(Space::Core, name))) {
        report.add(path, element.offset, "missing_element", format!("`{}` needs at least one `{}`", kind.name, kind.needs.join("` or `")));
    }
}

fn fits(says: Says, value: &str) -> bool {
    let prefixed = || value.split_once(':').is_some_and(|(prefix, rest)| !prefix.is_empty() && !rest.is_empty()) && !value.contains(char::is_whitespace);
    match says {
        Says::Anything => true,
        Says::Name => !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '\u{B7}')),
        Says::OneOf(values) => values.contains(&value),
        Says::Prefixed => prefixed(),
        Says::OneOfOrPrefixed(values) => values.contains(&value) || prefixed(),
        Says::Positive => value.parse::<u32>().is_ok_and(|number| number > 0),
    }
}

fn instead(says: Says) -> String {
    match says {
        Says::Anything => String::new(),
        Says::Name => "; it takes letters, digits and `-_.:`".to_owned(),
        Says::OneOf(values) => format!("; it is {}", values.join(", ")),
        Says::Prefixed => "; it is `prefix:value`".to_owned(),
        Says::OneOfOrPrefixed(values) => format!("; it is {} or `prefix:value`", values.join(", ")),
        Says::Positive => "; it is a whole number from 1".to_owned(),
    }
}
