//! The connection to Redis, with a real server that stops, hangs and forgets.

pub mod server;

use self::server::RedisServer;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};
use weft::config::RedisSettings;
use weft::store::redis::{Cmd, Message, Redis, Script, Unavailable, Value, cmd, pipe};
use weft::telemetry::Metrics;

/// What one command may cost when the server is in trouble: the timeout, and what a busy machine adds.
const AT_MOST: Duration = Duration::from_millis(60);

/// With the timeout that is the default, for tests of what trouble costs.
fn strict(server: &RedisServer) -> RedisSettings {
    RedisSettings { url: server.url(), connect_timeout: Duration::from_millis(500), ..RedisSettings::default() }
}

/// With time for a busy machine, for tests of what works.
fn patient(server: &RedisServer) -> RedisSettings {
    RedisSettings { timeout: Duration::from_secs(10), ..strict(server) }
}

async fn up(redis: &Redis) {
    let waiting = async {
        while !redis.is_up() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), waiting).await.expect("Redis answers");
}

async fn connected(settings: &RedisSettings, metrics: &Metrics) -> Arc<Redis> {
    let redis = Redis::start(settings, metrics).unwrap();
    up(&redis).await;
    Arc::new(redis)
}

/// Asks until there is an answer: a link may be broken without anybody having noticed.
async fn until_answered(redis: &Redis, command: &Cmd) {
    let asking = async {
        while redis.command::<Value>(command).await.is_err() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), asking).await.expect("Redis answers");
}

async fn set(redis: &Redis) -> Result<(), Unavailable> {
    redis.command(cmd("SET").arg(redis.key("a")).arg(1)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_pipelines_and_scripts_are_answered() {
    let Some(server) = RedisServer::start() else { return };
    let redis = connected(&patient(&server), &Metrics::new()).await;
    let work = async move {
        set(&redis).await.unwrap();
        let (a, b): (i64, Option<i64>) =
            redis.pipeline(pipe().cmd("GET").arg("weft:a").cmd("GET").arg("weft:b")).await.unwrap();
        assert_eq!((a, b), (1, None));
        let script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
        let sum: i64 = redis.script(script.key("weft:a").arg(41)).await.unwrap();
        assert_eq!(sum, 42);
        // The server forgets the script, and is told again.
        redis.command::<()>(cmd("SCRIPT").arg("FLUSH")).await.unwrap();
        let sum: i64 = redis.script(script.key("weft:a").arg(1)).await.unwrap();
        assert_eq!(sum, 43);
        // What the server refuses is no answer, and no reason to leave it alone.
        assert_eq!(redis.command::<i64>(cmd("LPUSH").arg("weft:a").arg(1)).await, Err(Unavailable));
        assert!(redis.is_up());
    };
    // Requests run on other threads than the connection.
    tokio::spawn(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_costs_one_timeout_and_then_nothing() {
    let Some(server) = RedisServer::start() else { return };
    let metrics = Metrics::new();
    let redis = connected(&strict(&server), &metrics).await;
    until_answered(&redis, cmd("GET").arg("a")).await;
    server.freeze();
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let redis = Arc::clone(&redis);
            tokio::spawn(async move {
                let start = Instant::now();
                (set(&redis).await, start.elapsed())
            })
        })
        .collect();
    for waiting in waiting {
        let (answer, took) = waiting.await.unwrap();
        assert_eq!(answer, Err(Unavailable));
        assert!(took < AT_MOST, "{took:?}");
    }
    let start = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(set(&redis).await, Err(Unavailable));
    }
    assert!(start.elapsed() < AT_MOST, "{:?}", start.elapsed());
    assert!(metrics.encode().contains("weft_redis_up 0"));
    server.thaw();
    until_answered(&redis, cmd("GET").arg("a")).await;
    assert!(metrics.encode().contains("weft_redis_up 1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_costs_nothing_and_is_found_again() {
    let Some(mut server) = RedisServer::start() else { return };
    let redis = connected(&strict(&server), &Metrics::new()).await;
    until_answered(&redis, cmd("GET").arg("a")).await;
    server.kill();
    for _ in 0..100 {
        let start = Instant::now();
        assert_eq!(set(&redis).await, Err(Unavailable));
        assert!(start.elapsed() < AT_MOST, "{:?}", start.elapsed());
    }
    server.restart();
    until_answered(&redis, cmd("GET").arg("a")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gauge_knows_what_answers_while_one_takes_the_place_of_another() {
    let Some(server) = RedisServer::start() else { return };
    let metrics = Metrics::new();
    let gauge = |wanted: &'static str| {
        let metrics = &metrics;
        async move {
            let waiting = async {
                while !metrics.encode().contains(wanted) {
                    sleep(Duration::from_millis(5)).await;
                }
            };
            timeout(Duration::from_secs(20), waiting).await.unwrap_or_else(|_| panic!("{}", metrics.encode()));
        }
    };
    let old = connected(&patient(&server), &metrics).await;
    let new = connected(&patient(&server), &metrics).await;
    gauge("weft_redis_up 2").await;
    drop(old);
    gauge("weft_redis_up 1").await;
    drop(new);
    gauge("weft_redis_up 0").await;
}

#[tokio::test]
async fn a_server_that_was_never_there_costs_nothing() {
    let settings = RedisSettings { url: "redis://127.0.0.1:9".to_owned(), ..RedisSettings::default() };
    let redis = Redis::start(&settings, &Metrics::new()).unwrap();
    let start = Instant::now();
    assert_eq!(set(&redis).await, Err(Unavailable));
    assert!(start.elapsed() < AT_MOST);
    assert!(!format!("{redis:?}").contains("127.0.0.1"), "a URL may hold a password");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_heard_and_a_gap_is_told() {
    let Some(mut server) = RedisServer::start() else { return };
    let redis = connected(&patient(&server), &Metrics::new()).await;
    let mut messages = redis.messages("weft:news");
    assert_eq!(messages.recv().await, Some(Message::Gap));
    redis.command::<()>(cmd("PUBLISH").arg("weft:news").arg("one")).await.unwrap();
    assert_eq!(messages.recv().await, Some(Message::Payload(b"one".to_vec())));
    server.kill();
    server.restart();
    assert_eq!(messages.recv().await, Some(Message::Gap));
    until_answered(&redis, cmd("PUBLISH").arg("weft:news").arg("two")).await;
    assert_eq!(messages.recv().await, Some(Message::Payload(b"two".to_vec())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn user_password_and_database_are_in_the_url() {
    let Some(server) = RedisServer::start_with(&["--requirepass", "s3cret"]) else { return };
    let url = server.url().replace("redis://", "redis://:s3cret@") + "/5";
    let redis = connected(&RedisSettings { url, ..patient(&server) }, &Metrics::new()).await;
    set(&redis).await.unwrap();
    let (in_five, in_none): (Option<i64>, i64) = redis
        .pipeline(pipe().cmd("GET").arg("weft:a").cmd("SELECT").arg(0).ignore().cmd("EXISTS").arg("weft:a"))
        .await
        .unwrap();
    assert_eq!((in_five, in_none), (Some(1), 0));
    // Without the password there is no link, and nothing is lost but that.
    let stranger = Redis::start(&patient(&server), &Metrics::new()).unwrap();
    sleep(Duration::from_millis(300)).await;
    assert_eq!(set(&stranger).await, Err(Unavailable));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_with_servers_of_trusted_issuers_only() {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = std::env::temp_dir().join(format!("weft-redis-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (certificate, key) = (folder.join("server.pem"), folder.join("server.key"));
    std::fs::write(&certificate, signed.cert.pem()).unwrap();
    std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    let server = RedisServer::start_with_tls(certificate.to_str().unwrap(), key.to_str().unwrap());
    let Some(server) = server else { return };
    let settings = RedisSettings { url: server.tls_url(), ..patient(&server) };
    let trusting =
        RedisSettings { certificate_authorities: Some([signed.cert.der().clone()].into()), ..settings.clone() };
    let redis = connected(&trusting, &Metrics::new()).await;
    redis.command::<()>(cmd("SET").arg(redis.key("a")).arg("b")).await.unwrap();
    assert_eq!(redis.command::<String>(cmd("GET").arg(redis.key("a"))).await, Ok("b".to_owned()));
    // What others say comes the same way.
    let mut messages = redis.messages("channel");
    let heard = async {
        assert_eq!(messages.recv().await, Some(Message::Gap));
        redis.command::<()>(cmd("PUBLISH").arg("channel").arg("hello")).await.unwrap();
        assert_eq!(messages.recv().await, Some(Message::Payload(b"hello".to_vec())));
    };
    timeout(Duration::from_secs(20), heard).await.expect("it is heard");
    let distrusting = Redis::start(&settings, &Metrics::new()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!distrusting.is_up());
    let _ = std::fs::remove_dir_all(&folder);
}
