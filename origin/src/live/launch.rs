//! Starts a broadcast: its owner task, the task that writes its steps down, and what follows.

use std::sync::Arc;

use media::packager::Packager;
use tokio::sync::mpsc;

use super::lifecycle::{self, FACTS_MAX};
use super::pump::{INPUTS_MAX, Pump};
use super::{Identity, Live, Rendition, Stage};
use crate::{Context, archive, control};

/// Puts a broadcast on air; `renditions` are what an earlier process left of it.
pub(crate) fn launch(
    context: &Arc<Context>,
    (identity, fence): (Identity, i64),
    packager: Packager,
    renditions: Vec<Arc<Rendition>>,
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
    let pump = Pump::new(Arc::clone(&live), Arc::clone(context), packager, facts);
    let (after, over) = (Arc::clone(context), Arc::clone(&live));
    context.tasks.spawn("broadcast", async move {
        pump.run(orders).await;
        if matches!(over.stage(), Stage::Ended | Stage::TakenDown) {
            archive::finish(after, over).await;
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
