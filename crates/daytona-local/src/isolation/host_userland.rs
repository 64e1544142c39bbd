//! What of the host's own programs a sandbox gets to see.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::init_plan::{Binding, HOME, Link, OWN_FOLDER};

const SYSTEM_FOLDERS: &[&str] = &["/usr", "/opt", "/nix/store"];
/// Links to folders below /usr on current systems, folders on older ones.
const ROOT_FOLDERS: &[&str] = &["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/// A list of what may be seen, not of what may not: /etc holds secrets under
/// names that nobody can foresee.
const ETC_ENTRIES: &[&str] = &[
    "alternatives",
    "bash.bashrc",
    "crypto-policies",
    "debian_version",
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
];
/// Configuration of tools; left out when it may hold a credential.
const TOOL_CONFIGURATION: &[&str] = &["gitconfig", "npmrc", "pip.conf"];
const CREDENTIAL_MARKS: &[&str] =
    &["auth", "credential", "password", "passwd", "token", "secret", "extraheader", "@"];
const SYSTEM_PATH: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/// A tool that does not answer this soon is left out.
const TOOL_ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Host programs for sandboxes: found once, shown read-only to all.
#[derive(Clone, Debug)]
pub struct HostUserland {
    bindings: Vec<Binding>,
    links: Vec<Link>,
    path: String,
}

/// An interpreter and the question that makes it say where it really lives:
/// what lies on PATH may be a switch between versions.
struct Tool {
    names: &'static [&'static str],
    question: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool {
        names: &["python3", "python"],
        question: &["-c", "import os,sys;print(os.path.realpath(sys.executable));print(sys.base_prefix)"],
    },
    Tool { names: &["node"], question: &["-p", "process.execPath"] },
    Tool { names: &["git"], question: &[] },
    Tool { names: &["bash"], question: &[] },
];

impl HostUserland {
    /// Looks for what is installed; programs outside the system's folders are
    /// asked where they live.
    pub async fn probe() -> Self {
        let mut found = Found::default();
        for tool in TOOLS {
            found.add(tool).await;
        }
        let mut bindings: Vec<Binding> = SYSTEM_FOLDERS.iter().filter_map(same_place).collect();
        let mut links = Vec::new();
        for path in ROOT_FOLDERS {
            match fs::read_link(path) {
                Ok(target) => links.push(Link { path: path.into(), target }),
                Err(_) => bindings.extend(same_place(path)),
            }
        }
        bindings.extend(ETC_ENTRIES.iter().filter_map(|name| same_place(format!("/etc/{name}"))));
        bindings.extend(python_configuration());
        bindings.extend(
            TOOL_CONFIGURATION
                .iter()
                .map(|name| format!("/etc/{name}"))
                .filter(|path| holds_no_credential(Path::new(path)))
                .filter_map(|path| same_place(&path)),
        );
        bindings.extend(found.prefixes.iter().filter_map(same_place));
        bindings.extend(found.single_files);
        links.extend(found.links);
        let path = search_path(&found.search);
        Self { bindings, links, path }
    }

    /// Host files and folders to bind.
    #[must_use]
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// Links to make.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The environment of a sandbox whose home is `home`: these variables, then
    /// the ones asked for at its creation. Nothing of the host's own.
    #[must_use]
    pub fn environment(&self, home: &str) -> Vec<(String, String)> {
        let in_home = |rest: &str| format!("{home}/{rest}");
        [
            ("HOME", home.to_owned()),
            ("USER", super::init_plan::USER.to_owned()),
            ("LOGNAME", super::init_plan::USER.to_owned()),
            ("SHELL", "/bin/bash".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("PATH", format!("{}:{}:{}", in_home(".local/bin"), in_home(".npm-global/bin"), self.path)),
            // /usr is read-only: packages that are not a project's own go home.
            ("npm_config_prefix", in_home(".npm-global")),
            ("npm_config_cache", in_home(".npm")),
            ("npm_config_update_notifier", "false".to_owned()),
            ("PIP_BREAK_SYSTEM_PACKAGES", "1".to_owned()),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
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
        let executable = if is_of_the_system(&real) {
            real
        } else {
            match ask(&real, name, tool.question).await {
                Some(executable) => executable,
                None => return,
            }
        };
        if !is_of_the_system(&executable) {
            self.take_in(&executable, name);
        }
        // A system that has only python3 gets the shorter name too.
        if name == "python3" && self.lacks_python(&executable) {
            self.link("python", &executable);
        }
    }

    fn lacks_python(&self, executable: &Path) -> bool {
        let beside = executable.parent().is_some_and(|folder| folder.join("python").exists());
        !beside && !SYSTEM_PATH.iter().any(|folder| Path::new(folder).join("python").exists())
    }

    /// An installation below a home: its own folder and nothing around it.
    fn take_in(&mut self, executable: &Path, name: &str) {
        let bin = executable.parent();
        let prefix = bin
            .filter(|bin| bin.file_name() == Some(OsStr::new("bin")))
            .and_then(Path::parent)
            .filter(|prefix| is_an_installation(prefix));
        match (prefix, bin) {
            (Some(prefix), Some(bin)) => {
                self.prefixes.insert(prefix.to_owned());
                self.search.push(bin.to_owned());
                if !bin.join(name).exists() {
                    self.link(name, executable);
                }
            }
            _ => {
                let target = Path::new(OWN_FOLDER).join("bin").join(name);
                self.single_files.push(Binding { source: executable.to_owned(), target });
            }
        }
    }

    fn link(&mut self, name: &str, target: &Path) {
        let path = Path::new(OWN_FOLDER).join("bin").join(name);
        self.links.push(Link { path, target: target.to_owned() });
    }
}

fn search_path(found: &[PathBuf]) -> String {
    let mut folders: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
    folders.dedup();
    folders.extend(SYSTEM_PATH.iter().map(|path| (*path).to_owned()));
    folders.push(format!("{OWN_FOLDER}/bin"));
    folders.join(":")
}

fn same_place(path: impl AsRef<Path>) -> Option<Binding> {
    let path = path.as_ref();
    // Following links: what cannot be reached cannot be shown.
    fs::metadata(path).ok()?;
    Some(Binding { source: path.to_owned(), target: path.to_owned() })
}

/// Python keeps parts of its library's settings in /etc/python3*.
fn python_configuration() -> Vec<Binding> {
    let Ok(entries) = fs::read_dir("/etc") else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("python3"))
        .filter_map(|entry| same_place(entry.path()))
        .collect()
}

/// Whether everybody on the host may read the file anyway and nothing in it
/// looks like a credential.
fn holds_no_credential(path: &Path) -> bool {
    let readable = fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o004 != 0);
    readable
        && fs::read_to_string(path).is_ok_and(|text| {
            let text = text.to_lowercase();
            !CREDENTIAL_MARKS.iter().any(|mark| text.contains(mark))
        })
}

fn is_of_the_system(path: &Path) -> bool {
    SYSTEM_FOLDERS.iter().chain(ROOT_FOLDERS).any(|folder| path.starts_with(folder))
}

/// Whether a folder holds one installed program rather than somebody's things.
fn is_an_installation(prefix: &Path) -> bool {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let above_home = Path::new("/root").starts_with(prefix)
        || (!home.as_os_str().is_empty() && home.starts_with(prefix))
        || prefix.parent() == Some(Path::new("/home"))
        || Path::new(HOME).starts_with(prefix);
    let shared = prefix.file_name().is_none_or(|name| name == ".local");
    !above_home && !shared && prefix.join("lib").is_dir()
}

fn find_on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    env::split_paths(&path).filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(
        |file| {
            fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        },
    )
}

/// Asks a tool for its real place. Its own name is kept, since switches
/// between versions go by it.
async fn ask(real: &Path, name: &str, question: &[&str]) -> Option<PathBuf> {
    if question.is_empty() {
        return Some(real.to_owned());
    }
    let asked = find_on_path(name)?;
    let mut command = Command::new(asked);
    command.args(question).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let answer = tokio::time::timeout(TOOL_ANSWERS_WITHIN, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    let mut lines = text.lines().map(str::trim);
    let executable = PathBuf::from(lines.next()?);
    // Inside a virtual environment the second line is the installation it uses.
    let base =
        lines.next().map(|prefix| Path::new(prefix).join("bin").join(name)).filter(|file| file.is_file());
    let executable = if is_of_the_system(&executable) { executable } else { base.unwrap_or(executable) };
    fs::canonicalize(executable).ok()
}
