//! Secrets among the arguments of this program, which other users of the machine can
//! read in the list of processes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;

use daytona_sandbox_init::ProcessStat;

/// The field with the address of the arguments.
const START_OF_ARGUMENTS: usize = 48;

/// Overwrites a value in this process's arguments, in all places where it is an argument
/// or the value of one.
///
/// # Errors
/// When the arguments cannot be found or written.
pub(super) fn hide(secret: &str) -> io::Result<()> {
    if secret.is_empty() {
        return Ok(());
    }
    let start: u64 =
        ProcessStat::read("self")?.field(START_OF_ARGUMENTS).ok_or(io::ErrorKind::InvalidData)?;
    let arguments = fs::read("/proc/self/cmdline")?;
    let memory = File::options().write(true).open("/proc/self/mem")?;
    let mut offset = 0;
    for argument in arguments.split(|byte| *byte == 0) {
        if argument.ends_with(secret.as_bytes()) {
            let at = offset + argument.len() - secret.len();
            memory.write_all_at(
                &vec![b'*'; secret.len()],
                start + u64::try_from(at).map_err(io::Error::other)?,
            )?;
        }
        offset += argument.len() + 1;
    }
    Ok(())
}
