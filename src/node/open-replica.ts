/**
 * Opens a node's replica, and makes a new one when the old one is damaged: a node's database is the truth only for what
 * the gateway has not confirmed, and the gateway can settle that. Nothing of it is silent: the damaged file is set aside,
 * the log says it, and the gateway is told, so that the report names it where an attempt is lost for it.
 * (A gateway never does this: what it loses nobody can settle.)
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { MeshError } from "#shared/errors.ts";
import { systemIds } from "#shared/ids.ts";
import type { Log } from "#shared/log.ts";
import type { Reserve } from "./reserve.ts";
import { openReplica, type Replica } from "./store/replica.ts";

export type ReplicaOpening = {
  readonly path: string;
  readonly log: Log;
  readonly reserve: Reserve;
  readonly onDiskFull: () => void;
  /** The file shows damage while it is used: this process must end. */
  readonly onDamage: (damage: MeshError) => void;
};

export type OpenedReplica = {
  readonly replica: Replica;
  /** What became of the older one, when it was damaged. */
  readonly storeFault: string | undefined;
};

/** A disk that damages more than these is broken itself: somebody must look. */
const DAMAGED_MAX = 5;

/** @throws {MeshError} As `openReplica`; `store_damaged` when too many were set aside already. */
export function openNodeReplica(opening: ReplicaOpening): OpenedReplica {
  const { path, log, reserve } = opening;
  const open = () =>
    openReplica({
      path,
      ids: systemIds,
      onDamage: opening.onDamage,
      onDiskFull: () => {
        opening.onDiskFull();
        return reserve.release();
      },
    });
  try {
    return { replica: open(), storeFault: undefined };
  } catch (thrown) {
    if (!(thrown instanceof MeshError) || thrown.code !== "store_damaged") throw thrown;
    const storeFault = setAside(path, thrown);
    log.error("The node's database is damaged: a new one is made", {
      reason: thrown.message,
      storeFault,
    });
    return { replica: open(), storeFault };
  }
}

function setAside(path: string, damage: MeshError): string {
  const wasThere = existsSync(path);
  const number = Array.from({ length: DAMAGED_MAX }, (_, index) => index + 1).find(
    (candidate) => !existsSync(`${path}.damaged-${candidate}`),
  );
  if (number === undefined) {
    const text = `${damage.message}; ${DAMAGED_MAX} damaged ones lie beside it already: look at this disk, then remove them`;
    throw new MeshError("store_damaged", text, { cause: damage });
  }
  const aside = `${path}.damaged-${number}`;
  for (const end of ["", "-wal", "-shm"])
    if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${aside}${end}`);
  rmSync(`${path}.mark`, { force: true });
  return wasThere
    ? `its database was damaged, and is set aside as ${basename(aside)}`
    : "its database was deleted";
}
