import path from "node:path";
import { root } from "./server.js";

/** Where sandboxes have the packages of this checkout, which may be in a folder that a sandbox has of its own, such as `/tmp`. */
const target = "/mnt/node_modules";

/** Arguments of the server that give the packages to its sandboxes. */
export const bindPackages = ["--bind", `${path.join(root, "node_modules")}:${target}`];

/** Where sandboxes have the programs of the packages. */
export const packagePrograms = `${target}/.bin`;
