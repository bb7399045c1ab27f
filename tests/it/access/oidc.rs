//! A real OpenID provider, npm's `oidc-provider`, on loopback: somebody logs in, its key changes, it goes away.
//!
//! It needs node and npm. Where they are missing the test says that it is left out; in CI that is a failure.

use super::accepted::with_token;
use super::issuer::{AUDIENCE, KEYS, claims_but};
use crate::serving::gateway::{Answer, Running};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use weft::access::{Authenticator, Clock};
use weft::config::{Authentication, KeyLocation, TokenIssuer};

const FILES: [(&str, &str); 4] = [
    ("package.json", include_str!("oidc-provider/package.json")),
    ("package-lock.json", include_str!("oidc-provider/package-lock.json")),
    (".npmrc", include_str!("oidc-provider/.npmrc")),
    ("server.mjs", include_str!("oidc-provider/server.mjs")),
];

/// The provider's process.
struct RealProvider {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    issuer: String,
}

impl RealProvider {
    fn start() -> Option<Self> {
        let folder = match install() {
            Ok(folder) => folder,
            Err(why) => {
                assert!(std::env::var_os("CI").is_none(), "the OpenID provider can not be installed: {why}");
                eprintln!("skipped: the OpenID provider can not be installed: {why}");
                return None;
            }
        };
        let mut command = Command::new("node");
        command
            .arg("server.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let (commands, answers) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let mut provider = Self { process, commands, answers, issuer: String::new() };
        provider.issuer = provider.answer("issuer ");
        Some(provider)
    }

    /// The rest of the next line that begins so; the provider prints notices between.
    fn answer(&mut self, beginning: &str) -> String {
        let mut line = String::new();
        while !line.starts_with(beginning) {
            line.clear();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the provider ended before it said `{beginning}`");
        }
        line[beginning.len()..].trim().to_owned()
    }

    fn ask(&mut self, command: &str, beginning: &str) -> String {
        writeln!(self.commands, "{command}").unwrap();
        self.answer(beginning)
    }

    fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for RealProvider {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Installs the provider into the build's folder, once for a lock file.
fn install() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oidc-provider");
    let done = folder.join("installed");
    if std::fs::read_to_string(&done).is_ok_and(|lock| lock == FILES[1].1) {
        std::fs::write(folder.join(FILES[3].0), FILES[3].1).map_err(|error| error.to_string())?;
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for (name, text) in FILES {
        std::fs::write(folder.join(name), text).map_err(|error| error.to_string())?;
    }
    for (program, arguments) in
        [("node", &["--version"][..]), ("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])]
    {
        let output = Command::new(program).args(arguments).current_dir(&folder).output();
        let output = output.map_err(|error| format!("{program}: {error}"))?;
        if !output.status.success() {
            return Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    std::fs::write(done, FILES[1].1).map_err(|error| error.to_string())?;
    Ok(folder)
}

async fn status(gateway: &Running, token: &str) -> u16 {
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {token}"));
    Answer::of(request.body(r#"{"query":"{ __typename }"}"#)).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_logs_in_and_the_keys_change_and_the_provider_goes_away() {
    let Some(mut provider) = RealProvider::start() else { return };
    let mut issuer = TokenIssuer::new(KeyLocation::Discovery { issuer: provider.issuer.clone() });
    issuer.issuers = vec![provider.issuer.clone()];
    issuer.audiences = vec![AUDIENCE.into()];
    let config = Authentication { issuers: vec![issuer.clone()], ..Authentication::default() };
    let gateway = Running::configured(|all| all.authentication = config.clone()).await;

    let first = provider.ask("login", "token ");
    assert_eq!(status(&gateway, &first).await, 200);
    assert_eq!(status(&gateway, &first[..first.len() - 2]).await, 401);
    let claims = with_token(&Authenticator::new(&config, Clock::System, None).unwrap(), &first).await.unwrap();
    assert_eq!(claims.subject.as_deref(), Some("ada"));
    assert!(claims.has_scope("payments:read") && claims.has_scope("orders:read"));

    provider.ask("rotate", "rotated");
    let second = provider.ask("login", "token ");
    let begin = Instant::now();
    assert_eq!(status(&gateway, &second).await, 200);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert_eq!(status(&gateway, &first).await, 401, "the old key is gone, and with it what it signed");

    let before = provider.ask("count", "count ");
    let unknown = |n: usize| {
        let claims = claims_but(json!({ "iss": issuer.issuers[0] }));
        KEYS.p256.token(&json!({ "alg": "ES256", "kid": format!("unknown {n}") }), &claims)
    };
    for n in 0..30 {
        assert_eq!(status(&gateway, &unknown(n)).await, 401);
    }
    assert_eq!(provider.ask("count", "count "), before, "unknown keys do not make it ask again and again");

    let third = provider.ask("login", "token ");
    provider.stop();
    assert_eq!(status(&gateway, &second).await, 200);
    assert_eq!(status(&gateway, &third).await, 200, "a token that it has not seen, of a key that it has");
    assert_eq!(status(&gateway, &unknown(99)).await, 401);
}
