//! `GET /git/history`.

use std::sync::Arc;

use axum::Json;
use daytona_api::toolbox::git::GitCommitInfo;

use super::super::{Call, Toolbox, text};
use super::asked_folder;
use crate::response::Failure;

/// What git prints of a commit: five fields, each with a NUL at its end.
const FORMAT: &str = "--format=%H%x00%an%x00%ae%x00%aI%x00%B";
const FIELDS: usize = 5;

/// The commits of the current branch, newest first.
pub(in super::super) async fn history(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<Vec<GitCommitInfo>>, Failure> {
    let folder = asked_folder(toolbox, &call)?;
    let command = ["log", "--no-show-signature", "--no-color", "-z", FORMAT];
    let output = folder.git(&command).run().await?;
    Ok(Json(parse(&output)))
}

fn parse(output: &[u8]) -> Vec<GitCommitInfo> {
    let fields: Vec<_> = output.split(|byte| *byte == 0).map(text::lossy_ref).collect();
    let commits = fields.chunks_exact(FIELDS).filter_map(|fields| {
        let [hash, author, email, timestamp, message] = fields else { return None };
        let [hash, author, email, timestamp, message] =
            [hash, author, email, timestamp, message].map(|field| field.clone().into_owned());
        Some(GitCommitInfo { hash, author, email, message, timestamp })
    });
    commits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_told_apart() {
        let output = "h2\0A B\0a@b\x002024-01-02T03:04:05+02:00\0second\n\nbody\n\0h1\0A\0a@b\0t\0\0";
        let commits = parse(output.as_bytes());
        assert_eq!(commits.len(), 2);
        assert_eq!((commits[0].message.as_str(), commits[0].author.as_str()), ("second\n\nbody\n", "A B"));
        assert_eq!((commits[1].hash.as_str(), commits[1].message.as_str()), ("h1", ""));
        assert!(parse(b"").is_empty());
    }
}
