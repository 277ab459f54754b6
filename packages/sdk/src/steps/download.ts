import { ArtifactError } from "../errors/index.ts";
import type { Lease } from "./lease.ts";
import type { Download } from "./needs.ts";
import { transfer, type TransferPorts } from "./transfer.ts";

/** Reads artifacts of needed steps from their signed addresses. */
export function createDownload(lease: Lease, ports: TransferPorts): Download {
  return async ({ name, url }) => {
    const what = `download of artifact "${name}"`;
    const { status, bytes } = await transfer(ports, what, url, { method: "GET" }, lease.gone);
    if (status === 200) return bytes;
    throw new ArtifactError(
      name,
      "unreadable",
      `Artifact "${name}" cannot be read: storage answered ${status}.`,
    );
  };
}
