//! Node.js bindings: convert, call, convert back. What there is to decide is
//! decided in the crates below.

mod backend;
mod cancel;
mod config;
mod daytona;
mod error;
mod file_system;
mod local_server;
mod process;
mod promise;
mod sandbox;
mod text;

/// Two threads carry any number of calls: they wait for the network.
const RUNTIME_THREADS: usize = 2;

#[napi_derive::module_init]
fn start_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(RUNTIME_THREADS)
        .thread_name("daytona-native")
        .enable_all()
        .build();
    // Without it napi makes its own, one thread a processor.
    if let Ok(runtime) = runtime {
        napi::bindgen_prelude::create_custom_tokio_runtime(runtime);
    }
}
