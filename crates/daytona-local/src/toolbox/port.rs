//! Ports on which programs of the sandbox listen.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::sync::Arc;

use axum::Json;
use daytona_api::toolbox::port::{IsPortInUseResponse, PortList};

use super::task::blocking;
use super::{Call, Toolbox, system};
use crate::response::Failure;

/// The ports that can be asked about.
const PORTS: std::ops::RangeInclusive<i64> = 3000..=9999;
/// A socket that waits for connections, in the tables of the kernel.
const LISTENING: &str = "0A";

/// All ports of IPv4 on which a program listens.
pub(super) async fn list(toolbox: &Arc<Toolbox>, _: Call) -> Result<Json<PortList>, Failure> {
    let ports = listening(toolbox, &["tcp"]).await?;
    Ok(Json(PortList { ports: ports.into_iter().collect() }))
}

/// Whether a program listens on a port, of IPv4 or of IPv6.
pub(super) async fn is_in_use(
    toolbox: &Arc<Toolbox>,
    call: Call,
) -> Result<Json<IsPortInUseResponse>, Failure> {
    let port = call.parameter("port").parse::<i64>().ok().filter(|port| PORTS.contains(port));
    let Some(port) = port.and_then(|port| u16::try_from(port).ok()) else {
        return Err(Failure::bad_request(format_args!(
            "port must be a whole number from {} to {}",
            PORTS.start(),
            PORTS.end()
        )));
    };
    let ports = listening(toolbox, &["tcp", "tcp6"]).await?;
    Ok(Json(IsPortInUseResponse { is_in_use: ports.contains(&port) }))
}

/// The ports in these tables of the kernel. Of the host's network, only those whose
/// sockets a process of the sandbox holds.
async fn listening(toolbox: &Toolbox, tables: &'static [&'static str]) -> Result<BTreeSet<u16>, Failure> {
    let shares_network = toolbox.shares_network;
    let read = move || {
        let own = shares_network.then(own_sockets);
        let is_own = |listener: &Listener| own.as_ref().is_none_or(|own| own.contains(&listener.inode));
        let tables = tables.iter().filter_map(|table| fs::read_to_string(format!("/proc/net/{table}")).ok());
        let listeners: Vec<Listener> = tables.flat_map(|table| listeners(&table)).collect();
        listeners.into_iter().filter(is_own).map(|listener| listener.port).collect()
    };
    blocking(read).await
}

/// A socket that waits for connections.
#[derive(Debug, PartialEq, Eq)]
struct Listener {
    port: u16,
    inode: u64,
}

/// Reads the listeners of a table. Its fields are `sl local_address rem_address st tx:rx
/// tr:tm retrnsmt uid timeout inode …`, addresses `hexadecimal:port`.
fn listeners(table: &str) -> Vec<Listener> {
    let listener = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let address = fields.nth(1)?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?.parse().ok()?;
        let port = u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok()?;
        (state == LISTENING).then_some(Listener { port, inode })
    };
    table.lines().filter_map(listener).collect()
}

/// The sockets that processes of the sandbox hold.
fn own_sockets() -> HashSet<u64> {
    let folders = system::processes().into_iter().map(|pid| format!("/proc/{pid}/fd"));
    // A process that has ended, or that forbids to be looked at.
    let descriptors = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let inode = |target: std::path::PathBuf| {
        target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    };
    targets.filter_map(inode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_read_from_both_tables() {
        let tables = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
           0: 0100007F:0D80 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1234 1 0 100 0 0 10 0\n\
           1: 0100007F:0D81 0100007F:1000 01 00000000:00000000 00:00000000 00000000  1000        0 1235 1 0 100 0 0 10 0\n\
           2: 00000000000000000000000000000000:0E10 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 77 1 0\n\
           broken";
        let listener = |port, inode| Listener { port, inode };
        assert_eq!(listeners(tables), [listener(3456, 1234), listener(3600, 77)]);
    }
}
