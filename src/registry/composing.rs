//! Composition: time of the processor, so it is done off the threads that answer, and a few at a time.

use super::{Finding, Refusal};
use crate::diagnostic::Source;
use crate::source::{self, Composed, SubgraphSdl};
use crate::supergraph::{self, Supergraph};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How many graphs are composed at once, of each kind of purpose.
const AT_ONCE: usize = 2;
/// How long to wait for one's turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// Composes, a few graphs at a time.
pub(super) struct Composer {
    serving: Arc<Semaphore>,
    looking: Arc<Semaphore>,
}

/// What the work is for. Each purpose has places of its own, so that nobody who looks keeps anybody from publishing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// It is to be served.
    Serving,
    /// Somebody wants to know: a check, a comparison, a schema as clients see it.
    Looking,
}

/// A subgraph with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ingredient {
    /// Its name.
    pub(super) name: String,
    /// Where it is reached.
    pub(super) url: String,
    /// Its SDL.
    pub(super) sdl: Arc<str>,
}

/// What came of it.
pub(super) struct Product {
    /// The composed graph.
    pub(super) supergraph: Supergraph,
    /// Its text.
    pub(super) sdl: String,
    /// What composition had to say all the same.
    pub(super) hints: Vec<Finding>,
}

impl Composer {
    pub(super) fn new() -> Self {
        let places = || Arc::new(Semaphore::new(AT_ONCE));
        Self { serving: places(), looking: places() }
    }

    /// The supergraph of these subgraphs, or all that keeps them from fitting together.
    pub(super) async fn compose(
        &self,
        purpose: Purpose,
        ingredients: Vec<Ingredient>,
    ) -> Result<Result<Product, Vec<Finding>>, Refusal> {
        self.run(purpose, move || match source::compose_all(&texts(&ingredients)) {
            Ok(Composed { supergraph, hints }) => {
                let sdl = supergraph::render(&supergraph);
                Ok(Product { supergraph, sdl, hints: Finding::all(&hints) })
            }
            Err(errors) => Err(Finding::all(&errors)),
        })
        .await
    }

    /// Does some work of that kind.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        purpose: Purpose,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let places = match purpose {
            Purpose::Serving => &self.serving,
            Purpose::Looking => &self.looking,
        };
        let place = timeout(PATIENCE, Arc::clone(places).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            return Err(Refusal::busy("others are composing, and there was no turn"));
        };
        // The place is held for as long as the work goes on, also when whoever asked for it has left.
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        done.await.map_err(|_| Refusal::internal("composition broke off"))
    }
}

fn texts(ingredients: &[Ingredient]) -> Vec<SubgraphSdl> {
    let text = |Ingredient { name, url, sdl }: &Ingredient| SubgraphSdl {
        name: name.clone(),
        url: url.clone(),
        sdl: Source::of_subgraph(name, name, &**sdl),
    };
    ingredients.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn who_looks_keeps_nobody_from_publishing() {
        let composer = Arc::new(Composer::new());
        let (started, mut starts) = tokio::sync::mpsc::unbounded_channel();
        let ends: Vec<mpsc::Sender<()>> = (0..AT_ONCE)
            .map(|_| {
                let (end, ended) = mpsc::channel::<()>();
                let (composer, started) = (Arc::clone(&composer), started.clone());
                let work = move || {
                    started.send(()).unwrap();
                    ended.recv().ok();
                };
                tokio::spawn(async move { composer.run(Purpose::Looking, work).await });
                end
            })
            .collect();
        for _ in &ends {
            starts.recv().await.unwrap();
        }
        assert_eq!(composer.looking.available_permits(), 0);
        assert_eq!(composer.run(Purpose::Serving, || 7).await, Ok(7));
    }
}
