//! A program with a process group of its own, watched to its end and killed
//! with everything that it started.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, ioctl_tiocsctty, kill_process_group, pidfd_open,
    pidfd_send_signal, setsid, waitid,
};
use rustix::stdio::stdin;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::process_table::ProcessTable;

/// How often processes that keep starting others are looked for again.
const ROUNDS: usize = 20;

/// What a shell adds to a signal's number to make an exit code of it.
pub(super) const SIGNAL_BASE: i32 = 128;

/// How long a killed process may take to be gone.
const DIES_WITHIN: Duration = Duration::from_secs(2);

/// A program that leads a process group.
///
/// It is not waited for before this is dropped: until then its number names
/// this group and no other.
#[derive(Debug)]
pub(super) struct ProcessGroup {
    leader: Pid,
    descriptor: AsyncFd<OwnedFd>,
    child: Mutex<Child>,
    /// Whether what it has left in the background outlives it.
    is_outlived: bool,
}

impl ProcessGroup {
    /// Starts a program as the leader of a new group.
    ///
    /// Nothing here needs code between fork and exec, so the standard library can use
    /// `posix_spawn`, which does not copy the toolbox's page tables. The command is taken: it
    /// would keep the program's ends of pipes open here.
    pub(super) fn spawn(mut command: Command) -> io::Result<Self> {
        Self::watched(command.process_group(0).spawn()?)
    }

    /// Starts a program as the leader of a new session, whose terminal is the
    /// program's standard input.
    pub(super) fn spawn_on_terminal(mut command: Command) -> io::Result<Self> {
        let take_terminal = || {
            setsid()?;
            Ok(ioctl_tiocsctty(stdin())?)
        };
        // SAFETY: it runs in the new process between fork and exec, where only what a
        // signal handler may do is allowed: it makes two system calls, and neither
        // allocates nor takes a lock.
        let command = unsafe { command.pre_exec(take_terminal) };
        Self::watched(command.spawn()?)
    }

    /// Leaves others of the group alone when this is dropped after the end of the leader, as a
    /// shell does.
    pub(super) fn outlived(mut self) -> Self {
        self.is_outlived = true;
        self
    }

    fn watched(mut child: Child) -> io::Result<Self> {
        match watch(&child) {
            Ok((leader, descriptor)) => {
                Ok(Self { leader, descriptor, child: Mutex::new(child), is_outlived: false })
            }
            Err(error) => {
                // It has not run long enough to have started others.
                let _ended = child.kill();
                let _status = child.wait();
                Err(error)
            }
        }
    }

    /// Waits for the end of the leader. Others of its group may live on.
    pub(super) async fn ended(&self) -> io::Result<ExitStatus> {
        loop {
            let mut ready = self.descriptor.readable().await?;
            if let Some(status) = self.status()? {
                return Ok(status);
            }
            ready.clear_ready();
        }
    }

    /// The process id of the leader.
    pub(super) fn pid(&self) -> i32 {
        self.leader.as_raw_nonzero().get()
    }

    /// How the leader ended; `None` while it runs.
    pub(super) fn status(&self) -> io::Result<Option<ExitStatus>> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let id = WaitId::Pid(self.leader);
        let Some(status) = waitid(id, options)? else { return Ok(None) };
        Ok(match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Some(ExitStatus::from_raw(code << 8)),
            (None, Some(signal)) => Some(ExitStatus::from_raw(signal)),
            (None, None) => None,
        })
    }

    /// Interrupts the leader, as Ctrl-C does.
    pub(super) fn interrupt(&self) {
        // It may have ended by itself.
        let _gone = pidfd_send_signal(self.descriptor.get_ref(), Signal::INT);
    }

    /// Asks all processes to end, and kills those that have not after
    /// `patience`.
    pub(super) async fn end(&self, patience: Duration) {
        let asked = self.members(&[]);
        signal(&asked, Signal::TERM);
        let gone = join_all(asked.iter().map(Member::gone));
        let _late = tokio::time::timeout(patience, gone).await;
        self.kill_with(&asked).await;
    }

    /// Kills the group, but not what has left it, and does not wait.
    pub(super) fn kill_group(&self) {
        // The leader was not waited for, so its number still names this group and no other,
        // even when it is long dead.
        if let Err(error) = kill_process_group(self.leader, Signal::KILL) {
            tracing::warn!(%error, "a process group could not be killed");
        }
    }

    /// Kills all processes.
    pub(super) async fn kill(&self) {
        let found = self.members(&[]);
        signal(&found, Signal::KILL);
        self.kill_with(&found).await;
    }

    /// Kills what is left of these processes and of the group: some may have started
    /// others meanwhile, or lost their parents.
    async fn kill_with(&self, before: &[Member]) {
        for _round in 0..ROUNDS {
            let left = self.members(before);
            if left.is_empty() {
                return;
            }
            signal(&left, Signal::KILL);
            let gone = join_all(left.iter().map(Member::gone));
            let _stuck = tokio::time::timeout(DIES_WITHIN, gone).await;
        }
        tracing::warn!(leader = self.leader.as_raw_nonzero(), "processes of a group could not be ended");
    }

    /// The living processes of the group or the session, and all that descend from
    /// the leader or from a process that was found before.
    fn members(&self, before: &[Member]) -> Vec<Member> {
        let leader = self.leader.as_raw_nonzero().get();
        let roots: Vec<i32> = before.iter().filter(|member| member.lives()).map(|m| m.pid).collect();
        ProcessTable::read().family(leader, &roots).into_iter().filter_map(Member::open).collect()
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        let leaves_others = self.is_outlived && matches!(self.status(), Ok(Some(_)));
        if !leaves_others {
            signal(&self.members(&[]), Signal::KILL);
            // Its members that were started since.
            let _none_left = kill_process_group(self.leader, Signal::KILL);
        }
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = child.wait() {
            tracing::warn!(%error, "a program was not waited for");
        }
    }
}

/// The exit code of a program, as a shell around it would tell it.
pub(super) fn exit_code(status: ExitStatus) -> Option<i32> {
    status.code().or_else(|| status.signal().map(|signal| SIGNAL_BASE + signal))
}

fn watch(child: &Child) -> io::Result<(Pid, AsyncFd<OwnedFd>)> {
    let leader = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let leader = leader.ok_or_else(|| io::Error::other("the program has no process id"))?;
    let descriptor = pidfd_open(leader, PidfdFlags::NONBLOCK)?;
    Ok((leader, awaitable(descriptor)?))
}

/// A descriptor whose readability can be waited for.
fn awaitable<Descriptor: AsFd + AsRawFd>(descriptor: Descriptor) -> io::Result<AsyncFd<Descriptor>> {
    // SAFETY: an owned or borrowed descriptor stays open and the same for as
    // long as it exists, and it is moved into the result.
    Ok(unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }?)
}

/// A process, held so that its number cannot come to mean another one.
#[derive(Debug)]
struct Member {
    pid: i32,
    descriptor: OwnedFd,
}

impl Member {
    /// `None` when it has ended already.
    fn open(pid: i32) -> Option<Self> {
        let descriptor = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::NONBLOCK).ok()?;
        let member = Self { pid, descriptor };
        member.lives().then_some(member)
    }

    /// One that has ended and was not waited for does not live.
    fn lives(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut watched = [PollFd::new(&self.descriptor, PollFlags::IN)];
        matches!(poll(&mut watched, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(0))
    }

    async fn gone(&self) {
        // An error means that nothing can be known: not worth waiting for.
        if let Ok(descriptor) = awaitable(self.descriptor.as_fd()) {
            let _ready = descriptor.readable().await;
        }
    }
}

fn signal(members: &[Member], signal: Signal) {
    for member in members {
        // It may have ended by itself.
        let _gone = pidfd_send_signal(&member.descriptor, signal);
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::super::pipes;
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn the_end_is_seen_as_often_as_it_is_asked_for() {
        let process = ProcessGroup::spawn(shell("exit 7")).unwrap();
        assert_eq!(process.ended().await.unwrap().code(), Some(7));
        assert_eq!(process.ended().await.unwrap().code(), Some(7));
        let killed = ProcessGroup::spawn(shell("kill -9 $$")).unwrap();
        assert_eq!(killed.ended().await.unwrap().signal(), Some(9));
    }

    #[tokio::test]
    async fn what_a_leader_left_is_killed_with_the_group_unless_it_outlives_it() {
        for (is_outlived, wanted) in [(false, ""), (true, "alive\n")] {
            let (stdin, mut input) = pipes::input().unwrap();
            let (mut output, stdout) = pipes::output().unwrap();
            let mut command = shell("exec 3<&0; (read x <&3; echo $x) & exit 0");
            command.stdin(stdin).stdout(stdout);
            let group = ProcessGroup::spawn(command).unwrap();
            let group = if is_outlived { group.outlived() } else { group };
            assert!(group.ended().await.unwrap().success());
            drop(group);
            // Fails when nobody is left who could read it.
            let _ignored = input.write_all(b"alive\n").await;
            let mut printed = String::new();
            output.read_to_string(&mut printed).await.unwrap();
            assert_eq!(printed, wanted);
        }
    }
}
