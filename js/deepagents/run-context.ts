import { getEventListeners } from "node:events";

// What LangChain knows about the run that the current code is part of. It keeps the run's configuration in an
// AsyncLocalStorage that all copies of its packages share through a global symbol, so neither they nor their versions
// need to be imported.

const STORAGE = Symbol.for("ls:tracing_async_local_storage");
const CONFIG = Symbol.for("lc:child_config");
/** How LangGraph tells nested graphs the signals of the outermost one. */
const SIGNALS = "__pregel_abort_signals";
/** How long an invocation must be quiet to have ended, in milliseconds: between two steps it is for a moment. */
const QUIET = 200;

interface RunConfig {
  signal?: unknown;
  configurable?: { [SIGNALS]?: { externalAbortSignal?: unknown } };
}

/** Ends invocations whose signal was collected: some listener was left behind, but nothing can run any more. */
const collected = new FinalizationRegistry<() => void>((ended) => ended());

/** Returns the signal of the current step of a run of LangChain: it is aborted when the run is. */
export function runSignal(): AbortSignal | undefined {
  return asSignal(runConfig()?.signal);
}

/**
 * Returns the signal of the current invocation of an agent. LangGraph creates one for each outermost run and passes it
 * to subagents, so it identifies the invocation.
 */
export function invocationSignal(): AbortSignal | undefined {
  return asSignal(runConfig()?.configurable?.[SIGNALS]?.externalAbortSignal);
}

/**
 * Calls a function when an invocation has ended, failed or been aborted. It may be called twice, and must not keep the
 * signal alive.
 *
 * A run reports its end to callbacks, but only to those that were given when it started. While it runs, however, LangGraph
 * listens to the invocation's signal: in each step, and while the next result is awaited. So the invocation has ended
 * when the last listener is removed and none is added.
 */
export function onInvocationEnd(invocation: AbortSignal, ended: () => void): void {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const isQuiet = (): boolean => getEventListeners(invocation, "abort").length === 0;
  const finish = (): void => {
    isOver = true;
    ended();
  };
  const check = (): void => {
    clearTimeout(timer);
    if (isOver) return;
    if (invocation.aborted) finish();
    else if (isQuiet()) timer = setTimeout(() => isQuiet() && finish(), QUIET);
  };
  // The signal belongs to this invocation only, so its method can tell when a listener is removed.
  const remove = invocation.removeEventListener;
  const removeAndCheck = (...parameters: Parameters<typeof remove>): void => {
    remove.apply(invocation, parameters);
    check();
  };
  Object.defineProperty(invocation, "removeEventListener", { value: removeAndCheck, writable: true, configurable: true });
  collected.register(invocation, ended);
  check();
}

function runConfig(): RunConfig | undefined {
  const storage = (globalThis as { [STORAGE]?: { getStore?(): unknown } })[STORAGE];
  const run = storage?.getStore?.() as { extra?: { [CONFIG]?: RunConfig } } | undefined;
  return run?.extra?.[CONFIG];
}

function asSignal(value: unknown): AbortSignal | undefined {
  return typeof (value as AbortSignal | undefined)?.throwIfAborted === "function" ? (value as AbortSignal) : undefined;
}
