import { platformName } from "#platform";
import type * as Native from "#native";

/** The addon. The only place that loads it, so that its absence is told in one way. */
export const native: typeof Native = load();

function load(): typeof Native {
  try {
    return require("#native") as typeof Native;
  } catch (error) {
    throw new Error(describeFailure(error), { cause: error });
  }
}

/** Says which file is missing or what is wrong with it. The generated loader's message tells of a fault of npm's. */
function describeFailure(error: unknown): string {
  const target = platformName();
  const file = `daytona-native.${target}.node`;
  const failed = `Could not load the native addon of daytona-native for ${target}`;
  // The loader tries several files and packages; what was found and could not be loaded is the reason.
  const reasons: string[] = [];
  for (let cause = error; isErrorLike(cause); cause = cause.cause) {
    if (!cause.message.startsWith("Cannot find ")) reasons.push(cause.message);
  }
  if (reasons.length > 0) return `${failed}: ${reasons.join("; ")}.`;
  return (
    `${failed}: neither the file ${file} in ${__dirname} nor the package daytona-native-${target} is present. Install ` +
    "daytona-native on the machine that runs it, with its optional dependencies (not with --omit=optional)."
  );
}

/** In a test runner, errors may be of another realm. */
function isErrorLike(value: unknown): value is Error {
  return typeof value === "object" && value !== null && "message" in value;
}
