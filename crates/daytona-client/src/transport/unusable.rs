//! Why requests cannot be sent with the settings of the environment.

/// Why settings of the environment cannot be used: a sentence without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unusable {
    pub(crate) message: String,
}

impl Unusable {
    pub(crate) fn new(message: String) -> Self {
        Self { message }
    }

    /// The URL of a service cannot be used.
    pub(crate) fn invalid_url() -> Self {
        Self::new("it is not a valid URL".to_owned())
    }
}
