/** What a process has taken and must give back: in reverse order, and one failure does not stop the rest. */
import { messageOf } from "#shared/errors.ts";
import type { Log } from "#shared/log.ts";

export type Releasers = {
  readonly add: (name: string, release: () => void | Promise<void>) => void;
  readonly releaseAll: () => Promise<void>;
};

export function createReleasers(log: Log): Releasers {
  const stack: { readonly name: string; readonly release: () => void | Promise<void> }[] = [];
  return {
    add: (name, release) => void stack.push({ name, release }),
    releaseAll: async () => {
      for (const { name, release } of stack.splice(0).reverse()) {
        try {
          await release();
        } catch (thrown) {
          log.error("Cannot release", { name, reason: messageOf(thrown) });
        }
      }
    },
  };
}
