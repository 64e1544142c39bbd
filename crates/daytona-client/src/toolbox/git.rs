//! Git repositories of a sandbox.

use daytona_api::toolbox::git::{
    self, AddRemoteRequest, AddRequest, AuthenticateRequest, BranchRequest, CheckoutRequest, CloneRequest,
    CommitRequest, ConfigureUserRequest, GitCommitInfo, GitRemote, GitStatus, InitRequest,
    ListBranchResponse, PullRequest, PushRequest, ResetRequest, RestoreRequest, SetConfigRequest,
};

use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;

impl Sandbox {
    /// Clones a branch of a repository into a folder, with its parents:
    /// `POST /git/clone`. The credentials are used for this call only.
    ///
    /// # Errors
    /// [`GitAuthFailed`](crate::ErrorKind::GitAuthFailed),
    /// [`GitRepoNotFound`](crate::ErrorKind::GitRepoNotFound),
    /// [`GitBranchNotFound`](crate::ErrorKind::GitBranchNotFound) and
    /// [`GitTransportFailed`](crate::ErrorKind::GitTransportFailed) of the remote,
    /// [`Conflict`](crate::ErrorKind::Conflict) when the folder is a repository, and
    /// the errors of every call to a sandbox.
    pub async fn git_clone(&self, request: &CloneRequest, deadline: Deadline) -> Result<(), Error> {
        self.call(&git::CLONE).json(request).done(deadline).await
    }

    /// Returns the branch and the changed files of a work tree: `GET /git/status`.
    ///
    /// # Errors
    /// [`GitRepoNotFound`](crate::ErrorKind::GitRepoNotFound) when the folder is not
    /// the top of a repository, and the errors of every call to a sandbox.
    pub async fn git_status(&self, path: &str, deadline: Deadline) -> Result<GitStatus, Error> {
        self.call(&git::STATUS).with("path", path).send(deadline).await
    }

    /// Returns the local branches of a repository: `GET /git/branches`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::git_status`].
    pub async fn git_branches(&self, path: &str, deadline: Deadline) -> Result<ListBranchResponse, Error> {
        self.call(&git::LIST_BRANCHES).with("path", path).send(deadline).await
    }

    /// Creates a branch from the current commit and checks it out:
    /// `POST /git/branches`.
    ///
    /// # Errors
    /// [`GitBranchExists`](crate::ErrorKind::GitBranchExists) when it exists, and the
    /// errors of [`Sandbox::git_status`].
    pub async fn git_create_branch(&self, path: &str, name: &str, deadline: Deadline) -> Result<(), Error> {
        let body = BranchRequest { path: path.to_owned(), name: name.to_owned() };
        self.call(&git::CREATE_BRANCH).json(&body).done(deadline).await
    }

    /// Deletes a branch, also one that is not merged: `DELETE /git/branches`.
    ///
    /// # Errors
    /// [`GitBranchNotFound`](crate::ErrorKind::GitBranchNotFound) when it does not
    /// exist, and the errors of [`Sandbox::git_status`].
    pub async fn git_delete_branch(&self, path: &str, name: &str, deadline: Deadline) -> Result<(), Error> {
        let body = BranchRequest { path: path.to_owned(), name: name.to_owned() };
        self.call(&git::DELETE_BRANCH).json(&body).done(deadline).await
    }

    /// Checks a local branch out, or a commit by its full hash: `POST /git/checkout`.
    ///
    /// # Errors
    /// [`GitBranchNotFound`](crate::ErrorKind::GitBranchNotFound) when it does not
    /// exist, [`GitDirtyWorktree`](crate::ErrorKind::GitDirtyWorktree) when changes
    /// would be lost, and the errors of [`Sandbox::git_status`].
    pub async fn git_checkout(&self, path: &str, branch: &str, deadline: Deadline) -> Result<(), Error> {
        let body = CheckoutRequest { path: path.to_owned(), branch: branch.to_owned() };
        self.call(&git::CHECKOUT).json(&body).done(deadline).await
    }

    /// Stages files: `POST /git/add`. `.` means all that are not ignored.
    ///
    /// # Errors
    /// The errors of [`Sandbox::git_status`].
    pub async fn git_add(&self, path: &str, files: Vec<String>, deadline: Deadline) -> Result<(), Error> {
        let body = AddRequest { path: path.to_owned(), files };
        self.call(&git::ADD).json(&body).done(deadline).await
    }

    /// Commits what is staged, and returns the hash of the commit: `POST /git/commit`.
    ///
    /// # Errors
    /// [`InternalServer`](crate::ErrorKind::InternalServer) when nothing is staged,
    /// and the errors of [`Sandbox::git_status`].
    pub async fn git_commit(&self, request: &CommitRequest, deadline: Deadline) -> Result<String, Error> {
        Ok(self.call(&git::COMMIT).json(request).send(deadline).await?.hash)
    }

    /// Returns the commits of the current branch, newest first: `GET /git/history`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::git_status`].
    pub async fn git_history(&self, path: &str, deadline: Deadline) -> Result<Vec<GitCommitInfo>, Error> {
        self.call(&git::HISTORY).with("path", path).send(deadline).await
    }

    /// Pushes a branch to a remote: `POST /git/push`. The credentials are used for
    /// this call only.
    ///
    /// # Errors
    /// [`GitPushRejected`](crate::ErrorKind::GitPushRejected) when the remote has
    /// other commits, [`GitRemoteRejected`](crate::ErrorKind::GitRemoteRejected) when
    /// a rule of the remote forbids it, and the errors of [`Sandbox::git_clone`].
    pub async fn git_push(&self, request: &PushRequest, deadline: Deadline) -> Result<(), Error> {
        self.call(&git::PUSH).json(request).done(deadline).await
    }

    /// Fetches a branch from a remote and moves the current one forward to it:
    /// `POST /git/pull`. The credentials are used for this call only.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) when both have commits of their own,
    /// [`GitDirtyWorktree`](crate::ErrorKind::GitDirtyWorktree) when changes would be
    /// lost, and the errors of [`Sandbox::git_clone`].
    pub async fn git_pull(&self, request: &PullRequest, deadline: Deadline) -> Result<(), Error> {
        self.call(&git::PULL).json(request).done(deadline).await
    }

    /// Creates a repository: `POST /git/init`. Has no effect on an existing one.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn git_init(&self, request: &InitRequest, deadline: Deadline) -> Result<(), Error> {
        self.call(&git::INIT).json(request).done(deadline).await
    }

    /// Moves the current branch to a revision, or unstages files: `POST /git/reset`.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the revision does not exist, and
    /// the errors of [`Sandbox::git_status`].
    pub async fn git_reset(&self, request: &ResetRequest, deadline: Deadline) -> Result<(), Error> {
        self.call(&git::RESET).json(request).done(deadline).await
    }

    /// Restores files of the work tree or the index: `POST /git/restore`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::git_reset`].
    pub async fn git_restore(&self, request: &RestoreRequest, deadline: Deadline) -> Result<(), Error> {
        self.call(&git::RESTORE).json(request).done(deadline).await
    }

    /// Returns the remotes of a repository: `GET /git/remotes`.
    ///
    /// # Errors
    /// The errors of [`Sandbox::git_status`].
    pub async fn git_remotes(&self, path: &str, deadline: Deadline) -> Result<Vec<GitRemote>, Error> {
        Ok(self.call(&git::LIST_REMOTES).with("path", path).send(deadline).await?.remotes)
    }

    /// Adds a remote to a repository: `POST /git/remotes`.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) when it exists and shall not be
    /// overwritten, and the errors of [`Sandbox::git_clone`] when it is fetched.
    pub async fn git_add_remote(&self, request: &AddRemoteRequest, deadline: Deadline) -> Result<(), Error> {
        self.call(&git::ADD_REMOTE).json(request).done(deadline).await
    }

    /// Returns a configuration value, `None` if it is not set: `GET /git/config`.
    /// `path` is required for the scope `local`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn git_config(
        &self,
        key: &str,
        scope: Option<&str>,
        path: Option<&str>,
        deadline: Deadline,
    ) -> Result<Option<String>, Error> {
        let call = self.call(&git::GET_CONFIG).with("key", key).with_some("scope", scope);
        Ok(call.with_some("path", path).send(deadline).await?.value)
    }

    /// Sets a configuration value: `POST /git/config`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn git_set_config(&self, request: &SetConfigRequest, deadline: Deadline) -> Result<(), Error> {
        self.call(&git::SET_CONFIG).json(request).done(deadline).await
    }

    /// Sets the name and the e-mail address of the user: `POST /git/config/user`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn git_configure_user(
        &self,
        request: &ConfigureUserRequest,
        deadline: Deadline,
    ) -> Result<(), Error> {
        self.call(&git::CONFIGURE_USER).json(request).done(deadline).await
    }

    /// Stores credentials for a host in plain text in the sandbox:
    /// `POST /git/credentials`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn git_authenticate(
        &self,
        request: &AuthenticateRequest,
        deadline: Deadline,
    ) -> Result<(), Error> {
        self.call(&git::AUTHENTICATE).json(request).done(deadline).await
    }
}
