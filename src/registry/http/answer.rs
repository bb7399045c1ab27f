//! Answers: results and refusals as HTTP.

use crate::registry::{Refusal, RefusalKind};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;

/// A result as JSON.
pub(super) struct Json<T>(pub(super) T);

/// What a handler gives.
pub(super) type Answer<T> = Result<Json<T>, Refusal>;

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json_response(StatusCode::OK, &self.0)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.kind {
            RefusalKind::BadRequest => StatusCode::BAD_REQUEST,
            RefusalKind::Unauthenticated => StatusCode::UNAUTHORIZED,
            RefusalKind::Forbidden => StatusCode::FORBIDDEN,
            RefusalKind::NotFound => StatusCode::NOT_FOUND,
            RefusalKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            RefusalKind::DoesNotCompose => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::Busy | RefusalKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            RefusalKind::Full => StatusCode::INSUFFICIENT_STORAGE,
            RefusalKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut body = json!({ "errors": [{ "code": self.code, "message": self.message, "help": self.help }] });
        if let Some(attempt) = self.attempt {
            body["attempt"] = attempt.into();
        }
        if !self.findings.is_empty() {
            body["findings"] = json!(self.findings);
        }
        let mut response = json_response(status, &body);
        let headers = response.headers_mut();
        match self.kind {
            RefusalKind::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            RefusalKind::Busy | RefusalKind::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

fn json_response(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
