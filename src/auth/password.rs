//! Passwords: argon2id (RFC 9106), one at a time per core.

use super::common_passwords::COMMON;
use crate::error::{Code, Error, Faults, Result};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::sync::Semaphore;

const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 2;
/// Requests that may wait for their turn, and for how long.
const QUEUE: usize = 32;
const PATIENCE: Duration = Duration::from_secs(3);

static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get)));
static PLACES: Semaphore = Semaphore::const_new(QUEUE);
/// What is verified where there is no password, so that it takes as long.
static DECOY: LazyLock<String> = LazyLock::new(|| compute("a password that nobody has").unwrap_or_default());

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|e| Error::internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn compute(password: &str) -> Result<String> {
    let hash = argon2()?.hash_password(password.as_bytes()).map_err(|e| Error::internal(e.to_string()))?;
    Ok(hash.to_string())
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let busy = || Error::new(Code::Unavailable, "Too many people are signing in; nothing was changed.").retry_after(3);
    let _place = PLACES.try_acquire().map_err(|_| busy())?;
    let turn = tokio::time::timeout(PATIENCE, TURNS.acquire()).await.map_err(|_| busy())?.map_err(Error::internal)?;
    // The permit goes along: work that the caller no longer awaits still uses its core.
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    })
    .await
    .map_err(Error::internal)
}

/// Hashes a password, as a PHC string.
///
/// # Errors
/// `unavailable` when too many wait.
pub async fn hash(password: String) -> Result<String> {
    in_turn(move || compute(&password)).await?
}

/// How a password compares to a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Right,
    /// Right, but hashed more weakly than we do today.
    RightButWeak,
    Wrong,
}

/// Compares a password to a stored hash; without one it takes as long and is wrong.
///
/// # Errors
/// `unavailable` when too many wait.
pub async fn verify(password: String, stored: Option<String>) -> Result<Verdict> {
    in_turn(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| DECOY.clone());
        let Ok(hash) = PasswordHash::new(&stored) else { return Verdict::Wrong };
        if Argon2::default().verify_password(password.as_bytes(), &hash).is_err() || !known {
            return Verdict::Wrong;
        }
        let strong = Params::try_from(&hash).is_ok_and(|params| params.m_cost() >= MEMORY_KIB && params.t_cost() >= PASSES);
        if strong { Verdict::Right } else { Verdict::RightButWeak }
    })
    .await
}

/// Refuses passwords that are short, long, common or the person's address.
///
/// # Errors
/// `validation_failed`, naming the rule.
pub fn check(pointer: &str, password: &str, email: &str) -> Result<()> {
    let mut faults = Faults::default();
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let local = email.split('@').next().unwrap_or_default().to_lowercase();
    if !(12..=256).contains(&length) {
        faults.add(pointer, "password_length", format!("has {length} characters; 12 to 256 are needed"));
    } else if COMMON.contains(&lower.as_str()) || lower.chars().collect::<std::collections::BTreeSet<_>>().len() < 4 {
        faults.add(pointer, "password_common", "is one of the first that are tried; choose another");
    } else if lower == email.to_lowercase() || (local.chars().count() >= 6 && lower.contains(&local)) {
        faults.add(pointer, "password_personal", "contains the e-mail address; choose another");
    }
    faults.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn verifies_what_it_hashed() {
        let stored = hash("correct horse battery".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"), "{stored}");
        assert_eq!(verify("correct horse battery".into(), Some(stored.clone())).await.unwrap(), Verdict::Right);
        assert_eq!(verify("wrong horse battery".into(), Some(stored)).await.unwrap(), Verdict::Wrong);
        assert_eq!(verify("a password that nobody has".into(), None).await.unwrap(), Verdict::Wrong);
        let weak = Argon2::default().hash_password(b"correct horse battery").unwrap().to_string();
        assert_eq!(verify("correct horse battery".into(), Some(weak)).await.unwrap(), Verdict::RightButWeak);
    }

    #[test]
    fn weak_passwords_are_refused() {
        for (password, code) in [
            ("short", Some("password_length")),
            ("password1234", Some("password_common")),
            ("aaaaaaaaaaaaaa", Some("password_common")),
            ("my-journalist-pass", Some("password_personal")),
            ("қазақша құпия сөз", None),
        ] {
            let outcome = check("/password", password, "journalist@trend.example").err().map(|e| e.faults[0].code.to_string());
            assert_eq!(outcome.as_deref(), code, "{password}");
        }
    }
}
