//! Keeps the rules in force in step with the tables, whoever changes them.

use std::sync::Arc;
use std::time::Duration;

use infra::database::{self, rules};

use super::ruleset;
use crate::App;

/// Says that rules changed somewhere.
pub(super) const SUBJECT: &str = "hw.moderation-rules";
/// How late a change is seen when its hint was lost.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Loads the rules and puts them before every room; goes on following them until the drain.
pub(crate) async fn follow(app: &App) -> Result<(), database::Error> {
    let rules = Arc::clone(&app.moderation.rules);
    ruleset::reload(&rules, &app.database).await?;
    app.screening.replace(move |said| rules.screen(said));
    app.tasks.spawn("moderation: rules", watch(app.clone()));
    Ok(())
}

async fn watch(app: App) {
    let draining = app.tasks.draining();
    let mut draining = std::pin::pin!(draining);
    let mut hints = app.bus.subscribe(SUBJECT);
    loop {
        tokio::select! {
            // Receiving is cancel safe, and a lost hint is made good by the look.
            hint = hints.recv() => if hint.is_none() { return },
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = &mut draining => return,
        }
        if let Err(error) = refresh(&app).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "rules were not read");
        }
    }
}

/// Loads the rules again if any changed.
pub(super) async fn refresh(app: &App) -> Result<(), database::Error> {
    let rules = &app.moderation.rules;
    if rules::stamp(app.database.read()).await? != rules.stamp() {
        ruleset::reload(rules, &app.database).await?;
    }
    Ok(())
}
