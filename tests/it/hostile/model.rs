//! A story, its people and its readers, as `domain.md` has them. It calls nothing of the code under test but the names of the steps.

use super::life::{Life, Stage};
use newsroom::translations::Step;
use std::collections::{BTreeMap, BTreeSet};

/// What a refusal is: the status and the code of its problem.
pub type Refusal = (u16, &'static str);
type Outcome<T = ()> = Result<T, Refusal>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Of the story's agency.
    Editor,
    SecondEditor,
    Journalist,
    /// An editor of the platform, who reaches what is shared.
    Platform,
    /// An editor of an agency that has no part in the story.
    Stranger,
    Reader,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum House {
    Owner,
    Platform,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Add { headline: String },
    Edit { headline: String, slug: Option<String>, blank: bool },
    Restore(usize),
    Submit,
    Return,
    Approve,
    Publish { kind: Option<&'static str>, note: bool },
    Unpublish,
    Kill,
    Delete,
    Check(usize),
    Detach,
    Attach,
}

/// What the request says that it has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Current,
    Stale,
    Anything,
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub headline: String,
    pub blank: bool,
}

#[derive(Clone, Debug)]
pub struct Publication {
    revision: usize,
    kind: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Text {
    pub life: Life,
    pub revisions: Vec<Revision>,
    house: House,
    author: Who,
    last_author: Who,
    /// The address that it has or wants.
    slug: Option<String>,
    /// Every address that it ever had.
    pub slugs: BTreeSet<String>,
    base: Option<usize>,
    /// What there was of the original when the newest revision was written.
    written_from: Option<usize>,
    detached: bool,
    publications: Vec<Publication>,
    pub first_published_at: Option<String>,
    published_at: Option<String>,
    shown_slug: Option<String>,
    last_kind: Option<&'static str>,
}

/// What readers see of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub headline: String,
    pub slug: String,
    pub published_at: String,
    pub updated_at: String,
    /// How many revisions were published so far.
    pub version: usize,
    pub last_kind: Option<&'static str>,
    pub corrections: usize,
    /// Language, address and moment of each text of the story.
    pub alternates: BTreeSet<(&'static str, String, String)>,
}

/// What an address answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Public {
    Shown(Box<View>),
    Gone,
    OtherLanguages,
    Unknown,
}

#[derive(Clone, Debug)]
pub struct Story {
    pub shared: bool,
    pub four_eyes: bool,
    pub original: &'static str,
    pub texts: BTreeMap<&'static str, Text>,
    /// Type, language, revision and kind of each public event.
    pub log: Vec<(&'static str, &'static str, usize, Option<&'static str>)>,
}

impl Text {
    fn new(revision: Revision, author: Who, base: Option<usize>) -> Self {
        Self {
            life: Life::new(),
            revisions: vec![revision],
            house: house_of(author),
            author,
            last_author: author,
            slug: None,
            slugs: BTreeSet::new(),
            base,
            written_from: base,
            detached: false,
            publications: vec![],
            first_published_at: None,
            published_at: None,
            shown_slug: None,
            last_kind: None,
        }
    }

    pub fn newest(&self) -> &Revision {
        self.revisions.last().unwrap()
    }

    /// What a publication of it must say: whether readers have seen another revision.
    pub fn is_changed(&self) -> bool {
        self.life.seen.is_some_and(|seen| seen != self.life.newest)
    }
}

fn house_of(who: Who) -> House {
    if who == Who::Platform { House::Platform } else { House::Owner }
}

fn refuse<T>(status: u16, code: &'static str) -> Outcome<T> {
    Err((status, code))
}

fn unless(bad: bool, status: u16, code: &'static str) -> Outcome {
    if bad { refuse(status, code) } else { Ok(()) }
}

impl Action {
    /// The step of the text's own life that it is.
    fn step(&self) -> Option<Step> {
        Some(match self {
            Self::Edit { .. } | Self::Restore(_) => Step::Edit,
            Self::Submit => Step::Submit,
            Self::Return => Step::Return,
            Self::Approve => Step::Approve,
            Self::Publish { .. } => Step::Publish,
            Self::Unpublish => Step::Unpublish,
            Self::Kill => Step::Kill,
            Self::Delete => Step::Delete,
            Self::Add { .. } | Self::Check(_) | Self::Detach | Self::Attach => return None,
        })
    }

    fn is_for_editors(&self) -> bool {
        matches!(self, Self::Return | Self::Approve | Self::Publish { .. } | Self::Unpublish | Self::Kill | Self::Detach | Self::Attach)
    }
}

impl Story {
    pub fn new(original: &'static str, headline: &str, author: Who, shared: bool, four_eyes: bool) -> Self {
        let text = Text::new(Revision { headline: headline.to_owned(), blank: false }, author, None);
        Self { shared, four_eyes, original, texts: BTreeMap::from([(original, text)]), log: vec![] }
    }

    pub fn text(&self, language: &str) -> Option<&Text> {
        self.texts.get(language).filter(|text| !text.life.deleted)
    }

    /// The revision of the original that translations are measured by.
    pub fn measure(&self) -> usize {
        let original = &self.texts[self.original];
        original.life.seen.unwrap_or(original.life.newest)
    }

    fn sees(&self, who: Who) -> bool {
        match who {
            Who::Editor | Who::SecondEditor | Who::Journalist => true,
            Who::Platform => self.shared,
            Who::Stranger | Who::Reader => false,
        }
    }

    fn acts(&self, who: Who, text: &Text, action: &Action) -> bool {
        match who {
            Who::Editor | Who::SecondEditor => text.house == House::Owner || *action == Action::Kill,
            Who::Journalist => text.house == House::Owner && (text.author == who || text.last_author == who),
            Who::Platform => self.shared,
            Who::Stranger | Who::Reader => false,
        }
    }

    /// Whether somebody may do it at all, has seen what they change, and it is possible. Says whether the record moves.
    pub fn judge(&self, who: Who, language: &str, action: &Action, seen: Seen) -> Outcome<bool> {
        unless(who == Who::Reader, 401, "unauthenticated")?;
        unless(who == Who::Journalist && action.is_for_editors(), 403, "forbidden")?;
        unless(!self.sees(who), 404, "not_found")?;
        if matches!(action, Action::Add { .. }) {
            unless(self.texts[self.original].life.killed, 409, "illegal_transition")?;
            unless(self.text(language).is_some(), 409, "already_exists")?;
            return Ok(true);
        }
        let text = self.text(language).ok_or((404, "not_found"))?;
        unless(!self.acts(who, text, action), 403, "forbidden")?;
        unless(seen == Seen::Nothing, 428, "precondition_required")?;
        unless(seen == Seen::Stale, 412, "stale_version")?;
        if let Some(step) = action.step() {
            unless(!text.life.can(step), 409, "illegal_transition")?;
        }
        let own_words = self.four_eyes && text.house == House::Owner && text.last_author == who;
        match action {
            Action::Submit => unless(text.newest().blank, 422, "validation_failed")?,
            Action::Approve | Action::Kill => unless(own_words, 409, "four_eyes_required")?,
            Action::Publish { kind, note } => {
                let approved = text.life.is_settled() || text.life.stage == Stage::Approved;
                unless(own_words && !approved, 409, "four_eyes_required")?;
                let grave = matches!(kind, Some("clarification" | "correction"));
                let silent = kind.is_some() != text.is_changed() || (grave && !note);
                unless(text.newest().blank || silent, 422, "validation_failed")?;
            }
            Action::Delete => unless(language == self.original, 409, "conflict")?,
            Action::Check(_) | Action::Detach | Action::Attach => return self.judge_freshness(language, text, action),
            _ => {}
        }
        Ok(true)
    }

    fn judge_freshness(&self, language: &str, text: &Text, action: &Action) -> Outcome<bool> {
        unless(language == self.original, 409, "conflict")?;
        unless(!text.life.can(Step::Edit), 409, "illegal_transition")?;
        match action {
            Action::Detach => unless(text.detached, 409, "conflict")?,
            Action::Attach => unless(!text.detached, 409, "conflict")?,
            Action::Check(revision) => {
                let adrift = matches!(self.freshness(language), Some("orphaned" | "detached"));
                unless(adrift || *revision != self.measure(), 409, "conflict")?;
                return Ok(text.base != Some(self.measure()));
            }
            _ => {}
        }
        Ok(true)
    }

    /// Does what was judged to be possible.
    pub fn apply(&mut self, who: Who, language: &'static str, action: &Action, now: &str) {
        let measure = self.measure();
        if let Action::Add { headline } = action {
            let revision = Revision { headline: headline.clone(), blank: false };
            let mut added = Text::new(revision, who, Some(measure));
            // What was deleted leaves its revisions behind.
            if let Some(deleted) = self.texts.remove(language) {
                added.revisions.splice(0..0, deleted.revisions);
                added.life.newest = added.revisions.len();
            }
            self.texts.insert(language, added);
            return;
        }
        let is_original = language == self.original;
        let text = self.texts.get_mut(language).unwrap();
        let was_public = text.life.public;
        if let Some(step) = action.step() {
            text.life.take(step);
        }
        match action {
            Action::Edit { headline, slug, blank } => {
                text.revisions.push(Revision { headline: headline.clone(), blank: *blank });
                text.last_author = who;
                text.written_from = Some(measure);
                text.slug = slug.clone().or(text.slug.take());
            }
            Action::Restore(n) => {
                text.revisions.push(text.revisions[n - 1].clone());
                text.written_from = Some(measure);
                text.last_author = who;
            }
            Action::Publish { kind, .. } => {
                let slug = text.slug.clone().unwrap_or_else(|| text.newest().headline.to_lowercase().replace(' ', "-"));
                text.slugs.insert(slug.clone());
                text.slug = Some(slug.clone());
                text.shown_slug = Some(slug);
                text.publications.push(Publication { revision: text.life.newest, kind: *kind });
                text.last_kind = *kind;
                text.first_published_at.get_or_insert_with(|| now.to_owned());
                text.published_at = Some(now.to_owned());
                if !text.detached && !is_original {
                    // Nobody follows what came after they wrote.
                    text.base = text.written_from.max(text.base);
                }
                let what = match kind {
                    _ if !was_public => "published",
                    Some("clarification" | "correction") => "corrected",
                    _ => "updated",
                };
                self.log.push((what, language, text.life.newest, *kind));
            }
            Action::Unpublish => self.log.push(("unpublished", language, text.life.seen.unwrap(), None)),
            Action::Kill => self.log.extend(text.life.seen.map(|seen| ("killed", language, seen, None))),
            Action::Check(_) => text.base = Some(measure),
            Action::Detach => text.detached = true,
            Action::Attach => text.detached = false,
            _ => {}
        }
    }

    /// How a text stands to its original.
    pub fn freshness(&self, language: &str) -> Option<&'static str> {
        let (text, original) = (self.text(language)?, &self.texts[self.original]);
        let base = text.base.filter(|_| language != self.original && !text.life.killed)?;
        let news = original.publications.iter().enumerate().filter(|(_, publication)| publication.revision > base);
        Some(match () {
            () if text.detached => "detached",
            () if !original.life.public && (original.life.seen.is_some() || original.life.killed || original.life.withheld) => "orphaned",
            () if base >= self.measure() => "current",
            () if original.publications.is_empty() => "stale",
            // The first publication is no smaller a change than any.
            () if news.clone().any(|(n, publication)| n == 0 || !matches!(publication.kind, None | Some("fix"))) => "stale",
            () => "drifted",
        })
    }

    /// What readers who ask for an article in a language get.
    pub fn public(&self, language: &'static str) -> Public {
        let shown = || self.texts.values().filter(|text| text.life.public);
        let buried = |text: &Text| text.life.killed && text.life.seen.is_some();
        match self.text(language) {
            Some(text) if text.life.public => Public::Shown(Box::new(self.view(text))),
            Some(text) if buried(text) => Public::Gone,
            // What readers saw once speaks for itself, also where nothing else is left of the story.
            Some(text) if text.life.seen.is_some() && shown().next().is_none() => Public::Unknown,
            _ if shown().next().is_none() && self.texts.values().any(buried) => Public::Gone,
            _ if shown().next().is_none() => Public::Unknown,
            _ => Public::OtherLanguages,
        }
    }

    fn view(&self, text: &Text) -> View {
        let seen = text.life.seen.unwrap();
        let revisions: BTreeSet<usize> = text.publications.iter().map(|publication| publication.revision).collect();
        let grave = |publication: &&Publication| matches!(publication.kind, Some("clarification" | "correction"));
        let public = self.texts.iter().filter(|(_, other)| other.life.public);
        View {
            headline: text.revisions[seen - 1].headline.clone(),
            slug: text.shown_slug.clone().unwrap(),
            published_at: text.first_published_at.clone().unwrap(),
            updated_at: text.published_at.clone().unwrap(),
            version: revisions.len(),
            last_kind: text.last_kind,
            corrections: text.publications.iter().filter(grave).count(),
            alternates: public.map(|(language, other)| (*language, other.shown_slug.clone().unwrap(), other.published_at.clone().unwrap())).collect(),
        }
    }

    /// What an address that a text has or had answers: the status.
    pub fn at_address(&self, language: &str, slug: &str) -> u16 {
        match self.text(language) {
            Some(text) if !text.slugs.contains(slug) => 404,
            Some(text) if text.life.public && text.shown_slug.as_deref() == Some(slug) => 200,
            Some(text) if text.life.public => 308,
            Some(text) if text.life.killed => 410,
            _ => 404,
        }
    }
}
