/** A hundred drains racing offers and a hundred recalls racing starts, with real nodes: none lost, none run twice. */
import { parseArgs } from "node:util";
import { type RaceOutcome, raceDrains, raceRecalls } from "#kit/races.ts";

/** @param words `--times 100`. @throws {Error} When a test was lost or ran twice. */
export async function races(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: { times: { type: "string", default: "100" } },
  });
  const times = Number(values.times);
  say("drains racing offers", await raceDrains(times));
  say("recalls racing starts", await raceRecalls(times));
}

function say(what: string, outcome: RaceOutcome): void {
  const { races: count, tests, wrong, notOnce, givenBack } = outcome;
  console.log(
    `  ${count} ${what}: ${tests} tests, ${wrong.length} lost or with a second attempt, ${notOnce.length} started otherwise than once, ${givenBack} leases given back unstarted`,
  );
  if (wrong.length > 0 || notOnce.length > 0)
    throw new Error(`Not exact: ${[...wrong, ...notOnce].slice(0, 10).join(", ")}`);
}
