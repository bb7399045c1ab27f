//! `weft permission`: lets somebody see how requests are answered, for a while.

use super::report::{self, Failure};
use crate::access::{Clock, permission};
use crate::config::duration;
use clap::Args;
use std::time::Duration;

#[derive(Args)]
pub(super) struct Arguments {
    /// The secret of `insight.shared_key`
    #[arg(long, value_name = "SECRET", env = "WEFT_INSIGHT_KEY", hide_env_values = true)]
    key: String,
    /// For how long, a day at most
    #[arg(long = "for", value_name = "DURATION", default_value = "15m", value_parser = lifetime)]
    lifetime: Duration,
}

fn lifetime(text: &str) -> Result<Duration, &'static str> {
    duration(text).ok_or("not a duration, such as 15m")
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let signed = permission::sign(arguments.key.as_bytes(), Clock::System.now(), arguments.lifetime);
    let permission = signed.ok_or_else(|| Failure::because("a permission is good for a day at most"))?;
    report::print(&format!("{permission}\n"))
}
