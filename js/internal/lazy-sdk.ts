import type * as Sdk from "#sdk";

/** The SDK's entry point, loaded when it is first asked for: most programs never do. */
export function loadSdk(): typeof Sdk {
  return require("#sdk") as typeof Sdk;
}
