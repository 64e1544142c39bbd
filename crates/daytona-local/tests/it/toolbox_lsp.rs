//! Language servers: starting, talking to, and losing one.

use http::Method;
use serde_json::{Value, json};

use crate::server::{Seen, Server};

/// A language server that answers as its name for a file says.
const FAKE: &str = r#"#!/usr/bin/env python3
import json, os, sys, time
i, o = sys.stdin.buffer, sys.stdout.buffer
def send(m):
    d = json.dumps({'jsonrpc': '2.0', **m}).encode()
    o.write(b'Content-Length: %d\r\n\r\n' % len(d) + d); o.flush()
def read():
    n = 0
    while True:
        l = i.readline()
        if not l: sys.exit()
        if l == b'\r\n': return json.loads(i.read(n))
        if l.lower().startswith(b'content-length:'): n = int(l.split(b':')[1])
def note(text):
    with open(os.path.expanduser('~/seen'), 'a') as f: f.write(text + '\n')
note('pid %d' % os.getpid())
while True:
    m = read(); k = m.get('method'); p = m.get('params') or {}
    u = (p.get('textDocument') or {}).get('uri', '')
    note('%s %s' % (k, os.path.basename(u)))
    if 'id' not in m: continue
    if k == 'initialize':
        if os.path.exists(os.path.expanduser('~/broken')): print('no compiler', file=sys.stderr, flush=True); sys.exit(3)
        while os.path.exists(os.path.expanduser('~/slow')): time.sleep(0.01)
        send({'id': 'q', 'method': 'workspace/configuration', 'params': {'items': [{}, {}]}})
        note('configuration %s' % json.dumps(read()['result']))
        send({'id': 7, 'method': 'other/thing'})
        note('error %d' % read()['error']['code'])
    if 'crash' in u: print('Traceback:\n  ValueError: crash\n', file=sys.stderr, flush=True); os._exit(9)
    if 'garbage' in u: o.write(b'hello\r\n\r\n'); o.flush()
    if 'huge' in u: o.write(b'Content-Length: 999999999999\r\n\r\n'); o.flush()
    if 'wait' in u: continue
    if 'refuse' in u: send({'id': m['id'], 'error': {'code': -32603, 'message': 'refused by the server'}}); continue
    r = [{'name': 'a', 'kind': 13, 'location': {'uri': u}}] if 'symbol' in k.lower() else {}
    send({'id': m['id'], 'result': r})
"#;

/// A server, and a sandbox with a language server.
struct Scene {
    server: Server,
    id: String,
}

impl Scene {
    async fn start() -> Self {
        let server = Server::start(&[]);
        let path = "/home/daytona/bin:/usr/local/bin:/usr/bin:/bin";
        let id = server.create(json!({"env": {"PATH": path}})).await;
        let scene = Self { server, id };
        scene
            .run(&format!(
                "mkdir bin p; cat > bin/typescript-language-server <<'E'\n{FAKE}E\nchmod +x bin/*; \
                 for f in a crash garbage huge wait refuse; do echo 'const x = 1' > p/$f.ts; done"
            ))
            .await;
        scene
    }

    async fn run(&self, script: &str) -> String {
        let (code, output) = self.server.run(&self.id, script).await;
        assert_eq!(code, 0, "{output}");
        output
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Seen {
        let path = format!("/toolbox/{}/lsp/{path}", self.id);
        self.server.send(method, &path, Some(self.server.key()), body).await
    }

    async fn post(&self, what: &str, file: &str) -> Seen {
        let (project, uri) = ("/home/daytona/p", format!("file:///home/daytona/p/{file}"));
        let body = json!({"languageId": "typescript", "pathToProject": project, "uri": uri,
            "position": {"line": 0, "character": 0}});
        self.send(Method::POST, what, Some(body)).await
    }

    async fn symbols(&self, file: &str) -> Seen {
        let query = format!("languageId=typescript&pathToProject=p&uri=file://p/{file}");
        self.send(Method::GET, &format!("document-symbols?{query}"), None).await
    }

    /// Waits until no process runs the language server.
    async fn until_ended(&self) {
        self.run("while pgrep -f [t]ypescript-language-server; do sleep 0.01; done > /dev/null").await;
    }
}

#[tokio::test]
async fn a_missing_server_is_an_error_that_says_what_to_install() {
    let server = Server::start(&[]);
    let id = server.create(json!({"env": {"PATH": "/nowhere"}})).await;
    for (language, command) in [("python", "npm install -g pyright"), ("javascript", "typescript")] {
        let body = json!({"languageId": language, "pathToProject": "p"});
        let path = format!("/toolbox/{id}/lsp/start");
        let seen = server.send(Method::POST, &path, Some(server.key()), Some(body)).await;
        let message = seen.json["message"].as_str().unwrap();
        assert_eq!(seen.status, 500, "{message}");
        assert!(
            message.contains("is not on the PATH of the sandbox") && message.contains(command),
            "{message}"
        );
    }
}

#[tokio::test]
async fn one_server_is_started_answered_and_stopped() {
    let scene = Scene::start().await;
    let starts = futures_util::future::join_all((0..5).map(|_| scene.post("start", ""))).await;
    assert!(starts.iter().all(|seen| seen.status == 200), "{starts:?}");
    // By a relative path it is the same server and document.
    assert_eq!(scene.symbols("a.ts").await.json[0]["location"]["uri"], "file:///home/daytona/p/a.ts");
    for what in ["did-open", "did-open", "did-close", "did-close"] {
        assert_eq!(scene.post(what, "a.ts").await.status, 200);
    }
    assert_eq!(scene.post("completions", "a.ts").await.json, json!({"isIncomplete": false, "items": []}));
    assert_eq!(scene.post("stop", "").await.status, 200);
    scene.until_ended().await;
    let seen = scene.run("sed 's/^pid .*/pid/' seen").await;
    let expected = "pid\ninitialize \nconfiguration [null, null]\nerror -32601\ninitialized \n\
        textDocument/documentSymbol a.ts\ntextDocument/didOpen a.ts\ntextDocument/didChange a.ts\n\
        textDocument/didClose a.ts\ntextDocument/completion a.ts\nshutdown \nexit \n";
    assert_eq!(seen, expected);
    assert_eq!(scene.post("stop", "").await.status, 500);
}

#[tokio::test]
async fn a_server_that_crashes_is_an_error_that_says_so() {
    let scene = Scene::start().await;
    for (file, reason) in [
        ("crash.ts", "it exited with exit status: 9: ValueError: crash"),
        ("garbage.ts", "its head has no Content-Length"),
        ("huge.ts", "it is larger than 32 MiB"),
    ] {
        assert_eq!(scene.post("start", "").await.status, 200);
        // Both requests end, not only the one that the server crashed of.
        let (waiting, crashed) = tokio::join!(scene.symbols("wait.ts"), scene.symbols(file));
        let later = scene.symbols("a.ts").await;
        for seen in [waiting, crashed, later] {
            assert_eq!(
                (seen.status.as_u16(), &seen.json["code"]),
                (400, &json!("LSP_SERVER_NOT_INITIALIZED"))
            );
            let message = seen.json["message"].as_str().unwrap();
            assert!(message.contains(reason) && message.ends_with("Start it again"), "{file}: {message}");
        }
    }
    assert_eq!(scene.post("start", "").await.status, 200);
    let refused = scene.symbols("refuse.ts").await;
    let message = refused.json["message"].as_str().unwrap();
    assert!(message.contains("refused by the server. The document is not open"), "{message}");
}

#[tokio::test]
async fn a_server_that_does_not_start_leaves_nothing() {
    let scene = Scene::start().await;
    scene.run("touch broken").await;
    let seen = scene.post("start", "").await;
    let message = seen.json["message"].as_str().unwrap().to_owned();
    assert!(seen.status == 500 && message.ends_with("exit status: 3: no compiler"), "{message}");
    assert_eq!(scene.symbols("a.ts").await.json["code"], "LSP_SERVER_NOT_INITIALIZED");
    // A client that leaves while it starts.
    scene.run("rm broken; touch slow").await;
    let (start, running) =
        (scene.post("start", ""), "until pgrep -f [t]ypescript-language-server; do :; done");
    tokio::select! {
        seen = start => panic!("{seen:?}"),
        _ = scene.run(running) => {}
    }
    scene.until_ended().await;
    scene.run("rm slow").await;
    assert_eq!(scene.post("start", "").await.status, 200);
}

#[tokio::test]
async fn only_so_many_servers_run_and_they_end_with_the_sandbox() {
    let scene = Scene::start().await;
    let start = async |index: usize| {
        let body = json!({"languageId": "typescript", "pathToProject": format!("p{index}")});
        scene.send(Method::POST, "start", Some(body)).await
    };
    for index in 0..16 {
        assert_eq!(start(index).await.status, 200);
    }
    let refused = start(16).await;
    assert_eq!((refused.status.as_u16(), &refused.json["code"]), (409, &json!("CONFLICT")));
    scene.server.post(&format!("/sandbox/{}/stop", scene.id), json!({})).await;
    scene.server.post(&format!("/sandbox/{}/start", scene.id), json!({})).await;
    assert_eq!(start(16).await.status, 200);
}
