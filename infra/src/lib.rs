//! Everything that meets the outside: stores, bus, configuration, clock, sockets, telemetry.
//!
//! Only this crate names sea-orm, sqlx, the S3 client and the accept loop.

pub mod auth;
pub mod bootstrap;
pub mod bus;
pub mod clock;
pub mod config;
pub mod database;
pub mod http;
pub mod ids;
pub mod machine;
pub mod object;
pub mod outbox;
pub mod tasks;
pub mod telemetry;
