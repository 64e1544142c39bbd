//! Every operation of the client, for tests that apply to all of them.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use daytona_client::{
    AddRemoteRequest, AuthenticateRequest, CloneRequest, CodeRunRequest, CommitRequest, Compression,
    ConfigureUserRequest, CreateSandbox, Daytona, Deadline, Error, FindAccessibilityNodesRequest,
    InitRequest, LspPosition, LspServer, MouseButtonRequest, MouseClickRequest, MouseDragRequest,
    MouseScrollRequest, PullRequest, PushRequest, Region, ResetRequest, ResizeSandbox, RestoreRequest,
    Sandbox, SessionExecuteRequest, SetConfigRequest, UpdateSandboxNetworkSettings, UploadFile,
};

use super::{CREATE, DELETE, EXECUTE, GET, LIST, WORK_DIR, command};

type Outcome<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// An operation and the request that it sends first.
pub(crate) struct Call {
    pub(crate) line: &'static str,
    pub(crate) run: for<'a> fn(&'a Daytona, &'a Sandbox, Deadline) -> Outcome<'a>,
}

const REGION: Region = Region { x: 1, y: 2, width: 3, height: 4 };

macro_rules! call {
    ($line:expr, |$daytona:ident, $sandbox:ident, $deadline:ident| $call:expr) => {
        Call {
            line: $line,
            run: |$daytona, $sandbox, $deadline| {
                let _ = ($daytona, $sandbox);
                Box::pin(async move { $call.await.map(drop) })
            },
        }
    };
}

fn lsp(sandbox: &Sandbox) -> LspServer {
    sandbox.lsp_server("typescript", "p").unwrap()
}

pub(crate) const CALLS: &[Call] = &[
    call!(GET, |daytona, sandbox, deadline| daytona.get("box-1", deadline)),
    call!(LIST, |daytona, sandbox, deadline| daytona.list(&BTreeMap::new(), deadline)),
    call!(CREATE, |daytona, sandbox, deadline| daytona.create(CreateSandbox::default(), deadline)),
    call!(GET, |daytona, sandbox, deadline| sandbox.refresh(deadline)),
    call!("POST /api/sandbox/box-1/start", |daytona, sandbox, deadline| sandbox.start(deadline)),
    call!("POST /api/sandbox/box-1/stop", |daytona, sandbox, deadline| sandbox.stop(false, deadline)),
    call!(DELETE, |daytona, sandbox, deadline| sandbox.delete(deadline)),
    call!("PUT /api/sandbox/box-1/labels", |daytona, sandbox, deadline| {
        sandbox.set_labels(BTreeMap::new(), deadline)
    }),
    call!("POST /api/sandbox/box-1/autostop/5", |daytona, sandbox, deadline| {
        sandbox.set_auto_stop_interval(5, deadline)
    }),
    call!("POST /api/sandbox/box-1/autoarchive/5", |daytona, sandbox, deadline| {
        sandbox.set_auto_archive_interval(5, deadline)
    }),
    call!("POST /api/sandbox/box-1/autodelete/-1", |daytona, sandbox, deadline| {
        sandbox.set_auto_delete_interval(-1, deadline)
    }),
    call!("POST /api/sandbox/box-1/autopause/5", |daytona, sandbox, deadline| {
        sandbox.set_auto_pause_interval(5, deadline)
    }),
    call!("POST /api/sandbox/box-1/ttl/5", |daytona, sandbox, deadline| sandbox.set_ttl(5, deadline)),
    call!("POST /api/sandbox/box-1/pause", |daytona, sandbox, deadline| sandbox.pause(deadline)),
    call!("POST /api/sandbox/box-1/resize", |daytona, sandbox, deadline| {
        sandbox.resize(ResizeSandbox { cpu: Some(2), ..ResizeSandbox::default() }, deadline)
    }),
    call!("POST /api/sandbox/box-1/network-settings", |daytona, sandbox, deadline| {
        let settings = UpdateSandboxNetworkSettings {
            network_block_all: Some(true),
            ..UpdateSandboxNetworkSettings::default()
        };
        sandbox.update_network_settings(settings, deadline)
    }),
    call!("GET /api/volumes", |daytona, sandbox, deadline| daytona.volumes(deadline)),
    call!("POST /api/volumes", |daytona, sandbox, deadline| daytona.create_volume("v", deadline)),
    call!("GET /api/volumes/by-name/v", |daytona, sandbox, deadline| daytona.volume("v", deadline)),
    call!("DELETE /api/volumes/v", |daytona, sandbox, deadline| daytona.delete_volume("v", deadline)),
    call!("POST /api/sandbox/box-1/archive", |daytona, sandbox, deadline| sandbox.archive(deadline)),
    call!("POST /api/sandbox/box-1/recover", |daytona, sandbox, deadline| sandbox.recover(deadline)),
    call!("POST /api/sandbox/box-1/last-activity", |daytona, sandbox, deadline| {
        sandbox.refresh_activity(deadline)
    }),
    call!(GET, |daytona, sandbox, deadline| sandbox.wait_until_stopped(deadline)),
    call!("GET /api/sandbox/box-1/signing-key", |daytona, sandbox, deadline| {
        sandbox.download_url("f", None, deadline)
    }),
    call!("POST /api/sandbox/box-1/signing-key/rotate", |daytona, sandbox, deadline| {
        sandbox.rotate_signing_key(deadline)
    }),
    call!("GET /api/sandbox/box-1/ports/3000/preview-url", |daytona, sandbox, deadline| {
        sandbox.preview_url(3000, deadline)
    }),
    call!("GET /api/sandbox/box-1/ports/3000/signed-preview-url", |daytona, sandbox, deadline| {
        sandbox.signed_preview_url(3000, None, deadline)
    }),
    call!("POST /api/sandbox/box-1/ports/3000/signed-preview-url/t/expire", |daytona, sandbox, deadline| {
        sandbox.expire_signed_preview_url(3000, "t", deadline)
    }),
    call!("POST /api/sandbox/box-1/ssh-access", |daytona, sandbox, deadline| {
        sandbox.create_ssh_access(None, deadline)
    }),
    call!("DELETE /api/sandbox/box-1/ssh-access", |daytona, sandbox, deadline| {
        sandbox.revoke_ssh_access(None, deadline)
    }),
    call!("GET /api/sandbox/ssh-access/validate", |daytona, sandbox, deadline| {
        sandbox.validate_ssh_access("t", deadline)
    }),
    call!("POST /toolbox/box-1/env", |daytona, sandbox, deadline| {
        sandbox.update_env(BTreeMap::new(), Vec::new(), deadline)
    }),
    call!(WORK_DIR, |daytona, sandbox, deadline| sandbox.work_dir(deadline)),
    call!("GET /toolbox/box-1/user-home-dir", |daytona, sandbox, deadline| sandbox.user_home_dir(deadline)),
    call!("GET /api/config", |daytona, sandbox, deadline| sandbox.metrics(None, None, deadline)),
    call!("GET /toolbox/box-1/system/metrics", |daytona, sandbox, deadline| {
        sandbox.metrics_latest(deadline)
    }),
    call!("POST /toolbox/box-1/lsp/start", |daytona, sandbox, deadline| {
        async move { lsp(sandbox).start(deadline).await }
    }),
    call!("POST /toolbox/box-1/lsp/stop", |daytona, sandbox, deadline| {
        async move { lsp(sandbox).stop(deadline).await }
    }),
    call!("POST /toolbox/box-1/lsp/did-open", |daytona, sandbox, deadline| {
        async move { lsp(sandbox).did_open("a.ts", deadline).await }
    }),
    call!("POST /toolbox/box-1/lsp/did-close", |daytona, sandbox, deadline| {
        async move { lsp(sandbox).did_close("a.ts", deadline).await }
    }),
    call!("GET /toolbox/box-1/lsp/document-symbols", |daytona, sandbox, deadline| {
        async move { lsp(sandbox).document_symbols("a.ts", deadline).await }
    }),
    call!("GET /toolbox/box-1/lsp/workspacesymbols", |daytona, sandbox, deadline| {
        async move { lsp(sandbox).sandbox_symbols("a", deadline).await }
    }),
    call!("POST /toolbox/box-1/lsp/completions", |daytona, sandbox, deadline| {
        async move { lsp(sandbox).completions("a.ts", LspPosition::default(), deadline).await }
    }),
    call!(EXECUTE, |daytona, sandbox, deadline| {
        async move { sandbox.execute(&command("true"), deadline).await }
    }),
    call!("POST /toolbox/box-1/files/bulk-upload", |daytona, sandbox, deadline| {
        async move {
            let file = UploadFile { path: "a".into(), content: Bytes::from_static(b"x").into() };
            sandbox.upload(&[file], deadline).await
        }
    }),
    call!("POST /toolbox/box-1/files/upload-v2", |daytona, sandbox, deadline| {
        async move {
            let file = UploadFile { path: " a".into(), content: Bytes::from_static(b"x").into() };
            sandbox.upload(&[file], deadline).await
        }
    }),
    call!("POST /toolbox/box-1/files/bulk-download", |daytona, sandbox, deadline| {
        async move { sandbox.download(&["a".to_owned()], u64::MAX, deadline).await }
    }),
    call!("GET /toolbox/box-1/files", |daytona, sandbox, deadline| sandbox.list_files("d", deadline)),
    call!("GET /toolbox/box-1/files/info", |daytona, sandbox, deadline| sandbox.file_info("f", deadline)),
    call!("POST /toolbox/box-1/files/folder", |daytona, sandbox, deadline| {
        sandbox.create_folder("d", "755", deadline)
    }),
    call!("DELETE /toolbox/box-1/files", |daytona, sandbox, deadline| {
        sandbox.delete_file("f", false, deadline)
    }),
    call!("POST /toolbox/box-1/files/move", |daytona, sandbox, deadline| {
        sandbox.move_file("a", "b", deadline)
    }),
    call!("POST /toolbox/box-1/files/permissions", |daytona, sandbox, deadline| {
        sandbox.set_permissions("f", Some("644"), None, None, deadline)
    }),
    call!("GET /toolbox/box-1/files/find", |daytona, sandbox, deadline| {
        sandbox.find_in_files("d", "x", deadline)
    }),
    call!("GET /toolbox/box-1/files/search", |daytona, sandbox, deadline| {
        sandbox.search_files("d", "*", deadline)
    }),
    call!("POST /toolbox/box-1/files/replace", |daytona, sandbox, deadline| {
        sandbox.replace_in_files(vec!["f".to_owned()], "a", "b", deadline)
    }),
    call!("POST /toolbox/box-1/git/clone", |daytona, sandbox, deadline| {
        async move { sandbox.git_clone(&CloneRequest::default(), deadline).await }
    }),
    call!("GET /toolbox/box-1/git/status", |daytona, sandbox, deadline| sandbox.git_status("r", deadline)),
    call!("GET /toolbox/box-1/git/branches", |daytona, sandbox, deadline| sandbox
        .git_branches("r", deadline)),
    call!("POST /toolbox/box-1/git/branches", |daytona, sandbox, deadline| {
        sandbox.git_create_branch("r", "b", deadline)
    }),
    call!("DELETE /toolbox/box-1/git/branches", |daytona, sandbox, deadline| {
        sandbox.git_delete_branch("r", "b", deadline)
    }),
    call!("POST /toolbox/box-1/git/checkout", |daytona, sandbox, deadline| {
        sandbox.git_checkout("r", "b", deadline)
    }),
    call!("POST /toolbox/box-1/git/add", |daytona, sandbox, deadline| {
        sandbox.git_add("r", vec![".".to_owned()], deadline)
    }),
    call!("POST /toolbox/box-1/git/commit", |daytona, sandbox, deadline| {
        async move { sandbox.git_commit(&CommitRequest::default(), deadline).await }
    }),
    call!("GET /toolbox/box-1/git/history", |daytona, sandbox, deadline| sandbox.git_history("r", deadline)),
    call!("POST /toolbox/box-1/git/push", |daytona, sandbox, deadline| {
        async move { sandbox.git_push(&PushRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/git/pull", |daytona, sandbox, deadline| {
        async move { sandbox.git_pull(&PullRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/git/init", |daytona, sandbox, deadline| {
        async move { sandbox.git_init(&InitRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/git/reset", |daytona, sandbox, deadline| {
        async move { sandbox.git_reset(&ResetRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/git/restore", |daytona, sandbox, deadline| {
        async move { sandbox.git_restore(&RestoreRequest::default(), deadline).await }
    }),
    call!("GET /toolbox/box-1/git/remotes", |daytona, sandbox, deadline| sandbox.git_remotes("r", deadline)),
    call!("POST /toolbox/box-1/git/remotes", |daytona, sandbox, deadline| {
        async move { sandbox.git_add_remote(&AddRemoteRequest::default(), deadline).await }
    }),
    call!("GET /toolbox/box-1/git/config", |daytona, sandbox, deadline| {
        sandbox.git_config("user.name", None, None, deadline)
    }),
    call!("POST /toolbox/box-1/git/config", |daytona, sandbox, deadline| {
        async move { sandbox.git_set_config(&SetConfigRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/git/config/user", |daytona, sandbox, deadline| {
        async move { sandbox.git_configure_user(&ConfigureUserRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/git/credentials", |daytona, sandbox, deadline| {
        async move { sandbox.git_authenticate(&AuthenticateRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/process/code-run", |daytona, sandbox, deadline| {
        async move { sandbox.code_run(&CodeRunRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/process/interpreter/context", |daytona, sandbox, deadline| {
        sandbox.create_interpreter_context(None, deadline)
    }),
    call!("GET /toolbox/box-1/process/interpreter/context", |daytona, sandbox, deadline| {
        sandbox.list_interpreter_contexts(deadline)
    }),
    call!("DELETE /toolbox/box-1/process/interpreter/context/c", |daytona, sandbox, deadline| {
        sandbox.delete_interpreter_context("c", deadline)
    }),
    call!("GET /toolbox/box-1/process/pty", |daytona, sandbox, deadline| sandbox.list_pty_sessions(deadline)),
    call!("GET /toolbox/box-1/process/pty/t", |daytona, sandbox, deadline| {
        sandbox.get_pty_session("t", deadline)
    }),
    call!("DELETE /toolbox/box-1/process/pty/t", |daytona, sandbox, deadline| {
        sandbox.kill_pty_session("t", deadline)
    }),
    call!("POST /toolbox/box-1/process/pty/t/resize", |daytona, sandbox, deadline| {
        sandbox.resize_pty_session("t", 100, 40, deadline)
    }),
    call!("POST /toolbox/box-1/process/session", |daytona, sandbox, deadline| {
        sandbox.create_session("s", deadline)
    }),
    call!("GET /toolbox/box-1/process/session", |daytona, sandbox, deadline| sandbox.list_sessions(deadline)),
    call!("GET /toolbox/box-1/process/session/s", |daytona, sandbox, deadline| {
        sandbox.get_session("s", deadline)
    }),
    call!("GET /toolbox/box-1/process/session/entrypoint", |daytona, sandbox, deadline| {
        sandbox.get_entrypoint_session(deadline)
    }),
    call!("GET /toolbox/box-1/process/session/entrypoint/logs", |daytona, sandbox, deadline| {
        sandbox.get_entrypoint_logs(deadline)
    }),
    call!("DELETE /toolbox/box-1/process/session/s", |daytona, sandbox, deadline| {
        sandbox.delete_session("s", deadline)
    }),
    call!("POST /toolbox/box-1/process/session/s/exec", |daytona, sandbox, deadline| {
        async move { sandbox.execute_session_command("s", &SessionExecuteRequest::default(), deadline).await }
    }),
    call!("GET /toolbox/box-1/process/session/s/command/c", |daytona, sandbox, deadline| {
        sandbox.get_session_command("s", "c", deadline)
    }),
    call!("GET /toolbox/box-1/process/session/s/command/c/logs", |daytona, sandbox, deadline| {
        sandbox.get_session_command_logs("s", "c", deadline)
    }),
    call!("POST /toolbox/box-1/process/session/s/command/c/input", |daytona, sandbox, deadline| {
        sandbox.send_session_command_input("s", "c", "x", deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/start", |daytona, sandbox, deadline| {
        sandbox.start_computer_use(deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/stop", |daytona, sandbox, deadline| {
        sandbox.stop_computer_use(deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/process-status", |daytona, sandbox, deadline| {
        sandbox.computer_use_status(deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/process/xvfb/status", |daytona, sandbox, deadline| {
        sandbox.desktop_process_status("xvfb", deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/process/xvfb/restart", |daytona, sandbox, deadline| {
        sandbox.restart_desktop_process("xvfb", deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/process/xvfb/logs", |daytona, sandbox, deadline| {
        sandbox.desktop_process_logs("xvfb", deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/process/xvfb/errors", |daytona, sandbox, deadline| {
        sandbox.desktop_process_errors("xvfb", deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/mouse/position", |daytona, sandbox, deadline| {
        sandbox.mouse_position(deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/mouse/move", |daytona, sandbox, deadline| {
        sandbox.move_mouse(1, 2, deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/mouse/click", |daytona, sandbox, deadline| {
        async move { sandbox.click_mouse(&MouseClickRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/computeruse/mouse/drag", |daytona, sandbox, deadline| {
        async move { sandbox.drag_mouse(&MouseDragRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/computeruse/mouse/scroll", |daytona, sandbox, deadline| {
        async move { sandbox.scroll_mouse(&MouseScrollRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/computeruse/mouse/down", |daytona, sandbox, deadline| {
        async move { sandbox.press_mouse(&MouseButtonRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/computeruse/mouse/up", |daytona, sandbox, deadline| {
        async move { sandbox.release_mouse(&MouseButtonRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/computeruse/keyboard/type", |daytona, sandbox, deadline| {
        sandbox.type_text("x", None, deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/keyboard/key", |daytona, sandbox, deadline| {
        sandbox.press_key("x", Vec::new(), deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/keyboard/hotkey", |daytona, sandbox, deadline| {
        sandbox.press_hotkey("ctrl+c", deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/keyboard/down", |daytona, sandbox, deadline| {
        sandbox.hold_key("shift", deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/keyboard/up", |daytona, sandbox, deadline| {
        sandbox.release_key("shift", deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/screenshot", |daytona, sandbox, deadline| {
        sandbox.screenshot(None, false, deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/screenshot/region", |daytona, sandbox, deadline| {
        sandbox.screenshot(Some(REGION), false, deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/screenshot/compressed", |daytona, sandbox, deadline| {
        sandbox.compressed_screenshot(None, Compression::default(), deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/screenshot/region/compressed", |daytona, sandbox, deadline| {
        sandbox.compressed_screenshot(Some(REGION), Compression::default(), deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/display/info", |daytona, sandbox, deadline| {
        sandbox.displays(deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/display/windows", |daytona, sandbox, deadline| {
        sandbox.windows(deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/a11y/tree", |daytona, sandbox, deadline| {
        sandbox.accessibility_tree(None, None, None, deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/a11y/find", |daytona, sandbox, deadline| {
        async move { sandbox.find_accessibility_nodes(&FindAccessibilityNodesRequest::default(), deadline).await }
    }),
    call!("POST /toolbox/box-1/computeruse/a11y/node/focus", |daytona, sandbox, deadline| {
        sandbox.focus_accessibility_node("n", deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/a11y/node/invoke", |daytona, sandbox, deadline| {
        sandbox.invoke_accessibility_node("n", None, deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/a11y/node/value", |daytona, sandbox, deadline| {
        sandbox.set_accessibility_node_value("n", "x", deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/recordings/start", |daytona, sandbox, deadline| {
        sandbox.start_recording(None, deadline)
    }),
    call!("POST /toolbox/box-1/computeruse/recordings/stop", |daytona, sandbox, deadline| {
        sandbox.stop_recording("r", deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/recordings", |daytona, sandbox, deadline| {
        sandbox.list_recordings(deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/recordings/r", |daytona, sandbox, deadline| {
        sandbox.get_recording("r", deadline)
    }),
    call!("DELETE /toolbox/box-1/computeruse/recordings/r", |daytona, sandbox, deadline| {
        sandbox.delete_recording("r", deadline)
    }),
    call!("GET /toolbox/box-1/computeruse/recordings/r/download", |daytona, sandbox, deadline| {
        sandbox.download_recording("r", deadline)
    }),
    call!("POST /toolbox/box-1/process/session", |daytona, sandbox, deadline| {
        async move { sandbox.start_process(&command("true"), deadline).await }
    }),
    call!(
        "GET /toolbox/box-1/process/session/process-0123456789abcdef0123456789abcdef",
        |daytona, sandbox, deadline| {
            sandbox.attach_process("process-0123456789abcdef0123456789abcdef", deadline)
        }
    ),
    call!("POST /toolbox/box-1/process/session", |daytona, sandbox, deadline| {
        async move {
            let chunks = tokio::sync::mpsc::channel(1).0;
            let executed = sandbox.execute_streaming(&command("true"), None, chunks, deadline).await;
            executed.map_err(|failed| failed.error)
        }
    }),
];
