//! What a run of git has done.

use std::process::ExitStatus;

use super::super::text;
use super::credentials::Credentials;

/// What git has done.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    pub(super) output: Vec<u8>,
    /// What it wrote to standard error.
    pub(super) messages: String,
    /// What may not be repeated to anybody.
    pub(super) credentials: Option<Credentials>,
}

impl Finished {
    /// What git has printed, as text without the white space at its end.
    pub(super) fn text(self) -> String {
        text::lossy(self.output.trim_ascii_end().to_vec())
    }
}
