//! A file read: what it says of itself, and the target of each unit.

use super::inline::{self, Token, is_blank};
use super::report::{Report, malformed};
use super::vocabulary::{self, steps};
use super::xml::{self, Element, Space, short};
use crate::error::Error;
use std::collections::{BTreeMap, HashSet};

/// A file, as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub source_language: Option<String>,
    pub target_language: Option<String>,
    /// What the house wrote into it, by name.
    pub metadata: BTreeMap<String, String>,
    pub units: Vec<FoundUnit>,
    /// Of the `file` element.
    pub path: String,
    pub offset: usize,
}

/// A unit of a file, its segments joined.
#[derive(Debug)]
pub(super) struct FoundUnit {
    pub id: String,
    pub path: String,
    pub offset: usize,
    /// Whether every segment with something to translate has a target.
    pub is_finished: bool,
    pub target: Vec<Token>,
}

/// Reads a file. The report has what is wrong with it by itself, whatever it belongs to.
///
/// # Errors
/// `malformed_body` for what is not XML.
pub(super) fn document(bytes: Vec<u8>) -> Result<(Document, Report), Error> {
    let root = xml::read(&bytes).map_err(|e| malformed(&bytes, &e))?;
    let mut report = Report::new(bytes);
    let mut document = Document { path: "/xliff".to_owned(), offset: root.offset, ..Document::default() };
    if !root.is(Space::Core, "xliff") {
        report.add("", root.offset, "wrong_namespace", format!("the root must be `xliff` of the namespace `{}`, which is that of XLIFF 2.1", xml::CORE));
        return Ok((document, report));
    }
    if root.get("version").is_some_and(|version| version != "2.1") {
        report.add("/xliff", root.offset, "wrong_version", "`version` must be 2.1");
    }
    vocabulary::check(&root, "/xliff", &mut report);
    document.source_language = root.get("srcLang").map(str::to_owned);
    document.target_language = root.get("trgLang").map(str::to_owned);
    let files: Vec<_> = steps("/xliff", &root).into_iter().filter(|(_, element)| element.is(Space::Core, "file")).collect();
    for (path, file) in files.iter().skip(1) {
        report.add(path, file.offset, "duplicate_element", "one `file` at most is read: one file is one text");
    }
    if let Some((path, file)) = files.first() {
        document.path.clone_from(path);
        document.offset = file.offset;
        metadata(file, &mut document.metadata);
        let mut ids = Ids::default();
        structure(file, path, &mut document.units, &mut ids, &mut report);
    }
    Ok((document, report))
}

/// What `mda:metadata` of the file says in our category.
fn metadata(file: &Element, found: &mut BTreeMap<String, String>) {
    let groups = file.elements().filter(|element| element.is(Space::Metadata, "metadata")).flat_map(Element::elements);
    for group in groups.filter(|group| group.is(Space::Metadata, "metaGroup") && group.get("category") == Some(super::CATEGORY)) {
        for meta in group.elements().filter(|meta| meta.is(Space::Metadata, "meta")) {
            if let Some(name) = meta.get("type") {
                found.insert(name.to_owned(), meta.text().trim().to_owned());
            }
        }
    }
}

/// Ids in use.
#[derive(Default)]
struct Ids {
    units: HashSet<String>,
    groups: HashSet<String>,
}

fn unique(ids: &mut HashSet<String>, element: &Element, path: &str, report: &mut Report) {
    if let Some(id) = element.get("id")
        && !ids.insert(id.to_owned())
    {
        report.add(path, element.offset, "duplicate_id", format!("the id `{}` is there twice", short(id)));
    }
}

fn structure(parent: &Element, path: &str, units: &mut Vec<FoundUnit>, ids: &mut Ids, report: &mut Report) {
    for (path, element) in steps(path, parent).into_iter().filter(|(_, element)| element.space == Space::Core) {
        match element.name.as_str() {
            "unit" => {
                unique(&mut ids.units, element, &path, report);
                units.extend(unit(element, path, report));
            }
            "group" => {
                unique(&mut ids.groups, element, &path, report);
                structure(element, &path, units, ids, report);
            }
            "notes" => notes(element, &path, report),
            _ => {}
        }
    }
}

fn notes(notes: &Element, path: &str, report: &mut Report) {
    let mut ids = HashSet::new();
    for (path, note) in steps(path, notes) {
        unique(&mut ids, note, &path, report);
    }
}

/// A part of a unit: its place in the order of the target, and what it says there.
struct Part {
    order: usize,
    target: Vec<Token>,
    is_finished: bool,
}

/// Ids in use within a unit.
#[derive(Default)]
struct Names {
    data: HashSet<String>,
    sources: HashSet<String>,
    targets: HashSet<String>,
}

fn unit(unit: &Element, path: String, report: &mut Report) -> Option<FoundUnit> {
    let mut names = Names::default();
    let mut parts: Vec<Part> = vec![];
    let mut orders = HashSet::new();
    for (path, element) in steps(&path, unit).into_iter().filter(|(_, element)| element.space == Space::Core) {
        match element.name.as_str() {
            "notes" => notes(element, &path, report),
            "originalData" => {
                for (path, element) in steps(&path, element) {
                    unique(&mut names.data, element, &path, report);
                }
            }
            "segment" | "ignorable" => {
                let part = part(element, &path, parts.len() + 1, &mut names, report);
                if !orders.insert(part.order) {
                    report.add(&path, element.offset, "duplicate_order", format!("two parts of the unit are to be number {}", part.order));
                }
                parts.push(part);
            }
            _ => {}
        }
    }
    if let Some(part) = parts.iter().find(|part| part.order > parts.len()) {
        report.add(&path, unit.offset, "invalid_attribute", format!("`order` is {}, but the unit has {} parts", part.order, parts.len()));
    }
    parts.sort_by_key(|part| part.order);
    let is_finished = parts.iter().all(|part| part.is_finished);
    let target = parts.into_iter().flat_map(|part| part.target).collect();
    Some(FoundUnit { id: unit.get("id")?.to_owned(), path, offset: unit.offset, is_finished, target })
}

/// A segment, or what stands between two.
fn part(element: &Element, path: &str, position: usize, names: &mut Names, report: &mut Report) -> Part {
    unique(&mut names.sources, element, path, report);
    let child = |name: &str| steps(path, element).into_iter().find(|(_, child)| child.is(Space::Core, name));
    let source = child("source").map(|(path, source)| inline::read(source, &path, &names.data, &mut names.sources, report)).unwrap_or_default();
    let found = child("target");
    let order = found.as_ref().and_then(|(_, target)| target.get("order")?.parse().ok()).unwrap_or(position);
    let target = found.map(|(path, target)| inline::read(target, &path, &names.data, &mut names.targets, report));
    let is_initial = element.get("state").is_none_or(|state| state == "initial");
    let is_open = target.as_ref().is_none_or(|target| is_initial && is_blank(target));
    let is_finished = element.name == "ignorable" || is_blank(&source) || !is_open;
    Part { order, target: target.unwrap_or(source), is_finished }
}
