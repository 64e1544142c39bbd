import { type InspectOptions, inspect } from "node:util";

/** A class whose objects describe themselves, without anything confidential. */
interface Described {
  prototype: { toJSON(): object };
  name: string;
}

/** Makes `console.log` show the objects of a class as `JSON.stringify` does, with the name of the class. */
export function inspectAsJson(Class: Described): void {
  Object.defineProperty(Class.prototype, inspect.custom, {
    value(this: Described["prototype"], depth: number, options: InspectOptions): string {
      const name = this.constructor.name;
      return depth < 0 ? `[${name}]` : `${name} ${inspect(this.toJSON(), { ...options, depth })}`;
    },
    writable: true,
    configurable: true,
  });
}
