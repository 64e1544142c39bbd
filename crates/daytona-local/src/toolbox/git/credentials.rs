//! User names and passwords for remotes.

use daytona_api::Secret;

use crate::response::Failure;

/// Passwords of fewer bytes are not looked for in messages: they would be found in any.
const SHORTEST: usize = 4;

/// A user name and a password.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    username: String,
    password: Secret,
}

impl Credentials {
    /// Credentials whose lines were checked, see [`check_line`].
    pub(super) fn new(username: String, password: Secret) -> Self {
        Self { username, password }
    }

    /// The credentials of a request. One without the other is none.
    pub(super) fn of(username: Option<String>, password: Option<Secret>) -> Result<Option<Self>, Failure> {
        let (Some(username), Some(password)) = (username, password) else { return Ok(None) };
        if username.is_empty() || password.expose().is_empty() {
            return Ok(None);
        }
        for (name, value) in [("username", username.as_str()), ("password", password.expose())] {
            check_line(name, value)?;
        }
        Ok(Some(Self { username, password }))
    }

    /// What git is told when it asks.
    pub(super) fn answer(&self) -> Vec<u8> {
        format!("username={}\npassword={}\n", self.username, self.password.expose()).into_bytes()
    }

    /// A message without the password.
    pub(super) fn redact(&self, message: &str) -> String {
        let password = self.password.expose();
        if password.len() < SHORTEST { message.to_owned() } else { message.replace(password, "***") }
    }
}

/// Refuses what would be more than one line for git's helpers.
pub(super) fn check_line(name: &str, value: &str) -> Result<(), Failure> {
    match value.contains(['\n', '\r', '\0']) {
        true => Err(Failure::bad_request(format_args!("{name} contains a line break or a NUL"))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_both_is_no_credentials_and_a_line_break_is_refused() {
        let of = |name: &str, password: &str| {
            Credentials::of(Some(name.to_owned()), Some(Secret::from(password.to_owned())))
        };
        assert!(of("u", "").unwrap().is_none() && of("", "p").unwrap().is_none());
        assert!(Credentials::of(Some("u".to_owned()), None).unwrap().is_none());
        assert!(of("u", "p\nhost=x").is_err() && of("u\0", "p").is_err());
        let credentials = of("u", "hunter2").unwrap().unwrap();
        assert_eq!(credentials.answer(), b"username=u\npassword=hunter2\n");
        assert_eq!(credentials.redact("not hunter2!"), "not ***!");
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }
}
