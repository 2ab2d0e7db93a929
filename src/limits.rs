//! How many requests a caller may make, told in the headers of draft-ietf-httpapi-ratelimit-headers-10.
//!
//! Every request takes from the budget of its address, or, with credentials, also from that of the staff member or key: both are called
//! `default`. Searches, attempts to sign in and writes take from a second one, which the headers tell beside it. What delivery has in
//! memory costs nothing to send: a search whose answer is there takes from the first alone.

use crate::config;
use crate::error::{Code, Error, Result};
use actix_web::dev::Extensions;
use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use uuid::Uuid;

const WINDOW_SECS: u32 = 60;

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// All requests of an address.
    Address,
    /// All requests of a staff member or key.
    Actor,
    Search,
    Login,
    Write,
}

impl Budget {
    /// As the headers call it.
    const fn name(self) -> &'static str {
        match self {
            Self::Address | Self::Actor => "default",
            Self::Search => "search",
            Self::Login => "login",
            Self::Write => "write",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Address | Self::Actor => "requests",
            Self::Search => "searches",
            Self::Login => "attempts to sign in",
            Self::Write => "writes",
        }
    }

    const fn is_general(self) -> bool {
        matches!(self, Self::Address | Self::Actor)
    }
}

/// The budgets of this process.
pub struct Limits {
    enabled: bool,
    addresses: Limiter<IpAddr>,
    searches: Limiter<IpAddr>,
    actors: Limiter<Uuid>,
    writers: Limiter<Uuid>,
    /// `RateLimit-Policy` where only the first budget is told: made once, because every answer of delivery has it.
    of_addresses: HeaderValue,
    of_actors: HeaderValue,
}

/// What is left of a budget.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    pub budget: Budget,
    pub quota: u32,
    pub remaining: u32,
    /// Seconds until the budget is whole again.
    pub reset: u64,
}

/// What a request has taken from, for the headers of its answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    general: Option<Left>,
    special: Option<Left>,
}

impl Left {
    fn policy(self) -> String {
        format!("\"{}\";q={};w={WINDOW_SECS}", self.budget.name(), self.quota)
    }

    fn state(self) -> String {
        format!("\"{}\";r={};t={}", self.budget.name(), self.remaining, self.reset)
    }

    /// Keeps it with its request. The budget of a caller takes the place of that of the address.
    pub fn tell(self, extensions: &mut Extensions) {
        let mut told = extensions.get::<Told>().copied().unwrap_or_default();
        *(if self.budget.is_general() { &mut told.general } else { &mut told.special }) = Some(self);
        extensions.insert(told);
    }
}

impl Limits {
    #[must_use]
    pub fn new(settings: &config::RateLimit) -> Self {
        let policy = |budget, quota| header(Left { budget, quota, remaining: quota, reset: 0 }.policy());
        Self {
            enabled: settings.enabled,
            addresses: limiter(settings.delivery),
            searches: limiter(settings.search),
            actors: limiter(settings.editorial),
            writers: limiter(settings.write),
            of_addresses: policy(Budget::Address, settings.delivery),
            of_actors: policy(Budget::Actor, settings.editorial),
        }
    }

    /// Takes one request from the budget of an address. What is left is told in any case, here and below.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn address(&self, address: IpAddr, told: &mut Extensions) -> Result<()> {
        self.take(Budget::Address, &self.addresses, &network(address), told)
    }

    /// Takes one search from the budget of an address.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn search(&self, address: IpAddr, told: &mut Extensions) -> Result<()> {
        self.take(Budget::Search, &self.searches, &network(address), told)
    }

    /// Takes one request from the budget of a staff member or key.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn actor(&self, actor: Uuid, told: &mut Extensions) -> Result<()> {
        self.take(Budget::Actor, &self.actors, &actor, told)
    }

    /// Takes one write from the budget of a staff member or key.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn write(&self, actor: Uuid, told: &mut Extensions) -> Result<()> {
        self.take(Budget::Write, &self.writers, &actor, told)
    }

    fn take<K: std::hash::Hash + Eq + Clone>(&self, budget: Budget, limiter: &Limiter<K>, key: &K, told: &mut Extensions) -> Result<()> {
        if !self.enabled {
            return Ok(());
        }
        match limiter.check_key(key) {
            Ok(snapshot) => {
                let quota = snapshot.quota().burst_size().get();
                let remaining = snapshot.remaining_burst_capacity();
                let used = u64::from(quota.saturating_sub(remaining));
                Left { budget, quota, remaining, reset: (used * u64::from(WINDOW_SECS)).div_ceil(u64::from(quota)) }.tell(told);
                Ok(())
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                let quota = not_until.quota().burst_size().get();
                Left { budget, quota, remaining: 0, reset: u64::from(WINDOW_SECS) }.tell(told);
                let detail = format!("At most {quota} {} a minute are served.", budget.unit());
                Err(Error::new(Code::RateLimited, detail).with("policy", budget.name()).retry_after(wait.as_secs() + 1))
            }
        }
    }

    /// `RateLimit-Policy` and `RateLimit`.
    pub fn headers(&self, told: &Told) -> Option<(HeaderValue, HeaderValue)> {
        let both = |write: fn(Left) -> String| {
            let texts: Vec<String> = [told.general, told.special].into_iter().flatten().map(write).collect();
            header(texts.join(", "))
        };
        match (told.general, told.special) {
            (None, None) => None,
            (Some(left), None) => {
                let policy = if left.budget == Budget::Actor { &self.of_actors } else { &self.of_addresses };
                Some((policy.clone(), header(left.state())))
            }
            (_, Some(_)) => Some((both(Left::policy), both(Left::state))),
        }
    }

    /// Forgets callers whose budget is whole again.
    pub fn tidy(&self) {
        forget(&self.addresses);
        forget(&self.searches);
        forget(&self.actors);
        forget(&self.writers);
    }
}

fn limiter<K: std::hash::Hash + Eq + Clone>(per_minute: u32) -> Limiter<K> {
    let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
    RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>()
}

fn forget<K: std::hash::Hash + Eq + Clone>(limiter: &Limiter<K>) {
    limiter.retain_recent();
    limiter.shrink_to_fit();
}

/// Without copying the text. There is nothing in it that a header could not have.
fn header(text: String) -> HeaderValue {
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or_else(|_| HeaderValue::from_static(""))
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

    fn budgets(limits: &Limits, told: &Extensions) -> (String, String) {
        let (policy, state) = limits.headers(told.get::<Told>().unwrap()).unwrap();
        (policy.to_str().unwrap().to_owned(), state.to_str().unwrap().to_owned())
    }

    fn limits() -> Limits {
        Limits::new(&config::RateLimit { enabled: true, editorial: 3, write: 1, delivery: 2, search: 1, login: 1 })
    }

    #[test]
    fn a_budget_ends_and_says_when_it_is_back() {
        let limits = limits();
        let address: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
        let mut told = Extensions::new();
        limits.address(address, &mut told).unwrap();
        assert_eq!(budgets(&limits, &told), ("\"default\";q=2;w=60".to_owned(), "\"default\";r=1;t=30".to_owned()));
        limits.address(neighbour, &mut told).unwrap();
        assert_eq!(budgets(&limits, &told).1, "\"default\";r=0;t=60");
        let refused = limits.address(address, &mut told).unwrap_err();
        assert_eq!(refused.code, Code::RateLimited);
        assert!(refused.retry_after.is_some_and(|secs| (1..=31).contains(&secs)));
        assert!(limits.address("192.0.2.1".parse().unwrap(), &mut told).is_ok());
    }

    #[test]
    fn two_budgets_are_told_by_their_names() {
        let limits = limits();
        let (address, actor) = ("192.0.2.1".parse().unwrap(), Uuid::nil());
        let mut told = Extensions::new();
        limits.address(address, &mut told).unwrap();
        limits.search(address, &mut told).unwrap();
        let (policy, state) = budgets(&limits, &told);
        assert_eq!(policy, "\"default\";q=2;w=60, \"search\";q=1;w=60");
        assert_eq!(state, "\"default\";r=1;t=30, \"search\";r=0;t=60");
        let mut told = Extensions::new();
        limits.address(address, &mut told).unwrap();
        limits.actor(actor, &mut told).unwrap();
        assert_eq!(budgets(&limits, &told).0, "\"default\";q=3;w=60", "the caller's own takes the place of the address's");
        limits.write(actor, &mut told).unwrap();
        assert!(limits.write(actor, &mut told).is_err());
        assert_eq!(budgets(&limits, &told), ("\"default\";q=3;w=60, \"write\";q=1;w=60".to_owned(), "\"default\";r=2;t=20, \"write\";r=0;t=60".to_owned()));
    }
}
