// Packs the crates that can be published, as cargo does for crates.io, without building them: npm run check:crates.
import { spawnSync } from "node:child_process";
import { root } from "./targets.mjs";

const PACKAGES = ["daytona-api", "daytona-sandbox-network", "daytona-sandbox-init", "daytona-local"];
const args = ["package", "--no-verify", "--allow-dirty", ...PACKAGES.flatMap((name) => ["--package", name])];

// It resolves dependencies anew. What earlier builds fetched is enough for that most times.
const offline = spawnSync("cargo", [...args, "--offline"], { cwd: root, stdio: "ignore" });
const { status } = offline.status === 0 ? offline : spawnSync("cargo", args, { cwd: root, stdio: "inherit" });
if (status !== 0) {
  console.error(`check-crates: cargo cannot package ${PACKAGES.join(" and ")}; the reason is above`);
  process.exit(1);
}
console.log(`${PACKAGES.join(" and ")} can be packed`);
