//! Who may do what: every role against every request.

use super::world::{Answer, Site, island, products, put};
use http::Method;
use serde_json::{Value, json};
use weft::registry::Role;

/// A request, and which roles it is for.
struct Deed {
    method: Method,
    path: &'static str,
    body: Option<Value>,
    permitted: &'static [Role],
}

const READERS: &[Role] = &[Role::Reader, Role::Publisher, Role::Admin];
const FOLLOWERS: &[Role] = &[Role::Reader, Role::Publisher, Role::Gateway, Role::Admin];
const PUBLISHERS: &[Role] = &[Role::Publisher, Role::Admin];

fn deeds() -> Vec<Deed> {
    let read = |path| Deed { method: Method::GET, path, body: None, permitted: READERS };
    let now = chrono::Utc::now().timestamp();
    vec![
        read("/v1/graphs/shop@prod"),
        read("/v1/graphs/shop@prod/schema"),
        read("/v1/graphs/shop@prod/history"),
        read("/v1/graphs/shop@prod/diff"),
        read("/v1/graphs/shop@prod/attempts"),
        read("/v1/graphs/shop@prod/checks"),
        read("/v1/graphs/shop@prod/gateways"),
        read("/v1/graphs/shop@prod/subgraphs"),
        read("/v1/graphs/shop@prod/subgraphs/products"),
        read("/v1/graphs/shop@prod/supergraph?version=1"),
        Deed { permitted: FOLLOWERS, ..read("/v1/graphs/shop@prod/supergraph") },
        Deed {
            method: Method::POST,
            body: Some(json!({ "subgraphs": [{ "name": "products", "sdl": products("name: String") }] })),
            ..read("/v1/graphs/shop@prod/check")
        },
        Deed {
            method: Method::PUT,
            path: "/v1/graphs/shop@prod/subgraphs/products",
            body: Some(json!({ "sdl": products("name: String") })),
            permitted: PUBLISHERS,
        },
        Deed {
            method: Method::POST,
            path: "/v1/graphs/shop@prod/rollback",
            body: Some(json!({ "version": 2 })),
            permitted: PUBLISHERS,
        },
        Deed {
            method: Method::POST,
            path: "/v1/graphs/shop@prod/usage",
            body: Some(json!({ "from": now - 1, "to": now, "operations": [] })),
            permitted: &[Role::Gateway, Role::Admin],
        },
    ]
}

async fn attempt(site: &Site, token: &str, deed: &Deed) -> Answer {
    let request = site.request(deed.method.clone(), deed.path, token).header("weft-report", "r");
    super::world::answer(match &deed.body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

/// Two versions of `shop@prod`.
async fn site() -> Site {
    let site = Site::open().await;
    site.world.publish("shop@prod", put("products", &products("title: String"))).await.unwrap();
    site.world.publish("shop@prod", put("products", &products("name: String"))).await.unwrap();
    site
}

#[tokio::test]
async fn each_role_may_do_what_it_is_for_and_nothing_else() {
    let site = site().await;
    for role in Role::ALL {
        let token = site.token(role, &["shop@prod"], &[]).await;
        for deed in deeds() {
            let answer = attempt(&site, &token, &deed).await;
            let permitted = deed.permitted.contains(&role);
            let what = format!("{role}: {} {}: {}", deed.method, deed.path, answer.text);
            assert_eq!((200..300).contains(&answer.status), permitted, "{what}");
            assert_eq!(answer.status == 403, !permitted, "{what}");
        }
    }
}

#[tokio::test]
async fn a_token_is_for_its_graphs_only() {
    let site = site().await;
    for (graphs, permitted) in [
        (&["*"][..], true),
        (&["shop"], true),
        (&["shop@prod"], true),
        (&["other", "shop@prod"], true),
        (&["shop@staging"], false),
        (&["sho"], false),
        (&["shop2"], false),
        (&[], false),
    ] {
        let token = site.token(Role::Admin, graphs, &[]).await;
        for deed in deeds() {
            let answer = attempt(&site, &token, &deed).await;
            assert_eq!(answer.status != 403, permitted, "{graphs:?}: {} {}", deed.method, deed.path);
        }
        let list = site.get("/v1/graphs", &token).await.json();
        assert_eq!(list.as_array().unwrap().len(), usize::from(permitted), "{graphs:?}: {list}");
        let answer = site.send(Method::DELETE, "/v1/graphs/other@x", &token, &json!({})).await;
        assert_eq!(
            answer.status == 404,
            graphs.contains(&"*") || graphs.contains(&"other"),
            "{graphs:?}: whether there is one is nobody else's business"
        );
    }
}

#[tokio::test]
async fn without_a_good_token_nothing_is_answered() {
    let site = site().await;
    let good = site.admin().await;
    for token in ["", "x", "weft_abc_def", &good[..good.len() - 1], &good.to_uppercase()] {
        for deed in deeds() {
            let answer = attempt(&site, token, &deed).await;
            assert_eq!((answer.status, answer.code()), (401, "UNAUTHENTICATED".into()), "{token}: {}", deed.path);
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    let bare = site.client.get(format!("{}/v1/graphs", site.url)).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    let basic = site.client.get(format!("{}/v1/graphs", site.url)).basic_auth("x", Some(&good)).send().await.unwrap();
    assert_eq!(basic.status(), 401);
    assert_eq!(site.client.get(format!("{}/health", site.url)).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_publisher_of_some_subgraphs_publishes_no_others() {
    let site = site().await;
    let token = site.token(Role::Publisher, &["shop"], &["islands", "orders"]).await;
    assert_eq!(site.publish("shop@prod", &token, "islands", &island("a")).await.status, 200);
    for name in ["products", "island", "reviews"] {
        let answer = site.publish("shop@prod", &token, name, &island("b")).await;
        assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN".into()), "{name}");
    }
    let both = json!({ "subgraphs": [
        { "name": "islands", "sdl": island("b") }, { "name": "products", "sdl": products("name: String") },
    ]});
    assert_eq!(site.send(Method::POST, "/v1/graphs/shop@prod/publish", &token, &both).await.status, 403);
    let delete = |name: &str| format!("/v1/graphs/shop@prod/subgraphs/{name}");
    assert_eq!(site.send(Method::DELETE, &delete("products"), &token, &json!({})).await.status, 403);
    assert_eq!(site.send(Method::POST, "/v1/graphs/shop@prod/rollback", &token, &json!({})).await.status, 403);
    assert_eq!(site.send(Method::DELETE, &delete("islands"), &token, &json!({})).await.status, 200);
}

/// What a contract hides is in its supergraph and in the subgraphs that it is made of: who may read the contract only
/// sees what its clients see.
#[tokio::test]
async fn who_may_read_a_contract_only_sees_nothing_of_its_source() {
    let site = site().await;
    let admin = site.admin().await;
    let terms = json!({ "source": "shop@prod", "exclude": ["internal"] });
    let made = site.send(Method::POST, "/v1/graphs/shop@part/contract", &admin, &terms).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let whole = ["/subgraphs/products", "/supergraph", "/supergraph?version=1", "/attempts", "/checks"];
    for role in [Role::Reader, Role::Publisher] {
        let (partial, full) = (site.token(role, &["shop@part"], &[]).await, site.token(role, &["shop"], &[]).await);
        for path in whole {
            let path = format!("/v1/graphs/shop@part{path}");
            assert_eq!(site.get(&path, &partial).await.status, 403, "{role}: {path}");
            assert_eq!(site.get(&path, &full).await.status, 200, "{role}: {path}");
        }
        assert!(site.get("/v1/graphs/shop@part/schema", &partial).await.text.contains("type Product"));
        for path in ["", "/history", "/diff?from=1&to=1", "/subgraphs"] {
            let path = format!("/v1/graphs/shop@part{path}");
            let (answer, all) = (site.get(&path, &partial).await, site.get(&path, &full).await);
            let hidden = !answer.text.contains("products.internal");
            assert!(answer.status == 200 && hidden, "{role}: {path}: {}", answer.text);
            assert_eq!(all.text.contains("products.internal"), !path.contains("diff"), "{role}: {path}: {}", all.text);
        }
    }
    let gateway = site.token(Role::Gateway, &["shop@part"], &[]).await;
    assert!(site.get("/v1/graphs/shop@part/supergraph", &gateway).await.text.contains("join__"), "it has to plan");
    let body = json!({ "subgraphs": [{ "name": "products", "sdl": products("name: String") }] });
    for token in [admin, site.token(Role::Reader, &["shop@part"], &[]).await] {
        let checked = site.send(Method::POST, "/v1/graphs/shop@part/check", &token, &body).await;
        assert_eq!((checked.status, checked.code()), (400, "VARIANT_IS_CONTRACT".into()), "{}", checked.text);
    }
}

#[tokio::test]
async fn a_contract_takes_all_of_its_variant_and_sight_of_its_source() {
    let site = site().await;
    let terms = json!({ "source": "shop@prod", "exclude": ["internal"] });
    for (role, graphs, subgraphs, permitted) in [
        (Role::Admin, &["shop"][..], &[][..], true),
        (Role::Publisher, &["shop"], &[], true),
        (Role::Publisher, &["shop@prod", "shop@part"], &[], true),
        (Role::Publisher, &["shop@part"], &[], false),
        (Role::Publisher, &["shop@prod"], &[], false),
        (Role::Publisher, &["shop"], &["products"], false),
        (Role::Reader, &["shop"], &[], false),
        (Role::Gateway, &["shop"], &[], false),
    ] {
        let token = site.token(role, graphs, subgraphs).await;
        let answer = site.send(Method::POST, "/v1/graphs/shop@part/contract", &token, &terms).await;
        assert_eq!(answer.status, if permitted { 200 } else { 403 }, "{role} of {graphs:?}: {}", answer.text);
    }
}
