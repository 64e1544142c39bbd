//! Volumes.

use daytona_client::{Error, Volume};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use super::daytona::Daytona;
use crate::call::{CALL, CallOptions, Promised, call};

/// Volumes of an organization: folders that several sandboxes share, and that outlive them. The option `volumes` of
/// `create` mounts them.
///
/// Methods reject with `DaytonaAuthenticationError` (the API key is rejected), `DaytonaAuthorizationError` (the key lacks
/// a permission), `DaytonaTimeoutError` (the timeout passed), `DaytonaConnectionError` (the service cannot be reached),
/// another `DaytonaError`, or the reason of an aborted signal.
#[napi]
pub struct VolumeService {
    daytona: daytona_client::Daytona,
}

/// What identifies a volume.
#[napi(object, object_to_js = false)]
pub struct VolumeReference {
    /// Its id.
    pub id: String,
}

#[napi]
impl Daytona {
    /// Volumes of the organization.
    #[napi(getter)]
    pub fn volume(&self) -> VolumeService {
        VolumeService { daytona: self.client().clone() }
    }
}

#[napi]
impl VolumeService {
    /// Returns all volumes: `GET /volumes`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The volumes.
    #[napi(ts_return_type = "Promise<Array<Volume>>")]
    pub fn list(&self, env: Env, options: Option<CallOptions>) -> Promised<Vec<Volume>> {
        let daytona = self.daytona.clone();
        call(&env, options, CALL, |deadline| async move { daytona.volumes(deadline).await })
    }

    /// Returns a volume: `GET /volumes/by-name/{name}`. With `create`, it is created if it does not exist, and the call waits
    /// until it can be mounted.
    /// @param name Name of the volume.
    /// @param create Whether to create it if it does not exist. Default: false.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The volume.
    /// @throws {DaytonaNotFoundError} It does not exist, and `create` is false.
    /// @throws {DaytonaInvalidArgumentError} `name` is empty.
    /// @example
    /// ```typescript
    /// const volume = await daytona.volume.get("shared-cache", true);
    /// const sandbox = await daytona.create({ volumes: [{ volumeId: volume.id, mountPath: "/home/daytona/cache" }] });
    /// ```
    #[napi(ts_return_type = "Promise<Volume>")]
    pub fn get(
        &self,
        env: Env,
        name: String,
        create: Option<bool>,
        options: Option<CallOptions>,
    ) -> Promised<Volume> {
        let daytona = self.daytona.clone();
        call(&env, options, CALL, move |deadline| async move {
            match create {
                Some(true) => daytona.volume_or_create(&name, deadline).await,
                _ => daytona.volume(&name, deadline).await,
            }
        })
    }

    /// Creates a volume and waits until it can be mounted: `POST /volumes`.
    /// @param name Name, unique in the organization.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The volume.
    /// @throws {DaytonaInvalidArgumentError} `name` is empty.
    /// @throws {DaytonaValidationError} The name is in use, or not allowed.
    /// @throws {DaytonaTimeoutError} The volume was not ready in time.
    #[napi(ts_return_type = "Promise<Volume>")]
    pub fn create(&self, env: Env, name: String, options: Option<CallOptions>) -> Promised<Volume> {
        let daytona = self.daytona.clone();
        call(&env, options, CALL, move |deadline| async move { daytona.create_volume(&name, deadline).await })
    }

    /// Deletes a volume with its files: `DELETE /volumes/{id}`.
    /// @param volume The volume.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} It does not exist.
    /// @throws {DaytonaConflictError} A sandbox uses it.
    /// @throws {DaytonaInvalidArgumentError} The id of `volume` is empty.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Pick<Volume, 'id'>")] volume: VolumeReference,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        let daytona = self.daytona.clone();
        call(&env, options, CALL, move |deadline| async move {
            daytona.delete_volume(&volume.id, deadline).await?;
            Ok::<_, Error>(())
        })
    }
}
