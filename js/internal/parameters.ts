// Generated from native.d.cts by `npm run build:js`. Do not edit.
/** A parameter of a native method: its name, its type and whether it may be left out. */
export type Parameter = readonly [name: string, type: string, optional: boolean];

/** The parameters of each native method. */
export const PARAMETERS: Readonly<Record<string, readonly Parameter[]>> = {
  "ByteSink.write": [
    ["piece", "Uint8Array", false],
    ["options", "CallOptions", true],
  ],
  "ByteSink.finish": [["options", "CallOptions", true]],
  "ByteSink.close": [["options", "CallOptions", true]],
  "ByteStream.next": [["options", "CallOptions", true]],
  "ByteStream.nextText": [["options", "CallOptions", true]],
  "ByteStream.close": [["options", "CallOptions", true]],
  "CancelToken.cancel": [],
  "CommandStream.run": [
    ["command", "string", false],
    ["options", "any", false],
    ["callOptions", "CallOptions", true],
  ],
  "CommandStream.next": [["options", "CallOptions", true]],
  "Daytona.create": [
    ["params", "CreateSandboxParams", true],
    ["options", "CallOptions", true],
  ],
  "Daytona.get": [
    ["sandboxIdOrName", "string", false],
    ["options", "CallOptions", true],
  ],
  "Daytona.listAll": [
    ["labels", "Record<string, string>", true],
    ["options", "CallOptions", true],
  ],
  "Daytona.start": [
    ["sandbox", "Sandbox", false],
    ["timeout", "number", true],
    ["options", "CallOptions", true],
  ],
  "Daytona.stop": [
    ["sandbox", "Sandbox", false],
    ["options", "CallOptions", true],
  ],
  "Daytona.delete": [
    ["sandbox", "Sandbox", false],
    ["timeout", "number", true],
    ["options", "CallOptions", true],
  ],
  "EventStream.next": [["options", "CallOptions", true]],
  "EventStream.close": [["options", "CallOptions", true]],
  "FileSystem.createFolder": [
    ["path", "string", false],
    ["mode", "string", false],
    ["options", "CallOptions", true],
  ],
  "FileSystem.deleteFile": [
    ["path", "string", false],
    ["recursive", "boolean", true],
    ["options", "CallOptions", true],
  ],
  "FileSystem.listFiles": [
    ["path", "string", false],
    ["options", "CallOptions", true],
  ],
  "FileSystem.getFileDetails": [
    ["path", "string", false],
    ["options", "CallOptions", true],
  ],
  "FileSystem.moveFiles": [
    ["source", "string", false],
    ["destination", "string", false],
    ["options", "CallOptions", true],
  ],
  "FileSystem.findFiles": [
    ["path", "string", false],
    ["pattern", "string", false],
    ["options", "CallOptions", true],
  ],
  "FileSystem.searchFiles": [
    ["path", "string", false],
    ["pattern", "string", false],
    ["options", "CallOptions", true],
  ],
  "FileSystem.replaceInFiles": [
    ["files", "Array<string>", false],
    ["pattern", "string", false],
    ["newValue", "string", false],
    ["options", "CallOptions", true],
  ],
  "FileSystem.setFilePermissions": [
    ["path", "string", false],
    ["permissions", "FilePermissionsParams", false],
    ["options", "CallOptions", true],
  ],
  "FileSystem.uploadFile": [
    ["file", "Uint8Array", false],
    ["remotePath", "string", false],
    ["timeout", "number", true],
    ["options", "CallOptions", true],
  ],
  "FileSystem.uploadFiles": [
    ["files", "Array<FileUpload>", false],
    ["timeout", "number", true],
    ["options", "CallOptions", true],
  ],
  "FileSystem.downloadFile": [
    ["remotePath", "string", false],
    ["timeout", "number", true],
    ["options", "CallOptions", true],
  ],
  "FileSystem.openDownload": [
    ["remotePath", "string", false],
    ["options", "CallOptions", true],
  ],
  "FileSystem.openUpload": [
    ["remotePath", "string", false],
    ["options", "CallOptions", true],
  ],
  "FileSystem.openWatch": [
    ["path", "string", false],
    ["recursive", "boolean", false],
    ["options", "CallOptions", true],
  ],
  "LocalServer.start": [
    ["program", "string", false],
    ["arguments", "Array<string>", false],
    ["apiKey", "string", true],
    ["sandboxEnv", "string", true],
    ["options", "CallOptions", true],
  ],
  "LocalServer.shared": [
    ["program", "string", false],
    ["options", "CallOptions", true],
  ],
  "LocalServer.close": [["options", "CallOptions", true]],
  "PtyConnection.next": [["options", "CallOptions", true]],
  "PtyConnection.send": [
    ["data", "Uint8Array", false],
    ["options", "CallOptions", true],
  ],
  "PtyConnection.ended": [["options", "CallOptions", true]],
  "PtyConnection.close": [["options", "CallOptions", true]],
  "Process.openNewPty": [
    ["params", "CreatePtyParams", false],
    ["options", "CallOptions", true],
  ],
  "Process.openPty": [
    ["sessionId", "string", false],
    ["options", "CallOptions", true],
  ],
  "Process.listPtySessions": [["options", "CallOptions", true]],
  "Process.getPtySessionInfo": [
    ["sessionId", "string", false],
    ["options", "CallOptions", true],
  ],
  "Process.killPtySession": [
    ["sessionId", "string", false],
    ["options", "CallOptions", true],
  ],
  "Process.resizePtySession": [
    ["sessionId", "string", false],
    ["cols", "number", false],
    ["rows", "number", false],
    ["options", "CallOptions", true],
  ],
  "Process.executeCommand": [
    ["command", "string", false],
    ["cwd", "string", true],
    ["envs", "Record<string, string>", true],
    ["timeout", "number", true],
    ["options", "CallOptions", true],
  ],
  "Process.codeRun": [
    ["code", "string", false],
    ["params", "CodeRunParams", true],
    ["timeout", "number", true],
    ["options", "CallOptions", true],
  ],
  "Process.createSession": [
    ["sessionId", "string", false],
    ["options", "CallOptions", true],
  ],
  "Process.getSession": [
    ["sessionId", "string", false],
    ["options", "CallOptions", true],
  ],
  "Process.getEntrypointSession": [["options", "CallOptions", true]],
  "Process.getSessionCommand": [
    ["sessionId", "string", false],
    ["commandId", "string", false],
    ["options", "CallOptions", true],
  ],
  "Process.executeSessionCommand": [
    ["sessionId", "string", false],
    ["request", "SessionExecuteRequest", false],
    ["timeout", "number", true],
    ["options", "CallOptions", true],
  ],
  "Process.getSessionCommandLogs": [
    ["sessionId", "string", false],
    ["commandId", "string", false],
    ["options", "CallOptions", true],
  ],
  "Process.getEntrypointLogs": [["options", "CallOptions", true]],
  "Process.openSessionCommandLogs": [
    ["sessionId", "string", false],
    ["commandId", "string", false],
    ["options", "CallOptions", true],
  ],
  "Process.openEntrypointLogs": [["options", "CallOptions", true]],
  "Process.sendSessionCommandInput": [
    ["sessionId", "string", false],
    ["commandId", "string", false],
    ["data", "string", false],
    ["options", "CallOptions", true],
  ],
  "Process.listSessions": [["options", "CallOptions", true]],
  "Process.deleteSession": [
    ["sessionId", "string", false],
    ["options", "CallOptions", true],
  ],
  "Process.openProcess": [
    ["command", "string", false],
    ["cwd", "string", true],
    ["envs", "Record<string, string>", true],
    ["options", "CallOptions", true],
  ],
  "Process.openAttached": [
    ["id", "string", false],
    ["options", "CallOptions", true],
  ],
  "Sandbox.propertyNames": [],
  "Sandbox.getWorkDir": [["options", "CallOptions", true]],
  "Sandbox.getUserHomeDir": [["options", "CallOptions", true]],
  "Sandbox.getUserRootDir": [["options", "CallOptions", true]],
  "Sandbox.start": [
    ["timeout", "number", true],
    ["options", "CallOptions", true],
  ],
  "Sandbox.stop": [
    ["timeout", "number", true],
    ["force", "boolean", true],
    ["options", "CallOptions", true],
  ],
  "Sandbox.delete": [
    ["timeout", "number", true],
    ["options", "CallOptions", true],
  ],
  "Sandbox.refreshData": [["options", "CallOptions", true]],
  "Sandbox.setLabels": [
    ["labels", "Record<string, string>", false],
    ["options", "CallOptions", true],
  ],
  "Sandbox.setAutostopInterval": [
    ["interval", "number", false],
    ["options", "CallOptions", true],
  ],
  "Sandbox.setAutoArchiveInterval": [
    ["interval", "number", false],
    ["options", "CallOptions", true],
  ],
  "Sandbox.setAutoDeleteInterval": [
    ["interval", "number", false],
    ["options", "CallOptions", true],
  ],
  "SandboxBackend.create": [
    ["config", "ClientConfig", false],
    ["options", "any", false],
    ["callOptions", "CallOptions", true],
  ],
  "SandboxBackend.connect": [
    ["config", "ClientConfig", false],
    ["idOrName", "string", false],
    ["options", "any", false],
    ["callOptions", "CallOptions", true],
  ],
  "SandboxBackend.deleteAll": [
    ["config", "ClientConfig", false],
    ["labels", "Record<string, string>", false],
    ["callOptions", "CallOptions", true],
  ],
  "SandboxBackend.sandbox": [],
  "SandboxBackend.client": [],
  "SandboxBackend.execute": [
    ["command", "string", false],
    ["options", "any", false],
    ["callOptions", "CallOptions", true],
  ],
  "SandboxBackend.openCommand": [["options", "CallOptions", true]],
  "SandboxBackend.uploadFiles": [
    ["files", "Array<UploadEntry>", false],
    ["options", "CallOptions", true],
  ],
  "SandboxBackend.downloadFiles": [
    ["paths", "Array<string>", false],
    ["limit", "number", false],
    ["options", "CallOptions", true],
  ],
  "SandboxBackend.start": [["options", "CallOptions", true]],
  "SandboxBackend.stop": [["options", "CallOptions", true]],
  "SandboxBackend.delete": [["options", "CallOptions", true]],
  "SandboxBackend.workDir": [["options", "CallOptions", true]],
  "SandboxBackend.userHomeDir": [["options", "CallOptions", true]],
  "StartedProcess.next": [
    ["isStderr", "boolean", false],
    ["options", "CallOptions", true],
  ],
  "StartedProcess.close": [
    ["isStderr", "boolean", false],
    ["options", "CallOptions", true],
  ],
  "StartedProcess.wait": [["options", "CallOptions", true]],
  "StartedProcess.write": [
    ["data", "Uint8Array", false],
    ["options", "CallOptions", true],
  ],
  "StartedProcess.closeStdin": [["options", "CallOptions", true]],
  "StartedProcess.kill": [
    ["signal", "string", false],
    ["options", "CallOptions", true],
  ],
  "StartedProcess.end": [["options", "CallOptions", true]],
};
