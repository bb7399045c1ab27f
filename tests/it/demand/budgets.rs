//! Budgets in memory, by a clock that the tests move.

use super::config;
use std::sync::Arc;
use std::time::Duration;
use weft::demand::budget::{Budgets, Client, Clock, Refused, Wanted};

fn budgets(yaml: &str) -> (Arc<Budgets>, Clock) {
    let clock = Clock::standing();
    clock.advance(Duration::from_secs(1_000));
    let settings = config(yaml).demand_control.unwrap().budget.unwrap();
    (Arc::new(Budgets::new(settings, None, clock.clone(), None)), clock)
}

fn client(name: &str) -> Client {
    Client::Key(name.into())
}

fn points(points: u64) -> Wanted {
    Wanted { points, ..Wanted::default() }
}

const SMALL: &str = "
demand_control:
  budget:
    points: 100
    refill_per_second: 10
    tiers:
      gold: { points: 1000 }
      fast: { refill_per_second: 50 }
    fields:
      Query.dear: { limit: 2, window: 10s }
";

#[tokio::test]
async fn what_is_not_used_is_given_back_and_what_was_used_refills() {
    let (budgets, clock) = budgets(SMALL);
    let mut reservation = budgets.reserve(client("a"), None, &points(90)).await.unwrap();
    assert_eq!(reservation.throttle().remaining, 10);
    reservation.begin();
    assert_eq!(reservation.settle(&points(30)).remaining, 70);
    let refused = budgets.reserve(client("a"), None, &points(80)).await.unwrap_err();
    let Refused::TooLittle { wait, field: None, throttle } = refused else { panic!("{refused:?}") };
    assert_eq!((wait, throttle.remaining, throttle.until_full), (1_000_000, 70, 3_000_000));
    clock.advance(Duration::from_secs(1));
    let mut reservation = budgets.reserve(client("a"), None, &points(80)).await.unwrap();
    assert_eq!(reservation.throttle().remaining, 0);
    reservation.begin();
    // It cost more than was thought: the client owes it.
    assert_eq!(reservation.settle(&points(100)).remaining, 0);
    let refused = budgets.reserve(client("a"), None, &points(1)).await.unwrap_err();
    assert!(matches!(refused, Refused::TooLittle { wait: 2_100_000, .. }), "{refused:?}");
    // Somebody else has all of theirs.
    assert_eq!(budgets.reserve(client("b"), None, &points(1)).await.unwrap().throttle().remaining, 99);
}

#[tokio::test]
async fn who_leaves_before_anything_was_asked_gets_all_back() {
    let (budgets, _) = budgets(SMALL);
    drop(budgets.reserve(client("a"), None, &points(100)).await.unwrap());
    let mut reservation = budgets.reserve(client("a"), None, &points(60)).await.unwrap();
    reservation.begin();
    drop(reservation);
    assert!(budgets.reserve(client("a"), None, &points(41)).await.is_err(), "work that was begun is paid for");
    assert!(budgets.reserve(client("a"), None, &points(40)).await.is_ok());
}

#[tokio::test]
async fn tiers_have_their_own() {
    let (budgets, clock) = budgets(SMALL);
    let gold = budgets.reserve(client("a"), Some("gold"), &points(1_000)).await.unwrap();
    assert_eq!(gold.throttle().quota.points(), 1_000);
    let mut fast = budgets.reserve(client("b"), Some("fast"), &points(100)).await.unwrap();
    fast.begin();
    clock.advance(Duration::from_secs(1));
    assert!(budgets.reserve(client("b"), Some("fast"), &points(50)).await.is_ok());
    let other = budgets.reserve(client("c"), Some("a tier that nobody knows"), &points(100)).await.unwrap();
    assert_eq!(other.throttle().quota.points(), 100);
}

#[tokio::test]
async fn what_is_dearer_than_the_bucket_never_waits() {
    let (budgets, _) = budgets(SMALL);
    let refused = budgets.reserve(client("a"), None, &points(101)).await.unwrap_err();
    assert_eq!(refused, Refused::NeverEnough { needs: 101, most: 100, field: None });
    let refused = budgets.reserve(client("a"), None, &points(u64::MAX)).await.unwrap_err();
    assert_eq!(refused, Refused::NeverEnough { needs: u64::MAX, most: 100, field: None });
    assert!(budgets.reserve(client("a"), None, &points(100)).await.is_ok(), "nothing was taken");
}

#[tokio::test]
async fn a_request_gets_all_that_it_needs_or_nothing() {
    let (budgets, clock) = budgets(SMALL);
    let both = |points, calls| Wanted { points, calls: [(0, calls)].into_iter().collect() };
    let mut reservation = budgets.reserve(client("a"), None, &both(10, 2)).await.unwrap();
    reservation.begin();
    assert_eq!(reservation.settle(&both(10, 2)).remaining, 90);
    let refused = budgets.reserve(client("a"), None, &both(10, 1)).await.unwrap_err();
    let Refused::TooLittle { wait: 5_000_000, field, throttle } = refused else { panic!("{refused:?}") };
    assert_eq!((field.as_deref(), throttle.remaining), (Some("Query.dear"), 90));
    let refused = budgets.reserve(client("a"), None, &both(10, 3)).await.unwrap_err();
    assert_eq!(refused, Refused::NeverEnough { needs: 3, most: 2, field: Some("Query.dear".into()) });
    clock.advance(Duration::from_secs(5));
    assert!(budgets.reserve(client("a"), None, &both(10, 1)).await.is_ok());
}

#[tokio::test]
async fn a_reload_keeps_what_clients_have_left() {
    let (old, clock) = budgets(SMALL);
    let mut reservation = old.reserve(client("a"), None, &points(100)).await.unwrap();
    reservation.begin();
    drop(reservation);
    let mut settings = old.settings().clone();
    assert!(old.are_of(&settings, None));
    settings.default.points = 200;
    assert!(!old.are_of(&settings, None));
    let new = Arc::new(Budgets::new(settings, None, clock, Some(&old)));
    // Of twice as many points those are gone that refill in the time that is still owed.
    let refused = new.reserve(client("a"), None, &points(101)).await.unwrap_err();
    assert!(matches!(refused, Refused::TooLittle { .. }), "{refused:?}");
}
