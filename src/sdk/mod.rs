//! The classes of the SDK, one file per resource.

mod control_plane;
mod toolbox;

pub(crate) use control_plane::daytona::Daytona;
pub(crate) use control_plane::sandbox::Sandbox;
