//! Starts a broadcast: its owner task, the task that writes its steps down, and what follows.

use std::sync::Arc;

use media::packager::Packager;
use tokio::sync::mpsc;

use super::lifecycle::{self, FACTS_MAX};
use super::pump::{INPUTS_MAX, Pump};
use super::{Identity, Live, Rendition, Stage};
use crate::journal::Journal;
use crate::{Context, archive, control};

/// What an earlier process left of a broadcast, and the journal that goes on.
#[derive(Debug, Default)]
pub(crate) struct Past {
    pub(crate) renditions: Vec<Arc<Rendition>>,
    pub(crate) journal: Option<Journal>,
}

/// Puts a broadcast on air.
pub(crate) fn launch(
    context: &Arc<Context>,
    (identity, fence): (Identity, i64),
    packager: Packager,
    Past { renditions, journal }: Past,
) -> Arc<Live> {
    let (commands, orders) = mpsc::channel(INPUTS_MAX);
    let (facts, steps) = mpsc::channel(FACTS_MAX);
    let live = Arc::new(Live::new(identity, fence, commands));
    if !renditions.is_empty() {
        for rendition in renditions {
            live.add(rendition);
        }
        live.become_stage(Stage::Interrupted);
        live.ready.send_replace(true);
    }
    context.registry.insert(&live);
    let mut pump = Pump::new(Arc::clone(&live), Arc::clone(context), packager, facts);
    pump.journal = journal;
    let (after, over) = (Arc::clone(context), Arc::clone(&live));
    context.tasks.spawn("broadcast", async move {
        let journal = pump.run(orders).await;
        if matches!(over.stage(), Stage::Ended | Stage::TakenDown) {
            archive::finish(after, over, journal).await;
        }
    });
    let writing = lifecycle::write_down(Arc::clone(context), Arc::clone(&live), steps);
    let stopping = context.tasks.stopping();
    context.tasks.spawn("broadcast steps", async move {
        tokio::select! {
            () = writing => {}
            () = stopping => {}
        }
    });
    context.tasks.spawn("broadcast control", control::obey(Arc::clone(context), Arc::clone(&live)));
    live
}
