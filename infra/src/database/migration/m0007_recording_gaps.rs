//! A recording says how much of its media is missing.

use super::Script;

pub(super) const MIGRATION: Script = Script {
    name: "m0007_recording_gaps",
    shared: "alter table recordings add column missing_ms bigint not null default 0;",
    sqlite: "",
    postgres: "",
};
