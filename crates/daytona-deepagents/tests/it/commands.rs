//! Commands: results, options, and killing aborted commands.

use std::time::{Duration, Instant};

use daytona_client::wait_for_cleanups;
use daytona_deepagents::{Backend, Code};
use serde_json::json;

use crate::local::{Local, failure, options, printed, run};

/// Counts processes with an argument; the command does not count itself.
async fn running(backend: &Backend, argument: &str) -> String {
    let (first, rest) = argument.split_at(1);
    printed(backend, &format!("grep -lzx '[{first}]{rest}' /proc/[0-9]*/cmdline 2>/dev/null | wc -l")).await
}

/// Waits until a file exists in the sandbox.
async fn wait_for_file(backend: &Backend, file: &str) {
    printed(backend, &format!("until [ -e {file} ]; do sleep 0.01; done")).await;
}

#[tokio::test]
async fn output_and_exit_code_are_those_of_the_shell() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let cases = [
        ("echo out; echo err >&2; exit 7", "out\nerr\n", Some(7)),
        ("printf 'é\\U1F980'", "é\u{1f980}", Some(0)),
        ("printf 'a\\377b'", "a\u{fffd}b", Some(0)),
        ("cat <<'E'\n$HOME \"quoted\"\nE", "$HOME \"quoted\"\n", Some(0)),
        ("sh -c 'kill -9 $$'", "", Some(137)),
        ("kill -9 $$", "", Some(-1)),
        ("false\ntrue", "", Some(0)),
        ("cat", "", Some(0)),
        ("head -c 0", "", Some(0)),
        (" \n", "", Some(0)),
    ];
    for (script, output, exit_code) in cases {
        let seen = run(&sandbox, script).await.unwrap();
        assert_eq!(seen.exit_code, exit_code, "{script}: {}", seen.output);
        assert!(seen.output.starts_with(output), "{script}: {}", seen.output);
        assert!(!seen.truncated);
    }
    let missing = run(&sandbox, "no-such-command").await.unwrap();
    assert_eq!(missing.exit_code, Some(127));
    local.close().await;
}

#[tokio::test]
async fn options_of_a_call_apply_to_it_only() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.create(json!({"envVars": {"MINE": "1"}})).await.unwrap();
    let asked = options(&sandbox, json!({"cwd": "/tmp", "env": {"A": "x y\n"}}));
    let seen = sandbox.execute("pwd; echo \"$MINE $A\"", asked).await.unwrap();
    assert_eq!(seen.output, "/tmp\n1 x y\n\n");
    assert_eq!(printed(&sandbox, "pwd; echo \"$A\"").await, "/home/daytona\n\n");

    let capped = options(&sandbox, json!({"maxOutputBytes": 5}));
    let seen = sandbox.execute("printf 1234é", capped).await.unwrap();
    assert_eq!((&*seen.output, seen.truncated), ("1234", true));
    local.close().await;
}

#[tokio::test]
async fn large_outputs_are_read_completely() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let output = printed(&sandbox, "head -c 16777216 /dev/zero | tr '\\0' x").await;
    assert!(output.len() == 16 * 1024 * 1024 && output.bytes().all(|byte| byte == b'x'), "{}", output.len());
    local.close().await;
}

#[tokio::test]
async fn a_timeout_kills_everything_that_was_started() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let script = "setsid sleep 2718 >/dev/null 2>&1 &\n\
                  nohup setsid sh -c 'trap \"\" TERM HUP; sleep 2718' >/dev/null 2>&1 &\n\
                  sleep 2718 & touch started; sleep 2718";
    let started = Instant::now();
    let failed = failure(sandbox.execute(script, options(&sandbox, json!({"timeout": 1.2}))).await);
    let took = started.elapsed();
    assert_eq!(failed.code, Code::CommandTimeout, "{failed}");
    // The documented maximum is 1.45 s; the rest is tolerance for a busy machine.
    assert!(took >= Duration::from_millis(1_200) && took < Duration::from_secs(4), "{took:?}");
    wait_for_cleanups().await;
    assert_eq!(running(&sandbox, "2718").await, "0\n");
    assert_eq!(printed(&sandbox, "ls started").await, "started\n");
    local.close().await;
}

#[tokio::test]
async fn the_output_of_a_command_that_timed_out_is_kept() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let script = "echo one; echo two >&2; sleep 2236; echo three";
    let failed = failure(sandbox.execute(script, options(&sandbox, json!({"timeout": 0.6}))).await);
    assert!(failed.to_string().contains("Its output so far:\none\ntwo\n"), "{failed}");
    let command = failed.command.unwrap();
    assert_eq!((&*command.command, command.timeout), (script, Some(0.6)));
    assert_eq!(command.output.as_deref(), Some("one\ntwo\n"));

    let lenient = options(&sandbox, json!({"timeout": 0.6, "onTimeout": "result"}));
    let seen = sandbox.execute(script, lenient).await.unwrap();
    assert_eq!(seen.output, "one\ntwo\n[The command timed out after 0.6 s and was killed]\n");
    assert_eq!((seen.exit_code, seen.truncated), (Some(124), false));
    local.close().await;
}

#[tokio::test]
async fn children_of_a_command_that_the_toolbox_killed_are_killed() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let request = daytona_client::ExecuteRequest {
        command: "setsid sleep 3141 >/dev/null 2>&1 & sleep 3141".into(),
        timeout: Some(1),
        ..Default::default()
    };
    let deadline = daytona_client::Deadline::seconds(20);
    let error = sandbox.sandbox().execute(&request, deadline).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (daytona_client::ErrorKind::ProcessTimeout, Some(408)),
        "{error}"
    );
    wait_for_cleanups().await;
    assert_eq!(running(&sandbox, "3141").await, "0\n");
    local.close().await;
}

#[tokio::test]
async fn a_dropped_command_is_killed() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let own = sandbox.clone();
    let script = "setsid sleep 1618 >/dev/null 2>&1 & touch started; sleep 1618";
    let call = tokio::spawn(async move { run(&own, script).await });
    wait_for_file(&sandbox, "started").await;
    assert_eq!(running(&sandbox, "1618").await, "2\n");
    call.abort();
    let _ = call.await;
    wait_for_cleanups().await;
    assert_eq!(running(&sandbox, "1618").await, "0\n");
    local.close().await;
}

#[tokio::test]
async fn a_command_that_is_dropped_before_it_starts_is_killed() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let deadline = daytona_client::Deadline::after(Duration::from_millis(1));
    let request = daytona_client::ExecuteRequest { command: "sleep 1414".into(), ..Default::default() };
    let error = sandbox.sandbox().execute(&request, deadline).await.unwrap_err();
    assert_eq!(error.kind(), daytona_client::ErrorKind::ProcessTimeout, "{error}");
    wait_for_cleanups().await;
    assert_eq!(running(&sandbox, "1414").await, "0\n");
    local.close().await;
}

#[tokio::test]
async fn a_background_process_outlives_the_command_that_started_it() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    printed(&sandbox, "nohup sleep 1732 >/dev/null 2>&1 &").await;
    // Killing another command does not affect it.
    let failed = failure(sandbox.execute("sleep 9", options(&sandbox, json!({"timeout": 0.2}))).await);
    assert_eq!(failed.code, Code::CommandTimeout, "{failed}");
    wait_for_cleanups().await;
    assert_eq!(running(&sandbox, "1732").await, "1\n");
    local.close().await;
}
