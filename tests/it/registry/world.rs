//! What tests of the registry have in common: schemas, tokens, a registry on a socket.

use crate::process::Folder;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use weft::config::StoreLocation;
use weft::registry::{
    self, Access, Change, GraphRef, NewToken, Published, Refusal, Registry, Role, ServerOptions, Submission,
    TokenRequest,
};

const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@key\"])\n";

/// Products, with these fields beside the id.
pub fn products(fields: &str) -> String {
    format!("{LINK}type Query {{ products: [Product!]! }}\ntype Product @key(fields: \"id\") {{ id: ID! {fields} }}\n")
}

/// Reviews of products.
pub fn reviews() -> String {
    format!(
        "{LINK}type Query {{ reviews: [Review!]! }}\ntype Review {{ stars: Int product: Product }}\n\
         type Product @key(fields: \"id\") {{ id: ID! reviews: [Review!]! }}\n"
    )
}

/// A subgraph of its own, composable with any other.
pub fn island(name: &str) -> String {
    format!("type Query {{ {name}: Int }}\n")
}

/// Does not compose with products: the field has another type.
pub fn quarrel() -> String {
    format!("{LINK}type Query {{ other: Int }}\ntype Product @key(fields: \"id\") {{ id: ID! name: [Int] }}\n")
}

pub fn graph(name: &str) -> GraphRef {
    name.parse().unwrap()
}

pub fn put(name: &str, sdl: &str) -> Submission {
    let url = Some(format!("http://{name}.internal/graphql"));
    Submission { changes: vec![Change::Put { name: name.into(), sdl: sdl.into(), url }], message: None }
}

pub fn delete(name: &str) -> Submission {
    Submission { changes: vec![Change::Delete { name: name.into() }], message: None }
}

/// Somebody with a role for all graphs.
pub fn someone(role: Role) -> Access {
    Access {
        token: "id".into(),
        owner: "team-a".into(),
        role,
        graphs: BTreeSet::from(["*".into()]),
        subgraphs: BTreeSet::new(),
    }
}

pub fn admin() -> Access {
    someone(Role::Admin)
}

/// A registry over a store; its tasks end with it.
pub struct World {
    pub registry: Arc<Registry>,
    stop: CancellationToken,
}

impl World {
    pub async fn open(location: &StoreLocation) -> Self {
        let stop = CancellationToken::new();
        Self { registry: Registry::open(location, stop.clone()).await.unwrap(), stop }
    }

    pub async fn publish(&self, name: &str, submission: Submission) -> Result<Published, Refusal> {
        self.registry.publish(&admin(), &graph(name), submission).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The SQLite file of a folder.
pub fn sqlite(folder: &Folder) -> StoreLocation {
    StoreLocation::Sqlite(folder.path().join("registry.db"))
}

/// A registry on a socket.
pub struct Site {
    pub world: World,
    pub url: String,
    pub client: reqwest::Client,
    _folder: Folder,
}

/// What it answered.
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("HTTP {}: {}", self.status, self.text))
    }

    /// The code of its error.
    pub fn code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Site {
    pub async fn open() -> Self {
        Self::open_with(ServerOptions::default()).await
    }

    pub async fn open_with(options: ServerOptions) -> Self {
        let folder = Folder::new();
        let world = World::open(&sqlite(&folder)).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (registry, stop) = (Arc::clone(&world.registry), world.stop.clone());
        tokio::spawn(registry::serve(registry, listener, options, stop));
        Self { world, url, client: reqwest::Client::new(), _folder: folder }
    }

    /// A token with this role for these graphs, limited to these subgraphs.
    pub async fn token(&self, role: Role, graphs: &[&str], subgraphs: &[&str]) -> String {
        let set = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let request = TokenRequest {
            owner: "team-a".into(),
            role,
            graphs: set(graphs),
            subgraphs: set(subgraphs),
            expires: None,
        };
        NewToken::make(self.world.registry.tables(), &request).await.unwrap().unwrap().text
    }

    pub async fn admin(&self) -> String {
        self.token(Role::Admin, &["*"], &[]).await
    }

    pub fn request(&self, method: Method, path: &str, token: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(token)
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        answer(self.request(Method::GET, path, token)).await
    }

    pub async fn send(&self, method: Method, path: &str, token: &str, body: &Value) -> Answer {
        answer(self.request(method, path, token).json(body)).await
    }

    /// Publishes one subgraph.
    pub async fn publish(&self, graph: &str, token: &str, name: &str, sdl: &str) -> Answer {
        let body = json!({ "sdl": sdl, "url": format!("http://{name}.internal/graphql") });
        self.send(Method::PUT, &format!("/v1/graphs/{graph}/subgraphs/{name}"), token, &body).await
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}
