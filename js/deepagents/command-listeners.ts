import { interruptible } from "#internal";
import type { CommandOutput, CommandStream } from "#native";

type Listener = ((chunk: string) => unknown) | null | undefined;

/** Listeners of the two outputs of a command. */
export interface Listeners {
  stdout: Listener;
  stderr: Listener;
}

/**
 * Passes the output of a command, in order, to its listeners while it runs.
 * @returns The result of the command, once the listeners have received everything.
 * @throws The error of the command, or the first error of a listener.
 */
export async function withListeners(
  stream: CommandStream,
  run: Promise<CommandOutput>,
  listeners: Listeners,
  signal: AbortSignal | undefined,
): Promise<CommandOutput> {
  const listening = listen(stream, listeners);
  // How a command fails is told by its result.
  listening.catch(() => {});
  const result = await run;
  // A listener that does not settle must not hold up what the caller has aborted.
  const failure = await interruptible(listening, signal);
  if (failure !== undefined) throw failure.error;
  return result;
}

/** Calls the listeners until the output ends. Returns the first error of a listener. */
async function listen(stream: CommandStream, { stdout, stderr }: Listeners): Promise<{ error: unknown } | undefined> {
  let failure: { error: unknown } | undefined;
  for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
    try {
      await (chunk.channel === "stderr" ? stderr : stdout)?.(chunk.text);
    } catch (error) {
      failure ??= { error };
    }
  }
  return failure;
}
