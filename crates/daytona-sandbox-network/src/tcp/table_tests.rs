use std::time::Duration;

use super::*;

fn key(port: u16) -> Key {
    Key { program: ([10, 0, 2, 100], port).into(), remote: ([203, 0, 113, 1], 443).into() }
}

fn open(table: &mut Table<&'static str>, program: u16) -> u16 {
    let port = table.insert(key(program), Instant::now()).unwrap();
    assert!(table.connected(port, key(program), "host"));
    assert_eq!(table.accepted(port), Some((key(program), "host")));
    port
}

#[test]
fn a_connection_is_found_by_both_ends() {
    let mut table = Table::default();
    let port = table.insert(key(40000), Instant::now()).unwrap();
    assert_eq!(table.route(key(40000), flag::SYN), Entry::Connecting);
    assert!(table.connected(port, key(40000), "host"));
    assert_eq!(table.route(key(40000), flag::ACK), Entry::Open(port));
    assert_eq!(table.program_of(port), Some(key(40000)));
    assert_eq!(table.route(key(40001), flag::ACK), Entry::Unknown);
    assert_eq!(table.accepted(port), Some((key(40000), "host")));
    assert_eq!(table.accepted(port), None, "accepted once");
}

#[test]
fn a_program_that_gave_up_gets_no_connection() {
    let mut table = Table::default();
    let port = table.insert(key(40000), Instant::now()).unwrap();
    assert_eq!(table.route(key(40000), flag::RST), Entry::Unknown);
    assert!(!table.connected(port, key(40000), "host"));
    assert!(table.is_empty());
}

#[test]
fn a_port_of_a_program_can_be_used_again_after_closing() {
    let mut table = Table::default();
    let port = open(&mut table, 40000);
    table.close(port, key(40000));
    assert_eq!(table.route(key(40000), flag::ACK), Entry::Open(port), "the last packets are translated");
    assert_eq!(table.route(key(40000), flag::SYN), Entry::Unknown);
    let next = open(&mut table, 40000);
    assert_ne!(port, next);
    table.close(port, key(40000));
    assert_eq!(table.route(key(40000), flag::ACK), Entry::Open(next), "the old one is not the new one");
}

#[test]
fn the_table_is_bounded_and_forgets_closed_connections_first() {
    let mut table = Table::default();
    let first = open(&mut table, 1);
    let second = open(&mut table, 2);
    table.close(second, key(2));
    for program in 3..=u16::try_from(ENTRIES).unwrap() {
        open(&mut table, program);
    }
    assert_eq!(table.connections.len(), ENTRIES);
    open(&mut table, 60000);
    assert_eq!(table.program_of(second), None);
    assert_eq!(table.program_of(first), Some(key(1)));
    assert_eq!(table.insert(key(60001), Instant::now()), None);
    assert_eq!(table.connections.len(), ENTRIES);
}

#[test]
fn connections_without_packets_are_forgotten_unless_they_are_open() {
    let mut table = Table::default();
    let open_port = open(&mut table, 1);
    let closed = open(&mut table, 2);
    table.close(closed, key(2));
    let never_accepted = table.insert(key(3), Instant::now()).unwrap();
    assert!(table.connected(never_accepted, key(3), "host"));
    table.forget(Instant::now());
    assert_eq!(table.connections.len(), 3);
    table.forget(Instant::now() + IDLE_CLOSED + Duration::from_secs(1));
    assert_eq!(table.connections.keys().copied().collect::<Vec<_>>(), [open_port]);
    assert!(table.closed.is_empty());
}

#[test]
fn ports_are_all_used_before_one_is_used_again() {
    let mut table = Table::<&str>::default();
    let mut seen = std::collections::HashSet::new();
    for _ in FIRST_PORT..=u16::MAX {
        let port = open(&mut table, 1);
        assert!(seen.insert(port) && port >= FIRST_PORT);
        table.remove(port, key(1));
    }
    assert_eq!(open(&mut table, 1), FIRST_PORT);
}
