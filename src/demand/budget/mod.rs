//! Budgets over time: each client has points that its operations cost and that come back.
//!
//! What an operation may cost is reserved before it is run ([`Budgets::reserve`]), and what it did not cost is given
//! back after ([`Reservation::settle`]); a reservation that is dropped before anything was asked of subgraphs gives all
//! of it back. One that is dropped later keeps it: whoever hangs up has made the work all the same.
//!
//! - [`client`]: whose budget it is; [`address`]: where a request comes from, behind proxies;
//! - [`quota`]: the arithmetic of buckets; [`clock`]: their time;
//! - [`table`]: buckets in memory; [`shared`]: buckets in Redis.
//!
//! Beside points there may be limits on how often fields are resolved; they are buckets of the same kind, and a request
//! gets what it needs of all of them or nothing of any.

mod address;
mod client;
mod clock;
mod quota;
mod shared;
mod table;

pub use address::client_address;
pub use client::Client;
pub use clock::Clock;
pub use quota::{Level, Quota};
pub use table::Table;

use crate::config::{Allowance, Budget, BudgetStore, WithoutRedis};
use crate::store::redis::Redis;
use shared::{Correction, Shared, Taken};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The bucket of points; those of field limits come after.
const POINTS: usize = 0;

/// What all clients have.
#[derive(Debug)]
pub struct Budgets {
    settings: Budget,
    everybody: Quota,
    tiers: BTreeMap<Box<str>, Quota>,
    /// Of the limits on fields, in their order.
    fields: Box<[(Box<str>, Quota)]>,
    /// By bucket.
    tables: Box<[Arc<Table>]>,
    shared: Option<Shared>,
    clock: Clock,
}

/// What a request needs.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Points.
    pub points: u64,
    /// How often limited fields are resolved: by the limit's position in the configuration.
    pub calls: SmallVec<[(usize, u64); 2]>,
}

/// How a client's points stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// The most that it can have.
    pub quota: Quota,
    /// What it has.
    pub remaining: u64,
    /// How long until it has all, in microseconds.
    pub until_full: u64,
}

/// Why a request gets nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It needs more than a client can ever have.
    NeverEnough {
        /// What it needs.
        needs: u64,
        /// What there can be.
        most: u64,
        /// The field whose limit that is; none: points.
        field: Option<Box<str>>,
    },
    /// There is too little now.
    TooLittle {
        /// How long until there is enough, in microseconds.
        wait: u64,
        /// The field whose limit that is; none: points.
        field: Option<Box<str>>,
        /// How the client's points stand.
        throttle: Throttle,
    },
    /// Redis does not answer, and then nothing is to be.
    Unavailable,
}

impl Budgets {
    /// The budgets of a configuration, whose clients keep what they had under `previous`. With Redis, on a runtime.
    pub fn new(settings: Budget, redis: Option<Arc<Redis>>, clock: Clock, previous: Option<&Self>) -> Self {
        let quota = |allowance: &Allowance| Quota::refilling(allowance.points, allowance.refill_per_second);
        let fields: Box<[(Box<str>, Quota)]> = settings
            .fields
            .iter()
            .map(|(field, limit)| {
                let window = u64::try_from(limit.window.as_micros()).unwrap_or(u64::MAX);
                (field.as_str().into(), Quota::new(limit.limit, window))
            })
            .collect();
        let shared = redis.filter(|_| settings.store == BudgetStore::Redis).map(Shared::new);
        let new_table = |_| Arc::new(Table::new(settings.max_clients));
        let kept = previous
            .filter(|previous| previous.settings.max_clients == settings.max_clients)
            .filter(|previous| previous.settings.fields.keys().eq(settings.fields.keys()));
        let tables = match kept {
            Some(previous) => previous.tables.clone(),
            None => (0..=fields.len()).map(new_table).collect(),
        };
        Self {
            everybody: quota(&settings.default),
            tiers: settings.tiers.iter().map(|(name, tier)| (name.as_str().into(), quota(tier))).collect(),
            fields,
            tables,
            shared,
            clock,
            settings,
        }
    }

    /// What they were made of.
    pub fn settings(&self) -> &Budget {
        &self.settings
    }

    /// Whether these are the budgets of that configuration, in that store.
    pub fn are_of(&self, settings: &Budget, redis: Option<&Arc<Redis>>) -> bool {
        let same_store = match (&self.shared, redis) {
            (None, _) => true,
            (Some(shared), Some(redis)) => Arc::ptr_eq(shared.redis(), redis),
            (Some(_), None) => false,
        };
        self.settings == *settings && same_store
    }

    /// Takes what a request needs, all or nothing.
    ///
    /// # Errors
    /// Why it gets nothing.
    pub async fn reserve(
        self: &Arc<Self>,
        client: Client,
        tier: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Reservation, Refused> {
        let quota = tier.and_then(|tier| self.tiers.get(tier)).copied().unwrap_or(self.everybody);
        let mut buckets: SmallVec<[(usize, Quota, u64); 2]> = SmallVec::new();
        let calls = wanted.calls.iter().map(|&(field, calls)| (POINTS + 1 + field, self.fields[field].1, calls));
        for (bucket, quota, needs) in [(POINTS, quota, wanted.points)].into_iter().chain(calls) {
            if needs > quota.points() {
                return Err(Refused::NeverEnough { needs, most: quota.points(), field: self.field(bucket) });
            }
            buckets.push((bucket, quota, quota.micros(needs)));
        }
        let (taken, place) = match self.take(&client, &buckets).await {
            Some(taken) => taken,
            None => match self.settings.without_redis {
                WithoutRedis::Local => (self.take_here(&client, &buckets), Place::Memory),
                WithoutRedis::Open => (Taken::All { until_full: 0 }, Place::Nowhere),
                WithoutRedis::Closed => return Err(Refused::Unavailable),
            },
        };
        let throttle = |until_full| Throttle { quota, remaining: quota.remaining(until_full), until_full };
        match taken {
            Taken::All { until_full } => Ok(Reservation {
                budgets: Arc::clone(self),
                client,
                buckets,
                place,
                throttle: throttle(until_full),
                state: State::Unused,
            }),
            Taken::TooLittle { at, wait, until_full } => {
                Err(Refused::TooLittle { wait, field: self.field(buckets[at].0), throttle: throttle(until_full) })
            }
        }
    }

    /// Takes where the configuration says; nothing when that does not answer.
    async fn take(&self, client: &Client, buckets: &[(usize, Quota, u64)]) -> Option<(Taken, Place)> {
        match &self.shared {
            None => Some((self.take_here(client, buckets), Place::Memory)),
            Some(shared) => shared.take(client, buckets).await.ok().map(|taken| (taken, Place::Redis)),
        }
    }

    fn take_here(&self, client: &Client, buckets: &[(usize, Quota, u64)]) -> Taken {
        let now = self.clock.now();
        let mut first = 0;
        for (at, &(bucket, quota, micros)) in buckets.iter().enumerate() {
            match self.tables[bucket].take(client, quota, now, micros) {
                Ok(level) if at == 0 => first = level.until_full,
                Ok(_) => {}
                Err(wait) => {
                    for &(bucket, _, micros) in &buckets[..at] {
                        self.tables[bucket].correct(client, signed(micros).saturating_neg(), now);
                    }
                    let until_full = self.tables[POINTS].until_full(client, now);
                    return Taken::TooLittle { at, wait, until_full };
                }
            }
        }
        Taken::All { until_full: first }
    }

    /// The field whose limit a bucket is.
    fn field(&self, bucket: usize) -> Option<Box<str>> {
        let field = bucket.checked_sub(POINTS + 1)?;
        Some(self.fields[field].0.clone())
    }
}

/// What was taken for a request.
#[derive(Debug)]
#[must_use = "dropped, it is given back"]
pub struct Reservation {
    budgets: Arc<Budgets>,
    client: Client,
    buckets: SmallVec<[(usize, Quota, u64); 2]>,
    place: Place,
    throttle: Throttle,
    state: State,
}

/// Where the buckets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Memory,
    Redis,
    /// Nothing was taken.
    Nowhere,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has been asked of subgraphs.
    Unused,
    /// Something may have been.
    Begun,
    Settled,
}

impl Reservation {
    /// From here on work is done for it.
    pub fn begin(&mut self) {
        self.state = State::Begun;
    }

    /// Gives back what was not used, or takes what was used beyond it. Gives how the client's points stand then.
    pub fn settle(mut self, used: &Wanted) -> Throttle {
        self.state = State::Settled;
        let used_of = |bucket: usize| match bucket.checked_sub(POINTS + 1) {
            None => used.points,
            Some(field) => used.calls.iter().find(|(of, _)| *of == field).map_or(0, |&(_, calls)| calls),
        };
        let changes = self.buckets.iter().map(|&(bucket, quota, taken)| {
            (bucket, signed(quota.micros(used_of(bucket))).saturating_sub(signed(taken)))
        });
        let changes: SmallVec<[(usize, i64); 2]> = changes.filter(|&(_, more)| more != 0).collect();
        self.change(changes);
        self.throttle
    }

    /// How the client's points stood after taking.
    pub fn throttle(&self) -> Throttle {
        self.throttle
    }

    fn change(&mut self, changes: SmallVec<[(usize, i64); 2]>) {
        if let Some(&(_, more)) = changes.iter().find(|(bucket, _)| *bucket == POINTS) {
            let until_full = self.throttle.until_full.saturating_add_signed(more);
            let quota = self.throttle.quota;
            self.throttle = Throttle { quota, remaining: quota.remaining(until_full), until_full };
        }
        if changes.is_empty() {
            return;
        }
        match (self.place, &self.budgets.shared) {
            (Place::Redis, Some(shared)) => shared.correct(Correction { client: self.client.clone(), changes }),
            (Place::Memory, _) => {
                let now = self.budgets.clock.now();
                for (bucket, more) in changes {
                    self.budgets.tables[bucket].correct(&self.client, more, now);
                }
            }
            _ => {}
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.state == State::Unused {
            let all = self.buckets.iter().map(|&(bucket, _, taken)| (bucket, signed(taken).saturating_neg())).collect();
            self.change(all);
        }
    }
}

fn signed(micros: u64) -> i64 {
    i64::try_from(micros).unwrap_or(i64::MAX)
}
