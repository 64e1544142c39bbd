// Puts a bundle and the files of the package of this platform into a folder of their own, as the archive of an AWS Lambda
// function, and calls the handler from a program that is elsewhere, as the runtime of Lambda does.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "daytona-native-lambda-"));
const { report, platform, arch } = process;
const libc = report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "gnu";
const name = `daytona-native-${platform}-${arch}-${libc}`;
const installed = path.dirname(createRequire(createRequire(import.meta.url).resolve("daytona-native/package.json")).resolve(name));

function invoke(bundle, filesAt) {
  const task = path.join(folder, path.basename(bundle));
  fs.cpSync(installed, path.join(task, filesAt), { recursive: true });
  fs.rmSync(path.join(task, "package.json"), { force: true });
  fs.copyFileSync(bundle, path.join(task, path.basename(bundle)));
  const runtime = path.join(folder, "runtime.mjs");
  fs.writeFileSync(runtime, `console.log(await (await import(process.argv[2])).handler());`);
  return execFileSync(process.execPath, [runtime, path.join(task, path.basename(bundle))], { cwd: os.tmpdir(), encoding: "utf8" }).trim();
}

try {
  for (const bundle of ["out/handler.cjs", "out/handler.mjs"]) {
    for (const filesAt of [".", `node_modules/${name}`]) {
      const said = invoke(bundle, filesAt);
      if (said !== "ok") throw new Error(`${bundle} with files at ${filesAt}: ${said}`);
    }
  }
  console.log("ok");
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
