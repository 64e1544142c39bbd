//! Commands.

use http::{Method, StatusCode};
use serde_json::json;

use crate::toolbox::{Toolbox, request};

/// Reads a FIFO to its end: until all who could write to it are gone.
async fn read_to_end(fifo: std::path::PathBuf) -> String {
    tokio::task::spawn_blocking(move || std::fs::read_to_string(fifo).unwrap()).await.unwrap()
}

async fn write(fifo: std::path::PathBuf, text: &'static str) {
    tokio::task::spawn_blocking(move || std::fs::write(fifo, text).unwrap()).await.unwrap();
}

#[tokio::test]
async fn the_exit_code_is_the_shells_and_both_outputs_are_in_order() {
    let toolbox = Toolbox::start();
    assert_eq!(toolbox.run("echo 1; echo 2 >&2; echo 3; exit 7; echo 4").await, (7, "1\n2\n3\n".to_owned()));
    assert_eq!(toolbox.run("echo before; kill -9 $$; echo after").await, (-1, "before\n".to_owned()));
    assert_eq!(toolbox.run("{ sh -c 'kill -15 $$'; } 2>/dev/null; exit $?").await, (143, String::new()));
    assert_eq!(toolbox.run("no-such-command-x 2>/dev/null").await, (127, String::new()));
}

#[tokio::test]
async fn the_script_is_on_standard_input_which_is_a_pipe() {
    let toolbox = Toolbox::start();
    assert_eq!(toolbox.run("[ -p /dev/stdin ] && echo pipe").await, (0, "pipe\n".to_owned()));
    assert_eq!(toolbox.run("cat\necho eaten").await, (0, "echo eaten".to_owned()));
    let own_group = "set -- $(cat /proc/$$/stat); [ \"$5\" = \"$$\" ] && echo own";
    assert_eq!(toolbox.run(own_group).await, (0, "own\n".to_owned()));
}

#[tokio::test]
async fn a_large_script_whose_output_is_as_large_does_not_stall() {
    let toolbox = Toolbox::start();
    let text = "0123456789abcde\n".repeat(128 * 1024);
    let (code, output) = toolbox.run(&format!("cat\n{text}")).await;
    assert_eq!((code, output.len()), (0, text.len()));
    assert!(output == text);
}

#[tokio::test]
async fn sixteen_megabytes_of_output_come_whole() {
    let toolbox = Toolbox::start();
    let (code, output) = toolbox.run("head -c 16777216 /dev/zero | tr '\\0' x; exit 3").await;
    assert_eq!((code, output.len()), (3, 16_777_216));
    assert!(output.bytes().all(|byte| byte == b'x'));
}

#[tokio::test]
async fn bytes_that_are_not_text_become_one_replacement_character_each() {
    let toolbox = Toolbox::start();
    assert_eq!(toolbox.run("printf 'a\\xe4\\xb8b\\0'").await.1, "a\u{fffd}\u{fffd}b\0");
}

#[tokio::test]
async fn a_timeout_kills_the_whole_group_and_names_itself() {
    let toolbox = Toolbox::start();
    let held = toolbox.fifo("held");
    // Everybody started here keeps the FIFO open; its end is their death.
    let script = "exec 3>held; trap '' TERM; sleep 1000 & sh -c 'sleep 1000; :'; sleep 1000";
    let gone = tokio::spawn(read_to_end(held));
    let seen = toolbox.execute(json!({"command": script, "timeout": 1})).await;
    assert_eq!(seen.status, StatusCode::REQUEST_TIMEOUT);
    let error = seen.json();
    assert_eq!(error["code"], "PROCESS_EXECUTION_TIMEOUT");
    assert_eq!(error["source"], "DAYTONA_DAEMON");
    assert_eq!(error["message"], "request timeout: command execution timeout");
    assert_eq!((&error["statusCode"], &error["path"]), (&json!(408), &json!("/process/execute")));
    gone.await.unwrap();
}

#[tokio::test]
async fn a_timeout_leaves_what_has_a_group_of_its_own() {
    let toolbox = Toolbox::start();
    let (go, done) = (toolbox.fifo("go"), tokio::spawn(read_to_end(toolbox.fifo("done"))));
    let script = "setsid sh -c 'read x < go; echo $x > done' >/dev/null 2>&1 & sleep 1000";
    let seen = toolbox.execute(json!({"command": script, "timeout": 1})).await;
    assert_eq!(seen.status, StatusCode::REQUEST_TIMEOUT);
    write(go, "still\n").await;
    assert_eq!(done.await.unwrap(), "still\n");
}

#[tokio::test]
async fn a_background_child_that_holds_the_output_is_killed_by_the_timeout_too() {
    let toolbox = Toolbox::start();
    let gone = tokio::spawn(read_to_end(toolbox.fifo("held")));
    let seen = toolbox.execute(json!({"command": "exec 3>held; sleep 1000 & exit 3", "timeout": 1})).await;
    assert_eq!(seen.status, StatusCode::REQUEST_TIMEOUT);
    let message = seen.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("a background process still holds the output"), "{message}");
    assert!(message.ends_with("for example `server > server.log 2>&1 &`"), "{message}");
    gone.await.unwrap();
}

#[tokio::test]
async fn a_background_child_holds_the_call_only_with_the_output() {
    let toolbox = Toolbox::start();
    let go = toolbox.fifo("go");
    let (ended, ()) =
        tokio::join!(toolbox.run("echo early; (read x < go; echo late) &"), write(go.clone(), "go\n"));
    assert_eq!(ended, (0, "early\nlate\n".to_owned()));
    let done = tokio::spawn(read_to_end(toolbox.fifo("done")));
    let ended = toolbox.run("(read x < go; echo \"$x\" > done) >/dev/null 2>&1 & echo early").await;
    assert_eq!(ended, (0, "early\n".to_owned()));
    write(go, "later\n").await;
    assert_eq!(done.await.unwrap(), "later\n");
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_the_command_running() {
    let toolbox = Toolbox::start();
    let (started, go, done) = (toolbox.fifo("started"), toolbox.fifo("go"), toolbox.fifo("done"));
    // Its output still has a reader, or writing that much would end it.
    let script = "echo started > started; read x < go
        head -c 200000 /dev/zero || x=broken; echo \"$x\" > done";
    let command = json!({ "command": script }).to_string();
    let mut connection = toolbox.connect().await;
    let call = tokio::spawn(async move {
        connection.send(request(Method::POST, "/process/execute", &[], command)).await;
    });
    assert_eq!(read_to_end(started).await, "started\n");
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    // The toolbox has noticed when it responses a request made afterwards; the
    // command is still there to be told to go on.
    assert_eq!(toolbox.run("echo free").await.1, "free\n");
    let done = tokio::spawn(read_to_end(done));
    write(go, "done\n").await;
    assert_eq!(done.await.unwrap(), "done\n");
}

#[tokio::test]
async fn folder_and_variables_are_the_calls_own() {
    let toolbox = Toolbox::start();
    std::fs::create_dir_all(toolbox.path("sub/dir")).unwrap();
    std::os::unix::fs::symlink("sub/dir", toolbox.path("link")).unwrap();
    let body = json!({"command": "pwd; printf '%s' \"$A\"", "cwd": "link", "envs": {"A": "$HOME `x`\n'", "B": null}});
    let json = toolbox.execute(body).await.json();
    let link = toolbox.path("link");
    assert_eq!(json["result"], format!("{}\n$HOME `x`\n'", link.display()));
    assert_eq!(toolbox.run("echo \"[$A]\"").await.1, "[]\n");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_a_result_that_names_it() {
    let toolbox = Toolbox::start();
    let seen = toolbox.execute(json!({"command": "echo x", "cwd": "no/such"})).await;
    assert_eq!((seen.status, &seen.json()["exitCode"]), (StatusCode::OK, &json!(-1)));
    let result = seen.json()["result"].as_str().unwrap().to_owned();
    assert!(result.contains("no/such") && result.ends_with("no such file or directory"), "{result}");
}

#[tokio::test]
async fn what_cannot_be_run_is_refused_and_nothing_runs() {
    let toolbox = Toolbox::start();
    for body in [
        json!({}),
        json!({"command": " \u{2003}\n"}),
        json!({"command": "touch ran", "envs": {"GOOD": "1", "A-B": "2"}}),
        json!({"command": "touch ran", "timeout": -1}),
        json!({"command": "touch ran", "timeout": 1.0}),
        json!(["touch ran"]),
    ] {
        let seen = toolbox.execute(body.clone()).await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(seen.json()["code"], "BAD_REQUEST", "{body}");
        assert!(seen.json()["message"].as_str().unwrap().starts_with("bad request: "), "{body}");
    }
    assert!(!toolbox.path("ran").exists());
}

#[tokio::test]
async fn the_envelope_of_older_clients_is_not_expanded() {
    let toolbox = Toolbox::start();
    let script = "printf '%s|' \"$FOO\"; kill -9 $$";
    let mut encoded = [String::new(), String::new()];
    for (text, encoded) in ["it's $(touch ran) a;b", script].into_iter().zip(&mut encoded) {
        *encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    }
    let [value, script] = encoded;
    let command =
        format!("sh -c \"export FOO=$(echo '{value}' | base64 -d); echo '{script}' | base64 -d | sh\"");
    assert_eq!(toolbox.run(&command).await, (137, "it's $(touch ran) a;b|".to_owned()));
    assert!(!toolbox.path("ran").exists());
}

/// Descriptors that this process gives to every child, whoever starts it.
fn inherited() -> Vec<u32> {
    let closed_on_exec = 0o2_000_000;
    let mut inherited = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fdinfo").unwrap() {
        let path = entry.unwrap().path();
        // Tests beside this one open and close theirs meanwhile.
        let Ok(info) = std::fs::read_to_string(&path) else { continue };
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
        if u32::from_str_radix(flags, 8).unwrap() & closed_on_exec == 0 {
            inherited.push(path.file_name().unwrap().to_str().unwrap().parse().unwrap());
        }
    }
    inherited.sort_unstable();
    inherited
}

#[tokio::test]
async fn no_descriptor_of_the_toolbox_reaches_a_command() {
    let toolbox = Toolbox::start();
    let (_, output) = toolbox.run("ls /proc/$$/fd").await;
    let mut open: Vec<u32> = output.split_whitespace().map(|number| number.parse().unwrap()).collect();
    open.sort_unstable();
    assert_eq!(open, inherited());
}
