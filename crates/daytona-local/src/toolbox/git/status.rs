//! `GET /git/status`.

use std::sync::Arc;

use axum::Json;
use daytona_api::toolbox::git::{FileStatus, GitStatus};

use super::super::{Call, Toolbox, text};
use super::asked_folder;
use crate::response::Failure;

/// The branch and the changed files of a work tree.
pub(in super::super) async fn status(toolbox: &Arc<Toolbox>, call: Call) -> Result<Json<GitStatus>, Failure> {
    let folder = asked_folder(toolbox, &call)?;
    let command = ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--no-renames"];
    // Refreshing the index would lock out others.
    let output = folder.git(&command).variable("GIT_OPTIONAL_LOCKS", "0").run().await?;
    parse(&output).map(Json)
}

/// Reads what git prints: lines about the branch, then one record for each file.
fn parse(output: &[u8]) -> Result<GitStatus, Failure> {
    let mut status = GitStatus {
        branch_published: Some(false),
        ahead: Some(0),
        behind: Some(0),
        detached: Some(false),
        ..GitStatus::default()
    };
    let mut records =
        output.split(|byte| *byte == 0).map(text::lossy_ref).filter(|record| !record.is_empty());
    while let Some(record) = records.next() {
        let (kind, rest) = record.split_once(' ').unwrap_or_default();
        match kind {
            "#" => read_branch(&mut status, rest)?,
            "1" => status.file_status.extend(changed(rest, 7, String::new())),
            "2" => {
                let source = records.next().unwrap_or_default().into_owned();
                status.file_status.extend(changed(rest, 8, source));
            }
            "u" => status.file_status.extend(changed(rest, 9, String::new()).map(|file| FileStatus {
                staging: UNMERGED.to_owned(),
                worktree: UNMERGED.to_owned(),
                ..file
            })),
            "?" => status.file_status.push(FileStatus {
                name: rest.to_owned(),
                staging: UNTRACKED.to_owned(),
                worktree: UNTRACKED.to_owned(),
                ..FileStatus::default()
            }),
            _ => {}
        }
    }
    Ok(status)
}

fn read_branch(status: &mut GitStatus, line: &str) -> Result<(), Failure> {
    let (name, value) = line.split_once(' ').unwrap_or_default();
    match name {
        "branch.oid" if value == "(initial)" => {
            return Err(Failure::not_found("the repository has no commits yet. Commit first"));
        }
        "branch.head" if value == "(detached)" => {
            status.detached = Some(true);
            status.current_branch = "HEAD".to_owned();
        }
        "branch.head" => value.clone_into(&mut status.current_branch),
        "branch.upstream" => status.upstream = Some(value.to_owned()),
        "branch.ab" => {
            // Absent when the upstream itself is.
            let mut counts = value.split(' ').map(|count| count.trim_start_matches(['+', '-']).parse().ok());
            status.branch_published = Some(true);
            status.ahead = counts.next().flatten();
            status.behind = counts.next().flatten();
        }
        _ => {}
    }
    Ok(())
}

/// A file with a state in the index and one in the work tree, and its name after
/// `fields` fields.
fn changed(record: &str, fields: usize, source: String) -> Option<FileStatus> {
    let name = record.splitn(fields + 1, ' ').nth(fields)?.to_owned();
    let mut states = record.chars().map(state);
    let (staging, worktree) = (states.next()?.to_owned(), states.next()?.to_owned());
    Some(FileStatus { name, extra: source, staging, worktree })
}

const UNTRACKED: &str = "Untracked";
const UNMERGED: &str = "Updated but unmerged";

fn state(letter: char) -> &'static str {
    match letter {
        // A change of the type is one of the content for clients.
        'M' | 'T' => "Modified",
        'A' => "Added",
        'D' => "Deleted",
        'R' => "Renamed",
        'C' => "Copied",
        'U' => UNMERGED,
        _ => "Unmodified",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, extra: &str, staging: &str, worktree: &str) -> FileStatus {
        let [name, extra, staging, worktree] = [name, extra, staging, worktree].map(str::to_owned);
        FileStatus { name, extra, staging, worktree }
    }

    #[test]
    fn all_kinds_of_records_are_read() {
        let output = "# branch.oid 0dbd4f\0# branch.head main\0# branch.upstream origin/main\0# branch.ab +2 -1\0\
                      1 .M N... 100644 100644 100644 1 2 a b.txt\0\
                      2 R. N... 100644 100644 100644 1 2 R100 new\0old name\0\
                      u UU N... 100644 100644 100644 100644 1 2 3 both\0? d/new \u{17e}\0";
        let status = parse(output.as_bytes()).unwrap();
        assert_eq!(status.current_branch, "main");
        assert_eq!(status.upstream.as_deref(), Some("origin/main"));
        assert_eq!((status.branch_published, status.ahead, status.behind), (Some(true), Some(2), Some(1)));
        let files = [
            file("a b.txt", "", "Unmodified", "Modified"),
            file("new", "old name", "Renamed", "Unmodified"),
            file("both", "", UNMERGED, UNMERGED),
            file("d/new \u{17e}", "", UNTRACKED, UNTRACKED),
        ];
        assert_eq!(status.file_status, files);
    }

    #[test]
    fn a_commit_can_be_checked_out_and_there_may_be_none() {
        let status = parse(b"# branch.oid 0dbd\0# branch.head (detached)\0").unwrap();
        assert_eq!((status.current_branch.as_str(), status.detached), ("HEAD", Some(true)));
        assert_eq!(status.branch_published, Some(false));
        assert!(parse(b"# branch.oid (initial)\0# branch.head main\0").is_err());
    }
}
