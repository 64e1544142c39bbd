import type * as native from "#native";
import { complete } from "./complete.js";

/**
 * Volumes of an organization: folders that several sandboxes share, and that outlive them. The option `volumes` of
 * `create` mounts them.
 */
export class VolumeService extends (complete.VolumeService as typeof native.VolumeService) {}
