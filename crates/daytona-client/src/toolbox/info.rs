//! The toolbox itself: its folders.

use daytona_api::toolbox::info;

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
}
