//! The tier that gateways share: records and invalidations in Redis.
//!
//! **Records** are read with one `MGET` per fetch and written in the background, through a queue that drops what it has
//! no room for. While Redis gives no answer every look-up is a miss at once.
//!
//! **Invalidations** are numbered by Redis. Each gateway hears of them by a channel; what it missed is in a sorted
//! set of places by number, which is as large as [`Generations`] at most. With every look-up the last number is
//! read too: a gateway that has not heard of it believes nothing it reads until it has. What cannot be told
//! to Redis is applied here at once, and told when Redis answers again.

use super::generations::Generations;
use super::name::stable_hash;
use super::record::Record;
use super::wire;
use crate::store::redis::{Message, Redis, Script, cmd, pipe};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// Records that wait to be written.
const QUEUE: usize = 4_096;

/// Records that are written in one round trip.
const TOGETHER: usize = 128;

/// How often what could not be told is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Numbers an invalidation, notes it and tells everybody. Numbers follow the clock, so that they rise also when the
/// server has forgotten the last one.
const RAISE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local number = string.format('%.0f', math.max(last + 1, now, tonumber(ARGV[1]) + 1))
redis.call('SET', KEYS[1], number)
for i = 3, #ARGV do redis.call('ZADD', KEYS[2], number, ARGV[i]) end
redis.call('PUBLISH', ARGV[2], number .. ' ' .. table.concat(ARGV, ' ', 3))
return number
";

/// See the module.
#[derive(Debug)]
pub(super) struct Shared {
    redis: Arc<Redis>,
    queue: mpsc::Sender<(Box<[u8]>, Arc<Record>)>,
    hearing: Arc<Hearing>,
}

/// What is heard of invalidations and what is to be told.
#[derive(Debug)]
struct Hearing {
    redis: Arc<Redis>,
    generations: Arc<Generations>,
    /// The highest number that was heard.
    heard: AtomicU64,
    untold: Mutex<BTreeSet<u32>>,
    /// Something may have been missed.
    behind: AtomicBool,
    /// There is something to tell, or something was missed.
    wake: Notify,
}

impl Shared {
    /// Begins to listen and to write, in tasks of the runtime that it is called on.
    pub(super) fn start(redis: Arc<Redis>, generations: Arc<Generations>) -> Self {
        let (queue, records) = mpsc::channel(QUEUE);
        let hearing = Arc::new(Hearing {
            redis: Arc::clone(&redis),
            generations,
            heard: AtomicU64::new(0),
            untold: Mutex::default(),
            behind: AtomicBool::new(true),
            wake: Notify::new(),
        });
        tokio::spawn(write(Arc::clone(&redis), records));
        tokio::spawn(listen(Arc::downgrade(&hearing), redis.messages(&redis.key("cache:invalidated"))));
        Self { redis, queue, hearing }
    }

    /// Whether anything can be read at all.
    pub(super) fn is_up(&self) -> bool {
        self.redis.is_up()
    }

    /// What is kept under the keys; nothing when there is no answer.
    pub(super) async fn get(&self, keys: &[Vec<u8>], now: u64) -> Vec<Option<Record>> {
        let mut command = cmd("MGET");
        command.arg(self.redis.key("cache:number"));
        for key in keys {
            command.arg(place(&self.redis, key));
        }
        let answer = self.redis.command::<Vec<Option<Vec<u8>>>>(&command).await.unwrap_or_default();
        let mut values = answer.into_iter();
        let number = values.next().flatten().and_then(|number| std::str::from_utf8(&number).ok()?.parse::<u64>().ok());
        if !self.hearing.has_heard(number.unwrap_or(0)) {
            return Vec::new();
        }
        keys.iter().zip(values).map(|(key, value)| wire::decode(key, &value?, now)).collect()
    }

    /// Writes a record, some time, if there is room.
    pub(super) fn put(&self, key: &[u8], record: &Arc<Record>) {
        if self.is_up() {
            let _ = self.queue.try_send((key.into(), Arc::clone(record)));
        }
    }

    /// Tells everybody of an invalidation.
    pub(super) fn tell(&self, slots: &[u32]) {
        self.hearing.untold().extend(slots);
        self.hearing.wake.notify_one();
    }

    /// Whether all that was to be told is told.
    pub(super) fn has_told(&self) -> bool {
        self.hearing.untold().is_empty()
    }
}

fn place(redis: &Redis, key: &[u8]) -> String {
    // The key stands in the record and is compared.
    redis.key(&format!("cache:{:016x}", stable_hash(&[key])))
}

async fn write(redis: Arc<Redis>, mut records: mpsc::Receiver<(Box<[u8]>, Arc<Record>)>) {
    let mut some = Vec::with_capacity(TOGETHER);
    while records.recv_many(&mut some, TOGETHER).await > 0 {
        let now = super::Clock::default().now();
        let mut pipeline = pipe();
        for (key, record) in some.drain(..) {
            let lasts = record.end().saturating_sub(now).max(1);
            pipeline.cmd("SET").arg(place(&redis, &key)).arg(wire::encode(&key, &record)).arg("PX").arg(lasts).ignore();
        }
        // What is lost is fetched again.
        let _ = redis.pipeline::<()>(&pipeline).await;
    }
}

async fn listen(hearing: std::sync::Weak<Hearing>, mut messages: mpsc::Receiver<Message>) {
    loop {
        let Some(alive) = hearing.upgrade() else { return };
        let told = alive.work().await;
        tokio::select! {
            message = messages.recv() => match message {
                Some(Message::Payload(payload)) => alive.hear(&payload),
                Some(Message::Gap) => alive.missed(),
                None => return,
            },
            () = alive.wake.notified() => {}
            () = tokio::time::sleep(AGAIN), if !told => {}
            () = tokio::time::sleep(AGAIN * 10), if told => {}
        }
    }
}

impl Hearing {
    fn untold(&self) -> std::sync::MutexGuard<'_, BTreeSet<u32>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether all invalidations up to one have been heard of; if not, that is seen to.
    fn has_heard(&self, number: u64) -> bool {
        let heard = !self.behind.load(Ordering::Acquire) && number <= self.heard.load(Ordering::Acquire);
        if !heard {
            self.missed();
            self.wake.notify_one();
        }
        heard
    }

    /// What may have been missed has to be looked up.
    fn missed(&self) {
        self.behind.store(true, Ordering::Release);
    }

    /// Tells what is to be told and looks up what was missed; whether nothing is left to do.
    async fn work(&self) -> bool {
        let slots: Vec<u32> = self.untold().iter().copied().collect();
        if !slots.is_empty() && self.raise(&slots).await {
            let mut untold = self.untold();
            for slot in &slots {
                untold.remove(slot);
            }
        }
        if self.behind.load(Ordering::Acquire) && self.catch_up().await {
            self.behind.store(false, Ordering::Release);
        }
        !self.behind.load(Ordering::Acquire) && self.untold().is_empty()
    }

    async fn raise(&self, slots: &[u32]) -> bool {
        let script = Script::new(RAISE);
        let mut call = script.key(self.redis.key("cache:number"));
        call.key(self.redis.key("cache:invalidations"));
        call.arg(self.generations.latest()).arg(self.redis.key("cache:invalidated"));
        for slot in slots {
            call.arg(*slot);
        }
        match self.redis.script::<u64>(&call).await {
            Ok(number) => {
                self.generations.learn(slots.iter().map(|&slot| (slot, number)));
                true
            }
            Err(_) => false,
        }
    }

    async fn catch_up(&self) -> bool {
        let heard = self.heard.load(Ordering::Acquire);
        let mut pipeline = pipe();
        pipeline.cmd("GET").arg(self.redis.key("cache:number"));
        let set = self.redis.key("cache:invalidations");
        pipeline.cmd("ZRANGEBYSCORE").arg(set).arg(format!("({heard}")).arg("+inf").arg("WITHSCORES");
        match self.redis.pipeline::<(Option<u64>, Vec<(u32, u64)>)>(&pipeline).await {
            Ok((number, raised)) => {
                self.generations.learn(raised);
                self.heard.fetch_max(number.unwrap_or(0), Ordering::AcqRel);
                true
            }
            Err(_) => false,
        }
    }

    /// `NUMBER SLOT SLOT ...`
    fn hear(&self, payload: &[u8]) {
        let text = String::from_utf8_lossy(payload);
        let mut words = text.split(' ');
        let Some(number) = words.next().and_then(|word| word.parse().ok()) else { return };
        self.generations.learn(words.filter_map(|word| Some((word.parse().ok()?, number))));
        // What was missed before is not heard by hearing what comes after.
        if !self.behind.load(Ordering::Acquire) {
            self.heard.fetch_max(number, Ordering::AcqRel);
        }
    }
}
