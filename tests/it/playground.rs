//! The playground over a real socket: its headers, and a browser that runs a query in it.

mod browser;
mod workbench;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use async_graphql_axum::GraphQL;
use axum::Router;
use axum::routing::post_service;
use browser::{Browser, Visit, wait_for};
use fantoccini::Locator;
use fantoccini::key::Key;
use http::StatusCode;
use http::header::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use serde_json::json;
use std::net::SocketAddr;
use weft::server::playground::{Playground, PlaygroundSettings};

struct Query;

#[Object]
impl Query {
    async fn greeting(&self, name: String) -> String {
        format!("Good day, {name}")
    }
}

fn settings() -> PlaygroundSettings {
    let query = "query Greet($name: String! = \"</script><!--\") {\n  greeting(name: $name)\n}\n";
    PlaygroundSettings {
        endpoint: "/graphql".to_owned(),
        default_query: Some(query.to_owned()),
        ..PlaygroundSettings::default()
    }
}

/// A gateway's stand-in: the playground, and a schema behind `/graphql`.
async fn serve(playground: Playground) -> SocketAddr {
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    let app: Router = playground.router().route("/graphql", post_service(GraphQL::new(schema)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// The browser, or `None` where there is none and none is demanded.
fn browser() -> Option<Browser> {
    match Browser::start() {
        Ok(browser) => Some(browser),
        Err(reason) if std::env::var_os("CI").is_some() => panic!("the browser test needs a browser: {reason}"),
        Err(reason) => {
            eprintln!("SKIPPED, the playground was not tried in a browser: {reason}");
            None
        }
    }
}

fn assert_quiet_and_local(visit: &Visit, server: SocketAddr) {
    assert_eq!(visit.complaints, [""; 0], "the console must stay empty");
    assert!(visit.requested.iter().any(|url| url.ends_with("/graphql")), "requests are seen: {:?}", visit.requested);
    let own = [format!("http://{server}/"), "data:".to_owned(), "blob:".to_owned()];
    let foreign: Vec<&String> =
        visit.requested.iter().filter(|url| !own.iter().any(|start| url.starts_with(start))).collect();
    assert_eq!(foreign, [""; 0], "the page may ask no other host");
}

#[test]
fn the_full_playground_is_embedded_where_it_must_be() {
    let Some(reason) = Playground::why_plain() else { return };
    let demanded = std::env::var_os("CI").is_some() && std::env::var("WEFT_PLAYGROUND").as_deref() != Ok("skip");
    assert!(!demanded, "the playground was not built: {reason}");
    eprintln!("the playground was not built, the plain page is tried instead: {reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_runs_a_query_in_the_playground() {
    if Playground::why_plain().is_some() {
        return; // The plain page has a test of its own.
    }
    let Some(browser) = browser() else { return };
    let server = serve(Playground::new(&settings())).await;
    let visit = browser
        .visit(async |page| {
            page.goto(&format!("http://{server}/")).await?;
            let operation = "return document.querySelector('.graphiql-query-editor .view-lines')?.innerText";
            wait_for(page, operation, "greeting").await?;
            let run = page.wait().for_element(Locator::Css("button.graphiql-execute-button")).await?;
            run.click().await?;
            let answer = "return document.querySelector('.graphiql-response .view-lines')?.innerText";
            wait_for(page, answer, "Good day, </script><!--").await?;
            // The workers run and know the schema.
            let editor = page.find(Locator::Css(".graphiql-query-editor textarea.inputarea")).await?;
            // The editor closes the brace.
            editor.send_keys(&format!("{}a{}{{ unknownField", Key::Control, Key::Null)).await?;
            let marks = "return __MONACO.editor.getModelMarkers({}).map((mark) => mark.message).join()";
            wait_for(page, marks, "Cannot query field \"unknownField\" on type \"Query\".").await
        })
        .await;
    assert_quiet_and_local(&visit, server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_runs_a_query_in_the_plain_page() {
    let Some(browser) = browser() else { return };
    let server = serve(Playground::plain(&settings())).await;
    let visit = browser
        .visit(async |page| {
            page.goto(&format!("http://{server}/")).await?;
            let variables = page.find(Locator::Id("variables")).await?;
            variables.send_keys(&json!({ "name": "Weft" }).to_string()).await?;
            page.find(Locator::Id("send")).await?.click().await?;
            wait_for(page, "return document.getElementById('result').textContent", "Good day, Weft").await
        })
        .await;
    assert_quiet_and_local(&visit, server);
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let server = serve(Playground::plain(&settings())).await;
    for path in ["/", "/playground-assets/plain.js", "/playground-assets/none.js"] {
        let headers = reqwest::get(format!("http://{server}{path}")).await.unwrap().headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["referrer-policy"], "no-referrer");
    }
}

#[tokio::test]
async fn only_get_and_head_are_answered() {
    let server = serve(Playground::plain(&settings())).await;
    let client = reqwest::Client::new();
    let head = client.head(format!("http://{server}/")).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_ne!(head.headers()["content-length"], "0");
    assert!(head.bytes().await.unwrap().is_empty());
    let post = client.post(format!("http://{server}/")).send().await.unwrap();
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(post.headers()["allow"], "GET,HEAD");
}

#[tokio::test]
async fn the_page_is_asked_for_each_time_and_sent_only_when_it_changed() {
    let playground = Playground::new(&settings());
    let first = playground.page(&HeaderMap::new());
    assert_eq!(first.headers()["cache-control"], "no-cache");
    assert_eq!(first.headers()["content-type"], "text/html; charset=utf-8");
    let tag = first.headers()["etag"].clone();
    let asking = |tags: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("if-none-match", HeaderValue::from_str(tags).unwrap());
        playground.page(&headers).status()
    };
    let tag = tag.to_str().unwrap();
    assert_eq!(asking(tag), StatusCode::NOT_MODIFIED);
    assert_eq!(asking(tag.trim_start_matches("W/")), StatusCode::NOT_MODIFIED);
    assert_eq!(asking(&format!("\"other\", {tag}")), StatusCode::NOT_MODIFIED);
    assert_eq!(asking("*"), StatusCode::NOT_MODIFIED);
    assert_eq!(asking("\"other\""), StatusCode::OK);
    let elsewhere = PlaygroundSettings { endpoint: "/elsewhere".to_owned(), ..PlaygroundSettings::default() };
    assert_ne!(Playground::new(&elsewhere).page(&HeaderMap::new()).headers()["etag"], tag);
}

#[tokio::test]
async fn settings_cannot_end_their_element() {
    for playground in [Playground::new(&settings()), Playground::plain(&settings())] {
        let page = playground.page(&HeaderMap::new()).into_body().collect().await.unwrap().to_bytes();
        let page = std::str::from_utf8(&page).unwrap();
        let (_, block) = page.split_once("<script type=\"application/json\" id=\"weft-settings\">").unwrap();
        let (block, _) = block.split_once("</script>").unwrap();
        let sent: serde_json::Value = serde_json::from_str(block).unwrap();
        assert_eq!(sent["endpoint"], "/graphql");
        assert_eq!(sent["defaultQuery"], settings().default_query.unwrap());
        assert!(!page.contains("weft:settings"), "the place is filled");
    }
}

#[test]
fn gzip_is_sent_to_those_who_take_it() {
    let playground = Playground::new(&settings());
    if Playground::why_plain().is_some() {
        return; // The plain page's script is stored unpacked.
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let name = runtime.block_on(linked_assets(&playground)).remove(0);
    let packed = |accepted: &str| {
        let headers = runtime.block_on(fetch(&playground, &name, Some(accepted))).0;
        headers.contains_key("content-encoding")
    };
    for accepted in ["gzip", "GZIP", "br, gzip", "gzip;q=0.1", "*", "deflate, *;q=0.5", "gzip ; q=1.0"] {
        assert!(packed(accepted), "{accepted}");
    }
    for accepted in ["", "br", "identity", "gzip;q=0", "gzip;q=0, *", "*;q=0", "gzip;q=nonsense"] {
        assert!(!packed(accepted), "{accepted}");
    }
}

async fn linked_assets(playground: &Playground) -> Vec<String> {
    let page = playground.page(&HeaderMap::new()).into_body().collect().await.unwrap().to_bytes();
    let links = std::str::from_utf8(&page).unwrap().split("/playground-assets/").skip(1);
    links.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

async fn fetch(playground: &Playground, name: &str, accepted: Option<&str>) -> (HeaderMap, Vec<u8>) {
    let mut headers = HeaderMap::new();
    if let Some(accepted) = accepted {
        headers.insert("accept-encoding", HeaderValue::from_str(accepted).unwrap());
    }
    let response = playground.asset(name, &headers);
    assert_eq!(response.status(), StatusCode::OK, "{name}");
    let headers = response.headers().clone();
    (headers, response.into_body().collect().await.unwrap().to_bytes().to_vec())
}
