//! Remotes.

use std::sync::Arc;

use axum::Json;
use daytona_api::toolbox::git::{ADD_REMOTE, GitRemote, ListRemotesResponse};
use http::StatusCode;

use super::super::call::given;
use super::super::{Call, Toolbox, text};
use super::credentials::check_line;
use super::failure;
use super::program::GitFolder;
use super::remote::Remote;
use super::url::has_password;
use super::{asked_folder, folder, not_an_option};
use crate::response::Failure;

/// The remotes and where they are.
pub(in super::super) async fn list(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<ListRemotesResponse>, Failure> {
    let folder = asked_folder(toolbox, &call)?;
    let command = ["config", "--null", "--get-regexp", r"^remote\..*\.url$"];
    let finished = folder.git(&command).finish().await?;
    // Outside a repository, there may be such values in the user's own configuration.
    folder.git(&["rev-parse", "--git-dir"]).run().await?;
    match finished.status.code() {
        // 1: there are none.
        Some(0 | 1) => Ok(Json(ListRemotesResponse { remotes: parse(&finished.output) })),
        _ => Err(failure::of(&finished)),
    }
}

/// Reads keys and values. A remote with several URLs is that of the first.
fn parse(output: &[u8]) -> Vec<GitRemote> {
    let mut remotes: Vec<GitRemote> = Vec::new();
    for entry in output.split(|byte| *byte == 0).map(text::lossy_ref) {
        let Some((key, url)) = entry.split_once('\n') else { continue };
        let name = key.strip_prefix("remote.").and_then(|key| key.strip_suffix(".url"));
        let Some(name) = name.filter(|name| remotes.iter().all(|remote| remote.name != **name)) else {
            continue;
        };
        remotes.push(GitRemote { name: name.to_owned(), url: url.to_owned() });
    }
    remotes
}

/// Adds a remote, or replaces one.
pub(in super::super) async fn add(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<StatusCode, Failure> {
    let request = call.json(&ADD_REMOTE).await?;
    let folder = folder(toolbox, &request.path)?;
    given("name", &request.name)?;
    given("url", &request.url)?;
    not_an_option("name", &request.name)?;
    check_line("url", &request.url)?;
    if has_password(&request.url) {
        return Err(Failure::bad_request(
            "the URL contains a password, which git would store in the repository. Pass user name and password \
             to push and pull, or store them with dangerouslyAuthenticate",
        ));
    }
    if request.overwrite == Some(true) && url_of(&folder, &request.name, false).await.is_ok() {
        let section = format!("remote.{}", request.name);
        folder.git(&["config", "--local", "--remove-section"]).arg(section).run().await?;
    }
    let name = request.name.as_str();
    folder.git(&["remote", "add", "--"]).arg(name).arg(request.url).run().await?;
    if request.fetch == Some(true) {
        let remote = Remote::of(toolbox, &url_of(&folder, name, false).await?)?;
        remote.authorize(folder.git(&["fetch", "--quiet", "--"]).arg(name), None).run().await?;
    }
    Ok(StatusCode::CREATED)
}

/// The URL of a remote, to fetch from or to push to.
pub(super) async fn url_of(folder: &GitFolder, name: &str, pushes: bool) -> Result<String, Failure> {
    let git = folder.git(&["remote", "get-url"]).flag(pushes, "--push");
    let url = git.arg("--").arg(name).run().await?;
    Ok(text::lossy(url).lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_url_of_a_remote_counts() {
        let output = b"remote.a.b.url\nhttp://h/1\0remote.origin.url\n/o.git\0remote.a.b.url\nhttp://h/2\0";
        let remotes = parse(output);
        let found: Vec<_> =
            remotes.iter().map(|remote| (remote.name.as_str(), remote.url.as_str())).collect();
        assert_eq!(found, [("a.b", "http://h/1"), ("origin", "/o.git")]);
        assert!(parse(b"").is_empty());
    }
}
