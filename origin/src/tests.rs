//! The whole origin, driven over real sockets by the client session: publish, watch, replay.

mod on_air;
mod publisher;
mod rows;
mod store;
mod world;

mod admission;
mod control;
mod live;
mod replay;
mod restart;
