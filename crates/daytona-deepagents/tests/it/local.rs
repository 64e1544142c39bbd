//! A local server for one test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use daytona_client::{Config, Daytona, Deadline, Unclaimed};
use daytona_deepagents::{Backend, CommandOutput, CreateOptions, ExecuteOptions, Failure};
use daytona_launcher::LocalServer;
use serde_json::{Value, json};

/// A server, which stops with the test.
pub(crate) struct Local {
    server: LocalServer,
}

impl Local {
    /// Starts the server. Prints the reason and returns `None` if the program is not
    /// available.
    pub(crate) async fn start() -> Option<Self> {
        static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        match PROGRAM.get_or_init(program) {
            Ok(program) => Some(Self { server: LocalServer::start(program, &[], None, None).await.unwrap() }),
            Err(reason) => {
                println!("skipped: the program daytona-local is not available: {reason}");
                None
            }
        }
    }

    pub(crate) fn client(&self) -> Daytona {
        Daytona::new(Config::new(self.server.api_url(), self.server.api_key().clone())).unwrap()
    }

    pub(crate) fn client_with_key(&self, key: &str) -> Daytona {
        Daytona::new(Config::new(self.server.api_url(), key.into())).unwrap()
    }

    pub(crate) async fn create(&self, options: Value) -> Result<Backend, Failure> {
        Backend::create(self.client(), CreateOptions::from_json(&options)?).await.map(Unclaimed::claim)
    }

    pub(crate) async fn sandbox(&self) -> Backend {
        self.create(json!({})).await.unwrap()
    }

    /// Returns the ids of all sandboxes.
    pub(crate) async fn ids(&self) -> Vec<String> {
        let found = self.client().list(&Default::default(), deadline()).await.unwrap();
        found.iter().map(|sandbox| sandbox.id().to_owned()).collect()
    }

    pub(crate) async fn close(self) {
        self.server.close().await;
    }
}

/// Returns a deadline that no test is expected to reach.
pub(crate) fn deadline() -> Deadline {
    Deadline::seconds(20)
}

/// Runs a script with the default options.
pub(crate) async fn run(backend: &Backend, script: &str) -> Result<CommandOutput, Failure> {
    backend.execute(script, backend.defaults().clone()).await
}

/// Runs a script that must succeed and returns its output.
pub(crate) async fn printed(backend: &Backend, script: &str) -> String {
    let output = run(backend, script).await.unwrap();
    assert_eq!(output.exit_code, Some(0), "{script}: {}", output.output);
    output.output.into()
}

pub(crate) fn options(backend: &Backend, options: Value) -> ExecuteOptions {
    ExecuteOptions::from_json(&options, backend.defaults()).unwrap()
}

/// Returns the failure of a call that must fail.
pub(crate) fn failure<T>(result: Result<T, Failure>) -> Failure {
    match result {
        Ok(_) => panic!("the call did not fail"),
        Err(failure) => failure,
    }
}

/// Returns the program in `DAYTONA_LOCAL_PROGRAM`, or the one in the target folder.
fn program() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("DAYTONA_LOCAL_PROGRAM") {
        return Ok(named.into());
    }
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let beside = own.parent().and_then(Path::parent).map(|folder| folder.join("daytona-local"));
    let beside = beside.ok_or("the tests are not in a target folder")?;
    if !beside.is_file() {
        build(&beside)?;
    }
    Ok(beside)
}

fn build(program: &Path) -> Result<(), String> {
    let cargo =
        std::env::var_os("CARGO").ok_or("it is not built, and the tests were not started by cargo")?;
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "-p", "daytona-local"]);
    if program.parent().is_some_and(|folder| folder.ends_with("release")) {
        command.arg("--release");
    }
    let status = command.status().map_err(|error| error.to_string())?;
    if status.success() && program.is_file() { Ok(()) } else { Err(format!("cargo build: {status}")) }
}
