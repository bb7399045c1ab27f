//! `weft completions SHELL`: a script that completes the command line.

use super::Cli;
use super::report::{self, Failure};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

#[derive(Args)]
#[command(after_help = "For example: weft completions bash > ~/.local/share/bash-completion/completions/weft")]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "weft", &mut script);
    report::print(&String::from_utf8_lossy(&script))
}
