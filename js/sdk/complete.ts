import { completeClasses } from "#internal";

/** The classes of the addon, complete, which those of the SDK extend. */
export const complete = completeClasses();
