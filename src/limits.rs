//! How many requests a caller may make, told in the headers of draft-ietf-httpapi-ratelimit-headers-10.

use crate::config;
use crate::error::{Code, Error, Result};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use uuid::Uuid;

const WINDOW_SECS: u32 = 60;

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// The budgets of this process.
pub struct Limits {
    enabled: bool,
    addresses: Limiter<IpAddr>,
    searches: Limiter<IpAddr>,
    actors: Limiter<Uuid>,
}

/// What is left of a budget, for the headers.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    pub quota: u32,
    pub remaining: u32,
    /// Seconds until the budget is whole again.
    pub reset: u64,
}

impl Left {
    #[must_use]
    pub fn policy(self) -> String {
        format!("\"default\";q={};w={WINDOW_SECS}", self.quota)
    }

    #[must_use]
    pub fn state(self) -> String {
        format!("\"default\";r={};t={}", self.remaining, self.reset)
    }
}

impl Limits {
    #[must_use]
    pub fn new(settings: &config::RateLimit) -> Self {
        Self { enabled: settings.enabled, addresses: limiter(settings.delivery), searches: limiter(settings.search), actors: limiter(settings.editorial) }
    }

    /// Takes one request from the budget of an address, and tells `note` what is left, in any case.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn address(&self, address: IpAddr, note: impl FnOnce(Left)) -> Result<()> {
        self.take(&self.addresses, &network(address), note)
    }

    /// Takes one search from the budget of an address, and tells `note` what is left, in any case.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn search(&self, address: IpAddr, note: impl FnOnce(Left)) -> Result<()> {
        self.take(&self.searches, &network(address), note)
    }

    /// Takes one request from the budget of a staff member or key, and tells `note` what is left, in any case.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn actor(&self, actor: Uuid, note: impl FnOnce(Left)) -> Result<()> {
        self.take(&self.actors, &actor, note)
    }

    fn take<K: std::hash::Hash + Eq + Clone>(&self, limiter: &Limiter<K>, key: &K, note: impl FnOnce(Left)) -> Result<()> {
        if !self.enabled {
            return Ok(());
        }
        match limiter.check_key(key) {
            Ok(snapshot) => {
                let quota = snapshot.quota().burst_size().get();
                let remaining = snapshot.remaining_burst_capacity();
                let used = u64::from(quota.saturating_sub(remaining));
                note(Left { quota, remaining, reset: (used * u64::from(WINDOW_SECS)).div_ceil(u64::from(quota)) });
                Ok(())
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                let quota = not_until.quota().burst_size().get();
                note(Left { quota, remaining: 0, reset: u64::from(WINDOW_SECS) });
                let detail = format!("At most {quota} requests a minute are served.");
                Err(Error::new(Code::RateLimited, detail).retry_after(wait.as_secs() + 1))
            }
        }
    }

    /// Forgets callers whose budget is whole again.
    pub fn tidy(&self) {
        self.addresses.retain_recent();
        self.addresses.shrink_to_fit();
        self.searches.retain_recent();
        self.searches.shrink_to_fit();
        self.actors.retain_recent();
        self.actors.shrink_to_fit();
    }
}

fn limiter<K: std::hash::Hash + Eq + Clone>(per_minute: u32) -> Limiter<K> {
    let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
    RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>()
}

/// One household of IPv6 is a /64.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_ends_and_says_when_it_is_back() {
        let limits = Limits::new(&config::RateLimit { enabled: true, editorial: 2, delivery: 2, search: 1, login: 1 });
        let address: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
        let left = std::cell::Cell::new(9);
        limits.address(address, |l| left.set(l.remaining)).unwrap();
        assert_eq!(left.get(), 1);
        limits.address(neighbour, |l| left.set(l.remaining)).unwrap();
        assert_eq!(left.get(), 0);
        let refused = limits.address(address, |_| {}).unwrap_err();
        assert_eq!(refused.code, Code::RateLimited);
        assert!(refused.retry_after.is_some_and(|secs| (1..=31).contains(&secs)));
        assert!(limits.address("192.0.2.1".parse().unwrap(), |_| {}).is_ok());
    }
}
