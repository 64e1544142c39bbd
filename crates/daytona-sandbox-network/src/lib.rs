#![cfg(target_os = "linux")]
#![doc = include_str!("../README.md")]

pub mod address;
#[cfg(feature = "forwarder")]
mod buffer;
#[cfg(feature = "forwarder")]
mod device;
#[cfg(feature = "forwarder")]
mod forwarder;
#[cfg(feature = "forwarder")]
mod limits;
#[cfg(feature = "forwarder")]
mod names;
#[cfg(feature = "forwarder")]
mod network;
#[cfg(feature = "forwarder")]
mod packet;
#[cfg(feature = "forwarder")]
mod policy;
#[cfg(feature = "forwarder")]
mod resolver;
#[cfg(feature = "forwarder")]
mod route;
#[cfg(feature = "forwarder")]
mod shared;
#[cfg(feature = "forwarder")]
mod tcp;
pub mod tun;
#[cfg(feature = "forwarder")]
mod udp;

#[cfg(feature = "forwarder")]
pub use ipnet::IpNet;
#[cfg(feature = "forwarder")]
pub use names::domain::{Domain, DomainListError, parse_domain_list};
#[cfg(feature = "forwarder")]
pub use network::{Network, SharedPolicy};
#[cfg(feature = "forwarder")]
pub use policy::{AllowListError, Policy, Refusal, parse_allow_list};
#[cfg(feature = "forwarder")]
pub use resolver::resolv_conf;
#[cfg(feature = "forwarder")]
pub use route::host_has_ipv6;
