//! `weft explain CODE`: what a code of an error or hint means, an example, and what to do about it.

mod examples;
mod registry;
mod requests;

use super::Format;
use super::report::{self, Failure};
use crate::change::Rule;
use crate::subgraph::{self, Code};
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write;

#[derive(Args)]
pub(super) struct Arguments {
    /// The code, such as INVALID_FIELD_SHARING; without one all codes are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Some(wanted) = &arguments.code else { return list(arguments.format) };
    let wanted = wanted.to_ascii_uppercase();
    let explanation = explanations().find(|explanation| explanation.code == wanted).ok_or_else(|| unknown(&wanted))?;
    match arguments.format {
        Format::Text => report::print(&explanation.to_string()),
        Format::Json => report::print_json(&explanation.to_json()),
    }
}

/// What there is to say about a code.
struct Explanation {
    code: &'static str,
    meaning: String,
    /// A report that has it.
    example: Option<&'static str>,
    advice: Option<&'static str>,
}

/// The codes of composition, then those of lint, then those of changes, then those of answers.
fn explanations() -> impl Iterator<Item = Explanation> {
    let composition = Code::ALL.iter().map(|&code| Explanation {
        code: code.as_str(),
        meaning: code.meaning().trim().to_owned(),
        example: finding(examples::report(code), code.as_str()),
        advice: None,
    });
    let requests = requests::CODES.iter().chain(registry::CODES).map(|&(code, meaning, advice)| Explanation {
        code,
        meaning: meaning.to_owned(),
        example: None,
        advice: Some(advice),
    });
    let lint = subgraph::RULES.iter().map(|&(code, wants)| Explanation {
        code,
        meaning: wants.to_owned(),
        example: None,
        advice: None,
    });
    let changes = Rule::ALL.iter().map(|rule| Explanation {
        code: rule.as_str(),
        meaning: format!("A {} change. {}", rule.criticality(), rule.meaning()),
        example: None,
        advice: Some(rule.advice()),
    });
    composition.chain(lint).chain(changes).chain(requests)
}

/// The first finding of a report that has the code: findings are parted by empty lines.
fn finding(report: &'static str, code: &str) -> Option<&'static str> {
    let mark = format!("[{code}]");
    let start = report.lines().position(|line| line.contains(&mark))?;
    let offset: usize = report.split_inclusive('\n').take(start).map(str::len).sum();
    let rest = &report[offset..];
    let end = rest.match_indices("\n\n").map(|(at, _)| at).find(|&at| is_head(&rest[at + 2..]));
    Some(end.map_or(rest, |end| &rest[..end]).trim_end())
}

/// Whether a text begins with the head of a finding: `error[CODE]: `.
fn is_head(text: &str) -> bool {
    ["error[", "warning[", "hint["].iter().any(|head| text.starts_with(head))
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}\n\n{}", self.code, self.meaning)?;
        if let Some(advice) = self.advice {
            writeln!(f, "{advice}")?;
        }
        if let Some(example) = self.example {
            writeln!(f, "\nFor example:\n")?;
            for line in example.lines() {
                writeln!(f, "{}", format!("  {line}").trim_end())?;
            }
        }
        Ok(())
    }
}

impl Explanation {
    fn to_json(&self) -> Value {
        json!({ "code": self.code, "meaning": self.meaning, "advice": self.advice, "example": self.example })
    }
}

fn list(format: Format) -> Result<(), Failure> {
    if format == Format::Json {
        return report::print_json(&explanations().map(|explanation| explanation.to_json()).collect());
    }
    let width = explanations().map(|explanation| explanation.code.len()).max().unwrap_or_default();
    let mut text = String::new();
    for Explanation { code, meaning, .. } in explanations() {
        let _ = writeln!(text, "{code:<width$}  {meaning}");
    }
    report::print(&text)
}

fn unknown(wanted: &str) -> Failure {
    let near = explanations().map(|it| (strsim::damerau_levenshtein(it.code, wanted), it.code)).min();
    let failure = Failure::because(format!("there is no code {wanted}"));
    match near.filter(|(distance, _)| *distance <= wanted.len() / 3) {
        Some((_, near)) => failure.help(format!("did you mean {near}?")),
        None => failure.help("`weft explain` lists all of them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_composition_has_an_example_that_says_what_to_do() {
        for code in Code::ALL {
            let example = finding(examples::report(*code), code.as_str());
            let example = example.unwrap_or_else(|| panic!("{} has no example", code.as_str()));
            assert!(is_head(example), "{example}");
            assert_eq!(example.lines().filter(|line| is_head(line)).count(), 1, "{example}");
        }
    }

    #[test]
    fn codes_are_listed_once() {
        let mut codes: Vec<&str> = explanations().map(|explanation| explanation.code).collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
