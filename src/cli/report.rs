//! How the command line speaks: diagnostics in full, or one sentence with what to do about it.

use crate::demo::DemoError;
use crate::diagnostic::{Diagnostic, Severity, Style, render_all};
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

/// Why a command failed, ready to be told.
#[derive(Debug)]
pub(super) enum Failure {
    /// Everything that is wrong with an input.
    Input(Vec<Diagnostic>),
    /// What happened, and what to do.
    Sentence {
        /// What happened, and where.
        what: String,
        /// What to do.
        help: Option<String>,
    },
    /// It was told already, in the form that was asked for.
    Told,
}

impl Failure {
    /// Something that one sentence says.
    pub(super) fn because(what: impl Into<String>) -> Self {
        Self::Sentence { what: what.into(), help: None }
    }

    /// Says what to do about it.
    pub(super) fn help(self, advice: impl Into<String>) -> Self {
        match self {
            Self::Sentence { what, .. } => Self::Sentence { what, help: Some(advice.into()) },
            told => told,
        }
    }

    /// A file that cannot be read or written.
    pub(super) fn file(doing: &str, path: &Path, error: &io::Error) -> Self {
        let failure = Self::because(format!("cannot {doing} {}: {}", path.display(), plain(error)));
        match error.kind() {
            io::ErrorKind::NotFound => failure.help("check the path; it is relative to the working directory"),
            io::ErrorKind::PermissionDenied => failure.help("check the permissions of the file and its folder"),
            _ => failure,
        }
    }

    /// Says it on standard error.
    pub(super) fn print(&self) {
        let style = style_of(&io::stderr());
        match self {
            Self::Input(diagnostics) => print_diagnostics(diagnostics),
            Self::Sentence { what, help } => {
                let (red, bold, dim, end) = match style {
                    Style::Colour => ("\u{1b}[1;31m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"),
                    Style::Plain => ("", "", "", ""),
                };
                eprintln!("{red}error{end}: {bold}{what}{end}");
                if let Some(help) = help {
                    eprintln!("  {dim}= help:{end} {help}");
                }
            }
            Self::Told => {}
        }
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        // Its messages end with what to do.
        Self::because(error.to_string())
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self::Input(diagnostics)
    }
}

/// Prints diagnostics on standard error, and how many there are when a screen may not hold them.
pub(super) fn print_diagnostics(diagnostics: &[Diagnostic]) {
    if diagnostics.is_empty() {
        return;
    }
    eprint!("{}", render_all(diagnostics, style_of(&io::stderr())));
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    if errors > 1 {
        eprintln!("\n{errors} errors");
    }
}

/// Says what is good to know beside the output, where it does not get into it.
pub(super) fn note(what: &str) {
    eprintln!("note: {what}");
}

/// Prints a result on standard output. A reader who has seen enough (`weft plan | head`) is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::because(format!("cannot write to standard output: {}", plain(&error))))
        }
        _ => Ok(()),
    }
}

/// Prints a result as indented JSON.
pub(super) fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print(&format!("{value:#}\n"))
}

/// Colour on a terminal, unless `NO_COLOR` says otherwise (<https://no-color.org>).
pub(super) fn style_of(stream: &impl IsTerminal) -> Style {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    if stream.is_terminal() && !refused && !dumb { Style::Colour } else { Style::Plain }
}

/// An I/O error without its number.
pub(super) fn plain(error: &impl Display) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// What takes long where schemas are read: running services are asked for them.
pub(super) const READING: &str = "asking services for their schemas";

/// Says what is being done when it takes longer than a person waits unasked.
pub(super) async fn patiently<T>(doing: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(Duration::from_millis(500)) => progress(doing),
    }
    work.await
}

/// Says what is being done, to those who watch; a script reads results only.
pub(super) fn progress(doing: &str) {
    if io::stderr().is_terminal() {
        eprintln!("{doing} ...");
    }
}
