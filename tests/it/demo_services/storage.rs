//! How the shop starts, keeps its data, and says what stands in its way.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use weft::demo::{Data, Demo, DemoError, Ports, Running, Service, start};

use super::{any_port, data};

/// A directory of the test's own, removed when it is done.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("weft-demo-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn data(&self) -> Data {
        Data::Directory(self.0.clone())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn fill(directory: &Data) {
    Demo::start(directory, Ipv4Addr::LOCALHOST.into(), Ports::Free).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seeding_twice_gives_the_same_bytes() {
    let (one, other) = (Scratch::new(), Scratch::new());
    fill(&one.data()).await;
    fill(&other.data()).await;
    for service in Service::ALL {
        let name = format!("{}.sqlite", service.name());
        let bytes = |directory: &Path| fs::read(directory.join(&name)).unwrap();
        assert!(bytes(&one.0).len() > 100_000);
        assert!(bytes(&one.0) == bytes(&other.0), "{name} differs");
    }
    let files = fs::read_dir(&one.0).unwrap().count();
    assert_eq!(files, Service::ALL.len(), "no journals are left behind");
}

async fn orders(directory: &Data) -> Running {
    start(Service::Orders, directory, any_port()).await.unwrap()
}

async fn count_orders(service: &Running) -> serde_json::Value {
    data(service, "{ orders { totalCount } }", json!({})).await["orders"]["totalCount"].clone()
}

const PLACE: &str = "mutation { placeOrder(input: { customerId: 1, items: [{ productId: 1 }], shippingAddress: {
    recipient: \"A\", street: \"B\", city: \"C\", postalCode: \"D\", country: AT } }) { order { id } } }";

#[tokio::test]
async fn a_directory_keeps_what_was_changed_until_the_seed_changes() {
    let scratch = Scratch::new();
    let service = orders(&scratch.data()).await;
    data(&service, PLACE, json!({})).await;
    service.stop().await;
    let service = orders(&scratch.data()).await;
    assert_eq!(count_orders(&service).await, 20_001, "the file is used again");
    service.stop().await;
    // The header's user version, as another version of the seed would have left it.
    let path = scratch.0.join("orders.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&77_u32.to_be_bytes());
    fs::write(&path, bytes).unwrap();
    let service = orders(&scratch.data()).await;
    assert_eq!(count_orders(&service).await, 20_000, "it was made afresh");
    service.stop().await;
}

#[tokio::test]
async fn memory_begins_afresh() {
    for _ in 0..2 {
        let service = orders(&Data::Memory).await;
        assert_eq!(count_orders(&service).await, 20_000);
        data(&service, PLACE, json!({})).await;
        service.stop().await;
    }
}

/// The message of a start that must fail.
async fn refusal(data: &Data, address: SocketAddr) -> (DemoError, String) {
    let error = start(Service::Users, data, address).await.map(|running| running.address()).unwrap_err();
    let message = error.to_string();
    (error, message)
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = tokio::net::TcpListener::bind(any_port()).await.unwrap();
    let address = taken.local_addr().unwrap();
    let (error, message) = refusal(&Data::Memory, address).await;
    assert!(matches!(error, DemoError::Listen { .. }));
    assert!(message.contains(&address.to_string()) && message.contains("choose another port"), "{message}");
}

#[tokio::test]
async fn a_directory_that_cannot_be_is_named() {
    let scratch = Scratch::new();
    let file = scratch.0.join("file");
    fs::write(&file, "").unwrap();
    let (error, message) = refusal(&Data::Directory(file.join("below")), any_port()).await;
    assert!(matches!(error, DemoError::Directory { .. }));
    assert!(message.contains(file.to_str().unwrap()) && message.contains("--data"), "{message}");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.0.join("users.sqlite")).unwrap();
    let (error, message) = refusal(&scratch.data(), any_port()).await;
    assert!(matches!(error, DemoError::Database { .. }));
    assert!(message.contains("users.sqlite"), "{message}");
}

#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone() {
    let scratch = Scratch::new();
    let path = scratch.0.join("users.sqlite");
    let nonsense = "this is no database ".repeat(1_000);
    fs::write(&path, &nonsense).unwrap();
    let (error, message) = refusal(&scratch.data(), any_port()).await;
    assert!(matches!(error, DemoError::Corrupt { .. }));
    assert!(message.contains("users.sqlite") && message.contains("delete it"), "{message}");
    assert_eq!(fs::read_to_string(path).unwrap(), nonsense);
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let scratch = Scratch::new();
    start(Service::Users, &scratch.data(), any_port()).await.unwrap().stop().await;
    let path = scratch.0.join("users.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    // The header's application id.
    bytes[68..72].copy_from_slice(b"ELSE");
    fs::write(&path, &bytes).unwrap();
    let (error, message) = refusal(&scratch.data(), any_port()).await;
    assert!(matches!(error, DemoError::Foreign { .. }));
    assert!(message.contains("users.sqlite") && message.contains("move it away"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_start_stops_the_others() {
    let scratch = Scratch::new();
    fs::write(scratch.0.join("payments.sqlite"), "nonsense ".repeat(1_000)).unwrap();
    let failed = Demo::start(&scratch.data(), Ipv4Addr::LOCALHOST.into(), Ports::Free).await;
    assert!(matches!(failed.unwrap_err(), DemoError::Corrupt { .. }));
    // Those that had started closed their databases, so nothing but the files is left.
    let names: Vec<_> = fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name.to_str().unwrap().ends_with(".sqlite")), "{names:?}");
}

#[tokio::test]
async fn a_stopped_service_answers_no_more() {
    let service = start(Service::Users, &Data::Memory, any_port()).await.unwrap();
    let url = service.url();
    let health = url.replace("/graphql", "/health");
    // The client keeps its connection alive: an idle one must not hold the service up.
    let client = reqwest::Client::new();
    assert_eq!(client.get(&health).send().await.unwrap().status(), 200);
    let begun = std::time::Instant::now();
    service.stop().await;
    assert!(begun.elapsed().as_secs() < 3, "stopping took {:?}", begun.elapsed());
    assert!(client.get(&health).send().await.is_err());
}
