//! What happens to every request and answer, whatever the endpoint: outermost first.
//!
//! [`request_id`] names the request → [`headers`] → [`measure`] → [`cors`] → [`problems`] (whatever
//! failed inside becomes a problem with the request's id) → [`watchdog`] (panic, time-out) →
//! `auth::identify` → [`limit`] → [`conditional`] → [`idempotency`] → the handler.

pub(crate) mod conditional;
pub(crate) mod cors;
pub(crate) mod headers;
pub(crate) mod idempotency;
pub(crate) mod limit;
pub(crate) mod measure;
pub(crate) mod problems;
pub(crate) mod request_id;
pub(crate) mod watchdog;
