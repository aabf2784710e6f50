/** One folder an attempt, made only when something asks for it: most http attempts never do. */
import { mkdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "#shared/errors.ts";
import type { Log } from "#shared/log.ts";

export type Workspace = {
  /** The folder's path; makes it at the first call. */
  readonly path: () => string;
  /** Removes it in the background. */
  readonly remove: () => void;
};

export type Workspaces = { readonly create: () => Workspace };

/** Hands out folders below `workPath`; what a killed process left there is removed first. */
export function createWorkspaces(workPath: string, log: Log): Workspaces {
  rmSync(workPath, { recursive: true, force: true });
  mkdirSync(workPath, { recursive: true, mode: 0o700 });
  let count = 0;
  return {
    create: () => {
      let path: string | undefined;
      return {
        path: () => {
          if (path !== undefined) return path;
          count += 1;
          path = join(workPath, `attempt-${count}`);
          mkdirSync(path, { mode: 0o700 });
          return path;
        },
        remove: () => {
          if (path === undefined) return;
          rm(path, { recursive: true, force: true, maxRetries: 3 }).catch((thrown: unknown) => {
            // Swept at the next start.
            log.warn("A workspace was not removed", { reason: messageOf(thrown) });
          });
        },
      };
    },
  };
}
