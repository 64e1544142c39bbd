//! Documents: where a URI of a client leads, and what servers call it.

use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::super::Toolbox;
use super::super::cause::{PathError, clean};
use super::super::open::open_to_read;
use super::super::query::percent_decode_lossy;

const SCHEME: &str = "file://";
/// The largest document that is opened.
const LARGEST: u64 = 8 * 1024 * 1024;

/// A document of a project.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) uri: String,
}

impl Document {
    /// The document that a client names by `file://` and a path. The path is usually not
    /// encoded, and it may be relative to the work folder or to the project.
    pub(super) fn named(toolbox: &Toolbox, project: &Path, uri: &str) -> Self {
        let written = uri.strip_prefix(SCHEME).unwrap_or(uri);
        let decoded = percent_decode_lossy(written);
        let candidates = [written, decoded.as_str()].into_iter().flat_map(|path| {
            let path = Path::new(path);
            [toolbox.locate(path), project.join(path)]
        });
        let found = candidates.into_iter().find(|path| path.exists());
        let path = clean(&found.unwrap_or_else(|| toolbox.locate(Path::new(written))));
        Self { uri: self::uri(&path), path }
    }

    /// The content of its file.
    pub(super) fn read(&self) -> Result<String, String> {
        let read = || {
            let (file, metadata) = open_to_read(&self.path)?;
            if metadata.len() > LARGEST {
                return Err(io::Error::other("it is larger than 8 MiB"));
            }
            let mut bytes = Vec::new();
            file.take(LARGEST).read_to_end(&mut bytes)?;
            Ok(super::super::text::lossy(bytes))
        };
        read().map_err(|error| PathError::new("open", &self.path, error).to_string())
    }
}

/// The URI of a path.
pub(super) fn uri(path: &Path) -> String {
    let mut uri = SCHEME.to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(*byte));
            }
            // Writing to a string cannot fail.
            other => _ = write!(uri, "%{other:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_any_bytes_has_a_uri() {
        assert_eq!(uri(Path::new("/a b/ü[1].ts")), "file:///a%20b/%C3%BC%5B1%5D.ts");
    }
}
