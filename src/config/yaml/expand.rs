//! `${env.NAME}`, `${env.NAME:-default}` and `${file.PATH}` in values.
//!
//! What is put in is text and stays text: it is not read as YAML again, so that no variable can add
//! keys. `$${` is a plain `${`.

use super::{Reports, Surroundings, code};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// `text` with its expansions filled in, and the files read for it; nothing when one of them failed,
/// which is reported.
pub(super) fn expand(
    text: &str,
    range: &Range<usize>,
    reports: &Reports,
    surroundings: &Surroundings<'_>,
    files: &mut Vec<PathBuf>,
) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut whole = true;
    while let Some(start) = rest.find("${") {
        if let Some(before) = rest[..start].strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = &rest[start + 2..];
            continue;
        }
        out.push_str(&rest[..start]);
        let end = rest[start..].find('}').map(|end| start + end);
        let expression = &rest[start..end.map_or(rest.len(), |end| end + 1)];
        let inside = end.map(|end| &rest[start + 2..end]).ok_or_else(|| "the closing brace is missing".to_owned());
        match inside.and_then(|inside| value(inside, surroundings, files)) {
            Ok(value) => out.push_str(&value),
            Err(problem) => {
                whole = false;
                let message = format!("{expression} has no value: {problem}");
                reports.add(reports.error(code::EXPANSION, place(expression, range, reports), message));
            }
        }
        rest = &rest[start + expression.len()..];
    }
    out.push_str(rest);
    whole.then_some(out)
}

/// Where the expression stands; the whole scalar when escapes or folding hide it.
fn place(expression: &str, range: &Range<usize>, reports: &Reports) -> Range<usize> {
    match reports.text(range).find(expression) {
        Some(at) => range.start + at..range.start + at + expression.len(),
        None => range.clone(),
    }
}

/// The value of what stands between the braces.
fn value(inside: &str, surroundings: &Surroundings<'_>, files: &mut Vec<PathBuf>) -> Result<String, String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let found = if let Some(name) = name.strip_prefix("env.") {
        (surroundings.env)(name).ok_or_else(|| format!("the environment variable {name} is not set"))
    } else if let Some(path) = name.strip_prefix("file.") {
        file(Path::new(path), surroundings, files)
    } else {
        return Err("only ${env.NAME} and ${file.PATH} are known; write $${ for the characters themselves".into());
    };
    found.or_else(|problem| default.map(str::to_owned).ok_or(problem))
}

/// A file's text without its last line break, which editors add and tokens do not want.
fn file(path: &Path, surroundings: &Surroundings<'_>, files: &mut Vec<PathBuf>) -> Result<String, String> {
    let path = surroundings.base_dir.join(path);
    let read = std::fs::read_to_string(&path);
    let result = match &read {
        Ok(text) => Ok(text.strip_suffix('\n').map_or(text.as_str(), |t| t.strip_suffix('\r').unwrap_or(t)).to_owned()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    };
    if !files.contains(&path) {
        files.push(path);
    }
    result
}
