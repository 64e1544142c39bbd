//! Recorded responses of a real toolbox, and the client's results for them.
//!
//! The recordings are outside the repository; without them, the test is skipped.
//! `expected.txt` contains the number of responses per result: a row for each route,
//! version of the toolbox, status, outcome and code of the agent's sandbox.

mod operation;
mod step;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{GET, Scripted, Server, entry, sandbox};
use step::{Form, Step};

const EXPECTED: &str = include_str!("expected.txt");

/// Rows of the table, and the number of occurrences.
type Rows = BTreeMap<String, usize>;

fn folder() -> Option<PathBuf> {
    let shared = std::env::var_os("DAYTONA_SHARED_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("contract/recordings");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there are no recordings at {} (DAYTONA_SHARED_DIR)", folder.display());
    None
}

/// Replays every form of every response in a file.
async fn replay(file: &Path) -> Rows {
    let recorded: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut rows = Rows::new();
    for scene in recorded["scenes"].as_array().unwrap() {
        for step in scene["steps"].as_array().unwrap() {
            for form in Form::all(step) {
                let step = Step::new(step, &form);
                let location = format!("{}: {} ({})", scene["name"], step.line, form.version);
                let row = row(&step, &form, &location).await;
                *rows.entry(row).or_default() += 1;
            }
        }
    }
    rows
}

async fn row(step: &Step, form: &Form, location: &str) -> String {
    let key = format!("{} | {} | {}", step.route, form.version, form.response["status"]);
    let Some(operation) = operation::for_route(step) else {
        return format!("{key} | no operation");
    };
    let server = Server::start().await;
    let sandbox = sandbox(&server).await;
    if step.route == "POST /files/upload" {
        // The client uses the old route if the new one does not exist.
        server.once("POST /toolbox/box-1/files/upload-v2", Scripted::empty(404));
    }
    if step.route == "POST /files/upload-v2" {
        server.always(
            "POST /toolbox/box-1/files/upload",
            Scripted::bytes(404, "text/plain", "404 page not found"),
        );
    }
    server.once(&step.line, form.to_answer());
    server.always(GET, Scripted::json(200, &entry(&server, "started")));
    let outcome = operation.run(&sandbox, step, form, location).await;
    assert!(server.lines().contains(&step.line), "{location}: {:?}", server.lines());
    assert!(
        !server.lines().contains(&GET.to_owned()),
        "{location}: responses of a toolbox are not ambiguous"
    );
    format!("{key} | {outcome}")
}

#[tokio::test]
async fn recorded_responses_have_the_expected_results() {
    let Some(folder) = folder() else { return };
    let mut rows = Rows::new();
    for file in ["execute.json", "files.json"] {
        for (row, count) in replay(&folder.join(file)).await {
            *rows.entry(row).or_default() += count;
        }
    }
    let seen: Vec<String> = rows.iter().map(|(row, count)| format!("{row} | {count}")).collect();
    let expected: Vec<&str> =
        EXPECTED.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert!(seen == expected, "expected.txt should say\n{}", seen.join("\n"));
}
