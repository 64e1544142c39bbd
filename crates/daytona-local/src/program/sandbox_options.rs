//! Options of the server for all its sandboxes: `--env` and `--bind`.

use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use daytona_sandbox_init::{Binding, HOME};

/// Environment variables as a JSON object. Values in arguments would be visible to all
/// users of the machine.
const ENV_VARIABLE: &str = "DAYTONA_LOCAL_ENV";
/// Folders that are a sandbox's own, or of its system.
const OWN_FOLDERS: &[&str] = &[HOME, "/tmp", "/var/tmp", "/proc", "/sys", "/dev", "/run/daytona"];

/// `NAME=VALUE`, or `NAME` for the value that the server has.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    name: String,
    value: String,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => {
                let value = std::env::var(text).map_err(|_| format!("the variable {text} is not set"))?;
                (text, value)
            }
        };
        if name.is_empty() {
            return Err("a variable needs a name: NAME=VALUE".to_owned());
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

/// `SOURCE` or `SOURCE:TARGET`.
#[derive(Clone, Debug)]
pub(super) struct Mount(Binding);

impl FromStr for Mount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (source, target) = text.split_once(':').unwrap_or((text, text));
        let target = Path::new(target);
        let is_plain =
            target.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        if !target.is_absolute() || !is_plain || target == Path::new("/") {
            return Err(format!(
                "the path in sandboxes must be absolute, and without .. : {}",
                target.display()
            ));
        }
        if let Some(own) =
            OWN_FOLDERS.iter().find(|own| target.starts_with(own) || Path::new(own).starts_with(target))
        {
            return Err(format!(
                "{} cannot be a mount point: {own} is each sandbox's own. Use a path outside, such as /mnt/data",
                target.display()
            ));
        }
        let source =
            std::fs::canonicalize(source).map_err(|error| format!("cannot mount {source}: {error}"))?;
        Ok(Self(Binding { source, target: PathBuf::from(target), live: true }))
    }
}

impl Mount {
    /// Whether the path in sandboxes is another than that of the host.
    pub(super) fn is_moved(&self) -> bool {
        self.0.source != self.0.target
    }
}

/// All variables: those of the environment, then those of the arguments.
pub(super) fn environment(arguments: &[Variable]) -> Result<Vec<(String, String)>, String> {
    let mut env: Vec<(String, String)> = match std::env::var(ENV_VARIABLE) {
        Err(_) => Vec::new(),
        Ok(text) => serde_json::from_str::<std::collections::BTreeMap<String, String>>(&text)
            .map_err(|error| format!("{ENV_VARIABLE} is not a JSON object of strings: {error}"))?
            .into_iter()
            .collect(),
    };
    env.extend(arguments.iter().map(|variable| (variable.name.clone(), variable.value.clone())));
    Ok(env)
}

/// The mounts of the arguments.
pub(super) fn bindings(arguments: &[Mount]) -> Vec<Binding> {
    arguments.iter().map(|mount| mount.0.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_stay_out_of_what_is_a_sandboxs_own() {
        assert!("/usr:/mnt/usr".parse::<Mount>().is_ok());
        for refused in [
            "/usr:/",
            "/usr:mnt",
            "/usr:/mnt/../home",
            "/usr:/home",
            "/usr:/home/daytona/x",
            "/usr:/proc/x",
            "/absent:/mnt/x",
        ] {
            assert!(refused.parse::<Mount>().is_err(), "{refused}");
        }
    }

    #[test]
    fn a_variable_has_a_name_and_may_contain_equal_signs() {
        let variable: Variable = "A=b=c".parse().unwrap();
        assert_eq!((&*variable.name, &*variable.value), ("A", "b=c"));
        assert!("=b".parse::<Variable>().is_err());
        assert!("DAYTONA_NOT_SET_ANYWHERE".parse::<Variable>().is_err());
    }
}
