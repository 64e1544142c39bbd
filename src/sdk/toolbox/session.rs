//! Sessions: long-lived shells of a sandbox.

use daytona_client::{
    Command, Session, SessionCommandLogsResponse, SessionExecuteRequest, SessionExecuteResponse,
};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use super::process::Process;
use crate::call::{CALL, CallOptions, Promised, Resource, STREAM, UNLIMITED};
use crate::stream::ByteStream;

#[napi]
impl Process {
    /// Creates a session: `POST /process/session`.
    /// @param sessionId Id of the new session.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaConflictError} A session with this id exists.
    /// @example
    /// ```typescript
    /// await sandbox.process.createSession("build");
    /// const { cmdId } = await sandbox.process.executeSessionCommand("build", { command: "npm ci", runAsync: true });
    /// ```
    #[napi(ts_return_type = "Promise<void>")]
    pub fn create_session(&self, env: Env, session_id: String, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.create_session(&session_id, deadline).await
        })
    }

    /// Returns a session with its commands: `GET /process/session/{sessionId}`.
    /// @param sessionId Id of the session.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The session.
    /// @throws {DaytonaNotFoundError} The session does not exist.
    #[napi(ts_return_type = "Promise<Session>")]
    pub fn get_session(
        &self,
        env: Env,
        session_id: String,
        options: Option<CallOptions>,
    ) -> Promised<Session> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.get_session(&session_id, deadline).await
        })
    }

    /// Returns the session of the sandbox's entrypoint: `GET /process/session/entrypoint`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The session.
    /// @throws {DaytonaNotFoundError} The sandbox has no entrypoint.
    #[napi(ts_return_type = "Promise<Session>")]
    pub fn get_entrypoint_session(&self, env: Env, options: Option<CallOptions>) -> Promised<Session> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.get_entrypoint_session(deadline).await
        })
    }

    /// Returns a command of a session: `GET /process/session/{sessionId}/command/{commandId}`.
    /// @param sessionId Id of the session.
    /// @param commandId Id of the command.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The command, with its exit code once it has exited.
    /// @throws {DaytonaNotFoundError} The session or the command does not exist.
    #[napi(ts_return_type = "Promise<Command>")]
    pub fn get_session_command(
        &self,
        env: Env,
        session_id: String,
        command_id: String,
        options: Option<CallOptions>,
    ) -> Promised<Command> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.get_session_command(&session_id, &command_id, deadline).await
        })
    }

    /// Runs a command in a session: `POST /process/session/{sessionId}/exec`. Waits for it to exit,
    /// or with `runAsync` returns immediately with the command's id.
    /// @param sessionId Id of the session.
    /// @param request The command and how to run it.
    /// @param timeout Timeout of the call in seconds, after which the command keeps running; 0 for
    /// none. Default: none.
    /// @param options A signal.
    /// @returns The command's id, its output and its exit code; with `runAsync` only the id, and no output yet.
    /// @throws {DaytonaNotFoundError} The session does not exist.
    /// @throws {DaytonaGoneError} The session has ended.
    #[napi(ts_return_type = "Promise<SessionExecuteResponse>")]
    pub fn execute_session_command(
        &self,
        env: Env,
        session_id: String,
        request: SessionExecuteRequest,
        timeout: Option<f64>,
        options: Option<CallOptions>,
    ) -> Promised<SessionExecuteResponse> {
        let options = CallOptions::or_timeout(options, timeout);
        self.call(&env, options, UNLIMITED, |sandbox, deadline| async move {
            sandbox.execute_session_command(&session_id, &request, deadline).await
        })
    }

    /// Returns the log of a command so far:
    /// `GET /process/session/{sessionId}/command/{commandId}/logs`.
    /// @param sessionId Id of the session.
    /// @param commandId Id of the command.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The log.
    /// @throws {DaytonaNotFoundError} The session or the command does not exist.
    #[napi(ts_return_type = "Promise<SessionCommandLogsResponse>")]
    pub fn get_session_command_logs(
        &self,
        env: Env,
        session_id: String,
        command_id: String,
        options: Option<CallOptions>,
    ) -> Promised<SessionCommandLogsResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.get_session_command_logs(&session_id, &command_id, deadline).await
        })
    }

    /// Returns the log of the entrypoint so far: `GET /process/session/entrypoint/logs`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The log.
    /// @throws {DaytonaNotFoundError} The sandbox has no entrypoint.
    #[napi(ts_return_type = "Promise<SessionCommandLogsResponse>")]
    pub fn get_entrypoint_logs(
        &self,
        env: Env,
        options: Option<CallOptions>,
    ) -> Promised<SessionCommandLogsResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.get_entrypoint_logs(deadline).await
        })
    }

    /// Opens the live log of a command:
    /// `GET /process/session/{sessionId}/command/{commandId}/logs` over a WebSocket.
    /// `getSessionCommandLogs` passes it to callbacks.
    /// @param sessionId Id of the session.
    /// @param commandId Id of the command.
    /// @param options Timeout of the whole stream in seconds (default none) and a signal.
    /// @returns The native stream.
    /// @throws {DaytonaNotFoundError} The session or the command does not exist.
    #[napi(ts_return_type = "Promise<ByteStream>")]
    pub fn open_session_command_logs(
        &self,
        env: Env,
        session_id: String,
        command_id: String,
        options: Option<CallOptions>,
    ) -> Promised<ByteStream> {
        self.call(&env, options, STREAM, |sandbox, deadline| async move {
            sandbox
                .follow_session_command_logs(&session_id, &command_id, deadline)
                .await
                .map(ByteStream::from)
        })
    }

    /// Opens the live log of the entrypoint: `GET /process/session/entrypoint/logs` over a
    /// WebSocket. `getEntrypointLogs` passes it to callbacks.
    /// @param options Timeout of the whole stream in seconds (default none) and a signal.
    /// @returns The native stream.
    /// @throws {DaytonaNotFoundError} The sandbox has no entrypoint.
    #[napi(ts_return_type = "Promise<ByteStream>")]
    pub fn open_entrypoint_logs(&self, env: Env, options: Option<CallOptions>) -> Promised<ByteStream> {
        self.call(&env, options, STREAM, |sandbox, deadline| async move {
            sandbox.follow_entrypoint_logs(deadline).await.map(ByteStream::from)
        })
    }

    /// Sends input to a running command:
    /// `POST /process/session/{sessionId}/command/{commandId}/input`.
    /// @param sessionId Id of the session.
    /// @param commandId Id of the command.
    /// @param data The input; the service adds a newline unless it ends with one.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The session or the command does not exist.
    /// @throws {DaytonaGoneError} The command has exited.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn send_session_command_input(
        &self,
        env: Env,
        session_id: String,
        command_id: String,
        data: String,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.send_session_command_input(&session_id, &command_id, &data, deadline).await
        })
    }

    /// Returns all sessions except the entrypoint's: `GET /process/session`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The sessions.
    #[napi(ts_return_type = "Promise<Array<Session>>")]
    pub fn list_sessions(&self, env: Env, options: Option<CallOptions>) -> Promised<Vec<Session>> {
        self.call(
            &env,
            options,
            CALL,
            |sandbox, deadline| async move { sandbox.list_sessions(deadline).await },
        )
    }

    /// Deletes a session and kills everything that runs in it:
    /// `DELETE /process/session/{sessionId}`.
    /// @param sessionId Id of the session.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The session does not exist.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn delete_session(&self, env: Env, session_id: String, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.delete_session(&session_id, deadline).await
        })
    }
}
