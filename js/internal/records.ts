// Generated from native.d.cts by `npm run build:js`. Do not edit.
/** The positions of the parameters that are records, of each native method that has some. */
export const RECORDS: Readonly<Record<string, readonly number[]>> = {
  "Daytona.listAll": [0],
  "Process.executeCommand": [2],
  "Process.openProcess": [2],
  "Sandbox.updateEnv": [0],
  "Sandbox.setLabels": [0],
  "SandboxBackend.deleteAll": [1],
};
