//! What a program in a sandbox can and cannot reach.

use std::path::PathBuf;
use std::process::Command;

use http::Method;
use serde_json::json;

use crate::server::Server;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Both ways of starting, where both are possible.
fn servers() -> Vec<Server> {
    let mut servers = vec![Server::start(&[])];
    if is_root() {
        servers.push(Server::start_as_ordinary_user(&[]));
    } else {
        eprintln!("not root: the server as root is not tried");
    }
    servers
}

/// Every script must print exactly its second text.
async fn expect(scripts: &[(&str, &str)], create: serde_json::Value) {
    for server in servers() {
        let id = server.create(create.clone()).await;
        for (script, wanted) in scripts {
            let (_, output) = server.run(&id, script).await;
            assert_eq!(output.trim_end(), *wanted, "{script}");
        }
    }
}

#[tokio::test]
async fn a_sandbox_has_its_own_user_and_folders() {
    expect(
        &[
            ("id -u; id -g; whoami; pwd; umask", "1000\n1000\ndaytona\n/home/daytona\n0022"),
            ("echo $HOME $USER $LOGNAME $SHELL $LANG", "/home/daytona daytona daytona /bin/bash C.UTF-8"),
            ("for d in ~ /tmp /var/tmp /dev/shm; do mkdir -p $d && touch $d/f || echo no $d; done", ""),
            ("for d in / /etc /root /var /var/log /home /run /dev /srv /opt; do touch $d/f 2>/dev/null && echo wrote $d; mkdir $d/d 2>/dev/null && echo made $d; done", ""),
            ("echo x 2>/dev/null >> /etc/passwd || echo x 2>/dev/null > /etc/hosts || rm /etc/hosts 2>/dev/null || mv /etc /e 2>/dev/null || rmdir /home 2>/dev/null || echo refused", "refused"),
            ("chmod 000 / /etc /home 2>/dev/null; ls -d /etc/passwd", "/etc/passwd"),
            ("touch /usr/f /etc/ssl/f /usr/bin/f 2>&1 | grep -c 'Read-only file system'", "3"),
            ("stat -c %a /tmp /home/daytona", "1777\n755"),
            ("ls -A ~ /home", "/home:\ndaytona\n\n/home/daytona:\nf"),
            ("for d in null zero full random urandom tty; do test -c /dev/$d || echo no $d; done", ""),
            ("head -c 3 /dev/zero | wc -c; echo x > /dev/null; echo in | cat /dev/stdin", "3\nin"),
            ("cat /etc/hostname | wc -c; hostname | wc -c", "13\n13"),
            ("grep CapEff /proc/self/status /proc/1/status 2>&1 | grep -v '0000000000000000'", ""),
            ("grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1"),
        ],
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn nothing_of_the_hosts_is_seen() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    let path = secret.path().display().to_string();
    let see = format!("cat {path} 2>&1 | grep -c 'No such file'");
    expect(
        &[
            (&see, "1"),
            ("env | grep -c DAYTONA_TEST_MARK", "0"),
            ("cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c DAYTONA_TEST_MARK", "0"),
            ("ls -d /proc/[0-9]* | wc -l | xargs test 9 -gt && echo few", "few"),
            ("cat /etc/shadow /etc/sudoers 2>&1 | grep -vc 'No such file'", "0"),
            ("test -e /proc/1/root/usr 2>/dev/null && echo open || echo closed", "closed"),
            ("cat /proc/1/environ 2>&1 | grep -c 'Permission denied'", "1"),
            ("ls -A /sys; ls -A /mnt; ls -A /run", "daytona"),
        ],
        json!({}),
    )
    .await;
}

/// What is readable of files with known names and paths, of another sandbox and of the host.
#[tokio::test]
async fn files_of_others_are_neither_found_nor_read() {
    let mut servers = servers();
    let landlock = ["--isolation", "landlock"];
    servers.push(Server::start(&landlock));
    if is_root() {
        servers.push(Server::start_as_ordinary_user(&landlock));
    }
    for server in servers {
        let (id, other) = (server.create(json!({})).await, server.create(json!({})).await);
        let name = format!("secret-of-{other}");
        let write =
            format!("for d in ~ ${{TMPDIR:-/tmp}}; do echo open > $d/{name} && chmod -R 777 $d; done");
        assert_eq!(server.run(&other, &write).await, (0, String::new()), "{}", server.line);
        let folder = root_of(server.pid()).join("sandboxes").join(&other);
        let host = tempfile::Builder::new().prefix("outside-").tempdir().unwrap();
        let of_host = host.path().join(&name);
        std::fs::write(&of_host, "open\n").unwrap();
        for path in [host.path(), &of_host] {
            std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        }
        let find = format!(
            "find / /.. \\( -path '*/proc' -o -path '*/usr' -o -path '*/sys' \\) -prune -o -name '{name}' -print 2>/dev/null"
        );
        assert_eq!(server.run(&id, &find).await.1, "", "{}", server.line);
        for path in [folder.join("home").join(&name), folder.join("tmp").join(&name), of_host] {
            for up in ["", "/..", "/proc/self/root", "/proc/1/root", "/proc/1/cwd/../.."] {
                let path = format!("{up}{}", path.display());
                let read = format!("cat {path} 2>/dev/null; ls ${{TMPDIR:-/tmp}} >/dev/null");
                assert_eq!(server.run(&id, &read).await, (0, String::new()), "{path} in {}", server.line);
            }
        }
    }
}

#[tokio::test]
async fn the_kernels_settings_cannot_be_changed() {
    expect(
        &[
            ("echo x > /proc/sys/kernel/core_pattern; echo $?", "/usr/bin/bash: line 1: /proc/sys/kernel/core_pattern: Read-only file system\n1"),
            ("echo 99 > /proc/sys/user/max_user_namespaces; echo $?", "/usr/bin/bash: line 1: /proc/sys/user/max_user_namespaces: Read-only file system\n1"),
            ("cat /proc/sys/user/max_user_namespaces", "0"),
            ("for f in kcore keys kmsg timer_list sysrq-trigger; do head -c 1 /proc/$f 2>/dev/null; done", ""),
            ("unshare -U true 2>&1 | grep -c -e 'not permitted' -e 'No space'", "1"),
            ("unshare -m true 2>&1 | grep -c 'not permitted'", "1"),
            ("mount -t tmpfs none /mnt 2>&1 | grep -c -i -e permi -e superuser", "1"),
            ("umount /proc/sys 2>/dev/null || echo refused", "refused"),
            ("python3 -c 'import ctypes;c=ctypes.CDLL(None,use_errno=True);print([(c.syscall(n,0,0,0,0,0),ctypes.get_errno()) for n in (250,321,298,323,425)])' ", "[(-1, 1), (-1, 1), (-1, 1), (-1, 1), (-1, 1)]"),
            ("python3 -c 'import ctypes;c=ctypes.CDLL(None,use_errno=True);c.syscall(435,0,0);print(ctypes.get_errno())'", "38"),
            ("kill -9 1; sleep 0; kill -STOP 1; echo $?", "0"),
            ("grep -e core -e processes /proc/self/limits | tr -s ' '", "Max core file size 1 1 bytes \nMax processes 4096 4096 processes"),
        ],
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn tools_are_there_and_packages_can_be_installed() {
    expect(
        &[
            ("for t in bash git python3 python node npm npx pip; do command -v $t >/dev/null || echo no $t; done", ""),
            ("python -c 'print(6*7)'; node -p 6*7; git init -q repo && git -C repo status --short; echo $?", "42\n42\n0"),
            ("npm config get prefix", "/home/daytona/.npm-global"),
            ("mkdir pack && cd pack && echo '{\"name\":\"p\",\"version\":\"1.0.0\",\"bin\":\"p.js\"}' > package.json && printf '#!/usr/bin/env node\\nconsole.log(7)' > p.js && npm install -g --offline --no-audit . >/dev/null 2>&1; p", "7"),
            ("python3 -c 'import multiprocessing as m; s=m.Semaphore(1); s.acquire(); print(7)'", "7"),
            ("python3 -c 'import pty; pty.spawn([\"tty\"])'", "/dev/pts/0"),
            ("touch $(dirname $(readlink -f $(command -v python3)))/f 2>&1 | grep -c 'Read-only'", "1"),
        ],
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn a_blocked_sandbox_has_its_loopback_alone() {
    expect(
        &[
            ("python3 -c 'import socket;s=socket.socket();s.settimeout(5);print(s.connect_ex((\"203.0.113.1\",443)) in (101, 113))'", "True"),
            ("python3 -c 'import socket;s=socket.socket();s.bind((\"127.0.0.1\",0));s.listen();c=socket.create_connection(s.getsockname());print(7)'", "7"),
        ],
        json!({"networkBlockAll": true}),
    )
    .await;
    let server = Server::start(&["--api-key", "k"]);
    let id = server.create(json!({"networkBlockAll": true})).await;
    let (code, _) = server.run(&id, &format!("curl -s -m 5 {}/config", server.api_url())).await;
    assert_eq!(code, 7, "a service on the host's loopback was reached");
}

#[tokio::test]
async fn an_allow_list_and_the_hosts_loopback_are_enforced() {
    let server = Server::start(&[]);
    let id = server.create(json!({"networkAllowList": "192.0.2.0/24, 198.51.100.7/32"})).await;
    let sandbox = server.get(&format!("/sandbox/{id}")).await.json;
    assert_eq!(sandbox["networkAllowList"], "192.0.2.0/24, 198.51.100.7/32");
    if sandbox["isolatedNetwork"] != true {
        eprintln!("sandboxes have no network of their own on this machine");
        return;
    }
    let connect = |address: &str, port: &str| {
        format!(
            "python3 -c 'import socket;s=socket.socket();s.settimeout(5);print(s.connect_ex((\"{address}\",{port})))'"
        )
    };
    let port = server.origin().rsplit(':').next().unwrap().to_owned();
    // EHOSTUNREACH and ECONNREFUSED.
    assert_eq!(server.run(&id, &connect("203.0.113.1", "443")).await.1, "113\n");
    assert_eq!(server.run(&id, &connect("169.254.169.254", "80")).await.1, "113\n");
    assert_eq!(server.run(&id, &connect("127.0.0.1", &port)).await.1, "111\n");
    assert_eq!(server.run(&id, &connect("10.0.2.2", &port)).await.1, "113\n");
    let unlisted = server.create(json!({})).await;
    assert_eq!(server.run(&unlisted, &connect("10.0.2.2", &port)).await.1, "113\n");
    let open = Server::start(&["--allow-host"]);
    let (id, port) = (open.create(json!({})).await, open.origin().rsplit(':').next().unwrap().to_owned());
    assert_eq!(open.run(&id, &connect("10.0.2.2", &port)).await.1, "0\n");
}

#[tokio::test]
async fn abstract_sockets_of_the_host_are_out_of_reach() {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixListener};
    let name = format!("daytona-test-{}", std::process::id());
    let _listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let connect = format!(
        "python3 -c 'import socket;s=socket.socket(socket.AF_UNIX);print(s.connect_ex(\"\\0{name}\") in (1, 111))'"
    );
    expect(&[(&connect, "True")], json!({})).await;
}

#[tokio::test]
async fn links_left_behind_lead_nowhere_on_the_host() {
    let host = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(host.path(), Some(65534), Some(65534)).ok();
    for server in servers() {
        let id = server.create(json!({})).await;
        let to = host.path().display();
        let (_, output) = server
            .run(
                &id,
                &format!(
                    "rm -rf ~ 2>/dev/null; mkdir -p ~/.local; ln -s {to} ~/.local/bin; ln -s {to} /tmp/.daytona; \
                     ln -s {to} /var/tmp/l; mkfifo ~/.bashrc ~/.profile ~/.bash_profile; chmod 000 ~ /tmp /var/tmp; echo done"
                ),
            )
            .await;
        assert_eq!(output, "done\n");
        assert_eq!(server.post(&format!("/sandbox/{id}/stop"), json!({})).await.json["state"], "stopped");
        assert_eq!(server.post(&format!("/sandbox/{id}/start"), json!({})).await.json["state"], "started");
        assert_eq!(server.run(&id, "touch ~/f /tmp/f /var/tmp/f && echo fine").await.1, "fine\n");
        server.api(Method::DELETE, &format!("/sandbox/{id}"), None).await;
        server.until_gone(&id).await;
        let left: Vec<_> = std::fs::read_dir(host.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test]
async fn stop_ends_daemons_and_the_dead_are_reaped() {
    for server in servers() {
        let id = server.create(json!({})).await;
        let mark = format!("86{}", server.pid());
        server
            .run(
                &id,
                &format!(
                    "setsid nohup sleep {mark} >/dev/null 2>&1 & (setsid sleep {mark} >/dev/null 2>&1 &)"
                ),
            )
            .await;
        until_processes(&format!("sleep\0{mark}"), 2).await;
        let reaped = "for i in 1 2 3 4 5 6 7 8; do (setsid true &) ; done; \
                      until [ $(ps -eo stat | grep -c Z) = 0 ]; do :; done; echo none";
        assert_eq!(server.run(&id, reaped).await.1, "none\n");
        server.post(&format!("/sandbox/{id}/stop"), json!({})).await;
        assert_eq!(processes_with(&format!("sleep\0{mark}")), 0);
    }
}

#[tokio::test]
async fn delete_removes_folders_that_nobody_may_enter() {
    for server in servers() {
        let id = server.create(json!({})).await;
        let depth = "python3 -c 'import os\nfor i in range(1500): os.mkdir(\"d\"); os.chdir(\"d\")'; ";
        let (code, output) = server
            .run(&id, &format!("mkdir -p a/b && touch a/b/c && chmod 000 a/b a; mkdir w && touch w/f && chmod 500 w; {depth} ln -s / l; mkfifo p"))
            .await;
        assert_eq!(code, 0, "{output}");
        server.api(Method::DELETE, &format!("/sandbox/{id}"), None).await;
        server.until_gone(&id).await;
        let left = folders_of(server.pid());
        assert!(left.iter().all(|path| !path.ends_with(&id)), "{left:?}");
    }
}

/// The folder of a server, found through the lock that it holds.
pub(crate) fn root_of(server: u32) -> PathBuf {
    let held = std::fs::read_dir(format!("/proc/{server}/fd")).unwrap();
    held.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .find(|path| path.ends_with("lock"))
        .and_then(|path| path.parent().map(PathBuf::from))
        .unwrap()
}

/// The folders of a server's sandboxes.
fn folders_of(server: u32) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root_of(server).join("sandboxes")).unwrap();
    folders.map(|entry| entry.unwrap().path()).collect()
}

pub(crate) fn processes_with(text: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(text)).count()
}

#[tokio::test]
async fn landlock_holds_files_signals_and_daemons() {
    let server = Server::start(&["--isolation", "landlock"]);
    assert_eq!(server.line["isolation"], "landlock");
    let (id, other) = (server.create(json!({})).await, server.create(json!({})).await);
    let mark = format!("85{}", server.pid());
    for (script, wanted) in [
        ("touch ~/f && cat ~/f; test $HOME = $(pwd) && echo home".to_owned(), "home"),
        ("touch /tmp/f /var/tmp/f /f 2>&1 | grep -c 'Permission denied'".to_owned(), "3"),
        ("ls / /tmp /root 2>&1 | grep -c 'Permission denied'".to_owned(), "3"),
        (format!("kill -0 {} 2>&1 | grep -c 'not permitted'", server.pid()), "1"),
        (format!("cat /proc/{}/environ 2>&1 | grep -c 'Permission denied'", server.pid()), "1"),
        (format!("ls ~/../../{other} 2>&1 | grep -c 'Permission denied'"), "1"),
        ("env | grep -c DAYTONA_TEST_MARK".to_owned(), "0"),
        ("mktemp | grep -c tmp/tmp".to_owned(), "1"),
        (format!("(setsid nohup sleep {mark} >/dev/null 2>&1 &)"), ""),
    ] {
        assert_eq!(server.run(&id, &script).await.1.trim_end(), wanted, "{script}");
    }
    // The documented home is this sandbox's own, for files and for commands' folders.
    let toolbox = format!("/toolbox/{id}");
    let folder = format!("{toolbox}/files/folder?path=/home/daytona/made");
    assert_eq!(server.send(Method::POST, &folder, Some(server.key()), None).await.status, 201);
    assert_eq!(server.run(&id, "ls -d ~/made | grep -o 'home/made'").await.1, "home/made\n");
    let body = json!({"command": "touch here; ls ~/made", "cwd": "/home/daytona/made"});
    let ran = server
        .send(Method::POST, &format!("{toolbox}/process/execute"), Some(server.key()), Some(body))
        .await;
    assert_eq!(ran.json["result"], "here\n");
    until_processes(&format!("sleep\0{mark}"), 1).await;
    server.post(&format!("/sandbox/{id}/stop"), json!({})).await;
    assert_eq!(processes_with(&format!("sleep\0{mark}")), 0);
    let refused = server.post("/sandbox", json!({"networkBlockAll": true})).await;
    assert_eq!(refused.status, 400, "{}", refused.json);
}

#[tokio::test]
async fn isolation_none_is_only_used_on_request() {
    let mut server = Server::start(&["--isolation", "none"]);
    assert_eq!(server.line["isolation"], "none");
    let id = server.create(json!({})).await;
    let mark = format!("84{}", server.pid());
    let script = format!("test $HOME = $(pwd) && echo home; (setsid nohup sleep {mark} >/dev/null 2>&1 &)");
    assert_eq!(server.run(&id, &script).await.1, "home\n");
    until_processes(&format!("sleep\0{mark}"), 1).await;
    server.child().kill().unwrap();
    server.child().wait().unwrap();
    while processes_with(&format!("sleep\0{mark}")) > 0 {
        tokio::task::yield_now().await;
    }
}

/// Starts a server in a sandbox, and a daemon in a sandbox of that. Prints the name of the
/// inner server's folder.
const NEST: &str = r#"
    mkdir -p "${TMPDIR:-/tmp}/inner" && cd "${TMPDIR:-/tmp}/inner" || exit
    TMPDIR=$PWD setsid nohup PROGRAM --isolation none --json --max-cpu MARK > line 2> errors < /dev/null &
    until grep -qs apiUrl line; do kill -0 $! || { cat errors; exit 1; }; done
    python3 - << 'END'
import json, os, urllib.request
line = json.load(open("line"))
url = line["apiUrl"]
def post(url, body):
    headers = {"authorization": "Bearer " + line["apiKey"], "content-type": "application/json"}
    return json.load(urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)))
box = post(url + "/sandbox", {})["id"]
daemon = {"command": "trap '' TERM HUP; (setsid nohup sleep MARK >/dev/null 2>&1 &)"}
post(url.removesuffix("/api") + f"/toolbox/{box}/process/execute", daemon)
print(next(name for name in os.listdir(".") if name.startswith("daytona-local")), end="")
END
"#;

#[tokio::test]
async fn a_server_in_a_sandbox_ends_with_it() {
    let mut outer: Vec<_> =
        servers().into_iter().map(|server| (server, "/run/daytona/daytona-local")).collect();
    for isolation in ["landlock", "none"] {
        outer.push((Server::start(&["--isolation", isolation]), env!("CARGO_BIN_EXE_daytona-local")));
    }
    for (server, program) in outer {
        for (method, path) in [(Method::POST, "/stop"), (Method::DELETE, "")] {
            let id = server.create(json!({})).await;
            let mark = format!("83{}", server.pid());
            let (code, folder) =
                server.run(&id, &NEST.replace("PROGRAM", program).replace("MARK", &mark)).await;
            assert_eq!(code, 0, "{}: {folder}", server.line);
            let of_inner = [format!("sleep\0{mark}"), format!("--max-cpu\0{mark}"), folder];
            for text in &of_inner {
                while processes_with(text) == 0 {
                    tokio::task::yield_now().await;
                }
            }
            server.api(method, &format!("/sandbox/{id}{path}"), None).await;
            for text in of_inner {
                assert_eq!(processes_with(&text), 0, "{text:?} in {}", server.line);
            }
            let groups = Command::new("find").args(["/sys/fs/cgroup", "-name", &id]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&groups.stdout), "", "control groups in {}", server.line);
        }
    }
}

#[tokio::test]
async fn a_command_has_no_descriptor_of_its_toolbox() {
    let mut servers = servers();
    servers.extend(["landlock", "none"].map(|isolation| Server::start(&["--isolation", isolation])));
    for server in servers {
        let id = server.create(json!({})).await;
        assert_eq!(server.run(&id, "ls /proc/$$/fd").await.1, "0\n1\n2\n", "{}", server.line);
    }
}

/// A daemon's program may be started a moment after the command that asked for
/// it has ended.
pub(crate) async fn until_processes(text: &str, count: usize) {
    while processes_with(text) != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn files_of_the_host_cannot_be_locked_for_it() {
    for server in servers() {
        let id = server.create(json!({})).await;
        for path in ["/usr/bin/env", "/usr/lib", "/etc/os-release", "/etc/ssl"] {
            let lock = format!(
                "flock {path} sleep 600 > /dev/null 2>&1 & while flock -n {path} true; do sleep 0.01; done; echo locked"
            );
            assert_eq!(server.run(&id, &lock).await.1, "locked\n", "{path}");
            let file = std::fs::File::open(path).unwrap();
            rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).expect(path);
        }
    }
}

/// Prints what is opened in a folder until `/usr/bin/tac` is.
const WATCH: &str = r"
import ctypes, os, struct
libc = ctypes.CDLL(None)
watch = libc.inotify_init()
assert libc.inotify_add_watch(watch, b'/usr/bin', 0x20) > 0
open('/tmp/watching', 'w')
opened = set()
while 'tac' not in opened:
    events = os.read(watch, 65536)
    while events:
        _, _, _, length = struct.unpack('iIII', events[:16])
        opened.add(events[16:16 + length].rstrip(b'\0').decode())
        events = events[16 + length:]
print('nproc' in opened, 'uniq' in opened)
";

#[tokio::test]
async fn programs_that_the_host_starts_cannot_be_watched() {
    for server in servers() {
        let id = server.create(json!({})).await;
        let start = format!(
            "cat > /tmp/watch.py << 'END'\n{WATCH}\nEND\n\
             python3 /tmp/watch.py > /tmp/opened 2>&1 & while ! test -e /tmp/watching; do sleep 0.01; done"
        );
        server.run(&id, &start).await;
        assert!(Command::new("/usr/bin/nproc").output().unwrap().status.success());
        // Its own programs are seen, as in any folder.
        let end = "uniq /dev/null; tac /dev/null; while ! test -s /tmp/opened; do sleep 0.01; done; cat /tmp/opened";
        assert_eq!(server.run(&id, end).await.1, "False True\n");
    }
}

#[tokio::test]
async fn a_bound_folder_shows_what_changes_on_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--bind", &format!("{}:/mnt/shared", folder.path().display())]);
    let id = server.create(json!({})).await;
    // A name that was looked up in an overlay would stay unknown.
    assert_eq!(server.run(&id, "cat /mnt/shared/new 2>/dev/null || echo none").await.1, "none\n");
    std::fs::write(folder.path().join("new"), "from the host\n").unwrap();
    assert_eq!(server.run(&id, "cat /mnt/shared/new").await.1, "from the host\n");
}
