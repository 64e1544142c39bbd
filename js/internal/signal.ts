import type { CancelToken } from "#native";
import { native } from "./addon.js";

/** Options that every asynchronous method takes last. */
interface CallOptions {
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** What the calls that share a signal share: one token, one listener, however many they are. */
interface Shared {
  token: CancelToken;
  calls: number;
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
  entry.calls += 1;
  try {
    const options = { ...(parameters.at(-1) as CallOptions), signal: entry.token };
    return await call([...parameters.slice(0, -1), options]);
  } finally {
    entry.calls -= 1;
    if (entry.calls === 0) {
      signal.removeEventListener("abort", entry.onAbort);
      shared.delete(signal);
    }
  }
}

function share(signal: AbortSignal): Shared {
  const token = new native.CancelToken();
  const entry = { token, calls: 0, onAbort: () => token.cancel() };
  signal.addEventListener("abort", entry.onAbort, { once: true });
  shared.set(signal, entry);
  return entry;
}
