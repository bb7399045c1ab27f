//! `weft migrate`: a configuration of each gateway, carried over, and what was said of the rest.

use std::collections::BTreeSet;
use std::path::Path;
use weft::config::Config;
use weft::diagnostic::Source;
use weft::migrate::{Gateway, Migration, migrate};

const CASES: [(Gateway, &str, &str); 4] = [
    (Gateway::Apollo, "router.yaml", include_str!("apollo.yaml")),
    (Gateway::Hive, "router.config.yaml", include_str!("hive.yaml")),
    (Gateway::Cosmo, "config.yaml", include_str!("cosmo.yaml")),
    (Gateway::Grafbase, "grafbase.toml", include_str!("grafbase.toml")),
];

fn migrated(gateway: Gateway, name: &str, text: &str) -> Migration {
    migrate(gateway, &Source::new(name, text)).expect("a text that can be read")
}

#[test]
fn each_gateways_configuration_is_carried_or_told() {
    for (gateway, name, text) in CASES {
        let Migration { yaml, left, .. } = migrated(gateway, name, text);
        let left: Vec<String> = left
            .iter()
            .map(|left| {
                let place = left.labels.first().map(|label| label.span.to_string()).unwrap_or_default();
                format!("{place}: {}: {}\n", left.message, left.help.as_deref().unwrap_or_default())
            })
            .collect();
        insta::assert_snapshot!(format!("migrate_{}", gateway.name()), format!("{yaml}---\n{}", left.concat()));
    }
}

#[test]
fn what_comes_out_is_a_valid_configuration() {
    let environment = |_: &str| Some("http://127.0.0.1:1".to_owned());
    for (gateway, name, text) in CASES {
        let yaml = migrated(gateway, name, text).yaml;
        let errors = Config::from_yaml(&Source::new("weft.yaml", yaml), &environment, Path::new("")).err();
        // A file that is named has to be there, which it is not here.
        let errors: Vec<_> =
            errors.unwrap_or_default().into_iter().filter(|it| it.code != "CONFIG_EXPANSION").collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn whatever_comes_in_valid_comes_out() {
    // Every line of the samples taken away, doubled values and odd ones: none may end in a panic or in a file that Weft refuses.
    for (gateway, name, text) in CASES.into_iter().filter(|(gateway, ..)| *gateway != Gateway::Grafbase) {
        let lines: Vec<&str> = text.lines().collect();
        for odd in ["[]", "{}", "-1", "{a: {b: c}}", "\"\"", "[[1], {x: y}]"] {
            for at in 0..lines.len() {
                let Some((key, _)) = lines[at].split_once(": ") else { continue };
                let mut changed: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
                changed[at] = format!("{key}: {odd}");
                let Ok(migration) = migrate(gateway, &Source::new(name, changed.join("\n"))) else { continue };
                let config = Config::from_yaml(&Source::new("weft.yaml", migration.yaml), &|_| None, Path::new(""));
                let codes: BTreeSet<&str> = config.err().unwrap_or_default().iter().map(|error| error.code).collect();
                assert!(codes.iter().all(|code| *code == "CONFIG_EXPANSION"), "{name}:{}: {odd}: {codes:?}", at + 1);
            }
        }
    }
}

#[test]
fn a_text_that_is_neither_yaml_nor_toml_is_refused_with_its_place() {
    for (gateway, text) in [(Gateway::Apollo, "a: [1, 2"), (Gateway::Grafbase, "[a\nb = 1")] {
        let errors = migrate(gateway, &Source::new("file", text)).unwrap_err();
        assert!(errors.iter().all(|error| error.code == "CONFIG_SYNTAX" && !error.labels.is_empty()), "{errors:?}");
    }
}
