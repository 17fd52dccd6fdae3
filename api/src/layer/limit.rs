//! How much one asker may ask: GCRA by key, user or address, told in every answer.
//!
//! Headers and problem type: draft-ietf-httpapi-ratelimit-headers.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::Clock as GovernorClock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderName, HeaderValue, StatusCode};
use infra::clock::SharedClock;
use infra::http::Peer;
use infra::http::problem::Problem;

use crate::auth::{Identity, Principal};
use crate::refusal;
use crate::state::App;

/// The window that the quotas are told for.
const WINDOW: Duration = Duration::from_mins(1);
/// Askers remembered before those with a full allowance are forgotten.
const ASKERS_MAX: usize = 50_000;
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

type Limiter =
    RateLimiter<String, DefaultKeyedStateStore<String>, Ticks, StateInformationMiddleware>;

/// Requests a minute of each kind of asker.
#[derive(Debug, Clone, Copy)]
pub struct Quotas {
    /// Of one API key.
    pub key: NonZeroU32,
    /// Of one viewer or member.
    pub user: NonZeroU32,
    /// Of one address without a credential; many viewers may share it.
    pub address: NonZeroU32,
}

impl Default for Quotas {
    fn default() -> Self {
        let quota = |count| NonZeroU32::new(count).expect("a positive constant");
        Self { key: quota(60_000), user: quota(1_200), address: quota(6_000) }
    }
}

/// The counters of all askers.
#[derive(Clone)]
pub struct Limits(Arc<[Policy; 3]>);

impl std::fmt::Debug for Limits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Limits").finish_non_exhaustive()
    }
}

struct Policy {
    name: &'static str,
    quota: NonZeroU32,
    limiter: Limiter,
}

/// What a request leaves of its asker's allowance.
enum Outcome {
    Taken { left: u32 },
    Spent { wait: Duration },
}

impl Limits {
    /// Full allowances for everyone.
    pub fn new(quotas: Quotas, clock: &SharedClock) -> Self {
        let policy = |name, quota: NonZeroU32| {
            let each = WINDOW / quota.get();
            let quota_of_each =
                Quota::with_period(each).expect("a minute has parts").allow_burst(quota);
            let limiter = RateLimiter::dashmap_with_clock(quota_of_each, Ticks(Arc::clone(clock)))
                .with_middleware::<StateInformationMiddleware>();
            Policy { name, quota, limiter }
        };
        Self(Arc::new([
            policy("partner", quotas.key),
            policy("default", quotas.user),
            policy("address", quotas.address),
        ]))
    }

    fn policy(&self, identity: Option<&Identity>) -> &Policy {
        let [key, user, address] = &*self.0;
        match identity {
            Some(Identity::Known(Principal::Key(_))) => key,
            Some(Identity::Known(Principal::Viewer(_) | Principal::Session(_))) => user,
            Some(Identity::Refused(_) | Identity::Nobody) | None => address,
        }
    }
}

impl Policy {
    fn take(&self, asker: &String) -> Outcome {
        if self.limiter.len() > ASKERS_MAX {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key(asker) {
            Ok(state) => Outcome::Taken { left: state.remaining_burst_capacity() },
            Err(until) => Outcome::Spent { wait: until.wait_time_from(self.limiter.clock().now()) },
        }
    }

    /// Seconds until one more request is allowed than now, or the full allowance is near.
    fn reset_s(&self) -> u64 {
        (WINDOW / self.quota.get()).as_secs().max(1)
    }
}

/// Takes one request from its asker's allowance, or refuses it.
pub(crate) async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let identity = request.extensions().get::<Identity>();
    let policy = app.limits.policy(identity);
    let asker = match identity {
        Some(Identity::Known(principal)) => principal.name(),
        Some(Identity::Refused(_) | Identity::Nobody) | None => address(&request),
    };
    let (mut response, left, reset_s) = match policy.take(&asker) {
        Outcome::Taken { left } => (next.run(request).await, left, policy.reset_s()),
        Outcome::Spent { wait } => {
            (refusal::answer(spent(policy.name, wait)), 0, wait.as_secs().max(1))
        }
    };
    let (name, quota) = (policy.name, policy.quota);
    let headers = response.headers_mut();
    let tell = |text: String| HeaderValue::from_str(&text).expect("names and numbers");
    headers.insert(POLICY, tell(format!("\"{name}\";q={quota};w={}", WINDOW.as_secs())));
    headers.insert(LIMIT, tell(format!("\"{name}\";r={left};t={reset_s}")));
    response
}

fn spent(policy: &'static str, wait: Duration) -> Problem {
    refusal::of(StatusCode::TOO_MANY_REQUESTS, "quota_exceeded", "the allowance is used up")
        .type_uri("https://iana.org/assignments/http-problem-types#quota-exceeded")
        .member("violated-policies", serde_json::json!([policy]))
        .retry_after(wait)
}

/// The asker's address: IPv6 by its /56, which one household has.
fn address(request: &Request) -> String {
    match request.extensions().get::<Peer>().map(|peer| peer.address.ip().to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => format!("{:x}", u128::from(address) >> 72),
        None => "unknown".to_owned(),
    }
}

/// Our clock as governor reads it.
#[derive(Debug, Clone)]
struct Ticks(SharedClock);

impl GovernorClock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;
    use infra::clock::ManualClock;

    use super::*;

    #[test]
    fn an_allowance_is_spent_and_comes_back() {
        let clock = ManualClock::new(Timestamp(0));
        let shared: SharedClock = Arc::<ManualClock>::clone(&clock);
        let few = NonZeroU32::new(6).unwrap();
        let limits = Limits::new(Quotas { key: few, user: few, address: few }, &shared);
        let policy = limits.policy(None);
        let asker = "198.51.100.7".to_owned();
        let taken =
            (0..10).filter(|_| matches!(policy.take(&asker), Outcome::Taken { .. })).count();
        assert_eq!(taken, 6);
        let Outcome::Spent { wait } = policy.take(&asker) else { panic!("nothing is left") };
        assert_eq!(wait, Duration::from_secs(10));
        clock.advance(wait);
        assert!(matches!(policy.take(&asker), Outcome::Taken { left: 0 }));
        assert!(matches!(policy.take(&"203.0.113.9".to_owned()), Outcome::Taken { left: 5 }));
    }
}
