//! `weft.yaml` and `supergraph.yaml`: text in, report out; and what a full file resolves to.
//!
//! `tests/it/config/NAME.yaml` is read and its report compared with `NAME.txt` beside it; run with
//! `WEFT_UPDATE_GOLDENS=1` to write the reports anew, and read the difference.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde_json::Value;
use weft::config::{
    CircuitBreaker, ComposeFile, Config, Expected, HeaderRule, Http2, KeyLocation, LogFormat, OnPolicyError,
    PlanObjective, RegistryToken, Retry, RetryBudget, SchemaLocation, StoreLocation, SubscriptionProtocol,
    TokenAlgorithm, TokenPlace, WithheldErrors, schema,
};
use weft::diagnostic::{Diagnostic, Source, Style, render_all};

#[test]
fn reports_of_configurations() {
    goldens("tests/it/config", |source, folder| Config::from_yaml(source, &env, folder).map(drop));
}

#[test]
fn reports_of_compose_files() {
    goldens("tests/it/config/compose", |source, folder| ComposeFile::from_yaml(source, &env, folder).map(drop));
}

fn goldens(folder: &str, read: impl Fn(&Arc<Source>, &Path) -> Result<(), Vec<Diagnostic>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut differences = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        seen += 1;
        let name = path.file_name().unwrap().to_str().unwrap();
        let source = Source::new(name, fs::read_to_string(&path).unwrap());
        // Paths in messages are the machine's.
        let report = match read(&source, &folder) {
            Ok(()) => "no problems\n".to_owned(),
            Err(problems) => render_all(&problems, Style::Plain).replace(folder.to_str().unwrap(), "FOLDER"),
        };
        let golden = path.with_extension("txt");
        if std::env::var_os("WEFT_UPDATE_GOLDENS").is_some() {
            fs::write(&golden, &report).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != report {
            differences.push(format!("{}:\n{report}", golden.display()));
        }
    }
    assert!(seen > 0, "no configurations in {}", folder.display());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn env(name: &str) -> Option<String> {
    match name {
        "PORT" => Some("4000".into()),
        "TIMEOUT" => Some("hunter2".into()),
        "TOKEN" => Some("s3cret".into()),
        "ENABLED" => Some("false".into()),
        _ => None,
    }
}

fn config(text: &str) -> Config {
    config_in(text, Path::new("/etc/weft"))
}

fn config_in(text: &str, folder: &Path) -> Config {
    Config::from_yaml(&Source::new("weft.yaml", text), &env, folder)
        .unwrap_or_else(|problems| panic!("{}", render_all(&problems, Style::Plain)))
}

#[test]
fn a_registry_beside_the_gateway_is_turned_on_by_its_section() {
    assert_eq!(config("").registry, None);
    let default = config("registry: {}\n").registry.unwrap();
    assert_eq!(default.listen, "127.0.0.1:4100".parse().unwrap());
    assert_eq!(default.database, StoreLocation::Sqlite("/etc/weft/weft-registry.db".into()));
    let chosen = config("registry: { listen: 0.0.0.0:80, database: \"postgres://u:p@db/weft\" }\n").registry.unwrap();
    assert_eq!(
        (chosen.listen, chosen.database.to_string()),
        ("0.0.0.0:80".parse().unwrap(), "postgres://db:5432/weft".into())
    );
}

#[test]
fn an_empty_file_is_the_default() {
    let [empty, comment, default] = [config(""), config("# nothing\n"), Config::default()].map(|c| format!("{c:?}"));
    assert_eq!(empty, default);
    assert_eq!(comment, default);
}

#[test]
fn a_registry_resolves() {
    let text = "supergraph: { registry: { urls: [http://one.test, http://two.test/r/], graph: shop@prod, \
                token: \"${env.TOKEN}\", last_good: last.graphql, wait: 10s, usage: { interval: 1m } } }";
    let registry = config(text).supergraph.registry.unwrap();
    let urls: Vec<&str> = registry.urls.iter().map(url::Url::as_str).collect();
    assert_eq!(urls, ["http://one.test/", "http://two.test/r/"]);
    assert_eq!(registry.graph.as_str(), "shop@prod");
    assert_eq!(registry.token, Some(RegistryToken::Text("s3cret".into())));
    assert!(!format!("{registry:?}").contains("s3cret"));
    assert_eq!(registry.last_good.as_deref(), Some(Path::new("/etc/weft/last.graphql")));
    assert_eq!((registry.wait, registry.start_timeout), (Duration::from_secs(10), Duration::from_secs(5)));
    assert_eq!(registry.usage.map(|usage| usage.interval), Some(Duration::from_secs(60)));

    let text = "supergraph: { registry: { url: http://one.test, graph: shop@prod, last_good: false, usage: false } }";
    let registry = config(text).supergraph.registry.unwrap();
    assert_eq!((registry.last_good, registry.usage, registry.token), (None, None, None));

    let text = "supergraph: { registry: { url: http://one.test, graph: shop@prod, token_file: token } }";
    let registry = config(text).supergraph.registry.unwrap();
    assert_eq!(registry.last_good.as_deref(), Some(Path::new("/etc/weft/.weft/shop@prod.graphql")));
    assert_eq!(registry.token, Some(RegistryToken::File("/etc/weft/token".into())));
}

#[test]
fn a_full_file_resolves() {
    let folder = temporary("full");
    let authority = rcgen::generate_simple_self_signed(["ca.example".to_owned()]).unwrap();
    fs::write(folder.join("ca.pem"), authority.cert.pem()).unwrap();
    let config = config_in(FULL, &folder);

    assert_eq!(config.supergraph.path, Some(folder.join("schemas/supergraph.yaml")));
    assert_eq!(config.supergraph.listen.address, "0.0.0.0:4000".parse::<SocketAddr>().unwrap());
    assert!(config.supergraph.listen.chosen);
    assert!(!config.health_check.listen.chosen);
    assert_eq!(config.supergraph.endpoint, "/api");
    assert!(!config.supergraph.introspection);
    assert_eq!((config.playground.at_root, config.playground.at_endpoint), (false, true));
    assert_eq!(config.limits.http_max_request_bytes, 5_000_000);
    assert_eq!(config.limits.max_depth, 20);
    assert_eq!(config.router.timeout, Duration::from_secs(90));
    assert_eq!(config.telemetry.logging.format, LogFormat::Json);
    assert_eq!(config.query_planning.cache_bytes, 64 * 1024 * 1024);
    assert_eq!((config.query_planning.objective, config.query_planning.drafts), (PlanObjective::Requests, 100));
    assert_eq!(config.shutdown.grace, Duration::from_millis(1_500));
    assert_eq!(config.files, [folder.join("ca.pem")]);

    let products = config.subgraphs.of("products");
    assert_eq!((products.timeout, products.max_response_bytes), (Duration::from_secs(2), 1_000_000));
    assert_eq!(products.http2, Http2::Http2Only);
    assert!(products.include_errors);
    assert_eq!(products.certificate_authorities.as_ref().unwrap().len(), 1);
    let orders = config.subgraphs.of("orders");
    assert_eq!(orders.urls, ["http://127.0.0.1:9/graphql".parse().unwrap()]);
    assert_eq!(orders.timeout, Duration::from_secs(2), "what holds for all holds for orders");
    assert_eq!(products.urls.len(), 2);
    let users = config.subgraphs.of("users");
    assert!(!users.include_errors && users.urls.is_empty() && users.circuit_breaker.is_none());
    let retry = Retry { max_attempts: 4, ..Retry::default() };
    let retry = Retry { budget: RetryBudget { percent: 12.5, ..RetryBudget::default() }, ..retry };
    assert_eq!(users.retry.as_ref(), Some(&retry));
    let retry = Retry { interval: Duration::from_millis(10), mutations: true, ..retry };
    assert_eq!(
        (products.retry.as_ref(), products.circuit_breaker.as_ref()),
        (Some(&retry), Some(&CircuitBreaker::default()))
    );
    assert_eq!(orders.retry, None);
    let breaker = orders.circuit_breaker.as_ref().unwrap();
    assert_eq!((breaker.error_threshold, breaker.reset_timeout), (20.0, Duration::from_secs(60)));

    assert!(config.subscription.enabled);
    assert_eq!((config.subscription.queue_capacity, config.subscription.max_opened), (8, 1_000));
    assert_eq!(config.subscription.max_lifetime, Some(Duration::from_secs(3_600)));
    assert_eq!(products.subscription.heartbeat, Some(Duration::from_secs(5)));
    assert_eq!((orders.subscription.protocol, orders.subscription.heartbeat), (SubscriptionProtocol::Http, None));
    assert_eq!(orders.subscription.path.as_deref(), Some("/ws"));
    assert_eq!(config.subgraphs.of("users").subscription.protocol, SubscriptionProtocol::OldWebSocket);

    let rules = config.headers.of("products");
    assert_eq!(rules.len(), 5);
    assert!(matches!(&rules[1], HeaderRule::Insert { value, .. } if value == "Bearer s3cret"));
    assert!(matches!(&rules[4], HeaderRule::Remove(name) if name == "x-internal"));

    let authentication = &config.authentication;
    let [named, file, login] = &authentication.issuers[..] else { panic!("{:?}", authentication.issuers) };
    assert!(matches!(&named.keys, KeyLocation::Url { headers, .. } if headers[0].1 == "s3cret"));
    assert_eq!((named.issuers.len(), &named.audiences[..]), (2, &["graph".to_owned()][..]));
    assert_eq!(named.algorithms, [TokenAlgorithm::ES256, TokenAlgorithm::EdDSA]);
    assert_eq!((named.poll_interval, named.claims.tier.as_deref()), (Duration::from_secs(300), Some("/plan/name")));
    assert_eq!(file.keys, KeyLocation::File(folder.join("keys.json")));
    assert_eq!(login.issuers, ["https://login.example"]);
    assert_eq!(authentication.token_places.len(), 3);
    assert!(matches!(&authentication.token_places[1], TokenPlace::Cookie { name } if &**name == "session"));
    assert_eq!(authentication.leeway, Duration::from_secs(5));
    let server = &authentication.introspection[0];
    assert_eq!(server.client, Some(("weft".to_owned(), "s3cret".to_owned())));
    assert_eq!((server.ttl, server.negative_ttl), (Duration::from_secs(60), Duration::from_secs(1)));
    let keys = authentication.api_keys.as_ref().unwrap();
    assert_eq!(keys.store, Some(StoreLocation::Sqlite(folder.join("keys.db"))));
    assert_eq!((keys.fixed[0].hash[1], keys.fixed[0].hash[31], keys.ttl), (1, 0x31, Duration::from_secs(10)));
    assert_eq!(authentication.signing.as_ref().unwrap().key_id.as_deref(), Some("k1"));
    assert!(!format!("{config:?}").contains("s3cret"), "nothing secret shows");

    let [on, beta, some] = ["on", "beta", "some"].map(|label| config.override_labels.of(label));
    assert!(on.always && !beta.always);
    assert_eq!(beta.header, Some(("x-beta".parse().unwrap(), Some(HeaderValue::from_static("1")))));
    assert_eq!((some.share, beta.share), (0.125, 0.0));

    let authorization = &config.authorization;
    assert!(authorization.require_authentication && authorization.directives.dry_run && !authorization.directives.log);
    assert_eq!(authorization.directives.response, WithheldErrors::Extensions);
    let policies = &authorization.policies;
    assert_eq!(policies.by_claim["staff"].expected, Expected::Contains("staff".into()));
    assert_eq!(policies.by_claim["verified"].expected, Expected::True);
    let service = policies.service.as_ref().unwrap();
    assert_eq!((service.ttl, service.timeout), (Duration::from_secs(60), Duration::from_secs(1)));
    assert_eq!(service.on_error, OnPolicyError::Reject);

    let origin = |text: &'static str| config.cors.policy_for(&HeaderValue::from_static(text));
    assert!(origin("https://admin.example").unwrap().allow_credentials);
    assert!(!origin("https://eu.shop.example").unwrap().allow_credentials);
    assert_eq!(origin("https://eu.shop.example").unwrap().expose_headers, [HeaderName::from_static("x-trace")]);
    assert!(origin("https://eu.shop.example.evil").is_none());
}

const FULL: &str = r#"
supergraph:
  path: schemas/supergraph.yaml
  listen: "*:${env.PORT}"
  endpoint: /api
  introspection: ${env.ENABLED}
homepage: { enabled: "${env.ENABLED}" }
health_check: { path: /healthz }
cors:
  match_origins: ['https://[a-z]+\.shop\.example']
  expose_headers: [x-trace]
  max_age: 1h
  policies:
    - origins: [https://admin.example]
      allow_credentials: true
csrf: { required_headers: [x-shop] }
headers:
  all:
    request:
      - propagate: { matching: x-.* }
      - insert: { name: authorization, value: "Bearer ${env.TOKEN}" }
      - propagate: { named: accept-language, rename: x-language, default: en }
      - remove: { matching: x-secret-.* }
  subgraphs:
    products:
      request:
        - remove: { named: x-internal }
include_subgraph_errors: { all: false, subgraphs: { products: true } }
authentication:
  router:
    jwt:
      jwks:
        - url: https://issuer.example/keys
          issuers: [https://issuer.example, https://old.example]
          audiences: [graph]
          algorithms: [ES256, EdDSA]
          poll_interval: 5m
          headers: [{ name: x-tenant, value: "${env.TOKEN}" }]
          tier_claim: /plan/name
        - file: keys.json
      header_name: x-token
      header_value_prefix: ""
      sources: [{ type: cookie, name: session }, { type: header, name: x-other }]
      leeway: 5s
  oidc:
    - issuer: https://login.example
      audiences: [graph]
  introspection:
    - url: https://login.example/introspect
      client_id: weft
      client_secret: ${env.TOKEN}
      cache: { ttl: 1m, negative_ttl: 1s }
  api_keys:
    header: x-weft-key
    store: sqlite:keys.db
    keys: [{ id: a, sha256: "0001020304050607080910111213141516171819202122232425262728293031", owner: me }]
    cache: { ttl: 10s, max_entries: 100 }
  signing: { algorithm: HS256, key: 01234567890123456789012345678901, key_id: k1, lifetime: 30s }
authorization:
  require_authentication: true
  directives: { dry_run: true, errors: { log: false, response: extensions } }
  policies:
    by_claim: { staff: { claim: /realm/roles, contains: staff }, verified: { claim: email_verified } }
    service: { url: "http://127.0.0.1:8181/v1/data/shop", ttl: 1m, on_error: reject }
limits: { http_max_request_bytes: 5MB, max_depth: 20 }
traffic_shaping:
  router: { timeout: 1m30s, concurrency_limit: 500 }
  all: { timeout: 2s, retry: { max_attempts: 4, budget: { percent: 12.5 } } }
  subgraphs:
    products: { max_response_bytes: 1MB, http2: http2only, retry: { interval: 10ms, mutations: true }, circuit_breaker: true }
    orders: { retry: false, circuit_breaker: { error_threshold: 20, reset_timeout: 1m } }
override_subgraph_url: { orders: http://127.0.0.1:9/graphql, products: [http://127.0.0.1:7/, http://127.0.0.1:8/] }
subscription:
  queue_capacity: 8
  max_opened_subscriptions: 1000
  max_lifetime: 1h
  mode:
    passthrough:
      all: { path: /ws, heartbeat_interval: enabled }
      subgraphs: { orders: { protocol: http, heartbeat_interval: disabled }, users: { protocol: graphql_transport_ws } }
override_labels: { on: true, beta: { header: { name: X-Beta, value: "1" } }, some: { percent: 12.5 } }
tls: { subgraph: { subgraphs: { products: { certificate_authorities: "${file.ca.pem}" } } } }
telemetry:
  logging: { level: "info,weft::upstream=debug", format: json }
  metrics: { prometheus: { enabled: true, path: /prometheus } }
  propagation: { trace_context: false }
query_planning: { cache: { max_entries: 1000, max_bytes: 64MiB }, timeout: 5s }
plan: { objective: requests, max_drafts: 100 }
shutdown: { grace: 1.5s }
"#;

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in r#"((supergraph|headers|all|request|cors|x|- |: |\n|  |    |[{}\[\],"'|>&*!%@~$#?.:-]|\$\{env\.|5s|é|\t|<<: )){0,60}"#) {
        let source = Source::new("weft.yaml", text);
        for problems in [
            Config::from_yaml(&source, &env, Path::new("/nowhere")).err(),
            ComposeFile::from_yaml(&source, &env, Path::new("/nowhere")).err(),
        ] {
            render_all(&problems.unwrap_or_default(), Style::Plain);
        }
    }
}

#[test]
fn subgraphs_that_the_supergraph_lacks_are_warned_of() {
    let warnings = config("override_subgraph_url:\n  product: http://localhost:1\n").unknown_subgraphs(&["products"]);
    let text = render_all(&warnings, Style::Plain);
    assert!(text.contains("--> weft.yaml:2:3"), "{text}");
    assert!(text.contains("did you mean \"products\"?"), "{text}");
}

#[test]
fn labels_that_the_supergraph_lacks_are_warned_of() {
    let warnings =
        config("override_labels:\n  bata: true\n  percent(5): false\n").unknown_labels(&["beta", "percent(5)"]);
    let text = render_all(&warnings, Style::Plain);
    assert!(text.contains("--> weft.yaml:2:3") && text.contains("did you mean \"beta\"?"), "{text}");
    assert_eq!(warnings.len(), 1, "{text}");
}

#[test]
fn mutations_that_the_supergraph_lacks_or_whose_tags_cannot_be_filled_in_are_warned_of() {
    let text = "response_cache:\n  mutations:\n    restok: [left]\n    move: [\"p-{$args.it}\", all]\n";
    let config = config(text);
    assert_eq!(config.response_cache.mutations["move"], ["p-{$args.it}", "all"]);
    let unknown = render_all(&config.unknown_mutations(&["restock", "move"]), Style::Plain);
    assert!(unknown.contains("--> weft.yaml:3:5") && unknown.contains("did you mean \"restock\"?"), "{unknown}");
    assert!(!unknown.contains("move\""), "{unknown}");
    let why = |field: &str, tag: &str| (field == "move" && tag.contains("it")).then(|| "why".to_owned());
    let idle = config.idle_invalidations(why);
    assert_eq!(idle.len(), 1, "{idle:?}");
    let idle = render_all(&idle, Style::Plain);
    assert!(idle.contains("--> weft.yaml:4:5") && idle.contains("the tag \"p-{$args.it}\": why"), "{idle}");
}

#[test]
fn a_compose_file_resolves() {
    let text = "federation_version: =2.9.0\nsubgraphs:\n  b:\n    routing_url: http://b/graphql\n    schema: { file: b.graphql }\n  a:\n    schema:\n      subgraph_url: http://a:${env.PORT}/graphql\n      introspection_headers: { Authorization: \"Bearer ${env.TOKEN}\" }\n  c:\n    schema:\n      sdl: |\n        type Query { c: Int }\n";
    let file = ComposeFile::from_yaml(&Source::new("supergraph.yaml", text), &env, Path::new("/graph")).unwrap();
    assert_eq!(file.federation_version.as_deref(), Some("=2.9.0"));
    let [a, b, c] = &file.subgraphs[..] else { panic!("{:?}", file.subgraphs) };
    assert_eq!(a.routing_url.as_deref(), Some("http://a:4000/graphql"));
    assert!(
        matches!(&a.schema, SchemaLocation::Service { headers, .. } if headers["authorization"] == "Bearer s3cret")
    );
    assert!(matches!(&b.schema, SchemaLocation::File(path) if path == Path::new("/graph/b.graphql")));
    assert!(matches!(&c.schema, SchemaLocation::Inline(sdl) if sdl == "type Query { c: Int }\n"));
}

#[test]
fn no_report_tells_what_an_expansion_put_in() {
    let source = Source::new("weft.yaml", "traffic_shaping: { all: { timeout: \"${env.TOKEN}\" } }\n");
    let report = render_all(&Config::from_yaml(&source, &env, Path::new("/")).unwrap_err(), Style::Plain);
    assert!(!report.contains("s3cret"), "{report}");
}

#[test]
fn the_schema_describes_every_key_and_takes_the_examples() {
    let schema = schema();
    let mut undescribed = BTreeSet::new();
    describe(&schema, "", &mut undescribed);
    assert!(undescribed.is_empty(), "{undescribed:?}");

    let full: Value = serde_json::to_value(yaml_as_json(FULL)).unwrap();
    assert_eq!(refusals(&schema, &schema, &full, "$"), Vec::<String>::new());
    let wrong = serde_json::json!({ "supergraph": { "lsten": "x" }, "limits": { "max_depth": "deep" }, "cors": 1 });
    assert_eq!(refusals(&schema, &schema, &wrong, "$").len(), 3);
}

fn describe(schema: &Value, path: &str, undescribed: &mut BTreeSet<String>) {
    for defs in schema.get("$defs").and_then(Value::as_object).into_iter().flatten() {
        describe(defs.1, defs.0, undescribed);
    }
    for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if property.get("description").is_none() {
            undescribed.insert(format!("{path}.{key}"));
        }
    }
}

/// As much of JSON Schema as the schema uses.
fn refusals(root: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.strip_prefix('#').unwrap()).unwrap();
        found.extend(refusals(root, target, value, path));
    }
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array)
        && !any.iter().any(|schema| refusals(root, schema, value, path).is_empty())
    {
        found.push(format!("{path}: fits none of {any:?}"));
    }
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    // An expansion stands for a value of any kind.
    let expansion = value.as_str().is_some_and(|text| text.contains("${"));
    let fits = kinds.contains(&kind) || (kind == "integer" && kinds.contains(&"number"));
    if !kinds.is_empty() && !fits && !expansion {
        return vec![format!("{path}: {kind} is none of {kinds:?}")];
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
        && let Some(text) = value.as_str()
        && !regex::Regex::new(pattern).unwrap().is_match(text)
    {
        found.push(format!("{path}: {text:?} does not match {pattern}"));
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        let property = schema.get("properties").and_then(|properties| properties.get(key));
        match (property, schema.get("additionalProperties")) {
            (Some(schema), _) => found.extend(refusals(root, schema, inner, &path)),
            (None, Some(Value::Bool(false))) => found.push(format!("{path}: unknown")),
            (None, Some(schema)) => found.extend(refusals(root, schema, inner, &path)),
            (None, None) => {}
        }
    }
    for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(refusals(root, &schema["items"], inner, &format!("{path}[{index}]")));
    }
    found
}

/// The example as an editor's YAML plugin would hand it to a validator.
fn yaml_as_json(text: &str) -> Value {
    use granit_parser::{Event, Parser, ScalarStyle};
    enum Open {
        List(Vec<Value>),
        Map(serde_json::Map<String, Value>, Option<String>),
    }
    fn put(open: &mut [Open], value: Value) {
        match open.last_mut() {
            Some(Open::List(items)) => items.push(value),
            Some(Open::Map(entries, key)) => match key.take() {
                Some(key) => drop(entries.insert(key, value)),
                None => *key = value.as_str().map(str::to_owned),
            },
            None => {}
        }
    }
    let mut open = Vec::new();
    for event in Parser::new_from_str(text) {
        let done = match event.unwrap().0 {
            Event::Scalar(text, ScalarStyle::Plain, ..) => serde_json::from_str(&text).unwrap_or(Value::from(&*text)),
            Event::Scalar(text, ..) => Value::from(&*text),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(serde_json::Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop().unwrap() {
                Open::List(items) => Value::Array(items),
                Open::Map(entries, _) => Value::Object(entries),
            },
            _ => continue,
        };
        if open.is_empty() {
            return done;
        }
        put(&mut open, done);
    }
    Value::Null
}

fn temporary(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("weft-config-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}
