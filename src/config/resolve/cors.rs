//! `cors`: policies inherit what they leave out from the section itself.

use super::{list, section};
use crate::config::raw::List;
use crate::config::raw::cors::{RawCors, RawCorsPolicy};
use crate::config::values::{DurationText, HeaderNameText, MethodText, Origin, Pattern};
use crate::config::yaml::{Reports, Setting, code};
use crate::config::{Cors, CorsPolicy, Origins};
use http::Method;

pub(super) fn resolve(raw: RawCors, reports: &Reports) -> Cors {
    let any = raw.allow_any_origin.get().is_some_and(|any| *any);
    if any && raw.allow_credentials.get().is_some_and(|allowed| *allowed) {
        let error = reports.error(
            code::CONFLICT,
            raw.allow_credentials.range.clone(),
            "credentials can not be allowed to pages of every origin",
        );
        reports.add(error.help("list the origins, or leave \"cors.allow_credentials\" out"));
    }
    let base = settings(
        CorsPolicy {
            origins: Origins::Any,
            allow_credentials: false,
            allow_headers: None,
            expose_headers: Vec::new(),
            methods: vec![Method::GET, Method::POST, Method::OPTIONS],
            max_age: None,
        },
        Settings {
            allow_credentials: raw.allow_credentials,
            allow_headers: raw.allow_headers,
            expose_headers: raw.expose_headers,
            methods: raw.methods,
            max_age: raw.max_age,
        },
    );
    let own = origins(raw.origins, raw.match_origins).map(|origins| CorsPolicy { origins, ..base.clone() });
    let mut policies: Vec<CorsPolicy> =
        section(raw.policies).into_iter().filter_map(|setting| policy(setting, &base, reports)).chain(own).collect();
    if any {
        policies.push(base);
    }
    Cors { policies }
}

fn policy(setting: Setting<RawCorsPolicy>, base: &CorsPolicy, reports: &Reports) -> Option<CorsPolicy> {
    let range = setting.range.clone();
    let raw = setting.take()?;
    let written = raw.origins.is_set() || raw.match_origins.is_set();
    let Some(origins) = origins(raw.origins, raw.match_origins) else {
        if !written {
            let message = "a policy of \"cors.policies\" lacks \"origins\" or \"match_origins\"";
            reports.add(reports.error(code::MISSING_KEY, range, message));
        }
        return None;
    };
    let own = Settings {
        allow_credentials: raw.allow_credentials,
        allow_headers: raw.allow_headers,
        expose_headers: raw.expose_headers,
        methods: raw.methods,
        max_age: raw.max_age,
    };
    Some(settings(CorsPolicy { origins, ..base.clone() }, own))
}

fn origins(listed: Setting<List<Origin>>, matching: Setting<List<Pattern>>) -> Option<Origins> {
    let listed: Vec<_> = list(listed).into_iter().flatten().map(|origin| origin.0).collect();
    let matching: Vec<_> = list(matching).into_iter().flatten().map(|pattern| pattern.0).collect();
    (!listed.is_empty() || !matching.is_empty()).then_some(Origins::Some { listed, matching })
}

/// What section and policies have in common.
struct Settings {
    allow_credentials: Setting<bool>,
    allow_headers: Setting<List<HeaderNameText>>,
    expose_headers: Setting<List<HeaderNameText>>,
    methods: Setting<List<MethodText>>,
    max_age: Setting<DurationText>,
}

fn settings(mut policy: CorsPolicy, own: Settings) -> CorsPolicy {
    own.allow_credentials.store(&mut policy.allow_credentials);
    if let Some(names) = list(own.allow_headers) {
        let names: Vec<_> = names.map(|name| name.0).collect();
        policy.allow_headers = (!names.is_empty()).then_some(names);
    }
    if let Some(names) = list(own.expose_headers) {
        policy.expose_headers = names.map(|name| name.0).collect();
    }
    if let Some(methods) = list(own.methods) {
        policy.methods = methods.map(|method| method.0).collect();
    }
    if let Some(max_age) = own.max_age.take() {
        policy.max_age = Some(max_age.0);
    }
    policy
}
