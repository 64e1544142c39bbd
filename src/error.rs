//! From the client's errors to JavaScript's.

use std::error::Error as _;

use daytona_client::Error;
use daytona_deepagents::{Code, Failure};
use napi::bindgen_prelude::{Env, JsValue as _, Result};

/// Why a promise rejects.
pub(crate) enum Rejection {
    /// The caller gave up.
    Cancelled,
    /// The call failed.
    Failed { code: Option<Code>, error: Error },
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::Failed { code: None, error }
    }
}

impl From<Failure> for Rejection {
    fn from(failure: Failure) -> Self {
        Self::Failed { code: Some(failure.code), error: failure.error }
    }
}

impl Rejection {
    /// An error object with the failure's data as own properties. The facade
    /// makes one of the public classes of it.
    pub(crate) fn into_napi(self, env: &Env) -> napi::Error {
        self.to_object(env).unwrap_or_else(|failed| failed)
    }

    fn to_object(&self, env: &Env) -> Result<napi::Error> {
        let Self::Failed { code, error } = self else {
            let mut object = env.create_error(napi::Error::from_reason("the call was given up"))?;
            object.set("kind", "Cancelled")?;
            return Ok(napi::Error::from_unknown_without_coercion(object.to_unknown()));
        };
        let mut object = env.create_error(napi::Error::from_reason(error.to_string()))?;
        object.set("code", code.map(Code::as_str))?;
        object.set("kind", format!("{:?}", error.kind()))?;
        object.set("statusCode", error.status())?;
        object.set("errorCode", error.code())?;
        object.set("source", error.origin())?;
        object.set("sandboxId", error.sandbox_id())?;
        object.set("headers", serde_json::to_value(error.headers()).unwrap_or_default())?;
        object.set("retries", error.retries())?;
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a call are far below 2^53")]
        object.set("elapsedMs", error.elapsed().as_millis() as f64)?;
        object.set("causes", causes(error))?;
        Ok(napi::Error::from_unknown_without_coercion(object.to_unknown()))
    }
}

/// The chain of causes, outermost first, in words.
fn causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes
}
