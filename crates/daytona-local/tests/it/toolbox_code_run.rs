//! Code in a language.

use http::StatusCode;
use serde_json::{Value, json};

use crate::toolbox::{Seen, Toolbox};

impl Toolbox {
    async fn code(&self, language: &str, code: &str, more: Value) -> Seen {
        let mut body = json!({"language": language, "code": code});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/process/code-run", body).await
    }
}

#[tokio::test]
async fn arguments_and_variables_reach_the_program_as_they_are() {
    let toolbox = Toolbox::start();
    let more = json!({"argv": ["two words", "$HOME", ""], "envs": {"A": "x $(id)\n'"}});
    let python = "import sys, os; print(sys.argv, repr(os.environ['A'])); sys.exit(5)";
    let seen = toolbox.code("python", python, more.clone()).await.json();
    let expected = "['-', 'two words', '$HOME', ''] \"x $(id)\\n'\"\n";
    assert_eq!(seen, json!({"exitCode": 5, "result": expected}));
    let javascript = "console.log(JSON.stringify([process.argv.slice(1), process.env.A])); process.exit(6)";
    let seen = toolbox.code("javascript", javascript, more).await.json();
    let expected = "[[\"two words\",\"$HOME\",\"\"],\"x $(id)\\n'\"]\n";
    assert_eq!(seen, json!({"exitCode": 6, "result": expected}));
}

#[tokio::test]
async fn a_program_that_fails_says_why_and_a_signal_is_an_exit_code() {
    let toolbox = Toolbox::start();
    let seen = toolbox.code("python", "print('x', flush=True)\n1/0", json!({})).await.json();
    assert_eq!(seen["exitCode"], 1);
    assert!(seen["result"].as_str().unwrap().starts_with("x\nTraceback"), "{seen}");
    let killed = toolbox.code("python", "import os; os.kill(os.getpid(), 9)", json!({})).await.json();
    assert_eq!(killed, json!({"exitCode": 137, "result": ""}));
    let ends = toolbox.code("python", "import time; time.sleep(1000)", json!({"timeout": 1})).await;
    assert_eq!(
        (ends.status, &ends.json()["code"]),
        (StatusCode::REQUEST_TIMEOUT, &json!("PROCESS_EXECUTION_TIMEOUT"))
    );
}

#[tokio::test]
async fn charts_are_taken_out_of_the_output() {
    let toolbox = Toolbox::start();
    let code = r#"print('a')
print('dtn_artifact_k39fd2:{"type": "chart", "value": {"type": "bar", "title": "", "elements": [{"value": 3}]}}')
print('b')"#;
    let seen = toolbox.code("python", code, json!({})).await.json();
    let charts = json!([{"type": "bar", "elements": [{"value": "3"}]}]);
    assert_eq!(seen, json!({"exitCode": 0, "result": "a\nb\n", "artifacts": {"charts": charts}}));
}

#[tokio::test]
async fn code_that_draws_keeps_its_names_lines_and_errors() {
    let toolbox = Toolbox::start();
    let code = "from __future__ import annotations\nwith_matplotlib = sorted(n for n in globals() if n[0] != '_')\n\
                print(__name__, with_matplotlib)\n1/0";
    let seen = toolbox.code("python", code, json!({})).await.json();
    let result = seen["result"].as_str().unwrap();
    assert!(result.starts_with("__main__ ['annotations']\n"), "{result}");
    assert!(result.contains("File \"<stdin>\", line 4"), "{result}");
}

#[tokio::test]
async fn typescript_runs_by_what_is_there_and_nothing_is_fetched() {
    let toolbox = Toolbox::start();
    let path = |folder: &str| json!({"envs": {"PATH": toolbox.path(folder)}, "argv": ["a b"]});
    std::fs::create_dir(toolbox.path("none")).unwrap();
    let none = toolbox.code("typescript", "let x: number = 1", path("none")).await.json();
    assert_eq!(none["exitCode"], 127);
    assert!(none["result"].as_str().unwrap().contains("ts-node"), "{none}");
    // A runner that shows how it was called.
    toolbox
        .run("mkdir some; printf '#!/bin/sh\\n/bin/cat \"$1\"; echo \"$2\"\\n' > some/tsx; chmod +x some/tsx")
        .await;
    let some = toolbox.code("typescript", "let x: number = 1\n", path("some")).await.json();
    assert_eq!(
        some,
        json!({"exitCode": 0, "result": "process.argv.splice(1, 1);\nlet x: number = 1\na b\n"})
    );
    assert!(std::fs::read_dir(toolbox.state_dir()).unwrap().next().is_none());
}

#[tokio::test]
async fn what_is_no_program_is_refused() {
    let toolbox = Toolbox::start();
    for (body, code) in [
        (json!({"language": "python"}), "INVALID_REQUEST_BODY"),
        (json!({"language": "python", "code": ""}), "INVALID_REQUEST_BODY"),
        (json!({"language": "", "code": "1"}), "INVALID_REQUEST_BODY"),
        (json!({"language": "ruby", "code": "1", "envs": {"A-B": "1"}}), "BAD_REQUEST"),
        (json!({"language": "python", "code": "1", "envs": {"A-B": "1"}}), "BAD_REQUEST"),
    ] {
        let seen = toolbox.post("/process/code-run", body.clone()).await;
        assert_eq!((seen.status, &seen.json()["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{body}");
    }
}
