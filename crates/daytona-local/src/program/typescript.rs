//! `tsx`, `ts-node` and `npx` in sandboxes: TypeScript by Node.js itself, without a
//! network. Links of these names to this program are on the PATH of a sandbox.
//! Programs of these names that the host or a project has take precedence.

use crate::search_path;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The exit code of a shell for a program that it cannot find.
const NOT_FOUND: u8 = 127;

/// The first version that runs TypeScript without an option.
const STRIPS_TYPES: (u32, u32) = (22, 18);

/// The last major version with an option for enums and the like, which are more than
/// types that can be left out.
const LAST_WITH_ENUMS: u32 = 24;

/// Options of `ts-node` without a meaning here, and whether a value follows them.
const TS_NODE_OPTIONS: &[(&str, bool)] = &[
    ("-T", false),
    ("--transpileOnly", false),
    ("--transpile-only", false),
    ("--esm", false),
    ("--swc", false),
    ("--files", false),
    ("-P", true),
    ("--project", true),
    ("-O", true),
    ("--compilerOptions", true),
    ("--compiler-options", true),
    ("-D", true),
    ("--ignoreDiagnostics", true),
    ("--ignore-diagnostics", true),
];

/// A command that this program stands in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// `tsx`.
    Tsx,
    /// `ts-node`.
    TsNode,
    /// `npx`, for the two others.
    Npx,
}

impl StandIn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tsx, Self::TsNode, Self::Npx];

    /// Returns the command's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tsx => "tsx",
            Self::TsNode => "ts-node",
            Self::Npx => "npx",
        }
    }

    /// Returns the command under whose name this program was started.
    #[must_use]
    pub fn of(started_as: &OsStr) -> Option<Self> {
        let name = Path::new(started_as).file_name()?;
        Self::ALL.into_iter().find(|stand_in| name == stand_in.name())
    }

    /// Becomes the program that does the command's work. Returns if that fails.
    #[must_use]
    pub fn run(self, arguments: Vec<OsString>) -> ExitCode {
        match self {
            Self::Tsx | Self::TsNode => self.run_node(arguments),
            Self::Npx => run_npx(arguments),
        }
    }

    fn run_node(self, arguments: Vec<OsString>) -> ExitCode {
        let name = self.name();
        let mut node = Command::new("node");
        // It warns of an experiment, which a program's output would then contain.
        node.arg("--disable-warning=ExperimentalWarning");
        match node_version() {
            Ok(version @ (major, _)) if version >= STRIPS_TYPES => {
                if major <= LAST_WITH_ENUMS {
                    node.arg("--experimental-transform-types");
                }
            }
            Ok((major, minor)) => {
                eprintln!(
                    "{name}: TypeScript requires Node.js {}.{} or later; this machine has {major}.{minor}. Install a later \
                     one on the host, or {name} in the project: npm install {name}",
                    STRIPS_TYPES.0, STRIPS_TYPES.1
                );
                return ExitCode::from(NOT_FOUND);
            }
            Err(error) => {
                eprintln!("{name}: cannot run node: {error}. Install Node.js on the host of this sandbox");
                return ExitCode::from(NOT_FOUND);
            }
        }
        let arguments = match self {
            Self::TsNode => without_ts_node_options(arguments),
            _ => with_watch_option(arguments),
        };
        become_program(node.args(arguments))
    }
}

/// Runs the real `npx`, unless it would fetch a command that Node.js can stand in for.
fn run_npx(arguments: Vec<OsString>) -> ExitCode {
    let known = |argument: &&OsString| {
        ["-y", "--yes", "-q", "--quiet", "--no", "--no-install"].iter().any(|option| argument == option)
    };
    let options = arguments.iter().take_while(known).count();
    let named = arguments.get(options).and_then(|command| {
        [StandIn::Tsx, StandIn::TsNode].into_iter().find(|stand_in| command == stand_in.name())
    });
    match named {
        // An older Node.js needs the real command, which the real `npx` may fetch.
        Some(stand_in) if installed(stand_in.name()).is_none() && strips_types() => {
            stand_in.run(arguments.into_iter().skip(options + 1).collect())
        }
        _ => match on_path("npx") {
            Some(npx) => become_program(Command::new(npx).args(arguments)),
            None => {
                eprintln!("npx: not found. Install npm on the host of this sandbox");
                ExitCode::from(NOT_FOUND)
            }
        },
    }
}

/// Returns a command that `npx` finds without a network: that of the project, or a global one.
fn installed(name: &str) -> Option<PathBuf> {
    let folder = env::current_dir().unwrap_or_default();
    let in_project = folder
        .ancestors()
        .map(|folder| folder.join("node_modules/.bin").join(name))
        .find(|command| command.is_file());
    in_project.or_else(|| on_path(name))
}

/// Returns the first file of a name on the PATH that is not this program.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    on_search_path(&env::var_os("PATH")?, name)
}

/// Returns the first program of a name in the folders of a search path that is not this program.
pub(crate) fn on_search_path(path: &OsStr, name: &str) -> Option<PathBuf> {
    let own = env::current_exe().and_then(std::fs::canonicalize).ok();
    search_path::all(path, name).find(|file| std::fs::canonicalize(file).ok() != own)
}

/// Removes the options of `ts-node`, which are about a compiler that is not used.
fn without_ts_node_options(arguments: Vec<OsString>) -> Vec<OsString> {
    let mut rest = arguments.into_iter().peekable();
    while let Some(argument) = rest.peek() {
        let Some((_, has_value)) = TS_NODE_OPTIONS.iter().find(|(option, _)| argument == option) else {
            break;
        };
        rest.next();
        if *has_value {
            rest.next();
        }
    }
    rest.collect()
}

/// Replaces the command `watch` of `tsx` by Node.js's option.
fn with_watch_option(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if let Some(first) = arguments.first_mut().filter(|first| *first == "watch") {
        *first = "--watch".into();
    }
    arguments
}

/// Returns the major and minor version of the `node` on the PATH.
fn node_version() -> io::Result<(u32, u32)> {
    let output = Command::new("node").arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err(io::Error::other("it does not tell its version")),
    }
}

fn strips_types() -> bool {
    node_version().is_ok_and(|version| version >= STRIPS_TYPES)
}

/// Replaces this process by a program. Returns only if that fails.
fn become_program(program: &mut Command) -> ExitCode {
    let error = program.exec();
    eprintln!("cannot run {}: {error}", Path::new(program.get_program()).display());
    ExitCode::from(NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn a_command_is_known_by_its_name() {
        assert_eq!(StandIn::of(OsStr::new("/run/daytona/bin/ts-node")), Some(StandIn::TsNode));
        assert_eq!(StandIn::of(OsStr::new("npx")), Some(StandIn::Npx));
        assert_eq!(StandIn::of(OsStr::new("/x/daytona-local")), None);
    }

    #[test]
    fn options_of_ts_node_are_dropped_and_those_of_the_program_kept() {
        let given = words(&["-T", "-O", "{}", "a.ts", "-T", "x"]);
        assert_eq!(without_ts_node_options(given), words(&["a.ts", "-T", "x"]));
        assert_eq!(without_ts_node_options(words(&["-e", "1"])), words(&["-e", "1"]));
        assert_eq!(with_watch_option(words(&["watch", "a.ts"])), words(&["--watch", "a.ts"]));
    }
}
