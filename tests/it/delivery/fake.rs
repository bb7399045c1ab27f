//! A registry that does as it is told: serves, refuses, lies, sleeps; and remembers who asked.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use futures::stream;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As a registry does.
    Well,
    /// Never.
    Slow,
    /// With a page of somebody else.
    Page,
    /// With half of what it announced.
    Truncated,
    /// With a body that breaks off.
    Broken,
    /// With a hash of other bytes.
    WrongHash,
    /// With more bytes than are taken.
    Endless,
    /// With 401.
    Refusing,
    /// With 500 every other time.
    Flapping,
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Question {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

struct Shared {
    mood: watch::Sender<Mood>,
    published: watch::Sender<(u64, Arc<str>)>,
    questions: Mutex<Vec<Question>>,
}

/// A running one. Its threads end with it.
pub struct FakeRegistry {
    shared: Arc<Shared>,
    pub url: String,
    runtime: Option<Runtime>,
}

impl FakeRegistry {
    /// Starts with version 1.
    pub fn start(sdl: &str) -> Self {
        let shared = Arc::new(Shared {
            mood: watch::Sender::new(Mood::Well),
            published: watch::Sender::new((1, sdl.into())),
            questions: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Self { shared, url, runtime: Some(runtime) }
    }

    /// Publishes the next version; its number.
    pub fn publish(&self, sdl: &str) -> u64 {
        let mut number = 0;
        self.shared.published.send_modify(|published| {
            number = published.0 + 1;
            *published = (number, sdl.into());
        });
        number
    }

    /// Changes how it answers; whoever waits is answered so at once.
    pub fn feel(&self, mood: Mood) {
        self.shared.mood.send_replace(mood);
    }

    /// What was asked so far.
    pub fn questions(&self) -> Vec<Question> {
        self.shared.questions.lock().unwrap().clone()
    }

    /// Waits until somebody asks, from now on, while serving this version.
    pub fn wait_until_served(&self, version: u64) {
        self.wait_for(|question| question.header("weft-serving") == version.to_string());
    }

    /// Waits until somebody has asked so.
    pub fn wait_for(&self, mut is_it: impl FnMut(&Question) -> bool) -> Question {
        let latest = std::time::Instant::now() + Duration::from_secs(30);
        let mut looked_at = 0;
        while std::time::Instant::now() < latest {
            let questions = self.shared.questions.lock().unwrap();
            if let Some(found) = questions[looked_at..].iter().find(|question| is_it(question)) {
                return found.clone();
            }
            looked_at = questions.len();
            drop(questions);
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("nobody asks so: {:#?}", self.questions().last())
    }

    /// Forgets what was asked.
    pub fn forget(&self) {
        self.shared.questions.lock().unwrap().clear();
    }
}

impl Drop for FakeRegistry {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 24).await.unwrap().to_vec();
    let count = {
        let mut questions = shared.questions.lock().unwrap();
        questions.push(Question { path: head.uri.path().to_owned(), headers: head.headers.clone(), body });
        questions.len()
    };
    let mut mood = shared.mood.subscribe();
    let now = *mood.borrow_and_update();
    match now {
        Mood::Well => {}
        Mood::Flapping if count % 2 == 0 => {}
        Mood::Flapping => return status(StatusCode::INTERNAL_SERVER_ERROR),
        Mood::Refusing => return status(StatusCode::UNAUTHORIZED),
        Mood::Slow => {
            let _ = mood.changed().await;
            return status(StatusCode::SERVICE_UNAVAILABLE);
        }
        Mood::Page => return Response::new(Body::from("<html>Sign in</html>")),
        lie => return lying(lie, &shared.published.borrow().1),
    }
    if head.uri.path().ends_with("/usage") {
        return status(StatusCode::ACCEPTED);
    }
    let mut published = shared.published.subscribe();
    let known = head.headers.get("if-none-match").map(|tag| tag.to_str().unwrap().to_owned());
    let wait =
        head.headers.get("prefer").and_then(|prefer| prefer.to_str().unwrap().strip_prefix("wait=")?.parse().ok());
    let deadline = tokio::time::sleep(Duration::from_secs(wait.unwrap_or_default()));
    tokio::pin!(deadline);
    loop {
        let (number, sdl) = published.borrow_and_update().clone();
        if known.as_deref() != Some(&tag(&sdl)) {
            return Response::builder()
                .header("etag", tag(&sdl))
                .header("weft-version", number)
                .body(Body::from(sdl.to_string()))
                .unwrap();
        }
        tokio::select! {
            biased;
            _ = mood.changed() => return status(StatusCode::SERVICE_UNAVAILABLE),
            _ = published.changed() => {}
            () = &mut deadline => return status(StatusCode::NOT_MODIFIED),
        }
    }
}

fn lying(mood: Mood, sdl: &str) -> Response {
    let half = sdl[..sdl.len() / 2].to_owned();
    let announced = Response::builder().header("etag", tag(sdl)).header("weft-version", 99);
    match mood {
        Mood::Truncated => announced.body(Body::from(half)),
        Mood::Broken => {
            let parts = [Ok(half), Err(std::io::Error::other("the cable was pulled"))];
            announced.body(Body::from_stream(stream::iter(parts)))
        }
        Mood::WrongHash => announced.body(Body::from(format!("{sdl}\n# more"))),
        _ => announced.body(Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(1 << 16))))),
    }
    .unwrap()
}

fn status(status: StatusCode) -> Response {
    let error = json!({ "code": "NO", "message": "the fake registry says no", "help": "ask it nicely" });
    let body = if status == StatusCode::NOT_MODIFIED {
        Body::empty()
    } else {
        Body::from(json!({ "errors": [error] }).to_string())
    };
    Response::builder().status(status).body(body).unwrap()
}

fn tag(sdl: &str) -> String {
    let digits: String = Sha256::digest(sdl.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}
