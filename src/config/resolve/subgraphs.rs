//! What six sections say of subgraphs, gathered per subgraph.

use super::subscription::of_subgraph;
use super::{Mentions, resilience, section, store_size};
use crate::config::raw::one_or_more::RawOneOrMore;
use crate::config::raw::subscription::RawPassthrough;
use crate::config::raw::tls::{RawSubgraphTls, RawSubgraphsTls};
use crate::config::raw::traffic::RawSubgraphTraffic;
use crate::config::raw::{PerSubgraph, RawIncludeErrors};
use crate::config::values::HttpUrl;
use crate::config::yaml::{Reports, Setting, code};
use crate::config::{SubgraphSettings, Subgraphs};
use std::collections::BTreeMap;

/// The sections.
pub(super) struct Sections {
    pub(super) all: Setting<RawSubgraphTraffic>,
    pub(super) by_name: Setting<PerSubgraph<RawSubgraphTraffic>>,
    pub(super) urls: Setting<PerSubgraph<RawOneOrMore<HttpUrl>>>,
    pub(super) tls: RawSubgraphsTls,
    pub(super) errors: RawIncludeErrors,
    pub(super) passthrough: RawPassthrough,
}

/// What holds for all comes first, so that a subgraph's own words are laid over it.
pub(super) fn resolve(sections: Sections, reports: &Reports, mentions: &mut Mentions) -> Subgraphs {
    let mut all = SubgraphSettings::default();
    let traffic = |raw, settings: &mut SubgraphSettings| traffic(raw, settings, reports);
    traffic(section(sections.all), &mut all);
    tls(section(sections.tls.all), &mut all);
    sections.errors.all.store(&mut all.include_errors);
    of_subgraph(section(sections.passthrough.all), &mut all);

    let mut gathered = Gathered { all, by_name: BTreeMap::new(), reports, mentions };
    gathered.lay(section(sections.by_name), traffic);
    gathered.lay(section(sections.urls), |urls, settings| settings.urls = different(urls, reports));
    gathered.lay(section(sections.tls.subgraphs), tls);
    gathered.lay(section(sections.errors.subgraphs), |include, settings| settings.include_errors = include);
    gathered.lay(section(sections.passthrough.subgraphs), of_subgraph);
    Subgraphs { all: gathered.all, by_name: gathered.by_name }
}

struct Gathered<'a> {
    all: SubgraphSettings,
    by_name: BTreeMap<String, SubgraphSettings>,
    reports: &'a Reports,
    mentions: &'a mut Mentions,
}

impl Gathered<'_> {
    fn lay<T>(&mut self, section: PerSubgraph<T>, put: impl Fn(T, &mut SubgraphSettings)) {
        for (name, setting) in section {
            self.mentions.push((name.clone(), self.reports.span(setting.key.clone())));
            if let Some(value) = setting.take() {
                put(value, self.by_name.entry(name).or_insert_with(|| self.all.clone()));
            }
        }
    }
}

fn traffic(raw: RawSubgraphTraffic, settings: &mut SubgraphSettings, reports: &Reports) {
    raw.timeout.store(&mut settings.timeout);
    raw.connect_timeout.store(&mut settings.connect_timeout);
    store_size(raw.max_response_bytes, &mut settings.max_response_bytes);
    if let Some(limit) = raw.concurrency_limit.take() {
        settings.concurrency_limit = Some(limit.0);
    }
    raw.pool_max_idle.store(&mut settings.pool_max_idle);
    raw.pool_idle_timeout.store(&mut settings.pool_idle_timeout);
    raw.http2.store(&mut settings.http2);
    raw.deduplicate_query.store(&mut settings.deduplicate);
    resilience::retry(raw.retry, &mut settings.retry, reports);
    resilience::circuit_breaker(raw.circuit_breaker, &mut settings.circuit_breaker, reports);
}

/// The addresses of a subgraph. One that is named twice would be asked twice as often, and have two breakers.
fn different(raw: RawOneOrMore<HttpUrl>, reports: &Reports) -> Vec<url::Url> {
    let mut urls = Vec::new();
    for setting in raw.0 {
        let range = setting.range.clone();
        match setting.take() {
            Some(url) if urls.contains(&url.0) => {
                reports.add(reports.error(code::CONFLICT, range, "the subgraph has this URL already"));
            }
            url => urls.extend(url.map(|url| url.0)),
        }
    }
    urls
}

fn tls(raw: RawSubgraphTls, settings: &mut SubgraphSettings) {
    if let Some(certificates) = raw.certificate_authorities.take() {
        settings.certificate_authorities = Some(certificates.0);
    }
}
