//! `GET /files/find`: lines that hold a text.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use daytona_api::toolbox::files::Match;
use memchr::{memchr, memmem};

use super::super::{Call, Toolbox, ok, text};
use super::info::lossy;
use super::walk::walk;
use super::{Target, blocking};
use crate::response::Failure;
use axum::response::Response;

/// A file with a NUL this close to its start is no text.
const LOOKED_AT: usize = 512;

/// A line of this many bytes ends the search in its file.
const TOO_LONG: usize = 65_536;

/// Finds a text in all files below a path.
pub(in super::super) async fn find(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let start = toolbox.wanted(&call, "path")?;
    let pattern = call.query.bytes("pattern").to_vec();
    if pattern.is_empty() {
        return Err(Failure::bad_request("pattern is required"));
    }
    blocking(move || {
        let finder = memmem::Finder::new(&pattern);
        let mut matches: Vec<Match> = Vec::new();
        walk(&start, &mut |target, metadata| {
            if metadata.is_file() {
                // A file that cannot be read to its end has matches up to there.
                let _ = search(target, &finder, &mut matches);
            }
        });
        Ok(ok(&matches))
    })
    .await
}

fn search(target: &Target, finder: &memmem::Finder<'_>, matches: &mut Vec<Match>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(TOO_LONG, File::open(&target.real)?);
    let start = reader.fill_buf()?;
    if memchr(0, &start[..start.len().min(LOOKED_AT)]).is_some() {
        return Ok(());
    }
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        reader.by_ref().take(TOO_LONG as u64).read_until(b'\n', &mut line)?;
        if line.is_empty() || (line.len() == TOO_LONG && !line.ends_with(b"\n")) {
            break;
        }
        let end = line
            .strip_suffix(b"\n")
            .map_or(line.len(), |line| line.strip_suffix(b"\r").unwrap_or(line).len());
        if finder.find(&line[..end]).is_some() {
            let content = text::lossy(line[..end].to_vec());
            matches.push(Match { file: lossy(&target.given), line: number, content });
        }
    }
    Ok(())
}
