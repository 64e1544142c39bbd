//! Push and pull.

use std::sync::Arc;

use daytona_api::toolbox::git::{PULL, PUSH};
use http::StatusCode;

use super::super::{Call, Toolbox, text};
use super::credentials::Credentials;
use super::folder;
use super::program::GitFolder;
use super::remote::Remote;
use super::remotes::url_of;
use crate::response::Failure;

/// The remote that is meant when none is named.
const ORIGIN: &str = "origin";

/// Pushes a branch to the one of the same name.
pub(in super::super) async fn push(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&PUSH).await?;
    let folder = folder(toolbox, &request.path)?;
    let credentials = Credentials::of(request.username, request.password)?;
    let name = named(request.remote).unwrap_or_else(|| ORIGIN.to_owned());
    let remote = Remote::of(toolbox, &url_of(&folder, &name, true).await?)?;
    let branch = match named(request.branch) {
        Some(branch) => branch,
        None => current_branch(&folder).await?,
    };
    let follows = request.set_upstream == Some(true);
    let git = folder.git(&["push", "--porcelain"]).flag(follows, "--set-upstream");
    let git = git.arg("--").arg(&name).arg(format!("refs/heads/{branch}:refs/heads/{branch}"));
    remote.authorize(git, credentials).run().await?;
    if follows {
        track(&folder, &name, &branch).await?;
    }
    Ok(StatusCode::OK)
}

/// Fetches a branch, and moves the current one forward to it. Nothing is merged.
pub(in super::super) async fn pull(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&PULL).await?;
    let folder = folder(toolbox, &request.path)?;
    let credentials = Credentials::of(request.username, request.password)?;
    let name = named(request.remote).unwrap_or_else(|| ORIGIN.to_owned());
    let remote = Remote::of(toolbox, &url_of(&folder, &name, false).await?)?;
    let reference = match named(request.branch) {
        Some(branch) => format!("refs/heads/{branch}"),
        None => upstream(&folder, &name).await?,
    };
    let git = folder.git(&["fetch", "--quiet", "--"]).arg(name).arg(reference);
    remote.authorize(git, credentials).run().await?;
    folder.git(&["merge", "--quiet", "--ff-only", "FETCH_HEAD"]).run().await?;
    Ok(StatusCode::OK)
}

/// Makes fetches keep a branch that was pushed. A clone of one branch keeps only
/// that one, so another one would have no upstream to be compared with.
async fn track(folder: &GitFolder, remote: &str, branch: &str) -> Result<(), Failure> {
    let tracked = format!("refs/remotes/{remote}/{branch}");
    let command = ["for-each-ref", "--format=%(upstream)"];
    let upstream = folder.git(&command).arg(format!("refs/heads/{branch}")).run().await?;
    if !upstream.trim_ascii().is_empty() {
        return Ok(());
    }
    let git = folder.git(&["config", "--local", "--add"]).arg(format!("remote.{remote}.fetch"));
    git.arg(format!("+refs/heads/{branch}:{tracked}")).run().await?;
    folder.git(&["update-ref", "--"]).arg(tracked).arg(format!("refs/heads/{branch}")).run().await?;
    Ok(())
}

fn named(name: Option<String>) -> Option<String> {
    name.filter(|name| !name.is_empty())
}

async fn current_branch(folder: &GitFolder) -> Result<String, Failure> {
    let finished = folder.git(&["symbolic-ref", "--quiet", "--short", "HEAD"]).finish().await?;
    if finished.status.success() {
        return Ok(finished.text());
    }
    Err(Failure::internal("a commit is checked out and no branch. Name the branch to push"))
}

/// What the current branch follows at a remote; the remote's default branch if it follows nothing there.
async fn upstream(folder: &GitFolder, remote: &str) -> Result<String, Failure> {
    let command =
        ["for-each-ref", "--format=%(HEAD)%00%(upstream:remotename)%00%(upstream:remoteref)", "refs/heads"];
    let output = text::lossy(folder.git(&command).run().await?);
    let followed = output.lines().find_map(|line| {
        let mut fields = line.split('\0');
        let is_meant = fields.next() == Some("*") && fields.next() == Some(remote);
        is_meant.then(|| fields.next()).flatten().filter(|reference| !reference.is_empty())
    });
    Ok(followed.unwrap_or("HEAD").to_owned())
}
