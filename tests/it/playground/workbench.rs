//! The workbench in a browser, over the demo: what people do with it, and what they see then.

use super::browser::{Browser, Steps, Visit, wait_for};
use super::{assert_quiet_and_local, browser};
use crate::process::{Folder, Weft};
use crate::registry::world::{Site, admin, put};
use crate::serving::resilience::flaky;
use fantoccini::key::Key;
use fantoccini::{Client, Locator};
use std::net::SocketAddr;
use tokio::sync::{Mutex, MutexGuard};
use weft::registry::{CheckRequest, Role};
use weft::server::playground::Playground;

/// Browsers are heavy, and what is measured here is time too: they go one after the other.
static TURN: Mutex<()> = Mutex::const_new(());

/// A demo of one's own, and a browser.
struct Shop {
    address: SocketAddr,
    browser: Browser,
    _weft: Weft,
    _folder: Folder,
    _turn: MutexGuard<'static, ()>,
}

/// Nothing where there is no browser, or no bundle; a test of its own demands both.
async fn shop() -> Option<Shop> {
    over(Folder::new(), |folder| {
        let mut weft = folder.start(&["demo", "--port", "0"]);
        let line = weft.wait_for("GraphQL ");
        (weft, line)
    })
    .await
}

/// The same over what is started in a folder, whose address stands in the text.
async fn over(folder: Folder, start: impl FnOnce(&Folder) -> (Weft, String)) -> Option<Shop> {
    if Playground::why_plain().is_some() {
        return None;
    }
    let turn = TURN.lock().await;
    let browser = browser()?;
    let (weft, text) = start(&folder);
    let address = text.split("//").nth(1).and_then(|rest| rest.split('/').next()).unwrap().parse().unwrap();
    Some(Shop { address, browser, _weft: weft, _folder: folder, _turn: turn })
}

impl Shop {
    /// Opens the workbench and lets `steps` use it.
    async fn visit(self, steps: impl AsyncFnOnce(&Client, &str) -> Steps) -> (Visit, SocketAddr) {
        let (address, url) = (self.address, format!("http://{}/", self.address));
        let visit = self
            .browser
            .visit(async |page| {
                page.goto(&url).await?;
                ready(page).await?;
                steps(page, &url).await
            })
            .await;
        (visit, address)
    }

    /// The same; nothing may go wrong, and nobody else may be asked.
    async fn quiet_visit(self, steps: impl AsyncFnOnce(&Client, &str) -> Steps) {
        let (visit, address) = self.visit(steps).await;
        assert_quiet_and_local(&visit, address);
    }
}

/// Waits until the editor is there with its operation, and the panels have their buttons.
async fn ready(page: &Client) -> Steps {
    wait_for(page, "return document.querySelector('.graphiql-query-editor .view-lines')?.innerText", "{").await?;
    wait_for(page, "return String(!!document.querySelector('[aria-label=\"Show Plan\"]'))", "true").await
}

async fn click(page: &Client, css: &str) -> Steps {
    Ok(page.wait().for_element(Locator::Css(css)).await?.click().await?)
}

/// Clicks the button that says so.
async fn press(page: &Client, text: &str) -> Steps {
    let button = format!("//button[contains(normalize-space(.), '{text}')]");
    Ok(page.wait().for_element(Locator::XPath(&button)).await?.click().await?)
}

async fn open(page: &Client, panel: &str) -> Steps {
    click(page, &format!(".graphiql-sidebar [aria-label='Show {panel}']")).await
}

/// Puts an operation into the editor, as if it had been pasted.
async fn write(page: &Client, query: &str) -> Steps {
    let script = "__MONACO.editor.getModels().find((model) => /operation/.test(model.uri.path)).setValue(arguments[0])";
    page.execute(script, vec![query.into()]).await?;
    Ok(())
}

async fn run(page: &Client) -> Steps {
    click(page, "button.graphiql-execute-button").await
}

/// The text of what a selector finds, all of it.
fn text(css: &str) -> String {
    format!("return [...document.querySelectorAll({css:?})].map((found) => found.textContent).join(' | ')")
}

const ANSWER: &str = "return document.querySelector('.graphiql-response .view-lines')?.innerText";

#[tokio::test(flavor = "multi_thread")]
async fn a_query_shows_its_plan_and_where_its_time_went() {
    let Some(shop) = shop().await else { return };
    shop.quiet_visit(async |page, _| {
        run(page).await?;
        wait_for(page, ANSWER, "Julia Weber").await?;
        open(page, "Plan").await?;
        wait_for(page, &text(".weft-panel-head"), "4 requests, depth 3").await?;
        wait_for(page, &text(".weft-node"), "orders").await?;
        // What the client may not see is not asked for, and the drawing says so.
        wait_for(page, &text(".weft-node[aria-label*='payments']"), "not asked").await?;
        click(page, ".weft-node[aria-label*='products']").await?;
        wait_for(page, &text(".weft-why"), "Product.inStock only").await?;
        wait_for(page, &text(".weft-details .weft-code"), "_entities(representations: $representations)").await?;
        open(page, "Trace").await?;
        for name in ["receive", "prepare", "users", "orders", "products", "write"] {
            wait_for(page, &text(".weft-row-label"), name).await?;
        }
        click(page, ".weft-row[aria-label^='Fetch 1 from orders']").await?;
        wait_for(page, &text(".weft-waterfall dl"), "status200").await?;
        let width = "return String(parseFloat(document.querySelector('.weft-row[aria-label*=orders] .weft-span').style.width) > 0)";
        wait_for(page, width, "true").await
    })
    .await;
}

/// Places an order of the page's own, and gives what the editor shows.
const PLACE_AND_LOOK: &str = r#"fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query: 'mutation { placeOrder(input: { customerId: 1, items: [{ productId: 1 }], shippingAddress: {' +
    'recipient: "J", street: "Ring 1", city: "K", postalCode: "50667", country: DE } }) { order { number } } }' }) });
  return document.querySelector('.graphiql-response .view-lines')?.innerText"#;

const BUTTON: &str = "return document.querySelector('button.graphiql-execute-button').getAttribute('aria-label')";

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_shows_what_happens_until_it_is_stopped() {
    let Some(shop) = shop().await else { return };
    shop.quiet_visit(async |page, _| {
        write(page, "subscription { orderChanged { status customer { name } } }").await?;
        run(page).await?;
        wait_for(page, BUTTON, "Stop").await?;
        wait_for(page, PLACE_AND_LOOK, "PLACED").await?;
        wait_for(page, ANSWER, "Julia Weber").await?;
        run(page).await?;
        wait_for(page, BUTTON, "Execute").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_follows_the_editor_before_anything_is_run() {
    let Some(shop) = shop().await else { return };
    shop.quiet_visit(async |page, _| {
        open(page, "Plan").await?;
        wait_for(page, &text(".weft-panel-head"), "4 requests").await?;
        write(page, "{ products(first: 3) { nodes { name } } }").await?;
        wait_for(page, &text(".weft-panel-head"), "1 request, depth 1").await?;
        write(page, "{ products(first: 3) { nodes { nam } } }").await?;
        wait_for(page, &text(".weft-problem"), "nam").await?;
        open(page, "Cost").await?;
        write(page, "{ products(first: 7) { nodes { brand { name } } } }").await?;
        wait_for(page, &text(".weft-table tr"), "nodes147 × 2").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_leads_to_its_place_and_signing_in_mends_it() {
    let Some(shop) = shop().await else { return };
    shop.quiet_visit(async |page, _| {
        run(page).await?;
        wait_for(page, &text(".weft-errors"), "UNAUTHORIZED_FIELD_OR_TYPE").await?;
        press(page, "at user.orders.nodes[].payment").await?;
        let selected =
            "const editor = __MONACO.editor.getEditors().find((one) => /response/.test(one.getModel().uri.path));
            return editor.getModel().getValueInRange(editor.getSelection())";
        wait_for(page, selected, "\"payment\": null").await?;
        press(page, "Sign in").await?;
        press(page, "Payments team").await?;
        wait_for(page, &text("#weft-bar"), "Payments team").await?;
        run(page).await?;
        wait_for(page, &text(".weft-last"), "points left").await?;
        wait_for(page, ANSWER, "\"status\":").await?;
        wait_for(page, "return String(document.querySelector('.weft-errors') === null)", "true").await?;
        // Who may see payments has points of their own.
        wait_for(page, &text(".weft-last"), "39").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_from_the_cache_is_marked() {
    let Some(shop) = shop().await else { return };
    shop.quiet_visit(async |page, _| {
        write(page, "{ products(first: 2) { nodes { name } } }").await?;
        open(page, "Cache").await?;
        run(page).await?;
        wait_for(page, &text(".weft-table tr[data-cached=false]"), "Query.products(first:2)○ 1 miss").await?;
        run(page).await?;
        wait_for(page, &text(".weft-table tr[data-cached=true]"), "Query.products(first:2)● 1 hit").await?;
        wait_for(page, &text(".weft-table caption"), "was not asked").await?;
        open(page, "Trace").await?;
        wait_for(page, &text(".weft-row-mark"), "1 value, no fetch").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn points_that_run_out_are_told_of() {
    let Some(shop) = shop().await else { return };
    let (visit, _) = shop
        .visit(async |page, _| {
            open(page, "Cost").await?;
            // Of 2 000 points the third time has too few.
            write(page, "{ a: products(first: 100) { nodes { brand { name } } } b: products(first: 100) { nodes { brand { name } } }
                c: products(first: 100) { nodes { brand { name } } } d: products(first: 100) { nodes { brand { name } } } }").await?;
            wait_for(page, &text(".weft-figures"), "804").await?;
            // Some come back every second.
            for most in [1_500, 700] {
                run(page).await?;
                let left = "parseInt(document.querySelector('.weft-budget strong')?.textContent.replace(/\\D/g, ''))";
                wait_for(page, &format!("return String({left} < {most})"), "true").await?;
            }
            run(page).await?;
            wait_for(page, &text(".weft-last"), "HTTP 429").await?;
            wait_for(page, &text(".weft-problem"), "you have too few points left").await
        })
        .await;
    // The browser itself complains of the status, and of nothing else.
    assert!(visit.complaints.iter().all(|complaint| complaint.contains("429")), "{:?}", visit.complaints);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_is_enough() {
    let Some(shop) = shop().await else { return };
    shop.quiet_visit(async |page, _| {
        let keys = async |keys: &str| page.active_element().await?.send_keys(keys).await;
        let (control, end) = (Key::Control, Key::Null);
        // From the top of the page to the editor, which begins with what was there.
        let inside = "return String(document.activeElement.closest('.graphiql-query-editor') !== null)";
        for _ in 0..4 {
            keys(&Key::F6.to_string()).await?;
            if page.execute(inside, Vec::new()).await? == "true" {
                break;
            }
        }
        wait_for(page, inside, "true").await?;
        keys(&format!("{control}a{end}{{ products(first: 1) {{ nodes {{ sku")).await?;
        keys(&format!("{control}{}{end}", Key::Enter)).await?;
        wait_for(page, ANSWER, "\"sku\"").await?;
        keys(&format!("{control}.{end}")).await?;
        wait_for(page, &text(".weft-goto"), "Trace").await?;
        keys("t").await?;
        wait_for(page, &text(".weft-panel h2"), "Trace").await?;
        wait_for(page, "return String(document.activeElement.closest('.weft-panel') !== null)", "true").await?;
        // The first line of the waterfall has the focus, and opens.
        keys(&Key::Enter.to_string()).await?;
        wait_for(page, &text(".weft-waterfall dl"), "who asks").await?;
        keys("?").await?;
        wait_for(page, &text(".weft-modal"), "show or hide: Trace").await?;
        keys(&Key::Escape.to_string()).await?;
        wait_for(page, "return String(document.querySelector('dialog') === null)", "true").await?;
        wait_for(page, "return String(document.activeElement.closest('.weft-panel') !== null)", "true").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_theme_is_remembered_and_a_link_carries_the_operation() {
    let Some(shop) = shop().await else { return };
    shop.quiet_visit(async |page, url| {
        let ground = "return getComputedStyle(document.body).backgroundColor";
        wait_for(page, ground, "rgb(255, 255, 255)").await?;
        for _ in 0..2 {
            click(page, "#weft-bar [aria-label^='Theme']").await?;
        }
        wait_for(page, ground, "rgb(33, 42, 59)").await?;
        write(page, "query Shared { products(first: 1) { nodes { sku } } }").await?;
        press(page, "Share").await?;
        wait_for(page, "return location.hash", "#share=").await?;
        let link = page.current_url().await?;
        assert!(!link.as_str().contains("weft_demo"), "{link}");
        write(page, "{ __typename }").await?;
        // The same page with another fragment is not loaded anew by going there.
        page.goto("about:blank").await?;
        page.goto(link.as_str()).await?;
        ready(page).await?;
        wait_for(
            page,
            "return document.querySelector('.graphiql-query-editor .view-lines')?.innerText",
            "query Shared",
        )
        .await?;
        wait_for(page, ground, "rgb(33, 42, 59)").await?;
        wait_for(page, "return location.href", url).await?;
        run(page).await?;
        wait_for(page, ANSWER, "\"sku\"").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_graph_can_be_searched_and_health_is_looked_at() {
    let Some(shop) = shop().await else { return };
    shop.quiet_visit(async |page, _| {
        run(page).await?;
        wait_for(page, ANSWER, "Julia Weber").await?;
        open(page, "Graph").await?;
        wait_for(page, &text(".weft-map-label"), "Product").await?;
        let search = page.find(Locator::Css(".weft-filter input")).await?;
        search.send_keys("Order.pay").await?;
        wait_for(page, &text(".weft-type table td"), "payments").await?;
        wait_for(page, &text(".weft-panel [role=status]"), "1 type").await?;
        open(page, "Subgraph health").await?;
        wait_for(page, &text(".weft-card[aria-label=orders]"), "answering").await?;
        wait_for(page, &text(".weft-card[aria-label=payments]"), "not asked yet").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_shows_it_too_and_the_first_paint_comes_at_once() {
    let Some(shop) = shop().await else { return };
    shop.quiet_visit(async |page, _| {
        let painted = "return String(performance.getEntriesByName('first-contentful-paint')[0]?.startTime < 1000)";
        wait_for(page, painted, "true").await?;
        page.set_window_size(390, 844).await?;
        run(page).await?;
        wait_for(page, ANSWER, "Julia Weber").await?;
        for panel in ["Plan", "Trace", "Cost", "Cache", "Graph", "Subgraph health"] {
            open(page, panel).await?;
            wait_for(page, &text(".weft-panel h2"), panel).await?;
            let fits = "return String(document.documentElement.scrollWidth <= innerWidth && document.querySelector('.weft-panel').getBoundingClientRect().right <= innerWidth)";
            wait_for(page, fits, "true").await?;
        }
        // Whatever can be pressed has a name.
        let nameless = "return [...document.querySelectorAll('button, [role=button], input, select, textarea')]
            .filter((one) => !(one.ariaLabel || one.textContent.trim() || one.labels?.length || one.title || one.closest('.monaco-editor')))
            .map((one) => one.outerHTML).join() || 'none'";
        wait_for(page, nameless, "none").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_and_open_breakers_are_seen() {
    let (flaky, _) = flaky(&["503 Service Unavailable"], r#"{"data":{"first":1}}"#).await;
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let subgraphs = format!(
        "subgraphs:\n  a: {{ routing_url: '{flaky}', schema: {{ file: a.graphql }} }}\n  \
         b: {{ routing_url: 'http://{dead}/', schema: {{ file: b.graphql }} }}\n"
    );
    let traffic = "insight: { enabled: true }\nsupergraph: { path: supergraph.yaml }\ntraffic_shaping:\n  subgraphs:\n    \
                   a: { retry: { interval: 50ms } }\n    b: { circuit_breaker: { volume_threshold: 1 } }\n";
    let folder = Folder::new()
        .with("supergraph.yaml", &subgraphs)
        .with("a.graphql", "type Query { first: Int }")
        .with("b.graphql", "type Query { second: Int }")
        .with("weft.yaml", traffic);
    let started = over(folder, |folder| {
        let (weft, endpoint) = folder.serve(&["--config", "weft.yaml"]);
        (weft, endpoint.graphql)
    });
    let Some(shop) = started.await else { return };
    shop.quiet_visit(async |page, _| {
        write(page, "{ first second }").await?;
        run(page).await?;
        wait_for(page, ANSWER, "\"first\": 1").await?;
        open(page, "Trace").await?;
        wait_for(page, &text(".weft-row-mark"), "1 retry: HTTP 503").await?;
        let waited =
            "return String(document.querySelectorAll('.weft-row[aria-label*=\"from a\"] .weft-span-wait').length)";
        wait_for(page, waited, "1").await?;
        click(page, ".weft-row[aria-label*='from a']").await?;
        wait_for(page, &text(".weft-waterfall dl"), "retry 1HTTP 503 after").await?;
        open(page, "Subgraph health").await?;
        wait_for(page, &text(".weft-card[aria-label=a]"), "1 retry (HTTP 503)").await?;
        wait_for(page, &text(".weft-card[aria-label=b] .weft-state"), "circuit open").await?;
        wait_for(page, &text(".weft-card[aria-label=b] .weft-addresses"), &dead.to_string()).await?;
        run(page).await?;
        wait_for(page, ANSWER, "SUBGRAPH_CIRCUIT_BREAKER").await?;
        wait_for(page, &text(".weft-card[aria-label=b]"), "circuit open: 1").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_version_arrives_while_one_looks() {
    let site = Site::open().await;
    let schema = |field: &str| put("a", &format!("type Query {{ first: Int {field}: Int }}"));
    site.world.publish("shop@prod", schema("second")).await.unwrap();
    let gateway = site.token(Role::Gateway, &["shop@prod"], &[]).await;
    let publisher = site.token(Role::Publisher, &["shop@prod"], &[]).await;
    let folder = Folder::new().with("weft.yaml", "insight:\n  enabled: true\n");
    let arguments = ["--config", "weft.yaml", "--registry", site.url.as_str(), "--graph", "shop@prod"];
    let started = over(folder, |folder| {
        let (weft, endpoint) = folder.serve_with(&arguments, &[("WEFT_TOKEN", &gateway)]);
        (weft, endpoint.graphql)
    });
    let Some(shop) = started.await else { return };
    shop.quiet_visit(async |page, _| {
        open(page, "Schema history").await?;
        page.wait().for_element(Locator::Css(".weft-own input")).await?.send_keys(&publisher).await?;
        press(page, "Show the history").await?;
        wait_for(page, &text(".weft-versions summary"), "1publish aserved").await?;
        site.world.publish("shop@prod", schema("third")).await.unwrap();
        wait_for(page, &text(".weft-arrival"), "New version of shop@prod").await?;
        wait_for(page, &text(".weft-versions summary"), "2publish aserved").await?;
        wait_for(page, &text(".weft-versions li"), "breaking Query.second").await?;
        wait_for(page, &text(".weft-versions li"), "safe Query.third").await?;
        // What a pipeline asks about shows while one looks, with what it would break.
        let gone = CheckRequest { submission: schema("fourth"), allow_unused: false };
        let graph = "shop@prod".parse().unwrap();
        site.world.registry.check(&admin(), &graph, gone).await.unwrap();
        wait_for(page, &text(".weft-more summary"), "1 check").await?;
        wait_for(page, &text(".weft-more .weft-type summary"), "1publish afailedteam-a").await?;
        click(page, ".weft-more .weft-type summary").await?;
        wait_for(page, &text(".weft-more .weft-type"), "Against version 2: 1 breaking, 1 safe.").await?;
        wait_for(page, &text(".weft-more .weft-type li"), "breaking Query.third").await?;
        // The editor knows the new schema without being told.
        write(page, "{ third }").await?;
        wait_for(page, "return String(__MONACO.editor.getModelMarkers({}).length)", "0").await?;
        press(page, "Roll back to version 1").await?;
        click(page, ".weft-confirm [data-tone=accent]").await?;
        wait_for(page, &text(".weft-versions summary"), "3rollback to 1served").await
    })
    .await;
}
