//! Branches.

use std::sync::Arc;

use axum::response::Response;
use daytona_api::toolbox::git::{CHECKOUT, CREATE_BRANCH, DELETE_BRANCH, ListBranchResponse};
use http::StatusCode;

use super::super::call::given;
use super::super::{Call, Toolbox, ok, text};
use super::failure::{self, BRANCH_NOT_FOUND, REPO_NOT_FOUND};
use super::{asked_folder, folder, is_full_hash};
use crate::response::Failure;

/// The local branches.
pub(in super::super) async fn list(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let folder = asked_folder(toolbox, &call)?;
    // A star marks the current one.
    let command = ["for-each-ref", "--format=%(HEAD)%(refname:lstrip=2)", "refs/heads"];
    let output = folder.git(&command).run().await?;
    let mut response = ListBranchResponse::default();
    for line in text::lossy_ref(&output).lines() {
        if let Some((mark, name)) = line.split_at_checked(1) {
            response.branches.push(name.to_owned());
            if mark == "*" {
                response.current = Some(name.to_owned());
            }
        }
    }
    // The service has no list then, which the models of its own clients refuse.
    let is_raw = call.header("x-daytona-sdk-version").is_none();
    if response.branches.is_empty() && is_raw {
        return Ok(ok(&serde_json::json!({ "branches": null })));
    }
    Ok(ok(&response))
}

/// Creates a branch from the current commit, and checks it out.
pub(in super::super) async fn create(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&CREATE_BRANCH).await?;
    let folder = folder(toolbox, &request.path)?;
    given("name", &request.name)?;
    folder.git(&["checkout", "--quiet", "-b"]).arg(request.name).arg("--").run().await?;
    Ok(StatusCode::CREATED)
}

/// Deletes a branch, whether it is merged or not.
pub(in super::super) async fn delete(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&DELETE_BRANCH).await?;
    let folder = folder(toolbox, &request.path)?;
    given("name", &request.name)?;
    folder.git(&["branch", "--quiet", "-D", "--"]).arg(request.name).run().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Checks a local branch out, or a commit by its full hash.
pub(in super::super) async fn checkout(
    toolbox: &Arc<Toolbox>,
    mut call: Call,
) -> Result<StatusCode, Failure> {
    let request = call.json(&CHECKOUT).await?;
    let folder = folder(toolbox, &request.path)?;
    given("branch", &request.branch)?;
    let branch = request.branch;
    let reference = format!("refs/heads/{branch}");
    let found = folder.git(&["show-ref", "--verify", "--quiet", "--"]).arg(reference).finish().await?;
    let command: &[&str] = if found.status.success() {
        // Not one of a remote that has this name.
        &["checkout", "--quiet", "--no-guess"]
    } else if is_full_hash(&branch) {
        &["checkout", "--quiet", "--detach"]
    } else {
        let failure = failure::of(&found);
        let is_repository = failure.code != REPO_NOT_FOUND.code();
        let words = format!("there is no local branch '{branch}', and this is not the full hash of a commit");
        return Err(if is_repository { BRANCH_NOT_FOUND.failure(words) } else { failure });
    };
    folder.git(command).arg(branch).arg("--").run().await?;
    Ok(StatusCode::OK)
}
