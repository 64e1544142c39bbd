//! Ports on which programs of a sandbox listen.

use serde::{Deserialize, Serialize};

use crate::operation::{Service, operations};

operations! { Service::Toolbox;
    /// The TCP ports of IPv4 on which a program listens.
    LIST: () => PortList = GET "/port", "list the ports";
    /// Whether a program listens on a port from 3000 to 9999.
    IS_IN_USE: () => IsPortInUseResponse = GET "/port/{port}/in-use", "look at port {port}";
}

/// The response of [`LIST`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortList {
    /// Port numbers, in no particular order.
    #[serde(default, deserialize_with = "crate::null_as_default")]
    pub ports: Vec<u16>,
}

/// The response of [`IS_IN_USE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IsPortInUseResponse {
    /// Whether a program listens on the port.
    pub is_in_use: bool,
}
