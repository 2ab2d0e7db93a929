//! The pure state machine against the model: random lives of texts.

use super::dice::{Dice, histories, replay};
use super::life::{Life, Stage};
use newsroom::db::TextEnum;
use newsroom::translations::{Publication, Review, Step, after};

const LIVES: u64 = 10_000;
const STEPS: usize = 30;

/// Somewhere in the middle of a life, so that states are begun from to which no step leads yet.
fn anywhere(dice: &mut Dice) -> Life {
    let mut life = Life::new();
    if dice.percent(50) {
        life.newest = 1 + usize::try_from(dice.below(3)).unwrap();
        life.stage = *dice.pick(&[Stage::Draft, Stage::Submitted, Stage::Approved]);
        life.seen = dice.percent(60).then(|| 1 + usize::try_from(dice.below(life.newest as u64)).unwrap());
        life.public = life.seen.is_some() && dice.percent(60);
        life.withheld = life.seen.is_some() && !life.public && dice.percent(30);
    }
    life
}

fn states(life: &Life) -> (Publication, Review) {
    let publication = *Publication::ALL.iter().find(|state| state.as_str() == life.publication()).unwrap();
    (publication, *Review::ALL.iter().find(|state| state.as_str() == life.review()).unwrap())
}

/// What was promised of every step, whatever the model says.
fn keep_promises(before: (Publication, Review), step: Step, next: (Publication, Review)) -> Result<(), &'static str> {
    let promises = [
        (before.0 != Publication::Killed, "killed is the end"),
        (
            next.0 != Publication::Published || before.0 == Publication::Published || matches!(step, Step::Publish | Step::Lift),
            "nothing becomes public but by publishing and lifting",
        ),
        (next.1 != Review::Settled || before.1 == Review::Settled || step == Step::Publish, "nothing is settled but by publishing"),
        (before.0 == Publication::Unreleased || next.0 != Publication::Unreleased, "what was public once is never unreleased again"),
        (step != Step::Edit || next == (before.0, Review::Draft), "an edit is a draft, and readers see what they saw"),
        (step != Step::Kill || next.0 == Publication::Killed, "a kill kills"),
        (step != Step::Delete || before.0 == Publication::Unreleased, "only what was never public is deleted"),
        (before.0 != Publication::Withheld || matches!(step, Step::Kill | Step::Lift), "what is withheld waits for its agency"),
        (step != Step::Lift || before.0 == Publication::Withheld, "only what is withheld is lifted"),
    ];
    promises.iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, promise)| Err(promise))
}

#[test]
fn ten_thousand_lives_go_as_the_model_says() {
    let (seed, lives) = histories(LIVES);
    let mut taken = std::collections::BTreeMap::<&str, u32>::new();
    for n in lives {
        let mut dice = Dice::new(seed, n);
        let mut life = anywhere(&mut dice);
        let mut walked = vec![format!("{life:?}")];
        for _ in 0..STEPS {
            let step = *dice.pick(Step::ALL);
            let before = states(&life);
            let found = after(before.0, before.1, step);
            walked.push(format!("{} {} {} -> {found:?}", before.0, before.1, step.as_str()));
            let about = || format!("{}\n{}", walked.join("\n"), replay(seed, n));
            assert_eq!(found.is_some(), life.can(step), "{}", about());
            let Some(next) = found else { continue };
            life.take(step);
            *taken.entry(step.as_str()).or_default() += 1;
            if let Err(promise) = keep_promises(before, step, next) {
                panic!("{promise}: {}", about());
            }
            if life.deleted {
                break;
            }
            assert_eq!(next, states(&life), "{}", about());
        }
    }
    if std::env::var("NEWSROOM_TEST_SEED").is_err() {
        assert!(Step::ALL.iter().all(|step| taken.get(step.as_str()).is_some_and(|times| *times > 100)), "some steps were hardly taken: {taken:?}");
    }
}
