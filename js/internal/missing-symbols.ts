/**
 * Removes the method that a class has instead of `Symbol.asyncDispose` where that is missing, as it is in the realms of test
 * runners on Node.js 20: it would be called "undefined".
 */
export function removeMissingSymbols(Class: { prototype: object }): void {
  const symbol: symbol | undefined = Symbol.asyncDispose;
  if (symbol === undefined) Reflect.deleteProperty(Class.prototype, "undefined");
}
