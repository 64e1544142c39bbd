//! What git's messages are to a client.

use http::StatusCode;

use super::super::text;
use super::finished::Finished;
use super::url::without_user_info;
use crate::response::Failure;

/// The most characters of a message.
const LONGEST: usize = 2000;

/// A kind of failure: the status, the code and the class of the message, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    status: StatusCode,
    code: &'static str,
    class: &'static str,
    advice: &'static str,
}

impl Kind {
    const fn new(status: StatusCode, code: &'static str, class: &'static str) -> Self {
        Self { status, code, class, advice: "" }
    }

    const fn advise(mut self, advice: &'static str) -> Self {
        self.advice = advice;
        self
    }

    /// The code of this kind.
    pub(super) const fn code(&self) -> &'static str {
        self.code
    }

    /// The failure of this kind.
    pub(super) fn failure(&self, words: impl std::fmt::Display) -> Failure {
        let Self { status, code, class, advice } = self;
        Failure { status: *status, code, message: format!("{class}: {words}{advice}") }
    }
}

const BAD_REQUEST: Kind = Kind::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", "bad request");
const NO_CREDENTIALS: Kind = Kind::new(StatusCode::UNAUTHORIZED, "GIT_AUTH_FAILED", "unauthorized")
    .advise(". Pass the user name and the password or token of the remote");
const AUTH_FAILED: Kind = Kind::new(StatusCode::UNAUTHORIZED, "GIT_AUTH_FAILED", "unauthorized")
    .advise(". Check the user name and the password or token");
const FORBIDDEN: Kind = Kind::new(StatusCode::FORBIDDEN, "FORBIDDEN", "forbidden");
const NOT_FOUND: Kind = Kind::new(StatusCode::NOT_FOUND, "NOT_FOUND", "not found");
/// There is no repository.
pub(super) const REPO_NOT_FOUND: Kind = Kind::new(StatusCode::NOT_FOUND, "GIT_REPO_NOT_FOUND", "not found");
/// There is no such branch.
pub(super) const BRANCH_NOT_FOUND: Kind =
    Kind::new(StatusCode::NOT_FOUND, "GIT_BRANCH_NOT_FOUND", "not found");
const CONFLICT: Kind = Kind::new(StatusCode::CONFLICT, "CONFLICT", "conflict");
const BRANCH_EXISTS: Kind = Kind::new(StatusCode::CONFLICT, "GIT_BRANCH_EXISTS", "conflict");
const PUSH_REJECTED: Kind =
    Kind::new(StatusCode::CONFLICT, "GIT_PUSH_REJECTED", "conflict").advise(". Pull before you push");
const DIRTY_WORKTREE: Kind = Kind::new(StatusCode::CONFLICT, "GIT_DIRTY_WORKTREE", "conflict");
const MERGE_CONFLICT: Kind = Kind::new(StatusCode::CONFLICT, "GIT_MERGE_CONFLICT", "conflict");
const REMOTE_REJECTED: Kind =
    Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "GIT_REMOTE_REJECTED", "unprocessable entity");
const TRANSPORT_FAILED: Kind = Kind::new(StatusCode::BAD_GATEWAY, "GIT_TRANSPORT_FAILED", "bad gateway");
const INTERNAL: Kind =
    Kind::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "internal server error");

/// Words of git in the locale C and the kind that they mean; the first that are found count.
const WORDS: &[(&str, &Kind)] = &[
    ("[remote rejected]", &REMOTE_REJECTED),
    ("[rejected]", &PUSH_REJECTED),
    ("could not read Username", &NO_CREDENTIALS),
    ("could not read Password", &NO_CREDENTIALS),
    ("Authentication failed for", &AUTH_FAILED),
    ("returned error: 401", &AUTH_FAILED),
    ("Permission denied (publickey", &AUTH_FAILED),
    ("returned error: 403", &FORBIDDEN),
    ("key does not contain", &BAD_REQUEST),
    ("invalid key:", &BAD_REQUEST),
    ("is not a valid remote name", &BAD_REQUEST),
    ("invalid initial branch name", &BAD_REQUEST),
    ("disallowed characters", &BAD_REQUEST),
    ("File exists", &CONFLICT),
    ("could not lock config file", &FORBIDDEN),
    ("not a git repository", &REPO_NOT_FOUND),
    ("only be used inside a git repository", &REPO_NOT_FOUND),
    ("cannot change to '", &REPO_NOT_FOUND),
    ("' does not exist", &REPO_NOT_FOUND),
    ("/' not found", &REPO_NOT_FOUND),
    ("returned error: 404", &REPO_NOT_FOUND),
    ("Repository not found", &REPO_NOT_FOUND),
    ("does not appear to be a git repository", &REPO_NOT_FOUND),
    ("Remote branch ", &BRANCH_NOT_FOUND),
    ("couldn't find remote ref", &BRANCH_NOT_FOUND),
    ("src refspec ", &BRANCH_NOT_FOUND),
    ("' not found", &BRANCH_NOT_FOUND),
    ("No such remote", &NOT_FOUND),
    ("reference is not a tree", &NOT_FOUND),
    ("unable to read tree", &NOT_FOUND),
    ("Failed to resolve '", &NOT_FOUND),
    ("could not resolve ", &NOT_FOUND),
    ("bad revision", &NOT_FOUND),
    ("known to git", &NOT_FOUND),
    ("does not have any commits yet", &NOT_FOUND),
    ("a branch named", &BRANCH_EXISTS),
    ("would be overwritten by", &DIRTY_WORKTREE),
    ("not uptodate", &DIRTY_WORKTREE),
    ("commit your changes or stash them", &DIRTY_WORKTREE),
    ("unmerged", &MERGE_CONFLICT),
    ("resolve your current index first", &MERGE_CONFLICT),
    ("You have not concluded your merge", &MERGE_CONFLICT),
    ("Not possible to fast-forward", &CONFLICT),
    ("unrelated histories", &CONFLICT),
    ("already exists", &CONFLICT),
    ("Cannot delete branch", &CONFLICT),
    ("Could not resolve host", &TRANSPORT_FAILED),
    ("unable to access", &TRANSPORT_FAILED),
    ("unable to connect", &TRANSPORT_FAILED),
    ("Could not read from remote repository", &TRANSPORT_FAILED),
    ("RPC failed", &TRANSPORT_FAILED),
    ("early EOF", &TRANSPORT_FAILED),
    ("hung up unexpectedly", &TRANSPORT_FAILED),
];

/// Starts of lines that say nothing about what has happened.
const NOISE: [&str; 5] = [
    "hint:",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
    "Aborting",
    "Done",
];

/// The failure that git has reported.
pub(super) fn of(finished: &Finished) -> Failure {
    let output = text::lossy_ref(&finished.output);
    // What a hook or a remote says is for people.
    let own = |line: &&str| !line.starts_with("remote:");
    let found = finished.messages.lines().chain(output.lines()).filter(own).collect::<Vec<_>>().join("\n");
    let kind = WORDS.iter().find(|(words, _)| found.contains(words)).map_or(&INTERNAL, |(_, kind)| kind);
    kind.failure(words(finished, &output))
}

/// What git has said, in one line, without secrets.
fn words(finished: &Finished, output: &str) -> String {
    // Of what it prints, only refused branches are for people, unless there is nothing else.
    let refused = output.lines().filter(|line| line.starts_with('!'));
    let mut lines: Vec<&str> = finished.messages.lines().chain(refused).filter_map(telling).collect();
    if lines.is_empty() {
        lines = output.lines().filter_map(telling).collect();
    }
    let said = lines.join("; ").replace(|c: char| c.is_control() && c != '\t', " ");
    let said = without_user_info(&said);
    let said = finished.credentials.as_ref().map_or(said.clone(), |credentials| credentials.redact(&said));
    if said.is_empty() { format!("git failed without a message ({})", finished.status) } else { cut(said) }
}

fn telling(line: &str) -> Option<&str> {
    let line = line.trim();
    let is_noise = line.is_empty() || NOISE.iter().any(|noise| line.starts_with(noise));
    let line = ["fatal: ", "error: "].iter().find_map(|prefix| line.strip_prefix(prefix)).unwrap_or(line);
    (!is_noise).then_some(line.trim_end_matches('.'))
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn failed(messages: &str, output: &str) -> Failure {
        of(&Finished {
            status: ExitStatus::from_raw(128 << 8),
            output: output.as_bytes().to_vec(),
            messages: messages.to_owned(),
            credentials: None,
        })
    }

    #[test]
    fn messages_have_codes() {
        for (messages, output, code) in [
            (
                "fatal: could not read Username for 'http://h': terminal prompts disabled",
                "",
                "GIT_AUTH_FAILED",
            ),
            ("fatal: Authentication failed for 'http://h/x.git/'", "", "GIT_AUTH_FAILED"),
            ("fatal: unable to access 'http://h/': The requested URL returned error: 403", "", "FORBIDDEN"),
            ("fatal: repository 'http://h/none.git/' not found", "", "GIT_REPO_NOT_FOUND"),
            ("fatal: repository '/none' does not exist", "", "GIT_REPO_NOT_FOUND"),
            (
                "fatal: not a git repository (or any of the parent directories): .git",
                "",
                "GIT_REPO_NOT_FOUND",
            ),
            ("fatal: cannot change to '/x': No such file or directory", "", "GIT_REPO_NOT_FOUND"),
            ("fatal: Remote branch nope not found in upstream origin", "", "GIT_BRANCH_NOT_FOUND"),
            ("fatal: couldn't find remote ref refs/heads/nope", "", "GIT_BRANCH_NOT_FOUND"),
            ("error: branch 'nope' not found.", "", "GIT_BRANCH_NOT_FOUND"),
            ("fatal: a branch named 'dev' already exists", "", "GIT_BRANCH_EXISTS"),
            ("error: failed to push", "!\ta:a\t[rejected] (fetch first)", "GIT_PUSH_REJECTED"),
            ("remote: no", "!\ta:a\t[remote rejected] (hook declined)", "GIT_REMOTE_REJECTED"),
            ("error: Your local changes … would be overwritten by merge:", "", "GIT_DIRTY_WORKTREE"),
            ("error: Committing is not possible because you have unmerged files.", "", "GIT_MERGE_CONFLICT"),
            ("fatal: unable to access 'http://h/': Could not resolve host: h", "", "GIT_TRANSPORT_FAILED"),
            ("fatal: Not possible to fast-forward, aborting.", "", "CONFLICT"),
            ("fatal: Unable to create '/r/.git/index.lock': File exists.", "", "CONFLICT"),
            ("error: No such remote 'origin'", "", "NOT_FOUND"),
            ("fatal: 'a b' is not a valid branch name", "", "INTERNAL_SERVER_ERROR"),
            ("remote: Authentication failed for you", "", "INTERNAL_SERVER_ERROR"),
        ] {
            assert_eq!(failed(messages, output).code, code, "{messages}");
        }
    }

    #[test]
    fn a_message_is_one_line_without_hints() {
        let failure = failed("error: a\nhint: try b\n\nfatal: c\x1b[1m.\n", "");
        assert_eq!(failure.message, "internal server error: a; c [1m");
        let nothing = failed("", "On branch main\nnothing to commit, working tree clean\n");
        assert!(nothing.message.ends_with("On branch main; nothing to commit, working tree clean"));
        assert!(failed("", "").message.ends_with("git failed without a message (exit status: 128)"));
        assert!(failed(&"x".repeat(9000), "").message.len() < 2100);
    }
}
