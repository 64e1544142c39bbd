//! The code interpreter: contexts, and code that runs in them.

use futures_util::{SinkExt as _, StreamExt as _};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::toolbox::{Seen, Toolbox, request};

const CONTEXT: &str = "/process/interpreter/context";

/// A run, as its client sees it.
struct Client(WebSocketStream<UnixStream>);

/// All that a run said.
#[derive(Debug, Default)]
struct Outcome {
    stdout: String,
    stderr: String,
    error: Value,
    control: Vec<String>,
    frames: usize,
    code: u16,
    reason: String,
}

impl Client {
    async fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    async fn outcome(mut self) -> Outcome {
        let mut outcome = Outcome::default();
        while let Some(message) = self.0.next().await {
            match message.unwrap() {
                Message::Text(text) => {
                    let said: Value = serde_json::from_str(&text).unwrap();
                    outcome.frames += 1;
                    let text = said["text"].as_str().unwrap();
                    match said["type"].as_str().unwrap() {
                        "stdout" => outcome.stdout.push_str(text),
                        "stderr" => outcome.stderr.push_str(text),
                        "error" => outcome.error = said,
                        _ => outcome.control.push(text.to_owned()),
                    }
                }
                Message::Close(frame) => {
                    let frame = frame.unwrap();
                    (outcome.code, outcome.reason) = (frame.code.into(), frame.reason.to_string());
                }
                _ => {}
            }
        }
        outcome
    }
}

impl Toolbox {
    /// Opens a WebSocket and sends a message.
    async fn start_code(&self, message: Value) -> Client {
        let request = "ws://toolbox/process/interpreter/execute".into_client_request().unwrap();
        let (mut socket, _) = client_async(request, self.stream().await).await.unwrap();
        socket.send(Message::text(message.to_string())).await.unwrap();
        Client(socket)
    }

    async fn code_in(&self, message: Value) -> Outcome {
        self.start_code(message).await.outcome().await
    }

    async fn python(&self, code: &str) -> Outcome {
        self.code_in(json!({ "code": code })).await
    }

    async fn delete_context(&self, id: &str) -> Seen {
        self.send(request(Method::DELETE, &format!("{CONTEXT}/{id}"), &[], "")).await
    }

    async fn create_context(&self) -> String {
        let seen = self.post(CONTEXT, json!({})).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text());
        seen.json()["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn state_stays_and_both_outputs_are_apart() {
    let toolbox = Toolbox::start();
    let first = toolbox.python("import sys\nx = 41\nprint('out'); print('err', file=sys.stderr)").await;
    assert_eq!((first.stdout.as_str(), first.stderr.as_str()), ("out\n", "err\n"));
    assert_eq!((first.code, first.control), (1000, vec!["completed".to_owned()]));
    assert_eq!(toolbox.python("print(x + 1)").await.stdout, "42\n");
    let failed = toolbox.python("def f():\n    return 1 / 0\nf()").await;
    assert_eq!(failed.error["name"], "ZeroDivisionError");
    assert_eq!(failed.error["value"], "division by zero");
    let lines = "  File \"<stdin>\", line 3\n  File \"<stdin>\", line 2\n";
    assert_eq!(
        failed.error["traceback"],
        format!("Traceback (most recent call last):\n{lines}ZeroDivisionError: division by zero\n")
    );
    assert_eq!(toolbox.python("print(x)").await.stdout, "41\n");
}

#[tokio::test]
async fn output_comes_while_the_code_runs_and_in_pieces_that_clients_take() {
    let toolbox = Toolbox::start();
    let go = toolbox.fifo("go");
    let mut client =
        toolbox.start_code(json!({"code": "print('first'); open('go').read(); print('last')"})).await;
    assert_eq!(client.next().await.unwrap()["text"], "first\n");
    tokio::task::spawn_blocking(move || std::fs::write(go, "go").unwrap()).await.unwrap();
    assert_eq!(client.outcome().await.stdout, "last\n");
    let code = format!("print(len('{}'))", "y".repeat(2 << 20));
    assert_eq!(toolbox.python(&code).await.stdout, "2097152\n");
    // Escaped, this is more than the messages that some clients take.
    let long = toolbox.python("import sys\nn = sys.stdout.write('\\x01é' * 200_000)").await;
    assert_eq!(long.stdout, "\u{1}é".repeat(200_000));
    assert!(long.frames > 3, "{}", long.frames);
    let value = toolbox.python("raise ValueError('x' * 3_000_000)").await.error;
    assert!(value["value"].as_str().unwrap().ends_with("x… (2934464 more characters)"));
}

#[tokio::test]
async fn the_time_limit_interrupts_and_kills_what_does_not_end() {
    let toolbox = Toolbox::start();
    let limited = |code: &str| json!({"code": code, "timeout": 1});
    let interrupted = toolbox.code_in(limited("n = 1\nprint('start')\nwhile True: pass")).await;
    assert_eq!((interrupted.code, interrupted.stdout.as_str()), (4008, "start\n"));
    assert_eq!(interrupted.control, Vec::<String>::new());
    assert_eq!(toolbox.python("print(n)").await.stdout, "1\n");
    // Output that never ends does not keep the limit from being seen.
    let flood = toolbox.code_in(limited("while True: print('x' * 1000)")).await;
    assert_eq!(flood.code, 4008);
    let caught = toolbox
        .code_in(limited(
            "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('caught')",
        ))
        .await;
    assert_eq!((caught.code, caught.stdout.as_str()), (1000, "caught\n"));
    let stubborn = "import subprocess, time\np = subprocess.Popen(['sleep', '1000'])\nprint(p.pid)\nwhile True:\n    \
                    try:\n        time.sleep(60)\n    except KeyboardInterrupt: pass";
    let killed = toolbox.code_in(limited(stubborn)).await;
    assert_eq!(killed.code, 4008);
    // Whoever inherits a killed process may not ask for its exit status.
    let find = format!("grep '^State:.[^ZX]' /proc/{}/status", killed.stdout.trim());
    let (_, state) = toolbox.run(&find).await;
    assert!(!state.contains("State"), "{state}");
    assert_eq!(toolbox.python("print('n' in globals())").await.stdout, "False\n");
}

#[tokio::test]
async fn a_client_that_closes_ends_its_run_and_one_that_is_lost_does_not() {
    let toolbox = Toolbox::start();
    let endless = "kept = 1\nprint('on')\nwhile True: pass";
    let mut client = toolbox.start_code(json!({"code": endless, "timeout": 0})).await;
    assert_eq!(client.next().await.unwrap()["text"], "on\n");
    // Waits for its turn, and is not wanted any more when that comes.
    let mut waiting = toolbox.start_code(json!({"code": "kept = 2"})).await;
    waiting.0.close(None).await.unwrap();
    while let Some(Ok(_)) = waiting.0.next().await {}
    client.0.close(None).await.unwrap();
    assert_eq!(toolbox.python("print(kept)").await.stdout, "1\n");
    let go = toolbox.fifo("go");
    let mut lost = toolbox.start_code(json!({"code": "print('on'); open('go').read(); kept = 3"})).await;
    assert_eq!(lost.next().await.unwrap()["text"], "on\n");
    drop(lost);
    tokio::task::spawn_blocking(move || std::fs::write(go, "go").unwrap()).await.unwrap();
    assert_eq!(toolbox.python("print(kept)").await.stdout, "3\n");
}

#[tokio::test]
async fn an_interpreter_that_ends_is_started_again() {
    let toolbox = Toolbox::start();
    let id = toolbox.create_context().await;
    let code = |code: &str| json!({"code": code, "contextId": id});
    for end in [
        "import os; x = 1; os._exit(3)",
        "import os; os.kill(os.getpid(), 9)",
        "import os; os.closerange(3, 99); print(1)",
    ] {
        let dead = toolbox.code_in(code(end)).await;
        assert_eq!((dead.code, dead.reason.as_str()), (1001, "worker process ended"), "{end}");
        assert_eq!(toolbox.get(CONTEXT).await.json()["contexts"][0]["active"], false);
        assert_eq!(toolbox.code_in(code("print('x' in globals())")).await.stdout, "False\n");
        assert_eq!(toolbox.get(CONTEXT).await.json()["contexts"][0]["active"], true);
    }
    // Nothing that code writes to the pipe of the toolbox is trusted.
    let forged =
        "import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'x' * 1000)\n    except OSError: pass";
    assert_eq!(toolbox.code_in(code(forged)).await.code, 1001);
}

#[tokio::test]
async fn a_context_that_is_deleted_ends_its_run_and_those_that_wait() {
    let toolbox = Toolbox::start();
    let id = toolbox.create_context().await;
    let mut running =
        toolbox.start_code(json!({"code": "print('on')\nwhile True: pass", "contextId": id})).await;
    assert_eq!(running.next().await.unwrap()["text"], "on\n");
    let waiting = toolbox.start_code(json!({"code": "1", "contextId": id})).await;
    // The queue has it once a later message is answered.
    assert_eq!(toolbox.python("1").await.code, 1000);
    let seen = toolbox.delete_context(&id).await;
    assert_eq!(seen.json(), json!({"message": "Context deleted successfully"}));
    let running = running.outcome().await;
    assert_eq!((running.code, running.control), (4008, vec!["interrupted".to_owned()]));
    let waiting = waiting.outcome().await;
    let not_found = format!("context not found: {id}");
    assert!(
        [(1001, "context shutdown"), (1008, not_found.as_str())].contains(&(waiting.code, &waiting.reason)),
        "{waiting:?}"
    );
    assert_eq!(toolbox.delete_context(&id).await.status, StatusCode::NOT_FOUND);
    assert_eq!(toolbox.delete_context("default").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(toolbox.code_in(json!({"code": "1", "contextId": id})).await.reason, not_found);
}

#[tokio::test]
async fn a_context_needs_a_folder_and_python() {
    let toolbox = Toolbox::start();
    toolbox.write("file", "");
    for cwd in ["none", "file"] {
        let seen = toolbox.post(CONTEXT, json!({"cwd": cwd})).await;
        let message = seen.json()["message"].as_str().unwrap().to_owned();
        assert_eq!(seen.status, StatusCode::INTERNAL_SERVER_ERROR);
        let folder = toolbox.path(cwd);
        let reason = format!("{} is not a folder of the sandbox", folder.display());
        assert!(message.contains(&reason), "{message}");
    }
    let seen = toolbox.post(CONTEXT, json!({"language": "javascript"})).await;
    assert_eq!(seen.status, StatusCode::BAD_REQUEST);
    assert_eq!(toolbox.get(CONTEXT).await.json(), json!({"contexts": []}));
    let plain = toolbox.get("/process/interpreter/execute").await;
    assert_eq!(plain.json()["code"], "BAD_REQUEST");
}

#[tokio::test]
async fn contexts_are_limited_in_number() {
    let toolbox = Toolbox::start();
    let mut last = String::new();
    for _ in 0..32 {
        last = toolbox.create_context().await;
    }
    let refused = toolbox.post(CONTEXT, json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.json()["message"].as_str().unwrap().contains("delete one"), "{}", refused.text());
    // The default one is another.
    assert_eq!(toolbox.python("1").await.code, 1000);
    toolbox.delete_context(&last).await;
    toolbox.create_context().await;
}

#[tokio::test]
async fn what_is_no_code_is_refused() {
    let toolbox = Toolbox::start();
    for (message, code, reason) in [
        (json!([1]), 1002, "invalid JSON payload"),
        (json!({"code": 5}), 1002, "invalid JSON payload"),
        (json!({"code": "1", "timeout": 1.5}), 1002, "invalid JSON payload"),
        (json!({}), 1008, "code is required"),
        (json!({"code": "1", "timeout": -1}), 1008, "timeout must be greater than or equal to 0"),
        (json!({"code": "1", "contextId": "é".repeat(200)}), 1008, "context not found: é"),
    ] {
        let outcome = toolbox.code_in(message.clone()).await;
        assert_eq!(outcome.code, code, "{message}");
        assert!(outcome.reason.starts_with(reason), "{message}: {}", outcome.reason);
    }
    let envs = json!({"code": "import os\nprint(repr(os.environ['A']))", "envs": {"A": null}});
    assert_eq!(toolbox.code_in(envs).await.stdout, "''\n");
    let invalid = toolbox.code_in(json!({"code": "1", "envs": {"A=": "1"}})).await;
    assert_eq!((invalid.code, &invalid.error["name"]), (1000, &json!("ValueError")));
}
