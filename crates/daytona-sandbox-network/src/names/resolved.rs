//! The addresses that the names of a list of domains led to.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::domain::Domain;
use crate::limits;
use crate::policy::normalized;

/// What programs of a sandbox were told about allowed names. An entry has no end: programs
/// and connections use an address for longer than its record is valid.
#[derive(Default)]
pub(crate) struct Resolved {
    addresses: Mutex<Addresses>,
}

#[derive(Default)]
struct Addresses {
    entries: BTreeSet<(IpAddr, String)>,
    /// The entries by age, since a sandbox can ask for names without end.
    order: VecDeque<(IpAddr, String)>,
}

impl Resolved {
    /// Records that a name leads to an address.
    pub(super) fn insert(&self, address: IpAddr, name: &str) {
        let entry = (address, name.to_owned());
        let mut addresses = self.lock();
        if !addresses.entries.insert(entry.clone()) {
            return;
        }
        addresses.order.push_back(entry);
        if addresses.order.len() > limits::RESOLVED
            && let Some(oldest) = addresses.order.pop_front()
        {
            addresses.entries.remove(&oldest);
        }
    }

    /// Whether a name of the domains leads to an address.
    pub(crate) fn belongs_to(&self, address: IpAddr, domains: &[Domain]) -> bool {
        if domains.is_empty() {
            return false;
        }
        let addresses = self.lock();
        let names = addresses.entries.range((address, String::new())..);
        names
            .take_while(|(other, _)| *other == address)
            .any(|(_, name)| domains.iter().any(|domain| domain.contains(name)))
    }

    fn lock(&self) -> MutexGuard<'_, Addresses> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The addresses in an answer. A name server that follows aliases puts those of the last
/// name there as well.
pub(super) fn addresses(answer: &simple_dns::Packet<'_>) -> impl Iterator<Item = IpAddr> {
    use simple_dns::rdata::RData;
    answer.answers.iter().filter_map(|record| match &record.rdata {
        RData::A(record) => Some(Ipv4Addr::from_bits(record.address).into()),
        RData::AAAA(record) => Some(normalized(Ipv6Addr::from_bits(record.address).into())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::domain::parse_domain_list;

    fn address(last: u32) -> IpAddr {
        Ipv4Addr::from_bits(0xc633_6400 + last).into()
    }

    #[test]
    fn an_address_is_allowed_while_one_of_its_names_is() {
        let resolved = Resolved::default();
        for name in ["a.test", "b.test"] {
            resolved.insert(address(1), name);
        }
        for (list, expected) in
            [("a.test", true), ("b.test,x.test", true), ("*.test", true), ("c.test", false)]
        {
            let domains = parse_domain_list(list).unwrap();
            assert_eq!(resolved.belongs_to(address(1), &domains), expected, "{list}");
            assert!(!resolved.belongs_to(address(2), &domains), "{list}");
        }
        assert!(!resolved.belongs_to(address(1), &[]));
    }

    #[test]
    fn of_too_many_addresses_the_oldest_is_forgotten() {
        let resolved = Resolved::default();
        let domains = parse_domain_list("a.test").unwrap();
        let most = u32::try_from(limits::RESOLVED).unwrap();
        for last in 0..=most {
            resolved.insert(address(last), "a.test");
            // Known already.
            resolved.insert(address(last), "a.test");
        }
        assert!(!resolved.belongs_to(address(0), &domains));
        assert!(resolved.belongs_to(address(1), &domains) && resolved.belongs_to(address(most), &domains));
        assert_eq!(resolved.lock().entries.len(), limits::RESOLVED);
    }
}
