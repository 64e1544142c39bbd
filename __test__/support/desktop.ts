import fs from "node:fs";
import path from "node:path";

const FOLDERS = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/bin", "/usr/libexec", "/usr/lib/at-spi2-core"];

/** The programs that are not on this machine. `scripts/install-desktop.mjs` installs them in continuous integration. */
export function missingPrograms(...programs: string[]): string[] {
  return programs.filter((program) => !FOLDERS.some((folder) => fs.existsSync(path.join(folder, program))));
}

/** Whether sandboxes can have a desktop here. */
export const hasDesktop = missingPrograms("Xvfb", "openbox").length === 0;
