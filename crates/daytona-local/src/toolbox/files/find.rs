//! `GET /files/find`: lines that hold a text.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use daytona_api::toolbox::files::Match;
use memchr::{memchr, memmem};

use super::super::open::open_to_read;
use super::super::stream::JsonArray;
use super::super::{Call, Toolbox, text};
use super::info::lossy;
use super::json;
use super::walk::walk;
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
    json(
        move |sink| {
            let finder = memmem::Finder::new(&pattern);
            JsonArray::write(sink, |matches| {
                let matches = RefCell::new(matches);
                walk(&start, &|| matches.borrow().check(), &mut |given, real, metadata| {
                    if metadata.is_file() {
                        search(given, real, &finder, &mut matches.borrow_mut())
                    } else {
                        Ok(())
                    }
                })
            })
        },
        |error| Failure::internal(error),
    )
    .await
}

/// Adds the matches of one file. A file that cannot be read to its end has those
/// up to there.
fn search(
    given: &Path,
    real: &Path,
    finder: &memmem::Finder<'_>,
    matches: &mut JsonArray<'_>,
) -> io::Result<()> {
    let Ok((file, _)) = open_to_read(real) else { return Ok(()) };
    let mut reader = BufReader::with_capacity(TOO_LONG, file);
    let Ok(start) = reader.fill_buf() else { return Ok(()) };
    if memchr(0, &start[..start.len().min(LOOKED_AT)]).is_some() {
        return Ok(());
    }
    let mut line = Vec::new();
    for number in 1.. {
        matches.check()?;
        line.clear();
        let read = reader.by_ref().take(TOO_LONG as u64).read_until(b'\n', &mut line);
        if read.is_err() || line.is_empty() || (line.len() == TOO_LONG && !line.ends_with(b"\n")) {
            break;
        }
        let end = line
            .strip_suffix(b"\n")
            .map_or(line.len(), |line| line.strip_suffix(b"\r").unwrap_or(line).len());
        if finder.find(&line[..end]).is_some() {
            let content = text::lossy(line[..end].to_vec());
            matches.push(&Match { file: lossy(given), line: number, content })?;
        }
    }
    Ok(())
}
