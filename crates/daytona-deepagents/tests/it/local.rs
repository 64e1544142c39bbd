//! A local Daytona for one test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use daytona_client::{Config, Daytona, LocalServer};
use daytona_deepagents::{Backend, CreateOptions, ExecuteOptions, Failure, Output};
use serde_json::{Value, json};

/// A server, which ends with the test.
pub(crate) struct Local {
    server: LocalServer,
}

impl Local {
    /// `None`, with the reason printed, where the program is not to be had.
    pub(crate) async fn start() -> Option<Self> {
        static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        match PROGRAM.get_or_init(program) {
            Ok(program) => Some(Self { server: LocalServer::start(program, &[], None).await.unwrap() }),
            Err(reason) => {
                println!("skipped: there is no program daytona-local: {reason}");
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
        Backend::create(self.client(), CreateOptions::from_json(&options)?).await
    }

    pub(crate) async fn sandbox(&self) -> Backend {
        self.create(json!({})).await.unwrap()
    }

    /// Ids of all sandboxes.
    pub(crate) async fn ids(&self) -> Vec<String> {
        let deadline = daytona_client::Deadline::seconds(20);
        let found = self.client().list(&Default::default(), deadline).await.unwrap();
        found.iter().map(|sandbox| sandbox.id().to_owned()).collect()
    }

    pub(crate) async fn close(self) {
        self.server.close().await;
    }
}

/// Runs a script as a call without options does.
pub(crate) async fn run(backend: &Backend, script: &str) -> Result<Output, Failure> {
    backend.execute(script, backend.defaults().clone()).await
}

/// What a script printed that had to succeed.
pub(crate) async fn printed(backend: &Backend, script: &str) -> String {
    let output = run(backend, script).await.unwrap();
    assert_eq!(output.exit_code, Some(0), "{script}: {}", output.output);
    output.output
}

pub(crate) fn options(backend: &Backend, options: Value) -> ExecuteOptions {
    ExecuteOptions::from_json(&options, backend.defaults()).unwrap()
}

/// The failure of a call that has to fail.
pub(crate) fn failure<T>(result: Result<T, Failure>) -> Failure {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(failure) => failure,
    }
}

/// The program that was built beside these tests, or one that is named.
fn program() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("DAYTONA_LOCAL_PROGRAM") {
        return Ok(named.into());
    }
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let beside = own.parent().and_then(Path::parent).map(|folder| folder.join("daytona-local"));
    let beside = beside.ok_or("these tests lie in no target folder")?;
    if !beside.is_file() {
        build(&beside)?;
    }
    Ok(beside)
}

fn build(program: &Path) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").ok_or("it is not built, and cargo did not start these tests")?;
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "-p", "daytona-local"]);
    if program.parent().is_some_and(|folder| folder.ends_with("release")) {
        command.arg("--release");
    }
    let status = command.status().map_err(|error| error.to_string())?;
    if status.success() && program.is_file() { Ok(()) } else { Err(format!("cargo build: {status}")) }
}
