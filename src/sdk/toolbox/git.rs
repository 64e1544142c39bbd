//! Git repositories of a sandbox.

use daytona_client::{
    AddRemoteRequest, AuthenticateRequest, CloneRequest, CommitRequest, ConfigureUserRequest, Error,
    GitCommitInfo, GitStatus, InitRequest, ListBranchResponse, ListRemotesResponse, PullRequest, PushRequest,
    ResetRequest, RestoreRequest, Secret, SetConfigRequest, Whole,
};
use napi::bindgen_prelude::{Either, Env, Undefined};
use napi_derive::napi;

use crate::call::{CALL, CallOptions, Promised, Resource, TRANSFER};

/// Where configuration is kept unless another scope is named.
const GLOBAL: &str = "global";

/// Git repositories of a sandbox. Relative paths of repositories start at the sandbox's working
/// directory.
///
/// Methods reject with `DaytonaGitRepoNotFoundError` (the folder is not the top of a repository),
/// `DaytonaNotFoundError` (the sandbox does not exist), `DaytonaConflictError` (the sandbox is not
/// started), `DaytonaAuthenticationError` (the API key is rejected), `DaytonaTimeoutError` (the
/// timeout passed), `DaytonaConnectionError` (the connection failed), another `DaytonaError`, or the
/// reason of an aborted signal.
#[napi]
pub struct Git {
    sandbox: daytona_client::Sandbox,
}

/// The result of a commit.
#[napi(object, object_from_js = false)]
pub struct GitCommitResponse {
    /// Hash of the commit.
    pub sha: String,
}

impl From<daytona_client::Sandbox> for Git {
    fn from(sandbox: daytona_client::Sandbox) -> Self {
        Self { sandbox }
    }
}

impl Resource for Git {
    type Handle = daytona_client::Sandbox;

    fn handle(&self) -> &Self::Handle {
        &self.sandbox
    }
}

#[napi]
impl Git {
    /// Stages files: `POST /git/add`.
    /// @param path Folder of the repository.
    /// @param files Paths of files and folders relative to it; `.` for all that are not ignored.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaError} A file does not exist; those before it are staged.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn add(
        &self,
        env: Env,
        path: String,
        files: Vec<String>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_add(&path, files, deadline).await
        })
    }

    /// Returns the local branches: `GET /git/branches`.
    /// @param path Folder of the repository.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The names, and which branch is the current one.
    #[napi(ts_return_type = "Promise<ListBranchResponse>")]
    pub fn branches(
        &self,
        env: Env,
        path: String,
        options: Option<CallOptions>,
    ) -> Promised<ListBranchResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_branches(&path, deadline).await
        })
    }

    /// Creates a branch from the current commit and checks it out: `POST /git/branches`.
    /// @param path Folder of the repository.
    /// @param name Name of the branch.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaGitBranchExistsError} The branch exists.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn create_branch(
        &self,
        env: Env,
        path: String,
        name: String,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_create_branch(&path, &name, deadline).await
        })
    }

    /// Deletes a branch, also one that is not merged: `DELETE /git/branches`.
    /// @param path Folder of the repository.
    /// @param name Name of the branch.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaGitBranchNotFoundError} The branch does not exist.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete_branch(
        &self,
        env: Env,
        path: String,
        name: String,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_delete_branch(&path, &name, deadline).await
        })
    }

    /// Checks out a local branch, or a commit: `POST /git/checkout`.
    /// @param path Folder of the repository.
    /// @param branch Name of the branch, or full hash of the commit.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaGitBranchNotFoundError} There is no such branch.
    /// @throws {DaytonaGitDirtyWorktreeError} Changes would be lost.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn checkout_branch(
        &self,
        env: Env,
        path: String,
        branch: String,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_checkout(&path, &branch, deadline).await
        })
    }

    /// Clones one branch of a repository: `POST /git/clone`. The credentials are used for this call
    /// only and not stored.
    /// @param url URL of the repository.
    /// @param path Folder for the clone. Its parents are created.
    /// @param branch Name of the branch. Default: the default branch of the repository.
    /// @param commitId Full hash of a commit to check out.
    /// @param username User name at the remote; used together with a password.
    /// @param password Password or token.
    /// @param insecureSkipTls Whether the certificate of the remote is not verified. Default: false.
    /// @param depth Number of commits to fetch. Default: all.
    /// @param options Timeout in seconds (default 1800, 0 for none) and a signal.
    /// @throws {DaytonaGitAuthFailedError} The remote rejects the credentials, or wants some.
    /// @throws {DaytonaGitRepoNotFoundError} The repository does not exist.
    /// @throws {DaytonaGitBranchNotFoundError} The branch does not exist.
    /// @throws {DaytonaGitTransportFailedError} The remote cannot be reached.
    /// @throws {DaytonaConflictError} The folder is a repository.
    /// @example
    /// ```typescript
    /// await sandbox.git.clone("https://github.com/user/repo.git", "repo", "main", undefined, "user", process.env.GIT_TOKEN);
    /// ```
    #[napi(ts_return_type = "Promise<void>")]
    #[allow(clippy::too_many_arguments, reason = "the parameters of the replaced package")]
    pub fn clone(
        &self,
        env: Env,
        url: String,
        path: String,
        branch: Option<String>,
        commit_id: Option<String>,
        username: Option<String>,
        password: Option<String>,
        insecure_skip_tls: Option<bool>,
        #[napi(ts_arg_type = "number | undefined | null")] depth: Option<Whole<u32>>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let request = CloneRequest {
            url,
            path,
            branch,
            commit_id,
            username,
            password: password.map(Secret::from),
            insecure_skip_tls,
            depth: depth.map(|Whole(depth)| depth),
        };
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            sandbox.git_clone(&request, deadline).await
        })
    }

    /// Commits what is staged: `POST /git/commit`.
    /// @param path Folder of the repository.
    /// @param message The message.
    /// @param author Name of the author and committer.
    /// @param email Their e-mail address.
    /// @param allowEmpty Whether a commit without changes is allowed. Default: false.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The hash of the commit.
    /// @throws {DaytonaError} Nothing is staged.
    #[napi(ts_return_type = "Promise<GitCommitResponse>")]
    #[allow(clippy::too_many_arguments, reason = "the parameters of the replaced package")]
    pub fn commit(
        &self,
        env: Env,
        path: String,
        message: String,
        author: String,
        email: String,
        allow_empty: Option<bool>,
        options: Option<CallOptions>,
    ) -> Promised<GitCommitResponse> {
        let request = CommitRequest { path, message, author, email, allow_empty };
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let sha = sandbox.git_commit(&request, deadline).await?;
            Ok::<_, Error>(GitCommitResponse { sha })
        })
    }

    /// Returns the commits of the current branch, newest first: `GET /git/history`.
    /// @param path Folder of the repository.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The commits.
    #[napi(ts_return_type = "Promise<Array<GitCommitInfo>>")]
    pub fn history(
        &self,
        env: Env,
        path: String,
        options: Option<CallOptions>,
    ) -> Promised<Vec<GitCommitInfo>> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_history(&path, deadline).await
        })
    }

    /// Pushes a branch to the branch of the same name: `POST /git/push`. The credentials are used for
    /// this call only and not stored.
    /// @param path Folder of the repository.
    /// @param username User name at the remote; used together with a password.
    /// @param password Password or token.
    /// @param branch Name of the branch. Default: the current branch.
    /// @param remote Name of the remote. Default: `origin`.
    /// @param setUpstream Whether the pushed branch becomes the upstream of the local one. Default: false.
    /// @param options Timeout in seconds (default 1800, 0 for none) and a signal.
    /// @throws {DaytonaGitPushRejectedError} The remote has commits that the branch lacks.
    /// @throws {DaytonaGitRemoteRejectedError} A rule of the remote forbids the push.
    /// @throws {DaytonaGitAuthFailedError} The remote rejects the credentials, or wants some.
    /// @throws {DaytonaGitTransportFailedError} The remote cannot be reached.
    #[napi(ts_return_type = "Promise<void>")]
    #[allow(clippy::too_many_arguments, reason = "the parameters of the replaced package")]
    pub fn push(
        &self,
        env: Env,
        path: String,
        username: Option<String>,
        password: Option<String>,
        branch: Option<String>,
        remote: Option<String>,
        set_upstream: Option<bool>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let password = password.map(Secret::from);
        let request = PushRequest { path, username, password, branch, remote, set_upstream };
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            sandbox.git_push(&request, deadline).await
        })
    }

    /// Fetches a branch and moves the current branch forward to it: `POST /git/pull`. The credentials
    /// are used for this call only and not stored.
    /// @param path Folder of the repository.
    /// @param username User name at the remote; used together with a password.
    /// @param password Password or token.
    /// @param branch Name of the remote's branch. Default: the upstream of the current branch.
    /// @param remote Name of the remote. Default: `origin`.
    /// @param options Timeout in seconds (default 1800, 0 for none) and a signal.
    /// @throws {DaytonaConflictError} Both branches have commits that the other one lacks.
    /// @throws {DaytonaGitDirtyWorktreeError} Changes would be lost.
    /// @throws {DaytonaGitAuthFailedError} The remote rejects the credentials, or wants some.
    /// @throws {DaytonaGitTransportFailedError} The remote cannot be reached.
    #[napi(ts_return_type = "Promise<void>")]
    #[allow(clippy::too_many_arguments, reason = "the parameters of the replaced package")]
    pub fn pull(
        &self,
        env: Env,
        path: String,
        username: Option<String>,
        password: Option<String>,
        branch: Option<String>,
        remote: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let request = PullRequest { path, username, password: password.map(Secret::from), branch, remote };
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            sandbox.git_pull(&request, deadline).await
        })
    }

    /// Returns the current branch and the changed files: `GET /git/status`.
    /// @param path Folder of the repository.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The status.
    /// @throws {DaytonaNotFoundError} The repository has no commits.
    #[napi(ts_return_type = "Promise<GitStatus>")]
    pub fn status(&self, env: Env, path: String, options: Option<CallOptions>) -> Promised<GitStatus> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_status(&path, deadline).await
        })
    }

    /// Creates a repository: `POST /git/init`. An existing one stays as it is.
    /// @param path Folder for the repository. Its parents are created.
    /// @param bare Whether it has no work tree. Default: false.
    /// @param initialBranch Name of the first branch. Default: that of git's configuration.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn init(
        &self,
        env: Env,
        path: String,
        bare: Option<bool>,
        initial_branch: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_init(&InitRequest { path, bare, initial_branch }, deadline).await
        })
    }

    /// Moves the current branch to a revision, or unstages files: `POST /git/reset`.
    /// @param path Folder of the repository.
    /// @param mode `soft`, `mixed` (default), `hard`, `merge` or `keep`.
    /// @param target The revision. Default: `HEAD`.
    /// @param files The only paths to unstage, relative to the repository.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The revision does not exist.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn reset(
        &self,
        env: Env,
        path: String,
        mode: Option<String>,
        target: Option<String>,
        files: Option<Vec<String>>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_reset(&ResetRequest { path, mode, target, files }, deadline).await
        })
    }

    /// Restores files of the work tree or the index: `POST /git/restore`.
    /// @param path Folder of the repository.
    /// @param files Paths of files and folders relative to it.
    /// @param staged Whether the index is restored. Default: false.
    /// @param worktree Whether the work tree is restored. Default: true unless `staged` is.
    /// @param source The revision to restore from. Default: the index, for the index `HEAD`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The revision does not exist, or a file is not in it.
    #[napi(ts_return_type = "Promise<void>")]
    #[allow(clippy::too_many_arguments, reason = "the parameters of the replaced package")]
    pub fn restore(
        &self,
        env: Env,
        path: String,
        files: Vec<String>,
        staged: Option<bool>,
        worktree: Option<bool>,
        source: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let request = RestoreRequest { path, files, staged, worktree, source };
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_restore(&request, deadline).await
        })
    }

    /// Adds a remote: `POST /git/remotes`.
    /// @param path Folder of the repository.
    /// @param name Name of the remote.
    /// @param url URL of the remote, without a password.
    /// @param fetch Whether to fetch from it. Default: false.
    /// @param overwrite Whether to replace an existing remote of this name. Default: false.
    /// @param options Timeout in seconds (default 1800, 0 for none) and a signal.
    /// @throws {DaytonaConflictError} The remote exists.
    #[napi(ts_return_type = "Promise<void>")]
    #[allow(clippy::too_many_arguments, reason = "the parameters of the replaced package")]
    pub fn remote_add(
        &self,
        env: Env,
        path: String,
        name: String,
        url: String,
        fetch: Option<bool>,
        overwrite: Option<bool>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let request = AddRemoteRequest { path, name, url, fetch, overwrite };
        self.call(&env, options, TRANSFER, |sandbox, deadline| async move {
            sandbox.git_add_remote(&request, deadline).await
        })
    }

    /// Returns the remotes: `GET /git/remotes`.
    /// @param path Folder of the repository.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns Their names and URLs.
    #[napi(ts_return_type = "Promise<ListRemotesResponse>")]
    pub fn remotes(
        &self,
        env: Env,
        path: String,
        options: Option<CallOptions>,
    ) -> Promised<ListRemotesResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let remotes = sandbox.git_remotes(&path, deadline).await?;
            Ok::<_, Error>(ListRemotesResponse { remotes })
        })
    }

    /// Returns the URL of a remote: `GET /git/remotes`.
    /// @param path Folder of the repository.
    /// @param name Name of the remote.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The URL; `undefined` if there is no such remote.
    #[napi(ts_return_type = "Promise<string | undefined>")]
    pub fn remote_get(
        &self,
        env: Env,
        path: String,
        name: String,
        options: Option<CallOptions>,
    ) -> Promised<Either<String, Undefined>> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let remotes = sandbox.git_remotes(&path, deadline).await?;
            let found = remotes.into_iter().find(|remote| remote.name == name);
            Ok::<_, Error>(or_undefined(found.map(|remote| remote.url)))
        })
    }

    /// Sets a configuration value: `POST /git/config`.
    /// @param key The key, such as `user.name`.
    /// @param value The value.
    /// @param scope `global` (default), `local` or `system`.
    /// @param path Folder of the repository; required for the scope `local`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaBadRequestError} The key or the scope is invalid.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_config(
        &self,
        env: Env,
        key: String,
        value: String,
        scope: Option<String>,
        path: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let request = SetConfigRequest { key, value, scope: or_global(scope), path };
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_set_config(&request, deadline).await
        })
    }

    /// Returns a configuration value: `GET /git/config`.
    /// @param key The key, such as `user.name`.
    /// @param scope `global` (default), `local` or `system`.
    /// @param path Folder of the repository; required for the scope `local`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The value; `undefined` if the key is not set.
    /// @throws {DaytonaBadRequestError} The key or the scope is invalid.
    #[napi(ts_return_type = "Promise<string | undefined>")]
    pub fn get_config(
        &self,
        env: Env,
        key: String,
        scope: Option<String>,
        path: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<Either<String, Undefined>> {
        let scope = or_global(scope);
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let value = sandbox.git_config(&key, scope.as_deref(), path.as_deref(), deadline).await?;
            Ok::<_, Error>(or_undefined(value))
        })
    }

    /// Sets the name and the e-mail address of the user: `POST /git/config/user`.
    /// @param name Name of the user.
    /// @param email E-mail address of the user.
    /// @param scope `global` (default), `local` or `system`.
    /// @param path Folder of the repository; required for the scope `local`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn configure_user(
        &self,
        env: Env,
        name: String,
        email: String,
        scope: Option<String>,
        path: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let request = ConfigureUserRequest { name, email, scope: or_global(scope), path };
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_configure_user(&request, deadline).await
        })
    }

    /// Stores credentials for a host in plain text in the sandbox, where every program can read
    /// them: `POST /git/credentials`. Git then uses them for this host by itself.
    /// @param username User name at the host.
    /// @param password Password or token.
    /// @param host The host. Default: `github.com`.
    /// @param protocol The protocol. Default: `https`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn dangerously_authenticate(
        &self,
        env: Env,
        username: String,
        password: String,
        host: Option<String>,
        protocol: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let request = AuthenticateRequest { username, password: password.into(), host, protocol };
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.git_authenticate(&request, deadline).await
        })
    }
}

fn or_global(scope: Option<String>) -> Option<String> {
    Some(scope.unwrap_or_else(|| GLOBAL.to_owned()))
}

fn or_undefined(value: Option<String>) -> Either<String, Undefined> {
    value.map_or(Either::B(()), Either::A)
}
