//! `POST /files/replace`.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daytona_api::toolbox::files::{REPLACE, ReplaceResult};
use memchr::memmem;
use rustix::io::Errno;

use super::super::call::{InvalidBody, given};
use super::super::cause::PathError;
use super::super::client::Client;
use super::super::open::open_to_read;
use super::super::stream::PIECE;
use super::super::{Call, Toolbox, ok};
use super::staged::Staged;
use super::{Target, blocking};
use crate::response::Failure;
use axum::response::Response;

/// Replaces a text in files, one after the other.
pub(in super::super) async fn replace(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Response, Failure> {
    let request = call.json(&REPLACE).await.map_err(InvalidBody::into_bad_request)?;
    given("pattern", &request.pattern).map_err(InvalidBody::into_bad_request)?;
    let toolbox = Arc::clone(toolbox);
    blocking(move |client| {
        let finder = memmem::Finder::new(request.pattern.as_bytes());
        let new_value = request.new_value.as_bytes();
        let results = request.files.iter().map(|file| {
            let target = toolbox.target(PathBuf::from(file));
            let done = rewrite(&target, &toolbox.state_dir, &finder, new_value, client);
            let error = done.err().map(|error| error.to_string());
            ReplaceResult { file: file.clone(), success: error.is_none(), error }
        });
        Ok(ok(&results.collect::<Vec<_>>()))
    })
    .await
}

/// Writes a file anew: its mode, its other names and links to it stay. A file
/// without the text is written too.
fn rewrite(
    target: &Target,
    state_dir: &Path,
    finder: &memmem::Finder<'_>,
    new_value: &[u8],
    client: &Client,
) -> Result<(), PathError> {
    let fail = |operation| move |error| PathError::new(operation, &target.given, error);
    client.check().map_err(fail("open"))?;
    let (old, metadata) = open_to_read(&target.real).map_err(fail("open"))?;
    if metadata.is_dir() {
        return Err(PathError::new("read", &target.given, Errno::ISDIR.into()));
    }
    let mut new = Staged::open(&target.real, state_dir).map_err(fail("open"))?;
    copy_replaced(old, &mut new, finder, new_value, client).map_err(fail("write"))?;
    new.finish().map_err(fail("write"))
}

/// Copies bytes and replaces the text in them. At most two pieces are in memory,
/// or two times the text when that is longer.
fn copy_replaced(
    mut old: impl Read,
    new: &mut impl Write,
    finder: &memmem::Finder<'_>,
    new_value: &[u8],
    client: &Client,
) -> io::Result<()> {
    let length = finder.needle().len();
    let piece = PIECE.max(length) as u64;
    let mut bytes = Vec::new();
    loop {
        client.check()?;
        let at_end = old.by_ref().take(piece).read_to_end(&mut bytes)? == 0;
        let mut start = 0;
        for found in finder.find_iter(&bytes) {
            new.write_all(&bytes[start..found])?;
            new.write_all(new_value)?;
            start = found + length;
        }
        // The end may be the start of the text: it is looked at again.
        let whole = if at_end { bytes.len() } else { start.max(bytes.len().saturating_sub(length - 1)) };
        new.write_all(&bytes[start..whole])?;
        bytes.drain(..whole);
        if at_end {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that returns a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(target.len());
            target[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    #[test]
    fn a_text_is_replaced_wherever_the_pieces_end() {
        let filler = "x".repeat(PIECE - 3);
        for (old, text, new) in [
            ("abcabc".to_owned(), "abc", "1"),
            ("aaaa".to_owned(), "aa", "b"),
            (format!("{filler}abcabc{filler}ab"), "abc", "longer than before"),
            (format!("{filler}aaaaaaa"), "aaa", ""),
            (String::new(), "a", "b"),
        ] {
            let finder = memmem::Finder::new(text);
            let (client, _presence) = Client::new();
            let mut written = Vec::new();
            copy_replaced(Slow(old.as_bytes(), 5000), &mut written, &finder, new.as_bytes(), &client)
                .unwrap();
            assert!(written == old.replace(text, new).as_bytes(), "{text}");
        }
    }
}
