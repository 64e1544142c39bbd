// What `border.spec` uses of Vitest, from the globals of Jest: so that the same tests run in both.
expect.extend({
  toSatisfy: (received, isSatisfying) => ({ pass: isSatisfying(received), message: () => "expected the value to satisfy the condition" }),
});

exports.expect = Object.assign((value, message) => {
  const assertions = expect(value);
  if (message === undefined) return assertions;
  // Jest takes no message of the caller's.
  return new Proxy(assertions, {
    get: (target, name) =>
      typeof target[name] !== "function"
        ? target[name]
        : (...expected) => {
            try {
              return target[name](...expected);
            } catch (error) {
              error.message = `${message}\n${error.message}`;
              throw error;
            }
          },
  });
}, expect);
exports.inject = (name) => JSON.parse(process.env.RUNNERS_PROVIDED)[name];
Object.assign(exports, { afterAll, beforeAll, describe, it });
