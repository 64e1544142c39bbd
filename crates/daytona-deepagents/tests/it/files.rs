//! Uploads and downloads.

use bytes::Bytes;
use daytona_client::{Content, UploadFile};
use daytona_deepagents::{Backend, Code, FileError};
use serde_json::json;

use crate::local::{Local, deadline, failure, printed};

fn file(path: &str, content: impl Into<Bytes>) -> UploadFile {
    UploadFile { path: path.to_owned(), content: content.into().into() }
}

/// Writes files and reads them back.
async fn assert_round_trip(sandbox: &Backend, files: &[UploadFile]) {
    let written = sandbox.upload_files(files, deadline()).await.unwrap();
    for (result, file) in written.iter().zip(files) {
        assert_eq!((&result.path, result.error, &result.reason), (&file.path, None, &None));
    }
    let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let read = sandbox.download_files(&paths, u64::MAX, deadline()).await.unwrap();
    assert_eq!((written.len(), read.len()), (files.len(), files.len()));
    for (result, file) in read.iter().zip(files) {
        assert_eq!(result.path, file.path);
        let Content::Bytes(content) = &file.content else { panic!("{:?} is not bytes", file.path) };
        assert!(result.content.as_deref() == Some(&content[..]), "{:?}", file.path);
    }
}

#[tokio::test]
async fn names_and_contents_of_every_kind_round_trip() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let longest = "n".repeat(255);
    let every_byte: Vec<u8> = (0..=255).collect();
    let files = [
        file("plain", "text"),
        file("empty", ""),
        file("/home/daytona/deep/er/parents/made", "x"),
        file("with space", "x"),
        file(" before and after ", "x"),
        file("quote\"s' and \\", "x"),
        file("new\nline", "x"),
        file("semi;colon", "x"),
        file("per%20cent", "x"),
        file("é 日本 🦀 \u{10ffff}", "x"),
        file(&longest, "x"),
        file("binary", every_byte.clone()),
        file(
            "delimiters",
            "\r\n--DAYTONA-FILE-BOUNDARY\r\n\r\n--DAYTONA-FILE-BOUNDARY--\r\n--daytona-native-",
        ),
        file("large", every_byte.repeat(40_000)),
    ];
    assert_round_trip(&sandbox, &files).await;
    assert_eq!(printed(&sandbox, "cat plain; stat -c %a plain; id -u").await, "text644\n1000\n");
    local.close().await;
}

#[tokio::test]
async fn thousands_of_files_round_trip_in_one_request() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let files: Vec<_> =
        (0..2_000).map(|number| file(&format!("many/{number}"), number.to_string())).collect();
    assert_round_trip(&sandbox, &files).await;
    assert_eq!(printed(&sandbox, "ls many | wc -l").await, "2000\n");
    local.close().await;
}

#[tokio::test]
async fn failed_files_do_not_affect_the_others() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    printed(&sandbox, "mkdir d ro 'x: y'; touch f unreadable; chmod 555 ro; chmod 0 unreadable").await;
    let files = ["ok", "d", "ro/f", "f/below", "", " ", "x", "x: y", "ok2"].map(|path| file(path, "1"));
    let results = sandbox.upload_files(&files, deadline()).await.unwrap();
    let errors: Vec<_> = results.iter().map(|result| result.error).collect();
    assert!(results.iter().all(|result| result.error.is_some() == result.reason.is_some()), "{results:?}");
    let wanted = [
        None,
        Some(FileError::IsDirectory),
        Some(FileError::PermissionDenied),
        Some(FileError::InvalidPath),
        Some(FileError::InvalidPath),
        Some(FileError::InvalidPath),
        None,
        Some(FileError::IsDirectory),
        None,
    ];
    assert_eq!(errors, wanted);

    let paths = ["ok", "d", "missing", "unreadable", "f/below", "", "ok2"].map(str::to_owned);
    let results = sandbox.download_files(&paths, u64::MAX, deadline()).await.unwrap();
    let contents: Vec<_> = results.into_iter().map(|result| (result.content, result.error)).collect();
    let wanted = [
        (Some(b"1".to_vec()), None),
        (None, Some(FileError::IsDirectory)),
        (None, Some(FileError::FileNotFound)),
        (None, Some(FileError::PermissionDenied)),
        (None, Some(FileError::InvalidPath)),
        (None, Some(FileError::InvalidPath)),
        (Some(b"1".to_vec()), None),
    ];
    assert_eq!(contents, wanted);
    local.close().await;
}

#[tokio::test]
async fn files_without_a_size_are_read_completely() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    let read = sandbox.download_files(&["/proc/version".to_owned()], u64::MAX, deadline()).await.unwrap();
    let version = printed(&sandbox, "cat /proc/version").await;
    assert_eq!(read[0].content.as_deref(), Some(version.as_bytes()));
    assert!(!version.is_empty());
    local.close().await;
}

#[tokio::test]
async fn files_above_the_limit_do_not_affect_the_others() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.sandbox().await;
    printed(&sandbox, "truncate -s 1000000 big; printf small > small").await;
    let paths = ["big", "small"].map(str::to_owned);
    let sizes = async |limit| -> Vec<Option<usize>> {
        let results = sandbox.download_files(&paths, limit, deadline()).await.unwrap();
        results.iter().map(|result| result.content.as_ref().map(Vec::len)).collect()
    };
    assert_eq!(sizes(1_000_000).await, [Some(1_000_000), Some(5)]);
    assert_eq!(sizes(999_999).await, [None, Some(5)]);
    let results = sandbox.download_files(&paths, 999_999, deadline()).await.unwrap();
    assert_eq!(results[0].error, Some(FileError::PermissionDenied));
    assert!(results[0].reason.as_ref().unwrap().contains("1000000 bytes"), "{results:?}");
    local.close().await;
}

#[tokio::test]
async fn the_sandbox_is_deleted_if_an_initial_file_cannot_be_written() {
    let Some(local) = Local::start().await else { return };
    let sandbox = local.create(json!({"initialFiles": {"src/a.txt": "1", "b": "é"}})).await.unwrap();
    assert_eq!(printed(&sandbox, "cat src/a.txt b").await, "1é");
    sandbox.delete(deadline()).await.unwrap();

    let failed = failure(local.create(json!({"initialFiles": {"ok": "1", "/proc/nope": "2"}})).await);
    assert_eq!(failed.code, Code::FileOperationFailed, "{failed}");
    let text = failed.to_string();
    assert!(
        text.contains("/proc/nope") && text.contains("The sandbox was deleted") && !text.contains("ok:"),
        "{text}"
    );
    assert!(local.ids().await.is_empty());
    local.close().await;
}
