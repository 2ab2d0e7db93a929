//! What OASIS asks of a file, as far as it can be said in a page: from the specification's constraints, its schema (`xliff_core_2.0.xsd`) and
//! its advanced rules (`xliff_core_2.1.sch`). Written apart from what reads and writes files, so that both can be measured by it.

use super::super::xml::{self, Element, Node, Space};
use std::collections::{HashMap, HashSet};

/// Everything that is not as it should be.
pub fn faults(file: &str) -> Vec<String> {
    let mut faults = vec![];
    match xml::read(file.as_bytes()) {
        Err(malformed) => faults.push(format!("{malformed:?}")),
        Ok(root) => document(&root, &mut faults),
    }
    faults
}

fn check(ok: bool, fault: impl Into<String>, faults: &mut Vec<String>) {
    if !ok {
        faults.push(fault.into());
    }
}

fn names(element: &Element) -> Vec<&str> {
    element.elements().map(|child| if child.space == Space::Core { child.name.as_str() } else { "*" }).collect()
}

/// Whether the children are of these names and stand in this order; `+` after a name: at least one, `?`: one at most.
fn ordered(element: &Element, order: &[&str], faults: &mut Vec<String>) {
    let mut left = names(element).into_iter().peekable();
    for wanted in order {
        let name = wanted.trim_end_matches(['+', '?']);
        let mut count = 0;
        while left.next_if(|found| name.split('|').any(|name| name == *found)).is_some() {
            count += 1;
        }
        check(!wanted.ends_with('+') || count > 0, format!("{} needs {name}", element.name), faults);
        check(!wanted.ends_with('?') || count < 2, format!("{} has {count} {name}", element.name), faults);
    }
    check(left.peek().is_none(), format!("{} holds {:?}", element.name, names(element)), faults);
}

fn only_elements(element: &Element, faults: &mut Vec<String>) {
    let blank = element.children.iter().all(|node| matches!(node, Node::Element(_)) || matches!(node, Node::Text(text) if text.trim().is_empty()));
    check(blank, format!("{} holds text", element.name), faults);
}

fn attributes(element: &Element, required: &[&str], optional: &[&str], faults: &mut Vec<String>) {
    for name in required {
        check(element.get(name).is_some(), format!("{} has no {name}", element.name), faults);
    }
    for attribute in element.attributes.iter().filter(|attribute| attribute.space == Space::None) {
        let name = attribute.name.as_str();
        check(required.contains(&name) || optional.contains(&name), format!("{} has {name}", element.name), faults);
        if matches!(name, "id" | "dataRef" | "dataRefStart" | "dataRefEnd" | "startRef" | "copyOf") {
            let token = !attribute.value.is_empty() && attribute.value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c));
            check(token, format!("{name} is {:?}", attribute.value), faults);
        }
    }
}

fn once(ids: &mut HashSet<String>, element: &Element, faults: &mut Vec<String>) {
    if let Some(id) = element.get("id") {
        check(ids.insert(id.to_owned()), format!("{} {id} is there twice", element.name), faults);
    }
}

fn document(root: &Element, faults: &mut Vec<String>) {
    check(root.is(Space::Core, "xliff"), "the root is not xliff", faults);
    check(root.get("version") == Some("2.1"), "the version is not 2.1", faults);
    attributes(root, &["version", "srcLang"], &["trgLang"], faults);
    ordered(root, &["file+"], faults);
    only_elements(root, faults);
    for file in root.elements() {
        attributes(file, &["id"], &["original", "srcDir", "trgDir", "canResegment", "translate"], faults);
        ordered(file, &["skeleton?", "*", "notes?", "unit|group+"], faults);
        only_elements(file, faults);
        let mut ids = HashSet::new();
        for child in file.elements() {
            match child.name.as_str() {
                "unit" => {
                    once(&mut ids, child, faults);
                    unit(child, root.get("trgLang").is_some(), faults);
                }
                "notes" => ordered(child, &["note+"], faults),
                "metadata" => metadata(child, faults),
                other => faults.push(format!("file holds {other}")),
            }
        }
    }
}

fn metadata(metadata: &Element, faults: &mut Vec<String>) {
    check(metadata.space == Space::Metadata, "metadata of nobody", faults);
    check(metadata.elements().next().is_some(), "metadata without a group", faults);
    for group in metadata.elements() {
        check(group.is(Space::Metadata, "metaGroup") && group.elements().next().is_some(), "a group without data", faults);
        for meta in group.elements() {
            check(meta.is(Space::Metadata, "meta") && meta.get("type").is_some() && meta.elements().next().is_none(), "meta is not as it should be", faults);
        }
    }
}

fn unit(unit: &Element, has_target_language: bool, faults: &mut Vec<String>) {
    attributes(unit, &["id"], &["name", "type", "canResegment", "translate", "srcDir", "trgDir"], faults);
    check(unit.get("type").is_none_or(|kind| kind.split(':').filter(|part| !part.is_empty()).count() == 2), "the type has no prefix", faults);
    ordered(unit, &["*", "notes?", "originalData?", "segment|ignorable+"], faults);
    only_elements(unit, faults);
    let mut data = HashSet::new();
    let (mut sources, mut targets) = (HashSet::new(), HashSet::new());
    let mut used = HashSet::new();
    let mut segments = 0;
    for child in unit.elements().filter(|child| child.space == Space::Core) {
        match child.name.as_str() {
            "originalData" => {
                ordered(child, &["data+"], faults);
                for element in child.elements() {
                    attributes(element, &["id"], &["dir"], faults);
                    ordered(element, &["cp"], faults);
                    once(&mut data, element, faults);
                }
            }
            "segment" => {
                segments += 1;
                once(&mut sources, child, faults);
                segment(child, has_target_language, &data, &mut used, (&mut sources, &mut targets), faults);
            }
            _ => {}
        }
    }
    check(segments > 0, "a unit without a segment", faults);
    check(data == used, format!("data {data:?}, of which {used:?} are used"), faults);
}

fn segment(
    segment: &Element,
    has_target_language: bool,
    data: &HashSet<String>,
    used: &mut HashSet<String>,
    (sources, targets): (&mut HashSet<String>, &mut HashSet<String>),
    faults: &mut Vec<String>,
) {
    attributes(segment, &[], &["id", "state", "subState", "canResegment"], faults);
    ordered(segment, &["source+", "target?"], faults);
    only_elements(segment, faults);
    let state = segment.get("state").unwrap_or("initial");
    check(matches!(state, "initial" | "translated" | "reviewed" | "final"), format!("the state is {state}"), faults);
    let source = segment.elements().find(|child| child.name == "source");
    let target = segment.elements().find(|child| child.name == "target");
    check(target.is_some() || state == "initial", "translated without a target", faults);
    check(target.is_none() || has_target_language, "a target without trgLang", faults);
    check(source.into_iter().chain(target).any(|side| !said(side).trim().is_empty()), "nothing to read", faults);
    let mut there = HashMap::new();
    if let Some(source) = source {
        inline(source, data, used, sources, &mut there, faults);
    }
    let Some(target) = target else { return };
    let mut here = HashMap::new();
    inline(target, data, used, targets, &mut here, faults);
    for (id, code) in &here {
        let is_same = there.get(id).is_none_or(|other: &&Element| described(other) == described(code));
        check(is_same, format!("the code {id} is another in the target"), faults);
    }
    for (id, code) in there {
        check(code.get("canDelete") != Some("no") || here.contains_key(&id), format!("the code {id} is lost"), faults);
    }
}

fn described(element: &Element) -> Vec<(&str, &str)> {
    let named = element.attributes.iter().map(|attribute| (attribute.name.as_str(), attribute.value.as_str()));
    std::iter::once(("", element.name.as_str())).chain(named).collect()
}

fn said(element: &Element) -> String {
    let within = |node: &Node| match node {
        Node::Element(child) if child.name == "cp" => "\u{FFFD}".to_owned(),
        Node::Element(child) => said(child),
        Node::Text(text) => text.clone(),
    };
    element.children.iter().map(within).collect()
}

/// Codes of what is within, by their ids.
fn inline<'e>(
    element: &'e Element,
    data: &HashSet<String>,
    used: &mut HashSet<String>,
    ids: &mut HashSet<String>,
    codes: &mut HashMap<String, &'e Element>,
    faults: &mut Vec<String>,
) {
    for child in element.elements() {
        let common = ["canCopy", "canDelete", "canReorder", "copyOf", "type", "subType"];
        match child.name.as_str() {
            "cp" => {
                attributes(child, &["hex"], &[], faults);
                let c = child.get("hex").and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
                check(c.is_some_and(|c| !xml::is_legal(c)), "a code point that XML can hold", faults);
            }
            "ph" => attributes(child, &["id"], &[&common[..], &["dataRef", "disp", "equiv"]].concat(), faults),
            "pc" => {
                attributes(child, &["id"], &[&common[..], &["canOverlap", "dataRefStart", "dataRefEnd", "dir"]].concat(), faults);
                check(child.get("dataRefStart").is_some() == child.get("dataRefEnd").is_some(), "half of the data of a pair", faults);
            }
            "mrk" => {
                attributes(child, &["id"], &["translate", "type", "ref", "value"], faults);
                check(child.get("translate").is_some(), "a generic annotation without translate", faults);
            }
            other => faults.push(format!("{} holds {other}", element.name)),
        }
        check(child.space == Space::Core, "a foreign element in text", faults);
        check(child.get("subType").is_none() || child.get("type").is_some(), "subType without type", faults);
        let of_the_house = child.get("subType").is_none_or(|kind| {
            !kind.starts_with("xlf:") || (child.get("type") == Some("fmt") && matches!(kind, "xlf:lb" | "xlf:pb" | "xlf:b" | "xlf:i" | "xlf:u"))
        });
        check(of_the_house, "a subType that XLIFF does not have", faults);
        for name in ["dataRef", "dataRefStart", "dataRefEnd"] {
            if let Some(reference) = child.get(name) {
                check(data.contains(reference), format!("no data {reference}"), faults);
                used.insert(reference.to_owned());
            }
        }
        once(ids, child, faults);
        if let Some(id) = child.get("id") {
            codes.insert(id.to_owned(), child);
        }
        inline(child, data, used, ids, codes, faults);
    }
}
