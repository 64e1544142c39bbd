// Copies the files that @vercel/nft finds, as deployments do, to a folder without node_modules above, and runs the program.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { nodeFileTrace } from "@vercel/nft";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "daytona-native-nft-"));
try {
  const { fileList } = await nodeFileTrace(["main.mjs"]);
  for (const file of fileList) fs.cpSync(file, path.join(folder, file), { recursive: true, verbatimSymlinks: true });
  process.stdout.write(execFileSync(process.execPath, [path.join(folder, "main.mjs")], { cwd: folder }));
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
