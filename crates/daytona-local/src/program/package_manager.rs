//! Ends the server with the package manager that started it.
//!
//! `npx daytona-local` starts the program through a shell and a script. When only the
//! package manager is killed, as scripts of continuous integration do, the others live
//! on and nobody ends them.

use std::collections::BTreeSet;
use std::future::pending;
use std::os::fd::OwnedFd;

use daytona_sandbox_init::ProcessStat;
use rustix::process::{Pid, PidfdFlags, getppid, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Set by npm, npx, pnpm, Yarn and Bun for the programs that they start.
const MARK: &[u8] = b"npm_config_user_agent=";
/// Set besides; they differ when one package manager started another.
const MARKS: &[&[u8]] =
    &[MARK, b"npm_command=", b"npm_lifecycle_event=", b"npm_lifecycle_script=", b"npm_execpath="];
/// More ancestors than a program has.
const MAX_ANCESTORS: usize = 64;

/// The package manager that started this program, if one did.
#[derive(Debug)]
pub(super) struct PackageManager {
    process: Option<OwnedFd>,
}

impl PackageManager {
    /// Finds the package manager: the closest ancestor that does not have the variables
    /// that it set, as this program does. Programs that were started by hand have none.
    pub(super) fn find() -> Self {
        Self { process: find().and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) }
    }

    /// Completes when the package manager has ended; never, if there is none.
    pub(super) async fn ended(self) {
        let Some(process) = self.process else { return pending().await };
        // SAFETY: the descriptor is owned by the result, which neither closes nor
        // replaces it while it is registered.
        let watched = unsafe { AsyncFd::register_with_interest(process, Interest::READABLE) };
        match watched {
            Ok(watched) => drop(watched.readable().await),
            Err(_) => pending().await,
        }
    }
}

fn find() -> Option<Pid> {
    let own = marks("self")?;
    if !own.iter().any(|variable| variable.starts_with(MARK)) {
        return None;
    }
    let mut ancestor = getppid()?;
    for _ in 0..MAX_ANCESTORS {
        // The first process of the system starts no package manager: the one that
        // started this program has ended already.
        if ancestor == Pid::INIT {
            return None;
        }
        let name = ancestor.as_raw_nonzero().to_string();
        if marks(&name)? != own {
            return Some(ancestor);
        }
        ancestor = Pid::from_raw(ProcessStat::read(&name).ok()?.parent()?)?;
    }
    None
}

/// The variables of a process that a package manager set. `None` if they cannot be read.
fn marks(process: &str) -> Option<BTreeSet<Vec<u8>>> {
    let environment = std::fs::read(format!("/proc/{process}/environ")).ok()?;
    let variables = environment.split(|byte| *byte == 0);
    let is_mark = |variable: &&[u8]| MARKS.iter().any(|mark| variable.starts_with(mark));
    Some(variables.filter(is_mark).map(<[u8]>::to_vec).collect())
}
