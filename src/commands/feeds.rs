//! `headwater feeds evaluate`: our ranking beside two simple rules, on a simulated schedule.

use domain::feed::evaluate::{Ranking, World, evaluate};
use domain::feed::score::Weights;
use serde_json::json;

use super::{Outcome, print};
use crate::cli::{Common, Feeds};

/// Exit code 3 when a simple rule is better.
pub(crate) fn run(common: &Common, command: &Feeds) -> anyhow::Result<Outcome> {
    let Feeds::Evaluate { seed } = command;
    let report = evaluate(&World::standard(*seed), &Weights::DEFAULT);
    let rows =
        [("feeds", &report.feeds), ("popularity", &report.popularity), ("repeat", &report.repeat)];
    if common.json {
        let row = |ranking: &Ranking| json!({"hit_rate": ranking.all.hit_rate, "ndcg": ranking.all.ndcg, "new_hit_rate": ranking.new.hit_rate});
        let mut text = json!({"ahead": report.is_ahead(), "dead_cards": report.dead_cards});
        for (name, ranking) in rows {
            text[name] = row(ranking);
        }
        print(&text.to_string())?;
    } else {
        print("ranking      HR@10   NDCG    HR@10 of channels new to the viewer")?;
        for (name, ranking) in rows {
            let (all, new) = (ranking.all, ranking.new.hit_rate);
            print(&format!("{name:<12} {:.3}   {:.3}   {new:.3}", all.hit_rate, all.ndcg))?;
        }
        print(&format!("cards that were off air when shown: {}", report.dead_cards))?;
    }
    Ok(if report.is_ahead() { Outcome::Good } else { Outcome::Unsound })
}
