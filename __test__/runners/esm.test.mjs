import * as alias from "@langchain/daytona";
import * as aliasSdk from "@langchain/daytona/sdk";
import * as daytona from "daytona-native";
import * as sdk from "daytona-native/sdk";
import defineChecks from "./checks.cjs";

const runner = globalThis.vi ?? import.meta.jest;
const reload = async () => {
  runner.resetModules();
  return { daytona: await import("daytona-native"), sdk: await import("daytona-native/sdk") };
};

defineChecks(() => ({ daytona, sdk, alias, aliasSdk }), process.env.RESETS_PACKAGES === "1" ? reload : undefined);
