import fs from "node:fs/promises";
import path from "node:path";
import { root } from "./server.js";

/** Copies the JavaScript of the package to a folder, without what is compiled for a platform. */
export async function copyPackage(to: string): Promise<void> {
  await fs.mkdir(to, { recursive: true });
  const names = (await fs.readdir(root)).filter((name) => /\.c?js$|^package\.json$/.test(name));
  await Promise.all(names.map((name) => fs.copyFile(path.join(root, name), path.join(to, name))));
  await Promise.all(["bin", "platforms"].map((name) => fs.cp(path.join(root, name), path.join(to, name), { recursive: true })));
}
