// Finds and loads what is built for this machine's platform: the addon, and the program of the local server. The only place
// that knows where they are: the facade and `npx daytona-local` use it.
import { checkNode, checkProgram, missing, unusableAddon } from "./failures.js";
import { loadFile, search } from "./packages.js";

export { type InstallationError, type InstallationErrorCode, unusableProgram } from "./failures.js";

/**
 * Loads the addon of this platform.
 * @throws {InstallationError} It is missing or cannot be loaded.
 */
export function loadAddon(): unknown {
  checkNode();
  const found = search("addon");
  if (typeof found !== "string") throw missing("addon", found);
  try {
    return loadFile(found);
  } catch (error) {
    throw unusableAddon(found, error);
  }
}

/**
 * Returns the path of the program `daytona-local` of this platform.
 * @throws {InstallationError} It is missing or cannot be executed.
 */
export function findLocalProgram(): string {
  const found = search("program");
  if (typeof found !== "string") throw missing("program", found);
  checkProgram(found);
  return found;
}
