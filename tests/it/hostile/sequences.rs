//! Random histories of stories through HTTP, compared with the model after every step.

use super::dice::{Dice, histories, replay};
use super::invariants::assert_whole;
use super::model::{Action, Public, Seen, Story, View, Who};
use crate::on_both;
use crate::support::{Answer, App, Caller};
use newsroom::db::Reader;
use newsroom::translations::Step;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

on_both!(random_histories_go_as_the_model_says);

const HISTORIES: u64 = 200;
const STEPS: u64 = 12;
/// The original's is the first.
const LANGUAGES: [&str; 3] = ["en", "az", "ru"];
const KINDS: [Option<&str>; 5] = [None, Some("fix"), Some("update"), Some("clarification"), Some("correction")];

/// A story that is played.
struct Play<'a> {
    app: &'a App,
    people: &'a BTreeMap<Who, Caller>,
    dice: Dice,
    n: u64,
    names: u64,
    id: String,
    story: Story,
    /// The ETags that each text had so far, the newest last.
    etags: BTreeMap<&'static str, Vec<String>>,
    /// What readers got last, by language, while nothing of it has changed since.
    read: BTreeMap<&'static str, Answer>,
    /// What readers got before it changed.
    outdated: BTreeMap<&'static str, Answer>,
    walked: Vec<String>,
}

/// A step to take, as it is told when something goes wrong.
struct Order {
    who: Who,
    language: &'static str,
    action: Action,
    seen: Seen,
}

impl<'a> Play<'a> {
    async fn begin(app: &'a App, people: &'a BTreeMap<Who, Caller>, mut dice: Dice, n: u64, four_eyes: bool) -> Self {
        let author = *dice.pick(&[Who::Editor, Who::Journalist, Who::Journalist]);
        let shared = dice.percent(50);
        let headline = format!("Text {n} 0");
        let new = json!({"original_language": LANGUAGES[0], "headline": headline, "body_html": "<p>x</p>", "shared": shared});
        let id = people[&author].post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned();
        let story = Story::new(LANGUAGES[0], &headline, author, shared, four_eyes);
        let walked = vec![format!("{author:?} creates, shared: {shared}, four eyes: {four_eyes}")];
        let mut play = Self { app, people, dice, n, names: 0, id, story, etags: BTreeMap::new(), read: BTreeMap::new(), outdated: BTreeMap::new(), walked };
        let etag = play.at(Who::Editor, LANGUAGES[0]).await.unwrap().etag();
        play.etags.insert(LANGUAGES[0], vec![etag]);
        play
    }

    fn headline(&mut self) -> String {
        self.names += 1;
        format!("Text {} {}", self.n, self.names)
    }

    fn place(&self, language: &str) -> String {
        format!("/v1/articles/{}/translations/{language}", self.id)
    }

    /// A text as somebody in the house sees it, if it is there.
    async fn at(&self, who: Who, language: &str) -> Option<Answer> {
        let answer = self.people[&who].get(&self.place(language)).send().await;
        (answer.status == 200).then_some(answer)
    }

    fn choose(&mut self) -> Order {
        let language = *self.dice.pick(&LANGUAGES);
        let who = match self.dice.below(100) {
            0..40 => Who::Editor,
            40..55 => Who::SecondEditor,
            55..75 => Who::Journalist,
            75..90 => Who::Platform,
            90..96 => Who::Stranger,
            _ => Who::Reader,
        };
        let seen = match self.dice.below(100) {
            0..86 => Seen::Current,
            86..93 => Seen::Stale,
            93..96 => Seen::Anything,
            _ => Seen::Nothing,
        };
        let action = self.choose_action(language);
        Order { who, language, action, seen }
    }

    fn choose_action(&mut self, language: &'static str) -> Action {
        let Some(text) = self.story.text(language) else {
            return if self.dice.percent(85) { Action::Add { headline: self.headline() } } else { Action::Publish { kind: None, note: false } };
        };
        let (is_changed, revisions) = (text.is_changed(), text.revisions.len() as u64);
        match self.dice.below(100) {
            0..20 => {
                let headline = self.headline();
                let slug = self.dice.percent(30).then(|| headline.to_lowercase().replace("text ", "moved-").replace(' ', "-"));
                Action::Edit { headline, slug, blank: self.dice.percent(8) }
            }
            20..31 => Action::Submit,
            31..36 => Action::Return,
            36..45 => Action::Approve,
            45..70 => {
                // Mostly as it must be.
                let wild = self.dice.percent(15);
                let kind = if wild || is_changed { *self.dice.pick(&KINDS[usize::from(!wild)..]) } else { None };
                let note = if wild { self.dice.percent(50) } else { kind.is_some() };
                Action::Publish { kind, note }
            }
            70..78 => Action::Unpublish,
            78..81 => Action::Kill,
            81..84 => Action::Delete,
            84..91 => Action::Check(self.story.measure() + usize::from(self.dice.percent(20))),
            91..94 => Action::Detach,
            94..96 => Action::Attach,
            96..98 => Action::Add { headline: self.headline() },
            _ => Action::Restore(usize::try_from(1 + self.dice.below(revisions)).unwrap()),
        }
    }

    async fn send(&self, order: &Order) -> Answer {
        let (caller, place) = (&self.people[&order.who], self.place(order.language));
        let post = |path: &str| caller.post(&format!("{place}/{path}"));
        let request = match &order.action {
            Action::Add { headline } => {
                return caller.put(&place).header("If-None-Match", "*").json(&json!({"headline": headline, "body_html": "<p>x</p>"})).send().await;
            }
            Action::Edit { headline, slug, blank } => {
                let mut change = json!({"headline": headline, "body_html": if *blank { "" } else { "<p>x</p>" }});
                if let Some(slug) = slug {
                    change["slug"] = json!(slug);
                }
                caller.patch(&place).json(&change)
            }
            Action::Restore(n) => post(&format!("revisions/{n}/restore")),
            Action::Submit => post("submit"),
            Action::Return => post("return").json(&json!({"reason": "Not yet."})),
            Action::Approve => post("approve"),
            Action::Publish { kind, note } => post("publish").json(&json!({"change_kind": kind, "public_note": note.then_some("A note.")})),
            Action::Unpublish => post("unpublish"),
            Action::Kill => post("kill").json(&json!({"reason": "Forged.", "public_note": "It was not true."})),
            Action::Delete => caller.delete(&place),
            Action::Check(revision) => post("freshness/check").json(&json!({"original_revision": revision})),
            Action::Detach => post("freshness/detach").json(&json!({"reason": "Its own way."})),
            Action::Attach => post("freshness/attach").json(&json!({"reason": "Back again."})),
        };
        let had = self.etags.get(order.language).map_or(&[][..], Vec::as_slice);
        let etag = match order.seen {
            Seen::Nothing => return request.send().await,
            Seen::Anything => "*",
            Seen::Current => had.last().map_or("\"v1\"", String::as_str),
            Seen::Stale => had.iter().rev().nth(1).map_or("\"v0\"", String::as_str),
        };
        request.if_match(etag).send().await
    }

    /// Takes a step and compares all that can be seen with the model.
    async fn go(&mut self) -> Result<(), String> {
        let order = self.choose();
        self.app.advance(Duration::from_millis(10));
        let now = self.app.state.clock.now().to_string();
        let expected = self.story.judge(order.who, order.language, &order.action, order.seen);
        self.walked.push(format!("{:?} {} {:?}, seen: {:?} -> {expected:?}", order.who, order.language, order.action, order.seen));
        let answer = self.send(&order).await;
        let status = answer.status.as_u16();
        match expected {
            Err((wanted, code)) => {
                same("status", &status, &wanted).map_err(|e| format!("{e}: {}", answer.text()))?;
                same("code", &answer.code().as_str(), &code)?;
            }
            Ok(moves) => {
                let wanted = match order.action {
                    Action::Add { .. } => 201,
                    Action::Delete => 204,
                    _ => 200,
                };
                same("status", &status, &wanted).map_err(|e| format!("{e}: {}", answer.text()))?;
                let before = LANGUAGES.map(|language| self.story.public(language));
                self.story.apply(order.who, order.language, &order.action, &now);
                for (language, before) in LANGUAGES.into_iter().zip(before) {
                    if self.story.public(language) != before
                        && let Some(old) = self.read.remove(language)
                    {
                        self.outdated.insert(language, old);
                    }
                }
                self.note_etag(&order, &answer, moves)?;
            }
        }
        self.compare_work(&order, &answer).await?;
        let other = *self.dice.pick(&LANGUAGES);
        for language in BTreeSet::from([order.language, other]) {
            self.compare_public(language).await?;
        }
        self.compare_list().await
    }

    /// An ETag moves exactly when its record does, and never comes back.
    fn note_etag(&mut self, order: &Order, answer: &Answer, moves: bool) -> Result<(), String> {
        let had = self.etags.entry(order.language).or_default();
        if order.action == Action::Delete {
            return Ok(());
        }
        let etag = answer.etag();
        if moves {
            same("a new ETag", &had.contains(&etag), &false)?;
            had.push(etag);
            return Ok(());
        }
        same("the ETag of what has not moved", &Some(&etag), &had.last())
    }

    /// What the house sees.
    async fn compare_work(&self, order: &Order, answer: &Answer) -> Result<(), String> {
        let list = self.people[&Who::Editor].get(&format!("/v1/articles/{}/translations", self.id)).expect(200).await.json();
        let texts = list["data"].as_array().or(list.as_array()).unwrap();
        let there: BTreeSet<&str> = texts.iter().map(|text| text["language"].as_str().unwrap()).collect();
        let expected: BTreeSet<&str> = LANGUAGES.into_iter().filter(|language| self.story.text(language).is_some()).collect();
        same("texts", &there, &expected)?;
        for found in texts {
            let language = found["language"].as_str().unwrap();
            let text = self.story.text(language).unwrap();
            let mut possible: Vec<&str> = text.life.possible().into_iter().map(Step::as_str).collect();
            possible.sort_unstable();
            let mut allowed: Vec<&str> = found["allowed_transitions"].as_array().unwrap().iter().map(|step| step.as_str().unwrap()).collect();
            allowed.sort_unstable();
            same(&format!("{language} allowed_transitions"), &allowed, &possible)?;
            for (member, wanted) in [
                ("publication", json!(text.life.publication())),
                ("review", json!(text.life.review())),
                ("revision", json!(text.life.newest)),
                ("published_revision", json!(text.life.seen)),
                ("headline", json!(text.newest().headline)),
                ("freshness", json!(self.story.freshness(language))),
                ("first_published_at", json!(text.first_published_at)),
            ] {
                same(&format!("{language} {member}"), &found[member], &wanted)?;
            }
            if language == order.language {
                let read = self.at(Who::Editor, language).await.unwrap();
                same("the ETag that is read", &Some(&read.etag()), &self.etags[language].last())?;
                if answer.status.is_success() {
                    same("the record that was answered", &answer.record(), &read.json())?;
                }
            }
        }
        Ok(())
    }

    /// What readers see of a text.
    async fn compare_public(&mut self, language: &'static str) -> Result<(), String> {
        let answer = self.app.anonymous().get(&format!("/v1/delivery/articles/{}?language={language}", self.id)).send().await;
        let (status, code) = match self.story.public(language) {
            Public::Shown(view) => {
                same("readers", &answer.status.as_u16(), &200)?;
                same("what readers see", &seen(&answer.json()), &told(&view))?;
                if let Some(old) = self.read.get(language) {
                    same("the ETag of what readers see unchanged", &answer.etag(), &old.etag())?;
                    same("what readers see unchanged", &answer.body, &old.body)?;
                }
                if let Some(old) = self.outdated.get(language) {
                    same("a new ETag for what has changed", &(old.etag() != answer.etag()), &true)?;
                }
                self.read.insert(language, answer);
                return Ok(());
            }
            Public::Gone => (410, "withdrawn"),
            Public::OtherLanguages => (404, "language_not_published"),
            Public::Unknown => (404, "not_found"),
        };
        same("readers", &(answer.status.as_u16(), answer.code().as_str()), &(status, code))
    }

    async fn compare_list(&self) -> Result<(), String> {
        let list = self.app.anonymous().get(&format!("/v1/delivery/articles?id={}", self.id)).expect(200).await.json();
        let listed: BTreeSet<&str> = list["data"].as_array().unwrap().iter().map(|card| card["language"].as_str().unwrap()).collect();
        let public: BTreeSet<&str> = LANGUAGES.into_iter().filter(|language| self.story.text(language).is_some_and(|text| text.life.public)).collect();
        same("the list of delivery", &listed, &public)
    }

    /// At the end: every address that there ever was, and the whole change log.
    async fn end(&self) -> Result<(), String> {
        for (language, text) in &self.story.texts {
            for slug in &text.slugs {
                let answer = self.app.anonymous().get(&format!("/v1/delivery/articles/{language}/{slug}")).send().await;
                same(&format!("{language}/{slug}"), &answer.status.as_u16(), &self.story.at_address(language, slug))?;
            }
        }
        let sql = "SELECT type, language, revision, change_kind FROM published_changes WHERE article_id = $1 ORDER BY seq";
        let rows: Vec<(String, String, i32, Option<String>)> = self.app.state.db.query(sql).bind(self.id.parse::<Uuid>().unwrap()).all().await.unwrap();
        let rows: Vec<_> = rows.iter().map(|(r#type, language, revision, kind)| json!([r#type, language, revision, kind])).collect();
        let log: Vec<_> = self.story.log.iter().map(|entry| json!(entry)).collect();
        same("the change log", &rows, &log)
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what} is {found:?}, and by the model {wanted:?}")) }
}

/// A document of delivery, as far as the model knows it.
fn seen(document: &Value) -> Value {
    let alternates: BTreeSet<(&str, &str, &str)> = document["available_languages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|other| (other["language"].as_str().unwrap(), other["slug"].as_str().unwrap(), other["updated_at"].as_str().unwrap()))
        .collect();
    let mut seen =
        json!({ "last_kind": document["last_change"]["kind"], "corrections": document["corrections"].as_array().unwrap().len(), "alternates": alternates });
    for member in ["headline", "slug", "published_at", "updated_at", "version"] {
        seen[member] = document[member].clone();
    }
    seen
}

fn told(view: &View) -> Value {
    json!({
        "last_kind": view.last_kind, "corrections": view.corrections, "alternates": view.alternates, "headline": view.headline, "slug": view.slug,
        "published_at": view.published_at, "updated_at": view.updated_at, "version": view.version
    })
}

async fn ask_for_four_eyes(app: &App) {
    let admin = app.staff("admin@trend.example").await;
    let etag = admin.get("/v1/agencies/trend").expect(200).await.etag();
    admin.patch("/v1/agencies/trend").if_match(&etag).json(&json!({"four_eyes": true})).expect(200).await;
}

async fn random_histories_go_as_the_model_says(app: App) {
    let mut people = BTreeMap::from([(Who::Reader, app.anonymous())]);
    for (who, email) in [
        (Who::Editor, "editor@trend.example"),
        (Who::SecondEditor, "admin@trend.example"),
        (Who::Journalist, "journalist@trend.example"),
        (Who::Platform, "editor@platform.example"),
        (Who::Stranger, "editor@kazinform.example"),
    ] {
        people.insert(who, app.staff(email).await);
    }
    let (seed, histories) = histories(HISTORIES);
    let mut four_eyes = false;
    let mut outcomes = BTreeMap::<String, u32>::new();
    for n in &histories {
        if *n >= HISTORIES / 2 && !four_eyes {
            four_eyes = true;
            ask_for_four_eyes(&app).await;
        }
        let mut play = Play::begin(&app, &people, Dice::new(seed, *n), *n, four_eyes).await;
        let mut outcome = Ok(());
        for _ in 0..STEPS {
            outcome = play.go().await;
            if outcome.is_err() {
                break;
            }
        }
        if outcome.is_ok() {
            outcome = play.end().await;
        }
        if let Err(told) = outcome {
            panic!("{told}\narticle {}\n{}\n{}", play.id, play.walked.join("\n"), replay(seed, *n));
        }
        for step in &play.walked[1..] {
            *outcomes.entry(step.rsplit(" -> ").next().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert_whole(&app.state.db).await;
    if histories.len() > 1 {
        assert!(outcomes["Ok(true)"] > 600 && outcomes.len() >= 10, "the histories are too tame: {outcomes:?}");
    }
}
