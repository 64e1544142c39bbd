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

    /// The service returned a URL that cannot be used. The one that the user gives is checked before.
    pub(crate) fn invalid_url() -> Self {
        Self::new(
            "the URL that the service returned for it is not valid. Report this to the operator of the service"
                .to_owned(),
        )
    }
}
