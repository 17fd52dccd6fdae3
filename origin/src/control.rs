//! What others decide about a running broadcast: told on the bus, and read again every two
//! seconds for what the bus lost.

use std::sync::Arc;

use infra::bus::Received;
use serde::Deserialize;

use crate::Context;
use crate::ingest::Refusal;
use crate::live::lifecycle::LEASE_EVERY;
use crate::live::pump::Command;
use crate::live::{Live, Stage};
use crate::records::{self, Held};

/// What may be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// The broadcast is over.
    End,
    /// It is removed from everyone.
    TakeDown,
    /// Its stream key is no longer good: the publisher goes, the window runs.
    KeyRevoked,
}

impl Action {
    /// The command to the broadcast's owner task.
    fn command(self) -> Command {
        match self {
            Self::End => Command::End(Refusal::Ended),
            Self::TakeDown => Command::TakeDown,
            Self::KeyRevoked => Command::Dismiss(Refusal::KeyRevoked),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Order {
    action: Action,
}

/// Hands orders to the owner task until the broadcast is over.
pub(crate) async fn obey(context: Arc<Context>, live: Arc<Live>) {
    let subject = format!("hw.broadcast.{}.control", live.identity.broadcast);
    let mut orders = context.bus.subscribe(&subject);
    let mut rounds = tokio::time::interval(LEASE_EVERY);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut version = None;
    let over = live.over();
    tokio::pin!(over);
    loop {
        // All branches are cancel safe; a round that is cut short is made again.
        let action = tokio::select! {
            () = &mut over => return,
            order = orders.recv() => match order {
                Some(Received::Message(message)) => read(&message.payload),
                Some(Received::Lagged(_)) | None => None,
            },
            _ = rounds.tick() => round(&context, &live, &mut version).await,
        };
        if let Some(action) = action
            && live.commands().send(action.command()).await.is_err()
        {
            return;
        }
        if live.stage() == Stage::TakenDown {
            return;
        }
    }
}

fn read(payload: &[u8]) -> Option<Action> {
    match serde_json::from_slice::<Order>(payload) {
        Ok(order) => Some(order.action),
        Err(error) => {
            tracing::warn!(%error, "an order to a broadcast can't be read");
            None
        }
    }
}

/// Renews the lease and reads what was ordered since.
async fn round(context: &Context, live: &Live, version: &mut Option<i64>) -> Option<Action> {
    match records::hold(context, live).await {
        Ok(Held::Ours { control_version, ordered }) => {
            let before = version.replace(control_version);
            // A key that was revoked before we came on air is not our publisher's; an end that nobody
            // obeyed, for its process was gone, is still to be obeyed.
            ordered.filter(|action| match before {
                Some(before) => before < control_version,
                None => *action != Action::KeyRevoked,
            })
        }
        Ok(Held::Lost) => {
            tracing::warn!(
                broadcast.id = %live.identity.broadcast,
                "another node has taken the broadcast over"
            );
            Some(Action::End)
        }
        Err(error) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "the lease is not renewed");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_by_its_action() {
        assert_eq!(read(br#"{"action":"end"}"#), Some(Action::End));
        assert_eq!(read(br#"{"action":"take_down","reason":"x"}"#), Some(Action::TakeDown));
        assert_eq!(read(br#"{"action":"key_revoked"}"#), Some(Action::KeyRevoked));
        assert_eq!(read(br#"{"action":"dance"}"#), None);
        assert_eq!(read(b""), None);
    }
}
