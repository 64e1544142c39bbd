//! Finds the host's programs and files that sandboxes can use.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::host_trust::HostTrust;
use crate::program::typescript::StandIn;
use crate::search_path;
use daytona_sandbox_init::{Binding, COMMANDS, FIRST_COMMANDS, HOME, Link, PROGRAM, USER};

const SYSTEM_FOLDERS: &[&str] = &["/usr", "/opt", "/nix/store"];
/// Symbolic links into /usr on current systems, folders on older ones.
const ROOT_FOLDERS: &[&str] = &["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/// An allow list, because /etc may contain secrets under any name.
const ETC_ENTRIES: &[&str] = &[
    "X11",
    "alternatives",
    "bash.bashrc",
    "crypto-policies",
    "debian_version",
    "fonts",
    "gai.conf",
    "host.conf",
    "inputrc",
    "ld.so.cache",
    "localtime",
    "login.defs",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "pki",
    "profile",
    "protocols",
    "redhat-release",
    "services",
    "ssl",
    "timezone",
    "xdg",
];
const SYSTEM_PATH: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/// A tool that takes longer to print its location is omitted.
const TOOL_TIMEOUT: Duration = Duration::from_secs(10);

/// The host's programs for sandboxes: looked up once, read-only in each.
#[derive(Clone, Debug)]
pub struct HostUserland {
    bindings: Vec<Binding>,
    links: Vec<Link>,
    files: Vec<(PathBuf, String)>,
    env: Vec<(String, String)>,
    path: String,
}

/// A tool and the arguments that make it print its real location: the file on
/// PATH may be the shim of a version manager. Without arguments the file on PATH
/// is used.
struct Tool {
    names: &'static [&'static str],
    location_args: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool {
        names: &["python3", "python"],
        location_args: &[
            "-c",
            "import os,sys;print(os.path.realpath(sys.executable));print(sys.base_prefix)",
        ],
    },
    Tool { names: &["node"], location_args: &["-p", "process.execPath"] },
    Tool { names: &["git"], location_args: &[] },
    Tool { names: &["bash"], location_args: &[] },
];

impl HostUserland {
    /// Looks for installed tools. Those outside the system folders are run to
    /// find their real location.
    pub async fn probe() -> Self {
        let mut found = Found::default();
        for tool in TOOLS {
            found.add(tool).await;
        }
        let mut bindings: Vec<Binding> = SYSTEM_FOLDERS.iter().filter_map(bind_in_place).collect();
        let mut links = Vec::new();
        for path in ROOT_FOLDERS {
            match fs::read_link(path) {
                Ok(target) => links.push(Link { path: path.into(), target }),
                Err(_) => bindings.extend(bind_in_place(path)),
            }
        }
        bindings.extend(ETC_ENTRIES.iter().filter_map(|name| bind_in_place(format!("/etc/{name}"))));
        bindings.extend(python_configuration());
        bindings.extend(found.prefixes.iter().filter_map(bind_in_place));
        bindings.extend(found.single_files);
        links.extend(found.links);
        if find_on_path("node").is_some() {
            links.extend(StandIn::ALL.map(stand_in));
        }
        let trust = HostTrust::read(|path| bindings.iter().any(|binding| path.starts_with(&binding.target)));
        bindings.extend(trust.bindings.iter().cloned());
        let path = search_path(&found.search);
        Self { bindings, links, files: trust.files, env: trust.env, path }
    }

    /// Host files and folders to mount.
    #[must_use]
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// Symbolic links to create.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Files to write.
    #[must_use]
    pub fn files(&self) -> &[(PathBuf, String)] {
        &self.files
    }

    /// Returns the default environment of a sandbox whose home is `home`. The
    /// variables of the create request come on top. Of the host's, only those for
    /// certificates, proxies and package registries are inherited, without secrets.
    #[must_use]
    pub fn environment(&self, home: &str) -> Vec<(String, String)> {
        let in_home = |rest: &str| format!("{home}/{rest}");
        [
            ("HOME", home.to_owned()),
            ("USER", USER.to_owned()),
            ("LOGNAME", USER.to_owned()),
            ("SHELL", "/bin/bash".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            (
                "PATH",
                format!(
                    "{}:{}:{FIRST_COMMANDS}:{}",
                    in_home(".local/bin"),
                    in_home(".npm-global/bin"),
                    self.path
                ),
            ),
            // /usr is read-only: global packages are installed below the home.
            ("npm_config_prefix", in_home(".npm-global")),
            ("npm_config_cache", in_home(".npm")),
            ("npm_config_update_notifier", "false".to_owned()),
            ("PIP_BREAK_SYSTEM_PACKAGES", "1".to_owned()),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(self.env.iter().cloned())
        .collect()
    }
}

#[derive(Default)]
struct Found {
    prefixes: BTreeSet<PathBuf>,
    single_files: Vec<Binding>,
    links: Vec<Link>,
    search: Vec<PathBuf>,
}

impl Found {
    async fn add(&mut self, tool: &Tool) {
        let Some((name, path)) = tool.names.iter().find_map(|name| Some((*name, find_on_path(name)?))) else {
            return;
        };
        let real = fs::canonicalize(&path).unwrap_or(path);
        let executable = if is_system_path(&real) {
            real
        } else {
            match locate(&real, name, tool.location_args).await {
                Some(executable) => executable,
                None => return,
            }
        };
        if !is_system_path(&executable) {
            self.add_installation(&executable, name);
        }
        // Some systems only have `python3`; provide `python` as well.
        if name == "python3" && self.lacks_python(&executable) {
            self.link("python", &executable);
        }
    }

    fn lacks_python(&self, executable: &Path) -> bool {
        let beside = executable.parent().is_some_and(|folder| folder.join("python").exists());
        !beside && !SYSTEM_PATH.iter().any(|folder| Path::new(folder).join("python").exists())
    }

    /// Adds a tool outside the system folders: its installation prefix if it has
    /// one, else only the executable.
    fn add_installation(&mut self, executable: &Path, name: &str) {
        let bin = executable.parent();
        let prefix = bin
            .filter(|bin| bin.file_name() == Some(OsStr::new("bin")))
            .and_then(Path::parent)
            .filter(|prefix| is_installation_prefix(prefix));
        match (prefix, bin) {
            (Some(prefix), Some(bin)) => {
                self.prefixes.insert(prefix.to_owned());
                self.search.push(bin.to_owned());
                if !bin.join(name).exists() {
                    self.link(name, executable);
                }
            }
            _ => {
                // The one that the host finds first, before one in a system folder.
                let target = Path::new(FIRST_COMMANDS).join(name);
                self.single_files.push(Binding { source: executable.to_owned(), target, live: false });
            }
        }
    }

    fn link(&mut self, name: &str, target: &Path) {
        let path = Path::new(COMMANDS).join(name);
        self.links.push(Link { path, target: target.to_owned() });
    }
}

/// Returns the link for a command that this program stands in for. The host's `npx` would
/// fetch the others, so it comes second.
fn stand_in(command: StandIn) -> Link {
    let folder = if command == StandIn::Npx { FIRST_COMMANDS } else { COMMANDS };
    Link { path: Path::new(folder).join(command.name()), target: PROGRAM.into() }
}

fn search_path(found: &[PathBuf]) -> String {
    let mut folders: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
    folders.dedup();
    folders.extend(SYSTEM_PATH.iter().map(|path| (*path).to_owned()));
    folders.push(COMMANDS.to_owned());
    folders.join(":")
}

fn bind_in_place(path: impl AsRef<Path>) -> Option<Binding> {
    let path = path.as_ref();
    // Follows links: a dangling link cannot be mounted.
    fs::metadata(path).ok()?;
    Some(Binding { source: path.to_owned(), target: path.to_owned(), live: false })
}

/// Some distributions keep parts of Python's configuration in /etc/python3*.
fn python_configuration() -> Vec<Binding> {
    let Ok(entries) = fs::read_dir("/etc") else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("python3"))
        .filter_map(|entry| bind_in_place(entry.path()))
        .collect()
}

fn is_system_path(path: &Path) -> bool {
    SYSTEM_FOLDERS.iter().chain(ROOT_FOLDERS).any(|folder| path.starts_with(folder))
}

/// Whether a folder contains one installation and no unrelated files.
fn is_installation_prefix(prefix: &Path) -> bool {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let above_home = Path::new("/root").starts_with(prefix)
        || (!home.as_os_str().is_empty() && home.starts_with(prefix))
        || prefix.parent() == Some(Path::new("/home"))
        || Path::new(HOME).starts_with(prefix);
    let shared = prefix.file_name().is_none_or(|name| name == ".local");
    !above_home && !shared && LIBRARIES.iter().any(|library| has_entry(&prefix.join("lib"), library))
}

/// How the name of a folder of libraries starts.
const LIBRARIES: &[&str] = &["node_modules", "python3"];

fn has_entry(folder: &Path, start: &str) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with(start))
}

fn find_on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    search_path::all(&path, name).find(|file| file.is_absolute())
}

/// Runs a tool to find its real location. It is run under its own name, because
/// version managers use the name to choose the program.
async fn locate(real: &Path, name: &str, location_args: &[&str]) -> Option<PathBuf> {
    if location_args.is_empty() {
        return Some(real.to_owned());
    }
    let mut command = Command::new(find_on_path(name)?);
    command.args(location_args).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(TOOL_TIMEOUT, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines().map(str::trim);
    let executable = PathBuf::from(lines.next()?);
    // Inside a virtual environment the second line is the installation it uses.
    let base =
        lines.next().map(|prefix| Path::new(prefix).join("bin").join(name)).filter(|file| file.is_file());
    let executable = if is_system_path(&executable) { executable } else { base.unwrap_or(executable) };
    fs::canonicalize(executable).ok()
}
