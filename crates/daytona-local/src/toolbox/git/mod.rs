//! Git repositories: the program `git` of the sandbox, behind the routes of the
//! service.

mod branches;
mod changes;
mod clone;
mod config;
mod credentials;
mod failure;
mod finished;
mod history;
mod program;
mod remote;
mod remotes;
mod status;
mod transfer;
mod url;

use std::path::Path;
use std::sync::Arc;

use daytona_api::toolbox::git::INIT;
use http::StatusCode;

use super::call::given;
use super::{Call, Toolbox};
use crate::response::Failure;
use program::GitFolder;

pub(super) use branches::{
    checkout, create as create_branch, delete as delete_branch, list as list_branches,
};
pub(super) use changes::{add, commit, reset, restore};
pub(super) use clone::clone;
pub(super) use config::{authenticate, configure_user, get as get_config, set as set_config};
pub(super) use history::history;
pub(super) use remotes::{add as add_remote, list as list_remotes};
pub(super) use status::status;
pub(super) use transfer::{pull, push};

/// Creates a repository. One that exists stays as it is.
pub(super) async fn init(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&INIT).await?;
    given("path", &request.path)?;
    let branch = request.initial_branch.filter(|name| !name.is_empty());
    let mut git = GitFolder::new(toolbox, toolbox.work_dir.clone())
        .git(&["init", "--quiet"])
        .flag(request.bare == Some(true), "--bare");
    if let Some(branch) = branch {
        git = git.arg(format!("--initial-branch={branch}"));
    }
    git.arg("--").arg(toolbox.locate(Path::new(&request.path))).run().await?;
    Ok(StatusCode::CREATED)
}

/// The folder of a repository that a query names.
fn asked_folder(toolbox: &Toolbox, call: &Call) -> Result<GitFolder, Failure> {
    match call.query.path("path") {
        Some(path) => Ok(GitFolder::new(toolbox, toolbox.locate(&path))),
        None => Err(Failure::bad_request("path is required")),
    }
}

/// The folder of a repository that a body names.
fn folder(toolbox: &Toolbox, path: &str) -> Result<GitFolder, Failure> {
    given("path", path)?;
    Ok(GitFolder::new(toolbox, toolbox.locate(Path::new(path))))
}

/// Refuses a name that git would take for an option where it takes no `--`.
fn not_an_option(name: &str, value: &str) -> Result<(), Failure> {
    match value.starts_with('-') {
        true => Err(Failure::bad_request(format_args!("{name} starts with '-'"))),
        false => Ok(()),
    }
}

/// Whether this is the full hash of an object.
fn is_full_hash(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_hash_has_all_its_digits() {
        assert!(is_full_hash(&"a1".repeat(20)) && is_full_hash(&"F0".repeat(32)));
        for other in ["", "abc123", "HEAD", &"g".repeat(40), &"a".repeat(41)] {
            assert!(!is_full_hash(other), "{other}");
        }
    }
}
