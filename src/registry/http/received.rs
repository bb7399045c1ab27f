//! A request's body: read whole, within limits of size, time and number, and understood.

use super::Door;
use crate::registry::{Refusal, RefusalKind};
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

/// Bytes of a body: the largest known graphs are half of that.
const LARGEST: usize = 32 * 1024 * 1024;
/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body that was JSON.
pub(super) struct Received<T> {
    /// What it says.
    pub(super) value: T,
    /// Held until the answer: what waits for its turn holds memory, too.
    _place: OwnedSemaphorePermit,
}

impl<T: DeserializeOwned> FromRequest<Door> for Received<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, door: &Door) -> Result<Self, Refusal> {
        let (body, place) = read(request.into_body(), door).await?;
        let value = serde_json::from_slice(&body).map_err(|error| {
            Refusal::bad_request("INVALID_REQUEST", format!("the body is not what is asked for: {error}"))
        })?;
        Ok(Self { value, _place: place })
    }
}

/// Reads a body. Its place is to be held until the answer.
pub(in crate::registry) async fn read(body: Body, door: &Door) -> Result<(Bytes, OwnedSemaphorePermit), Refusal> {
    let Ok(Ok(place)) = timeout(PATIENCE, Arc::clone(&door.bodies).acquire_owned()).await else {
        return Err(Refusal::busy("others are sending, and there was no turn"));
    };
    match timeout(PATIENCE, Limited::new(body, LARGEST).collect()).await {
        Ok(Ok(collected)) => Ok((collected.to_bytes(), place)),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("the body has more than {} MB", LARGEST / (1024 * 1024));
            Err(Refusal::new(RefusalKind::TooLarge, "TOO_LARGE", message))
        }
        Ok(Err(_)) => Err(Refusal::bad_request("INVALID_REQUEST", "the body broke off")),
        Err(_) => Err(Refusal::bad_request("INVALID_REQUEST", "the body did not come in time")),
    }
}
