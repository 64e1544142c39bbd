//! The error of setting up a sandbox.

use std::io;

/// A failed step of the setup.
#[derive(Debug, thiserror::Error)]
#[error("{step}: {source}")]
pub struct SetupError {
    /// The attempted step, such as `create /tmp`.
    pub step: String,
    /// The system's error.
    #[source]
    pub source: io::Error,
}

/// Adds the name of the step to the error of a system call.
pub(crate) trait Step<T> {
    /// Adds a fixed name.
    fn step(self, step: &str) -> Result<T, SetupError>;
    /// Adds a name that is computed only on failure.
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
