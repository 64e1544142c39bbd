//! The operation of the client that fits a route, and what it made of an answer.

use bytes::Bytes;
use daytona_client::{DownloadedFile, Error, Sandbox, UploadFile, UploadedFile};
use daytona_deepagents::Operation as Doing;
use serde_json::Value;

use super::step::{Form, Step, content};
use crate::support::{command, soon};

/// An operation of the client.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    Execute,
    List,
    Info,
    Folder,
    Delete,
    Move,
    Permissions,
    Find,
    Search,
    Replace,
    UploadTogether,
    UploadApart,
    Download,
}

/// The operation for a route. The others belong to other clients: downloads of
/// single files, and methods that no route has.
pub(crate) fn of(step: &Step) -> Option<Operation> {
    Some(match step.route.as_str() {
        "POST /process/execute" => Operation::Execute,
        "GET /files" => Operation::List,
        "GET /files/info" => Operation::Info,
        "POST /files/folder" => Operation::Folder,
        "DELETE /files" => Operation::Delete,
        "POST /files/move" => Operation::Move,
        "POST /files/permissions" => Operation::Permissions,
        "GET /files/find" => Operation::Find,
        "GET /files/search" => Operation::Search,
        "POST /files/replace" => Operation::Replace,
        "POST /files/bulk-upload" => Operation::UploadTogether,
        "POST /files/upload" | "POST /files/upload-v2" => Operation::UploadApart,
        "POST /files/bulk-download" => Operation::Download,
        _ => return None,
    })
}

impl Operation {
    /// Runs it on the scripted answer: what it gave, and for a failure the code
    /// of the agent's sandbox.
    pub(crate) async fn run(self, sandbox: &Sandbox, step: &Step, form: &Form, place: &str) -> String {
        match self.result(sandbox, step, &form.answer, place).await {
            Ok(outcome) => outcome,
            Err(error) => {
                assert_helps(&error, form, place);
                let doing = if matches!(self, Self::Execute) { Doing::Execute } else { Doing::Files };
                format!("{:?}, {}", error.kind(), doing.code(error.kind()).as_str())
            }
        }
    }

    async fn result(
        self,
        sandbox: &Sandbox,
        step: &Step,
        answer: &Value,
        place: &str,
    ) -> Result<String, Error> {
        let json = &answer["json"];
        let entries = json.as_array().map_or(0, Vec::len);
        match self {
            Self::Execute => {
                let output = sandbox.execute(&command("x"), soon()).await?;
                assert_eq!(Value::from(output.exit_code), json["exitCode"], "{place}");
                assert_eq!(Value::from(output.result), json["result"], "{place}");
                Ok("exit code and output".to_owned())
            }
            Self::List => counted(sandbox.list_files("p", soon()).await?.len(), entries, place),
            Self::Info => {
                let info = sandbox.file_info("p", soon()).await?;
                assert_eq!(Value::from(info.name), json["name"], "{place}");
                assert_eq!(
                    (Value::from(info.size), Value::from(info.is_dir)),
                    (json["size"].clone(), json["isDir"].clone())
                );
                Ok("what it is".to_owned())
            }
            Self::Folder => sandbox.create_folder("p", "755", soon()).await.map(done),
            Self::Delete => sandbox.delete_file("p", false, soon()).await.map(done),
            Self::Move => sandbox.move_file("p", "q", soon()).await.map(done),
            Self::Permissions => {
                sandbox.set_permissions("p", Some("644"), None, None, soon()).await.map(done)
            }
            Self::Find => counted(sandbox.find_in_files("p", "x", soon()).await?.len(), entries, place),
            Self::Search => {
                let found = sandbox.search_files("p", "x", soon()).await?;
                counted(found.len(), json["files"].as_array().map_or(0, Vec::len), place)
            }
            Self::Replace => {
                let replaced = sandbox.replace_in_files(vec!["p".to_owned()], "x", "y", soon()).await?;
                let failed = |item: &Value| item["success"] == false;
                let wanted = json.as_array().unwrap().iter().filter(|item| failed(item)).count();
                assert_eq!(replaced.iter().filter(|item| !item.success).count(), wanted, "{place}");
                assert!(replaced.iter().all(|item| item.success == item.error.is_none()), "{place}");
                counted(replaced.len(), entries, place)
            }
            Self::UploadTogether => {
                let files: Vec<_> = step.paths.iter().map(|path| file(path)).collect();
                Ok(uploaded(&sandbox.upload(&files, soon()).await?))
            }
            // Its name keeps it from travelling with others.
            Self::UploadApart => Ok(uploaded(&sandbox.upload(&[file("f ")], soon()).await?)),
            Self::Download => {
                let files = sandbox.download(&step.paths, u64::MAX, soon()).await?;
                Ok(downloaded(&files, answer["parts"].as_array().unwrap(), place))
            }
        }
    }
}

fn file(path: &str) -> UploadFile {
    UploadFile { path: path.to_owned(), content: Bytes::from_static(b"x") }
}

fn done((): ()) -> String {
    "done".to_owned()
}

fn counted(seen: usize, wanted: usize, place: &str) -> Result<String, Error> {
    assert_eq!(seen, wanted, "{place}");
    Ok("entries".to_owned())
}

/// The causes of one call, each once.
fn causes(mut causes: Vec<String>) -> String {
    causes.sort();
    causes.dedup();
    causes.join(" and ")
}

/// What is no cause of its own has its words, which are free.
fn cause(failure: &impl std::fmt::Debug) -> String {
    let printed = format!("{failure:?}");
    printed.split('(').next().unwrap_or_default().to_owned()
}

fn uploaded(files: &[UploadedFile]) -> String {
    causes(
        files.iter().map(|file| file.failure.as_ref().map_or_else(|| "written".to_owned(), cause)).collect(),
    )
}

fn downloaded(files: &[DownloadedFile], parts: &[Value], place: &str) -> String {
    assert_eq!(files.len(), parts.len(), "{place}");
    let of_file = |(file, part): (&DownloadedFile, &Value)| match &file.content {
        Ok(bytes) => {
            assert!(*bytes == content(part), "{place}: {}", file.path);
            "read".to_owned()
        }
        Err(failure) => cause(failure),
    };
    causes(files.iter().zip(parts).map(of_file).collect())
}

/// Whatever the answer was, the error says what could not be done, with what,
/// and why.
fn assert_helps(error: &Error, form: &Form, place: &str) {
    let text = error.to_string();
    let status = form.answer["status"].as_u64().unwrap();
    assert_eq!(error.status().map(u64::from), Some(status), "{place}");
    assert!(text.starts_with("Could not ") && text.contains("(sandbox box-1)"), "{place}: {text}");
    assert!(error.message().chars().filter(|letter| letter.is_alphabetic()).count() >= 5, "{place}: {text}");
    assert!(!error.message().starts_with(['{', '<']), "{place}: {text}");
    if form.answer["empty"] == true {
        assert!(error.message().ends_with(&format!("(status {status})")), "{place}: {text}");
    }
    if !matches!(error.operation(), "run a command" | "write files" | "read files" | "replace in files") {
        assert!(text.contains("\"p\"") || text.contains("\"f \""), "{place}: {text}");
    }
}
