//! What sandboxes need from the host's configuration to reach the network as the host
//! does: certificates of authorities, proxies, and addresses of package registries. Never
//! its secrets.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use daytona_sandbox_init::Binding;

/// Variables that name a file or folder of certificates.
const CERTIFICATES: &[&str] = &[
    "CARGO_HTTP_CAINFO",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];
const PROXIES: &[&str] =
    &["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "http_proxy", "https_proxy"];
const NO_PROXY: &[&str] = &["NO_PROXY", "no_proxy"];
/// Where certificates are mounted that are not below a system folder.
const TRUST: &str = "/run/daytona/trust";
/// Where configuration files are written.
const CONFIGURATION: &str = "/run/daytona/configuration";
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY";

/// Variables, mounts and files for sandboxes.
#[derive(Clone, Debug, Default)]
pub(super) struct HostTrust {
    pub(super) env: Vec<(String, String)>,
    pub(super) bindings: Vec<Binding>,
    pub(super) files: Vec<(PathBuf, String)>,
}

impl HostTrust {
    /// Reads the environment and the configuration of this user. `is_visible` tells
    /// whether sandboxes have a path of the host already.
    pub(super) fn read(is_visible: impl Fn(&Path) -> bool) -> Self {
        let mut trust = Self::default();
        for name in CERTIFICATES {
            trust.add_certificates(name, &is_visible);
        }
        for name in PROXIES {
            let proxy = env::var(name).ok().filter(|value| !value.is_empty() && !has_credentials(value));
            trust.env.extend(proxy.map(|value| ((*name).to_owned(), value)));
        }
        for name in NO_PROXY {
            trust.env.extend(env::var(name).ok().map(|value| ((*name).to_owned(), value)));
        }
        trust.add_npm();
        trust.add_pip();
        trust
    }

    /// `SSL_CERT_DIR` may contain several folders.
    fn add_certificates(&mut self, name: &str, is_visible: &impl Fn(&Path) -> bool) {
        let Some(value) = env::var_os(name) else { return };
        let mut targets = Vec::new();
        for (number, path) in env::split_paths(&value).enumerate() {
            let Some(source) = certificates(&path) else { continue };
            if is_visible(&source) {
                targets.push(source);
                continue;
            }
            let target = Path::new(TRUST).join(format!("{name}-{number}"));
            self.bindings.push(Binding { source, target: target.clone(), live: false });
            targets.push(target);
        }
        if let Ok(joined) = env::join_paths(&targets)
            && let Some(value) = joined.to_str().filter(|value| !value.is_empty())
        {
            self.env.push((name.to_owned(), value.to_owned()));
        }
    }

    fn add_npm(&mut self) {
        let files =
            [env::var_os("HOME").map(|home| Path::new(&home).join(".npmrc")), Some("/etc/npmrc".into())];
        let mut registries = BTreeMap::new();
        for text in files.into_iter().flatten().filter_map(|path| fs::read_to_string(path).ok()) {
            for (name, value) in
                settings(&text).filter(|(name, _)| *name == "registry" || name.ends_with(":registry"))
            {
                // A scope is an optional part of the name; other names with a colon are hosts.
                if name == "registry" || name.starts_with('@') {
                    registries.entry(name.to_owned()).or_insert_with(|| without_credentials(value));
                }
            }
        }
        for name in ["npm_config_registry", "NPM_CONFIG_REGISTRY"] {
            if let Ok(value) = env::var(name) {
                registries.insert("registry".to_owned(), without_credentials(&value));
            }
        }
        self.add_file("npmrc", "", &registries, "npm_config_globalconfig");
    }

    fn add_pip(&mut self) {
        let home = env::var_os("HOME").map(PathBuf::from);
        let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let named = env::var_os("PIP_CONFIG_FILE").map(PathBuf::from);
        let files =
            [named, in_home(".config/pip/pip.conf"), in_home(".pip/pip.conf"), Some("/etc/pip.conf".into())];
        let mut indexes = BTreeMap::new();
        for text in files.into_iter().flatten().filter_map(|path| fs::read_to_string(path).ok()) {
            let names = ["index-url", "extra-index-url", "trusted-host"];
            for (name, value) in settings(&text).filter(|(name, _)| names.contains(name)) {
                indexes.entry(name.to_owned()).or_insert_with(|| without_credentials(value));
            }
        }
        for (variable, name) in [
            ("PIP_INDEX_URL", "index-url"),
            ("PIP_EXTRA_INDEX_URL", "extra-index-url"),
            ("PIP_TRUSTED_HOST", "trusted-host"),
        ] {
            if let Ok(value) = env::var(variable) {
                indexes.insert(name.to_owned(), without_credentials(&value));
            }
        }
        self.add_file("pip.conf", "[global]\n", &indexes, "PIP_CONFIG_FILE");
    }

    /// Adds a configuration file, and the variable that names it.
    fn add_file(&mut self, file: &str, head: &str, values: &BTreeMap<String, String>, variable: &str) {
        if values.is_empty() {
            return;
        }
        let path = Path::new(CONFIGURATION).join(file);
        let lines: String = values.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        self.env.push((variable.to_owned(), path.display().to_string()));
        self.files.push((path, format!("{head}{lines}")));
    }
}

/// The real path of certificates; `None` for a file that does not exist, or contains a
/// private key.
fn certificates(path: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(path).ok()?;
    if real.is_dir() {
        return Some(real);
    }
    let content = fs::read(&real).ok()?;
    let has_key = content.windows(PRIVATE_KEY.len()).any(|window| window == PRIVATE_KEY);
    (!has_key).then_some(real)
}

/// The settings of a file with lines `name = value`.
fn settings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';', '[']));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.trim(), value.trim()))
}

fn has_credentials(url: &str) -> bool {
    without_credentials(url) != url
}

/// Addresses without user names and passwords; there may be several, separated by spaces.
fn without_credentials(urls: &str) -> String {
    let strip = |url: &str| {
        let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
        let authority = rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end]);
        let rest = authority.rfind('@').map_or(rest, |at| &rest[at + 1..]);
        if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
    };
    urls.split_ascii_whitespace().map(strip).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_left_out_of_addresses() {
        for (given, wanted) in [
            ("https://user:pa@ss@host/npm/", "https://host/npm/"),
            ("https://host/@scope/x", "https://host/@scope/x"),
            ("user:secret@host:3128", "host:3128"),
            ("https://a/simple https://t@b/simple", "https://a/simple https://b/simple"),
            ("http://host:3128", "http://host:3128"),
        ] {
            assert_eq!(without_credentials(given), wanted);
        }
    }

    #[test]
    fn a_file_with_a_private_key_is_no_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).unwrap();
            folder.path().join(name)
        };
        let public = file("public.pem", "-----BEGIN CERTIFICATE-----\n");
        let private = file("private.pem", "-----BEGIN CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\n");
        assert_eq!(certificates(&public), fs::canonicalize(&public).ok());
        assert_eq!(certificates(&private), None);
        assert_eq!(certificates(&folder.path().join("absent")), None);
    }

    #[test]
    fn settings_are_read_and_comments_are_not() {
        let text =
            "# registry=a\nregistry = https://b/\n//b/:_authToken=secret\n[global]\n@s:registry=https://c/\n";
        let found: Vec<_> = settings(text).collect();
        assert_eq!(
            found,
            [("registry", "https://b/"), ("//b/:_authToken", "secret"), ("@s:registry", "https://c/")]
        );
    }
}
