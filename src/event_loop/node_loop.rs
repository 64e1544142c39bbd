//! The event loop of an environment of Node.js.

use std::cell::RefCell;
use std::cmp;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::io;
use std::net::TcpStream;
use std::panic::AssertUnwindSafe;
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Wake as _, Waker};
use std::time::{Duration, Instant};

use daytona_client::{EventLoop, LoopConnections, Task, Watcher};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use napi::bindgen_prelude::{Env, JsObjectValue as _, JsValue as _, Object, Result};
use napi::{check_status, sys};
use tokio::runtime::Handle as Runtime;

use super::Inbox;
use super::handle::{Event, Handle, OpenHandles, fired};
use super::local::Local;
use super::loop_waker::LoopWaker;
use super::socket_watcher::SocketWatcher;
use super::thread_bound::ThreadBound;
use super::uv::{ASYNC, CHECK, IDLE, PREPARE, Uv};

/// How long tasks are polled, and their results delivered, before other events have a turn.
const TURN: Duration = Duration::from_millis(2);
/// How many new tasks are polled before the time is looked at: all that are woken are polled
/// at once.
const BATCH: usize = 16;

/// Hosts on whose event loop calls cannot run, as `process.versions` names them: the first two
/// have some functions of libuv that end the process, and the others run JavaScript outside of
/// the loop, which does not notice then that there is something to poll.
const OTHER_HOSTS: [&str; 4] = ["bun", "deno", "electron", "nw"];

/// The event loop of an environment, which polls calls and their connections.
pub(crate) struct NodeLoop {
    runtime: Runtime,
    tasks: Mutex<FuturesUnordered<Task>>,
    /// What is not among the tasks yet; `None` once the environment ends.
    spawned: Mutex<Option<VecDeque<Task>>>,
    waker: Arc<LoopWaker>,
    connections: OnceLock<LoopConnections>,
    own: ThreadBound<Own>,
}

/// What only the thread of the loop uses.
struct Own {
    local: Rc<Local>,
    env: sys::napi_env,
    context: sys::napi_async_context,
    inbox: Weak<dyn Inbox>,
    handles: RefCell<Option<Handles>>,
}

struct Handles {
    _prepare: Handle,
    _check: Handle,
    /// While it is active, the loop does not wait for events.
    idle: Handle,
    wake: Handle,
}

/// The loops of all environments.
static LOOPS: Mutex<Vec<Weak<NodeLoop>>> = Mutex::new(Vec::new());

impl NodeLoop {
    /// Returns the loop of an environment, unless its host has none that calls can run on.
    pub(crate) fn of(env: &Env, runtime: &Runtime, inbox: Weak<dyn Inbox>) -> Result<Option<Arc<Self>>> {
        let Some(uv) = Uv::of_host().filter(|_| is_node(env)) else { return Ok(None) };
        let (mut event_loop, mut context) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: on the JavaScript thread; the pointers are to locals.
        unsafe {
            check_status!(sys::napi_get_uv_event_loop(env.raw(), &mut event_loop))?;
            let name = env.create_string("daytona-native")?;
            check_status!(sys::napi_async_init(env.raw(), ptr::null_mut(), name.raw(), &mut context))?;
        }
        let own = Own {
            local: Rc::new(Local::new(uv, event_loop.cast())),
            env: env.raw(),
            context,
            inbox,
            handles: RefCell::new(None),
        };
        let node_loop = Arc::new(Self {
            runtime: runtime.clone(),
            tasks: Mutex::default(),
            spawned: Mutex::new(Some(VecDeque::new())),
            waker: LoopWaker::new(uv),
            connections: OnceLock::new(),
            own: ThreadBound::new(own),
        });
        let weak: Weak<dyn EventLoop> = Arc::downgrade(&node_loop) as _;
        let Some(connections) = LoopConnections::new(&weak) else { return Ok(None) };
        node_loop.connections.get_or_init(|| connections);
        if node_loop.open_handles().is_err() {
            return Ok(None);
        }
        let argument = Arc::into_raw(Arc::clone(&node_loop)).cast_mut().cast();
        // SAFETY: on the JavaScript thread; `end` takes the reference back.
        check_status!(unsafe {
            sys::napi_add_async_cleanup_hook(env.raw(), Some(end), argument, ptr::null_mut())
        })?;
        let mut loops = lock(&LOOPS);
        loops.retain(|other| other.strong_count() > 0);
        loops.push(Arc::downgrade(&node_loop));
        Ok(Some(node_loop))
    }

    /// Opens what lets the loop poll tasks. A failure is a number of the system.
    fn open_handles(self: &Arc<Self>) -> std::result::Result<(), i32> {
        let Some(own) = self.own.get() else { return Ok(()) };
        let Local { uv, event_loop, open, .. } = &*own.local;
        let (uv, event_loop) = (*uv, *event_loop);
        let turn = |has_looked| {
            let node_loop = Arc::downgrade(self);
            move |_: &Event| {
                if let Some(node_loop) = node_loop.upgrade() {
                    node_loop.turn(has_looked);
                }
            }
        };
        let nothing = |_: &Event| {};
        // SAFETY: handles of these kinds, with the loop of this thread; those that are started
        // were just opened.
        let handles = unsafe {
            let prepare =
                Handle::new(uv, open, PREPARE, |raw| (uv.prepare_init)(event_loop, raw), turn(false))?;
            let check = Handle::new(uv, open, CHECK, |raw| (uv.check_init)(event_loop, raw), turn(true))?;
            let idle = Handle::new(uv, open, IDLE, |raw| (uv.idle_init)(event_loop, raw), nothing)?;
            let wake = |raw| (uv.async_init)(event_loop, raw, Some(fired));
            let wake = Handle::new(uv, open, ASYNC, wake, nothing)?;
            (uv.prepare_start)(prepare.raw(), Some(fired));
            (uv.check_start)(check.raw(), Some(fired));
            Handles { _prepare: prepare, _check: check, idle, wake }
        };
        self.waker.set_handle(Some(handles.wake.raw()));
        *own.handles.borrow_mut() = Some(handles);
        Ok(())
    }

    /// Polls what was woken and delivers results, if there is something to do.
    fn turn(&self, has_looked: bool) {
        let Some(own) = self.own.get() else { return };
        if has_looked {
            own.local.has_looked();
        }
        if !self.waker.is_woken() {
            return;
        }
        own.local.begin_turn();
        let Some(inbox) = own.inbox.upgrade() else { return };
        let started = Instant::now();
        loop {
            inbox.hold();
            self.poll_tasks(started);
            if inbox.release() && own.deliver(Arc::clone(&inbox)).is_err() {
                return;
            }
            // What JavaScript has started then, for example.
            if !self.waker.is_woken() || started.elapsed() > TURN {
                break;
            }
        }
        own.stay_awake(self.waker.is_woken());
    }

    fn poll_tasks(&self, started: Instant) {
        let Some(connections) = self.connections.get() else { return };
        let _runtime = self.runtime.enter();
        let _connections = connections.enter();
        let waker = Waker::from(Arc::clone(&self.waker));
        let mut context = Context::from_waker(&waker);
        let mut tasks = lock(&self.tasks);
        while self.waker.take() {
            if let Some(spawned) = &mut *lock(&self.spawned) {
                tasks.extend(spawned.drain(..cmp::min(spawned.len(), BATCH)));
                // The others are polled next, unless the turn is over.
                if !spawned.is_empty() {
                    self.waker.wake_by_ref();
                }
            }
            while let Poll::Ready(Some(())) = tasks.poll_next_unpin(&mut context) {}
            if started.elapsed() > TURN {
                break;
            }
        }
    }

    /// Drops all tasks, and polls no more.
    fn drop_tasks(&self) {
        let _runtime = self.runtime.enter();
        let spawned = lock(&self.spawned).take();
        let tasks = std::mem::take(&mut *lock(&self.tasks));
        drop((spawned, tasks));
    }
}

impl EventLoop for NodeLoop {
    fn spawn(&self, task: Task) {
        // As on the runtime, one that panics takes nothing else with it.
        let task = AssertUnwindSafe(task).catch_unwind().map(drop).boxed();
        if let Some(spawned) = &mut *lock(&self.spawned) {
            spawned.push_back(task);
        }
        self.waker.wake_by_ref();
    }

    fn watch(&self, socket: &TcpStream) -> io::Result<Box<dyn Watcher>> {
        let own = self.own.get().ok_or_else(|| io::Error::other("not on the thread of the event loop"))?;
        Ok(Box::new(SocketWatcher::new(&own.local, socket)?))
    }
}

impl Own {
    /// Delivers results as an event of its own, after which Node.js runs what waits for them.
    fn deliver(&self, inbox: Arc<dyn Inbox>) -> Result<()> {
        let env = Env::from_raw(self.env);
        let (mut values, mut resource, mut event) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: on the JavaScript thread, at its outermost level; both scopes are closed in
        // reverse order.
        unsafe {
            check_status!(sys::napi_open_handle_scope(self.env, &mut values))?;
            check_status!(sys::napi_create_object(self.env, &mut resource))?;
            check_status!(sys::napi_open_callback_scope(self.env, resource, self.context, &mut event))?;
            inbox.deliver(&env);
            check_status!(sys::napi_close_callback_scope(self.env, event))?;
            check_status!(sys::napi_close_handle_scope(self.env, values))
        }
    }

    /// Lets the loop look for events without waiting for them, or wait.
    fn stay_awake(&self, is_awake: bool) {
        let Some(Handles { idle, .. }) = &*self.handles.borrow() else { return };
        // SAFETY: an open handle; both functions may be called at any time.
        unsafe {
            if is_awake {
                (self.local.uv.idle_start)(idle.raw(), Some(fired));
            } else {
                (self.local.uv.idle_stop)(idle.raw());
            }
        }
    }
}

/// Drops the tasks of all loops, at the exit of the process.
pub(crate) fn drop_all_tasks() {
    let loops: Vec<_> = lock(&LOOPS).iter().filter_map(Weak::upgrade).collect();
    for node_loop in loops {
        node_loop.drop_tasks();
    }
}

/// Whether the host is Node.js itself, which runs its event loop all the time.
fn is_node(env: &Env) -> bool {
    let versions = || -> Result<Object<'_>> {
        env.get_global()?.get_named_property::<Object<'_>>("process")?.get_named_property("versions")
    };
    let is_other = |versions: &Object<'_>| {
        OTHER_HOSTS.iter().any(|name| versions.has_named_property(name).unwrap_or(true))
    };
    versions().is_ok_and(|versions| !is_other(&versions))
}

/// Called by Node.js when an environment ends. It waits until all handles are closed.
unsafe extern "C" fn end(hook: sys::napi_async_cleanup_hook_handle, argument: *mut c_void) {
    // SAFETY: the reference that was given away with the hook, once.
    let node_loop = unsafe { Arc::from_raw(argument.cast::<NodeLoop>().cast_const()) };
    node_loop.waker.set_handle(None);
    node_loop.drop_tasks();
    let Some(own) = node_loop.own.get() else { return };
    drop(own.handles.take());
    // SAFETY: on the JavaScript thread; nobody uses the context any more.
    unsafe { sys::napi_async_destroy(own.env, own.context) };
    let open: &OpenHandles = &own.local.open;
    open.when_none(move || {
        // SAFETY: the hook that runs, once.
        unsafe { sys::napi_remove_async_cleanup_hook(hook) };
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
