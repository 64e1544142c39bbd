//! Sessions: what commands of one shell have in common, and how they end.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::toolbox::{Seen, Toolbox, request};

/// A version that gets both streams by themselves.
pub(crate) const NEW: (&str, &str) = ("x-daytona-sdk-version", "0.205.0");

impl Toolbox {
    /// Starts a session that is called `s`.
    pub(crate) async fn create_session(&self) {
        let seen = self.post("/process/session", json!({"sessionId": "s"})).await;
        assert_eq!(seen.status, StatusCode::CREATED, "{}", seen.text());
    }

    pub(crate) async fn delete_session(&self) -> StatusCode {
        self.send(request(Method::DELETE, "/process/session/s", &[], "")).await.status
    }

    async fn session_exec(&self, body: Value) -> Seen {
        self.send(request(Method::POST, "/process/session/s/exec", &[NEW], body.to_string())).await
    }

    /// Runs a command in the session to its end: its exit code and both streams.
    async fn in_session(&self, command: &str) -> (i64, String, String) {
        let seen = self.session_exec(json!({"command": command})).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text());
        let json = seen.json();
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        (json["exitCode"].as_i64().unwrap(), text("stdout"), text("stderr"))
    }

    /// Starts a command in the session; the path under which it is found.
    pub(crate) async fn start_in_session(&self, command: &str) -> String {
        let seen = self.session_exec(json!({"command": command, "runAsync": true})).await;
        assert_eq!(seen.status, StatusCode::ACCEPTED, "{}", seen.text());
        assert_eq!(seen.json()["exitCode"], Value::Null);
        format!("/process/session/s/command/{}", seen.json()["cmdId"].as_str().unwrap())
    }

    async fn stdout(&self, command: &str) -> String {
        let seen = self.send(request(Method::GET, &format!("{command}/logs"), &[NEW], "")).await;
        seen.json()["stdout"].as_str().unwrap().to_owned()
    }

    async fn send_input(&self, command: &str, data: &str) -> Seen {
        self.post(&format!("{command}/input"), json!({"data": data})).await
    }
}

/// Reads a FIFO to its end: until all who could write to it are gone.
async fn read_to_end(fifo: PathBuf) -> String {
    tokio::task::spawn_blocking(move || std::fs::read_to_string(fifo).unwrap()).await.unwrap()
}

async fn write(fifo: PathBuf, text: &'static str) {
    tokio::task::spawn_blocking(move || std::fs::write(fifo, text).unwrap()).await.unwrap();
}

fn out(text: &str) -> (i64, String, String) {
    (0, text.to_owned(), String::new())
}

#[tokio::test]
async fn what_a_command_changes_is_there_for_the_next() {
    let toolbox = Toolbox::start();
    std::fs::create_dir(toolbox.path("sub")).unwrap();
    toolbox.create_session().await;
    let changes = "cd sub; A=1; f() { echo \"f $1\"; }; set -o pipefail; sleep 1000 >/dev/null 2>&1 & p=$!";
    assert_eq!(toolbox.in_session(changes).await, out(""));
    let sub = toolbox.path("sub");
    assert_eq!(toolbox.in_session("pwd; echo $A").await, out(&format!("{}\n1\n", sub.display())));
    assert_eq!(toolbox.in_session("f x; false | true; echo $?").await, out("f x\n1\n"));
    // Nothing of the toolbox's own ran in between.
    assert_eq!(toolbox.in_session("[ $! = $p ] && kill -0 $p && echo same").await, out("same\n"));
    assert_eq!(toolbox.in_session("echo e >&2; (exit 7)").await, (7, String::new(), "e\n".to_owned()));
}

#[tokio::test]
async fn neither_options_nor_traps_nor_names_disturb_the_exit_code() {
    let toolbox = Toolbox::start();
    toolbox.create_session().await;
    let traps = "trap 'echo debug 0' DEBUG; trap 'echo err' ERR; printf() { echo mine; }; set -Cux";
    toolbox.in_session(traps).await;
    assert_eq!(toolbox.in_session("(exit 5)").await.0, 5);
    toolbox.in_session("trap - DEBUG ERR; set +Cux; unset -f printf").await;
    assert_eq!(toolbox.in_session("return 4").await.0, 4);
    assert_eq!(toolbox.in_session("if then").await.0, 2);
    assert_eq!(toolbox.in_session("echo alive").await, out("alive\n"));
}

#[tokio::test]
async fn errexit_ends_the_session_only_when_something_fails() {
    let toolbox = Toolbox::start();
    toolbox.create_session().await;
    assert_eq!(toolbox.in_session("set -e; echo after").await, out("after\n"));
    assert_eq!(toolbox.in_session("false || echo caught").await, out("caught\n"));
    assert_eq!(
        toolbox.in_session("echo before; false; echo never").await,
        (1, "before\n".into(), String::new())
    );
    let after = toolbox.session_exec(json!({"command": "echo x"})).await;
    assert_eq!((after.status, &after.json()["code"]), (StatusCode::GONE, &json!("SESSION_ENDED")));
}

#[tokio::test]
async fn a_shell_that_ends_gives_its_exit_code_and_what_waits_is_never_run() {
    let toolbox = Toolbox::start();
    for (ends, code) in [("exit 3", 3), ("kill -9 $$", 137), ("exec sh -c 'exit 6'", 6)] {
        let go = toolbox.fifo("go");
        toolbox.create_session().await;
        let first = toolbox.start_in_session(&format!("read x <go; echo bye; {ends}")).await;
        let waits = toolbox.start_in_session("touch ran").await;
        let mut connection = toolbox.connect().await;
        let body = json!({"command": "touch ran"}).to_string();
        let sync = tokio::spawn(async move {
            connection.send(request(Method::POST, "/process/session/s/exec", &[NEW], body)).await
        });
        // The synchronous one is in the queue when it can be seen there.
        while toolbox.get("/process/session/s").await.json()["commands"].as_array().unwrap().len() < 3 {
            tokio::task::yield_now().await;
        }
        write(go.clone(), "go\n").await;
        let refused = sync.await.unwrap();
        assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::GONE, &json!("SESSION_ENDED")));
        assert_eq!(toolbox.get(&first).await.json()["exitCode"], code, "{ends}");
        assert_eq!(toolbox.stdout(&first).await, "bye\n");
        assert_eq!(toolbox.get(&waits).await.json().get("exitCode"), None);
        assert_eq!(toolbox.delete_session().await, StatusCode::NO_CONTENT);
        assert!(!toolbox.path("ran").exists());
        std::fs::remove_file(go).unwrap();
    }
}

#[tokio::test]
async fn commands_run_one_after_the_other() {
    let toolbox = Toolbox::start();
    let go = toolbox.fifo("go");
    toolbox.create_session().await;
    let first = toolbox.start_in_session("read x <go; echo $x >> order; echo 1 >> order").await;
    let second = toolbox.start_in_session("echo 2 >> order").await;
    assert_eq!(toolbox.get(&first).await.json().get("exitCode"), None);
    assert_eq!(toolbox.stdout(&second).await, "");
    let (third, ()) = tokio::join!(toolbox.in_session("echo 3 >> order; cat order"), write(go, "0\n"));
    assert_eq!(third, out("0\n1\n2\n3\n"));
    assert_eq!(toolbox.get(&second).await.json()["exitCode"], 0);
}

#[tokio::test]
async fn a_command_lasts_until_its_output_is_closed() {
    let toolbox = Toolbox::start();
    let go = toolbox.fifo("go");
    toolbox.create_session().await;
    let released = async {
        while !toolbox.path("printed").exists() {
            tokio::task::yield_now().await;
        }
        write(go.clone(), "go\n").await;
    };
    let command = "(read x <go; echo late; echo l2 >&2) & echo early; touch printed";
    let (held, ()) = tokio::join!(toolbox.in_session(command), released);
    assert_eq!(held, (0, "early\nlate\n".to_owned(), "l2\n".to_owned()));
    let free = toolbox.in_session("(read x <go) >/dev/null 2>&1 & echo early").await;
    assert_eq!(free, out("early\n"));
    write(go, "go\n").await;
}

#[tokio::test]
async fn deletion_ends_all_that_the_session_started() {
    let toolbox = Toolbox::start();
    let held = toolbox.fifo("held");
    toolbox.create_session().await;
    // Everybody started here keeps the FIFO open; its end is their death. One
    // has a session of its own, one has another group, one has lost its parent,
    // and one is in the way of the shell.
    let script = "exec 3>held; sleeps() { sh -c 'echo started >&3; exec sleep 1000'; }
        setsid sh -c 'echo started >&3; exec sleep 1000' & set -m; sleeps & set +m; (sleeps &); sleeps";
    let running = toolbox.start_in_session(script).await;
    let (started, all_started) = tokio::sync::oneshot::channel();
    let gone = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(File::open(held).unwrap()).lines();
        let first: Vec<String> = lines.by_ref().take(4).map(Result::unwrap).collect();
        started.send(first).unwrap();
        lines.count()
    });
    assert_eq!(all_started.await.unwrap(), ["started"; 4]);
    assert_eq!(toolbox.delete_session().await, StatusCode::NO_CONTENT);
    assert_eq!(gone.await.unwrap(), 0);
    assert_eq!(toolbox.get(&running).await.status, StatusCode::NOT_FOUND);
    assert_eq!(toolbox.delete_session().await, StatusCode::NOT_FOUND);
    assert_eq!(toolbox.get("/process/session").await.json(), json!([]));
    // The id is free again, and nothing is left of the files.
    toolbox.create_session().await;
    assert_eq!(toolbox.in_session("echo new").await, out("new\n"));
    toolbox.delete_session().await;
    assert!(std::fs::read_dir(toolbox.state_dir()).unwrap().next().is_none());
}

#[tokio::test]
async fn input_reaches_the_command_that_runs_and_no_other() {
    let toolbox = Toolbox::start();
    toolbox.create_session().await;
    let started = toolbox.fifo("started");
    let command =
        toolbox.start_in_session("echo >started; read x; read y; echo \"[$x][$y]\"; (exit 3)").await;
    let waits = toolbox.start_in_session("read z").await;
    read_to_end(started).await;
    assert_eq!(toolbox.send_input(&waits, "early").await.status, StatusCode::CONFLICT);
    for (data, status) in [("one\n", 204), ("two", 204), ("", 400)] {
        assert_eq!(toolbox.send_input(&command, data).await.status, status, "{data:?}");
    }
    // Until the turn of the second one has come, it is in conflict.
    let mut third = toolbox.send_input(&waits, "three").await.status;
    while third == StatusCode::CONFLICT {
        third = toolbox.send_input(&waits, "three").await.status;
    }
    assert_eq!(third, StatusCode::NO_CONTENT);
    assert_eq!(toolbox.in_session("echo $z").await, out("three\n"));
    assert_eq!(toolbox.stdout(&command).await, "one\ntwo\n[one][two]\n");
    let late = toolbox.send_input(&command, "late").await;
    assert_eq!((late.status, &late.json()["code"]), (StatusCode::GONE, &json!("COMMAND_ALREADY_COMPLETED")));
    let unknown = "/process/session/s/command/nope";
    assert_eq!(toolbox.send_input(unknown, "x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn input_need_not_be_shown_and_more_than_a_pipe_holds_goes_through() {
    let toolbox = Toolbox::start();
    let started = toolbox.fifo("started");
    toolbox.create_session().await;
    let body =
        json!({"command": "echo >started; head -c 300001 | wc -c", "async": true, "suppressInputEcho": true});
    let seen = toolbox.session_exec(body).await;
    let command = format!("/process/session/s/command/{}", seen.json()["cmdId"].as_str().unwrap());
    read_to_end(started).await;
    assert_eq!(toolbox.send_input(&command, &"x".repeat(300_000)).await.status, StatusCode::NO_CONTENT);
    toolbox.in_session(":").await;
    assert_eq!(toolbox.stdout(&command).await.trim(), "300001");
}

#[tokio::test]
async fn a_command_has_standard_streams_only() {
    let toolbox = Toolbox::start();
    toolbox.create_session().await;
    assert_eq!(toolbox.in_session("cat; read x; echo $?").await, out("1\n"));
    let (_, in_session, _) = toolbox.in_session("sh -c 'ls /proc/$$/fd'").await;
    let (_, outside) = toolbox.run("sh -c 'ls /proc/$$/fd'").await;
    assert_eq!(in_session, outside);
}

#[tokio::test]
async fn the_files_of_a_session_may_be_removed() {
    let toolbox = Toolbox::start();
    toolbox.create_session().await;
    let remove = format!("rm -rf '{}'; echo removed", toolbox.state_dir().display());
    assert_eq!(toolbox.in_session(&remove).await, out("removed\n"));
    assert_eq!(toolbox.in_session("echo still here").await, out("still here\n"));
}

#[tokio::test]
async fn the_form_of_output_follows_the_clients_version() {
    let toolbox = Toolbox::start();
    toolbox.create_session().await;
    let body = json!({"command": "echo out"}).to_string();
    for (headers, output, stdout) in [
        (&[][..], json!("out\n"), Value::Null),
        (&[("x-daytona-sdk-version", "0.143.0")], json!("\x01\x01\x01out\n"), Value::Null),
        (&[("x-daytona-split-output", "true")], json!("\x01\x01\x01out\n"), Value::Null),
        (&[NEW], json!("\x01\x01\x01out\n"), json!("out\n")),
    ] {
        let seen = toolbox
            .send(request(Method::POST, "/process/session/s/exec", headers, body.clone()))
            .await
            .json();
        assert_eq!((&seen["output"], &seen["stdout"]), (&output, &stdout), "{headers:?}");
        let id = seen["cmdId"].as_str().unwrap();
        let logs = format!("/process/session/s/command/{id}/logs");
        let logs = toolbox.send(request(Method::GET, &logs, headers, "")).await;
        if headers == [NEW] {
            assert_eq!(logs.json(), json!({"output": output, "stdout": stdout, "stderr": ""}));
        } else {
            assert_eq!(
                (logs.text(), logs.header("content-type")),
                (output.as_str().unwrap().to_owned(), "text/plain; charset=utf-8")
            );
        }
    }
}

#[tokio::test]
async fn an_id_is_a_name_and_never_a_path() {
    let toolbox = Toolbox::start();
    for id in ["", "a/b", "..", ".", "entrypoint"] {
        let seen = toolbox.post("/process/session", json!({"sessionId": id})).await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{id}");
    }
    let odd = json!({"sessionId": "..a b\u{fc}%2F"});
    assert_eq!(toolbox.post("/process/session", odd.clone()).await.status, StatusCode::CREATED);
    assert_eq!(toolbox.post("/process/session", odd).await.json()["code"], "CONFLICT");
    let found = toolbox.get("/process/session/..a%20b%C3%BC%252F").await;
    assert_eq!(found.json(), json!({"sessionId": "..a b\u{fc}%2F", "commands": []}));
    for path in ["/process/session/entrypoint", "/process/session/entrypoint/logs", "/process/session/none"] {
        assert_eq!(toolbox.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
