import type * as native from "#native";

/** Options for a new sandbox, from whatever it is created. */
export type CreateSandboxBaseParams = Omit<native.CreateSandboxParams, "image" | "resources" | "snapshot">;

/** Options for a new sandbox that is created from an image. */
export type CreateSandboxFromImageParams = CreateSandboxBaseParams & {
  /** Image to start from, such as `node:20`. */
  image: string;
  /** CPU cores, GPUs, memory (GiB) and disk (GiB). */
  resources?: native.Resources;
};

/** Options for a new sandbox that is created from a snapshot. */
export type CreateSandboxFromSnapshotParams = CreateSandboxBaseParams & {
  /** Snapshot to start from, by name or id. Default: that of the service. */
  snapshot?: string;
};
