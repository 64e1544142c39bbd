// What differs between package managers: how they install, without scripts and without a network, and how they are told
// where the registry is.
import fs from "node:fs/promises";
import path from "node:path";

/**
 * @typedef {object} Manager
 * @property {string[]} install Installs the dependencies of package.json.
 * @property {string[]} ignoreScripts Additional arguments, to run no scripts of packages.
 * @property {string[]} offline Installs what the lock file says from the cache.
 * @property {Record<string, string>} [offlineEnv] Environment of the installation without a network.
 */

/** @type {Record<string, Manager>} */
export const MANAGERS = {
  npm: {
    install: ["npm", "install", "--no-audit", "--no-fund"],
    ignoreScripts: ["--ignore-scripts"],
    offline: ["npm", "ci", "--offline", "--no-audit", "--no-fund"],
  },
  pnpm: {
    install: ["pnpm", "install", "--no-frozen-lockfile"],
    ignoreScripts: ["--ignore-scripts"],
    offline: ["pnpm", "install", "--offline", "--frozen-lockfile"],
  },
  "yarn-classic": {
    install: ["yarn", "install", "--non-interactive"],
    ignoreScripts: ["--ignore-scripts"],
    offline: ["yarn", "install", "--non-interactive", "--offline", "--frozen-lockfile"],
  },
  yarn: {
    install: ["yarn", "install", "--no-immutable"],
    ignoreScripts: ["--mode=skip-build"],
    offline: ["yarn", "install", "--immutable"],
    offlineEnv: { YARN_ENABLE_NETWORK: "0" },
  },
  bun: {
    install: ["bun", "install"],
    ignoreScripts: ["--ignore-scripts"],
    offline: ["bun", "install", "--frozen-lockfile"],
  },
  deno: {
    install: ["deno", "install"],
    ignoreScripts: [],
    offline: ["deno", "install", "--frozen", "--cached-only"],
  },
};

/**
 * Returns the environment of a project. It inherits nothing but a few settings of the terminal: no configuration of a package
 * manager, no Daytona service, no compiler. Caches are the run's, not the user's.
 */
export async function environment({ url, home, bin }) {
  const { hostname } = new URL(url);
  const npmrc = `registry=${url}\naudit=false\nfund=false\nupdate-notifier=false\n`;
  await fs.mkdir(path.join(home, "tmp"), { recursive: true });
  await fs.writeFile(path.join(home, ".npmrc"), npmrc);
  return {
    PATH: bin,
    HOME: home,
    TMPDIR: path.join(home, "tmp"),
    LANG: "C.UTF-8",
    CI: "1",
    NO_COLOR: "1",
    npm_config_registry: url,
    npm_config_cache: path.join(home, "npm-cache"),
    YARN_NPM_REGISTRY_SERVER: url.replace(/\/$/, ""),
    YARN_UNSAFE_HTTP_WHITELIST: hostname,
    YARN_ENABLE_TELEMETRY: "0",
    // Packages of this run are younger than the age that these require. pnpm would write an exception, and install again.
    YARN_NPM_MINIMAL_AGE_GATE: "0",
    pnpm_config_minimum_release_age: "0",
    YARN_ENABLE_IMMUTABLE_INSTALLS: "0",
    YARN_ENABLE_HARDENED_MODE: "0",
    DENO_NO_UPDATE_CHECK: "1",
    BUN_CONFIG_REGISTRY: url,
    DO_NOT_TRACK: "1",
  };
}
