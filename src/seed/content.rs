//! The texts of the demo, as they lie beside this file.

use crate::language::Tag;
use crate::{agencies, sections, staff};
use anyhow::Context;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The oldest first.
const STORIES: [&str; 13] = [
    include_str!("stories/carpet-weaving.json"),
    include_str!("stories/gobeklitepe.json"),
    include_str!("stories/issyk-kul-lake.json"),
    include_str!("stories/samarkand-paper.json"),
    include_str!("stories/akhal-teke.json"),
    include_str!("stories/wild-apples-alatau.json"),
    include_str!("stories/nomad-games.json"),
    include_str!("stories/aral-saxaul.json"),
    include_str!("stories/saiga-steppe.json"),
    include_str!("stories/common-alphabet.json"),
    include_str!("stories/nowruz-joint-coverage.json"),
    include_str!("stories/middle-corridor.json"),
    include_str!("stories/platform-head-office.json"),
];

/// A story of the demo with its texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    pub agency: String,
    pub original_language: Tag,
    pub slugline: String,
    pub section: String,
    pub topics: Vec<String>,
    pub urgency: i32,
    pub texts: BTreeMap<Tag, StoryText>,
}

/// A text of a demo story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoryText {
    /// Where the demo leaves it.
    pub state: String,
    /// Who made it, where that is not the agency of the story.
    pub agency: Option<String>,
    pub dateline: Option<String>,
    pub headline: String,
    pub summary: String,
    pub html: String,
}

/// Agencies, sections and people.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct House {
    pub agencies: Vec<AgencyEntry>,
    pub sections: Vec<sections::NewSection>,
    pub staff: Vec<staff::NewStaff>,
}

/// An agency, as it is made by request, with what belongs to it.
pub(super) struct AgencyEntry {
    pub kind: agencies::Kind,
    pub agency: agencies::NewAgency,
    pub offices: Vec<agencies::NewOffice>,
    pub agreements: Vec<agencies::NewAgreement>,
}

impl<'de> Deserialize<'de> for AgencyEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Map::deserialize(deserializer)?;
        let mut take = |name: &str| members.remove(name).unwrap_or_default();
        let (kind, offices, agreements) = (take("kind"), take("offices"), take("agreements"));
        Ok(Self {
            kind: serde_json::from_value(kind).map_err(D::Error::custom)?,
            offices: serde_json::from_value(offices).map_err(D::Error::custom)?,
            agreements: serde_json::from_value(agreements).map_err(D::Error::custom)?,
            agency: serde_json::from_value(Value::Object(members)).map_err(D::Error::custom)?,
        })
    }
}

pub(super) fn house() -> anyhow::Result<House> {
    serde_json::from_str(include_str!("house.json")).context("house.json")
}

/// The stories of the demo.
///
/// # Errors
/// When a file cannot be read.
pub fn stories() -> anyhow::Result<Vec<Story>> {
    STORIES.iter().map(|text| serde_json::from_str(text).context("a demo story cannot be read")).collect()
}
