//! Git repositories in a sandbox.

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;
use crate::operation::{Repeat, Service, operations};
use crate::secret::Secret;

operations! { Service::Toolbox;
    /// Clones a repository. Not repeated: the folder of a clone is taken.
    CLONE: CloneRequest => () = POST "/git/clone", "clone the repository";
    /// The branch and the changed files of a work tree.
    STATUS: () => GitStatus = GET "/git/status", "get the git status of {path}", query(&["path"], &[]);
    /// The local branches.
    LIST_BRANCHES: () => ListBranchResponse = GET "/git/branches", "list the branches of {path}", query(&["path"], &[]);
    /// Creates a branch and checks it out. Not repeated: 409 also means another branch of this name.
    CREATE_BRANCH: BranchRequest => () = POST "/git/branches", "create the branch";
    /// Deletes a branch.
    DELETE_BRANCH: BranchRequest => () = DELETE "/git/branches", "delete the branch",
        repeat(Repeat::DoneAt(&[ErrorKind::GitBranchNotFound]));
    /// Checks a branch or a commit out.
    CHECKOUT: CheckoutRequest => () = POST "/git/checkout", "check out the branch", repeat(Repeat::Safe);
    /// Stages files.
    ADD: AddRequest => () = POST "/git/add", "stage the files", repeat(Repeat::Safe);
    /// Commits what is staged.
    COMMIT: CommitRequest => CommitResponse = POST "/git/commit", "commit the changes";
    /// The commits of the current branch, newest first.
    HISTORY: () => Vec<GitCommitInfo> = GET "/git/history", "get the commits of {path}", query(&["path"], &[]);
    /// Pushes a branch to a remote.
    PUSH: PushRequest => () = POST "/git/push", "push the branch";
    /// Fetches a branch of a remote, and moves the current one forward to it.
    PULL: PullRequest => () = POST "/git/pull", "pull the branch";
    /// Creates a repository. Has no effect on an existing one.
    INIT: InitRequest => () = POST "/git/init", "create the repository", repeat(Repeat::Safe);
    /// Moves the current branch, or unstages files. Not repeated: `HEAD~1` is another commit then.
    RESET: ResetRequest => () = POST "/git/reset", "reset the repository";
    /// Restores files of the work tree or the index.
    RESTORE: RestoreRequest => () = POST "/git/restore", "restore the files", repeat(Repeat::Safe);
    /// The remotes.
    LIST_REMOTES: () => ListRemotesResponse = GET "/git/remotes", "list the remotes of {path}", query(&["path"], &[]);
    /// Adds a remote. Not repeated: 409 also means another remote of this name.
    ADD_REMOTE: AddRemoteRequest => () = POST "/git/remotes", "add the remote";
    /// A configuration value.
    GET_CONFIG: () => ConfigResponse = GET "/git/config", "get the git configuration value {key}",
        query(&["key"], &["path", "scope"]);
    /// Sets a configuration value.
    SET_CONFIG: SetConfigRequest => () = POST "/git/config", "set the git configuration value", repeat(Repeat::Safe);
    /// Sets the name and the address of the user.
    CONFIGURE_USER: ConfigureUserRequest => () = POST "/git/config/user", "set the git user", repeat(Repeat::Safe);
    /// Stores credentials for a host in plain text.
    AUTHENTICATE: AuthenticateRequest => () = POST "/git/credentials", "store the git credentials", repeat(Repeat::Safe);
}

/// Request of [`CLONE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloneRequest {
    /// URL of the repository.
    pub url: String,
    /// Folder for the clone.
    pub path: String,
    /// The only branch to fetch; the remote's default branch by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Full hash of a commit to check out instead of the branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_id: Option<String>,
    /// User name at the remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password or token at the remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Whether the certificate of the remote is not verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insecure_skip_tls: Option<bool>,
    /// Number of commits to fetch; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
}

/// Request of [`CREATE_BRANCH`] and [`DELETE_BRANCH`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchRequest {
    /// Folder of the repository.
    pub path: String,
    /// Name of the branch.
    pub name: String,
}

/// Request of [`CHECKOUT`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutRequest {
    /// Folder of the repository.
    pub path: String,
    /// Name of a local branch, or full hash of a commit.
    pub branch: String,
}

/// Request of [`ADD`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddRequest {
    /// Folder of the repository.
    pub path: String,
    /// Paths of files and folders relative to it; `.` for all.
    pub files: Vec<String>,
}

/// Request of [`COMMIT`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRequest {
    /// Folder of the repository.
    pub path: String,
    /// The message.
    pub message: String,
    /// Name of the author, who is the committer too.
    pub author: String,
    /// E-mail address of the author.
    pub email: String,
    /// Whether a commit without changes is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_empty: Option<bool>,
}

/// Response of [`COMMIT`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitResponse {
    /// Hash of the new commit.
    pub hash: String,
}

/// Request of [`PUSH`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRequest {
    /// Folder of the repository.
    pub path: String,
    /// User name at the remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password or token at the remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The branch; the current one by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Name of the remote; `origin` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// Whether the pushed branch becomes the upstream of the local one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_upstream: Option<bool>,
}

/// Request of [`PULL`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// Folder of the repository.
    pub path: String,
    /// User name at the remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password or token at the remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The branch of the remote; the upstream of the current one by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Name of the remote; `origin` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
}

/// Request of [`INIT`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitRequest {
    /// Folder for the repository.
    pub path: String,
    /// Whether the repository has no work tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bare: Option<bool>,
    /// Name of the first branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_branch: Option<String>,
}

/// Request of [`RESET`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetRequest {
    /// Folder of the repository.
    pub path: String,
    /// `soft`, `mixed` (default), `hard`, `merge` or `keep`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The revision; `HEAD` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The only paths to reset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<String>>,
}

/// Request of [`RESTORE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreRequest {
    /// Folder of the repository.
    pub path: String,
    /// Paths of files and folders relative to it.
    pub files: Vec<String>,
    /// Whether the index is restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staged: Option<bool>,
    /// Whether the work tree is restored; by default unless the index is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<bool>,
    /// The revision to restore from instead of the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Request of [`ADD_REMOTE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddRemoteRequest {
    /// Folder of the repository.
    pub path: String,
    /// Name of the remote.
    pub name: String,
    /// URL of the remote.
    pub url: String,
    /// Whether to fetch from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetch: Option<bool>,
    /// Whether to replace an existing remote of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overwrite: Option<bool>,
}

/// Request of [`SET_CONFIG`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetConfigRequest {
    /// The key, such as `user.name`.
    pub key: String,
    /// The value.
    pub value: String,
    /// `global` (default), `local` or `system`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Folder of the repository; required for `local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Request of [`CONFIGURE_USER`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigureUserRequest {
    /// Name of the user.
    pub name: String,
    /// E-mail address of the user.
    pub email: String,
    /// `global` (default), `local` or `system`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Folder of the repository; required for `local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Request of [`AUTHENTICATE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticateRequest {
    /// User name at the host.
    pub username: String,
    /// Password or token at the host.
    pub password: Secret,
    /// The host; `github.com` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The protocol; `https` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
}

/// The state of a work tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct GitStatus {
    /// The current branch; `HEAD` if a commit is checked out.
    pub current_branch: String,
    /// Files that are changed, staged or untracked.
    #[serde(deserialize_with = "crate::null_as_default")]
    pub file_status: Vec<FileStatus>,
    /// Whether the branch has an upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch_published: Option<bool>,
    /// Number of commits that the upstream does not have, as of the last fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<u32>,
    /// Number of commits that only the upstream has, as of the last fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<u32>,
    /// Whether a commit is checked out instead of a branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detached: Option<bool>,
    /// The upstream, such as `origin/main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
}

/// A file that is changed, staged or untracked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct FileStatus {
    /// Path relative to the repository.
    pub name: String,
    /// The previous path of a renamed file, else empty.
    #[serde(deserialize_with = "crate::null_as_default")]
    pub extra: String,
    /// State in the index, compared to the commit.
    #[cfg_attr(
        feature = "napi",
        napi(
            ts_type = "'Unmodified' | 'Untracked' | 'Modified' | 'Added' | 'Deleted' | 'Renamed' | 'Copied' | 'Updated but unmerged'"
        )
    )]
    pub staging: String,
    /// State in the work tree, compared to the index.
    #[cfg_attr(
        feature = "napi",
        napi(
            ts_type = "'Unmodified' | 'Untracked' | 'Modified' | 'Added' | 'Deleted' | 'Renamed' | 'Copied' | 'Updated but unmerged'"
        )
    )]
    pub worktree: String,
}

/// Local branches of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ListBranchResponse {
    /// Their names.
    #[serde(deserialize_with = "crate::null_as_default")]
    pub branches: Vec<String>,
    /// The current one, unless a commit is checked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
}

/// A commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct GitCommitInfo {
    /// Its hash.
    pub hash: String,
    /// Name of the author.
    pub author: String,
    /// E-mail address of the author.
    pub email: String,
    /// The message, as stored.
    pub message: String,
    /// Time of the author, RFC 3339.
    pub timestamp: String,
}

/// Remotes of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct ListRemotesResponse {
    /// Their names and URLs.
    #[serde(deserialize_with = "crate::null_as_default")]
    pub remotes: Vec<GitRemote>,
}

/// A remote of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "napi", napi_derive::napi(object, object_from_js = false))]
pub struct GitRemote {
    /// Its name.
    pub name: String,
    /// Its URL.
    pub url: String,
}

/// Response of [`GET_CONFIG`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigResponse {
    /// The value; null if the key is not set.
    #[serde(default)]
    pub value: Option<String>,
}
