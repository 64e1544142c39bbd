//! Promises of futures, settled in batches.
//!
//! napi-rs makes a thread-safe function and two tasks for each promise; under
//! many calls at once that costs more than the calls. Here each environment has
//! one thread-safe function: what is completed waits in a queue, and one wake-up
//! settles all of it that a turn of the event loop may take. Other work for the
//! JavaScript thread waits in the same queue.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::ptr;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use daytona_client::EventLoop as _;
use futures_util::FutureExt as _;
use napi::bindgen_prelude::{Env, ToNapiValue};
use napi::{Error, JsError, Result, check_status, sys};
use tokio::runtime::Handle;

use crate::event_loop::{Inbox, NodeLoop};
use crate::running_calls::{self, RunningCalls};

/// How many promises one turn of the event loop settles: each is followed by
/// what the program does next, and other events wait for all of it.
const BATCH: usize = 32;
/// How long one turn may settle promises and do other work, however little it is.
const TURN: Duration = Duration::from_millis(2);

/// The runtime of all calls. It lives as long as the process: the end of a
/// worker must not end calls of others, nor what cleans up after its own.
///
/// One thread carries any number of calls that do not run on an event loop: it waits for
/// the network, and large responses are parsed elsewhere. A second one would be woken, and
/// go back to sleep, several times a call.
static RUNTIME: LazyLock<std::io::Result<Handle>> = LazyLock::new(|| {
    let runtime =
        tokio::runtime::Builder::new_current_thread().thread_name(THREAD_NAME).enable_all().build()?;
    let handle = runtime.handle().clone();
    let run = move || runtime.block_on(std::future::pending::<()>());
    std::thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(run)?;
    Ok(handle)
});
const THREAD_NAME: &str = "daytona-native";

fn runtime() -> Result<&'static Handle> {
    RUNTIME
        .as_ref()
        .map_err(|error| Error::from_reason(format!("cannot start the threads of daytona-native: {error}")))
}

thread_local! {
    /// The queue of each environment of this thread.
    static QUEUES: RefCell<HashMap<usize, Arc<Queue>>> = RefCell::new(HashMap::new());
}

/// A promise on its way to JavaScript, of a value of this type.
pub struct Promise<T>(sys::napi_value, PhantomData<T>);

impl<T> Promise<T> {
    pub(crate) fn new(promise: sys::napi_value) -> Self {
        Self(promise, PhantomData)
    }
}

impl<T> ToNapiValue for Promise<T> {
    unsafe fn to_napi_value(_: sys::napi_env, promise: Self) -> Result<sys::napi_value> {
        Ok(promise.0)
    }
}

/// Makes the value that a promise resolves with, or the error that it rejects with. Runs
/// on the JavaScript thread.
pub(crate) type Settle = Box<dyn FnOnce(&Env) -> Result<sys::napi_value> + Send>;

/// Where a future is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the event loop, if that is possible: for what is short each time.
    EventLoop,
    /// On the thread of the runtime.
    Runtime,
}

/// Returns a promise that is settled with what a future gives. When the environment ends
/// before, the future or its output is dropped.
pub(crate) fn promise(
    env: &Env,
    place: Place,
    future: impl Future<Output = Settle> + Send + 'static,
) -> Result<sys::napi_value> {
    let runtime = runtime()?;
    let queue = Queue::of(env)?;
    let (mut deferred, mut promise) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: `env` is the environment of the running call; both pointers are to locals.
    check_status!(unsafe { sys::napi_create_promise(env.raw(), &mut deferred, &mut promise) })?;
    queue.begin(env)?;
    let deferred = Deferred(deferred);
    let of_call = Arc::clone(&queue);
    let call = async move {
        let settle = AssertUnwindSafe(future).catch_unwind().await;
        let settle = settle.unwrap_or_else(|_| Box::new(|_| Err(Error::from_reason("the call panicked"))));
        of_call.push(true, move |env| deferred.settle(env, settle(env)));
    };
    match queue.event_loop.get() {
        Some(Some(event_loop)) if place == Place::EventLoop => {
            event_loop.spawn(Box::pin(running_calls::counted(call)));
        }
        _ => queue.calls.spawn(runtime, call),
    }
    Ok(promise)
}

/// What settles a promise, used on the JavaScript thread only.
struct Deferred(sys::napi_deferred);

// SAFETY: the pointer travels with the future, and is used in `settle` only, which
// runs on the thread of the environment that made it.
unsafe impl Send for Deferred {}

impl Deferred {
    fn settle(self, env: &Env, value: Result<sys::napi_value>) {
        // SAFETY: on the JavaScript thread, in the environment that made the deferred, once.
        unsafe {
            match value {
                Ok(value) => sys::napi_resolve_deferred(env.raw(), self.0, value),
                Err(error) => {
                    sys::napi_reject_deferred(env.raw(), self.0, JsError::from(error).into_value(env.raw()))
                }
            };
        }
    }
}

/// What waits for the JavaScript thread.
struct Task {
    run: Box<dyn FnOnce(&Env) + Send>,
    /// Whether it settles a promise.
    settles: bool,
}

/// The tasks of an environment, which run on its JavaScript thread.
pub(crate) struct Queue {
    state: Mutex<State>,
    calls: RunningCalls,
    /// Whether the environment, and so its memory, exists.
    is_alive: RwLock<bool>,
    /// The event loop, if calls can run on it.
    event_loop: OnceLock<Option<Arc<NodeLoop>>>,
}

struct State {
    tasks: VecDeque<Task>,
    /// Whether a turn runs, which looks for more tasks at its end.
    is_running: bool,
    /// Wakes the JavaScript thread; `None` once the environment ends.
    wake: Option<Wake>,
    /// Promises that are not settled.
    pending: usize,
}

struct Wake(sys::napi_threadsafe_function);

// SAFETY: a thread-safe function may be called on any thread until it is
// finalized; the lock around it is held while it is called and while it is taken away.
unsafe impl Send for Wake {}

impl Queue {
    /// The queue of an environment, made at its first call.
    pub(crate) fn of(env: &Env) -> Result<Arc<Self>> {
        let key = env.raw() as usize;
        if let Some(queue) = QUEUES.with_borrow(|queues| queues.get(&key).cloned()) {
            return Ok(queue);
        }
        let state = State { tasks: VecDeque::new(), is_running: false, wake: None, pending: 0 };
        let queue = Arc::new(Self {
            state: Mutex::new(state),
            calls: RunningCalls::new(runtime()?),
            is_alive: RwLock::new(true),
            event_loop: OnceLock::new(),
        });
        let mut function = ptr::null_mut();
        let (mut name, finalizer) = (ptr::null_mut(), Arc::into_raw(Arc::clone(&queue)));
        // SAFETY: `env` is the environment of the running call; the context is an
        // owned reference, which `finalize` takes back.
        unsafe {
            let text = c"daytona-native";
            let length = isize::try_from(text.count_bytes()).unwrap_or_default();
            check_status!(sys::napi_create_string_utf8(env.raw(), text.as_ptr(), length, &mut name))?;
            check_status!(sys::napi_create_threadsafe_function(
                env.raw(),
                ptr::null_mut(),
                ptr::null_mut(),
                name,
                0,
                1,
                ptr::null_mut(),
                Some(finalize),
                finalizer.cast_mut().cast(),
                Some(run_turn),
                &mut function,
            ))?;
            // Nothing keeps the process alive but a pending promise.
            check_status!(sys::napi_unref_threadsafe_function(env.raw(), function))?;
        }
        queue.lock().wake = Some(Wake(function));
        // After the function, and so ended before it.
        let inbox: Weak<dyn Inbox> = Arc::downgrade(&queue) as _;
        let event_loop = NodeLoop::of(env, runtime()?, inbox)?;
        queue.event_loop.get_or_init(|| event_loop);
        QUEUES.with_borrow_mut(|queues| queues.insert(key, Arc::clone(&queue)));
        Ok(queue)
    }

    /// Counts a promise; the first one keeps the process alive.
    fn begin(&self, env: &Env) -> Result<()> {
        let mut state = self.lock();
        state.pending += 1;
        if let (1, Some(wake)) = (state.pending, &state.wake) {
            // SAFETY: on the JavaScript thread of a function that is not finalized.
            check_status!(unsafe { sys::napi_ref_threadsafe_function(env.raw(), wake.0) })?;
        }
        Ok(())
    }

    /// Runs a task on the JavaScript thread, soon. It is dropped when the environment
    /// ends before. It does not keep the process alive: a pending promise does.
    pub(crate) fn run(&self, task: impl FnOnce(&Env) + Send + 'static) {
        self.push(false, task);
    }

    /// Calls a function while the environment exists: its end waits for the function.
    /// Returns `None` when it has ended.
    pub(crate) fn while_alive<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        let is_alive = self.is_alive.read().unwrap_or_else(PoisonError::into_inner);
        is_alive.then(call)
    }

    /// Hands a task to the JavaScript thread, from any thread.
    fn push(&self, settles: bool, run: impl FnOnce(&Env) + Send + 'static) {
        let task = Task { run: Box::new(run), settles };
        let mut state = self.lock();
        if state.wake.is_some() {
            state.tasks.push_back(task);
            // Those before have woken the thread already.
            if state.tasks.len() == 1 && !state.is_running {
                state.wake();
            }
            return;
        }
        drop(state);
        // The environment has ended: what it would have received is cleared away.
        drop(task);
    }

    /// Runs as many tasks as one turn may, on the JavaScript thread.
    fn run_turn(self: &Arc<Self>, env: &Env) {
        self.lock().is_running = true;
        let started = Instant::now();
        let mut settled = 0;
        for _ in 0..BATCH {
            let Some(task) = self.lock().tasks.pop_front() else { break };
            let mut scope = ptr::null_mut();
            // SAFETY: on the JavaScript thread; the scope is closed below.
            unsafe { sys::napi_open_handle_scope(env.raw(), &mut scope) };
            (task.run)(env);
            // SAFETY: opened above.
            unsafe { sys::napi_close_handle_scope(env.raw(), scope) };
            settled += usize::from(task.settles);
            if started.elapsed() > TURN {
                break;
            }
        }
        let mut state = self.lock();
        state.is_running = false;
        state.pending -= settled;
        if !state.tasks.is_empty() {
            if started.elapsed() > TURN {
                drop(state);
                return self.wake_later();
            }
            state.wake();
        } else if let (0, Some(wake)) = (state.pending, &state.wake) {
            // SAFETY: on the JavaScript thread of a function that is not finalized.
            unsafe { sys::napi_unref_threadsafe_function(env.raw(), wake.0) };
        }
    }

    /// Wakes the JavaScript thread from another one. Node.js goes on with what is woken
    /// on its own thread before it looks at other events.
    fn wake_later(self: &Arc<Self>) {
        let queue = Arc::clone(self);
        match RUNTIME.as_ref() {
            Ok(runtime) => drop(runtime.spawn(async move { queue.lock().wake() })),
            Err(_) => self.lock().wake(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inbox for Queue {
    fn hold(&self) {
        self.lock().is_running = true;
    }

    fn release(&self) -> bool {
        let mut state = self.lock();
        state.is_running = false;
        !state.tasks.is_empty()
    }

    fn deliver(self: Arc<Self>, env: &Env) {
        self.run_turn(env);
    }
}

impl State {
    fn wake(&self) {
        if let Some(Wake(function)) = self.wake {
            // SAFETY: called under the lock, so the function is not finalized.
            unsafe {
                sys::napi_call_threadsafe_function(
                    function,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                );
            }
        }
    }
}

/// Called by Node.js on the JavaScript thread after a wake-up.
unsafe extern "C" fn run_turn(
    env: sys::napi_env,
    _function: sys::napi_value,
    _context: *mut c_void,
    _data: *mut c_void,
) {
    // Without an environment it is ending.
    if env.is_null() {
        return;
    }
    if let Some(queue) = QUEUES.with_borrow(|queues| queues.get(&(env as usize)).cloned()) {
        queue.run_turn(&Env::from_raw(env));
    }
}

/// Called by Node.js on the JavaScript thread when the environment ends.
unsafe extern "C" fn finalize(env: sys::napi_env, _data: *mut c_void, context: *mut c_void) {
    // SAFETY: the reference that was given away when the function was made.
    let queue = unsafe { Arc::from_raw(context.cast::<Queue>().cast_const()) };
    QUEUES.with_borrow_mut(|queues| queues.remove(&(env as usize)));
    let undelivered = {
        let mut state = queue.lock();
        state.wake = None;
        std::mem::take(&mut state.tasks)
    };
    queue.calls.end();
    // Waits for those who use the environment's memory: it is freed after this.
    *queue.is_alive.write().unwrap_or_else(PoisonError::into_inner) = false;
    // What was never delivered is cleared away, on the runtime.
    if let Ok(runtime) = RUNTIME.as_ref() {
        runtime.spawn(async move { drop(undelivered) });
    }
}
