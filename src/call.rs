//! The one door from JavaScript to an asynchronous call and back.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use daytona_client::{Deadline, Limit, Unclaimed};
use futures_util::FutureExt as _;
use napi::bindgen_prelude::{Env, Result, ToNapiValue};
use napi::sys;
use napi_derive::napi;

use crate::bytes::drop_unneeded_text;
use crate::cancel::Signal;
use crate::error::Rejection;
use crate::promise::{Place, Promise, Settle, promise};

/// What a method that returns a promise returns here.
pub(crate) type Promised<T> = Result<Promise<T>>;

/// Where a call runs, and how long it may take unless its options say otherwise.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    place: Place,
    limit: Limit,
}

/// Calls that only ask or change something.
pub(crate) const CALL: Kind = Kind::on_event_loop(Duration::from_secs(60));
/// Calls that ask or change something for each of many sandboxes.
pub(crate) const CALLS: Kind = Kind::on_event_loop(Duration::from_secs(5 * 60));
/// Calls that have a limit of their own, or none.
pub(crate) const UNLIMITED: Kind = Kind::on_event_loop(Deadline::MAX);
/// Calls that open a stream, or start or end a program of this machine.
pub(crate) const OPEN: Kind = Kind::on_runtime(Limit::Total(Duration::from_secs(60)));
/// Connections to a terminal.
pub(crate) const CONNECT: Kind = Kind::on_runtime(Limit::Total(Duration::from_secs(10)));
/// Reading or writing a stream, which has a limit of its own, or none.
pub(crate) const STREAM: Kind = Kind::on_runtime(Limit::Total(Deadline::MAX));
/// Transfers of files.
pub(crate) const TRANSFER: Kind = Kind::on_runtime(Limit::Total(Duration::from_secs(30 * 60)));

impl Kind {
    /// For what is short each time it is polled.
    const fn on_event_loop(limit: Duration) -> Self {
        Self { place: Place::EventLoop, limit: Limit::Total(limit) }
    }

    /// For contents and streams, which would hold up the event loop.
    pub(crate) const fn on_runtime(limit: Limit) -> Self {
        Self { place: Place::Runtime, limit }
    }
}

/// Options that every asynchronous method takes last.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct CallOptions {
    /// Seconds that the call may take; 0 for no limit. Default: that of the
    /// method, for most 60.
    pub timeout: Option<f64>,
    /// Aborts the call: the promise rejects with the signal's reason, and what
    /// the call has started in a sandbox is cleared away.
    #[napi(ts_type = "AbortSignal | null")]
    pub signal: Option<Signal>,
}

impl CallOptions {
    /// Options with the timeout that the method takes as an argument of its
    /// own, unless they have one.
    pub(crate) fn or_timeout(options: Option<Self>, timeout: Option<f64>) -> Option<Self> {
        let mut options = options.unwrap_or_default();
        options.timeout = options.timeout.or(timeout);
        Some(options)
    }
}

/// Starts a call and returns the promise of its result.
///
/// Checks the options. The future is dropped when the signal is aborted. A failure
/// becomes an error object of JavaScript, and while something is left to clear
/// away after it, the process is kept alive.
pub(crate) fn call<T, E, F>(
    env: &Env,
    options: Option<CallOptions>,
    kind: Kind,
    start: impl FnOnce(Deadline) -> F,
) -> Promised<T>
where
    F: Future<Output = std::result::Result<T, E>> + Send + 'static,
    T: ToNapiValue + Send + 'static,
    E: Into<Rejection>,
{
    let CallOptions { timeout, signal } = options.unwrap_or_default();
    let started = Deadline::from_seconds(timeout, kind.limit).map(|deadline| {
        // An asynchronous block would have the future twice: as it was, and as it is polled.
        start(deadline).map(|outcome| outcome.map(settle_with).map_err(Into::into)).boxed()
    });
    until_aborted(env, kind.place, signal, started).map(Promise::new)
}

/// The future of any method, boxed: what is done with each of them is compiled once, and it
/// is not copied on its way to the runtime.
type Call = Pin<Box<dyn Future<Output = std::result::Result<Settle, Rejection>> + Send>>;

fn settle_with<T: ToNapiValue + Send + 'static>(value: T) -> Settle {
    // SAFETY: a promise is settled on the JavaScript thread, with its environment.
    Box::new(move |env| unsafe { T::to_napi_value(env.raw(), value) })
}

/// Returns the promise of a call that a signal aborts.
fn until_aborted(
    env: &Env,
    place: Place,
    signal: Option<Signal>,
    started: std::result::Result<Call, daytona_client::Error>,
) -> Result<sys::napi_value> {
    drop_unneeded_text(env);
    promise(env, place, async move {
        let outcome = match (started, signal) {
            (Ok(call), None) => call.await,
            (Ok(call), Some(signal)) => tokio::select! {
                biased;
                () = signal.aborted() => Err(Rejection::Aborted),
                outcome = call => outcome,
            },
            (Err(error), _) => Err(error.into()),
        };
        outcome.unwrap_or_else(|rejection| {
            Box::new(|env| {
                keep_alive_for_cleanups(env);
                Err(rejection.into_napi(env))
            })
        })
    })
}

/// A class whose methods are calls on a handle of the client.
pub(crate) trait Resource {
    /// The handle; a clone of it is another handle of the same.
    type Handle: Clone;

    /// The handle that calls are made on.
    fn handle(&self) -> &Self::Handle;

    /// Starts a call on the handle, see [`call`].
    fn call<T, E, F>(
        &self,
        env: &Env,
        options: Option<CallOptions>,
        kind: Kind,
        start: impl FnOnce(Self::Handle, Deadline) -> F,
    ) -> Promised<T>
    where
        F: Future<Output = std::result::Result<T, E>> + Send + 'static,
        T: ToNapiValue + Send + 'static,
        E: Into<Rejection>,
    {
        call(env, options, kind, |deadline| start(self.handle().clone(), deadline))
    }
}

/// Keeps the process alive until what failed or aborted calls have left behind
/// is cleared away.
fn keep_alive_for_cleanups(env: &Env) {
    if !daytona_client::has_running_cleanups() {
        return;
    }
    // Nobody waits for it: that it is pending is enough.
    let _ = promise(env, Place::Runtime, async {
        daytona_client::wait_for_cleanups().await;
        settle_with(())
    });
}

/// A result that is cleared away unless JavaScript receives it.
pub struct Claimed<T>(pub(crate) Unclaimed<T>);

impl<T: ToNapiValue> ToNapiValue for Claimed<T> {
    unsafe fn to_napi_value(env: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        // SAFETY: called with the environment that this function was called with.
        unsafe { T::to_napi_value(env, value.0.claim()) }
    }
}
