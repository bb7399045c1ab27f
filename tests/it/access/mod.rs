//! Who asks: tokens good and bad, keys that change and providers that fail, API keys, and what subgraphs are told.

mod accepted;
mod bad_tokens;
mod issuer;
mod provider;
mod request;
mod rotation;
