//! Git: what it may be told, what nobody may learn, and how it ends.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::toolbox::{Seen, Toolbox, request};

/// Nothing else on this machine contains it.
const PASSWORD: &str = "hunter2-4b1d9c";

/// A remote that does what a test says.
struct Remote(TcpListener);

impl Remote {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn host(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// The next request: its head, and where its response goes.
    async fn next(&self) -> (String, TcpStream) {
        let (mut stream, _) = self.0.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        (String::from_utf8(head).unwrap(), stream)
    }
}

async fn respond(mut stream: TcpStream, status: &str) {
    let head = format!(
        "HTTP/1.1 {status}\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
}

impl Toolbox {
    /// A repository with one commit, whose branch is `main`.
    async fn repository(&self, name: &str) {
        let seen = self.post("/git/init", json!({"path": name, "initial_branch": "main"})).await;
        assert_eq!(seen.status, StatusCode::CREATED, "{}", seen.text());
        self.write(&format!("{name}/a.txt"), "one\n");
        self.succeed("/git/add", json!({"path": name, "files": ["."]})).await;
        self.commit(name, "first").await;
    }

    async fn commit(&self, name: &str, message: &str) -> String {
        let body =
            json!({"path": name, "message": message, "author": "A", "email": "a@b", "allow_empty": true});
        let seen = self.succeed("/git/commit", body).await;
        seen.json()["hash"].as_str().unwrap().to_owned()
    }

    async fn succeed(&self, path: &str, body: Value) -> Seen {
        let seen = self.post(path, body).await;
        assert!(seen.status.is_success(), "{path}: {}", seen.text());
        seen
    }
}

/// The command lines and the environments of all processes that can be seen.
fn processes() -> Vec<Vec<u8>> {
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let read = |path: &Path| ["cmdline", "environ"].map(|name| fs::read(path.join(name)).unwrap_or_default());
    entries.flat_map(|entry| read(&entry.path())).collect()
}

fn contains(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|part| part == word.as_bytes())
}

/// Whether a file below a folder contains a word.
fn is_written(folder: &Path, word: &str) -> bool {
    fs::read_dir(folder).unwrap().filter_map(Result::ok).any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            is_written(&path, word)
        } else {
            fs::read(&path).is_ok_and(|text| contains(&text, word))
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_reach_the_remote_and_nobody_else() {
    let toolbox = Arc::new(Toolbox::start());
    let remote = Remote::start().await;
    let host = remote.host();
    let expected = format!("Basic {}", STANDARD.encode(format!("user:{PASSWORD}")));
    let url = format!("http://{host}/r.git");
    // The credentials of the request, and those of a URL.
    let bodies = [
        json!({"path": "c", "url": url, "username": "user", "password": PASSWORD}),
        json!({"path": "c", "url": format!("http://user:{PASSWORD}@{host}/r.git")}),
    ];
    for body in bodies {
        let (client, sent) = (Arc::clone(&toolbox), body.clone());
        let clone = tokio::spawn(async move { client.post("/git/clone", sent).await });
        let (head, stream) = remote.next().await;
        assert!(!head.to_lowercase().contains("authorization:"), "{head}");
        respond(stream, "401 Unauthorized").await;
        let (head, stream) = remote.next().await;
        assert!(head.contains(&expected), "{head}");

        let seen = processes();
        assert!(seen.iter().any(|text| contains(text, &url)), "git is not among the processes");
        assert!(!seen.iter().any(|text| contains(text, PASSWORD)));
        assert!(!is_written(toolbox.path("").parent().unwrap(), PASSWORD));

        respond(stream, "401 Unauthorized").await;
        let seen = clone.await.unwrap();
        assert_eq!(seen.status, StatusCode::UNAUTHORIZED, "{}", seen.text());
        assert_eq!(seen.json()["code"], "GIT_AUTH_FAILED");
        assert!(!seen.text().contains(PASSWORD) && seen.text().contains(&url), "{}", seen.text());
        assert!(!toolbox.path("c").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_do_not_follow_to_another_host() {
    let toolbox = Arc::new(Toolbox::start());
    let (remote, other) = (Remote::start().await, Remote::start().await);
    let body = json!({"path": "c", "url": format!("http://{}/r.git", remote.host()), "username": "user", "password": PASSWORD});
    let client = Arc::clone(&toolbox);
    let clone = tokio::spawn(async move { client.post("/git/clone", body).await });
    let (_, mut stream) = remote.next().await;
    let location = format!("http://{}/r.git/info/refs?service=git-upload-pack", other.host());
    let head = format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (head, stream) = other.next().await;
    assert!(!head.to_lowercase().contains("authorization:"), "{head}");
    respond(stream, "401 Unauthorized").await;
    // It asks no more than that.
    assert_eq!(clone.await.unwrap().status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_ends_with_its_client_and_leaves_nothing() {
    let toolbox = Arc::new(Toolbox::start());
    let remote = Remote::start().await;
    for full in [false, true] {
        let target = toolbox.path("c");
        if full {
            fs::create_dir(&target).unwrap();
            toolbox.write("c/own", "");
        }
        let (client, url) = (Arc::clone(&toolbox), format!("http://{}/r.git", remote.host()));
        let clone =
            tokio::spawn(async move { client.post("/git/clone", json!({"path": "c", "url": url})).await });
        let (_, mut stream) = remote.next().await;
        assert!(target.exists());
        clone.abort();
        assert!(clone.await.unwrap_err().is_cancelled());
        // Ends when nobody is at the other end any more.
        assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0);
        let left = || fs::read_dir(&target).map_or(0, Iterator::count);
        while left() != usize::from(full) || target.exists() != full {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn what_begins_with_a_dash_is_no_option() {
    let toolbox = Toolbox::start();
    toolbox.repository("r").await;
    toolbox
        .succeed("/git/remotes", json!({"path": "r", "name": "o", "url": "--upload-pack=touch pwned"}))
        .await;
    let option = "--upload-pack=touch pwned";
    for (path, body) in [
        ("/git/clone", json!({"path": "c", "url": option})),
        ("/git/clone", json!({"path": "c", "url": "r", "branch": "--upload-pack=touch pwned"})),
        ("/git/branches", json!({"path": "r", "name": "-d"})),
        ("/git/branches", json!({"path": "r", "name": "--orphan"})),
        ("/git/checkout", json!({"path": "r", "branch": "--orphan"})),
        ("/git/checkout", json!({"path": "r", "branch": "-"})),
        ("/git/add", json!({"path": "r", "files": ["--dry-run"]})),
        ("/git/push", json!({"path": "r", "remote": "--exec=touch pwned"})),
        ("/git/push", json!({"path": "r", "remote": "o", "branch": "--mirror"})),
        ("/git/pull", json!({"path": "r", "remote": option})),
        ("/git/pull", json!({"path": "r", "remote": "o"})),
        ("/git/pull", json!({"path": "r", "remote": "o", "branch": option})),
        ("/git/reset", json!({"path": "r", "target": "--hard"})),
        ("/git/restore", json!({"path": "r", "files": ["--staged"]})),
        ("/git/restore", json!({"path": "r", "files": ["a.txt"], "source": "--staged"})),
        ("/git/remotes", json!({"path": "r", "name": "--mirror=fetch", "url": "x"})),
        ("/git/status", json!({})),
    ] {
        let seen = toolbox.post(path, body.clone()).await;
        assert!(!seen.status.is_success(), "{path} {body}: {}", seen.status);
    }
    let delete = json!({"path": "r", "name": "--all"}).to_string();
    let seen = toolbox.send(request(Method::DELETE, "/git/branches", &[], delete)).await;
    assert_eq!((seen.status, &seen.json()["code"]), (StatusCode::NOT_FOUND, &json!("GIT_BRANCH_NOT_FOUND")));
    toolbox.succeed("/git/init", json!({"path": "--bare"})).await;
    assert!(toolbox.path("--bare/.git").exists());
    for folder in ["", "r", "--bare"] {
        assert!(!toolbox.path(folder).join("pwned").exists(), "{folder}");
    }
    assert_eq!(toolbox.get("/git/status?path=r").await.json()["fileStatus"], json!([]));
}

#[tokio::test]
async fn a_url_with_a_password_is_not_stored() {
    let toolbox = Toolbox::start();
    toolbox.repository("r").await;
    for url in [format!("https://u:{PASSWORD}@h/x"), format!("ssh://u:{PASSWORD}@h/x")] {
        let seen = toolbox.post("/git/remotes", json!({"path": "r", "name": "o", "url": url})).await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST);
        assert!(!seen.text().contains(PASSWORD));
    }
    assert!(!is_written(&toolbox.path("r"), PASSWORD));
}

#[tokio::test]
async fn many_files_are_staged_at_once_and_each_as_it_is_named() {
    let toolbox = Toolbox::start();
    toolbox.repository("r").await;
    // More than the arguments of a program can hold.
    let names: Vec<String> = (0..9_000).map(|n| format!("{n:05}{}", "x".repeat(240))).collect();
    for name in &names {
        toolbox.write(&format!("r/{name}"), name);
    }
    toolbox.succeed("/git/add", json!({"path": "r", "files": names})).await;
    let status = toolbox.get("/git/status?path=r").await.json();
    let files = status["fileStatus"].as_array().unwrap();
    assert_eq!(files.len(), names.len());
    assert!(files.iter().all(|file| file["staging"] == "Added" && file["worktree"] == "Unmodified"));
}

#[tokio::test]
async fn a_folder_adds_what_is_not_ignored_and_a_name_adds_the_file() {
    let toolbox = Toolbox::start();
    toolbox.repository("r").await;
    fs::create_dir(toolbox.path("r/d")).unwrap();
    for (name, content) in [(".gitignore", "*.log\n"), ("d/a", ""), ("d/b.log", ""), ("c.log", "")] {
        toolbox.write(&format!("r/{name}"), content);
    }
    let staged = async || -> Vec<String> {
        let status = toolbox.get("/git/status?path=r").await.json();
        let files = status["fileStatus"].as_array().unwrap().iter();
        let staged = files.filter(|file| file["staging"] == "Added");
        staged.map(|file| file["name"].as_str().unwrap().to_owned()).collect()
    };
    toolbox.succeed("/git/add", json!({"path": "r", "files": ["d"]})).await;
    assert_eq!(staged().await, ["d/a"]);
    let seen =
        toolbox.post("/git/add", json!({"path": "r", "files": [".gitignore", "*.log", "c.log"]})).await;
    assert_eq!(seen.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(staged().await, [".gitignore", "d/a"]);
    toolbox.succeed("/git/add", json!({"path": "r", "files": ["c.log"]})).await;
    assert_eq!(staged().await, [".gitignore", "c.log", "d/a"]);
}

#[tokio::test]
async fn two_requests_at_once_both_succeed_or_say_that_another_one_works() {
    let toolbox = Toolbox::start();
    toolbox.repository("r").await;
    let commits = (0..8).map(|n| {
        let body = json!({"path": "r", "message": format!("m{n}"), "author": "A", "email": "a@b", "allow_empty": true});
        toolbox.post("/git/commit", body)
    });
    let mut done = 0;
    for seen in futures_util::future::join_all(commits).await {
        if seen.status.is_success() {
            done += 1;
        } else {
            assert!([409, 500].contains(&seen.status.as_u16()), "{}", seen.text());
        }
    }
    let history = toolbox.get("/git/history?path=r").await.json();
    assert_eq!(history.as_array().unwrap().len(), done + 1);
}

#[tokio::test]
async fn hooks_run_and_what_they_start_ends_with_git() {
    let toolbox = Toolbox::start();
    toolbox.repository("r").await;
    let fifo = toolbox.fifo("fifo");
    toolbox.write("r/.git/hooks/pre-commit", format!("#!/bin/sh\nexec 9>{}; sleep 1000 &\n", fifo.display()));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(toolbox.path("r/.git/hooks/pre-commit"), mode).unwrap();
    let reader = tokio::task::spawn_blocking(move || fs::read_to_string(fifo).unwrap());
    toolbox.commit("r", "second").await;
    // Ends when nobody holds the FIFO any more.
    assert_eq!(reader.await.unwrap(), "");
    toolbox.write("r/.git/hooks/pre-commit", "#!/bin/sh\necho no way >&2; exit 1\n");
    let body = json!({"path": "r", "message": "m", "author": "A", "email": "a@b", "allow_empty": true});
    let seen = toolbox.post("/git/commit", body).await;
    assert_eq!(seen.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(seen.text().contains("no way"), "{}", seen.text());
}
