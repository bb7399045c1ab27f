//! The executor against fakes: plans as text, replies as text, answers as text.
//!
//! Each file `execute/cases/NAME.txt` is a sentence on what it shows, then sections: `plan`, `variables`,
//! `settings`, `reply SUBGRAPH [STATUS | timeout | connect | hangs]`, and what comes of it: `requests` and
//! `answer`. `UPDATE_GOLDENS=1` writes the last two anew.

pub mod allocations;
mod fake;
mod fuzz;
pub mod masks;
pub mod plan_text;
mod running;

use bytes::Bytes;
use fake::{Fake, Reply};
use futures::StreamExt;
use http::HeaderMap;
use plan_text::Described;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use weft::execute::{ExecutionLimits, ExecutionRequest, ExecutionSettings, ResponsePart, SubgraphSettings, run};
use weft::operation::Variables;
use weft::upstream::FetchError;

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/execute/cases");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 20, "the cases were not found");
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let now = Case::parse(&text).answered();
        if now == text {
            continue;
        }
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            fs::write(&file, now).unwrap();
        } else {
            wrong.push(format!("{}:\n{now}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "these cases come out differently:\n{}", wrong.join("\n"));
}

/// A case file.
struct Case<'a> {
    /// All up to the requests.
    given: &'a str,
    plan: &'a str,
    variables: Vec<(&'a str, &'a str)>,
    settings: Vec<&'a str>,
    replies: Vec<(&'a str, Reply)>,
}

impl<'a> Case<'a> {
    fn parse(text: &'a str) -> Self {
        let given = text.find("--- requests").map_or(text, |at| &text[..at]);
        let mut case = Self { given, plan: "", variables: Vec::new(), settings: Vec::new(), replies: Vec::new() };
        for section in given.split("--- ").skip(1) {
            let (title, body) = section.split_once('\n').unwrap();
            let words: Vec<&str> = title.split(' ').collect();
            match words[0] {
                "plan" => case.plan = body,
                "variables" => case.variables = body.lines().filter_map(|line| line.split_once(' ')).collect(),
                "settings" => case.settings = body.lines().collect(),
                "reply" => case.replies.push((words[1], reply(words.get(2).copied(), body.trim_end()))),
                other => panic!("section {other}"),
            }
        }
        case
    }

    fn answered(&self) -> String {
        let described = plan_text::parse(self.plan);
        let fake = Fake { replies: self.replies(&described), ..Fake::default() };
        let mut request = request(&described);
        let values = described.variables.iter().map(|name| {
            let value = self.variables.iter().find(|(variable, _)| variable == name);
            value.map(|(_, json)| Bytes::copy_from_slice(json.as_bytes()))
        });
        request.variables = Variables::new(values.collect());
        request.liveness = request.plan.liveness(&request.variables.conditions());
        request.introspection = vec![Bytes::from_static(b"{\"types\":[]}")];
        request.settings = Arc::new(self.settings(&described));
        if self.settings.contains(&"impatient") {
            request.deadline = Instant::now() + Duration::from_millis(30);
        }
        let parts = answer(request, &fake);
        let mut text = format!("{}--- requests\n", self.given);
        for (subgraph, body) in fake.requests.into_inner().unwrap() {
            writeln!(text, "{}: {body}", described.subgraphs[subgraph]).unwrap();
        }
        text.push_str("--- answer\n");
        for part in parts {
            writeln!(text, "{}", std::str::from_utf8(part.data()).unwrap()).unwrap();
            for error in &part.errors {
                writeln!(text, "{}", serde_json::to_string(error).unwrap()).unwrap();
            }
            let whole = part.finish(&[]);
            serde_json::from_slice::<serde_json::Value>(&whole).expect("the answer is valid JSON");
        }
        text
    }

    fn replies(&self, described: &Described) -> std::collections::HashMap<usize, Reply> {
        let subgraph = |name: &str| described.subgraphs.iter().position(|it| it == name).expect("a subgraph");
        self.replies.iter().map(|(name, reply)| (subgraph(name), reply.clone())).collect()
    }

    fn settings(&self, described: &Described) -> ExecutionSettings {
        let mut settings = settings(described, !self.settings.contains(&"redact"));
        for line in &self.settings {
            let Some((name, value)) = line.split_once(' ') else { continue };
            let value = value.parse().unwrap();
            match name {
                "errors" => settings.limits.errors = value,
                "values" => settings.limits.values = value,
                "reply_bytes" => settings.limits.reply_bytes = value,
                "answer_bytes" => settings.limits.answer_bytes = value,
                "depth" => settings.limits.depth = value as u32,
                other => panic!("setting {other}"),
            }
        }
        settings
    }
}

fn reply(how: Option<&str>, body: &str) -> Reply {
    match how {
        None => Reply::json(body),
        Some("timeout") => Reply::Fails(FetchError::Timeout),
        Some("connect") => Reply::Fails(FetchError::Connect),
        Some("hangs") => Reply::Hangs,
        Some(status) => Reply::Body(status.parse().unwrap(), Bytes::copy_from_slice(body.as_bytes())),
    }
}

fn settings(described: &Described, show_errors: bool) -> ExecutionSettings {
    let subgraphs = described.subgraphs.iter();
    ExecutionSettings {
        subgraphs: subgraphs.map(|name| SubgraphSettings { name: name.as_str().into(), show_errors }).collect(),
        limits: ExecutionLimits::default(),
    }
}

type NoHeaders = fn(usize) -> HeaderMap;

/// A request without variables or conditions.
fn request(described: &Described) -> ExecutionRequest<NoHeaders> {
    ExecutionRequest {
        trace: None,
        plan: Arc::new(described.plan.clone()),
        liveness: weft::plan::model::Liveness::ALL,
        variables: Variables::default(),
        introspection: Vec::new(),
        counts_objects: false,
        headers: |_| HeaderMap::new(),
        deadline: Instant::now() + Duration::from_secs(20),
        settings: Arc::new(settings(described, true)),
        cache: None,
    }
}

/// All parts of the answer.
fn answer(request: ExecutionRequest<NoHeaders>, fake: &Fake) -> Vec<ResponsePart> {
    runtime().block_on(run(request, fake).collect())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}
