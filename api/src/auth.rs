//! Who asks, and what they may do.
//!
//! [`identify`] runs once for each `/v1` request and leaves the outcome in the request; handlers
//! take [`Principal`] (someone must be there) or [`Caller`] (anyone may look) and ask it for a
//! [`rights`] entry. A thing of another organisation is never refused: it is not found.

pub(crate) mod api_keys;
mod cookie;
mod identify;
mod principal;
pub mod rights;
mod viewer;

pub use api_keys::KeyCache;
pub use cookie::{GUEST_COOKIE, SESSION_COOKIE, clear_cookie, read_cookie, set_cookie};
pub use identify::{BadCredential, Identity};
pub(crate) use identify::{identify, is_same_site, session_hash};
pub use principal::{Caller, KeyHolder, Principal, SignedIn};
pub use rights::{Right, Role};
pub use viewer::{Revocations, Viewer};
