//! Randomness that can be played again: a failure prints its seed.

use uuid::Uuid;

const SEED: &str = "NEWSROOM_TEST_SEED";

/// `SplitMix64`: small, and good enough to choose with.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of the `n`th history of a seed.
    pub fn new(seed: u64, n: u64) -> Self {
        let mut dice = Self(seed ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Whether a thing happens that happens `n` times in 100.
    pub fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }

    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let place = self.below(choices.len() as u64);
        &choices[usize::try_from(place).unwrap()]
    }
}

/// The seed of this run, and the histories to play: all of them, or the one that `NEWSROOM_TEST_SEED=seed/n` names.
pub fn histories(count: u64) -> (u64, Vec<u64>) {
    let all = || (0..count).collect();
    match std::env::var(SEED) {
        Ok(text) => match text.split_once('/') {
            Some((seed, n)) => (seed.parse().unwrap(), vec![n.parse().unwrap()]),
            None => (text.parse().unwrap(), all()),
        },
        Err(_) => (Uuid::new_v4().as_u64_pair().0, all()),
    }
}

/// What a failure must say to be played again.
pub fn replay(seed: u64, n: u64) -> String {
    format!("play it again with {SEED}={seed}/{n}")
}

/// How often a test kills something: `usual` times, or as `NEWSROOM_TEST_ROUNDS` asks, up to `most`.
pub fn rounds(usual: u64, most: u64) -> u64 {
    std::env::var("NEWSROOM_TEST_ROUNDS").map_or(usual, |text| text.parse::<u64>().unwrap().clamp(1, most))
}
