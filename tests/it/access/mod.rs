//! Who asks: tokens good and bad, keys that change and providers that fail, API keys, and what subgraphs are told.

pub mod accepted;
mod api_keys;
mod bad_tokens;
mod forwarding;
mod introspection;
pub mod issuer;
mod oidc;
mod provider;
mod request;
mod rotation;
