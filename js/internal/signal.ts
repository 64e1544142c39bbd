import { CancelToken, SandboxBackend } from "#native";

/**
 * Runs a native call that an `AbortSignal` can end: an aborted one rejects at once with the signal's reason. What the
 * call has started in a sandbox is killed; the process stays alive until that is done.
 */
export async function withSignal<T>(signal: AbortSignal | undefined, call: (token?: CancelToken) => Promise<T>): Promise<T> {
  if (signal === undefined) return await call();
  signal.throwIfAborted();
  const token = new CancelToken();
  const onAbort = () => token.cancel();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await call(token);
  } catch (error) {
    if (!signal.aborted) throw error;
    void SandboxBackend.cleanupsSettled();
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
