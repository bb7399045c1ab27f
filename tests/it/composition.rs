//! Composition as text in, text out: every `schemas/composition/AREA/CASE.graphql` holds the subgraphs of one
//! case, each after a line `# subgraph: NAME`. Beside it stands what composing gives: `CASE.supergraph.graphql`
//! and, where there are hints, `CASE.hints.txt`; or, when the subgraphs do not compose, `CASE.errors.txt`.
//!
//! `WEFT_BLESS=1 cargo test --test it composition` rewrites the goldens.

use apollo_compiler::Name;
use apollo_compiler::parser::Parser;
use std::fs;
use std::path::{Path, PathBuf};
use weft::compose::compose;
use weft::diagnostic::{Diagnostic, Source, Style, render_all};
use weft::subgraph::{Code, Subgraph};
use weft::supergraph::{CacheControl, CacheScope, api_sdl, parse, render};

/// What a case gives, by the extension of its golden.
const GOLDENS: [&str; 3] = ["supergraph.graphql", "hints.txt", "errors.txt"];

#[test]
fn cases_give_their_goldens() {
    let bless = std::env::var_os("WEFT_BLESS").is_some();
    let mut different = Vec::new();
    let cases = cases();
    assert!(!cases.is_empty(), "there are no cases");
    for case in cases {
        let outcome = compose_text(&fs::read_to_string(&case).unwrap());
        for (extension, text) in GOLDENS.into_iter().zip(outcome) {
            let golden = case.with_extension(extension);
            let expected = fs::read_to_string(&golden).ok();
            if text == expected {
                continue;
            }
            match (&text, bless) {
                (Some(text), true) => fs::write(&golden, text).unwrap(),
                (None, true) => fs::remove_file(&golden).unwrap(),
                _ => different.push(format!(
                    "{}:\n{}",
                    golden.display(),
                    text.as_deref().unwrap_or("(nothing, but there is a golden)")
                )),
            }
        }
    }
    assert!(different.is_empty(), "WEFT_BLESS=1 accepts these:\n{}", different.join("\n"));
}

#[test]
fn supergraphs_read_back_as_they_were_written() {
    for case in cases() {
        let Ok((text, _)) = compose_case(&fs::read_to_string(&case).unwrap()) else { continue };
        let read = parse(&Source::new(case.display().to_string(), text.as_str()))
            .unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)));
        assert_eq!(render(&read), text, "{}", case.display());
    }
}

/// The reader goes by what stands there, whichever version of join the text names.
#[test]
fn supergraphs_of_older_versions_read_the_same() {
    for case in cases() {
        let Ok(text) = fs::read_to_string(case.with_extension("supergraph.graphql")) else { continue };
        for version in ["v0.2", "v0.3", "v0.4"] {
            let older = text.replace("dev/join/v0.5", &format!("dev/join/{version}"));
            let read = parse(&Source::new(case.display().to_string(), older))
                .unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)));
            assert_eq!(render(&read), text, "{} as {version}", case.display());
        }
    }
}

#[test]
fn every_code_has_a_case() {
    let mut reports = String::new();
    for case in cases() {
        for extension in ["hints.txt", "errors.txt"] {
            reports.push_str(&fs::read_to_string(case.with_extension(extension)).unwrap_or_default());
        }
    }
    let without: Vec<&str> =
        Code::ALL.iter().map(|code| code.as_str()).filter(|code| !reports.contains(&format!("[{code}]"))).collect();
    assert!(without.is_empty(), "no case gives {without:?}");
}

#[test]
fn what_a_subgraph_says_of_caching_is_of_its_own_values_and_not_for_clients() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schemas/composition/directives/cache_control_without_its_definition.supergraph.graphql");
    let supergraph = parse(&Source::new("case", fs::read_to_string(case).unwrap())).unwrap();
    let product = supergraph.ty(supergraph.type_id("Product").unwrap());
    let price = supergraph.field(supergraph.field_of(supergraph.type_id("Product").unwrap(), "price").unwrap());
    let (products, reviews) = (supergraph.subgraph_id("products").unwrap(), supergraph.subgraph_id("reviews").unwrap());
    assert_eq!(product.cache_control(products).unwrap().max_age, Some(60));
    assert_eq!(product.cache_control(reviews).unwrap().max_age, Some(600));
    let of_price = CacheControl { max_age: Some(5), scope: Some(CacheScope::Public), inherit_max_age: false };
    assert_eq!(price.cache_control(products), Some(of_price));
    assert_eq!(price.cache_control(reviews), None, "reviews does not give prices");
    let sdl = api_sdl(&supergraph).unwrap();
    assert!(!sdl.contains("acheControl") && !sdl.contains("join__"), "{sdl}");
}

/// What is wrong with names, or with nothing at all, stands in no text.
const PLACELESS: [Code; 3] = [Code::NoQueries, Code::InvalidSubgraphName, Code::MaxValidationSubgraphPathsExceeded];

#[test]
fn every_finding_points_at_its_sources_and_says_how_to_mend_them() {
    for case in cases() {
        let findings = match compose_case(&fs::read_to_string(&case).unwrap()) {
            Ok((_, hints)) => hints,
            Err(errors) => errors,
        };
        for finding in findings {
            let text = finding.render(Style::Plain);
            let is_placeless = PLACELESS.iter().any(|code| code.as_str() == finding.code);
            assert!(!finding.labels.is_empty() || is_placeless, "{}: {text}", case.display());
            // The compiler says what is wrong with plain GraphQL, and that is all it says.
            let is_graphql = finding.code == Code::InvalidGraphql.as_str();
            assert!(finding.help.is_some() || is_graphql, "{}: {text}", case.display());
        }
    }
}

#[test]
fn order_changes_nothing() {
    for case in cases() {
        let text = fs::read_to_string(&case).unwrap();
        let given = sections(&text);
        let expected = outcome(&given);
        let reversed: Vec<_> = given.iter().rev().cloned().collect();
        assert_eq!(outcome(&reversed), expected, "{}: subgraphs in another order", case.display());
        let shuffled = given.iter().map(|(name, sdl)| Some((*name, reverse_definitions(sdl)?)));
        let Some(shuffled) = shuffled.collect::<Option<Vec<_>>>() else {
            continue;
        };
        assert_eq!(outcome(&shuffled), expected, "{}: definitions in another order", case.display());
    }
}

/// Supergraph and findings without their places, which the order of a text changes.
fn outcome(subgraphs: &[(&str, String)]) -> (String, Vec<String>) {
    let (supergraph, findings) = match compose_sections(subgraphs) {
        Ok(composed) => composed,
        Err(errors) => (String::new(), errors),
    };
    let describe = |finding: Diagnostic| format!("{} {} {:?}", finding.code, finding.message, finding.help);
    let mut findings: Vec<String> = findings.into_iter().map(describe).collect();
    findings.sort();
    (supergraph, findings)
}

/// The definitions the other way round, a type's extensions in their order; none for what is no GraphQL.
fn reverse_definitions(sdl: &str) -> Option<String> {
    let document = Parser::new().parse_ast(sdl, "shuffled").ok()?;
    let mut named: Vec<(Option<&Name>, Vec<String>)> = Vec::new();
    for definition in &document.definitions {
        let name = definition.name();
        let text = format!("{definition}\n");
        match named.iter_mut().find(|(other, _)| *other == name) {
            Some((_, texts)) => texts.push(text),
            None => named.push((name, vec![text])),
        }
    }
    named.reverse();
    Some(named.into_iter().flat_map(|(_, texts)| texts).collect())
}

#[test]
fn hostile_texts_get_errors_and_nothing_worse() {
    let deep = 20_000;
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"])\n";
    let key =
        |fields: &str| format!("{link}type Query {{ p: P }} type P @key(fields: \"{fields}\") {{ id: ID! p: P }}");
    let texts = [
        String::new(),
        "\u{feff}\0type".to_owned(),
        "type Query { x: Int \"\"\"".to_owned(),
        "{".repeat(deep),
        format!("type Query {{ x: {}Int{} }}", "[".repeat(deep), "]".repeat(deep)),
        format!("type Query {{ x(a: [Int] = {}1{}): Int }}", "[".repeat(deep), "]".repeat(deep)),
        format!("type Query {{ {}: Int }}", "x".repeat(1_000_000)),
        key(&"p { ".repeat(deep)),
        key(&format!("{}id{}", "p { ".repeat(30), " }".repeat(30))),
        key("id } query { p"),
        key("... on Nope { id }"),
        key("\\u0000"),
        format!("{link}extend schema @link(url: 1, import: [1, {{}}, {{name: \"@\"}}])"),
        format!("{link}type Query @key(fields: 1) {{ x: Int }}"),
        "interface A implements A { x: A } type Query implements A { x: A }".to_owned(),
        "type Query { x(i: I = {i: {}}): Int } input I { i: I! = {} }".to_owned(),
    ];
    for text in texts {
        let _ = compose_case(&format!("# subgraph: a\n{text}"));
    }
}

/// Supergraph, hints and errors of a case, those that there are.
fn compose_text(text: &str) -> [Option<String>; 3] {
    match compose_case(text) {
        Ok((supergraph, hints)) => [Some(supergraph), report(&hints), None],
        Err(errors) => [None, None, report(&errors)],
    }
}

fn compose_case(text: &str) -> Result<(String, Vec<Diagnostic>), Vec<Diagnostic>> {
    compose_sections(&sections(text))
}

fn compose_sections(sections: &[(&str, String)]) -> Result<(String, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut subgraphs = Vec::new();
    let mut errors = Vec::new();
    for (name, sdl) in sections {
        let source = Source::of_subgraph(*name, format!("{name}.graphql"), sdl.as_str());
        match Subgraph::parse(name, &format!("http://{name}.example/graphql"), source) {
            Ok(subgraph) => subgraphs.push(subgraph),
            Err(found) => errors.extend(found),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let composition = compose(&subgraphs)?;
    Ok((render(&composition.supergraph), composition.hints))
}

fn report(diagnostics: &[Diagnostic]) -> Option<String> {
    (!diagnostics.is_empty()).then(|| render_all(diagnostics, Style::Plain))
}

/// The subgraphs in a case: names and texts.
fn sections(text: &str) -> Vec<(&str, String)> {
    let mut sections: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# subgraph: ") {
            sections.push((name.trim(), String::new()));
        } else if let Some((_, sdl)) = sections.last_mut() {
            sdl.push_str(line);
            sdl.push('\n');
        }
    }
    sections
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/composition");
    let mut cases: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .flat_map(|area| fs::read_dir(area.unwrap().path()).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.ends_with(".graphql") && !name.ends_with(".supergraph.graphql")
        })
        .collect();
    cases.sort();
    cases
}
