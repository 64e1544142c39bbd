//! A sandbox, as the SDK has it.

use std::collections::HashMap;
use std::time::Duration;

use daytona_client::Deadline;
use napi::bindgen_prelude::{AsyncBlock, Either, Env, Result, Undefined};
use napi_derive::napi;

use crate::file_system::FileSystem;
use crate::process::Process;
use crate::promise::promise;

/// One sandbox. Its properties are as last seen; `refreshData()` looks anew.
#[napi]
pub struct Sandbox {
    inner: daytona_client::Sandbox,
}

impl Sandbox {
    pub(crate) fn new(inner: daytona_client::Sandbox) -> Self {
        Self { inner }
    }
}

/// A deadline from a number of seconds; 0 for no limit, 60 when absent.
pub(crate) fn limit(seconds: Option<f64>) -> Deadline {
    match Duration::try_from_secs_f64(seconds.unwrap_or(60.0)) {
        Ok(limit) if !limit.is_zero() => Deadline::after(limit),
        _ => Deadline::after(Deadline::MAX),
    }
}

fn or_undefined<T>(value: Option<T>) -> Either<T, Undefined>
where
    T: napi::bindgen_prelude::TypeName,
{
    value.map_or(Either::B(()), Either::A)
}

#[napi]
impl Sandbox {
    /// Files of the sandbox.
    #[napi(getter)]
    pub fn fs(&self) -> FileSystem {
        FileSystem::new(self.inner.clone())
    }

    /// Commands of the sandbox.
    #[napi(getter)]
    pub fn process(&self) -> Process {
        Process::new(self.inner.clone())
    }

    /// Unique id.
    #[napi(getter)]
    pub fn id(&self) -> String {
        self.inner.id().to_owned()
    }

    /// Name, unique in the organization.
    #[napi(getter)]
    pub fn name(&self) -> String {
        self.inner.data().name
    }

    /// The organization that owns it.
    #[napi(getter)]
    pub fn organization_id(&self) -> String {
        self.inner.data().organization_id
    }

    /// Name of the snapshot it was made from.
    #[napi(getter)]
    pub fn snapshot(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().snapshot)
    }

    /// Operating-system user.
    #[napi(getter)]
    pub fn user(&self) -> String {
        self.inner.data().user
    }

    /// Environment of every process; empty where a list left it out.
    #[napi(getter)]
    pub fn env(&self) -> HashMap<String, String> {
        self.inner.data().env.unwrap_or_default().into_iter().collect()
    }

    /// Labels.
    #[napi(getter)]
    pub fn labels(&self) -> HashMap<String, String> {
        self.inner.data().labels.into_iter().collect()
    }

    /// Whether previews need no key.
    #[napi(getter)]
    pub fn public(&self) -> bool {
        self.inner.data().public
    }

    /// Region.
    #[napi(getter)]
    pub fn target(&self) -> String {
        self.inner.data().target
    }

    /// Processors.
    #[napi(getter)]
    pub fn cpu(&self) -> u32 {
        self.inner.data().cpu
    }

    /// Graphics units.
    #[napi(getter)]
    pub fn gpu(&self) -> u32 {
        self.inner.data().gpu
    }

    /// Memory in GiB.
    #[napi(getter)]
    pub fn memory(&self) -> u32 {
        self.inner.data().memory
    }

    /// Disk in GiB.
    #[napi(getter)]
    pub fn disk(&self) -> u32 {
        self.inner.data().disk
    }

    /// What it is doing, e.g. `started`.
    #[napi(getter)]
    pub fn state(&self) -> String {
        self.inner.state().to_string()
    }

    /// What it was asked to become.
    #[napi(getter)]
    pub fn desired_state(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().desired_state)
    }

    /// Why it failed.
    #[napi(getter)]
    pub fn error_reason(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().error_reason)
    }

    /// Whether a failed one can be recovered.
    #[napi(getter)]
    pub fn recoverable(&self) -> Either<bool, Undefined> {
        or_undefined(self.inner.data().recoverable)
    }

    /// Idle minutes until it stops; 0 never.
    #[napi(getter)]
    pub fn auto_stop_interval(&self) -> Either<i64, Undefined> {
        or_undefined(self.inner.data().auto_stop_interval)
    }

    /// Stopped minutes until it is archived.
    #[napi(getter)]
    pub fn auto_archive_interval(&self) -> Either<i64, Undefined> {
        or_undefined(self.inner.data().auto_archive_interval)
    }

    /// Stopped minutes until it is deleted; negative never, 0 at once.
    #[napi(getter)]
    pub fn auto_delete_interval(&self) -> Either<i64, Undefined> {
        or_undefined(self.inner.data().auto_delete_interval)
    }

    /// When it was created, RFC 3339.
    #[napi(getter)]
    pub fn created_at(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().created_at)
    }

    /// When it last changed, RFC 3339.
    #[napi(getter)]
    pub fn updated_at(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().updated_at)
    }

    /// When it was last used, RFC 3339.
    #[napi(getter)]
    pub fn last_activity_at(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().last_activity_at)
    }

    /// Whether it has no network.
    #[napi(getter)]
    pub fn network_block_all(&self) -> bool {
        self.inner.data().network_block_all
    }

    /// Networks it may reach, comma-separated.
    #[napi(getter)]
    pub fn network_allow_list(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().network_allow_list)
    }

    /// Kind of machine, e.g. `container`.
    #[napi(getter)]
    pub fn sandbox_class(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().sandbox_class)
    }

    /// Version of its toolbox.
    #[napi(getter)]
    pub fn daemon_version(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().daemon_version)
    }

    /// Base of its toolbox, without its id.
    #[napi(getter)]
    pub fn toolbox_proxy_url(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().toolbox_proxy_url)
    }

    /// How a local sandbox is walled in: `namespaces`, `landlock` or `none`.
    #[napi(getter)]
    pub fn isolation(&self) -> Either<String, Undefined> {
        or_undefined(self.inner.data().isolation)
    }

    /// The folder in which commands start: `GET /work-dir`.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn get_work_dir(&self, env: Env) -> Result<AsyncBlock<String>> {
        let sandbox = self.inner.clone();
        promise(&env, None, async move { sandbox.work_dir(limit(None)).await }, |dir| dir)
    }

    /// The home folder of its user: `GET /user-home-dir`.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn get_user_home_dir(&self, env: Env) -> Result<AsyncBlock<String>> {
        let sandbox = self.inner.clone();
        promise(&env, None, async move { sandbox.user_home_dir(limit(None)).await }, |dir| dir)
    }

    /// Older name of `getUserHomeDir()`.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn get_user_root_dir(&self, env: Env) -> Result<AsyncBlock<String>> {
        self.get_user_home_dir(env)
    }

    /// Starts it and waits until it runs: `POST /sandbox/{id}/start`.
    /// `timeout` in seconds, default 60, 0 for no limit.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn start(&self, env: Env, timeout: Option<f64>) -> Result<AsyncBlock<()>> {
        let sandbox = self.inner.clone();
        promise(&env, None, async move { sandbox.start(limit(timeout)).await }, |()| ())
    }

    /// Stops it and keeps its files: `POST /sandbox/{id}/stop`. `timeout` in
    /// seconds, default 60; with `force` its processes are not asked first.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn stop(&self, env: Env, timeout: Option<f64>, force: Option<bool>) -> Result<AsyncBlock<()>> {
        let sandbox = self.inner.clone();
        let stopped = async move { sandbox.stop(force.unwrap_or(false), limit(timeout)).await };
        promise(&env, None, stopped, |()| ())
    }

    /// Deletes it with everything in it: `DELETE /sandbox/{id}`. `timeout` in
    /// seconds, default 60.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete(&self, env: Env, timeout: Option<f64>) -> Result<AsyncBlock<()>> {
        let sandbox = self.inner.clone();
        promise(&env, None, async move { sandbox.delete(limit(timeout)).await }, |()| ())
    }

    /// Looks at it anew: `GET /sandbox/{id}`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn refresh_data(&self, env: Env) -> Result<AsyncBlock<()>> {
        let sandbox = self.inner.clone();
        promise(&env, None, async move { sandbox.refresh(limit(None)).await }, |()| ())
    }

    /// Replaces all labels: `PUT /sandbox/{id}/labels`.
    #[napi(ts_return_type = "Promise<Record<string, string>>")]
    pub fn set_labels(
        &self,
        env: Env,
        labels: HashMap<String, String>,
    ) -> Result<AsyncBlock<HashMap<String, String>>> {
        let sandbox = self.inner.clone();
        let labels = labels.into_iter().collect();
        let set = async move { sandbox.set_labels(labels, limit(None)).await };
        promise(&env, None, set, |labels| labels.into_iter().collect())
    }

    /// Sets the idle minutes until it stops, 0 for never:
    /// `POST /sandbox/{id}/autostop/{interval}`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_autostop_interval(&self, env: Env, interval: u32) -> Result<AsyncBlock<()>> {
        let sandbox = self.inner.clone();
        let set = async move { sandbox.set_auto_stop_interval(interval, limit(None)).await };
        promise(&env, None, set, |()| ())
    }

    /// Sets the stopped minutes until it is archived:
    /// `POST /sandbox/{id}/autoarchive/{interval}`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_auto_archive_interval(&self, env: Env, interval: u32) -> Result<AsyncBlock<()>> {
        let sandbox = self.inner.clone();
        let set = async move { sandbox.set_auto_archive_interval(interval, limit(None)).await };
        promise(&env, None, set, |()| ())
    }

    /// Sets the stopped minutes until it is deleted; negative never, 0 at once:
    /// `POST /sandbox/{id}/autodelete/{interval}`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_auto_delete_interval(&self, env: Env, interval: i32) -> Result<AsyncBlock<()>> {
        let sandbox = self.inner.clone();
        let set = async move { sandbox.set_auto_delete_interval(interval.into(), limit(None)).await };
        promise(&env, None, set, |()| ())
    }
}
