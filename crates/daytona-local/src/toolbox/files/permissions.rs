//! `POST /files/permissions`.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::sync::Arc;

use http::StatusCode;

use super::super::cause::PathError;
use super::super::{Call, Toolbox};
use super::ownership::{group_id, user_id};
use super::{Target, blocking, failure};
use crate::response::{self, Failure};
use axum::response::Response;

/// Changes the mode, then the owner and group, of what a path leads to.
pub(in super::super) async fn permissions(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let target = toolbox.wanted(&call, "path")?;
    let text = |name: &str| Some(call.query.text(name)).filter(|text| !text.is_empty());
    let (mode, owner, group) = (text("mode"), text("owner"), text("group"));
    blocking(move |_client| {
        fs::metadata(&target.real).map_err(|error| failure(&target.given, &error))?;
        if let Some(mode) = mode {
            change_mode(&target, octal(&mode)?)?;
        }
        if owner.is_some() || group.is_some() {
            change_owner(&target, owner.as_deref(), group.as_deref())?;
        }
        Ok(response::empty(StatusCode::OK))
    })
    .await
}

/// Reads a mode: octal digits and nothing else.
pub(super) fn octal(text: &str) -> Result<u32, Failure> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match u32::from_str_radix(text, 8) {
        Ok(mode) if digits => Ok(mode),
        _ => Err(Failure::bad_request(format_args!(
            "invalid mode '{text}': octal digits such as 0644 are wanted"
        ))),
    }
}

fn change_mode(target: &Target, mode: u32) -> Result<(), Failure> {
    // Digits above the permissions are accepted and have no effect.
    fs::set_permissions(&target.real, Permissions::from_mode(mode & 0o777))
        .map_err(|error| Failure::bad_request(PathError::new("chmod", &target.given, error)))
}

fn change_owner(target: &Target, owner: Option<&str>, group: Option<&str>) -> Result<(), Failure> {
    let owner = owner.map(user_id).transpose()?;
    let group = group.map(group_id).transpose()?;
    chown(&target.real, owner, group)
        .map_err(|error| Failure::bad_request(PathError::new("chown", &target.given, error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal_digits() {
        assert_eq!(octal("0644").unwrap(), 0o644);
        assert_eq!(octal("37777777777").unwrap(), u32::MAX);
        for bad in ["8", "u+x", "0x1ff", "-644", "+644", "40000000000", "0o755", ""] {
            assert!(octal(bad).is_err(), "{bad}");
        }
    }
}
