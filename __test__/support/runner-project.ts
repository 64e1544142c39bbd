import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { copyPackage } from "./copy-package.js";
import { root } from "./server.js";

/** The packages of this checkout. */
export const modules = path.join(root, "node_modules");

/** Creates a project with the files of a folder, in which this package is installed under each of these names, with one addon. */
export async function createRunnerProject(files: string, names: string[]): Promise<string> {
  const project = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-runners-")));
  await fs.cp(path.join(root, files), project, { recursive: true });
  const installed = path.join(project, "node_modules");
  await linkAll(modules, installed, ["daytona-native", "@langchain", ".cache", ".vite", ".vitest"]);
  await linkAll(path.join(modules, "@langchain"), path.join(installed, "@langchain"), ["daytona"]);
  for (const name of names) {
    const copy = path.join(installed, name);
    await copyPackage(copy);
    for (const compiled of (await fs.readdir(root)).filter((file) => /\.node$|^daytona-local/.test(file))) {
      await fs.symlink(path.join(root, compiled), path.join(copy, compiled));
    }
  }
  return project;
}

async function linkAll(from: string, to: string, except: string[]): Promise<void> {
  await fs.mkdir(to, { recursive: true });
  const names = (await fs.readdir(from)).filter((name) => !except.includes(name));
  await Promise.all(names.map((name) => fs.symlink(path.join(from, name), path.join(to, name))));
}
