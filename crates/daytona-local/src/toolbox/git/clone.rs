//! `POST /git/clone`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daytona_api::toolbox::git::CLONE;
use http::StatusCode;
use uuid::Uuid;

use super::super::call::given;
use super::super::task::blocking;
use super::super::{Call, Toolbox, remove_tree};
use super::credentials::Credentials;
use super::is_full_hash;
use super::program::Git;
use super::program::GitFolder;
use super::remote::Remote;
use crate::response::Failure;

/// Clones one branch of a repository.
pub(in super::super) async fn clone(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&CLONE).await?;
    given("url", &request.url)?;
    given("path", &request.path)?;
    let remote = Remote::of(toolbox, &request.url)?;
    let credentials = Credentials::of(request.username, request.password)?;
    let folder = GitFolder::new(toolbox, toolbox.locate(Path::new(&request.path)));
    // Through the protocol also from a path, so that nothing is shared with the original.
    let options = ["clone", "--quiet", "--origin=origin", "--single-branch", "--no-local"];
    let mut git = folder.beside(&toolbox.work_dir).git(&options);
    if let Some(branch) = request.branch.filter(|branch| !branch.is_empty()) {
        git = git.arg(format!("--branch={branch}"));
    }
    if let Some(depth) = request.depth.filter(|depth| *depth > 0) {
        git = git.arg(format!("--depth={depth}"));
    }
    if request.insecure_skip_tls == Some(true) {
        git = git.option("http.sslVerify=false");
    }
    let git = remote.authorize(git, credentials);
    let looked_at = folder.path.clone();
    match blocking(move || Place::of(&looked_at)).await?.map_err(Failure::internal)? {
        Place::Repository => return Err(Failure::conflict("repository already exists")),
        Place::Other => {
            return Err(Failure::internal(format_args!("path is not a directory: {}", request.path)));
        }
        Place::Free => into_empty(git, &remote.url, &folder, folder.path.clone()).await?,
        Place::Empty => into_empty(git, &remote.url, &folder, folder.path.join(".git")).await?,
        Place::Occupied => into_occupied(git, &remote.url, &folder).await?,
    }
    if let Some(commit) = request.commit_id {
        check_out(&folder, commit).await?;
    }
    Ok(StatusCode::OK)
}

/// What is where the clone shall be.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Free,
    Empty,
    /// A folder with files of its own.
    Occupied,
    Repository,
    /// Not a folder.
    Other,
}

impl Place {
    fn of(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            // Git says what is wrong with a path that leads through a file.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Self::Free);
            }
            Err(error) => return Err(error),
            Ok(found) if !found.is_dir() => return Ok(Self::Other),
            Ok(_) => {}
        }
        let has = |name: &str| path.join(name).symlink_metadata().is_ok();
        if has(".git") || ["HEAD", "objects", "refs"].into_iter().all(has) {
            return Ok(Self::Repository);
        }
        Ok(if fs::read_dir(path)?.next().is_some() { Self::Occupied } else { Self::Empty })
    }
}

/// Clones into a folder that is empty or missing. `made` is what has to go if
/// there turns out to be nothing to clone.
async fn into_empty(git: Git, url: &str, folder: &GitFolder, made: PathBuf) -> Result<(), Failure> {
    git.arg("--").arg(url).arg(&folder.path).run().await?;
    let checked = check_not_empty(folder).await;
    if checked.is_err() {
        remove(made).await?;
    }
    checked
}

/// Clones beside the files of a folder, then replaces those that the repository has too.
async fn into_occupied(git: Git, url: &str, folder: &GitFolder) -> Result<(), Failure> {
    let scratch = Scratch(folder.path.join(format!(".git-clone-{}", Uuid::new_v4().simple())));
    git.arg("--no-checkout").arg("--").arg(url).arg(&scratch.0).run().await?;
    check_not_empty(&folder.beside(&scratch.0)).await?;
    let (from, to) = (scratch.0.join(".git"), folder.path.join(".git"));
    blocking(move || fs::rename(from, to)).await?.map_err(|error| {
        Failure::internal(format_args!("the repository could not be moved into the folder: {error}"))
    })?;
    folder.git(&["reset", "--quiet", "--hard", "HEAD"]).run().await.map(drop)
}

/// Removes a clone that is of no use.
async fn remove(made: PathBuf) -> Result<(), Failure> {
    let removed = blocking(move || remove_tree(&made)).await?;
    removed.map_err(|error| Failure::internal(format_args!("the empty clone could not be removed: {error}")))
}

async fn check_not_empty(folder: &GitFolder) -> Result<(), Failure> {
    let head = folder.git(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).finish().await?;
    match head.status.success() {
        true => Ok(()),
        false => Err(Failure::not_found("remote repository is empty, or its default branch does not exist")),
    }
}

/// Checks a commit out. The clone stays when there is none.
async fn check_out(folder: &GitFolder, commit: String) -> Result<(), Failure> {
    if !is_full_hash(&commit) {
        return Err(Failure::not_found(format_args!("'{commit}' is not the full hash of a commit")));
    }
    folder.git(&["checkout", "--quiet", "--detach"]).arg(commit).arg("--").run().await.map(drop)
}

/// A folder that is removed when it is no longer needed, also when the client leaves.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let folder = std::mem::take(&mut self.0);
        tokio::task::spawn_blocking(move || match remove_tree(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the rest of a clone remains");
            }
            _ => {}
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir_all(path("empty")).unwrap();
        fs::create_dir_all(path("full/d")).unwrap();
        fs::create_dir_all(path("repository/.git")).unwrap();
        fs::create_dir_all(path("bare/objects")).unwrap();
        fs::create_dir_all(path("bare/refs")).unwrap();
        fs::write(path("bare/HEAD"), "").unwrap();
        fs::write(path("file"), "").unwrap();
        for (name, place) in [
            ("none", Place::Free),
            ("file/below", Place::Free),
            ("empty", Place::Empty),
            ("full", Place::Occupied),
            ("repository", Place::Repository),
            ("bare", Place::Repository),
            ("file", Place::Other),
        ] {
            assert_eq!(Place::of(&path(name)).unwrap(), place, "{name}");
        }
    }
}
