//! The limit of a sandbox's disk.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use http::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::isolation::root_of;
use crate::program::{child_with, signal};
use crate::server::{Seen, Server};

const GIB: u64 = 1 << 30;
/// Leaves no block of the disk.
const FILL: &str = "fallocate -l 700M big && while fallocate -l 1M fill/$((i++)) 2> /dev/null; do :; done; \
                    while head -c 4096 /dev/zero >> fill/last 2> /dev/null; do :; done; rm -f fill/none";

fn limited() -> Value {
    json!({"buildInfo": {"dockerfileContent": "FROM scratch\n"}, "disk": 1})
}

fn enforces_disk(sandbox: &Value) -> bool {
    sandbox["enforcedLimits"].as_array().unwrap().contains(&json!("disk"))
}

/// A sandbox with a disk of 1 GiB; `None`, and says why, where the machine has no such.
async fn with_disk(server: &Server) -> Option<String> {
    let created = server.post("/sandbox", limited()).await;
    assert_eq!(created.status, 200, "{}", created.json);
    let enforced = enforces_disk(&created.json);
    if !enforced {
        let is_root = rustix::process::geteuid().is_root();
        let has = |path: &str| Path::new(path).exists();
        let (loops, mkfs) = (has("/dev/loop-control"), has("/usr/sbin/mkfs.ext4") || has("/sbin/mkfs.ext4"));
        assert!(!(is_root && loops && mkfs), "the disk is not limited: {}", created.json);
        eprintln!("skipped: root: {is_root}, loop devices: {loops}, mkfs.ext4: {mkfs}");
    }
    enforced.then(|| created.json["id"].as_str().unwrap().to_owned())
}

/// Files below a folder that loop devices are attached to.
fn attached(folder: &Path) -> Vec<String> {
    let devices = std::fs::read_dir("/sys/block").unwrap().filter_map(Result::ok);
    let files =
        devices.filter_map(|device| std::fs::read_to_string(device.path().join("loop/backing_file")).ok());
    files.filter(|file| file.starts_with(folder.to_str().unwrap())).collect()
}

fn files_of(root: &Path, id: &str) -> PathBuf {
    root.join("sandboxes").join(id)
}

async fn upload(server: &Server, id: &str, path: &str, content: &str) -> Seen {
    let path = format!("/toolbox/{id}/files/upload-v2?path={path}");
    server.send(Method::POST, &path, Some(server.key()), Some(json!(content))).await
}

async fn change(server: &Server, id: &str, what: &str, state: &str) {
    let changed = server.post(&format!("/sandbox/{id}/{what}"), json!({})).await;
    assert_eq!(changed.status, 200, "{}", changed.json);
    server.until_state(id, state).await;
}

async fn delete(server: &Server, id: &str) {
    assert_eq!(server.api(Method::DELETE, &format!("/sandbox/{id}"), None).await.status, 200);
    server.until_gone(id).await;
}

fn kill(server: &mut Server) {
    server.child().kill().unwrap();
    server.child().wait().unwrap();
}

#[tokio::test]
async fn a_full_disk_is_a_sandboxs_own() {
    let server = Server::start(&[]);
    let Some(id) = with_disk(&server).await else { return };
    let neighbour = with_disk(&server).await.unwrap();
    let unlimited = server.create(json!({})).await;
    assert_eq!(upload(&server, &id, "kept", "old content").await.status, 200);
    let (code, output) = server.run(&id, &format!("mkdir fill; touch fill/none; {FILL}")).await;
    assert_eq!(code, 0, "{output}");
    for folder in ["~", "/tmp", "/var/tmp"] {
        let write = format!(
            "head -c 8192 /dev/zero > {folder}/more 2>&1 || head -c 8192 /dev/zero 2>&1 > {folder}/more"
        );
        let (code, output) = server.run(&id, &write).await;
        assert!(code != 0 && output.contains("No space left on device"), "{folder}: {output}");
    }
    let refused = upload(&server, &id, "kept", &"new".repeat(100_000)).await;
    let message = refused.json["message"].as_str().unwrap();
    assert_eq!(refused.status, 400, "{message}");
    assert!(
        message.contains("no space left on device: the disk of the sandbox is full; its limit is 1 GiB"),
        "{message}"
    );
    assert_eq!(server.run(&id, "cat kept").await, (0, "\"old content\"".to_owned()));
    // Too long to be kept in memory.
    let path = format!("/toolbox/{id}/process/execute");
    let long =
        server.send(Method::POST, &path, Some(server.key()), Some(json!({"command": "seq 200000"}))).await;
    assert_eq!(long.status, 500);
    let message = long.json["message"].as_str().unwrap();
    assert!(
        message.contains("the output cannot be kept: ") && message.contains("its limit is 1 GiB"),
        "{message}"
    );
    for other in [&neighbour, &unlimited] {
        assert_eq!(server.run(other, "fallocate -l 100M file && rm file && echo fine").await.1, "fine\n");
    }
    // It starts with a full disk too.
    change(&server, &id, "stop", "stopped").await;
    change(&server, &id, "start", "started").await;
    assert_eq!(
        server.run(&id, "cat kept; rm -r big fill; echo; echo more > more && cat more").await.1,
        "\"old content\"\nmore\n"
    );
    assert_eq!(upload(&server, &id, "kept", "new content").await.status, 200);
    let image = files_of(&root_of(server.pid()), &id);
    delete(&server, &id).await;
    assert!(!image.exists());
}

#[tokio::test]
async fn a_disk_is_as_large_as_its_limit_and_has_the_same_folders() {
    let server = Server::start(&[]);
    let Some(id) = with_disk(&server).await else { return };
    let unlimited = server.create(json!({})).await;
    let look = "stat -c '%n %a %u %g' ~ /tmp /var/tmp; ls -A ~ /tmp /var/tmp; \
                grep -E ' (/home/daytona|/tmp|/var/tmp) ' /proc/self/mountinfo | cut -d' ' -f5,6 | grep -c 'rw,nosuid,nodev,'";
    assert_eq!(server.run(&id, look).await, server.run(&unlimited, look).await);
    let (_, kinds) = server.run(&id, "stat -f -c %T ~ /tmp /var/tmp; ls /dev | grep -c loop").await;
    assert_eq!(kinds, "ext2/ext3\next2/ext3\next2/ext3\n0\n");
    let path = format!("/toolbox/{id}/system/metrics");
    let metrics = async || server.send(Method::GET, &path, Some(server.key()), None).await.json;
    let before = metrics().await;
    let total = before["diskTotal"].as_u64().unwrap();
    assert!((GIB * 9 / 10..=GIB).contains(&total), "{before}");
    server.run(&id, "fallocate -l 100M file").await;
    let grown = metrics().await["diskUsed"].as_u64().unwrap() - before["diskUsed"].as_u64().unwrap();
    assert!((100 << 20..110 << 20).contains(&grown), "{grown}");
    // The image takes what is written, and gives it back.
    let image = files_of(&root_of(server.pid()), &id).join("disk.img");
    let size = || std::fs::metadata(&image).unwrap();
    assert_eq!((size().len(), size().mode() & 0o777), (GIB, 0o600));
    assert!(size().blocks() * 512 < 50 << 20, "{}", size().blocks());
    assert_eq!(
        server.run(&id, "df --output=itotal ~ | tail -n 1 | xargs test 100000 -lt && echo many").await.1,
        "many\n"
    );
}

#[tokio::test]
async fn a_program_cannot_change_its_file_system() {
    let server = Server::start(&[]);
    let Some(id) = with_disk(&server).await else { return };
    // Shutting it down, trimming, resizing; then the image and its device.
    let attempt = r#"python3 -c '
import fcntl, os, struct
folder = os.open(os.environ["HOME"], os.O_RDONLY)
for request in (0x8004587D, 0xC0185879, 0x40086610):
    try: print("done", fcntl.ioctl(folder, request, struct.pack("QQQ", 2, 1 << 40, 0)))
    except OSError as error: print(error.errno)
'
find / -xdev \( -name disk.img -o -name 'loop*' -path '/dev/*' \) 2> /dev/null
mknod device b 7 0 2>&1 | grep -c 'Operation not permitted'
mount -o remount,dev,suid ~ 2>&1 | grep -c -i -e permi -e superuser
chattr +i ~ 2>&1 | grep -c 'Operation not permitted'"#;
    assert_eq!(server.run(&id, attempt).await.1, "1\n1\n1\n1\n1\n1\n");
}

#[tokio::test]
async fn only_what_asks_for_a_limit_has_a_disk_of_its_own() {
    let server = Server::start(&[]);
    let image = json!({"buildInfo": {"dockerfileContent": "FROM scratch\n"}, "memory": 1});
    for body in [json!({}), image] {
        let created = server.post("/sandbox", body).await.json;
        assert!(!enforces_disk(&created), "{created}");
        assert!(!files_of(&root_of(server.pid()), created["id"].as_str().unwrap()).join("disk.img").exists());
    }
    let mut vast = limited();
    vast["disk"] = json!(u32::MAX);
    let vast = server.post("/sandbox", vast).await;
    assert_eq!(vast.status == 400, with_disk(&server).await.is_some(), "{}", vast.json);
    let mut unable =
        vec![Server::start(&["--isolation", "landlock"]), Server::start(&["--isolation", "none"])];
    if rustix::process::geteuid().is_root() {
        unable.push(Server::start_as_ordinary_user(&[]));
        let tools =
            ["/usr/sbin/mkfs.ext4", "/dev/loop-control"].into_iter().filter(|file| Path::new(file).exists());
        unable.extend(tools.map(Server::start_without));
    }
    for server in unable {
        let created = server.post("/sandbox", limited()).await.json;
        assert!(!enforces_disk(&created), "{created}");
        let id = created["id"].as_str().unwrap();
        assert_eq!(server.run(id, "echo fine > file && cat file").await.1, "fine\n");
    }
}

#[tokio::test]
async fn files_of_a_disk_outlive_stops_and_killed_servers() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--data", folder.path().to_str().unwrap()];
    let mut server = Server::start(&arguments);
    let Some(id) = with_disk(&server).await else { return };
    server.run(&id, "echo home > file; echo tmp > /tmp/file; mkdir closed; chmod 0 closed").await;
    let files = "cat file /tmp/file; stat -c '%a %U' file closed; df --output=size ~ | tail -n 1";
    let (_, before) = server.run(&id, files).await;
    assert!(before.starts_with("home\ntmp\n644 daytona\n0 daytona\n"), "{before}");
    change(&server, &id, "stop", "stopped").await;
    assert_eq!(attached(folder.path()), [] as [String; 0]);
    change(&server, &id, "archive", "archived").await;
    change(&server, &id, "start", "started").await;
    assert_eq!(server.run(&id, files).await.1, before);
    server.run(&id, "echo written last >> file").await;
    kill(&mut server);
    // At once: the sandbox of the earlier server may still be ending.
    let server = Server::start(&arguments);
    assert_eq!(server.get(&format!("/sandbox/{id}")).await.json["state"], "started");
    assert!(enforces_disk(&server.get(&format!("/sandbox/{id}")).await.json));
    assert_eq!(server.run(&id, "tail -n 1 file").await.1, "written last\n");
    assert_eq!(attached(folder.path()).len(), 1);
    // A server that cannot limit the disk does not start the sandbox without.
    drop(server);
    let server = Server::start(&[&arguments[..], &["--isolation", "landlock"]].concat());
    let refused = server.get(&format!("/sandbox/{id}")).await.json;
    assert_eq!(refused["errorReason"], "the limit of its disk requires isolation by namespaces");
    drop(server);
    let server = Server::start(&arguments);
    change(&server, &id, "recover", "started").await;
    assert_eq!(server.run(&id, "tail -n 1 file").await.1, "written last\n");
    delete(&server, &id).await;
    assert_eq!(attached(folder.path()), [] as [String; 0]);
    assert!(!files_of(folder.path(), &id).exists());
}

#[tokio::test]
async fn a_disk_grows_with_its_files() {
    let server = Server::start(&[]);
    let Some(id) = with_disk(&server).await else { return };
    let resize = format!("/sandbox/{id}/resize");
    assert_eq!(server.post(&resize, json!({"disk": 3})).await.status, 400);
    assert_eq!(server.run(&id, "head -c 50M /dev/urandom > file; sha256sum file > sum").await.0, 0);
    change(&server, &id, "stop", "stopped").await;
    assert_eq!(server.post(&resize, json!({"disk": 3})).await.json["disk"], 3);
    for _ in 0..2 {
        change(&server, &id, "start", "started").await;
        let (code, output) = server.run(&id, "sha256sum -c sum && df --output=size -B1 ~ | tail -n 1").await;
        let size: u64 = output.lines().last().unwrap().trim().parse().unwrap();
        assert_eq!(code, 0, "{output}");
        assert!(size > 2 * GIB && size <= 3 * GIB, "{output}");
        assert_eq!(server.run(&id, "fallocate -l 2G big && rm big").await.0, 0);
        change(&server, &id, "stop", "stopped").await;
    }
    assert_eq!(server.post(&resize, json!({"disk": 1})).await.status, 400);
}

#[tokio::test]
async fn a_damaged_disk_is_repaired_at_the_next_start() {
    let server = Server::start(&[]);
    let Some(id) = with_disk(&server).await else { return };
    server.run(&id, "echo content > file").await;
    change(&server, &id, "stop", "stopped").await;
    let image = files_of(&root_of(server.pid()), &id).join("disk.img");
    let tool = |name: &str, arguments: &[&str]| {
        let path = "/usr/sbin:/sbin";
        let output = Command::new(name).args(arguments).arg(&image).env("PATH", path).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let has_errors = || tool("tune2fs", &["-l"]).contains("clean with errors");
    tool("tune2fs", &["-E", "force_fsck"]);
    assert!(has_errors());
    change(&server, &id, "start", "started").await;
    assert_eq!(server.run(&id, "cat file").await.1, "content\n");
    change(&server, &id, "stop", "stopped").await;
    assert!(!has_errors());
    // What cannot be repaired is reported.
    std::fs::write(&image, vec![0; 1 << 20]).unwrap();
    let failed = server.post(&format!("/sandbox/{id}/start"), json!({})).await;
    assert_eq!(failed.status, 400, "{}", failed.json);
    assert!(failed.json["message"].as_str().unwrap().contains("disk"), "{}", failed.json);
    delete(&server, &id).await;
}

#[tokio::test]
async fn twenty_disks_end_with_their_server_however_it_ends() {
    let temp_dir = tempfile::tempdir().unwrap();
    let mut server = Server::start_in(temp_dir.path(), &[]);
    let Some(_first) = with_disk(&server).await else { return };
    let root = root_of(server.pid());
    let created = futures_util::future::join_all((0..19).map(|_| with_disk(&server))).await;
    let ids: Vec<_> = created.into_iter().map(Option::unwrap).collect();
    assert_eq!(attached(&root).len(), 20);
    let ran =
        futures_util::future::join_all(ids.iter().map(|id| server.run(id, "echo $((6*7)) > f; cat f"))).await;
    assert!(ran.iter().all(|(code, output)| *code == 0 && output == "42\n"), "{ran:?}");
    futures_util::future::join_all(ids[..10].iter().map(|id| delete(&server, id))).await;
    assert_eq!(attached(&root).len(), 10);
    kill(&mut server);
    while root.exists() || !attached(&root).is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_a_server_and_its_janitor_leave_is_removed_by_the_next() {
    let temp_dir = tempfile::tempdir().unwrap();
    let mut server = Server::start_in(temp_dir.path(), &[]);
    let Some(id) = with_disk(&server).await else { return };
    let root = root_of(server.pid());
    server.run(&id, "echo content > file").await;
    signal(child_with(server.pid(), "janitor"), Signal::KILL);
    kill(&mut server);
    while !attached(&root).is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(root.exists());
    let _next = Server::start_in(temp_dir.path(), &[]);
    while root.exists() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_deleted_is_not_written_before() {
    let server = Server::start(&[]);
    let Some(id) = with_disk(&server).await else { return };
    let root = root_of(server.pid());
    // Another name, to look at the image when it is deleted.
    let image = root.join("image");
    std::fs::hard_link(files_of(&root, &id).join("disk.img"), &image).unwrap();
    let (code, output) = server.run(&id, "head -c 200M /dev/zero > file").await;
    assert_eq!(code, 0, "{output}");
    delete(&server, &id).await;
    assert_eq!(attached(&root), [] as [String; 0]);
    // The system writes some of it when it sees fit.
    let written = std::fs::metadata(&image).unwrap().blocks() * 512;
    assert!(written < 150 << 20, "{written}");
}
