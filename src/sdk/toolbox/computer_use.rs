//! Computer use: the desktop of a sandbox.

use daytona_client::{
    ComputerUseStartResponse, ComputerUseStatusResponse, ComputerUseStopResponse, ProcessErrorsResponse,
    ProcessLogsResponse, ProcessRestartResponse, ProcessStatusResponse,
};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::call::{CALL, CallOptions, Promised, Resource};

macro_rules! part {
    ($part:ident) => {
        impl From<daytona_client::Sandbox> for $part {
            fn from(sandbox: daytona_client::Sandbox) -> Self {
                Self { sandbox }
            }
        }

        impl Resource for $part {
            type Handle = daytona_client::Sandbox;

            fn handle(&self) -> &Self::Handle {
                &self.sandbox
            }
        }
    };
}

mod accessibility;
mod input;
mod recording;
mod screen;

use accessibility::Accessibility;
use input::{Keyboard, Mouse};
use recording::RecordingService;
use screen::{Display, Screenshot};

/// The desktop of a sandbox: its mouse, keyboard and screen.
///
/// Methods, and those of its parts, reject with `DaytonaServiceUnavailableError` (the sandbox has no desktop),
/// `DaytonaValidationError` (the desktop does not run), `DaytonaNotFoundError` (the sandbox does not exist), `DaytonaConflictError` (the sandbox is not
/// started), `DaytonaTimeoutError` (the timeout passed), `DaytonaConnectionError` (the connection
/// failed), another `DaytonaError`, or the reason of an aborted signal.
#[napi]
pub struct ComputerUse {
    sandbox: daytona_client::Sandbox,
}

part!(ComputerUse);

#[napi]
impl ComputerUse {
    /// The mouse.
    #[napi(getter)]
    pub fn mouse(&self) -> Mouse {
        Mouse::from(self.sandbox.clone())
    }

    /// The keyboard.
    #[napi(getter)]
    pub fn keyboard(&self) -> Keyboard {
        Keyboard::from(self.sandbox.clone())
    }

    /// Pictures of the screen.
    #[napi(getter)]
    pub fn screenshot(&self) -> Screenshot {
        Screenshot::from(self.sandbox.clone())
    }

    /// Displays and windows.
    #[napi(getter)]
    pub fn display(&self) -> Display {
        Display::from(self.sandbox.clone())
    }

    /// Recordings of the screen.
    #[napi(getter)]
    pub fn recording(&self) -> RecordingService {
        RecordingService::from(self.sandbox.clone())
    }

    /// Accessible objects: what programs say about their windows.
    #[napi(getter)]
    pub fn accessibility(&self) -> Accessibility {
        Accessibility::from(self.sandbox.clone())
    }

    /// Starts the desktop: `POST /computeruse/start`. Has no effect on what runs already.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The processes by name.
    /// @throws {DaytonaServiceUnavailableError} The sandbox has no desktop.
    /// @example
    /// ```typescript
    /// await sandbox.computerUse.start();
    /// await sandbox.computerUse.mouse.click(100, 200);
    /// const { screenshot } = await sandbox.computerUse.screenshot.takeFullScreen();
    /// ```
    #[napi(ts_return_type = "Promise<ComputerUseStartResponse>")]
    pub fn start(&self, env: Env, options: Option<CallOptions>) -> Promised<ComputerUseStartResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.start_computer_use(deadline).await
        })
    }

    /// Stops the desktop and closes its windows: `POST /computeruse/stop`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The processes by name.
    /// @throws {DaytonaServiceUnavailableError} The sandbox has no desktop.
    #[napi(ts_return_type = "Promise<ComputerUseStopResponse>")]
    pub fn stop(&self, env: Env, options: Option<CallOptions>) -> Promised<ComputerUseStopResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.stop_computer_use(deadline).await
        })
    }

    /// Returns whether the desktop runs: `GET /computeruse/process-status`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns `active`, `partial` or `inactive`.
    /// @throws {DaytonaServiceUnavailableError} The sandbox has no desktop.
    #[napi(ts_return_type = "Promise<ComputerUseStatusResponse>")]
    pub fn get_status(&self, env: Env, options: Option<CallOptions>) -> Promised<ComputerUseStatusResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.computer_use_status(deadline).await
        })
    }

    /// Returns whether a process of the desktop runs:
    /// `GET /computeruse/process/{processName}/status`.
    /// @param processName Name of the process, such as `xvfb`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns Whether it runs.
    /// @throws {DaytonaServiceUnavailableError} The sandbox has no desktop.
    /// @throws {DaytonaValidationError} There is no process of this name.
    #[napi(ts_return_type = "Promise<ProcessStatusResponse>")]
    pub fn get_process_status(
        &self,
        env: Env,
        process_name: String,
        options: Option<CallOptions>,
    ) -> Promised<ProcessStatusResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.desktop_process_status(&process_name, deadline).await
        })
    }

    /// Restarts a process of the desktop:
    /// `POST /computeruse/process/{processName}/restart`.
    /// @param processName Name of the process, such as `xvfb`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns What happened.
    /// @throws {DaytonaServiceUnavailableError} The sandbox has no desktop.
    /// @throws {DaytonaValidationError} There is no process of this name.
    #[napi(ts_return_type = "Promise<ProcessRestartResponse>")]
    pub fn restart_process(
        &self,
        env: Env,
        process_name: String,
        options: Option<CallOptions>,
    ) -> Promised<ProcessRestartResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.restart_desktop_process(&process_name, deadline).await
        })
    }

    /// Returns the end of the standard output of a process:
    /// `GET /computeruse/process/{processName}/logs`.
    /// @param processName Name of the process, such as `xvfb`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The output.
    /// @throws {DaytonaServiceUnavailableError} The sandbox has no desktop.
    /// @throws {DaytonaValidationError} There is no process of this name.
    #[napi(ts_return_type = "Promise<ProcessLogsResponse>")]
    pub fn get_process_logs(
        &self,
        env: Env,
        process_name: String,
        options: Option<CallOptions>,
    ) -> Promised<ProcessLogsResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.desktop_process_logs(&process_name, deadline).await
        })
    }

    /// Returns the end of the standard error of a process:
    /// `GET /computeruse/process/{processName}/errors`.
    /// @param processName Name of the process, such as `xvfb`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The output.
    /// @throws {DaytonaServiceUnavailableError} The sandbox has no desktop.
    /// @throws {DaytonaValidationError} There is no process of this name.
    #[napi(ts_return_type = "Promise<ProcessErrorsResponse>")]
    pub fn get_process_errors(
        &self,
        env: Env,
        process_name: String,
        options: Option<CallOptions>,
    ) -> Promised<ProcessErrorsResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.desktop_process_errors(&process_name, deadline).await
        })
    }
}
