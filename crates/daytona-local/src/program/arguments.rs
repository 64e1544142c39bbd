//! Secrets among the arguments of this program, which other users of the machine can
//! read in the list of processes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;

/// Overwrites a value in this process's arguments, in all places where it is an argument
/// or the value of one.
///
/// # Errors
/// When the arguments cannot be found or written.
pub(super) fn hide(secret: &str) -> io::Result<()> {
    if secret.is_empty() {
        return Ok(());
    }
    let start = start_of_arguments()?;
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

/// The address of the arguments: the 48th field. The program's name is in parentheses
/// and may contain any character, so fields are counted from the last one.
fn start_of_arguments() -> io::Result<u64> {
    let stat = fs::read("/proc/self/stat")?;
    let text = String::from_utf8_lossy(&stat);
    text.rsplit_once(')')
        .and_then(|(_, fields)| fields.split_ascii_whitespace().nth(45)?.parse().ok())
        .ok_or_else(|| io::Error::other("/proc/self/stat has no arguments"))
}
