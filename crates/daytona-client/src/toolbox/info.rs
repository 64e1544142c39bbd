//! The toolbox itself: its folders.

use std::collections::BTreeMap;

use daytona_api::toolbox::info::{self, UpdateEnvRequest};

use crate::control_plane::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::Error;

impl Sandbox {
    /// Returns the default working directory of commands: `GET /work-dir`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn work_dir(&self, deadline: Deadline) -> Result<String, Error> {
        Ok(self.call(&info::WORK_DIR).send(deadline).await?.dir)
    }

    /// Returns the home folder of the sandbox's user: `GET /user-home-dir`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox.
    pub async fn user_home_dir(&self, deadline: Deadline) -> Result<String, Error> {
        Ok(self.call(&info::USER_HOME_DIR).send(deadline).await?.dir)
    }

    /// Changes the environment of the processes that are started in the sandbox from now
    /// on: removes the variables of `unset`, and then sets those of `set`: `POST /env`.
    ///
    /// # Errors
    /// The errors of every call to a sandbox; [`ErrorKind::Unsupported`](crate::ErrorKind)
    /// on services before 0.196.
    pub async fn update_env(
        &self,
        set: BTreeMap<String, String>,
        unset: Vec<String>,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let body = UpdateEnvRequest { set, unset, unset_value_prefix: None };
        // Services respond with different texts.
        self.call(&info::UPDATE_ENV).json(&body).fetch(deadline).await.map(drop)
    }
}
