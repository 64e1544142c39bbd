// Takes the place of installed.cjs in bundles, for `#packages`: packages of platforms cannot be part of a bundle.
export const loadInstalled = () => undefined;
