use super::*;
use crate::parse_domain_list;

const HOST: &str = "198.51.100.7";
/// Where the domains of the list lead.
const RESOLVED: &str = "192.0.2.80";

fn target(policy: &Policy, destination: &str) -> Result<Target, Refusal> {
    policy.target(
        destination.parse().unwrap(),
        |address| address == RESOLVED.parse::<IpAddr>().unwrap(),
        |address| address == HOST.parse::<IpAddr>().unwrap(),
    )
}

fn remote(destination: &str) -> Result<Target, Refusal> {
    Ok(Target::Remote(destination.parse().unwrap()))
}

#[test]
fn the_default_allows_other_machines() {
    for destination in ["203.0.113.1:443", "192.168.1.10:80", "[2001:db8::1]:443", "[fd12::1]:80"] {
        assert_eq!(target(&Policy::default(), destination), remote(destination));
    }
}

#[test]
fn the_host_is_refused_in_every_notation() {
    for destination in [
        "127.0.0.1:80",
        "127.255.0.9:80",
        "198.51.100.7:22",
        "10.0.2.2:80",
        "10.0.2.3:80",
        "[::1]:80",
        "[::ffff:127.0.0.1]:80",
        "[::ffff:198.51.100.7]:22",
        "[::127.0.0.1]:80",
        "[64:ff9b::127.0.0.1]:80",
        "[64:ff9b::c633:6407]:22",
        "[2002:7f00:1::]:80",
        "[fd0a:0:2::2]:80",
    ] {
        assert_eq!(target(&Policy::default(), destination), Err(Refusal::Host), "{destination}");
    }
}

#[test]
fn metadata_is_refused_unless_allowed() {
    for destination in [
        "169.254.169.254:80",
        "169.254.1.1:80",
        "100.100.100.200:80",
        "192.0.0.192:80",
        "168.63.129.16:80",
        "[fe80::1]:80",
        "[febf::1]:80",
        "[fd00:ec2::254]:80",
        "[fd20:ce::254]:80",
    ] {
        assert_eq!(target(&Policy::default(), destination), Err(Refusal::Metadata), "{destination}");
        let allowing = Policy { allow_metadata: true, ..Policy::default() };
        assert_eq!(target(&allowing, destination), remote(destination));
        let listing = Policy { allow_list: parse_allow_list("0.0.0.0/0,::/0").unwrap(), ..Policy::default() };
        assert_eq!(target(&listing, destination), Err(Refusal::Metadata), "{destination}");
    }
    let mapped = target(&Policy::default(), "[::ffff:169.254.169.254]:80");
    assert_eq!(mapped, Err(Refusal::Metadata));
}

#[test]
fn what_is_not_one_machine_is_refused() {
    for destination in [
        "0.0.0.0:80",
        "0.1.2.3:80",
        "224.0.0.1:80",
        "239.255.255.250:1900",
        "240.0.0.1:80",
        "255.255.255.255:67",
        "10.0.2.100:80",
        "10.0.2.1:80",
        "10.0.2.255:80",
        "[::]:80",
        "[ff02::1]:80",
        "[fd0a:0:2::100]:80",
    ] {
        assert_eq!(target(&Policy::default(), destination), Err(Refusal::NotUnicast), "{destination}");
    }
}

#[test]
fn an_allow_list_excludes_everything_else_but_names() {
    let policy = Policy { allow_list: parse_allow_list("203.0.113.0/24").unwrap(), ..Policy::default() };
    assert_eq!(target(&policy, "203.0.113.200:443"), remote("203.0.113.200:443"));
    assert_eq!(target(&policy, "[::ffff:203.0.113.200]:443"), remote("203.0.113.200:443"));
    assert_eq!(target(&policy, "203.0.114.1:443"), Err(Refusal::NotInAllowList));
    assert_eq!(target(&policy, "[2001:db8::1]:443"), Err(Refusal::NotInAllowList));
    assert_eq!(target(&policy, "10.0.2.3:53"), Ok(Target::Resolver));
}

#[test]
fn a_list_of_domains_allows_where_they_lead_and_the_networks_of_the_other_list() {
    let domains = Policy { domains: parse_domain_list("example.com").unwrap(), ..Policy::default() };
    assert_eq!(target(&domains, "192.0.2.80:443"), remote("192.0.2.80:443"));
    assert_eq!(target(&domains, "[::ffff:192.0.2.80]:443"), remote("192.0.2.80:443"));
    assert_eq!(target(&domains, "203.0.113.1:443"), Err(Refusal::NotInAllowList));
    assert_eq!(target(&domains, "10.0.2.3:53"), Ok(Target::Resolver));
    assert_eq!(target(&domains, "198.51.100.7:22"), Err(Refusal::NotInAllowList));
    assert_eq!(target(&domains, "169.254.169.254:80"), Err(Refusal::Metadata));
    let both = Policy { allow_list: parse_allow_list("203.0.113.0/24").unwrap(), ..domains };
    assert_eq!(target(&both, "203.0.113.1:443"), remote("203.0.113.1:443"));
    assert_eq!(target(&both, "192.0.2.80:443"), remote("192.0.2.80:443"));
    assert_eq!(target(&both, "192.0.2.81:443"), Err(Refusal::NotInAllowList));
}

#[test]
fn a_domain_that_leads_to_the_host_does_not_allow_it() {
    let domains = parse_domain_list("example.com").unwrap();
    for (destination, refusal) in [
        ("198.51.100.7:22", Refusal::Host),
        ("127.0.0.1:22", Refusal::Host),
        ("169.254.169.254:80", Refusal::Metadata),
        ("224.0.0.1:80", Refusal::NotUnicast),
    ] {
        let policy = Policy { domains: domains.clone(), ..Policy::default() };
        let target = policy.target(
            destination.parse().unwrap(),
            |_| true,
            |address| address == HOST.parse::<IpAddr>().unwrap(),
        );
        assert_eq!(target, Err(refusal), "{destination}");
    }
}

#[test]
fn an_allow_list_does_not_allow_the_host() {
    let list = parse_allow_list("0.0.0.0/0").unwrap();
    let policy = Policy { allow_list: list.clone(), ..Policy::default() };
    assert_eq!(target(&policy, "198.51.100.7:22"), Err(Refusal::Host));
    let policy = Policy { allow_list: list, allow_host: true, ..Policy::default() };
    assert_eq!(target(&policy, "198.51.100.7:22"), remote("198.51.100.7:22"));
}

#[test]
fn the_gateway_is_the_loopback_interface_when_allowed() {
    let policy = Policy { allow_host: true, ..Policy::default() };
    let loopback = |address: &str| Ok(Target::HostLoopback(address.parse().unwrap()));
    assert_eq!(target(&policy, "10.0.2.2:80"), loopback("127.0.0.1:80"));
    assert_eq!(target(&policy, "[fd0a:0:2::2]:80"), loopback("[::1]:80"));
    assert_eq!(target(&policy, "127.0.0.1:80"), Err(Refusal::Host));
    let listed = Policy { allow_list: parse_allow_list("203.0.113.0/24").unwrap(), ..policy };
    assert_eq!(target(&listed, "10.0.2.2:80"), Err(Refusal::NotInAllowList));
}

#[test]
fn a_blocked_network_has_no_names() {
    let policy = Policy { block_all: true, allow_host: true, ..Policy::default() };
    for destination in ["203.0.113.1:443", "10.0.2.3:53", "10.0.2.2:80"] {
        assert_eq!(target(&policy, destination), Err(Refusal::Blocked));
    }
}

#[test]
fn an_allow_list_is_parsed_as_written() {
    let networks = parse_allow_list(" 10.1.2.3/8, 203.0.113.7/32 ,2001:db8::/32").unwrap();
    let written: Vec<String> = networks.iter().map(ToString::to_string).collect();
    assert_eq!(written, ["10.0.0.0/8", "203.0.113.7/32", "2001:db8::/32"]);
}

#[test]
fn errors_of_an_allow_list_name_the_entry_and_the_problem() {
    for (list, entry, problem) in [
        ("", "", "an entry is empty"),
        ("10.0.0.0/8,", "", "an entry is empty"),
        ("10.0.0.0/8,203.0.113.7", "203.0.113.7", "the prefix length is missing"),
        ("example.com/24", "example.com/24", "the address is not an IP address"),
        ("10.0.0.0/33", "10.0.0.0/33", "the prefix length is too large"),
        ("10.0.0.0/999", "10.0.0.0/999", "the prefix length is too large"),
        ("10.0.0.0/+8", "10.0.0.0/+8", "the prefix length is not a number"),
        ("10.0.0.0/", "10.0.0.0/", "the prefix length is not a number"),
    ] {
        let error = parse_allow_list(list).unwrap_err().to_string();
        assert!(error.starts_with(&format!("\"{entry}\" is not a valid network: {problem}.")), "{error}");
    }
}
