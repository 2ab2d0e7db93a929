//! Whoever follows, drops and goes on anywhere misses and repeats nothing, whatever is published meanwhile and by whichever process.

use super::changes::{CHANGES, latest, public, work};
use super::{items, read, text};
use crate::hostile::dice::{Dice, histories, replay};
use crate::on_both;
use crate::support::App;
use crate::support::sse::{Follower, Listening, Step};
use futures_util::future::{join, join_all};
use serde_json::Value;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

on_both!(whoever_drops_and_comes_back_misses_and_repeats_nothing);

const STREAM: &str = "/v1/delivery/stream";
/// Followers, each with dice of its own. Every other one also reads pages.
const FOLLOWERS: u64 = 6;

const IMPATIENCE: Duration = Duration::from_millis(200);

/// A copy of what is public, kept by events.
struct Copy {
    dice: Dice,
    /// How to see a failure again.
    replay: String,
    after: i64,
    texts: BTreeSet<(String, String)>,
    cuts: usize,
}

impl Copy {
    fn apply(&mut self, kind: &str, event: &Value) {
        let seq = event["seq"].as_i64().unwrap();
        assert_eq!(seq, self.after + 1, "an event is missing, or told twice: {}", self.replay);
        self.after = seq;
        let name = (text(&event["article_id"]), text(&event["language"]));
        match kind {
            "unpublished" | "killed" => assert!(self.texts.remove(&name), "{event}"),
            _ => {
                self.texts.insert(name);
            }
        }
    }

    /// Follows one process until the connection is cut, which is anywhere: in the middle of an event, of a word, of the length of a chunk.
    async fn stream(&mut self, server: &Listening, is_over: impl Fn(i64) -> bool) {
        // Browsers send what they had last; others ask for it.
        let place = self.after.to_string();
        let mut follower = if self.after > 0 && self.dice.percent(70) {
            Follower::open(server.address, &format!("{STREAM}?after=0"), Some(&place)).await
        } else {
            Follower::open(server.address, &format!("{STREAM}?after={place}"), None).await
        };
        if self.dice.percent(80) {
            follower = follower.cut_after(usize::try_from(self.dice.below(3000)).unwrap());
        }
        loop {
            // Whoever hears nothing for a while may also go and come back.
            let Ok(step) = tokio::time::timeout(IMPATIENCE, follower.step()).await else { return };
            match step {
                Step::Event(event) => {
                    self.apply(&event.kind, &event.data);
                    assert_eq!(event.id, self.after.to_string());
                }
                Step::Moved(id) => assert_eq!(id, self.after.to_string(), "nothing is left out"),
                Step::Comment => {}
                Step::Cut => {
                    self.cuts += 1;
                    return;
                }
                Step::End => panic!("the server ends the stream"),
            }
            if is_over(self.after) || self.dice.percent(5) {
                return;
            }
        }
    }

    async fn page(&mut self, app: &App) {
        let limit = 1 + self.dice.below(9);
        let page = read(app, &format!("{CHANGES}?after={}&limit={limit}", self.after)).await.json();
        for event in items(&page) {
            self.apply(event["type"].as_str().unwrap(), &event);
        }
    }

    /// Until there are no more than so many events.
    async fn follow(mut self, apps: &[App; 2], servers: &[Listening; 2], mixes: bool, last: &Cell<Option<i64>>) -> Self {
        let is_over = |after: i64| last.get() == Some(after);
        while !is_over(self.after) {
            let process = usize::try_from(self.dice.below(2)).unwrap();
            if mixes && self.dice.percent(40) {
                self.page(&apps[process]).await;
            } else {
                self.stream(&servers[process], is_over).await;
            }
        }
        self
    }
}

async fn whoever_drops_and_comes_back_misses_and_repeats_nothing(app: App) {
    let apps = [app.clone(), app.beside().await];
    // The other process hears of what this one publishes as processes do.
    let hearing = [tokio::spawn(newsroom::delivery::follow(apps[1].state.clone().into_inner()))];
    let servers = [apps[0].listen(), apps[1].listen()];
    let editor = app.staff("editor@trend.example").await;
    let (seed, _) = histories(1);
    let last = Cell::new(None);
    let publishing = async {
        join_all((0..6).map(|seed| work(&app, &editor, seed))).await;
        last.set(Some(latest(&app).await));
    };
    let copies = (0..FOLLOWERS).map(|n| {
        let copy = Copy { dice: Dice::new(seed, n), replay: replay(seed, 0), after: 0, texts: BTreeSet::new(), cuts: 0 };
        copy.follow(&apps, &servers, n % 2 == 1, &last)
    });
    let (copies, ()) = join(join_all(copies), publishing).await;
    let public = public(&app).await;
    assert!(!public.is_empty() && copies.iter().map(|copy| copy.cuts).sum::<usize>() > 10, "connections are cut");
    for copy in copies {
        assert_eq!(copy.texts, public);
    }
    hearing[0].abort();
    apps[1].state.db.close().await;
}
