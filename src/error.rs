//! Conversion of the client's errors to JavaScript errors.

use std::error::Error as _;

use daytona_client::{Error, ErrorKind};
use daytona_deepagents::{Code, Failure, TimedOutCommand};
use napi::bindgen_prelude::{Env, JsValue as _, Result};
use napi_derive::napi;

/// The reason why a promise rejects.
pub(crate) enum Rejection {
    /// The caller aborted the call.
    Aborted,
    /// The call failed.
    Failed { code: Option<Code>, error: Error, command: Option<Box<TimedOutCommand>> },
}

/// The details of a failed call for the facade.
#[napi(object, object_from_js = false)]
pub(crate) struct FailureData {
    /// Kind of error, which determines the class. Absent when the call was aborted.
    pub kind: Option<ErrorKind>,
    /// Code of `DaytonaSandboxError`; absent for calls of the SDK.
    pub code: Option<String>,
    /// HTTP status, if there was a response.
    pub status_code: Option<u16>,
    /// Error code of the service.
    pub error_code: Option<String>,
    /// The part of the service that produced the error.
    pub source: Option<String>,
    /// Id or name of the sandbox.
    pub sandbox_id: Option<String>,
    /// `retry-after` and `x-ratelimit-…` headers of the response.
    pub headers: std::collections::BTreeMap<String, String>,
    /// Number of retries.
    pub retries: u32,
    /// Milliseconds from the start of the call to the error.
    pub elapsed_ms: f64,
    /// Messages of the chain of causes, outermost first.
    pub causes: Vec<String>,
    /// The command, if it exceeded its timeout.
    pub command: Option<TimedOutCommand>,
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::Failed { code: None, error, command: None }
    }
}

impl From<Failure> for Rejection {
    fn from(failure: Failure) -> Self {
        Self::Failed { code: Some(failure.code), error: failure.error, command: failure.command }
    }
}

impl Rejection {
    /// Returns an error object with the details in the property `daytonaFailure`.
    /// The facade converts it to one of the public classes.
    pub(crate) fn into_napi(self, env: &Env) -> napi::Error {
        self.into_object(env).unwrap_or_else(|failed| failed)
    }

    fn into_object(self, env: &Env) -> Result<napi::Error> {
        let mut object = env.create_error(napi::Error::from_reason(self.message()))?;
        object.set("daytonaFailure", self.into_data())?;
        Ok(napi::Error::from_unknown_without_coercion(object.to_unknown()))
    }

    fn message(&self) -> String {
        match self {
            Self::Aborted => "the call was aborted".to_owned(),
            Self::Failed { error, .. } => error.to_string(),
        }
    }

    fn into_data(self) -> FailureData {
        let (code, error, command) = match self {
            Self::Aborted => (None, None, None),
            Self::Failed { code, error, command } => (code, Some(error), command),
        };
        let error = error.as_ref();
        FailureData {
            kind: error.map(Error::kind),
            code: code.map(|code| code.as_str().to_owned()),
            status_code: error.and_then(Error::status),
            error_code: error.and_then(Error::code).map(str::to_owned),
            source: error.and_then(Error::origin).map(str::to_owned),
            sandbox_id: error.and_then(Error::sandbox_id).map(str::to_owned),
            headers: error.map(|error| error.headers().clone()).unwrap_or_default(),
            retries: error.map_or(0, Error::retries),
            elapsed_ms: error.map_or(0.0, |error| error.elapsed().as_secs_f64() * 1000.0),
            causes: error.map(causes).unwrap_or_default(),
            command: command.map(|command| *command),
        }
    }
}

/// Returns the messages of the chain of causes, outermost first.
fn causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes
}
