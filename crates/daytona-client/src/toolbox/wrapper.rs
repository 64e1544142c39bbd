//! Commands of sessions that tell how they ended.
//!
//! A session's log has lines only, and the service closes it seconds after the
//! command has exited. So the command runs inside a small script, which writes a
//! mark that no other command has, and the exit code, to the end of both outputs:
//! the output is known to the byte, and so are its end and the exit code, without
//! a further request. The script needs a POSIX shell, `env`, `cat` and, for input,
//! `base64`.
//!
//! The output passes through two `cat`, since it ends when the last process has
//! closed it, not when the command has exited.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use daytona_api::toolbox::process::ExecuteRequest;

use super::kill::MARKER;
use crate::error::{Error, ErrorKind};

/// Begins every mark: a character that text does not contain.
const SEPARATOR: char = '\u{1e}';
/// Maximum size in bytes of an argument of a program on Linux.
const LARGEST_ARGUMENT: usize = 128 * 1024 - 1;

/// Defines `end`, and changes to the working directory. The folder that sandboxes
/// call their home may be elsewhere in a local sandbox.
const PREPARE: &str = r#"exec 3>&1 4>&2 2>/dev/null
end() { printf '%s %s\n' "$mark" "$1" >&3; printf '%s %s\n' "$mark" "$1" >&4; exit "${2:-$1}"; }
case $dir in
/home/daytona | /home/daytona/*) [ -d "$dir" ] || dir=$HOME${dir#/home/daytona} ;;
esac
if [ -n "$dir" ] && ! cd -- "$dir"; then
if [ -d "$dir" ]; then reason='permission denied'
elif [ -e "$dir" ]; then reason='not a directory'
else reason='no such file or directory'; fi
printf 'could not start %s in %s: %s' "$shell" "$dir" "$reason" >&3
end -1 126
fi
"#;

/// Makes the arguments a process group of their own: a command that kills its
/// group would otherwise kill the session.
const GROUP: &str = "command -v setsid >/dev/null && set -- setsid \"$@\"\n";

/// Runs the arguments until their outputs are closed, and writes the exit code. The
/// subshell keeps the shell's remark about a killed process out of the output.
const RUN: &str = r#"code=$({ { { (exec 2>&8 3>&- 4>&- 5>&- 8>&-; exec "$@"); echo $? >&5; } | cat >&3 5>&- 8>&-; } 8>&1 | cat >&4 5>&-; } 5>&1)
"#;

/// Writes the mark, the process id, the time at which the process started and whether
/// input can be decoded, and becomes the program.
const ANNOUNCE: &str = r#"mark=$1; shift
read -r stat </proc/$$/stat
start=$(set -f; set -- ${stat##*) }; echo ${20})
printf "%s %s %s %s\n" "$mark" "$$" "$start" "$(command -v base64 >/dev/null && echo input)"
exec "$@""#;

/// Decodes lines of input and passes them on. A dot ends the input of the program,
/// but not this loop, so that its process id stays its own.
const FEED: &str = r#"sh -c 'echo $PPID'
while read -r line; do
if [ "$line" = . ]; then exec >/dev/null; else printf %s "$line" | base64 -d; fi
done"#;

/// Identifies one command, in its environment and in its outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark(String);

impl Mark {
    pub(crate) fn new() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// Returns the mark with this id, unless it cannot be one.
    pub(crate) fn from_id(id: &str) -> Option<Self> {
        (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| Self(id.to_owned()))
    }

    pub(crate) fn id(&self) -> &str {
        &self.0
    }

    /// Returns the mark as it is written to outputs.
    pub(crate) fn in_output(&self) -> String {
        format!("{SEPARATOR}{}", self.0)
    }
}

/// Returns the command of a session that runs a script as `POST /process/execute`
/// does: a shell reads it from its standard input.
pub(crate) fn once(request: &ExecuteRequest, mark: &Mark) -> Result<String, Error> {
    let script = format!(
        "mark=$1 shell=${{2:-sh}} dir=$3\nshift 3\n{PREPARE}set -- env \"$@\" \"$shell\"\n{GROUP}{RUN}end \"${{code:--1}}\"\n"
    );
    let call = call(&script, mark, request.cwd.as_deref(), &[], request.envs.as_ref())?;
    // Built into shells, which take arguments of any size for that.
    Ok(format!("printf %s {} | {call}", quoted(&request.command)))
}

/// Returns the command of a session that runs a script and passes input on to it.
/// Its process id is announced on its standard output.
pub(crate) fn started(request: &ExecuteRequest, mark: &Mark) -> Result<String, Error> {
    if request.command.len() > LARGEST_ARGUMENT {
        let message = format!(
            "the command has {} bytes; a program takes at most {LARGEST_ARGUMENT}. Write it to a file of the sandbox, and run that",
            request.command.len()
        );
        return Err(Error::new(ErrorKind::InvalidArgument, "start a process", message));
    }
    let announce = quoted(ANNOUNCE);
    let script = format!(
        "mark=$1 shell=${{2:-sh}} dir=$3 script=$4\nshift 4\n{PREPARE}set -- sh -c {announce} sh \"$mark\" env \"$@\" \"$shell\" -c \"$script\"\n{GROUP}{{\n{FEED}\n}} | {{\nread -r feeder\n{RUN}kill \"$feeder\"\nend \"${{code:--1}}\"\n}}\n"
    );
    call(&script, mark, request.cwd.as_deref(), &[&request.command], request.envs.as_ref())
}

/// Returns a script that sends a signal to the process group of a process, if it
/// runs. Its exit code is 3 if it does not.
pub(crate) fn signal(pid: u32, started_at: &str, signal: &str) -> String {
    let started_at = quoted(started_at);
    let script = format!(
        "stat=$(cat /proc/{pid}/stat 2>/dev/null) || exit 3\nset -f\nset -- ${{stat##*) }}\n\
         [ \"$1\" != Z ] && [ \"${{20}}\" = {started_at} ] || exit 3\n\
         if [ \"$3\" = {pid} ]; then kill -s {signal} -- -{pid}; else kill -s {signal} {pid}; fi\n"
    );
    // The shell of the sandbox may be one that does not split words.
    format!("sh -c {}", quoted(&script))
}

/// Calls a script with the mark, the shell of the session, a working directory,
/// further arguments, and variables.
fn call(
    script: &str,
    mark: &Mark,
    cwd: Option<&str>,
    arguments: &[&str],
    envs: Option<&BTreeMap<String, String>>,
) -> Result<String, Error> {
    let mut command = format!(
        "sh -c {} sh {} \"${{BASH:-${{ZSH_VERSION:+zsh}}}}\" {}",
        quoted(script),
        quoted(&mark.in_output()),
        quoted(&directory(cwd.unwrap_or_default())),
    );
    for argument in arguments {
        // Cannot fail: the target is a string.
        let _ = write!(command, " {}", quoted(argument));
    }
    let marker = (MARKER, mark.id());
    let envs = envs.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in envs.chain([marker]) {
        if !is_variable_name(name) {
            let message = format!("invalid environment variable name: '{name}'");
            return Err(Error::new(ErrorKind::BadRequest, "run a command", message));
        }
        let _ = write!(command, " {name}={}", quoted(value));
    }
    Ok(command)
}

/// Returns a path that `cd` takes for nothing else.
fn directory(path: &str) -> Cow<'_, str> {
    if path.is_empty() || path.starts_with('/') { path.into() } else { format!("./{path}").into() }
}

fn is_variable_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns a string as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
