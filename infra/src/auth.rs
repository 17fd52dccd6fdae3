//! Who may come in: secrets that are shown once, and signed viewer tokens.

pub mod secret;
pub mod token;
