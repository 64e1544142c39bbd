//! What is changed, staged and committed.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use daytona_api::toolbox::git::{ADD, COMMIT, CommitResponse, RESET, RESTORE};
use http::StatusCode;

use super::super::call::given;
use super::super::task::blocking;
use super::super::{Call, Toolbox};
use super::program::GitFolder;
use super::{folder, not_an_option};
use crate::response::Failure;

/// The modes of a reset.
const MODES: [&str; 5] = ["soft", "mixed", "hard", "merge", "keep"];

/// What git says of a path that is nowhere.
const NO_MATCH: &str = "did not match any files";

/// Stages files: those of a folder that are not ignored, and each file that is named.
pub(in super::super) async fn add(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&ADD).await?;
    let folder = folder(toolbox, &request.path)?;
    check_paths(&request.files)?;
    let (files, inside) = (request.files, folder.path.clone());
    let files = blocking(move || {
        let is_folder =
            |file: &String| inside.join(file).symlink_metadata().is_ok_and(|found| found.is_dir());
        files.into_iter().map(|file| (is_folder(&file), file)).collect::<Vec<_>>()
    })
    .await?;
    for is_folder in [true, false] {
        let of_kind = files.iter().filter(|(kind, _)| *kind == is_folder).map(|(_, file)| file.as_str());
        let of_kind: Vec<&str> = of_kind.collect();
        match stage(&folder, &of_kind, !is_folder).await {
            // One that is missing stages none, and those before it are to be.
            Err(failure) if files.len() > 1 && failure.message.contains(NO_MATCH) => {
                for (is_folder, file) in &files {
                    stage(&folder, &[file], !is_folder).await?;
                }
            }
            done => done?,
        }
    }
    Ok(StatusCode::OK)
}

/// Stages paths; those of none in a repository do nothing.
async fn stage(folder: &GitFolder, paths: &[&str], even_ignored: bool) -> Result<(), Failure> {
    if paths.is_empty() {
        return check_repository(folder).await;
    }
    let git = folder.git(&["add", "--all"]).flag(even_ignored, "--force");
    git.paths(paths.iter().copied()).run().await.map(drop)
}

async fn check_repository(folder: &GitFolder) -> Result<(), Failure> {
    folder.git(&["rev-parse", "--git-dir"]).run().await.map(drop)
}

/// Refuses paths that git cannot be given one by one.
fn check_paths(paths: &[String]) -> Result<(), Failure> {
    for path in paths {
        if path.contains('\0') {
            return Err(Failure::bad_request("a path contains a NUL"));
        }
        if Path::new(path).is_absolute() {
            return Err(Failure::internal(format_args!(
                "{path} is absolute. Name it relative to the top of the repository"
            )));
        }
    }
    Ok(())
}

/// Commits what is staged. The author is the committer too.
pub(in super::super) async fn commit(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<Json<CommitResponse>, Failure> {
    let request = call.json(&COMMIT).await?;
    let folder = folder(toolbox, &request.path)?;
    for (name, value) in
        [("message", &request.message), ("author", &request.author), ("email", &request.email)]
    {
        given(name, value)?;
    }
    // The message is stored as it is.
    let git = folder.git(&["commit", "--quiet", "--cleanup=verbatim", "--file=-"]);
    git.flag(request.allow_empty == Some(true), "--allow-empty")
        .variable("GIT_AUTHOR_NAME", &request.author)
        .variable("GIT_AUTHOR_EMAIL", &request.email)
        .variable("GIT_COMMITTER_NAME", &request.author)
        .variable("GIT_COMMITTER_EMAIL", &request.email)
        .input(request.message)
        .run()
        .await?;
    let head = folder.git(&["rev-parse", "--verify", "HEAD"]).run().await?;
    Ok(Json(CommitResponse { hash: String::from_utf8_lossy(head.trim_ascii()).into_owned() }))
}

/// Moves the current branch to a revision, or only the index of some paths.
pub(in super::super) async fn reset(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&RESET).await?;
    let folder = folder(toolbox, &request.path)?;
    let mode = request.mode.filter(|mode| !mode.is_empty()).unwrap_or_else(|| "mixed".to_owned());
    if !MODES.contains(&mode.as_str()) {
        return Err(Failure::bad_request(format_args!(
            "mode is '{mode}'; it must be soft, mixed, hard, merge or keep"
        )));
    }
    let target = request.target.filter(|target| !target.is_empty());
    not_an_option("target", target.as_deref().unwrap_or_default())?;
    let files = request.files.unwrap_or_default();
    check_paths(&files)?;
    let git = folder.git(&["reset", "--quiet"]);
    let git = if files.is_empty() {
        git.arg(format!("--{mode}")).arg(target.as_deref().unwrap_or("HEAD")).arg("--")
    } else if mode == "mixed" {
        let git = git.paths(files.iter().map(String::as_str));
        match target {
            Some(target) => git.arg(target),
            None => git,
        }
    } else {
        return Err(Failure::bad_request(format_args!("mode is '{mode}'; with files it must be mixed")));
    };
    git.run().await?;
    Ok(StatusCode::OK)
}

/// Restores files of the work tree, of the index, or of both.
pub(in super::super) async fn restore(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&RESTORE).await?;
    let folder = folder(toolbox, &request.path)?;
    check_paths(&request.files)?;
    if request.files.is_empty() {
        check_repository(&folder).await?;
        return Ok(StatusCode::OK);
    }
    let mut git = folder
        .git(&["restore"])
        .flag(request.staged == Some(true), "--staged")
        .flag(request.worktree == Some(true), "--worktree");
    if let Some(source) = request.source.filter(|source| !source.is_empty()) {
        git = git.arg(format!("--source={source}"));
    }
    git.paths(request.files.iter().map(String::as_str)).run().await?;
    Ok(StatusCode::OK)
}
