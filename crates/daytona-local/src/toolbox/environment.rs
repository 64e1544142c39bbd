//! `POST /env`: the environment of the processes that are started from now on.
//!
//! The toolbox's own environment stays as it is, because other threads read it; what
//! differs from it is applied to each process that the toolbox starts.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Json;
use daytona_api::toolbox::info::{UPDATE_ENV, UpdateEnvRequest};
use serde_json::{Value, json};

use super::call::InvalidBody;
use super::{Call, Toolbox};
use crate::response::Failure;

/// The most bytes that changes may have. The system gives a new process no more than a
/// few megabytes for its arguments and its environment together.
const LARGEST: usize = 1 << 20;
/// The most bytes of a name and its value, as in the system.
const LARGEST_VARIABLE: usize = (128 << 10) - 2;
/// The most variables that changes may have.
const MOST: usize = 10_000;

/// What the environment of new processes differs in from the toolbox's own.
#[derive(Debug, Default)]
pub(super) struct Environment(RwLock<Arc<Changes>>);

/// Differences from the toolbox's own environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    set: BTreeMap<String, String>,
    unset: BTreeSet<String>,
}

impl Environment {
    /// Returns the differences now, with variables that apply unless they were changed.
    pub(super) fn with(&self, defaults: Vec<(&'static str, String)>) -> Arc<Changes> {
        let changes = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        if defaults.is_empty() {
            return changes;
        }
        let mut changes = Arc::unwrap_or_clone(changes);
        for (name, value) in defaults {
            if !changes.unset.contains(name) {
                changes.set.entry(name.to_owned()).or_insert(value);
            }
        }
        Arc::new(changes)
    }

    fn update(&self, request: UpdateEnvRequest) -> Result<(), String> {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let own = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
        *current = Arc::new(current.updated(own, request)?);
        Ok(())
    }
}

impl Changes {
    /// A program with the environment, in a folder.
    pub(super) fn command(&self, program: impl AsRef<OsStr>, folder: &Path) -> Command {
        let mut command = Command::new(program);
        for name in &self.unset {
            command.env_remove(name);
        }
        // A shell believes PWD when it names the folder it is in; so a folder reached through
        // a link keeps the link's name.
        command.envs(&self.set).current_dir(folder).env("PWD", folder);
        command
    }

    /// Returns the value of a variable of a process, unless it has one of its own.
    pub(super) fn value(&self, name: &str) -> Option<std::ffi::OsString> {
        match self.set.get(name) {
            Some(value) => Some(value.into()),
            None if self.unset.contains(name) => None,
            None => std::env::var_os(name),
        }
    }

    /// Returns the changes after a request; `own` is the toolbox's own environment.
    fn updated(
        &self,
        own: impl Iterator<Item = (String, String)>,
        request: UpdateEnvRequest,
    ) -> Result<Self, String> {
        let mut updated = self.clone();
        let mut unset: BTreeSet<String> = request.unset.into_iter().collect();
        if let Some(prefix) = request.unset_value_prefix.filter(|prefix| !prefix.is_empty()) {
            let own = own.filter(|(name, _)| !self.set.contains_key(name));
            let all = own.chain(self.set.clone());
            let matching =
                all.filter(|(name, value)| value.starts_with(&prefix) && !request.set.contains_key(name));
            unset.extend(matching.map(|(name, _)| name));
        }
        for name in unset {
            updated.set.remove(&name);
            updated.unset.insert(name);
        }
        for (name, value) in request.set {
            updated.unset.remove(&name);
            updated.set.insert(name, value);
        }
        updated.check()?;
        Ok(updated)
    }

    /// Refuses changes with which no process could be started.
    fn check(&self) -> Result<(), String> {
        let is_too_long = |(name, value): &(&String, &String)| name.len() + value.len() > LARGEST_VARIABLE;
        if let Some((name, _)) = self.set.iter().find(is_too_long) {
            return Err(format!("the variable '{name}' is longer than {LARGEST_VARIABLE} bytes"));
        }
        if let Some((name, _)) = self.set.iter().find(|(_, value)| value.contains('\0')) {
            return Err(format!("the variable '{name}' has a NUL in its value"));
        }
        if self.set.len() + self.unset.len() > MOST {
            return Err(format!("there are more than {MOST} variables that were set or unset"));
        }
        let set: usize = self.set.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        let unset: usize = self.unset.iter().map(String::len).sum();
        if set + unset > LARGEST {
            return Err(format!("the variables that were set have more than {} KiB", LARGEST >> 10));
        }
        Ok(())
    }
}

/// Refuses variables that a shell could not use.
pub(super) fn check_variables(variables: Option<&BTreeMap<String, String>>) -> Result<(), Failure> {
    check_names(variables.into_iter().flat_map(BTreeMap::keys))
}

/// Refuses names of variables that a shell could not use.
fn check_names<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<(), Failure> {
    match names.into_iter().find(|name| !is_variable_name(name)) {
        Some(name) => Err(Failure::bad_request(format_args!("invalid environment variable name: '{name}'"))),
        None => Ok(()),
    }
}

/// Whether a shell could use this name of a variable.
pub(super) fn is_variable_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Changes the environment.
pub(super) async fn update(toolbox: &Arc<Toolbox>, mut call: Call) -> Result<Json<Value>, Failure> {
    let request = call.json(&UPDATE_ENV).await.map_err(InvalidBody::into_bad_request)?;
    check_names(request.set.keys().chain(&request.unset))?;
    toolbox.environment.update(request).map_err(Failure::bad_request)?;
    Ok(Json(json!({ "message": "environment updated" })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn variables_are_removed_first_and_then_set() {
        let own = || map(&[("A", "secret-1"), ("B", "secret-2"), ("C", "plain")]).into_iter();
        let request = UpdateEnvRequest {
            set: map(&[("A", "new"), ("D", "secret-3")]),
            unset: vec!["C".to_owned(), "D".to_owned()],
            unset_value_prefix: Some("secret-".to_owned()),
        };
        let first = Changes::default().updated(own(), request).unwrap();
        assert_eq!(first.set, map(&[("A", "new"), ("D", "secret-3")]));
        assert_eq!(first.unset, ["B", "C"].map(str::to_owned).into());
        let request = UpdateEnvRequest {
            unset_value_prefix: Some("secret-".to_owned()),
            ..UpdateEnvRequest::default()
        };
        let second = first.updated(own(), request).unwrap();
        assert_eq!(second.set, map(&[("A", "new")]));
        assert_eq!(second.unset, ["B", "C", "D"].map(str::to_owned).into());
    }

    #[test]
    fn what_no_process_could_be_started_with_is_refused_and_changes_nothing() {
        let long = "x".repeat(LARGEST_VARIABLE);
        let many: BTreeMap<String, String> =
            (0..20).map(|number| (format!("V{number}"), long[..100_000].to_owned())).collect();
        for set in [map(&[("A", &long)]), map(&[("A", "a\0b")]), many] {
            let request = UpdateEnvRequest { set, ..UpdateEnvRequest::default() };
            let environment = Environment::default();
            assert!(environment.update(request).is_err());
            assert_eq!(*environment.with(Vec::new()), Changes::default());
        }
    }

    #[test]
    fn names_of_variables() {
        for good in ["A", "_", "a1_B"] {
            assert!(is_variable_name(good), "{good}");
        }
        for bad in ["", "1A", "A-B", "A B", "É", "A="] {
            assert!(!is_variable_name(bad), "{bad}");
        }
    }
}
