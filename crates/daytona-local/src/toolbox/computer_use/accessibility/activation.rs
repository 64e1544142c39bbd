//! Makes programs accessible.

use super::bus::{Any, Arguments, Bus, BusError, MethodCall};

/// Asks programs to tell about their windows, and the bus for its address.
pub(in super::super) fn enable(session: &str) -> Result<String, BusError> {
    let mut session = Bus::connect(session)?;
    let address = session.call(MethodCall {
        destination: "org.a11y.Bus",
        path: "/org/a11y/bus",
        interface: "org.a11y.Bus",
        member: "GetAddress",
        arguments: Arguments::default(),
    });
    let enabled = Arguments::default().string("org.a11y.Status").string("IsEnabled");
    // Programs that tell anyway are there without it, too.
    let _told = session.call(MethodCall {
        destination: "org.a11y.Bus",
        path: "/org/a11y/bus",
        interface: "org.freedesktop.DBus.Properties",
        member: "Set",
        arguments: enabled.any(Any::Boolean(true)),
    });
    address?.string()
}
