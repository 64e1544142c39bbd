//! Network access of a sandbox.

use std::io;

use daytona_sandbox_network::tun::{Options, bring_up_loopback, create};
use landlock::{CompatLevel, Compatible as _, Ruleset, RulesetAttr as _, RulesetError, Scope};
use rustix::thread::UnshareFlags;

use super::plan::{InitPlan, NetworkPlan};
use super::setup_error::{SetupError, Step as _};

/// The flag for a network namespace, if the sandbox has one.
pub(crate) fn namespace(plan: &InitPlan) -> UnshareFlags {
    if plan.network == NetworkPlan::Host { UnshareFlags::empty() } else { UnshareFlags::NEWNET }
}

/// Sets up the interfaces of a new network namespace. Sends the descriptors of a device to
/// the server.
pub(crate) fn set_up(plan: &InitPlan) -> Result<(), SetupError> {
    match plan.network {
        NetworkPlan::Host => Ok(()),
        NetworkPlan::Loopback => bring_up_loopback().step("bring up the loopback interface"),
        NetworkPlan::Own { ipv6 } => {
            let link = create(Options { ipv6 }).map_err(io::Error::other).step("set up the network")?;
            link.send(io::stdout()).step("send the network device to the server")
        }
    }
}

/// Blocks connections to abstract sockets outside the sandbox. They belong to the
/// network namespace, so a sandbox in the host's namespace could reach the host's
/// programs. Has no effect on kernels before 6.12.
pub(crate) fn block_abstract_sockets() -> io::Result<()> {
    scope_abstract_sockets().map_err(io::Error::other)
}

fn scope_abstract_sockets() -> Result<(), RulesetError> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .scope(Scope::AbstractUnixSocket)?
        .create()?;
    ruleset.restrict_self().map(|_status| ())
}
