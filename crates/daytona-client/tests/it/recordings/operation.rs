//! The operation of the client for a route, and its result.

use bytes::Bytes;
use daytona_client::{DownloadedFile, Error, FileFailure, Sandbox, UploadFile, UploadedFile};
use daytona_deepagents::Operation as Doing;
use serde_json::Value;

use super::step::{Form, Step, content};
use crate::support::{command, short_deadline};

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
    UploadBulk,
    UploadSingle,
    Download,
}

/// Returns the operation for a route; `None` for routes that this client does not use.
pub(crate) fn for_route(step: &Step) -> Option<Operation> {
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
        "POST /files/bulk-upload" => Operation::UploadBulk,
        "POST /files/upload" | "POST /files/upload-v2" => Operation::UploadSingle,
        "POST /files/bulk-download" => Operation::Download,
        _ => return None,
    })
}

impl Operation {
    /// Runs the operation and describes the outcome: the result, or the kind of error and
    /// the code of the agent's sandbox.
    pub(crate) async fn run(self, sandbox: &Sandbox, step: &Step, form: &Form, location: &str) -> String {
        match self.result(sandbox, step, &form.response, location).await {
            Ok(outcome) => outcome,
            Err(error) => {
                assert_is_helpful(&error, form, location);
                let doing = if matches!(self, Self::Execute) { Doing::Execute } else { Doing::Files };
                format!("{:?}, {}", error.kind(), doing.code(error.kind()).as_str())
            }
        }
    }

    async fn result(
        self,
        sandbox: &Sandbox,
        step: &Step,
        response: &Value,
        location: &str,
    ) -> Result<String, Error> {
        let json = &response["json"];
        let entries = json.as_array().map_or(0, Vec::len);
        match self {
            Self::Execute => {
                let output = sandbox.execute(&command("x"), short_deadline()).await?;
                assert_eq!(Value::from(output.exit_code), json["exitCode"], "{location}");
                assert_eq!(Value::from(String::from(output.result)), json["result"], "{location}");
                Ok("exit code and output".to_owned())
            }
            Self::List => counted(sandbox.list_files("p", short_deadline()).await?.len(), entries, location),
            Self::Info => {
                let info = sandbox.file_info("p", short_deadline()).await?;
                assert_eq!(Value::from(info.name), json["name"], "{location}");
                assert_eq!(
                    (Value::from(info.size), Value::from(info.is_dir)),
                    (json["size"].clone(), json["isDir"].clone())
                );
                Ok("what it is".to_owned())
            }
            Self::Folder => sandbox.create_folder("p", "755", short_deadline()).await.map(done),
            Self::Delete => sandbox.delete_file("p", false, short_deadline()).await.map(done),
            Self::Move => sandbox.move_file("p", "q", short_deadline()).await.map(done),
            Self::Permissions => {
                sandbox.set_permissions("p", Some("644"), None, None, short_deadline()).await.map(done)
            }
            Self::Find => {
                counted(sandbox.find_in_files("p", "x", short_deadline()).await?.len(), entries, location)
            }
            Self::Search => {
                let found = sandbox.search_files("p", "x", short_deadline()).await?;
                counted(found.files.len(), json["files"].as_array().map_or(0, Vec::len), location)
            }
            Self::Replace => {
                let replaced =
                    sandbox.replace_in_files(vec!["p".to_owned()], "x", "y", short_deadline()).await?;
                let failed = |item: &Value| item["success"] == false;
                let wanted = json.as_array().unwrap().iter().filter(|item| failed(item)).count();
                assert_eq!(replaced.iter().filter(|item| !item.success).count(), wanted, "{location}");
                assert!(replaced.iter().all(|item| item.success == item.error.is_none()), "{location}");
                counted(replaced.len(), entries, location)
            }
            Self::UploadBulk => {
                let files: Vec<_> = step.paths.iter().map(|path| file(path)).collect();
                Ok(uploaded(&sandbox.upload(&files, short_deadline()).await?))
            }
            // The white space in its name requires a separate request.
            Self::UploadSingle => Ok(uploaded(&sandbox.upload(&[file("f ")], short_deadline()).await?)),
            Self::Download => {
                let files = sandbox.download(&step.paths, u64::MAX, short_deadline()).await?;
                Ok(downloaded(&files, response["parts"].as_array().unwrap(), location))
            }
        }
    }
}

fn file(path: &str) -> UploadFile {
    UploadFile { path: path.to_owned(), content: Bytes::from_static(b"x").into() }
}

fn done((): ()) -> String {
    "done".to_owned()
}

fn counted(seen: usize, wanted: usize, location: &str) -> Result<String, Error> {
    assert_eq!(seen, wanted, "{location}");
    Ok("entries".to_owned())
}

/// Joins the distinct causes of one call.
fn causes(mut causes: Vec<String>) -> String {
    causes.sort();
    causes.dedup();
    causes.join(" and ")
}

/// Returns the name of a cause.
fn cause(failure: &FileFailure) -> String {
    format!("{:?}", failure.cause)
}

fn uploaded(files: &[UploadedFile]) -> String {
    causes(
        files.iter().map(|file| file.failure.as_ref().map_or_else(|| "written".to_owned(), cause)).collect(),
    )
}

fn downloaded(files: &[DownloadedFile], parts: &[Value], location: &str) -> String {
    assert_eq!(files.len(), parts.len(), "{location}");
    let of_file = |(file, part): (&DownloadedFile, &Value)| match &file.content {
        Ok(bytes) => {
            assert!(*bytes == content(part), "{location}: {}", file.path);
            "read".to_owned()
        }
        Err(failure) => cause(failure),
    };
    causes(files.iter().zip(parts).map(of_file).collect())
}

/// Asserts that an error contains the operation, its subject and the reason.
fn assert_is_helpful(error: &Error, form: &Form, location: &str) {
    let text = error.to_string();
    let status = form.response["status"].as_u64().unwrap();
    assert_eq!(error.status().map(u64::from), Some(status), "{location}");
    assert!(text.starts_with("Could not ") && text.contains("(sandbox box-1)"), "{location}: {text}");
    assert!(
        error.message().chars().filter(|letter| letter.is_alphabetic()).count() >= 5,
        "{location}: {text}"
    );
    assert!(!error.message().starts_with(['{', '<']), "{location}: {text}");
    if form.response["empty"] == true {
        assert!(error.message().ends_with(&format!("(status {status})")), "{location}: {text}");
    }
    if !matches!(error.operation(), "run a command" | "write files" | "read files" | "replace in files") {
        assert!(text.contains("\"p\"") || text.contains("\"f \""), "{location}: {text}");
    }
}
