//! `telemetry.tracing`.

use super::section;
use crate::config::raw::tracing::RawTracing;
use crate::config::{Sampling, Tracing};
use std::time::Duration;
use url::Url;

/// None where spans go nowhere.
pub(super) fn resolve(raw: RawTracing) -> Option<Tracing> {
    let otlp = raw.otlp.take()?;
    let mut enabled = true;
    otlp.enabled.store(&mut enabled);
    if !enabled {
        return None;
    }
    let mut endpoint =
        otlp.endpoint.take().map_or_else(|| Url::parse("http://127.0.0.1:4318").expect("it is a URL"), |url| url.0);
    if endpoint.path() == "/" {
        endpoint.set_path("/v1/traces");
    }
    let mut timeout = Duration::from_secs(10);
    otlp.timeout.store(&mut timeout);
    let mut service_name = "weft".to_owned();
    raw.service_name.store(&mut service_name);
    let mut sampling = Sampling::default();
    raw.sampler.store(&mut sampling.share);
    raw.parent_based_sampler.store(&mut sampling.follows_parent);
    let resource = section(raw.resource).into_iter().filter_map(|(name, value)| Some((name, value.take()?))).collect();
    let headers = super::authentication::headers(otlp.headers);
    Some(Tracing { endpoint, headers, timeout, service_name, resource, sampling })
}
