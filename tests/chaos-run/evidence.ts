/** What is written down beside the data folders when something is wrong, for whoever looks into it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Books, blowsInWords, visitsInWords } from "./books.ts";
import type { Cast } from "./cast.ts";
import type { Finding } from "./finding.ts";
import type { RunRecord } from "./load.ts";

export type Evidence = {
  readonly findings: readonly Finding[];
  readonly books: Books;
  readonly runs: readonly RunRecord[];
};

/** Writes `findings.txt` (with the target's log of each test), `blows.txt` and `said.txt`. */
export function keepEvidence(cast: Cast, { findings, books, runs }: Evidence): void {
  const tests = new Map(runs.flatMap((run) => run.tests.map((test) => [test.key, test])));
  const lines = findings.flatMap(({ kind, test: key, text }) => {
    const test = key === undefined ? undefined : tests.get(key);
    const visits = test === undefined ? [] : visitsInWords(books, test);
    return [`${kind} in ${key ?? "the mesh"}: ${text}`, ...visits.map((line) => `    ${line}`)];
  });
  const write = (name: string, text: string) => writeFileSync(join(cast.dir, name), `${text}\n`);
  write("findings.txt", lines.join("\n"));
  write("blows.txt", blowsInWords(books).join("\n"));
  write("said.txt", cast.saidTail());
}
