//! The `toolbox` role, inside a sandbox.

use std::env;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use daytona_sandbox_init::HOME;
use rustix::fs::{Mode, OFlags};

use crate::channel::Acceptor;
use crate::toolbox::{MemoryEvents, SandboxLimits, ToolboxOptions, serve, set_disk_limit};

/// What the first process tells a toolbox.
#[derive(Args, Debug)]
pub struct ToolboxArguments {
    /// Home and working directory.
    #[arg(long, default_value = HOME)]
    home: PathBuf,
    /// Number of processors that the sandbox may use.
    #[arg(long)]
    cpu: u32,
    /// Bytes of memory that the sandbox may use.
    #[arg(long)]
    memory: u64,
    /// Bytes of the sandbox's disk, if they are limited.
    #[arg(long)]
    disk: Option<u64>,
    /// Whether the sandbox uses the network of the host.
    #[arg(long)]
    shares_network: bool,
    /// Descriptor of a file with the number of processes that were killed because
    /// memory was used up.
    #[arg(long)]
    memory_events: Option<RawFd>,
    /// Descriptor of a file with the kinds of memory that the sandbox uses.
    #[arg(long)]
    memory_stat: Option<RawFd>,
}

/// Serves the toolbox on the channel that is passed as standard input. Standard error is
/// a file with the environment of commands.
#[must_use]
pub fn run_toolbox(arguments: ToolboxArguments) -> ExitCode {
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run(arguments: ToolboxArguments) -> io::Result<()> {
    take_environment()?;
    let home = arguments.home;
    if let Some(size) = arguments.disk {
        set_disk_limit(size, home.clone());
    }
    let memory_events = arguments.memory_events.map(take_file).transpose()?.map(MemoryEvents::new);
    let memory_stat = arguments.memory_stat.map(take_file).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let acceptor = take_channel()?;
        report_ready()?;
        let options = ToolboxOptions {
            work_dir: home.clone(),
            home_dir: home,
            state_dir: super::temp_dir().join(".daytona"),
            memory_events,
            limits: SandboxLimits { cpu: arguments.cpu, memory: arguments.memory },
            memory_stat,
            shares_network: arguments.shares_network,
        };
        serve(acceptor, options).await
    })
}

/// Sets the environment that commands inherit. This program did not start with it:
/// variables such as `LD_PRELOAD` would have changed this program too.
fn take_environment() -> io::Result<()> {
    let mut file = File::from(io::stderr().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stderr(null()?)?;
    file.rewind()?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    for (name, value) in serde_json::from_slice::<Vec<(String, String)>>(&text)? {
        // SAFETY: this process has one thread.
        unsafe { env::set_var(name, value) };
    }
    Ok(())
}

/// Takes over an inherited descriptor, which commands must not inherit.
fn take_file(descriptor: RawFd) -> io::Result<File> {
    // SAFETY: the first process passed the descriptor for this purpose, and nothing else in
    // this process uses it.
    let file = File::from(unsafe { OwnedFd::from_raw_fd(descriptor) });
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::CLOEXEC)?;
    Ok(file)
}

/// Moves the channel to a descriptor that commands do not inherit.
fn take_channel() -> io::Result<Acceptor> {
    let end = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(null()?)?;
    Acceptor::new(end)
}

/// Tells the guard that the toolbox is ready, then closes the pipe: commands must
/// not inherit it.
fn report_ready() -> io::Result<()> {
    io::stdout().write_all(b"ready\n")?;
    io::stdout().flush()?;
    Ok(rustix::stdio::dup2_stdout(null()?)?)
}

fn null() -> io::Result<OwnedFd> {
    Ok(rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?)
}
