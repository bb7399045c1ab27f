//! What the README shows works.

use super::config;
use std::path::Path;
use weft::config::{BudgetStore, ClientName, Config, DemandMode, WithoutRedis};
use weft::diagnostic::{Source, Style, render_all};

/// The blocks of one language in the README.
fn blocks(language: &str) -> Vec<&'static str> {
    let readme = include_str!("../../../README.md");
    let opening = format!("```{language}\n");
    readme.split(opening.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_configuration_in_the_readme_that_needs_no_other_file_is_read() {
    let blocks = blocks("yaml").into_iter().filter(|block| !block.contains("${file."));
    // Secrets come from the environment, and most examples have no default for them.
    let secret = |_: &str| Some("a-secret-of-thirty-two-bytes-or-more".to_owned());
    let read = |block: &str| {
        Config::from_yaml(&Source::new("README.md", block), &secret, Path::new("/etc/weft"))
            .unwrap_or_else(|problems| panic!("{}", render_all(&problems, Style::Plain)))
    };
    let configurations: Vec<Config> = blocks.map(read).collect();
    assert!(configurations.len() >= 2, "the examples were not found");
}

#[test]
fn the_example_of_demand_means_what_it_says() {
    let block = blocks("yaml").into_iter().find(|block| block.contains("demand_control:")).unwrap();
    let config = config(block);
    let redis = config.redis.unwrap();
    assert_eq!((redis.url.as_str(), redis.timeout.as_millis()), ("redis://:secret@127.0.0.1:6379", 20));
    let demand = config.demand_control.unwrap();
    assert_eq!((demand.mode, demand.max, demand.list_size), (DemandMode::Enforce, Some(5_000), 10));
    let products = demand.subgraphs.of("products");
    assert_eq!((products.max, products.list_size), (Some(2_000), Some(20)));
    assert_eq!(demand.subgraphs.of("orders").max, Some(4_000));
    let budget = demand.budget.unwrap();
    assert_eq!((budget.store, budget.without_redis), (BudgetStore::Redis, WithoutRedis::Local));
    assert_eq!(budget.identify_by, [ClientName::ApiKey, ClientName::Subject]);
    assert_eq!(budget.tiers["gold"].points, 40_000);
    assert_eq!(budget.fields["Mutation.placeOrder"].limit, 10);
}
