//! A step of setting a sandbox up that failed.

use std::io;

/// Which step failed, and how.
#[derive(Debug, thiserror::Error)]
#[error("{step}: {source}")]
pub struct SetupError {
    /// What was tried.
    pub step: String,
    /// What the system answered.
    #[source]
    pub source: io::Error,
}

/// Names the step that a system call belongs to.
pub(crate) trait Step<T> {
    /// Names the step by a fixed text.
    fn step(self, step: &str) -> Result<T, SetupError>;
    /// Names the step by a text made only when it failed.
    fn step_with(self, step: impl FnOnce() -> String) -> Result<T, SetupError>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, step: &str) -> Result<T, SetupError> {
        self.step_with(|| step.to_owned())
    }

    fn step_with(self, step: impl FnOnce() -> String) -> Result<T, SetupError> {
        self.map_err(|error| SetupError { step: step(), source: error.into() })
    }
}
