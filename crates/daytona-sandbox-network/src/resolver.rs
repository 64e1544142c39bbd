//! The name servers of the host, as `/etc/resolv.conf` names them.

use std::ffi::CString;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use crate::address;

const FILE: &str = "/etc/resolv.conf";
/// Name servers that are used; the C library uses as many.
const MOST: usize = 3;

/// Returns the name servers of the host, in their order. The file is read each time,
/// because it changes when the host changes networks.
pub(crate) async fn name_servers() -> Vec<SocketAddr> {
    parse(&tokio::fs::read_to_string(FILE).await.unwrap_or_default())
}

fn parse(file: &str) -> Vec<SocketAddr> {
    let servers: Vec<SocketAddr> = lines(file, "nameserver").filter_map(parse_address).take(MOST).collect();
    // As the C library does without any.
    if servers.is_empty() { vec![(Ipv4Addr::LOCALHOST, address::DNS_PORT).into()] } else { servers }
}

/// Returns the values of the lines that start with a keyword.
fn lines<'a>(file: &'a str, keyword: &'a str) -> impl Iterator<Item = &'a str> {
    file.lines()
        .filter_map(move |line| line.trim_start().strip_prefix(keyword))
        .filter(|rest| rest.starts_with([' ', '\t']))
        .map(str::trim)
}

fn parse_address(value: &str) -> Option<SocketAddr> {
    let value = value.split_whitespace().next()?;
    if let Ok(address) = value.parse::<IpAddr>() {
        return Some((address, address::DNS_PORT).into());
    }
    // A link-local address with its interface.
    let (address, interface) = value.split_once('%')?;
    let scope = interface.parse().ok().or_else(|| interface_index(interface))?;
    Some(SocketAddrV6::new(address.parse::<Ipv6Addr>().ok()?, address::DNS_PORT, 0, scope).into())
}

fn interface_index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: the name ends with a zero byte and outlives the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        index => Some(index),
    }
}

/// Returns the content of `/etc/resolv.conf` in a sandbox: its own name server, with
/// the search list and the options of the host's file.
#[must_use]
pub fn resolv_conf(host: &str) -> String {
    let mut file = format!("nameserver {}\n", address::RESOLVER);
    for keyword in ["domain", "search", "options"] {
        for value in lines(host, keyword) {
            // Writing to a string does not fail.
            let _ = writeln!(file, "{keyword} {value}");
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_are_read_in_order() {
        let file = "# comment\nnameserver 192.0.2.1\n  nameserver\t2001:db8::1 # second\n;nameserver 192.0.2.9\n\
            nameservers 192.0.2.8\nnameserver nonsense\nnameserver 127.0.0.53\nnameserver 192.0.2.4\n";
        let expected = ["192.0.2.1:53", "[2001:db8::1]:53", "127.0.0.53:53"];
        assert_eq!(parse(file), expected.map(|server| server.parse().unwrap()));
    }

    #[test]
    fn without_name_servers_it_is_the_local_one() {
        for file in ["", "search example.com\n", "\0\u{ff}nameserver"] {
            assert_eq!(parse(file), ["127.0.0.1:53".parse().unwrap()]);
        }
    }

    #[test]
    fn a_link_local_name_server_has_its_interface() {
        let [SocketAddr::V6(server)] = parse("nameserver fe80::1%lo")[..] else { panic!() };
        assert_eq!(server.scope_id(), 1);
    }

    #[test]
    fn the_file_in_a_sandbox_keeps_search_list_and_options() {
        let host = "nameserver 192.0.2.1\nsearch corp.example example.com\noptions edns0 ndots:2\n";
        let expected = "nameserver 10.0.2.3\nsearch corp.example example.com\noptions edns0 ndots:2\n";
        assert_eq!(resolv_conf(host), expected);
    }
}
