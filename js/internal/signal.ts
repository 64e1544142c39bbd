import type { CancelToken } from "#native";
import { native } from "./addon.js";

/** Options that every asynchronous method takes last. */
interface CallOptions {
  timeout?: number | undefined;
  signal?: AbortSignal | null | undefined;
}

/** What everything that waits for a signal shares: one token, one listener, however many they are. */
interface Shared {
  token: CancelToken;
  waiting: Set<() => void>;
  onAbort: () => void;
}

const shared = new WeakMap<AbortSignal, Shared>();

/** The signal in the last parameter of a call. */
export function signalOf(parameters: unknown[]): AbortSignal | undefined {
  const last = parameters.at(-1);
  const signal = typeof last === "object" && last !== null ? (last as CallOptions).signal : undefined;
  return typeof signal?.throwIfAborted === "function" ? signal : undefined;
}

/** Runs a native call with the addon's token in place of the `AbortSignal`, which is not aborted, in its last parameter. */
export async function withToken<T>(signal: AbortSignal, parameters: unknown[], call: (parameters: unknown[]) => T): Promise<Awaited<T>> {
  const entry = shared.get(signal) ?? share(signal);
  // The token aborts the call.
  const release = wait(signal, entry, () => {});
  try {
    const options = { ...(parameters.at(-1) as CallOptions), signal: entry.token };
    return await call([...parameters.slice(0, -1), options]);
  } finally {
    release();
  }
}

/**
 * Calls a function when a signal is aborted. The signal has one listener for all of them, so that Node.js does not take
 * many calls for a leak.
 * @returns A function that removes the function.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  return wait(signal, shared.get(signal) ?? share(signal), listener);
}

/**
 * The result of a promise, or the signal's reason once it is aborted. Not a race with one promise for the signal: that
 * would hold every result for as long as the signal lives.
 */
export function interruptible<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const release = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(release);
  });
}

function wait(signal: AbortSignal, entry: Shared, listener: () => void): () => void {
  // The same function may wait twice.
  const waiting = () => listener();
  entry.waiting.add(waiting);
  return () => {
    entry.waiting.delete(waiting);
    if (entry.waiting.size > 0) return;
    signal.removeEventListener("abort", entry.onAbort);
    if (shared.get(signal) === entry) shared.delete(signal);
  };
}

function share(signal: AbortSignal): Shared {
  const token = new native.CancelToken();
  const waiting = new Set<() => void>();
  const onAbort = () => {
    token.cancel();
    for (const listener of [...waiting]) listener();
  };
  const entry = { token, waiting, onAbort };
  signal.addEventListener("abort", onAbort, { once: true });
  shared.set(signal, entry);
  return entry;
}
