//! A synthetic season of broadcasts and viewers.
//!
//! Its figures are those of real schedules: broadcast length p10/50/90/99 = 45/185/424/793 min,
//! 3/14/32/55 broadcasts a channel and month, sizes by Zipf with slope 1.42, three quarters of the
//! starts at the channel's usual hour, 68 % of the views repeat a channel.

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;

use crate::{
    channel::Visibility,
    feed::{
        Chance, Item, State,
        chance::{self, Seeded},
        state::{Live, Profile},
    },
    id::{BroadcastId, ChannelId, Id, UserId},
    time::Timestamp,
};

const MINUTES: u32 = 10;
const STEPS_A_DAY: u32 = 24 * 60 / MINUTES;
const CATEGORIES: usize = 12;
/// Channels that viewers of one tend to go on to.
const NEIGHBOURS: usize = 5;

/// What a season is made of.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// Everything follows from it.
    pub seed: u64,
    /// How many channels; about 8 % are on air at once.
    pub channels: usize,
    /// How many viewers.
    pub users: usize,
    /// How long it lasts.
    pub days: u32,
    /// In how many of its last days sessions count.
    pub tested_days: u32,
}

impl World {
    /// Some seconds of work.
    pub fn standard(seed: u64) -> Self {
        Self { seed, channels: 1_500, users: 1_000, days: 14, tested_days: 4 }
    }

    /// About a second of work.
    pub fn small(seed: u64) -> Self {
        Self { seed, channels: 900, users: 400, days: 14, tested_days: 4 }
    }

    /// Lives through the season; `judge` is asked before each choice of the tested days.
    pub fn live_through(&self, mut judge: impl FnMut(&State, &Session)) {
        let mut season = Season::new(*self);
        let first_tested = (self.days - self.tested_days.min(self.days)) * STEPS_A_DAY;
        for step in 0..self.days * STEPS_A_DAY {
            season.schedule(step);
            for user in 0..self.users {
                if let Some(session) = season.choose(user, step) {
                    if step >= first_tested {
                        judge(&season.state, &session);
                    }
                    season.watch(user, &session);
                }
            }
        }
    }
}

/// A viewer comes and chooses.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// Who.
    pub user: UserId,
    /// When.
    pub now: Timestamp,
    /// What they really chose.
    pub chosen: Item,
    /// Whether they watched its channel before.
    pub is_repeat: bool,
    channel: usize,
}

struct Broadcaster {
    category: usize,
    size: f64,
    /// Of the day, in steps.
    usual_start: u32,
    starts_a_day: f64,
    neighbours: Vec<usize>,
    on_air: Option<(BroadcastId, u32, u32)>,
}

struct Watcher {
    tastes: [f64; CATEGORIES],
    sessions_a_day: f64,
    visits: HashMap<usize, f64>,
    last: Option<usize>,
}

struct Season {
    state: State,
    chance: Seeded,
    channels: Vec<Broadcaster>,
    users: Vec<Watcher>,
    broadcasts: u128,
}

fn id<T>(number: usize) -> Id<T> {
    Id::from_uuid(Uuid::from_u128(number as u128))
}

fn time(step: u32) -> Timestamp {
    Timestamp(i64::from(step) * i64::from(MINUTES) * 60_000)
}

impl Season {
    fn new(world: World) -> Self {
        let mut chance = Seeded(world.seed);
        let mut state = State::default();
        let channels: Vec<Broadcaster> =
            (0..world.channels).map(|rank| Broadcaster::new(rank, world, &mut chance)).collect();
        for (number, channel) in channels.iter().enumerate() {
            let profile = Profile {
                visibility: Visibility::Public,
                category: Some(format!("c{}", channel.category)),
                language: None,
            };
            state.channel_is(id(number), profile);
        }
        let users = (0..world.users).map(|_| Watcher::new(&mut chance)).collect();
        Self { state, chance, channels, users, broadcasts: 0 }
    }

    /// Starts and ends broadcasts, and tells the state who is on air.
    fn schedule(&mut self, step: u32) {
        let now = time(step);
        for number in 0..self.channels.len() {
            let Some(channel) = self.channels.get_mut(number) else { continue };
            if let Some((broadcast, _, ends)) = channel.on_air
                && step >= ends
            {
                self.state.is_off_air(broadcast);
                channel.on_air = None;
            }
            if channel.on_air.is_none() && channel.starts(step, &mut self.chance) {
                self.broadcasts += 1;
                let broadcast = BroadcastId::from_uuid(Uuid::from_u128(self.broadcasts));
                channel.on_air = Some((broadcast, step, step + length(&mut self.chance)));
            }
            if let Some((broadcast, since, _)) = channel.on_air {
                let live = Live {
                    channel: id(number),
                    since: time(since),
                    viewers: channel.viewers(&mut self.chance),
                    visibility: Visibility::Public,
                    is_flowing: true,
                    heard_at: now,
                };
                self.state.is_live(broadcast, live, now);
            }
        }
    }

    fn choose(&mut self, user: usize, step: u32) -> Option<Session> {
        let watcher = self.users.get(user)?;
        if self.chance.unit() >= watcher.sessions_a_day / f64::from(STEPS_A_DAY) {
            return None;
        }
        let on_air: Vec<(usize, &Broadcaster, BroadcastId)> = self
            .channels
            .iter()
            .enumerate()
            .filter_map(|(number, channel)| Some((number, channel, channel.on_air?.0)))
            .collect();
        let comes_back = self.chance.unit() < 0.68;
        let visits = |number: &usize| watcher.visits.get(number).copied().unwrap_or_default();
        let weights: Vec<f64> = on_air
            .iter()
            .map(|(number, channel, _)| match visits(number) {
                visits if comes_back => visits.powf(1.2),
                visits if visits > 0.0 => 0.0,
                _ => watcher.interest(*number, channel, &self.channels),
            })
            .collect();
        let index = weighted(&weights, &mut self.chance)?;
        let &(number, _, broadcast) = on_air.get(index)?;
        Some(Session {
            user: id(user),
            now: time(step),
            chosen: Item::Live(broadcast),
            is_repeat: watcher.visits.contains_key(&number),
            channel: number,
        })
    }

    /// The viewer stays for a while; the state learns of it by the marks that players tell.
    fn watch(&mut self, user: usize, session: &Session) {
        let minutes = -40.0 * (1.0 - self.chance.unit()).ln();
        for mark in [10, 30, 60, 300_u64] {
            let watched = Duration::from_secs(mark);
            if minutes * 60.0 >= watched.as_secs_f64() {
                let channel: ChannelId = id(session.channel);
                self.state.was_watched(Some(session.user), channel, watched, session.now);
            }
        }
        if let Some(watcher) = self.users.get_mut(user) {
            watcher.last = Some(session.channel);
            // What was liked draws again; a short visit hardly does.
            *watcher.visits.entry(session.channel).or_default() += (minutes / 30.0).min(2.0);
        }
    }
}

impl Broadcaster {
    fn new(rank: usize, world: World, chance: &mut Seeded) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
        let size = 20_000.0 / (1.0 + rank as f64).powf(1.42);
        let day = f64::from(STEPS_A_DAY);
        Self {
            category: chance::index(chance, CATEGORIES),
            size: size.max(1.0),
            usual_start: whole(chance.unit() * day),
            // Median 14 in 30 days.
            starts_a_day: (14.0 / 30.0 * (0.9 * chance::normal(chance)).exp()).min(2.0),
            neighbours: (0..NEIGHBOURS).map(|_| chance::index(chance, world.channels)).collect(),
            on_air: None,
        }
    }

    fn starts(&self, step: u32, chance: &mut Seeded) -> bool {
        let is_usual_hour = step % STEPS_A_DAY == self.usual_start;
        let share = if is_usual_hour { 0.74 } else { 0.26 / f64::from(STEPS_A_DAY - 1) };
        chance.unit() < self.starts_a_day * share
    }

    fn viewers(&self, chance: &mut Seeded) -> u32 {
        whole(self.size * (0.3 * chance::normal(chance)).exp())
    }
}

impl Watcher {
    fn new(chance: &mut Seeded) -> Self {
        Self {
            tastes: std::array::from_fn(|_| (1.2 * chance::normal(chance)).exp()),
            sessions_a_day: 0.5 + 2.0 * chance.unit(),
            visits: HashMap::new(),
            last: None,
        }
    }

    /// How likely a channel is to be tried: its size, its category, and whether viewers of the
    /// last one go there.
    fn interest(&self, number: usize, channel: &Broadcaster, all: &[Broadcaster]) -> f64 {
        let taste = self.tastes.get(channel.category).copied().unwrap_or(1.0);
        let last = self.last.and_then(|last| all.get(last));
        let is_near = last.is_some_and(|last| last.neighbours.contains(&number));
        channel.size.powf(0.6) * taste * if is_near { 20.0 } else { 1.0 }
    }
}

/// In steps: log-normal with median 185 min and p90 424 min.
fn length(chance: &mut Seeded) -> u32 {
    let minutes = 185.0 * (0.647 * chance::normal(chance)).exp();
    whole(minutes / f64::from(MINUTES)).max(1)
}

fn weighted(weights: &[f64], chance: &mut Seeded) -> Option<usize> {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let mut left = chance.unit() * total;
    weights.iter().position(|&weight| {
        left -= weight;
        left < 0.0
    })
}

fn whole(value: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    let whole = value.clamp(0.0, f64::from(u32::MAX)) as u32;
    whole
}
