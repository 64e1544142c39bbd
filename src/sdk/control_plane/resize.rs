//! Changing the resources of a sandbox.

use daytona_client::{ResizeSandbox, Whole};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use super::sandbox::Sandbox;
use crate::call::{CALL, CallOptions, Promised, Resource as _};

/// Resources to change. What is absent stays as it is.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct ResizeResources {
    /// CPU cores.
    #[napi(ts_type = "number")]
    pub cpu: Option<Whole<u32>>,
    /// Memory in GiB.
    #[napi(ts_type = "number")]
    pub memory: Option<Whole<u32>>,
    /// Disk in GiB.
    #[napi(ts_type = "number")]
    pub disk: Option<Whole<u32>>,
}

impl From<ResizeResources> for ResizeSandbox {
    fn from(resources: ResizeResources) -> Self {
        let number = |given: Option<Whole<u32>>| given.map(|Whole(number)| number);
        Self { cpu: number(resources.cpu), memory: number(resources.memory), disk: number(resources.disk) }
    }
}

#[napi]
impl Sandbox {
    /// Changes the resources of the sandbox and waits until they are changed: `POST /sandbox/{id}/resize`. Processors and
    /// memory of a started sandbox can be increased; those of a stopped one reduced too, and its disk increased.
    /// @param resources CPU cores, memory (GiB) and disk (GiB); at least one of them.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaInvalidArgumentError} No resource, 0 or a GPU was given.
    /// @throws {DaytonaValidationError} The service does not allow the change, or nothing would change.
    /// @throws {DaytonaNotFoundError} The service cannot resize sandboxes.
    /// @throws {DaytonaTimeoutError} The timeout passed.
    /// @example
    /// ```typescript
    /// await sandbox.resize({ cpu: 2, memory: 4 });
    /// ```
    #[napi(ts_return_type = "Promise<void>")]
    pub fn resize(
        &self,
        env: Env,
        resources: ResizeResources,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, CALL, move |sandbox, deadline| async move {
            sandbox.resize(resources.into(), deadline).await
        })
    }

    /// Waits until the resources are changed. Resolves at once unless they are being changed, as last known.
    /// @param timeout Timeout in seconds. Default: 60; 0 for none.
    /// @param options A signal.
    /// @throws {DaytonaError} The sandbox entered an error state.
    /// @throws {DaytonaTimeoutError} The timeout passed.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn wait_for_resize_complete(
        &self,
        env: Env,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.wait_until_resized(deadline).await
        })
    }
}
