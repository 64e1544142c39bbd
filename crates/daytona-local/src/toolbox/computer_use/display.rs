//! A display of the X server.

use std::path::PathBuf;

/// A display of the X server, and how to reach it.
#[derive(Clone, Debug)]
pub(super) struct Display {
    pub(super) number: u32,
    pub(super) socket: PathBuf,
    pub(super) authority: PathBuf,
    pub(super) cookie: [u8; 16],
    /// The address of the session bus.
    pub(super) bus: Option<String>,
}

impl Display {
    /// A display whose server listens on a socket.
    #[cfg(test)]
    pub(super) fn at(socket: PathBuf) -> Self {
        Self { number: 0, socket, authority: PathBuf::new(), cookie: [0; 16], bus: None }
    }

    /// The name of the display, for clients of the X server.
    pub(super) fn name(&self) -> String {
        format!(":{}", self.number)
    }

    /// Variables of programs that have windows here.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables =
            vec![("DISPLAY", self.name()), ("XAUTHORITY", self.authority.display().to_string())];
        if let Some(bus) = &self.bus {
            variables.push(("DBUS_SESSION_BUS_ADDRESS", bus.clone()));
            // Some toolkits say nothing about their windows unless they are asked to.
            variables.push(("QT_LINUX_ACCESSIBILITY_ALWAYS_ON", "1".to_owned()));
            variables.push(("ACCESSIBILITY_ENABLED", "1".to_owned()));
        }
        variables
    }
}
