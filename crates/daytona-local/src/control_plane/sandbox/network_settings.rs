//! What a sandbox may connect to: the settings of requests, and the policy that enforces them.

use daytona_api::control_plane::sandbox::{Sandbox, SandboxState, UpdateSandboxNetworkSettings};
use daytona_sandbox_init::Isolation;
use daytona_sandbox_network::{Domain, IpNet, Policy, parse_allow_list, parse_domain_list};

use super::transition::{self, Operation};
use crate::control_plane::ControlPlane;
use crate::control_plane::api_failure::ApiFailure;

impl ControlPlane {
    /// `POST /sandbox/{s}/network-settings`: a running sandbox gets them at once, another one
    /// when it starts.
    pub(in crate::control_plane) fn update_network_settings(
        &self,
        id_or_name: &str,
        settings: &UpdateSandboxNetworkSettings,
    ) -> Result<Sandbox, ApiFailure> {
        let mut entries = self.registry.lock();
        let entry = entries.find_mut(id_or_name)?;
        if settings == &UpdateSandboxNetworkSettings::default() {
            return Err(ApiFailure::bad_request(
                "At least one of networkBlockAll, networkAllowList or domainAllowList must be set",
            ));
        }
        // Also those that a block in the same request clears.
        lists(&settings.network_allow_list, &settings.domain_allow_list).map_err(ApiFailure::bad_request)?;
        transition::check(Operation::Configure, &entry.sandbox)?;
        let mut sandbox = entry.sandbox.clone();
        apply(settings, &mut sandbox);
        let policy = policy(self, &sandbox).map_err(ApiFailure::bad_request)?;
        match entry.running.as_ref().map(|running| &running.policy) {
            Some(Some(shared)) => shared.replace(policy),
            Some(None) if sandbox.state == SandboxState::Started => {
                return Err(ApiFailure::bad_request(
                    "The local server cannot change the network of a running sandbox on this machine, where \
                     sandboxes use its network; stop the sandbox first",
                ));
            }
            _ => {}
        }
        entry.sandbox = sandbox;
        entry.changed();
        entry.touch();
        Ok(entry.sandbox.clone())
    }
}

/// Changes the settings of a sandbox as the service does: blocking, or allowing everything,
/// clears the lists that are not given, and a list ends a block.
fn apply(settings: &UpdateSandboxNetworkSettings, sandbox: &mut Sandbox) {
    let lists = [
        (&settings.network_allow_list, &mut sandbox.network_allow_list),
        (&settings.domain_allow_list, &mut sandbox.domain_allow_list),
    ];
    for (list, current) in lists {
        if list.is_some() || settings.network_block_all.is_some() {
            *current = given(list).map(str::to_owned);
        }
    }
    let has_lists = given(&settings.network_allow_list).or(given(&settings.domain_allow_list)).is_some();
    match settings.network_block_all {
        Some(true) => {
            sandbox.network_block_all = true;
            (sandbox.network_allow_list, sandbox.domain_allow_list) = (None, None);
        }
        Some(false) => sandbox.network_block_all = false,
        None if has_lists => sandbox.network_block_all = false,
        None => {}
    }
}

/// Returns the policy of a sandbox's network.
///
/// # Errors
/// When a list is not valid, or when this server cannot enforce the settings: the sandbox may
/// be of an earlier one, with another isolation.
pub(super) fn policy(plane: &ControlPlane, sandbox: &Sandbox) -> Result<Policy, String> {
    let (allow_list, domains) = lists(&sandbox.network_allow_list, &sandbox.domain_allow_list)?;
    let is_restricted = sandbox.network_block_all || !allow_list.is_empty() || !domains.is_empty();
    if is_restricted && plane.isolation != Isolation::Namespaces {
        return Err(
            "networkBlockAll, networkAllowList and domainAllowList require isolation by namespaces, \
                    which is not in use on this server. Start it with --isolation namespaces, or omit them"
                .to_owned(),
        );
    }
    for (is_empty, name) in [(allow_list.is_empty(), "network"), (domains.is_empty(), "domain")] {
        if !is_empty && !plane.has_own_networks() {
            return Err(format!(
                "The local server cannot enforce {name} allow lists on this machine, where sandboxes use its \
                 network; use networkBlockAll, or omit the list"
            ));
        }
    }
    Ok(Policy {
        block_all: sandbox.network_block_all,
        allow_list,
        domains,
        allow_host: plane.allow_host,
        ..Policy::default()
    })
}

/// Parses both lists.
fn lists(networks: &Option<String>, domains: &Option<String>) -> Result<(Vec<IpNet>, Vec<Domain>), String> {
    let networks = given(networks).map_or(Ok(Vec::new()), parse_allow_list);
    let domains = given(domains).map_or(Ok(Vec::new()), parse_domain_list);
    Ok((networks.map_err(|error| error.to_string())?, domains.map_err(|error| error.to_string())?))
}

/// The text of a list that is not empty.
fn given(list: &Option<String>) -> Option<&str> {
    list.as_deref().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(
        block: Option<bool>,
        networks: Option<&str>,
        domains: Option<&str>,
    ) -> UpdateSandboxNetworkSettings {
        UpdateSandboxNetworkSettings {
            network_block_all: block,
            network_allow_list: networks.map(str::to_owned),
            domain_allow_list: domains.map(str::to_owned),
        }
    }

    #[test]
    fn settings_change_as_on_the_service() {
        let (list, name) = (Some("10.0.0.0/8"), Some("a.test"));
        let blocked = (true, None, None);
        for (before, change, after) in [
            ((false, list, name), settings(Some(true), None, None), blocked),
            ((false, None, None), settings(Some(true), list, name), blocked),
            (blocked, settings(Some(false), None, None), (false, None, None)),
            ((false, list, name), settings(Some(false), None, None), (false, None, None)),
            ((true, None, None), settings(Some(false), list, None), (false, list, None)),
            (blocked, settings(None, list, None), (false, list, None)),
            (blocked, settings(None, None, name), (false, None, name)),
            ((false, list, name), settings(None, Some(""), None), (false, None, name)),
            ((false, list, name), settings(None, None, Some("")), (false, list, None)),
            (blocked, settings(None, Some(""), None), blocked),
        ] {
            let mut sandbox = Sandbox {
                network_block_all: before.0,
                network_allow_list: before.1.map(str::to_owned),
                domain_allow_list: before.2.map(str::to_owned),
                ..Sandbox::default()
            };
            apply(&change, &mut sandbox);
            let got = (
                sandbox.network_block_all,
                sandbox.network_allow_list.as_deref(),
                sandbox.domain_allow_list.as_deref(),
            );
            assert_eq!(got, after, "{before:?} {change:?}");
        }
    }
}
