//! The system tests: they drive the real program over loopback as publisher, player, viewer,
//! moderator and partner. One binary, so that the program is linked once.

#![expect(clippy::tests_outside_test_module, reason = "the whole binary is tests")]

mod harness;

mod caches;
mod codings;
mod command_line;
mod comments;
mod conformance;
mod continuity;
mod doctor;
mod failure;
mod feed;
mod gifts;
mod live;
mod moderation;
mod operator;
mod pages;
mod playing;
mod rtmps;
mod studio;
mod tidy;
mod tls;
mod vod;
